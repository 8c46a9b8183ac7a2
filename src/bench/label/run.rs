//! A run of many labels by `suyuan label --csv`, in a process of its own whose memory is watched:
//! a stream takes the memory of one label however long it is, a PDF is built in memory.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, ensure};
use label_printer::Format;
use serde_json::{Value, json};
use tokio::process::Command;
use tokio::time::interval;

use crate::bench::ingest::round;
use crate::clock;

/// How often the process is looked at; the system remembers its peak, so only what it takes in its
/// last moments can be missed.
const LOOK: Duration = Duration::from_millis(2);

/// A folder that goes away with what is in it.
struct Scratch(std::path::PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // What stays behind is a matter of the temporary folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes so many labels from a list, and says what it took.
pub async fn measure(
    folder: &Path,
    (format, template): (Format, &str),
    labels: u32,
) -> anyhow::Result<Value> {
    let name = format!(
        "suyuan-bench-label-{}-{format}-{labels}",
        std::process::id()
    );
    let scratch = Scratch(folder.join(name));
    fs::create_dir_all(&scratch.0)?;
    let (list, out) = (scratch.0.join("list.csv"), scratch.0.join("labels"));
    write_list(&list, labels)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("label")
        .arg("--csv")
        .arg(&list)
        .arg("--template")
        .arg(template);
    command.args(["--format", format.name()]).arg("--out");
    // A stream of 100,000 bitmaps is a gigabyte that nobody reads.
    let keeps = format == Format::Pdf;
    command.arg(if keeps { out.as_os_str() } else { "-".as_ref() });
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let begun = clock::instant();
    let peak_mb = watched(command).await?;
    let seconds = begun.elapsed().as_secs_f64();
    let mut line = json!({ "bench": "label", "run": format.name(), "template": template,
        "labels": labels, "seconds": round(seconds),
        "labels_per_s": round(f64::from(labels) / seconds), "peak_rss_mb": peak_mb.map(round) });
    if keeps {
        line["bytes"] = fs::metadata(&out)?.len().into();
    }
    Ok(line)
}

fn write_list(path: &Path, labels: u32) -> anyhow::Result<()> {
    let mut list = BufWriter::new(fs::File::create(path)?);
    writeln!(list, "link,product,producer,weight,harvested,lot,code")?;
    for number in 1..=labels {
        let serial = format!("7K3QX9M{number:06}");
        writeln!(
            list,
            "https://id.ys.gov.cn/01/06901234567892/10/YS261123-1/21/{serial},永顺莓茶 特级,\
             演示莓茶专业合作社,250 g,2026-11-20,YS261123-1,901234567893"
        )?;
    }
    Ok(list.flush()?)
}

/// Runs a command to its end; returns the most memory that it had, in megabytes, where the system
/// says so.
async fn watched(mut command: Command) -> anyhow::Result<Option<f64>> {
    let mut child = command
        .kill_on_drop(true)
        .spawn()
        .context("starting suyuan label")?;
    let status = format!(
        "/proc/{}/status",
        child.id().context("it has ended already")?
    );
    let (mut tick, mut peak) = (interval(LOOK), None);
    loop {
        tokio::select! {
            ended = child.wait() => {
                let ended = ended?;
                let output = child.wait_with_output().await?;
                let errors = String::from_utf8_lossy(&output.stderr);
                ensure!(ended.success(), "suyuan label: {errors}");
                return Ok(peak);
            }
            _ = tick.tick() => {
                let found = fs::read_to_string(&status).ok();
                peak = found.and_then(|text| peak_mb(&text)).or(peak);
            }
        }
    }
}

/// The peak of a process's resident memory, as `/proc/…/status` has it.
fn peak_mb(status: &str) -> Option<f64> {
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_read_from_the_systems_own_account() {
        let status = "Name:\tsuyuan\nVmPeak:\t  900 kB\nVmHWM:\t  2048 kB\nVmRSS:\t  100 kB\n";
        assert_eq!(peak_mb(status), Some(2.0));
        assert_eq!(peak_mb("Name:\tzombie\n"), None);
    }
}
