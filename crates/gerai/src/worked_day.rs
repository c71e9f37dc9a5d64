//! A worked day: ten payments over four retailers and every dialect, and all that can go wrong with
//! them. `docs/ledger.md` tells the same story; its table of postings is compared with the books.

mod figures;
mod scene;

use domain::{
    ledger::Transfer,
    money::Rupiah,
    payment::Refusal,
    sale::Operation::{Advice, Inquiry, Payment, Reversal},
};
use gateway::request::{Approved, Movement, Ruling};

use self::{
    figures::Moment::{AfterTheFiles, AtTheEnd, Evening},
    scene::{Day, Till, key, rupiah},
};

/// The day as it went, until all money is where it belongs.
async fn live(day: &mut Day) {
    the_day(day).await;
    the_files(day).await;
    the_money(day).await;
}

/// Friday, 20 November.
async fn the_day(day: &mut Day) {
    for (order, brand, retailer, amount) in figures::ORDERS {
        day.open(order, brand, retailer, amount).await;
    }
    day.tell("08:00").await;

    // One and three are paid; two is paid and taken back. Three was opened for Alfamart, and its code
    // is taken by Alfamidi as well.
    day.until("09:00").await;
    day.paid(1, &Till::of("alfamart", "A-1", 100_000)).await;
    day.until("09:10").await;
    let mistake = Till::of("indomaret", "I-1", 250_000);
    day.paid(2, &mistake).await;
    day.until("09:13").await;
    assert_eq!(day.say(Reversal, day.code(2), &mistake).await, Ok(Approved::Reversed));
    day.until("09:30").await;
    day.paid(3, &Till::of("alfamidi", "M-1", 75_000)).await;

    // The payer bears this fee, so the till asks for 103,500. A second counter is refused; a third,
    // which could not reach us, took the cash all the same.
    day.until("10:00").await;
    day.paid(4, &Till::of("alfamart", "A-2", 103_500)).await;
    day.until("10:05").await;
    let refused = day.say(Payment, day.code(4), &Till::of("alfamart", "A-3", 103_500)).await;
    assert_eq!(refused, Err(Refusal::AlreadyPaid));
    let double = Till::of("alfamart", "A-4", 103_500);
    let booked = day.say(Advice, day.code(4), &double).await;
    assert!(matches!(booked, Ok(Approved::Unapplied { .. })), "{booked:?}");

    day.until("10:30").await;
    let mistake = Till::of("pegadaian", "P-1", 403_500);
    day.paid(6, &mistake).await;
    day.until("10:36").await;
    assert_eq!(day.say(Reversal, day.code(6), &mistake).await, Ok(Approved::Reversed));
    day.until("11:00").await;
    day.paid(7, &Till::of("alfamart", "A-5", 51_500)).await;
    day.until("11:30").await;
    day.paid(8, &Till::of("indomaret", "I-2", 151_500)).await;

    // Five is looked up before its deadline at noon, closed after it, and then the cash is taken.
    day.until("11:50").await;
    let late = Till::of("indomaret", "I-3", 63_500);
    assert!(day.say(Inquiry, day.code(5), &late).await.is_ok());
    day.until("12:05").await;
    day.sweep().await;
    day.until("12:10").await;
    let booked = day.say(Advice, day.code(5), &late).await;
    assert!(matches!(booked, Ok(Approved::Unapplied { .. })), "{booked:?}");

    // Nobody knows this code.
    day.until("12:30").await;
    let unknown = Till::of("alfamart", "A-6", 20_000);
    let booked = day.say(Advice, figures::unknown(), &unknown).await;
    assert!(matches!(booked, Ok(Approved::Unapplied { .. })), "{booked:?}");

    day.until("13:00").await;
    day.paid(10, &Till::of("pegadaian", "P-2", 300_000)).await;

    // The late cash is the second that fits nowhere. Its payment has only waited for it.
    day.until("14:00").await;
    let payment = day.payment(5);
    day.rule(Ruling::Match { cash: 2, payment }, "the payer has the receipt, ticket 19").await;
    day.until("20:00").await;
    day.sweep().await;
    assert_eq!(day.books(), figures::books(Evening));
    day.assert_clean().await;
}

