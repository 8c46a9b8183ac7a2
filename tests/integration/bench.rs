//! `suyuan bench` prints what it promises, and what it counts agrees. How fast it was is not
//! looked at: this executable is not optimised and its machine is busy.

use std::process::{Command, Stdio};

use anyhow::{Context, ensure};
use serde_json::Value;

use crate::harness::{Folder, SUYUAN, skipped};

/// Runs `suyuan bench` with these words and reads the objects that it prints.
fn bench(words: &[&str]) -> anyhow::Result<Vec<Value>> {
    let folder = Folder::new()?;
    let output = Command::new("timeout")
        .args(["300", SUYUAN, "bench"])
        .args(words)
        .arg("--folder")
        .arg(folder.path())
        .env_remove("DATABASE_URL")
        .stdin(Stdio::null())
        .output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {errors}", output.status);
    let left = std::fs::read_dir(folder.path())?.count();
    ensure!(left == 0, "{left} entries were left behind");
    let lines = String::from_utf8(output.stdout)?;
    let objects = lines.lines().map(serde_json::from_str::<Value>);
    objects
        .collect::<Result<_, _>>()
        .with_context(|| lines.clone())
}

fn is_positive(object: &Value, name: &str) -> anyhow::Result<()> {
    let number = object[name].as_f64();
    ensure!(number.is_some_and(|n| n > 0.0), "{name} in {object}");
    Ok(())
}

#[test]
fn both_doors_are_measured_and_store_what_they_acknowledge() -> anyhow::Result<()> {
    let words = "ingest --seconds 1 --gateways 4 --probes 2";
    let printed = bench(&words.split(' ').collect::<Vec<_>>())?;
    let doors = ["front", "broker"];
    let cases = doors.map(|door| [(door, 1), (door, 16)]);
    for (door, reports) in cases.into_iter().flatten() {
        let found = printed
            .iter()
            .find(|line| line["door"] == door && line["reports_per_message"] == reports)
            .with_context(|| format!("{door}, {reports}"))?;
        for name in [
            "messages_per_s",
            "frames_per_s",
            "values_per_s",
            "ratio_to_copy",
        ] {
            is_positive(found, name)?;
        }
        for name in ["bytes_per_value", "p50_ms", "p99_ms", "stored"] {
            is_positive(found, name)?;
        }
        for process in ["ingest", "postgres"] {
            is_positive(&found["cpu_us_per_frame"], process)?;
        }
        // The system counts in hundredths of a second, and a publisher may need less than one.
        let publisher = found["cpu_us_per_frame"]["publisher"].as_f64();
        ensure!(publisher.is_some_and(|us| us >= 0.0), "{found}");
        if door == "broker" {
            is_positive(found, "ratio_to_subscriber")?;
            is_positive(&found["cpu_us_per_frame"], "broker")?;
        }
        assert_eq!(found["stored"], found["acknowledged"], "{found}");
    }
    let limits: Vec<_> = printed.iter().filter_map(|l| l["limit"].as_str()).collect();
    assert!(limits.contains(&"copy") && limits.contains(&"subscriber"));
    assert_eq!(printed[0]["conditions"]["fsync"], "on");
    Ok(())
}

#[test]
fn labels_are_measured_one_by_one_and_by_the_run() -> anyhow::Result<()> {
    let words = "label --seconds 0.2 --alone --runs 20 --pdf-labels 30";
    let printed = bench(&words.split(' ').collect::<Vec<_>>())?;
    for name in [
        "codes_per_s",
        "bitmaps_per_s",
        "tspl_labels_per_s",
        "pdf_labels_per_s",
    ] {
        let found = printed.iter().find(|line| !line[name].is_null());
        is_positive(found.context(name)?, name)?;
    }
    for (run, labels) in [("pdf", 30), ("tspl", 20)] {
        let found = printed.iter().find(|line| line["run"] == run);
        let found = found.context(run)?;
        assert_eq!(found["labels"], labels);
        for name in ["labels_per_s", "peak_rss_mb"] {
            is_positive(found, name)?;
        }
    }
    Ok(())
}

#[test]
fn a_small_county_is_traced_both_ways_and_every_list_answers() -> anyhow::Result<()> {
    let words = "trace --seconds 0.1 --lots 2000 --labels 5000 --producers 3 --products 8 \
                 --levels 5 --lists --plans";
    let printed = bench(&words.split_whitespace().collect::<Vec<_>>())?;
    let found = |name: &str| {
        let line = printed.iter().find(|line| line.get(name).is_some());
        line.with_context(|| format!("{name} in {printed:?}"))
    };
    for name in [
        "closure_ms_median",
        "closure_up_ms_median",
        "label_ms_median",
    ] {
        let line = found(name)?;
        is_positive(line, name)?;
        is_positive(line, "ratio_to_look_up")?;
    }
    assert_eq!(found("closure_ms_median")?["lots"], 63);
    assert_eq!(found("wide_closure_ms_median")?["lots"], 63);
    is_positive(found("look_up_ms_median")?, "look_up_ms_median")?;
    let lists = printed.iter().filter(|line| line.get("list").is_some());
    assert!(lists.count() > 40);
    Ok(())
}

#[test]
fn pages_are_measured_beside_a_file_and_every_look_is_counted() -> anyhow::Result<()> {
    let found = Command::new("wrk").arg("-v").stdout(Stdio::null()).status();
    if found.is_err() {
        skipped("bench page", "there is no wrk (apt-get install wrk)");
        return Ok(());
    }
    let words = "page --seconds 1 --labels 500 --lots 20 --connections 8";
    let printed = bench(&words.split(' ').collect::<Vec<_>>())?;
    let page = printed.last().context("nothing was printed")?;
    let names = [
        "requests_per_s",
        "p50_ms",
        "p99_ms",
        "static_per_s",
        "ratio_to_static",
    ];
    for name in names {
        is_positive(page, name)?;
    }
    assert_eq!((&page["labels"], &page["lots"]), (&500.into(), &20.into()));
    let number = |name: &str| page[name].as_i64().unwrap_or_default();
    assert!(number("page_bytes") > 5_000, "{page}");
    assert!(number("counted") >= number("requests"), "{page}");
    Ok(())
}
