//! Slows down who guesses passwords: after a few failures an account from one address, and after
//! more any account from that address, has to wait. In memory and bounded: a restart forgets, a
//! flood of addresses forgets the oldest.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use time::{Duration, OffsetDateTime};

/// Failures that are free, for one account from one address.
const FREE_PER_ACCOUNT: u32 = 5;
/// Failures that are free, for all accounts from one address.
const FREE_PER_ADDRESS: u32 = 30;
/// How long failures are remembered after the last one.
const MEMORY: Duration = Duration::minutes(15);
/// Most addresses and accounts that are remembered.
const ENTRIES_MAX: usize = 10_000;

/// What failures are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String, Option<IpAddr>),
    Address(IpAddr),
}

impl Key {
    const fn free(&self) -> u32 {
        match self {
            Self::Account(..) => FREE_PER_ACCOUNT,
            Self::Address(_) => FREE_PER_ADDRESS,
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: OffsetDateTime,
}

/// Failed sign-ins of late.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<HashMap<Key, Failures>>);

impl Throttle {
    /// How long this attempt has to wait; `None` if it may go on.
    pub(crate) fn wait(
        &self,
        account: &str,
        address: Option<IpAddr>,
        now: OffsetDateTime,
    ) -> Option<Duration> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = keys(account, address).filter_map(|key| {
            let failures = entries.get(&key)?;
            let until = failures.last + penalty(failures.count, key.free());
            (until > now).then(|| until - now)
        });
        waits.max()
    }

    /// Counts a failure.
    pub(crate) fn failed(&self, account: &str, address: Option<IpAddr>, now: OffsetDateTime) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= ENTRIES_MAX {
            make_room(&mut entries, now);
        }
        for key in keys(account, address) {
            let entry = entries.entry(key).or_insert(Failures {
                count: 0,
                last: now,
            });
            if now - entry.last > MEMORY {
                entry.count = 0;
            }
            entry.count = entry.count.saturating_add(1);
            entry.last = now;
        }
    }

    /// Forgets the failures of an account from an address that signed in at last.
    pub(crate) fn succeeded(&self, account: &str, address: Option<IpAddr>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.remove(&Key::Account(account.to_lowercase(), address));
    }
}

fn keys(account: &str, address: Option<IpAddr>) -> impl Iterator<Item = Key> {
    let by_account = Key::Account(account.to_lowercase(), address);
    [Some(by_account), address.map(Key::Address)]
        .into_iter()
        .flatten()
}

/// Nothing for the free ones, then 2, 4, 8 … seconds, at most a quarter of an hour.
fn penalty(failures: u32, free: u32) -> Duration {
    match failures.checked_sub(free) {
        None | Some(0) => Duration::ZERO,
        Some(over) => Duration::seconds(1 << over.min(10)).min(MEMORY),
    }
}

/// Forgets what is old, and when that is not enough, all but the newest half.
fn make_room(entries: &mut HashMap<Key, Failures>, now: OffsetDateTime) {
    entries.retain(|_, failures| now - failures.last <= MEMORY);
    if entries.len() < ENTRIES_MAX {
        return;
    }
    let mut times: Vec<_> = entries.values().map(|failures| failures.last).collect();
    times.sort_unstable();
    let median = times[times.len() / 2];
    entries.retain(|_, failures| failures.last > median);
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds)
    }

    #[test]
    fn a_few_mistakes_are_free_then_each_costs_twice_the_time() {
        let throttle = Throttle::default();
        for _ in 0..FREE_PER_ACCOUNT {
            assert_eq!(throttle.wait("lab", HERE, at(0)), None);
            throttle.failed("lab", HERE, at(0));
        }
        assert_eq!(throttle.wait("lab", HERE, at(0)), None);
        throttle.failed("LAB", HERE, at(0));
        assert_eq!(
            throttle.wait("lab", HERE, at(0)),
            Some(Duration::seconds(2))
        );
        throttle.failed("lab", HERE, at(2));
        assert_eq!(
            throttle.wait("lab", HERE, at(2)),
            Some(Duration::seconds(4))
        );
        assert_eq!(throttle.wait("lab", HERE, at(6)), None);
        assert_eq!(
            throttle.wait("other", HERE, at(2)),
            None,
            "another account is free"
        );
    }

    #[test]
    fn success_and_time_forget() {
        let throttle = Throttle::default();
        for _ in 0..20 {
            throttle.failed("lab", HERE, at(0));
        }
        assert_eq!(throttle.wait("lab", HERE, at(0)), Some(MEMORY));
        throttle.succeeded("lab", HERE);
        assert_eq!(throttle.wait("lab", HERE, at(0)), None);
    }

    #[test]
    fn one_address_cannot_try_every_account() {
        let throttle = Throttle::default();
        for number in 0..=FREE_PER_ADDRESS {
            throttle.failed(&format!("account-{number}"), HERE, at(0));
        }
        assert!(throttle.wait("account-never-tried", HERE, at(0)).is_some());
        assert_eq!(throttle.wait("account-never-tried", None, at(0)), None);
    }

    #[test]
    fn a_flood_of_names_is_bounded() {
        let throttle = Throttle::default();
        for number in 0..ENTRIES_MAX + 100 {
            throttle.failed(
                &format!("account-{number}"),
                None,
                at(number as i64 / 1_000),
            );
        }
        let kept = throttle
            .0
            .lock()
            .map_or(usize::MAX, |entries| entries.len());
        assert!(kept <= ENTRIES_MAX, "{kept}");
    }
}
