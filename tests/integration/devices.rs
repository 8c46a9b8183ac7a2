//! Devices that farms have already: each format by a stock publisher, from its topic to a reading in
//! the API; a Sparkplug B session that loses a message; and the same behind mosquitto.

use std::time::Duration;

use anyhow::{Context, ensure};
use ingest::payload::sparkplug::wire::{Metric, MetricValue, Payload};
use reqwest::Method;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::timeout;

use crate::harness::api::Api;
use crate::harness::mosquitto::Mosquitto;
use crate::harness::system::System;
use crate::harness::tools::Publisher;
use crate::harness::{PATIENCE, wait_for};

/// 2026-09-21 14:13:20 UTC, 22:13:20 in China.
const MEASURED: i64 = 1_790_000_000;

/// A farm with one gateway.
struct Farm {
    api: Api,
    gateway: &'static str,
    key: String,
}

impl Farm {
    async fn register(api: &Api, gateway: &'static str) -> anyhow::Result<Self> {
        let new = json!({"id": gateway, "name": gateway});
        let made = api.post("/api/v1/gateways", &new).await?;
        Ok(Self {
            api: api.clone(),
            gateway,
            key: made["key"].as_str().context("no key")?.to_owned(),
        })
    }

    /// A probe with a profile that came with the program.
    async fn probe(&self, name: &str, profile: &str) -> anyhow::Result<()> {
        let known = self.api.get("/api/v1/profiles").await?;
        let known = known["profiles"].as_array().context("no profiles")?;
        let profile = known.iter().find(|known| known["name"] == profile);
        let id = &profile.context("no such profile")?["id"];
        let path = format!("/api/v1/gateways/{}/probes", self.gateway);
        self.api
            .post(&path, &json!({"name": name, "profile_id": id}))
            .await?;
        Ok(())
    }

    async fn alias(&self, probe: &str, scheme: &str, id: &str) -> anyhow::Result<()> {
        let path = format!("/api/v1/gateways/{}/probes/{probe}/aliases", self.gateway);
        self.api
            .post(&path, &json!({"scheme": scheme, "external_id": id}))
            .await?;
        Ok(())
    }

    fn publisher(&self, port: u16) -> Publisher<'_> {
        Publisher {
            port,
            gateway: Some(self.gateway),
            key: &self.key,
            version: "mqttv311",
        }
    }

    /// The newest reading's values, once there are some.
    async fn newest(&self, probe: &str) -> anyhow::Result<Value> {
        let newest = wait_for("a reading", || async {
            let readings = self.api.readings(self.gateway, probe).await?;
            Ok(readings.into_iter().next())
        });
        Ok(newest.await?["values"].clone())
    }

    async fn count(&self, probe: &str) -> anyhow::Result<usize> {
        Ok(self.api.readings(self.gateway, probe).await?.len())
    }
}

async fn letters(api: &Api, reason: &str) -> anyhow::Result<usize> {
    let path = format!("/api/v1/dead-letters?reason={reason}");
    let answer = api.get(&path).await?;
    Ok(answer["dead_letters"].as_array().map_or(0, Vec::len))
}

#[tokio::test]
async fn what_farms_have_already_is_stored_through_the_front() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    let farm = Farm::register(&operator, "farm").await?;
    let port = system.mqtt_port;
    thingsboard(&farm, port).await?;
    chirpstack(&farm, port).await?;
    tasmota(&farm, port).await?;
    modbus(&farm, port).await?;
    calibrated(&farm, port).await?;
    foreign(&farm, &operator, port).await?;
    system.stop().await?;
    Ok(())
}

