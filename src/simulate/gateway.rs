//! One simulated gateway from its first reading to the last `committed`: it owns the board, the
//! node that runs on it, and one connection after the other. It decides nothing about delivery;
//! that is the firmware library's part.

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use gateway_firmware::backoff::Backoff;
use gateway_firmware::node::{Node, Settings};
use gateway_firmware::probe::{Channel, Probe, Profile, Sample};
use gateway_firmware::queue::Queue;
use model::id::ProbeName;
use model::time::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::{Instant, sleep_until};

use super::board::{ClimateProbe, MemoryFlash};
use super::link::Link;
use super::session::{Heard, Login, Session};

/// Impatient enough for a bench: a field node waits longer.
const SETTINGS: Settings = Settings {
    linger_ms: 100,
    resend_floor_ms: 5_000,
    resend_ceiling_ms: 30_000,
    busy_ms: 10,
};

/// Readings sampled before the node is polled again.
const BURST: u32 = 64;

/// Slots of the flash that stay free, so that nothing is dropped to make room.
const SPARE_SLOTS: u32 = 64;

/// Where readings come from.
#[derive(Debug)]
pub enum Source {
    /// Made-up weather, so many more times, at the moment of sampling.
    Weather(Box<ClimateProbe>, u32),
    /// Recorded rows, at their own times.
    Recording(std::vec::IntoIter<(Timestamp, Sample)>),
}

/// Everything that one gateway needs.
#[derive(Debug)]
pub struct Plan {
    /// Where and as whom it signs in.
    pub login: Login,
    /// Its one probe.
    pub probe: ProbeName,
    /// The probe's channels.
    pub channels: Vec<Channel<'static>>,
    /// What it measures.
    pub source: Source,
    /// Whether its line is cut and its power fails now and then.
    pub cut_links: bool,
    /// All chance of this gateway.
    pub seed: u64,
    /// Longest time without any progress before it gives up.
    pub patience: Duration,
    /// Readings committed so far, of all gateways: for the progress line.
    pub progress: Arc<AtomicU64>,
}

/// What became of a gateway's readings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Readings sampled and kept in flash.
    pub sampled: u64,
    /// Readings that `committed` named.
    pub acknowledged: u64,
    /// Time of the earliest and the latest reading.
    pub span: Option<(Timestamp, Timestamp)>,
    /// Packs that the broker took.
    pub taken: u64,
    /// Packs sent more than once.
    pub resent: u64,
    /// Readings dropped because the flash was full.
    pub dropped: u64,
    /// Connections cut on purpose.
    pub cuts: u32,
    /// Times the power failed on purpose.
    pub power_cuts: u32,
}

/// How far the sampling is.
#[derive(PartialEq, Eq)]
enum Sampled {
    /// All that there is.
    All,
    /// As much as the flash has room for.
    Full,
    /// A burst; there is more and there is room.
    Some,
}

/// How a connection ended.
enum End {
    /// Everything is committed.
    Done,
    /// The line is gone.
    Lost(String),
    /// Nothing moves any more.
    Stuck,
}

/// A board under way. The profile lives outside, because the node borrows it.
struct Board<'a> {
    node: Node<'a, MemoryFlash>,
    source: Source,
    clock: Clock,
    tally: Tally,
    /// When something was last committed.
    moved: Instant,
    /// Whether the connection got as far as sending.
    was_up: bool,
    patience: Duration,
    progress: Arc<AtomicU64>,
}

/// Runs a gateway until all is committed, or nothing moves for longer than its patience.
pub async fn run(plan: Plan) -> anyhow::Result<Tally> {
    let profiles = [Profile {
        name: plan.probe,
        channels: &plan.channels,
    }];
    let mut random = StdRng::seed_from_u64(plan.seed);
    let mut login = plan.login;
    let mut link = None;
    if plan.cut_links {
        link = Some(bad_line(&mut login, random.random()).await?);
    }
    let clock = Clock::start();
    let mut board = Board {
        node: start(&login, &profiles, MemoryFlash::blank())?,
        source: plan.source,
        tally: Tally::default(),
        moved: now(),
        was_up: false,
        clock,
        patience: plan.patience,
        progress: plan.progress,
    };
    let mut backoff = Backoff::new(50, 2_000);
    loop {
        let mut session = Session::open(&login);
        match board.serve(&mut session).await? {
            End::Done => {
                session.close().await;
                break;
            }
            End::Stuck => break,
            End::Lost(reason) => {
                tracing::debug!(gateway = %login.gateway, reason, "connection lost");
                if board.was_up {
                    backoff.succeed();
                }
                if plan.cut_links && random.random() {
                    board = board.power_cut(&login, &profiles)?;
                }
                let wait = Duration::from_millis(backoff.fail(random.random()).into());
                tokio::time::sleep(wait).await;
            }
        }
    }
    board.tally.cuts = link.map_or(0, |link| link.cuts());
    Ok(board.close_books())
}

/// Puts a relay that cuts between the node and its broker.
async fn bad_line(login: &mut Login, seed: u64) -> anyhow::Result<Link> {
    let broker = format!("{}:{}", login.host, login.port);
    let link = Link::open(broker, seed)
        .await
        .context("cannot open a line")?;
    login.host = link.address().ip().to_string();
    login.port = link.address().port();
    Ok(link)
}