/// Saturday: the retailers' files. Alfamart's misses seven, and tells of nine, of which no till has.
async fn the_files(day: &mut Day) {
    day.until("21 14:00").await;
    let (fourth, ninth) = (day.code(4), day.code(9));
    let posted = day
        .post(
            "alfamart",
            &[
                ("A-1", day.code(1), 100_000, "09:00"),
                ("A-2", fourth, 103_500, "10:00"),
                ("A-4", fourth, 103_500, "10:05"),
                ("A-6", figures::unknown(), 20_000, "12:30"),
                ("A-7", ninth, 200_000, "13:30"),
            ],
        )
        .await;
    assert_eq!((posted.lines, posted.matched, posted.paid, posted.unapplied), (5, 3, 1, 0));
    // Cash that fits no payment is in the file as we have it.
    assert_eq!(posted.outcomes["matched"], 4);
    assert_eq!((posted.outcomes["ours_only"], posted.outcomes["theirs_only"]), (1, 1));
    assert_eq!(day.waiting("alfamart"), [("ours_only".to_owned(), "A-5".to_owned())]);

    let posted = day.post("alfamidi", &[("M-1", day.code(3), 75_000, "09:30")]).await;
    assert_eq!((posted.lines, posted.matched), (1, 1));
    let lines = [("I-2", day.code(8), 151_500, "11:30"), ("I-3", day.code(5), 63_500, "12:10")];
    let posted = day.post("indomaret", &lines).await;
    assert_eq!((posted.lines, posted.matched), (2, 2));
    let posted = day.post("pegadaian", &[("P-2", day.code(10), 300_000, "13:00")]).await;
    assert_eq!((posted.lines, posted.matched), (1, 1));
    for retailer in ["alfamidi", "indomaret", "pegadaian"] {
        assert_eq!(day.waiting(retailer), [], "{retailer}");
    }
    day.tell("21 14:00").await;
    assert_eq!(day.books(), figures::books(AfterTheFiles));
    day.assert_clean().await;
}

/// From Monday on: what the retailers transfer, what goes back, and what merchants are paid.
async fn the_money(day: &mut Day) {
    day.until("23 09:00").await;
    for (retailer, amount, commission) in figures::TRANSFERS {
        let transfer = Transfer {
            retailer: key(retailer),
            business_date: figures::day(),
            amount: rupiah(amount),
            commission: Rupiah::new(commission).unwrap(),
        };
        let reference = format!("BCA-{retailer}");
        day.moves(Movement::Fund { transfer, reference, keep_difference: false }).await;
    }
    // What was paid twice goes back; nobody has asked for the twenty thousand yet.
    day.until("23 10:00").await;
    let bank_reference = "BCA-77".to_owned();
    day.rule(Ruling::Refund { cash: 1, bank_reference }, "paid twice, ticket 20").await;

    // Tuesday, Wednesday, Thursday: the third business day.
    day.until("25 08:00").await;
    day.sweep().await;
    assert_eq!(day.active("midtrans").await, 0);
    day.until("26 08:00").await;
    day.sweep().await;
    day.until("26 09:00").await;
    for (brand, amount) in [("midtrans", 169_000), ("cronos", 160_000), ("ayolinx", 400_000)] {
        let (account, reference) = (day.account(brand), format!("PAY-{brand}"));
        day.moves(Movement::PayOut { account, amount: rupiah(amount), reference }).await;
    }
    // One arrives, one comes back, and one is still on its way.
    day.until("27 09:00").await;
    day.moves(Movement::Confirm { payout: 1 }).await;
    day.moves(Movement::GiveBack { payout: 2 }).await;
    // No merchant hears of transfers and payouts.
    day.tell("27 09:00").await;
    assert_eq!(day.books(), figures::books(AtTheEnd));
}

#[test]
fn the_books_the_statement_and_the_notifications_of_a_day_are_right_to_the_rupiah() {
    let mut day = Day::begin();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(live(&mut day));

    let told = day.told.join("\n");
    assert!(told == figures::NOTIFICATIONS.trim(), "merchants were told\n{told}\n");
    let postings = day.postings();
    let documented = figures::documented("| when | what | orders | postings |");
    assert!(postings == documented, "the books say\n{}\n", postings.join("\n"));
    let balances = figures::balances();
    let documented =
        figures::documented("| account | in the evening | after the files | at the end |");
    assert!(balances == documented, "the figures are\n{}\n", balances.join("\n"));

    let statement = day.statement_sheet();
    assert!(statement == figures::STATEMENT.trim(), "the statement says\n{statement}\n");
    let page = day.statement_page();
    for (name, sum) in figures::SUMS {
        let row = format!("<td>{name}</td><td class=\"n\">{sum}</td>");
        assert!(page.contains(&row), "{row} is not in {page}");
    }
    day.verify();
}

#[test]
fn what_a_day_leaves_behind_moves_to_postgresql_as_it_is() {
    let mut day = Day::begin();
    tokio::runtime::Runtime::new().unwrap().block_on(live(&mut day));
    let rows = day.moved();
    let empty: Vec<_> = rows.iter().filter(|(_, rows)| **rows == 0).map(|(name, _)| name).collect();
    // What this day has no use for; storage's own tests move it.
    assert_eq!(
        empty,
        [
            "advance",
            "balance_snapshot",
            "checkout",
            "difference",
            "dispute",
            "external_id",
            "file_alias",
            "idempotency",
            "own_event",
            "proposal",
            "refund_code",
        ]
    );
}
