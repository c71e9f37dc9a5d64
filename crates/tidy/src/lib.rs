//! Tests about the source itself: what neither the compiler nor clippy can see.
//!
//! Every rule here is one that ARCHITECTURE.md or STYLE.md states; a rule nobody checks is a wish.
#![cfg(test)]

use std::{
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files below `folder` whose name ends in `.ending`.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|is| is == ending) {
            found.push(path);
        }
    }
    found
}

fn crates() -> Vec<PathBuf> {
    let crates = fs::read_dir(root().join("crates")).unwrap();
    crates.map(|entry| entry.unwrap().path()).collect()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

/// The names under `[dependencies]` of a crate's manifest.
fn dependencies(krate: &str) -> Vec<String> {
    let manifest =
        fs::read_to_string(root().join("crates").join(krate).join("Cargo.toml")).unwrap();
    manifest
        .lines()
        .skip_while(|line| line.trim() != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|word| !word.is_empty() && !word.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_domain_depends_on_nothing_that_acts() {
    assert_eq!(dependencies("domain"), ["aes", "arrayvec", "thiserror", "uuid"]);
    let engines = ["rusqlite", "rustls", "rustls-native-certs", "tokio", "tokio-postgres"];
    // Digests of rows that are moved; keys are not its business.
    let digests = ["aws-lc-rs"];
    let others = ["bytes", "domain", "thiserror", "tokio-postgres-rustls"];
    let may = [&engines[..], &digests, &others].concat();
    let more = dependencies("storage").into_iter().filter(|name| !may.contains(&name.as_str()));
    assert_eq!(more.collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn dialects_and_counters_cannot_write_rows_or_send() {
    let forbidden =
        ["storage", "rusqlite", "hyper", "hyper-util", "hyper-rustls", "reqwest", "tokio-rustls"];
    let mut broken = Vec::new();
    for krate in crates().iter().map(|krate| name(krate)) {
        if krate.starts_with("dialect") || krate.starts_with("counter") {
            let found =
                dependencies(&krate).into_iter().filter(|dep| forbidden.contains(&dep.as_str()));
            broken.extend(found.map(|dep| format!("{krate} depends on {dep}")));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn no_dialect_mentions_another() {
    let dialects: Vec<String> = crates()
        .iter()
        .filter_map(|krate| name(krate).strip_prefix("dialect-").map(str::to_owned))
        .collect();
    assert!(!dialects.is_empty());
    let mut broken = Vec::new();
    for one in &dialects {
        let folder = root().join("crates").join(format!("dialect-{one}"));
        for file in files(&folder, "rs").into_iter().chain(files(&folder, "toml")) {
            let text = fs::read_to_string(&file).unwrap().to_lowercase();
            for other in dialects.iter().filter(|other| *other != one) {
                if text.contains(other.as_str()) {
                    broken.push(format!("{} mentions {other}", shown(&file)));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn only_the_list_of_dialects_names_them() {
    let mut broken = Vec::new();
    for file in files(&root().join("crates/gerai/src"), "rs") {
        let text = fs::read_to_string(&file).unwrap();
        if text.contains("dialect_midtrans") && !["dialects.rs"].contains(&name(&file).as_str()) {
            let is_bench = file.components().any(|part| part.as_os_str() == "bench");
            if !is_bench {
                broken.push(shown(&file));
            }
        }
    }
    assert!(broken.is_empty(), "the dialect's crate is named in {broken:#?}");
}

#[test]
fn the_domain_spells_out_every_case() {
    let mut broken = Vec::new();
    for file in files(&root().join("crates/domain/src"), "rs") {
        let is_test =
            file.components().any(|part| part.as_os_str() == "tests") || name(&file) == "tests.rs";
        let text = fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (number, line) in code.lines().enumerate() {
            if !is_test && line.trim_start().starts_with("_ =>") {
                broken.push(format!("{}:{}", shown(&file), number + 1));
            }
        }
    }
    assert!(broken.is_empty(), "`_ =>` in {broken:#?}");
}

#[test]
fn files_stay_readable() {
    let long: Vec<String> = files(&root().join("crates"), "rs")
        .into_iter()
        .filter_map(|file| {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            (lines > 500).then(|| format!("{} has {lines} lines", shown(&file)))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn names_say_what_a_thing_is() {
    let banned =
        ["utils", "util", "helpers", "helper", "common", "misc", "manager", "service", "info"];
    let broken: Vec<String> = files(&root().join("crates"), "rs")
        .into_iter()
        .filter(|file| {
            let parts = file.strip_prefix(root()).unwrap().with_extension("");
            parts.iter().any(|part| banned.contains(&part.to_string_lossy().as_ref()))
        })
        .map(|file| shown(&file))
        .collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn who_speaks_a_wire_names_its_sources() {
    for krate in crates() {
        if name(&krate).starts_with("dialect-") || name(&krate).starts_with("counter-") {
            let readme = fs::read_to_string(krate.join("README.md"))
                .unwrap_or_else(|error| panic!("{}: {error}", shown(&krate)));
            assert!(
                readme.to_lowercase().contains("sources"),
                "{} names no sources",
                shown(&krate)
            );
        }
    }
}

#[test]
fn unfinished_work_is_not_left_lying() {
    let marks = ["TO".to_owned() + "DO", "FIX".to_owned() + "ME", "XX".to_owned() + "X"];
    let mut found = Vec::new();
    for file in files(&root().join("crates"), "rs") {
        for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark.as_str())) {
                found.push(format!("{}:{}", shown(&file), number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn every_crate_is_on_the_map() {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let missing: Vec<String> = crates()
        .iter()
        .map(|krate| name(krate))
        .filter(|krate| !map.contains(&format!("`{krate}`")))
        .collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md does not tell of {missing:#?}");
}
