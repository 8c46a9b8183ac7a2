//! Lots, tests, labels: the rules, the events, and that a request sent twice counts once.

use model::lot::LotState;
use serde_json::{Value, json};
use store::event;

use super::Outcome;
use super::world::{Farm, STEM, World};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A request id that is a number, so that tests can send it again.
pub(super) fn request_id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

fn new_lot(farm: &Farm, request: u32) -> Value {
    json!({ "request_id": request_id(request), "gtin": farm.gtin, "plot_id": farm.plot,
        "started_on": "2026-11-10", "harvested_on": "2026-11-23", "quantity": 320.5 })
}

/// A harvested lot of the own producer; returns it.
pub(super) async fn register(world: &World, request: u32) -> Fallible<Value> {
    let body = new_lot(&world.own, request);
    world
        .post("producer", "/api/v1/lots", &body)
        .await?
        .expect(201)?
        .json()
}

/// A result for a lot.
fn new_test(request: u32, value: f64) -> Value {
    json!({ "request_id": request_id(request), "sample_code": "S-1", "item": "抑制率",
        "method": "GB/T 5009.199-2003", "value": value, "unit": "%", "limit": 50 })
}

pub(super) async fn enter_test(world: &World, lot: &Value, request: u32, value: f64) -> Outcome {
    let path = format!("/api/v1/lots/{}/tests", lot["id"]);
    world
        .post("lab", &path, &new_test(request, value))
        .await?
        .expect(201)?;
    Ok(())
}

pub(super) async fn issue(world: &World, lot: &Value, request: u32, count: u32) -> Fallible<Value> {
    let path = format!("/api/v1/lots/{}/labels", lot["id"]);
    let body = json!({ "request_id": request_id(request), "count": count, "size": "40x30mm" });
    world
        .post("producer", &path, &body)
        .await?
        .expect(201)?
        .json()
}

async fn state_of(world: &World, lot: &Value) -> Fallible<Value> {
    let path = format!("/api/v1/lots/{}", lot["id"]);
    Ok(world.get("producer", &path).await?.expect(200)?.json()?["state"].clone())
}

async fn steps(world: &World, lot: &Value) -> Fallible<Vec<String>> {
    let id = lot["id"].as_i64().ok_or("no id")?;
    let events = event::list(&mut *world.connection().await?, id).await?;
    Ok(events.into_iter().map(|event| event.biz_step).collect())
}

#[tokio::test]
async fn a_lot_gets_a_code_of_its_day_and_an_event() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    assert_eq!(lot["code"], "20261123-01");
    assert_eq!(lot["state"], "harvested");
    assert_eq!(
        lot["link"],
        format!("{STEM}/01/{}/10/20261123-01", world.own.gtin)
    );
    assert_eq!(register(&world, 2).await?["code"], "20261123-02");
    let again = register(&world, 1).await?;
    assert_eq!(again["id"], lot["id"], "the same request is the same lot");
    assert_eq!(steps(&world, &lot).await?, ["creating_class_instance"]);
    let listed = world
        .get("producer", "/api/v1/lots?state=harvested")
        .await?
        .json()?;
    assert_eq!(listed["lots"].as_array().map(Vec::len), Some(2));
    world
        .get("producer", "/api/v1/lots?state=lost")
        .await?
        .expect(400)?;
    Ok(())
}

#[tokio::test]
async fn a_lot_that_cannot_be_is_refused_with_its_reason() -> Outcome {
    let world = World::new().await?;
    let with = |member: &str, value: Value| {
        let mut body = new_lot(&world.own, 7);
        body[member] = value;
        body
    };
    for (body, field) in [
        (with("gtin", json!(world.rival.gtin)), "gtin"),
        (with("plot_id", json!(world.rival.plot)), "plot_id"),
        (with("quantity", json!(0)), "quantity"),
        (with("started_on", json!("2026-11-24")), "started_on"),
        (with("harvested_on", json!("2026-11-09")), "harvested_on"),
        (with("code", json!("lower case")), "code"),
    ] {
        let reply = world
            .post("producer", "/api/v1/lots", &body)
            .await?
            .expect(422)?;
        assert_eq!(reply.json()?["field"], field, "{body}");
    }
    let code = with("code", json!("A-1"));
    world
        .post("producer", "/api/v1/lots", &code)
        .await?
        .expect(201)?;
    let mut taken = code.clone();
    taken["request_id"] = json!(request_id(8));
    world
        .post("producer", "/api/v1/lots", &taken)
        .await?
        .expect(409)?;
    let mut stolen = new_lot(&world.rival, 7);
    stolen["code"] = json!("B-1");
    let reply = world
        .post("rival", "/api/v1/lots", &stolen)
        .await?
        .expect(409)?;
    assert_eq!(
        reply.json()?["field"],
        "request_id",
        "another producer's request"
    );
    world
        .post("producer", "/api/v1/lots", &json!({ "gtin": 1 }))
        .await?
        .expect(422)?;
    Ok(())
}

