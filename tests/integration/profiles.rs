//! Profiles and dead letters over the whole chain: a reading is judged by what its probe's profile
//! said at the reading's own time, and what was refused is stored once what it lacked is there.

use anyhow::{Context, ensure};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::api::Api;
use crate::harness::system::System;
use crate::harness::tools::Publisher;
use crate::harness::wait_for;

/// 2026-01-05 00:00 UTC.
const MEASURED: i64 = 1_767_571_200;

/// The gateway of these tests.
struct Farm<'a> {
    api: &'a Api,
    port: u16,
    key: String,
}

impl Farm<'_> {
    fn publish(&self, topic: &str, payload: &[u8]) -> anyhow::Result<()> {
        let own = Publisher {
            port: self.port,
            gateway: Some("gw-1"),
            key: &self.key,
            version: "mqttv5",
        };
        own.publish_well(&format!("suyuan/v1/gw-1/{topic}"), payload)
    }

    /// A temperature so many seconds from now.
    fn say(&self, seconds: i64, value: f32) -> anyhow::Result<()> {
        let pack = format!(r#"[{{"n":"temperature","u":"Cel","v":{value},"t":{seconds}}}]"#);
        self.publish("field/telemetry", pack.as_bytes())
    }

    /// Values and what lies outside their range, newest first.
    async fn judged(&self, probe: &str) -> anyhow::Result<Vec<(Value, bool)>> {
        let readings = self.api.readings("gw-1", probe).await?;
        let is_outside =
            |reading: &Value| reading["outside"].as_array().is_some_and(|o| !o.is_empty());
        let one = |reading: &Value| (reading["values"].clone(), is_outside(reading));
        Ok(readings.iter().map(one).collect())
    }

    /// Gives a probe the next version of its profile, from now on.
    async fn change(&self, probe: &str, how: impl FnOnce(&mut Value)) -> anyhow::Result<()> {
        let path = format!("/api/v1/gateways/gw-1/probes/{probe}/profile");
        let present = self.api.get(&path).await?;
        let mut next = present["profile"].clone();
        how(&mut next);
        let versions = format!("/api/v1/profiles/{}/versions", next["id"]);
        let made = self.api.post(&versions, &next).await?;
        let wanted = json!({"profile_id": made["id"]});
        let (status, answer) = self.api.call(Method::PUT, &path, Some(&wanted)).await?;
        ensure!(status.is_success(), "{status} {answer}");
        ensure!(answer["history"].as_array().map(Vec::len) == Some(2));
        Ok(())
    }

    /// Waits until a probe has a reading like this; what has come before it.
    async fn until(&self, probe: &str, wanted: &(Value, bool)) -> anyhow::Result<()> {
        let what = format!("{wanted:?}");
        wait_for(&what, || async {
            Ok(self.judged(probe).await?.contains(wanted).then_some(()))
        })
        .await
    }
}

async fn farm(system: &System, api: &Api) -> anyhow::Result<String> {
    let key = api.register("gw-1", "field").await?;
    ensure!(system.mqtt_port > 0);
    Ok(key)
}

#[tokio::test]
async fn a_late_reading_is_judged_by_the_profile_of_its_own_time() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let api = system.operator().await?;
    let (port, key) = (system.mqtt_port, farm(&system, &api).await?);
    let farm = Farm {
        api: &api,
        port,
        key,
    };
    let hot = |value: f32, outside| (json!({"temperature": value}), outside);
    // Up to 85 degrees are meant; from now on up to 30 only.
    farm.say(-3_600, 40.0)?;
    farm.until("field", &hot(40.0, false)).await?;
    farm.change("field", |next| next["channels"][0]["valid_max"] = json!(30))
        .await?;
    // The change is told to ingest, which may take a moment.
    wait_for("the new range", || async {
        farm.say(0, 41.0)?;
        Ok(farm
            .judged("field")
            .await?
            .contains(&hot(41.0, true))
            .then_some(()))
    })
    .await?;
    farm.say(-3_000, 42.0)?;
    farm.say(-3_300, 29.0)?;
    farm.say(0, 29.5)?;
    farm.say(60, 43.0)?;
    let judged = farm.judged("field").await?;
    for expected in [
        hot(40.0, false),
        hot(42.0, false),
        hot(29.0, false),
        hot(29.5, false),
        hot(43.0, true),
    ] {
        assert!(judged.contains(&expected), "{expected:?} in {judged:?}");
    }
    system.stop().await?;
    Ok(())
}

/// A Modbus answer with one register, 658, and its checksum.
const FRAME: [u8; 7] = [0x01, 0x03, 0x02, 0x02, 0x92, 0x38, 0x89];