async fn thingsboard(farm: &Farm, port: u16) -> anyhow::Result<()> {
    farm.probe("air", "thingsboard-air").await?;
    let device = "v1/devices/me/telemetry";
    let payload = format!(r#"{{"ts":{MEASURED}000,"values":{{"temperature":21.5,"fw":"1.2"}}}}"#);
    farm.publisher(port)
        .publish_well(device, payload.as_bytes())?;
    assert_eq!(farm.newest("air").await?, json!({"temperature": 21.5}));
    farm.probe("barn", "thingsboard-air").await?;
    farm.alias("air", "thingsboard", "Device A").await?;
    farm.alias("barn", "thingsboard", "Device B").await?;
    let one = |ts: i64, values: Value| json!([{"ts": ts * 1_000, "values": values}]);
    let payload = json!({
        "Device A": one(MEASURED + 60, json!({"temp": 22})),
        "Device B": one(MEASURED + 60, json!({"temp": 17.5, "hum": "63"})),
    });
    let gateway = "v1/gateway/telemetry";
    farm.publisher(port)
        .publish_well(gateway, payload.to_string().as_bytes())?;
    assert_eq!(
        farm.newest("barn").await?,
        json!({"temperature": 17.5, "humidity": 63.0})
    );
    assert_eq!(farm.count("air").await?, 2);
    Ok(())
}

async fn chirpstack(farm: &Farm, port: u16) -> anyhow::Result<()> {
    farm.probe("lora", "rs485-soil-b").await?;
    farm.alias("lora", "chirpstack", "24E124128C013045").await?;
    let topic = "application/8d6c/device/24e124128c013045/event/up";
    let uplink = json!({"deduplicationId": "3ac7e3c4-4401", "object": {"soil-moisture": 31.25}});
    // Without a time of its own, and twice: the message id makes it one reading.
    for _ in 0..2 {
        farm.publisher(port)
            .publish_well(topic, uplink.to_string().as_bytes())?;
    }
    assert_eq!(farm.newest("lora").await?, json!({"soil-moisture": 31.25}));
    assert_eq!(farm.count("lora").await?, 1);
    let join = topic.replace("/up", "/join");
    farm.publisher(port).publish_well(&join, b"{}")?;
    let path = format!("/api/v1/gateways/{}/probes/lora/aliases", farm.gateway);
    let aliases = farm.api.get(&path).await?;
    assert_eq!(aliases["aliases"][0]["online"], true);
    Ok(())
}

async fn tasmota(farm: &Farm, port: u16) -> anyhow::Result<()> {
    farm.probe("plug", "tasmota-am2301").await?;
    farm.alias("plug", "tasmota", "greenhouse").await?;
    let payload = br#"{"Time":"2026-09-21T22:13:20","AM2301":{"Temperature":22.6,"Humidity":57.8},
        "TempUnit":"C"}"#;
    farm.publisher(port)
        .publish_well("tele/greenhouse/SENSOR", payload)?;
    let expected = json!({"temperature": 22.6, "humidity": 57.8});
    assert_eq!(farm.newest("plug").await?, expected);
    let readings = farm.api.readings(farm.gateway, "plug").await?;
    assert_eq!(
        readings[0]["time"], "2026-09-21T14:13:20Z",
        "local time of China"
    );
    Ok(())
}

async fn modbus(farm: &Farm, port: u16) -> anyhow::Result<()> {
    farm.probe("soil", "rs485-soil-a").await?;
    let topic = format!("suyuan/v1/{}/soil/modbus", farm.gateway);
    let frame = [
        0x01, 0x03, 0x06, 0x02, 0x92, 0xff, 0x9b, 0x03, 0xe8, 0xd8, 0x0f,
    ];
    farm.publisher(port).publish_well(&topic, &frame)?;
    let expected =
        json!({"soil-moisture": 65.8, "soil-temperature": -10.1, "soil-conductivity": 1000.0});
    assert_eq!(farm.newest("soil").await?, expected);
    farm.publisher(port).publish_well(&topic, &frame[..10])?;
    assert_eq!(letters(&farm.api, "not_modbus").await?, 1);
    Ok(())
}

/// A calibration holds for what is measured from its date on.
async fn calibrated(farm: &Farm, port: u16) -> anyhow::Result<()> {
    let path = format!("/api/v1/gateways/{}/probes/barn/calibrations", farm.gateway);
    let from = (now() + Duration::from_secs(90)).format(&Rfc3339)?;
    let new = json!({"channel": "temperature", "valid_from": from, "gain": 2, "offset": -0.5});
    farm.api.post(&path, &new).await?;
    let topic = format!("suyuan/v1/{}/barn/telemetry", farm.gateway);
    // Ingest reads calibrations every few seconds, a minute before any is in force.
    wait_for("a corrected reading", || async {
        let pack = br#"[{"n":"temperature","u":"Cel","v":10,"t":150},
            {"n":"temperature","u":"Cel","v":10,"t":-60}]"#;
        farm.publisher(port).publish_well(&topic, pack)?;
        let readings = farm.api.readings(farm.gateway, "barn").await?;
        ensure!(
            readings.iter().any(|r| r["values"]["temperature"] == 10.0),
            "before it"
        );
        let is_corrected = readings[0]["values"]["temperature"] == 19.5;
        Ok(is_corrected.then_some(()))
    })
    .await
}

