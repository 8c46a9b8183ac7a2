//! Who is connected, and whose session is kept: one entry a session, by gateway. It hands
//! `committed` numbers and states to the gateway's sessions, gives a session to the connection
//! that comes with its client id, and knows when a gateway's last connection is gone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::id::GatewayId;
use model::metric;
use model::time::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::outbox::{Outbox, Room};
use super::rate::{Bucket, Rate};

/// The connections of one front.
#[derive(Debug, Default)]
pub(super) struct Hub {
    rate: Option<Rate>,
    /// Sessions that may be kept without a connection.
    sessions_max: usize,
    members: Mutex<Members>,
}

#[derive(Debug, Default)]
struct Members {
    next: u64,
    /// Sessions that are kept without a connection.
    parked: usize,
    by_gateway: HashMap<GatewayId, Party>,
}

/// The sessions of one gateway, and what they share.
#[derive(Debug)]
struct Party {
    members: Vec<Member>,
    bucket: Arc<Mutex<Bucket>>,
    /// What the gateway last said of itself, to be kept; its connection says that it is online.
    state: Option<bool>,
}

#[derive(Debug)]
struct Member {
    client_id: String,
    place: Place,
    line: Arc<Line>,
}

#[derive(Debug)]
enum Place {
    /// Connected, as this number; cancelled when the client id signs in again.
    Here {
        number: u64,
        taken_over: CancellationToken,
        keeps: bool,
    },
    /// Without a connection, until then.
    Parked(Timestamp),
}

/// What a session is to be told, and the bell for it.
#[derive(Debug)]
pub(super) struct Line {
    outbox: Mutex<Outbox>,
    /// Rung when there may be something to send.
    pub(super) bell: Notify,
}

impl Line {
    pub(super) fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who comes.
#[derive(Debug)]
pub(super) struct Arrival<'a> {
    pub(super) gateway: GatewayId,
    pub(super) client_id: &'a str,
    /// It wants no session that was kept.
    pub(super) clean: bool,
    /// Its session is to be kept when it goes.
    pub(super) keeps: bool,
    pub(super) room: Room,
    pub(super) now: Timestamp,
}

/// A connection's own entry; it leaves the hub when dropped.
#[derive(Debug)]
pub(super) struct Membership {
    hub: Arc<Hub>,
    gateway: GatewayId,
    client_id: String,
    has_left: bool,
    bucket: Arc<Mutex<Bucket>>,
    /// Which connection this is: the outbox obeys the newest of its session alone.
    pub(super) number: u64,
    /// Whether a session that was kept goes on.
    pub(super) is_resumed: bool,
    /// Cancelled when the client id signs in again.
    pub(super) taken_over: CancellationToken,
    /// What is to be told.
    pub(super) line: Arc<Line>,
}

impl Hub {
    /// A hub whose gateways may publish at this rate each, and that keeps so many sessions.
    pub(super) fn new(rate: Option<Rate>, sessions_max: usize) -> Self {
        Self {
            rate,
            sessions_max,
            members: Mutex::default(),
        }
    }

    /// Enters a connection. The session of the same client id is taken over: an older connection
    /// is told to leave, and what it was still to be told goes on here, unless the client wants to
    /// start clean. `None` where the gateway has `connections_max` already.
    pub(super) fn join(
        self: &Arc<Self>,
        arrival: &Arrival<'_>,
        connections_max: usize,
    ) -> Option<Membership> {
        let mut members = self.lock();
        members.forget_expired(arrival.now);
        members.next += 1;
        let number = members.next;
        let client_id = match arrival.client_id {
            "" => format!("{}/{number}", arrival.gateway),
            own => own.to_owned(),
        };
        let kept = members.take_session(arrival.gateway, &client_id);
        let party = members
            .by_gateway
            .entry(arrival.gateway)
            .or_insert_with(|| {
                let bucket = Bucket::new(self.rate, arrival.now);
                Party {
                    members: Vec::new(),
                    bucket: Arc::new(Mutex::new(bucket)),
                    state: None,
                }
            });
        if party.connected() >= connections_max {
            return None;
        }
        let kept = kept.filter(|_| !arrival.clean);
        let is_resumed = kept.is_some();
        let line = kept.unwrap_or_else(|| {
            let outbox = Outbox::new(arrival.gateway, number, arrival.room);
            Arc::new(Line {
                outbox: Mutex::new(outbox),
                bell: Notify::new(),
            })
        });
        if is_resumed {
            line.outbox().resume(number, arrival.room);
            line.bell.notify_one();
        }
        let taken_over = CancellationToken::new();
        party.members.push(Member {
            client_id: client_id.clone(),
            place: Place::Here {
                number,
                taken_over: taken_over.clone(),
                keeps: arrival.keeps,
            },
            line: Arc::clone(&line),
        });
        Some(Membership {
            hub: Arc::clone(self),
            gateway: arrival.gateway,
            client_id,
            has_left: false,
            bucket: Arc::clone(&party.bucket),
            number,
            is_resumed,
            taken_over,
            line,
        })
    }

