//! Virtual cameras: each signs in, publishes its snapshots one after the other, and counts those
//! that the server acknowledged, which it does when they are kept. A lost line is no loss: what
//! is unacknowledged is published again.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use model::id::{GatewayId, ProbeName};
use model::time::Timestamp;
use model::topic::Topic;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason, PublishProperties};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::timeout;

use super::register::Operator;
use super::session::Login;
use crate::clock;
use crate::scene::{Painter, Scene, Subject};

/// What the cameras look at, in turn.
const SUBJECTS: [Subject; 6] = [
    Subject::Tea,
    Subject::Kiwi,
    Subject::Paddy,
    Subject::Citrus,
    Subject::Radish,
    Subject::Hens,
];
/// Seconds between two pictures of a camera, by what they say of themselves.
const STEP_S: i64 = 600;
/// Pause after a lost line.
const RETRY: Duration = Duration::from_millis(500);
/// Largest packet: a snapshot.
const PACKET_BYTES_MAX: u32 = 2 * 1024 * 1024 + 64 * 1024;

/// Flags about cameras.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct CameraArgs {
    /// Virtual cameras that publish snapshots after the readings; needs --register. The JSON line
    /// then also counts the pictures: taken, acknowledged, stored, lost.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        value_parser = clap::value_parser!(u16).range(..=1_000)
    )]
    cameras: u16,
    /// Snapshots that each camera takes, drawn by us, 500 at most.
    #[arg(
        long = "pictures",
        value_name = "M",
        default_value_t = 10,
        value_parser = clap::value_parser!(u16).range(1..=500)
    )]
    each: u16,
}

/// Where the cameras publish.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Broker or front, without a scheme.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// First part of the gateway's name.
    pub prefix: String,
    /// Seed of places and skies.
    pub seed: u64,
    /// Longest wait for one acknowledgement.
    pub patience: Duration,
}

/// The sums over all cameras, as the JSON line has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Filmed {
    /// Snapshots taken.
    pub pictures: u64,
    /// Snapshots that the server acknowledged.
    pub pictures_acknowledged: u64,
    /// Snapshots that the API finds.
    pub pictures_stored: u64,
    /// Snapshots taken and not stored.
    pub pictures_lost: u64,
}

impl Filmed {
    /// An error if anything is missing.
    pub fn verdict(&self) -> anyhow::Result<()> {
        ensure!(
            self.pictures_acknowledged == self.pictures,
            "{} of {} pictures were not acknowledged",
            self.pictures - self.pictures_acknowledged,
            self.pictures
        );
        ensure!(
            self.pictures_lost == 0,
            "{} pictures are not stored",
            self.pictures_lost
        );
        Ok(())
    }
}

/// Registers the cameras, lets them publish and counts; `None` where none are wanted.
pub async fn run(
    args: CameraArgs,
    stage: &Stage,
    operator: Option<&Operator>,
) -> anyhow::Result<Option<Filmed>> {
    if args.cameras == 0 {
        return Ok(None);
    }
    let Some(operator) = operator else {
        bail!("nobody to register cameras as: give --register");
    };
    let now_s = clock::now().unix_timestamp();
    let (each, mut filmed) = (i64::from(args.each), Filmed::default());
    let from = Timestamp::from_seconds(now_s - each * STEP_S);
    let mut cameras = JoinSet::new();
    for number in 1..=u64::from(args.cameras) {
        // A gateway each: a real one has a handful of cameras, and connections are counted.
        let gateway = GatewayId::parse(&format!("{}-cam-{number:04}", stage.prefix))?;
        let title = format!("模拟摄像头 simulated camera {number}");
        let key = operator.gateway(gateway.as_str(), &title).await?;
        let camera = ProbeName::parse("cam")?;
        operator
            .camera(gateway.as_str(), camera.as_str(), STEP_S)
            .await?;
        let login = Login {
            host: stage.host.clone(),
            port: stage.port,
            gateway,
            key,
        };
        let (seed, patience) = (stage.seed.wrapping_add(number), stage.patience);
        cameras.spawn(async move {
            let acknowledged = film(&login, camera, (now_s, each), (seed, patience)).await;
            (login.gateway, camera, acknowledged)
        });
    }
    while let Some(ended) = cameras.join_next().await {
        let (gateway, camera, acknowledged) = ended.context("a simulated camera fell over")?;
        let acknowledged = acknowledged.with_context(|| format!("camera of {gateway}"))?;
        let (gateway, camera) = (gateway.as_str(), camera.as_str());
        let stored = operator.count_pictures(gateway, camera, from).await?;
        filmed.pictures += u64::from(args.each);
        filmed.pictures_acknowledged += acknowledged;
        filmed.pictures_stored += stored;
        filmed.pictures_lost += u64::from(args.each).saturating_sub(stored);
    }
    Ok(Some(filmed))
}

