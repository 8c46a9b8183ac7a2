//! Printing over HTTP: printers, jobs on a printer that draws what it gets, the ledger, files of
//! whole runs, and what a voided code leads to.

use std::time::Duration;

use axum::http::Method;
use label_printer::Format;
use label_printer::mock::{Behaviour, MockPrinter};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Outcome;
use super::lots::{issue, register, request_id};
use super::world::World;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// How long a job may take in a test.
const DEADLINE: Duration = Duration::from_mins(1);

fn settings(name: &str, address: &str) -> Value {
    json!({ "name": name, "address": address, "language": "tspl", "dpi": 203 })
}

/// Registers a printer; returns its number.
pub(super) async fn printer(world: &World, address: &str) -> Fallible<Value> {
    let body = settings("包装间", address);
    let reply = world.post("operator", "/api/v1/printers", &body).await?;
    Ok(reply.expect(201)?.json()?["id"].clone())
}

/// A run of so many labels; returns its number.
async fn run(world: &World, count: u32) -> Fallible<Value> {
    let lot = register(world, 1).await?;
    Ok(issue(world, &lot, 2, count).await?["run"].clone())
}

async fn print(world: &World, run: &Value, body: Value) -> Fallible<Value> {
    let path = format!("/api/v1/label-runs/{run}/jobs");
    world
        .post("producer", &path, &body)
        .await?
        .expect(201)?
        .json()
}

/// Prints until the job is in this state.
pub(super) async fn spooled(world: &World, job: &Value, state: &str) -> Fallible<Value> {
    let stop = CancellationToken::new();
    let (own, closing) = (world.state.clone(), stop.clone());
    let spool = tokio::spawn(async move { crate::spool::run(&own, &closing).await });
    let path = format!("/api/v1/print-jobs/{}", job["id"]);
    let reached = async {
        loop {
            let found = world.get("producer", &path).await?.expect(200)?.json()?;
            if found["state"] == state {
                return Ok::<_, Box<dyn std::error::Error>>(found);
            }
        }
    };
    let found = tokio::time::timeout(DEADLINE, reached).await;
    stop.cancel();
    spool.await?;
    found?
}

pub(super) async fn ledger(world: &World, run: &Value) -> Fallible<Value> {
    let path = format!("/api/v1/label-runs/{run}");
    world.get("producer", &path).await?.expect(200)?.json()
}

pub(super) fn counts(run: &Value) -> [&Value; 4] {
    ["issued", "printed", "spoiled", "voided"].map(|kind| &run[kind])
}

