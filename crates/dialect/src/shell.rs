//! What every dialect needs from its surroundings.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use domain::ids::{AccountNo, PaymentId};
use gateway::{Gateway, directory::Account};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use inspection::{Explained, Listener};
use intake::Limits;

/// Where the payers' pages lie; a payment's id follows.
pub const PAYER_PAGE: &str = "/pay";
/// Where the pages lie on which payers choose a retailer; a checkout's token follows.
pub const CHECKOUT_PAGE: &str = "/checkout";

/// The gateway, the limits, who may call how often, and who hears of those that are not believed. Cheap
/// to clone.
#[derive(Clone)]
pub struct Shell(Arc<Inner>, Listener);

struct Inner {
    gateway: Gateway,
    limits: Limits,
    rate_max: u32,
    public_url: String,
    rates: dashed::Rates,
}

/// Why a known account is turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdmitted {
    /// It is turned off.
    Disabled,
    /// It may not call from there.
    Address,
    /// It calls too often.
    TooOften,
}

impl std::fmt::Debug for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shell").field("limits", &self.0.limits).finish_non_exhaustive()
    }
}

impl Shell {
    /// Around `gateway`. `rate_max` is the most requests a second of an account that has no figure
    /// of its own; 0 means no limit. `public_url` is how payers reach this gateway, without a slash
    /// at its end.
    pub fn new(
        gateway: Gateway,
        limits: Limits,
        rate_max: u32,
        public_url: impl Into<String>,
    ) -> Self {
        let public_url = public_url.into();
        let rates = dashed::Rates::default();
        Self(Arc::new(Inner { gateway, limits, rate_max, public_url, rates }), Listener::default())
    }

    /// The same, with somebody who hears why requests are not believed: in a sandbox.
    #[must_use]
    pub fn heard_by(self, listener: Listener) -> Self {
        Self(self.0, listener)
    }

    /// Has a request explained that was not believed, if somebody listens.
    pub fn not_believed(&self, explain: impl FnOnce() -> Option<Explained>) {
        self.1.ask(explain);
    }

    /// The page that shows a payer what to pay and where.
    pub fn payment_url(&self, payment: &PaymentId) -> String {
        format!("{}{PAYER_PAGE}/{payment}", self.0.public_url)
    }

    /// The page at `path`, which begins with a slash, as payers reach it.
    pub fn public_url(&self, path: &str) -> String {
        format!("{}{path}", self.0.public_url)
    }

    /// The gateway.
    pub fn gateway(&self) -> &Gateway {
        &self.0.gateway
    }

    /// The limits on bodies.
    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Whether an account that has proved who it is may be served now, from there.
    pub fn admit(&self, account: &Account, from: IpAddr) -> Result<(), NotAdmitted> {
        if account.disabled {
            return Err(NotAdmitted::Disabled);
        }
        if !account.allows(from) {
            return Err(NotAdmitted::Address);
        }
        let rate_max = if account.rate_max == 0 { self.0.rate_max } else { account.rate_max };
        match NonZeroU32::new(rate_max) {
            Some(rate) if !self.0.rates.allows(account.no, rate) => Err(NotAdmitted::TooOften),
            Some(_) | None => Ok(()),
        }
    }
}

mod dashed {
    use std::{collections::HashMap, sync::RwLock};

    use super::{AccountNo, Arc, DefaultKeyedRateLimiter, NonZeroU32, Quota, RateLimiter};

    /// A limiter per figure: accounts share the few figures that operators choose.
    #[derive(Default)]
    pub(super) struct Rates(RwLock<HashMap<NonZeroU32, Arc<DefaultKeyedRateLimiter<AccountNo>>>>);

    impl Rates {
        pub(super) fn allows(&self, account: AccountNo, rate: NonZeroU32) -> bool {
            let known = self.0.read().ok().and_then(|map| map.get(&rate).map(Arc::clone));
            let limiter = known.or_else(|| {
                let fresh = || Arc::new(RateLimiter::keyed(Quota::per_second(rate)));
                self.0.write().ok().map(|mut map| Arc::clone(map.entry(rate).or_insert_with(fresh)))
            });
            // A poisoned lock would only mean that a request is served which need not have been.
            limiter.is_none_or(|limiter| limiter.check_key(&account).is_ok())
        }
    }
}
