//! The life of a lot over HTTP: harvest, sample, release with its seal, hold, handover, and that
//! every step is taken once, noted, audited and written as an event.

use proptest::prelude::*;
use serde_json::{Value, json};
use store::event;

use super::Outcome;
use super::devices::{register_probe, report};
use super::lots::request_id;
use super::world::World;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A growing lot of the own producer.
pub(super) async fn grow(world: &World, request: u32) -> Fallible<Value> {
    let body = json!({ "request_id": request_id(request), "gtin": world.own.gtin,
        "plot_id": world.own.plot, "started_on": "2026-11-10", "quantity": 400 });
    let lot = world.post("producer", "/api/v1/lots", &body).await?;
    lot.expect(201)?.json()
}

/// Asks for a step of a lot.
pub(super) async fn step(
    world: &World,
    login: &str,
    (lot, what): (&Value, &str),
    body: &Value,
) -> Fallible<super::world::Reply> {
    let path = format!("/api/v1/lots/{}/{what}", lot["id"]);
    world.post(login, &path, body).await
}

/// The body of a step with a reason.
pub(super) fn why(request: u32) -> Value {
    json!({ "request_id": request_id(request), "reason": "演示原因" })
}

fn harvest(request: u32, quantity: f64) -> Value {
    json!({ "request_id": request_id(request), "harvested_on": "2026-11-22",
        "quantity": quantity })
}

pub(super) async fn events(world: &World, lot: &Value) -> Fallible<Vec<event::Event>> {
    let id = lot["id"].as_i64().ok_or("no id")?;
    Ok(event::list(&mut *world.connection().await?, id).await?)
}

async fn steps(world: &World, lot: &Value) -> Fallible<Vec<String>> {
    let rows = events(world, lot).await?;
    Ok(rows.into_iter().map(|row| row.biz_step).collect())
}

/// A lot that may be sold.
pub(super) async fn released(world: &World, request: u32) -> Fallible<Value> {
    let lot = grow(world, request).await?;
    step(
        world,
        "producer",
        (&lot, "harvest"),
        &harvest(request + 1, 300.0),
    )
    .await?
    .expect(200)?;
    let freed = step(world, "producer", (&lot, "release"), &why(request + 2)).await?;
    freed.expect(200)?.json()
}

/// A party that is no producer.
/// The public page of a lot.
pub(super) async fn page_of(world: &World, lot: &Value) -> Fallible<String> {
    let code = lot["code"].as_str().ok_or("no code")?;
    let path = format!("/01/{}/10/{code}", world.own.gtin);
    Ok(world.visit(&path).await?.expect(200)?.text())
}

pub(super) async fn party(world: &World, kind: &str, name: &str) -> Fallible<i64> {
    let body = json!({ "kind": kind, "name": name, "township": "高坪乡", "contact": "12316" });
    let made = world.post("supervisor", "/api/v1/parties", &body).await?;
    let id = made.expect(201)?.json()?["id"].as_i64();
    Ok(id.ok_or("no id")?)
}

#[tokio::test]
async fn a_growing_lot_is_harvested_once_and_its_page_tells_both_ends() -> Outcome {
    let world = World::new().await?;
    let lot = grow(&world, 1).await?;
    let body = harvest(2, 305.5);
    for _ in 0..2 {
        let reply = step(&world, "producer", (&lot, "harvest"), &body).await?;
        let cut = reply.expect(200)?.json()?;
        assert_eq!(cut["state"], "harvested");
        assert_eq!(cut["quantity"], 305.5);
        assert_eq!(cut["harvested_on"], "2026-11-22");
    }
    let told = events(&world, &lot).await?;
    assert_eq!(told.len(), 2, "registered and harvested, each once");
    let ilmd = &told[1].body["ilmd"];
    assert_eq!(ilmd["cbvmda:harvestEndDate"], "2026-11-22");
    let second = step(&world, "producer", (&lot, "harvest"), &harvest(3, 1.0)).await?;
    let second = second.expect(409)?.json()?;
    assert_eq!(second["type"], "/docs/problems#illegal-step");
    let path = format!(
        "/01/{}/10/{}",
        world.own.gtin,
        lot["code"].as_str().ok_or("")?
    );
    let page = world.visit(&path).await?.expect(200)?.text();
    assert!(
        page.contains("采收") && page.contains("2026-11-22"),
        "{page}"
    );
    Ok(())
}

