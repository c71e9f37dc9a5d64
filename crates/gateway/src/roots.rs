//! Signed roots: what the chain was when a minute was over (rule 18).
//!
//! Digests stop whoever can write rows; they do not stop whoever has the master key, too. A root says
//! in 32 bytes all that happened until the end of a minute. Once it is kept on another host, nobody can
//! write that history anew unnoticed. Roots follow each other as links of a chain do, and are signed
//! with an Ed25519 key of the installation, so that whoever keeps them can tell whose they are.

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey},
};
use domain::{ids::EventNo, time::Timestamp};
use serde::{Deserialize, Serialize};
use storage::{ChainRootRow, EventRow, Sequences, TailRow};
use zeroize::Zeroizing;

use crate::{
    settings::StartError,
    start::platform_key,
    vault::{Vault, VaultError},
};

/// The installation's key that signs roots: the 32 bytes that an Ed25519 key is made of.
pub const ROOT_KEY: &str = "chain_root";
/// Bytes of the seed under [`ROOT_KEY`].
pub(crate) const ROOT_KEY_BYTES: usize = 32;

/// The committer whose chain is signed, while there is one.
const COMMITTER: u32 = 0;
/// What is hashed begins so, that no other digest is ever a root.
const ROOT_BEGINS: &[u8] = b"gerai chain root 1\n";
/// What is signed begins so.
const SIGNED_BEGINS: &[u8] = b"gerai signed root 1\n";

/// Signs roots.
pub(crate) struct Signer(Ed25519KeyPair);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

impl Signer {
    /// With the key made of this seed.
    pub(crate) fn new(seed: &[u8]) -> Result<Self, VaultError> {
        Ed25519KeyPair::from_seed_unchecked(seed).map(Self).map_err(|_| VaultError::Content)
    }

    fn public_key(&self) -> PublicKey {
        let mut key = [0; 32];
        for (to, from) in key.iter_mut().zip(self.0.public_key().as_ref()) {
            *to = *from;
        }
        PublicKey(key)
    }

    fn sign(&self, root: &[u8; 32]) -> [u8; 64] {
        let mut signature = [0; 64];
        for (to, from) in signature.iter_mut().zip(self.0.sign(&signed(root)).as_ref()) {
            *to = *from;
        }
        signature
    }
}

/// The key with which everybody can check the installation's roots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// The installation's; none where the gateway was never started since it has one.
    pub fn of(rows: &storage::Directory, vault: &Vault) -> Result<Option<Self>, StartError> {
        if !rows.platform_keys.iter().any(|row| row.name == ROOT_KEY) {
            return Ok(None);
        }
        let seed: Zeroizing<Vec<u8>> = platform_key(rows, vault, ROOT_KEY)?;
        Ok(Some(Signer::new(&seed)?.public_key()))
    }

    /// As 64 hexadecimal digits.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// Whether the row's signature was made with this key.
    pub fn signed(&self, row: &ChainRootRow) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.0);
        key.verify(&signed(&row.root), &row.signature).is_ok()
    }
}

fn signed(root: &[u8; 32]) -> Vec<u8> {
    [SIGNED_BEGINS, root].concat()
}

/// The root that a row must have after the root `before`.
pub fn root_of(row: &ChainRootRow, before: &[u8; 32]) -> [u8; 32] {
    let mut bytes = ROOT_BEGINS.to_vec();
    bytes.extend_from_slice(before);
    let ChainRootRow { no, committer, minute, last_event, last_entry, .. } = row;
    let (last_payment, last_sale) = (row.last_payment, row.last_sale);
    for number in [
        *no,
        i64::from(*committer),
        *minute,
        last_event.get(),
        *last_entry,
        last_payment,
        last_sale,
    ] {
        bytes.extend_from_slice(&number.to_be_bytes());
    }
    bytes.extend_from_slice(&row.chain);
    let mut root = [0; 32];
    root.copy_from_slice(digest(&SHA256, &bytes).as_ref());
    root
}

/// The minute of an instant.
pub fn minute(at: Timestamp) -> i64 {
    at.millis().div_euclid(60_000)
}

/// Where the roots end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RootTail {
    /// The newest root; 0 and nothing before the first.
    no: i64,
    root: [u8; 32],
    /// The last event that it covers.
    signed: i64,
    /// The minute in which the newest event was written.
    minute: i64,
}

