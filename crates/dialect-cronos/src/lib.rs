#![doc = include_str!("../README.md")]

mod routes;

mod hosts;

mod path;

mod brand;

mod auth;

mod explain;

mod signature;

mod php;

mod call;

mod retail;

mod check;

mod transactions;

mod query;

mod reading;

mod problems;

mod memo;

mod words;

mod answer;

mod notification;

mod inspect;

mod retry;

mod credentials;

mod fault;

#[cfg(test)]
mod cases;

#[cfg(test)]
mod samples;

use std::sync::Arc;

use axum::Router;
use dialect::{
    AccountOption, Attempt, BadCredentials, CredentialOrder, Credentials, DeliveryTerms,
    DemoAccount, Dialect, Host, Inspected, Login, Notice, OptionKind, Outgoing, Received, Shell,
    Untold, Verdict,
};
use domain::{
    event::Announcement,
    payment::Shown,
    retailer::Retailers,
    time::{Span, Timestamp},
};
use gateway::{
    bill::Contact,
    directory::{Account, Directory},
    request::{OpenError, OpenRefusal, Personal},
};
use http::HeaderMap;

use crate::{brand::Brand, fault::Fault, memo::Memo};

pub use routes::rehearse_create;
pub use signature::sign;

/// The platform under one of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform(Brand);

/// The platform as Cronos Engine. It brings the endpoints, for both names.
pub static CRONOS: Platform = Platform(Brand::Cronos);

/// The platform as `SenGo`. Its endpoints are those of [`CRONOS`], which must be there too.
pub static SENGO: Platform = Platform(Brand::Sengo);

/// What an account's secrets are for; there is one kind.
pub const TOKEN: &str = "token";

/// Whether only what the platform's own servers are believed to take is a signature.
const STRICT: AccountOption = AccountOption {
    name: "strict",
    kind: OptionKind::Flag,
    default: "false",
    about: "take a signature of PHP's json_encode only, as the vendor's own servers do",
};

impl Dialect for Platform {
    fn brand(&self) -> &'static str {
        self.0.name()
    }

    fn title(&self) -> &'static str {
        self.0.title()
    }

    fn dossier(&self) -> &'static str {
        include_str!("../README.md")
    }

    /// All of them: payments are opened for two channels only (section 2.1), but whoever takes the
    /// codes of a channel's network may be paid.
    fn retailers(&self, base: &Retailers) -> Retailers {
        base.clone()
    }

    fn routes(&self, shell: Shell) -> Router {
        match self.0 {
            Brand::Cronos => routes::routes(shell),
            Brand::Sengo => Router::new(),
        }
    }

    fn hosts(&self) -> &'static [Host] {
        hosts::of(self.0)
    }

    fn word(&self, shown: &Shown) -> &'static str {
        words::of(shown)
    }

    fn refusal(&self, refusal: OpenRefusal) -> String {
        Fault::of_open(OpenError::Refused(refusal), None).code()
    }

    fn turned_down(&self, _: &Shell, path: &str, code: &str) -> Option<axum::response::Response> {
        routes::turned_down(path, code)
    }

    fn claimed<'a>(
        &self,
        directory: &'a Directory,
        headers: &HeaderMap,
        _: Timestamp,
    ) -> Option<&'a Arc<Account>> {
        let key = headers.get(self.0.headers().key)?.to_str().ok()?;
        directory.account_by_public_id(self.0.name(), key)
    }

    fn tells_fees(&self) -> bool {
        true
    }

    /// How a payment ends, and nothing before (rule 42).
    fn announces(&self, announcement: Announcement) -> bool {
        match announcement {
            Announcement::Pending => false,
            Announcement::Paid
            | Announcement::Reversed
            | Announcement::Cancelled
            | Announcement::Expired => true,
        }
    }

    fn notification(&self, notice: &Notice<'_>) -> Result<Outgoing, Untold> {
        notification::render(self.0, notice)
    }

    fn signs_with(&self) -> &'static str {
        TOKEN
    }

    fn inspect(&self, received: &Received<'_>) -> Inspected {
        inspect::inspect(self.0, received)
    }

    fn delivery_terms(&self) -> DeliveryTerms {
        retry::TERMS
    }

    fn retries_last(&self) -> Span {
        retry::LAST
    }

    fn verdict(&self, attempt: &Attempt<'_>) -> Verdict {
        retry::verdict(attempt)
    }

    /// The number to which bills are sent (section 2.1).
    fn contact(&self, personal: &Personal) -> Contact {
        let phone = Memo::from_stored(&personal.memo).phone_number;
        Contact { email: None, phone: (!phone.is_empty()).then_some(phone) }
    }

    fn credentials(&self, order: &CredentialOrder<'_>) -> Result<Credentials, BadCredentials> {
        credentials::answer(self.0, order)
    }

    fn login(&self) -> Login {
        Login::IdAndSecret(TOKEN)
    }

    fn demo(&self) -> &'static [DemoAccount] {
        match self.0 {
            Brand::Cronos => &credentials::DEMO_CRONOS,
            Brand::Sengo => &credentials::DEMO_SENGO,
        }
    }

    fn options(&self) -> &'static [AccountOption] {
        &[STRICT]
    }
}
