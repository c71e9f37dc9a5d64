//! Which endpoint a path means, and the payment it names.

use crate::fault::Fault;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `POST /api/retail` (section 2).
    Retail,
    /// `GET /api/check/{id}` (section 3.1).
    Check,
    /// `GET /api/transactions` (section 3.2).
    Transactions,
    /// `GET /api/balance` (section 3.3).
    Balance,
    /// What the platform opens to selected merchants only, or for other kinds of payment (sections
    /// 3.4 and 7). Nobody may use it here.
    Restricted,
}

impl Endpoint {
    /// Its name in figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Retail => "retail",
            Self::Check => "check",
            Self::Transactions => "transactions",
            Self::Balance => "balance",
            Self::Restricted => "restricted",
        }
    }

    /// Its method, which is what a signature goes by, too.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Retail | Self::Restricted => "POST",
            Self::Check | Self::Transactions | Self::Balance => "GET",
        }
    }
}

/// An endpoint, and what its path names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Which.
    pub(crate) endpoint: Endpoint,
    /// What stands after `check/`. None where it cannot name a payment.
    pub(crate) id: Option<String>,
}

/// What may stand alone after `/api/`, with or without a slash behind it.
pub(crate) const NAMES: [&str; 11] = [
    "retail",
    "check",
    "transactions",
    "balance",
    "projects",
    "virtual-account",
    "qris",
    "e-wallet",
    "credit-card",
    "disburse",
    "account-inquiry",
];

/// Longer than any id.
const ID_MAX: usize = 255;

/// Takes a path apart. One slash at its end means nothing.
pub(crate) fn read(path: &str) -> Option<Target> {
    let rest = path.strip_prefix("/api/")?;
    if let Some(id) = rest.strip_prefix("check/") {
        return Some(Target { endpoint: Endpoint::Check, id: decode(id) });
    }
    let name = rest.strip_suffix('/').unwrap_or(rest);
    let endpoint = match name {
        "retail" => Endpoint::Retail,
        "check" => Endpoint::Check,
        "transactions" => Endpoint::Transactions,
        "balance" => Endpoint::Balance,
        _ if NAMES.contains(&name) => Endpoint::Restricted,
        _ => return None,
    };
    Some(Target { endpoint, id: None })
}

/// The same, with the method checked.
pub(crate) fn ask(method: &str, target: Option<Target>) -> Result<Target, Fault> {
    let target = target.ok_or(Fault::UnknownPath)?;
    let allowed = target.endpoint.method();
    if method == allowed { Ok(target) } else { Err(Fault::WrongMethod { allowed }) }
}

fn decode(id: &str) -> Option<String> {
    let id = percent_decoded(id.as_bytes(), |byte| byte)?;
    (1..=ID_MAX).contains(&id.len()).then_some(id)
}

/// `bytes` with percent signs decoded and every other byte passed through `plain`. None for a broken
/// escape, or for what is not UTF-8.
pub(crate) fn percent_decoded(bytes: &[u8], plain: fn(u8) -> u8) -> Option<String> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut bytes = bytes.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut value = [0];
            hex::decode_to_slice([bytes.next()?, bytes.next()?], &mut value).ok()?;
            decoded.extend(value);
        } else {
            decoded.push(plain(byte));
        }
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(endpoint: Endpoint) -> Target {
        Target { endpoint, id: None }
    }

    #[test]
    fn paths_name_endpoints() {
        assert_eq!(read("/api/retail"), Some(target(Endpoint::Retail)));
        assert_eq!(read("/api/retail/"), Some(target(Endpoint::Retail)));
        assert_eq!(read("/api/balance"), Some(target(Endpoint::Balance)));
        assert_eq!(read("/api/transactions"), Some(target(Endpoint::Transactions)));
        assert_eq!(read("/api/projects"), Some(target(Endpoint::Restricted)));
        for path in ["/api", "/api/", "/api//retail", "/api/Retail", "/api/retail/x", "/retail"] {
            assert_eq!(read(path), None, "{path}");
        }
    }

    #[test]
    fn whatever_follows_check_may_be_a_name() {
        let names = |path| read(path).and_then(|target| target.id);
        assert_eq!(names("/api/check/REFF012").as_deref(), Some("REFF012"));
        assert_eq!(names("/api/check/INV%2F1/2%20+").as_deref(), Some("INV/1/2 +"));
        assert_eq!(names("/api/check/%C3%a9").as_deref(), Some("é"));
        for path in ["/api/check", "/api/check/", "/api/check/%", "/api/check/%f", "/api/check/%ff"]
        {
            assert_eq!(read(path), Some(target(Endpoint::Check)), "{path}");
        }
        assert_eq!(names(&format!("/api/check/{}", "x".repeat(256))), None);
    }

    #[test]
    fn every_endpoint_has_one_method() {
        let balance = || read("/api/balance");
        assert_eq!(ask("GET", balance()).ok(), balance());
        assert_eq!(ask("POST", balance()), Err(Fault::WrongMethod { allowed: "GET" }));
        assert_eq!(ask("HEAD", balance()), Err(Fault::WrongMethod { allowed: "GET" }));
        assert_eq!(ask("GET", None), Err(Fault::UnknownPath));
    }
}
