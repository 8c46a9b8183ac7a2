//! 备案: the way from a draft to an approved filing and beyond, who may take which step, what may
//! come of it meanwhile, and what numbers that were corrected still lead to.

use axum::http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Outcome;
use super::world::{Reply, World};

/// What is filed of a producer.
fn producer(credit_code: &str, request: u128) -> Value {
    json!({ "request_id": Uuid::from_u128(request), "credit_code": credit_code,
        "name": "演示新农场", "kind": "household", "township": "毛坝乡", "address": "毛坝乡 2 号",
        "contact": "000-00000009" })
}

/// What is filed of a product.
fn product(name: &str, request: u128) -> Value {
    json!({ "request_id": Uuid::from_u128(request), "name": name, "category": "莓茶",
        "specification": "袋装 250 g", "unit": "KGM", "shelf_life_days": 540, "regime": "sc",
        "standard": "DB43/T 1 (演示)",
        "probe_limits": [{ "quantity": "air-temperature", "low": 0.0, "high": 38.0 }],
        "test_limits": [{ "item": "抑制率", "limit": 50.0, "unit": "%" }] })
}

fn with(body: &Value, more: &Value) -> Value {
    let mut body = body.clone();
    if let (Some(members), Some(more)) = (body.as_object_mut(), more.as_object()) {
        members.extend(more.clone());
    }
    body
}

/// A supervisor's decision.
async fn decide(
    world: &World,
    path: &str,
    (decision, version): (&str, i64),
    request: u128,
) -> Result<Reply, Box<dyn std::error::Error>> {
    let body = json!({ "request_id": Uuid::from_u128(request), "version": version,
        "decision": decision, "reason": if decision == "approve" { "" } else { "规格不清" } });
    world
        .post("supervisor", &format!("{path}/decision"), &body)
        .await
}

/// Files a product of the first producer and has it approved; its path and its body.
async fn approved(
    world: &World,
    request: u128,
) -> Result<(String, Value), Box<dyn std::error::Error>> {
    let body = with(
        &product("莓茶（芽尖）", request),
        &json!({ "submit": true }),
    );
    let made = world
        .post("producer", "/api/v1/products", &body)
        .await?
        .expect(201)?
        .json()?;
    let path = format!("/api/v1/products/{}", made["id"]);
    let made = decide(world, &path, ("approve", 1), request + 1)
        .await?
        .expect(200)?;
    Ok((path, made.json()?))
}

async fn register(
    world: &World,
    gtin: &Value,
    request: u128,
) -> Result<Reply, Box<dyn std::error::Error>> {
    let body = json!({ "request_id": Uuid::from_u128(request), "gtin": gtin,
        "plot_id": world.own.plot, "started_on": "2026-04-01", "harvested_on": "2026-10-01",
        "quantity": 10.0 });
    world.post("producer", "/api/v1/lots", &body).await
}

#[tokio::test]
async fn a_product_goes_back_and_forth_until_it_is_approved() -> Outcome {
    let world = World::new().await?;
    let body = product("莓茶（芽尖）", 1);
    let made = world
        .post("producer", "/api/v1/products", &body)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(
        (&made["state"], &made["version"]),
        (&json!("draft"), &json!(1))
    );
    assert_eq!(made["is_internal"], true);
    let again = world
        .post("producer", "/api/v1/products", &body)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(made, again, "sent twice, filed once");
    let path = format!("/api/v1/products/{}", made["id"]);
    decide(&world, &path, ("approve", 1), 2)
        .await?
        .expect(409)?;
    let hand_in = json!({ "request_id": Uuid::from_u128(3), "version": 1 });
    let submission = format!("{path}/submission");
    world
        .post("producer", &submission, &hand_in)
        .await?
        .expect(200)?;
    let back = decide(&world, &path, ("return", 1), 4)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&back["state"], &back["returned_because"]),
        (&json!("returned"), &json!("规格不清"))
    );
    let again = decide(&world, &path, ("return", 1), 4)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(back, again);
    let edit = with(
        &product("莓茶（芽尖） 特级", 5),
        &json!({ "base_version": 1, "submit": true }),
    );
    let edited = world
        .put("producer", &path, &edit)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&edited["state"], &edited["version"]),
        (&json!("submitted"), &json!(2))
    );
    // What the supervisor read is what is approved, and nothing newer.
    let stale = decide(&world, &path, ("approve", 1), 6)
        .await?
        .expect(409)?
        .json()?;
    assert_eq!(stale["current"]["version"], 2);
    let done = decide(&world, &path, ("approve", 2), 7)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&done["state"], &done["standing_version"]),
        (&json!("approved"), &json!(2))
    );
    assert_eq!(done["name"], "莓茶（芽尖） 特级");
    tells_everything(&world, &path).await
}