#[tokio::test]
async fn a_result_releases_or_holds_the_lot_in_the_same_breath() -> Outcome {
    let world = World::new().await?;
    let (good, bad) = (register(&world, 1).await?, register(&world, 2).await?);
    enter_test(&world, &good, 11, 12.5).await?;
    enter_test(&world, &bad, 12, 50.0).await?;
    assert_eq!(state_of(&world, &good).await?, "released");
    assert_eq!(state_of(&world, &bad).await?, "held");
    assert_eq!(
        steps(&world, &good).await?,
        ["creating_class_instance", "inspecting"]
    );
    enter_test(&world, &good, 13, 70.0).await?;
    assert_eq!(
        state_of(&world, &good).await?,
        "held",
        "a later failure stops it"
    );
    enter_test(&world, &bad, 14, 3.0).await?;
    assert_eq!(
        state_of(&world, &bad).await?,
        "held",
        "a re-test alone frees nothing"
    );
    let path = format!("/api/v1/tests?lot={}", bad["id"]);
    let listed = world.get("lab", &path).await?.expect(200)?.json()?;
    assert_eq!(listed["tests"].as_array().map(Vec::len), Some(2));
    let verdicts: Vec<_> = listed["tests"].as_array().into_iter().flatten().collect();
    assert!(
        verdicts
            .iter()
            .any(|test| test["verdict"] == "fail" && test["value"] == 50.0)
    );
    Ok(())
}

#[tokio::test]
async fn a_result_sent_twice_is_one_result() -> Outcome {
    let world = World::new().await?;
    let (lot, other) = (register(&world, 1).await?, register(&world, 2).await?);
    let path = format!("/api/v1/lots/{}/tests", lot["id"]);
    let first = world
        .post("lab", &path, &new_test(11, 12.5))
        .await?
        .expect(201)?
        .json()?;
    let again = world
        .post("lab", &path, &new_test(11, 99.0))
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(first, again, "the first one stays");
    assert_eq!(steps(&world, &lot).await?.len(), 2);
    let elsewhere = format!("/api/v1/lots/{}/tests", other["id"]);
    world
        .post("lab", &elsewhere, &new_test(11, 12.5))
        .await?
        .expect(409)?;
    assert_eq!(state_of(&world, &other).await?, "harvested");
    Ok(())
}

#[tokio::test]
async fn a_result_that_cannot_be_is_refused() -> Outcome {
    let world = World::new().await?;
    let mut growing = new_lot(&world.own, 1);
    growing["harvested_on"] = Value::Null;
    let growing = world
        .post("producer", "/api/v1/lots", &growing)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(growing["state"], LotState::Growing.code());
    let path = format!("/api/v1/lots/{}/tests", growing["id"]);
    let reply = world
        .post("lab", &path, &new_test(11, 1.0))
        .await?
        .expect(409)?;
    assert_eq!(reply.json()?["type"], "/docs/problems#illegal-step");
    let lot = register(&world, 2).await?;
    let path = format!("/api/v1/lots/{}/tests", lot["id"]);
    world
        .post("lab", &path, &new_test(12, 118.0))
        .await?
        .expect(422)?;
    let mut late = new_test(12, 1.0);
    late["tested_at"] = json!("2026-11-23T05:00:00Z");
    world.post("lab", &path, &late).await?.expect(422)?;
    world
        .post("lab", "/api/v1/lots/999/tests", &new_test(12, 1.0))
        .await?
        .expect(404)?;
    assert_eq!(steps(&world, &lot).await?.len(), 1, "nothing was half done");
    Ok(())
}

