//! What goes in comes out, whatever it is.

use domain::{
    code::{PaymentCode, Slot},
    event::{Actor, Announcement, EventKind},
    ids::{EventNo, NotificationNo, PartnerNo, PaymentNo, PoolNo, SaleNo},
    ledger::LedgerAccount,
    payment::Announce,
    sale::SaleState,
    time::BusinessDate,
};
use storage::{
    ChainRootRow, CodeWanted, News, NotificationState, OWN_TARGET, PaymentFilter, StorageError,
    UnappliedState, Wanted, Writes, sqlite::Reader,
};

use super::bench::everywhere;
use crate::rows::{self, ACCOUNT, PARTNER, at, key};

#[test]
fn payments_in_every_state() {
    everywhere("payments", |writer| {
        let mut rows = Vec::new();
        for (number, state) in (1..).zip(rows::states()) {
            let mut row = rows::payment(number);
            row.payment.state = state;
            row.payment.lap = 2;
            row.payment.announce = Announce::WhenFinal;
            row.payment.superseded = number % 2 == 0;
            row.notify_urls = (number % 3 == 0).then(|| "https://a\nhttps://b".to_owned());
            row.personal.bytes.truncate(usize::from(number != 4));
            rows.push(row);
        }
        writer.commit(&Writes { payments_new: rows.clone(), ..Writes::default() }).unwrap();

        let wanted =
            Wanted { payments: (1..20).map(PaymentNo::new).collect(), ..Wanted::default() };
        let loaded = writer.load(&wanted).unwrap();
        let reader = writer.reader().unwrap();
        assert_eq!(loaded.payments.len(), rows.len());
        for row in &rows {
            assert_eq!(&loaded.payments[&row.payment.no], row);
            assert_eq!(reader.payment(row.payment.no).unwrap().as_ref(), Some(row));
        }
        assert_eq!(reader.payments_after(PaymentNo::new(0), 100).unwrap(), rows);
        assert_eq!(reader.payments_after(PaymentNo::new(3), 2).unwrap(), rows[3..5]);
        assert_eq!(reader.payment(PaymentNo::new(99)).unwrap(), None);
    });
}

#[test]
fn payments_go_from_any_state_to_any_other() {
    everywhere("changes", |writer| {
        writer.commit(&rows::opened(1..2)).unwrap();
        let reader = writer.reader().unwrap();
        let mut row = rows::payment(1);
        for from in rows::states() {
            for to in rows::states() {
                for state in [from, to] {
                    row.payment.state = state;
                    row.last_event = EventNo::new(row.last_event.get() + 1);
                    let payments_changed = vec![row.clone()];
                    writer.commit(&Writes { payments_changed, ..Writes::default() }).unwrap();
                    assert_eq!(reader.payment(row.payment.no).unwrap().unwrap(), row);
                }
            }
        }
    });
}

