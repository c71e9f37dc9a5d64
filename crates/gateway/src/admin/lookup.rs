//! Finding and reading payments beside a running gateway, with a connection that only reads.
//!
//! An id leads to its row by the installation's key, and a code by its pool's, so both need the
//! master key; an order id needs none.

use domain::ids::IdCipher;
use storage::{PaymentRow, Sealed, sqlite::Reader};
use zeroize::Zeroizing;

use crate::{
    directory::Directory,
    request::{PaymentRef, Personal},
    rows::directory_from,
    settings::StartError,
    start::{PAYMENT_ID_KEY, platform_key},
    vault::{Vault, VaultError},
};

/// The keys that lead from names to rows.
#[derive(Debug)]
pub struct Lookup {
    vault: Vault,
    ids: IdCipher,
    directory: Directory,
}

impl Lookup {
    /// With the keys of this directory.
    pub fn new(rows: &storage::Directory, vault: Vault) -> Result<Self, StartError> {
        let key = platform_key(rows, &vault, PAYMENT_ID_KEY)?;
        let key: [u8; 16] = key.as_slice().try_into().map_err(|_| VaultError::Content)?;
        let directory = directory_from(rows, &vault, None)?;
        Ok(Self { ids: IdCipher::new(&key), directory, vault })
    }

    /// The payment with this id or code. An order needs no key: ask the reader.
    pub fn find(
        &self,
        reader: &Reader,
        payment: &PaymentRef,
    ) -> Result<Option<PaymentRow>, StartError> {
        let found = match payment {
            PaymentRef::Id(id) => {
                let row = reader.payment(self.ids.number(id))?;
                row.filter(|row| row.payment.id == *id)
            }
            PaymentRef::No(no) => reader.payment(*no)?,
            PaymentRef::Code(code) => match self.directory.pools.slot(code) {
                Some(slot) => reader.payment_by_slot(slot)?.filter(|row| row.payment.code == *code),
                None => reader.payment_by_foreign(code)?,
            },
            PaymentRef::Order(_) | PaymentRef::IdOrOrder(_) => None,
        };
        Ok(found)
    }

    /// What was sealed beside a payment.
    pub fn personal(&self, reader: &Reader, row: &PaymentRow) -> Result<Personal, StartError> {
        let bytes = self.unseal(reader, &row.personal)?;
        Ok(postcard::from_bytes(&bytes).map_err(|_| VaultError::Content)?)
    }

    /// Whatever else was sealed as personal data.
    pub fn unseal(
        &self,
        reader: &Reader,
        sealed: &Sealed,
    ) -> Result<Zeroizing<Vec<u8>>, StartError> {
        let no = sealed.data_key;
        let key = reader.data_key(no)?.ok_or(VaultError::NoKey(no))?;
        Ok(self.vault.open_under(&key, sealed)?)
    }

    /// Who takes part, with their keys opened.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The keys it was made with.
    pub fn vault(&self) -> &Vault {
        &self.vault
    }
}
