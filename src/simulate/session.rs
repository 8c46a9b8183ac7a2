//! One MQTT connection of a simulated node: MQTT 5, at least once, last will, `committed`
//! subscribed. It lives as long as its connection; the node opens the next one. Nothing is
//! remembered across connections, as on a microcontroller that lost its power: what counts is in
//! the node's flash.

use std::time::Duration;

use bytes::Bytes;
use gateway_firmware::uplink::{Pack, Uplink, UplinkError};
use model::id::GatewayId;
use model::topic::Topic;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, LastWill, Packet, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, MqttOptions};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

const ONLINE: &str = r#"{"state":"online"}"#;
const OFFLINE: &str = r#"{"state":"offline"}"#;

/// Packs that the client takes before it is busy.
const CLIENT_QUEUE: usize = 32;

/// Longest packet either way, bytes.
const PACKET_BYTES_MAX: u32 = 64 * 1024;

/// Longest wait for a clean goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// Where and as whom a node signs in.
#[derive(Debug, Clone)]
pub struct Login {
    /// Broker or front, without a scheme.
    pub host: String,
    /// Its TCP port.
    pub port: u16,
    /// User name, and client id.
    pub gateway: GatewayId,
    /// Password.
    pub key: String,
}

/// What the node hears from its connection.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// Signed in and subscribed: packs may go out.
    Up,
    /// The broker took a pack. That is not the database.
    Taken,
    /// The server's word about packs, as it came.
    Committed(Bytes),
    /// The connection is gone, for the reason given.
    Down(String),
    /// The broker does not want this gateway: trying again is no use.
    Refused(String),
}

/// A connection, or the attempt at one.
#[derive(Debug)]
pub struct Session {
    client: AsyncClient,
    heard: mpsc::Receiver<Heard>,
    poller: JoinHandle<()>,
    gateway: GatewayId,
}

impl Session {
    /// Begins to connect; [`Self::hear`] says what comes of it.
    pub fn open(login: &Login) -> Self {
        let (client, events) = AsyncClient::new(options(login), CLIENT_QUEUE);
        let (say, heard) = mpsc::channel(CLIENT_QUEUE);
        let poller = tokio::spawn(poll(events, client.clone(), login.gateway, say));
        Self {
            client,
            heard,
            poller,
            gateway: login.gateway,
        }
    }

    /// The next thing that happened. After `Down` or `Refused` nothing more comes.
    pub async fn hear(&mut self) -> Heard {
        let ended = || Heard::Down(String::from("the connection ended"));
        self.heard.recv().await.unwrap_or_else(ended)
    }

    /// Says goodbye, so that the last will stays unspoken.
    pub async fn close(mut self) {
        let status = Topic::Status {
            gateway: self.gateway,
        }
        .to_string();
        let said = self
            .client
            .try_publish(status, QoS::AtLeastOnce, true, OFFLINE);
        if said.is_ok() && self.client.try_disconnect().is_ok() {
            let until_end = async { while self.heard.recv().await.is_some() {} };
            // Too late is no loss: the last will then says the same.
            let _ = tokio::time::timeout(GOODBYE, until_end).await;
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.poller.abort();
    }
}

impl Uplink for Session {
    fn send(&mut self, pack: &Pack<'_>) -> Result<(), UplinkError> {
        if self.poller.is_finished() {
            return Err(UplinkError::Down);
        }
        let topic = Topic::Telemetry {
            gateway: self.gateway,
            probe: *pack.probe,
        }
        .to_string();
        self.client
            .try_publish(topic, QoS::AtLeastOnce, false, pack.payload.to_vec())
            .map_err(|_| UplinkError::Busy)
    }
}

fn options(login: &Login) -> MqttOptions {
    let mut options = MqttOptions::new(login.gateway.as_str(), &login.host, login.port);
    let status = Topic::Status {
        gateway: login.gateway,
    }
    .to_string();
    options
        .set_credentials(login.gateway.as_str(), &login.key)
        .set_clean_start(true)
        .set_keep_alive(Duration::from_secs(30))
        .set_max_packet_size(Some(PACKET_BYTES_MAX))
        .set_last_will(LastWill::new(status, OFFLINE, QoS::AtLeastOnce, true, None));
    options
}

/// Drives the client until the connection ends, and passes on what matters to the node.
async fn poll(
    mut events: EventLoop,
    client: AsyncClient,
    gateway: GatewayId,
    say: mpsc::Sender<Heard>,
) {
    loop {
        let heard = match events.poll().await {
            Ok(Event::Incoming(packet)) => on_packet(&packet, &client, gateway),
            Ok(Event::Outgoing(_)) => None,
            Err(error) => Some(on_error(&error)),
        };
        let Some(heard) = heard else { continue };
        let is_last = matches!(heard, Heard::Down(_) | Heard::Refused(_));
        // A node that does not listen any more has given this connection up.
        if say.send(heard).await.is_err() || is_last {
            return;
        }
    }
}

fn on_packet(packet: &Packet, client: &AsyncClient, gateway: GatewayId) -> Option<Heard> {
    match packet {
        Packet::ConnAck(_) => {
            let committed = Topic::Committed { gateway }.to_string();
            let status = Topic::Status { gateway }.to_string();
            let asked = [
                client.try_subscribe(committed, QoS::AtLeastOnce),
                client.try_publish(status, QoS::AtLeastOnce, true, ONLINE),
            ];
            let refused = asked.into_iter().find_map(Result::err);
            refused.map(|error| Heard::Down(error.to_string()))
        }
        Packet::SubAck(answer) => {
            let granted = |code| matches!(code, &SubscribeReasonCode::Success(_));
            let refused = || Heard::Refused(String::from("committed may not be subscribed"));
            Some(if answer.return_codes.iter().all(granted) {
                Heard::Up
            } else {
                refused()
            })
        }
        Packet::PubAck(_) => Some(Heard::Taken),
        Packet::Publish(message) => {
            let topic = String::from_utf8_lossy(&message.topic);
            let ours = Topic::parse(&topic) == Ok(Topic::Committed { gateway });
            ours.then(|| Heard::Committed(message.payload.clone()))
        }
        Packet::Disconnect(goodbye) => Some(Heard::Down(format!(
            "the broker ends it: {:?}",
            goodbye.reason_code
        ))),
        _ => None,
    }
}

fn on_error(error: &ConnectionError) -> Heard {
    use ConnectReturnCode::{BadUserNamePassword, Banned, ClientIdentifierNotValid, NotAuthorized};
    match error {
        ConnectionError::ConnectionRefused(
            code @ (BadUserNamePassword | NotAuthorized | Banned | ClientIdentifierNotValid),
        ) => Heard::Refused(format!("the broker refuses the sign-in: {code:?}")),
        other => Heard::Down(other.to_string()),
    }
}
