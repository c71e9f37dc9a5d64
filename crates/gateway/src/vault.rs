//! Keys, and what lies under them.
//!
//! One master key, from a file or the environment, seals every other key. Secrets, pool keys and the
//! installation's keys lie directly under it. Personal data lies under *data keys*, one per merchant
//! and month (rule 18): destroying a data key erases what it sealed, wherever copies of it are.
//!
//! Everything is AES-256-GCM with a nonce that never repeats: four bytes drawn at start, then a
//! counter that starts at the clock's milliseconds.

use std::{
    collections::HashMap,
    fmt,
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    digest::{SHA256, digest},
    rand,
};
use domain::{ids::MerchantNo, time::Timestamp};
use std::sync::Arc;
use storage::{DataKeyRow, Sealed};
use zeroize::Zeroizing;

use crate::{clock::Clock, readers::Readers};

/// Data that belongs to no merchant, such as answers about unknown codes.
pub const NOBODY: MerchantNo = MerchantNo::new(0);

const NONCE_BYTES: usize = 12;

/// Why something does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VaultError {
    /// The master key is another than the one that sealed this, or the bytes were changed.
    #[error("{0} does not open: another master key, or changed bytes")]
    DoesNotOpen(String),
    /// The data key was destroyed: the data is erased.
    #[error("data key {0} was destroyed")]
    Erased(i64),
    /// The data key is not there.
    #[error("data key {0} is missing")]
    NoKey(i64),
    /// What was sealed is not what it should be.
    #[error("sealed content is malformed")]
    Content,
    /// 32 bytes in hexadecimal are a master key, and nothing else is.
    #[error("a master key is 64 hexadecimal digits")]
    NotAKey,
    /// The system gave no randomness.
    #[error("the system gave no randomness")]
    NoRandomness,
}

/// The key over all keys: 32 bytes.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(..)")
    }
}

impl MasterKey {
    /// Reads 64 hexadecimal digits; white space around them is ignored.
    pub fn from_hex(text: &str) -> Result<Self, VaultError> {
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), key.as_mut_slice()).map_err(|_| VaultError::NotAKey)?;
        Ok(Self(key))
    }

    /// A new one.
    pub fn generate() -> Result<Self, VaultError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// As 64 hexadecimal digits, for the file it is kept in.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }
}

/// `N` random bytes.
pub fn random<const N: usize>() -> Result<[u8; N], VaultError> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| VaultError::NoRandomness)?;
    Ok(bytes)
}

/// Seals and opens.
pub struct Vault {
    master: ArcSwap<LessSafeKey>,
    /// Master keys that are being replaced: what was not sealed anew yet still opens.
    older: RwLock<Vec<Arc<LessSafeKey>>>,
    data_keys: RwLock<HashMap<i64, Arc<LessSafeKey>>>,
    current: Mutex<HashMap<(MerchantNo, i32), i64>>,
    last_data_key: AtomicI64,
    nonce_prefix: [u8; 4],
    nonce_counter: AtomicU64,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

impl Vault {
    /// A vault under `master`, without data keys yet.
    pub fn new(master: &MasterKey) -> Result<Self, VaultError> {
        let millis = Clock::system().real_now().millis().unsigned_abs();
        Ok(Self {
            master: ArcSwap::from_pointee(aead(master.0.as_slice())?),
            older: RwLock::default(),
            data_keys: RwLock::default(),
            current: Mutex::default(),
            last_data_key: AtomicI64::new(0),
            nonce_prefix: random()?,
            nonce_counter: AtomicU64::new(millis << 20),
        })
    }

