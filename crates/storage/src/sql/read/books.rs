//! Where the money is: balances now and then, retailers' days, transfers, payouts.

use crate::sql::Conn;
use crate::sql::Row;
use crate::sql::value::Params;
use crate::sql::value::params;
use domain::{
    ids::{AccountNo, EventNo, PaymentNo},
    money::Balance,
    retailer::RetailerKey,
    time::{BusinessDate, Timestamp},
};

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        decode::books as decode,
        query::{first_of_each, limit, many, one},
    },
    sql,
};
use crate::{
    AccountBalances, AdvanceRow, BalanceSnapshotRow, Corrupt, FileRow, FundingRow, MatchedRow,
    PayoutRow, RetailerDay, RetailerDayRow, StorageError,
};

impl Reader {
    /// What the ledger holds for an account; a credit is negative.
    pub fn balances_of(&self, account: AccountNo) -> Result<AccountBalances> {
        balances_up_to(&self.conn, account, LAST)
    }

    /// What the ledger held for an account at a past instant, and what it was dated at this very
    /// instant included.
    pub fn balances_at(&self, account: AccountNo, at: Timestamp) -> Result<AccountBalances> {
        let event = self.last_event_at(at)?;
        balances_up_to(&self.conn, account, event)
    }

    /// What the ledger held for an account after an event.
    pub fn balances_after(&self, account: AccountNo, event: EventNo) -> Result<AccountBalances> {
        balances_up_to(&self.conn, account, event)
    }

    /// What was posted to an account after one event, up to another, from the entries alone.
    pub fn posted_between(
        &self,
        account: AccountNo,
        after: EventNo,
        up_to: EventNo,
    ) -> Result<AccountBalances> {
        posted_between(&self.conn, account, after, up_to)
    }

