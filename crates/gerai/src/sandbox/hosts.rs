//! The vendors' host names: a request to one finds what the vendor has there, and nothing else.
//!
//! All dialects' paths lie side by side under the sandbox's own address, so a name is needed only where
//! a client cannot be told another one. Then it keeps apart what the vendors keep apart: `/snap` is not
//! found at the host of the Core API, nor one vendor's path at another's.

use axum::{extract::Request, middleware::Next, response::Response};
use dialect::Host;
use http::{StatusCode, header::HOST, uri::Authority};

use super::answer;
use crate::dialects::DIALECTS;

/// Every vendor's host names.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    all().map(|host| host.name)
}

fn all() -> impl Iterator<Item = &'static Host> {
    DIALECTS.iter().flat_map(|dialect| dialect.hosts())
}

/// Answers that there is no such path where a request names a vendor's host that does not have it. What
/// names no host, or another, goes on as if there were no vendors.
pub(crate) async fn keep_apart(request: Request, next: Next) -> Response {
    match named(&request) {
        Some(host) if !(host.serves)(request.uri().path()) => {
            let message = format!(
                "{} has no such path; what is Gerai's own is found under other names, such as localhost",
                host.name
            );
            answer::refused(StatusCode::NOT_FOUND, "not_found", &message)
        }
        Some(_) | None => next.run(request).await,
    }
}

/// The vendor's host that a request is for: what its target says, and otherwise its `Host` (RFC 9112,
/// section 3.2.2).
fn named(request: &Request) -> Option<&'static Host> {
    let target = request.uri().authority().cloned();
    let authority = target.or_else(|| {
        let header = request.headers().get(HOST)?;
        Authority::try_from(header.as_bytes()).ok()
    })?;
    all().find(|host| host.is(authority.host()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use axum::{Router, body::Body, middleware, routing::any};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    /// What a request comes to: `reached`, or the error that is answered.
    async fn ask(target: &str, host: Option<&[u8]>) -> String {
        let router = Router::new()
            .fallback(any(|| async { "reached" }))
            .layer(middleware::from_fn(keep_apart));
        let mut request = http::Request::post(target);
        if let Some(host) = host {
            request = request.header(HOST, host);
        }
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body = String::from_utf8(body.to_vec()).unwrap();
        if body == "reached" { body } else { format!("{status} {body}") }
    }

    #[tokio::test]
    async fn a_vendors_host_has_the_vendors_paths() {
        let cases = [
            ("api.sandbox.midtrans.com", "/v2/charge", true),
            ("api.midtrans.com", "/v2/order-1/status", true),
            ("api.sandbox.midtrans.com", "/v2", true),
            ("api.sandbox.midtrans.com", "/snap/v1/transactions", false),
            ("api.sandbox.midtrans.com", "/v1.0/retail/create", false),
            ("api.sandbox.midtrans.com", "/api/retail", false),
            ("api.sandbox.midtrans.com", "/", false),
            ("api.sandbox.midtrans.com", "/sandbox/v1/payments/latest/pay", false),
            ("api.sandbox.midtrans.com", "/counter/v1/pay", false),
            ("app.sandbox.midtrans.com", "/snap/v1/transactions", true),
            ("app.midtrans.com", "/snap/v1/transactions", true),
            ("app.midtrans.com", "/v2/charge", false),
            ("simulator.sandbox.midtrans.com", "/api/indomaret/578112341234/pay", true),
            ("simulator.sandbox.midtrans.com", "/api/retail", false),
            ("api.sandbox.cronosengine.com", "/api/retail", true),
            ("api.cronosengine.com", "/api/check/INV%2F1", true),
            ("api.sandbox.cronosengine.com", "/api/alfamart/8127740588870520", false),
            ("api.sandbox.cronosengine.com", "/retail", false),
            ("api.sandbox.sengo.id", "/api/transactions", true),
            ("api.sengo.id", "/api/balance/", true),
            ("api.sengo.id", "/v2/charge", false),
            ("sandbox.ayolinx.id", "/v1.0/access-token/b2b", true),
            ("openapi.ayolinx.id", "/v1.0/retail/create", true),
            ("sandbox.dev.ayolinx.id", "/v1.0/retail/query", true),
            ("openapi.ayolinx.id", "/api/retail", false),
            // Nobody's host, or nobody's we speak for: as if there were none.
            ("localhost", "/v2/charge", true),
            ("midtrans.com", "/anything", true),
            ("x.api.midtrans.com", "/snap", true),
        ];
        for (host, path, reached) in cases {
            let told = ask(path, Some(host.as_bytes())).await;
            assert_eq!(told == "reached", reached, "{host} {path}: {told}");
            assert!(reached || (told.starts_with("404 ") && told.contains(host)), "{told}");
        }
    }

    #[tokio::test]
    async fn however_the_host_is_written() {
        let snap = "/snap/v1/transactions";
        for host in [
            "api.midtrans.com:8443",
            "API.Midtrans.COM",
            "api.midtrans.com.",
            "api.midtrans.com.:443",
            "user@api.midtrans.com",
        ] {
            assert!(ask(snap, Some(host.as_bytes())).await.starts_with("404 "), "{host}");
            assert_eq!(ask("/v2/charge", Some(host.as_bytes())).await, "reached", "{host}");
        }
        // What the target says stands before the header.
        let absolute = "https://api.midtrans.com/snap/v1/transactions";
        assert!(ask(absolute, Some(b"localhost")).await.starts_with("404 "));
        assert!(ask("http://API.midtrans.com:80/snap/x", None).await.starts_with("404 "));
        assert_eq!(ask("http://localhost:8080/snap/x", Some(b"api.midtrans.com")).await, "reached");
        // What is no host says nothing.
        for host in [&b""[..], b":", b"[", b"api.midtrans.com/snap", b"\xff\xfe", b"a b"] {
            assert_eq!(ask(snap, Some(host)).await, "reached", "{host:?}");
        }
        assert_eq!(ask(snap, None).await, "reached");
    }

    #[test]
    fn every_dialect_has_hosts_and_no_two_the_same() {
        for dialect in DIALECTS {
            assert!(!dialect.hosts().is_empty(), "{}", dialect.brand());
        }
        let names: Vec<_> = names().collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        for name in names {
            assert_eq!(name, name.to_ascii_lowercase());
            assert!(rustls::pki_types::DnsName::try_from(name).is_ok(), "{name}");
        }
    }
}
