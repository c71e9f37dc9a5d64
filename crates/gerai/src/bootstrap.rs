//! From a folder and a configuration to a running gateway: keys, pools, and what a first start
//! writes.
//!
//! Everything here happens before the gateway runs, so it writes rows directly. A second start on
//! the same folder finds what the first one wrote and writes nothing.

mod demo;

pub(crate) mod key_file;

mod pools;

#[cfg(test)]
pub(crate) mod tests;

use std::{path::Path, time::Duration};

use anyhow::{Context, bail};
use domain::time::Timestamp;
use gateway::{
    Environment, Gateway, Settings,
    admin::{opens, reseal},
    clock::Clock,
    pipeline::Committer,
    rows::platform_key_context,
    start::{CHAIN_KEY, PAYMENT_ID_KEY},
    vault::{MasterKey, Vault, random},
};
use storage::{Directory, DirectoryWrite, Engine, Place, PlatformKeyRow, Writer, Writes};
use zeroize::Zeroizing;

use self::key_file::{KeyFile, Keys};
use crate::{
    bill,
    config::{Config, MasterKey as KeySource},
    dialects,
    sandbox::ahead,
};

/// In the data folder, says that counters stay closed after a restore (rule 39).
const CLOSED_MARKER: &str = "counters-closed";
/// While it lies in the data folder, refund codes are to be made suspect at the next start.
const DOUBT_MARKER: &str = "refund-codes-in-doubt";

/// Where the master key is kept, so that it can be replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Keeper {
    /// In a file of ours.
    File(KeyFile),
    /// In the environment: only who starts us can replace it.
    Environment,
    /// In memory, like everything else.
    Memory,
}

/// Rows and keys, ready for a gateway.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The one who writes.
    pub(crate) writer: Writer,
    /// The keys.
    pub(crate) vault: Vault,
    /// Where the master key is kept.
    pub(crate) keeper: Keeper,
    /// Whether the demo merchants were made just now.
    pub(crate) is_first_start: bool,
}

/// A gateway that runs when its committer does.
#[derive(Debug)]
pub(crate) struct Started {
    /// The gateway.
    pub(crate) gateway: Gateway,
    /// The one who writes; give it a thread.
    pub(crate) committer: Committer,
    /// Where the master key is kept.
    pub(crate) keeper: Keeper,
    /// Whether the demo merchants were made just now.
    pub(crate) is_first_start: bool,
}

/// Opens `place` as [`open`] does and starts a gateway over it.
pub(crate) fn start(
    place: &Place,
    config: &Config,
    environment: Environment,
    clock: Clock,
) -> anyhow::Result<Started> {
    if let (Some(folder), Environment::Sandbox) = (config.folder_of(place), environment) {
        clock.begin_ahead(ahead::read(folder)?);
    }
    let opened = open(place, config, environment, clock.now())?;
    let Opened { writer, vault, keeper, is_first_start } = opened;
    if environment == Environment::Sandbox
        && let Some(last) = writer.reader()?.last_event()?
        && clock.now() < last.event.at
    {
        // A backup of a sandbox that was ahead: it goes on where it was.
        clock.begin_ahead(clock.ahead().plus(last.event.at.since(clock.now())));
    }
    let settings = settings(config, environment);
    let (gateway, mut committer) = Gateway::start(settings, clock, place, writer, vault)?;
    if let Some(folder) = config.folder_of(place)
        && refund_codes_are_in_doubt(folder)
    {
        let count = committer.doubt_refund_codes()?;
        tracing::warn!(count, "refund codes are suspect since the restore");
        unmark_refund_codes_in_doubt(folder)?;
    }
    if let Some(folder) = config.folder_of(place)
        && counters_are_closed(folder)
    {
        tracing::warn!(
            "counters are closed since the restore; `gerai counter open --after-restore` opens them"
        );
        gateway.close_counters();
    }
    Ok(Started { gateway, committer, keeper, is_first_start })
}

/// What made the data at `place`: a sandbox's demo keys never go away, and production never starts
/// on them.
pub(crate) fn environment_of(place: &Place, config: &Config) -> anyhow::Result<Environment> {
    let rows = Engine::open_reader(place)?.directory()?;
    let vault = vault_for_reading(place, config)?;
    Ok(match demo::found(&rows, &vault)? {
        Some(_) => Environment::Sandbox,
        None => Environment::Production,
    })
}

/// What the gateway is started with, from the configuration.
pub(crate) fn settings(config: &Config, environment: Environment) -> Settings {
    Settings {
        environment,
        retailers: config.retailers.clone(),
        brands: dialects::brands(&config.retailers),
        tax: config.tax.clone(),
        calendar: config.calendar.clone(),
        reach: config.notification.reach(environment),
        lane_room: config.limits.lane_room,
        batch_max: config.limits.batch_max,
        refund_codes: config.refund_codes.terms(environment),
        readers_max: config.storage.readers_max,
        cache_open: config.storage.cache_open,
        node: node_name(config),
        patience: PATIENCE,
        inbox: config.inbox_at.clone().filter(|_| environment == Environment::Sandbox),
        bill: bill::terms(config, environment),
    }
}