/// Another gateway cannot speak for the farm's devices, and nobody for unknown ones.
async fn foreign(farm: &Farm, operator: &Api, port: u16) -> anyhow::Result<()> {
    let stranger = Farm::register(operator, "stranger").await?;
    let before = farm.count("plug").await?;
    let payload = br#"{"AM2301":{"Temperature":99}}"#;
    stranger
        .publisher(port)
        .publish_well("tele/greenhouse/SENSOR", payload)?;
    assert_eq!(letters(operator, "foreign_device").await?, 1);
    assert_eq!(farm.count("plug").await?, before);
    farm.publisher(port)
        .publish_well("tele/nobody/SENSOR", payload)?;
    assert_eq!(letters(operator, "unknown_device").await?, 1);
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a calibration is entered ahead of the server's own clock"
)]
fn now() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// An edge node `farm/e1` with a device `pond`, whose water level is number 7.
struct EdgeNode {
    client: AsyncClient,
    connection: EventLoop,
}

impl EdgeNode {
    /// Connects and listens for commands.
    async fn connect(port: u16, farm: Option<&Farm>) -> anyhow::Result<Self> {
        let mut options = MqttOptions::new("e1", "127.0.0.1", port);
        if let Some(farm) = farm {
            options.set_credentials(farm.gateway, &farm.key);
        }
        let (client, connection) = AsyncClient::new(options, 16);
        let mut node = Self { client, connection };
        node.client
            .subscribe("spBv1.0/farm/NCMD/e1/#", QoS::AtMostOnce)
            .await?;
        node.until(|packet| matches!(packet, Packet::SubAck(_)))
            .await?;
        Ok(node)
    }

    /// Polls until such a packet has come.
    async fn until(&mut self, is_it: impl Fn(&Packet) -> bool) -> anyhow::Result<Packet> {
        let polling = async {
            loop {
                if let Event::Incoming(packet) = self.connection.poll().await?
                    && is_it(&packet)
                {
                    return anyhow::Ok(packet);
                }
            }
        };
        timeout(PATIENCE, polling).await.context("in time")?
    }

    async fn say(&mut self, kind: &str, seq: u64, metrics: Vec<Metric>) -> anyhow::Result<()> {
        let payload = Payload {
            timestamp: Some(MEASURED as u64 * 1_000),
            metrics,
            seq: Some(seq),
        };
        let device = if kind.starts_with('D') { "/pond" } else { "" };
        let topic = format!("spBv1.0/farm/{kind}/e1{device}");
        self.client
            .publish(topic, QoS::AtLeastOnce, false, payload.to_bytes())
            .await?;
        self.until(|packet| matches!(packet, Packet::PubAck(_)))
            .await?;
        Ok(())
    }

    /// Is born, tells a value, loses a message, and hears that it is to be born again.
    async fn lose_a_message(&mut self) -> anyhow::Result<()> {
        self.say("NBIRTH", 0, vec![]).await?;
        self.say("DBIRTH", 1, vec![level(Some("Level"), 0, 11.5)])
            .await?;
        self.say("DDATA", 2, vec![level(None, 60, 12.25)]).await?;
        let stored = Metric {
            is_historical: Some(true),
            ..level(None, 30, 12.0)
        };
        self.say("DDATA", 3, vec![stored]).await?;
        // The message with number 4 never comes. The request may come before the acknowledgement.
        let payload = Payload {
            timestamp: Some(MEASURED as u64 * 1_000),
            metrics: vec![level(None, 120, 13.0)],
            seq: Some(5),
        };
        let topic = "spBv1.0/farm/DDATA/e1/pond";
        self.client
            .publish(topic, QoS::AtLeastOnce, false, payload.to_bytes())
            .await?;
        let heard = self
            .until(|packet| matches!(packet, Packet::Publish(_)))
            .await?;
        let Packet::Publish(command) = heard else {
            anyhow::bail!("no command")
        };
        assert_eq!(command.topic, "spBv1.0/farm/NCMD/e1");
        let request = Payload::parse(&command.payload)?;
        let metric = request.metrics.first().context("an empty command")?;
        assert_eq!(metric.name.as_deref(), Some("Node Control/Rebirth"));
        assert_eq!(metric.value, Some(MetricValue::Boolean(true)));
        Ok(())
    }
}

