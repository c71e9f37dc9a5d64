//! Moves of rows that mean nothing, and of what may happen to them meanwhile. Whole shops are moved by the
//! program's tests.

use std::time::Duration;

use cluster::{Database, Server};
use rusqlite::Connection;
use storage::{
    Copied, Engine, Move, Place, StorageError,
    postgres::{Deadlines, PostgresPlace},
};

/// A data folder, gone with this.
struct Scene {
    folder: std::path::PathBuf,
    database: Database,
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

impl Scene {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("gerai-{name}-{}", std::process::id()));
        Engine::open(&Place::Folder(folder.clone())).unwrap().close().unwrap();
        Self { folder, database: Database::empty() }
    }

    fn to(&self) -> PostgresPlace {
        let place = PostgresPlace::new(&self.database.url()).unwrap().accepting_loss();
        place.with_deadlines(Deadlines { lock: Duration::from_secs(1), ..Deadlines::default() })
    }

    fn change(&self, sql: &str) {
        let conn = Connection::open(self.folder.join("gerai.db")).unwrap();
        conn.execute_batch(sql).unwrap();
    }

    fn begin(&self) -> Move {
        Move::begin(&self.folder, &self.to(), [1; 16]).unwrap()
    }

    fn sql(&self, statement: &str) -> String {
        Server::shared().psql(self.database.name(), &[statement])
    }
}

fn round(moving: &mut Move) -> Copied {
    moving.copy(&mut |progress| assert!(progress.done <= progress.all)).unwrap()
}

/// A row or many of every table that a worked day leaves empty, and of some others.
const ROWS: &str = "
    insert into merchant values (1, 'Toko ''Satu''' || char(10) || 'é' || char(9), 0), (2, '', 1);
    insert into account values (1, 1, 'midtrans', 'G1', null, 0, '', '', 0, '', 0, 0);
    insert into account_key values (1, 1, 'server_key', x'', 0, null), (2, 1, 'server_key', x'00ff', 0, 9);
    insert into file values (1, 'alfamart', 20000, 1, 'a.csv', 'bare', zeroblob(32), 1, -5, 0, 'budi');
    insert into file_line values (1, 'alfamart', 20000, 'A-1', 1, null, 'ours_only', '1', 5, null, null,
        null, null, null, null, 7, 0, null, null);
    insert into difference values (1, 1, null, null, 0, 'alfamart', 20000, null, 0,
        -9223372036854775808, 9223372036854775807, 0, 1, 0, 'why');
    insert into file_alias values (1, 1, '1', 5, 'T', 0, 0, 1);
    insert into advance values (1, 1, 5, 1, 0, 0, null);
    insert into balance_snapshot values (1, 1, -1, 1, 0);
    insert into checkout values (1, 0, zeroblob(16), 1, 'o', 5, 0, 1, 1, 0, null, null, 1, x'01');
    insert into dispute values (1, 0, 1, null, 0, 'late', 1, x'02', 0);
    insert into proposal values (1, 'fee set', 1, 'budi', 0, 'because', 9, 0, null, null, null, null);
    insert into refund_code values
        (1, 1, 1, '', 'alfa', '91', 5, zeroblob(32), 3, 0, 9, 4, null, null, null, null, null, 5,
            zeroblob(16)),
        (2, 1, 1, '', 'alfa', '92', 5, zeroblob(32), 3, 0, 9, 0, null, null, null, null, null, null,
            zeroblob(16));
    insert into idempotency values (7, 0, 1, 'key', 'order', 1, x'03', 5);
    with recursive count (no) as (values (1) union all select no + 1 from count where no < 6000)
        insert into own_event select account, no, 1, 0, null, null, null, null, 0, null, zeroblob(16)
        from count, (select 1 as account union all select 2);
    with recursive count (no) as (values (1) union all select no + 1 from count where no < 11000)
        insert into external_id select 20000 + no / 4000, 1, 'create', 'id-' || no, 0 from count;
    with recursive count (no) as (values (1) union all select no + 1 from count where no < 5000)
        insert into event select no, 0, null, 1, 0, 0, null, null, null, zeroblob(16), zeroblob(32), null, 0
        from count;
";

/// What happens to them while they move: in the middle of tables and at their ends.
const CHANGES: &str = "
    update merchant set name = 'Toko Baru' where no = 1;
    update proposal set state = 1, decided_uid = 2, decided_by = 'siti', decided_at = 5 where no = 1;
    update refund_code set state = 4, closed_at = 6 where no = 2;
    update refund_code set state = 0, closed_at = null where no = 1;
    insert into own_event values (1, 6001, 1, 0, null, null, null, null, 0, 'new', zeroblob(16));
    delete from external_id where day = 20000;
    insert into external_id values (19999, 1, 'create', 'first', 0), (30000, 2, 'create', 'last', 0);
    insert into event values (5001, 0, null, 1, 0, 0, null, null, null, zeroblob(16), zeroblob(32), null, 0);
";

