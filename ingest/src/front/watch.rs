//! How a connection ends, and the watch over two of the ways: a client that falls silent, and one
//! that does not read. It counts ticks and never asks what time it is.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

use super::handshake::Guest;
use super::packet::{Goodbye, Version};
use crate::config::FrontLimits;

/// How a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client said goodbye.
    Clean,
    /// The client said goodbye and wants its will published.
    WithWill,
    /// The socket failed or fell silent.
    Lost,
    /// The client does not read what we write.
    Stalled,
    /// A 3.1.1 client did what version 5 would refuse with a reason.
    Refused,
    /// We hang up.
    Goodbye(Goodbye),
}

impl Ending {
    /// The label `reason` in the metrics.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::WithWill => "with_will",
            Self::Lost => "lost",
            Self::Stalled => "stalled",
            Self::Refused => "refused",
            Self::Goodbye(Goodbye::Malformed) => "malformed",
            Self::Goodbye(Goodbye::Protocol) => "protocol",
            Self::Goodbye(Goodbye::NotStored) => "not_stored",
            Self::Goodbye(Goodbye::Stopping) => "stopping",
            Self::Goodbye(Goodbye::KeepAlive) => "keep_alive",
            Self::Goodbye(Goodbye::TakenOver) => "taken_over",
            Self::Goodbye(Goodbye::TooLarge) => "too_large",
            Self::Goodbye(Goodbye::Qos) => "qos",
            Self::Goodbye(Goodbye::TopicAlias) => "topic_alias",
        }
    }
}

/// Looks for silence and for a peer that does not read, a few times within the shorter limit.
#[derive(Debug)]
pub(super) struct Watch {
    ticks: Interval,
    period: Duration,
    silence_max: Duration,
    write_max: Duration,
    silent: Duration,
    stalled: Duration,
    /// How long the packet that is being read has been coming.
    coming: Duration,
    packet_max: Duration,
    partial: usize,
}

impl Watch {
    pub(super) fn new(guest: &Guest, limits: &FrontLimits) -> Self {
        let asked = Duration::from_secs(u64::from(guest.keep_alive_seconds));
        // A version 5 client was told ours where its own is longer; an older one could not be.
        let kept = match guest.version {
            _ if asked.is_zero() => limits.silence,
            Version::V5 => asked.min(limits.silence),
            Version::V3 => asked,
        };
        // MQTT: one and a half times the keep-alive.
        let silence_max = kept + kept / 2;
        let shorter = silence_max.min(limits.write_timeout);
        let period = (shorter / 4).clamp(Duration::from_millis(10), Duration::from_secs(5));
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (silent, stalled) = (Duration::ZERO, Duration::ZERO);
        let write_max = limits.write_timeout;
        Self {
            ticks,
            period,
            silence_max,
            write_max,
            silent,
            stalled,
            coming: Duration::ZERO,
            packet_max: limits.packet_timeout,
            partial: 0,
        }
    }

    /// The next moment to look.
    pub(super) async fn tick(&mut self) {
        self.ticks.tick().await;
    }

    /// A packet came.
    pub(super) fn heard(&mut self) {
        self.silent = Duration::ZERO;
        self.coming = Duration::ZERO;
    }

    /// Bytes went out.
    pub(super) fn wrote(&mut self) {
        self.stalled = Duration::ZERO;
    }

    /// A large packet on a slow line is not silence, and neither is a line that we do not read.
    pub(super) fn check(
        &mut self,
        may_read: bool,
        partial: usize,
        is_flushed: bool,
    ) -> Result<(), Ending> {
        let grows = partial > self.partial;
        self.partial = partial;
        self.silent = if grows || !may_read {
            Duration::ZERO
        } else {
            self.silent + self.period
        };
        self.coming = if partial == 0 || !may_read {
            Duration::ZERO
        } else {
            self.coming + self.period
        };
        self.stalled = if is_flushed {
            Duration::ZERO
        } else {
            self.stalled + self.period
        };
        if self.stalled > self.write_max {
            return Err(Ending::Stalled);
        }
        if self.coming > self.packet_max {
            return Err(Ending::Lost);
        }
        if self.silent > self.silence_max {
            return Err(Ending::Goodbye(Goodbye::KeepAlive));
        }
        Ok(())
    }
}
