//! Pools of payment codes: those of the configuration, with a key each, for life (rule 13).

use anyhow::bail;
use domain::{code::PoolShape, ids::PoolNo, refund::POOL_NETWORK, time::Timestamp};
use gateway::{
    Environment,
    rows::pool_key_context,
    vault::{Vault, key_fingerprint, random},
};
use storage::{DirectoryWrite, PoolRow};
use zeroize::Zeroizing;

use crate::config::{Config, NamedPool};

/// The pools of payment codes, and that of refund codes where they are turned on, or once were: what
/// was issued stays known.
pub(super) fn configured(
    config: &Config,
    environment: Environment,
    rows: &[PoolRow],
) -> Vec<NamedPool> {
    let mut pools = config.pools.clone();
    let is_there = rows.iter().any(|row| row.network == POOL_NETWORK);
    if is_there || config.refund_codes.terms(environment).is_some() {
        pools.push(config.refund_codes.pool.clone());
    }
    pools
}

/// The pools that the configuration has and the database does not, ready to be written. Refuses a
/// configuration that lacks a pool of the database, or has it in another shape.
pub(super) fn missing(
    configured: &[NamedPool],
    rows: &[PoolRow],
    vault: &Vault,
    now: Timestamp,
) -> anyhow::Result<Vec<DirectoryWrite>> {
    for row in rows {
        if !configured.iter().any(|pool| is(&pool.shape, row)) {
            bail!(
                "the database has a pool of payment codes (network {}, {} digits, prefix {}, {} \
                 shards) that the configuration lacks or describes otherwise; a pool keeps its shape \
                 for life: put it back, and add another one beside it for new codes",
                row.network,
                row.length,
                row.prefix,
                row.shards,
            );
        }
    }
    let mut no = rows.iter().map(|row| row.no.get()).max().unwrap_or(0);
    let mut writes = Vec::new();
    for pool in configured.iter().filter(|pool| !rows.iter().any(|row| is(&pool.shape, row))) {
        no += 1;
        writes.push(DirectoryWrite::Pool(new(no, &pool.shape, vault, now)?));
    }
    Ok(writes)
}

fn is(shape: &PoolShape, row: &PoolRow) -> bool {
    row.network == shape.network.as_str()
        && usize::try_from(row.length) == Ok(shape.length)
        && row.prefix == shape.prefix
        && row.shards == shape.shards
}

fn new(no: i64, shape: &PoolShape, vault: &Vault, now: Timestamp) -> anyhow::Result<PoolRow> {
    let key = Zeroizing::new(random::<32>()?);
    Ok(PoolRow {
        no: PoolNo::new(no),
        network: shape.network.to_string(),
        length: u32::try_from(shape.length)?,
        prefix: shape.prefix.clone(),
        shards: shape.shards,
        sealed: vault.seal_key(&pool_key_context(no), key.as_slice())?,
        fingerprint: key_fingerprint(key.as_slice()),
        created_at: now,
    })
}
