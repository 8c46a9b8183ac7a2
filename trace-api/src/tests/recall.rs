//! Processing and recall over HTTP: mass balance, the graph both ways, and that a recall reaches
//! everything that came of a lot.

use axum::http::Method;
use serde_json::{Value, json};

use super::Outcome;
use super::life::{events, grow, page_of, party, released, step, why};
use super::lots::{issue, request_id};
use super::world::World;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn processing(world: &World, request: u32, inputs: &[(&Value, f64)], output: f64) -> Value {
    let inputs: Vec<_> = inputs
        .iter()
        .map(|(lot, quantity)| json!({ "lot_id": lot["id"], "quantity": quantity }))
        .collect();
    json!({ "request_id": request_id(request), "plot_id": world.own.plot, "kind": "tea_making",
        "inputs": inputs, "outputs": [{ "gtin": world.own.gtin, "quantity": output }],
        "loss": 1 })
}

/// Processes lots of the own producer into one; returns that one.
pub(super) async fn process(
    world: &World,
    request: u32,
    inputs: &[(&Value, f64)],
    output: f64,
) -> Fallible<Value> {
    let body = processing(world, request, inputs, output);
    let made = world.post("producer", "/api/v1/processings", &body).await?;
    let made = made.expect(201)?.json()?;
    let path = format!("/api/v1/lots/{}", made["outputs"][0]["lot_id"]);
    world.get("producer", &path).await?.expect(200)?.json()
}

async fn graph(world: &World, lot: &Value) -> Fallible<Value> {
    let path = format!("/api/v1/lots/{}/graph", lot["id"]);
    world.get("producer", &path).await?.expect(200)?.json()
}

fn recall(request: u32, drill: bool) -> Value {
    json!({ "request_id": request_id(request), "reason": "复检不合格", "drill": drill })
}