#[tokio::test]
async fn a_printer_is_registered_with_settings_that_it_can_have() -> Outcome {
    let world = World::new().await?;
    let id = printer(&world, "tcp://10.0.0.7").await?;
    let listed = world
        .get("producer", "/api/v1/printers")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(listed["printers"][0]["address"], "tcp://10.0.0.7:9100");
    assert_eq!(listed["printers"][0]["gap_mm"], 2.0);
    for (member, value) in [
        ("name", json!(" ")),
        ("address", json!("usb")),
        ("language", json!("png")),
        ("dpi", json!(1)),
        ("offset_x_mm", json!(21)),
        ("scale", json!(1.02)),
    ] {
        let mut body = settings("另一台", "tcp://10.0.0.8");
        body[member] = value;
        let reply = world
            .post("operator", "/api/v1/printers", &body)
            .await?
            .expect(422)?;
        assert_eq!(reply.json()?["field"], member);
    }
    let again = settings("包装间", "tcp://10.0.0.9");
    world
        .post("operator", "/api/v1/printers", &again)
        .await?
        .expect(409)?;
    for (id, status) in [(&id, 200), (&json!(999), 404)] {
        let path = format!("/api/v1/printers/{id}");
        let request = world.request(Some("operator"), Method::PUT, &path).await?;
        let request = request.header("content-type", "application/json");
        world
            .send(request.body(again.to_string().into())?)
            .await?
            .expect(status)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_job_prints_every_label_and_the_ledger_knows() -> Outcome {
    let world = World::new().await?;
    let mock = MockPrinter::start(Behaviour::good(Format::Tspl))?;
    let run = run(&world, 45).await?;
    let printer = printer(&world, &mock.address()).await?;
    let body = json!({ "request_id": request_id(3), "printer_id": printer });
    let job = print(&world, &run, body.clone()).await?;
    assert_eq!(
        print(&world, &run, body).await?["id"],
        job["id"],
        "sent again, it is the same"
    );
    let done = spooled(&world, &job, "done").await?;
    assert_eq!((&done["next"], mock.count()), (&json!(46), 45));
    assert_eq!(mock.complaints(), Vec::<String>::new());
    assert_eq!(counts(&ledger(&world, &run).await?), [45, 45, 0, 0]);
    Ok(())
}

#[tokio::test]
async fn a_job_without_paper_waits_and_goes_on_at_the_label_that_it_is_told() -> Outcome {
    let world = World::new().await?;
    let behaviour = Behaviour {
        runs_out_after: Some(4),
        ..Behaviour::good(Format::Tspl)
    };
    let mock = MockPrinter::start(behaviour)?;
    let run = run(&world, 6).await?;
    let printer = printer(&world, &mock.address()).await?;
    let body = json!({ "request_id": request_id(3), "printer_id": printer });
    let job = print(&world, &run, body).await?;
    let paused = spooled(&world, &job, "paused").await?;
    assert_eq!(paused["next"], 4);
    let problem = paused["problem"].as_str().unwrap_or_default();
    assert!(problem.ends_with("stopped: out of labels"), "{problem}");
    mock.mend();
    let command = format!("/api/v1/print-jobs/{}/command", job["id"]);
    let beyond = json!({ "do": "resume", "from": 7 });
    world
        .post("producer", &command, &beyond)
        .await?
        .expect(409)?;
    let resume = json!({ "do": "resume", "from": 3 });
    world
        .post("producer", &command, &resume)
        .await?
        .expect(200)?;
    spooled(&world, &job, "done").await?;
    // One to four, and then three to six.
    assert_eq!(mock.count(), 8);
    let told = ledger(&world, &run).await?;
    assert_eq!(counts(&told), [6, 6, 1, 0]);
    assert_eq!(told["ledger"][0]["reason"], problem);
    Ok(())
}

#[tokio::test]
async fn a_printer_that_breaks_off_in_a_label_loses_none_and_doubles_none() -> Outcome {
    let world = World::new().await?;
    let behaviour = Behaviour {
        closes_after: Some(5),
        ..Behaviour::good(Format::Tspl)
    };
    let mock = MockPrinter::start(behaviour)?;
    let run = run(&world, 12).await?;
    let printer = printer(&world, &mock.address()).await?;
    let body = json!({ "request_id": request_id(3), "printer_id": printer });
    let job = print(&world, &run, body).await?;
    let command = format!("/api/v1/print-jobs/{}/command", job["id"]);
    for (next, printed) in [(6, 5), (11, 10)] {
        let paused = spooled(&world, &job, "paused").await?;
        assert_eq!((&paused["next"], mock.count()), (&json!(next), printed));
        let problem = paused["problem"].as_str().unwrap_or_default();
        assert!(problem.contains("broke off"), "{problem}");
        let told = ledger(&world, &run).await?;
        assert_eq!(counts(&told), [12, i64::from(printed), 0, 0]);
        let resume = json!({ "do": "resume" });
        world
            .post("producer", &command, &resume)
            .await?
            .expect(200)?;
    }
    spooled(&world, &job, "done").await?;
    let labels = mock.labels();
    let different: std::collections::HashSet<_> =
        labels.iter().map(label_printer::Bitmap::bytes).collect();
    assert_eq!((mock.count(), different.len()), (12, 12));
    assert_eq!(counts(&ledger(&world, &run).await?), [12, 12, 0, 0]);
    Ok(())
}

#[tokio::test]
async fn a_job_can_be_paused_and_cancelled_by_its_own_people_only() -> Outcome {
    let world = World::new().await?;
    let run = run(&world, 3).await?;
    let printer = printer(&world, "tcp://127.0.0.1:1").await?;
    let body = json!({ "request_id": request_id(3), "printer_id": printer });
    let job = print(&world, &run, body).await?;
    let command = format!("/api/v1/print-jobs/{}/command", job["id"]);
    let told = |word: &str| json!({ "do": word });
    world
        .post("rival", &command, &told("pause"))
        .await?
        .expect(404)?;
    for (word, status, state) in [
        ("pause", 200, "paused"),
        ("pause", 200, "paused"),
        ("resume", 200, "waiting"),
        ("cancel", 200, "cancelled"),
        ("resume", 409, ""),
    ] {
        let reply = world
            .post("producer", &command, &told(word))
            .await?
            .expect(status)?;
        assert!(status != 200 || reply.json()?["state"] == state, "{word}");
    }
    // Nobody listens there: a job says so and waits.
    let body = json!({ "request_id": request_id(4), "printer_id": printer });
    let paused = spooled(&world, &print(&world, &run, body).await?, "paused").await?;
    let problem = paused["problem"].as_str().unwrap_or_default();
    assert!(problem.contains("cannot be reached"), "{problem}");
    assert_eq!(paused["next"], 1);
    Ok(())
}

#[tokio::test]
async fn labels_are_printed_again_only_with_a_reason() -> Outcome {
    let world = World::new().await?;
    let run = run(&world, 3).await?;
    let printer = printer(&world, "tcp://127.0.0.1:1").await?;
    let told = format!("/api/v1/label-runs/{run}/ledger");
    let line = json!({ "request_id": request_id(3), "kind": "printed", "first": 1, "last": 2 });
    for _ in 0..2 {
        world.post("producer", &told, &line).await?.expect(204)?;
    }
    let jobs = format!("/api/v1/label-runs/{run}/jobs");
    let again = json!({ "request_id": request_id(4), "printer_id": printer, "first": 2 });
    let refused = world
        .post("producer", &jobs, &again)
        .await?
        .expect(422)?
        .json()?;
    assert_eq!(refused["field"], "reason");
    let rest = json!({ "request_id": request_id(4), "printer_id": printer, "first": 3 });
    world.post("producer", &jobs, &rest).await?.expect(201)?;
    let mut again = json!({ "request_id": request_id(5), "printer_id": printer, "first": 2 });
    again["reason"] = json!("受潮");
    let job = world
        .post("producer", &jobs, &again)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(job["reason"], "受潮");
    for (member, value, field) in [
        ("first", json!(0), "first"),
        ("last", json!(4), "first"),
        ("reason", json!(" "), "reason"),
    ] {
        let mut wrong = again.clone();
        (wrong["request_id"], wrong[member]) = (json!(request_id(6)), value);
        let refused = world
            .post("producer", &jobs, &wrong)
            .await?
            .expect(422)?
            .json()?;
        assert_eq!(refused["field"], field);
    }
    let spoiled = json!({ "request_id": request_id(7), "kind": "spoiled" });
    world.post("producer", &told, &spoiled).await?.expect(422)?;
    world.post("rival", &told, &line).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_voided_code_says_so_and_is_not_printed_any_more() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let issued = issue(&world, &lot, 2, 3).await?;
    let path = |at: usize| {
        let link = issued["labels"][at]["link"].as_str().unwrap_or_default();
        link.replacen(super::world::STEM, "", 1)
    };
    let line = json!({ "request_id": request_id(3), "kind": "voided", "first": 2, "last": 2,
        "reason": "印错日期" });
    let told = format!("/api/v1/label-runs/{}/ledger", issued["run"]);
    world.post("producer", &told, &line).await?.expect(204)?;
    let page = world.visit(&path(1)).await?.expect(404)?.text();
    assert!(page.contains("作废"), "{page}");
    world.visit(&path(0)).await?.expect(200)?;
    let file = format!("/api/v1/label-runs/{}/file?format=zpl", issued["run"]);
    let zpl = world.get("producer", &file).await?.expect(200)?;
    assert_eq!(zpl.text().matches("^XA").count(), 2);
    assert_eq!(counts(&ledger(&world, &issued["run"]).await?), [3, 0, 0, 1]);
    Ok(())
}

#[tokio::test]
async fn a_run_is_one_file_in_every_format() -> Outcome {
    let world = World::new().await?;
    let run = run(&world, 30).await?;
    let file = |query: &str| format!("/api/v1/label-runs/{run}/file?{query}");
    for (query, media_type, start) in [
        ("format=pdf", "application/pdf", &b"%PDF"[..]),
        (
            "format=pdf&template=a4-3x8&start_at=22",
            "application/pdf",
            b"%PDF",
        ),
        ("format=png", "application/zip", b"PK\x03\x04"),
        (
            "format=svg&first=3&last=4",
            "application/zip",
            b"PK\x03\x04",
        ),
        ("format=tspl", "application/octet-stream", b"SIZE 40 mm"),
        ("format=escpos", "application/octet-stream", b"\x1b@"),
    ] {
        let reply = world.get("producer", &file(query)).await?.expect(200)?;
        assert!(
            reply.header("content-type") == media_type && reply.body.starts_with(start),
            "{query}"
        );
        assert!(
            reply
                .header("content-disposition")
                .starts_with("attachment; filename=\"labels-")
        );
    }
    for (query, field) in [
        ("format=bmp", "format"),
        ("format=pdf&template=a5", "template"),
        ("format=pdf&first=5&last=4", "first"),
        ("format=tspl&last=31", "first"),
        ("format=pdf&template=a4-3x8&start_at=25", "label"),
    ] {
        let reply = world.get("producer", &file(query)).await?.expect(422)?;
        assert_eq!(reply.json()?["field"], field, "{query}");
    }
    world.get("rival", &file("format=pdf")).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_file_is_whole_when_a_browser_has_it_compressed() -> Outcome {
    let world = World::new().await?;
    let run = run(&world, 3).await?;
    let path = format!("/api/v1/label-runs/{run}/file?format=pdf&template=a4-3x8");
    let request = world
        .request(Some("producer"), Method::GET, &path)
        .await?
        .header("accept-encoding", "gzip")
        .body(axum::body::Body::empty())?;
    let reply = world.send(request).await?.expect(200)?;
    assert_eq!(reply.header("content-encoding"), "gzip");
    assert!(reply.body.len() > 5_000, "{} bytes", reply.body.len());
    Ok(())
}

#[tokio::test]
async fn a_printers_habits_are_in_the_file_that_is_made_for_it() -> Outcome {
    let world = World::new().await?;
    let run = run(&world, 1).await?;
    let mut body = settings("三号", "tcp://10.0.0.7");
    (body["gap_mm"], body["cut"]) = (json!(3), json!(true));
    let reply = world
        .post("operator", "/api/v1/printers", &body)
        .await?
        .expect(201)?;
    let id = reply.json()?["id"].clone();
    let path = format!("/api/v1/label-runs/{run}/file?format=tspl&printer={id}");
    let tspl = world.get("producer", &path).await?.expect(200)?;
    assert!(
        tspl.body
            .starts_with(b"SIZE 40 mm,30 mm\r\nGAP 3 mm,0 mm\r\nSET CUTTER 1\r\n")
    );
    Ok(())
}