#[tokio::test]
async fn a_frame_that_was_refused_is_read_by_the_register_map_of_its_arrival() -> anyhow::Result<()>
{
    let system = System::start(&[], &[]).await?;
    let api = system.operator().await?;
    let (port, key) = (system.mqtt_port, farm(&system, &api).await?);
    let farm = Farm {
        api: &api,
        port,
        key,
    };
    farm.publish("pit/modbus", &FRAME)?;
    let letter = only_letter(&api, "unknown_probe").await?;
    let pit = json!({"name": "pit", "interval_seconds": 60, "channels": [{
        "name": "level", "quantity": "water-level", "unit": "cm", "valid_min": 0,
        "valid_max": 1000, "register": {"function": 3, "address": 7, "form": "u16"}}]});
    api.post("/api/v1/gateways/gw-1/probes", &pit).await?;
    // The device is set to tenths from now on.
    farm.change("pit", |next| {
        next["channels"][0]["register"]["scale"] = json!(0.1);
    })
    .await?;
    wait_for("the new map", || async {
        farm.publish("pit/modbus", &FRAME)?;
        let tenths = (json!({"level": 65.8}), false);
        Ok(farm.judged("pit").await?.contains(&tenths).then_some(()))
    })
    .await?;
    assert_eq!(replay(&api, letter).await?, "stored");
    let judged = farm.judged("pit").await?;
    let oldest = judged.last().context("no reading")?;
    assert_eq!(
        *oldest,
        (json!({"level": 658.0}), false),
        "as it was when it came"
    );
    system.stop().await?;
    Ok(())
}

/// The one letter of a reason.
async fn only_letter(api: &Api, reason: &str) -> anyhow::Result<i64> {
    let path = format!("/api/v1/dead-letters?reason={reason}");
    let answer = api.get(&path).await?;
    let letters = answer["dead_letters"].as_array().context("no list")?;
    ensure!(letters.len() == 1, "{letters:?}");
    letters[0]["id"].as_i64().context("no number")
}

/// Has a letter tried again, and waits for what comes of it.
async fn replay(api: &Api, id: i64) -> anyhow::Result<String> {
    let path = format!("/api/v1/dead-letters/{id}/replay");
    api.post(&path, &json!({})).await?;
    wait_for("what comes of it", || async {
        let answer = api.get("/api/v1/dead-letters").await?;
        let letters = answer["dead_letters"].as_array().context("no list")?;
        let letter = letters.iter().find(|letter| letter["id"] == id);
        let outcome = letter.context("the letter is gone")?["replay"]["outcome"].as_str();
        Ok(outcome.map(str::to_owned))
    })
    .await
}

#[tokio::test]
async fn a_dead_letter_is_stored_when_its_probe_is_there_and_however_often_once()
-> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let api = system.operator().await?;
    let (port, key) = (system.mqtt_port, farm(&system, &api).await?);
    let farm = Farm {
        api: &api,
        port,
        key,
    };
    let pack = format!(r#"[{{"n":"temperature","u":"Cel","v":7.5,"t":{MEASURED}}}]"#);
    farm.publish("barn/telemetry", pack.as_bytes())?;
    let letter = only_letter(&api, "unknown_probe").await?;
    // Too early, and it says so.
    assert_eq!(replay(&api, letter).await?, "refused");
    let barn = json!({"name": "barn", "interval_seconds": 900, "channels": [{
        "name": "temperature", "quantity": "air-temperature", "unit": "Cel",
        "valid_min": -40, "valid_max": 85}]});
    api.post("/api/v1/gateways/gw-1/probes", &barn).await?;
    let all = json!({"reason": "unknown_probe", "gateway": "gw-1"});
    let path = format!("/api/v1/dead-letters/{letter}/replay");
    api.post(&path, &json!({})).await?;
    let reading = (json!({"temperature": 7.5}), false);
    farm.until("barn", &reading).await?;
    assert_eq!(replay(&api, letter).await?, "stored");
    // Again, one by one and all of the reason: nothing changes.
    for _ in 0..3 {
        assert_eq!(replay(&api, letter).await?, "stored");
    }
    let asked = api.post("/api/v1/dead-letters/replay", &all).await?;
    assert_eq!(asked["requested"], json!([]), "it was asked for before");
    // The device itself sends once more; that is the same reading too.
    farm.publish("barn/telemetry", pack.as_bytes())?;
    assert_eq!(farm.judged("barn").await?, [reading]);
    assert_eq!(only_letter(&api, "unknown_probe").await?, letter);
    let readings = api.readings("gw-1", "barn").await?;
    assert_eq!(readings[0]["time"], "2026-01-05T00:00:00Z");
    system.stop().await?;
    Ok(())
}
