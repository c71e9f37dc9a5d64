//! A turn of the pipeline is one transaction: what it loads is locked until what it decided is written.
//!
//! It runs at the level `read committed`, with locks. What a decision rests on is either a row that is
//! there, or that a row is not there. Rows that are there are locked, in one order of tables and, within
//! each, in the order of their numbers, and read again under their locks: from then on they are as they
//! were read until the turn ends, so that deciding over them is like being alone. That a row is not there
//! is for the unique constraints to say when it is written: of two turns that both saw nothing, one fails
//! with [`StorageError::Conflict`] and begins anew. A level above would refuse turns that only waited for
//! each other, which on a busy payment is every second one. Sums over many rows (what an account
//! holds) are covered by neither; they are read where one node writes, until their accounts have rows
//! of their own to lock.

use std::collections::BTreeSet;

use super::{
    Result,
    connection::{Connection, Shape, parameter},
    wire::Column,
};
use crate::{
    Loaded,
    sql::{Kind, Value},
};

/// How often what was found may lead to rows that nobody had locked. Each time they are fewer.
const ROUNDS_MAX: usize = 8;

/// Reads with `read` what a turn needs, and locks it.
pub(crate) fn load(conn: &Connection, read: impl Fn() -> Result<Loaded>) -> Result<Loaded> {
    let loaded = load_locked(conn, read);
    if loaded.is_err() {
        conn.roll_back();
    }
    loaded
}

fn load_locked(conn: &Connection, read: impl Fn() -> Result<Loaded>) -> Result<Loaded> {
    if !conn.is_open() {
        conn.open("begin");
    }
    let mut loaded = read()?;
    let mut locked = Rows::default();
    for _ in 0..ROUNDS_MAX {
        let found = Rows::of(&loaded);
        if !locked.lock(conn, &found)? {
            break;
        }
        loaded = read()?;
    }
    Ok(loaded)
}

/// Writes everything or nothing.
pub(crate) fn commit(
    conn: &Connection,
    write: impl FnOnce() -> Result<()>,
    written: impl FnOnce(),
) -> Result<()> {
    if !conn.is_open() {
        conn.open("begin");
    }
    let done = write().and_then(|()| conn.flush());
    if let Err(error) = done {
        // The first that failed is what went wrong.
        let error = conn.flush().err().unwrap_or(error);
        conn.roll_back();
        return Err(error);
    }
    written();
    conn.commit()
}

/// Rows by table and number, in the order in which they are locked.
#[derive(Default)]
struct Rows([BTreeSet<i64>; TABLES]);

const TABLES: usize = 9;

const LOCKS: [&str; TABLES] = [
    "select no from payment where no = any(?1) order by no for update",
    "select no from sale where no = any(?1) order by no for update",
    "select no from unapplied where no = any(?1) order by no for update",
    "select no from refund_code where no = any(?1) order by no for update",
    "select no from dispute where no = any(?1) order by no for update",
    "select no from notification where no = any(?1) order by no for update",
    "select payment_no from matched where payment_no = any(?1) order by payment_no for update",
    "select no from file_line where no = any(?1) order by no for update",
    "select no from payout where no = any(?1) order by no for update",
];

impl Rows {
    fn of(loaded: &Loaded) -> Self {
        Self([
            loaded.payments.keys().map(|no| no.get()).collect(),
            loaded.sales.values().map(|row| row.sale.no.get()).collect(),
            loaded.unapplied.values().map(|row| row.no).collect(),
            loaded.refunds.keys().copied().collect(),
            loaded.disputes.keys().copied().collect(),
            loaded.notifications.keys().map(|no| no.get()).collect(),
            loaded.books.matched.keys().map(|no| no.get()).collect(),
            loaded.lines.keys().copied().collect(),
            loaded.books.payouts.keys().copied().collect(),
        ])
    }

    /// Locks what was found and is not locked yet; whether there was any.
    fn lock(&mut self, conn: &Connection, found: &Self) -> Result<bool> {
        let mut any = false;
        for ((sql, locked), found) in LOCKS.into_iter().zip(&mut self.0).zip(&found.0) {
            let mut numbers = Column::new(Kind::Int);
            let mut is_empty = true;
            for no in found.difference(locked) {
                numbers.push(Value::Int(*no))?;
                is_empty = false;
            }
            if is_empty {
                continue;
            }
            let statement = conn.statement(Shape::Array, sql, [Kind::Int].into_iter())?;
            conn.rows(&statement, &[parameter(&numbers)])?;
            locked.extend(found);
            any = true;
        }
        Ok(any)
    }
}
