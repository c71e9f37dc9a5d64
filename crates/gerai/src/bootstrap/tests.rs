//! First starts, second starts, and starts that are refused.

use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use gateway::directory::Secret;

use super::*;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_194_000_000);

/// A folder of one test, removed with everything in it.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = format!("gerai-{name}-{}-{count}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// A data folder that is not there yet.
    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    pub(crate) fn place(&self) -> Place {
        Place::Folder(self.data())
    }

    fn key_file(&self) -> KeyFile {
        KeyFile::at(self.data().join(key_file::NAME))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The defaults, untouched by the environment of whoever runs the tests.
pub(crate) fn config(over: &str) -> Config {
    Config::read("test", over).unwrap()
}

/// A configuration that production accepts.
fn production(over: &str) -> Config {
    let config = config(&format!(
        "[pools.alfa]\nlength = 16\n[pools.indomaret]\nlength = 14\n[pools.pegadaian]\nlength = 12\n\
         [pools.pos]\nlength = 12\n{over}"
    ));
    config.check_production().unwrap();
    config
}

fn sandbox(scratch: &Scratch) -> anyhow::Result<Opened> {
    open(&scratch.place(), &config(""), Environment::Sandbox, NOW)
}

/// Why it did not open.
fn refused(opened: anyhow::Result<Opened>) -> String {
    format!("{:#}", opened.err().unwrap())
}

/// The whole directory, and every key in the clear.
fn everything(opened: &Opened) -> (Directory, Vec<Vec<u8>>) {
    let rows = opened.writer.directory().unwrap();
    let open =
        |context: &str, sealed: &[u8]| opened.vault.open_key(context, sealed).unwrap().to_vec();
    let mut keys: Vec<_> = rows
        .platform_keys
        .iter()
        .map(|row| open(&platform_key_context(&row.name), &row.sealed))
        .collect();
    keys.extend(
        rows.pools
            .iter()
            .map(|row| open(&gateway::rows::pool_key_context(row.no.get()), &row.sealed)),
    );
    (rows, keys)
}

#[test]
fn a_second_start_finds_what_the_first_one_made() {
    let scratch = Scratch::new("twice");
    let first = sandbox(&scratch).unwrap();
    let made = everything(&first);
    first.writer.close().unwrap();
    let again = sandbox(&scratch).unwrap();
    assert_eq!(everything(&again), made);

    let (rows, keys) = made;
    let names: Vec<_> = rows.platform_keys.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, [CHAIN_KEY, PAYMENT_ID_KEY]);
    assert_eq!((keys[0].len(), keys[1].len()), (32, 16));
    // Refund codes are turned on in a sandbox, and have a pool of their own.
    assert_eq!(rows.pools.len(), config("").pools.len() + 1);
    let ids: Vec<_> = rows
        .accounts
        .iter()
        .map(|row| (row.brand.as_str(), row.public_id.as_str(), row.merchant.get()))
        .collect();
    let expected = [
        ("midtrans", "G000000001", 1),
        ("midtrans", "G000000002", 2),
        ("cronos", "SC-KRW9ESNZUUKQXOOX", 1),
        ("sengo", "SG-GERAIDEMO000001", 1),
        ("ayolinx", "CKSandbox-154dc98b-0000-4222-bbcc-dd55555ee666", 1),
    ];
    assert_eq!(ids, expected);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&scratch.data()), 0o700);
    assert_eq!(mode(scratch.key_file().path()), 0o600);
}

#[test]
fn the_demo_is_known_to_the_gateway_that_starts_on_it() {
    let place = Place::Memory("bootstrap-demo".to_owned());
    let clock = Clock::manual(NOW);
    let started = start(&place, &config(""), Environment::Sandbox, clock).unwrap();
    let directory = started.gateway.directory();
    for (secret, id) in
        [("SB-Mid-server-gerai-demo", "G000000001"), ("SB-Mid-server-gerai-other", "G000000002")]
    {
        let account = directory.account_by_secret("midtrans", "server_key", secret, NOW).unwrap();
        assert_eq!(account.public_id, id);
    }
    let (partner, secret) = directory.partner_by_key("counter-demo", NOW).unwrap();
    assert_eq!(secret.expose(), "gerai-demo-counter-secret");
    assert!(started.gateway.retailers().iter().all(|retailer| partner.serves(retailer.key)));
    assert!(!started.gateway.counters_closed());
}

#[test]
fn another_master_key_or_none_is_refused() {
    let scratch = Scratch::new("wrong-key");
    drop(sandbox(&scratch).unwrap());
    let path = scratch.key_file().path().to_owned();
    let right = std::fs::read(&path).unwrap();

    std::fs::remove_file(&path).unwrap();
    let why = refused(sandbox(&scratch));
    assert!(why.contains("the database is there, but its master key"), "{why}");
    assert!(!path.exists(), "a new key must not be made in its place");

    scratch.key_file().create().unwrap();
    let why = refused(sandbox(&scratch));
    assert!(why.contains("does not fit this data"), "{why}");

    std::fs::write(&path, "no key").unwrap();
    let why = refused(sandbox(&scratch));
    assert!(why.contains("64 hexadecimal digits"), "{why}");

    std::fs::write(&path, right).unwrap();
    sandbox(&scratch).unwrap();
}

