//! A million lines with every kind of error in them, in two files of one day, in bounded memory.
//!
//! What is planted and what is found are compared as sums of prints, so that the test holds neither.

use std::{
    fs::{self, File},
    hash::{BuildHasher, RandomState},
    io::BufWriter,
    path::PathBuf,
};

use super::*;
use crate::{FileError, Line, Outcome, matcher::Earlier};

/// What came out, or must: how often each outcome did, and a sum of prints of all of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    outcomes: Vec<u64>,
    prints: u64,
}

impl Sums {
    fn add(&mut self, prints: &RandomState, one: &Expected) {
        self.outcomes.resize(Outcome::ALL.len(), 0);
        let place = Outcome::ALL.iter().position(|outcome| *outcome == one.outcome).unwrap();
        self.outcomes[place] += 1;
        self.prints = self.prints.wrapping_add(prints.hash_one(one));
    }
}

/// A day's files on disk, removed afterwards.
struct Files<'p> {
    profile: &'p Profile,
    paths: Vec<PathBuf>,
}

const NAME: FileName = FileName { business_date: DATE, sequence: Some(1) };

impl<'p> Files<'p> {
    /// The day's lines in two files: the second begins in the middle, and each has its own trailer.
    fn write(profile: &'p Profile, day: Day<'p>, what: &str) -> Self {
        let half = day.lines().count() / 2;
        let path = |part: &str| {
            let name = format!("gerai-{what}-{part}-{}", std::process::id());
            std::env::temp_dir().join(name)
        };
        let paths = vec![path("one"), path("two")];
        let write_one = |path: &PathBuf, lines: &mut dyn Iterator<Item = Line>| {
            let mut out = BufWriter::new(File::create(path).unwrap());
            write(profile, NAME, lines, &mut out).unwrap();
        };
        let mut lines = day.lines();
        write_one(&paths[0], &mut lines.by_ref().take(half));
        write_one(&paths[1], &mut lines);
        Self { profile, paths }
    }

    fn lines(&self, count: usize) -> impl Iterator<Item = Result<Line, FileError>> + use<'_, 'p> {
        let files = self.paths.iter().take(count).zip(0_u16..);
        files.flat_map(|(path, number)| {
            Lines::new(self.profile, NAME, number, File::open(path).unwrap())
        })
    }
}

impl Drop for Files<'_> {
    fn drop(&mut self) {
        for path in &self.paths {
            drop(fs::remove_file(path));
        }
    }
}

/// The most memory that this process has had so far, in bytes; none where nobody says.
fn memory_max() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1_024)
}

#[test]
fn a_million_lines_in_two_files() {
    let profile = profile("pipe_numbered_per_till");
    let day = Day::new(&profile, DATE, 1_010_000, 11, 50);
    for (plant, count) in day.planted() {
        assert!(count > 300 || !day.can_say(plant), "{plant:?}: {count}");
    }
    let prints = RandomState::new();
    let mut expected = Sums::default();
    day.expected().for_each(|one| expected.add(&prints, &one));
    let files = Files::write(&profile, day, "million");

    let before = memory_max();
    let mut found = Sums::default();
    let take = |row: &Row<'_>| {
        let (amount, code) = row.line.map_or_else(
            || row.ours.map(|ours| (ours.amount, ours.code)).unwrap(),
            |line| (line.amount, line.code),
        );
        found.add(&prints, &Expected { outcome: row.outcome, code, amount: amount.get() });
        Ok::<(), RunError<()>>(())
    };
    let open = || Ok(files.lines(2));
    let totals = run(&day.settings(), day.ours().map(Ok), [], open, take).unwrap();
    assert!(totals.lines >= 1_000_000, "{}", totals.lines);
    assert_eq!(found, expected);

    // What is held is less than 200 bytes for each of our records, however long the files are, and what
    // a vector has more while it grows.
    if let (Some(before), Some(after)) = (before, memory_max()) {
        let per_record = (after - before) / totals.records;
        assert!(per_record < 300, "{per_record} bytes a record");
    }
}

#[test]
fn the_second_half_of_a_day_and_a_second_look_bring_only_what_is_new() {
    let profile = profile("pipe_numbered_per_till");
    let day = Day::new(&profile, DATE, 50_000, 13, 20);
    let files = Files::write(&profile, day, "halves");
    let look = |count, is_complete, earlier: &[Earlier]| {
        let mut settings = day.settings();
        settings.is_complete = is_complete;
        let mut kept = Vec::new();
        let take = |row: &Row<'_>| {
            kept.extend(row.earlier());
            Ok::<(), RunError<()>>(())
        };
        let open = || Ok(files.lines(count));
        let ours = day.ours().map(Ok);
        let totals = run(&settings, ours, earlier.iter().cloned(), open, take).unwrap();
        (totals, kept)
    };
    let (first, posted) = look(1, false, &[]);
    let (whole, all) = look(2, true, &[]);
    let (rest, new) = look(2, true, &posted);
    assert_eq!(rest.lines, whole.lines);
    // A sale whose reversal is in the second file reads otherwise when both are there.
    let changed = whole.lines - rest.unchanged;
    assert!(changed >= whole.lines - first.lines, "{changed}");
    assert!(rest.unchanged > first.lines * 9 / 10, "{} of {}", rest.unchanged, first.lines);
    assert!(new.len() < all.len() * 6 / 10, "{} of {}", new.len(), all.len());
    let (again, none) = look(2, true, &all);
    assert_eq!((none.len(), again.of(Outcome::Withdrawn).rows), (0, 0));
    assert_eq!(again.unchanged, u64::try_from(all.len()).unwrap());
}
