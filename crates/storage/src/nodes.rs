//! Several nodes over one database: what each of them sees of the others, and what they share out.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;

use crate::{NodeRow, Place, Reader, StorageError, postgres};

type Result<T> = std::result::Result<T, StorageError>;

/// Endpoints are shared out in so many parts.
pub const BUCKETS: u32 = 16;

/// How long a lease is good for after it was asked for.
pub const LEASE_TERM: Duration = Duration::from_secs(12);

/// Which leases a node holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Leases {
    buckets: u32,
    household: bool,
}

impl Leases {
    /// All there are: those of a node that is alone.
    pub const ALL: Self = Self { buckets: (1 << BUCKETS) - 1, household: true };

    /// Those with these names.
    pub(crate) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut leases = Self::default();
        for name in names {
            leases.household |= name == "household";
            let bucket = name.strip_prefix("deliveries/").and_then(|no| no.parse::<u32>().ok());
            leases.buckets |= bucket.filter(|no| *no < BUCKETS).map_or(0, |no| 1 << no);
        }
        leases
    }

    /// How many buckets are `node`'s share, of these that live, in the order of their numbers.
    pub(crate) fn share(live: &[i64], node: i64) -> usize {
        let (all, count) = (BUCKETS as usize, live.len().max(1));
        let place = live.iter().position(|other| *other == node).unwrap_or(count);
        all / count + usize::from(place < all % count)
    }

    /// Whether it does the household's work.
    pub const fn keeps_house(self) -> bool {
        self.household
    }

    /// Whether it sends what waits for this endpoint.
    pub fn sends_to(self, endpoint: i64) -> bool {
        let bucket = endpoint.rem_euclid(i64::from(BUCKETS));
        self.buckets & (1 << bucket) != 0
    }
}

/// What a look at the tail finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// The newest turn.
    pub turn: i64,
    /// How often it changed who takes part.
    pub directory_version: i64,
    /// The newest event.
    pub event: i64,
    /// The newest notification.
    pub notification: i64,
}

/// Wakes a [`Watch`].
#[derive(Debug, Clone, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Wakes it now, or the next time that it begins to wait.
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// A node's second connection: it hears of other nodes' turns and keeps this node's leases.
#[derive(Debug)]
pub struct Watch(postgres::Watch);

impl Watch {
    /// For the node with this number; none where no other can be.
    pub fn open(place: &Place, node: i64, bell: &Bell) -> Result<Option<Self>> {
        match place {
            Place::Folder(_) | Place::Memory(_) => Ok(None),
            Place::Postgres(place) => Ok(Some(Self(postgres::Watch::open(place, node, &bell.0)?))),
        }
    }

    /// Connects anew, after anything failed.
    pub fn reconnect(&mut self) -> Result<()> {
        self.0.reconnect()
    }

    /// Waits until a turn was committed or somebody rings the bell, but not for longer than this.
    pub fn wait(&self, at_most: Duration) -> Result<()> {
        self.0.wait(at_most)
    }

    /// Where the turns of all nodes end now.
    pub fn look(&self) -> Result<Seen> {
        self.0.look()
    }

    /// Says that this node lives, and says which leases it holds for [`LEASE_TERM`] from when it was asked.
    pub fn keep_leases(&self) -> Result<Leases> {
        self.0.keep_leases()
    }

    /// Gives every lease back: the node stops.
    pub fn leave(&self) -> Result<()> {
        self.0.leave()
    }

    /// The database's clock, in milliseconds since 1970.
    pub fn clock(&self) -> Result<i64> {
        self.0.clock()
    }
}

impl Reader {
    /// Every start of a node that is remembered, newest first; none where there can be one only.
    pub fn nodes(&self) -> Result<Vec<NodeRow>> {
        crate::sql::read::nodes(&self.conn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_shared_evenly_and_all_of_them() {
        for count in 1..=20_i64 {
            let live: Vec<i64> = (1..=count).map(|no| no * 7).collect();
            let shares: Vec<_> = live.iter().map(|node| Leases::share(&live, *node)).collect();
            assert_eq!(shares.iter().sum::<usize>(), 16, "{shares:?}");
            assert!(shares[0] - shares[shares.len() - 1] <= 1, "{shares:?}");
        }
        assert_eq!(Leases::share(&[], 3), 16);
    }

    #[test]
    fn each_endpoint_is_in_one_bucket() {
        let names: Vec<_> = (0..16).map(|no| format!("deliveries/{no}")).collect();
        for endpoint in [0, 1, 15, 16, -1, i64::MAX, i64::MIN] {
            let of = names
                .iter()
                .filter(|name| Leases::of(std::iter::once(name.as_str())).sends_to(endpoint));
            assert_eq!(of.count(), 1, "{endpoint}");
            assert!(Leases::ALL.sends_to(endpoint));
        }
        let house = Leases::of(["household", "deliveries/99", "x"].into_iter());
        assert!(house.keeps_house() && !house.sends_to(3));
    }
}
