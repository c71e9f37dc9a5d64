use std::fmt::Write as _;

use domain::{
    code::PaymentCode, ids::PaymentNo, money::Rupiah, retailer::RetailerKey, sale::SaleKey,
    sale::SaleState,
};

use super::*;
use crate::line::{Status, Word};

/// 2026-11-20.
const DATE: BusinessDate = BusinessDate::from_days(20_777);

fn settings() -> Settings {
    Settings {
        business_date: DATE,
        sale_key: FileSaleKey::Sale,
        tolerance: Span::minutes(2),
        // Seven o'clock on the next morning.
        now: at(24 * 60),
        advice_max_age: Span::hours(10),
        is_complete: true,
    }
}

/// `minutes` after seven o'clock in the morning of the day.
fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis((20_777 * 24 * 60 + minutes) * 60_000)
}

fn ours(sale: &str, code: &str, amount: i64) -> Ours {
    Ours {
        sale: SaleKey::new(sale).ok(),
        payment: Some(PaymentNo::new(7)),
        code: PaymentCode::new(code).unwrap(),
        amount: Rupiah::new(amount).unwrap(),
        fee: Some(Rupiah::new(2_000).unwrap()),
        retailer: RetailerKey::new("indomaret").unwrap(),
        outlet: Word::from("T001").ok(),
        terminal: Word::from("01").ok(),
        till_at: at(60),
        business_date: DATE,
        state: SaleState::Booked,
        matched_on: None,
    }
}

fn line(sale: &str, code: &str, amount: i64) -> Line {
    Line {
        file: 0,
        number: 1,
        sale: SaleKey::new(sale).ok(),
        code: PaymentCode::new(code).unwrap(),
        amount: Rupiah::new(amount).unwrap(),
        fee: Some(Rupiah::new(2_000).unwrap()),
        sold_at: Some(at(60)),
        business_date: DATE,
        outlet: Word::from("T001").ok(),
        terminal: Word::from("01").ok(),
        status: Status::Paid,
    }
}

/// What comes out, in short, and what is to be remembered of it.
fn outcomes(
    settings: &Settings,
    ours: &[Ours],
    earlier: &[Earlier],
    lines: &[Line],
) -> (Vec<String>, Vec<Earlier>, Totals) {
    let (mut out, mut remembered) = (Vec::new(), Vec::new());
    let take = |row: &Row<'_>| {
        let identity = row.line.map(|line| line.identity().into_owned());
        let of = row.ours.map(|ours| format!("#{}", ours.place));
        let mut text = format!("{} {}", row.outcome.name(), identity.or(of).unwrap_or_default());
        if let Change::Was(was) = row.change {
            let (outcome, amount) = (was.outcome.name(), was.content.amount);
            write!(text, " was {} {outcome} {amount}", was.identity).unwrap();
        }
        if row.alias {
            write!(text, " alias of #{}", row.ours.unwrap().place).unwrap();
        }
        if row.differs.code {
            text += " other code";
        }
        if row.is_overdue() {
            text += " overdue";
        }
        out.push(text);
        remembered.extend(row.earlier());
        Ok::<(), ()>(())
    };
    let open = || Ok(lines.iter().cloned().map(Ok));
    let ours = ours.iter().cloned().map(Ok);
    let totals = run(settings, ours, earlier.iter().cloned(), open, take).unwrap();
    (out, remembered, totals)
}

fn plain(ours: &[Ours], lines: &[Line]) -> Vec<String> {
    outcomes(&settings(), ours, &[], lines).0
}

#[test]
fn rows_come_in_the_files_order_then_in_ours() {
    let records = [ours("C", "3", 10_000), ours("A", "1", 10_000), ours("B", "2", 10_000)];
    let lines = [line("B", "2", 10_000), line("X", "9", 10_000)];
    let expected = ["matched B", "theirs_only X", "ours_only #0", "ours_only #1"];
    assert_eq!(plain(&records, &lines), expected);
}

#[test]
fn a_number_with_another_code_is_a_stranger() {
    let expected = ["theirs_only A other code", "ours_only #0"];
    assert_eq!(plain(&[ours("A", "1", 10_000)], &[line("A", "2", 10_000)]), expected);
}

#[test]
fn the_exact_line_is_the_sale_wherever_it_stands() {
    let records = [ours("A", "1", 10_000)];
    let lines = [line("A", "1", 11_000), line("A", "1", 10_000), line("A", "1", 12_000)];
    assert_eq!(plain(&records, &lines), ["duplicate A", "matched A", "duplicate A"]);
    assert_eq!(plain(&records, &lines[2..]), ["amount_differs A"]);
}

