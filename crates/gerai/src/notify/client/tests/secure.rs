//! TLS, and HTTP/2 over it, with certificates of the tests' own.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use dialect::Answer;
use gateway::reach::Reach;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::{ServerConfig, crypto::aws_lc_rs::default_provider, pki_types::PrivatePkcs8KeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::scene::{post, remark};
use crate::notify::client::Client;

/// A certification authority, which is trusted by those who are given its file.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    file: PathBuf,
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Authority {
    fn new(name: &str) -> Self {
        Self::called(name, name)
    }

    /// In a file of this name, and calling itself so.
    fn called(name: &str, subject: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, subject);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap();
        let file = format!("gerai-authority-{name}-{}.pem", std::process::id());
        let file = std::env::temp_dir().join(file);
        std::fs::write(&file, certificate.pem()).unwrap();
        Self { issuer: Issuer::new(params, key), file }
    }

    fn client(&self) -> Client {
        Client::new(Reach::Everything, Some(&self.file)).unwrap()
    }

    /// A server's side of TLS for this name, valid in these years.
    fn acceptor(&self, name: &str, years: (i32, i32), protocols: &[&str]) -> TlsAcceptor {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(years.0, 1, 1);
        params.not_after = date_time_ymd(years.1, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())
            .unwrap();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        TlsAcceptor::from(Arc::new(config))
    }
}

/// What a server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// It answers.
    Answers,
    /// It resets the request.
    Resets,
    /// It answers and says goodbye to the connection.
    Leaves,
}

/// A server that speaks HTTP/2 where it is asked to, and how many connections it has had.
async fn server(acceptor: TlsAcceptor, manner: Manner) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/hook", listener.local_addr().unwrap().port());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((wire, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Clients that do not trust it go away.
                let Ok(wire) = acceptor.accept(wire).await else { return };
                serve(TokioIo::new(wire), manner).await;
            });
        }
    });
    (url, count)
}

type Secured = TokioIo<tokio_rustls::server::TlsStream<tokio::net::TcpStream>>;

async fn serve(wire: Secured, manner: Manner) {
    let answered = Arc::new(tokio::sync::Notify::new());
    let told = Arc::clone(&answered);
    let service = service_fn(move |request: Request<Incoming>| {
        let told = Arc::clone(&told);
        async move {
            let version = request.version();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body, "{}");
            told.notify_one();
            if manner == Manner::Resets {
                return Err(std::io::Error::other("no"));
            }
            let text = if version == Version::HTTP_2 { "two" } else { "one" };
            Ok(Response::new(Full::new(Bytes::from_static(text.as_bytes()))))
        }
    });
    if wire.inner().get_ref().1.alpn_protocol() != Some(b"h2") {
        let _ = hyper::server::conn::http1::Builder::new().serve_connection(wire, service).await;
        return;
    }
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .serve_connection(wire, service);
    let mut connection = std::pin::pin!(connection);
    if manner == Manner::Leaves {
        tokio::select! {
            _ = connection.as_mut() => return,
            () = answered.notified() => connection.as_mut().graceful_shutdown(),
        }
    }
    let _ = connection.await;
}

const NOW: (i32, i32) = (2020, 2120);
const BOTH: &[&str] = &["h2", "http/1.1"];

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told() {
    let trusted = Authority::new("trusted");
    let other = Authority::new("other");
    let namesake = Authority::called("namesake", "trusted");
    for (acceptor, why) in [
        (trusted.acceptor("a.example", NOW, BOTH), "TLS: the certificate is for another name"),
        (trusted.acceptor("localhost", (2019, 2020), BOTH), "TLS: the certificate has expired"),
        (
            trusted.acceptor("localhost", (2100, 2120), BOTH),
            "TLS: the certificate is not valid yet",
        ),
        (
            other.acceptor("localhost", NOW, BOTH),
            "TLS: the certificate is of an authority that is not trusted",
        ),
        (
            namesake.acceptor("localhost", NOW, BOTH),
            "TLS: the certificate was not signed by the authority it names",
        ),
    ] {
        let (url, _) = server(acceptor, Manner::Answers).await;
        let exchange = post(&trusted.client(), &url).await;
        assert_eq!(exchange.answer(), Answer::Unreachable);
        assert_eq!(remark(&exchange), why);
        let hop = &exchange.record.hops[0];
        assert!(hop.phases.tls.is_some() && hop.phases.first_byte.is_none(), "{hop:?}");
        assert!(hop.address.is_some() && hop.protocol.is_none(), "{hop:?}");
    }
    // Without the file nobody trusts it.
    let (url, _) = server(trusted.acceptor("localhost", NOW, BOTH), Manner::Answers).await;
    let stranger = Client::new(Reach::Everything, None).unwrap();
    assert!(remark(&post(&stranger, &url).await).contains("not trusted"));
}

#[tokio::test]
async fn a_name_is_expected_of_an_address_too() {
    let authority = Authority::new("address");
    for (name, status) in [("127.0.0.1", Some(200)), ("127.0.0.2", None)] {
        let (url, _) = server(authority.acceptor(name, NOW, BOTH), Manner::Answers).await;
        let url = url.replace("localhost", "127.0.0.1");
        assert_eq!(post(&authority.client(), &url).await.status(), status, "{name}");
    }
}