#[tokio::test]
async fn a_harvest_that_cannot_be_is_refused_and_leaves_nothing() -> Outcome {
    let world = World::new().await?;
    let lot = grow(&world, 1).await?;
    for (member, value, field) in [
        ("quantity", json!(0), "quantity"),
        ("harvested_on", json!("2026-11-24"), "harvested_on"),
        ("harvested_on", json!("2026-11-09"), "harvested_on"),
    ] {
        let mut body = harvest(2, 10.0);
        body[member] = value;
        let refused = step(&world, "producer", (&lot, "harvest"), &body).await?;
        assert_eq!(refused.expect(422)?.json()?["field"], field);
    }
    let taken = json!({ "request_id": request_id(2), "reason": "x" });
    step(&world, "supervisor", (&lot, "hold"), &taken)
        .await?
        .expect(409)?;
    step(&world, "rival", (&lot, "harvest"), &harvest(2, 10.0))
        .await?
        .expect(404)?;
    assert_eq!(steps(&world, &lot).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_release_seals_the_growing_period_in_figures() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    report(
        &world,
        &[(3_000, [Some(2.0), Some(80.0)]), (2_990, [Some(4.0), None])],
    )
    .await?;
    let lot = released(&world, 1).await?;
    assert_eq!(lot["state"], "released");
    let path = format!("/api/v1/lots/{}/seals", lot["id"]);
    let seals = world.get("producer", &path).await?.expect(200)?.json()?;
    assert_eq!(seals["seals"].as_array().map(Vec::len), Some(1));
    let channel = &seals["seals"][0]["body"]["channels"][0];
    assert_eq!(
        (&channel["channel"], &channel["present"]),
        (&json!("temperature"), &json!(2))
    );
    assert_eq!(
        (&channel["min"], &channel["max"]),
        (&json!(2.0), &json!(4.0))
    );
    assert_eq!(
        (&channel["mean"], &channel["deviation"]),
        (&json!(3.0), &json!(1.0))
    );
    assert_eq!(channel["hours_outside"], Value::Null, "no limit is watched");
    assert!(
        channel["expected"].as_i64() > Some(100),
        "the gap is counted"
    );
    let told = events(&world, &lot).await?;
    let seal = told.iter().find(|row| row.biz_step == "sensor_reporting");
    let report = &seal.ok_or("no seal")?.body["sensorElementList"][0]["sensorReport"][0];
    assert_eq!(report["meanValue"], 3.0);
    late_readings_are_an_addendum(&world, &lot).await
}

async fn late_readings_are_an_addendum(world: &World, lot: &Value) -> Outcome {
    let asked = json!({ "request_id": request_id(90) });
    let same = step(world, "supervisor", (lot, "seals"), &asked).await?;
    let same = same.expect(200)?.json()?;
    assert_eq!(
        same["seals"].as_array().map(Vec::len),
        Some(1),
        "nothing new"
    );
    report(world, &[(2_980, [Some(9.0), None])]).await?;
    let asked = json!({ "request_id": request_id(91) });
    let renewed = step(world, "supervisor", (lot, "seals"), &asked).await?;
    let renewed = renewed.expect(200)?.json()?;
    assert_eq!(renewed["seals"].as_array().map(Vec::len), Some(2));
    assert_eq!(renewed["seals"][0], same["seals"][0], "the first stays");
    assert_eq!(renewed["seals"][1]["body"]["channels"][0]["present"], 3);
    Ok(())
}

#[tokio::test]
async fn a_held_lot_is_freed_by_a_supervisor_and_not_over_a_failure() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    step(&world, "supervisor", (&lot, "hold"), &why(11))
        .await?
        .expect(200)?;
    let own = step(&world, "producer", (&lot, "release"), &why(12)).await?;
    assert_eq!(
        own.expect(409)?.json()?["type"],
        "/docs/problems#rule-broken"
    );
    step(&world, "supervisor", (&lot, "release"), &why(13))
        .await?
        .expect(200)?;
    let failed = json!({ "request_id": request_id(14), "item": "抑制率", "value": 80,
        "method": "GB/T 5009.199-2003", "unit": "%", "limit": 50,
        "tested_at": "2026-11-23T03:00:00Z" });
    step(&world, "lab", (&lot, "tests"), &failed)
        .await?
        .expect(201)?;
    let refused = step(&world, "supervisor", (&lot, "release"), &why(15)).await?;
    assert_eq!(
        refused.expect(409)?.json()?["type"],
        "/docs/problems#rule-broken"
    );
    let mut passed = failed.clone();
    passed["request_id"] = json!(request_id(16));
    passed["value"] = json!(3);
    passed["round"] = json!("confirm");
    passed["tested_at"] = json!("2026-11-23T03:30:00Z");
    step(&world, "lab", (&lot, "tests"), &passed)
        .await?
        .expect(201)?;
    let freed = step(&world, "supervisor", (&lot, "release"), &why(15)).await?;
    assert_eq!(freed.expect(200)?.json()?["state"], "released");
    let told = world
        .get("supervisor", "/api/v1/messages")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(told["messages"][0]["kind"], "test_failed");
    Ok(())
}

