//! The limit of the broker's door: a bare MQTT 5 subscriber of the same library with the same
//! window, which acknowledges each message as soon as it has read it and does nothing else.

use anyhow::Context;
use ingest::BrokerConfig;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::{AsyncClient, Event, EventLoop, Incoming, MqttOptions};
use serde_json::json;

use super::{answer, commands};

/// Requests that may wait inside the library.
const REQUESTS: usize = 16;

/// Flags of the subscriber.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The broker's port.
    #[arg(long)]
    port: u16,
}

/// Receives until standard input closes.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let url = format!("mqtt://127.0.0.1:{}", args.port);
    let ours = BrokerConfig::new(url.parse()?, "limit");
    let mut options = MqttOptions::new("limit", "127.0.0.1", args.port);
    options.set_receive_maximum(Some(ours.receive_max));
    options.set_max_packet_size(Some(ours.packet_bytes));
    let (client, mut connection) = AsyncClient::new(options, REQUESTS);
    client
        .subscribe("suyuan/v1/+/+/telemetry", QoS::AtLeastOnce)
        .await?;
    let mut commands = commands();
    let mut received = 0_u64;
    loop {
        tokio::select! {
            line = commands.recv() => match line {
                Some(_) => answer(&json!({ "ready": true, "count": received })),
                None => return Ok(()),
            },
            heard = next(&mut connection) => match heard? {
                Incoming::SubAck(_) => answer(&json!({ "subscribed": true })),
                Incoming::Publish(_) => received += 1,
                _ => {}
            },
        }
    }
}

/// The next packet. Dropped while it waits, it loses nothing: the library keeps what it has read.
async fn next(connection: &mut EventLoop) -> anyhow::Result<Incoming> {
    loop {
        if let Event::Incoming(packet) = connection.poll().await.context("the broker")? {
            return Ok(packet);
        }
    }
}
