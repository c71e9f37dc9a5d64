//! Gerai's own events.

use domain::{
    ids::{AccountNo, EventNo, PaymentNo, SaleNo},
    time::Timestamp,
};

use super::{
    super::{
        Conn, Result,
        columns::own_event_columns,
        encode::{own_kind_number, status_number},
        put::{Write, execute, put},
        value::params,
    },
    prune::PRUNE_ROWS_MAX,
};
use crate::OwnEventRow;

/// The oldest rows of one account, in the tests' reach. The last stays, because its number is where a start goes on
/// counting.
pub(crate) const PRUNE: &str = "delete from own_event where account_no = ?1 and no in \
    (select no from own_event where account_no = ?1 order by no limit ?3) and at < ?2 \
    and no < (select max(no) from own_event where account_no = ?1)";

const INSERT: Write = Write::new(concat!(
    "insert into own_event (",
    own_event_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
));

/// What happened, for merchants.
pub(super) fn insert(conn: &Conn, rows: &[OwnEventRow]) -> Result<()> {
    put(conn, INSERT, rows, |row| {
        params![
            row.no,
            row.account.get(),
            own_kind_number(row.kind),
            row.at.millis(),
            row.event.map(EventNo::get),
            row.payment.map(PaymentNo::get),
            row.sale.map(SaleNo::get),
            row.status.and_then(status_number),
            row.superseded,
            row.detail,
            row.digest,
        ]
    })
}

/// Removes the oldest of an account, as many as one commit may.
pub(super) fn prune(conn: &Conn, account: AccountNo, before: Timestamp) -> Result<()> {
    let params = [account.get(), before.millis(), PRUNE_ROWS_MAX];
    execute(conn, PRUNE, params).map(drop)
}
