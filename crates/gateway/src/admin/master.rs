//! Another master key, while everything runs.
//!
//! The order, so that a crash anywhere leaves a database that opens:
//!
//! 1. whoever keeps the key writes the new one durably beside the old (not here);
//! 2. the vault seals under the new key and opens with both;
//! 3. the pipeline is passed through once, so that nothing sealed under the old key is on its way;
//! 4. every key is sealed anew, all in one commit;
//! 5. every key is read back and opened under the new key alone;
//! 6. the vault forgets the old key, and whoever keeps it replaces it (not here).
//!
//! After a crash between 1 and 6 both keys are at hand: a start opens with both and finishes the
//! work, which may find it half done or done.

use storage::{DirectoryWrite, SealedKeys};

use super::AdminError;
use crate::{
    Gateway,
    request::Unavailable,
    rows::{account_key_context, partner_key_context, platform_key_context, pool_key_context},
    vault::{MasterKey, Vault, VaultError, data_key_context},
};

/// How often sealing is tried anew. A merchant's first payment of a month makes a data key; when
/// that happens between reading and writing, the commit notices that a key is missing.
const TRIES: usize = 5;

/// Goes over to `new`, which must be written down already.
///
/// After an error both keys are still needed, and the same call may be made again.
pub async fn rotate_master_key(gateway: &Gateway, new: &MasterKey) -> Result<(), AdminError> {
    gateway.vault().replace_master(new)?;
    let mut result = Err(AdminError::Unavailable(Unavailable::Storage));
    for _ in 0..TRIES {
        result = seal_anew(gateway).await;
        if !matches!(result, Err(AdminError::Unavailable(Unavailable::Storage))) {
            break;
        }
    }
    result?;
    let rows = gateway.read(|reader| reader.sealed_keys()).await?;
    opens(&rows, &Vault::new(new)?)?;
    gateway.vault().forget_older();
    Ok(())
}

async fn seal_anew(gateway: &Gateway) -> Result<(), AdminError> {
    // Nothing to write: it is answered when everything before it is committed.
    gateway.write_directory(Vec::new()).await?;
    let rows = gateway.read(|reader| reader.sealed_keys()).await?;
    let writes = vec![DirectoryWrite::Resealed(reseal(&rows, gateway.vault())?)];
    Ok(gateway.write_directory(writes).await?)
}

/// Every key under the vault's newest master key, whichever of its master keys it was sealed with.
pub fn reseal(rows: &SealedKeys, vault: &Vault) -> Result<SealedKeys, VaultError> {
    each(rows, |context, sealed| vault.seal_key(context, &vault.open_key(context, sealed)?))
}

/// Whether `vault` opens every key.
pub fn opens(rows: &SealedKeys, vault: &Vault) -> Result<(), VaultError> {
    each(rows, |context, sealed| vault.open_key(context, sealed).map(|_| Vec::new())).map(drop)
}

/// What becomes of every key, which is given with the context it is sealed in.
fn each(
    rows: &SealedKeys,
    become_of: impl Fn(&str, &[u8]) -> Result<Vec<u8>, VaultError>,
) -> Result<SealedKeys, VaultError> {
    let numbered = |rows: &[(i64, Vec<u8>)], context: fn(i64) -> String| {
        let one = |(no, sealed): &(i64, Vec<u8>)| Ok((*no, become_of(&context(*no), sealed)?));
        rows.iter().map(one).collect::<Result<Vec<_>, VaultError>>()
    };
    let named = |(name, sealed): &(String, Vec<u8>)| {
        Ok((name.clone(), become_of(&platform_key_context(name), sealed)?))
    };
    Ok(SealedKeys {
        account_keys: numbered(&rows.account_keys, account_key_context)?,
        partner_keys: numbered(&rows.partner_keys, partner_key_context)?,
        pools: numbered(&rows.pools, pool_key_context)?,
        data_keys: numbered(&rows.data_keys, data_key_context)?,
        platform_keys: rows.platform_keys.iter().map(named).collect::<Result<_, VaultError>>()?,
    })
}
