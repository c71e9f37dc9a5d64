//! Gerai's own events, as merchants read them: the newest number of each account in memory, so that
//! who waits is woken by the commit and by nothing else; everything else from the rows.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    ids::{AccountNo, PaymentNo},
    own_event::OwnKind,
    payment::Payment,
    time::Timestamp,
};
use storage::{
    OwnEnds, OwnEventRow, Prune, SaleRow, StorageError,
    sqlite::{Reader, Writer},
};
use tokio::sync::watch;

use crate::{
    Gateway,
    directory::Account,
    gateway::Shared,
    pipeline::{Job, Lane},
    request::Unavailable,
};

/// The purpose of the secrets with which own events are signed: `whsec_` and base64 of 32 bytes.
pub const EVENTS_KEY: &str = "events";
/// The purpose of the key pairs with which own events are signed: `whsk_` and base64 of an Ed25519
/// seed.
pub const EVENTS_KEY_PAIR: &str = "events_ed25519";

/// Rows that are looked at for those of some kinds.
const LOOKED_AT_MAX: usize = 2_000;

/// Commits that one round of forgetting takes at most: 400,000 events.
const FORGET_COMMITS_MAX: usize = 100;

/// One own event with what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEvent {
    /// Which, and what it says.
    pub row: OwnEventRow,
    /// The payment as it is now; what may have changed since stands in the row.
    pub payment: Option<Payment>,
    /// The sale that brought it about.
    pub sale: Option<SaleRow>,
}

/// Some own events of an account, and where all of them begin and end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEvents {
    /// In the order of their numbers.
    pub events: Vec<OwnEvent>,
    /// The number of the last row that was looked at; where there was none, the one to begin after.
    pub until: i64,
    /// Which there are.
    pub ends: OwnEnds,
}

/// An endpoint of a merchant does not answer as it should, and attempts are spaced out from now on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointFailing {
    /// Whose.
    pub account: AccountNo,
    /// The payment whose news did not arrive last.
    pub payment: PaymentNo,
    /// Where it was sent. Merchants are told scheme, host and port of it, and no path.
    pub url: String,
    /// How many attempts failed one after the other.
    pub failures: u32,
    /// When the first of them began.
    pub since: Timestamp,
    /// What came of the last, in a sentence without secrets.
    pub why: String,
    /// Now.
    pub at: Timestamp,
}

/// The number of each account's newest own event.
#[derive(Default)]
pub(crate) struct OwnTails {
    of: Mutex<HashMap<AccountNo, watch::Sender<i64>>>,
    ended: watch::Sender<bool>,
}

impl OwnTails {
    /// As the rows have them.
    pub(crate) fn read(writer: &mut Writer) -> Result<Self, StorageError> {
        let reader = writer.reader()?;
        let tails = Self::default();
        for account in reader.own_accounts()? {
            tails.publish(account, reader.own_ends(account)?.newest);
        }
        Ok(tails)
    }

    /// The number of the newest; 0 where there is none.
    pub(crate) fn newest(&self, account: AccountNo) -> i64 {
        self.lock().get(&account).map_or(0, |newest| *newest.borrow())
    }

    /// Wakes who waits for this account's events.
    pub(crate) fn publish(&self, account: AccountNo, newest: i64) {
        self.lock().entry(account).or_default().send_if_modified(|known| {
            let is_newer = newest > *known;
            *known = newest.max(*known);
            is_newer
        });
    }

    /// Accounts of which anything is known, or somebody waits for it.
    pub(crate) fn accounts(&self) -> Vec<AccountNo> {
        self.lock().keys().copied().collect()
    }