#[test]
fn whatever_changes_meanwhile_is_moved_as_it_is_in_the_end() {
    let scene = Scene::new("moving-changes");
    scene.change(ROWS);
    let mut moving = scene.begin();
    let first = round(&mut moving);
    assert_eq!(first.kept, 0);
    assert_eq!(round(&mut moving), Copied { kept: first.written, written: 0 });
    scene.change(CHANGES);
    let changed = round(&mut moving);
    // Whole parts are copied again, and only those.
    assert!(changed.kept > 15_000 && changed.written > 5_000, "{changed:?}");
    drop(moving);

    // Another process goes on.
    scene.change("delete from external_id where day < 30000; delete from idempotency");
    let mut moving = scene.begin();
    assert_eq!(moving.copied(), changed.kept + changed.written);
    round(&mut moving);
    scene.change("insert into idempotency values (9, 0, 1, 'key', 'order', 1, x'03', 5)");
    let last = round(&mut moving);
    assert_eq!(last.written, 1);
    let counts = moving.check(&mut |_| {}).unwrap();
    assert_eq!(counts.iter().map(|(_, rows)| rows).sum::<u64>(), last.kept + 1);
    assert!(moving.reader().unwrap().schema_differences().unwrap().is_empty());
    assert!(Engine::open_reader(&Place::Postgres(scene.to())).is_err());
    moving.finish().unwrap();

    let names = scene.sql("select name from merchant order by no");
    assert_eq!(names, "Toko Baru");
    assert_eq!(
        scene.sql("select no, receivable, commission, sale_no is null from difference"),
        "1|-9223372036854775808|9223372036854775807|t"
    );
    assert_eq!(
        scene.sql("select sealed, retires_at from account_key order by no"),
        "\\x|\n\\x00ff|9"
    );
    assert_eq!(
        scene.sql("select count(*), max(no) from own_event where account_no = 1"),
        "6001|6001"
    );
    assert_eq!(scene.sql("select day, id from external_id"), "30000|last");
    assert_eq!(scene.sql("select no, state from refund_code order by no"), "1|0\n2|4");
    assert_eq!(scene.sql("select decided_by from proposal"), "siti");
    // Columns that count by themselves go on behind what came.
    scene.sql(
        "insert into idempotency (shard, account_no, key, order_id, answer_key, answer, expires_at) \
         values (0, 1, 'next', 'o', 1, '', 5)",
    );
    assert_eq!(scene.sql("select max(no) from idempotency"), "10");
    // What keeps rows as they are is there again.
    let denied = Server::shared().try_psql(scene.database.name(), &["delete from event"]);
    assert!(denied.unwrap_err().contains("append-only"));
    let denied = Server::shared().try_psql(scene.database.name(), &["delete from merchant"]);
    assert!(denied.unwrap_err().contains("foreign key"));
    Engine::open_reader(&Place::Postgres(scene.to())).unwrap();
    let closed = Engine::open(&Place::Folder(scene.folder.clone())).unwrap_err().to_string();
    assert!(closed.contains("its rows were moved to postgres://"), "{closed}");
}

#[test]
fn what_cannot_be_moved_is_named() {
    let scene = Scene::new("moving-refused");
    scene.change("insert into merchant values (1, 'a' || char(0) || 'b', 0)");
    let error = scene.begin().copy(&mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("merchant") && error.contains("zero byte"), "{error}");

    // Events that read otherwise are another shop's, whatever the folder says.
    scene.change(
        "delete from merchant; \
         insert into event values (1, 0, null, 1, 0, 0, null, null, null, zeroblob(16), zeroblob(32), null, 0)",
    );
    round(&mut scene.begin());
    scene.change("drop trigger event_stays; update event set at = 5");
    let error = scene.begin().copy(&mut |_| {}).unwrap_err();
    assert!(matches!(&error, StorageError::Corrupt(corrupt) if corrupt.row == "event"), "{error}");

    // Somebody who writes to the target in between is found out before anything is finished.
    let scene = Scene::new("moving-changed");
    scene.change("insert into merchant values (1, 'a', 0)");
    let mut moving = scene.begin();
    round(&mut moving);
    scene.sql("update merchant set name = 'b'");
    let error = moving.check(&mut |_| {}).unwrap_err().to_string();
    assert!(error.contains("the rows of merchant are not those"), "{error}");
    scene.sql("insert into merchant values (2, 'c', 0)");
    let error = Move::begin(&scene.folder, &scene.to(), [1; 16]).unwrap_err().to_string();
    // It is still held by the first.
    assert!(error.contains("in use"), "{error}");
    drop(moving);
    let error = Move::begin(&scene.folder, &scene.to(), [1; 16]).unwrap_err().to_string();
    assert!(error.contains("the rows of merchant are not those"), "{error}");
    let missing = Move::begin(&scene.folder.join("nothing"), &scene.to(), [1; 16]).unwrap_err();
    assert!(matches!(missing, StorageError::Missing(_)));
}
