//! A node's second connection: it hears of other nodes' turns, keeps the node's leases, and knows what
//! time it is at the database.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_postgres::Client;

use super::{
    PostgresPlace, Result,
    connect::{Hearing, connect_and_hear},
    io,
    tail::{CHANNEL, now},
};
use crate::{Leases, Seen, StorageError};

/// For how long a lease is taken, in milliseconds.
const TERM_MS: i64 = 12_000;

/// A connection that listens.
#[derive(Debug)]
pub(crate) struct Watch {
    client: Arc<Client>,
    place: PostgresPlace,
    node: i64,
    heard: Arc<Notify>,
}

impl Watch {
    /// For a node that has joined. `heard` is rung when a turn was committed, and when the connection is
    /// lost.
    pub(crate) fn open(place: &PostgresPlace, node: i64, heard: &Arc<Notify>) -> Result<Self> {
        let to = place.clone();
        let hearing = Hearing { bell: Some(Arc::clone(heard)), ..Hearing::default() };
        let client = io::run(async move {
            let client = connect_and_hear(&to, &hearing).await?;
            client.batch_execute(&format!("listen {CHANNEL}")).await?;
            Ok(client)
        })?;
        let (client, place, heard) = (Arc::new(client), place.clone(), Arc::clone(heard));
        Ok(Self { client, place, node, heard })
    }

    /// Connects anew.
    pub(crate) fn reconnect(&mut self) -> Result<()> {
        *self = Self::open(&self.place, self.node, &self.heard)?;
        Ok(())
    }

    /// Waits until somebody rings, but not for longer than this.
    pub(crate) fn wait(&self, at_most: Duration) -> Result<()> {
        let heard = Arc::clone(&self.heard);
        io::run(async move {
            // That nobody rang is an outcome like any other.
            drop(tokio::time::timeout(at_most, heard.notified()).await);
            Ok(())
        })
    }

    /// Where the turns of all nodes end now.
    pub(crate) fn look(&self) -> Result<Seen> {
        let client = Arc::clone(&self.client);
        io::run(async move {
            let sql = "select turn, directory_version, sequences from tail where no = 0";
            let row = client.query_one(sql, &[]).await?;
            let sequences = crate::Sequences::from_text(row.try_get(2)?)
                .ok_or_else(|| StorageError::Engine("sequences are numbers".to_owned()))?;
            Ok(Seen {
                turn: row.try_get(0)?,
                directory_version: row.try_get(1)?,
                event: sequences.event,
                notification: sequences.notification,
            })
        })
    }

    /// Says that this node lives, renews its leases, gives back what is more than its share, and takes
    /// what nobody has and is part of it.
    pub(crate) fn keep_leases(&self) -> Result<Leases> {
        let (client, node) = (Arc::clone(&self.client), self.node);
        io::run(async move { keep_leases(&client, node).await })
    }

    /// Gives every lease back: the node stops.
    pub(crate) fn leave(&self) -> Result<()> {
        let (client, node) = (Arc::clone(&self.client), self.node);
        io::run(async move {
            let sql = "update lease set node_no = null, until = 0 where node_no = $1";
            client.execute(sql, &[&node]).await?;
            client.execute("update node set seen_at = 0 where no = $1", &[&node]).await?;
            Ok(())
        })
    }

    /// The database's clock, in milliseconds since 1970.
    pub(crate) fn clock(&self) -> Result<i64> {
        let client = Arc::clone(&self.client);
        io::run(async move {
            let row = client.query_one(concat!("select ", now!()), &[]).await?;
            Ok(row.try_get(0)?)
        })
    }
}

async fn keep_leases(client: &Client, node: i64) -> Result<Leases> {
    let alive = concat!("update node set seen_at = ", now!(), " where no = $1");
    client.execute(alive, &[&node]).await?;
    let live = concat!("select no from node where seen_at > ", now!(), " - $1 order by no");
    let live = client.query(live, &[&TERM_MS]).await?;
    let mut nodes = Vec::with_capacity(live.len());
    for row in live {
        nodes.push(row.try_get::<_, i64>(0)?);
    }
    let share = Leases::share(&nodes, node);

    let renew =
        concat!("update lease set until = ", now!(), " + $2 where node_no = $1 returning name");
    let mut held = names(&client.query(renew, &[&node, &TERM_MS]).await?)?;
    held.sort();
    let buckets: Vec<String> = held.iter().filter(|name| is_bucket(name)).cloned().collect();
    let excess: Vec<String> = buckets.iter().skip(share).cloned().collect();
    if !excess.is_empty() {
        let give =
            "update lease set node_no = null, until = 0 where node_no = $1 and name = any($2)";
        client.execute(give, &[&node, &excess]).await?;
        held.retain(|name| !excess.contains(name));
    }
    let take = concat!(
        "update lease set node_no = $1, until = ",
        now!(),
        " + $2 where name in (select name from lease where until <= ",
        now!(),
        " and name like $3 order by name limit $4 for update skip locked) returning name"
    );
    let missing = i64::try_from(share.saturating_sub(buckets.len())).unwrap_or(0);
    for (like, count) in [("deliveries/%", missing), ("household", 1)] {
        if count > 0 {
            held.extend(names(&client.query(take, &[&node, &TERM_MS, &like, &count]).await?)?);
        }
    }
    Ok(Leases::of(held.iter().map(String::as_str)))
}

fn is_bucket(name: &str) -> bool {
    name.starts_with("deliveries/")
}

fn names(rows: &[tokio_postgres::Row]) -> Result<Vec<String>> {
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
