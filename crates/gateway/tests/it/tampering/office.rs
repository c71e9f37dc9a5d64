//! What retailers' files, transfers and payouts left in rows cannot be changed unseen either.

use domain::{ledger::Transfer, sale::Operation as O, time::Span};
use gateway::request::{
    LineAct, LineToPost, LinesRequest, MatchLine, MatchRequest, Moved, Movement, MovementRequest,
    PostedFile,
};
use storage::{FileLineRow, LineState};
use testkit::{ACCOUNT, START, Shop, key};

use super::{Data, columns_missed, missed};
use crate::scene::{Scene, folder, rupiah};

impl Scene {
    async fn office_file(&self, revision: u32) -> i64 {
        let file = PostedFile {
            retailer: key("alfamart"),
            business_date: START.business_date(),
            revision,
            name: format!("ALFA{revision}.csv"),
            profile: "alfa".to_owned(),
            sha256: [1; 32],
            lines: 2,
            total: 100_000,
            by: "budi (uid 1001)".to_owned(),
            at: self.now(),
        };
        self.gateway.post_file(file).await.unwrap()
    }

    async fn office_moves(&self, movement: Movement) -> i64 {
        let request = MovementRequest {
            movement,
            by: "budi (uid 1001)".to_owned(),
            reason: Some("ticket 17".to_owned()),
            received_at: self.now(),
        };
        let moved = self.gateway.move_money(request).await.unwrap();
        while self.gateway.sweep(self.now()).await.unwrap() > 0 {}
        match moved {
            Moved::Funding { row, .. } => row.no,
            Moved::Payout { row, .. } => row.no,
        }
    }

    /// A line about a sale, or a record of ours that the file does not mention.
    fn office_line(&self, file: i64, line: Option<i64>, outcome: &str) -> FileLineRow {
        FileLineRow {
            no: 0,
            day: (key("alfamart"), START.business_date()),
            identity: format!("{outcome} {line:?} of {file}"),
            file,
            line,
            outcome: outcome.to_owned(),
            code: domain::code::PaymentCode::new("8100000000000000").unwrap(),
            amount: rupiah(50_000),
            fee: Some(rupiah(250)),
            status: Some("OK".to_owned()),
            sale: None,
            payment: None,
            our_amount: Some(rupiah(50_000)),
            our_date: Some(START.business_date()),
            posted_at: self.now(),
            state: LineState::Settled,
            closed_at: None,
            why: None,
        }
    }

    async fn office_lines(&self, file: i64, lines: Vec<(FileLineRow, LineAct)>) {
        let lines = lines.into_iter().map(|(row, act)| LineToPost { row, act }).collect();
        let request = LinesRequest { file, lines, at: self.now() };
        self.gateway.post_lines(request).await.unwrap();
    }
}

