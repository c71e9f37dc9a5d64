//! What is made, read by OpenSSL and by rustls as a client; and what of it is kept.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use domain::time::BusinessDate;
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
};

use super::{Identity, files, identity};

const NAMES: [&str; 2] = ["api.vendor.test", "api.sandbox.vendor.test"];

/// A folder that is removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(what: &str) -> Self {
        let path = std::env::temp_dir().join(format!("gerai-ca-{what}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn day(text: &str) -> BusinessDate {
    BusinessDate::parse(text).unwrap()
}

/// What a data folder's sandbox has on that day.
fn on(folder: &Folder, today: &str) -> Identity {
    identity(Some(&folder.0), None, &NAMES, day(today)).unwrap()
}

/// Why there is none.
fn sentence(folder: Option<&Path>, ca_file: Option<&Path>) -> String {
    let error = identity(folder, ca_file, &NAMES, day("2026-11-21")).unwrap_err();
    format!("{error:#}")
}

/// Whether a client that trusts only what is in `ca_file` believes the certificate, for a name and at
/// a moment.
fn believes(ca_file: &Path, shown: &CertificateDer<'_>, name: &str, at: &str) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca_file).unwrap()).unwrap();
    let verifier =
        WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()))
            .build()
            .unwrap();
    let at: jiff::Timestamp = at.parse().unwrap();
    let at = UnixTime::since_unix_epoch(Duration::try_from(at.as_duration()).unwrap());
    let name = ServerName::try_from(name).unwrap();
    verifier.verify_server_cert(shown, &[], &name, &[], at).is_ok()
}

/// What OpenSSL reads in a certificate.
fn openssl(arguments: &[&str]) -> String {
    let output = Command::new("openssl").args(arguments).output();
    let output = output.unwrap_or_else(|error| panic!("openssl: {error}; run `make deps`"));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

/// Asserts that each of `parts` is in `text`, whatever white space is between its words.
fn has(text: &str, parts: &[&str]) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for part in parts {
        assert!(text.contains(part), "no `{part}` in {text}");
    }
}

#[test]
fn openssl_reads_what_was_meant() {
    let folder = Folder::new("openssl");
    let made = on(&folder, "2026-11-21");
    assert!(made.is_new);
    let ca = made.ca_file.to_str().unwrap();
    let text = openssl(&["x509", "-in", ca, "-noout", "-text"]);
    has(
        &text,
        &[
            "Signature Algorithm: ecdsa-with-SHA256",
            "ASN1 OID: prime256v1",
            "Not Before: Nov 20 00:00:00 2026 GMT",
            "Not After : Nov 19 00:00:00 2028 GMT",
            "Subject: CN = Gerai sandbox CA 2026-11-21 ",
            "X509v3 Key Usage: critical Certificate Sign X509v3",
            "X509v3 Basic Constraints: critical CA:TRUE, pathlen:0",
            "X509v3 Name Constraints: critical Permitted: DNS:api.vendor.test \
             DNS:api.sandbox.vendor.test DNS:localhost IP:127.0.0.1/255.255.255.255",
        ],
    );
    let shown = folder.join("shown.der");
    std::fs::write(&shown, &made.certificate).unwrap();
    let shown_path = shown.to_str().unwrap();
    let text = openssl(&["x509", "-in", shown_path, "-inform", "DER", "-noout", "-text"]);
    has(
        &text,
        &[
            "ASN1 OID: prime256v1",
            "Not Before: Nov 20 00:00:00 2026 GMT",
            "Not After : Dec 22 00:00:00 2027 GMT",
            "X509v3 Key Usage: critical Digital Signature",
            "X509v3 Extended Key Usage: TLS Web Server Authentication",
            "X509v3 Basic Constraints: critical CA:FALSE",
            "DNS:api.vendor.test, DNS:api.sandbox.vendor.test, DNS:localhost, \
             IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1",
        ],
    );
    let pem = folder.join("shown.pem");
    let pem = pem.to_str().unwrap();
    openssl(&["x509", "-in", shown_path, "-inform", "DER", "-out", pem]);
    // 2026-11-21T12:00:00Z.
    let at = ["verify", "-attime", "1795262400", "-purpose", "sslserver", "-CAfile", ca];
    for check in [["-verify_hostname", "api.vendor.test"], ["-verify_ip", "::1"]] {
        has(&openssl(&[&at[..], &check, &[pem]].concat()), &["shown.pem: OK"]);
    }
}

