//! From what is written to what is meant: every value is looked at, and errors name its key.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use domain::{
    calendar::Calendar,
    code::{Pool, PoolShape, Pools},
    ids::PoolNo,
    retailer::{RetailerKey, Retailers},
    time::{BusinessDate, Span},
};
use gateway::{
    TaxRates,
    directory::Secret,
    reach::{Allowed, Ports},
};
use ipnet::IpNet;

use super::{
    Approvals, Config, ConfigError, Limits, MasterKey, NamedPool, Notification, Period, Retention,
    SandboxTls, TlsFiles, bill, database, file, profiles, refunds,
};
use crate::retailers;

/// The configuration of this file, if everything in it makes sense. `chosen` names the pools whose
/// length somebody chose.
pub(super) fn check(file: file::File, chosen: &[String]) -> Result<Config, ConfigError> {
    let retailers = retailers::read(file.retailer)?;
    let pools = pools(file.pools, &retailers)?;
    let refund_codes = refunds::check(&file.refund_codes, &pools, &retailers)?;
    let pools_unchosen = pools.iter().map(|pool| pool.name.clone());
    let pools_unchosen = pools_unchosen.filter(|name| !chosen.contains(name)).collect();
    let sale_answers = file.retention.sale_answers.span();
    if sale_answers < Span::days(400) {
        return Err(ConfigError::value("retention.sale_answers", "it must be 400d or longer"));
    }
    let events = file.retention.events.span();
    if events < Span::days(7) {
        return Err(ConfigError::value("retention.events", "it must be 7d or longer"));
    }
    let profiles = profiles::read(file.reconcile, &retailers)?;
    Ok(Config {
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
        approvals: approvals(&file.approvals)?,
        operators_group: (!file.operators_group.is_empty()).then_some(file.operators_group),
        tax: tax_rates(&file.tax_rates)?,
        calendar: calendar(&file.holidays)?,
        log: file.log,
        sandbox_token: token(file.sandbox_token)?,
        demo_events: file.demo_events,
        inbox: file.inbox,
        inbox_at: None,
        tls: tls(file.tls)?,
        sandbox_tls: sandbox_tls(file.sandbox_tls)?,
        limits: limits(&file.limits)?,
        storage: database::check(file.storage)?,
        retention: Retention {
            attempts: file.retention.attempts.span(),
            inquiries: file.retention.inquiries.span(),
            sale_answers,
            events,
        },
        notification: notification(file.notification)?,
        bill: bill::check(file.bill)?,
        pools,
        refund_codes,
        retailers,
        profiles,
        pools_unchosen,
    })
}

fn approvals(text: &str) -> Result<Approvals, ConfigError> {
    match text {
        "one" => Ok(Approvals::One),
        "two" => Ok(Approvals::Two),
        _ => Err(ConfigError::value("approvals", "it must be \"one\" or \"two\"")),
    }
}

fn tax_rates(file: &[file::TaxRate]) -> Result<TaxRates, ConfigError> {
    let read = |rate: &file::TaxRate| {
        let from = BusinessDate::parse(&rate.from).ok_or_else(|| {
            let why = format!("`{}` is no day; days are written 2026-11-21", rate.from);
            ConfigError::value("tax_rates", why)
        })?;
        if rate.per_mille > 1_000 {
            return Err(ConfigError::value("tax_rates", "a rate is 0 to 1000 per mille"));
        }
        Ok((from, rate.per_mille))
    };
    Ok(TaxRates::new(file.iter().map(read).collect::<Result<_, _>>()?))
}

fn calendar(holidays: &[String]) -> Result<Calendar, ConfigError> {
    let read = |text: &String| {
        let why = || format!("`{text}` is no day; days are written 2026-12-25");
        BusinessDate::parse(text).ok_or_else(|| ConfigError::value("holidays", why()))
    };
    Ok(Calendar::new(holidays.iter().map(read).collect::<Result<Vec<_>, _>>()?))
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
        account_max: at_least_one("notification.account_max", file.account_max)?,
        retry: file
            .retry
            .into_iter()
            .map(|(brand, retry)| (brand, retry.lasts.span()))
            .filter(|(_, lasts)| !lasts.is_zero())
            .collect(),
        allowed: Arc::new(Allowed {
            networks: networks("notification.allow", &file.allow)?,
            ports: Ports::read(file.ports.iter().map(String::as_str))
                .map_err(|error| ConfigError::value("notification.ports", error))?,
        }),
        ca_file: path(file.ca_file),
    })
}

/// The pools, if each is possible, none overlaps another and every retailer has one.
fn pools(
    file: BTreeMap<String, file::Pool>,
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
        let single = || text.parse::<IpAddr>().map(IpNet::from).ok();
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

fn sandbox_tls(file: file::SandboxTls) -> Result<SandboxTls, ConfigError> {
    let listen = match file.listen.as_str() {
        "default" => None,
        text => Some(address("sandbox_tls.listen", text)?),
    };
    Ok(SandboxTls { enabled: file.enabled, listen, ca_file: path(file.ca_file) })
}

pub(super) fn path(text: String) -> Option<PathBuf> {
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

pub(super) fn between(
    key: &str,
    number: usize,
    min: usize,
    max: usize,
) -> Result<usize, ConfigError> {
    if (min..=max).contains(&number) {
        return Ok(number);
    }
    Err(ConfigError::value(key, format!("it must be from {min} to {max}")))
}