    /// Hands committed numbers to the gateway's subscribed sessions. Never waits.
    pub(super) fn announce(&self, gateway: GatewayId, numbers: &[u64]) {
        self.tell(gateway, |outbox| outbox.push(numbers));
    }

    /// Hands a gateway's state to those of its sessions that want it; keeps it where it is to be.
    pub(super) fn announce_state(&self, gateway: GatewayId, online: bool, keep: bool) {
        if keep && let Some(party) = self.lock().by_gateway.get_mut(&gateway) {
            party.state = Some(online);
        }
        self.tell(gateway, |outbox| outbox.tell(online));
    }

    fn tell(&self, gateway: GatewayId, mut tell: impl FnMut(&mut Outbox) -> bool) {
        let members = self.lock();
        let party = members.by_gateway.get(&gateway);
        for member in party.into_iter().flat_map(|party| &party.members) {
            if tell(&mut member.line.outbox()) {
                member.line.bell.notify_one();
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Party {
    fn connected(&self) -> usize {
        let here = |member: &&Member| matches!(member.place, Place::Here { .. });
        self.members.iter().filter(here).count()
    }
}

impl Members {
    /// Takes the session of a client id out, where there is one that was to be kept. A connection
    /// that has it is told to leave.
    fn take_session(&mut self, gateway: GatewayId, client_id: &str) -> Option<Arc<Line>> {
        let party = self.by_gateway.get_mut(&gateway)?;
        let found = party.members.iter().position(|m| m.client_id == client_id);
        let member = party.members.swap_remove(found?);
        match member.place {
            Place::Parked(_) => {
                self.parked -= 1;
                Some(member.line)
            }
            Place::Here {
                taken_over, keeps, ..
            } => {
                taken_over.cancel();
                keeps.then_some(member.line)
            }
        }
    }

    /// Forgets sessions whose time is over.
    fn forget_expired(&mut self, now: Timestamp) {
        if self.parked == 0 {
            return;
        }
        for party in self.by_gateway.values_mut() {
            let before = party.members.len();
            let is_alive = |member: &Member| !matches!(member.place, Place::Parked(t) if t <= now);
            party.members.retain(is_alive);
            self.parked -= before - party.members.len();
        }
        // What a gateway said of itself is kept: there are no more of these than gateways.
        let is_used = |party: &Party| !party.members.is_empty() || party.state.is_some();
        self.by_gateway.retain(|_, party| is_used(party));
    }
}

impl Membership {
    /// The client id, for a client that came without one: nobody else of its gateway has it.
    pub(super) fn client_id(&self) -> &str {
        &self.client_id
    }

    /// What is kept of the gateway's status: what it said last, or else that it is here.
    pub(super) fn state(&self) -> bool {
        let members = self.hub.lock();
        let party = members.by_gateway.get(&self.gateway);
        party.and_then(|party| party.state).unwrap_or(true)
    }

    /// Pays for a publish that was read; how long nothing more may be read.
    pub(super) fn pay(&self, now: Timestamp) -> Duration {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.pay(now)
    }

    /// Leaves; its session stays until `keep_until`, where there is room for it. Returns whether
    /// the gateway has no connection any more.
    pub(super) fn leave(&mut self, keep_until: Option<Timestamp>) -> bool {
        if self.has_left {
            return false;
        }
        self.has_left = true;
        let mut members = self.hub.lock();
        let has_room = members.parked < self.hub.sessions_max;
        let Some(party) = members.by_gateway.get_mut(&self.gateway) else {
            return true;
        };
        let own = party.members.iter().position(
            |member| matches!(member.place, Place::Here { number, .. } if number == self.number),
        );
        let mut is_parked = false;
        match (own, keep_until) {
            (Some(own), Some(until)) if has_room => {
                party.members[own].place = Place::Parked(until);
                party.members[own].line.outbox().park();
                is_parked = true;
            }
            (Some(own), until) => {
                party.members.swap_remove(own);
                if until.is_some() {
                    metrics::counter!(metric::DROPPED, "what" => "session").increment(1);
                }
            }
            // Its session was taken over.
            (None, _) => {}
        }
        let is_last = party.connected() == 0;
        if party.members.is_empty() && party.state.is_none() {
            members.by_gateway.remove(&self.gateway);
        }
        members.parked += usize::from(is_parked);
        is_last
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        self.leave(None);
    }
}

#[cfg(test)]
mod tests {
    use super::super::outbox::Channel;
    use super::super::packet::{Qos, Retained};
    use super::*;
    use crate::testing::NOW;

    fn gateway() -> GatewayId {
        GatewayId::parse("gw").expect("a name")
    }

    fn hub(sessions_max: usize) -> Arc<Hub> {
        Arc::new(Hub::new(None, sessions_max))
    }

    fn arrival(client_id: &str) -> Arrival<'_> {
        Arrival {
            gateway: gateway(),
            client_id,
            clean: false,
            keeps: true,
            room: Room::default(),
            now: NOW,
        }
    }

    fn join(hub: &Arc<Hub>, client_id: &str) -> Membership {
        hub.join(&arrival(client_id), 2).expect("room")
    }

    fn subscribe(member: &Membership) {
        let mut outbox = member.line.outbox();
        outbox.subscribe(Channel::Committed, Qos::One, Retained::Never, true);
    }

    fn has_message(member: &Membership) -> bool {
        member.line.outbox().next_message(member.number).is_some()
    }

    #[test]
    fn the_same_client_id_takes_over_and_another_one_joins() {
        let hub = hub(8);
        let mut first = join(&hub, "a");
        let mut other = join(&hub, "b");
        let mut second = join(&hub, "a");
        assert!(first.taken_over.is_cancelled() && !other.taken_over.is_cancelled());
        assert!(hub.join(&arrival("c"), 2).is_none());
        assert!(!first.leave(None), "two are still there");
        assert!(!other.leave(None));
        assert!(second.leave(None), "the last one");
        assert!(hub.lock().by_gateway.is_empty());
    }

    #[test]
    fn clients_without_an_id_do_not_take_each_other_over() {
        let hub = hub(8);
        let first = join(&hub, "");
        let second = join(&hub, "");
        assert!(!first.taken_over.is_cancelled());
        assert_ne!(first.client_id(), second.client_id());
    }

    #[test]
    fn numbers_reach_subscribed_sessions_only() {
        let hub = hub(8);
        let (wants, silent) = (join(&hub, "a"), join(&hub, "b"));
        subscribe(&wants);
        hub.announce(gateway(), &[17, 18]);
        assert!(has_message(&wants) && !has_message(&silent));
    }

    #[test]
    fn a_kept_session_gathers_numbers_and_hands_them_to_its_client_alone() {
        let hub = hub(8);
        let mut first = join(&hub, "a");
        subscribe(&first);
        assert!(
            first.leave(Some(NOW.plus_seconds(60))),
            "nobody is connected"
        );
        hub.announce(gateway(), &[1]);
        let other = join(&hub, "b");
        assert!(!other.is_resumed && !has_message(&other));
        let again = join(&hub, "a");
        assert!(again.is_resumed && has_message(&again));
    }

    #[test]
    fn a_session_ends_with_its_time_or_a_clean_start_or_where_it_was_not_to_be_kept() {
        let hub = hub(8);
        for (clean, keeps, later) in [(true, true, 0), (false, false, 0), (false, true, 61)] {
            let mut first = hub
                .join(
                    &Arrival {
                        keeps,
                        ..arrival("a")
                    },
                    2,
                )
                .expect("room");
            subscribe(&first);
            first.leave(keeps.then_some(NOW.plus_seconds(60)));
            let now = NOW.plus_seconds(later);
            let comes = Arrival {
                clean,
                now,
                ..arrival("a")
            };
            let second = hub.join(&comes, 2).expect("room");
            assert!(!second.is_resumed, "{clean} {keeps} {later}");
            drop(second);
            assert_eq!(hub.lock().parked, 0);
        }
    }

    #[test]
    fn no_more_sessions_are_kept_than_there_is_room_for() {
        let hub = hub(1);
        for client_id in ["a", "b"] {
            join(&hub, client_id).leave(Some(NOW.plus_seconds(60)));
        }
        assert!(join(&hub, "a").is_resumed);
        assert!(!join(&hub, "b").is_resumed);
    }

    #[test]
    fn what_a_gateway_said_of_itself_is_kept_while_nobody_is_there() {
        let hub = hub(8);
        let mut first = join(&hub, "a");
        assert!(first.state(), "it is here");
        hub.announce_state(gateway(), false, true);
        first.leave(None);
        assert!(!join(&hub, "b").state());
    }
}
