//! The table of digests, and the tables that it covers, row by row.

use super::{
    Conn, Reader, Result,
    cells::Cells,
    decode,
    put::{Write, put},
    query::{limit, many, one},
    read::sql,
    value::params,
};
use crate::{
    AdvanceRow, AliasRow, Corrupt, Digest, Digested, FileLineRow, FileRow, FundingRow, MatchedRow,
    PayoutRow, RowDigest,
};

/// The number that stands for a table; it is never given to another.
const fn number(table: Digested) -> i64 {
    match table {
        Digested::File => 1,
        Digested::FileLine => 2,
        Digested::FileAlias => 3,
        Digested::Matched => 4,
        Digested::Funding => 5,
        Digested::Payout => 6,
        Digested::Unapplied => 7,
        Digested::Dispute => 8,
        Digested::Advance => 9,
        Digested::OwnEvents => 10,
    }
}

const PUT: Write = Write::replacing(
    "insert into row_digest (kind, no, digest) values (?1, ?2, ?3) \
        on conflict (kind, no) do update set digest = excluded.digest",
    &[0, 1],
);
const REMOVE: Write =
    Write::replacing("delete from row_digest where kind = ?1 and no = ?2", &[0, 1]);

/// Writes digests, new or again; removes those of rows that are gone.
pub(super) fn write(conn: &Conn, rows: &[RowDigest]) -> Result<()> {
    // In their order, where a row is written and removed.
    for rows in rows.chunk_by(|a, b| a.digest.is_some() == b.digest.is_some()) {
        if rows.first().is_some_and(|row| row.digest.is_some()) {
            put(conn, PUT, rows, |row| params![number(row.table), row.no, row.digest])?;
        } else {
            put(conn, REMOVE, rows, |row| params![number(row.table), row.no])?;
        }
    }
    Ok(())
}

/// Gets each row, or what is wrong with it.
type Each<'a, T> = &'a mut dyn FnMut(std::result::Result<T, Corrupt>);

const ALL: [i64; 2] = [i64::MIN, i64::MAX];

impl Reader {
    /// The next digests of a table after number `after`.
    pub fn digests(
        &self,
        table: Digested,
        after: i64,
        rows_max: usize,
    ) -> Result<Vec<(i64, Digest)>> {
        let params = [number(table), after, limit(rows_max)];
        many(&self.conn, sql::DIGESTS_AFTER, params, |row| {
            let mut cells = Cells::new("row_digest", row);
            Ok((cells.int()?, cells.array()?))
        })
    }

    /// Whether a line of a later file mentions a sale.
    pub fn is_mentioned(&self, sale: domain::ids::SaleNo) -> Result<bool> {
        Ok(one(&self.conn, sql::MENTIONED, [sale.get()], |_| Ok(()))?.is_some())
    }

    /// All retailers' files, in the order of their numbers.
    pub fn walk_files(&self, each: Each<'_, FileRow>) -> Result<()> {
        self.walk(sql::FILES_IN, ALL, decode::books::file, each)
    }

    /// All lines of files, in the order of their numbers.
    pub fn walk_file_lines(&self, each: Each<'_, FileLineRow>) -> Result<()> {
        self.walk(sql::FILE_LINES_IN, ALL, decode::lines::line, each)
    }

    /// All sales booked from files under another name, in the order of their numbers.
    pub fn walk_file_aliases(&self, each: Each<'_, AliasRow>) -> Result<()> {
        self.walk(sql::FILE_ALIASES_IN, ALL, decode::lines::alias, each)
    }

    /// All matched payments, in their order.
    pub fn walk_matched(&self, each: Each<'_, MatchedRow>) -> Result<()> {
        self.walk(sql::MATCHED_IN, ALL, decode::books::matched, each)
    }

    /// All advances, in the order of their payments.
    pub fn walk_advances(&self, each: Each<'_, AdvanceRow>) -> Result<()> {
        self.walk(sql::ADVANCES_IN, ALL, decode::books::advance, each)
    }

    /// All retailers' transfers, in the order of their numbers.
    pub fn walk_fundings(&self, each: Each<'_, FundingRow>) -> Result<()> {
        self.walk(sql::FUNDINGS_IN, ALL, decode::books::funding, each)
    }

    /// All payouts, in the order of their numbers.
    pub fn walk_payouts(&self, each: Each<'_, PayoutRow>) -> Result<()> {
        self.walk(sql::PAYOUTS_IN, ALL, decode::books::payout, each)
    }
}
