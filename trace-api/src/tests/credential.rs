//! 资质证书 and uploaded files: what a file is, who sees it, which credentials are public, and who
//! is told before one ends.

use axum::body::Body;
use axum::http::{Method, header};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Outcome;
use super::world::{NOW, Reply, World};
use crate::act::credential::remind;
use crate::rule::upload::BYTES_MAX;
use crate::rule::upload::tests::{small_jpeg, small_pdf, small_png};

type Sent = Result<Reply, Box<dyn std::error::Error>>;

/// Uploads a file to the first producer.
async fn upload(world: &World, login: &str, file: Vec<u8>) -> Sent {
    let path = format!("/api/v1/producers/{}/files", world.own.producer);
    let request = world.request(Some(login), Method::POST, &path).await?;
    // Whatever it is sent as, its content counts.
    let request = request.header(header::CONTENT_TYPE, "image/jpeg");
    world.send(request.body(Body::from(file))?).await
}

fn day(from_now: i64) -> String {
    let at: OffsetDateTime = NOW + Duration::days(from_now);
    crate::act::lot::iso(at.date())
}

fn credential(id: u128, kind: &str, number: &str, days: (i64, i64)) -> Value {
    json!({ "id": Uuid::from_u128(id), "kind": kind, "number": number,
        "issuer": "演示认证机构", "valid_from": day(days.0), "valid_to": day(days.1) })
}

async fn approved(world: &World, body: &Value) -> Outcome {
    world
        .post("producer", "/api/v1/credentials", body)
        .await?
        .expect(201)?;
    let id = body["id"].as_str().unwrap_or_default();
    let decision = json!({ "base_version": 1, "decision": "approve" });
    let path = format!("/api/v1/credentials/{id}/decision");
    world
        .post("supervisor", &path, &decision)
        .await?
        .expect(200)?;
    Ok(())
}

#[tokio::test]
async fn a_file_is_what_it_holds_and_is_its_producers() -> Outcome {
    let world = World::new().await?;
    for (file, media_type) in [
        (small_jpeg(), "image/jpeg"),
        (small_png(), "image/png"),
        (small_pdf(), "application/pdf"),
    ] {
        let kept = upload(&world, "producer", file.clone())
            .await?
            .expect(201)?
            .json()?;
        assert_eq!(kept["media_type"], media_type);
        let again = upload(&world, "operator", file.clone())
            .await?
            .expect(201)?
            .json()?;
        assert_eq!(kept["sha256"], again["sha256"]);
        let href = kept["href"].as_str().unwrap_or_default();
        let sent = world.get("supervisor", href).await?.expect(200)?;
        assert_eq!(sent.body, file);
        assert_eq!(sent.header("content-type"), media_type);
        assert_eq!(sent.header("x-content-type-options"), "nosniff");
        assert!(sent.header("content-security-policy").contains("sandbox"));
        world.get("rival", href).await?.expect(404)?;
        world.visit(href).await?.expect(401)?;
    }
    let own = format!("/api/v1/producers/{}/files", world.own.producer);
    let files = world.get("producer", &own).await?.expect(200)?.json()?;
    assert_eq!(files["files"].as_array().map(Vec::len), Some(3));
    upload(&world, "rival", small_png()).await?.expect(404)?;
    for (file, status) in [
        (b"<html>".to_vec(), 415),
        ([&small_jpeg()[..100], b"<script>"].concat(), 422),
        (vec![b'%'; BYTES_MAX + 1], 413),
    ] {
        upload(&world, "producer", file).await?.expect(status)?;
    }
    Ok(())
}