#[test]
fn a_client_believes_it_for_these_names_until_it_ends() {
    let folder = Folder::new("client");
    let made = on(&folder, "2026-11-21");
    let believed = |name: &str, at: &str| believes(&made.ca_file, &made.certificate, name, at);
    let noon = "2026-11-21T12:00:00Z";
    for name in ["api.vendor.test", "api.sandbox.vendor.test", "localhost", "127.0.0.1", "::1"] {
        assert!(believed(name, noon), "{name}");
    }
    for name in ["vendor.test", "x.api.vendor.test", "www.vendor.test", "127.0.0.2", "::2"] {
        assert!(!believed(name, noon), "{name}");
    }
    for (at, expected) in [
        ("2026-11-19T23:59:59Z", false),
        ("2026-11-20T00:00:00Z", true),
        ("2027-12-21T23:59:59Z", true),
        ("2027-12-22T00:00:01Z", false),
    ] {
        assert_eq!(believed("localhost", at), expected, "{at}");
    }
    let other = Folder::new("stranger");
    let stranger = on(&other, "2026-11-21").ca_file;
    assert!(!believes(&stranger, &made.certificate, "localhost", noon));
}

/// The authority's key in a thief's hands is good for no other name.
#[test]
fn the_authority_signs_for_no_other_name() {
    let folder = Folder::new("thief");
    let ca_file = on(&folder, "2026-11-21").ca_file;
    let stolen = files::read(&folder.0).unwrap().unwrap();
    let names = [
        ("api.vendor.test", true),
        ("bank.test", false),
        ("vendor.test", false),
        ("api.vendor.test.evil.test", false),
        ("192.0.2.1", false),
    ];
    for (name, expected) in names {
        let (signed, _) = stolen.certificate(&[name], day("2026-11-21")).unwrap();
        let is_believed = believes(&ca_file, &signed, name, "2026-11-21T12:00:00Z");
        assert_eq!(is_believed, expected, "{name}");
    }
}

