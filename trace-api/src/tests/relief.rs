//! Poverty relief: who sees the mark, how free tests are counted, and that nobody else ever sees it.

use serde_json::{Value, json};
use uuid::Uuid;

use super::Outcome;
use super::world::World;
use crate::authority::{Action, rules};

/// A word that stands nowhere else.
const SECRET: &str = "帮扶户标记秘密";

async fn marked(world: &World) -> Result<Value, Box<dyn std::error::Error>> {
    let path = format!("/api/v1/producers/{}/relief", world.own.producer);
    let mark = json!({ "base_version": 0, "households": 7331, "free_tests": 9337,
        "since": "2026-01-01", "note": SECRET });
    world
        .put("supervisor", &path, &mark)
        .await?
        .expect(200)?
        .json()
}

#[tokio::test]
async fn a_free_test_is_used_when_a_sample_is_taken() -> Outcome {
    let world = World::new().await?;
    let made = marked(&world).await?;
    assert_eq!((&made["used"], &made["left"]), (&json!(0), &json!(9337)));
    let lot = json!({ "request_id": Uuid::from_u128(1), "gtin": world.own.gtin,
        "plot_id": world.own.plot, "started_on": "2026-04-01", "harvested_on": "2026-10-01",
        "quantity": 10.0 });
    let lot = world
        .post("producer", "/api/v1/lots", &lot)
        .await?
        .expect(201)?
        .json()?;
    let sample = json!({ "request_id": Uuid::from_u128(2), "code": "S-1" });
    let samples = format!("/api/v1/lots/{}/samples", lot["id"]);
    world.post("lab", &samples, &sample).await?.expect(200)?;
    world.post("lab", &samples, &sample).await?.expect(200)?;
    for who in ["lab", "supervisor"] {
        let list = world
            .get(who, "/api/v1/relief")
            .await?
            .expect(200)?
            .json()?;
        let mark = &list["relief"][0];
        assert_eq!(
            (&mark["used"], &mark["left"]),
            (&json!(1), &json!(9336)),
            "{who}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_mark_is_changed_from_the_version_that_was_seen_and_can_end() -> Outcome {
    let world = World::new().await?;
    marked(&world).await?;
    let path = format!("/api/v1/producers/{}/relief", world.own.producer);
    marked(&world).await?;
    let end = json!({ "base_version": 1, "households": 7331, "free_tests": 9337,
        "since": "2026-01-01", "until": "2026-06-30", "note": SECRET });
    let ended = world
        .put("supervisor", &path, &end)
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(
        (&ended["is_current"], &ended["left"]),
        (&json!(false), &json!(0))
    );
    let stale =
        json!({ "base_version": 1, "households": 0, "free_tests": 0, "since": "2026-01-01" });
    world.put("supervisor", &path, &stale).await?.expect(409)?;
    for (member, value) in [("free_tests", 10_001), ("households", -1)] {
        let mut wrong = end.clone();
        wrong[member] = json!(value);
        let refused = world
            .put("supervisor", &path, &wrong)
            .await?
            .expect(422)?
            .json()?;
        assert_eq!(refused["field"], member);
    }
    Ok(())
}

/// The ways that a mark could show.
fn shows(text: &str) -> bool {
    [SECRET, "7331", "9337", "households", "free_tests"]
        .iter()
        .any(|word| text.contains(word))
}

#[tokio::test]
async fn no_public_address_and_no_producer_ever_sees_a_mark() -> Outcome {
    let world = World::new().await?;
    marked(&world).await?;
    let lot = json!({ "request_id": Uuid::from_u128(1), "gtin": world.own.gtin, "code": "A-1",
        "plot_id": world.own.plot, "started_on": "2026-04-01", "harvested_on": "2026-10-01",
        "quantity": 10.0 });
    let lot = world
        .post("producer", "/api/v1/lots", &lot)
        .await?
        .expect(201)?
        .json()?;
    let filled = |path: &str| {
        path.replace("{gtin}", &world.own.gtin)
            .replace("{lot}", "A-1")
            .replace(
                "{id}",
                &if path.contains("/lots/") {
                    lot["id"].to_string()
                } else {
                    world.own.producer.to_string()
                },
            )
    };
    let mut looked = 0;
    for (method, path, action) in rules() {
        let is_stream = path.ends_with("stream") || *path == "/openapi.json" || *path == "/docs";
        if *method != axum::http::Method::GET || is_stream {
            continue;
        }
        let path = filled(path);
        let mut replies = Vec::new();
        if action.is_allowed(None) {
            replies.push(world.visit(&path).await?);
            replies.push(world.fetch(&path, "application/ld+json").await?);
            replies.push(world.fetch(&path, "application/json").await?);
        }
        if *action != Action::ReadRelief {
            replies.push(world.get("producer", &path).await?);
            replies.push(world.get("rival", &path).await?);
        }
        for reply in replies {
            looked += usize::from(reply.status.is_success());
            assert!(!shows(&reply.text()), "{path}: {}", reply.text());
        }
    }
    assert!(looked > 40, "only {looked} answers were looked at");
    for who in ["producer", "rival"] {
        world.get(who, "/api/v1/relief").await?.expect(403)?;
    }
    world.visit("/api/v1/relief").await?.expect(401)?;
    Ok(())
}