#[test]
fn what_reserved_or_released_means_depends_on_what_they_say() {
    for state in [SaleState::Reserved, SaleState::Refused, SaleState::Released] {
        let records = [Ours { state, ..ours("A", "1", 10_000) }];
        let reversed = Line { status: Status::Reversed, ..line("A", "1", 10_000) };
        assert_eq!(plain(&records, &[line("A", "1", 10_000)]), ["theirs_only A"]);
        assert_eq!(plain(&records, &[reversed]), ["void A"]);
        assert_eq!(plain(&records, &[]), Vec::<String>::new());
    }
}

#[test]
fn young_lines_await_the_advice_and_old_ones_do_not() {
    let young = |minutes| Line { sold_at: Some(at(minutes)), ..line("A", "1", 10_000) };
    assert_eq!(plain(&[], &[young(14 * 60 + 1)]), ["awaiting_advice A"]);
    assert_eq!(plain(&[], &[young(14 * 60)]), ["theirs_only A"]);
    assert_eq!(plain(&[], &[Line { sold_at: None, ..line("A", "1", 10_000) }]), ["theirs_only A"]);
}

#[test]
fn ours_only_is_carried_for_three_dates_and_then_suspect() {
    let on = |days| Ours {
        business_date: BusinessDate::from_days(DATE.days() + days),
        ..ours(&format!("A{days}"), "1", 10_000)
    };
    let records = [on(-3), on(-2), on(0), on(1)];
    let (out, _, totals) = outcomes(&settings(), &records, &[], &[]);
    assert_eq!(out, ["ours_only #0 overdue", "ours_only #1", "ours_only #2"]);
    assert_eq!((totals.overdue, totals.of(Outcome::OursOnly).ours), (1, 30_000));
    // What another day's file was about is settled; what this day's was about has been lost by it.
    let settled = |date| [Ours { matched_on: Some(date), ..ours("A", "1", 10_000) }];
    assert_eq!(plain(&settled(DATE.before()), &[]), Vec::<String>::new());
    assert_eq!(plain(&settled(DATE), &[]), ["ours_only #0"]);
    assert_eq!(plain(&settled(DATE), &[line("A", "1", 10_000)]), ["matched A"]);
    assert_eq!(plain(&settled(DATE.before()), &[line("A", "1", 10_000)]), ["duplicate A"]);
    // As long as a file of the day is outstanding, nothing is only ours.
    let part = Settings { is_complete: false, ..settings() };
    assert_eq!(outcomes(&part, &records, &[], &[]).0, Vec::<String>::new());
}

#[test]
fn several_files_of_a_day_are_one_run() {
    let records = [ours("A", "1", 10_000), ours("B", "2", 10_000), ours("C", "3", 10_000)];
    let suspect = Line { file: 1, status: Status::Suspect, ..line("B", "2", 10_000) };
    let expected = ["matched A", "suspect B", "ours_only #2"];
    assert_eq!(plain(&records, &[line("A", "1", 10_000), suspect]), expected);
}

#[test]
fn without_numbers_the_nearest_sale_is_meant() {
    let keyless = Settings { sale_key: FileSaleKey::None, ..settings() };
    let record = |seconds: i64, amount| Ours {
        till_at: at(60).plus(Span::seconds(seconds)),
        ..ours("online", "1", amount)
    };
    let told = |seconds: i64, amount| Line {
        sale: None,
        sold_at: Some(at(60).plus(Span::seconds(seconds))),
        ..line("", "1", amount)
    };
    let check = |records: &[Ours], lines: &[Line], expected: &[&str]| {
        let (out, ..) = outcomes(&keyless, records, &[], lines);
        let out: Vec<String> = out.iter().map(|text| short(text)).collect();
        assert_eq!(out, expected);
    };
    check(&[record(0, 10_000)], &[told(120, 10_000)], &["matched alias of #0"]);
    check(&[record(0, 10_000)], &[told(-120, 10_000)], &["matched alias of #0"]);
    check(&[record(0, 10_000)], &[told(121, 10_000)], &["theirs_only", "ours_only"]);
    check(&[record(0, 10_000)], &[told(30, 11_000)], &["amount_differs alias of #0"]);
    // Two sales under one code: each line takes the nearer, whichever comes first.
    let two = [record(0, 10_000), record(60, 10_000)];
    let near = ["matched alias of #1", "matched alias of #0"];
    check(&two, &[told(70, 10_000), told(5, 10_000)], &near);
    // The same line twice is one sale told twice; another time is another sale.
    let twice = ["matched alias of #0", "duplicate alias of #0", "ours_only"];
    check(&two, &[told(5, 10_000), told(5, 10_000)], &twice);
    check(&two[..1], &[told(5, 10_000), told(9, 10_000)], &["matched alias of #0", "theirs_only"]);
    // Another outlet is another sale.
    let elsewhere = Line { outlet: Word::from("T002").ok(), ..told(0, 10_000) };
    check(&two[..1], &[elsewhere], &["theirs_only", "ours_only"]);
    // A sale and its reversal, of a code that was paid again.
    let again = [Ours { state: SaleState::Reversed, ..record(0, 10_000) }, record(60, 10_000)];
    let back = Line { status: Status::Reversed, ..told(2, 10_000) };
    let lines = [told(0, 10_000), back, told(58, 10_000)];
    check(&again, &lines, &["void alias of #0", "void alias of #0", "matched alias of #1"]);
}

