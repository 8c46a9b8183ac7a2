//! How many connections come from one place, so that one broken or hostile machine cannot take
//! every seat of the front.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

/// Connections by place.
#[derive(Debug, Default)]
pub(super) struct Places(HashMap<IpAddr, usize>);

impl Places {
    /// Takes a seat for a connection from `address`; `false` where its place has `seats` already.
    pub(super) fn take(&mut self, address: IpAddr, seats: usize) -> bool {
        let taken = self.0.entry(place(address)).or_default();
        let has_room = *taken < seats;
        *taken += usize::from(has_room);
        if *taken == 0 {
            self.0.remove(&place(address));
        }
        has_room
    }

    /// Gives a seat back.
    pub(super) fn give(&mut self, address: IpAddr) {
        let place = place(address);
        if let Some(taken) = self.0.get_mut(&place) {
            *taken = taken.saturating_sub(1);
            if *taken == 0 {
                self.0.remove(&place);
            }
        }
    }
}

/// An IPv4 address, or the IPv6 network of 64 bits that one customer has: within it a machine
/// chooses its address as it likes.
fn place(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn a_place_has_its_seats_and_gets_them_back() {
        let mut places = Places::default();
        let (one, other) = (address("10.0.0.1"), address("10.0.0.2"));
        assert!(places.take(one, 2) && places.take(one, 2));
        assert!(!places.take(one, 2));
        assert!(places.take(other, 2));
        places.give(one);
        assert!(places.take(one, 2));
        for _ in 0..2 {
            places.give(one);
        }
        places.give(other);
        assert!(places.0.is_empty());
        assert!(!places.take(one, 0));
        assert!(places.0.is_empty(), "nothing is remembered of a refusal");
    }

    #[test]
    fn addresses_of_one_customer_count_together() {
        let mut places = Places::default();
        assert!(places.take(address("2001:db8:0:1::1"), 1));
        assert!(!places.take(address("2001:db8:0:1:ffff::2"), 1));
        assert!(places.take(address("2001:db8:0:2::1"), 1));
        assert!(places.take(address("::ffff:10.0.0.1"), 1));
        assert!(!places.take(address("10.0.0.1"), 1));
    }
}