#[tokio::test]
async fn lots_become_a_lot_and_the_graph_says_so_both_ways() -> Outcome {
    let world = World::new().await?;
    let (one, two) = (released(&world, 1).await?, released(&world, 11).await?);
    let body = processing(&world, 21, &[(&one, 100.0), (&two, 50.0)], 30.0);
    let made = world.post("producer", "/api/v1/processings", &body).await?;
    let made = made.expect(201)?.json()?;
    assert_eq!(
        (&made["unit"], &made["unaccounted"]),
        (&json!("KGM"), &json!(119.0))
    );
    let again = world.post("producer", "/api/v1/processings", &body).await?;
    assert_eq!(
        again.expect(201)?.json()?,
        made,
        "the same request is the same work"
    );
    let tea = json!({ "id": made["outputs"][0]["lot_id"] });
    let up = graph(&world, &tea).await?;
    assert_eq!(up["up"].as_array().map(Vec::len), Some(3));
    let down = graph(&world, &one).await?;
    assert_eq!(down["down"][1]["id"], tea["id"]);
    assert_eq!(
        (&down["down"][0]["processed"], &down["down"][0]["left"]),
        (&json!(100.0), &json!(200.0))
    );
    for lot in [&one, &tea] {
        let told = events(&world, lot).await?;
        let work = told
            .iter()
            .filter(|row| row.body["type"] == "TransformationEvent");
        assert_eq!(work.count(), 1, "{lot}");
    }
    let path = format!("/api/v1/lots/{}", tea["id"]);
    let tea = world.get("producer", &path).await?.expect(200)?.json()?;
    let page = page_of(&world, &tea).await?;
    for (lot, amount) in [(&one, "100 kg"), (&two, "50 kg")] {
        let code = lot["code"].as_str().ok_or("no code")?;
        let href = format!("href=\"/01/{}/10/{code}\"", world.own.gtin);
        assert!(page.contains(&href) && page.contains(amount), "{page}");
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_with_its_reason() -> Outcome {
    let world = World::new().await?;
    let (lot, growing) = (released(&world, 1).await?, grow(&world, 11).await?);
    let with = |member: &str, value: Value| {
        let mut body = processing(&world, 21, &[(&lot, 100.0)], 30.0);
        body[member] = value;
        body
    };
    let lot_of =
        |lot: &Value, quantity: i64| json!([{ "lot_id": lot["id"], "quantity": quantity }]);
    let output = |gtin: &str, quantity: i64| json!([{ "gtin": gtin, "quantity": quantity }]);
    for (body, field) in [
        (with("outputs", output(&world.own.gtin, 100)), "outputs"),
        (with("outputs", output(&world.rival.gtin, 1)), "gtin"),
        (with("outputs", json!([])), "outputs"),
        (with("inputs", lot_of(&lot, 301)), "inputs"),
        (
            with("inputs", json!([{ "lot_id": 999, "quantity": 1 }])),
            "inputs",
        ),
        (
            with(
                "inputs",
                json!([{ "lot_id": lot["id"], "quantity": 1 }, { "lot_id": lot["id"], "quantity": 1 }]),
            ),
            "inputs",
        ),
        (with("kind", json!("magic")), "kind"),
        (with("plot_id", json!(world.rival.plot)), "plot_id"),
        (with("done_at", json!("2026-11-24T04:00:00Z")), "done_at"),
    ] {
        let refused = world.post("producer", "/api/v1/processings", &body).await?;
        assert_eq!(refused.expect(422)?.json()?["field"], field, "{body}");
    }
    let body = with("inputs", lot_of(&growing, 1));
    let refused = world.post("producer", "/api/v1/processings", &body).await?;
    assert_eq!(
        refused.expect(409)?.json()?["type"],
        "/docs/problems#rule-broken"
    );
    assert_eq!(
        graph(&world, &lot).await?["down"].as_array().map(Vec::len),
        Some(1)
    );
    Ok(())
}

#[tokio::test]
async fn a_recall_reaches_everything_that_came_of_it_and_every_label_says_so() -> Outcome {
    let world = World::new().await?;
    let (leaf, other) = (released(&world, 1).await?, released(&world, 11).await?);
    let tea = process(&world, 21, &[(&leaf, 100.0), (&other, 50.0)], 30.0).await?;
    let gift = process(&world, 22, &[(&tea, 20.0)], 19.0).await?;
    step(&world, "producer", (&gift, "release"), &why(23))
        .await?
        .expect(200)?;
    let run = issue(&world, &gift, 24, 1).await?;
    let link = run["labels"][0]["link"].as_str().ok_or("no link")?;
    let label = link
        .strip_prefix(super::world::STEM)
        .ok_or("another stem")?
        .to_owned();
    assert!(
        !world
            .visit(&label)
            .await?
            .expect(200)?
            .text()
            .contains("已召回")
    );
    let shop = party(&world, "buyer", "演示商店").await?;
    let sent = json!({ "request_id": request_id(25), "to_party_id": shop, "quantity": 9 });
    step(&world, "producer", (&gift, "shipments"), &sent)
        .await?
        .expect(201)?;
    a_drill_changes_nothing(&world, &leaf, &label).await?;
    let made = step(&world, "supervisor", (&leaf, "recall"), &recall(31, false)).await?;
    let made = made.expect(201)?.json()?;
    assert_eq!((&made["lots"], &made["drill"]), (&json!(3), &json!(false)));
    let figures = &made["figures"];
    assert_eq!(
        (&figures["in_kg"], &figures["out_kg"]),
        (&json!(350.0), &json!(9.0))
    );
    assert_eq!(
        (&figures["left_kg"], &figures["lost_kg"]),
        (&json!(220.0), &json!(2.0))
    );
    assert_eq!(figures["unaccounted_kg"], 119.0);
    for lot in [&leaf, &tea, &gift] {
        let path = format!("/api/v1/lots/{}", lot["id"]);
        let now = world.get("producer", &path).await?.json()?;
        assert_eq!(
            (&now["state"], &now["recall_reason"]),
            (&json!("recalled"), &json!("复检不合格"))
        );
        let told = events(&world, lot).await?;
        assert!(told.iter().any(|row| row.body["disposition"] == "recalled"));
    }
    let path = format!("/api/v1/lots/{}", other["id"]);
    assert_eq!(
        world.get("producer", &path).await?.json()?["state"],
        "released"
    );
    let page = world.visit(&label).await?.expect(200)?.text();
    assert!(page.contains("已召回") && page.contains("复检不合格") && !page.contains("检测合格"));
    the_list_says_who_has_what(&world, &made).await?;
    let page = world.visit(&label).await?.expect(200)?.text();
    assert!(
        page.contains("召回：请退货。"),
        "the page has the notice as it is worded now"
    );
    let again = step(&world, "supervisor", (&leaf, "recall"), &recall(31, false)).await?;
    assert_eq!(again.expect(201)?.json()?["id"], made["id"]);
    let freed = step(&world, "supervisor", (&gift, "release"), &why(32)).await?;
    freed.expect(409)?;
    Ok(())
}

async fn a_drill_changes_nothing(world: &World, lot: &Value, label: &str) -> Outcome {
    let drill = step(world, "supervisor", (lot, "recall"), &recall(30, true)).await?;
    let drill = drill.expect(201)?.json()?;
    assert_eq!((&drill["drill"], &drill["lots"]), (&json!(true), &json!(3)));
    assert!(drill["took_ms"].is_number() && drill["notice"].as_str() > Some(""));
    assert!(!world.visit(label).await?.text().contains("已召回"));
    step(world, "producer", (lot, "recall"), &recall(33, false))
        .await?
        .expect(403)?;
    Ok(())
}

async fn the_list_says_who_has_what(world: &World, made: &Value) -> Outcome {
    let path = made["csv"].as_str().ok_or("no list")?;
    let reply = world.get("supervisor", path).await?.expect(200)?;
    assert!(reply.header("content-type").starts_with("text/csv"));
    let text = reply.text();
    let rows: Vec<_> = text.lines().collect();
    assert_eq!(rows.len(), 4, "{text}");
    assert!(rows[0].contains("level,lot,gtin"));
    assert!(
        rows[3].starts_with("2,") && rows[3].contains("演示商店,12316,9,"),
        "{text}"
    );
    world.get("producer", path).await?.expect(403)?;
    world
        .get("supervisor", "/api/v1/recalls/999/lots.csv")
        .await?
        .expect(404)?;
    the_files_hold_every_step(world, made).await?;
    the_notice_is_worded_anew(world, made).await?;
    let listed = world
        .get("supervisor", "/api/v1/recalls")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(listed["recalls"].as_array().map(Vec::len), Some(2));
    Ok(())
}

/// Found by schemathesis: the id of another kind of request ended in a failure of ours.
#[tokio::test]
async fn a_request_id_that_another_step_had_is_refused_and_calls_nothing_back() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    step(&world, "supervisor", (&lot, "hold"), &why(20))
        .await?
        .expect(200)?;
    let refused = step(&world, "supervisor", (&lot, "recall"), &recall(20, false)).await?;
    assert_eq!(refused.expect(409)?.json()?["field"], "request_id");
    let path = format!("/api/v1/lots/{}", lot["id"]);
    let kept = world.get("producer", &path).await?.expect(200)?.json()?;
    assert_eq!(kept["state"], "held");
    Ok(())
}

async fn the_files_hold_every_step(world: &World, made: &Value) -> Outcome {
    let path = made["steps_csv"].as_str().ok_or("no list")?;
    let text = world.get("supervisor", path).await?.expect(200)?.text();
    let rows: Vec<Vec<&str>> = text.lines().map(|row| row.split(',').collect()).collect();
    assert_eq!(rows[0].len(), 16, "{text}");
    let codes: Vec<_> = rows[1..].iter().map(|row| row[0]).collect();
    assert!(codes.is_sorted(), "{text}");
    for event in [
        "harvesting",
        "transformation_input",
        "transformation_output",
        "shipping",
    ] {
        assert!(rows.iter().any(|row| row[2] == event), "{event} in {text}");
    }
    let path = made["xlsx"].as_str().ok_or("no workbook")?;
    let book = world.get("supervisor", path).await?.expect(200)?;
    assert!(book.body.starts_with(b"PK"));
    let path = format!("/api/v1/recalls/{}", made["id"]);
    let shown = world.get("supervisor", &path).await?.expect(200)?.json()?;
    let shop = &shown["receivers"][0];
    assert_eq!(
        (&shop["name"], &shop["contact"]),
        (&json!("演示商店"), &json!("12316"))
    );
    assert_eq!(
        shop["quantities"],
        json!([{ "unit": "KGM", "quantity": 9.0 }])
    );
    assert_eq!(shown["figures_now"], made["figures"]);
    Ok(())
}

async fn the_notice_is_worded_anew(world: &World, made: &Value) -> Outcome {
    let path = format!("/api/v1/recalls/{}/notice", made["id"]);
    let put = async |version: u32, zh: &str| {
        let request = world
            .request(Some("supervisor"), Method::PUT, &path)
            .await?;
        let request = request.header("content-type", "application/json");
        let body = json!({ "version": version, "notice": zh, "notice_en": "Recall." });
        world.send(request.body(body.to_string().into())?).await
    };
    assert_eq!(made["notice_version"], 0);
    let worded = put(0, "召回：请退货。").await?.expect(200)?.json()?;
    assert_eq!(
        (&worded["notice_version"], &worded["notice"]),
        (&json!(1), &json!("召回：请退货。"))
    );
    let late = put(0, "别的话").await?.expect(409)?.json()?;
    assert_eq!(late["current"]["notice"], "召回：请退货。");
    put(1, " ").await?.expect(422)?;
    Ok(())
}

#[tokio::test]
async fn a_growing_lot_has_nothing_to_call_back() -> Outcome {
    let world = World::new().await?;
    let lot = grow(&world, 1).await?;
    let refused = step(&world, "supervisor", (&lot, "recall"), &recall(2, false)).await?;
    assert_eq!(
        refused.expect(409)?.json()?["type"],
        "/docs/problems#illegal-step"
    );
    let mut silent = recall(3, false);
    silent["reason"] = json!(" ");
    step(&world, "supervisor", (&lot, "recall"), &silent)
        .await?
        .expect(422)?;
    Ok(())
}
