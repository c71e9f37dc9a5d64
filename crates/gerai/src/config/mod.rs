//! What an operator may set: `config.default.toml`, a file over it, and some names of the
//! environment. Read once, checked as a whole, and handed on as plain data.

mod bill;
mod check;
mod database;
mod environment;
mod file;
mod merge;
mod period;
mod profiles;
mod refunds;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap, fmt::Display, net::SocketAddr, path::Path, path::PathBuf, sync::Arc,
    time::Duration,
};

use domain::{calendar::Calendar, code::PoolShape, retailer::Retailers, time::Span};
use gateway::{
    Environment, TaxRates,
    directory::Secret,
    reach::{Allowed, Reach},
};
use ipnet::IpNet;
use storage::Place;

pub(crate) use bill::{Api, Bill, Email, MailTls};
pub(crate) use database::Storage;
pub(crate) use environment::{MasterKey, secret_in};
pub(crate) use period::{Period, TimeOfDay};
pub(crate) use profiles::NamedProfile;
pub(crate) use refunds::RefundCodes;

/// Every setting with its default and its meaning; the manual.
pub(crate) const MANUAL: &str = include_str!("../../../../config.default.toml");

/// Everything that can be set.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where the API listens.
    pub(crate) listen: SocketAddr,
    /// Where operators look.
    pub(crate) operations: Operations,
    /// The folder of the master key, the control socket, retailers' files, and of the database where that
    /// is SQLite's.
    pub(crate) data: PathBuf,
    /// Where the master key comes from.
    pub(crate) master_key: MasterKey,
    /// How the outside reaches the gateway, without a slash at the end.
    pub(crate) public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Whether a proxy in front terminates TLS.
    pub(crate) behind_tls_proxy: bool,
    /// How many persons production asks for what is dangerous.
    pub(crate) approvals: Approvals,
    /// Whose members may give commands, beside the gateway's own user.
    pub(crate) operators_group: Option<String>,
    /// The standard rate of value added tax.
    pub(crate) tax: TaxRates,
    /// The days on which banks transfer money.
    pub(crate) calendar: Calendar,
    /// What is logged, as `tracing` filters it.
    pub(crate) log: String,
    /// What sandbox routes ask for.
    pub(crate) sandbox_token: Option<Secret>,
    /// Whether demo merchants that are made have Gerai's own events.
    pub(crate) demo_events: bool,
    /// Whether merchants without a notification URL are told at a sandbox's inbox.
    pub(crate) inbox: bool,
    /// Where that is, with `{account}` for the account's number; known when a port was taken.
    pub(crate) inbox_at: Option<String>,
    /// TLS for production.
    pub(crate) tls: Option<TlsFiles>,
    /// TLS for a sandbox, under the vendors' host names.
    pub(crate) sandbox_tls: SandboxTls,
    /// What strangers may use up.
    pub(crate) limits: Limits,
    /// The database.
    pub(crate) storage: Storage,
    /// For how long things are kept.
    pub(crate) retention: Retention,
    /// How merchants are told.
    pub(crate) notification: Notification,
    /// How payers are told.
    pub(crate) bill: Bill,
    /// Pools of payment codes, in the order of their names.
    pub(crate) pools: Vec<NamedPool>,
    /// Refund codes, and their own pool.
    pub(crate) refund_codes: RefundCodes,
    /// The retailers.
    pub(crate) retailers: Retailers,
    /// How retailers' end-of-day files look, in the order of their names.
    pub(crate) profiles: Vec<NamedProfile>,
    /// Pools that keep the sandbox's length because the file does not choose one.
    pools_unchosen: Vec<String>,
}

/// How many persons production asks for what is dangerous (rule 20).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Approvals {
    /// Whoever proposes it does it.
    One,
    /// A second one has to approve it.
    Two,
}

/// Where operators look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operations {
    /// Loopback, on the port of the environment.
    Default,
    /// Nowhere.
    Off,
    /// There.
    At(SocketAddr),
}

