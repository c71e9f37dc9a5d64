//! Which endpoint a request is for, and its numbers (sections 1.5, 2, 3 and 5).

use crate::fault::Fault;

/// What can be asked. All of it with `POST`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A token.
    Token,
    /// A payment.
    Create,
    /// How a payment stands.
    Query,
}

/// The only method.
pub(crate) const METHOD: &str = "POST";
/// The code of success for clients that expect Ayolinx' own.
pub(crate) const SUCCESS: &str = "00";
/// The service of what is no endpoint.
pub(crate) const NO_SERVICE: &str = "00";

impl Endpoint {
    const ALL: [Self; 3] = [Self::Token, Self::Create, Self::Query];

    /// Its path, which is signed.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Token => "/v1.0/access-token/b2b",
            Self::Create => "/v1.0/retail/create",
            Self::Query => "/v1.0/retail/query",
        }
    }

    /// Its service code, the fourth and fifth digit of a `responseCode`. Nobody has published those
    /// of retail; they are the ones of SNAP's direct debit.
    pub(crate) const fn service(self) -> &'static str {
        match self {
            Self::Token => "73",
            Self::Create => "54",
            Self::Query => "55",
        }
    }

    /// Its name where external ids are used up.
    pub(crate) const fn external_name(self) -> &'static str {
        match self {
            Self::Token => "access-token/b2b",
            Self::Create => "retail/create",
            Self::Query => "retail/query",
        }
    }

    /// Its code of success in SNAP's form.
    pub(crate) const fn snap_success(self) -> &'static str {
        match self {
            Self::Token => "2007300",
            Self::Create => "2005400",
            Self::Query => "2005500",
        }
    }

    /// The endpoint at a path, as it was sent: paths are signed, so they are not decoded.
    pub(crate) fn at(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }
}

/// Reads method and raw path.
pub(crate) fn read(method: &str, path: &str) -> Result<Endpoint, Fault> {
    let endpoint = Endpoint::at(path).ok_or(Fault::UnknownPath)?;
    if method == METHOD { Ok(endpoint) } else { Err(Fault::WrongMethod) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_endpoint_has_one_path_and_one_method() {
        for endpoint in Endpoint::ALL {
            assert_eq!(read("POST", endpoint.path()), Ok(endpoint));
            for other in ["GET", "PUT", "HEAD", "OPTIONS", "post"] {
                assert_eq!(read(other, endpoint.path()), Err(Fault::WrongMethod), "{other}");
            }
        }
        for path in [
            "/v1.0",
            "/v1.0/",
            "/v1.0/retail/create/",
            "/v1.0/retail/Create",
            "/v1.0/retail%2Fcreate",
            "/v1.0//retail/create",
            "/v1.0/debit/notify",
        ] {
            assert_eq!(read("POST", path), Err(Fault::UnknownPath), "{path}");
        }
    }
}
