//! The certification authority, and what it signs.

use std::{net::IpAddr, sync::Arc, time::Duration};

use domain::time::BusinessDate;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType, Error,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, SanType, date_time_ymd,
};
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::aws_lc_rs::default_provider,
    pki_types::{
        CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime, pem::PemObject,
    },
};

/// How long an authority lasts, in days, the day before it was made included.
const LASTS: i32 = 730;
/// How many days before its end a start makes another.
pub(super) const RENEWED_BEFORE: i32 = 90;
/// How long a certificate lasts at the most, in days, the day before it was made included. Clients refuse
/// more than 398.
const CERTIFICATE_LASTS: i32 = 397;

/// What the name of an authority begins with. The day on which it was made follows, and eight digits, so
/// that those of several sandboxes differ to people and to programs that look them up by name.
const TITLE: &str = "Gerai sandbox CA";
/// The characters of a name in all.
const TITLE_LENGTH: usize = TITLE.len() + " 2026-11-21 01234567".len();

/// This machine, beside the vendors' names.
const LOCAL_NAME: &str = "localhost";
const LOCAL_ADDRESSES: [IpAddr; 2] =
    [IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), IpAddr::V6(std::net::Ipv6Addr::LOCALHOST)];

/// An authority that may sign for the vendors' names and this machine's, and for nothing else.
pub(super) struct Authority {
    title: Title,
    certificate: CertificateDer<'static>,
    pem: String,
    key: KeyPair,
}

/// Why an authority's files cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    /// The certificate is none.
    #[error("its certificate is none: {0}")]
    Certificate(String),
    /// It was not made by a sandbox.
    #[error("its certificate is not of a sandbox's CA")]
    Foreign,
    /// The key is none.
    #[error("its key is none: {0}")]
    Key(Error),
}

impl Authority {
    /// A new one for `names`.
    pub(super) fn new(names: &[&str], today: BusinessDate) -> Result<Self, Error> {
        let title = Title::new(today);
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let mut params = title.params();
        set_period(&mut params, today.before(), title.ends());
        let dns = names.iter().copied().chain([LOCAL_NAME]);
        let dns = dns.map(|name| GeneralSubtree::DnsName(name.to_owned()));
        let addresses = LOCAL_ADDRESSES.map(|address| {
            let bits = if address.is_ipv4() { 32 } else { 128 };
            GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits))
        });
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: dns.chain(addresses).collect(),
            excluded_subtrees: Vec::new(),
        });
        let made = params.self_signed(&key)?;
        Ok(Self { title, certificate: made.der().clone(), pem: made.pem(), key })
    }

    /// The one of these files' texts, both PEM.
    pub(super) fn read(certificate: &str, key: &str) -> Result<Self, Unusable> {
        let (title, der) = identify(certificate)?;
        let key = KeyPair::from_pem(key).map_err(Unusable::Key)?;
        Ok(Self { title, certificate: der, pem: certificate.to_owned(), key })
    }

    /// Its certificate, PEM.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// Its key, PEM.
    pub(super) fn key_pem(&self) -> zeroize::Zeroizing<String> {
        zeroize::Zeroizing::new(self.key.serialize_pem())
    }

    /// The day on which it was made.
    pub(super) fn made_on(&self) -> BusinessDate {
        self.title.made_on
    }

    /// Whether its certificates for these names are good for long enough from today on, in the eyes of
    /// a client that trusts it. So what is asked is whether the files belong together, too.
    pub(super) fn covers(&self, names: &[&str], today: BusinessDate) -> bool {
        let begins = self.title.made_on.before();
        let renewed = self.title.ends().days().saturating_sub(RENEWED_BEFORE);
        if today < begins || today.days() >= renewed {
            return false;
        }
        let Ok((certificate, _)) = self.certificate(names, today) else {
            return false;
        };
        self.is_trusted_with(&certificate, names, today)
    }

    fn is_trusted_with(
        &self,
        certificate: &CertificateDer<'_>,
        names: &[&str],
        today: BusinessDate,
    ) -> bool {
        let mut roots = RootCertStore::empty();
        if roots.add(self.certificate.clone()).is_err() {
            return false;
        }
        let provider = Arc::new(default_provider());
        let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let Ok(verifier) = builder.build() else {
            return false;
        };
        let days = u64::try_from(today.days()).unwrap_or_default();
        let noon = UnixTime::since_unix_epoch(Duration::from_secs(days * 86_400 + 43_200));
        let named = names.iter().copied().chain([LOCAL_NAME]).map(ServerName::try_from);
        let numbered = LOCAL_ADDRESSES.map(|address| Ok(ServerName::from(address)));
        named.chain(numbered).all(|name| {
            name.is_ok_and(|name| {
                verifier.verify_server_cert(certificate, &[], &name, &[], noon).is_ok()
            })
        })
    }

    /// A certificate for `names` and this machine, and its key.
    pub(super) fn certificate(
        &self,
        names: &[&str],
        today: BusinessDate,
    ) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), Error> {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names)?;
        params.subject_alt_names.push(SanType::DnsName(LOCAL_NAME.try_into()?));
        params.subject_alt_names.extend(LOCAL_ADDRESSES.map(SanType::IpAddress));
        // No host's name: names are looked for among the alternative ones only.
        params.distinguished_name = named("Gerai sandbox");
        let yesterday = today.before();
        let end = plus(yesterday, CERTIFICATE_LASTS).min(self.title.ends());
        set_period(&mut params, yesterday, end);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let signed = params.signed_by(&key, &Issuer::new(self.title.params(), &self.key))?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((signed.der().clone(), key.into()))
    }
}

