//! What `gerai verify` looks at in the books beside events and entries: that the rows which say what
//! money was about agree with what was posted.

use std::collections::BTreeMap;

use domain::{
    event::EventKind,
    ids::{EventNo, PaymentNo},
    ledger::{self, Entry, LedgerAccount, Transfer},
    money::Balance,
    transfer::PayoutState,
};
use storage::{
    AccountBalances, FundingRow, PayoutRow, RetailerDay, RetailerDayRow, StorageError,
    sqlite::Reader,
};

/// Rows read at a time.
const PAGE: usize = 1_000;

/// Tells of each thing that is wrong: where, and what.
pub(crate) type Find<'a> = &'a mut dyn FnMut(String, String);

/// Transfers, payouts, matched payments, advances, and balances that were written down. `balances` are
/// the sums of the ledger's accounts, `advanced` is how many events tell of an advance.
pub(crate) fn check(
    reader: &Reader,
    balances: &[(LedgerAccount, Balance)],
    advanced: u64,
    find: Find<'_>,
) -> Result<(), StorageError> {
    let mut days: BTreeMap<RetailerDay, RetailerDayRow> = BTreeMap::new();
    read_back(fundings(reader, &mut days, find), find)?;
    read_back(matched(reader, &mut days, find), find)?;
    read_back(advances(reader, advanced, find), find)?;
    read_back(super::refunds::add_paid_out(reader, &mut days), find)?;
    read_back(compare_days(reader, &days, find), find)?;
    read_back(payouts(reader, balances, find), find)?;
    read_back(snapshots(reader, find), find)
}

/// A row that does not read back is a finding; what follows it in its table is not looked at.
fn read_back(result: Result<(), StorageError>, find: Find<'_>) -> Result<(), StorageError> {
    match result {
        Err(StorageError::Corrupt(corrupt)) => {
            find(format!("{} {}", corrupt.table, corrupt.row), corrupt.what);
            Ok(())
        }
        other => other,
    }
}

/// What an event of this kind posted; nothing where it is another event.
fn posted(
    reader: &Reader,
    event: EventNo,
    kind: EventKind,
) -> Result<Option<Vec<Entry>>, StorageError> {
    let before = EventNo::new(event.get().saturating_sub(1));
    let found = match reader.events_after(before, 1) {
        // It is found where events are looked at.
        Err(StorageError::Corrupt(_)) => return Ok(None),
        found => found?,
    };
    let found = found.into_iter().find(|(row, _)| row.event.no == event && row.event.kind == kind);
    Ok(found.map(|(_, entries)| entries.iter().map(|entry| entry.entry).collect()))
}

fn fundings(
    reader: &Reader,
    days: &mut BTreeMap<RetailerDay, RetailerDayRow>,
    find: Find<'_>,
) -> Result<(), StorageError> {
    let mut before = i64::MAX;
    let mut expected = None;
    loop {
        let page = reader.fundings(before, PAGE)?;
        for row in &page {
            let place = || format!("funding {}", row.no);
            if expected.is_some_and(|expected| expected != row.no) {
                find(place(), "the fundings after it are missing".to_owned());
            }
            expected = row.no.checked_sub(1);
            before = row.no;
            let FundingRow { day: (retailer, business_date), amount, commission, .. } = *row;
            let transfer = Transfer { retailer, business_date, amount, commission };
            let is_posted = posted(reader, row.event, EventKind::Funded)?
                .is_some_and(|entries| entries == ledger::funded(&transfer, row.difference));
            if !is_posted {
                find(place(), format!("event {} posted something else than it says", row.event));
            }
            let day = days.entry(row.day).or_insert(RetailerDayRow::new(row.day));
            day.funded += transfer.covers().get() - row.difference.get();
            // Rows come newest first.
            day.funded_on = day.funded_on.or(Some(row.recorded_at.business_date()));
        }
        if page.len() < PAGE {
            if expected.is_some_and(|no| no != 0) {
                find("table funding".to_owned(), "the first fundings are missing".to_owned());
            }
            return Ok(());
        }
    }
}

fn matched(
    reader: &Reader,
    days: &mut BTreeMap<RetailerDay, RetailerDayRow>,
    find: Find<'_>,
) -> Result<(), StorageError> {
    for (of, matched, waiting) in reader.matched_by_day()? {
        let day = days.entry(of).or_insert(RetailerDayRow::new(of));
        day.matched = matched;
        day.waiting = waiting;
    }
    expected(reader, days)?;
    for payment in reader.matched_wrong(PAGE)? {
        let what = "its day, sale, total or state is not that of the payment".to_owned();
        find(format!("matched payment {payment}"), what);
    }
    Ok(())
}

/// Every advance moved what its payment's merchant gets, once, and every event that says so has one.
fn advances(reader: &Reader, events: u64, find: Find<'_>) -> Result<(), StorageError> {
    let mut after = PaymentNo::new(0);
    let mut count = 0;
    loop {
        let page = reader.advances_after(after, PAGE)?;
        for row in &page {
            after = row.payment;
            count += 1;
            let place = || format!("advance of payment {}", row.payment);
            let Some(payment) = reader.payment(row.payment)? else { continue };
            let dated = reader.entries_of(row.event)?.first().map(|entry| entry.at);
            let is_posted = ledger::net(&payment.payment) == row.amount.to_balance()
                && dated == Some(row.at)
                && posted(reader, row.event, EventKind::Advanced)?
                    .is_some_and(|entries| entries == ledger::settled(&payment.payment));
            if !is_posted {
                find(place(), format!("event {} posted something else than it says", row.event));
            }
        }
        if page.len() < PAGE {
            break;
        }
    }
    if count != events {
        let what = format!("it has {count} rows, where {events} events tell of advances");
        find("table advance".to_owned(), what);
    }
    for payment in reader.advances_wrong(PAGE)? {
        let what = "its account or state is not that of the payment".to_owned();
        find(format!("advance of payment {payment}"), what);
    }
    Ok(())
}

