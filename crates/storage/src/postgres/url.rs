//! What of a connection's URL `tokio-postgres` does not read: how the server has to prove itself.

use std::path::PathBuf;

use super::place::{Certificates, Protection};

/// A URL in two parts.
pub(super) struct Parts {
    /// What `tokio-postgres` reads.
    pub(super) rest: String,
    /// What we read.
    pub(super) ssl: Ssl,
}

/// The parameters of TLS, as they were written.
#[derive(Debug, Default)]
pub(super) struct Ssl {
    mode: Option<String>,
    authorities: Option<String>,
    certificate: Option<String>,
    key: Option<String>,
}

/// Takes our parameters out of a URL. An error quotes nothing that could be a password.
pub(super) fn split(url: &str) -> Result<Parts, String> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err("it must be a URL: postgres://user@server/database".to_owned());
    }
    let Some(start) = parameters(url) else {
        return Ok(Parts { rest: url.to_owned(), ssl: Ssl::default() });
    };
    let (before, query) = (url.get(..start).unwrap_or(url), url.get(start + 1..).unwrap_or(""));
    let mut ssl = Ssl::default();
    let mut kept = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let Some((key, value)) = parameter.split_once('=') else {
            return Err(format!("the parameter `{parameter}` has no value"));
        };
        let place = match key {
            "sslmode" => &mut ssl.mode,
            "sslrootcert" => &mut ssl.authorities,
            "sslcert" => &mut ssl.certificate,
            "sslkey" => &mut ssl.key,
            // Everything else is for `tokio-postgres`, which knows what it does not know.
            _ => {
                kept.push(parameter);
                continue;
            }
        };
        *place = Some(decoded(value).ok_or_else(|| format!("`{key}` is not encoded as in URLs"))?);
    }
    let mut rest = before.to_owned();
    if !kept.is_empty() {
        rest.push('?');
        rest.push_str(&kept.join("&"));
    }
    Ok(Parts { rest, ssl })
}

/// Whether a URL has this parameter.
pub(super) fn says(url: &str, key: &str) -> bool {
    let query = parameters(url).and_then(|start| url.get(start + 1..)).unwrap_or_default();
    query.split('&').any(|parameter| parameter.split('=').next() == Some(key))
}

/// Where the `?` before the parameters is: behind the credentials, which may hold one too.
fn parameters(url: &str) -> Option<usize> {
    let after = url.find('@').unwrap_or_default();
    url.get(after..)?.find('?').map(|at| after + at)
}

impl Ssl {
    /// How the connection is protected, where the servers are on this machine or are not.
    pub(super) fn protection(self, is_near: bool) -> Result<(Protection, Certificates), String> {
        let names_authorities = self.authorities.is_some();
        // The system's own list, by libpq's word for it.
        let authorities = self.authorities.filter(|path| path != "system").map(PathBuf::from);
        let protection = match self.mode.as_deref() {
            None if is_near && !names_authorities => Protection::Preferred,
            None | Some("verify-full") => Protection::Named,
            Some("verify-ca") => Protection::Authority,
            Some("require") if names_authorities => Protection::Authority,
            Some("require") => Protection::Encrypted,
            Some("prefer") => Protection::Preferred,
            Some("disable") => Protection::Plain,
            Some(_) => {
                return Err("`sslmode` must be disable, prefer, require, verify-ca or verify-full"
                    .to_owned());
            }
        };
        match protection {
            // Anybody gets a certificate of some public authority.
            Protection::Authority if authorities.is_none() => {
                return Err("`sslmode=verify-ca` needs `sslrootcert`, a file with your own \
                            authorities; sslmode=verify-full does not"
                    .to_owned());
            }
            Protection::Plain | Protection::Preferred if names_authorities => {
                return Err(
                    "`sslrootcert` is of no use where `sslmode` does not ask for it".to_owned()
                );
            }
            Protection::Plain
            | Protection::Preferred
            | Protection::Encrypted
            | Protection::Authority
            | Protection::Named => {}
        }
        let ours = match (self.certificate, self.key) {
            (Some(certificate), Some(key)) => Some((certificate.into(), key.into())),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                return Err("`sslcert` and `sslkey` go together".to_owned());
            }
        };
        Ok((protection, Certificates { authorities, ours }))
    }
}

/// A value with its percent signs undone; none where that is no text.
fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || char::from(rest.next()?).to_digit(16);
            let (high, low) = (digit()?, digit()?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}