    /// Seals a key or secret under the master key. `context` names what it is, and must be the same
    /// when it is opened.
    pub fn seal_key(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, VaultError> {
        self.seal_with(&self.master.load(), context, plain)
    }

    /// Opens what [`Self::seal_key`] sealed.
    pub fn open_key(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let opened = open_with(&self.master.load(), context, sealed);
        if opened.is_ok() {
            return opened;
        }
        let older = self.older.read().unwrap_or_else(PoisonError::into_inner);
        older.iter().find_map(|key| open_with(key, context, sealed).ok()).map_or(opened, Ok)
    }

    /// Opens with `older` too, until [`Self::forget_older`].
    pub fn also_open_with(&self, older: &MasterKey) -> Result<(), VaultError> {
        self.keep_older(Arc::new(aead(older.0.as_slice())?));
        Ok(())
    }

    /// Seals under another master key from now on. What the one before sealed still opens, until
    /// [`Self::forget_older`].
    pub fn replace_master(&self, master: &MasterKey) -> Result<(), VaultError> {
        let new = Arc::new(aead(master.0.as_slice())?);
        self.keep_older(self.master.load_full());
        self.master.store(new);
        Ok(())
    }

    fn keep_older(&self, key: Arc<LessSafeKey>) {
        self.older.write().unwrap_or_else(PoisonError::into_inner).push(key);
    }

    /// Opens with the master key alone again. Everything must have been sealed anew before.
    pub fn forget_older(&self) {
        self.older.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Takes up data keys read from storage.
    pub(crate) fn adopt(&self, rows: &[DataKeyRow]) -> Result<(), VaultError> {
        for row in rows.iter().filter(|row| !row.sealed.is_empty()) {
            self.adopt_one(row)?;
            self.current
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert((row.merchant, row.month), row.no);
        }
        Ok(())
    }

    /// Numbers of data keys go on after this one.
    pub(crate) fn continue_after(&self, last_data_key: i64) {
        self.last_data_key.fetch_max(last_data_key, Ordering::SeqCst);
    }

    /// Seals personal data of a merchant. A new data key must be stored with, or before, what it
    /// sealed: it is added to `new_keys`.
    pub(crate) fn seal(
        &self,
        merchant: MerchantNo,
        at: Timestamp,
        plain: &[u8],
        new_keys: &mut Vec<DataKeyRow>,
    ) -> Result<Sealed, VaultError> {
        let no = self.current_key(merchant, month(at), new_keys)?;
        let key = self.known(no).ok_or(VaultError::NoKey(no))?;
        Ok(Sealed { data_key: no, bytes: self.seal_with(&key, "", plain)? })
    }

    /// Seals more under a data key that is in use already.
    pub(crate) fn seal_under(
        &self,
        data_key: i64,
        plain: &[u8],
        readers: &Readers,
    ) -> Result<Vec<u8>, VaultError> {
        let key = match self.known(data_key) {
            Some(key) => key,
            None => self.fetch(data_key, readers)?,
        };
        self.seal_with(&key, "", plain)
    }

    /// Opens what [`Self::seal`] sealed.
    pub(crate) fn open(
        &self,
        sealed: &Sealed,
        readers: &Readers,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let key = match self.known(sealed.data_key) {
            Some(key) => key,
            None => self.fetch(sealed.data_key, readers)?,
        };
        open_with(&key, "", &sealed.bytes)
    }

    /// Opens what was sealed under the data key in `row`; for those who read beside a running gateway
    /// and keep no keys.
    pub fn open_under(
        &self,
        row: &DataKeyRow,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        if row.sealed.is_empty() {
            return Err(VaultError::Erased(row.no));
        }
        let plain = self.open_key(&data_key_context(row.no), &row.sealed)?;
        open_with(&aead(&plain)?, "", &sealed.bytes)
    }

    /// Forgets which keys are current, after a commit failed that was to store new ones.
    pub(crate) fn forget(&self, rows: &[DataKeyRow]) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys = self.data_keys.write().unwrap_or_else(PoisonError::into_inner);
        for row in rows {
            current.remove(&(row.merchant, row.month));
            // Another node may give the number to another key.
            keys.remove(&row.no);
        }
    }

    /// Forgets every data key with a higher number: rows that were thought to be there are not, as after a
    /// failover to a server that lagged behind.
    pub(crate) fn forget_after(&self, no: i64) {
        self.current
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|_, current| *current <= no);
        let mut keys = self.data_keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.retain(|key, _| *key <= no);
    }

    fn fetch(&self, no: i64, readers: &Readers) -> Result<Arc<LessSafeKey>, VaultError> {
        let row = readers.read_here(|reader| reader.data_key(no)).ok().flatten();
        let row = row.ok_or(VaultError::NoKey(no))?;
        if row.sealed.is_empty() {
            return Err(VaultError::Erased(no));
        }
        self.adopt_one(&row)?;
        self.known(no).ok_or(VaultError::NoKey(no))
    }

    fn adopt_one(&self, row: &DataKeyRow) -> Result<(), VaultError> {
        let plain = self.open_key(&data_key_context(row.no), &row.sealed)?;
        let key = Arc::new(aead(&plain)?);
        self.data_keys.write().unwrap_or_else(PoisonError::into_inner).insert(row.no, key);
        Ok(())
    }

    fn known(&self, no: i64) -> Option<Arc<LessSafeKey>> {
        let keys = self.data_keys.read().unwrap_or_else(PoisonError::into_inner);
        keys.get(&no).map(Arc::clone)
    }

