//! What holds of any lines and any records.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

const STATES: [SaleState; 7] = [
    SaleState::Reserved,
    SaleState::Booked,
    SaleState::Refused,
    SaleState::Unapplied,
    SaleState::Released,
    SaleState::Reversed,
    SaleState::Tombstone,
];
const STATUSES: [Status; 3] = [Status::Paid, Status::Reversed, Status::Suspect];

/// Records with few codes, amounts and times, so that they get into each other's way; keys are unique.
fn records() -> impl Strategy<Value = Vec<Ours>> {
    let one = (any::<bool>(), 0..4_u8, 0..2_i64, 0..4_i64, 0..7_usize, -4..2_i32, 0..4_u8);
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let each = all.into_iter().enumerate();
        let record = |(place, one): (usize, _)| {
            let (keyed, code, amount, minutes, state, days, matched): (
                bool,
                u8,
                i64,
                i64,
                usize,
                i32,
                u8,
            ) = one;
            Ours {
                sale: keyed.then(|| SaleKey::new(format!("K{place}")).unwrap()),
                till_at: at(60 + minutes),
                state: STATES[state],
                business_date: BusinessDate::from_days(DATE.days() + days.max(-3)),
                matched_on: (matched == 0).then(|| DATE.before()),
                ..ours("K", &format!("{code}"), 10_000 + amount)
            }
        };
        each.map(record).collect()
    })
}

fn lines(keyed: bool) -> impl Strategy<Value = Vec<Line>> {
    let one =
        (0..14_u8, 0..4_u8, 0..2_i64, 0..4_i64, prop::sample::select(vec![0, 0, 0, 1, 2_usize]));
    prop::collection::vec(one, 0..16).prop_map(move |all| {
        let line = |(key, code, amount, minutes, status): (u8, u8, i64, i64, usize)| Line {
            sale: keyed.then(|| SaleKey::new(format!("K{key}")).unwrap()),
            sold_at: Some(at(60 + minutes)),
            status: STATUSES[status],
            ..line("K", &format!("{code}"), 10_000 + amount)
        };
        all.into_iter().map(line).collect()
    })
}

/// Whether the outcome says something about a record's cash, which can be said once only.
fn is_about_cash(outcome: Outcome) -> bool {
    matches!(
        outcome,
        Outcome::Matched
            | Outcome::OtherDay
            | Outcome::FeeDiffers
            | Outcome::AmountDiffers
            | Outcome::ReversedByUs
            | Outcome::ReversedByThem
            | Outcome::OursOnly
    )
}

fn check(settings: &Settings, records: &[Ours], lines: &[Line]) {
    let (mut told, mut cash, mut seen) = (Vec::new(), BTreeMap::new(), Vec::new());
    let mut theirs: BTreeMap<String, u32> = BTreeMap::new();
    let take = |row: &Row<'_>| {
        if let Some(line) = row.line {
            told.push(line.clone());
            if row.ours.is_none() && row.outcome == Outcome::TheirsOnly {
                *theirs.entry(line.identity().into_owned()).or_default() += 1;
            }
        }
        if let Some(ours) = row.ours.filter(|_| !row.differs.code) {
            seen.push(ours.place);
            if is_about_cash(row.outcome) {
                *cash.entry(ours.place).or_insert(0) += 1;
            }
        }
        Ok::<(), ()>(())
    };
    let open = || Ok(lines.iter().cloned().map(Ok));
    let totals = run(settings, records.iter().cloned().map(Ok), [], open, take).unwrap();
    // Every line once and in its order; every record's cash at most once; no stranger's cash twice.
    assert_eq!(told, lines);
    assert!(cash.values().all(|times| *times == 1), "{cash:?}");
    assert!(theirs.values().all(|times| *times == 1), "{theirs:?}");
    assert_eq!(totals.lines, u64::try_from(lines.len()).unwrap());
    // No cash of ours is passed over in silence.
    for (place, record) in records.iter().enumerate() {
        let holds = matches!(record.state, SaleState::Booked | SaleState::Unapplied);
        let due = record.business_date <= DATE && record.matched_on.is_none();
        assert!(!(holds && due) || seen.contains(&place), "record {place}");
    }
}

proptest! {
    #[test]
    fn lines_and_records_come_out_once(
        records in records(), keyed in lines(true), keyless in lines(false),
    ) {
        check(&settings(), &records, &keyed);
        check(&Settings { sale_key: FileSaleKey::None, ..settings() }, &records, &keyless);
    }

    /// Running twice is safe.
    #[test]
    fn the_same_file_again_brings_nothing(
        records in records(), keyed in lines(true), keyless in lines(false),
    ) {
        let by_parts = Settings { sale_key: FileSaleKey::None, ..settings() };
        for (settings, lines) in [(settings(), keyed), (by_parts, keyless)] {
            let (_, earlier, _) = outcomes(&settings, &records, &[], &lines);
            let (out, again, _) = outcomes(&settings, &records, &earlier, &lines);
            prop_assert!(out.is_empty(), "{:?}", out);
            prop_assert!(again.is_empty());
        }
    }

    /// What a revision undoes and does leads from the first file to the second, whatever they are.
    #[test]
    fn a_revision_leads_from_one_file_to_the_other(
        records in records(), first in lines(true), second in lines(true),
    ) {
        let (_, earlier, _) = outcomes(&settings(), &records, &[], &first);
        let (_, wanted, _) = outcomes(&settings(), &records, &[], &second);
        let mut left: Vec<Option<Earlier>> = earlier.iter().cloned().map(Some).collect();
        let mut added = Vec::new();
        let take = |row: &Row<'_>| {
            if let Change::Was(was) = row.change {
                let undone = left[was.place].take().unwrap();
                prop_assert_eq!(undone.identity.as_str(), was.identity);
            }
            added.extend(row.earlier());
            Ok::<(), TestCaseError>(())
        };
        let open = || Ok(second.iter().cloned().map(Ok));
        let ours = records.iter().cloned().map(Ok);
        run(&settings(), ours, earlier.clone(), open, take).unwrap();
        let posted = |all: &[Earlier]| {
            // What looks the same in the next run is the same.
            let mut keys: Vec<String> = all
                .iter()
                .map(|e| format!("{} {:?} {:?}", e.identity, e.content.status, e.content.amount))
                .collect();
            keys.sort();
            keys
        };
        let now: Vec<Earlier> = left.into_iter().flatten().chain(added).collect();
        prop_assert_eq!(posted(&now), posted(&wanted));
    }
}