/// Whether this text is the certificate of a sandbox's authority, and nothing else.
pub(super) fn is_ours(certificate: &str) -> bool {
    identify(certificate).is_ok()
}

/// The one certificate in this text, if it is of a sandbox's authority.
fn identify(text: &str) -> Result<(Title, CertificateDer<'static>), Unusable> {
    let broken = |error: &dyn std::fmt::Display| Unusable::Certificate(error.to_string());
    let certificates = CertificateDer::pem_slice_iter(text.as_bytes());
    let certificates: Vec<_> =
        certificates.collect::<Result<_, _>>().map_err(|error| broken(&error))?;
    let [certificate] = certificates.as_slice() else {
        return Err(broken(&format!("it holds {} certificates", certificates.len())));
    };
    let mut store = RootCertStore::empty();
    store.add(certificate.clone()).map_err(|error| broken(&error))?;
    let subject = store.roots.first().map(|anchor| anchor.subject.as_ref()).unwrap_or_default();
    let title = Title::at_the_end_of(subject).ok_or(Unusable::Foreign)?;
    Ok((title, certificate.clone()))
}

/// The name of an authority, which says when it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Title {
    made_on: BusinessDate,
    digits: String,
}

impl Title {
    fn new(made_on: BusinessDate) -> Self {
        Self { made_on, digits: hex::encode(rand::random::<[u8; 4]>()) }
    }

    /// The name at the end of a subject: the only text in it.
    fn at_the_end_of(subject: &[u8]) -> Option<Self> {
        let from = subject.len().checked_sub(TITLE_LENGTH)?;
        let text = std::str::from_utf8(subject.get(from..)?).ok()?;
        let (day, digits) = text.strip_prefix(TITLE)?.strip_prefix(' ')?.split_once(' ')?;
        let made_on = BusinessDate::parse(day)?;
        digits
            .bytes()
            .all(|b| b.is_ascii_hexdigit())
            .then(|| Self { made_on, digits: digits.to_owned() })
    }

    /// The first day on which it is not valid any more.
    fn ends(&self) -> BusinessDate {
        plus(self.made_on.before(), LASTS)
    }

    /// An authority's certificate without a period and names; what it signs with, too.
    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(&format!("{TITLE} {} {}", self.made_on, self.digits));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        params
    }
}

/// A name that is one text.
fn named(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}

fn plus(day: BusinessDate, days: i32) -> BusinessDate {
    BusinessDate::from_days(day.days().saturating_add(days))
}

/// Valid from the beginning of one day to the beginning of another, UTC.
fn set_period(params: &mut CertificateParams, from: BusinessDate, to: BusinessDate) {
    let midnight = |day: BusinessDate| {
        let (year, month, day) = day.ymd();
        date_time_ymd(year, month, day)
    };
    (params.not_before, params.not_after) = (midnight(from), midnight(to));
}
