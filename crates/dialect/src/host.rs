//! The host names under which a vendor is known.

/// A host name of a vendor's, and which paths it has there. A sandbox answers for it.
#[derive(Debug, Clone, Copy)]
pub struct Host {
    /// The name, in lower case: `api.sandbox.midtrans.com`.
    pub name: &'static str,
    /// Whether this path, as it was sent, is one of that host's. Others are not found there, whatever
    /// else this process answers.
    pub serves: fn(path: &str) -> bool,
}

impl Host {
    /// Whether `name`, in any case and with or without the root's dot at its end, is this host.
    pub fn is(&self, name: &str) -> bool {
        name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case(self.name)
    }
}

/// Whether `path` is `top`, which has no slash at its end, or lies under it.
pub fn lies_under(top: &str, path: &str) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_as_dns_does() {
        let host = Host { name: "api.vendor.test", serves: |_| true };
        for name in ["api.vendor.test", "API.Vendor.Test", "api.vendor.test."] {
            assert!(host.is(name), "{name}");
        }
        for name in ["", ".", "vendor.test", "api.vendor.test..", "x.api.vendor.test", "api.vendor"]
        {
            assert!(!host.is(name), "{name}");
        }
    }

    #[test]
    fn a_path_lies_under_whole_names_only() {
        for path in ["/v2", "/v2/", "/v2/charge"] {
            assert!(lies_under("/v2", path), "{path}");
        }
        for path in ["", "/", "/v22", "/V2", "/x/v2", "v2"] {
            assert!(!lies_under("/v2", path), "{path}");
        }
    }
}
