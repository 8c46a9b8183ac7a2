//! Gateways, probes, readings, dead letters.

use model::time::Timestamp;
use serde_json::{Value, json};
use store::dead_letter::DeadLetter;
use store::gateway;
use store::quality::TimeSource;
use store::report::{Batch, Report, Writer};
use store::{probe, settle};

use super::Outcome;
use super::world::{NOW, World};
use crate::state::timestamp;

/// A probe with a temperature and a humidity at the gateway `gw`, on the own plot.
pub(super) async fn register_probe(world: &World) -> Outcome {
    let body = json!({ "id": "gw", "name": "North hill" });
    world
        .post("operator", "/api/v1/gateways", &body)
        .await?
        .expect(201)?;
    let probe = json!({
        "name": "p1", "interval_seconds": 1_200, "plot_id": world.own.plot,
        "since": "2026-11-01T00:00:00+08:00",
        "channels": [
            { "name": "temperature", "quantity": "air-temperature", "unit": "Cel",
              "valid_min": -40, "valid_max": 80 },
            { "name": "humidity", "quantity": "air-humidity", "unit": "%RH",
              "valid_min": 0, "valid_max": 100 },
        ],
    });
    world
        .post("operator", "/api/v1/gateways/gw/probes", &probe)
        .await?
        .expect(201)?;
    Ok(())
}

/// Stores reports of that probe, each some minutes before the present.
pub(super) async fn report(world: &World, rows: &[(i64, [Option<f32>; 2])]) -> Outcome {
    let mut connection = world.connection().await?;
    let (gateway, name) = ("gw".parse()?, "p1".parse()?);
    let probe = probe::find(&mut connection, &gateway, &name)
        .await?
        .ok_or("no probe")?;
    let now = timestamp(NOW);
    let report = |(minutes_ago, values): &(i64, [Option<f32>; 2])| {
        Report::ordinary(
            probe.key,
            Timestamp(now.0 - minutes_ago * 60_000_000),
            now,
            values.to_vec(),
        )
    };
    let batch = Batch {
        reports: rows.iter().map(report).collect(),
        ..Batch::default()
    };
    Writer::open(world.state.store())
        .await?
        .write(&batch)
        .await?;
    while settle::round(world.state.store(), NOW).await?.marks > 0 {}
    Ok(())
}

#[tokio::test]
async fn a_gateways_key_is_shown_once_and_opens_the_front() -> Outcome {
    let world = World::new().await?;
    let body = json!({ "id": "gw", "name": "North hill" });
    let made = world
        .post("operator", "/api/v1/gateways", &body)
        .await?
        .expect(201)?
        .json()?;
    let key = made["key"].as_str().ok_or("no key")?.to_owned();
    let refused = world
        .post("operator", "/api/v1/gateways", &body)
        .await?
        .expect(409)?;
    assert_eq!(refused.json()?["field"], "id");
    let renewed = world
        .post("operator", "/api/v1/gateways/gw/key", &json!({}))
        .await?;
    let renewed = renewed.expect(200)?.json()?;
    let renewed = renewed["key"].as_str().ok_or("no key")?;
    let mut connection = world.connection().await?;
    let kept = gateway::find_credentials(&mut connection, &"gw".parse()?).await?;
    let kept = kept.ok_or("no gateway")?;
    assert!(kept.matches(renewed.as_bytes()) && !kept.matches(key.as_bytes()));
    let listed = world.get("lab", "/api/v1/gateways").await?.expect(200)?;
    assert_eq!(listed.json()?["gateways"][0]["name"], "North hill");
    assert!(!listed.text().contains(renewed));
    world
        .post("operator", "/api/v1/gateways/nil/key", &json!({}))
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_probe_that_cannot_be_is_refused_with_its_reason() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    let channel =
        json!({ "name": "t", "quantity": "x", "unit": "", "valid_min": 0, "valid_max": 1 });
    let probe = |name: &str, interval: i64, channels: Value| json!({ "name": name, "interval_seconds": interval, "channels": channels });
    let turned =
        json!({ "name": "t", "quantity": "x", "unit": "", "valid_min": 1, "valid_max": 0 });
    for (body, status, field) in [
        (probe("p1", 60, json!([channel])), 409, "name"),
        (probe("a/b", 60, json!([channel])), 422, "name"),
        (probe("p2", 0, json!([channel])), 422, "interval_seconds"),
        (probe("p2", 60, json!([])), 422, "channels"),
        (probe("p2", 60, json!([channel, channel])), 422, "channels"),
        (probe("p2", 60, json!([turned])), 422, "channels"),
    ] {
        let reply = world
            .post("operator", "/api/v1/gateways/gw/probes", &body)
            .await?;
        let problem = reply.expect(status)?.json()?;
        assert_eq!(problem["field"], field, "{body}");
    }
    let unknown = probe("p2", 60, json!([channel]));
    world
        .post("operator", "/api/v1/gateways/nil/probes", &unknown)
        .await?
        .expect(404)?;
    let listed = world
        .get("supervisor", "/api/v1/gateways/gw/probes")
        .await?
        .json()?;
    assert_eq!(
        listed["probes"].as_array().map(Vec::len),
        Some(1),
        "nothing was half done"
    );
    assert_eq!(
        listed["probes"][0]["channels"][1]["quantity"],
        "air-humidity"
    );
    Ok(())
}