#[tokio::test]
async fn the_protocol_is_agreed_on() {
    let authority = Authority::new("protocol");
    for (protocols, body, protocol) in [
        (BOTH, "two", "HTTP/2.0"),
        (&["http/1.1"][..], "one", "HTTP/1.1"),
        (&[][..], "one", "HTTP/1.1"),
    ] {
        let acceptor = authority.acceptor("localhost", NOW, protocols);
        let (url, _) = server(acceptor, Manner::Answers).await;
        let exchange = post(&authority.client(), &url).await;
        assert_eq!(exchange.answer(), Answer::Status(200, body.as_bytes()), "{exchange:?}");
        let hop = &exchange.record.hops[0];
        assert_eq!(hop.protocol.as_deref(), Some(protocol));
        let phases = hop.phases;
        let all = [phases.dns, phases.connect, phases.tls, phases.first_byte, phases.total];
        assert!(all.iter().all(Option::is_some), "{phases:?}");
        let parts: u64 = all[..4].iter().flatten().sum();
        assert!(parts <= phases.total.unwrap(), "{phases:?}");
    }
}

#[tokio::test]
async fn many_share_a_connection_of_http_2() {
    let authority = Authority::new("many");
    let acceptor = authority.acceptor("localhost", NOW, BOTH);
    let (url, connections) = server(acceptor, Manner::Answers).await;
    let client = authority.client();
    assert!(!post(&client, &url).await.record.hops[0].reused);
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (client, url) = (client.clone(), url.clone());
        tasks.spawn(async move { post(&client, &url).await });
    }
    for exchange in tasks.join_all().await {
        assert_eq!(exchange.status(), Some(200));
        assert!(exchange.record.hops[0].reused);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_that_is_reset_is_told() {
    let authority = Authority::new("reset");
    let acceptor = authority.acceptor("localhost", NOW, BOTH);
    let (url, _) = server(acceptor, Manner::Resets).await;
    let exchange = post(&authority.client(), &url).await;
    assert_eq!(exchange.answer(), Answer::Unreachable);
    assert!(remark(&exchange).starts_with("no answer: "), "{}", remark(&exchange));
    assert_eq!(exchange.record.hops[0].protocol.as_deref(), Some("HTTP/2.0"));
}

/// A server that answers the first request over each connection, and resets the others for this
/// reason.
async fn once(acceptor: TlsAcceptor, reason: h2::Reason) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://localhost:{}/hook", listener.local_addr().unwrap().port());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((wire, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let wire = acceptor.accept(wire).await.unwrap();
                let mut connection = h2::server::handshake(wire).await.unwrap();
                let mut is_first = true;
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    if is_first {
                        respond.send_response(Response::new(()), true).unwrap();
                    } else {
                        respond.send_reset(reason);
                    }
                    is_first = false;
                }
            });
        }
    });
    (url, count)
}

/// What a server has not looked at is sent again, and nothing else is.
#[tokio::test]
async fn only_a_refused_request_is_sent_again() {
    let authority = Authority::new("refused");
    for (reason, status, expected) in
        [(h2::Reason::REFUSED_STREAM, Some(200), 2), (h2::Reason::INTERNAL_ERROR, None, 1)]
    {
        let (url, connections) = once(authority.acceptor("localhost", NOW, BOTH), reason).await;
        let client = authority.client();
        assert_eq!(post(&client, &url).await.status(), Some(200));
        let exchange = post(&client, &url).await;
        assert_eq!(exchange.status(), status, "{}", remark(&exchange));
        assert_eq!(connections.load(Ordering::SeqCst), expected, "{reason:?}");
        assert_eq!(exchange.record.hops[0].reused, status.is_none());
    }
}

/// A server that is restarted says goodbye; what it has answered until then is taken, and what
/// follows goes to the next.
#[tokio::test]
async fn a_server_that_says_goodbye_is_connected_to_anew() {
    let authority = Authority::new("goodbye");
    let acceptor = authority.acceptor("localhost", NOW, BOTH);
    let (url, connections) = server(acceptor, Manner::Leaves).await;
    let client = authority.client();
    for _ in 0..20 {
        let exchange = post(&client, &url).await;
        assert_eq!(exchange.status(), Some(200), "{}", remark(&exchange));
    }
    assert!(connections.load(Ordering::SeqCst) > 1);
}

#[tokio::test]
async fn from_https_nothing_goes_to_http() {
    let authority = Authority::new("down");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let plain = listener.local_addr().unwrap();
    let secured = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = secured.local_addr().unwrap().port();
    let acceptor = authority.acceptor("localhost", NOW, &["http/1.1"]);
    tokio::spawn(async move {
        let (wire, _) = secured.accept().await.unwrap();
        let mut wire = acceptor.accept(wire).await.unwrap();
        super::scene::read_request(&mut wire).await.unwrap();
        let location = format!("location: http://{plain}/\r\n");
        let text = super::scene::answer("307 Temporary Redirect", &location);
        super::scene::write(&mut wire, &text).await;
    });
    let exchange = post(&authority.client(), &format!("https://localhost:{port}/")).await;
    assert_eq!(exchange.status(), Some(307));
    assert!(remark(&exchange).starts_with("the redirect leads from https to http"));
    let listener = listener.into_std().unwrap();
    let error = listener.accept().unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock, "nobody came");
}

#[test]
fn a_file_that_holds_no_authority_is_told_by_its_key() {
    let file = std::env::temp_dir().join(format!("gerai-no-authority-{}.pem", std::process::id()));
    for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&file, text).unwrap();
        let error = Client::new(Reach::Everything, Some(&file)).unwrap_err().to_string();
        assert!(error.starts_with("the setting `notification.ca_file` is wrong"), "{error}");
    }
    std::fs::remove_file(&file).unwrap();
    assert!(Client::new(Reach::Everything, Some(&file)).is_err());
}
