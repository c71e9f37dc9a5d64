//! Questions about Gerai's own events.

use crate::sql::Row;
use domain::{
    ids::{AccountNo, EventNo, PaymentNo, SaleNo},
    own_event::OwnKind,
};

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        encode::{self, STATES},
        query::{limit, many, one},
    },
    sql,
};
use crate::{OwnEnds, OwnEventRow};

impl Reader {
    /// The next own events of an account after number `after`, oldest first.
    pub fn own_events_after(
        &self,
        account: AccountNo,
        after: i64,
        rows_max: usize,
    ) -> Result<Vec<OwnEventRow>> {
        let params = [account.get(), after, limit(rows_max)];
        many(&self.conn, sql::OWN_EVENTS_AFTER, params, own_event)
    }

    /// One own event of an account.
    pub fn own_event(&self, account: AccountNo, no: i64) -> Result<Option<OwnEventRow>> {
        one(&self.conn, sql::OWN_EVENT, [account.get(), no], own_event)
    }

    /// Where an account's own events begin and end.
    pub fn own_ends(&self, account: AccountNo) -> Result<OwnEnds> {
        let end =
            |sql| one(&self.conn, sql, [account.get()], |row| Cells::new("own_event", row).int());
        let (oldest, newest) = (end(sql::OWN_OLDEST)?, end(sql::OWN_NEWEST)?);
        Ok(OwnEnds { oldest: oldest.unwrap_or(0), newest: newest.unwrap_or(0) })
    }

    /// The accounts that have own events.
    pub fn own_accounts(&self) -> Result<Vec<AccountNo>> {
        let mut accounts = Vec::new();
        let mut after = i64::MIN;
        // One step of the index for each account, however many events it has.
        while let Some(no) = one(&self.conn, sql::OWN_ACCOUNT_AFTER, [after], |row| {
            Cells::new("own_event", row).int()
        })? {
            accounts.push(AccountNo::new(no));
            after = no;
        }
        Ok(accounts)
    }
}

fn own_event(row: &Row<'_>) -> Result<OwnEventRow> {
    let mut cells = Cells::new("own_event", row);
    Ok(OwnEventRow {
        no: cells.int()?,
        account: AccountNo::new(cells.int()?),
        kind: cells.known::<OwnKind>(encode::own_kind)?,
        at: cells.time()?,
        event: cells.int_or_null()?.map(EventNo::new),
        payment: cells.int_or_null()?.map(PaymentNo::new),
        sale: cells.int_or_null()?.map(SaleNo::new),
        status: cells.num_or_null::<usize>()?.and_then(|no| STATES.get(no).copied()),
        superseded: cells.flag()?,
        detail: cells.text_or_null()?.map(str::to_owned),
        digest: cells.array()?,
    })
}
