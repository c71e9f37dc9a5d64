//! Where the money is: transfers, payouts, matched payments, and what merchants are owed, now and
//! then (rule 28).
//!
//! What moves money is decided in the pipeline, from rows that its batch has read: two payouts that
//! arrive together are decided one after the other. Balances are sums over entries; so that a sum
//! does not grow with the years, the household writes balances down, and a sum begins at the newest
//! that was.

pub(crate) mod check;

mod refunds;

pub(crate) use refunds::funded_by;

use domain::{
    ids::AccountNo,
    money::Balance,
    time::{Span, Timestamp},
};
use storage::{AccountBalances, BalanceSnapshotRow, StorageError, sqlite::Reader};

use crate::{
    Gateway,
    pipeline::{Due, DueKind, Job, Lane},
    request::{
        Balances, LinesPosted, LinesRequest, MatchRequest, Matching, Moved, MovementError,
        MovementRequest, PostedFile, Unavailable,
    },
};

/// From how many business days after its funding on a payment is available, where the account does
/// not say (rule 28).
pub const PAYOUT_DAYS_DEFAULT: u8 = 3;
/// The most an account may say.
pub const PAYOUT_DAYS_MAX: u8 = 60;
/// A balance is written down again when so many entries came since.
pub const SNAPSHOT_ENTRIES: usize = 1_000;
/// So many balances are written in one commit.
const SNAPSHOTS_MAX: usize = 200;
/// So many retailers' days are looked at for one sweep.
const DAYS_MAX: usize = 100;

impl Gateway {
    /// Books money that moved between banks.
    pub async fn move_money(&self, request: MovementRequest) -> Result<Moved, MovementError> {
        self.ask(Lane::Merchant, |reply| Job::Movement(Box::new(request), reply))
            .await
            .unwrap_or(Err(MovementError::Unavailable(Unavailable::Stopping)))
    }

    /// Writes down that a retailer's file is posted; the number is what [`Self::match_payments`]
    /// needs.
    ///
    /// # Errors
    ///
    /// [`Unavailable::Storage`] also where this revision was posted before.
    pub async fn post_file(&self, file: PostedFile) -> Result<i64, Unavailable> {
        self.ask(Lane::Household, |reply| Job::File(Box::new(file), reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }

    /// Posts lines of a file that was written down before, all in one commit.
    pub async fn post_lines(&self, request: LinesRequest) -> Result<LinesPosted, Unavailable> {
        self.ask(Lane::Household, |reply| Job::Lines(Box::new(request), reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }

    /// Marks payments that stand in a retailer's file, all in one commit; says for each line what
    /// became of it. Give it at most a thousand lines at a time.
    pub async fn match_payments(
        &self,
        request: MatchRequest,
    ) -> Result<Vec<Matching>, Unavailable> {
        self.ask(Lane::Household, |reply| Job::Match(Box::new(request), reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }

    /// What an account was owed at a past instant, from the ledger.
    pub async fn balances_at(
        &self,
        account: AccountNo,
        at: Timestamp,
    ) -> Result<Balances, Unavailable> {
        let read = move |reader: &mut Reader| reader.balances_at(account, at);
        self.0.readers.read(read).await.map(Balances::from)
    }

    /// Writes balances down that were not for a while; tells how many.
    pub async fn write_balances_down(&self) -> Result<usize, Unavailable> {
        let mut accounts: Vec<_> = self.directory().accounts().map(|account| account.no).collect();
        accounts.sort_unstable();
        let mut count = 0;
        for accounts in accounts.chunks(SNAPSHOTS_MAX) {
            let (accounts, now) = (accounts.to_vec(), self.clock().now());
            let read = move |reader: &mut Reader| grown(reader, &accounts, now);
            let rows = self.0.readers.read(read).await?;
            if rows.is_empty() {
                continue;
            }
            count += rows.len();
            self.ask(Lane::Household, |reply| Job::Snapshots(rows, reply))
                .await
                .unwrap_or(Err(Unavailable::Stopping))?;
        }
        Ok(count)
    }
}

/// The balances of those accounts that have had many entries since theirs was written down.
fn grown(
    reader: &mut Reader,
    accounts: &[AccountNo],
    at: Timestamp,
) -> Result<Vec<BalanceSnapshotRow>, StorageError> {
    // No entry of this event or one before it comes later.
    let Some(newest) = reader.last_event()? else { return Ok(Vec::new()) };
    let event = newest.event.no;
    let mut rows = Vec::new();
    for account in accounts {
        if reader.entries_since_snapshot(*account, SNAPSHOT_ENTRIES)? >= SNAPSHOT_ENTRIES {
            let balances = reader.balances_after(*account, event)?;
            rows.push(BalanceSnapshotRow { account: *account, event, balances, at });
        }
    }
    Ok(rows)
}

impl From<AccountBalances> for Balances {
    /// What we owe is a credit in the books, and a credit is negative.
    fn from(held: AccountBalances) -> Self {
        Self { pending: held.pending.negated(), active: held.active.negated() }
    }
}

impl Balances {
    /// Both together.
    pub fn total(&self) -> Balance {
        // Each is a sum that fitted; together they are less than all the money there is.
        self.pending.checked_add(self.active).unwrap_or(Balance::ZERO)
    }
}

/// Matched payments that are funded by now, and those that are available by now, at most `count_max` of
/// each.
pub(crate) fn money_due(
    reader: &Reader,
    now: Timestamp,
    count_max: usize,
) -> Result<Vec<Due>, StorageError> {
    let mut funded = Vec::new();
    for day in reader.covered_days(DAYS_MAX)? {
        let room = count_max.saturating_sub(funded.len());
        funded.extend(reader.matched_waiting(day.day, room)?);
        if funded.len() >= count_max {
            break;
        }
    }
    let available = reader.due_settlements(now.business_date(), count_max)?;
    let due = |kind| move |payment| Due { payment, kind, grace: Span::ZERO };
    let funded = funded.into_iter().map(due(DueKind::Funding));
    Ok(funded.chain(available.into_iter().map(due(DueKind::Settlement))).collect())
}
