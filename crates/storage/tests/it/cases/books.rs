//! Where the money is: files, matched payments, transfers, payouts, and balances now and then.

use domain::{
    event::EventKind,
    ids::{AccountNo, EventNo, PaymentNo, SaleNo},
    ledger::LedgerAccount,
    money::Balance,
    time::BusinessDate,
    transfer::PayoutState,
};
use storage::{
    AccountBalances, AdvanceRow, AdvanceState, BalanceSnapshotRow, BooksWanted, BooksWrites,
    FileRow, FundingRow, MatchedRow, MatchedState, PayoutDecided, PayoutRow, PayoutWanted,
    RetailerDayRow, StorageError, Wanted, Writes,
};

use super::bench::{Writer, everywhere};
use crate::rows::{self, ACCOUNT, at, rupiah};

fn date(no: i32) -> BusinessDate {
    BusinessDate::from_days(20_000 + no)
}

fn file(no: i64) -> FileRow {
    FileRow {
        no,
        retailer: rows::retailer("alfamart"),
        business_date: date(0),
        revision: u32::try_from(no).unwrap(),
        name: format!("ALFA-{no}.csv"),
        profile: "alfa".to_owned(),
        sha256: [7; 32],
        lines: 12,
        total: 1_200_000,
        applied_at: at(5_000),
        applied_by: "budi (uid 1001)".to_owned(),
    }
}

fn matched(no: i64, state: MatchedState, available_on: Option<i32>) -> MatchedRow {
    MatchedRow {
        account: ACCOUNT,
        payment: PaymentNo::new(no),
        shard: 0,
        file: 1,
        line: Some(no),
        day: (rows::retailer("alfamart"), date(0)),
        sale: SaleNo::new(no),
        total: rupiah(103_000),
        commission: rupiah(1_000),
        matched_at: at(5_000),
        state,
        available_on: available_on.map(date),
    }
}

fn day(no: i32, matched: i64, waiting: i64, funded: i64) -> RetailerDayRow {
    RetailerDayRow {
        day: (rows::retailer("alfamart"), date(no)),
        matched,
        waiting,
        funded,
        funded_on: (funded > 0).then(|| date(no + 1)),
    }
}

fn funding(no: i64, reference: &str) -> FundingRow {
    FundingRow {
        no,
        day: (rows::retailer("alfamart"), date(0)),
        amount: rupiah(102_000),
        commission: rupiah(1_000),
        difference: rupiah(3),
        reference: reference.to_owned(),
        event: EventNo::new(4),
        recorded_at: at(6_000),
        recorded_by: "budi (uid 1001)".to_owned(),
    }
}

fn payout(no: i64, state: PayoutState, reference: &str) -> PayoutRow {
    PayoutRow {
        no,
        account: ACCOUNT,
        amount: rupiah(60_000),
        state,
        reference: reference.to_owned(),
        event: EventNo::new(5),
        recorded_at: at(7_000),
        recorded_by: "anna (uid 1002)".to_owned(),
        decided: (state != PayoutState::InTransit).then(|| PayoutDecided {
            event: EventNo::new(6),
            at: at(7_500),
            by: "budi (uid 1001)".to_owned(),
        }),
    }
}

fn commit(writer: &mut Writer, books: BooksWrites) -> Result<(), StorageError> {
    writer.commit(&Writes { books, ..Writes::default() })
}

