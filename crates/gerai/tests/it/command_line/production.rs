//! `gerai serve`: what production refuses, and what it has not.

use std::{io::Read as _, io::Write as _, net::TcpStream, sync::Arc};

use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;

use crate::drive::{
    folder::Folder,
    http::{Connection, get, post},
    merchant::{DEMO, Merchant, charge_body, new_order, signed, text},
    process::{Ended, Server, run},
    till,
};

/// A folder with a master key and a configuration of its own.
pub(crate) struct Site {
    pub(super) folder: Folder,
    pub(super) config: String,
}

const POOLS: &str = "\
[pools.alfa]\nlength = 16\n[pools.indomaret]\nlength = 14\n[pools.pegadaian]\nlength = 14\n\
[pools.pos]\nlength = 14\n";

impl Site {
    pub(crate) fn new(what: &str, settings: &str) -> Self {
        let folder = Folder::new(what);
        let key = folder.join("master.key");
        run(&["master-key", "new", key.to_str().unwrap()]).well();
        let data = folder.join("data");
        let text = format!(
            "listen = \"127.0.0.1:0\"\noperations = \"127.0.0.1:0\"\ndata = '{}'\n\
             master_key_file = '{}'\n{settings}\n{POOLS}",
            data.display(),
            key.display()
        );
        let config = folder.write("gerai.toml", &text).to_str().unwrap().to_owned();
        Self { folder, config }
    }

    pub(crate) fn serve(&self) -> Server {
        Server::start(&["serve", "--config", &self.config])
    }

    pub(crate) fn refuses(&self) -> String {
        run(&["serve", "--config", &self.config]).sentence()
    }

    /// A command of an operator, asked for JSON.
    pub(crate) fn operate(&self, words: &[&str]) -> Ended {
        run(&[words, &["--config", &self.config, "--json"]].concat())
    }
}

