//! What a simulated gateway measures and when: made-up weather or a recording, at a pace, by the
//! board's own clocks. It knows nothing of delivery.

use std::time::Duration;

use anyhow::Context;
use gateway_firmware::probe::{Probe, Sample};
use model::time::Timestamp;
use tokio::time::Instant;

use super::board::ClimateProbe;

/// Where readings come from.
#[derive(Debug)]
pub enum Source {
    /// Made-up weather, so many more times, at the moment of sampling.
    Weather(Box<ClimateProbe>, u32),
    /// Recorded rows, at their own times.
    Recording(std::vec::IntoIter<(Timestamp, Sample)>),
}

impl Source {
    /// When the next reading is taken; `None` after the last.
    pub fn next_time(&self, clock: &mut Clock) -> Option<Timestamp> {
        match self {
            Self::Weather(_, 0) => None,
            Self::Weather(..) => Some(clock.stamp()),
            Self::Recording(rows) => rows.as_slice().first().map(|(time, _)| *time),
        }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Weather(_, left) => *left == 0,
            Self::Recording(rows) => rows.len() == 0,
        }
    }

    /// Passes over readings that an earlier run took: the weather goes on where it was.
    pub fn skip(&mut self, taken: u64) -> anyhow::Result<()> {
        for _ in 0..taken {
            if self.is_empty() {
                return Ok(());
            }
            self.sample()?;
        }
        Ok(())
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

/// When readings are due: so far apart, or as soon as there is room.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    every: Option<Duration>,
    due: Instant,
}

impl Pace {
    /// The first reading is due at once.
    pub fn new(every: Option<Duration>) -> Self {
        Self { every, due: now() }
    }

    /// When the next reading is due, if that is not yet.
    pub fn waits_until(&self) -> Option<Instant> {
        (self.every.is_some() && self.due > now()).then_some(self.due)
    }

    /// One was taken. What a full flash made late is not made up for.
    pub fn taken(&mut self) {
        if let Some(every) = self.every {
            self.due = (self.due + every).max(now());
        }
    }
}

/// The board's clocks: the wall's, read once, and its own, which never jumps.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
    wall: Timestamp,
    stamped: Timestamp,
}

impl Clock {
    /// Clocks of a board that starts now; `stamped` is the last time that it gave before.
    pub fn start(stamped: Option<Timestamp>) -> Self {
        let wall = crate::clock::timestamp();
        Self {
            started: now(),
            wall,
            stamped: stamped.unwrap_or(wall),
        }
    }

    /// Milliseconds since the start.
    pub fn now_ms(&self) -> u64 {
        (now() - self.started).as_millis() as u64
    }

    /// A moment of this clock.
    pub fn at(&self, now_ms: u64) -> Instant {
        self.started + Duration::from_millis(now_ms)
    }

    /// The wall's time now, later than every stamp before: a reading's time is its identity.
    pub fn stamp(&mut self) -> Timestamp {
        let elapsed = (now() - self.started).as_micros() as i64;
        self.stamped = Timestamp((self.wall.0 + elapsed).max(self.stamped.0 + 1));
        self.stamped
    }
}

/// The moment.
#[expect(
    clippy::disallowed_methods,
    reason = "the board's own clock: there is no other here"
)]
pub fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weather(readings: u32) -> Source {
        Source::Weather(Box::new(ClimateProbe::new(4)), readings)
    }

    #[test]
    fn weather_goes_on_where_an_earlier_run_left_it() -> anyhow::Result<()> {
        let (mut whole, mut rest) = (weather(10), weather(10));
        let all: Vec<_> = (0..10).map(|_| whole.sample()).collect::<Result<_, _>>()?;
        rest.skip(7)?;
        let last: Vec<_> = (0..3).map(|_| rest.sample()).collect::<Result<_, _>>()?;
        assert_eq!(all[7..], last);
        assert!(rest.is_empty() && whole.is_empty());
        rest.skip(5)?;
        Ok(())
    }

    #[test]
    fn a_paced_reading_is_due_once_and_an_unpaced_one_always() {
        let mut paced = Pace::new(Some(Duration::from_mins(1)));
        assert!(paced.waits_until().is_none());
        paced.taken();
        assert!(paced.waits_until().is_some());
        let mut free = Pace::new(None);
        free.taken();
        assert!(free.waits_until().is_none());
    }

    #[test]
    fn a_stamp_is_later_than_those_of_an_earlier_run() {
        let ahead = Timestamp(crate::clock::timestamp().0 + 3_600_000_000);
        let mut clock = Clock::start(Some(ahead));
        assert_eq!(clock.stamp(), Timestamp(ahead.0 + 1));
        assert_eq!(clock.stamp(), Timestamp(ahead.0 + 2));
    }
}