#[test]
fn the_books_come_out_as_they_went_in() {
    everywhere("books", |writer| {
        let waits = matched(1, MatchedState::Waiting, None);
        let funded = matched(2, MatchedState::Funded, Some(3));
        let books = BooksWrites {
            files: vec![file(1)],
            matched_new: vec![waits.clone(), funded.clone()],
            days: vec![day(0, 206_000, 1, 103_000)],
            fundings: vec![funding(1, "BCA-1"), funding(2, "BCA-2")],
            payouts_new: vec![
                payout(1, PayoutState::InTransit, "P-1"),
                payout(2, PayoutState::Confirmed, "P-2"),
            ],
            ..BooksWrites::default()
        };
        commit(writer, books).unwrap();
        let numbers = writer.sequences().unwrap();
        assert_eq!((numbers.file, numbers.funding, numbers.payout), (1, 2, 2));

        let alfa = (rows::retailer("alfamart"), date(0));
        let reference = |text: &str| PayoutWanted::Reference(ACCOUNT, text.to_owned());
        let books = BooksWanted {
            balances: vec![ACCOUNT],
            days: vec![alfa],
            fundings: vec![(alfa, "BCA-2".to_owned()), (alfa, "BCA-3".to_owned())],
            payouts: vec![PayoutWanted::No(1), reference("P-2"), reference("P-3")],
            matched: vec![PaymentNo::new(1), PaymentNo::new(2), PaymentNo::new(3)],
            ..BooksWanted::default()
        };
        let found = writer.load(&Wanted { books, ..Wanted::default() }).unwrap().books;
        assert_eq!(found.matched[&PaymentNo::new(1)], waits);
        assert_eq!(found.matched[&PaymentNo::new(2)], funded);
        assert_eq!((found.matched.len(), found.days[&alfa]), (2, day(0, 206_000, 1, 103_000)));
        assert_eq!(found.fundings.len(), 1);
        assert_eq!(found.fundings[&(alfa, "BCA-2".to_owned())], funding(2, "BCA-2"));
        assert_eq!(found.payouts[&1], payout(1, PayoutState::InTransit, "P-1"));
        assert_eq!(found.payouts[&2], payout(2, PayoutState::Confirmed, "P-2"));
        assert_eq!(found.owed[&alfa], Balance::ZERO);

        let reader = writer.reader().unwrap();
        assert_eq!(reader.file(1).unwrap().unwrap(), file(1));
        assert_eq!(reader.files_of(alfa).unwrap(), [file(1)]);
        assert_eq!(
            reader.fundings(i64::MAX, 9).unwrap(),
            [funding(2, "BCA-2"), funding(1, "BCA-1")]
        );
        assert_eq!(reader.fundings(2, 9).unwrap(), [funding(1, "BCA-1")]);
        assert_eq!(reader.payouts(i64::MAX, 1).unwrap()[0].no, 2);
        assert_eq!(reader.payouts_in_transit(9).unwrap().len(), 1);
        assert_eq!(reader.matched_after(PaymentNo::new(1), 9).unwrap(), [funded]);
    });
}

#[test]
fn advances_are_summed_while_they_are_open() {
    everywhere("advances", |writer| {
        let advance = |no: i64, amount: i64, closed: Option<(AdvanceState, i64)>| AdvanceRow {
            payment: PaymentNo::new(no),
            account: ACCOUNT,
            amount: rupiah(amount),
            event: EventNo::new(no + 10),
            at: at(1_000 * no),
            state: closed.map_or(AdvanceState::Open, |(state, _)| state),
            closed_at: closed.map(|(_, closed_at)| at(closed_at)),
        };
        let other = AdvanceRow { account: AccountNo::new(9), ..advance(4, 7, None) };
        let rows = [advance(1, 100, None), advance(2, 20, None), advance(3, 3, None), other];
        let books = BooksWrites { advances_new: rows.to_vec(), ..BooksWrites::default() };
        commit(writer, books).unwrap();
        let covered = advance(1, 100, Some((AdvanceState::Covered, 4_000)));
        let taken_back = advance(2, 20, Some((AdvanceState::TakenBack, 5_000)));
        let changed = vec![covered, taken_back];
        commit(writer, BooksWrites { advances_changed: changed, ..BooksWrites::default() })
            .unwrap();

        let books = BooksWanted { advanced: vec![ACCOUNT], ..BooksWanted::default() };
        let found = writer.load(&Wanted { books, ..Wanted::default() }).unwrap().books;
        assert_eq!(found.advanced[&ACCOUNT], 3);
        let reader = writer.reader().unwrap();
        assert_eq!(reader.advance(PaymentNo::new(2)).unwrap(), Some(taken_back));
        assert_eq!(reader.advances_after(PaymentNo::new(2), 9).unwrap(), [rows[2], rows[3]]);
        let sums = [999, 1_000, 3_999, 4_000, 4_999, 5_000]
            .map(|then| reader.advanced_at(ACCOUNT, at(then)).unwrap());
        assert_eq!(sums, [0, 100, 123, 23, 23, 3]);

        // An advance that is closed says when, and a payment is advanced once.
        let half =
            AdvanceRow { closed_at: None, ..advance(5, 1, Some((AdvanceState::Covered, 1))) };
        for row in [half, advance(1, 1, None)] {
            let books = BooksWrites { advances_new: vec![row], ..BooksWrites::default() };
            assert!(commit(writer, books).is_err(), "{row:?}");
        }
    });
}

