//! Starting: from rows and keys to a gateway and its committer.

use std::sync::{Arc, atomic::AtomicBool};

use arc_swap::ArcSwap;
use domain::ids::IdCipher;
use storage::sqlite::{Engine, Place, Writer};
use tokio::sync::Notify;

use crate::{
    chain::{Chain, GENESIS},
    clock::Clock,
    gateway::{Gateway, Settings, Shared, StartError},
    open_book::OpenBook,
    outbox::InFlight,
    pipeline::{Committer, Queue, Slots, Tail},
    readers::Readers,
    rows::{directory_from, platform_key_context},
    vault::{Vault, VaultError},
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
        writer: Writer,
        vault: Vault,
    ) -> Result<(Self, Committer), StartError> {
        let rows = writer.directory()?;
        let sequences = writer.sequences()?;
        vault.adopt(&rows.data_keys)?;
        vault.continue_after(sequences.data_key);
        let directory = directory_from(&rows, &vault)?;
        let id_key = platform_key(&rows, &vault, PAYMENT_ID_KEY)?;
        let id_key: [u8; 16] = id_key.as_slice().try_into().map_err(|_| VaultError::Content)?;
        let chain = Chain::new(&platform_key(&rows, &vault, CHAIN_KEY)?);
        let link = writer.reader()?.last_event()?.map_or(GENESIS, |event| event.chain);

        let reader_place = place.clone();
        let readers =
            Readers::new(move || Engine::open_reader(&reader_place), settings.readers_max);
        let reads_count =
            settings.retailers.iter().any(|retailer| !retailer.contract.inquiry_counts());
        let shared = Arc::new(Shared {
            queue: Queue::new(settings.lane_room),
            open_book: OpenBook::new(settings.cache_open && reads_count),
            settings,
            clock,
            directory: ArcSwap::from_pointee(directory),
            readers,
            vault,
            ids: IdCipher::new(&id_key),
            in_flight: InFlight::default(),
            news: Notify::new(),
            directory_lock: tokio::sync::Mutex::new(()),
            healthy: AtomicBool::new(true),
            counters_closed: AtomicBool::new(false),
        });
        let committer = Committer {
            shared: Arc::clone(&shared),
            writer,
            chain,
            tail: Tail { sequences, link },
            slots: Slots::new(&rows.cursors),
        };
        Ok((Self(shared), committer))
    }
}

/// A key of the installation, opened.
pub(crate) fn platform_key(
    rows: &storage::Directory,
    vault: &Vault,
    name: &str,
) -> Result<zeroize::Zeroizing<Vec<u8>>, StartError> {
    let row =
        rows.platform_keys.iter().find(|row| row.name == name).ok_or_else(|| {
            StartError::Directory(format!("the installation has no key `{name}`"))
        })?;
    Ok(vault.open_key(&platform_key_context(name), &row.sealed)?)
}