fn start<'a>(
    login: &Login,
    profiles: &'a [Profile<'a>],
    flash: MemoryFlash,
) -> anyhow::Result<Node<'a, MemoryFlash>> {
    let queue = Queue::open(flash).context("the simulated flash does not open")?;
    Ok(Node::new(login.gateway, profiles, queue, SETTINGS))
}

impl<'a> Board<'a> {
    /// Samples, sends and forgets over one connection.
    async fn serve(&mut self, session: &mut Session) -> anyhow::Result<End> {
        self.node.disconnected();
        self.was_up = false;
        loop {
            let sampled = self.sample()?;
            if sampled == Sampled::All && self.node.backlog() == 0 {
                return Ok(End::Done);
            }
            let next = self
                .node
                .poll(self.clock.now_ms(), session)
                .context("the queue failed")?;
            let deadline = self.moved + self.patience;
            let wake = match next {
                _ if sampled == Sampled::Some => now(),
                Some(at) => self.clock.at(at).min(deadline),
                None => deadline,
            };
            tokio::select! {
                heard = session.hear() => {
                    if let Some(end) = self.on_heard(heard)? {
                        return Ok(end);
                    }
                }
                () = sleep_until(wake) => {
                    if now() >= deadline {
                        return Ok(End::Stuck);
                    }
                }
            }
        }
    }

    fn on_heard(&mut self, heard: Heard) -> anyhow::Result<Option<End>> {
        match heard {
            Heard::Up => {
                self.was_up = true;
                self.node.connected();
            }
            Heard::Taken => self.tally.taken += 1,
            Heard::Committed(message) => {
                let forgotten = self
                    .node
                    .committed(&message)
                    .context("committed is unreadable")?;
                self.tally.acknowledged += u64::from(forgotten);
                self.progress.fetch_add(forgotten.into(), Ordering::Relaxed);
                if forgotten > 0 {
                    self.moved = now();
                }
            }
            Heard::Down(reason) => return Ok(Some(End::Lost(reason))),
            Heard::Refused(reason) => bail!("{reason}"),
        }
        Ok(None)
    }

    /// Samples as long as the flash has room, a burst at most.
    fn sample(&mut self) -> anyhow::Result<Sampled> {
        let room = self
            .node
            .capacity()
            .saturating_sub(SPARE_SLOTS + self.node.backlog());
        for _ in 0..room.min(BURST) {
            let Some(time) = self.source.next_time(&mut self.clock) else {
                break;
            };
            self.node
                .sample(0, &mut self.source, time, self.clock.now_ms())
                .map_err(|error| anyhow!("a reading was not kept: {error:?}"))?;
            self.tally.sampled += 1;
            let (first, last) = self.tally.span.unwrap_or((time, time));
            self.tally.span = Some((first.min(time), last.max(time)));
        }
        Ok(match (self.source.is_empty(), room > BURST) {
            (true, _) => Sampled::All,
            (false, true) => Sampled::Some,
            (false, false) => Sampled::Full,
        })
    }

    /// The node forgets everything but its flash.
    fn power_cut(mut self, login: &Login, profiles: &'a [Profile<'a>]) -> anyhow::Result<Self> {
        self.count_node();
        self.node = start(login, profiles, self.node.release())?;
        self.tally.power_cuts += 1;
        Ok(self)
    }

    fn close_books(mut self) -> Tally {
        self.count_node();
        self.tally
    }

    /// Takes over what the node counted since it started.
    fn count_node(&mut self) {
        self.tally.resent += u64::from(self.node.resent_packs());
        self.tally.dropped += u64::from(self.node.counters().dropped);
    }
}

impl Source {
    /// When the next reading is taken; `None` after the last.
    fn next_time(&self, clock: &mut Clock) -> Option<Timestamp> {
        match self {
            Self::Weather(_, 0) => None,
            Self::Weather(..) => Some(clock.stamp()),
            Self::Recording(rows) => rows.as_slice().first().map(|(time, _)| *time),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Weather(_, left) => *left == 0,
            Self::Recording(rows) => rows.len() == 0,
        }
    }
}

impl Probe for Source {
    type Error = anyhow::Error;

    fn sample(&mut self) -> Result<Sample, Self::Error> {
        match self {
            Self::Weather(probe, left) => {
                *left = left.saturating_sub(1);
                probe.sample().context("the sensor failed")
            }
            Self::Recording(rows) => rows
                .next()
                .map(|(_, values)| values)
                .context("the recording has ended"),
        }
    }
}

/// The board's clocks: the wall's, read once, and its own, which never jumps.
#[derive(Debug, Clone, Copy)]
struct Clock {
    started: Instant,
    wall: Timestamp,
    stamped: Timestamp,
}

impl Clock {
    fn start() -> Self {
        let wall = crate::clock::timestamp();
        Self {
            started: now(),
            wall,
            stamped: wall,
        }
    }

    fn now_ms(&self) -> u64 {
        (now() - self.started).as_millis() as u64
    }

    fn at(&self, now_ms: u64) -> Instant {
        self.started + Duration::from_millis(now_ms)
    }

    /// The wall's time now, later than every stamp before: a reading's time is its identity.
    fn stamp(&mut self) -> Timestamp {
        let elapsed = (now() - self.started).as_micros() as i64;
        self.stamped = Timestamp((self.wall.0 + elapsed).max(self.stamped.0 + 1));
        self.stamped
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the board's own clock: there is no other here"
)]
fn now() -> Instant {
    Instant::now()
}
