//! Who takes part, and every key.

use domain::time::Timestamp;
use rusqlite::{Connection, Params, params};

use super::{
    super::{
        Result,
        fault::{broken, signed},
    },
    changed_one, proposals,
};
use crate::{AccountRow, DataKeyRow, DirectoryWrite, PartnerRow, PoolCursor, PoolRow, Resealed};

// Everywhere: a number that is there already keeps what names the row; only the rest is set.
const MERCHANT: &str = "insert into merchant (no, name, created_at) values (?1, ?2, ?3) \
    on conflict (no) do update set name = excluded.name, created_at = excluded.created_at";

const ACCOUNT: &str = "insert into account (no, merchant_no, brand, public_id, client_key, shard, \
    notification_urls, allow_list, rate_max, settings, disabled, created_at) \
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) \
    on conflict (no) do update set merchant_no = excluded.merchant_no, brand = excluded.brand, \
    public_id = excluded.public_id, client_key = excluded.client_key, shard = excluded.shard, \
    notification_urls = excluded.notification_urls, allow_list = excluded.allow_list, \
    rate_max = excluded.rate_max, settings = excluded.settings, disabled = excluded.disabled, \
    created_at = excluded.created_at";

const ACCOUNT_KEY: &str = "insert into account_key (no, account_no, purpose, sealed, created_at, \
    retires_at) values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (no) do update set \
    account_no = excluded.account_no, purpose = excluded.purpose, sealed = excluded.sealed, \
    created_at = excluded.created_at, retires_at = excluded.retires_at";

const PARTNER: &str = "insert into partner (no, name, retailers, allow_list, settings, disabled, \
    created_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7) on conflict (no) do update set \
    name = excluded.name, retailers = excluded.retailers, allow_list = excluded.allow_list, \
    settings = excluded.settings, disabled = excluded.disabled, created_at = excluded.created_at";

const PARTNER_KEY: &str = "insert into partner_key (no, partner_no, key_id, sealed, created_at, \
    retires_at) values (?1, ?2, ?3, ?4, ?5, ?6) on conflict (no) do update set \
    partner_no = excluded.partner_no, key_id = excluded.key_id, sealed = excluded.sealed, \
    created_at = excluded.created_at, retires_at = excluded.retires_at";

// A pool's shape and key are for life (rule 13): a write that says otherwise changes nothing, and
// that is an error.
const POOL: &str = "insert into pool (no, network, length, prefix, shards, sealed, fingerprint, \
    created_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) \
    on conflict (no) do update set sealed = excluded.sealed \
    where network = excluded.network and length = excluded.length and prefix = excluded.prefix \
    and shards = excluded.shards and fingerprint = excluded.fingerprint";

const PLATFORM_KEY: &str = "insert into platform_key (name, sealed) values (?1, ?2) \
    on conflict (name) do update set sealed = excluded.sealed";

const DATA_KEY: &str = "insert into data_key (no, merchant_no, month, sealed) \
    values (?1, ?2, ?3, ?4) on conflict (no) do update set sealed = excluded.sealed \
    where merchant_no = excluded.merchant_no and month = excluded.month";

// Slots are never issued twice, so a cursor only goes forward.
const CURSOR: &str = "insert into pool_cursor (pool_no, shard, lap, next) values (?1, ?2, ?3, ?4) \
    on conflict (pool_no, shard) do update set lap = excluded.lap, next = excluded.next \
    where excluded.lap > lap or (excluded.lap = lap and excluded.next >= next)";

fn put(conn: &Connection, sql: &'static str, params: impl Params) -> Result<usize> {
    Ok(conn.prepare_cached(sql)?.execute(params)?)
}

/// Keys for personal data, new or destroyed.
pub(super) fn insert_data_keys(conn: &Connection, rows: &[DataKeyRow]) -> Result<()> {
    for row in rows {
        let params = params![row.no, row.merchant.get(), row.month, row.sealed];
        changed_one(put(conn, DATA_KEY, params)?, "data_key", row.no)?;
    }
    Ok(())
}

/// Leased blocks of slots.
pub(super) fn move_cursors(conn: &Connection, rows: &[PoolCursor]) -> Result<()> {
    for row in rows {
        let params = params![row.pool.get(), row.shard, row.lap, signed(row.next)?];
        changed_one(put(conn, CURSOR, params)?, "pool_cursor", row.pool)?;
    }
    Ok(())
}

