//! How many codes of each pool can be paid right now (rule 26).

use std::collections::HashMap;

use domain::ids::{EventNo, PoolNo};

use super::{
    super::{Reader, Result, cells::Cells, query::each},
    sql,
};

impl Reader {
    /// How many payments of each pool are pending or reserved, and the last event before which that
    /// was so; 0 where nothing has happened yet.
    ///
    /// Reads one row for each such payment, and no other: ask it once, and count from there.
    pub fn open_codes(&self) -> Result<(EventNo, HashMap<PoolNo, u64>)> {
        self.snapshot(|reader| {
            let last = reader.last_event()?.map_or(EventNo::new(0), |event| event.event.no);
            let mut open = HashMap::new();
            for question in [sql::POOLS_OF_PENDING, sql::POOLS_OF_RESERVED] {
                each(&reader.conn, question, &[], |row| {
                    let pool = PoolNo::new(Cells::new("payment", row).int()?);
                    *open.entry(pool).or_default() += 1;
                    Ok(())
                })?;
            }
            Ok((last, open))
        })
    }
}