    /// The last event that posted something at `at` or before. Entries are dated in the order of
    /// their numbers, so a few of them are looked at, however many there are.
    pub fn last_event_at(&self, at: Timestamp) -> Result<EventNo> {
        let mut event = EventNo::new(0);
        let newest = one(&self.conn, sql::ENTRY_LAST, (), dated)?;
        let (mut low, mut high) = (1, newest.map_or(0, |(no, ..)| no));
        while low <= high {
            let middle = low + (high - low) / 2;
            let Some((_, posted, of)) = one(&self.conn, sql::ENTRY_DATE, [middle], dated)? else {
                return Err(missing(middle));
            };
            if posted <= at {
                event = of;
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        Ok(event)
    }

    /// The next events after `after`, up to `last`, that changed what an account is owed: its pending
    /// balance, or its active one. An event that did so twice is named twice.
    pub fn events_of_account(
        &self,
        account: AccountNo,
        is_active: bool,
        (after, last): (EventNo, EventNo),
        rows_max: usize,
    ) -> Result<Vec<EventNo>> {
        let kind = if is_active { 8 } else { 7 };
        let params = params![account.get(), kind, after.get(), last.get(), limit(rows_max)];
        let event = |row: &Row<'_>| Cells::new("entry", row).int().map(EventNo::new);
        many(&self.conn, sql::EVENTS_OF_ACCOUNT, params, event)
    }

    /// When the newest entry was dated.
    pub fn last_entry_at(&self) -> Result<Option<Timestamp>> {
        Ok(one(&self.conn, sql::ENTRY_LAST, (), dated)?.map(|(_, at, _)| at))
    }

    /// How many entries of an account came after its newest snapshot; it stops to count at
    /// `count_max`.
    pub fn entries_since_snapshot(&self, account: AccountNo, count_max: usize) -> Result<usize> {
        let since = snapshot(&self.conn, account, LAST)?.map_or(0, |(event, _)| event.get());
        let params = params![account.get(), since, limit(count_max)];
        let count = one(&self.conn, sql::ENTRIES_SINCE, params, |row| {
            Cells::new("entry", row).num::<usize>()
        })?;
        Ok(count.unwrap_or(0))
    }

    /// What a retailer owes for one of its days: the balance of that receivable.
    pub fn owed(&self, day: RetailerDay) -> Result<Balance> {
        owed(&self.conn, &day)
    }

    /// What is known of a retailer's day.
    pub fn retailer_day(&self, day: RetailerDay) -> Result<Option<RetailerDayRow>> {
        day_row(&self.conn, &day)
    }

    /// Retailers' days, each retailer's newest first.
    pub fn retailer_days(&self, rows_max: usize) -> Result<Vec<RetailerDayRow>> {
        many(&self.conn, sql::RETAILER_DAYS, [limit(rows_max)], decode::day)
    }

    /// The days whose transfers cover what is matched, where matched payments wait for that.
    pub fn covered_days(&self, rows_max: usize) -> Result<Vec<RetailerDayRow>> {
        many(&self.conn, sql::COVERED_DAYS, [limit(rows_max)], decode::day)
    }

    /// Matched payments of a day that wait to be funded.
    pub fn matched_waiting(&self, day: RetailerDay, rows_max: usize) -> Result<Vec<PaymentNo>> {
        let (retailer, date) = day;
        let params = params![retailer.as_str(), date.days(), limit(rows_max)];
        many(&self.conn, sql::MATCHED_WAITING, params, number)
    }

    /// Matched payments that are available on `date` or were before, and are not settled.
    pub fn due_settlements(&self, date: BusinessDate, rows_max: usize) -> Result<Vec<PaymentNo>> {
        many(&self.conn, sql::DUE_SETTLEMENTS, params![date.days(), limit(rows_max)], number)
    }

    /// From which day on [`Self::due_settlements`] finds something.
    pub fn next_settlement_due(&self) -> Result<Option<BusinessDate>> {
        let next = |row: &Row<'_>| Cells::new("matched", row).date_or_null();
        Ok(one(&self.conn, sql::NEXT_SETTLEMENT, (), next)?.flatten())
    }

    /// A matched payment.
    pub fn matched(&self, payment: PaymentNo) -> Result<Option<MatchedRow>> {
        one(&self.conn, sql::MATCHED, [payment.get()], decode::matched)
    }

    /// The totals of each day's matched payments, and how many of them wait, as its rows say.
    pub fn matched_by_day(&self) -> Result<Vec<(RetailerDay, i64, i64)>> {
        many(&self.conn, sql::MATCHED_BY_DAY, (), |row| {
            let mut cells = Cells::new("matched", row);
            Ok(((cells.retailer()?, cells.date()?), cells.int()?, cells.int()?))
        })
    }

    /// Matched payments whose rows do not agree with the payments': day, sale, total or state.
    pub fn matched_wrong(&self, rows_max: usize) -> Result<Vec<PaymentNo>> {
        many(&self.conn, sql::MATCHED_WRONG, [limit(rows_max)], number)
    }

    /// The next matched payments after `after`.
    pub fn matched_after(&self, after: PaymentNo, rows_max: usize) -> Result<Vec<MatchedRow>> {
        many(&self.conn, sql::MATCHED_AFTER, [after.get(), limit(rows_max)], decode::matched)
    }

    /// The advance of a payment.
    pub fn advance(&self, payment: PaymentNo) -> Result<Option<AdvanceRow>> {
        one(&self.conn, sql::ADVANCE, [payment.get()], decode::advance)
    }

    /// The sum of an account's open advances, in whole rupiah.
    pub fn advanced(&self, account: AccountNo) -> Result<i64> {
        advanced(&self.conn, account)
    }

    /// The sum of the advances of an account that were open at a past instant, in whole rupiah.
    pub fn advanced_at(&self, account: AccountNo, at: Timestamp) -> Result<i64> {
        sum(&self.conn, sql::ADVANCED_AT, params![account.get(), at.millis()])
    }

    /// Payments of an account that could be advanced, oldest first: paid, matched and not funded.
    pub fn to_advance(&self, account: AccountNo, rows_max: usize) -> Result<Vec<PaymentNo>> {
        many(&self.conn, sql::TO_ADVANCE, [account.get(), limit(rows_max)], number)
    }

    /// The next advances after that of the payment `after`.
    pub fn advances_after(&self, after: PaymentNo, rows_max: usize) -> Result<Vec<AdvanceRow>> {
        many(&self.conn, sql::ADVANCES_AFTER, [after.get(), limit(rows_max)], decode::advance)
    }

    /// Advances whose rows do not agree with those of their payments: account or state.
    pub fn advances_wrong(&self, rows_max: usize) -> Result<Vec<PaymentNo>> {
        many(&self.conn, sql::ADVANCES_WRONG, [limit(rows_max)], number)
    }

    /// Retailers' transfers, newest first.
    pub fn fundings(&self, before: i64, rows_max: usize) -> Result<Vec<FundingRow>> {
        many(&self.conn, sql::FUNDINGS, [before, limit(rows_max)], decode::funding)
    }

    /// Payouts, newest first.
    pub fn payouts(&self, before: i64, rows_max: usize) -> Result<Vec<PayoutRow>> {
        many(&self.conn, sql::PAYOUTS, [before, limit(rows_max)], decode::payout)
    }

    /// Payouts of which nobody knows yet what came of them, oldest first.
    pub fn payouts_in_transit(&self, rows_max: usize) -> Result<Vec<PayoutRow>> {
        many(&self.conn, sql::PAYOUTS_IN_TRANSIT, [limit(rows_max)], decode::payout)
    }

    /// A payout.
    pub fn payout(&self, no: i64) -> Result<Option<PayoutRow>> {
        one(&self.conn, sql::PAYOUT, [no], decode::payout)
    }

    /// A file of a retailer that was posted.
    pub fn file(&self, no: i64) -> Result<Option<FileRow>> {
        one(&self.conn, sql::FILE, [no], decode::file)
    }

    /// The files that were posted for a retailer's day, each profile's newest revision last.
    pub fn files_of(&self, day: RetailerDay) -> Result<Vec<FileRow>> {
        let (retailer, date) = day;
        many(&self.conn, sql::FILES_OF, params![retailer.as_str(), date.days()], decode::file)
    }

    /// Balances that were written down of an account, oldest first.
    pub fn snapshots_of(&self, account: AccountNo) -> Result<Vec<BalanceSnapshotRow>> {
        many(&self.conn, sql::SNAPSHOTS_OF, [account.get()], decode::snapshot)
    }
}

/// After every event there can be.
pub(crate) const LAST: EventNo = EventNo::new(i64::MAX);

fn missing(no: i64) -> StorageError {
    let what = "it is missing: entries are numbered without a gap".to_owned();
    Corrupt { table: "entry", row: no.to_string(), what }.into()
}

fn number(row: &Row<'_>) -> Result<PaymentNo> {
    Cells::new("matched", row).int().map(PaymentNo::new)
}

/// An entry's number, date and event.
fn dated(row: &Row<'_>) -> Result<(i64, Timestamp, EventNo)> {
    let mut cells = Cells::new("entry", row);
    Ok((cells.int()?, cells.time()?, EventNo::new(cells.int()?)))
}

/// The newest snapshot of an account after no later event than this.
fn snapshot(
    conn: &Conn,
    account: AccountNo,
    event: EventNo,
) -> Result<Option<(EventNo, AccountBalances)>> {
    let found = one(conn, sql::SNAPSHOT, [account.get(), event.get()], decode::snapshot)?;
    Ok(found.map(|row| (row.event, row.balances)))
}

/// What an account held after an event: the newest snapshot before it, and what came since. A
/// snapshot never changes, so it does not matter that two questions are asked.
fn balances_up_to(conn: &Conn, account: AccountNo, event: EventNo) -> Result<AccountBalances> {
    let (since, before) =
        snapshot(conn, account, event)?.unwrap_or((EventNo::new(0), AccountBalances::default()));
    together(account, before, posted_between(conn, account, since, event)?)
}

/// What each of these accounts holds; the same for all of them at once.
pub(in super::super) fn balances_of_each(
    conn: &Conn,
    accounts: &[AccountNo],
    mut found: impl FnMut(AccountNo, AccountBalances),
) -> Result<()> {
    let mut since = Vec::with_capacity(accounts.len());
    first_of_each(
        conn,
        sql::SNAPSHOT,
        accounts,
        |account| params![account.get(), LAST.get()],
        decode::snapshot,
        |account, row| since.push((*account, row.event, row.balances)),
    )?;
    for account in accounts {
        if since.iter().all(|(known, ..)| known != account) {
            since.push((*account, EventNo::new(0), AccountBalances::default()));
        }
    }
    let mut sums = Vec::with_capacity(since.len());
    first_of_each(
        conn,
        sql::MERCHANT_BALANCES,
        &since,
        |(account, event, _)| params![account.get(), event.get(), LAST.get()],
        pending_and_active,
        |(account, _, before), later| sums.push((*account, *before, later)),
    )?;
    for (account, before, later) in sums {
        found(account, together(account, before, later)?);
    }
    Ok(())
}

/// The sum of what there was and what came later.
fn together(
    account: AccountNo,
    before: AccountBalances,
    later: AccountBalances,
) -> Result<AccountBalances> {
    let sum = |before: Balance, later| {
        before.checked_add(later).ok_or_else(|| {
            let what = "the sum of its entries does not fit".to_owned();
            StorageError::from(Corrupt { table: "account", row: account.to_string(), what })
        })
    };
    Ok(AccountBalances {
        pending: sum(before.pending, later.pending)?,
        active: sum(before.active, later.active)?,
    })
}

fn pending_and_active(row: &Row<'_>) -> Result<AccountBalances> {
    let mut cells = Cells::new("entry", row);
    Ok(AccountBalances {
        pending: Balance::from_stored(cells.int()?),
        active: Balance::from_stored(cells.int()?),
    })
}

/// What was posted to an account after one event, up to another.
fn posted_between(
    conn: &Conn,
    account: AccountNo,
    after: EventNo,
    up_to: EventNo,
) -> Result<AccountBalances> {
    let params = [account.get(), after.get(), up_to.get()];
    let sums = one(conn, sql::MERCHANT_BALANCES, params, pending_and_active)?;
    Ok(sums.unwrap_or_default())
}

/// The only cell of a row, a balance.
pub(in super::super) fn balance(row: &Row<'_>) -> Result<Balance> {
    Cells::new("entry", row).int().map(Balance::from_stored)
}

/// What a retailer owes for one of its days.
fn owed(conn: &Conn, day: &RetailerDay) -> Result<Balance> {
    let sum = one(conn, sql::OWED, params![day.0.as_str(), day.1.days()], balance)?;
    Ok(sum.unwrap_or_default())
}

/// The sum of an account's open advances.
pub(in super::super) fn advanced(conn: &Conn, account: AccountNo) -> Result<i64> {
    sum(conn, sql::ADVANCED, [account.get()])
}

fn sum<'a>(conn: &Conn, sql: &'static str, params: impl Params<'a>) -> Result<i64> {
    let sum = one(conn, sql, params, |row| Cells::new("advance", row).int())?;
    Ok(sum.unwrap_or_default())
}

/// What is known of a retailer's day.
pub(in super::super) fn day_row(
    conn: &Conn,
    day: &(RetailerKey, BusinessDate),
) -> Result<Option<RetailerDayRow>> {
    one(conn, sql::RETAILER_DAY, params![day.0.as_str(), day.1.days()], decode::day)
}