/// Publishes one camera's snapshots; returns how many were acknowledged.
async fn film(
    login: &Login,
    camera: ProbeName,
    (now_s, each): (i64, i64),
    (seed, patience): (u64, Duration),
) -> anyhow::Result<u64> {
    let (client, mut events) = AsyncClient::new(options(login), 4);
    let gateway = login.gateway;
    let topic = Topic::Snapshot { gateway, camera }.to_string();
    let mut painter = Painter::new()?;
    for number in 0..each {
        let at_s = now_s - (each - number) * STEP_S;
        let drawn = spawn_blocking(move || {
            let jpeg = painter.jpeg(&scene(seed, at_s));
            (painter, jpeg)
        });
        let (back, jpeg) = drawn.await?;
        painter = back;
        let time = OffsetDateTime::from_unix_timestamp(at_s)?.format(&Rfc3339)?;
        let properties = PublishProperties {
            user_properties: vec![("time".to_owned(), time)],
            ..PublishProperties::default()
        };
        let quality = QoS::AtLeastOnce;
        client
            .publish_with_properties(&topic, quality, false, jpeg?, properties)
            .await?;
        let told = timeout(patience, acknowledged(&mut events)).await;
        told.context("no acknowledgement came in time")??;
    }
    // What is acknowledged is kept; how the line ends does not matter any more.
    let _ = client.disconnect().await;
    Ok(each.unsigned_abs())
}

fn options(login: &Login) -> MqttOptions {
    let name = format!("{}-cam", login.gateway);
    let mut options = MqttOptions::new(name, login.host.as_str(), login.port);
    options.set_credentials(login.gateway.as_str(), login.key.as_str());
    options.set_max_packet_size(Some(PACKET_BYTES_MAX));
    options
}

/// Waits for the acknowledgement of the one snapshot that is under way. The library connects
/// again and sends it again.
async fn acknowledged(events: &mut EventLoop) -> anyhow::Result<()> {
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::PubAck(ack))) => match ack.reason {
                PubAckReason::Success => return Ok(()),
                refused => bail!("the server refused a snapshot: {refused:?}"),
            },
            Ok(_) => {}
            Err(error) => {
                tracing::debug!(%error, "a camera's line is lost");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}

/// A fair day before the camera.
fn scene(seed: u64, at_s: i64) -> Scene<'static> {
    Scene {
        subject: SUBJECTS[(seed % SUBJECTS.len() as u64) as usize],
        site: seed,
        at_s,
        sun: 0.6,
        summer: 0.6,
        cloud: 0.4,
        rain_mm: 0.0,
        camera: "simulated",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_picture_fails_the_run() {
        let whole = Filmed {
            pictures: 4,
            pictures_acknowledged: 4,
            pictures_stored: 4,
            pictures_lost: 0,
        };
        assert!(whole.verdict().is_ok());
        let unacknowledged = Filmed {
            pictures_acknowledged: 3,
            ..whole
        };
        let lost = Filmed {
            pictures_lost: 1,
            ..whole
        };
        let reason = |filmed: Filmed| filmed.verdict().map_err(|error| error.to_string());
        let expected = "1 of 4 pictures were not acknowledged".to_owned();
        assert_eq!(reason(unacknowledged), Err(expected));
        assert_eq!(reason(lost), Err("1 pictures are not stored".to_owned()));
    }
}