/// Two payments matched, transferred and partly paid out; and lines of two files, of which the second
/// mentions what the first did not.
async fn a_week(name: &str) -> Data {
    let data = Data(folder(name));
    let scene = Scene(Shop::at(data.place(), START, |_| {}));
    let mut payments = Vec::new();
    for order in ["order-1", "order-2", "order-3"] {
        let view = scene.open(order, "alfamart").await;
        scene.outcome(O::Payment, &view, &format!("S-{order}")).await.unwrap();
        payments.push(view.payment.no);
    }
    scene.wait(31 * 60);
    while scene.gateway.sweep(scene.now()).await.unwrap() > 0 {}

    let first = scene.office_file(1).await;
    let lines = (1..)
        .zip(&payments[..2])
        .map(|(line, payment)| MatchLine {
            payment: *payment,
            line: Some(line),
            commission: rupiah(0),
        })
        .collect();
    let request = MatchRequest { file: first, lines, at: scene.now() };
    scene.gateway.match_payments(request).await.unwrap();
    let waits = FileLineRow {
        state: LineState::Open,
        sale: Some(domain::ids::SaleNo::new(3)),
        ..scene.office_line(first, None, "ours_only")
    };
    let unknown = scene.office_line(first, Some(3), "theirs_only");
    let advice = scene.message(O::Advice, unknown.code, "FILE-3", "alfamart");
    let book = LineAct::Book {
        request: Box::new(advice),
        alias: Some(Span::seconds(60)),
        commission: None,
    };
    scene.office_lines(first, vec![(waits, LineAct::Note), (unknown, book)]).await;
    let second = scene.office_file(2).await;
    let mentions = FileLineRow {
        sale: Some(domain::ids::SaleNo::new(3)),
        payment: Some(payments[2]),
        ..scene.office_line(second, Some(1), "matched")
    };
    // Nothing is held of its sale any more.
    let withdrawn = FileLineRow {
        state: LineState::Closed,
        closed_at: Some(scene.now()),
        why: Some("we do not hold its cash any more".to_owned()),
        ..scene.office_line(second, None, "withdrawn")
    };
    let lines = vec![(mentions, LineAct::Note), (withdrawn, LineAct::Note)];
    scene.office_lines(second, lines).await;

    let transfer = |amount| Transfer {
        retailer: key("alfamart"),
        business_date: START.business_date(),
        amount: rupiah(amount),
        commission: rupiah(0),
    };
    for (amount, reference) in [(60_000, "BCA-1"), (40_000, "BCA-2")] {
        let (transfer, reference) = (transfer(amount), reference.to_owned());
        scene.office_moves(Movement::Fund { transfer, reference, keep_difference: false }).await;
    }
    scene.gateway.clock().advance(Span::days(7));
    while scene.gateway.sweep(scene.now()).await.unwrap() > 0 {}
    let mut payouts = Vec::new();
    for (amount, reference) in [(10_000, "OUT-1"), (20_000, "OUT-2"), (30_000, "OUT-3")] {
        let (amount, reference) = (rupiah(amount), reference.to_owned());
        let movement = Movement::PayOut { account: ACCOUNT, amount, reference };
        payouts.push(scene.office_moves(movement).await);
    }
    scene.office_moves(Movement::GiveBack { payout: payouts[1] }).await;
    scene.office_moves(Movement::Confirm { payout: payouts[2] }).await;
    scene.assert_clean().await;
    scene.0.close();
    let report = data.report();
    assert!(report.is_clean(), "{:#?}", report.findings);
    data
}