/// The history and the messages of the product above.
async fn tells_everything(world: &World, path: &str) -> Outcome {
    let history = world
        .get("producer", &format!("{path}/versions"))
        .await?
        .expect(200)?
        .json()?;
    let newest = &history["versions"][0];
    assert_eq!(newest["changes"][0]["field"], "name");
    assert_eq!(newest["changes"][0]["before"], "莓茶（芽尖）");
    assert_eq!(
        (&newest["account"], &newest["steps"][1]["step"]),
        (&json!("producer"), &json!("approve"))
    );
    let first = &history["versions"][1];
    let steps: Vec<_> = first["steps"].as_array().into_iter().flatten().collect();
    assert_eq!(steps.len(), 3, "{first}");
    assert_eq!(
        (&steps[2]["reason"], &steps[2]["account"]),
        (&json!("规格不清"), &json!("supervisor"))
    );
    let told = world
        .get("producer", "/api/v1/messages")
        .await?
        .expect(200)?
        .json()?;
    let kinds: Vec<_> = told["messages"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|m| &m["kind"])
        .collect();
    assert_eq!(kinds, ["filing_approved", "filing_returned"]);
    let rivals = world
        .get("rival", "/api/v1/messages")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(rivals["messages"], json!([]));
    let told = world
        .get("supervisor", "/api/v1/messages")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(told["messages"][0]["kind"], "filing_submitted");
    Ok(())
}

#[expect(clippy::too_many_lines, reason = "one story, read from top to bottom")]
#[tokio::test]
async fn only_an_approved_product_of_an_approved_producer_gets_lots_labels_and_certificates()
-> Outcome {
    let world = World::new().await?;
    let body = with(
        &product("莓茶（芽尖）", 1),
        &json!({ "submit": true, "regime": "promise" }),
    );
    let made = world
        .post("producer", "/api/v1/products", &body)
        .await?
        .expect(201)?
        .json()?;
    let refused = register(&world, &made["gtin"], 2)
        .await?
        .expect(409)?
        .json()?;
    assert_eq!(refused["type"], "/docs/problems#rule-broken");
    let path = format!("/api/v1/products/{}", made["id"]);
    decide(&world, &path, ("approve", 1), 3)
        .await?
        .expect(200)?;
    let lot = register(&world, &made["gtin"], 4)
        .await?
        .expect(201)?
        .json()?;
    let labels = format!("/api/v1/lots/{}/labels", lot["id"]);
    let run = |request: u128| json!({ "request_id": Uuid::from_u128(request), "count": 2, "size": "40x30mm" });
    let issued = world
        .post("producer", &labels, &run(5))
        .await?
        .expect(201)?
        .json()?;
    let link = issued["labels"][0]["link"]
        .as_str()
        .unwrap_or_default()
        .to_lowercase();
    let own = format!("/api/v1/producers/{}", world.own.producer);
    for (subject, version, request) in [(path.as_str(), 1, 10), (own.as_str(), 1, 20)] {
        decide(&world, subject, ("suspend", version), request)
            .await?
            .expect(200)?;
        register(&world, &made["gtin"], request + 1)
            .await?
            .expect(409)?;
        world
            .post("producer", &labels, &run(request + 2))
            .await?
            .expect(409)?;
        let check = format!(
            "/api/v1/lots/{}/certificates/check?basis=quality_control",
            lot["id"]
        );
        let check = world.get("producer", &check).await?.expect(200)?;
        assert!(check.text().contains("\"filing\""), "{}", check.text());
        // What was done while it could be is answered as it was.
        register(&world, &made["gtin"], 4).await?.expect(201)?;
        world
            .post("producer", &labels, &run(5))
            .await?
            .expect(201)?;
        let at = link.find("/01/").ok_or("no link")?;
        let page = world
            .visit(&link[at..].to_uppercase())
            .await?
            .expect(200)?
            .text();
        assert!(page.contains("备案已暂停"), "the page says the truth");
        decide(&world, subject, ("resume", version), request + 3)
            .await?
            .expect(200)?;
        let page = world
            .visit(&link[at..].to_uppercase())
            .await?
            .expect(200)?
            .text();
        assert!(!page.contains("备案已暂停"));
    }
    register(&world, &made["gtin"], 30).await?.expect(201)?;
    Ok(())
}