/// A water level some seconds after [`MEASURED`]; numbered 7, named at birth only.
fn level(name: Option<&str>, seconds: i64, value: f32) -> Metric {
    Metric {
        name: name.map(str::to_owned),
        alias: Some(7),
        timestamp: Some((MEASURED + seconds) as u64 * 1_000),
        datatype: name.map(|_| 9),
        value: Some(MetricValue::Float(value)),
        ..Metric::default()
    }
}

/// A probe of its own profile whose key is the metric's name.
async fn register_pond(farm: &Farm) -> anyhow::Result<()> {
    let pond = json!({"name": "pond", "interval_seconds": 60, "channels": [{
        "name": "water-level", "quantity": "water-level", "unit": "cm",
        "valid_min": 0, "valid_max": 60, "keys": ["Level"]}]});
    let path = format!("/api/v1/gateways/{}/probes", farm.gateway);
    farm.api.post(&path, &pond).await?;
    farm.alias("pond", "sparkplug", "farm/e1/pond").await
}

/// What the pond's readings are in the end, newest first.
async fn pond_levels(farm: &Farm, count: usize) -> anyhow::Result<Vec<f64>> {
    wait_for("the pond's readings", || async {
        let readings = farm.api.readings(farm.gateway, "pond").await?;
        let level = |reading: &Value| reading["values"]["water-level"].as_f64();
        let levels: Vec<_> = readings.iter().filter_map(level).collect();
        Ok((levels.len() == count).then_some(levels))
    })
    .await
}

#[tokio::test]
async fn an_edge_node_that_lost_a_message_is_born_again() -> anyhow::Result<()> {
    let system = System::start(&[], &[]).await?;
    let operator = system.operator().await?;
    let farm = Farm::register(&operator, "farm").await?;
    register_pond(&farm).await?;
    let mut node = EdgeNode::connect(system.mqtt_port, Some(&farm)).await?;
    node.lose_a_message().await?;
    assert_eq!(pond_levels(&farm, 3).await?, [12.25, 12.0, 11.5]);
    assert_eq!(letters(&operator, "needs_birth").await?, 1);
    node.say("NBIRTH", 0, vec![]).await?;
    node.say("DBIRTH", 1, vec![level(Some("Level"), 120, 13.0)])
        .await?;
    node.say("DDATA", 2, vec![level(None, 180, 13.5)]).await?;
    assert_eq!(
        pond_levels(&farm, 5).await?,
        [13.5, 13.0, 12.25, 12.0, 11.5]
    );
    let path = "/api/v1/gateways/farm/probes/pond/aliases";
    assert_eq!(operator.get(path).await?["aliases"][0]["online"], true);
    let (status, _) = operator.call(Method::PUT, path, None).await?;
    assert_eq!(status, 405);
    system.stop().await?;
    Ok(())
}

#[tokio::test]
async fn behind_a_broker_the_alias_says_whose_device_it_is() -> anyhow::Result<()> {
    let broker = Mosquitto::start().await?;
    let url = format!("mqtt://127.0.0.1:{}", broker.port);
    let system = System::start(&[], &[("SUYUAN_MQTT_URL", &url)]).await?;
    let operator = system.operator().await?;
    let farm = Farm::register(&operator, "farm").await?;
    register_pond(&farm).await?;
    farm.probe("plug", "tasmota-am2301").await?;
    farm.alias("plug", "tasmota", "greenhouse").await?;
    farm.probe("barn", "thingsboard-air").await?;
    farm.alias("barn", "thingsboard", "Device B").await?;
    wait_for("readiness", || async {
        Ok(operator.get("/readyz").await.ok())
    })
    .await?;
    let anybody = Publisher {
        port: broker.port,
        gateway: None,
        key: "",
        version: "mqttv5",
    };
    let payload = br#"{"Time":"2026-09-21T22:13:20","AM2301":{"Temperature":22.6}}"#;
    anybody.publish_well("tele/greenhouse/SENSOR", payload)?;
    anybody.publish_well("v1/gateway/telemetry", br#"{"Device B":[{"temp":17.5}]}"#)?;
    assert_eq!(farm.newest("plug").await?, json!({"temperature": 22.6}));
    assert_eq!(farm.newest("barn").await?, json!({"temperature": 17.5}));
    let mut node = EdgeNode::connect(broker.port, None).await?;
    node.lose_a_message().await?;
    assert_eq!(pond_levels(&farm, 3).await?, [12.25, 12.0, 11.5]);
    system.stop().await?;
    Ok(())
}
