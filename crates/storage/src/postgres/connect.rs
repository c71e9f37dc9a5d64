//! Connecting: to the first server that can be written to, over a connection that is protected as it
//! was asked for, with a session whose settings are known.

use std::{
    error::Error,
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;
use tokio_postgres::{
    AsyncMessage, Client, NoTls, Socket,
    config::{Config, Host, SslMode},
    error::SqlState,
    tls::MakeTlsConnect,
};

use super::{PostgresPlace, Result, place::Protection, session, tls};
use crate::StorageError;

/// What a session is told beside the answers to what it asks.
#[derive(Debug, Clone, Default)]
pub(super) struct Hearing {
    /// Rung for whatever the session listens to, and when the connection is lost.
    pub(super) bell: Option<Arc<Notify>>,
    /// Set by every warning, before the answer of the statement that it is about is there.
    pub(super) is_warned: Arc<AtomicBool>,
}

/// A connection whose session is set up. Servers are tried in their order; each has the time of
/// `connect_timeout` for everything from TCP to the session's first answer, so that one that hangs
/// does not keep us from the next.
///
/// It spawns the connection's task, so it is called on a runtime.
pub(super) async fn connect(place: &PostgresPlace) -> Result<Client> {
    connect_and_hear(place, &Hearing::default()).await
}

/// The same, and hears what it is told beside.
pub(super) async fn connect_and_hear(place: &PostgresPlace, hearing: &Hearing) -> Result<Client> {
    let cannot = |reason: String| StorageError::Open { path: place.shown(), reason };
    let mut reasons = Vec::new();
    let hosts = place.config.get_hosts().len();
    for at in 0..hosts {
        let Some(config) = one(&place.config, at) else {
            break;
        };
        let limit = place.config.get_connect_timeout().copied().unwrap_or(Duration::from_secs(5));
        let attempt = Box::pin(attempt(place, &config, hearing));
        match tokio::time::timeout(limit, attempt).await {
            Ok(Ok(client)) => return Ok(client),
            Ok(Err(reason)) => reasons.push(named(&config, hosts, &reason)),
            Err(_) => {
                let reason = format!("no answer within {} s", limit.as_secs());
                reasons.push(named(&config, hosts, &reason));
            }
        }
    }
    Err(cannot(reasons.join("; ")))
}

/// One server.
async fn attempt(
    place: &PostgresPlace,
    config: &Config,
    hearing: &Hearing,
) -> std::result::Result<Client, String> {
    let is_socket = matches!(config.get_hosts(), [Host::Unix(_)]);
    let client = if is_socket || place.protection == Protection::Plain {
        open(config, NoTls, hearing).await?
    } else {
        open(config, tls::connector(place.protection, &place.certificates)?, hearing).await?
    };
    session::begin(&client, place).await?;
    Ok(client)
}

async fn open<T>(config: &Config, tls: T, hearing: &Hearing) -> std::result::Result<Client, String>
where
    T: MakeTlsConnect<Socket>,
    T::Stream: Send + 'static,
{
    let (client, mut connection) = config.connect(tls).await.map_err(|error| told(&error))?;
    let Hearing { bell, is_warned } = hearing.clone();
    // It ends when the client is dropped or the connection breaks; whoever waits for an answer then
    // hears of it, so that its own outcome tells nothing more.
    tokio::spawn(async move {
        while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
            match (message, &bell) {
                (AsyncMessage::Notification(_), Some(bell)) => bell.notify_one(),
                (AsyncMessage::Notice(notice), _) if *notice.code() == SqlState::WARNING => {
                    is_warned.store(true, Ordering::SeqCst);
                }
                // The library's enum is open.
                _ => {}
            }
        }
        if let Some(bell) = bell {
            bell.notify_one();
        }
    });
    Ok(client)
}

/// The same configuration with one host of several. There is no way to take a host out of one.
fn one(all: &Config, at: usize) -> Option<Config> {
    let mut config = Config::new();
    match all.get_hosts().get(at)? {
        Host::Tcp(name) => config.host(name),
        // TLS is not spoken over a socket in a folder.
        Host::Unix(folder) => config.host_path(folder).ssl_mode(SslMode::Disable),
    };
    if !matches!(config.get_hosts(), [Host::Unix(_)]) {
        config.ssl_mode(all.get_ssl_mode());
    }
    let ports = all.get_ports();
    config.port(ports.get(at).or(ports.first()).copied().unwrap_or(5432));
    if let Some(user) = all.get_user() {
        config.user(user);
    }
    if let Some(name) = all.get_dbname() {
        config.dbname(name);
    }
    if let Some(options) = all.get_options() {
        config.options(options);
    }
    if let Some(name) = all.get_application_name() {
        config.application_name(name);
    }
    if let Some(password) = all.get_password() {
        config.password(password);
    }
    if let Some(time) = all.get_connect_timeout() {
        config.connect_timeout(*time);
    }
    if let Some(time) = all.get_tcp_user_timeout() {
        config.tcp_user_timeout(*time);
    }
    config.keepalives(all.get_keepalives()).keepalives_idle(all.get_keepalives_idle());
    if let Some(interval) = all.get_keepalives_interval() {
        config.keepalives_interval(interval);
    }
    if let Some(retries) = all.get_keepalives_retries() {
        config.keepalives_retries(retries);
    }
    config
        .target_session_attrs(all.get_target_session_attrs())
        .channel_binding(all.get_channel_binding())
        .ssl_negotiation(all.get_ssl_negotiation());
    Some(config)
}

/// What is wrong with a server; which one, where there are several.
fn named(config: &Config, hosts: usize, reason: &str) -> String {
    match config.get_hosts().first() {
        Some(Host::Tcp(name)) if hosts > 1 => format!("{name}: {reason}"),
        Some(Host::Unix(folder)) if hosts > 1 => format!("{}: {reason}", folder.display()),
        Some(Host::Tcp(_) | Host::Unix(_)) | None => reason.to_owned(),
    }
}

/// An error with what is behind it: the library's own text is only its kind. None of them holds a
/// password.
pub(super) fn told(error: &tokio_postgres::Error) -> String {
    if let Some(db) = error.as_db_error() {
        return db.message().to_owned();
    }
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cluster::Server;

    use super::super::{Deadlines, PostgresPlace};

    #[tokio::test]
    async fn a_session_is_set_up_as_it_was_asked_for() {
        let deadlines = Deadlines {
            statement: Duration::from_millis(1500),
            lock: Duration::from_secs(3),
            idle_in_transaction: Duration::ZERO,
        };
        let url = format!("{}?application_name=node-7", Server::shared().url("postgres"));
        let place = PostgresPlace::new(&url).unwrap().accepting_loss().with_deadlines(deadlines);
        let client = super::connect(&place).await.unwrap();
        for (name, is) in [
            ("statement_timeout", "1500ms"),
            ("lock_timeout", "3s"),
            ("idle_in_transaction_session_timeout", "0"),
            ("idle_session_timeout", "0"),
            ("application_name", "node-7"),
            ("default_transaction_isolation", "read committed"),
            ("jit", "off"),
            ("TimeZone", "UTC"),
        ] {
            let row = client.query_one(&format!("show {name}"), &[]).await.unwrap();
            assert_eq!(row.get::<_, String>(0), is, "{name}");
        }
        let error = client.batch_execute("select pg_sleep(60)").await.unwrap_err();
        assert!(super::told(&error).contains("statement timeout"), "{error}");
    }
}
