//! A connection that waits, prepares and pipelines.

use std::{
    cell::{Cell, RefCell},
    collections::{HashMap, VecDeque},
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio_postgres::{
    Client, Row, Statement,
    error::SqlState,
    types::{ToSql, Type},
};

use super::{
    PostgresPlace, Result,
    connect::{Hearing, connect, connect_and_hear},
    fault::{is_refusal, is_unique},
    io, migrate, text,
    wire::{Column, array, scalar},
};
use crate::{
    StorageError, TailRow,
    sql::{Kind, Value},
};

/// `GERA`: what the lock of the one who writes is called in a database, beside its schema's name.
const LOCK: i32 = 0x4745_5241;

/// Whoever writes asks for rows by their keys alone, and for all keys of a batch in one statement. Until a
/// table was analysed for the first time the planner takes it for small, and would read all of it rather
/// than look up a hundred keys.
/// Whoever is in a turn and says nothing for seconds holds up all other nodes: its machine is gone, or it
/// hangs. The server then gives its lock to the next.
/// And a plan is made once: it never depends on which keys they are, and making one takes longer than
/// following it.
const WRITES: &str = "set enable_seqscan = off; set enable_hashjoin = off; \
    set enable_mergejoin = off; set plan_cache_mode = force_generic_plan; \
    set idle_in_transaction_session_timeout = '8s'; set tcp_user_timeout = '10s'; \
    set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 2; set tcp_keepalives_count = 3";

/// How a shared text is executed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Shape {
    /// As it is.
    Plain,
    /// A question, for many keys.
    OfEach,
    /// A row that is written, for many of them.
    ForAll,
}

/// Something that was sent and not yet waited for.
type Sent = Pin<Box<dyn Future<Output = Result<()>> + Send>>;

/// A connection. Everything it is asked is answered in the order in which it was sent.
pub(crate) struct Connection {
    client: Arc<Client>,
    place: PostgresPlace,
    statements: RefCell<HashMap<(Shape, &'static str), Statement>>,
    sent: RefCell<VecDeque<Sent>>,
    /// Whether a transaction is open.
    is_open: Cell<bool>,
    cursors: Cell<u64>,
    /// Whether nobody else writes: then a unique constraint is broken by nobody but us.
    is_alone: Cell<bool>,
    /// Where turns ended when the open one began.
    tail: Cell<Option<TailRow>>,
    /// Whose turns are committed here.
    node: Cell<Option<i64>>,
    /// What the server calls this session: its process, and when that began.
    session: (i32, String),
    /// Set by warnings of the server's.
    is_warned: Arc<AtomicBool>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("is_open", &self.is_open).finish_non_exhaustive()
    }
}

impl Connection {
    /// The one that writes. Its schema is the newest. Nobody else opens such a connection until this one
    /// is closed or [`Self::share`]d: whoever starts may write what is missing.
    pub(crate) fn writer(place: &PostgresPlace) -> Result<Self> {
        let (to, hearing) = (place.clone(), Hearing::default());
        let is_warned = Arc::clone(&hearing.is_warned);
        let (client, session, is_locked) = io::run(async move {
            let place = to;
            let mut client = connect_and_hear(&place, &hearing).await?;
            let is_locked = lock(&client).await?;
            if is_locked {
                migrate::migrate(&mut client, &place.shown()).await?;
                client.batch_execute(WRITES).await?;
            }
            let session = session(&client).await?;
            Ok((client, session, is_locked))
        })?;
        if !is_locked {
            return Err(StorageError::InUse(place.shown()));
        }
        let conn = Self::new(client, place, true);
        Ok(Self { session, is_warned, ..conn })
    }

    /// From now on others may write too, each in its turn.
    pub(crate) fn share(&self) -> Result<()> {
        let sql = "select pg_advisory_unlock($1, hashtext(current_schema()))";
        self.wait(self.client.query(sql, &[&LOCK]))?;
        self.is_alone.set(false);
        Ok(())
    }