#[test]
fn the_authority_outlives_a_start_and_its_certificates_do_not() {
    let folder = Folder::new("again");
    let first = on(&folder, "2026-11-21");
    let ca = std::fs::read(&first.ca_file).unwrap();
    let again = on(&folder, "2027-06-01");
    assert!(!again.is_new);
    assert_eq!(std::fs::read(&again.ca_file).unwrap(), ca);
    assert_ne!(again.certificate, first.certificate);
    assert_ne!(secret(&again.key), secret(&first.key));
    // Whoever trusted it at first believes what is shown now.
    assert!(believes(&first.ca_file, &again.certificate, "localhost", "2028-06-30T00:00:00Z"));
    assert!(!believes(&first.ca_file, &first.certificate, "localhost", "2028-06-30T00:00:00Z"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode =
            |name: &str| std::fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode("tls/ca-key.pem"), 0o600);
        assert_eq!(mode("tls/ca.pem") & 0o400, 0o400);
    }
    let left: Vec<_> = std::fs::read_dir(folder.join("tls")).unwrap().collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

fn secret<'a>(key: &'a PrivateKeyDer<'_>) -> &'a [u8] {
    key.secret_der()
}

#[test]
fn an_authority_that_nears_its_end_is_replaced_and_nothing_lasts_longer_than_it() {
    let folder = Folder::new("renewed");
    let ends = "2028-11-18T23:59:59Z";
    let first = std::fs::read(&on(&folder, "2026-11-21").ca_file).unwrap();
    // It ends on 19 November 2028; ninety days before that is 21 August.
    let late = on(&folder, "2028-08-20");
    assert!(!late.is_new);
    assert!(believes(&late.ca_file, &late.certificate, "localhost", ends));
    let too_late = "2028-11-19T00:00:01Z";
    assert!(!believes(&late.ca_file, &late.certificate, "localhost", too_late));

    let renewed = on(&folder, "2028-08-21");
    assert!(renewed.is_new);
    assert_ne!(std::fs::read(&renewed.ca_file).unwrap(), first);
    assert!(believes(&renewed.ca_file, &renewed.certificate, "localhost", too_late));
    assert!(!on(&folder, "2028-08-22").is_new);
    // A clock that was years ahead when it was made.
    assert!(on(&folder, "2026-11-21").is_new);
}

#[test]
fn an_authority_for_fewer_names_is_replaced() {
    let folder = Folder::new("names");
    assert!(on(&folder, "2026-11-21").is_new);
    let more = ["api.vendor.test", "api.sandbox.vendor.test", "app.vendor.test"];
    let today = day("2026-11-21");
    let made = identity(Some(&folder.0), None, &more, today).unwrap();
    assert!(made.is_new);
    let noon = "2026-11-21T12:00:00Z";
    assert!(believes(&made.ca_file, &made.certificate, "app.vendor.test", noon));
    assert!(!on(&folder, "2026-11-21").is_new);
}

#[test]
fn what_is_broken_is_not_repaired_in_silence() {
    let folder = Folder::new("broken");
    let (ca, key) = (folder.join("tls/ca.pem"), folder.join("tls/ca-key.pem"));
    on(&folder, "2026-11-21");
    let (good_ca, good_key) = (std::fs::read(&ca).unwrap(), std::fs::read(&key).unwrap());
    let foreign = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (foreign_ca, too_much) = (foreign.cert.pem(), vec![0xff; 70_000]);
    let twice = [good_ca.as_slice(), &good_ca].concat();
    let broken: [(&Path, &[u8], &str); 5] = [
        (&ca, b"nonsense", "its certificate is none"),
        (&ca, foreign_ca.as_bytes(), "not of a sandbox's CA"),
        (&ca, &twice, "it holds 2 certificates"),
        (&key, b"nonsense", "its key is none"),
        (&key, &too_much, "its key is none"),
    ];
    for (path, bytes, why) in broken {
        std::fs::write(path, bytes).unwrap();
        let said = sentence(Some(&folder.0), None);
        assert!(said.contains(why) && said.contains("remove it"), "{said}");
        assert!(!said.contains("nonsense"), "{said}");
        assert_eq!(std::fs::read(path).unwrap(), bytes, "it is left as it is");
        std::fs::write(&ca, &good_ca).unwrap();
        std::fs::write(&key, &good_key).unwrap();
    }
    assert!(!on(&folder, "2026-11-21").is_new);
    // The key of another authority, and only half of one: what a crash leaves behind.
    std::fs::write(&key, foreign.signing_key.serialize_pem()).unwrap();
    assert!(on(&folder, "2026-11-21").is_new);
    for half in [&ca, &key] {
        std::fs::remove_file(half).unwrap();
        assert!(on(&folder, "2026-11-21").is_new);
        assert!(!on(&folder, "2026-11-21").is_new);
    }
}

#[test]
fn clients_find_the_certificate_where_they_are_told() {
    let folder = Folder::new("copy");
    let today = day("2026-11-21");
    let said = sentence(None, None);
    assert!(said.contains("--tls-ca FILE"), "{said}");

    let copy = folder.join("copy.pem");
    let in_memory = |copy: &Path| identity(None, Some(copy), &NAMES, today).unwrap();
    let one = in_memory(&copy);
    let noon = "2026-11-21T12:00:00Z";
    assert_eq!(one.ca_file, copy);
    assert!(believes(&copy, &one.certificate, "localhost", noon));
    let two = in_memory(&copy);
    assert!(two.is_new && believes(&copy, &two.certificate, "localhost", noon));
    assert!(!believes(&copy, &one.certificate, "localhost", noon));
    let text = std::fs::read_to_string(&copy).unwrap();
    assert!(text.starts_with("-----BEGIN CERTIFICATE-----") && !text.contains("PRIVATE"));
    let left: Vec<_> = std::fs::read_dir(&folder.0).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");

    let kept = identity(Some(&folder.0), Some(&copy), &NAMES, today).unwrap();
    assert_eq!(std::fs::read(&copy).unwrap(), std::fs::read(&kept.ca_file).unwrap());

    std::fs::write(&copy, "").unwrap();
    in_memory(&copy);
    let foreign = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    for theirs in ["dear diary".to_owned(), foreign.cert.pem(), text.repeat(2)] {
        std::fs::write(&copy, &theirs).unwrap();
        let said = sentence(None, Some(&copy));
        assert!(said.contains("not written over"), "{said}");
        assert_eq!(std::fs::read_to_string(&copy).unwrap(), theirs);
    }
    let nowhere = folder.join("no/such/folder/ca.pem");
    assert!(sentence(None, Some(&nowhere)).contains("cannot write"));
}