#[test]
fn a_reference_and_a_matched_payment_are_used_once() {
    everywhere("books-once", |writer| {
        let books = BooksWrites {
            files: vec![file(1)],
            matched_new: vec![matched(1, MatchedState::Waiting, None)],
            fundings: vec![funding(1, "BCA-1")],
            payouts_new: vec![payout(1, PayoutState::InTransit, "P-1")],
            ..BooksWrites::default()
        };
        commit(writer, books).unwrap();
        let none = BooksWrites::default;
        for books in [
            BooksWrites { fundings: vec![funding(2, "BCA-1")], ..none() },
            BooksWrites { payouts_new: vec![payout(2, PayoutState::InTransit, "P-1")], ..none() },
            BooksWrites { matched_new: vec![matched(1, MatchedState::Waiting, None)], ..none() },
            BooksWrites { files: vec![FileRow { no: 2, ..file(1) }], ..none() },
            // No file, no match; nothing is funded without the day it is available on.
            BooksWrites {
                matched_new: vec![MatchedRow {
                    file: 9,
                    ..matched(2, MatchedState::Waiting, None)
                }],
                ..none()
            },
            BooksWrites { matched_new: vec![matched(2, MatchedState::Funded, None)], ..none() },
            BooksWrites { matched_changed: vec![matched(9, MatchedState::Closed, None)], ..none() },
            BooksWrites {
                payouts_changed: vec![payout(9, PayoutState::Returned, "P-9")],
                ..none()
            },
        ] {
            let error = commit(writer, books).unwrap_err();
            assert!(matches!(error, StorageError::Constraint(_)), "{error}");
        }
    });
}

#[test]
fn money_moves_on_from_covered_days_to_settlement() {
    everywhere("books-due", |writer| {
        let days = vec![day(0, 206_000, 2, 206_000), day(1, 5, 1, 4), day(2, 5, 0, 5)];
        let matched_new =
            (1..=4).map(|no| matched(no, MatchedState::Waiting, None)).collect::<Vec<_>>();
        commit(
            writer,
            BooksWrites { files: vec![file(1)], matched_new, days, ..BooksWrites::default() },
        )
        .unwrap();
        let reader = writer.reader().unwrap();
        assert_eq!(reader.covered_days(9).unwrap(), [day(0, 206_000, 2, 206_000)]);
        let alfa = (rows::retailer("alfamart"), date(0));
        let numbers = |found: Vec<PaymentNo>| found.iter().map(|no| no.get()).collect::<Vec<_>>();
        assert_eq!(numbers(reader.matched_waiting(alfa, 3).unwrap()), [1, 2, 3]);
        assert_eq!(reader.next_settlement_due().unwrap(), None);

        let matched_changed = vec![
            matched(1, MatchedState::Funded, Some(4)),
            matched(2, MatchedState::Funded, Some(3)),
            matched(3, MatchedState::Closed, None),
            matched(4, MatchedState::Settled, Some(1)),
        ];
        let days = vec![RetailerDayRow { waiting: -2, ..day(0, 0, 0, 0) }];
        commit(writer, BooksWrites { matched_changed, days, ..BooksWrites::default() }).unwrap();
        assert_eq!(reader.covered_days(9).unwrap(), []);
        let expected = day(0, 206_000, 0, 206_000);
        assert_eq!(reader.retailer_day(alfa).unwrap(), Some(expected));
        assert_eq!(reader.matched_waiting(alfa, 9).unwrap(), []);
        assert_eq!(reader.next_settlement_due().unwrap(), Some(date(3)));
        assert_eq!(numbers(reader.due_settlements(date(2), 9).unwrap()), []);
        assert_eq!(numbers(reader.due_settlements(date(3), 9).unwrap()), [2]);
        assert_eq!(numbers(reader.due_settlements(date(4), 9).unwrap()), [2, 1]);
    });
}

