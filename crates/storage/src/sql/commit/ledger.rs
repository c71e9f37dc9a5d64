//! Events and their entries.

use domain::{
    ids::{PaymentNo, SaleNo},
    retailer::RetailerKey,
    time::BusinessDate,
};

use super::super::{
    Conn, Result,
    columns::{entry_columns, event_columns},
    encode::{LedgerColumns, actor_columns, kind_number},
    fault::broken,
    put::{Put, Write},
    query::limit,
    value::params,
};
use crate::{EntryRow, EventRow};

const INSERT_EVENT: Write = Write::new(concat!(
    "insert into event (",
    event_columns!(),
    ", entry_first, entry_count) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
));

const INSERT_ENTRY: Write = Write::new(concat!(
    "insert into entry (",
    entry_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
));

/// Events, each with its entries: these come in the order of the events, with consecutive numbers
/// within one, because the event says where they are.
pub(super) fn insert(conn: &Conn, events: &[EventRow], entries: &[EntryRow]) -> Result<()> {
    let mut rest = entries;
    if !events.is_empty() {
        let mut put = Put::new(conn, INSERT_EVENT)?;
        for row in events {
            let event = &row.event;
            let count = rest.iter().take_while(|entry| entry.event == event.no).count();
            let (own, others) = rest.split_at(count);
            rest = others;
            let first = first_number(row, own)?;
            let (actor, actor_no) = actor_columns(&event.actor);
            put.row(&params![
                event.no.get(),
                row.shard,
                event.payment.map(PaymentNo::get),
                kind_number(event.kind),
                event.at.millis(),
                actor,
                actor_no,
                event.reason,
                event.sale.map(SaleNo::get),
                row.payment_digest,
                row.chain,
                first,
                limit(count),
            ])?;
        }
        put.end()?;
    }
    if let Some(entry) = rest.first() {
        return Err(broken(format!(
            "entry {} of event {} does not follow its event",
            entry.no, entry.event
        )));
    }
    insert_entries(conn, entries)
}

/// The number of the first entry, if there are any and they are consecutive.
fn first_number(event: &EventRow, entries: &[EntryRow]) -> Result<Option<i64>> {
    let consecutive =
        entries.windows(2).all(|pair| matches!(pair, [a, b] if a.no.checked_add(1) == Some(b.no)));
    if consecutive {
        Ok(entries.first().map(|entry| entry.no))
    } else {
        Err(broken(format!("entries of event {} are not consecutive", event.event.no)))
    }
}

fn insert_entries(conn: &Conn, rows: &[EntryRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut put = Put::new(conn, INSERT_ENTRY)?;
    for row in rows {
        let account = LedgerColumns::new(&row.entry.account);
        put.row(&params![
            row.no,
            row.shard,
            row.event.get(),
            account.kind,
            account.account_no,
            account.retailer.as_ref().map(RetailerKey::as_str),
            account.business_date.map(BusinessDate::days),
            row.entry.amount.get(),
            row.at.millis(),
        ])?;
    }
    put.end()
}
