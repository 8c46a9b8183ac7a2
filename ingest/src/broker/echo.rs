//! The second client: tells gateways behind the broker which packs are committed. Its queue is
//! bounded and never waited for: a number that is dropped is asked for again by the node, which
//! keeps its pack until it hears of it.

use std::time::Duration;

use model::id::GatewayId;
use model::metric;
use model::topic::Topic;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::{AsyncClient, Event, EventLoop};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::reader::options;
use crate::config::BrokerConfig;

/// Numbers that may wait for the broker.
const NUMBERS_MAX: usize = 16_384;
/// Numbers in one message.
const NUMBERS_PER_MESSAGE: usize = 32;
/// Messages between us and the library.
const REQUESTS: usize = 64;
/// How long a shutdown waits for the last numbers.
const FLUSH: Duration = Duration::from_secs(1);

/// The side that hands numbers in.
pub(super) type Echo = mpsc::Sender<(GatewayId, u64)>;

pub(super) fn channel() -> (Echo, mpsc::Receiver<(GatewayId, u64)>) {
    mpsc::channel(NUMBERS_MAX)
}

/// Hands a number in; counts it where there is no room.
pub(super) fn send(echo: &Echo, gateway: GatewayId, number: u64) {
    if echo.try_send((gateway, number)).is_err() {
        metrics::counter!(metric::DROPPED, "what" => "committed").increment(1);
    }
}

/// Publishes numbers until the other side lets go of the channel and all are sent, or for a
/// short while after `drained`: a broker that is away must not hold a shutdown up.
pub(super) async fn run(
    config: &BrokerConfig,
    mut numbers: mpsc::Receiver<(GatewayId, u64)>,
    seed: u64,
    drained: &CancellationToken,
) {
    let mut options = options(config, &format!("{}-committed", config.client_id));
    options.set_clean_start(true);
    let (client, mut connection) = AsyncClient::new(options, REQUESTS);
    let mut backoff = Backoff::new(config.backoff, seed);
    let sending = async {
        tokio::join!(
            publish(&client, &mut numbers),
            poll(&mut connection, &mut backoff)
        );
    };
    let given_up = async {
        drained.cancelled().await;
        sleep(FLUSH).await;
    };
    tokio::select! {
        () = sending => {}
        () = given_up => {}
    }
}

/// Gathers what waits to a message for each gateway. This task does not poll the connection, so
/// it may wait for room in it.
async fn publish(client: &AsyncClient, numbers: &mut mpsc::Receiver<(GatewayId, u64)>) {
    let mut taken = Vec::with_capacity(NUMBERS_PER_MESSAGE);
    while numbers.recv_many(&mut taken, NUMBERS_PER_MESSAGE).await > 0 {
        while let Some((gateway, _)) = taken.first().copied() {
            let own: Vec<String> = taken
                .iter()
                .filter(|(g, _)| *g == gateway)
                .map(|(_, n)| n.to_string())
                .collect();
            taken.retain(|(other, _)| *other != gateway);
            let payload = format!(r#"{{"sq":[{}]}}"#, own.join(","));
            let topic = Topic::Committed { gateway }.to_string();
            if client
                .publish(topic, QoS::AtLeastOnce, false, payload)
                .await
                .is_err()
            {
                return;
            }
        }
    }
    // Goes out behind all that was published; an error means that the connection is gone anyway.
    let _ = client.disconnect().await;
}

/// Keeps the connection until our goodbye is out.
async fn poll(connection: &mut EventLoop, backoff: &mut Backoff) {
    loop {
        match connection.poll().await {
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return,
            Ok(_) => backoff.reset(),
            Err(error) => {
                tracing::debug!(%error, "the broker is away for committed");
                sleep(backoff.pause()).await;
            }
        }
    }
}