#[tokio::test]
async fn goods_go_from_hand_to_hand_and_no_more_than_there_is() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let hub = party(&world, "hub", "县级仓").await?;
    let station = party(&world, "station", "高坪村级站").await?;
    let parcel = |request, from: Option<i64>, to: i64, quantity: f64, at: &str| {
        json!({ "request_id": request_id(request), "from_party_id": from, "to_party_id": to,
            "quantity": quantity, "shipped_at": at })
    };
    let body = parcel(20, None, hub, 200.0, "2026-11-20T00:00:00Z");
    let sent = step(&world, "producer", (&lot, "shipments"), &body).await?;
    let sent = sent.expect(201)?.json()?;
    let again = step(&world, "producer", (&lot, "shipments"), &body).await?;
    assert_eq!(again.expect(201)?.json()?["id"], sent["id"], "once");
    let more = parcel(21, None, hub, 100.5, "2026-11-20T00:00:00Z");
    let more = step(&world, "producer", (&lot, "shipments"), &more).await?;
    assert_eq!(more.expect(422)?.json()?["field"], "quantity");
    let early = parcel(22, Some(hub), station, 50.0, "2026-11-21T00:00:00Z");
    step(&world, "supervisor", (&lot, "shipments"), &early)
        .await?
        .expect(422)?;
    let receipt = format!("/api/v1/shipments/{}/receipt", sent["id"]);
    let arrived = json!({ "request_id": request_id(23), "quantity": 190,
        "received_at": "2026-11-20T10:00:00Z" });
    world
        .post("producer", &receipt, &arrived)
        .await?
        .expect(404)?;
    let got = world
        .post("supervisor", &receipt, &arrived)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&got["hours"], &got["within_48h"]),
        (&json!(10.0), &Value::Null)
    );
    let resent = world.post("supervisor", &receipt, &arrived).await?;
    assert_eq!(resent.expect(200)?.json()?, got, "received once");
    step(&world, "supervisor", (&lot, "shipments"), &early)
        .await?
        .expect(201)?;
    let told = world.get("supervisor", "/api/v1/messages").await?.json()?;
    assert_eq!(told["messages"][0]["kind"], "short_receipt");
    the_village_waited_too_long(&world, &lot).await
}

async fn the_village_waited_too_long(world: &World, lot: &Value) -> Outcome {
    let path = format!("/api/v1/shipments?lot={}", lot["id"]);
    let listed = world.get("producer", &path).await?.expect(200)?.json()?;
    let last = &listed["shipments"][1];
    assert_eq!(last["within_48h"], false, "on the way for more than 48 h");
    let late = format!("/api/v1/shipments/{}/receipt", last["id"]);
    let body = json!({ "request_id": request_id(30), "quantity": 50 });
    let got = world
        .post("supervisor", &late, &body)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&got["hours"], &got["within_48h"]),
        (&json!(52.0), &json!(false))
    );
    let told = steps(world, lot).await?;
    let handed = told
        .iter()
        .filter(|step| *step == "shipping" || *step == "receiving");
    assert_eq!(handed.count(), 4);
    let sold = json!({ "request_id": request_id(31) });
    let sold = step(world, "producer", (lot, "sold-out"), &sold).await?;
    assert_eq!(sold.expect(200)?.json()?["state"], "sold_out");
    Ok(())
}

#[tokio::test]
async fn a_held_lot_stays_where_it_is() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let hub = party(&world, "hub", "县级仓").await?;
    step(&world, "supervisor", (&lot, "hold"), &why(11))
        .await?
        .expect(200)?;
    let body = json!({ "request_id": request_id(20), "to_party_id": hub, "quantity": 1 });
    let refused = step(&world, "producer", (&lot, "shipments"), &body).await?;
    assert_eq!(
        refused.expect(409)?.json()?["type"],
        "/docs/problems#illegal-step"
    );
    for (to, quantity, field) in [(hub + 9, 1.0, "to_party_id"), (hub, -1.0, "quantity")] {
        step(&world, "supervisor", (&lot, "release"), &why(12))
            .await?
            .expect(200)?;
        let body = json!({ "request_id": request_id(21), "to_party_id": to,
            "quantity": quantity });
        let refused = step(&world, "producer", (&lot, "shipments"), &body).await?;
        assert_eq!(refused.expect(422)?.json()?["field"], field);
    }
    Ok(())
}

