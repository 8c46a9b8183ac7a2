//! 承诺达标合格证 over HTTP: what stands against one is told before, and nothing is issued over it.

use serde_json::{Value, json};

use super::Outcome;
use super::life::{events, grow, page_of, released, step, why};
use super::lots::{enter_test, register, request_id};
use super::world::World;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn certificate(request: u32, basis: &str, quantity: Option<f64>) -> Value {
    json!({ "request_id": request_id(request), "basis": basis, "quantity": quantity })
}

async fn issue(world: &World, lot: &Value, body: &Value) -> Fallible<super::world::Reply> {
    step(world, "producer", (lot, "certificates"), body).await
}

async fn check(world: &World, lot: &Value, query: &str) -> Fallible<Vec<String>> {
    let path = format!("/api/v1/lots/{}/certificates/check?{query}", lot["id"]);
    let told = world.get("producer", &path).await?.expect(200)?.json()?;
    let reasons = told["reasons"].as_array().cloned().unwrap_or_default();
    assert_eq!(told["ok"], reasons.is_empty());
    let rules = reasons.iter().filter_map(|reason| reason["rule"].as_str());
    Ok(rules.map(str::to_owned).collect())
}

#[tokio::test]
async fn a_certificate_is_numbered_told_and_issued_once() -> Outcome {
    let world = World::new().await?;
    let lot = released(&world, 1).await?;
    let body = certificate(11, "quality_control", Some(120.0));
    let made = issue(&world, &lot, &body).await?.expect(201)?.json()?;
    assert_eq!(made["version"], 1);
    let number = made["number"].as_str().ok_or("no number")?;
    assert!(number.starts_with("HGZ20261123-"), "{number}");
    let said = &made["body"];
    for (member, wanted) in [
        ("title", "承诺达标合格证"),
        ("product", "莓茶"),
        ("origin", "万坪镇"),
        ("producer", "莓茶合作社"),
        ("contact", "0743-1234567"),
        ("issued_on", "2026-11-23"),
        ("basis", "质量安全控制符合要求"),
    ] {
        assert_eq!(said[member], wanted, "{member}");
    }
    assert_eq!(issue(&world, &lot, &body).await?.expect(201)?.json()?, made);
    let told = events(&world, &lot).await?;
    let one = told
        .iter()
        .filter(|row| row.biz_step == model::event::life::CERTIFYING);
    assert_eq!(one.count(), 1);
    assert_eq!(
        check(&world, &lot, "basis=quality_control&quantity=180").await?,
        [""; 0]
    );
    assert_eq!(
        check(&world, &lot, "basis=quality_control&quantity=181").await?,
        ["quantity"]
    );
    let rest = certificate(12, "quality_control", None);
    let rest = issue(&world, &lot, &rest).await?.expect(201)?.json()?;
    assert_eq!(
        (&rest["version"], &rest["quantity"]),
        (&json!(2), &json!(180.0))
    );
    let page = page_of(&world, &lot).await?;
    assert!(page.contains(number) && page.contains("质量安全控制符合要求"));
    assert!(page.contains("有效") && !page.contains("已作废"));
    void_one(&world, &lot, &made).await?;
    assert!(page_of(&world, &lot).await?.contains("已作废"));
    Ok(())
}

async fn void_one(world: &World, lot: &Value, made: &Value) -> Outcome {
    let path = format!("/api/v1/certificates/{}/void", made["id"]);
    world.post("rival", &path, &why(20)).await?.expect(404)?;
    let kept = world
        .post("producer", &path, &why(21))
        .await?
        .expect(200)?
        .json()?;
    assert!(kept["voided_at"].is_string() && kept["body"] == made["body"]);
    let again = world
        .post("producer", &path, &why(22))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(again, kept, "a void is not voided");
    assert_eq!(
        check(world, lot, "basis=quality_control&quantity=120").await?,
        [""; 0]
    );
    Ok(())
}

#[tokio::test]
async fn every_rule_refuses_by_its_name() -> Outcome {
    let world = World::new().await?;
    let growing = grow(&world, 1).await?;
    assert_eq!(
        check(&world, &growing, "basis=quality_control").await?,
        ["state"]
    );
    let lot = register(&world, 2).await?;
    assert_eq!(check(&world, &lot, "basis=own_test").await?, ["test"]);
    assert_eq!(check(&world, &lot, "basis=luck").await?, ["basis"]);
    let refused = issue(&world, &lot, &certificate(3, "own_test", None)).await?;
    assert_eq!(
        refused.expect(409)?.json()?["type"],
        "/docs/problems#rule-broken"
    );
    enter_test(&world, &lot, 4, 3.0).await?;
    assert_eq!(check(&world, &lot, "basis=own_test").await?, [""; 0]);
    assert_eq!(
        check(&world, &lot, "basis=commissioned_test").await?,
        ["test"]
    );
    enter_test(&world, &lot, 5, 80.0).await?;
    assert_eq!(
        check(&world, &lot, "basis=own_test").await?,
        ["state", "test", "test"]
    );
    let path = format!("/api/v1/lots/{}/certificates", lot["id"]);
    let listed = world.get("producer", &path).await?.expect(200)?.json()?;
    assert_eq!(listed["certificates"], json!([]));
    world.get("rival", &path).await?.expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_lot_that_was_split_is_certified_anew_and_a_recall_voids() -> Outcome {
    let world = World::new().await?;
    let leaf = released(&world, 1).await?;
    let work = json!({ "request_id": request_id(11), "plot_id": world.own.plot, "kind": "packing",
        "inputs": [{ "lot_id": leaf["id"], "quantity": 100 }],
        "outputs": [{ "gtin": world.own.gtin, "quantity": 100 }] });
    let made = world
        .post("producer", "/api/v1/processings", &work)
        .await?
        .expect(201)?
        .json()?;
    let packed = json!({ "id": made["outputs"][0]["lot_id"] });
    assert_eq!(
        check(&world, &packed, "basis=quality_control").await?,
        ["input"]
    );
    let first = issue(&world, &leaf, &certificate(12, "quality_control", None)).await?;
    let first = first.expect(201)?.json()?;
    assert_eq!(
        first["quantity"], 200.0,
        "what was packed is covered by its own"
    );
    let own = issue(&world, &packed, &certificate(13, "quality_control", None)).await?;
    own.expect(201)?;
    let recall = json!({ "request_id": request_id(14), "reason": "复检不合格" });
    step(&world, "supervisor", (&leaf, "recall"), &recall)
        .await?
        .expect(201)?;
    for lot in [&leaf, &packed] {
        let path = format!("/api/v1/lots/{}/certificates", lot["id"]);
        let listed = world.get("producer", &path).await?.expect(200)?.json()?;
        assert!(listed["certificates"][0]["voided_at"].is_string());
        assert_eq!(listed["certificates"][0]["void_reason"], "复检不合格");
        assert_eq!(
            check(&world, lot, "basis=quality_control").await?[0],
            "state"
        );
    }
    Ok(())
}