#[test]
fn payments_by_what_names_them() {
    everywhere("names", |writer| {
        let mut foreign = rows::payment(3);
        foreign.payment.slot = None;
        foreign.payment.code = PaymentCode::new("ABC123").unwrap();
        let mut shard = rows::payment(4);
        shard.shard = 2;
        shard.payment.slot = Some(Slot { pool: PoolNo::new(9), shard: 2, slot: 5 });
        let mut writes = rows::opened(1..3);
        writes.payments_new.extend([foreign.clone(), shard.clone()]);
        writes.inquiries = vec![
            rows::inquiry(1, "I-1", 1),
            rows::inquiry(2, "I-2", 1),
            rows::inquiry(3, "I-3", 3),
        ];
        writer.commit(&writes).unwrap();

        // The slot's next lap, and the order's next payment.
        let mut old = rows::payment(2);
        old.payment.superseded = true;
        let mut new = rows::payment(5);
        new.payment.order = old.payment.order.clone();
        new.payment.slot = old.payment.slot;
        new.payment.lap = 1;
        writer
            .commit(&Writes {
                payments_changed: vec![old.clone()],
                payments_new: vec![new.clone()],
                ..Writes::default()
            })
            .unwrap();

        let code = |slot, code| CodeWanted { code, slot, inquired_by: Some(PARTNER) };
        let wanted = Wanted {
            orders: vec![
                (ACCOUNT, "order-2".to_owned()),
                (ACCOUNT, "order-2".to_owned()),
                (ACCOUNT, "order-77".to_owned()),
                (domain::ids::AccountNo::new(99), "order-2".to_owned()),
            ],
            codes: vec![
                code(Some(rows::slot(1)), rows::code(1)),
                code(None, foreign.payment.code),
                code(None, rows::code(1)),
                code(Some(rows::slot(70)), rows::code(70)),
            ],
            slots: vec![rows::slot(2), shard.payment.slot.unwrap()],
            ..Wanted::default()
        };
        let loaded = writer.load(&wanted).unwrap();
        assert_eq!(loaded.orders, [((ACCOUNT, "order-2".to_owned()), new.payment.no)].into());
        let first = PaymentNo::new(1);
        let slots = [
            (rows::slot(1), first),
            (rows::slot(2), new.payment.no),
            (shard.payment.slot.unwrap(), shard.payment.no),
        ];
        assert_eq!(loaded.slots, slots.into());
        assert_eq!(loaded.foreign, [(foreign.payment.code, foreign.payment.no)].into());
        assert_eq!(loaded.payments.len(), 4);
        let inquired = [((PARTNER, first), at(1_801)), ((PARTNER, foreign.payment.no), at(1_803))];
        assert_eq!(loaded.inquired, inquired.into());

        let reader = writer.reader().unwrap();
        assert_eq!(reader.payment_by_order(ACCOUNT, "order-2").unwrap(), Some(new.clone()));
        assert_eq!(reader.payment_by_order(ACCOUNT, "order-9").unwrap(), None);
        assert_eq!(reader.payment_by_slot(rows::slot(2)).unwrap(), Some(new));
        assert_eq!(reader.payment_by_foreign(&foreign.payment.code).unwrap(), Some(foreign));
        assert_eq!(reader.payment_by_foreign(&rows::code(1)).unwrap(), None);
        assert_eq!(reader.inquired(PARTNER, first).unwrap(), Some(at(1_801)));
        assert_eq!(reader.inquired(PartnerNo::new(8), first).unwrap(), None);
        assert_eq!(reader.first_inquiry_of(first).unwrap(), Some(at(1_801)));
        assert_eq!(reader.first_inquiry_of(old.payment.no).unwrap(), None);
        let inquiry = reader.inquiry(PARTNER, &key("I-2")).unwrap();
        assert_eq!(inquiry, Some(rows::inquiry(2, "I-2", 1)));
    });
}

#[test]
fn lists_of_payments() {
    everywhere("lists", |writer| {
        let mut writes = rows::opened(1..7);
        writes.payments_new[2].payment.account = domain::ids::AccountNo::new(4);
        writes.payments_new[4].payment.state = rows::states()[3];
        writer.commit(&writes).unwrap();
        let reader = writer.reader().unwrap();
        let list = |filter: PaymentFilter| -> Vec<i64> {
            let rows = reader.payments(&filter).unwrap();
            rows.iter().map(|row| row.payment.no.get()).collect()
        };
        let all = PaymentFilter { rows_max: 10, ..PaymentFilter::default() };
        assert_eq!(list(all.clone()), [6, 5, 4, 3, 2, 1]);
        assert_eq!(list(PaymentFilter { rows_max: 2, ..all.clone() }), [6, 5]);
        let before = Some(PaymentNo::new(5));
        assert_eq!(list(PaymentFilter { before, ..all.clone() }), [4, 3, 2, 1]);
        let account = Some(ACCOUNT);
        assert_eq!(list(PaymentFilter { account, ..all.clone() }), [6, 5, 4, 2, 1]);
        let state = |name: &str| PaymentFilter { state: Some(name.to_owned()), ..all.clone() };
        assert_eq!(list(state("paid")), [5]);
        assert_eq!(list(PaymentFilter { account, ..state("pending") }), [6, 4, 2, 1]);
        assert_eq!(list(state("unheard_of")), [0_i64; 0]);
    });
}

#[test]
fn lists_know_every_state_by_its_name() {
    everywhere("state-names", |writer| {
        let mut writes = rows::opened(1..12);
        for (row, state) in writes.payments_new.iter_mut().zip(rows::states()) {
            row.payment.state = state;
        }
        writer.commit(&writes).unwrap();
        let reader = writer.reader().unwrap();
        for state in rows::states() {
            let name = state.name();
            let filter =
                PaymentFilter { state: Some(name.to_owned()), rows_max: 99, ..Default::default() };
            let found = reader.payments(&filter).unwrap();
            assert!(!found.is_empty(), "{name}");
            assert!(found.iter().all(|row| row.payment.state.name() == name), "{name}");
        }
    });
}