#[tokio::test]
async fn any_column_of_the_office_changed_by_hand_is_named() {
    let data = a_week("office-columns").await;
    let tables = [
        ("file", "no"),
        ("file_line", "no"),
        ("file_alias", "no"),
        ("matched", "payment_no"),
        ("funding", "no"),
        ("payout", "no"),
        ("unapplied", "no"),
    ];
    let missed = columns_missed(&data, "office-columns-copy", &tables);
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[tokio::test]
async fn rows_of_the_office_removed_or_added_are_named() {
    let data = a_week("office-rows").await;
    let missed = missed(
        &data,
        "office-rows-copy",
        &[
            ("file 1: it is missing", "delete from file where no = 1"),
            (
                "table file:",
                "delete from file where no = 2; delete from row_digest \
                where kind = 1 and no = 2",
            ),
            ("file_line 2: it is missing", "delete from file_line where no = 2"),
            (
                "table file_line:",
                "delete from file_line where no = 4; delete from row_digest \
                where kind = 2 and no = 4",
            ),
            (
                "table file_line:",
                "delete from file_line; delete from row_digest where kind = 2 \
                and no > 0",
            ),
            ("file_alias 1: it is missing", "delete from file_alias"),
            ("matched 1: it is missing", "delete from matched where payment_no = 1"),
            (
                "day alfamart",
                "delete from matched where payment_no = 1; delete from row_digest \
                where kind = 4 and no = 1",
            ),
            ("funding 1: it is missing", "delete from funding where no = 1"),
            (
                "table funding:",
                "delete from funding where no = 2; delete from row_digest \
                where kind = 5 and no = 2",
            ),
            ("payout 3: it is missing", "delete from payout where no = 3"),
            (
                "table payout:",
                "delete from payout where no = 3; delete from row_digest \
                where kind = 6 and no = 3",
            ),
            ("unapplied 1: it is missing", "delete from unapplied"),
            (
                "file_line 99: it has no digest",
                "insert into file_line select 99, retailer, \
                business_date, identity, file_no, line, outcome, code, amount, fee, status, sale_no, \
                payment_no, our_amount, our_date, posted_at, state, closed_at, why from file_line \
                where no = 2",
            ),
            (
                "payout 99: it has no digest",
                "insert into payout select 99, account_no, amount, \
                state, 'OUT-99', event_no, recorded_at, recorded_by, decided_event, decided_at, \
                decided_by from payout where no = 3",
            ),
            (
                "file_line 1: its row was changed",
                "update row_digest set digest = zeroblob(16) \
                where kind = 2 and no = 1",
            ),
            ("payout 2: it has no digest", "delete from row_digest where kind = 6 and no = 2"),
            ("table payout:", "delete from row_digest where kind = 6 and no = 0"),
            // A line that waits is not shut by saying that a later file mentions it.
            ("file_line 1: its row was changed", "update file_line set line = null where no = 3"),
            ("day alfamart", "update retailer_day set matched = matched + 7"),
            ("day alfamart", "update retailer_day set waiting = waiting + 7"),
            ("day alfamart", "update retailer_day set funded = funded + 7"),
            ("day alfamart", "update retailer_day set funded_on = funded_on + 7"),
            ("day alfamart", "delete from retailer_day"),
            (
                "day indomaret",
                "insert into retailer_day select 'indomaret', business_date, matched, \
                waiting, funded, funded_on from retailer_day",
            ),
        ],
    );
    assert!(missed.is_empty(), "{missed:#?}");
}

/// A row that was ours once, with the digest it had then, is no row that was changed: what else tells of
/// its cash must say so.
#[tokio::test]
async fn an_older_row_of_a_sale_put_back_is_named() {
    let data = Data(folder("older"));
    let scene = Scene(Shop::at(data.place(), START, |settings| {
        testkit::each_retailer(settings, |retailer| {
            retailer.contract.advice_creates = domain::retailer::AdviceCreates::Always;
        });
    }));
    let view = scene.open("order-1", "indomaret").await;
    scene.outcome(O::Payment, &view, "S-1").await.unwrap();
    let unknown = domain::code::PaymentCode::new("571000000000").unwrap();
    scene.send(scene.message(O::Advice, unknown, "S-2", "indomaret")).await;
    let older: Vec<String> = [1, 2].map(|no| older_sale(&data, no)).to_vec();
    scene.outcome(O::Reversal, &view, "S-1").await.unwrap();
    scene.send(scene.message(O::Reversal, unknown, "S-2", "indomaret")).await;
    scene.assert_clean().await;
    scene.0.close();
    let what = "its state is not what its payment, or its unapplied cash, says";
    let places = [format!("sale 1 (S-1): {what}"), format!("sale 2 (S-2): {what}")];
    let hands: Vec<_> =
        places.iter().map(String::as_str).zip(older.iter().map(String::as_str)).collect();
    let missed = missed(&data, "older-copy", &hands);
    assert!(missed.is_empty(), "{missed:#?}");
}

/// What puts a sale's row back as it is now.
fn older_sale(data: &Data, no: i64) -> String {
    let sql = "select state, hex(digest) from sale where no = ?1 and reversal_answer is null";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?));
    let (state, digest) = data.raw().query_row(sql, [no], read).unwrap();
    format!(
        "update sale set state = {state}, digest = x'{digest}', reversal_answer = null where no = {no}"
    )
}
