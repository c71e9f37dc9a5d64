//! Who calls: key, token and signature, each in a header of its own (sections 1.1 and 1.7).

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use domain::time::Timestamp;
use gateway::directory::{Account, Directory, Secret};
use http::{HeaderMap, HeaderValue};

use crate::{TOKEN, brand::Brand, signature::Signature};

/// The longest key or token that is looked at, in bytes.
const LENGTH_MAX: usize = 128;

/// What a request says of its sender. Nothing of it is proved.
pub(crate) struct Presented<'a> {
    /// Under which name, as the headers' names tell.
    brand: Brand,
    key: &'a str,
    token: &'a str,
    signature: Signature,
}

/// A sender who has shown its key and its token.
#[derive(Debug)]
pub(crate) struct Caller {
    /// Under which name it calls.
    pub(crate) brand: Brand,
    /// Whose.
    pub(crate) account: Arc<Account>,
    /// The token it has shown, which is the one that must have signed.
    pub(crate) token: Secret,
}

impl<'a> Presented<'a> {
    /// Reads the headers. None where one is missing, is there twice or cannot be what it should be,
    /// or where there are headers of both names.
    pub(crate) fn read(headers: &'a HeaderMap) -> Option<Self> {
        let speaks = |brand: &Brand| {
            let names = brand.headers();
            [names.key, names.token, names.signature]
                .into_iter()
                .any(|name| headers.contains_key(name))
        };
        let mut brands = Brand::ALL.into_iter().filter(speaks);
        let (Some(brand), None) = (brands.next(), brands.next()) else { return None };
        let names = brand.headers();
        let short = |value: &&str| (1..=LENGTH_MAX).contains(&value.len());
        let text = |name| alone(headers, name)?.to_str().ok().filter(short);
        Some(Self {
            brand,
            key: text(names.key)?,
            token: text(names.token)?,
            signature: Signature::read(alone(headers, names.signature)?.as_bytes())?,
        })
    }

    /// The account with this key, if the token is one that it may use at `now`.
    pub(crate) fn caller(&self, directory: &Directory, now: Timestamp) -> Option<Caller> {
        let account = directory.account_by_public_id(self.brand.name(), self.key)?;
        let given = self.token.as_bytes();
        // All are compared, so that the time tells nothing about which of them it was.
        let is_live = account.live_keys(TOKEN, now).fold(false, |found, token| {
            found | verify_slices_are_equal(token.expose().as_bytes(), given).is_ok()
        });
        is_live.then(|| Caller {
            brand: self.brand,
            account: Arc::clone(account),
            token: Secret::new(self.token),
        })
    }

    /// The signature.
    pub(crate) fn signature(&self) -> &Signature {
        &self.signature
    }
}

/// The value of a header that is there once.
fn alone<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (value, None) => value,
        (_, Some(_)) => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    const ONES: [(&str, &str); 3] = [("On-Key", "k"), ("ON-TOKEN", "t"), ("on-signature", "")];
    const OTHERS: [(&str, &str); 3] =
        [("X-Client-Key", "k"), ("x-client-token", "t"), ("X-SIGNATURE", "")];

    /// The brand that is told by these headers. An empty signature stands for a good one.
    fn brand(pairs: &[(&str, &str)]) -> Option<Brand> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            let is_signature = value.is_empty() && name.as_str().ends_with("signature");
            let value = if is_signature { "0a".repeat(64) } else { (*value).to_owned() };
            headers.append(name, HeaderValue::from_str(&value).unwrap());
        }
        Presented::read(&headers).map(|presented| presented.brand)
    }

    #[test]
    fn names_of_headers_tell_the_brand() {
        assert_eq!(brand(&ONES), Some(Brand::Cronos));
        assert_eq!(brand(&OTHERS), Some(Brand::Sengo));
    }

    #[test]
    fn whatever_is_missing_mixed_or_malformed_is_nobody() {
        assert_eq!(brand(&[]), None);
        for headers in [ONES, OTHERS] {
            for missing in 0..3 {
                let mut fewer = headers.to_vec();
                fewer.remove(missing);
                assert_eq!(brand(&fewer), None, "{fewer:?}");
            }
            for repeated in 0..3 {
                let mut more = headers.to_vec();
                more.push(headers[repeated]);
                assert_eq!(brand(&more), None, "{more:?}");
            }
            for (at, value) in [
                (0, String::new()),
                (1, String::new()),
                (0, "k".repeat(129)),
                (1, "é".to_owned()),
                (2, "0a".repeat(63)),
                (2, "0a".repeat(65)),
                (2, "0g".repeat(64)),
            ] {
                let mut bent = headers.to_vec();
                bent[at].1 = &value;
                assert_eq!(brand(&bent), None, "{bent:?}");
            }
        }
        let mixed = [ONES[0], ONES[1], OTHERS[2]];
        assert_eq!(brand(&mixed), None);
        assert_eq!(brand(&[ONES, OTHERS].concat()), None);
        assert_eq!(brand(&[ONES[0], ONES[1], ONES[2], OTHERS[1]]), None);
    }
}
