//! How a server has to prove itself, who we are to it, and which of several is taken.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
};

use cluster::Server;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use storage::{Engine, Place, Reader, StorageError, postgres::PostgresPlace};

use super::bench::empty;
use crate::rows;

/// Certificates, and a server that speaks TLS on a port of this machine. Its certificate is for
/// `localhost` alone.
struct Scene {
    server: Server,
    port: u16,
    folder: PathBuf,
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate for a name, and its key.
fn signed(name: &str, by: &CertifiedIssuer<'_, KeyPair>) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    (params.signed_by(&key, by).unwrap().pem(), key.serialize_pem())
}

fn scene(name: &str) -> Scene {
    let (ours, theirs) = (authority("ours"), authority("theirs"));
    let (certificate, key) = signed("localhost", &ours);
    let (client, client_key) = signed("certified", &ours);
    let folder =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for (file, text) in [
        ("ours.pem", &ours.pem()),
        ("theirs.pem", &theirs.pem()),
        ("client.pem", &client),
        ("client.key", &client_key),
        ("empty.pem", &String::new()),
    ] {
        std::fs::write(folder.join(file), text).unwrap();
    }
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let settings = format!(
        "listen_addresses = 'localhost'\nport = {port}\nssl = on\nssl_ca_file = 'ca.pem'\n\
         ssl_cert_file = 'server.pem'\nssl_key_file = 'server.key'\n"
    );
    let allowed = "local all all trust\n\
        hostssl all certified localhost cert\n\
        hostssl all certified 127.0.0.1/32 cert\n\
        host all all 127.0.0.1/32 scram-sha-256\n\
        host all all ::1/128 scram-sha-256\n";
    let server = Server::private(
        &settings,
        &[
            ("server.pem", certificate.as_bytes()),
            ("server.key", key.as_bytes()),
            ("ca.pem", ours.pem().as_bytes()),
            ("pg_hba.conf", allowed.as_bytes()),
        ],
    );
    server.psql_at(
        port,
        "postgres",
        &[
            "create role gerai login superuser password 's@cret'",
            "create role certified login superuser",
        ],
    );
    let place = PostgresPlace::new(&format!(
        "postgres://postgres@{}:{port}/postgres",
        server.folder().to_str().unwrap().replace('/', "%2F")
    ));
    storage::migrate(&Place::Postgres(place.unwrap())).unwrap();
    Scene { server, port, folder }
}

impl Scene {
    /// A URL with the placeholders for the port and the folder of certificates filled in.
    fn url(&self, url: &str) -> String {
        let folder = self.folder.to_str().unwrap();
        url.replace("PORT", &self.port.to_string()).replace("DIR", folder)
    }

    fn open(&self, url: &str) -> Result<Reader, StorageError> {
        Engine::open_reader(&Place::Postgres(PostgresPlace::new(&self.url(url))?))
    }

    /// Whether the server sees a connection of ours over TLS.
    fn is_encrypted(&self, name: &str) -> String {
        let asked = format!(
            "select ssl from pg_stat_ssl join pg_stat_activity using (pid) \
             where application_name = '{name}'"
        );
        self.server.psql_at(self.port, "postgres", &[&asked])
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.folder));
    }
}

