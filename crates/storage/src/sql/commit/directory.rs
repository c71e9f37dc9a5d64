//! Who takes part, and every key.

use domain::time::Timestamp;

use super::{
    super::{
        Conn, Result,
        fault::{broken, signed},
        put::{Put, Write, execute, put},
        read::sealed_key_count,
        value::params,
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
    where pool.network = excluded.network and pool.length = excluded.length \
    and pool.prefix = excluded.prefix and pool.shards = excluded.shards \
    and pool.fingerprint = excluded.fingerprint";

const PLATFORM_KEY: &str = "insert into platform_key (name, sealed) values (?1, ?2) \
    on conflict (name) do update set sealed = excluded.sealed";

const DATA_KEY: &str = "insert into data_key (no, merchant_no, month, sealed) \
    values (?1, ?2, ?3, ?4) on conflict (no) do update set sealed = excluded.sealed \
    where data_key.merchant_no = excluded.merchant_no and data_key.month = excluded.month";

// Slots are never issued twice, so a cursor only goes forward.
const CURSOR: &str = "insert into pool_cursor (pool_no, shard, lap, next) values (?1, ?2, ?3, ?4) \
    on conflict (pool_no, shard) do update set lap = excluded.lap, next = excluded.next \
    where excluded.lap > pool_cursor.lap \
    or (excluded.lap = pool_cursor.lap and excluded.next >= pool_cursor.next)";

/// Keys for personal data, new or destroyed.
pub(super) fn insert_data_keys(conn: &Conn, rows: &[DataKeyRow]) -> Result<()> {
    put(conn, Write::changing("data_key", DATA_KEY, &[0]), rows, |row| {
        params![row.no, row.merchant.get(), row.month, row.sealed]
    })
}

/// Leased blocks of slots.
pub(super) fn move_cursors(conn: &Conn, rows: &[PoolCursor]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut put = Put::new(conn, Write::changing("pool_cursor", CURSOR, &[0, 1]))?;
    for row in rows {
        put.row(&params![row.pool.get(), row.shard, row.lap, signed(row.next)?])?;
    }
    put.end()
}

/// Changes of the directory, in their order.
pub(super) fn write(conn: &Conn, writes: &[DirectoryWrite]) -> Result<()> {
    for write in writes {
        match write {
            DirectoryWrite::Merchant(row) => {
                execute(conn, MERCHANT, params![row.no.get(), row.name, row.created_at.millis()])?;
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
                execute(conn, ACCOUNT_KEY, params)?;
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
                execute(conn, PARTNER_KEY, params)?;
            }
            DirectoryWrite::Pool(row) => pool(conn, row)?,
            DirectoryWrite::PlatformKey(row) => {
                execute(conn, PLATFORM_KEY, params![row.name, row.sealed])?;
            }
            DirectoryWrite::Proposal(row) => proposals::put(conn, row)?,
            DirectoryWrite::Resealed(keys) => reseal(conn, keys)?,
        }
    }
    Ok(())
}

fn account(conn: &Conn, row: &AccountRow) -> Result<()> {
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
    execute(conn, ACCOUNT, params).map(drop)
}

fn partner(conn: &Conn, row: &PartnerRow) -> Result<()> {
    let params = params![
        row.no.get(),
        row.name,
        row.retailers,
        row.allow_list,
        row.settings,
        row.disabled,
        row.created_at.millis(),
    ];
    execute(conn, PARTNER, params).map(drop)
}

fn pool(conn: &Conn, row: &PoolRow) -> Result<()> {
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
    changed_one(execute(conn, POOL, params)?, "pool", row.no)
}

/// Every key anew. One that was left out could never be read again, so all must be there.
fn reseal(conn: &Conn, keys: &Resealed) -> Result<()> {
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
            changed_one(execute(conn, sql, params![no, sealed])?, table, no)?;
        }
    }
    for (name, sealed) in &keys.platform_keys {
        let sql = "update platform_key set sealed = ?2 where name = ?1";
        changed_one(execute(conn, sql, params![name, sealed])?, "platform_key", name)?;
    }
    let there = sealed_key_count(conn)?;
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
