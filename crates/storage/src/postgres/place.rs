//! Where a PostgreSQL is, and how it may be spoken to.

use std::{fmt, net::IpAddr, path::PathBuf, time::Duration};

use tokio_postgres::config::{Config, Host, LoadBalanceHosts, SslMode, TargetSessionAttrs};

use super::{Result, url};
use crate::StorageError;

/// How long a TCP connection, with TLS and authentication, may take to one server.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long what was sent may stay unacknowledged.
const TCP_USER_TIMEOUT: Duration = Duration::from_secs(15);
/// After how long a silent connection is asked whether it lives, and how often.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// What the server's list of connections calls us.
const APPLICATION: &str = "gerai";

/// How long the server works for us before it gives up. Zero: no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// One statement.
    pub statement: Duration,
    /// Waiting for another transaction's lock.
    pub lock: Duration,
    /// A transaction in which nothing happens, so that a node that hangs lets go of its rows.
    pub idle_in_transaction: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            statement: Duration::from_mins(1),
            lock: Duration::from_secs(10),
            idle_in_transaction: Duration::from_secs(30),
        }
    }
}

/// How a connection is protected on its way, after libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protection {
    /// `disable`: not at all.
    Plain,
    /// `prefer`: from listeners, where the server can.
    Preferred,
    /// `require`: from listeners, but not from somebody who pretends to be the server.
    Encrypted,
    /// `verify-ca`: the certificate is of an authority that is trusted.
    Authority,
    /// `verify-full`: and it is for the server's name.
    Named,
}

/// Which certificates count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Certificates {
    /// Who may vouch for the server, PEM; none: whom the system trusts.
    pub(super) authorities: Option<PathBuf>,
    /// Who we are, where the server asks: certificate and key, PEM.
    pub(super) ours: Option<(PathBuf, PathBuf)>,
}

/// A database of a PostgreSQL server, or of several of which one may be written to.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresPlace {
    /// As `tokio-postgres` reads it, with every host.
    pub(super) config: Box<Config>,
    pub(super) protection: Protection,
    pub(super) certificates: Certificates,
    /// The schema that holds the tables; none for the first of the user's search path.
    pub(super) schema: Option<String>,
    pub(super) deadlines: Deadlines,
    /// Whether the operator insists on a server that may forget what it has confirmed.
    pub(super) accepts_loss: bool,
}

impl PostgresPlace {
    /// From a URL as libpq reads it: `postgres://user:password@one,two:5433/db?sslmode=verify-full`.
    ///
    /// What is not said is safe: TLS with a certificate for the server's name, except for a server on
    /// this machine; a server that may be written to; five seconds to connect.
    pub fn new(url: &str) -> Result<Self> {
        let wrong = |reason: String| StorageError::Open { path: "postgres".to_owned(), reason };
        let url::Parts { rest, ssl } = url::split(url).map_err(wrong)?;
        let mut config: Config =
            rest.parse().map_err(|error| wrong(super::connect::told(&error)))?;
        check(&config).map_err(wrong)?;
        let is_near = config.get_hosts().iter().all(is_on_this_machine);
        let (protection, certificates) = ssl.protection(is_near).map_err(wrong)?;
        with_defaults(&mut config, url::says(&rest, "target_session_attrs"));
        config.ssl_mode(match protection {
            Protection::Plain => SslMode::Disable,
            Protection::Preferred => SslMode::Prefer,
            Protection::Encrypted | Protection::Authority | Protection::Named => SslMode::Require,
        });
        Ok(Self {
            config: Box::new(config),
            protection,
            certificates,
            schema: None,
            deadlines: Deadlines::default(),
            accepts_loss: false,
        })
    }

    /// The same database, with the tables in this schema.
    #[must_use]
    pub fn with_schema(self, schema: &str) -> Self {
        Self { schema: Some(schema.to_owned()), ..self }
    }