    /// Connects anew, as the same node. What the old session had begun comes to its end: until it is
    /// gone it may hold the lock that the next turn waits for.
    pub(crate) fn reconnect(&mut self) -> Result<()> {
        let place = self.place.clone();
        let (pid, since) = self.session.clone();
        let hearing = Hearing::default();
        let is_warned = Arc::clone(&hearing.is_warned);
        let (client, session) = io::run(async move {
            let client = connect_and_hear(&place, &hearing).await?;
            client.batch_execute(WRITES).await?;
            // After a failover the number may be somebody else's.
            let sql = "select pg_terminate_backend(pid) from pg_stat_activity \
                where pid = $1 and backend_start::text = $2";
            client.query(sql, &[&pid, &since]).await?;
            let session = session(&client).await?;
            Ok((client, session))
        })?;
        let (node, place) = (self.node.get(), self.place.clone());
        let conn = Self::new(client, &place, false);
        conn.node.set(node);
        *self = Self { session, is_warned, ..conn };
        Ok(())
    }

    /// Whether the server can still be asked, as far as is known without asking.
    pub(crate) fn is_alive(&self) -> bool {
        !self.client.is_closed()
    }

    /// Where turns ended when the open one began; none where none is open.
    pub(super) fn tail(&self) -> Option<TailRow> {
        self.tail.get().filter(|_| self.is_open())
    }

    pub(super) fn set_tail(&self, tail: TailRow) {
        self.tail.set(Some(tail));
    }

    /// Whose turns are committed here.
    pub(crate) fn node(&self) -> Option<i64> {
        self.node.get()
    }

    pub(crate) fn set_node(&self, node: i64) {
        self.node.set(Some(node));
    }

    /// One that reads.
    pub(crate) fn reader(place: &PostgresPlace) -> Result<Self> {
        let to = place.clone();
        let client = io::run(async move {
            let place = to;
            let client = connect(&place).await?;
            migrate::check(&client, &place.shown()).await?;
            client.batch_execute("set default_transaction_read_only = on").await?;
            Ok(client)
        })?;
        Ok(Self::new(client, place, false))
    }

    /// One that reads the target of a move, which is not open to others yet.
    pub(super) fn of_target(place: &PostgresPlace) -> Result<Self> {
        let to = place.clone();
        let client = io::run(async move {
            let client = connect(&to).await?;
            client.batch_execute("set default_transaction_read_only = on").await?;
            Ok(client)
        })?;
        Ok(Self::new(client, place, false))
    }

    fn new(client: Client, place: &PostgresPlace, is_alone: bool) -> Self {
        Self {
            client: Arc::new(client),
            place: place.clone(),
            statements: RefCell::default(),
            sent: RefCell::default(),
            is_open: Cell::new(false),
            cursors: Cell::new(0),
            is_alone: Cell::new(is_alone),
            tail: Cell::new(None),
            node: Cell::new(None),
            session: (0, String::new()),
            is_warned: Arc::default(),
        }
    }

