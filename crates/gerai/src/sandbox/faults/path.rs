//! Which endpoints a script is about.

use dialect::PAYER_PAGE;

use crate::sandbox::is_own;

/// The longest, in bytes.
const LENGTH_MAX: usize = 256;

/// A path, in which `*` stands for any one segment, and `**` at the end for whatever follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern(String);

impl Pattern {
    /// Reads one.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        if text.len() > LENGTH_MAX {
            return Err(format!("at most {LENGTH_MAX} characters"));
        }
        let is_path = text.starts_with('/')
            && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'));
        if !is_path {
            return Err("it begins with a slash and has no blanks and no query: /v2/charge, \
                        /v2/*/status, /v2/**"
                .to_owned());
        }
        if is_apart(text) {
            return Err("the sandbox's own paths and payers' pages go right".to_owned());
        }
        let mut segments = text.split('/').rev();
        let rest_is_plain = segments.by_ref().skip(1).all(|segment| segment != "**");
        if !rest_is_plain {
            return Err("`**` stands at the end only".to_owned());
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was read.
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The one path that it stands for, if it is one.
    pub(super) fn only(&self) -> Option<&str> {
        let has_stars = self.0.split('/').any(|segment| matches!(segment, "*" | "**"));
        (!has_stars).then_some(self.0.as_str())
    }

    /// Whether it stands for this path.
    pub(super) fn fits(&self, path: &str) -> bool {
        let mut segments = path.split('/');
        for wanted in self.0.split('/') {
            match (wanted, segments.next()) {
                ("**", Some(_)) => return true,
                ("*", Some(segment)) if !segment.is_empty() => {}
                (wanted, Some(segment)) if wanted == segment => {}
                (_, Some(_) | None) => return false,
            }
        }
        segments.next().is_none()
    }
}

/// Whether a path is the sandbox's own, or a payer's page: nothing of it goes wrong, so that whoever
/// adds a script can take it away again.
pub(super) fn is_apart(path: &str) -> bool {
    let page = path.strip_prefix(PAYER_PAGE);
    is_own(path) || page.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn stars_stand_for_segments() {
        for (pattern, fits, fits_not) in [
            ("/v2/charge", "/v2/charge", "/v2/charge/"),
            ("/v2/*/status", "/v2/order-1/status", "/v2//status"),
            ("/v2/*/status", "/v2/*/status", "/v2/a/b/status"),
            ("/v2/**", "/v2/a/b/c", "/v2"),
            ("/**", "/", "x"),
            ("/v*", "/v*", "/v2"),
        ] {
            let pattern = Pattern::read(pattern).unwrap();
            assert!(pattern.fits(fits), "{pattern:?} {fits}");
            assert!(!pattern.fits(fits_not), "{pattern:?} {fits_not}");
        }
        assert_eq!(Pattern::read("/v2/charge").unwrap().only(), Some("/v2/charge"));
        assert_eq!(Pattern::read("/v2/*/status").unwrap().only(), None);
    }

    #[test]
    fn what_is_no_path_or_apart_is_refused() {
        for text in [
            "",
            "v2",
            "/a b",
            "/a?b=c",
            "/\u{e9}",
            "/**/a",
            "/sandbox/v1/faults",
            "/inbox",
            "/simulator",
            "/pay/x",
        ] {
            assert!(Pattern::read(text).is_err(), "{text}");
        }
        assert!(Pattern::read(&format!("/{}", "a".repeat(256))).is_err());
        assert!(Pattern::read("/payments/x").is_ok(), "it only begins like one");
    }

    proptest! {
        #[test]
        fn a_path_without_stars_fits_itself_alone(path in "(/[a-z0-9._-]{1,6}){1,5}") {
            if let Ok(pattern) = Pattern::read(&path) {
                prop_assert!(pattern.fits(&path));
                let longer = format!("{path}/x");
                prop_assert!(!pattern.fits(&longer));
                prop_assert!(!pattern.fits(&path[1..]));
            }
        }

        #[test]
        fn nothing_panics(pattern in "\\PC{0,40}", path in "\\PC{0,40}") {
            if let Ok(pattern) = Pattern::read(&pattern) {
                let _ = pattern.fits(&path);
            }
        }
    }
}