    fn watch(&self, account: AccountNo) -> watch::Receiver<i64> {
        self.lock().entry(account).or_default().subscribe()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<AccountNo, watch::Sender<i64>>> {
        self.of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gateway {
    /// The next own events of an account after number `after`, at most `count_max`.
    pub async fn own_events(
        &self,
        account: AccountNo,
        after: i64,
        count_max: usize,
    ) -> Result<OwnEvents, Unavailable> {
        self.own_events_of(account, after, Vec::new(), count_max).await
    }

    /// The same, of these kinds only; all kinds where none is named. So many rows are looked at, however
    /// few of them are of these kinds; [`OwnEvents::until`] says how far that was.
    pub async fn own_events_of(
        &self,
        account: AccountNo,
        after: i64,
        kinds: Vec<OwnKind>,
        count_max: usize,
    ) -> Result<OwnEvents, Unavailable> {
        self.read(move |reader| {
            // First the ends: what is written meanwhile is then only found later.
            let ends = reader.own_ends(account)?;
            let rows_max = if kinds.is_empty() { count_max } else { LOOKED_AT_MAX };
            let rows = reader.own_events_after(account, after, rows_max)?;
            let mut found = OwnEvents { events: Vec::new(), until: after, ends };
            for row in rows {
                if found.events.len() == count_max {
                    break;
                }
                found.until = row.no;
                if kinds.is_empty() || kinds.contains(&row.kind) {
                    found.events.push(with_subjects(reader, row)?);
                }
            }
            Ok(found)
        })
        .await
    }

    /// One own event of an account; none where it was pruned or never was.
    pub async fn own_event(
        &self,
        account: AccountNo,
        no: i64,
    ) -> Result<Option<OwnEvent>, Unavailable> {
        self.read(move |reader| {
            let row = reader.own_event(account, no)?;
            row.map(|row| with_subjects(reader, row)).transpose()
        })
        .await
    }

    /// The number of an account's newest own event, and every newer one as soon as it is durable.
    pub fn own_newest(&self, account: AccountNo) -> watch::Receiver<i64> {
        self.0.own.watch(account)
    }

    /// Ends every stream of own events, and every wait for one.
    pub fn end_streams(&self) {
        self.0.own.ended.send_replace(true);
    }

    /// Whether streams are to end, and the moment when they are.
    pub fn streams_ended(&self) -> watch::Receiver<bool> {
        self.0.own.ended.subscribe()
    }

    /// Removes own events that happened before this instant, all but the newest of each account: in
    /// commits of a bounded size, and so many of them that others are not kept waiting for long.
    pub async fn forget_own_events(&self, before: Timestamp) -> Result<(), Unavailable> {
        let has_old = move |reader: &Reader, account| {
            let ends = reader.own_ends(account)?;
            let oldest = reader.own_event(account, ends.oldest)?;
            Ok(ends.oldest < ends.newest && oldest.is_some_and(|row| row.at < before))
        };
        let old = move |reader: &mut Reader| {
            let mut old = Vec::new();
            for account in reader.own_accounts()? {
                if has_old(reader, account)? {
                    old.push(account);
                }
            }
            Ok(old)
        };
        let mut commits = 0;
        for account in self.read(old).await? {
            loop {
                self.prune(vec![Prune::OwnEventsBefore(account, before)]).await?;
                commits += 1;
                if commits >= FORGET_COMMITS_MAX {
                    return Ok(());
                }
                if !self.read(move |reader| has_old(reader, account)).await? {
                    break;
                }
            }
        }
        Ok(())
    }

    /// Tells a merchant by an own event that an endpoint of its does not answer. Nothing happens
    /// where the account has no own events.
    pub async fn endpoint_failing(&self, failing: EndpointFailing) -> Result<(), Unavailable> {
        let directory = self.directory();
        if !directory.account(failing.account).is_some_and(|account| account.settings.events) {
            return Ok(());
        }
        self.ask(Lane::Household, |reply| Job::Failing(Box::new(failing), reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }
}

impl Shared {
    /// Wakes who waits for the events of this commit.
    pub(crate) fn publish_own(&self, rows: &[OwnEventRow]) {
        let mut newest: HashMap<AccountNo, i64> = HashMap::new();
        for row in rows {
            let last = newest.entry(row.account).or_default();
            *last = row.no.max(*last);
        }
        for (account, no) in newest {
            self.own.publish(account, no);
        }
    }
}

/// Whether an account's own events are sent to an endpoint.
pub(crate) fn pushes(account: &Account) -> bool {
    account.settings.events
        && account.settings.events_url.is_some()
        && !account.settings.events_url_gone
}

/// A row with the payment and the sale it names. Each is a transaction of its own: what an event
/// tells of them never changes.
fn with_subjects(reader: &mut Reader, row: OwnEventRow) -> Result<OwnEvent, StorageError> {
    let payment = match row.payment {
        Some(no) => reader.payment(no)?.map(|row| row.payment),
        None => None,
    };
    let sale = match row.sale {
        Some(no) => reader.sale_by_no(no)?,
        None => None,
    };
    Ok(OwnEvent { row, payment, sale })
}

/// The account that is meant, where its events are on.
pub(crate) fn listening(account: Option<&Arc<Account>>) -> Option<&Arc<Account>> {
    account.filter(|account| account.settings.events)
}