#[tokio::test]
async fn a_filing_names_pictures_that_its_producer_uploaded() -> Outcome {
    let world = World::new().await?;
    let picture = upload(&world, "producer", small_png())
        .await?
        .expect(201)?
        .json()?;
    let document = upload(&world, "producer", small_pdf())
        .await?
        .expect(201)?
        .json()?;
    let body = |sha256: &Value, request: u128| {
        json!({ "request_id": Uuid::from_u128(request), "name": "莓茶", "category": "莓茶",
            "specification": "100 g", "unit": "KGM", "shelf_life_days": 1, "regime": "sc",
            "pictures": [{ "sha256": sha256, "caption": "正面" }] })
    };
    let path = "/api/v1/products";
    let made = world
        .post("producer", path, &body(&picture["sha256"], 1))
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(made["pictures"][0]["caption"], "正面");
    let refused = world
        .post("producer", path, &body(&document["sha256"], 2))
        .await?
        .expect(422)?
        .json()?;
    assert_eq!(refused["field"], "pictures");
    world
        .post("rival", path, &body(&picture["sha256"], 3))
        .await?
        .expect(422)?;
    Ok(())
}

#[tokio::test]
async fn a_credential_counts_once_a_supervisor_has_seen_it_and_is_not_edited_any_more() -> Outcome {
    let world = World::new().await?;
    let scan = upload(&world, "producer", small_pdf())
        .await?
        .expect(201)?
        .json()?;
    let mut licence = credential(1, "sc", "SC10143312700012", (-400, 100));
    licence["scan"] = scan["sha256"].clone();
    let made = world
        .post("producer", "/api/v1/credentials", &licence)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(
        (&made["state"], &made["standing"]),
        (&json!("submitted"), &json!("valid"))
    );
    let again = world
        .post("producer", "/api/v1/credentials", &licence)
        .await?
        .expect(201)?
        .json()?;
    assert_eq!(made, again);
    let path = format!("/api/v1/credentials/{}", Uuid::from_u128(1));
    let edit = json!({ "base_version": 1, "kind": "sc", "number": "SC10143312700013",
        "issuer": "演示认证机构", "valid_from": day(-400), "valid_to": day(100) });
    world.put("producer", &path, &edit).await?.expect(200)?;
    let approve = json!({ "base_version": 1, "decision": "approve" });
    let decision = format!("{path}/decision");
    world
        .post("supervisor", &decision, &approve)
        .await?
        .expect(409)?;
    let approve = json!({ "base_version": 2, "decision": "approve" });
    let kept = world
        .post("supervisor", &decision, &approve)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(kept["state"], "approved");
    let same = world
        .post("supervisor", &decision, &approve)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(kept, same);
    approved(&world, &credential(2, "organic", "100OP5", (-800, -3))).await?;
    world.put("producer", &path, &edit).await?.expect(409)?;
    let back = json!({ "base_version": 3, "reason": "已换发新证" });
    world
        .post("producer", &format!("{path}/withdrawal"), &back)
        .await?
        .expect(200)?;
    let gone = world
        .get("producer", "/api/v1/credentials?state=withdrawn")
        .await?;
    assert!(gone.expect(200)?.text().contains("SC10143312700013"));
    Ok(())
}

#[tokio::test]
async fn its_holder_is_told_before_it_ends_and_when_it_has_ended_each_once() -> Outcome {
    let world = World::new().await?;
    for (id, days) in [(1, 31), (2, 30), (3, 0), (4, -1)] {
        approved(
            &world,
            &credential(id, "green", &format!("LB-{id}"), (-300, days)),
        )
        .await?;
    }
    let expired = async |world: &World| -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let told = world
            .get("producer", "/api/v1/messages")
            .await?
            .expect(200)?
            .json()?;
        let texts = told["messages"].as_array().into_iter().flatten();
        let texts = texts.filter(|m| {
            m["kind"]
                .as_str()
                .is_some_and(|k| k.starts_with("credential_exp"))
        });
        Ok(texts
            .map(|m| m["text"].as_str().unwrap_or_default().to_owned())
            .collect())
    };
    assert_eq!(
        remind(&world.state)
            .await
            .map_err(|problem| problem.chain())?,
        3
    );
    let texts = expired(&world).await?;
    assert_eq!(texts.len(), 3);
    assert!(
        texts
            .iter()
            .any(|text| text.contains("LB-4") && text.contains("已于")),
        "{texts:?}"
    );
    assert!(
        texts
            .iter()
            .any(|text| text.contains("LB-2") && text.contains("将于")),
        "{texts:?}"
    );
    assert_eq!(
        remind(&world.state)
            .await
            .map_err(|problem| problem.chain())?,
        0
    );
    let due = world
        .get("producer", "/api/v1/credentials?within_days=30")
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(due["credentials"].as_array().map(Vec::len), Some(3));
    Ok(())
}

