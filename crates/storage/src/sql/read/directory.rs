//! Who takes part, and the numbers and keys that are read at start.

use crate::sql::Conn;
use crate::sql::Row;
use domain::ids::{AccountNo, MerchantNo, PartnerNo, PoolNo};

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        columns::{account_columns, partner_columns, pool_columns},
        query::{many, one},
    },
    sql,
};
use crate::{
    AccountKeyRow, AccountRow, DataKeyRow, Directory, MerchantRow, PartnerKeyRow, PartnerRow,
    PlatformKeyRow, PoolCursor, PoolRow, SealedKeys, Sequences,
};

impl Reader {
    /// Who takes part.
    pub fn directory(&self) -> Result<Directory> {
        directory(&self.conn)
    }

    /// Every sealed key, to be sealed under another master key.
    pub fn sealed_keys(&self) -> Result<SealedKeys> {
        sealed_keys(&self.conn)
    }

    /// The highest number of every sequence.
    pub fn sequences(&self) -> Result<Sequences> {
        sequences(&self.conn)
    }

    /// A key for personal data.
    pub fn data_key(&self, no: i64) -> Result<Option<DataKeyRow>> {
        one(&self.conn, sql::DATA_KEY, [no], data_key)
    }
}

/// Who takes part, as of one moment.
pub(crate) fn directory(conn: &Conn) -> Result<Directory> {
    let _one_moment = conn.moment()?;
    Ok(Directory {
        merchants: many(
            conn,
            "select no, name, created_at from merchant order by no",
            (),
            merchant,
        )?,
        accounts: many(
            conn,
            concat!("select ", account_columns!(), " from account order by no"),
            (),
            account,
        )?,
        account_keys: many(
            conn,
            "select no, account_no, purpose, sealed, created_at, retires_at from account_key \
             order by no",
            (),
            account_key,
        )?,
        partners: many(
            conn,
            concat!("select ", partner_columns!(), " from partner order by no"),
            (),
            partner,
        )?,
        partner_keys: many(
            conn,
            "select no, partner_no, key_id, sealed, created_at, retires_at from partner_key \
             order by no",
            (),
            partner_key,
        )?,
        pools: many(conn, concat!("select ", pool_columns!(), " from pool order by no"), (), pool)?,
        cursors: cursors(conn)?,
        platform_keys: many(
            conn,
            "select name, sealed from platform_key order by name",
            (),
            platform_key,
        )?,
        data_keys: many(conn, sql::DATA_KEYS_NEWEST, (), data_key)?,
        version: match conn {
            Conn::Sqlite(_) => 0,
            Conn::Postgres(_) => {
                let sql = "select directory_version from tail where no = 0";
                one(conn, sql, (), |row| Cells::new("tail", row).int())?.unwrap_or(0)
            }
        },
    })
}

/// How far pools are used.
pub(crate) fn cursors(conn: &Conn) -> Result<Vec<PoolCursor>> {
    let sql = "select pool_no, shard, lap, next from pool_cursor order by pool_no, shard";
    many(conn, sql, (), cursor)
}

/// Data keys that were made after number `after`.
pub(crate) fn data_keys_after(conn: &Conn, after: i64) -> Result<Vec<DataKeyRow>> {
    let sql = "select no, merchant_no, month, sealed from data_key where no > ?1 order by no";
    many(conn, sql, [after], data_key)
}

fn merchant(row: &Row<'_>) -> Result<MerchantRow> {
    let mut cells = Cells::new("merchant", row);
    Ok(MerchantRow {
        no: MerchantNo::new(cells.int()?),
        name: cells.string()?,
        created_at: cells.time()?,
    })
}

fn account(row: &Row<'_>) -> Result<AccountRow> {
    let mut cells = Cells::new("account", row);
    Ok(AccountRow {
        no: AccountNo::new(cells.int()?),
        merchant: MerchantNo::new(cells.int()?),
        brand: cells.string()?,
        public_id: cells.string()?,
        client_key: cells.text_or_null()?.map(str::to_owned),
        shard: cells.num()?,
        notification_urls: cells.string()?,
        allow_list: cells.string()?,
        rate_max: cells.num()?,
        settings: cells.string()?,
        disabled: cells.flag()?,
        created_at: cells.time()?,
    })
}

fn account_key(row: &Row<'_>) -> Result<AccountKeyRow> {
    let mut cells = Cells::new("account_key", row);
    Ok(AccountKeyRow {
        no: cells.int()?,
        account: AccountNo::new(cells.int()?),
        purpose: cells.string()?,
        sealed: cells.bytes()?,
        created_at: cells.time()?,
        retires_at: cells.time_or_null()?,
    })
}

