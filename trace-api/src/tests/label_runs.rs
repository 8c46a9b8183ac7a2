//! Labels that are printed before their lot is known: what their codes answer at each step, and
//! that no label is ever of two lots.

use serde_json::{Value, json};

use super::Outcome;
use super::life::{released, step, why};
use super::lots::{issue, register, request_id};
use super::world::{STEM, World};

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A run of labels for the own product; returns what was issued.
async fn ahead(world: &World, request: u32, count: u32) -> Fallible<Value> {
    let body = json!({ "request_id": request_id(request), "gtin": world.own.gtin,
        "count": count, "size": "40x30mm" });
    let reply = world.post("producer", "/api/v1/label-runs", &body).await?;
    reply.expect(201)?.json()
}

async fn bind(world: &World, run: &Value, body: &Value, status: u16) -> Fallible<String> {
    let path = format!("/api/v1/label-runs/{run}/bindings");
    let reply = world.post("producer", &path, body).await?;
    Ok(reply.expect(status)?.text())
}

fn binding(request: u32, lot: &Value, (first, last): (u32, u32), activate: bool) -> Value {
    json!({ "request_id": request_id(request), "lot_id": lot["id"], "first": first, "last": last,
        "activate": activate })
}

/// Paths of the labels of a run.
fn paths(issued: &Value) -> Fallible<Vec<String>> {
    let labels = issued["labels"].as_array().ok_or("no labels")?;
    let path = |label: &Value| Some(label["link"].as_str()?.strip_prefix(STEM)?.to_owned());
    Ok(labels.iter().filter_map(path).collect())
}

async fn statuses(world: &World, run: &Value) -> Fallible<Vec<String>> {
    let path = format!("/api/v1/labels?run={run}");
    let listed = world.get("producer", &path).await?.expect(200)?.json()?;
    let labels = listed["labels"].as_array().ok_or("no labels")?;
    let status = |label: &Value| label["status"].as_str().map(str::to_owned);
    Ok(labels.iter().filter_map(status).collect())
}

#[tokio::test]
async fn a_code_says_plainly_what_it_is_from_printing_to_recall() -> Outcome {
    let world = World::new().await?;
    let issued = ahead(&world, 31, 3).await?;
    assert_eq!(issued["lot_id"], Value::Null);
    let codes = paths(&issued)?;
    assert!(
        codes[0].starts_with(&format!("/01/{}/21/", world.own.gtin)),
        "{codes:?}"
    );
    let run = &issued["run"];
    let unbound = world.visit(&codes[0]).await?.expect(200)?.text();
    assert!(unbound.contains("此码尚未关联批次") && unbound.contains("莓茶"));
    let kiosk = format!("/kiosk/answer?code={}", codes[0]);
    assert!(
        world
            .visit(&kiosk)
            .await?
            .expect(404)?
            .text()
            .contains("尚未关联批次")
    );
    world
        .fetch(&codes[0], "application/ld+json")
        .await?
        .expect(404)?;
    let lot = released(&world, 1).await?;
    bind(&world, run, &binding(32, &lot, (1, 2), false), 204).await?;
    let dormant = world.visit(&codes[0]).await?.expect(200)?.text();
    assert!(dormant.contains("此码尚未启用") && !dormant.contains("检测合格"));
    assert_eq!(
        statuses(&world, run).await?,
        ["dormant", "dormant", "unbound"]
    );
    let path = format!("/api/v1/label-runs/{run}/activation");
    let all = json!({ "request_id": request_id(33) });
    let refused = world.post("producer", &path, &all).await?.expect(409)?;
    assert!(refused.text().contains("not bound"));
    let first = json!({ "request_id": request_id(34), "first": 1, "last": 1 });
    for _ in 0..2 {
        world.post("producer", &path, &first).await?.expect(204)?;
    }
    assert_eq!(
        statuses(&world, run).await?,
        ["active", "dormant", "unbound"]
    );
    let page = world.visit(&codes[0]).await?.expect(200)?.text();
    let code = lot["code"].as_str().ok_or("no code")?;
    assert!(page.contains(code) && page.contains("首次查询"));
    let told = super::life::events(&world, &lot).await?;
    let commissioned = told
        .iter()
        .filter(|row| row.body["bizStep"] == "commissioning");
    assert_eq!(
        commissioned.count(),
        1,
        "once, however often it was asked for"
    );
    a_recall_is_said_everywhere(&world, (&lot, run), (&codes[0], &kiosk)).await
}

