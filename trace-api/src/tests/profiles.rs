//! Profiles, calibrations and aliases of probes.

use serde_json::{Value, json};

use super::Outcome;
use super::devices::register_probe;
use super::world::{NOW, World};

const PROBE: &str = "/api/v1/gateways/gw/probes/p1";

/// A channel with a key and a register.
fn channel(name: &str, address: u16) -> Value {
    json!({
        "name": name, "quantity": "soil-moisture", "unit": "%", "valid_min": 0, "valid_max": 100,
        "keys": [format!("soil.{name}")],
        "register": { "function": 4, "address": address, "form": "u32", "low_word_first": true,
                      "scale": 0.01, "offset": -40 },
    })
}

fn profile(name: &str, interval: i64, channels: &[Value]) -> Value {
    json!({ "name": name, "interval_seconds": interval, "channels": channels })
}

/// What an operator's request is answered, with this status.
async fn posted(
    world: &World,
    path: &str,
    body: &Value,
    status: u16,
) -> Result<Value, Box<dyn std::error::Error>> {
    world
        .post("operator", path, body)
        .await?
        .expect(status)?
        .json()
}

/// The same for a change.
async fn put(
    world: &World,
    path: &str,
    body: &Value,
    status: u16,
) -> Result<Value, Box<dyn std::error::Error>> {
    world
        .put("operator", path, body)
        .await?
        .expect(status)?
        .json()
}

#[tokio::test]
async fn a_profile_is_made_once_and_changed_by_another_version() -> Outcome {
    let world = World::new().await?;
    let path = "/api/v1/profiles";
    let first = profile("pit", 600, &[channel("top", 0)]);
    let made = posted(&world, path, &first, 201).await?;
    assert_eq!(
        (&made["version"], &made["builtin"]),
        (&json!(1), &json!(false))
    );
    assert_eq!(made["channels"][0]["register"]["low_word_first"], true);
    assert_eq!(made["channels"][0]["keys"], json!(["soil.top"]));
    let again = posted(&world, path, &first, 200).await?;
    assert_eq!(again["id"], made["id"]);
    let other = profile("pit", 900, &[channel("top", 0)]);
    let refused = posted(&world, path, &other, 409).await?;
    assert_eq!(refused["field"], "name");

    let versions = format!("{path}/{}/versions", made["id"]);
    let wider = profile("", 900, &[channel("top", 0), channel("deep", 2)]);
    let second = posted(&world, &versions, &wider, 201).await?;
    assert_eq!(
        (&second["name"], &second["version"]),
        (&json!("pit"), &json!(2))
    );
    posted(&world, &versions, &wider, 200).await?;
    let turned = profile("", 900, &[channel("deep", 2), channel("top", 0)]);
    let refused = posted(&world, &versions, &turned, 422).await?;
    assert_eq!(refused["field"], "channels");
    let shown = world
        .get("supervisor", &format!("{path}/{}", made["id"]))
        .await?;
    assert_eq!(shown.expect(200)?.json()?["channels"], made["channels"]);
    let listed = world.get("supervisor", path).await?.expect(200)?.json()?;
    let listed = listed["profiles"].as_array().ok_or("no list")?;
    let pits: Vec<_> = listed.iter().filter(|p| p["name"] == "pit").collect();
    assert_eq!((pits.len(), &pits[0]["version"]), (1, &json!(2)));
    assert!(
        listed
            .iter()
            .any(|p| p["name"] == "rs485-soil-a" && p["builtin"] == true)
    );
    world
        .get("operator", &format!("{path}/0"))
        .await?
        .expect(404)?;
    posted(&world, &format!("{path}/0/versions"), &wider, 404).await?;
    Ok(())
}

#[tokio::test]
async fn a_profile_that_cannot_be_is_refused_with_its_reason() -> Outcome {
    let world = World::new().await?;
    let with = |key: &str, value: Value| {
        let mut one = channel("top", 0);
        one[key] = value;
        profile("pit", 600, &[one])
    };
    let form = json!({ "address": 0, "form": "u8" });
    for (body, field) in [
        (profile("", 600, &[channel("top", 0)]), "name"),
        (profile("gw/p1", 600, &[channel("top", 0)]), "name"),
        (profile("pit", 0, &[channel("top", 0)]), "interval_seconds"),
        (profile("pit", 600, &[]), "channels"),
        (
            profile("pit", 600, &[channel("top", 0), channel("top", 2)]),
            "channels",
        ),
        (with("keys", json!(["a", "a"])), "channels"),
        (with("register", form), "channels"),
        (
            with("register", json!({ "address": 65_535, "form": "f32" })),
            "channels",
        ),
        (
            with(
                "register",
                json!({ "address": 0, "form": "u16", "scale": 0 }),
            ),
            "channels",
        ),
    ] {
        let refused = posted(&world, "/api/v1/profiles", &body, 422).await?;
        assert_eq!(refused["field"], field, "{body}");
    }
    let outside = with("register", json!({ "address": 65_536, "form": "u16" }));
    posted(&world, "/api/v1/profiles", &outside, 422).await?;
    Ok(())
}