#[test]
fn events_of_every_kind_by_every_actor() {
    everywhere("events", |writer| {
        let actors =
            [Actor::Merchant(ACCOUNT), Actor::Partner(PARTNER), Actor::Operator, Actor::Sweep];
        let mut events = Vec::new();
        for (number, kind) in (1..).zip(EventKind::ALL) {
            for (part, actor) in (0..).zip(actors) {
                let mut row = rows::event(number * 10 + part, number, kind);
                row.event.actor = actor;
                row.event.reason = (part == 1).then(|| "the till said so".to_owned());
                row.event.sale = (part == 2).then(|| SaleNo::new(4));
                row.payment_digest = [u8::try_from(number).unwrap(); 16];
                events.push(row);
            }
        }
        events.last_mut().unwrap().event.payment = None;
        writer.commit(&Writes { events: events.clone(), ..Writes::default() }).unwrap();

        let reader = writer.reader().unwrap();
        let all = reader.events_after(EventNo::new(0), 1_000).unwrap();
        assert_eq!(all.into_iter().map(|(event, _)| event).collect::<Vec<_>>(), events);
        assert_eq!(reader.events_of(PaymentNo::new(2)).unwrap(), events[4..8]);
        assert_eq!(reader.last_event().unwrap().as_ref(), events.last());
        assert_eq!(reader.events_after(events.last().unwrap().event.no, 5).unwrap(), []);
    });
}

#[test]
fn entries_of_every_account() {
    let (alfa, date) = (rows::retailer("alfamart"), BusinessDate::from_days(20_001));
    let accounts = [
        LedgerAccount::SettlementBank,
        LedgerAccount::Receivable(alfa, date),
        LedgerAccount::Receivable(alfa, BusinessDate::from_days(20_002)),
        LedgerAccount::DisputedReceivable(alfa),
        LedgerAccount::CommissionPayable(alfa),
        LedgerAccount::FeeDeferred,
        LedgerAccount::FeeEarned,
        LedgerAccount::PpnPayable,
        LedgerAccount::MerchantPending(ACCOUNT),
        LedgerAccount::MerchantActive(ACCOUNT),
        LedgerAccount::Unapplied(alfa),
        LedgerAccount::RefundsPayable,
        LedgerAccount::PayoutsInTransit,
        LedgerAccount::ReconciliationDifference,
        LedgerAccount::RoundingDifference,
        LedgerAccount::WriteOff,
    ];
    everywhere("entries", |writer| {
        let entries: Vec<_> = (1..)
            .zip(accounts)
            .map(|(no, account)| rows::entry(no, 2 + (no - 1) / 8, account, 5 - no))
            .collect();
        let kinds = [EventKind::Opened, EventKind::Paid, EventKind::Final, EventKind::Settled];
        let events = (1..).zip(kinds).map(|(no, kind)| rows::event(no, 1, kind)).collect();
        writer.commit(&Writes { events, entries: entries.clone(), ..Writes::default() }).unwrap();

        let reader = writer.reader().unwrap();
        assert_eq!(reader.entries_of(EventNo::new(1)).unwrap(), []);
        assert_eq!(reader.entries_of(EventNo::new(2)).unwrap(), entries[..8]);
        assert_eq!(reader.entries_of(EventNo::new(3)).unwrap(), entries[8..]);
        assert_eq!(reader.entries_of(EventNo::new(9)).unwrap(), []);
        assert_eq!(reader.entries_after(0, 99).unwrap(), entries);
        let events = reader.events_after(EventNo::new(1), 2).unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[0].1, entries[..8]);
        assert_eq!(events[1].1, entries[8..]);

        let mut more = rows::entry(17, 5, accounts[1], 1_000);
        more.at = at(-1);
        let events = vec![rows::event(5, 1, EventKind::Disputed)];
        writer.commit(&Writes { events, entries: vec![more], ..Writes::default() }).unwrap();
        let balances = reader.balances().unwrap();
        assert_eq!(balances.len(), accounts.len());
        for (account, balance) in balances {
            let sum: i64 = entries
                .iter()
                .chain([&more])
                .filter(|row| row.entry.account == account)
                .map(|row| row.entry.amount.get())
                .sum();
            assert_eq!(balance.get(), sum, "{account:?}");
        }
    });
}