#[tokio::test]
async fn every_step_is_in_the_journal_and_the_audit_log_with_its_name() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    step(&world, "supervisor", (&lot, "hold"), &why(11))
        .await?
        .expect(200)?;
    let path = format!("/api/v1/lots/{}/steps", lot["id"]);
    let journal = world.get("producer", &path).await?.expect(200)?.json()?;
    let taken: Vec<_> = journal["steps"].as_array().into_iter().flatten().collect();
    let names: Vec<_> = taken
        .iter()
        .filter_map(|step| step["step"].as_str())
        .collect();
    assert_eq!(names, ["harvest", "release", "hold"]);
    assert_eq!(taken[2]["by_role"], "supervisor");
    let path = format!("/api/v1/audit?table=lot&row={}", lot["id"]);
    let log = world.get("operator", &path).await?.expect(200)?.json()?;
    let newest = &log["changes"][0];
    assert_eq!(newest["account"], "supervisor");
    assert_eq!(newest["before"], json!({ "state": "released" }));
    assert_eq!(newest["after"], json!({ "state": "held" }));
    let first = log["changes"]
        .as_array()
        .and_then(|all| all.last().cloned());
    assert_eq!(first.ok_or("no line")?["account"], "producer");
    world.get("producer", "/api/v1/audit").await?.expect(403)?;
    Ok(())
}

#[tokio::test]
async fn nothing_of_a_reason_or_a_party_is_public() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let hub = party(&world, "hub", "县级仓").await?;
    let body = json!({ "request_id": request_id(20), "to_party_id": hub, "quantity": 1 });
    step(&world, "producer", (&lot, "shipments"), &body)
        .await?
        .expect(201)?;
    let path = format!(
        "/01/{}/10/{}",
        world.own.gtin,
        lot["code"].as_str().ok_or("")?
    );
    let page = world.visit(&path).await?.expect(200)?.text();
    let json = world
        .fetch(&path, "application/ld+json")
        .await?
        .expect(200)?
        .text();
    for private in ["演示原因", "县级仓", "12316"] {
        assert!(
            !page.contains(private) && !json.contains(private),
            "{private}"
        );
    }
    assert!(page.contains("生产主体 → 县级集散中心 · 1 kg"), "{page}");
    assert!(json.contains("shipping") && json.contains("urn:suyuan:voc:releasing"));
    Ok(())
}

/// What a client may try with a lot.
const TRIES: [(&str, &str); 9] = [
    ("producer", "harvest"),
    ("lab", "samples"),
    ("producer", "release"),
    ("supervisor", "release"),
    ("supervisor", "hold"),
    ("producer", "shipments"),
    ("producer", "sold-out"),
    ("supervisor", "interval-waiver"),
    ("lab", "tests"),
];

/// Tries a step; what comes back is never our failure, and the state moves along legal ways alone.
async fn attempt(world: &World, lot: &Value, hub: i64, (at, number): (usize, u32)) -> Outcome {
    let (login, what) = TRIES[at];
    let path = format!("/api/v1/lots/{}", lot["id"]);
    let state = |reply: Value| {
        let code = reply["state"].as_str().unwrap_or_default().to_owned();
        model::lot::LotState::from_code(&code).ok_or(code)
    };
    let before = state(world.get("producer", &path).await?.json()?)?;
    let failed = if number.is_multiple_of(3) { 80 } else { 10 };
    let body = json!({ "request_id": request_id(1_000 + number), "reason": "r", "code": "S-1",
        "harvested_on": "2026-11-22", "quantity": 300, "to_party_id": hub, "item": "i",
        "method": "m", "value": failed, "unit": "%", "limit": 50 });
    let reply = step(world, login, (lot, what), &body).await?;
    assert!(!reply.status.is_server_error(), "{what}: {}", reply.text());
    let after = state(world.get("producer", &path).await?.json()?)?;
    let mut reachable = vec![before];
    for _ in 0..2 {
        let next = model::lot::LotState::ALL.into_iter();
        let next = next.filter(|to| reachable.iter().any(|from| from.may_become(*to)));
        let next: Vec<_> = next.collect();
        reachable.extend(next);
    }
    assert!(reachable.contains(&after), "{what}: {before} to {after}");
    Ok(())
}

#[tokio::test]
async fn no_sequence_of_calls_leads_to_an_illegal_state() -> Outcome {
    let world = World::new().await?;
    let hub = party(&world, "hub", "县级仓").await?;
    let config = proptest::test_runner::Config::default();
    let mut runner = proptest::test_runner::TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::from_seed(
            proptest::test_runner::RngAlgorithm::ChaCha,
            &[7; 32],
        ),
    );
    let sequences = proptest::collection::vec((0..TRIES.len(), 0_u32..24), 12);
    for round in 0..12 {
        let tree = sequences
            .new_tree(&mut runner)
            .map_err(|reason| reason.to_string())?;
        let tries = proptest::strategy::ValueTree::current(&tree);
        let lot = grow(&world, 500 + round).await?;
        for (at, number) in tries.into_iter().zip(0..).map(|((at, n), step)| {
            // Some requests are sent twice; none meets one of another round.
            (at, round * 100 + n + step / 6)
        }) {
            attempt(&world, &lot, hub, (at, number)).await?;
        }
    }
    Ok(())
}
