//! Starting: from rows and keys to a gateway and its committer.

use std::sync::{Arc, atomic::AtomicBool};

use arc_swap::ArcSwap;
use domain::{ids::IdCipher, time::Timestamp};
use storage::{
    DirectoryWrite, PlatformKeyRow, Writes,
    sqlite::{Engine, Place, Writer},
};
use tokio::sync::Notify;
use zeroize::Zeroizing;

use crate::{
    chain::{Chain, GENESIS},
    clock::Clock,
    directory::Directory,
    gateway::{Gateway, Shared},
    nodes::Nodes,
    open_book::OpenBook,
    open_codes::OpenCodes,
    outbox::{Brought, InFlight},
    own_events::OwnTails,
    pins::{Pins, REFUND_PIN_KEY, REFUND_PIN_KEY_BYTES},
    pipeline::{Committer, Queue, Slots, Tail},
    readers::Readers,
    resent::Resent,
    roots::{ROOT_KEY, ROOT_KEY_BYTES, RootTail, Signer},
    rows::{directory_from, platform_key_context},
    settings::{Settings, StartError},
    tokens::{TOKEN_KEY, TOKEN_KEY_BYTES, Tokens},
    vault::{Vault, VaultError, random},
};

/// The installation's key that hides row numbers in payment ids: 16 bytes.
pub const PAYMENT_ID_KEY: &str = "payment_id";
/// The installation's key of all digests: 32 bytes.
pub const CHAIN_KEY: &str = "chain";

impl Gateway {
    /// The gateway over the rows of `writer`, and the committer that must be run beside it.
    pub fn start(
        settings: Settings,
        clock: Clock,
        place: &Place,
        mut writer: Writer,
        vault: Vault,
    ) -> Result<(Self, Committer), StartError> {
        let rows = writer.directory()?;
        let is_shared = writer.is_shared();
        vault.adopt(&rows.data_keys)?;
        let directory = directory_from(&rows, &vault, settings.inbox.as_deref())?;
        fees_can_be_told(&directory, &settings)?;
        let id_key = platform_key(&rows, &vault, PAYMENT_ID_KEY)?;
        let id_key: [u8; 16] = id_key.as_slice().try_into().map_err(|_| VaultError::Content)?;
        let chain = Chain::new(&platform_key(&rows, &vault, CHAIN_KEY)?);
        let token_key = own_key::<TOKEN_KEY_BYTES>(TOKEN_KEY, &mut writer, &rows, &vault)?;
        let tokens = Tokens::new(&token_key);
        let pin_key = own_key::<REFUND_PIN_KEY_BYTES>(REFUND_PIN_KEY, &mut writer, &rows, &vault)?;
        let root_key = own_key::<ROOT_KEY_BYTES>(ROOT_KEY, &mut writer, &rows, &vault)?;
        let signer = Signer::new(root_key.as_slice())?;
        let tail = tail(&mut writer, &signer, clock.now(), &settings.node)?;
        let Ended { tail, rows, node } = tail;
        // What other nodes did since the first look is part of this one.
        vault.adopt(&rows.data_keys)?;
        vault.continue_after(tail.sequences.data_key);
        let directory = directory_from(&rows, &vault, settings.inbox.as_deref())?;
        writer.share()?;

        let own = OwnTails::read(&mut writer)?;
        let reader_place = place.clone();
        let patience = is_shared.then_some(settings.patience);
        let readers = Readers::new(
            move || Engine::open_reader(&reader_place),
            settings.readers_max,
            patience,
        );
        let reads_count =
            settings.retailers.iter().any(|retailer| !retailer.contract.inquiry_counts());
        let shared = Arc::new(Shared {
            queue: Queue::new(settings.lane_room),
            open_book: OpenBook::new(settings.cache_open && reads_count && !is_shared),
            settings,
            clock,
            directory: ArcSwap::from_pointee(directory),
            readers,
            vault,
            ids: IdCipher::new(&id_key),
            tokens,
            pins: Pins::new(&pin_key),
            in_flight: InFlight::default(),
            brought: Brought::default(),
            open_codes: OpenCodes::default(),
            own,
            resent: Resent::default(),
            committed: tokio::sync::watch::Sender::new(tail.sequences.event),
            news: Notify::new(),
            directory_lock: tokio::sync::Mutex::new(()),
            nodes: Nodes::new(place, node),
            healthy: AtomicBool::new(true),
            counters_closed: AtomicBool::new(false),
        });
        let watch = shared.nodes.begin(&shared.clock)?;
        let committer = Committer {
            watch,
            shared: Arc::clone(&shared),
            writer,
            chain,
            signer,
            tail,
            slots: Slots::new(&rows.cursors, is_shared),
            unsure: None,
            is_after_outage: false,
            outages: 0,
        };
        Ok((Self(shared), committer))
    }
}

