//! Everything one commit changes, in one transaction.

mod books;
mod checkouts;
mod counters;
mod directory;
mod ledger;
mod lines;
mod outbox;
mod own_events;
mod payments;
mod proposals;
mod prune;
mod refunds;
mod roots;

pub use prune::PRUNE_ROWS_MAX;
#[cfg(test)]
pub(super) use {own_events::PRUNE as OWN_EVENTS_PRUNE, prune::REMOVALS};

use rusqlite::{Connection, TransactionBehavior};

use super::{Result, digests, fault::broken};
use crate::Writes;

/// Writes all of it or nothing. `written` is called when only the log's sync is left.
pub(super) fn commit(conn: &mut Connection, writes: &Writes, written: impl FnOnce()) -> Result<()> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Whatever fails from here on drops the transaction, which rolls it back.
    directory::insert_data_keys(&tx, &writes.data_keys)?;
    // Changed before new, so that an order id is given back before it is used again.
    payments::update(&tx, &writes.payments_changed)?;
    payments::insert(&tx, &writes.payments_new)?;
    counters::insert_sales(&tx, &writes.sales_new)?;
    counters::update_sales(&tx, &writes.sales_changed)?;
    counters::insert_inquiries(&tx, &writes.inquiries)?;
    ledger::insert(&tx, &writes.events, &writes.entries)?;
    counters::insert_unapplied(&tx, &writes.unapplied_new)?;
    counters::update_unapplied(&tx, &writes.unapplied_changed)?;
    // Changed before new, too: cash has one code that is not over.
    refunds::update(&tx, &writes.refunds_changed)?;
    refunds::insert(&tx, &writes.refunds_new)?;
    // And here: an order has one checkout that is open.
    checkouts::update(&tx, &writes.checkouts_changed)?;
    checkouts::insert(&tx, &writes.checkouts_new)?;
    counters::insert_disputes(&tx, &writes.disputes)?;
    counters::update_disputes(&tx, &writes.disputes_changed)?;
    books::write(&tx, &writes.books)?;
    lines::write(&tx, &writes.lines)?;
    own_events::insert(&tx, &writes.own_events)?;
    outbox::insert(&tx, &writes.notifications_new)?;
    outbox::update(&tx, &writes.notifications_changed)?;
    outbox::insert_attempts(&tx, &writes.attempts)?;
    outbox::keep_answers(&tx, &writes.idempotency)?;
    outbox::use_up(&tx, &writes.external_ids)?;
    directory::write(&tx, &writes.directory)?;
    directory::move_cursors(&tx, &writes.cursors)?;
    digests::write(&tx, &writes.digests)?;
    roots::insert(&tx, &writes.roots)?;
    prune::prune(&tx, &writes.prunes)?;
    written();
    tx.commit()?;
    Ok(())
}

/// A row that was to be changed must be there.
fn changed_one(changed: usize, table: &str, row: impl std::fmt::Display) -> Result<()> {
    if changed == 1 { Ok(()) } else { Err(broken(format!("{table} {row} is not there to change"))) }
}