#[tokio::test]
async fn labels_have_links_pictures_and_an_event() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let run = issue(&world, &lot, 21, 3).await?;
    let labels = run["labels"].as_array().ok_or("no labels")?;
    assert_eq!(labels.len(), 3);
    let serial = labels[0]["serial"].as_str().ok_or("no serial")?;
    let path = format!("/01/{}/10/20261123-01/21/{serial}", world.own.gtin);
    assert_eq!(labels[0]["link"], format!("{STEM}{path}"));
    assert_eq!(
        issue(&world, &lot, 21, 3).await?,
        run,
        "the same request is the same run"
    );
    assert_eq!(
        steps(&world, &lot).await?,
        ["creating_class_instance", "commissioning"]
    );
    let listed = world
        .get("supervisor", &format!("/api/v1/labels?lot={}", lot["id"]))
        .await?;
    assert_eq!(listed.expect(200)?.json()?["labels"], run["labels"]);
    let png = labels[0]["png"].as_str().ok_or("no picture")?;
    let picture = world.get("producer", png).await?.expect(200)?;
    assert_eq!(picture.header("content-type"), "image/png");
    assert!(picture.body.starts_with(b"\x89PNG"));
    world
        .get("producer", &png.replace(".png", ".exe"))
        .await?
        .expect(404)?;
    world
        .get("producer", "/api/v1/labels/0000000000000.png")
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_held_lot_gets_no_labels_and_no_run_is_endless() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let path = format!("/api/v1/lots/{}/labels", lot["id"]);
    let body = |count: i64, size: &str| json!({ "request_id": request_id(31), "count": count, "size": size });
    for (count, size, field) in [
        (0, "40x30mm", "count"),
        (100_001, "40x30mm", "count"),
        (1, "41x31mm", "size"),
    ] {
        let reply = world
            .post("producer", &path, &body(count, size))
            .await?
            .expect(422)?;
        assert_eq!(reply.json()?["field"], field);
    }
    enter_test(&world, &lot, 11, 80.0).await?;
    world
        .post("producer", &path, &body(1, "40x30mm"))
        .await?
        .expect(409)?;
    Ok(())
}

#[tokio::test]
async fn a_long_run_is_written_down_whole() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let run = issue(&world, &lot, 21, 2_500).await?;
    assert_eq!(run["labels"].as_array().map(Vec::len), Some(1_000));
    let id = lot["id"].as_i64().ok_or("no id")?;
    let events = event::list(&mut *world.connection().await?, id).await?;
    let named = events
        .iter()
        .filter_map(|event| event.body["epcList"].as_array());
    let lengths: Vec<_> = named.map(Vec::len).collect();
    assert_eq!(lengths.iter().sum::<usize>(), 2_500);
    assert_eq!(lengths.len(), 3);
    Ok(())
}

#[tokio::test]
async fn a_rival_sees_nothing_of_it() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let run = issue(&world, &lot, 21, 1).await?;
    let png = run["labels"][0]["png"].as_str().ok_or("no picture")?;
    let id = &lot["id"];
    for path in [
        format!("/api/v1/lots/{id}"),
        format!("/api/v1/tests?lot={id}"),
        png.to_owned(),
    ] {
        world.get("rival", &path).await?.expect(404)?;
    }
    let body = json!({ "request_id": request_id(22), "count": 1, "size": "40x30mm" });
    world
        .post("rival", &format!("/api/v1/lots/{id}/labels"), &body)
        .await?
        .expect(404)?;
    world
        .get("rival", &format!("/producer/lots/{id}"))
        .await?
        .expect(404)?;
    for (path, list) in [
        ("/api/v1/lots".to_owned(), "lots"),
        (format!("/api/v1/labels?lot={id}"), "labels"),
    ] {
        let seen = world.get("rival", &path).await?.expect(200)?.json()?;
        assert_eq!(seen[list], json!([]), "{path}");
    }
    world.get("rival", "/api/v1/tests").await?.expect(400)?;
    for (path, list) in [
        ("/api/v1/producers", "producers"),
        ("/api/v1/products", "products"),
        ("/api/v1/plots", "plots"),
    ] {
        let own = world.get("rival", path).await?.expect(200)?.json()?;
        assert_eq!(own[list].as_array().map(Vec::len), Some(1), "{path}");
        let all = world.get("supervisor", path).await?.expect(200)?.json()?;
        assert_eq!(all[list].as_array().map(Vec::len), Some(2), "{path}");
    }
    Ok(())
}