/// What a start finds.
struct Ended {
    tail: Tail,
    rows: storage::Directory,
    /// This node's number, where there can be others.
    node: Option<i64>,
}

/// Where the sequences, the chain and its roots end. What happened before the last stop is signed now.
///
/// Where other nodes may be at work it is a turn like theirs, in which this one joins them. What they say in
/// the tail counts, unless there are rows that it does not know of: those of a database that was copied, or
/// that is from before there was a tail.
fn tail(
    writer: &mut Writer,
    signer: &Signer,
    now: Timestamp,
    name: &str,
) -> Result<Ended, StartError> {
    let row = writer.begin()?;
    let sequences = writer.sequences()?;
    let reader = writer.reader()?;
    let last = reader.last_event()?;
    let mut tail = Tail {
        sequences,
        link: last.as_ref().map_or(GENESIS, |event| event.chain),
        booked_at: reader.last_entry_at()?.unwrap_or_default(),
        roots: RootTail::new(reader.last_root()?.as_ref(), last.as_ref()),
        turn: 0,
        directory_version: 0,
    };
    if let Some(row) = row {
        let found = tail;
        let is_known =
            row.sequences.event > 0 && row.sequences.max(&found.sequences) == row.sequences;
        if is_known {
            tail = Tail::of(&row);
        } else {
            tail.sequences = found.sequences.max(&row.sequences);
            tail.booked_at = found.booked_at.max(row.booked_at);
        }
        tail.turn = row.turn + 1;
        tail.directory_version = row.directory_version + i64::from(!is_known);
    }
    let node = writer.join(name, env!("CARGO_PKG_VERSION"))?;
    let rows = writer.directory()?;
    let root = tail.roots.due(now, &tail.sequences, &tail.link, signer);
    if root.is_some() || node.is_some() {
        let writes = Writes { roots: root.into_iter().collect(), ..Writes::default() };
        writer.commit_observed(&writes, Some(&tail.row()), || {})?;
    }
    Ok(Ended { tail, rows, node })
}

/// A key of the installation; made here where there is none, as in a database from before it was
/// used.
fn own_key<const N: usize>(
    name: &str,
    writer: &mut Writer,
    rows: &storage::Directory,
    vault: &Vault,
) -> Result<Zeroizing<[u8; N]>, StartError> {
    if rows.platform_keys.iter().any(|row| row.name == name) {
        let key = platform_key(rows, vault, name)?;
        let key = <[u8; N]>::try_from(key.as_slice());
        return key.map(Zeroizing::new).map_err(|_| VaultError::Content.into());
    }
    let key = Zeroizing::new(random()?);
    let sealed = vault.seal_key(&platform_key_context(name), key.as_slice())?;
    let row = PlatformKeyRow { name: name.to_owned(), sealed };
    let directory = vec![DirectoryWrite::PlatformKey(row)];
    writer.commit(&Writes { directory, ..Writes::default() })?;
    Ok(key)
}

/// A fee that the payer bears must be told on the wire (rule 21).
fn fees_can_be_told(directory: &Directory, settings: &Settings) -> Result<(), StartError> {
    for account in directory.accounts().filter(|account| account.fees.has_payer()) {
        let terms = settings.brands.iter().find(|terms| terms.name == account.brand);
        if terms.is_some_and(|terms| !terms.tells_fees) {
            return Err(StartError::Directory(format!(
                "the payer bears the fee of merchant {}, which {} cannot tell its merchants; let \
                 the merchant bear it",
                account.public_id, account.brand
            )));
        }
    }
    Ok(())
}

/// A key of the installation, opened.
pub(crate) fn platform_key(
    rows: &storage::Directory,
    vault: &Vault,
    name: &str,
) -> Result<Zeroizing<Vec<u8>>, StartError> {
    let row =
        rows.platform_keys.iter().find(|row| row.name == name).ok_or_else(|| {
            StartError::Directory(format!("the installation has no key `{name}`"))
        })?;
    Ok(vault.open_key(&platform_key_context(name), &row.sealed)?)
}
