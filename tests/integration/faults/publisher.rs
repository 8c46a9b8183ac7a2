//! A stock client with `QoS` 1 that publishes one reading after another and remembers which of
//! them were acknowledged. After a lost connection it starts anew and sends again what was not:
//! readings that were stored without their answer getting out come twice.
//!
//! A reading says its number twice, in its time and in its values: one that is stored at another
//! reading's time, or at two times, is found.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};

/// 2026-01-05 00:00 UTC; reading number n is n seconds later.
pub const START: i64 = 1_767_571_200;

/// Publishes that may wait for their acknowledgement at once.
const WINDOW: usize = 40;

/// Between two readings: a brisk stream that leaves the machine to the system under test.
const PACE: Duration = Duration::from_millis(5);

/// Between two connections.
const PAUSE: Duration = Duration::from_millis(50);

/// The probe of every gateway here.
pub const PROBE: &str = "field";

/// Where and as whom to publish.
#[derive(Debug, Clone)]
pub struct Target {
    /// Port on 127.0.0.1.
    pub port: u16,
    /// User name and client id.
    pub gateway: &'static str,
    /// Password.
    pub key: String,
}

/// A running publisher.
pub struct Publisher {
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<BTreeSet<i64>>>,
    task: JoinHandle<i64>,
}

impl Publisher {
    /// Starts publishing.
    pub fn start(target: Target) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let task = publish(target, Arc::clone(&stop), Arc::clone(&acknowledged));
        Self {
            stop,
            acknowledged,
            task: tokio::spawn(task),
        }
    }

    /// Publishes one reading and waits until it is acknowledged.
    pub async fn publish_one(target: &Target, number: i64) -> anyhow::Result<()> {
        let mut connection = Connection::open(target);
        connection.send(number)?;
        loop {
            let event = connection.events.poll().await?;
            if connection.on_event(&event)?.is_some() {
                return Ok(());
            }
        }
    }

    /// Readings acknowledged so far.
    pub fn count(&self) -> usize {
        self.acknowledged.lock().map_or(0, |numbers| numbers.len())
    }

    /// Stops; returns how many readings were made and the numbers of the acknowledged ones.
    pub async fn finish(self) -> anyhow::Result<(i64, BTreeSet<i64>)> {
        self.stop.store(true, Ordering::Relaxed);
        let made = self.task.await?;
        let numbers = self
            .acknowledged
            .lock()
            .map_err(|_| anyhow::anyhow!("poisoned"))?
            .clone();
        Ok((made, numbers))
    }
}

/// The values of a reading's three channels: its number, digit by digit, within valid ranges.
pub fn values(number: i64) -> [i64; 3] {
    [number % 50, number / 50 % 100, number / 5_000 % 100]
}

async fn publish(
    target: Target,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<BTreeSet<i64>>>,
) -> i64 {
    let mut next = 0;
    let mut again = Vec::new();
    let mut pace = interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !stop.load(Ordering::Relaxed) {
        let mut connection = Connection::open(&target);
        while !stop.load(Ordering::Relaxed) {
            let mut number = || {
                again.pop().unwrap_or_else(|| {
                    next += 1;
                    next - 1
                })
            };
            match connection.turn(&mut pace, &mut number).await {
                Ok(Some(number)) => {
                    if let Ok(mut numbers) = acknowledged.lock() {
                        numbers.insert(number);
                    }
                }
                Ok(None) => {}
                Err(_) => break,
            }
        }
        again.extend(connection.unacknowledged());
        sleep(PAUSE).await;
    }
    next
}

/// One connection, and which reading each packet number stands for.
struct Connection {
    topic: String,
    client: AsyncClient,
    events: EventLoop,
    queued: VecDeque<i64>,
    in_flight: HashMap<u16, i64>,
}

impl Connection {
    fn open(target: &Target) -> Self {
        let mut options = MqttOptions::new(target.gateway, "127.0.0.1", target.port);
        options
            .set_credentials(target.gateway, &target.key)
            .set_clean_start(true)
            .set_connection_timeout(5)
            .set_keep_alive(Duration::from_secs(5));
        let (client, events) = AsyncClient::new(options, 2 * WINDOW);
        Self {
            topic: format!("suyuan/v1/{}/{PROBE}/telemetry", target.gateway),
            client,
            events,
            queued: VecDeque::new(),
            in_flight: HashMap::new(),
        }
    }

    fn send(&mut self, number: i64) -> anyhow::Result<()> {
        // The queue holds two windows: there is room.
        self.client
            .try_publish(&self.topic, QoS::AtLeastOnce, false, pack(number))?;
        self.queued.push_back(number);
        Ok(())
    }

    /// Publishes at its pace until something happens; the number of a reading where that is its
    /// acknowledgement. The poll is never dropped half-way: it may hold a packet in its hands.
    async fn turn(
        &mut self,
        pace: &mut Interval,
        next: &mut impl FnMut() -> i64,
    ) -> anyhow::Result<Option<i64>> {
        let event = {
            let poll = self.events.poll();
            tokio::pin!(poll);
            loop {
                let waiting = self.queued.len() + self.in_flight.len();
                tokio::select! {
                    event = &mut poll => break event?,
                    _ = pace.tick(), if waiting < WINDOW => {
                        let number = next();
                        // The queue holds two windows: there is room.
                        let payload = pack(number);
                        self.client.try_publish(&self.topic, QoS::AtLeastOnce, false, payload)?;
                        self.queued.push_back(number);
                    }
                }
            }
        };
        self.on_event(&event)
    }

    fn on_event(&mut self, event: &Event) -> anyhow::Result<Option<i64>> {
        match event {
            // Publishes leave in the order in which they were queued.
            Event::Outgoing(rumqttc::Outgoing::Publish(packet)) => {
                let number = self
                    .queued
                    .pop_front()
                    .context("a publish that nobody queued")?;
                self.in_flight.insert(*packet, number);
                Ok(None)
            }
            Event::Incoming(Packet::PubAck(ack)) => match ack.reason {
                // A broker also takes what nobody has subscribed to, and drops it.
                PubAckReason::Success | PubAckReason::NoMatchingSubscribers => {
                    Ok(self.in_flight.remove(&ack.pkid))
                }
                reason => anyhow::bail!("refused: {reason:?}"),
            },
            _ => Ok(None),
        }
    }

    fn unacknowledged(self) -> impl Iterator<Item = i64> {
        self.queued.into_iter().chain(self.in_flight.into_values())
    }
}

/// A reading as it is sent.
pub fn pack(number: i64) -> String {
    let time = START + number;
    let [low, middle, high] = values(number);
    format!(
        r#"[{{"bt":{time},"n":"temperature","v":{low}}},{{"n":"humidity","v":{middle}}},{{"n":"soil-moisture","v":{high}}}]"#
    )
}
