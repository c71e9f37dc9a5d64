//! Which endpoint a request is for (sections 4.1 and 7.1).
//!
//! The official clients put ids into paths as they are, so the raw path is taken apart here: the id
//! is whatever stands between `/v2/` and a known ending. Only percent signs mean something in it; a
//! plus is a plus (section 2.2).

use crate::fault::Fault;

/// The most bytes of an id that is looked for. No order id is longer.
const ID_MAX: usize = 255;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// `POST /v2/charge`.
    Charge,
    /// `POST /v2/capture`.
    Capture,
    /// `GET /v2/{id}/status`.
    Status,
    /// `GET /v2/{id}/status/b2b`.
    StatusB2b,
    /// `POST /v2/{id}/cancel`.
    Cancel,
    /// `POST /v2/{id}/expire`.
    Expire,
    /// `POST /v2/{id}/approve`.
    Approve,
    /// `POST /v2/{id}/deny`.
    Deny,
    /// `POST /v2/{id}/refund`.
    Refund,
    /// `POST /v2/{id}/refund/online/direct`.
    RefundDirect,
}

impl Endpoint {
    /// Its path without the id, for figures.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Charge => "/v2/charge",
            Self::Capture => "/v2/capture",
            Self::Status => "/v2/{id}/status",
            Self::StatusB2b => "/v2/{id}/status/b2b",
            Self::Cancel => "/v2/{id}/cancel",
            Self::Expire => "/v2/{id}/expire",
            Self::Approve => "/v2/{id}/approve",
            Self::Deny => "/v2/{id}/deny",
            Self::Refund => "/v2/{id}/refund",
            Self::RefundDirect => "/v2/{id}/refund/online/direct",
        }
    }
}

/// Endings behind an id, longer ones before those they end with.
const ENDINGS: [(&str, Endpoint); 8] = [
    ("/status/b2b", Endpoint::StatusB2b),
    ("/status", Endpoint::Status),
    ("/cancel", Endpoint::Cancel),
    ("/expire", Endpoint::Expire),
    ("/approve", Endpoint::Approve),
    ("/deny", Endpoint::Deny),
    ("/refund/online/direct", Endpoint::RefundDirect),
    ("/refund", Endpoint::Refund),
];

impl Endpoint {
    /// Its only method.
    const fn method(self) -> &'static str {
        match self {
            Self::Status | Self::StatusB2b => "GET",
            Self::Charge
            | Self::Capture
            | Self::Cancel
            | Self::Expire
            | Self::Approve
            | Self::Deny
            | Self::Refund
            | Self::RefundDirect => "POST",
        }
    }
}

/// What a request is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Which endpoint.
    pub(crate) endpoint: Endpoint,
    /// The order id or transaction id in the path. None where there is none, or what stands there
    /// cannot name a payment: empty, too long, or not text.
    pub(crate) id: Option<String>,
}

/// Reads method and raw path.
pub(crate) fn read(method: &str, path: &str) -> Result<Target, Fault> {
    let rest = path.strip_prefix("/v2/").ok_or(Fault::UnknownPath)?;
    let target = match rest {
        "charge" => Target { endpoint: Endpoint::Charge, id: None },
        "capture" => Target { endpoint: Endpoint::Capture, id: None },
        _ => {
            let with_id = |(ending, endpoint): &(&str, Endpoint)| {
                let id = rest.strip_suffix(ending)?;
                Some(Target { endpoint: *endpoint, id: decode(id) })
            };
            ENDINGS.iter().find_map(with_id).ok_or(Fault::UnknownPath)?
        }
    };
    let allowed = target.endpoint.method();
    if method == allowed { Ok(target) } else { Err(Fault::WrongMethod { allowed }) }
}

/// Undoes percent-encoding; none where the result cannot name a payment.
fn decode(raw: &str) -> Option<String> {
    if raw.len() > 3 * ID_MAX {
        return None;
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let high = char::from(rest.next()?).to_digit(16)?;
            let low = char::from(rest.next()?).to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    let fits = (1..=ID_MAX).contains(&bytes.len());
    String::from_utf8(bytes).ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(path: &str) -> Option<String> {
        read("GET", path).unwrap().id
    }

    #[test]
    fn ids_are_taken_as_clients_send_them() {
        let path = "/v2/2016-10-20%2012:39:16%20+0700/status";
        assert_eq!(id(path).as_deref(), Some("2016-10-20 12:39:16 +0700"));
        assert_eq!(id("/v2/a+b/status").as_deref(), Some("a+b"));
        assert_eq!(id("/v2/a%2Bb%2fc/status").as_deref(), Some("a+b/c"));
        assert_eq!(id("/v2/INV/2026/11/status").as_deref(), Some("INV/2026/11"));
        assert_eq!(id("/v2/null/status").as_deref(), Some("null"));
        assert_eq!(id("/v2/charge/status").as_deref(), Some("charge"));
    }

    #[test]
    fn what_cannot_name_a_payment_is_no_id() {
        for path in [
            "/v2//status",
            "/v2/%/status",
            "/v2/%4/status",
            "/v2/%zz/status",
            "/v2/%ff/status",
            "/v2/%c3%28/status",
        ] {
            assert_eq!(id(path), None, "{path}");
        }
        assert_eq!(id(&format!("/v2/{}/status", "a".repeat(256))), None);
        assert!(id(&format!("/v2/{}/status", "%61".repeat(255))).is_some());
        assert_eq!(id(&format!("/v2/{}/status", "a".repeat(60_000))), None);
    }

    #[test]
    fn every_endpoint_has_one_method() {
        for (method, path, endpoint) in [
            ("POST", "/v2/charge", Endpoint::Charge),
            ("POST", "/v2/capture", Endpoint::Capture),
            ("GET", "/v2/x/status", Endpoint::Status),
            ("GET", "/v2/x/status/b2b", Endpoint::StatusB2b),
            ("POST", "/v2/x/cancel", Endpoint::Cancel),
            ("POST", "/v2/x/expire", Endpoint::Expire),
            ("POST", "/v2/x/approve", Endpoint::Approve),
            ("POST", "/v2/x/deny", Endpoint::Deny),
            ("POST", "/v2/x/refund", Endpoint::Refund),
            ("POST", "/v2/x/refund/online/direct", Endpoint::RefundDirect),
        ] {
            assert_eq!(read(method, path).map(|target| target.endpoint), Ok(endpoint), "{path}");
            for other in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "get"] {
                if other != method {
                    let fault = Err(Fault::WrongMethod { allowed: method });
                    assert_eq!(read(other, path), fault, "{other} {path}");
                }
            }
        }
    }

    #[test]
    fn other_paths_are_unknown_whatever_the_method() {
        for path in [
            "/v2",
            "/v2/",
            "/v2/status",
            "/v2/order%201",
            "/v2/charge/",
            "/v2/CHARGE",
            "/v2/x/status/",
            "/v2/x/refund/online",
            "/v2/token",
            "/v2/card/register",
            "/v2/pay/account",
        ] {
            assert_eq!(read("GET", path), Err(Fault::UnknownPath), "{path}");
            assert_eq!(read("POST", path), Err(Fault::UnknownPath), "{path}");
        }
    }
}
