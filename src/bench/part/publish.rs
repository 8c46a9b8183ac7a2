//! The load: many gateways' connections in one thread, each with a window of unacknowledged
//! messages. How many messages may go out in all is told from outside (`allow N`), or a pace is
//! (`rate N`); `mark` starts the count of delays anew; `stop` waits for the last
//! acknowledgement.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, Interest};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{MissedTickBehavior, interval};

use super::wire::{self, Heard};
use super::{answer, commands};
use crate::bench::histogram::Histogram;
use crate::bench::stage::{self, Devices};
use crate::bench::stream::{Messages, SEQUENCE_FIRST, Shape};
use crate::clock;

/// Bytes gathered before they are written.
const OUT_BYTES: usize = 32 * 1024;
/// How often a pace is kept up.
const PACE: Duration = Duration::from_millis(5);
/// How long the last acknowledgements may take.
const STOP_PATIENCE: Duration = Duration::from_secs(90);

/// Flags of the load.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to publish.
    #[arg(long)]
    port: u16,
    #[command(flatten)]
    devices: Devices,
    /// Messages of one connection without acknowledgement.
    #[arg(long, default_value_t = 256)]
    window: u16,
    /// Time of the first reports, seconds.
    #[arg(long)]
    from: i64,
    /// Number the packs and take `committed` for the acknowledgement, as a node does.
    #[arg(long)]
    committed: bool,
}

/// What all connections share; one thread, so that plain cells do.
#[derive(Default)]
struct Load {
    allowed: Cell<u64>,
    published: Cell<u64>,
    acknowledged: Cell<u64>,
    delays: RefCell<Histogram>,
    news: Notify,
}

/// Publishes until standard input closes.
pub async fn run(args: Args) -> anyhow::Result<()> {
    let load = Rc::new(Load::default());
    let local = LocalSet::new();
    let mut connections = JoinSet::new();
    for number in 0..args.devices.gateways {
        let connection = Connection::open(&args, number, Rc::clone(&load)).await?;
        connections.spawn_local_on(connection.run(), &local);
    }
    answer(&json!({ "ready": true }));
    local
        .run_until(async {
            tokio::select! {
                ended = obey(&load) => ended,
                Some(ended) = connections.join_next() => ended.context("a connection")?,
            }
        })
        .await
}

async fn obey(load: &Rc<Load>) -> anyhow::Result<()> {
    let mut commands = commands();
    let mut pace = Pace::default();
    let mut ticks = interval(PACE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let line = tokio::select! {
            line = commands.recv() => line,
            _ = ticks.tick(), if pace.per_second > 0.0 => {
                load.allow(pace.due(clock::instant()));
                continue;
            }
        };
        let Some(line) = line else { return Ok(()) };
        let (word, number) = line.split_once(' ').unwrap_or((&line, ""));
        match word {
            "allow" => load.allow(number.parse()?),
            "rate" => pace = Pace::new(number.parse()?, load.published.get(), clock::instant()),
            "mark" => drop(load.delays.replace(Histogram::default())),
            "count" => answer(&load.count()),
            "stop" => {
                pace = Pace::default();
                load.stop().await?;
                answer(&load.count());
            }
            _ => bail!("no such command: {line}"),
        }
    }
}

/// So many messages a second.
#[derive(Default)]
struct Pace {
    per_second: f64,
    since: Option<(u64, Instant)>,
}

impl Pace {
    fn new(per_second: f64, published: u64, now: Instant) -> Self {
        let since = Some((published, now));
        Self { per_second, since }
    }

    /// How many messages may have gone out by now.
    fn due(&self, now: Instant) -> u64 {
        self.since.map_or(0, |(published, since)| {
            published + ((now - since).as_secs_f64() * self.per_second) as u64
        })
    }
}

impl Load {
    fn allow(&self, total: u64) {
        self.allowed.set(total);
        self.news.notify_waiters();
    }

    async fn stop(&self) -> anyhow::Result<()> {
        self.allowed.set(0);
        let all = async {
            while self.acknowledged.get() < self.published.get() {
                tokio::time::sleep(PACE).await;
            }
        };
        let ended = tokio::time::timeout(STOP_PATIENCE, all).await;
        ended.context("the last acknowledgements did not come")
    }

    fn count(&self) -> serde_json::Value {
        let delays = self.delays.borrow();
        json!({
            "published": self.published.get(),
            "acknowledged": self.acknowledged.get(),
            "p50_ms": delays.quantile_ms(0.5),
            "p99_ms": delays.quantile_ms(0.99),
        })
    }

    fn acknowledge(&self, sent: Option<Instant>, now: Instant) {
        self.acknowledged.set(self.acknowledged.get() + 1);
        if let Some(sent) = sent {
            self.delays.borrow_mut().record(now - sent);
        }
    }
}