#[test]
fn a_server_proves_itself_as_it_was_asked_to() {
    let scene = scene("tls");
    let gerai = "gerai:s%40cret";
    let good = [
        ("localhost", "sslmode=verify-full&sslrootcert=DIR/ours.pem", "t"),
        ("localhost", "sslrootcert=DIR/ours.pem", "t"),
        // The certificate is not for this name, and that was not asked for.
        ("127.0.0.1", "sslmode=verify-ca&sslrootcert=DIR/ours.pem", "t"),
        ("127.0.0.1", "sslmode=require&sslrootcert=DIR/ours.pem", "t"),
        ("127.0.0.1", "sslmode=require", "t"),
        ("127.0.0.1", "sslmode=require&channel_binding=require", "t"),
        ("127.0.0.1", "sslmode=prefer", "t"),
        // Nothing is said, and nobody is in between.
        ("127.0.0.1", "", "t"),
        ("127.0.0.1", "sslmode=disable", "f"),
    ];
    for (at, (host, parameters, is_encrypted)) in good.into_iter().enumerate() {
        // The connection before may still be closing.
        let name = format!("try-{at}");
        let named = format!("{parameters}&application_name={name}");
        let url = format!("postgres://{gerai}@{host}:PORT/postgres?{named}");
        let reader = scene.open(&url).unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(scene.is_encrypted(&name), is_encrypted, "{url}");
        drop(reader);
    }
    for (host, parameters, why) in [
        ("127.0.0.1", "sslmode=verify-full&sslrootcert=DIR/ours.pem", "not valid for name"),
        ("localhost", "sslmode=verify-full&sslrootcert=DIR/theirs.pem", "invalid peer certificate"),
        ("localhost", "sslmode=verify-ca&sslrootcert=DIR/theirs.pem", "invalid peer certificate"),
        // Those whom the system trusts did not sign it.
        ("localhost", "sslmode=verify-full", "certif"),
        ("localhost", "sslrootcert=DIR/none.pem", "none.pem"),
        ("localhost", "sslrootcert=DIR/empty.pem", "no certificate"),
        ("127.0.0.1", "sslmode=disable&channel_binding=require", "channel binding"),
    ] {
        let url = format!("postgres://{gerai}@{host}:PORT/postgres?{parameters}");
        let error = scene.open(&url).unwrap_err().to_string();
        assert!(error.contains(why), "{url}: {error}");
        assert!(!error.contains("s@cret"), "{error}");
    }
}

#[test]
fn we_prove_ourselves_by_password_or_certificate() {
    let scene = scene("auth");
    let tls = "sslmode=verify-full&sslrootcert=DIR/ours.pem";
    let client = "sslcert=DIR/client.pem&sslkey=DIR/client.key";
    let certified = format!("postgres://certified@localhost:PORT/postgres?{tls}&{client}");
    scene.open(&certified).unwrap_or_else(|error| panic!("{error}"));
    let wrong_key = certified.replace("client.key", "ours.pem");
    assert!(scene.open(&wrong_key).unwrap_err().to_string().contains("ours.pem"));

    let error = scene.open(&format!("postgres://gerai:wr0ng@localhost:PORT/postgres?{tls}"));
    let error = error.unwrap_err().to_string();
    assert!(error.contains("password authentication failed"), "{error}");
    assert!(!error.contains("wr0ng"), "{error}");

    let url = scene.url(&format!("postgres://gerai@localhost:PORT/postgres?{tls}"));
    let place = PostgresPlace::new(&url).unwrap();
    let error = Engine::open_reader(&Place::Postgres(place.clone())).unwrap_err().to_string();
    assert!(error.contains("password"), "{error}");
    Engine::open_reader(&Place::Postgres(place.with_password("s@cret"))).unwrap();
}

#[test]
fn servers_are_tried_in_their_order_and_one_that_hangs_is_left() {
    let mut bench = empty();
    bench.writer.commit(&rows::opened(1..2)).unwrap();
    let folder = Server::shared().folder().to_str().unwrap().replace('/', "%2F");
    // One that refuses, and one that takes connections and never says a word.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let hangs = silent.local_addr().unwrap().port();
    let name = bench.database.name();
    let open = |hosts: &str| {
        let url = format!("postgres://postgres@{hosts}/{name}?connect_timeout=1");
        let place = PostgresPlace::new(&url).unwrap().accepting_loss();
        Engine::open_reader(&Place::Postgres(place))
    };
    let reader = open(&format!("127.0.0.1:{gone},127.0.0.1:{hangs},{folder}")).unwrap();
    assert_eq!(reader.payments_after(domain::ids::PaymentNo::new(0), 9).unwrap().len(), 1);
    // Where none will do, each says why.
    let error = open(&format!("127.0.0.1:{gone},127.0.0.1:{hangs}")).unwrap_err().to_string();
    assert!(error.contains("refused") && error.contains("no answer within 1 s"), "{error}");
}
