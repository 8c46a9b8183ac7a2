//! The second client: tells gateways behind the broker which packs are committed, and edge nodes
//! that they are to be born again. Its queue is
//! bounded and never waited for: a number that is dropped is asked for again by the node, which
//! keeps its pack until it hears of it.

use std::time::Duration;

use model::id::GatewayId;
use model::metric;
use model::topic::Topic;
use rumqttc::Outgoing;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::{AsyncClient, ClientError, Event, EventLoop};
use tokio::sync::mpsc;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::reader::options;
use crate::config::BrokerConfig;
use crate::payload::Command;

/// Numbers that may wait for the broker.
const NUMBERS_MAX: usize = 16_384;
/// Numbers in one message.
const NUMBERS_PER_MESSAGE: usize = 32;
/// Messages between us and the library.
const REQUESTS: usize = 64;
/// How long a shutdown waits for the last numbers.
const FLUSH: Duration = Duration::from_secs(1);

/// What is to be published.
#[derive(Debug)]
pub(super) enum Word {
    /// A gateway's pack of this number is committed.
    Committed(GatewayId, u64),
    /// A command to a device of another make.
    Command(Command),
}

/// The side that hands words in.
pub(super) type Echo = mpsc::Sender<Word>;

pub(super) fn channel() -> (Echo, mpsc::Receiver<Word>) {
    mpsc::channel(NUMBERS_MAX)
}

/// Hands a word in; counts it where there is no room.
pub(super) fn send(echo: &Echo, word: Word) {
    let what = match &word {
        Word::Committed(..) => "committed",
        Word::Command(_) => "command",
    };
    if echo.try_send(word).is_err() {
        metrics::counter!(metric::DROPPED, "what" => what).increment(1);
    }
}

/// Publishes numbers until the other side lets go of the channel and all are sent, or for a
/// short while after `drained`: a broker that is away must not hold a shutdown up.
pub(super) async fn run(
    config: &BrokerConfig,
    mut words: mpsc::Receiver<Word>,
    seed: u64,
    drained: &CancellationToken,
) {
    let mut options = options(config, &format!("{}-committed", config.client_id));
    options.set_clean_start(true);
    let (client, mut connection) = AsyncClient::new(options, REQUESTS);
    let mut backoff = Backoff::new(config.backoff, seed);
    let sending = async {
        tokio::join!(
            publish(&client, &mut words),
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
async fn publish(client: &AsyncClient, words: &mut mpsc::Receiver<Word>) {
    let mut taken = Vec::with_capacity(NUMBERS_PER_MESSAGE);
    while words.recv_many(&mut taken, NUMBERS_PER_MESSAGE).await > 0 {
        let mut numbers = Vec::new();
        for word in taken.drain(..) {
            match word {
                Word::Committed(gateway, number) => numbers.push((gateway, number)),
                Word::Command(Command { topic, payload }) => {
                    // Sparkplug B: commands go out with `QoS` 0.
                    let sent = client.publish(topic, QoS::AtMostOnce, false, payload).await;
                    if sent.is_err() {
                        return;
                    }
                }
            }
        }
        if publish_numbers(client, numbers).await.is_err() {
            return;
        }
    }
    // Goes out behind all that was published; an error means that the connection is gone anyway.
    let _ = client.disconnect().await;
}

async fn publish_numbers(
    client: &AsyncClient,
    mut numbers: Vec<(GatewayId, u64)>,
) -> Result<(), ClientError> {
    while let Some((gateway, _)) = numbers.first().copied() {
        let own: Vec<String> = numbers
            .iter()
            .filter(|(g, _)| *g == gateway)
            .map(|(_, n)| n.to_string())
            .collect();
        numbers.retain(|(other, _)| *other != gateway);
        let payload = format!(r#"{{"sq":[{}]}}"#, own.join(","));
        let topic = Topic::Committed { gateway }.to_string();
        client
            .publish(topic, QoS::AtLeastOnce, false, payload)
            .await?;
    }
    Ok(())
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
