//! Refund codes.

use domain::{
    ids::SaleNo,
    refund::{ClosedBy, PayOut, RefundCode, RefundState},
    time::BusinessDate,
};
use storage::{RefundRow, RefundWanted, UnappliedState, Wanted, Writes};

use super::{bench::everywhere, constraints::refused};
use crate::rows;

fn pay_out(sale: i64) -> PayOut {
    PayOut {
        sale: SaleNo::new(sale),
        retailer: rows::retailer("alfamidi"),
        till_at: rows::at(70),
        business_date: BusinessDate::from_days(20_000),
        until: rows::at(60_000 + sale),
    }
}

fn refund(no: i64, cash: i64, state: RefundState) -> RefundRow {
    RefundRow {
        no,
        cash,
        cash_sale: SaleNo::new(100 + cash),
        code: rows::code(9_000 + no),
        pin: [7; 32],
        issued_at: rows::at(50),
        refund: RefundCode {
            amount: rows::rupiah(5_000),
            taken_by: rows::retailer("alfamart"),
            network: rows::retailer("alfa"),
            expires_at: rows::at(90_000 + no),
            tries_left: 2,
            state,
        },
        digest: [3; 16],
    }
}

#[test]
fn a_code_is_suspect_without_a_pay_out_and_gives_way_to_the_next_in_one_commit() {
    everywhere("refunds-doubt", |writer| {
        let code = refund(1, 1, RefundState::Suspect(None));
        let unapplied_new = vec![rows::unapplied(1, 101, UnappliedState::Promised)];
        let refunds_new = vec![code.clone()];
        writer.commit(&Writes { unapplied_new, refunds_new, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        assert_eq!(reader.refunds_suspect(9).unwrap(), std::slice::from_ref(&code));
        let mut over = code;
        over.refund.state = RefundState::Closed(rows::at(99), ClosedBy::Operator);
        let next = refund(2, 1, RefundState::Open);
        let (refunds_changed, refunds_new) = (vec![over], vec![next.clone()]);
        writer.commit(&Writes { refunds_changed, refunds_new, ..Writes::default() }).unwrap();
        assert_eq!(writer.reader().unwrap().refund_of(1).unwrap(), Some(next));
    });
}

#[test]
fn codes_in_every_state_are_found_by_all_their_names() {
    let closed = |by| RefundState::Closed(rows::at(99), by);
    let states = [
        RefundState::Open,
        RefundState::Reserved(pay_out(2)),
        RefundState::Suspect(Some(pay_out(3))),
        RefundState::Paid(pay_out(4), rows::at(80)),
        closed(ClosedBy::Deadline),
        closed(ClosedBy::WrongPins),
        closed(ClosedBy::Operator),
    ];
    everywhere("refunds", |writer| {
        let codes: Vec<_> = (1..).zip(states).map(|(no, state)| refund(no, no, state)).collect();
        let unapplied_new =
            (1..8).map(|no| rows::unapplied(no, 100 + no, UnappliedState::Promised)).collect();
        let refunds_new = codes.clone();
        writer.commit(&Writes { unapplied_new, refunds_new, ..Writes::default() }).unwrap();
        let refunds = (1..8)
            .map(|no| match no % 3 {
                0 => RefundWanted::No(no),
                1 => RefundWanted::Code(rows::code(9_000 + no)),
                _ => RefundWanted::Cash(no),
            })
            .chain([RefundWanted::No(8), RefundWanted::Cash(9)])
            .collect();
        let loaded = writer.load(&Wanted { refunds, ..Wanted::default() }).unwrap();
        assert_eq!(loaded.refunds.len(), 7);
        assert_eq!(loaded.unapplied.len(), 7, "each with its cash");
        let reader = writer.reader().unwrap();
        for row in &codes {
            assert_eq!(&loaded.refunds[&row.no], row);
            assert_eq!(reader.refund_by_code(&row.code).unwrap().as_ref(), Some(row));
            assert_eq!(reader.refund_of(row.cash).unwrap().as_ref(), Some(row));
        }
        assert_eq!(reader.refunds_suspect(9).unwrap(), codes[2..3]);
        assert_eq!(reader.refunds(2).unwrap(), [codes[6].clone(), codes[5].clone()]);
        assert_eq!(writer.sequences().unwrap().refund, 7);

        // What is due: open ones past their deadline, reserved ones whose commit is overdue.
        assert_eq!(reader.refunds_due(rows::at(90_000), rows::at(60_001), 9).unwrap(), []);
        assert_eq!(reader.refunds_due(rows::at(90_001), rows::at(60_002), 9).unwrap(), [1, 2]);

        // A code changes its state and its tries; the next of the same cash comes after it.
        let mut changed = codes[0].clone();
        changed.refund.state = closed(ClosedBy::Operator);
        changed.refund.tries_left = 0;
        changed.digest = [4; 16];
        let again = refund(8, 1, RefundState::Open);
        let writes = Writes {
            refunds_changed: vec![changed.clone()],
            refunds_new: vec![],
            ..Writes::default()
        };
        writer.commit(&writes).unwrap();
        let refunds_new = vec![again.clone()];
        writer.commit(&Writes { refunds_new, ..Writes::default() }).unwrap();
        assert_eq!(reader.refunds_of(1).unwrap(), [changed, again]);
    });
}

#[test]
fn cash_has_one_code_at_a_time_and_a_code_is_issued_once() {
    everywhere("refunds-once", |writer| {
        let refunds_new = vec![refund(1, 1, RefundState::Suspect(Some(pay_out(1))))];
        writer.commit(&Writes { refunds_new, ..Writes::default() }).unwrap();
        let refunds_new = vec![refund(2, 1, RefundState::Open)];
        refused(writer, &Writes { refunds_new, ..Writes::default() });
        let mut same = refund(2, 2, RefundState::Open);
        same.code = rows::code(9_001);
        refused(writer, &Writes { refunds_new: vec![same], ..Writes::default() });
        let refunds_changed = vec![refund(3, 3, RefundState::Open)];
        refused(writer, &Writes { refunds_changed, ..Writes::default() });
    });
}