#[test]
fn sales_and_what_hangs_on_them() {
    use SaleState as S;
    let states =
        [S::Reserved, S::Booked, S::Refused, S::Unapplied, S::Released, S::Reversed, S::Tombstone];
    everywhere("sales", |writer| {
        let mut sales: Vec<_> = (1..)
            .zip(states)
            .map(|(no, state)| rows::sale(no, &format!("S-{no}"), state))
            .collect();
        sales[6].sale.payment = None;
        sales[5].receipt_no = None;
        sales[4].answer = None;
        let cash = rows::unapplied(1, 4, UnappliedState::Open);
        let mut writes = rows::opened(1..7);
        writes.sales_new.clone_from(&sales);
        writes.unapplied_new = vec![cash.clone(), rows::unapplied(2, 3, UnappliedState::Matched)];
        writes.disputes = vec![rows::dispute(1), rows::dispute(2)];
        writer.commit(&writes).unwrap();

        let wanted = Wanted {
            sales: (1..9).map(|no| (PARTNER, key(&format!("S-{no}")))).collect(),
            inquiries: vec![(PARTNER, key("S-1"))],
            ..Wanted::default()
        };
        let loaded = writer.load(&wanted).unwrap();
        assert_eq!(loaded.sales.len(), sales.len());
        assert_eq!(loaded.payments.len(), 6);
        assert!(loaded.inquiries.is_empty());
        let reader = writer.reader().unwrap();
        for row in &sales {
            assert_eq!(&loaded.sales[&(PARTNER, row.sale.key.clone())], row);
            assert_eq!(reader.sale(PARTNER, &row.sale.key).unwrap().as_ref(), Some(row));
            assert_eq!(reader.sale_by_no(row.sale.no).unwrap().as_ref(), Some(row));
        }
        assert_eq!(reader.sales_after(SaleNo::new(2), 100).unwrap(), sales[2..]);
        assert_eq!(reader.sales_of(PaymentNo::new(3)).unwrap(), sales[2..3]);
        assert_eq!(loaded.unapplied[&SaleNo::new(4)], cash);
        assert_eq!(reader.unapplied_of(SaleNo::new(4)).unwrap(), Some(cash.clone()));
        assert_eq!(reader.unapplied_open(9).unwrap(), [cash]);
        assert_eq!(reader.disputes(9).unwrap(), [rows::dispute(2), rows::dispute(1)]);

        // Everything but what names it may change.
        let mut changed = rows::sale(1, "S-1", SaleState::Booked);
        changed.sale.payment = None;
        changed.sale.amount = rows::rupiah(7);
        changed.outlet = "T9".to_owned();
        changed.commit_answer = Some(b"done".to_vec());
        changed.digest = [9; 16];
        let sales_changed = vec![changed.clone()];
        let unapplied_changed = vec![rows::unapplied(1, 4, UnappliedState::Reversed)];
        writer.commit(&Writes { sales_changed, unapplied_changed, ..Writes::default() }).unwrap();
        assert_eq!(reader.sale_by_no(SaleNo::new(1)).unwrap(), Some(changed));
        assert_eq!(reader.unapplied_open(9).unwrap(), []);
    });
}

