//! One order, several codes; and what waits for an operator.

use domain::{ids::PaymentNo, payment::State, sale::SaleState};
use storage::{AccountFilter, DisputeState, StorageError, UnappliedState, Wanted, Writes};

use super::bench::everywhere;
use crate::rows::{self, ACCOUNT, PARTNER, at, key};

#[test]
fn siblings_share_an_order_that_has_one_first_payment() {
    everywhere("families", |writer| {
        writer.commit(&rows::opened(1..4)).unwrap();
        let first = PaymentNo::new(1);
        let mut leader = rows::payment(1);
        leader.payment.family = Some(first);
        let mut writes = rows::opened(4..6);
        for row in &mut writes.payments_new {
            row.payment.order = leader.payment.order.clone();
            row.payment.family = Some(first);
        }
        let siblings = writes.payments_new.clone();
        writes.payments_changed = vec![leader.clone()];
        writer.commit(&writes).unwrap();

        let reader = writer.reader().unwrap();
        let family = [leader.clone(), siblings[0].clone(), siblings[1].clone()];
        assert_eq!(reader.family(first).unwrap(), family);
        let order = leader.payment.order.as_str();
        assert_eq!(reader.payment_by_order(ACCOUNT, order).unwrap(), Some(leader.clone()));
        let wanted = Wanted { families: vec![first], ..Wanted::default() };
        let loaded = writer.load(&wanted).unwrap();
        assert_eq!(loaded.families[&first], [1, 4, 5].map(PaymentNo::new));
        assert_eq!(loaded.payments.len(), 3);
        assert!(loaded.orders.is_empty());

        // A second first payment of the order is refused.
        let mut twice = rows::opened(6..7);
        twice.payments_new[0].payment.order = leader.payment.order.clone();
        let refused = writer.commit(&twice).unwrap_err();
        assert!(matches!(refused, StorageError::Constraint(_)), "{refused}");

        // Listed is the one that counts, as the domain says.
        let counting = |state: State| {
            let mut changed = siblings[1].clone();
            changed.payment.state = state;
            let payments_changed = vec![changed];
            writer.commit(&Writes { payments_changed, ..Writes::default() }).unwrap();
            let filter = AccountFilter {
                account: ACCOUNT,
                opened_from: at(0),
                opened_before: at(9_000),
                standing: None,
                skip: 0,
                rows_max: 9,
            };
            let listed = writer.reader().unwrap().payments_of(&filter).unwrap();
            let family = writer.reader().unwrap().family(first).unwrap();
            let counts = domain::payment::counting(family.iter().map(|row| &row.payment)).unwrap();
            let numbers: Vec<_> = listed.iter().map(|row| row.payment.no).collect();
            let mut want = vec![PaymentNo::new(3), PaymentNo::new(2), counts.no];
            want.sort_by_key(|no| std::cmp::Reverse(rows::payment(no.get()).payment.opened_at));
            assert_eq!(numbers, want, "{state:?}");
            counts.no.get()
        };
        let found: Vec<_> = rows::states().into_iter().map(counting).collect();
        assert_eq!(found, [1, 1, 5, 5, 5, 5, 5, 5, 1, 1, 1]);
    });
}

#[test]
fn what_waits_is_found_by_its_number_with_its_sale() {
    everywhere("waiting", |writer| {
        let mut writes = rows::opened(1..3);
        writes.sales_new = vec![
            rows::sale(1, "S-1", SaleState::Unapplied),
            rows::sale(2, "S-2", SaleState::Booked),
        ];
        writes.unapplied_new = vec![rows::unapplied(7, 1, UnappliedState::Open)];
        writes.disputes = vec![rows::dispute(2)];
        writer.commit(&writes).unwrap();

        let wanted = Wanted { unapplied: vec![7, 8], disputes: vec![2, 3], ..Wanted::default() };
        let loaded = writer.load(&wanted).unwrap();
        assert_eq!(loaded.unapplied.len(), 1);
        assert_eq!(loaded.disputes[&2], rows::dispute(2));
        assert_eq!((loaded.sales.len(), loaded.payments.len()), (2, 2));
        assert!(loaded.sales.contains_key(&(PARTNER, key("S-1"))));

        let mut decided = rows::dispute(2);
        decided.state = DisputeState::Rejected;
        let mut matched = rows::unapplied(7, 1, UnappliedState::Open);
        matched.state = UnappliedState::Matched;
        let changes = Writes {
            disputes_changed: vec![decided.clone()],
            unapplied_changed: vec![matched.clone()],
            ..Writes::default()
        };
        writer.commit(&changes).unwrap();
        let reader = writer.reader().unwrap();
        assert_eq!(reader.dispute(2).unwrap(), Some(decided.clone()));
        assert_eq!(reader.disputes(9).unwrap(), [decided]);
        assert_eq!(reader.disputes_open(9).unwrap(), []);
        assert_eq!(reader.unapplied_by_no(7).unwrap(), Some(matched.clone()));
        assert_eq!(reader.unapplied_all(9).unwrap(), [matched]);
        assert_eq!(reader.unapplied_open(9).unwrap(), []);
        let missing = Writes { disputes_changed: vec![rows::dispute(9)], ..Writes::default() };
        assert!(writer.commit(&missing).is_err());
    });
}