impl std::str::FromStr for Operations {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "default" => Ok(Self::Default),
            "off" => Ok(Self::Off),
            address => address.parse().map(Self::At).map_err(|_| {
                "it must be an address with a port, such as 127.0.0.1:9090, or off".to_owned()
            }),
        }
    }
}

/// Where the certificate and its key lie, both PEM.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    /// The certificate and its chain.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

/// How a sandbox answers in TLS under the vendors' host names.
#[derive(Debug, Clone)]
pub(crate) struct SandboxTls {
    /// Whether it does.
    pub(crate) enabled: bool,
    /// Where; none: loopback, port 8443, or a free one where the API takes a free one.
    pub(crate) listen: Option<SocketAddr>,
    /// Where the certificate of its authority is written to as well.
    pub(crate) ca_file: Option<PathBuf>,
}

/// What strangers may use up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Bytes of a body.
    pub(crate) body_max: usize,
    /// How long a body may take.
    pub(crate) body_timeout: Duration,
    /// How long a head may take, and how long an idle connection is kept.
    pub(crate) header_timeout: Duration,
    /// Connections at a time.
    pub(crate) connections_max: usize,
    /// Commands waiting in a lane.
    pub(crate) lane_room: usize,
    /// Commands in a commit.
    pub(crate) batch_max: usize,
    /// Requests a second of an account; 0: no limit.
    pub(crate) merchant_rate_max: u32,
    /// Unknown codes a minute from a terminal; 0: no limit.
    pub(crate) unknown_codes_per_minute: u32,
    /// How long requests may go on when the gateway stops.
    pub(crate) shutdown_timeout: Duration,
}

/// For how long things are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retention {
    /// Attempts of notifications.
    pub(crate) attempts: Span,
    /// Durable inquiries.
    pub(crate) inquiries: Span,
    /// Answers that are repeated to a till.
    pub(crate) sale_answers: Span,
    /// Gerai's own events.
    pub(crate) events: Span,
}

/// How merchants are told.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    /// Attempts at a time.
    pub(crate) concurrent_max: usize,
    /// Attempts at a time to one host and port.
    pub(crate) endpoint_max: usize,
    /// Attempts at a time for one merchant's account: to endpoints that answer quickly, and as many
    /// to all others.
    pub(crate) account_max: usize,
    /// How long after the first attempt retries may come, by brand, where the operator has said so.
    pub(crate) retry: BTreeMap<String, Span>,
    /// Where production may send.
    pub(crate) allowed: Arc<Allowed>,
    /// Certification authorities beside the system's.
    pub(crate) ca_file: Option<PathBuf>,
}

impl Notification {
    /// Where notifications may go: anywhere in a sandbox.
    pub(crate) fn reach(&self, environment: Environment) -> Reach {
        match environment {
            Environment::Sandbox => Reach::Everything,
            Environment::Production => Reach::Public(Arc::clone(&self.allowed)),
        }
    }
}

/// A pool of payment codes, as it is to be.
#[derive(Debug, Clone)]
pub(crate) struct NamedPool {
    /// Its name in the configuration.
    pub(crate) name: String,
    /// Its network, length and prefix.
    pub(crate) shape: PoolShape,
}

/// What is wrong with the configuration: one sentence that names the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file is not there, or not readable.
    #[error("cannot read {path}: {why}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why, in the system's words.
        why: String,
    },
    /// The file is not TOML.
    #[error("{path}, line {line}: {why}")]
    Syntax {
        /// The file.
        path: String,
        /// Where, from 1.
        line: usize,
        /// What the parser says.
        why: String,
    },
    /// Nothing is called that.
    #[error("the configuration knows no setting `{key}`")]
    Unknown {
        /// The key, in full.
        key: String,
    },
    /// The value will not do.
    #[error("the setting `{key}` is wrong: {why}")]
    Value {
        /// The key, in full.
        key: String,
        /// Why.
        why: String,
    },
}

