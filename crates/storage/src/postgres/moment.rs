//! Looking at one moment, and along tables that are larger than memory.

use std::{collections::VecDeque, fmt};

use tokio_postgres::{Row, Statement};

use super::{Result, connection::Connection, text};

/// What begins to look at one moment.
pub(super) const BEGIN: &str = "begin isolation level repeatable read read only";

/// How many rows of a walk are in memory at once.
const ROWS_AHEAD: usize = 1_000;

/// As long as it lives, its connection looks at one moment.
pub(crate) struct Moment<'conn>(&'conn Connection);

impl fmt::Debug for Moment<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Moment").field(&self.0).finish()
    }
}

impl Drop for Moment<'_> {
    fn drop(&mut self) {
        self.0.roll_back();
    }
}

/// The next row of something.
pub(crate) trait NextRow {
    /// None after the last.
    fn next(&mut self) -> Result<Option<&Row>>;
}

/// A cursor of the server's: rows come in portions, and several cursors can be open at once.
pub(crate) struct Cursor<'conn> {
    conn: &'conn Connection,
    name: String,
    fetch: Statement,
    ahead: VecDeque<Row>,
    current: Option<Row>,
    is_over: bool,
}

impl Connection {
    /// From now on it is one moment.
    pub(crate) fn moment(&self) -> Result<Moment<'_>> {
        self.open(BEGIN);
        let moment = Moment(self);
        self.flush()?;
        Ok(moment)
    }

    /// Begins to walk; within a transaction. Parameters are numbers only.
    pub(crate) fn cursor(&self, sql: &'static str, params: &[i64]) -> Result<Cursor<'_>> {
        let name = format!("walk_{}", self.next_cursor());
        // What declares a cursor takes no parameters.
        let mut select = text::plain(sql);
        for (place, number) in params.iter().enumerate().rev() {
            select = select.replace(&format!("${}", place + 1), &format!("'{number}'::bigint"));
        }
        self.run(&format!("declare {name} no scroll cursor for {select}"))?;
        let fetch = self.prepare(&format!("fetch forward {ROWS_AHEAD} from {name}"))?;
        Ok(Cursor {
            conn: self,
            name,
            fetch,
            ahead: VecDeque::new(),
            current: None,
            is_over: false,
        })
    }
}

impl Drop for Cursor<'_> {
    fn drop(&mut self) {
        // A moment may see many walks. Where this fails the transaction is over, and so is the cursor.
        drop(self.conn.run(&format!("close {}", self.name)));
    }
}

impl NextRow for Cursor<'_> {
    fn next(&mut self) -> Result<Option<&Row>> {
        if self.ahead.is_empty() && !self.is_over {
            self.ahead = self.conn.rows(&self.fetch, &[])?.into();
            self.is_over = self.ahead.len() < ROWS_AHEAD;
        }
        self.current = self.ahead.pop_front();
        Ok(self.current.as_ref())
    }
}
