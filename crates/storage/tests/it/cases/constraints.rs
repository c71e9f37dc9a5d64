//! What the database refuses, whatever the gateway believes. Refusing is whole: nothing remains.

use domain::{
    code::PaymentCode, event::EventKind, ids::PaymentNo, ledger::LedgerAccount, sale::SaleState,
};
use storage::{Sequences, StorageError, UnappliedState, Writes};

use super::bench::{Writer, everywhere};
use crate::rows;

/// The commit fails as a broken constraint, leaves nothing, and the next one succeeds.
pub(super) fn refused(writer: &mut Writer, writes: &Writes) {
    let before = writer.sequences().unwrap();
    let error = writer.commit(writes).unwrap_err();
    assert!(matches!(error, StorageError::Constraint(_)), "{error}");
    assert_eq!(writer.sequences().unwrap(), before);
    writer.commit(&Writes::default()).unwrap();
}

#[test]
fn an_order_has_one_payment_that_counts() {
    everywhere("order-twice", |writer| {
        writer.commit(&rows::opened(1..3)).unwrap();
        let mut writes = rows::opened(3..5);
        writes.payments_new[1].payment.order = rows::payment(1).payment.order;
        refused(writer, &writes);
        assert_eq!(writer.reader().unwrap().payment(PaymentNo::new(3)).unwrap(), None);
        // Another account's order of the same name is another order.
        writes.payments_new[1].payment.account = domain::ids::AccountNo::new(44);
        writer.commit(&writes).unwrap();
    });
}

#[test]
fn a_slot_is_used_once_a_lap_and_a_foreign_code_once() {
    everywhere("slot-twice", |writer| {
        writer.commit(&rows::opened(1..3)).unwrap();
        let mut writes = rows::opened(3..5);
        writes.payments_new[0].payment.slot = rows::payment(2).payment.slot;
        refused(writer, &writes);
        writes.payments_new[0].payment.lap = 1;
        writer.commit(&writes).unwrap();

        let foreign = PaymentCode::new("XYZ").unwrap();
        let mut writes = rows::opened(5..7);
        for row in &mut writes.payments_new {
            (row.payment.slot, row.payment.code) = (None, foreign);
        }
        refused(writer, &writes);
    });
}

#[test]
fn a_sale_and_an_inquiry_have_one_row_and_cash_is_booked_once() {
    everywhere("sale-twice", |writer| {
        let once = Writes {
            sales_new: vec![rows::sale(1, "S", SaleState::Tombstone)],
            inquiries: vec![rows::inquiry(1, "S", 1)],
            unapplied_new: vec![rows::unapplied(1, 1, UnappliedState::Open)],
            ..Writes::default()
        };
        writer.commit(&once).unwrap();
        let sales_new = vec![rows::sale(2, "S", SaleState::Booked)];
        refused(writer, &Writes { sales_new, ..rows::opened(1..3) });
        refused(writer, &Writes { inquiries: vec![rows::inquiry(2, "S", 9)], ..Writes::default() });
        let unapplied_new = vec![rows::unapplied(2, 1, UnappliedState::Matched)];
        refused(writer, &Writes { unapplied_new, ..Writes::default() });
    });
}

#[test]
fn what_is_changed_must_be_there_and_be_the_same() {
    everywhere("change-nothing", |writer| {
        writer.commit(&rows::opened(1..2)).unwrap();
        let payments_changed = vec![rows::payment(2)];
        refused(writer, &Writes { payments_changed, ..rows::opened(5..6) });
        let sale = rows::sale(1, "S", SaleState::Booked);
        writer.commit(&Writes { sales_new: vec![sale.clone()], ..Writes::default() }).unwrap();
        let mut other = sale;
        other.sale.key = rows::key("T");
        refused(writer, &Writes { sales_changed: vec![other], ..Writes::default() });
        let unapplied_changed = vec![rows::unapplied(9, 9, UnappliedState::Matched)];
        refused(writer, &Writes { unapplied_changed, ..Writes::default() });
        let notifications_changed =
            vec![rows::notification(9, 9, storage::NotificationState::Failed)];
        refused(writer, &Writes { notifications_changed, ..Writes::default() });
    });
}

#[test]
fn an_order_id_that_was_used_again_is_never_taken_back() {
    everywhere("superseded", |writer| {
        writer.commit(&rows::opened(1..2)).unwrap();
        let mut row = rows::payment(1);
        row.payment.superseded = true;
        let changed = |row: &storage::PaymentRow| Writes {
            payments_changed: vec![row.clone()],
            ..Writes::default()
        };
        writer.commit(&changed(&row)).unwrap();
        writer.commit(&changed(&row)).unwrap();
        row.payment.superseded = false;
        refused(writer, &changed(&row));
    });
}

#[test]
fn entries_follow_their_events() {
    everywhere("entries-astray", |writer| {
        let events = vec![rows::event(1, 1, EventKind::Paid), rows::event(2, 1, EventKind::Final)];
        let entry = |no, event| rows::entry(no, event, LedgerAccount::FeeDeferred, 1);
        for entries in [
            vec![entry(1, 3)],
            vec![entry(1, 2), entry(2, 1)],
            vec![entry(1, 1), entry(3, 1)],
            vec![entry(1, 1), entry(2, 2), entry(3, 1)],
        ] {
            refused(writer, &Writes { events: events.clone(), entries, ..Writes::default() });
        }
        refused(writer, &Writes { entries: vec![entry(1, 1)], ..Writes::default() });
        let entries = vec![entry(1, 1), entry(2, 1), entry(3, 2)];
        writer.commit(&Writes { events, entries, ..Writes::default() }).unwrap();
    });
}

#[test]
fn a_payment_lies_in_the_shard_of_its_slot() {
    everywhere("shards", |writer| {
        let mut writes = rows::opened(1..2);
        writes.payments_new[0].shard = 1;
        refused(writer, &writes);
        assert_eq!(writer.sequences().unwrap(), Sequences::default());
    });
}
