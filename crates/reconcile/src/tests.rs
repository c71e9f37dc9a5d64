//! Profiles and samples that come with the crate, and what the tests share.

use std::{fmt::Write as _, fs, path::Path};

use crate::{Line, Lines, Profile, ProfileText};

/// A profile that comes with the crate.
pub(crate) fn profile(name: &str) -> Profile {
    Profile::check(&profile_text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The same, as it is written.
pub(crate) fn profile_text(name: &str) -> ProfileText {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("profiles/{name}.toml"));
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// The names of all profiles that come with the crate.
pub(crate) fn profiles() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// The samples: name and bytes.
fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut samples: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(path).unwrap())
        })
        .collect();
    samples.sort();
    samples
}

#[test]
fn every_sample_is_read_by_its_profile_and_by_no_other() {
    let profiles: Vec<(String, Profile)> =
        profiles().into_iter().map(|name| (name.clone(), profile(&name))).collect();
    let mut read = String::new();
    for (file, bytes) in samples() {
        let mut by = Vec::new();
        for (name, profile) in &profiles {
            let Some(says) = profile.read_name(&file) else { continue };
            by.push(name);
            writeln!(read, "{file}, by {name}, of {}", says.business_date).unwrap();
            for line in Lines::new(profile, says, 0, bytes.as_slice()) {
                read += &shown(&line.unwrap_or_else(|error| panic!("{file}: {error}")));
            }
        }
        assert_eq!(by.len(), 1, "{file} is read by {by:?}");
    }
    assert_eq!(read, include_str!("samples.txt"));
}

/// A line in short: where, what, how much, when (WIB), on which day.
fn shown(line: &Line) -> String {
    let fee = line.fee.map_or("-".to_owned(), |fee| fee.to_string());
    let terminal = line.terminal.unwrap_or_default();
    format!(
        "  {}: {} {} {} {fee} {} of {} [{terminal}]\n",
        line.number,
        line.identity(),
        line.status,
        line.amount,
        crate::report::shown(line.sold_at.unwrap()),
        line.business_date,
    )
}