    /// Whether a transaction is open.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open.get()
    }

    /// The number of the next cursor.
    pub(super) fn next_cursor(&self) -> u64 {
        self.cursors.replace(self.cursors.get() + 1)
    }

    /// A statement, prepared once.
    pub(super) fn statement(
        &self,
        shape: Shape,
        sql: &'static str,
        kinds: impl ExactSizeIterator<Item = Kind>,
    ) -> Result<Statement> {
        if let Some(statement) = self.statements.borrow().get(&(shape, sql)) {
            return Ok(statement.clone());
        }
        let text = match shape {
            Shape::Plain => text::plain(sql),
            Shape::OfEach => text::of_each(sql, kinds.len()),
            Shape::ForAll => text::for_all(sql, kinds.len())
                .ok_or_else(|| StorageError::Engine(format!("not for many rows: {sql}")))?,
        };
        let of: fn(Kind) -> Type = match shape {
            Shape::Plain => scalar,
            Shape::OfEach | Shape::ForAll => array,
        };
        let types: Vec<_> = kinds.map(of).collect();
        let prepared = self.wait(self.client.prepare_typed(&text, &types))?;
        self.statements.borrow_mut().insert((shape, sql), prepared.clone());
        Ok(prepared)
    }

    /// A statement without parameters that is used on the spot.
    pub(super) fn prepare(&self, text: &str) -> Result<Statement> {
        self.wait(self.client.prepare(text))
    }

    /// The rows that answer a question.
    pub(crate) fn query(&self, sql: &'static str, values: &[Value<'_>]) -> Result<Vec<Row>> {
        let kinds = values.iter().map(|value| value.kind());
        let statement = self.statement(Shape::Plain, sql, kinds)?;
        self.rows(&statement, &values.iter().map(parameter).collect::<Vec<_>>())
    }

    /// The same, of a statement.
    pub(super) fn rows(
        &self,
        statement: &Statement,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>> {
        self.wait(self.client.query(statement, params))
    }

    /// Executes a statement, and says how many rows it changed.
    pub(crate) fn execute(&self, sql: &'static str, values: &[Value<'_>]) -> Result<usize> {
        let kinds = values.iter().map(|value| value.kind());
        let statement = self.statement(Shape::Plain, sql, kinds)?;
        let params: Vec<_> = values.iter().map(parameter).collect();
        let changed = self.wait(self.client.execute(&statement, &params))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    /// Sends rows to a statement without waiting for what comes of it: [`Self::flush`] does. Where
    /// `must_change` names a table, each row must change one of its rows.
    pub(super) fn send(
        &self,
        sql: &'static str,
        columns: Vec<Column>,
        rows: usize,
        must_change: Option<&'static str>,
    ) -> Result<()> {
        let kinds = columns.iter().map(Column::kind);
        let statement = self.statement(Shape::ForAll, sql, kinds)?;
        let (client, is_alone) = (Arc::clone(&self.client), self.is_alone.get());
        self.begin(Box::pin(async move {
            let params: Vec<_> = columns.iter().map(parameter).collect();
            let changed = client.execute(&statement, &params).await;
            let changed = changed.map_err(|error| meaning(error, is_alone))?;
            match must_change {
                Some(table) if usize::try_from(changed) != Ok(rows) => {
                    let what = format!("{table}: {changed} of {rows} rows are there to change");
                    Err(StorageError::Constraint(what))
                }
                Some(_) | None => Ok(()),
            }
        }));
        Ok(())
    }

    /// Sends what has no values, without waiting.
    pub(super) fn send_plain(&self, sql: &str) {
        let (client, sql) = (Arc::clone(&self.client), sql.to_owned());
        self.begin(Box::pin(async move { Ok(client.batch_execute(&sql).await?) }));
    }

    /// Sends it now; what is sent afterwards comes after it.
    fn begin(&self, mut sent: Sent) {
        let sent = match io::begin(&mut sent) {
            Some(done) => Box::pin(std::future::ready(done)),
            None => sent,
        };
        self.sent.borrow_mut().push_back(sent);
    }

    /// Waits for everything that was sent. The first error is what went wrong: those after it only say
    /// that the transaction is over.
    pub(super) fn flush(&self) -> Result<()> {
        let mut result = Ok(());
        loop {
            let next = self.sent.borrow_mut().pop_front();
            let Some(next) = next else { return result };
            result = result.and(io::wait(next));
        }
    }

    /// Waits for an answer.
    fn wait<T>(
        &self,
        answer: impl Future<Output = std::result::Result<T, tokio_postgres::Error>>,
    ) -> Result<T> {
        io::wait(answer).map_err(|error| {
            // It may have failed for what was sent before it.
            let later = meaning(error, self.is_alone.get());
            self.flush().err().unwrap_or(later)
        })
    }

    /// Executes what has no values, and waits for it.
    pub(super) fn run(&self, sql: &str) -> Result<()> {
        self.wait(self.client.batch_execute(sql))
    }

    /// Sends what begins a transaction.
    pub(super) fn open(&self, begin: &'static str) {
        self.send_plain(begin);
        self.is_open.set(true);
    }

    /// Ends the transaction with everything that was written in it. [`StorageError::Unknown`] where the
    /// server did not say clearly what became of it. That is also so where it warns: when somebody cancels a
    /// commit that waits for a standby (`pg_cancel_backend`), the answer is a success, and only a warning says
    /// that no standby has it.
    pub(super) fn commit(&self) -> Result<()> {
        self.is_open.set(false);
        self.is_warned.store(false, Ordering::SeqCst);
        io::wait(self.client.batch_execute("commit")).map_err(|error| {
            let is_refused = is_refusal(&error);
            match meaning(error, self.is_alone.get()) {
                StorageError::Engine(what) if !is_refused => StorageError::Unknown(what),
                other => other,
            }
        })?;
        if self.is_warned.load(Ordering::SeqCst) {
            let what = "the server committed with a warning: perhaps no standby has it";
            return Err(StorageError::Unknown(what.to_owned()));
        }
        Ok(())
    }

    /// Ends the transaction without what was written in it. Where none is open, nothing is done; where it
    /// fails the connection is broken, and the server does it.
    pub(crate) fn roll_back(&self) {
        drop(self.flush());
        if self.is_open.replace(false) {
            drop(self.run("rollback"));
        }
    }

    /// Begins to look at one moment, and says how others find the same.
    pub(crate) fn begin_exported(&self) -> Result<String> {
        self.open(super::moment::BEGIN);
        let rows = self.query("select pg_export_snapshot()", &[])?;
        let row = rows.first().ok_or_else(|| StorageError::Engine("no snapshot".to_owned()))?;
        Ok(row.try_get(0)?)
    }

    /// Begins to look at the same moment as another connection.
    pub(crate) fn begin_imported(&self, snapshot: &str) -> Result<()> {
        self.open(super::moment::BEGIN);
        // Its name is digits and hyphens; the server takes no parameter here.
        let name: String =
            snapshot.chars().filter(|sign| sign.is_ascii_alphanumeric() || *sign == '-').collect();
        self.run(&format!("set transaction snapshot '{name}'"))
    }

    /// What the schema has more, less or otherwise than this program made it. A connection of its own
    /// makes one to compare with, and takes it back: this one only reads.
    pub(crate) fn schema_differences(&self) -> Result<Vec<(String, &'static str)>> {
        let place = self.place.clone();
        io::run(async move { migrate::differences(&connect(&place).await?).await })
    }

    /// Closes. The server gives the lock back.
    #[expect(clippy::unnecessary_wraps, reason = "the other engine has something to say here")]
    pub(crate) fn close(self) -> Result<()> {
        self.roll_back();
        Ok(())
    }
}

/// Takes the lock of the one who starts; false where another does not give it back in time.
pub(super) async fn lock(client: &Client) -> Result<bool> {
    let sql = "select pg_advisory_lock($1, hashtext(current_schema()))";
    match client.query(sql, &[&LOCK]).await {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// What the server calls a session, so that it is found again and never mistaken.
async fn session(client: &Client) -> Result<(i32, String)> {
    let sql = "select pid, backend_start::text from pg_stat_activity where pid = pg_backend_pid()";
    let row = client.query_one(sql, &[]).await?;
    Ok((row.try_get(0)?, row.try_get::<_, Option<String>>(1)?.unwrap_or_default()))
}

/// What an error means to whoever may or may not be alone.
fn meaning(error: tokio_postgres::Error, is_alone: bool) -> StorageError {
    let is_unique = is_unique(&error);
    match error.into() {
        StorageError::Constraint(what) if is_unique && !is_alone => StorageError::Conflict(what),
        other => other,
    }
}

/// As the client wants it.
pub(super) fn parameter<P: ToSql + Sync>(value: &P) -> &(dyn ToSql + Sync) {
    value
}
