//! Nodes, and what must be true of what they did together.

use std::ops::Index;

use cluster::Server;
use storage::{Place, postgres::PostgresPlace};
use testkit::{ACCOUNT, START, Shop, Somewhere};

use crate::scene::Scene;

/// Gateways over one database.
pub(crate) struct Nodes {
    pub(crate) nodes: Vec<Scene>,
    pub(crate) place: Place,
    // The last field: it goes when nothing uses it any more.
    _somewhere: Somewhere,
}

impl Index<usize> for Nodes {
    type Output = Scene;

    fn index(&self, no: usize) -> &Scene {
        &self.nodes[no % self.nodes.len()]
    }
}

impl Nodes {
    pub(crate) fn new(count: usize) -> Self {
        let somewhere = Somewhere::on_postgres();
        let place = somewhere.place.clone();
        let nodes = (0..count).map(|_| Self::node(&place)).collect();
        Self { nodes, place, _somewhere: somewhere }
    }

    /// One more.
    pub(crate) fn node(place: &Place) -> Scene {
        Scene(Shop::at(place.clone(), START, |_| {}))
    }

    /// Has the server say something of this database.
    pub(crate) fn psql(&self, sql: &str) -> String {
        Server::shared().psql(&self.database(), &[sql])
    }

    pub(crate) fn database(&self) -> String {
        let Place::Postgres(place) = &self.place else { panic!("it is on PostgreSQL") };
        let shown = PostgresPlace::shown(place);
        shown.rsplit('/').next().unwrap().to_owned()
    }

    /// What is true however many nodes there are: the digests fit, nothing is there twice, nothing has
    /// gaps, and the tail is where the rows end.
    pub(crate) async fn assert_sound(&self) {
        self[0].assert_clean().await;
        for (what, sql) in FACTS {
            assert_eq!(self.psql(sql), "", "{what}");
        }
        let story = self[0].gateway.own_events(ACCOUNT, 0, 100_000).await.unwrap();
        let numbers: Vec<_> = story.events.iter().map(|event| event.row.no).collect();
        assert_eq!(numbers, (1..).take(numbers.len()).collect::<Vec<_>>());
    }
}

/// Each of these finds nothing.
const FACTS: [(&str, &str); 7] = [
    ("the ledger balances", "select sum(amount) from entry having coalesce(sum(amount), 0) <> 0"),
    ("each event balances", "select event_no from entry group by event_no having sum(amount) <> 0"),
    (
        "events are numbered without a gap",
        "select count(*) from event having count(*) <> coalesce(max(no), 0)",
    ),
    (
        "entries are dated in order",
        "select no from (select no, at, lag(at) over (order by no) before from entry) e \
         where at < before",
    ),
    (
        "no slot is given out twice at a time",
        "select slot, lap from payment where slot is not null \
         group by pool_no, payment.shard, slot, lap having count(*) > 1",
    ),
    (
        "the tail is where the chain ends",
        "select tail.turn from tail, event where event.no = (select max(no) from event) \
         and tail.chain <> event.chain",
    ),
    (
        "an order has one payment that is open",
        "select account_no, order_id from payment where state in (0, 1, 2) \
         group by 1, 2 having count(*) > 1",
    ),
];
