//! The first client: reads and acknowledges. What is known of the library and held here: one task
//! polls and never waits for anything else; an acknowledgement belongs to the connection that its
//! message came on (its epoch) and is dropped with it, because on the next connection the same
//! number may mean another message; subscriptions are renewed at every CONNACK.

use std::collections::VecDeque;
use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_util::future::{BoxFuture, FutureExt as _, pending};
use futures_util::stream::{FuturesOrdered, StreamExt as _};
use model::id::GatewayId;
use model::metric;
use model::topic::Topic;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Filter, Publish, SubAck, SubscribeReasonCode};
use rumqttc::v5::{AsyncClient, ConnectionError, Event, EventLoop, Incoming, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use store::chain;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::backoff::Backoff;
use super::echo::{self, Echo, Word};
use super::filter;
use crate::clock::Clock;
use crate::config::BrokerConfig;
use crate::health::Health;
use crate::pipeline::{Pipeline, Taking};
use crate::stage::{Door, Kind, NotStored, Origin, Received, Stored};
use crate::window::Admission;

/// Messages of `QoS` 0 that may wait beside the receive maximum; the rest is dropped and counted,
/// which `QoS` 0 allows.
const UNNUMBERED_MAX: usize = 1_000;
/// Bytes of messages that may wait for room in the window before the broker is not read any more.
/// What is left in it comes later; if that takes longer than the keep-alive, on a new connection.
const UNADMITTED_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Longest time to build a connection, seconds.
const CONNECT_SECONDS: u64 = 10;

/// A message whose turn has come.
struct Done {
    epoch: u64,
    publish: Publish,
    gateway: Option<GatewayId>,
    taken: Result<Stored, NotStored>,
}

/// A message that waits for its turn.
struct Underway {
    epoch: u64,
    /// Taken out at the end.
    publish: Option<Publish>,
    gateway: Option<GatewayId>,
    taking: Taking,
    /// Its room in the window, given back with its commit.
    room: Option<Admission>,
}

impl Future for Underway {
    type Output = Done;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Done> {
        let taken = ready!(self.taking.poll_unpin(context));
        drop(self.room.take());
        // Polled again after its end, which nobody does, it never ends.
        let publish = ready!(self.publish.take().map_or(Poll::Pending, Poll::Ready));
        Poll::Ready(Done {
            epoch: self.epoch,
            publish,
            gateway: self.gateway,
            taken,
        })
    }
}

/// Reads from one broker.
pub(super) struct Reader {
    config: BrokerConfig,
    pipeline: Pipeline,
    health: Arc<Health>,
    clock: Arc<dyn Clock>,
    echo: Echo,
    client: AsyncClient,
    backoff: Backoff,
    epoch: u64,
    connected: bool,
    /// Bytes of messages that wait for room.
    unadmitted: Arc<AtomicUsize>,
    inflight: FuturesOrdered<Underway>,
    /// Acknowledgements that the library's queue had no room for.
    owed: VecDeque<Publish>,
}

/// What both clients are set up with.
pub(super) fn options(config: &BrokerConfig, client_id: &str) -> MqttOptions {
    let url = &config.url;
    let mut options = MqttOptions::new(client_id, url.host.as_str(), url.port);
    if let Some((user, password)) = &url.credentials {
        options.set_credentials(user, password);
    }
    if let Some(tls) = &config.tls {
        let tls = TlsConfiguration::Rustls(Arc::clone(tls));
        options.set_transport(Transport::tls_with_config(tls));
    }
    options.set_connection_timeout(CONNECT_SECONDS);
    options.set_max_packet_size(Some(config.packet_bytes));
    options
}

impl Reader {
    /// A reader and its connection, which is made when it is first polled.
    pub(super) fn new(
        config: &BrokerConfig,
        pipeline: Pipeline,
        health: Arc<Health>,
        clock: Arc<dyn Clock>,
        echo: Echo,
        seed: u64,
    ) -> (Self, EventLoop) {
        let mut options = options(config, &config.client_id);
        options.set_manual_acks(true);
        // The broker keeps what we have not acknowledged while we are away.
        options.set_clean_start(false);
        let expiry = u32::try_from(config.session_expiry.as_secs()).unwrap_or(u32::MAX);
        options.set_session_expiry_interval(Some(expiry));
        options.set_receive_maximum(Some(config.receive_max));
        let requests = usize::from(config.receive_max) + UNNUMBERED_MAX;
        let (client, connection) = AsyncClient::new(options, requests);
        let reader = Self {
            config: config.clone(),
            pipeline,
            health,
            clock,
            echo,
            client,
            backoff: Backoff::new(config.backoff, seed),
            epoch: 0,
            connected: false,
            unadmitted: Arc::default(),
            inflight: FuturesOrdered::new(),
            owed: VecDeque::new(),
        };
        (reader, connection)
    }

    /// Reads until told to stop, then acknowledges what is being committed.
    pub(super) async fn run(mut self, mut connection: EventLoop, stop: &CancellationToken) {
        loop {
            let why = match self.next_event(&mut connection, Some(stop)).await {
                ControlFlow::Continue(Ok(event)) => match self.handle(event) {
                    Ok(()) => continue,
                    Err(refused) => refused,
                },
                ControlFlow::Continue(Err(error)) => chain(&error),
                ControlFlow::Break(Stopped::NotStored) => "a message was not stored".to_owned(),
                ControlFlow::Break(Stopped::Asked) => break,
            };
            self.hang_up(&mut connection, &why);
            self.pause(stop).await;
        }
        self.health.set_broker(false);
        self.drain(&mut connection).await;
    }

    fn handle(&mut self, event: Event) -> Result<(), String> {
        match event {
            Event::Incoming(Incoming::ConnAck(_)) => self.subscribe(),
            Event::Incoming(Incoming::SubAck(answer)) => self.subscribed(&answer),
            Event::Incoming(Incoming::Publish(publish)) => {
                self.take(publish);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Polls to the next event, acknowledging meanwhile; until `stop`, or without one until
    /// nothing waits for its commit. The poll is not dropped before: it may hold an
    /// acknowledgement in its hands.
    async fn next_event(
        &mut self,
        connection: &mut EventLoop,
        stop: Option<&CancellationToken>,
    ) -> ControlFlow<Stopped, Result<Event, ConnectionError>> {
        let poll = connection.poll();
        tokio::pin!(poll);
        while stop.is_some() || !self.inflight.is_empty() {
            tokio::select! {
                biased;
                () = asked(stop) => break,
                event = &mut poll, if self.may_read() => return ControlFlow::Continue(event),
                Some(done) = self.inflight.next(), if !self.inflight.is_empty() => {
                    if self.acknowledge(done).is_err() {
                        return ControlFlow::Break(Stopped::NotStored);
                    }
                }
            }
        }
        ControlFlow::Break(Stopped::Asked)
    }

    /// Whether there is room for what the broker sends. While there is none something is in
    /// flight, whose end wakes the loop.
    fn may_read(&self) -> bool {
        self.unadmitted.load(Ordering::Relaxed) < UNADMITTED_BYTES_MAX || self.inflight.is_empty()
    }

    fn subscribe(&mut self) -> Result<(), String> {
        let paths = filter::list(&self.config);
        let filters = paths
            .into_iter()
            .map(|path| Filter::new(path, QoS::AtLeastOnce));
        // A session that was kept delivers at once, before the subscription is answered.
        self.connected = true;
        let sent = self.client.try_subscribe_many(filters);
        sent.map_err(|_| "the subscription could not be sent".to_owned())
    }

    fn subscribed(&mut self, answer: &SubAck) -> Result<(), String> {
        let is_granted =
            |code: &SubscribeReasonCode| matches!(code, SubscribeReasonCode::Success(_));
        let (own, others) = answer
            .return_codes
            .split_at_checked(filter::OWN)
            .unwrap_or((&answer.return_codes, &[]));
        if !own.iter().all(is_granted) {
            return Err(format!("the broker refuses a subscription: {own:?}"));
        }
        if !others.iter().all(is_granted) {
            let broker = &self.config.url;
            tracing::warn!(%broker, "the broker refuses topics of other makes' devices");
        }
        self.backoff.reset();
        self.health.set_broker(true);
        metrics::counter!(metric::BROKER_CONNECTS).increment(1);
        tracing::info!(broker = %self.config.url, "connected and subscribed");
        Ok(())
    }

    fn take(&mut self, mut publish: Publish) {
        if !self.connected {
            // Left over from the connection before; the broker sends it again.
            return;
        }
        let limit = usize::from(self.config.receive_max) + UNNUMBERED_MAX;
        if publish.qos == QoS::AtMostOnce && self.inflight.len() >= limit {
            metrics::counter!(metric::DROPPED, "what" => "qos0").increment(1);
            return;
        }
        let payload = std::mem::take(&mut publish.payload);
        let text = String::from_utf8_lossy(&publish.topic).into_owned();
        publish.topic = Bytes::new();
        let topic = Topic::parse(&text).ok();
        let gateway = topic.as_ref().map(|topic| *topic.gateway());
        let received = Received {
            kind: Kind::of(&text, topic.as_ref(), &payload).with_time(time_property(&publish)),
            origin: Origin {
                door: Door::Broker,
                gateway: gateway.map(|gateway| gateway.to_string()),
                topic: text,
                payload,
                arrived: self.clock.now(),
            },
        };
        self.commit(publish, gateway, received);
    }

    fn commit(&mut self, publish: Publish, gateway: Option<GatewayId>, received: Received) {
        let bytes = received.origin.payload.len();
        let room = self.pipeline.window().try_admit(bytes);
        let taking = if room.is_some() {
            self.pipeline.start(received)
        } else {
            Taking::Long(self.wait_for_room(received))
        };
        self.inflight.push_back(Underway {
            epoch: self.epoch,
            publish: Some(publish),
            gateway,
            taking,
            room,
        });
    }

    /// Takes a message when there is room for it.
    fn wait_for_room(&self, received: Received) -> BoxFuture<'static, Result<Stored, NotStored>> {
        let pipeline = self.pipeline.clone();
        let bytes = received.origin.payload.len();
        let unadmitted = Arc::clone(&self.unadmitted);
        unadmitted.fetch_add(bytes, Ordering::Relaxed);
        async move {
            let room = pipeline.window().clone().admit(bytes).await;
            unadmitted.fetch_sub(bytes, Ordering::Relaxed);
            let taken = pipeline.take(received).await;
            drop(room);
            taken
        }
        .boxed()
    }

    fn acknowledge(&mut self, done: Done) -> Result<(), NotStored> {
        let stored = done.taken?;
        if let (Some(gateway), Some(number)) = (done.gateway, stored.sequence) {
            echo::send(&self.echo, Word::Committed(gateway, number));
        }
        if let Some(command) = stored.command {
            echo::send(&self.echo, Word::Command(command));
        }
        if done.epoch == self.epoch && done.publish.qos != QoS::AtMostOnce {
            self.owed.push_back(done.publish);
        }
        self.pay();
        Ok(())
    }

    /// Hands acknowledgements to the library, in order, as far as it has room.
    fn pay(&mut self) {
        while let Some(publish) = self.owed.front() {
            if self.client.try_ack(publish).is_err() {
                return;
            }
            self.owed.pop_front();
        }
    }

    /// Ends the connection and everything that belongs to its epoch.
    fn hang_up(&mut self, connection: &mut EventLoop, why: &str) {
        if self.connected {
            tracing::warn!(broker = %self.config.url, why, "disconnected");
        } else {
            tracing::debug!(broker = %self.config.url, why, "not connected");
        }
        self.connected = false;
        self.health.set_broker(false);
        self.epoch += 1;
        self.owed.clear();
        connection.clean();
        // The library keeps events over a reconnection; their numbers are of the old one.
        connection.state.events.clear();
    }

    /// Waits before the next attempt, and lets commits go on meanwhile.
    async fn pause(&mut self, stop: &CancellationToken) {
        let pause = sleep(self.backoff.pause());
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = &mut pause => return,
                Some(done) = self.inflight.next(), if !self.inflight.is_empty() => {
                    // Of an older epoch: stored or not, there is nobody to tell.
                    let _ = self.acknowledge(done);
                }
            }
        }
    }

    /// Acknowledges what was taken before the stop. New messages are left to the broker.
    async fn drain(&mut self, connection: &mut EventLoop) {
        loop {
            match self.next_event(connection, None).await {
                ControlFlow::Continue(Ok(_)) => {}
                ControlFlow::Break(Stopped::Asked) => break,
                ControlFlow::Continue(Err(_)) | ControlFlow::Break(Stopped::NotStored) => return,
            }
        }
        self.flush(connection).await;
    }

    /// Sends the acknowledgements that are still in the library's queue, then says goodbye.
    async fn flush(&mut self, connection: &mut EventLoop) {
        let _ = self.client.try_disconnect();
        while let Ok(event) = connection.poll().await {
            if matches!(event, Event::Outgoing(rumqttc::Outgoing::Disconnect)) {
                return;
            }
        }
    }
}

/// The user property `time` of a message.
fn time_property(publish: &Publish) -> Option<&str> {
    let properties = publish.properties.as_ref()?.user_properties.iter();
    let mut times = properties.filter(|(key, _)| key == "time");
    times.next().map(|(_, value)| value.as_str())
}

/// Waits to be asked to stop, for ever where nobody may ask.
async fn asked(stop: Option<&CancellationToken>) {
    match stop {
        Some(stop) => stop.cancelled().await,
        None => pending().await,
    }
}

/// Why the reader stopped polling.
enum Stopped {
    Asked,
    NotStored,
}