fn partner(row: &Row<'_>) -> Result<PartnerRow> {
    let mut cells = Cells::new("partner", row);
    Ok(PartnerRow {
        no: PartnerNo::new(cells.int()?),
        name: cells.string()?,
        retailers: cells.string()?,
        allow_list: cells.string()?,
        settings: cells.string()?,
        disabled: cells.flag()?,
        created_at: cells.time()?,
    })
}

fn partner_key(row: &Row<'_>) -> Result<PartnerKeyRow> {
    let mut cells = Cells::new("partner_key", row);
    Ok(PartnerKeyRow {
        no: cells.int()?,
        partner: PartnerNo::new(cells.int()?),
        key_id: cells.string()?,
        sealed: cells.bytes()?,
        created_at: cells.time()?,
        retires_at: cells.time_or_null()?,
    })
}

fn pool(row: &Row<'_>) -> Result<PoolRow> {
    let mut cells = Cells::new("pool", row);
    Ok(PoolRow {
        no: PoolNo::new(cells.int()?),
        network: cells.string()?,
        length: cells.num()?,
        prefix: cells.string()?,
        shards: cells.num()?,
        sealed: cells.bytes()?,
        fingerprint: cells.array()?,
        created_at: cells.time()?,
    })
}

fn cursor(row: &Row<'_>) -> Result<PoolCursor> {
    let mut cells = Cells::new("pool_cursor", row);
    Ok(PoolCursor {
        pool: PoolNo::new(cells.int()?),
        shard: cells.num()?,
        lap: cells.num()?,
        next: cells.num()?,
    })
}

fn platform_key(row: &Row<'_>) -> Result<PlatformKeyRow> {
    let mut cells = Cells::new("platform_key", row);
    Ok(PlatformKeyRow { name: cells.string()?, sealed: cells.bytes()? })
}

fn data_key(row: &Row<'_>) -> Result<DataKeyRow> {
    let mut cells = Cells::new("data_key", row);
    Ok(DataKeyRow {
        no: cells.int()?,
        merchant: MerchantNo::new(cells.int()?),
        month: cells.num()?,
        sealed: cells.bytes()?,
    })
}

/// Every sealed key. Data keys that were destroyed have nothing to seal anew.
pub(crate) fn sealed_keys(conn: &Conn) -> Result<SealedKeys> {
    let _one_moment = conn.moment()?;
    let numbered = |table: &'static str, sql: &'static str| {
        many(conn, sql, (), |row| {
            let mut cells = Cells::new(table, row);
            Ok((cells.int()?, cells.bytes()?))
        })
    };
    Ok(SealedKeys {
        account_keys: numbered("account_key", "select no, sealed from account_key order by no")?,
        partner_keys: numbered("partner_key", "select no, sealed from partner_key order by no")?,
        pools: numbered("pool", "select no, sealed from pool order by no")?,
        data_keys: numbered(
            "data_key",
            "select no, sealed from data_key where length(sealed) > 0 order by no",
        )?,
        platform_keys: many(
            conn,
            "select name, sealed from platform_key order by name",
            (),
            |row| platform_key(row).map(|key| (key.name, key.sealed)),
        )?,
    })
}

/// The highest number of every sequence.
pub(crate) fn sequences(conn: &Conn) -> Result<Sequences> {
    let _one_moment = conn.moment()?;
    let highest = |sql: &'static str| -> Result<i64> {
        let found = one(conn, sql, (), |row| Cells::new("sequence", row).int_or_null())?;
        Ok(found.flatten().unwrap_or(0))
    };
    Ok(Sequences {
        payment: highest("select max(no) from payment")?,
        event: highest("select max(no) from event")?,
        entry: highest("select max(no) from entry")?,
        sale: highest("select max(no) from sale")?,
        inquiry: highest("select max(no) from inquiry")?,
        unapplied: highest("select max(no) from unapplied")?,
        refund: highest("select max(no) from refund_code")?,
        checkout: highest("select max(no) from checkout")?,
        dispute: highest("select max(no) from dispute")?,
        notification: highest("select max(no) from notification")?,
        attempt: highest("select max(no) from attempt")?,
        data_key: highest("select max(no) from data_key")?,
        file: highest("select max(no) from file")?,
        funding: highest("select max(no) from funding")?,
        payout: highest("select max(no) from payout")?,
        file_line: highest("select max(no) from file_line")?,
        file_alias: highest("select max(no) from file_alias")?,
        difference: highest("select max(no) from difference")?,
    })
}

/// How many keys [`sealed_keys`] finds.
pub(in super::super) fn sealed_key_count(conn: &Conn) -> Result<u64> {
    let sql = "select (select count(*) from account_key) + (select count(*) from partner_key) \
        + (select count(*) from pool) + (select count(*) from platform_key) \
        + (select count(*) from data_key where length(sealed) > 0)";
    Ok(one(conn, sql, (), |row| Cells::new("key", row).num())?.unwrap_or(0))
}