/// One gateway.
struct Connection {
    stream: TcpStream,
    load: Rc<Load>,
    messages: Vec<Messages>,
    /// Its place among all connections, and how many there are.
    place: (u64, u64),
    window: usize,
    sent: u64,
    /// When each message that waits for its PUBACK was written, in order.
    waiting: VecDeque<Instant>,
    /// The same by pack number, where `committed` is what counts.
    numbered: Option<HashMap<u64, Instant>>,
    out: Vec<u8>,
    input: Vec<u8>,
}

/// `{"sq":[17,18]}`
#[derive(Deserialize)]
struct Committed {
    sq: Vec<u64>,
}

impl Connection {
    async fn open(args: &Args, number: u32, load: Rc<Load>) -> anyhow::Result<Self> {
        let devices = &args.devices;
        let gateway = stage::gateway_name(number);
        let mut stream = TcpStream::connect(("127.0.0.1", args.port)).await?;
        stream.set_nodelay(true)?;
        stream
            .write_all(&wire::connect(&gateway, stage::KEY))
            .await?;
        if args.committed {
            let topic = format!("suyuan/v1/{gateway}/committed");
            stream.write_all(&wire::subscribe(&topic)).await?;
        }
        let mut welcome = [0; 4];
        stream.read_exact(&mut welcome).await?;
        let heard = wire::parse(&welcome);
        ensure!(
            matches!(heard, Some((Heard::Welcome(0), _))),
            "{gateway} is not let in"
        );
        let shape = |probe| Shape {
            gateway: gateway.clone(),
            probe: stage::probe_name(probe),
            number: number * devices.probes + probe,
            reports: devices.reports,
            payload: devices.payload,
            numbered: args.committed,
        };
        let from = Timestamp::from_seconds(args.from);
        Ok(Self {
            stream,
            load,
            messages: (0..devices.probes)
                .map(|probe| Messages::new(&shape(probe), from))
                .collect(),
            place: (u64::from(number), u64::from(devices.gateways)),
            window: usize::from(args.window),
            sent: 0,
            waiting: VecDeque::new(),
            numbered: args.committed.then(HashMap::new),
            out: Vec::new(),
            input: Vec::new(),
        })
    }

    async fn run(mut self) -> anyhow::Result<()> {
        loop {
            self.fill();
            let interest = if self.out.is_empty() {
                Interest::READABLE
            } else {
                Interest::READABLE | Interest::WRITABLE
            };
            let load = Rc::clone(&self.load);
            let ready = tokio::select! {
                ready = self.stream.ready(interest) => ready?,
                () = load.news.notified(), if self.out.is_empty() => continue,
            };
            if ready.is_writable() && !self.out.is_empty() {
                self.write()?;
            }
            if ready.is_readable() {
                self.read()?;
            }
        }
    }

    /// Its part of what all may send.
    fn share(&self) -> u64 {
        let (place, of) = self.place;
        (self.load.allowed.get().saturating_add(of - 1 - place)) / of
    }

    fn unacknowledged(&self) -> usize {
        self.numbered
            .as_ref()
            .map_or(self.waiting.len(), HashMap::len)
    }

    fn fill(&mut self) {
        if self.out.len() >= OUT_BYTES || self.sent >= self.share() {
            return;
        }
        let now = clock::instant();
        while self.out.len() < OUT_BYTES
            && self.unacknowledged() < self.window
            && self.sent < self.share()
        {
            let id = (self.sent % 65_535) as u16 + 1;
            let sequence = SEQUENCE_FIRST + self.sent as u32;
            let probe = (self.sent % self.messages.len() as u64) as usize;
            self.messages[probe].next(id, sequence, &mut self.out);
            match &mut self.numbered {
                Some(numbered) => _ = numbered.insert(u64::from(sequence), now),
                None => self.waiting.push_back(now),
            }
            self.sent += 1;
            self.load.published.set(self.load.published.get() + 1);
        }
    }

    fn write(&mut self) -> anyhow::Result<()> {
        match self.stream.try_write(&self.out) {
            Ok(count) => drop(self.out.drain(..count)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    fn read(&mut self) -> anyhow::Result<()> {
        let mut buffer = [0; 4_096];
        loop {
            match self.stream.try_read(&mut buffer) {
                Ok(0) => bail!("the connection was closed"),
                Ok(count) => self.input.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        let now = clock::instant();
        let mut done = 0;
        while let Some((heard, length)) = wire::parse(&self.input[done..]) {
            match (heard, &mut self.numbered) {
                (Heard::Acknowledged, None) => {
                    self.load.acknowledge(self.waiting.pop_front(), now);
                }
                (Heard::Message(payload), Some(numbered)) => {
                    let committed: Committed = serde_json::from_slice(payload)?;
                    for number in committed.sq {
                        self.load.acknowledge(numbered.remove(&number), now);
                    }
                }
                _ => {}
            }
            done += length;
        }
        self.input.drain(..done);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_counts_from_what_was_published_before() {
        let now = clock::instant();
        let pace = Pace::new(1_000.0, 50, now);
        assert_eq!(pace.due(now), 50);
        assert_eq!(pace.due(now + Duration::from_millis(1_500)), 1_550);
        assert_eq!(Pace::default().due(now), 0);
    }
}