/// Without identities, which are long where lines have no number.
fn short(text: &str) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    [&words[..1], &words[2..]].concat().join(" ")
}

#[test]
fn of_many_records_of_a_code_each_is_found() {
    let keyless = Settings { sale_key: FileSaleKey::None, ..settings() };
    let later = |minutes: i64| at(60).plus(Span::minutes(minutes));
    let record = |minutes| Ours { till_at: later(minutes), ..ours("online", "1", 10_000) };
    let told =
        |minutes| Line { sale: None, sold_at: Some(later(minutes)), ..line("", "1", 10_000) };
    let records: Vec<Ours> = (0..5).map(|hour| record(hour * 10)).collect();
    let lines: Vec<Line> = (0..5).rev().map(|hour| told(hour * 10 + 1)).collect();
    let (out, ..) = outcomes(&keyless, &records, &[], &lines);
    let out: Vec<String> = out.iter().map(|text| short(text)).collect();
    let expected: Vec<String> =
        (0..5).rev().map(|place| format!("matched alias of #{place}")).collect();
    assert_eq!(out, expected);
    // Time tells more than the terminal, which tells more than the order.
    let elsewhere = Ours { terminal: Word::from("02").ok(), ..record(0) };
    let near = [elsewhere.clone(), record(1)];
    assert!(outcomes(&keyless, &near, &[], &[told(0)]).0[0].ends_with("#0"));
    let equally_near = [elsewhere, record(0)];
    assert!(outcomes(&keyless, &equally_near, &[], &[told(0)]).0[0].ends_with("#1"));
}

#[test]
fn a_sale_that_we_never_heard_of_and_its_reversal_are_nothing() {
    let back = Line { status: Status::Reversed, ..line("A", "1", 10_000) };
    for lines in [[line("A", "1", 10_000), back.clone()], [back, line("A", "1", 10_000)]] {
        assert_eq!(plain(&[], &lines), ["void A", "void A"]);
    }
}

#[test]
fn a_record_without_a_number_is_found_by_a_line_that_has_one() {
    let records = [Ours { sale: None, ..ours("", "1", 10_000) }, ours("B", "2", 10_000)];
    let lines = [line("A", "1", 10_000), line("C", "2", 10_000)];
    // But a record that has another number is another sale.
    let expected = ["matched A alias of #0", "theirs_only C", "ours_only #1"];
    assert_eq!(plain(&records, &lines), expected);
}

#[test]
fn midnight_and_graves_do_not_part_a_sale() {
    let dated = Settings { sale_key: FileSaleKey::OutletTerminalDateSale, ..settings() };
    let told = line("T001/01/2026-11-20/0007", "1", 10_000);
    for (key, state, expected) in [
        ("T001/01/2026-11-20/0007", SaleState::Booked, "matched"),
        ("T001/01/2026-11-19/0007", SaleState::Booked, "matched"),
        ("T001/01/2026-11-21/0007", SaleState::Booked, "matched"),
        ("T001/01/2026-11-18/0007", SaleState::Booked, "theirs_only"),
        ("T001/02/2026-11-20/0007", SaleState::Booked, "theirs_only"),
        ("T001/01/2026-11-20*1/0007", SaleState::Tombstone, "reversed_by_us"),
        ("T001/01/2026-11-21*1/0007", SaleState::Tombstone, "reversed_by_us"),
        ("T001/01/2026-11-20*2/0007", SaleState::Tombstone, "theirs_only"),
    ] {
        let records = [Ours { state, ..ours(key, "1", 10_000) }];
        let (out, ..) = outcomes(&dated, &records, &[], std::slice::from_ref(&told));
        assert_eq!(out[0].split(' ').next(), Some(expected), "{key}");
    }
    // Yesterday's sale of another code or amount only happens to have the same number.
    for (code, amount) in [("2", 10_000), ("1", 11_000)] {
        let records = [ours("T001/01/2026-11-19/0007", code, amount)];
        let (out, ..) = outcomes(&dated, &records, &[], std::slice::from_ref(&told));
        assert_eq!(out[0], "theirs_only T001/01/2026-11-20/0007");
    }
}

