//! One platform under two names: what differs between them (section 0.3).

/// Under which name a merchant has its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Brand {
    /// Cronos Engine.
    Cronos,
    /// `SenGo`.
    Sengo,
}

/// The names of the headers that say who calls, in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeaderNames {
    /// The project's key: its public name.
    pub(crate) key: &'static str,
    /// The project's token: its secret, which is sent with every request.
    pub(crate) token: &'static str,
    /// The signature.
    pub(crate) signature: &'static str,
}

impl Brand {
    /// Both.
    pub(crate) const ALL: [Self; 2] = [Self::Cronos, Self::Sengo];

    /// Its name in configuration, rows and commands.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cronos => "cronos",
            Self::Sengo => "sengo",
        }
    }

    /// Its name as people write it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Cronos => "Cronos Engine",
            Self::Sengo => "SenGo",
        }
    }

    /// The headers that say who calls.
    pub(crate) const fn headers(self) -> HeaderNames {
        match self {
            Self::Cronos => {
                HeaderNames { key: "on-key", token: "on-token", signature: "on-signature" }
            }
            Self::Sengo => HeaderNames {
                key: "x-client-key",
                token: "x-client-token",
                signature: "x-signature",
            },
        }
    }

    /// Whether a list without a date is that of today (section 3.2).
    pub(crate) const fn lists_today(self) -> bool {
        match self {
            Self::Cronos => false,
            Self::Sengo => true,
        }
    }
}
