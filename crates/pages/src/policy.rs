//! What a page's browser may do.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};

/// A page's `Content-Security-Policy`: its own style and script, known by their hashes, and nothing
/// else. No other page may frame it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy(String);

impl Policy {
    /// For a page with this style and script, to the byte. `connects` lets its script ask its own
    /// server.
    pub fn new(style: &str, script: Option<&str>, connects: bool) -> Self {
        let hash =
            |text: &str| format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, text.as_bytes())));
        let script =
            script.map_or_else(String::new, |script| format!(" script-src {};", hash(script)));
        let connect = if connects { " connect-src 'self';" } else { "" };
        Self(format!(
            "default-src 'none'; style-src {};{script}{connect} frame-ancestors 'none'; \
             form-action 'none'; base-uri 'none'",
            hash(style)
        ))
    }

    /// For a page that has forms, which go to its own server.
    #[must_use]
    pub fn with_forms(self) -> Self {
        Self(self.0.replace("form-action 'none'", "form-action 'self'"))
    }

    /// The header's value.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_in_the_page_runs() {
        // The hash of an empty text is known to everybody.
        let empty = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='";
        assert_eq!(
            Policy::new("", None, false).as_str(),
            format!(
                "default-src 'none'; style-src {empty}; frame-ancestors 'none'; form-action 'none'; \
                 base-uri 'none'"
            )
        );
        let page = Policy::new("", Some(""), true);
        assert!(page.as_str().contains(&format!(" script-src {empty}; connect-src 'self';")));
        assert!(!page.as_str().contains("unsafe"));
        assert!(page.as_str().contains("form-action 'none'"));
        let page = page.with_forms();
        assert!(page.as_str().contains("form-action 'self'"));
    }
}
