//! What an operator may set: `config.default.toml`, a file over it, and three names of the
//! environment. Read once, checked as a whole, and handed on as plain data.

mod environment;
mod file;
mod merge;
mod period;

#[cfg(test)]
mod tests;

use std::{fmt::Display, net::SocketAddr, path::Path, path::PathBuf, time::Duration};

use domain::{
    code::{Pool, PoolShape, Pools},
    ids::PoolNo,
    retailer::{RetailerKey, Retailers},
    time::Span,
};
use gateway::directory::Secret;
use ipnet::IpNet;

pub(crate) use environment::MasterKey;
pub(crate) use period::{Period, TimeOfDay};

use crate::retailers;

/// Every setting with its default and its meaning; the manual.
pub(crate) const MANUAL: &str = include_str!("../../../../config.default.toml");

/// Everything that can be set.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where the API listens.
    pub(crate) listen: SocketAddr,
    /// Where operators look.
    pub(crate) operations: Operations,
    /// The folder of the database, the master key and the control socket.
    pub(crate) data: PathBuf,
    /// Where the master key comes from.
    pub(crate) master_key: MasterKey,
    /// How the outside reaches the gateway, without a slash at the end.
    pub(crate) public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub(crate) trusted_proxies: Vec<IpNet>,
    /// Whether a proxy in front terminates TLS.
    pub(crate) behind_tls_proxy: bool,
    /// What is logged, as `tracing` filters it.
    pub(crate) log: String,
    /// What sandbox routes ask for.
    pub(crate) sandbox_token: Option<Secret>,
    /// TLS for production.
    pub(crate) tls: Option<TlsFiles>,
    /// What strangers may use up.
    pub(crate) limits: Limits,
    /// The database.
    pub(crate) storage: Storage,
    /// For how long things are kept.
    pub(crate) retention: Retention,
    /// How merchants are told.
    pub(crate) notification: Notification,
    /// Pools of payment codes, in the order of their names.
    pub(crate) pools: Vec<NamedPool>,
    /// The retailers.
    pub(crate) retailers: Retailers,
    /// Pools that keep the sandbox's length because the file does not choose one.
    pools_unchosen: Vec<String>,
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

/// The database.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Storage {
    /// Connections kept open for reading.
    pub(crate) readers_max: usize,
    /// Whether open payments are kept in memory.
    pub(crate) cache_open: bool,
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
}

