//! One simulated gateway from its first reading to the last `committed`: it owns the board, the
//! node that runs on it, and one connection after the other. It decides nothing about delivery;
//! that is the firmware library's part.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use gateway_firmware::backoff::Backoff;
use gateway_firmware::node::{Node, Settings};
use gateway_firmware::probe::{Channel, Profile};
use gateway_firmware::queue::Queue;
use model::id::ProbeName;
use model::time::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::flash::Flash;
use super::journal::Journal;
use super::link::Link;
use super::session::{Heard, Login, Session};
use super::source::{Clock, Pace, Source, now};

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

/// Everything that one gateway needs.
#[derive(Debug)]
pub struct Plan {
    /// Where and as whom it signs in.
    pub login: Login,
    /// Its one probe.
    pub probe: ProbeName,
    /// The probe's channels.
    pub channels: Vec<Channel<'static>>,
    /// What it measures, all of it: what an earlier run took is passed over.
    pub source: Source,
    /// Time between two readings; as soon as there is room where there is none.
    pub every: Option<Duration>,
    /// Folder of flash and journal, for a gateway that outlives the program.
    pub state: Option<PathBuf>,
    /// Cancelled when it shall measure no more and deliver what it has.
    pub stop: CancellationToken,
    /// Whether its line is cut and its power fails now and then.
    pub cut_links: bool,
    /// All chance of this gateway.
    pub seed: u64,
    /// Longest time without any progress before it gives up.
    pub patience: Duration,
    /// Readings committed so far, of all gateways: for the progress line.
    pub progress: Arc<AtomicU64>,
}

/// What became of a gateway's readings, over all runs on one state.
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
    /// What was due; the next one is due then.
    Until(Instant),
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
    node: Node<'a, Flash>,
    /// The number that the flash gives next.
    head: u32,
    source: Source,
    pace: Pace,
    stop: CancellationToken,
    journal: Journal,
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
    let mut board = Board::boot(&login, &profiles, plan.source, plan.state.as_deref())?;
    board.pace = Pace::new(plan.every);
    board.stop = plan.stop;
    board.patience = plan.patience;
    board.progress = plan.progress;
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

/// What the flash holds, before a node runs on it.
fn open(flash: Flash) -> anyhow::Result<Queue<Flash>> {
    Queue::open(flash).context("the simulated flash does not open")
}

/// Readings that still have to be delivered.
fn held(queue: &mut Queue<Flash>) -> anyhow::Result<u64> {
    let mut held = 0;
    for number in queue.tail()..queue.head() {
        let entry = queue.find(number).context("the flash cannot be read")?;
        held += u64::from(entry.is_some_and(|entry| entry.held));
    }
    Ok(held)
}

impl<'a> Board<'a> {
    /// A board with blank flash, or with what an earlier run left in its state.
    fn boot(
        login: &Login,
        profiles: &'a [Profile<'a>],
        mut source: Source,
        state: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let (mut queue, mut journal) = (open(Flash::blank())?, Journal::in_memory());
        if let Some(folder) = state {
            let file = |kind| folder.join(format!("{}.{kind}", login.gateway));
            queue = open(Flash::open(&file("flash"))?)?;
            journal = Journal::open(&file("sampled"), queue.head())?;
        }
        source.skip(journal.sampled())?;
        // Nothing is ever dropped here: what is not held any more was committed.
        let acknowledged = journal.sampled().saturating_sub(held(&mut queue)?);
        Ok(Self {
            head: queue.head(),
            node: Node::new(login.gateway, profiles, queue, SETTINGS),
            source,
            pace: Pace::new(None),
            stop: CancellationToken::new(),
            clock: Clock::start(journal.last()),
            journal,
            tally: Tally {
                acknowledged,
                ..Tally::default()
            },
            moved: now(),
            was_up: false,
            patience: Duration::ZERO,
            progress: Arc::default(),
        })
    }

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
            let next = next.map_or(deadline, |at| self.clock.at(at).min(deadline));
            let wake = match sampled {
                Sampled::Some => now(),
                Sampled::Until(due) => due.min(next),
                Sampled::All | Sampled::Full => next,
            };
            let stopping = self.stop.is_cancelled();
            tokio::select! {
                heard = session.hear() => {
                    if let Some(end) = self.on_heard(heard)? {
                        return Ok(end);
                    }
                }
                () = self.stop.cancelled(), if !stopping => {}
                () = sleep_until(wake) => {
                    if self.node.backlog() > 0 && now() >= deadline {
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

    /// Samples what is due as long as the flash has room, a burst at most.
    fn sample(&mut self) -> anyhow::Result<Sampled> {
        if self.stop.is_cancelled() {
            return Ok(Sampled::All);
        }
        if self.node.backlog() == 0 {
            // Nothing is waited for, so patience begins with the next reading.
            self.moved = now();
        }
        let room = self
            .node
            .capacity()
            .saturating_sub(SPARE_SLOTS + self.node.backlog());
        for _ in 0..room.min(BURST) {
            if let Some(due) = self.pace.waits_until() {
                return Ok(Sampled::Until(due));
            }
            let Some(time) = self.source.next_time(&mut self.clock) else {
                break;
            };
            self.take(time)?;
        }
        Ok(match (self.source.is_empty(), room > BURST) {
            (true, _) => Sampled::All,
            (false, true) => Sampled::Some,
            (false, false) => Sampled::Full,
        })
    }

    fn take(&mut self, time: Timestamp) -> anyhow::Result<()> {
        self.journal.note(self.head, time)?;
        let number = self
            .node
            .sample(0, &mut self.source, time, self.clock.now_ms())
            .map_err(|error| anyhow!("a reading was not kept: {error:?}"))?;
        self.head = number + 1;
        self.pace.taken();
        Ok(())
    }

    /// The node forgets everything but its flash.
    fn power_cut(mut self, login: &Login, profiles: &'a [Profile<'a>]) -> anyhow::Result<Self> {
        self.count_node();
        let queue = open(self.node.release())?;
        self.head = queue.head();
        self.node = Node::new(login.gateway, profiles, queue, SETTINGS);
        self.tally.power_cuts += 1;
        Ok(self)
    }

    fn close_books(mut self) -> Tally {
        self.count_node();
        self.tally.sampled = self.journal.sampled();
        self.tally.span = self.journal.span();
        self.tally
    }

    /// Takes over what the node counted since it started.
    fn count_node(&mut self) {
        self.tally.resent += u64::from(self.node.resent_packs());
        self.tally.dropped += u64::from(self.node.counters().dropped);
    }
}