    /// The same, with a password that stands beside the URL.
    #[must_use]
    pub fn with_password(mut self, password: &str) -> Self {
        self.config.password(password);
        self
    }

    /// Whether a password is known.
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// The same, where the server works for us as long as this.
    #[must_use]
    pub fn with_deadlines(self, deadlines: Deadlines) -> Self {
        Self { deadlines, ..self }
    }

    /// The same, where the operator insists on a server that confirms what it may still lose.
    #[must_use]
    pub fn accepting_loss(self) -> Self {
        Self { accepts_loss: true, ..self }
    }

    /// What errors call it: user, servers and database, and never the password.
    pub fn shown(&self) -> String {
        let user = self.config.get_user().map(|user| format!("{user}@")).unwrap_or_default();
        let ports = self.config.get_ports();
        let hosts = self.config.get_hosts().iter().enumerate().map(|(at, host)| {
            let port = ports.get(at).or(ports.first()).filter(|port| **port != 5432);
            let port = port.map(|port| format!(":{port}")).unwrap_or_default();
            match host {
                Host::Tcp(name) if name.contains(':') => format!("[{name}]{port}"),
                Host::Tcp(name) => format!("{name}{port}"),
                Host::Unix(folder) => format!("{}{port}", folder.display()),
            }
        });
        let hosts = hosts.collect::<Vec<_>>().join(",");
        let name = self.config.get_dbname().or(self.config.get_user()).unwrap_or_default();
        format!("postgres://{user}{hosts}/{name}")
    }
}

impl fmt::Debug for PostgresPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresPlace").field(&self.shown()).finish()
    }
}

/// Refuses what would surprise later.
fn check(config: &Config) -> std::result::Result<(), String> {
    let hosts = config.get_hosts();
    if hosts.is_empty() {
        return Err("it names no server: postgres://user@server/database".to_owned());
    }
    // What an unencoded password leaves behind would otherwise be shown as a part of the host.
    let is_odd = |host: &Host| match host {
        Host::Tcp(name) => name.contains(['@', ':', ' ']) && name.parse::<IpAddr>().is_err(),
        Host::Unix(_) => false,
    };
    if hosts.iter().any(is_odd) {
        return Err(
            "`@`, `:` and `/` in a user's name or password are written as %40, %3A and %2F"
                .to_owned(),
        );
    }
    if !config.get_hostaddrs().is_empty() {
        return Err("`hostaddr` is not known; name the servers".to_owned());
    }
    if config.get_load_balance_hosts() != LoadBalanceHosts::Disable {
        return Err(
            "`load_balance_hosts` is not known; servers are tried in their order".to_owned()
        );
    }
    let ports = config.get_ports().len();
    if ports > 1 && ports != hosts.len() {
        return Err(format!("{} servers but {ports} ports", hosts.len()));
    }
    Ok(())
}

/// A socket in a folder, or loopback: nobody is in between.
fn is_on_this_machine(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
        }
    }
}