/// How merchants are told.
#[derive(Debug, Clone)]
pub(crate) struct Notification {
    /// Attempts at a time.
    pub(crate) concurrent_max: usize,
    /// Attempts at a time to one host and port.
    pub(crate) endpoint_max: usize,
    /// Whether production may send to private addresses.
    pub(crate) allow_private: bool,
    /// Certification authorities instead of the system's.
    pub(crate) ca_file: Option<PathBuf>,
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
        Self::check(file, &chosen)
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
        Ok(())
    }

    fn check(file: file::File, chosen: &[String]) -> Result<Self, ConfigError> {
        let retailers = retailers::read(file.retailer)?;
        let pools = pools(file.pools, &retailers)?;
        let pools_unchosen = pools.iter().map(|pool| pool.name.clone());
        let pools_unchosen = pools_unchosen.filter(|name| !chosen.contains(name)).collect();
        let sale_answers = file.retention.sale_answers.span();
        if sale_answers < Span::days(400) {
            return Err(ConfigError::value("retention.sale_answers", "it must be 400d or longer"));
        }
        Ok(Self {
            listen: address("listen", &file.listen)?,
            operations: file
                .operations
                .parse()
                .map_err(|why: String| ConfigError::value("operations", why))?,
            data: given("data", file.data)?,
            master_key: MasterKey::File(path(file.master_key_file)),
            public_url: public_url(&file.public_url)?,
            trusted_proxies: networks("trusted_proxies", &file.trusted_proxies)?,
            behind_tls_proxy: file.behind_tls_proxy,
            log: file.log,
            sandbox_token: token(file.sandbox_token)?,
            tls: tls(file.tls)?,
            limits: limits(&file.limits)?,
            storage: Storage {
                readers_max: between("storage.readers_max", file.storage.readers_max, 1, 256)?,
                cache_open: file.storage.cache_open,
            },
            retention: Retention {
                attempts: file.retention.attempts.span(),
                inquiries: file.retention.inquiries.span(),
                sale_answers,
            },
            notification: notification(file.notification)?,
            pools,
            retailers,
            pools_unchosen,
        })
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

fn limits(file: &file::Limits) -> Result<Limits, ConfigError> {
    Ok(Limits {
        body_max: between("limits.body_max", file.body_max, 1_024, 16 * 1_024 * 1_024)?,
        body_timeout: some_time("limits.body_timeout", file.body_timeout)?,
        header_timeout: some_time("limits.header_timeout", file.header_timeout)?,
        connections_max: between("limits.connections_max", file.connections_max, 1, 1_000_000)?,
        lane_room: between("limits.lane_room", file.lane_room, 1, 1_000_000)?,
        batch_max: between("limits.batch_max", file.batch_max, 1, 65_536)?,
        merchant_rate_max: file.merchant_rate_max,
        unknown_codes_per_minute: file.unknown_codes_per_minute,
        shutdown_timeout: file.shutdown_timeout.duration(),
    })
}

fn notification(file: file::Notification) -> Result<Notification, ConfigError> {
    let at_least_one = |key, number| between(key, number, 1, 65_536);
    Ok(Notification {
        concurrent_max: at_least_one("notification.concurrent_max", file.concurrent_max)?,
        endpoint_max: at_least_one("notification.endpoint_max", file.endpoint_max)?,
        allow_private: file.allow_private,
        ca_file: path(file.ca_file),
    })
}

/// The pools, if each is possible, none overlaps another and every retailer has one.
fn pools(
    file: std::collections::BTreeMap<String, file::Pool>,
    retailers: &Retailers,
) -> Result<Vec<NamedPool>, ConfigError> {
    let mut named = Vec::new();
    let mut keyed: Vec<Pool> = Vec::new();
    for (name, pool) in file {
        let at = |setting: &str| format!("pools.{name}{setting}");
        let network = RetailerKey::new(&pool.network)
            .map_err(|error| ConfigError::value(at(".network"), error))?;
        let shape =
            PoolShape { network, length: pool.length, prefix: pool.prefix, shards: pool.shards };
        let no = PoolNo::new(i64::try_from(keyed.len()).unwrap_or(i64::MAX).saturating_add(1));
        // Only the shape is looked at here, so any key will do.
        let probe = Pool::new(no, shape.clone(), &[0; 32])
            .map_err(|error| ConfigError::value(at(""), error))?;
        keyed.push(probe);
        Pools::new(keyed.clone()).map_err(|error| ConfigError::value(at(".prefix"), error))?;
        named.push(NamedPool { name, shape });
    }
    for retailer in retailers.iter() {
        if !named.iter().any(|pool| pool.shape.network == retailer.network) {
            let why = format!("no pool is for the network `{}`", retailer.network);
            return Err(ConfigError::value(format!("retailer.{}.network", retailer.key), why));
        }
    }
    Ok(named)
}

fn address(key: &str, text: &str) -> Result<SocketAddr, ConfigError> {
    let why = "it must be an address with a port, such as 127.0.0.1:8080 or [::1]:8080";
    text.parse().map_err(|_| ConfigError::value(key, why))
}

fn networks(key: &str, texts: &[String]) -> Result<Vec<IpNet>, ConfigError> {
    let read = |text: &String| {
        let single = || text.parse::<std::net::IpAddr>().map(IpNet::from).ok();
        text.parse().ok().or_else(single).ok_or_else(|| {
            ConfigError::value(key, format!("`{text}` is no network, such as 10.0.0.0/8"))
        })
    };
    texts.iter().map(read).collect()
}

fn public_url(text: &str) -> Result<Option<String>, ConfigError> {
    if text.is_empty() {
        return Ok(None);
    }
    let url: Option<http::Uri> = text.parse().ok();
    let good = url.is_some_and(|url| {
        matches!(url.scheme_str(), Some("http" | "https")) && url.host().is_some()
    });
    if !good || text.ends_with('/') {
        let why = "it must be a URL without a slash at the end, such as https://pay.example.co.id";
        return Err(ConfigError::value("public_url", why));
    }
    Ok(Some(text.to_owned()))
}

fn token(text: String) -> Result<Option<Secret>, ConfigError> {
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() < 8 || !text.bytes().all(|b| b.is_ascii_graphic()) {
        let why = "it must have at least 8 visible ASCII characters";
        return Err(ConfigError::value("sandbox_token", why));
    }
    Ok(Some(Secret::new(text)))
}

fn tls(file: file::Tls) -> Result<Option<TlsFiles>, ConfigError> {
    match (path(file.certificate), path(file.key)) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(TlsFiles { certificate, key })),
        (Some(_), None) => Err(ConfigError::value("tls.key", "tls.certificate needs it")),
        (None, Some(_)) => Err(ConfigError::value("tls.certificate", "tls.key needs it")),
    }
}

fn path(text: String) -> Option<PathBuf> {
    (!text.is_empty()).then(|| PathBuf::from(text))
}

fn given(key: &str, text: String) -> Result<PathBuf, ConfigError> {
    path(text).ok_or_else(|| ConfigError::value(key, "it must not be empty"))
}

fn some_time(key: &str, period: Period) -> Result<Duration, ConfigError> {
    let duration = period.duration();
    if duration.is_zero() {
        return Err(ConfigError::value(key, "it must be longer than nothing"));
    }
    Ok(duration)
}

fn between(key: &str, number: usize, min: usize, max: usize) -> Result<usize, ConfigError> {
    if (min..=max).contains(&number) {
        return Ok(number);
    }
    Err(ConfigError::value(key, format!("it must be from {min} to {max}")))
}
