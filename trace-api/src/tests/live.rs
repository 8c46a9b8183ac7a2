//! An alarm from a reading to the supervisor's open page.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::Method;
use futures_util::StreamExt as _;
use model::alarm::{Bound, Limit, Severity};
use serde_json::json;
use store::alarm::NewRule;
use store::{alarm, probe};
use tower::ServiceExt as _;

use super::Outcome;
use super::devices::{register_probe, report};
use super::world::World;

/// Reads a stream until all of these texts were in it.
async fn read_until(stream: &mut BodyDataStream, texts: &[&str]) -> Result<String, String> {
    let mut read = String::new();
    let wait = async {
        while let Some(chunk) = stream.next().await {
            read.push_str(&String::from_utf8_lossy(&chunk.unwrap_or_default()));
            if texts.iter().all(|text| read.contains(text)) {
                return true;
            }
        }
        false
    };
    match tokio::time::timeout(Duration::from_secs(20), wait).await {
        Ok(true) => Ok(read),
        _ => Err(format!("{texts:?} did not all come: {read}")),
    }
}

pub(super) async fn watch_for_frost(world: &World) -> Outcome {
    let mut connection = world.connection().await?;
    let found = probe::find(&mut connection, &"gw".parse()?, &"p1".parse()?).await?;
    let rule = NewRule {
        probe: found.ok_or("no probe")?.key,
        channel: 0,
        name: "霜冻",
        name_en: "Frost",
        limit: Limit {
            bound: Bound::Below,
            value: 0.0,
            hold_seconds: 600,
        },
        severity: Severity::Critical,
    };
    alarm::insert_rule(&mut connection, &rule).await?;
    Ok(())
}

#[tokio::test]
async fn a_frost_reaches_the_open_page_and_is_acknowledged_there() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    watch_for_frost(&world).await?;
    let (state, closing) = (world.state.clone(), world.state.closing().clone());
    let listener =
        tokio::spawn(async move { state.alarms().listen(state.store(), &closing).await });
    let path = "/supervisor/alarms/stream?lang=en";
    let request = world.request(Some("supervisor"), Method::GET, path).await?;
    let response = world
        .router
        .clone()
        .oneshot(request.body(Body::empty())?)
        .await?;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = response.into_body().into_data_stream();
    read_until(&mut stream, &["event: heartbeat"]).await?;
    let cold = Some(-2.5);
    report(
        &world,
        &[(50, [cold, None]), (40, [cold, None]), (30, [cold, None])],
    )
    .await?;
    read_until(&mut stream, &["event: alarm", "Frost"]).await?;
    let open = world
        .get("supervisor", "/api/v1/alarms?open=true&probe=p1")
        .await?
        .json()?;
    let alarm = &open["alarms"][0];
    assert_eq!(
        (&alarm["bound"], &alarm["extreme"]),
        (&json!("below"), &json!(-2.5))
    );
    let desk = world
        .get("supervisor", "/supervisor")
        .await?
        .expect(200)?
        .text();
    assert!(desk.contains("霜冻") && desk.contains("一号地"), "{desk}");
    let path = format!("/supervisor/alarms/{}/acknowledge", alarm["id"]);
    let reply = world
        .submit("supervisor", &path, "note=covered")
        .await?
        .expect(303)?;
    assert_eq!(reply.header("location"), "/supervisor?done=acknowledged");
    read_until(&mut stream, &["event: alarm", "covered"]).await?;
    world.state.closing().cancel();
    listener.await?;
    while let Some(chunk) = stream.next().await {
        chunk?;
    }
    Ok(())
}

#[tokio::test]
async fn the_first_to_take_note_of_an_alarm_stays() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    watch_for_frost(&world).await?;
    report(
        &world,
        &[(50, [Some(-1.0), None]), (30, [Some(-1.0), None])],
    )
    .await?;
    let open = world
        .get("operator", "/api/v1/alarms?gateway=gw")
        .await?
        .json()?;
    let path = format!("/api/v1/alarms/{}/acknowledgement", open["alarms"][0]["id"]);
    let first = world
        .post("supervisor", &path, &json!({ "note": "one" }))
        .await?;
    assert_eq!(first.expect(200)?.json()?["note"], "one");
    let second = world
        .post("supervisor", &path, &json!({ "note": "two" }))
        .await?;
    assert_eq!(second.expect(200)?.json()?["note"], "one");
    let long = json!({ "note": "x".repeat(1_001) });
    world.post("supervisor", &path, &long).await?.expect(422)?;
    let nothing = "/api/v1/alarms/999/acknowledgement";
    world
        .post("supervisor", nothing, &json!({}))
        .await?
        .expect(404)?;
    let other = world
        .get("operator", "/api/v1/alarms?probe=p2")
        .await?
        .json()?;
    assert_eq!(other["alarms"], json!([]));
    Ok(())
}