#[tokio::test]
async fn what_a_credential_says_is_checked() -> Outcome {
    let world = World::new().await?;
    for (body, field) in [
        (credential(1, "sc", "SC1", (0, 1)), "number"),
        (credential(2, "halal", "1", (0, 1)), "kind"),
        (credential(3, "green", "1", (1, 0)), "valid_to"),
        (
            json!({ "id": Uuid::from_u128(4), "kind": "green", "number": "1", "issuer": "x",
                "valid_from": day(0), "valid_to": day(1), "scan": "0".repeat(64) }),
            "scan",
        ),
    ] {
        let refused = world
            .post("producer", "/api/v1/credentials", &body)
            .await?
            .expect(422)?
            .json()?;
        assert_eq!(refused["field"], field);
    }
    let own = credential(9, "green", "LB-9", (0, 9));
    world
        .post("producer", "/api/v1/credentials", &own)
        .await?
        .expect(201)?;
    world
        .post("rival", "/api/v1/credentials", &own)
        .await?
        .expect(409)?;
    let path = format!("/api/v1/credentials/{}/withdrawal", Uuid::from_u128(9));
    let back = json!({ "base_version": 1, "reason": "x" });
    world.post("rival", &path, &back).await?.expect(404)?;
    // The same number once more is told plainly, until the first is withdrawn.
    let twice = credential(10, "green", "LB-9", (0, 9));
    let refused = world
        .post("producer", "/api/v1/credentials", &twice)
        .await?;
    assert_eq!(refused.expect(409)?.json()?["field"], "number");
    world.post("producer", &path, &back).await?.expect(200)?;
    world
        .post("producer", "/api/v1/credentials", &twice)
        .await?
        .expect(201)?;
    Ok(())
}

#[tokio::test]
async fn buyers_see_what_a_supervisor_approved_until_it_is_withdrawn() -> Outcome {
    let world = World::new().await?;
    let page = format!("/01/{}", world.own.gtin);
    let waits = credential(1, "green", "LB-WAITS", (-10, 10));
    world
        .post("producer", "/api/v1/credentials", &waits)
        .await?
        .expect(201)?;
    approved(&world, &credential(2, "organic", "OP-HOLDS", (-10, 0))).await?;
    approved(&world, &credential(3, "quality", "QMS-OVER", (-10, -1))).await?;
    approved(&world, &credential(4, "origin", "AGI-AHEAD", (1, 10))).await?;
    let shown = world.visit(&page).await?.expect(200)?.text();
    assert!(
        shown.contains("OP-HOLDS") && shown.contains("QMS-OVER"),
        "{shown}"
    );
    assert_eq!(shown.matches("已过期").count(), 1, "{shown}");
    assert!(!shown.contains("LB-WAITS") && !shown.contains("AGI-AHEAD"));
    let path = format!("/api/v1/credentials/{}/withdrawal", Uuid::from_u128(2));
    let back = json!({ "base_version": 2, "reason": "认证机构撤销" });
    world.post("supervisor", &path, &back).await?.expect(200)?;
    let shown = world.visit(&page).await?.expect(200)?.text();
    assert!(!shown.contains("OP-HOLDS") && !shown.contains("认证机构撤销"));
    Ok(())
}