/// How long a command waits for a database that is away: longer than a failover should take, and shorter
/// than tills wait for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What this node is called where there are several: its machine, and where it listens.
fn node_name(config: &Config) -> String {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{} {}", machine.trim(), config.listen).trim().to_owned()
}

/// Opens the database and the master key, and writes what is missing: on a first start the
/// installation's keys, the pools of the configuration and, in a sandbox, the demo merchants.
///
/// Fails, with one sentence that says what to do, where the folder is in use, the key is missing or
/// another one, a pool was changed, or production finds demo keys.
pub(crate) fn open(
    place: &Place,
    config: &Config,
    environment: Environment,
    now: Timestamp,
) -> anyhow::Result<Opened> {
    let keeper = keeper(place, config);
    let folder = config.folder_of(place);
    check_key_is_there(&keeper, folder, environment)?;
    if let (Place::Postgres(_), Some(folder)) = (place, folder) {
        make_folder(folder).with_context(|| format!("cannot use {}", folder.display()))?;
    }
    let mut writer = Engine::open(place)?;
    if let (Place::Postgres(_), Some(folder)) = (place, folder) {
        writer.hold(folder)?;
    }
    let rows = writer.directory()?;
    let is_new = rows.platform_keys.is_empty();
    if !is_new {
        check_key_was_not_lost(&keeper)?;
    }
    let keys = keys(&keeper, config)?;
    let vault = vault(&keys, &rows, &mut writer, &keeper)
        .with_context(|| format!("the master key {} does not fit this data", keeper.shown()))?;

    if environment == Environment::Production
        && let Some(whose) = demo::found(&rows, &vault)?
    {
        bail!(
            "this data was made by a sandbox: it holds the demo key of {whose}, which everybody knows; \
             production needs a data folder of its own"
        );
    }
    let mut directory = Vec::new();
    if is_new {
        directory.push(platform_key(&vault, PAYMENT_ID_KEY, &random::<16>()?)?);
        directory.push(platform_key(&vault, CHAIN_KEY, &random::<32>()?)?);
    }
    let configured = pools::configured(config, environment, &rows.pools);
    directory.extend(pools::missing(&configured, &rows.pools, &vault, now)?);
    let is_first_start = is_new && environment == Environment::Sandbox;
    if is_first_start {
        directory.extend(demo::rows(&vault, now)?);
    }
    if environment == Environment::Sandbox {
        directory.extend(demo::missing_accounts(&rows, &vault, now, config.demo_events)?);
    }
    if !directory.is_empty() {
        writer.commit(&Writes { directory, ..Writes::default() })?;
    }
    Ok(Opened { writer, vault, keeper, is_first_start })
}

/// Makes a folder that only its owner may enter, unless it is there already: what goes with a database that
/// is elsewhere.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Where the master key of this place is kept.
pub(crate) fn keeper(place: &Place, config: &Config) -> Keeper {
    match (&config.master_key, config.folder_of(place)) {
        (KeySource::Given(_), _) => Keeper::Environment,
        (KeySource::File(Some(path)), _) => Keeper::File(KeyFile::at(path)),
        (KeySource::File(None), Some(folder)) => {
            Keeper::File(KeyFile::at(folder.join(key_file::NAME)))
        }
        (KeySource::File(None), None) => Keeper::Memory,
    }
}

impl Keeper {
    /// What people are told about where the key is.
    fn shown(&self) -> String {
        match self {
            Self::File(file) => format!("in {}", file.path().display()),
            Self::Environment => "in GERAI_MASTER_KEY".to_owned(),
            Self::Memory => "in memory".to_owned(),
        }
    }
}

/// The keys that are kept there; those of a file that is not there yet are made.
fn keys(keeper: &Keeper, config: &Config) -> anyhow::Result<Keys> {
    match (keeper, &config.master_key) {
        (Keeper::File(file), _) if file.exists() => file.read(),
        (Keeper::File(file), _) => Ok(Keys { current: file.create()?, staged: None }),
        (Keeper::Environment, KeySource::Given(key)) => {
            Ok(Keys { current: MasterKey::from_hex(key.expose())?, staged: None })
        }
        (Keeper::Environment | Keeper::Memory, _) => {
            Ok(Keys { current: MasterKey::generate()?, staged: None })
        }
    }
}

