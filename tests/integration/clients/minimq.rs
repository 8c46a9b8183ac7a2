//! minimq, an MQTT 5 client for microcontrollers without a heap, over a socket of ours: it publishes
//! one reading after another with `QoS` 1 and goes on with the next when the last is acknowledged.

use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::anyhow;
use embedded_io_async::{ErrorType, Read, Write};
use minimq::{Buffers, ConfigBuilder, Connection, Op, Publication, QoS, Session};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use super::PROBE;
use crate::faults::publisher::pack;

/// Bytes of each of its two buffers.
const BUFFER_BYTES: usize = 2_048;
/// Longest wait for an answer before it connects anew.
const ANSWER: Duration = Duration::from_secs(10);
/// Between two connections.
const PAUSE: Duration = Duration::from_millis(50);

/// A socket as minimq wants it.
struct Wire(TcpStream);

impl ErrorType for Wire {
    type Error = io::Error;
}

impl Read for Wire {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer).await
    }
}

impl Write for Wire {
    async fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        self.0.flush().await
    }
}

/// What a publisher did so far.
#[derive(Default)]
pub struct Minimq {
    stop: AtomicBool,
    acknowledged: Mutex<BTreeSet<i64>>,
}

impl Minimq {
    /// Readings acknowledged so far.
    pub fn count(&self) -> usize {
        self.acknowledged.lock().map_or(0, |numbers| numbers.len())
    }

    /// The numbers of those.
    pub fn acknowledged(&self) -> BTreeSet<i64> {
        self.acknowledged
            .lock()
            .map_or_else(|_| BTreeSet::new(), |numbers| numbers.clone())
    }

    /// Has it end after the reading at hand.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Publishes until it is stopped, whatever becomes of the server; how many readings it made.
    pub async fn publish(&self, port: u16, gateway: &str, key: &str) -> anyhow::Result<i64> {
        let (mut received, mut sent) = ([0; BUFFER_BYTES], [0; BUFFER_BYTES]);
        let wrong = |error| anyhow!("{error:?}");
        let config = ConfigBuilder::new(Buffers::new(&mut received, &mut sent))
            .client_id(gateway)
            .map_err(wrong)?
            .auth(gateway, key.as_bytes())
            .map_err(wrong)?
            .keepalive_interval(5)
            .session_expiry_interval(60);
        let mut session = Session::new(config);
        let topic = format!("suyuan/v1/{gateway}/{PROBE}/telemetry");
        let mut number = 0;
        let mut under_way = None;
        while !self.stop.load(Ordering::Relaxed) {
            let Ok(stream) = TcpStream::connect(("127.0.0.1", port)).await else {
                sleep(PAUSE).await;
                continue;
            };
            if let Ok(Ok(mut connection)) = timeout(ANSWER, session.connect(Wire(stream))).await {
                let mut turn = Turn {
                    topic: &topic,
                    number: &mut number,
                    under_way: &mut under_way,
                };
                // An error is a connection's end: the next one goes on.
                while !self.stop.load(Ordering::Relaxed)
                    && let Ok(done) = turn.next(&mut connection).await
                {
                    if let (Some(done), Ok(mut numbers)) = (done, self.acknowledged.lock()) {
                        numbers.insert(done);
                    }
                }
            }
            sleep(PAUSE).await;
        }
        Ok(number + 1)
    }
}

/// The reading at hand.
struct Turn<'p> {
    topic: &'p str,
    number: &'p mut i64,
    under_way: &'p mut Option<Op>,
}

impl Turn<'_> {
    /// One step: publishes the reading, or waits for something to come; its number where that is
    /// its acknowledgement.
    async fn next(
        &mut self,
        connection: &mut Connection<'_, '_, Wire>,
    ) -> anyhow::Result<Option<i64>> {
        match self.under_way {
            Some(op) if connection.is_complete(op) => {
                *self.under_way = None;
                *self.number += 1;
                return Ok(Some(*self.number - 1));
            }
            // A server that has forgotten the session: the reading is sent anew.
            Some(op) if connection.is_invalidated(op) => *self.under_way = None,
            Some(_) => {
                let polled = timeout(ANSWER, connection.poll()).await?;
                polled.map_err(|error| anyhow!("{error:?}"))?;
                return Ok(None);
            }
            None => {}
        }
        let text = pack(*self.number);
        let publication = Publication::text(self.topic, &text).qos(QoS::AtLeastOnce);
        let published = connection.publish(publication).await;
        *self.under_way = published.map_err(|error| anyhow!("{error:?}"))?;
        Ok(None)
    }
}
