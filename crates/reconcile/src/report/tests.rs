use std::io;

use domain::time::BusinessDate;

use super::*;
use crate::{
    Lines, Totals,
    generator::{Day, write},
    matcher::run,
    profile::FileName,
    tests::profile,
};

/// Hands every row of a small day, all kinds of plants in it, to `take`.
fn small_day(sales: u32, take: impl FnMut(&Row<'_>) -> io::Result<()>) -> Totals {
    let profile = profile("pipe_numbered_per_till");
    let name = FileName { business_date: BusinessDate::from_days(20_777), sequence: None };
    let day = Day::new(&profile, name.business_date, sales, 3, 4);
    let mut file = Vec::new();
    write(&profile, name, day.lines(), &mut file).unwrap();
    let open = || Ok(Lines::new(&profile, name, 0, file.as_slice()));
    run(&day.settings(), day.ours().map(Ok), [], open, take).unwrap()
}

#[test]
fn the_same_rows_in_three_forms() {
    let mut csv = Csv::new(Vec::new()).unwrap();
    let mut json = Json::new(Vec::new());
    let mut table = Table::new(Vec::new());
    let totals = small_day(200, |row| {
        csv.row(row)?;
        json.row(row)?;
        table.row(row)
    });
    let csv = String::from_utf8(csv.finish().unwrap()).unwrap();
    let json = String::from_utf8(json.finish(&totals).unwrap()).unwrap();
    let table = String::from_utf8(table.finish(&totals).unwrap()).unwrap();

    let rows: u64 = totals.each().map(|(_, total)| total.rows).sum();
    let rows = usize::try_from(rows).unwrap();
    assert!(csv.ends_with("\r\n") && csv.split("\r\n").count() == rows + 2);
    // None of this day's texts holds a comma.
    assert!(csv.lines().all(|line| line.split(',').count() == COLUMNS.len()));
    assert_eq!(json.lines().count(), rows + 1);

    // Every line of JSON says what the line of CSV says.
    for (csv, json) in csv.lines().skip(1).zip(json.lines()) {
        let object: serde_json::Value = serde_json::from_str(json).unwrap();
        for (name, cell) in COLUMNS.iter().zip(csv.split(',')) {
            let said = object.get(*name).map_or(String::new(), |value| {
                value.as_str().map_or_else(|| value.to_string(), str::to_owned)
            });
            assert_eq!(said, cell, "{name} of {json}");
        }
    }
    let last: serde_json::Value = serde_json::from_str(json.lines().last().unwrap()).unwrap();
    for (outcome, total) in totals.each() {
        assert_eq!(last["totals"]["outcomes"][outcome.name()]["rows"], total.rows);
    }
    let odd: u64 =
        totals.each().filter(|(outcome, _)| outcome.is_odd()).map(|(_, total)| total.rows).sum();
    let listed = table.lines().skip(1).take_while(|line| !line.is_empty()).count();
    assert_eq!(u64::try_from(listed).unwrap(), odd);
}

#[test]
fn totals_are_the_sums_of_the_rows() {
    let mut sums = std::collections::BTreeMap::new();
    let totals = small_day(200, |row| {
        let sum: &mut (u64, i64, i64) = sums.entry(row.outcome).or_default();
        sum.0 += 1;
        sum.1 += row.line.map_or(0, |line| line.amount.get());
        sum.2 += row.ours.map_or(0, |ours| ours.amount.get());
        Ok(())
    });
    for (outcome, total) in totals.each() {
        let sum = sums.get(&outcome).copied().unwrap_or_default();
        assert_eq!((total.rows, total.theirs, total.ours), sum, "{outcome:?}");
    }
    let lines: u64 = sums
        .iter()
        .filter(|(outcome, _)| **outcome != crate::Outcome::OursOnly)
        .map(|(_, sum)| sum.0)
        .sum();
    assert_eq!(totals.lines, lines);
    let mut csv = Vec::new();
    Csv::totals(&mut csv, &totals).unwrap();
    assert_eq!(String::from_utf8(csv).unwrap().lines().count(), crate::Outcome::ALL.len() + 1);
}

#[test]
fn the_table_looks_as_people_know_it() {
    let mut table = Table::new(Vec::new());
    let totals = small_day(40, |row| table.row(row));
    let table = String::from_utf8(table.finish(&totals).unwrap()).unwrap();
    assert_eq!(table, include_str!("tests/table.txt"));
}