impl ConfigError {
    /// The value of `key` will not do.
    pub(crate) fn value(key: impl Into<String>, why: impl Display) -> Self {
        Self::Value { key: key.into(), why: why.to_string() }
    }

    fn syntax(path: impl Into<String>, text: &str, error: &toml::de::Error) -> Self {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Self::Syntax { path: path.into(), line, why: error.message().replace('\n', " ") }
    }
}

impl Config {
    /// The defaults, with the settings of `file` over them and the environment's over both.
    pub(crate) fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let (path, text) = match file {
            None => (String::new(), String::new()),
            Some(file) => {
                let path = file.display().to_string();
                let text = std::fs::read_to_string(file).map_err(|error| {
                    ConfigError::Unreadable { path: path.clone(), why: error.to_string() }
                })?;
                (path, text)
            }
        };
        let mut config = Self::read(&path, &text)?;
        environment::apply(&mut config)?;
        config.storage.read_password()?;
        Ok(config)
    }

    /// The defaults, with the settings of `text` over them. `path` is what errors call it.
    pub(crate) fn read(path: &str, text: &str) -> Result<Self, ConfigError> {
        let table = |path: &str, text: &str| {
            text.parse::<toml::Table>().map_err(|error| ConfigError::syntax(path, text, &error))
        };
        let defaults = table("config.default.toml", MANUAL)?;
        let over = table(path, text)?;
        let chosen = lengths_named(&over);
        let merged = merge::lay_over(defaults, over)?;
        let file: file::File = merged.try_into().map_err(|error| typed(&error))?;
        check::check(file, &chosen)
    }

    /// The same, with rows in the PostgreSQL of this URL; `key` is what errors call it.
    pub(crate) fn with_rows_at(mut self, key: &str, url: &str) -> Result<Self, ConfigError> {
        self.storage.set_url(key, url)?;
        self.storage.read_password()?;
        Ok(self)
    }

    /// Where rows are.
    pub(crate) fn place(&self) -> Place {
        self.storage.postgres().map_or_else(|| Place::Folder(self.data.clone()), Place::Postgres)
    }

    /// The folder that goes with a place; none in memory.
    pub(crate) fn folder_of<'a>(&'a self, place: &'a Place) -> Option<&'a Path> {
        match place {
            Place::Folder(folder) => Some(folder),
            Place::Memory(_) => None,
            Place::Postgres(_) => Some(&self.data),
        }
    }

    /// Refuses what is only good enough for a sandbox.
    pub(crate) fn check_production(&self) -> Result<(), ConfigError> {
        if let Some(name) = self.pools_unchosen.first() {
            return Err(ConfigError::value(
                format!("pools.{name}.length"),
                "production has to choose it; the default is the sandbox's shape",
            ));
        }
        if self.sandbox_token.is_some() {
            return Err(ConfigError::value("sandbox_token", "production has no sandbox routes"));
        }
        if self.sandbox_tls.enabled {
            let why = "production answers under its own name only, with the certificate of [tls]";
            return Err(ConfigError::value("sandbox_tls.enabled", why));
        }
        Ok(())
    }
}

/// The names of the pools whose length a file chooses.
fn lengths_named(file: &toml::Table) -> Vec<String> {
    let Some(toml::Value::Table(pools)) = file.get("pools") else {
        return Vec::new();
    };
    let chosen = pools.iter().filter(|(_, pool)| pool.get("length").is_some());
    chosen.map(|(name, _)| name.clone()).collect()
}

/// An error of a value's type, which TOML tells in two lines.
fn typed(error: &toml::de::Error) -> ConfigError {
    let text = error.to_string();
    let key = text.lines().find_map(|line| line.strip_prefix("in `")?.strip_suffix('`'));
    ConfigError::value(key.unwrap_or("?"), error.message())
}
