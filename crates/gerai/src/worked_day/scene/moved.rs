//! The same rows in PostgreSQL.

use std::collections::BTreeMap;

use cluster::Database;
use gateway::verify::verify;
use storage::{Move, postgres::PostgresPlace};

use super::Day;
use crate::bootstrap;

impl Day {
    /// Moves everything beside the gateway, which is not asked meanwhile; how many rows each table has
    /// there, where nothing is wrong.
    pub(in crate::worked_day) fn moved(&self) -> BTreeMap<String, u64> {
        let database = Database::empty();
        // The tests' server forgets what it was told when the machine loses power.
        let to = PostgresPlace::new(&database.url()).unwrap().accepting_loss();
        let mut moving = Move::begin(&self.scratch.data(), &to, [7; 16]).unwrap();
        assert!(moving.is_open());
        let copied = moving.copy(&mut |_| {}).unwrap();
        assert_eq!(copied.kept, 0);
        let copied_again = moving.copy(&mut |_| {}).unwrap();
        assert_eq!((copied_again.kept, copied_again.written), (copied.written, 0));
        let counts = moving.check(&mut |_| {}).unwrap();
        let vault = bootstrap::vault_for_reading(&self.scratch.place(), &self.config).unwrap();
        let report = verify(&mut moving.reader().unwrap(), &vault, &mut |_| {}).unwrap();
        assert!(report.is_clean(), "{:#?}", report.findings);
        counts.into_iter().collect()
    }
}
