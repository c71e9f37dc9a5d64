//! What operators type, checked: names, URLs, networks, retailers. Pure.

use std::net::IpAddr;

use domain::{
    bill::Channel,
    money::Rupiah,
    retailer::{RetailerKey, Retailers},
};
use ipnet::IpNet;

use super::AdminError;
use crate::{
    books::PAYOUT_DAYS_MAX,
    directory::Withholding,
    reach::{Forbidden, Reach},
};

/// Characters of a name.
const NAME_MAX: usize = 80;
/// Bytes of a URL.
const URL_MAX: usize = 1_024;
/// URLs of an account (contracts/midtrans.md, 1.5: the newer figure).
const URLS_MAX: usize = 3;
/// Networks of an allow list: it is searched from the front on every request.
const NETS_MAX: usize = 64;
/// Requests a second: above this a limit limits nothing.
const RATE_MAX: u32 = 1_000_000;
/// Characters of a reason.
const REASON_MAX: usize = 200;

fn bad(what: &'static str, value: &str, why: impl Into<String>) -> AdminError {
    // Long or strange values are quoted only as far as they help.
    let value = value.chars().take(100).map(|c| if c.is_control() { '?' } else { c }).collect();
    AdminError::Bad { what, value, why: why.into() }
}

/// A name for people: 1 to 80 characters, none of them a control character; white space around it
/// is dropped.
pub(super) fn name(what: &'static str, text: &str) -> Result<String, AdminError> {
    text_of(what, text, NAME_MAX)
}

/// A reason: 1 to 200 characters.
pub(super) fn reason(text: &str) -> Result<String, AdminError> {
    text_of("the reason", text, REASON_MAX)
}