    fn current_key(
        &self,
        merchant: MerchantNo,
        month: i32,
        new_keys: &mut Vec<DataKeyRow>,
    ) -> Result<i64, VaultError> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(no) = current.get(&(merchant, month)) {
            return Ok(*no);
        }
        let no = self.last_data_key.fetch_add(1, Ordering::SeqCst) + 1;
        let plain = Zeroizing::new(random::<32>()?);
        let sealed = self.seal_key(&data_key_context(no), plain.as_slice())?;
        let row = DataKeyRow { no, merchant, month, sealed };
        self.adopt_one(&row)?;
        current.insert((merchant, month), no);
        new_keys.push(row);
        Ok(no)
    }

    fn seal_with(
        &self,
        key: &LessSafeKey,
        context: &str,
        plain: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE_BYTES];
        let counter = self.nonce_counter.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let (head, tail) = nonce.split_at_mut(self.nonce_prefix.len());
        head.copy_from_slice(&self.nonce_prefix);
        tail.copy_from_slice(&counter);

        let mut bytes = Vec::with_capacity(NONCE_BYTES + plain.len() + 16);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(plain);
        let (_, in_out) = bytes.split_at_mut(NONCE_BYTES);
        let tag = key
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context.as_bytes()),
                in_out,
            )
            .map_err(|_| VaultError::Content)?;
        bytes.extend_from_slice(tag.as_ref());
        Ok(bytes)
    }
}

/// The context under which a data key lies under the master key.
pub fn data_key_context(no: i64) -> String {
    format!("data_key {no}")
}

fn open_with(
    key: &LessSafeKey,
    context: &str,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let does_not_open = || {
        let what = if context.is_empty() { "personal data" } else { context };
        VaultError::DoesNotOpen(what.to_owned())
    };
    let (nonce, rest) = sealed.split_at_checked(NONCE_BYTES).ok_or_else(does_not_open)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| does_not_open())?;
    let mut bytes = Zeroizing::new(rest.to_vec());
    let length = key
        .open_in_place(nonce, Aad::from(context.as_bytes()), bytes.as_mut_slice())
        .map_err(|_| does_not_open())?
        .len();
    bytes.truncate(length);
    Ok(bytes)
}

fn aead(key: &[u8]) -> Result<LessSafeKey, VaultError> {
    let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| VaultError::NotAKey)?;
    Ok(LessSafeKey::new(key))
}

/// Months since 1970-01 on the WIB calendar.
fn month(at: Timestamp) -> i32 {
    let (year, month, _) = at.business_date().ymd();
    (year - 1970) * 12 + i32::from(month) - 1
}

/// Eight bytes of a key's hash: enough to notice the wrong one, useless for finding it (rule 13).
pub fn key_fingerprint(key: &[u8]) -> [u8; 8] {
    let mut print = [0; 8];
    for (to, from) in print.iter_mut().zip(digest(&SHA256, key).as_ref()) {
        *to = *from;
    }
    print
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_under_the_same_key_and_context_only() {
        let vault = Vault::new(&MasterKey::generate().unwrap()).unwrap();
        let sealed = vault.seal_key("account_key 1", b"secret").unwrap();
        assert_eq!(vault.open_key("account_key 1", &sealed).unwrap().as_slice(), b"secret");
        assert!(vault.open_key("account_key 2", &sealed).is_err());
        let other = Vault::new(&MasterKey::generate().unwrap()).unwrap();
        assert!(other.open_key("account_key 1", &sealed).is_err());
        for changed in 0..sealed.len() {
            let mut sealed = sealed.clone();
            sealed[changed] ^= 1;
            assert!(vault.open_key("account_key 1", &sealed).is_err(), "byte {changed}");
        }
        assert!(vault.open_key("account_key 1", b"").is_err());
    }

    #[test]
    fn nonces_do_not_repeat() {
        let vault = Vault::new(&MasterKey::generate().unwrap()).unwrap();
        let nonce = || vault.seal_key("", b"x").unwrap()[..NONCE_BYTES].to_vec();
        assert_ne!(nonce(), nonce());
    }

    #[test]
    fn a_merchant_has_one_data_key_a_month() {
        let vault = Vault::new(&MasterKey::generate().unwrap()).unwrap();
        let mut new_keys = Vec::new();
        let november = Timestamp::from_millis(1_795_194_000_000);
        let december = Timestamp::from_millis(1_797_000_000_000);
        for at in [november, november, december] {
            vault.seal(MerchantNo::new(1), at, b"name", &mut new_keys).unwrap();
        }
        vault.seal(MerchantNo::new(2), november, b"name", &mut new_keys).unwrap();
        let months: Vec<_> = new_keys.iter().map(|row| (row.merchant.get(), row.month)).collect();
        assert_eq!(months, [(1, 682), (1, 683), (2, 682)]);
    }
}