/// A vault for reading, with the keys that are kept for `place`; changes nothing.
pub(crate) fn vault_for_reading(place: &Place, config: &Config) -> anyhow::Result<Vault> {
    let keeper = keeper(place, config);
    if let Keeper::File(file) = &keeper
        && !file.exists()
    {
        bail!("there is no master key in {}", file.path().display());
    }
    let keys = keys(&keeper, config)?;
    let vault = Vault::new(&keys.current)?;
    if let Some(staged) = &keys.staged {
        vault.also_open_with(staged)?;
    }
    Ok(vault)
}

/// Only a sandbox makes its own key, and only beside its data: a file that somebody named must be
/// there.
fn check_key_is_there(
    keeper: &Keeper,
    folder: Option<&Path>,
    environment: Environment,
) -> anyhow::Result<()> {
    let Keeper::File(file) = keeper else {
        return Ok(());
    };
    let is_own = folder.is_some_and(|folder| file.path().parent() == Some(folder));
    if file.exists() || (is_own && environment == Environment::Sandbox) {
        return Ok(());
    }
    let path = file.path().display();
    bail!(
        "there is no master key in {path}: make one with `gerai master-key new {path}` and keep a copy \
         where the backups are not, or set GERAI_MASTER_KEY or master_key_file"
    )
}

/// A new key would not open the data that is there.
fn check_key_was_not_lost(keeper: &Keeper) -> anyhow::Result<()> {
    match keeper {
        Keeper::File(file) if !file.exists() => bail!(
            "the database is there, but its master key {} is not: put back the copy of it",
            keeper.shown()
        ),
        Keeper::File(_) | Keeper::Environment | Keeper::Memory => Ok(()),
    }
}

/// The vault; finishes the work where a crash left two keys behind.
fn vault(
    keys: &Keys,
    rows: &Directory,
    writer: &mut Writer,
    keeper: &Keeper,
) -> anyhow::Result<Vault> {
    let (Some(staged), Keeper::File(file)) = (&keys.staged, keeper) else {
        let vault = Vault::new(&keys.current)?;
        // The installation's keys tell whether it is the right one; the gateway opens the others.
        for row in &rows.platform_keys {
            vault.open_key(&platform_key_context(&row.name), &row.sealed)?;
        }
        return Ok(vault);
    };
    let sealed = writer.sealed_keys()?;
    let vault = Vault::new(staged)?;
    vault.also_open_with(&keys.current)?;
    let resealed = reseal(&sealed, &vault)?;
    opens(&resealed, &Vault::new(staged)?)?;
    let directory = vec![DirectoryWrite::Resealed(resealed)];
    writer.commit(&Writes { directory, ..Writes::default() })?;
    file.promote()?;
    vault.forget_older();
    tracing::info!("the change of the master key that was interrupted is finished");
    Ok(vault)
}

fn platform_key(vault: &Vault, name: &str, plain: &[u8]) -> anyhow::Result<DirectoryWrite> {
    let plain = Zeroizing::new(plain.to_vec());
    let sealed = vault.seal_key(&platform_key_context(name), &plain)?;
    Ok(DirectoryWrite::PlatformKey(PlatformKeyRow { name: name.to_owned(), sealed }))
}

/// Whether counters stay closed until somebody opens them.
pub(crate) fn counters_are_closed(folder: &Path) -> bool {
    folder.join(CLOSED_MARKER).exists()
}

/// Writes down that counters stay closed, durably.
pub(crate) fn mark_counters_closed(folder: &Path) -> std::io::Result<()> {
    let text = "Restored from a backup. Counters are answered again after\n\
                gerai counter open --after-restore\n";
    mark(folder, CLOSED_MARKER, text)
}

/// Writes down, durably, that refund codes may have been paid out after the backup: the next start
/// makes each of them suspect (rule 39).
pub(crate) fn mark_refund_codes_in_doubt(folder: &Path) -> std::io::Result<()> {
    mark(
        folder,
        DOUBT_MARKER,
        "Restored from a backup. The next start makes refund codes suspect.\n",
    )
}

fn mark(folder: &Path, name: &str, text: &str) -> std::io::Result<()> {
    let path = folder.join(name);
    std::fs::write(&path, text)?;
    std::fs::File::open(&path)?.sync_all()?;
    key_file::sync_folder(&path)
}

/// Forgets that counters were closed.
pub(crate) fn unmark_counters_closed(folder: &Path) -> std::io::Result<()> {
    unmark(folder, CLOSED_MARKER)
}

/// Forgets that refund codes were in doubt.
pub(crate) fn unmark_refund_codes_in_doubt(folder: &Path) -> std::io::Result<()> {
    unmark(folder, DOUBT_MARKER)
}

fn unmark(folder: &Path, name: &str) -> std::io::Result<()> {
    let path = folder.join(name);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => key_file::sync_folder(&path),
    }
}

/// Whether refund codes are still to be made suspect.
pub(crate) fn refund_codes_are_in_doubt(folder: &Path) -> bool {
    folder.join(DOUBT_MARKER).exists()
}