fn text_of(what: &'static str, text: &str, chars_max: usize) -> Result<String, AdminError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(bad(what, text, "is empty"));
    }
    if text.chars().count() > chars_max {
        return Err(bad(what, text, format!("is longer than {chars_max} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(bad(what, text, "has control characters"));
    }
    Ok(text.to_owned())
}

/// A key, id or secret that travels in headers: 1 to 128 visible ASCII characters.
pub(super) fn token(what: &'static str, text: &str) -> Result<(), AdminError> {
    // The value itself is not quoted: it may be a secret.
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    if fits { Ok(()) } else { Err(bad(what, "…", "needs 1 to 128 visible ASCII characters")) }
}

/// A key in the form its dialect gave it: 1 byte to 16 KiB of text.
pub(super) fn key(what: &'static str, text: &str) -> Result<(), AdminError> {
    let fits = (1..=16 * 1_024).contains(&text.len());
    if fits { Ok(()) } else { Err(bad(what, "…", "is empty or longer than 16 KiB")) }
}

/// What lists hold: each given value may be several, separated by commas.
fn items(given: &[String]) -> impl Iterator<Item = &str> {
    given.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|item| !item.is_empty())
}

/// URLs that notifications may go to, as lines; `what` is what an error calls one.
pub(super) fn urls(
    what: &'static str,
    given: &[String],
    reach: &Reach,
) -> Result<String, AdminError> {
    let mut lines: Vec<&str> = Vec::new();
    for item in items(given) {
        url(what, item, reach)?;
        if lines.len() == URLS_MAX {
            return Err(bad(what, item, format!("at most {URLS_MAX} are told")));
        }
        if !lines.contains(&item) {
            lines.push(item);
        }
    }
    Ok(lines.join("\n"))
}

fn url(what: &'static str, text: &str, reach: &Reach) -> Result<(), AdminError> {
    let refuse = |why: &str| Err(bad(what, text, why));
    if text.len() > URL_MAX {
        return refuse("is longer than 1,024 bytes");
    }
    if !text.bytes().all(|b| b.is_ascii_graphic()) {
        return refuse("has characters that must be percent-encoded");
    }
    if text.contains('#') {
        return refuse("has a fragment (#…), which is never sent");
    }
    match reach.target(text) {
        Ok(_) => Ok(()),
        // A password may stand beside the name.
        Err(why @ Forbidden::UserName) => Err(bad(what, "…", why.to_string())),
        Err(why) => refuse(&why.to_string()),
    }
}

/// The channels by which payers are told: names separated by commas, `none`, or `default`, which is
/// what the environment says.
pub(super) fn channels(text: &str) -> Result<Option<Vec<String>>, AdminError> {
    match text.trim() {
        "default" => return Ok(None),
        "none" => return Ok(Some(Vec::new())),
        _ => {}
    }
    let given = [text.to_owned()];
    let mut channels = Vec::new();
    for item in items(&given) {
        let Some(channel) = Channel::named(item) else {
            let known = Channel::ALL.map(Channel::name).join(", ");
            let why = format!("is none of {known}; or say none, or default");
            return Err(bad("the channel", item, why));
        };
        channels.push(channel.name().to_owned());
    }
    if channels.is_empty() {
        return Err(bad("the channel", text, "is empty; say none, or default"));
    }
    channels.sort_unstable();
    channels.dedup();
    Ok(Some(channels))
}

/// Networks, as lines; a bare address is a network of one.
pub(super) fn nets(given: &[String]) -> Result<String, AdminError> {
    let mut nets: Vec<IpNet> = Vec::new();
    for item in items(given) {
        let net = item
            .parse::<IpNet>()
            .or_else(|_| item.parse::<IpAddr>().map(IpNet::from))
            .map_err(|_| bad("the network", item, "is not CIDR, such as 203.0.113.0/24"))?;
        if nets.len() == NETS_MAX {
            return Err(bad("the network", item, format!("at most {NETS_MAX} are allowed")));
        }
        let net = net.trunc();
        if !nets.contains(&net) {
            nets.push(net);
        }
    }
    Ok(nets.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
}

/// Retailers, separated by commas; `all` and nothing are all of them.
pub(super) fn retailers(given: &[String], known: &Retailers) -> Result<String, AdminError> {
    let mut keys: Vec<RetailerKey> = Vec::new();
    for item in items(given).filter(|item| *item != "all") {
        let key = RetailerKey::new(item).ok().filter(|key| known.get(*key).is_some());
        let Some(key) = key else {
            let names: Vec<_> = known.iter().map(|retailer| retailer.key.as_str()).collect();
            let why = format!("is no retailer; there are {}", names.join(", "));
            return Err(bad("the retailer", item, why));
        };
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys.iter().map(RetailerKey::as_str).collect::<Vec<_>>().join(","))
}

/// Requests a second.
pub(super) fn rate(rate_max: u32) -> Result<u32, AdminError> {
    if rate_max <= RATE_MAX {
        Ok(rate_max)
    } else {
        Err(bad("the rate", &rate_max.to_string(), format!("is above {RATE_MAX} a second")))
    }
}

/// Business days until money is available.
pub(super) fn payout_days(days: u8) -> Result<u8, AdminError> {
    if days <= PAYOUT_DAYS_MAX {
        Ok(days)
    } else {
        Err(bad("the payout days", &days.to_string(), format!("are more than {PAYOUT_DAYS_MAX}")))
    }
}

/// A tax that a merchant keeps back: a rate of 1 to 1,000 per-mille and a name of 1 to 80
/// characters; nothing where the rate is 0.
pub(super) fn withholding(tax: &Withholding) -> Result<Option<Withholding>, AdminError> {
    if tax.permille == 0 {
        return Ok(None);
    }
    if tax.permille > 1_000 {
        let why = "is more than 1000 per-mille, which is all";
        return Err(bad("the rate of the tax kept back", &tax.permille.to_string(), why));
    }
    let label = text_of("the name of the tax kept back", &tax.label, NAME_MAX)?;
    Ok(Some(Withholding { permille: tax.permille, label }))
}

/// What a bank calls a transfer: 1 to 80 characters.
pub(super) fn reference(text: &str) -> Result<String, AdminError> {
    text_of("the reference", text, NAME_MAX)
}

/// An amount in whole rupiah.
pub(super) fn amount(what: &'static str, rupiah: i64) -> Result<Rupiah, AdminError> {
    Rupiah::new(rupiah).map_err(|error| bad(what, &rupiah.to_string(), error.to_string()))
}

/// Hours that an old key lives beside a new one.
pub(super) fn overlap(hours: u32, hours_max: u32) -> Result<u32, AdminError> {
    if hours <= hours_max {
        Ok(hours)
    } else {
        Err(bad("the overlap", &hours.to_string(), format!("is longer than {hours_max} hours")))
    }
}

/// Settings as the row keeps them.
pub(super) fn settings<T: serde::Serialize>(settings: &T) -> Result<String, AdminError> {
    toml::to_string(settings).map_err(|error| bad("the settings", "…", error.to_string()))
}

/// Settings as the row keeps them, read back.
pub(super) fn read_settings<T: serde::de::DeserializeOwned>(
    row: &'static str,
    text: &str,
) -> Result<T, AdminError> {
    toml::from_str(text).map_err(|error| bad(row, text, error.message().to_owned()))
}