impl RootTail {
    /// As the rows say.
    pub(crate) fn new(root: Option<&ChainRootRow>, last: Option<&EventRow>) -> Self {
        let mut tail = Self { no: 0, root: [0; 32], signed: 0, minute: i64::MIN };
        if let Some(root) = root {
            tail = Self {
                no: root.no,
                root: root.root,
                signed: root.last_event.get(),
                minute: root.minute,
            };
        }
        // A clock that was put back makes no second root of a minute.
        if let Some(last) = last
            && last.event.no.get() > tail.signed
        {
            tail.minute = minute(last.event.at).max(tail.minute.saturating_add(1));
        }
        tail
    }

    /// As the tail of all nodes says.
    pub(crate) const fn of(row: &TailRow) -> Self {
        Self { no: row.root_no, root: row.root, signed: row.root_event, minute: row.root_minute }
    }

    /// Notes in the tail of all nodes where the roots end.
    pub(crate) const fn note(&self, row: &mut TailRow) {
        row.root_no = self.no;
        row.root = self.root;
        row.root_event = self.signed;
        row.root_minute = self.minute;
    }

    /// The root of the minute before, if it is over at `now` and anything happened in it.
    pub(crate) fn due(
        &mut self,
        now: Timestamp,
        sequences: &Sequences,
        link: &[u8; 32],
        signer: &Signer,
    ) -> Option<ChainRootRow> {
        if sequences.event <= self.signed || minute(now) <= self.minute {
            return None;
        }
        let mut row = ChainRootRow {
            no: self.no + 1,
            committer: COMMITTER,
            minute: self.minute,
            last_event: EventNo::new(sequences.event),
            last_entry: sequences.entry,
            last_payment: sequences.payment,
            last_sale: sequences.sale,
            chain: *link,
            root: [0; 32],
            signature: [0; 64],
        };
        row.root = root_of(&row, &self.root);
        row.signature = signer.sign(&row.root);
        *self = Self { no: row.no, root: row.root, signed: sequences.event, minute: self.minute };
        Some(row)
    }

    /// Events were written at `now`.
    pub(crate) fn happened(&mut self, now: Timestamp) {
        self.minute = self.minute.max(minute(now));
    }
}

/// A root as it is kept on another host: a line of JSON that can be checked by itself. Digests, keys
/// and signatures are hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedRoot {
    /// Its number.
    pub no: i64,
    /// Whose chain.
    pub committer: u32,
    /// Minutes since 1970-01-01 UTC.
    pub minute: i64,
    /// The last event of the minute.
    pub last_event: i64,
    /// The last entry of the ledger until then.
    pub last_entry: i64,
    /// The last payment until then.
    pub last_payment: i64,
    /// The last sale until then.
    pub last_sale: i64,
    /// The link of the last event.
    pub chain: String,
    /// The root before.
    pub before: String,
    /// The root.
    pub root: String,
    /// Its signature.
    pub signature: String,
    /// The key that signed.
    pub key: String,
}

/// A line is no root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not {1} bytes in hexadecimal")]
pub struct NotARoot(&'static str, usize);

/// An exported root, read.
pub(crate) struct ReadRoot {
    pub(crate) row: ChainRootRow,
    pub(crate) before: [u8; 32],
    pub(crate) key: PublicKey,
}

impl ExportedRoot {
    /// A row, the root before it, and the key that signed it.
    pub fn new(row: &ChainRootRow, before: &[u8; 32], key: &PublicKey) -> Self {
        Self {
            no: row.no,
            committer: row.committer,
            minute: row.minute,
            last_event: row.last_event.get(),
            last_entry: row.last_entry,
            last_payment: row.last_payment,
            last_sale: row.last_sale,
            chain: hex::encode(row.chain),
            before: hex::encode(before),
            root: hex::encode(row.root),
            signature: hex::encode(row.signature),
            key: key.to_hex(),
        }
    }

    pub(crate) fn read(&self) -> Result<ReadRoot, NotARoot> {
        Ok(ReadRoot {
            row: ChainRootRow {
                no: self.no,
                committer: self.committer,
                minute: self.minute,
                last_event: EventNo::new(self.last_event),
                last_entry: self.last_entry,
                last_payment: self.last_payment,
                last_sale: self.last_sale,
                chain: bytes("chain", &self.chain)?,
                root: bytes("root", &self.root)?,
                signature: bytes("signature", &self.signature)?,
            },
            before: bytes("before", &self.before)?,
            key: PublicKey(bytes("key", &self.key)?),
        })
    }
}

fn bytes<const N: usize>(name: &'static str, text: &str) -> Result<[u8; N], NotARoot> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).map_err(|_| NotARoot(name, N))?;
    Ok(bytes)
}