#[tokio::test]
async fn readings_come_newest_first_with_the_digits_that_were_sent() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    report(
        &world,
        &[(50, [Some(30.0206), Some(81.0)]), (10, [Some(21.5), None])],
    )
    .await?;
    let path = "/api/v1/gateways/gw/probes/p1/readings";
    let reply = world.get("producer", path).await?.expect(200)?;
    let text = reply.text();
    assert!(text.contains("\"temperature\":30.0206}") || text.contains("\"temperature\":30.0206,"));
    let answer = reply.json()?;
    let times: Vec<_> = answer["readings"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    assert_eq!(times[0]["time"], "2026-11-23T03:50:00Z");
    assert_eq!(times[0]["values"], json!({ "temperature": 21.5 }));
    assert_eq!(times[1]["time"], "2026-11-23T03:10:00Z");
    assert_eq!(answer["channels"][0]["unit"], "Cel");
    let since = format!("{path}?from=2026-11-23T03:30:00Z&limit=5");
    let answer = world.get("producer", &since).await?.expect(200)?.json()?;
    assert_eq!(answer["readings"].as_array().map(Vec::len), Some(1));
    let count = world
        .get("operator", &format!("{path}/count"))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(count, json!({ "reports": 2, "values": 3 }));
    for wrong in ["?from=yesterday", "?step=week", "?limit=all"] {
        world
            .get("operator", &format!("{path}{wrong}"))
            .await?
            .expect(400)?;
    }
    world
        .get("operator", "/api/v1/gateways/gw/probes/nil/readings")
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn hours_and_days_tell_extremes_mean_and_what_is_missing() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    report(
        &world,
        &[
            (50, [Some(1.0), None]),
            (30, [Some(4.0), None]),
            (90, [Some(9.0), Some(50.0)]),
        ],
    )
    .await?;
    let path = "/api/v1/gateways/gw/probes/p1/readings?step=";
    let hours = world
        .get("lab", &format!("{path}hour"))
        .await?
        .expect(200)?
        .json()?;
    let newest = &hours["readings"][0];
    assert_eq!(newest["time"], "2026-11-23T03:00:00Z");
    let summary = json!({ "n": 2, "expected": 3, "outside": 0, "min": 1.0, "max": 4.0, "mean": 2.5,
        "first": 1.0, "last": 4.0 });
    assert_eq!(newest["channels"], json!({ "temperature": summary }));
    assert_eq!(hours["readings"].as_array().map(Vec::len), Some(2));
    let one = world
        .get("lab", &format!("{path}hour&limit=1"))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(one["readings"].as_array().map(Vec::len), Some(1));
    let days = world
        .get("lab", &format!("{path}day"))
        .await?
        .expect(200)?
        .json()?;
    assert_eq!(days["readings"][0]["channels"]["temperature"]["n"], 3);
    assert_eq!(
        days["readings"][0]["time"], "2026-11-22T16:00:00Z",
        "midnight in China"
    );
    Ok(())
}

