//! Whom we trust.

use std::{path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs::default_provider,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::config::ConfigError;

/// What is spoken over TLS, the better first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// TLS for a client that trusts the system's certification authorities and those of `ca_file`.
pub(super) fn tls(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, ConfigError> {
    let roots = roots(ca_file).map_err(|why| ConfigError::value("notification.ca_file", why))?;
    if roots.is_empty() {
        tracing::warn!(
            "the system trusts no certification authority: notifications to https will fail"
        );
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| ConfigError::value("notification.ca_file", error))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
    Ok(Arc::new(config))
}

/// The system's certification authorities and those of `ca_file`; an error names the file.
pub(crate) fn roots(ca_file: Option<&Path>) -> Result<RootCertStore, String> {
    let mut roots = of_the_system();
    if let Some(path) = ca_file {
        add(&mut roots, path).map_err(|why| format!("{}: {why}", path.display()))?;
    }
    Ok(roots)
}

/// The system's, as far as they can be read.
fn of_the_system() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    for error in found.errors {
        tracing::warn!(%error, "a certification authority of the system cannot be read");
    }
    roots.add_parsable_certificates(found.certs);
    roots
}

fn add(roots: &mut RootCertStore, path: &Path) -> Result<(), String> {
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())?;
    let mut is_empty = true;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
        is_empty = false;
    }
    if is_empty { Err("it holds no certificate".to_owned()) } else { Ok(()) }
}