#[tokio::test]
async fn two_edits_of_one_version_do_not_overwrite_each_other() -> Outcome {
    let world = World::new().await?;
    let (path, made) = approved(&world, 100).await?;
    let edit = |name: &str, request: u128| {
        with(
            &product(name, request),
            &json!({ "base_version": 1, "submit": true }),
        )
    };
    let mine = world
        .put("producer", &path, &edit("甲", 1))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&mine["name"], &mine["pending"]),
        (&made["name"], &json!("submitted"))
    );
    assert_eq!(mine["newest"]["name"], "甲");
    let lost = world
        .put("producer", &path, &edit("乙", 2))
        .await?
        .expect(409)?
        .json()?;
    assert_eq!(lost["type"], "/docs/problems#edit-conflict");
    assert_eq!(
        (
            &lost["current"]["body"]["name"],
            &lost["yours"]["body"]["name"]
        ),
        (&json!("甲"), &json!("乙"))
    );
    world
        .put("producer", &path, &edit("甲", 1))
        .await?
        .expect(200)?;
    world
        .put("producer", &path, &edit("丙", 1))
        .await?
        .expect(409)?;
    let waits = world
        .get("supervisor", "/api/v1/products?pending=submitted")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(waits["products"].as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&waits["counts"]["approved"], &waits["counts"]["waiting"]),
        (&json!(3), &json!(1))
    );
    Ok(())
}

