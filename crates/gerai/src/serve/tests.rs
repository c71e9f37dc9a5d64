//! The listener with TLS and deadlines, and which routes there are.

use std::{net::SocketAddr, path::Path, time::Duration};

use axum::{Router, body::Body, routing::get};
use dialect::{DeliveryTerms, Outgoing};
use domain::{ids::OrderId, money::Rupiah, time::Span};
use gateway::{
    reach::Reach,
    request::{OpenRequest, Opened, Personal},
};
use http::{Method, Request};
use http_body_util::BodyExt;
use testkit::Shop;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tower::ServiceExt;

use super::{listener::accept, *};
use crate::{config::TlsFiles, sandbox};

/// How payers reach these routers.
const URL: &str = "http://pay.example";

fn plan(environment: Environment, text: &str) -> Plan {
    let config = Config::read("test.toml", text).unwrap();
    let place = Place::Memory("plan".to_owned());
    Plan { environment, place, config, greeting: Greeting::Welcome }
}

async fn ask(router: &Router, method: Method, path: &str, bearer: Option<&str>) -> (u16, String) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(bearer) = bearer {
        request = request.header("authorization", format!("Bearer {bearer}"));
    }
    let mut request = request.body(Body::empty()).unwrap();
    request.extensions_mut().insert(intake::Peer(Ipv4Addr::LOCALHOST.into()));
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn production_has_no_route_to_the_sandbox() {
    let limits = Config::read("", "").unwrap().limits;
    let sandbox = Shop::new();
    let production = Shop::with(|settings| settings.environment = Environment::Production);
    let in_sandbox = router::api(&sandbox.gateway, &limits, URL, Access::default());
    let in_production = router::api(&production.gateway, &limits, URL, Access::default());
    let paths: Vec<_> = sandbox::paths().collect();
    assert!(paths.len() >= 6);
    for path in paths {
        let path = path.replace("{payment_code}", "8127740588870520");
        for method in [Method::GET, Method::POST, Method::PUT] {
            let (status, body) = ask(&in_production, method.clone(), &path, None).await;
            assert_eq!((status, body.as_str()), (404, r#"{"error":"not_found"}"#), "{path}");
            let (_, body) = ask(&in_sandbox, method.clone(), &path, None).await;
            assert_ne!(body, r#"{"error":"not_found"}"#, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn only_a_sandbox_looks_at_the_vendors_host_names() {
    let limits = Config::read("", "").unwrap().limits;
    let sandbox = Shop::new();
    let production = Shop::with(|settings| settings.environment = Environment::Production);
    let in_sandbox = router::api(&sandbox.gateway, &limits, URL, Access::default());
    let in_production = router::api(&production.gateway, &limits, URL, Access::default());
    let path = "http://api.midtrans.com/v1.0/retail/create";
    let (status, body) = ask(&in_sandbox, Method::POST, path, None).await;
    assert!(status == 404 && body.contains("api.midtrans.com has no such path"), "{body}");
    for (router, path) in [
        (&in_production, path),
        (&in_sandbox, "http://openapi.ayolinx.id/v1.0/retail/create"),
        (&in_sandbox, "http://gerai.example/v1.0/retail/create"),
        (&in_sandbox, "/v1.0/retail/create"),
    ] {
        let (_, body) = ask(router, Method::POST, path, None).await;
        assert!(body.contains("responseCode"), "{path}: {body}");
    }
}

#[tokio::test]
async fn a_payers_page_shows_code_and_amount_and_nothing_of_the_payer() {
    let limits = Config::read("", "").unwrap().limits;
    let shop = Shop::new();
    let router = router::api(&shop.gateway, &limits, URL, Access::default());
    let now = shop.gateway.clock().now();
    let opened = shop.gateway.open(OpenRequest {
        account: testkit::ACCOUNT,
        order: OrderId::new("page-1").unwrap(),
        retailer: testkit::key("alfamart"),
        amount: Rupiah::new(1_250_000).unwrap(),
        expires_at: None,
        lifetime_from: now,
        personal: Personal { payer_name: Some("<b>Budi".to_owned()), ..Personal::default() },
        notify_urls: None,
        reuse_after_close: true,
        reuse_after_reversal: true,
        idempotency: None,
        external_id: None,
        received_at: now,
    });
    let Ok(Opened::New(view)) = opened.await else { panic!("it is not opened") };
    let path = format!("/pay/{}", view.payment.id);
    let (status, body) = ask(&router, Method::GET, &path, None).await;
    assert_eq!(status, 200);
    for part in [view.payment.code.as_str(), "Rp 1.250.000", "Toko 1", "Bayar tunai di"] {
        assert!(body.contains(part), "{part}: {body}");
    }
    assert!(!body.contains("Budi"), "{body}");
    let other = format!("/pay/{}", "0".repeat(36));
    for path in [other.as_str(), "/pay/x", "/pay/01a4d0ef-0000-7000-8000-000000000000"] {
        let (status, body) = ask(&router, Method::GET, path, None).await;
        assert_eq!(status, 404, "{path}");
        assert!(body.contains("Tidak ditemukan"), "{body}");
    }
}

/// Whoever holds scripts is in a sandbox: production can have none, so nothing stands between its
/// worker and merchants, and nobody reads the header.
#[tokio::test]
async fn production_has_no_faults() {
    let limits = Config::read("", "").unwrap().limits;
    let sandbox = Shop::new();
    let production = Shop::with(|settings| settings.environment = Environment::Production);
    assert!(Scripts::of(&production.gateway).is_err());
    let scripts = Scripts::of(&sandbox.gateway).unwrap();
    let faulty = async |gateway: &Gateway, access: Access| {
        let router = router::api(gateway, &limits, URL, access);
        let request = Request::post("/v2/charge").header("x-gerai-fault", "nonsense");
        let response = router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let access = || Access { scripts: Some(scripts.clone()), ..Access::default() };
    assert!(faulty(&sandbox.gateway, access()).await.contains("malformed_fault"));
    let said = faulty(&production.gateway, access()).await;
    assert!(said.contains(r#""status_code":"401""#), "{said}");
}

#[tokio::test]
async fn beyond_loopback_the_sandbox_asks_for_its_token() {
    let limits = Config::read("", "").unwrap().limits;
    let shop = Shop::new();
    let access = Access { token: Some(Secret::new("the-token")), ..Access::default() };
    let router = router::api(&shop.gateway, &limits, URL, access);
    for path in sandbox::paths() {
        let acts = ["/sandbox/v1/payments/", "/sandbox/v1/refunds/"];
        let is_act = acts.iter().any(|act| path.starts_with(act)) || path.ends_with("/pay");
        let is_posted = is_act || path.starts_with("/inbox/hook/");
        let names_something = path.contains('{');
        let path = path.replace("{payment_code}", "8127740588870520").replace("{account}", "77");
        let is_deleted = path.starts_with("/sandbox/v1/faults/");
        let method = if is_deleted { Method::DELETE } else { Method::GET };
        let method = if is_posted { Method::POST } else { method };
        for bearer in [None, Some(""), Some("the-toke"), Some("the-token2"), Some("x")] {
            let (status, _) = ask(&router, method.clone(), &path, bearer).await;
            assert_eq!(status, 401, "{path} {bearer:?}");
        }
        let with = format!("{path}?token=the-toke&key=the-token");
        assert_eq!(ask(&router, method.clone(), &with, None).await.0, 401, "{path}");
        let (status, _) = ask(&router, method, &path, Some("the-token")).await;
        let expected = match path.as_str() {
            // Nothing is no bill.
            "/inbox/hook/bill" => 400,
            _ if names_something => 404,
            _ => 200,
        };
        assert_eq!(status, expected, "{path}: nobody has this code, or this number");
    }
    browsers_and_the_gateway_itself_come_in(&router).await;

    let loopback: SocketAddr = "127.0.0.1:1".parse().unwrap();
    let outside: SocketAddr = "0.0.0.0:1".parse().unwrap();
    let plain = plan(Environment::Sandbox, "");
    assert!(plain.sandbox_token(loopback).is_none());
    let (one, two) = (plain.sandbox_token(outside).unwrap(), plain.sandbox_token(outside).unwrap());
    assert!(one.expose().len() == 32 && one != two);
    let configured = plan(Environment::Sandbox, "sandbox_token = 'a-long-token'");
    assert_eq!(configured.sandbox_token(loopback).unwrap().expose(), "a-long-token");
}

/// A browser brings the token once and keeps it as a cookie; notifications have a key of their own,
/// which opens nothing else.
async fn browsers_and_the_gateway_itself_come_in(router: &Router) {
    for page in ["/simulator", "/inbox", "/signature"] {
        let request = Request::get(format!("{page}?token=the-token")).body(Body::empty()).unwrap();
        let response = router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status().as_u16(), 303);
        assert_eq!(response.headers()["location"], page);
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        let cookie = cookie.split(';').next().unwrap();
        for (cookie, expected) in [(cookie, 200), ("gerai_sandbox=the-toke", 401)] {
            let request = Request::get(page).header("cookie", format!("a=b; {cookie}"));
            let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await;
            assert_eq!(response.unwrap().status().as_u16(), expected, "{page}");
        }
    }
    assert_eq!(ask(router, Method::GET, "/sandbox/v1/inbox?token=the-token", None).await.0, 401);

    let at = inbox_at("", Some(&Secret::new("the-token")));
    let hook = at.replace("{account}", &testkit::ACCOUNT.to_string());
    assert_eq!(ask(router, Method::POST, &hook, None).await.0, 200);
    let (_, key) = hook.split_once('?').unwrap();
    for path in ["/inbox", "/sandbox/v1/inbox", "/simulator"] {
        let path = format!("{path}?{key}&token={}", key.trim_start_matches("key="));
        assert_eq!(ask(router, Method::GET, &path, None).await.0, 401, "{path}");
    }
}

#[test]
fn plain_http_stays_on_loopback_in_production() {
    let open = "listen = '0.0.0.0:8080'";
    assert!(plan(Environment::Production, "").tls().is_ok());
    assert!(plan(Environment::Production, "listen = '[::1]:8080'").tls().is_ok());
    assert!(plan(Environment::Sandbox, open).tls().is_ok());
    let error = plan(Environment::Production, open).tls().err().unwrap().to_string();
    assert!(error.contains("behind_tls_proxy"), "{error}");
    let behind = format!("{open}\nbehind_tls_proxy = true");
    assert!(plan(Environment::Production, &behind).tls().is_ok());
}

#[test]
fn operators_look_on_loopback_unless_told_otherwise() {
    let at = |environment, text: &str| {
        plan(environment, text).operations().map(|address| address.to_string())
    };
    let port_0 = "listen = '127.0.0.1:0'";
    let cases = [
        (Environment::Sandbox, "", Some("127.0.0.1:8081")),
        (Environment::Production, "", Some("127.0.0.1:9090")),
        (Environment::Sandbox, port_0, Some("127.0.0.1:0")),
        (Environment::Production, "listen = '0.0.0.0:0'", Some("127.0.0.1:0")),
        (Environment::Sandbox, "operations = 'off'", None),
        (Environment::Production, "operations = '10.0.0.1:9'", Some("10.0.0.1:9")),
    ];
    for (environment, text, expected) in cases {
        assert_eq!(at(environment, text).as_deref(), expected, "{text}");
    }
}

/// A door with one route, which says who the caller is.
async fn open_door(text: &str, tls: Option<TlsAcceptor>) -> (SocketAddr, stop::Stopper) {
    let whoami = |peer: axum::Extension<intake::Peer>| async move { peer.0.0.to_string() };
    let router = Router::new().route("/", get(whoami).post(whoami));
    let door = plan(Environment::Sandbox, text).door("test", router, tls);
    let listener = listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stopper, stop) = stopper();
    tokio::spawn(accept(listener, door, stop));
    (address, stopper)
}

async fn converse(address: SocketAddr, request: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_caller_is_who_a_trusted_proxy_names() {
    let request = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\
                   x-forwarded-for: 192.0.2.9\r\n\r\n";
    let (address, _stopper) = open_door("", None).await;
    assert!(converse(address, request).await.ends_with("\r\n\r\n127.0.0.1"));
    let (address, _stopper) = open_door("trusted_proxies = ['127.0.0.0/8']", None).await;
    assert!(converse(address, request).await.ends_with("\r\n\r\n192.0.2.9"));
}

/// A connection that says nothing, or not enough, is closed by the other end.
#[tokio::test]
async fn a_head_that_never_ends_is_not_waited_for() {
    let (address, _stopper) = open_door("[limits]\nheader_timeout = '50ms'", None).await;
    for begin in ["", "GET / HTTP/1.1\r\nhost: a\r\nx-slow: "] {
        let answer = converse(address, begin).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let (address, _stopper) = open_door("", None).await;
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!("GET / HTTP/1.1\r\nhost: a\r\nx-large: {}", "y".repeat(200_000));
    // The other end may close before all of it is written, and reset what follows.
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(!answer.contains("200 OK"));
}

#[tokio::test]
async fn it_stops_when_it_is_told_and_finishes_what_it_began() {
    let listener = listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (begun, begin) = mpsc::channel::<()>(1);
    let (finish, finished) = tokio::sync::watch::channel(false);
    let slow = move || {
        let (begun, mut finished) = (begun.clone(), finished.clone());
        async move {
            begun.send(()).await.unwrap();
            finished.wait_for(|done| *done).await.unwrap();
            "done"
        }
    };
    let router = Router::new().route("/", get(slow));
    let door = plan(Environment::Sandbox, "").door("test", router, None);
    let (stopper, stop) = stopper();
    let accepting = tokio::spawn(accept(listener, door, stop));
    let idle = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
    let answer = tokio::spawn(async move { converse(address, request).await });
    let mut begin = begin;
    begin.recv().await.unwrap();
    stopper.stop();
    finish.send(true).unwrap();
    let answer = answer.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("done"), "{answer}");
    tokio::time::timeout(Duration::from_secs(5), accepting).await.unwrap().unwrap();
    drop(idle);
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_port_in_use_is_told_in_a_sentence() {
    let taken = listener::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = taken.local_addr().unwrap();
    let error = listener::bind(address).await.unwrap_err().to_string();
    assert_eq!(error, format!("cannot listen on {address}: the port is in use"));
}

/// Our own client, which trusts only what is in its file, reaches our own listener.
#[tokio::test]
async fn tls_is_spoken_with_the_configured_certificate() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let folder = std::env::temp_dir().join(format!("gerai-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();

    let (address, _stopper) = open_door("", Some(tls::acceptor(&files).unwrap())).await;
    let url = format!("https://localhost:{}/", address.port());
    let post = async |ca_file: Option<&Path>| {
        let client = Client::new(Reach::Everything, ca_file).unwrap();
        let outgoing = Outgoing { headers: Vec::new(), body: Vec::new(), signed: None };
        let terms = DeliveryTerms { timeout: Span::seconds(10), redirects_max: 0 };
        client.post(&url, outgoing, terms).await.status()
    };
    assert_eq!(post(Some(&files.certificate)).await, Some(200));
    assert_eq!(post(None).await, None);

    let swapped = TlsFiles { certificate: files.key.clone(), key: files.certificate.clone() };
    let error = tls::acceptor(&swapped).err().unwrap().to_string();
    assert!(error.starts_with("the setting `tls.certificate` is wrong"), "{error}");
    std::fs::remove_dir_all(&folder).unwrap();
}
