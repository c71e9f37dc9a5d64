//! TLS under the vendors' host names, for clients that cannot be told another address (`--tls`).
//!
//! A certification authority of the sandbox's own signs one certificate for all names. The authority is
//! made once and kept in the data folder, so that a client that trusts it goes on trusting it; the
//! certificate and its key are made at every start and are never written down. Production has its own
//! certificate, and none of this.

mod authority;
mod files;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use domain::time::BusinessDate;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use self::authority::{Authority, RENEWED_BEFORE};

/// What the sandbox shows to clients, and what they have to trust for it.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The certificate.
    pub(crate) certificate: CertificateDer<'static>,
    /// Its key.
    pub(crate) key: PrivateKeyDer<'static>,
    /// The file with the authority's certificate, PEM.
    pub(crate) ca_file: PathBuf,
    /// Whether the authority was made just now.
    pub(crate) is_new: bool,
}

/// A certificate for `names`, from today on. `folder` is the data folder; none: in memory, and the
/// authority is gone when the sandbox ends. `ca_file` is where its certificate is written to as well.
///
/// Fails, with a sentence, where nobody could find the authority's certificate, where what lies in the
/// folder is no authority of ours, and where `ca_file` is something else's.
pub(crate) fn identity(
    folder: Option<&Path>,
    ca_file: Option<&Path>,
    names: &[&str],
    today: BusinessDate,
) -> anyhow::Result<Identity> {
    let (authority, is_new, kept_in) = match (folder, ca_file) {
        (None, None) => bail!(
            "a sandbox in memory has nowhere to keep its CA for --tls: say with --tls-ca FILE where \
             clients find its certificate"
        ),
        (None, Some(ca_file)) => (made(names, today)?, true, ca_file.to_owned()),
        (Some(folder), _) => {
            let (authority, is_new) = kept(folder, names, today)?;
            (authority, is_new, files::certificate(folder))
        }
    };
    if let Some(ca_file) = ca_file {
        files::write_copy(ca_file, &authority)?;
    }
    let (certificate, key) = authority.certificate(names, today).context(CANNOT_SIGN)?;
    Ok(Identity { certificate, key, ca_file: kept_in, is_new })
}

const CANNOT_SIGN: &str = "cannot make a certificate for --tls";

/// The authority of a data folder: the one that is there, unless it nears its end or does not fit these
/// names; otherwise a new one.
fn kept(folder: &Path, names: &[&str], today: BusinessDate) -> anyhow::Result<(Authority, bool)> {
    if let Some(authority) = files::read(folder)? {
        if authority.covers(names, today) {
            return Ok((authority, false));
        }
        tracing::warn!(
            made_on = %authority.made_on(),
            "the sandbox's CA ends within {RENEWED_BEFORE} days, or is not for all hosts: a new one is \
             made, which clients have to trust anew"
        );
    }
    let authority = made(names, today)?;
    files::write(folder, &authority)?;
    Ok((authority, true))
}

fn made(names: &[&str], today: BusinessDate) -> anyhow::Result<Authority> {
    Authority::new(names, today).context(CANNOT_SIGN)
}