/// Changes of the directory, in their order.
pub(super) fn write(conn: &Connection, writes: &[DirectoryWrite]) -> Result<()> {
    for write in writes {
        match write {
            DirectoryWrite::Merchant(row) => {
                put(conn, MERCHANT, params![row.no.get(), row.name, row.created_at.millis()])?;
            }
            DirectoryWrite::Account(row) => account(conn, row)?,
            DirectoryWrite::AccountKey(row) => {
                let params = params![
                    row.no,
                    row.account.get(),
                    row.purpose,
                    row.sealed,
                    row.created_at.millis(),
                    row.retires_at.map(Timestamp::millis),
                ];
                put(conn, ACCOUNT_KEY, params)?;
            }
            DirectoryWrite::Partner(row) => partner(conn, row)?,
            DirectoryWrite::PartnerKey(row) => {
                let params = params![
                    row.no,
                    row.partner.get(),
                    row.key_id,
                    row.sealed,
                    row.created_at.millis(),
                    row.retires_at.map(Timestamp::millis),
                ];
                put(conn, PARTNER_KEY, params)?;
            }
            DirectoryWrite::Pool(row) => pool(conn, row)?,
            DirectoryWrite::PlatformKey(row) => {
                put(conn, PLATFORM_KEY, params![row.name, row.sealed])?;
            }
            DirectoryWrite::Proposal(row) => proposals::put(conn, row)?,
            DirectoryWrite::Resealed(keys) => reseal(conn, keys)?,
        }
    }
    Ok(())
}

fn account(conn: &Connection, row: &AccountRow) -> Result<()> {
    let params = params![
        row.no.get(),
        row.merchant.get(),
        row.brand,
        row.public_id,
        row.client_key,
        row.shard,
        row.notification_urls,
        row.allow_list,
        row.rate_max,
        row.settings,
        row.disabled,
        row.created_at.millis(),
    ];
    put(conn, ACCOUNT, params).map(drop)
}

fn partner(conn: &Connection, row: &PartnerRow) -> Result<()> {
    let params = params![
        row.no.get(),
        row.name,
        row.retailers,
        row.allow_list,
        row.settings,
        row.disabled,
        row.created_at.millis(),
    ];
    put(conn, PARTNER, params).map(drop)
}

fn pool(conn: &Connection, row: &PoolRow) -> Result<()> {
    let params = params![
        row.no.get(),
        row.network,
        row.length,
        row.prefix,
        row.shards,
        row.sealed,
        row.fingerprint,
        row.created_at.millis(),
    ];
    changed_one(put(conn, POOL, params)?, "pool", row.no)
}

/// Every key anew. One that was left out could never be read again, so all must be there.
fn reseal(conn: &Connection, keys: &Resealed) -> Result<()> {
    let numbered = [
        ("account_key", "update account_key set sealed = ?2 where no = ?1", &keys.account_keys),
        ("partner_key", "update partner_key set sealed = ?2 where no = ?1", &keys.partner_keys),
        ("pool", "update pool set sealed = ?2 where no = ?1", &keys.pools),
        (
            "data_key",
            "update data_key set sealed = ?2 where no = ?1 and length(sealed) > 0",
            &keys.data_keys,
        ),
    ];
    for (table, sql, rows) in numbered {
        for (no, sealed) in rows {
            changed_one(put(conn, sql, params![no, sealed])?, table, no)?;
        }
    }
    for (name, sealed) in &keys.platform_keys {
        let sql = "update platform_key set sealed = ?2 where name = ?1";
        changed_one(put(conn, sql, params![name, sealed])?, "platform_key", name)?;
    }
    let there = super::super::read::sealed_key_count(conn)?;
    let given = [&keys.account_keys, &keys.partner_keys, &keys.pools, &keys.data_keys]
        .into_iter()
        .map(Vec::len)
        .sum::<usize>()
        + keys.platform_keys.len();
    if u64::try_from(given) == Ok(there) {
        Ok(())
    } else {
        Err(broken(format!("{given} of {there} keys sealed anew")))
    }
}