#[tokio::test]
async fn staff_see_and_file_their_own_and_nobody_elses() -> Outcome {
    let world = World::new().await?;
    let (path, _) = approved(&world, 100).await?;
    for path in [path.clone(), format!("{path}/versions")] {
        world.get("rival", &path).await?.expect(404)?;
    }
    let edit = with(&product("x", 1), &json!({ "base_version": 1 }));
    world.put("rival", &path, &edit).await?.expect(404)?;
    let foreign = with(
        &product("x", 2),
        &json!({ "producer_id": world.own.producer }),
    );
    world
        .post("rival", "/api/v1/products", &foreign)
        .await?
        .expect(422)?;
    world
        .post("operator", "/api/v1/products", &foreign)
        .await?
        .expect(201)?;
    let own = format!("/api/v1/producers/{}", world.own.producer);
    world.get("rival", &own).await?.expect(404)?;
    decide(&world, &own, ("suspend", 7), 3).await?.expect(409)?;
    let list = world
        .get("rival", "/api/v1/producers")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(list["producers"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["counts"]["all"], 1);
    Ok(())
}

#[tokio::test]
async fn a_producer_is_filed_once_and_its_products_wait_for_it() -> Outcome {
    let world = World::new().await?;
    let wrong = producer("91000000MA00000010", 1);
    let refused = world
        .post("operator", "/api/v1/producers", &wrong)
        .await?
        .expect(422)?
        .json()?;
    assert_eq!(refused["field"], "credit_code");
    let code = model::credit_code::CreditCode::from_body("91000000MA0000099")?.to_string();
    let made = world
        .post("operator", "/api/v1/producers", &producer(&code, 2))
        .await?
        .expect(201)?
        .json()?;
    world
        .post("operator", "/api/v1/producers", &producer(&code, 3))
        .await?
        .expect(409)?;
    let body = with(
        &product("x", 4),
        &json!({ "producer_id": made["id"], "submit": true }),
    );
    let own = world
        .post("operator", "/api/v1/products", &body)
        .await?
        .expect(201)?
        .json()?;
    let path = format!("/api/v1/products/{}", own["id"]);
    let refused = decide(&world, &path, ("approve", 1), 5)
        .await?
        .expect(409)?
        .json()?;
    assert_eq!(refused["type"], "/docs/problems#rule-broken");
    let owner = format!("/api/v1/producers/{}", made["id"]);
    let hand_in = json!({ "request_id": Uuid::from_u128(6), "version": 1 });
    world
        .post("operator", &format!("{owner}/submission"), &hand_in)
        .await?
        .expect(200)?;
    decide(&world, &owner, ("approve", 1), 7)
        .await?
        .expect(200)?;
    decide(&world, &path, ("approve", 1), 8)
        .await?
        .expect(200)?;
    // Only what is approved is in the catalogue.
    let page = world
        .visit(&format!("/01/{}", own["gtin"].as_str().unwrap_or_default()))
        .await?;
    page.expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_draft_is_not_public() -> Outcome {
    let world = World::new().await?;
    let made = world
        .post("producer", "/api/v1/products", &product("秘密", 1))
        .await?
        .expect(201)?
        .json()?;
    let path = format!("/01/{}", made["gtin"].as_str().unwrap_or_default());
    world.visit(&path).await?.expect(404)?;
    world
        .fetch(&path, "application/linkset+json")
        .await?
        .expect(404)?;
    let catalogue = world.visit("/catalogue").await?.expect(200)?.text();
    assert!(!catalogue.contains("秘密"));
    Ok(())
}

#[tokio::test]
async fn a_corrected_number_kills_no_printed_label() -> Outcome {
    let world = World::new().await?;
    let (path, made) = approved(&world, 100).await?;
    let lot = register(&world, &made["gtin"], 1)
        .await?
        .expect(201)?
        .json()?;
    let run = json!({ "request_id": Uuid::from_u128(2), "count": 1, "size": "40x30mm" });
    let labels = format!("/api/v1/lots/{}/labels", lot["id"]);
    let issued = world
        .post("producer", &labels, &run)
        .await?
        .expect(201)?
        .json()?;
    let link = issued["labels"][0]["link"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let printed = &link[link.find("/01/").ok_or("no link")?..];
    let real = "06901234567892";
    let edit = with(
        &product("莓茶（芽尖）", 3),
        &json!({ "base_version": 1, "submit": true, "gtin": real }),
    );
    world.put("producer", &path, &edit).await?.expect(200)?;
    decide(&world, &path, ("approve", 2), 4)
        .await?
        .expect(200)?;
    let old = made["gtin"].as_str().unwrap_or_default();
    let of_lot = format!("/01/{old}/10/{}", lot["code"].as_str().unwrap_or_default());
    for path in [printed, &of_lot] {
        let page = world.visit(path).await?.expect(200)?.text();
        assert!(page.contains(real), "the page shows the number of now");
        world
            .fetch(path, "application/linkset+json")
            .await?
            .expect(200)?;
        let trace = world
            .fetch(path, "application/ld+json")
            .await?
            .expect(200)?;
        assert!(trace.text().contains("creating_class_instance"));
    }
    world.visit(&format!("/01/{old}")).await?.expect(200)?;
    let whole = world.get("producer", &path).await?.expect(200)?.json()?;
    assert_eq!(
        (&whole["gtin"], &whole["aliases"][0]["gtin"]),
        (&json!(real), &json!(old))
    );
    // Nobody else gets the old number, and lots are found by it.
    let taken = with(&product("x", 5), &json!({ "gtin": real }));
    let taken = world
        .post("rival", "/api/v1/products", &taken)
        .await?
        .expect(409)?
        .json()?;
    assert_eq!(taken["field"], "gtin");
    let found = world
        .get("producer", &format!("/api/v1/products?gtin={old}"))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(found["products"].as_array().map(Vec::len), Some(1));
    Ok(())
}

#[tokio::test]
async fn lists_are_searched_sorted_and_paged() -> Outcome {
    let world = World::new().await?;
    for (name, request) in [("丙", 1), ("甲", 2), ("乙", 3)] {
        world
            .post("producer", "/api/v1/products", &product(name, request))
            .await?
            .expect(201)?;
    }
    for sort in ["name", "newest"] {
        let (mut seen, mut after) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/v1/products?sort={sort}&limit=2{after}");
            let page = world.get("producer", &path).await?.expect(200)?.json()?;
            let rows: Vec<_> = page["products"]
                .as_array()
                .into_iter()
                .flatten()
                .cloned()
                .collect();
            seen.extend(
                rows.iter()
                    .map(|row| row["id"].as_i64().unwrap_or_default()),
            );
            match page["next"].as_i64() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        let mut once = seen.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!((seen.len(), once.len()), (4, 4), "{sort}: {seen:?}");
    }
    let drafts = world
        .get("producer", "/api/v1/products?state=draft&q=%E4%B9%99")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(drafts["products"][0]["name"], "乙");
    for wrong in ["state=lost", "sort=luck"] {
        world
            .get("producer", &format!("/api/v1/products?{wrong}"))
            .await?
            .expect(422)?;
    }
    let request = world.request(None, Method::GET, "/api/v1/products").await?;
    world
        .send(request.body(axum::body::Body::empty())?)
        .await?
        .expect(401)?;
    Ok(())
}