/// However many snapshots there are, and whichever event is asked for, a balance is the plain sum.
#[test]
fn snapshots_change_no_balance() {
    everywhere("books-snapshots", |writer| {
        let other = AccountNo::new(ACCOUNT.get() + 1);
        let mut entries = Vec::new();
        for no in 1..=20 {
            let account = match no % 3 {
                0 => LedgerAccount::MerchantActive(ACCOUNT),
                1 => LedgerAccount::MerchantPending(ACCOUNT),
                _ => LedgerAccount::MerchantPending(other),
            };
            entries.push(rows::entry(no, no, account, no * no - 50));
        }
        let events = (1..=20).map(|no| rows::event(no, 1, EventKind::Paid)).collect();
        writer.commit(&Writes { events, entries: entries.clone(), ..Writes::default() }).unwrap();
        let naive = |up_to: i64| {
            let mut sums = AccountBalances::default();
            for row in entries.iter().filter(|row| row.event.get() <= up_to) {
                let sum = match row.entry.account {
                    LedgerAccount::MerchantActive(ACCOUNT) => &mut sums.active,
                    LedgerAccount::MerchantPending(ACCOUNT) => &mut sums.pending,
                    _ => continue,
                };
                *sum = sum.checked_add(row.entry.amount).unwrap();
            }
            sums
        };
        let reader = writer.reader().unwrap();
        let since = || reader.entries_since_snapshot(ACCOUNT, 5).unwrap();
        assert_eq!((since(), reader.entries_since_snapshot(ACCOUNT, 99).unwrap()), (5, 13));
        for written in [0, 7, 13, 18] {
            if written > 0 {
                let event = EventNo::new(written);
                let balances = reader.balances_after(ACCOUNT, event).unwrap();
                let row = BalanceSnapshotRow { account: ACCOUNT, event, balances, at: at(9_000) };
                let snapshots = vec![row];
                commit(writer, BooksWrites { snapshots, ..BooksWrites::default() }).unwrap();
                assert_eq!(reader.snapshots_of(ACCOUNT).unwrap().last(), Some(&row));
            }
            for event in 0..=21 {
                let found = reader.balances_after(ACCOUNT, EventNo::new(event)).unwrap();
                assert_eq!(found, naive(event), "after {event} with a snapshot of {written}");
                // Event `n` is of 1000 + n milliseconds.
                assert_eq!(reader.balances_at(ACCOUNT, at(1_000 + event)).unwrap(), found);
            }
            assert_eq!(reader.balances_of(ACCOUNT).unwrap(), naive(20));
        }
        assert_eq!(since(), 1);
        assert_eq!(reader.last_entry_at().unwrap(), Some(at(1_020)));
    });
}

#[test]
fn what_is_owed_is_the_receivable_of_the_day() {
    everywhere("books-owed", |writer| {
        let (alfa, indomaret) = (rows::retailer("alfamart"), rows::retailer("indomaret"));
        let postings = [
            (LedgerAccount::Receivable(alfa, date(0)), 103_000),
            (LedgerAccount::Receivable(alfa, date(0)), -3_000),
            (LedgerAccount::Receivable(alfa, date(1)), 7),
            (LedgerAccount::Receivable(indomaret, date(0)), 11),
            (LedgerAccount::CommissionPayable(alfa), -5),
        ];
        let entries = (1..)
            .zip(postings)
            .map(|(no, (account, amount))| rows::entry(no, 1, account, amount))
            .collect();
        let events = vec![rows::event(1, 1, EventKind::Paid)];
        writer.commit(&Writes { events, entries, ..Writes::default() }).unwrap();
        let days = vec![(alfa, date(0)), (alfa, date(1)), (indomaret, date(0)), (alfa, date(2))];
        let books = BooksWanted { days: days.clone(), ..BooksWanted::default() };
        let loaded = writer.load(&Wanted { books, ..Wanted::default() }).unwrap().books;
        let owed: Vec<_> = days.iter().map(|day| loaded.owed[day].get()).collect();
        assert_eq!(owed, [100_000, 7, 11, 0]);
        assert!(loaded.days.is_empty());
    });
}