#[test]
fn of_a_revision_only_differences_come_out() {
    let mut records = vec![
        ours("A", "1", 10_000),
        ours("B", "2", 20_000),
        ours("C", "3", 30_000),
        ours("D", "4", 40_000),
    ];
    let first =
        [line("A", "1", 10_000), line("B", "2", 20_000), line("X", "8", 50_000), line("Y", "9", 1)];
    let (out, earlier, _) = outcomes(&settings(), &records, &[], &first);
    assert_eq!(
        out,
        [
            "matched A",
            "matched B",
            "theirs_only X",
            "theirs_only Y",
            "ours_only #2",
            "ours_only #3"
        ]
    );
    // It was posted: X and Y are unapplied cash now, under the numbers that the file gave them.
    for (sale, code, amount) in [("X", "8", 50_000), ("Y", "9", 1)] {
        records.push(Ours { state: SaleState::Unapplied, ..ours(sale, code, amount) });
    }
    for place in [0, 1, 4, 5] {
        records[place].matched_on = Some(DATE);
    }
    // The same file again: nothing.
    let (out, _, totals) = outcomes(&settings(), &records, &earlier, &first);
    assert_eq!(out, Vec::<String>::new());
    assert_eq!((totals.unchanged, totals.lines), (6, 4));
    // A revision, in another order: B was reversed, Y was a mistake, C was forgotten.
    let second = [
        line("C", "3", 30_000),
        line("X", "8", 50_000),
        Line { status: Status::Reversed, ..line("B", "2", 20_000) },
        line("A", "1", 10_000),
    ];
    let (out, again, totals) = outcomes(&settings(), &records, &earlier, &second);
    let expected = [
        "matched C was C ours_only 30000",
        "reversed_by_them B was B matched 20000",
        "ours_only #5 was Y theirs_only 1",
    ];
    assert_eq!(out, expected);
    assert_eq!((totals.unchanged, again.len()), (3, 3));
    // A line that is gone and of which we have nothing.
    let (out, ..) = outcomes(&settings(), &records[..1], &earlier[..3], &second[3..]);
    assert_eq!(out, ["withdrawn  was B matched 20000", "withdrawn  was X theirs_only 50000"]);
}

#[test]
fn a_line_that_awaited_an_advice_comes_out_when_it_came_or_is_too_late() {
    let young = [Line { sold_at: Some(at(20 * 60)), ..line("A", "1", 10_000) }];
    let (out, earlier, _) = outcomes(&settings(), &[], &[], &young);
    assert_eq!(out, ["awaiting_advice A"]);
    assert_eq!(outcomes(&settings(), &[], &earlier, &young).0, Vec::<String>::new());
    let later = Settings { now: at(48 * 60), ..settings() };
    let was = "was A awaiting_advice 10000";
    let (out, ..) = outcomes(&later, &[], &earlier, &young);
    assert_eq!(out, [format!("theirs_only A {was}")]);
    let advised = [ours("A", "1", 10_000)];
    let (out, ..) = outcomes(&settings(), &advised, &earlier, &young);
    assert_eq!(out, [format!("matched A {was}")]);
}

#[test]
fn nothing_comes_out_of_a_file_with_an_error_and_a_changing_file_is_noticed() {
    let error = FileError { line: 3, column: None, fault: crate::reader::Fault::NoTrailer };
    let mut rows = 0;
    let mut take = |_: &Row<'_>| {
        rows += 1;
        Ok::<(), ()>(())
    };
    let bad = || {
        let errors = (0..25).map(|_| Err(error.clone()));
        Ok([Ok(line("A", "1", 10_000))].into_iter().chain(errors))
    };
    let result = run(&settings(), [], [], bad, &mut take);
    let Err(RunError::Unreadable { errors, more }) = result else { panic!("{result:?}") };
    assert_eq!((errors.len(), more, rows), (ERRORS_MAX, 5, 0));

    let mut amount = 10_000;
    let changing = || {
        amount += 1;
        Ok([Ok(line("A", "1", amount))].into_iter())
    };
    let take = |_: &Row<'_>| Ok::<(), ()>(());
    assert_eq!(run(&settings(), [], [], changing, take), Err(RunError::Changed));
    let failed = |_: &Row<'_>| Err("full");
    let open = || Ok([Ok(line("A", "1", 10_000))].into_iter());
    assert_eq!(run(&settings(), [], [], open, failed), Err(RunError::Caller("full")));
}

mod properties;