/// What somebody said of differences is expected beside what is matched, or given up.
fn expected(
    reader: &Reader,
    days: &mut BTreeMap<RetailerDay, RetailerDayRow>,
) -> Result<(), StorageError> {
    let mut before = i64::MAX;
    loop {
        let page = reader.differences(before, PAGE)?;
        for row in &page {
            before = row.no;
            let (retailer, date) = row.adjustment.day;
            let changes =
                [(Some(date), row.expected), (row.adjustment.other_day, row.expected.negated())];
            for (date, change) in changes {
                let Some(date) = date.filter(|_| change != Balance::ZERO) else { continue };
                let day = (retailer, date);
                days.entry(day).or_insert(RetailerDayRow::new(day)).matched += change.get();
            }
        }
        if page.len() < PAGE {
            return Ok(());
        }
    }
}

/// What the days say is the sum of what is known of each.
fn compare_days(
    reader: &Reader,
    computed: &BTreeMap<RetailerDay, RetailerDayRow>,
    find: Find<'_>,
) -> Result<(), StorageError> {
    for (day, expected) in computed {
        let (retailer, date) = day;
        let found = reader.retailer_day(*day)?.unwrap_or(RetailerDayRow::new(*day));
        if found != *expected {
            let what = format!(
                "it says matched {}, waiting {}, funded {}; its rows say {}, {}, {}",
                found.matched,
                found.waiting,
                found.funded,
                expected.matched,
                expected.waiting,
                expected.funded
            );
            find(format!("day {retailer} {date}"), what);
        }
    }
    for row in reader.retailer_days(usize::MAX)? {
        if !computed.contains_key(&row.day) && row != RetailerDayRow::new(row.day) {
            let (retailer, date) = row.day;
            find(format!("day {retailer} {date}"), "nothing is known of what it says".to_owned());
        }
    }
    Ok(())
}

/// What is in transit is what the open payouts say, and each posted what it says.
fn payouts(
    reader: &Reader,
    balances: &[(LedgerAccount, Balance)],
    find: Find<'_>,
) -> Result<(), StorageError> {
    let held = balances.iter().find(|(account, _)| *account == LedgerAccount::PayoutsInTransit);
    let mut in_transit = held.map_or(0, |(_, balance)| balance.negated().get());
    let mut before = i64::MAX;
    let mut expected = None;
    loop {
        let page = reader.payouts(before, PAGE)?;
        for row in &page {
            let place = || format!("payout {}", row.no);
            if expected.is_some_and(|expected| expected != row.no) {
                find(place(), "the payouts after it are missing".to_owned());
            }
            expected = row.no.checked_sub(1);
            before = row.no;
            if row.state == PayoutState::InTransit {
                in_transit -= row.amount.get();
            }
            if !is_posted(reader, row)? {
                find(place(), "its events posted something else than it says".to_owned());
            }
        }
        if page.len() < PAGE {
            break;
        }
    }
    if expected.is_some_and(|no| no != 0) {
        find("table payout".to_owned(), "the first payouts are missing".to_owned());
    }
    if in_transit != 0 {
        let what = format!("it differs from the payouts in transit by {in_transit}");
        find("account payouts in transit".to_owned(), what);
    }
    Ok(())
}

fn is_posted(reader: &Reader, row: &PayoutRow) -> Result<bool, StorageError> {
    let PayoutRow { account, amount, .. } = *row;
    let recorded = posted(reader, row.event, EventKind::PayoutRecorded)?;
    if recorded != Some(ledger::payout_recorded(account, amount)) {
        return Ok(false);
    }
    let Some(decided) = &row.decided else { return Ok(row.state == PayoutState::InTransit) };
    Ok(match row.state {
        PayoutState::InTransit => false,
        PayoutState::Confirmed => {
            let entries = posted(reader, decided.event, EventKind::PayoutConfirmed)?;
            entries == Some(ledger::payout_confirmed(amount))
        }
        PayoutState::Returned => {
            let entries = posted(reader, decided.event, EventKind::PayoutReturned)?;
            entries.is_some_and(|entries| {
                entries == ledger::payout_returned(account, amount)
                    || entries == ledger::payout_bounced(account, amount)
            })
        }
    })
}

/// Every balance that was written down is the one before it and what came between.
fn snapshots(reader: &Reader, find: Find<'_>) -> Result<(), StorageError> {
    for account in reader.directory()?.accounts {
        let mut before = (EventNo::new(0), AccountBalances::default());
        for row in reader.snapshots_of(account.no)? {
            let (since, held) = before;
            let later = reader.posted_between(account.no, since, row.event)?;
            let sum = |held: Balance, later| held.checked_add(later);
            let pending = sum(held.pending, later.pending);
            let active = sum(held.active, later.active);
            if (pending, active) != (Some(row.balances.pending), Some(row.balances.active)) {
                let what =
                    format!("its balance after event {} is not the sum of its entries", row.event);
                find(format!("account {}", account.public_id), what);
            }
            before = (row.event, row.balances);
        }
    }
    Ok(())
}