#[test]
fn it_has_no_sandbox_routes_and_no_demo_data() {
    let site = Site::new("production", "");
    let server = site.serve();
    assert!(!server.said().contains("SB-Mid"), "{}", server.said());
    for path in [
        "/sandbox/v1/payments/latest/pay",
        "/sandbox/v1/payments/latest/reverse",
        "/api/alfamart/123/pay",
        "/api/indomaret/123/pay",
    ] {
        let answer = post(server.api, path, "");
        assert_eq!(
            (answer.status, answer.json()),
            (404, json!({ "error": "not_found" })),
            "{path}"
        );
    }
    for path in ["/api/alfamart/123", "/api/indomaret/123", "/sandbox/v1"] {
        let answer = get(server.api, path);
        assert_eq!(
            (answer.status, answer.json()),
            (404, json!({ "error": "not_found" })),
            "{path}"
        );
    }
    for answer in [get(server.api, "/sandbox/v1/clock"), post(server.api, "/sandbox/v1/clock", "")]
    {
        assert_eq!((answer.status, answer.json()), (404, json!({ "error": "not_found" })));
    }
    for words in [&["clock", "advance", "1h"][..], &["clock", "show"]] {
        let sentence = site.operate(words).sentence();
        assert!(sentence.contains("in a sandbox only"), "{sentence}");
    }
    let demo = Merchant::demo(server.api).send("GET", "/v2/x/status", &[], b"");
    assert_eq!(demo.status, 401);
    let mut till = Connection::open(server.api).unwrap();
    let signed = till::Signed::now("GET", "/counter/v1/echo", b"");
    let echo = crate::drive::http::request("GET", "/counter/v1/echo", &signed.headers(), b"");
    assert_eq!(till.exchange(&echo).unwrap().status, 401);

    // A merchant of its own is served at once.
    let added = site.operate(&["merchant", "add", "Toko Maju"]).json();
    let merchant =
        Merchant { api: server.api, server_key: text(&added["keys"][0], "secret").to_owned() };
    assert!(!merchant.server_key.starts_with("SB-"), "a sandbox's key in production");
    let charged = merchant.charge(&new_order(), "indomaret", 50_000);
    assert_eq!(text(&charged, "payment_code").len(), 14);
    assert_eq!(text(&charged, "merchant_id"), text(&added, "merchant_id"));
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn it_refuses_data_that_a_sandbox_made() {
    let site = Site::new("sandboxed", "");
    let data = site.folder.join("data");
    let sandbox = Server::configured(&data, &site.config);
    assert_eq!(sandbox.stop().code, Some(0));
    let sentence = site.refuses();
    assert!(sentence.contains("demo"), "{sentence}");
}

#[test]
fn it_refuses_plain_http_off_loopback_unless_a_proxy_speaks_tls() {
    let site = Site::new("plain", "");
    let arguments = ["serve", "--config", &site.config, "--listen", "0.0.0.0:0"];
    let sentence = run(&arguments).sentence();
    assert!(sentence.contains("TLS") && sentence.contains("behind_tls_proxy"), "{sentence}");
    let site = Site::new("proxied", "behind_tls_proxy = true");
    let server = Server::start(&["serve", "--config", &site.config, "--listen", "0.0.0.0:0"]);
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn it_refuses_what_is_only_good_enough_for_a_sandbox() {
    let site = Site::new("token", "sandbox_token = \"abcdefgh\"");
    let sentence = site.refuses();
    assert!(sentence.contains("sandbox_token"), "{sentence}");

    let folder = Folder::new("lengths");
    let config = folder.write("gerai.toml", "listen = \"127.0.0.1:0\"\n");
    let sentence = run(&["serve", "--config", config.to_str().unwrap()]).sentence();
    assert!(sentence.contains("pools.alfa.length"), "{sentence}");

    let site = Site::new("keyless", "");
    std::fs::remove_file(site.folder.join("master.key")).unwrap();
    let sentence = site.refuses();
    assert!(sentence.contains("master key"), "{sentence}");
}

#[test]
fn the_master_key_may_come_from_the_environment() {
    let site = Site::new("environment", "");
    let text = std::fs::read_to_string(site.folder.join("master.key")).unwrap();
    std::fs::remove_file(site.folder.join("master.key")).unwrap();
    let mut command = crate::drive::process::gerai(&["serve", "--config", &site.config]);
    command.env("GERAI_MASTER_KEY", text.trim());
    let server = Server::start_command(&mut command);
    assert!(!server.log().contains(text.trim()));
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn it_speaks_tls_with_its_own_certificate() {
    let own = rcgen::generate_simple_self_signed(vec!["gerai.test".to_owned()]).unwrap();
    let folder = Folder::new("certificate");
    let certificate = folder.write("cert.pem", &own.cert.pem());
    let key = folder.write("key.pem", &own.signing_key.serialize_pem());
    let tls =
        format!("[tls]\ncertificate = '{}'\nkey = '{}'", certificate.display(), key.display());
    let site = Site::new("tls", &tls);
    let server = site.serve();
    assert!(server.said().contains("listening on https://"), "{}", server.said());
    let added = site.operate(&["merchant", "add", "Toko Aman"]).json();
    let secret = text(&added["keys"][0], "secret").to_owned();

    let mut roots = RootCertStore::empty();
    roots.add(own.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = "gerai.test".try_into().unwrap();
    let session = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(session, TcpStream::connect(server.api).unwrap());
    let body = charge_body(&new_order(), "alfamart", 50_000).to_string();
    let close = [("Connection", "close")];
    stream.write_all(&signed(&secret, "POST", "/v2/charge", &close, body.as_bytes())).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\"status_code\":\"201\""), "{answer}");

    // Plain HTTP gets nothing out of it.
    let plain = signed(DEMO, "GET", "/v2/x/status", &[], b"");
    assert!(Connection::open(server.api).unwrap().exchange(&plain).is_err());
    assert_eq!(server.stop().code, Some(0));
}