#[test]
fn production_asks_for_a_key_and_says_how_to_make_one() {
    let scratch = Scratch::new("no-key");
    let open = |config: &Config| open(&scratch.place(), config, Environment::Production, NOW);
    let why = refused(open(&production("")));
    assert!(why.contains("gerai master-key new"), "{why}");
    assert!(!scratch.data().exists(), "nothing is made on the way to a refusal");

    let mut given = production("");
    given.master_key = KeySource::Given(Secret::new("ab".repeat(32)));
    let opened = open(&given).unwrap();
    assert_eq!(opened.keeper, Keeper::Environment);
    assert!(opened.writer.directory().unwrap().accounts.is_empty(), "no demo in production");
    assert!(!scratch.key_file().exists());
}

#[test]
fn production_refuses_what_a_sandbox_made() {
    let scratch = Scratch::new("demo");
    drop(sandbox(&scratch).unwrap());
    let place = scratch.place();
    let why = refused(open(&place, &config(""), Environment::Production, NOW));
    assert!(why.contains("demo key of G000000001") && !why.contains("SB-Mid"), "{why}");
    assert_eq!(environment_of(&place, &config("")).unwrap(), Environment::Sandbox);
}

#[test]
fn a_pool_keeps_its_shape_and_new_ones_come_after_it() {
    let scratch = Scratch::new("pools");
    let pools = |opened: &Opened| opened.writer.directory().unwrap().pools;
    let before = pools(&sandbox(&scratch).unwrap());

    for over in ["[pools.pos]\nlength = 14", "[pools.pos]\nshards = 2"] {
        let changed = open(&scratch.place(), &config(over), Environment::Sandbox, NOW);
        let why = refused(changed);
        assert!(why.contains("a pool keeps its shape for life"), "{why}");
    }
    let more = config("[pools.pos2]\nnetwork = \"pos\"\nlength = 14\nprefix = \"64\"\nshards = 2");
    let after = pools(&open(&scratch.place(), &more, Environment::Sandbox, NOW).unwrap());
    let (old, new) = after.split_at(before.len());
    assert_eq!(old, before);
    assert_eq!(new.len(), 1);
    assert_eq!((new[0].length, new[0].prefix.as_str(), new[0].shards), (14, "64", 2));
}

#[test]
fn a_change_of_the_master_key_that_was_interrupted_is_finished_at_start() {
    for is_committed in [false, true] {
        let scratch = Scratch::new("rotation");
        let mut first = sandbox(&scratch).unwrap();
        let (_, made) = everything(&first);
        let old = scratch.key_file().read().unwrap().current;
        let new = scratch.key_file().stage().unwrap();
        if is_committed {
            // The crash comes after the commit, before the file is replaced.
            first.vault.replace_master(&new).unwrap();
            let sealed = first.writer.sealed_keys().unwrap();
            let resealed = reseal(&sealed, &first.vault).unwrap();
            let directory = vec![DirectoryWrite::Resealed(resealed)];
            first.writer.commit(&Writes { directory, ..Writes::default() }).unwrap();
        }
        drop(first);

        let again = sandbox(&scratch).unwrap();
        assert_eq!(everything(&again).1, made);
        let keys = scratch.key_file().read().unwrap();
        assert_eq!(keys.current.to_hex(), new.to_hex());
        assert!(keys.staged.is_none());
        let sealed = again.writer.sealed_keys().unwrap();
        opens(&sealed, &Vault::new(&new).unwrap()).unwrap();
        assert!(opens(&sealed, &Vault::new(&old).unwrap()).is_err());
        drop(again);
        sandbox(&scratch).unwrap();
    }
}

#[test]
fn counters_stay_closed_over_a_start_until_they_are_opened() {
    let scratch = Scratch::new("closed");
    drop(sandbox(&scratch).unwrap());
    mark_counters_closed(&scratch.data()).unwrap();
    let started = || {
        let clock = Clock::manual(NOW);
        start(&scratch.place(), &config(""), Environment::Sandbox, clock).unwrap()
    };
    for _ in 0..2 {
        assert!(started().gateway.counters_closed());
    }
    unmark_counters_closed(&scratch.data()).unwrap();
    unmark_counters_closed(&scratch.data()).unwrap();
    assert!(!started().gateway.counters_closed());
}

#[test]
fn a_folder_in_use_and_a_broken_database_are_one_sentence() {
    let scratch = Scratch::new("sentences");
    let held = sandbox(&scratch).unwrap();
    let why = refused(sandbox(&scratch));
    assert!(why.ends_with("is in use by another gerai"), "{why}");
    drop(held);
    std::fs::write(scratch.data().join("gerai.db"), "this is no database").unwrap();
    let why = refused(sandbox(&scratch));
    assert!(!why.contains('\n'), "{why}");
}