/// What is not said.
fn with_defaults(config: &mut Config, says_session: bool) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(TCP_USER_TIMEOUT);
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_idle(KEEPALIVE).keepalives_interval(KEEPALIVE).keepalives_retries(3);
    }
    if config.get_application_name().is_none() {
        config.application_name(APPLICATION);
    }
    if !says_session {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> PostgresPlace {
        PostgresPlace::new(url).unwrap()
    }

    #[test]
    fn what_is_not_said_is_safe() {
        for (url, protection) in [
            ("postgres://db.example/gerai", Protection::Named),
            ("postgres://10.0.0.3/gerai", Protection::Named),
            ("postgres://localhost/gerai", Protection::Preferred),
            ("postgres://[::1]/gerai", Protection::Preferred),
            ("postgres://%2Frun%2Fpostgresql/gerai", Protection::Preferred),
            // One that is far makes all of them far.
            ("postgres://localhost,db.example/gerai", Protection::Named),
            ("postgres://db.example/gerai?sslmode=disable", Protection::Plain),
            ("postgres://db.example/gerai?sslmode=prefer", Protection::Preferred),
            ("postgres://db.example/gerai?sslmode=require", Protection::Encrypted),
            // As libpq has it: whoever names authorities wants them asked.
            (
                "postgres://db.example/gerai?sslmode=require&sslrootcert=a.pem",
                Protection::Authority,
            ),
            ("postgres://localhost/gerai?sslrootcert=a.pem", Protection::Named),
            ("postgres://db.example/g?sslrootcert=a.pem&sslmode=verify-ca", Protection::Authority),
            ("postgres://localhost/gerai?sslmode=verify-full", Protection::Named),
        ] {
            assert_eq!(place(url).protection, protection, "{url}");
        }
        let place = place("postgres://db.example/gerai");
        assert_eq!(place.config.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        assert_eq!(place.config.get_application_name(), Some("gerai"));
        assert_eq!(place.config.get_connect_timeout(), Some(&CONNECT_TIMEOUT));
        assert_eq!(place.config.get_tcp_user_timeout(), Some(&TCP_USER_TIMEOUT));
    }

    #[test]
    fn what_is_said_holds() {
        let place = place(
            "postgresql://u:s%40crt@a:5433,b/db?target_session_attrs=any&connect_timeout=2\
             &application_name=node-1&tcp_user_timeout=3&sslcert=c.pem&sslkey=k%2Bk.pem",
        );
        assert_eq!(place.config.get_target_session_attrs(), TargetSessionAttrs::Any);
        assert_eq!(place.config.get_connect_timeout(), Some(&Duration::from_secs(2)));
        assert_eq!(place.config.get_application_name(), Some("node-1"));
        assert_eq!(place.config.get_password(), Some(&b"s@crt"[..]));
        assert_eq!(place.certificates.ours, Some(("c.pem".into(), "k+k.pem".into())));
        assert!(place.has_password());
    }

    #[test]
    fn a_password_is_never_shown() {
        let place = place("postgres://gerai:hush@one,two:5433/money?sslmode=disable");
        assert_eq!(place.shown(), "postgres://gerai@one,two:5433/money");
        assert_eq!(format!("{place:?}"), "PostgresPlace(\"postgres://gerai@one,two:5433/money\")");
        let beside = PostgresPlace::new("postgres://gerai@one/money").unwrap();
        assert!(!beside.has_password());
        assert!(!format!("{:?}", beside.with_password("hush")).contains("hush"));
    }

    #[test]
    fn wrong_urls_are_told_without_their_secrets() {
        for (url, why) in [
            ("mysql://u:hush@h/db", "postgres://"),
            ("postgres:///db", "no server"),
            ("postgres://u:hu@sh@h/db", "%40"),
            ("postgres://u:hush@h/db?sslmode=allow", "sslmode"),
            ("postgres://u:hush@h/db?sslmode=verify-ca", "sslrootcert"),
            ("postgres://u:hush@h/db?sslcert=c.pem", "sslkey"),
            ("postgres://u:hush@h/db?sslmode=disable&sslrootcert=a.pem", "sslrootcert"),
            ("postgres://u:hush@h/db?colour=red", "unknown option `colour`"),
            ("postgres://u:hush@h/db?colour", "colour"),
            ("postgres://u:hush@h:x/db", "port"),
            ("postgres://u:hush@h/db?target_session_attrs=some", "target_session_attrs"),
            ("postgres://u:hush@h/db?load_balance_hosts=random", "load_balance_hosts"),
            ("postgres://u:hush@h/db?hostaddr=10.0.0.1", "hostaddr"),
            ("postgres://u:hush@h/db?sslrootcert=%zz", "sslrootcert"),
        ] {
            let error = PostgresPlace::new(url).unwrap_err().to_string();
            assert!(error.contains(why), "{url}: {error}");
            assert!(!error.contains("hush"), "{url}: {error}");
        }
    }
}