#[tokio::test]
async fn a_probe_is_registered_with_a_profile_that_there_is() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    let listed = world.get("operator", "/api/v1/profiles").await?.json()?;
    let listed = listed["profiles"].as_array().ok_or("no list")?;
    let soil = listed
        .iter()
        .find(|p| p["name"] == "rs485-soil-a")
        .ok_or("not shipped")?;
    let probes = "/api/v1/gateways/gw/probes";
    let new = json!({ "name": "soil", "profile_id": soil["id"] });
    let made = posted(&world, probes, &new, 201).await?;
    assert_eq!(made["interval_seconds"], 600);
    assert_eq!(made["channels"].as_array().map(Vec::len), Some(7));
    for (body, field) in [
        (json!({ "name": "x", "profile_id": 999_999 }), "profile_id"),
        (
            json!({ "name": "x", "profile_id": soil["id"], "interval_seconds": 60 }),
            "profile_id",
        ),
        (
            json!({ "name": "x", "channels": [channel("top", 0)] }),
            "interval_seconds",
        ),
    ] {
        let refused = posted(&world, probes, &body, 422).await?;
        assert_eq!(refused["field"], field, "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn a_probes_profile_changes_at_a_date_and_keeps_its_slots() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    let path = format!("{PROBE}/profile");
    let present = world.get("supervisor", &path).await?.expect(200)?.json()?;
    assert_eq!(present["profile"]["name"], "gw/p1");
    let id = &present["profile"]["id"];
    let mut channels = present["profile"]["channels"]
        .as_array()
        .cloned()
        .ok_or("none")?;
    channels[0]["valid_max"] = json!(60);
    channels[0]["keys"] = json!(["AM2301.Temperature"]);
    channels.push(channel("deep", 0));
    let wider = profile("", 600, &channels);
    let versions = format!("/api/v1/profiles/{id}/versions");
    let next = posted(&world, &versions, &wider, 201).await?;

    let change = json!({ "profile_id": next["id"] });
    // The present is that of the registration: the next profile's date must lie after it.
    let same_moment = put(&world, &path, &change, 422).await?;
    assert_eq!(same_moment["field"], "valid_from");
    let future = json!({ "profile_id": next["id"], "valid_from": "2027-01-01T00:00:00Z" });
    let refused = put(&world, &path, &future, 422).await?;
    assert_eq!(refused["field"], "valid_from");
    let (gateway, name) = ("gw".parse()?, "older".parse()?);
    let first = i32::try_from(id.as_i64().ok_or("no number")?)?;
    let an_hour_ago = NOW - time::Duration::hours(1);
    let mut connection = world.connection().await?;
    store::probe::insert(&mut connection, &gateway, &name, first, an_hour_ago).await?;
    let path = "/api/v1/gateways/gw/probes/older/profile".to_owned();
    let soil = json!({ "profile_id": 1 });
    let refused = put(&world, &path, &soil, 422).await?;
    assert_eq!(refused["field"], "profile_id", "another kind of probe");
    let unknown = json!({ "profile_id": 999_999 });
    let refused = put(&world, &path, &unknown, 422).await?;
    assert_eq!(refused["field"], "profile_id");
    let changed = put(&world, &path, &change, 200).await?;
    assert_eq!(changed["profile"]["version"], 2);
    assert_eq!(changed["history"].as_array().map(Vec::len), Some(2));
    let again = put(&world, &path, &change, 200).await?;
    assert_eq!(again, changed, "twice is once");
    let probes = world
        .get("lab", "/api/v1/gateways/gw/probes")
        .await?
        .json()?;
    let probes = probes["probes"].as_array().ok_or("no list")?;
    let older = probes.iter().find(|probe| probe["name"] == "older");
    assert_eq!(older.ok_or("no probe")?["interval_seconds"], 600);
    world
        .get("operator", "/api/v1/gateways/gw/probes/nil/profile")
        .await?
        .expect(404)?;
    Ok(())
}

#[tokio::test]
async fn a_calibration_is_entered_ahead_and_stays() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    let path = format!("{PROBE}/calibrations");
    // It is 04:00; a minute ahead is the earliest.
    let body = |from: &str, gain: f64| {
        json!({ "channel": "temperature", "valid_from": from, "gain": gain, "offset": -0.5,
                "note": "against the reference" })
    };
    let earliest = "2026-11-23T04:01:00Z";
    let made = posted(&world, &path, &body(earliest, 1.02), 201).await?;
    assert_eq!(made["valid_from"], earliest);
    posted(&world, &path, &body("2026-11-23T12:01:00+08:00", 1.02), 200).await?;
    let other = posted(&world, &path, &body(earliest, 1.5), 409).await?;
    assert_eq!(other["field"], "valid_from");
    let with = |key: &str, value: Value| {
        let mut body = body("2026-11-24T00:00:00Z", 1.0);
        body[key] = value;
        body
    };
    for (body, field) in [
        (body("2026-11-23T04:00:59Z", 1.0), "valid_from"),
        (with("channel", json!("co2")), "channel"),
        (with("gain", json!(0)), "gain"),
        (with("gain", json!(1.1e6)), "gain"),
        (with("offset", json!(-1.1e6)), "offset"),
        (with("note", json!("x".repeat(501))), "note"),
    ] {
        let refused = posted(&world, &path, &body, 422).await?;
        assert_eq!(refused["field"], field, "{body}");
    }
    let listed = world.get("supervisor", &path).await?.expect(200)?.json()?;
    let expected = json!({ "channel": "temperature", "valid_from": earliest, "gain": 1.02,
        "offset": -0.5, "note": "against the reference" });
    assert_eq!(listed["calibrations"], json!([expected]));
    Ok(())
}

