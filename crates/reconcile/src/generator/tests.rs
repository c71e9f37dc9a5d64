use domain::{code::PaymentCode, time::BusinessDate};

use super::*;
use crate::{
    Lines, Profile, Row, Totals,
    matcher::{RunError, run},
    profile::FileName,
    tests::{profile, profiles},
};

const DATE: BusinessDate = BusinessDate::from_days(20_777);

mod million;

/// Writes the day's file, reconciles it with the day's records, and compares what came out with what
/// was planted: everything, and nothing else.
fn reconcile(profile: &Profile, day: Day<'_>) -> Totals {
    let name = FileName { business_date: DATE, sequence: Some(1) };
    let mut file = Vec::new();
    write(profile, name, day.lines(), &mut file).unwrap();
    assert_eq!(profile.read_name(&profile.write_name(name)).unwrap().business_date, DATE);
    let mut found = Vec::new();
    let take = |row: &Row<'_>| {
        let amount = row.line.map_or_else(|| row.ours.unwrap().amount, |line| line.amount);
        let code: PaymentCode = row.line.map_or_else(|| row.ours.unwrap().code, |line| line.code);
        found.push(Expected { outcome: row.outcome, code, amount: amount.get() });
        Ok::<(), RunError<()>>(())
    };
    let open = || Ok(Lines::new(profile, name, 0, file.as_slice()));
    let totals = run(&day.settings(), day.ours().map(Ok), [], open, take).unwrap();
    let mut expected: Vec<Expected> = day.expected().collect();
    expected.sort();
    found.sort();
    if let Some((found, expected)) = found.iter().zip(&expected).find(|(f, e)| f != e) {
        panic!("found {found:?}, expected {expected:?}");
    }
    assert_eq!(found.len(), expected.len());
    totals
}

#[test]
fn every_planted_error_is_found_and_none_is_invented() {
    for name in profiles() {
        let profile = profile(&name);
        if profile.status.default == crate::Status::Suspect {
            // Such a file can say nothing else; `suspect` has a test of its own.
            continue;
        }
        // Two thousand odd ones among twenty thousand, by each profile.
        let day = Day::new(&profile, DATE, 20_000, 7, 10);
        for (plant, count) in day.planted() {
            assert_eq!(count > 30, day.can_say(plant), "{name}: {plant:?}");
        }
        let totals = reconcile(&profile, day);
        assert!(totals.lines > 19_000, "{name}");
    }
}
