//! Who is connected: one entry a connection, by gateway. It hands `committed` numbers to the
//! gateway's subscribed connections, takes over a session when its client id comes again, and
//! knows when a gateway's last connection is gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::id::GatewayId;
use model::metric;
use model::time::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::rate::{Bucket, Rate};

/// Lists of numbers that may wait for one connection; a gateway that does not fetch them sends
/// its packs again and gets the numbers then.
const MAILBOX_LISTS: usize = 256;

/// The connections of one front.
#[derive(Debug, Default)]
pub(super) struct Hub {
    rate: Option<Rate>,
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    next: u64,
    by_gateway: HashMap<GatewayId, Party>,
}

/// The connections of one gateway, and what they share.
#[derive(Debug)]
struct Party {
    members: Vec<Member>,
    bucket: Arc<Mutex<Bucket>>,
}

#[derive(Debug)]
struct Member {
    number: u64,
    client_id: String,
    taken_over: CancellationToken,
    subscribed: bool,
    mailbox: mpsc::Sender<Arc<[u64]>>,
}

/// A connection's own entry; it leaves the hub when dropped.
#[derive(Debug)]
pub(super) struct Membership {
    hub: Arc<Hub>,
    gateway: GatewayId,
    number: u64,
    has_left: bool,
    bucket: Arc<Mutex<Bucket>>,
    /// Cancelled when the client id signs in again.
    pub(super) taken_over: CancellationToken,
    /// Numbers to send as `committed`.
    pub(super) mailbox: mpsc::Receiver<Arc<[u64]>>,
}

impl Hub {
    /// A hub whose gateways may publish at this rate each.
    pub(super) fn new(rate: Option<Rate>) -> Self {
        Self {
            rate,
            members: Mutex::default(),
        }
    }

    /// Enters a connection; an older one of the same client id is told to leave, but an empty id is
    /// nobody's. `None` where the gateway has `connections_max` already.
    pub(super) fn join(
        self: &Arc<Self>,
        gateway: GatewayId,
        client_id: &str,
        connections_max: usize,
        now: Timestamp,
    ) -> Option<Membership> {
        let mut members = self.lock();
        members.next += 1;
        let number = members.next;
        let party = members.by_gateway.entry(gateway).or_insert_with(|| Party {
            members: Vec::new(),
            bucket: Arc::new(Mutex::new(Bucket::new(self.rate, now))),
        });
        let bucket = Arc::clone(&party.bucket);
        let of_gateway = &mut party.members;
        of_gateway.retain(|member| {
            let is_same = !client_id.is_empty() && member.client_id == client_id;
            if is_same {
                member.taken_over.cancel();
            }
            !is_same
        });
        if of_gateway.len() >= connections_max {
            return None;
        }
        let taken_over = CancellationToken::new();
        let (sender, mailbox) = mpsc::channel(MAILBOX_LISTS);
        of_gateway.push(Member {
            number,
            client_id: client_id.to_owned(),
            taken_over: taken_over.clone(),
            subscribed: false,
            mailbox: sender,
        });
        drop(members);
        let hub = Arc::clone(self);
        Some(Membership {
            hub,
            gateway,
            number,
            has_left: false,
            bucket,
            taken_over,
            mailbox,
        })
    }

    /// Hands committed numbers to the gateway's subscribed connections. Never waits.
    pub(super) fn announce(&self, gateway: GatewayId, numbers: Vec<u64>) {
        let numbers: Arc<[u64]> = numbers.into();
        let members = self.lock();
        let party = members.by_gateway.get(&gateway);
        for member in party.into_iter().flat_map(|party| &party.members) {
            if member.subscribed && member.mailbox.try_send(Arc::clone(&numbers)).is_err() {
                metrics::counter!(metric::DROPPED, "what" => "committed").increment(1);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Membership {
    /// A client id for a client that has none: no other connection of this front has it.
    pub(super) fn assigned_id(&self) -> String {
        format!("{}/{}", self.gateway, self.number)
    }

    /// Whether this connection wants `committed`; returns what it wanted before.
    pub(super) fn subscribe(&self, wanted: bool) -> bool {
        let mut members = self.hub.lock();
        let party = members.by_gateway.get_mut(&self.gateway);
        let mut own = party
            .into_iter()
            .flat_map(|party| &mut party.members)
            .filter(|m| m.number == self.number);
        own.next()
            .is_some_and(|member| std::mem::replace(&mut member.subscribed, wanted))
    }

    /// Pays for a publish that was read; how long nothing more may be read.
    pub(super) fn pay(&self, now: Timestamp) -> Duration {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.pay(now)
    }

    /// Leaves; returns whether the gateway has no connection any more.
    pub(super) fn leave(&mut self) -> bool {
        if self.has_left {
            return false;
        }
        self.has_left = true;
        let mut members = self.hub.lock();
        let Some(party) = members.by_gateway.get_mut(&self.gateway) else {
            return true;
        };
        party.members.retain(|member| member.number != self.number);
        let is_last = party.members.is_empty();
        if is_last {
            members.by_gateway.remove(&self.gateway);
        }
        is_last
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::NOW;

    fn gateway() -> GatewayId {
        GatewayId::parse("gw").expect("a name")
    }

    #[test]
    fn the_same_client_id_takes_over_and_another_one_joins() {
        let hub = Arc::new(Hub::default());
        let mut first = hub.join(gateway(), "a", 2, NOW).expect("room");
        let mut other = hub.join(gateway(), "b", 2, NOW).expect("room");
        let mut second = hub
            .join(gateway(), "a", 2, NOW)
            .expect("room is made by the first");
        assert!(first.taken_over.is_cancelled() && !other.taken_over.is_cancelled());
        assert!(hub.join(gateway(), "c", 2, NOW).is_none());
        assert!(!first.leave(), "two are still there");
        assert!(!other.leave());
        assert!(second.leave(), "the last one");
    }

    #[test]
    fn clients_without_an_id_do_not_take_each_other_over() {
        let hub = Arc::new(Hub::default());
        let first = hub.join(gateway(), "", 2, NOW).expect("room");
        let second = hub.join(gateway(), "", 2, NOW).expect("room");
        assert!(!first.taken_over.is_cancelled());
        assert_ne!(first.assigned_id(), second.assigned_id());
    }

    #[test]
    fn numbers_reach_subscribed_connections_only() {
        let hub = Arc::new(Hub::default());
        let mut wants = hub.join(gateway(), "a", 4, NOW).expect("room");
        let mut silent = hub.join(gateway(), "b", 4, NOW).expect("room");
        assert!(!wants.subscribe(true));
        hub.announce(gateway(), vec![17, 18]);
        assert_eq!(
            wants.mailbox.try_recv().ok().as_deref(),
            Some(&[17, 18][..])
        );
        assert!(silent.mailbox.try_recv().is_err());
        assert!(wants.subscribe(false));
        hub.announce(gateway(), vec![19]);
        assert!(wants.mailbox.try_recv().is_err());
    }
}
