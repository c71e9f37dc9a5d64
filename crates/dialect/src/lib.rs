//! What a merchants' API has to provide. The APIs are the crates named `dialect-*`.
//!
//! A dialect reads its vendor's bytes, asks the gateway, and writes its vendor's bytes. It cannot
//! write rows, send anything, or see another dialect: Cargo forbids it.

mod credentials;
mod host;
mod inspect;
mod news;
mod option;
mod printed;
mod shell;
mod span;
mod target;
mod wib;

use std::sync::Arc;

use domain::{
    event::Announcement,
    payment::Shown,
    retailer::{RetailerKey, Retailers},
    time::{Span, Timestamp},
};
use gateway::{
    bill::Contact,
    directory::{Account, Directory},
    request::{OpenRefusal, PaymentView, Personal},
};
use http::HeaderMap;

pub use credentials::{
    BadCredentials, CredentialOrder, Credentials, DemoAccount, Login, NewKey, PUBLIC_KEY_MAX,
};
pub use host::{Host, lies_under};
pub use inspect::{Inspected, Received};
pub use inspection::{
    Apart, Encoding, Explained, Fits, Hash, Hear, KeyBytes, KnownKey, Listener, Outcome, Part,
    Reading, Text, Trial, Tried, apart, bodies, decodings, hashes, keys_taken_for, mask, misspelt,
    off_by, readings_of_keys, recipes, said_zone, sha256_hex,
};
pub use news::{Answer, Attempt, DeliveryTerms, Notice, Outgoing, Untold, Verdict};
pub use option::{AccountOption, OptionKind, flag};
pub use printed::one_line;
pub use shell::{CHECKOUT_PAGE, NotAdmitted, PAYER_PAGE, Shell};
pub use span::in_units;
pub use target::is_target;
pub use wib::{parse_wib, utc, wib};

/// Which endpoint answered, for figures: a response extension. Paths hold ids, endpoints do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answered(pub &'static str);

/// One vendor's API: how it asks, how it answers, and how it tells its merchants.
pub trait Dialect: Send + Sync + 'static {
    /// Its name in configuration, rows and commands: `midtrans`.
    fn brand(&self) -> &'static str;

    /// Its name as people write it.
    fn title(&self) -> &'static str;

    /// Its README: what it decided, and what a merchant sees of every state and refusal.
    fn dossier(&self) -> &'static str;

    /// The retailers as this vendor offers them: the gateway's own, with other limits where the
    /// contract has others (rule 44).
    fn retailers(&self, base: &Retailers) -> Retailers;

    /// Its endpoints. Brands that share their paths bring them with the first of them.
    fn routes(&self, shell: Shell) -> axum::Router;

    /// The host names under which the vendor is known, and what lies at each; a sandbox answers for
    /// them. No two dialects have one in common.
    fn hosts(&self) -> &'static [Host];

    /// Its word for a payment that is shown so (rules 27 and 42): what stands in its status answer.
    fn word(&self, shown: &Shown) -> &'static str;

    /// Its code for a payment that is not opened, as its dossier lists it.
    fn refusal(&self, refusal: OpenRefusal) -> String;

    /// The answer of its endpoint at `path` to a request that is turned down with this code of its
    /// dossier; none where it has no such endpoint or code. A sandbox is asked for it.
    fn turned_down(
        &self,
        shell: &Shell,
        path: &str,
        code: &str,
    ) -> Option<axum::response::Response>;

    /// Whose request this is by what its headers claim, at `now` of the real clock. Nothing of it is
    /// proved: it says whose requests a sandbox lets go wrong, and nothing else.
    fn claimed<'a>(
        &self,
        directory: &'a Directory,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<&'a Arc<Account>>;

    /// Whether its wire can say that the payer bears a fee (rule 21).
    fn tells_fees(&self) -> bool;

    /// Whether it tells merchants of this at all (rule 42).
    fn announces(&self, announcement: Announcement) -> bool;

    /// The bytes that tell a merchant. Rendered anew for every attempt.
    fn notification(&self, notice: &Notice<'_>) -> Result<Outgoing, Untold>;

    /// What its keys are called that sign notifications.
    fn signs_with(&self) -> &'static str;

    /// Whether a notification's signature is right, and what differs where it is not.
    fn inspect(&self, received: &Received<'_>) -> Inspected;

    /// What an endpoint answers, with status 200 and in JSON, that has the notification: a sandbox's own
    /// does.
    fn acknowledgement(&self) -> &'static str {
        r#"{"received":true}"#
    }

    /// How notifications of this vendor are sent.
    fn delivery_terms(&self) -> DeliveryTerms;

    /// How long after the first attempt its last retry comes at the latest. What waits for an endpoint
    /// that fails is given up then, though its tries are not counted while nobody is there.
    fn retries_last(&self) -> Span;

    /// What the merchant's answer means, and what follows.
    fn verdict(&self, attempt: &Attempt<'_>) -> Verdict;

    /// Where the payer of this payment goes on when it is paid, where its merchant said so.
    fn payer_returns_to(&self, view: &PaymentView) -> Option<String> {
        let _ = view;
        None
    }

    /// Where the payer of a payment can be told, as its merchant wrote it in the request that opened it.
    /// The addresses are not looked at here.
    fn contact(&self, personal: &Personal) -> Contact;

    /// Among which retailers the payer of this payment chose the one it was opened for; none where the
    /// merchant chose.
    fn payer_chose_among(&self, view: &PaymentView) -> Option<Vec<RetailerKey>> {
        let _ = view;
        None
    }

    /// Whether its wire has a word for payments at this retailer, so that a payer may be offered it.
    fn can_name(&self, retailer: RetailerKey) -> bool {
        let _ = retailer;
        true
    }

    /// A new set of credentials for a merchant.
    fn credentials(&self, order: &CredentialOrder<'_>) -> Result<Credentials, BadCredentials>;

    /// What of its credentials opens Gerai's own API.
    fn login(&self) -> Login;

    /// The accounts of the sandbox's demo merchants, which everybody knows and production refuses.
    fn demo(&self) -> &'static [DemoAccount];

    /// What an operator may set about an account of this dialect beyond what all have.
    fn options(&self) -> &'static [AccountOption];
}