#[test]
fn unapplied_cash_in_every_state() {
    use UnappliedState as U;
    everywhere("unapplied", |writer| {
        let mut rows: Vec<_> = (1..)
            .zip([U::Open, U::Matched, U::Refunded, U::Reversed, U::Promised, U::PaidOut])
            .map(|(no, state)| rows::unapplied(no, no, state))
            .collect();
        rows[1].payment = Some(PaymentNo::new(8));
        writer.commit(&Writes { unapplied_new: rows.clone(), ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        for row in rows {
            assert_eq!(reader.unapplied_of(row.sale).unwrap(), Some(row));
        }
    });
}

#[test]
fn notifications_and_their_attempts() {
    use NotificationState as N;
    everywhere("notifications", |writer| {
        let states = [N::Due, N::Delivered, N::Failed, N::Superseded];
        let mut rows = Vec::new();
        for (part, state) in (0..).zip(states) {
            for (number, announcement) in (1..).zip(Announcement::ALL) {
                let mut row = rows::notification(part * 10 + number, number, state);
                row.news = News::Vendor(announcement);
                rows.push(row);
            }
            let mut own = rows::notification(part * 10 + 7, 6, state);
            (own.news, own.target) = (News::Own(part + 1), OWN_TARGET);
            rows.push(own);
        }
        let mut attempts = vec![rows::attempt(1, 2), rows::attempt(2, 2), rows::attempt(3, 4)];
        attempts[1].status = None;
        writer
            .commit(&Writes {
                notifications_new: rows.clone(),
                attempts: attempts.clone(),
                ..Writes::default()
            })
            .unwrap();

        let wanted = Wanted {
            notifications: vec![NotificationNo::new(31), NotificationNo::new(98)],
            due_of: vec![PaymentNo::new(1), PaymentNo::new(2), PaymentNo::new(50)],
            ..Wanted::default()
        };
        let mut loaded: Vec<_> = writer.load(&wanted).unwrap().notifications.into_keys().collect();
        loaded.sort_unstable();
        assert_eq!(loaded, [1, 2, 31].map(NotificationNo::new));

        let reader = writer.reader().unwrap();
        for row in &rows {
            assert_eq!(reader.notification(row.no).unwrap().as_ref(), Some(row));
        }
        assert_eq!(reader.notifications_of(PaymentNo::new(3)).unwrap().len(), 4);
        assert_eq!(reader.attempts_of(NotificationNo::new(2)).unwrap(), attempts[..2]);
        assert_eq!(reader.notification_counts().unwrap(), states.map(|state| (state, 6)).into());
        assert_eq!(reader.notifications_due().unwrap(), 6);

        let mut tried = rows[0].clone();
        (tried.state, tried.attempts, tried.due_at) = (N::Failed, 9, at(123));
        let notifications_changed = vec![tried.clone()];
        writer.commit(&Writes { notifications_changed, ..Writes::default() }).unwrap();
        assert_eq!(reader.notification(tried.no).unwrap(), Some(tried));
        assert_eq!(reader.notifications_due().unwrap(), 5);
    });
}

#[test]
fn answers_to_merchants_are_replaced_by_newer_ones() {
    everywhere("answers", |writer| {
        let old = rows::answer("k", "a", 100);
        let idempotency = vec![old.clone(), rows::answer("l", "b", 200)];
        writer.commit(&Writes { idempotency, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        assert_eq!(reader.idempotency(ACCOUNT, "k").unwrap(), Some(old));
        let new = rows::answer("k", "c", 300);
        writer.commit(&Writes { idempotency: vec![new.clone()], ..Writes::default() }).unwrap();
        assert_eq!(reader.idempotency(ACCOUNT, "k").unwrap(), Some(new.clone()));
        assert_eq!(reader.idempotency(ACCOUNT, "m").unwrap(), None);
        let name = (ACCOUNT, "k".to_owned());
        let wanted = Wanted {
            idempotency: vec![name.clone(), (ACCOUNT, "m".to_owned())],
            ..Wanted::default()
        };
        assert_eq!(writer.load(&wanted).unwrap().idempotency, [(name, new)].into());
    });
}

#[test]
fn sequences_go_on_where_they_were() {
    everywhere("sequences", |writer| {
        assert_eq!(writer.sequences().unwrap(), storage::Sequences::default());
        let mut writes = rows::opened(1..12);
        writes.sales_new = vec![rows::sale(5, "S", SaleState::Booked)];
        writes.entries = Vec::new();
        writes.attempts = vec![rows::attempt(77, 1)];
        writer.commit(&writes).unwrap();
        let sequences = writer.sequences().unwrap();
        assert_eq!(sequences.payment, 11);
        assert_eq!(sequences.event, 11);
        assert_eq!(sequences.notification, 11);
        assert_eq!(sequences.sale, 5);
        assert_eq!(sequences.attempt, 77);
        assert_eq!(sequences.entry, 0);
    });
}

#[test]
fn roots_come_back_and_stay() {
    everywhere("roots", |writer| {
        let root = |no: i64| ChainRootRow {
            no,
            committer: 0,
            minute: 29_000_000 + no,
            last_event: EventNo::new(10 * no),
            last_entry: 20 * no,
            last_payment: no,
            last_sale: 0,
            chain: [1; 32],
            root: [2; 32],
            signature: [3; 64],
        };
        let roots = vec![root(1), root(2), root(3)];
        writer.commit(&Writes { roots: roots.clone(), ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        assert_eq!(reader.roots_after(0, 9).unwrap(), roots);
        assert_eq!(reader.roots_after(1, 1).unwrap(), roots[1..2]);
        assert_eq!(reader.root(2).unwrap().as_ref(), roots.get(1));
        assert_eq!(reader.last_root().unwrap().as_ref(), roots.last());
        let again = Writes { roots: vec![root(3)], ..Writes::default() };
        assert!(matches!(writer.commit(&again), Err(StorageError::Constraint(_))));
    });
}

#[test]
fn connections_are_brought_to_the_same_moment() {
    everywhere("together", |writer| {
        writer.commit(&rows::opened(1..3)).unwrap();
        let mut readers = [0; 3].map(|_| writer.reader().unwrap());
        let seen = Reader::together(&mut readers, |readers| {
            readers.iter().map(Reader::sequences).collect::<Result<Vec<_>, StorageError>>()
        });
        let seen = seen.unwrap();
        assert_eq!(seen.len(), 3);
        assert!(seen.iter().all(|numbers| numbers.payment == 2 && *numbers == seen[0]));
        // What was begun is over: each sees what comes.
        writer.commit(&rows::opened(3..4)).unwrap();
        assert!(readers.iter().all(|reader| reader.sequences().unwrap().payment == 3));
    });
}