async fn a_recall_is_said_everywhere(
    world: &World,
    (lot, run): (&Value, &Value),
    (code, kiosk): (&str, &str),
) -> Outcome {
    let recall = json!({ "request_id": request_id(35), "reason": "复检不合格" });
    step(world, "supervisor", (lot, "recall"), &recall)
        .await?
        .expect(201)?;
    assert_eq!(
        statuses(world, run).await?,
        ["recalled", "recalled", "unbound"]
    );
    let page = world.visit(code).await?.expect(200)?.text();
    assert!(page.contains("已召回") && !page.contains("检测合格"));
    let kiosk = world.visit(kiosk).await?.expect(200)?.text();
    assert!(kiosk.contains("已召回") && !kiosk.contains("检测合格"));
    let linkset = world.visit(&format!("{code}?linkType=linkset")).await?;
    let linkset = linkset.expect(200)?.json()?;
    let status = &linkset["linkset"][0]["https://ref.gs1.org/voc/recallStatus"][0]["title"];
    assert_eq!(status, "已召回 recalled");
    Ok(())
}

#[tokio::test]
async fn a_label_is_never_of_two_lots() -> Outcome {
    let world = World::new().await?;
    let issued = ahead(&world, 31, 10).await?;
    let run = &issued["run"];
    let (one, two) = (register(&world, 1).await?, register(&world, 2).await?);
    let first = binding(32, &one, (3, 6), true);
    bind(&world, run, &first, 204).await?;
    bind(&world, run, &first, 204).await?;
    for (request, range) in [(33, (6, 6)), (34, (1, 3)), (35, (1, 10)), (36, (4, 5))] {
        let told = bind(&world, run, &binding(request, &two, range, true), 409).await?;
        assert!(told.contains("a label is bound once"), "{told}");
    }
    let other = bind(&world, run, &binding(32, &two, (7, 8), true), 409).await?;
    assert!(other.contains("request_id"));
    bind(&world, run, &binding(37, &two, (7, 10), true), 204).await?;
    let path = format!("/api/v1/label-runs/{run}");
    let shown = world.get("producer", &path).await?.expect(200)?.json()?;
    assert_eq!((&shown["issued"], &shown["bound"]), (&json!(10), &json!(8)));
    assert_eq!(shown["bindings"][1]["lot_id"], two["id"]);
    let own = issue(&world, &one, 38, 2).await?;
    bind(&world, &own["run"], &binding(39, &two, (1, 2), true), 409).await?;
    Ok(())
}

#[tokio::test]
async fn only_labels_of_its_own_product_are_bound_and_only_to_what_is_on_sale() -> Outcome {
    let world = World::new().await?;
    let issued = ahead(&world, 31, 2).await?;
    let run = &issued["run"];
    let body = json!({ "request_id": request_id(40), "gtin": world.rival.gtin, "count": 1,
        "size": "40x30mm" });
    let foreign = world.post("producer", "/api/v1/label-runs", &body).await?;
    assert_eq!(foreign.expect(422)?.json()?["field"], "gtin");
    let lot = released(&world, 1).await?;
    let path = format!("/api/v1/label-runs/{run}/bindings");
    let range = binding(41, &lot, (1, 1), true);
    world.post("rival", &path, &range).await?.expect(404)?;
    step(&world, "supervisor", (&lot, "hold"), &why(42))
        .await?
        .expect(200)?;
    bind(&world, run, &range, 409).await?;
    bind(
        &world,
        run,
        &binding(43, &json!({ "id": 999 }), (1, 1), true),
        404,
    )
    .await?;
    bind(&world, run, &binding(44, &lot, (2, 3), true), 422).await?;
    assert_eq!(statuses(&world, run).await?, ["unbound", "unbound"]);
    Ok(())
}

#[tokio::test]
async fn labels_of_a_lot_can_wait_too_and_a_voided_one_is_told_at_the_kiosk() -> Outcome {
    let world = World::new().await?;
    let lot = register(&world, 1).await?;
    let path = format!("/api/v1/lots/{}/labels", lot["id"]);
    let body = json!({ "request_id": request_id(31), "count": 2, "size": "40x30mm",
        "activate": false });
    let issued = world
        .post("producer", &path, &body)
        .await?
        .expect(201)?
        .json()?;
    let (run, codes) = (&issued["run"], paths(&issued)?);
    assert!(
        world
            .visit(&codes[0])
            .await?
            .text()
            .contains("此码尚未启用")
    );
    let path = format!("/api/v1/label-runs/{run}/activation");
    let all = json!({ "request_id": request_id(32) });
    world.post("producer", &path, &all).await?.expect(204)?;
    assert!(
        !world
            .visit(&codes[0])
            .await?
            .text()
            .contains("此码尚未启用")
    );
    let path = format!("/api/v1/label-runs/{run}/ledger");
    let void = json!({ "request_id": request_id(33), "kind": "voided", "first": 2, "last": 2,
        "reason": "印刷模糊" });
    world.post("producer", &path, &void).await?.expect(204)?;
    assert_eq!(statuses(&world, run).await?, ["active", "voided"]);
    let kiosk = world
        .visit(&format!("/kiosk/answer?code={}", codes[1]))
        .await?;
    assert!(kiosk.expect(404)?.text().contains("此码已作废"));
    Ok(())
}