#[tokio::test]
async fn a_device_of_another_make_is_one_probe() -> Outcome {
    let world = World::new().await?;
    register_probe(&world).await?;
    let second = json!({ "name": "p2", "interval_seconds": 60, "channels": [channel("top", 0)] });
    posted(&world, "/api/v1/gateways/gw/probes", &second, 201).await?;
    let path = format!("{PROBE}/aliases");
    let alias = |scheme: &str, id: &str| json!({ "scheme": scheme, "external_id": id });
    for (scheme, id, kept) in [
        ("tasmota", "greenhouse/1", "greenhouse/1"),
        ("chirpstack", "24E124128C013045", "24e124128c013045"),
        ("sparkplug", "farm/e1/d", "farm/e1/d"),
        ("thingsboard", "Device A", "Device A"),
        ("modbus", "7", "7"),
    ] {
        let made = posted(&world, &path, &alias(scheme, id), 201).await?;
        assert_eq!(
            (&made["external_id"], &made["online"]),
            (&json!(kept), &Value::Null)
        );
        posted(&world, &path, &alias(scheme, id), 200).await?;
    }
    let others = "/api/v1/gateways/gw/probes/p2/aliases";
    let taken = posted(&world, others, &alias("modbus", "7"), 409).await?;
    assert_eq!(taken["field"], "external_id");
    for (body, field) in [
        (alias("zigbee", "x"), "scheme"),
        (alias("modbus", "0"), "external_id"),
        (alias("modbus", "248"), "external_id"),
        (alias("chirpstack", "24e1"), "external_id"),
        (alias("sparkplug", "farm"), "external_id"),
        (alias("sparkplug", "farm//d"), "external_id"),
        (alias("tasmota", " "), "external_id"),
        (alias("tasmota", "a/#"), "external_id"),
        (alias("thingsboard", &"d".repeat(201)), "external_id"),
    ] {
        let refused = posted(&world, &path, &body, 422).await?;
        assert_eq!(refused["field"], field, "{body}");
    }
    let gone = format!("{path}?scheme=tasmota&external_id=greenhouse%2F1");
    world.delete("operator", &gone).await?.expect(204)?;
    world.delete("operator", &gone).await?.expect(204)?;
    let listed = world.get("supervisor", &path).await?.expect(200)?.json()?;
    let listed = listed["aliases"].as_array().ok_or("no list")?;
    let schemes: Vec<_> = listed.iter().filter_map(|a| a["scheme"].as_str()).collect();
    assert_eq!(
        schemes,
        ["chirpstack", "modbus", "sparkplug", "thingsboard"]
    );
    Ok(())
}
