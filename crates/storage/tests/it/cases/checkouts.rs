//! Checkouts.

use domain::ids::{CheckoutToken, OrderId, PaymentNo};
use storage::{CheckoutRow, CheckoutState, CheckoutWanted, Prune, Wanted, Writes};

use super::{bench::everywhere, constraints::refused};
use crate::rows::{self, ACCOUNT, at};

fn checkout(no: i64, order: &str, state: CheckoutState) -> CheckoutRow {
    CheckoutRow {
        no,
        shard: 0,
        token: CheckoutToken::new([u8::try_from(no).unwrap(); 16]),
        account: ACCOUNT,
        order: OrderId::new(order).unwrap(),
        amount: rows::rupiah(44_000),
        opened_at: at(no),
        expires_at: at(1_000 + no),
        keep_until: at(5_000 + no),
        state,
        offer: rows::sealed("an offer"),
    }
}

#[test]
fn every_state_comes_back_and_an_open_one_is_found_by_its_order() {
    everywhere("checkouts", |writer| {
        let payment = rows::payment(1);
        let states = [
            CheckoutState::Open,
            CheckoutState::Chosen(PaymentNo::new(1)),
            CheckoutState::Cancelled(at(9)),
            CheckoutState::Expired(at(10)),
            CheckoutState::Revoked(at(11)),
        ];
        let rows: Vec<_> = (1..)
            .zip(states)
            .map(|(no, state)| checkout(no, &format!("order-{no}"), state))
            .collect();
        let writes = Writes {
            checkouts_new: rows.clone(),
            payments_new: vec![payment.clone()],
            ..Writes::default()
        };
        writer.commit(&writes).unwrap();
        let reader = writer.reader().unwrap();
        for row in &rows {
            assert_eq!(reader.checkout(&row.token).unwrap().as_ref(), Some(row));
        }
        assert_eq!(reader.checkout(&CheckoutToken::from_bytes([0; 16])).unwrap(), None);
        let of = |order: &str| CheckoutWanted::OpenOf(ACCOUNT, order.to_owned());
        let wanted = vec![of("order-1"), of("order-3"), CheckoutWanted::Token(rows[1].token)];
        let loaded = writer.load(&Wanted { checkouts: wanted, ..Wanted::default() }).unwrap();
        assert_eq!(loaded.checkouts.len(), 2);
        assert_eq!(loaded.checkouts[&rows[0].token], rows[0]);
        assert_eq!(loaded.payments[&PaymentNo::new(1)], payment);
        assert_eq!(writer.sequences().unwrap().checkout, 5);
    });
}

#[test]
fn an_order_has_one_that_is_open_and_the_next_takes_its_place_in_one_commit() {
    everywhere("checkouts-open", |writer| {
        let first = checkout(1, "order-1", CheckoutState::Open);
        let second = checkout(2, "order-1", CheckoutState::Open);
        let new = |row: &CheckoutRow| vec![row.clone()];
        writer.commit(&Writes { checkouts_new: new(&first), ..Writes::default() }).unwrap();
        refused(writer, &Writes { checkouts_new: new(&second), ..Writes::default() });
        let revoked = CheckoutRow { state: CheckoutState::Revoked(at(3)), ..first };
        let writes = Writes {
            checkouts_new: new(&second),
            checkouts_changed: new(&revoked),
            ..Writes::default()
        };
        writer.commit(&writes).unwrap();
        let reader = writer.reader().unwrap();
        assert_eq!(reader.checkout(&revoked.token).unwrap(), Some(revoked));
        assert_eq!(reader.checkout(&second.token).unwrap(), Some(second));
    });
}

#[test]
fn what_nobody_asks_for_any_more_goes() {
    everywhere("checkouts-prune", |writer| {
        let rows: Vec<_> =
            (1..4).map(|no| checkout(no, &format!("order-{no}"), CheckoutState::Open)).collect();
        writer.commit(&Writes { checkouts_new: rows.clone(), ..Writes::default() }).unwrap();
        let prunes = vec![Prune::CheckoutsBefore(at(5_003))];
        writer.commit(&Writes { prunes, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        let left = rows.iter().map(|row| reader.checkout(&row.token).unwrap().is_some());
        assert_eq!(left.collect::<Vec<_>>(), [false, false, true]);
    });
}