#[tokio::test]
async fn a_raw_reading_tells_whose_clock_it_goes_by_and_what_is_out_of_range() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    report(&world, &[(50, [Some(1.0), None])]).await?;
    let (gateway, name) = ("gw".parse()?, "p1".parse()?);
    let found = probe::find(&mut *world.connection().await?, &gateway, &name).await?;
    let now = timestamp(NOW);
    let mut wrong = Report::ordinary(
        found.ok_or("no probe")?.key,
        now,
        now,
        vec![Some(-300.0), Some(50.0)],
    );
    wrong.source = TimeSource::behind(Timestamp::from_seconds(300_000_000));
    wrong.outside.insert(0);
    let batch = Batch {
        reports: vec![wrong],
        ..Batch::default()
    };
    Writer::open(world.state.store())
        .await?
        .write(&batch)
        .await?;
    let path = "/api/v1/gateways/gw/probes/p1/readings";
    let answer = world.get("lab", path).await?.expect(200)?.json()?;
    let [wrong, right] = [&answer["readings"][0], &answer["readings"][1]];
    assert_eq!(wrong["device_time"], "1979-07-05T05:20:00Z");
    assert_eq!(wrong["time_source"], "arrival");
    assert_eq!(wrong["flags"], json!(["clock_behind", "outside"]));
    assert_eq!(wrong["outside"], json!(["temperature"]));
    assert_eq!(wrong["values"]["temperature"], -300.0);
    assert_eq!(right["device_time"], json!(null));
    assert_eq!(right["time_source"], "device");
    assert_eq!(
        (&right["flags"], &right["outside"]),
        (&json!([]), &json!([]))
    );
    Ok(())
}

#[tokio::test]
async fn what_was_refused_is_told_with_its_bytes() -> Outcome {
    let world = World::new().await?;
    let letter = |reason, payload: &[u8]| DeadLetter {
        arrived: timestamp(NOW),
        gateway: Some("gw".to_owned()),
        topic: "suyuan/v1/gw/p1/telemetry".to_owned(),
        reason,
        detail: "it is not SenML".to_owned(),
        payload: payload.to_vec(),
        payload_bytes: payload.len(),
    };
    let letters = [
        letter("not_senml", b"hello\x00"),
        letter("time_past", b"{}"),
    ];
    store::dead_letter::insert_all(&mut *world.connection().await?, &letters).await?;
    let path = "/api/v1/dead-letters?reason=not_senml&gateway=gw";
    let answer = world.get("operator", path).await?.expect(200)?.json()?;
    let listed = answer["dead_letters"].as_array().ok_or("no list")?;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["payload"], "aGVsbG8A");
    assert_eq!(listed[0]["preview"], "hello\u{fffd}");
    assert_eq!(listed[0]["payload_bytes"], 6);
    let before = format!("/api/v1/dead-letters?before={}", listed[0]["id"]);
    let answer = world.get("operator", &before).await?.expect(200)?.json()?;
    assert_eq!(answer["dead_letters"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_is_asked_for_again_by_an_operator_and_says_where_that_stands() -> Outcome {
    let world = World::new().await?;
    let letter = |reason, payload: &[u8]| DeadLetter {
        arrived: Timestamp::from_seconds(1_790_000_000),
        gateway: Some("gw".to_owned()),
        topic: "suyuan/v1/gw/p/telemetry".to_owned(),
        reason,
        detail: "why".to_owned(),
        payload: payload.to_vec(),
        payload_bytes: payload.len(),
    };
    let letters = [
        letter("unknown_probe", b"one"),
        letter("unknown_probe", b"two"),
        letter("wrong_key", b""),
    ];
    store::dead_letter::insert_all(&mut *world.connection().await?, &letters).await?;
    let list = world
        .get("operator", "/api/v1/dead-letters")
        .await?
        .json()?;
    let ids: Vec<i64> = list["dead_letters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|letter| letter["id"].as_i64())
        .collect();
    let path = |id: i64| format!("/api/v1/dead-letters/{id}/replay");
    // Newest first: the last one has no bytes.
    let refused = world
        .post("operator", &path(ids[0]), &json!({}))
        .await?
        .expect(409)?;
    assert_eq!(refused.json()?["type"], "/docs/problems#conflict");
    world
        .post("operator", &path(999_999), &json!({}))
        .await?
        .expect(404)?;
    for _ in 0..2 {
        let asked = world
            .post("operator", &path(ids[1]), &json!({}))
            .await?
            .expect(202)?;
        let replay = &asked.json()?["replay"];
        assert_eq!(replay["requested_by"], "operator");
        assert_eq!(replay.get("outcome"), None, "it waits");
    }
    let all = json!({"reason": "unknown_probe"});
    let path = "/api/v1/dead-letters/replay";
    let asked = world.post("operator", path, &all).await?.expect(202)?;
    assert_eq!(asked.json()?["requested"], json!([ids[2]]));
    let asked = world.post("operator", path, &all).await?.expect(202)?;
    assert_eq!(asked.json()?["requested"], json!([]));
    for limit in [0, 1_001] {
        let body = json!({"reason": "unknown_probe", "limit": limit});
        world.post("operator", path, &body).await?.expect(422)?;
    }
    Ok(())
}
