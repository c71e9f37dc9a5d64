#![doc = include_str!("../README.md")]

mod routes;

mod hosts;

mod endpoint;

mod headers;

mod auth;

mod explain;

mod token;

mod call;

mod create;

mod query;

mod reading;

mod urls;

mod channel;

mod amount;

mod json;

mod minify;

mod stamp;

mod signature;

mod pem;

mod public_key;

mod credentials;

mod demo;

mod options;

mod answer;

mod reference;

mod receipt;

mod memo;

mod words;

mod notification;

mod inspect;

mod retry;

mod fault;

#[cfg(test)]
mod cases;

#[cfg(test)]
mod samples;

use std::sync::Arc;

use axum::Router;
use dialect::{
    AccountOption, Attempt, BadCredentials, CredentialOrder, Credentials, DeliveryTerms,
    DemoAccount, Dialect, Host, Inspected, Login, Notice, Outgoing, Received, Shell, Untold,
    Verdict,
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
    request::{OpenError, OpenRefusal, PaymentView, Personal},
};
use http::HeaderMap;

pub use routes::rehearse_create;
pub use signature::{sign_request, sign_token_request};

use crate::{
    endpoint::Endpoint,
    fault::Fault,
    headers::{CLIENT_KEY, PARTNER_ID},
    memo::Memo,
    words::Words,
};

/// Ayolinx' API for payments over the counter, in the style of SNAP BI.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ayolinx;

/// The dialect's name in configuration, rows and commands.
pub const BRAND: &str = "ayolinx";

/// The purpose of the secret that a merchant signs requests with.
pub const CLIENT_SECRET: &str = "client_secret";

/// The purpose of the RSA public key that a merchant's token requests are verified with, in PEM.
pub const MERCHANT_PUBLIC_KEY: &str = "merchant_public_key";

/// The purpose of the RSA private key that the gateway signs notifications with, in PEM.
pub const PLATFORM_PRIVATE_KEY: &str = "platform_private_key";

/// The private key of the demo merchant, which signs its requests for tokens; published with the
/// contract's test vectors.
pub const DEMO_MERCHANT_PRIVATE_KEY: &str = include_str!("../demo/merchant_private.pem");

/// The demo merchant's account.
pub const DEMO: &DemoAccount = &demo::DEMO;

impl Dialect for Ayolinx {
    fn brand(&self) -> &'static str {
        BRAND
    }

    fn title(&self) -> &'static str {
        "Ayolinx"
    }

    fn dossier(&self) -> &'static str {
        include_str!("../README.md")
    }

    /// All of them, with the gateway's own limits: the vendor publishes none. Payments are opened for
    /// channels only, but whoever takes the codes of a channel's network may be paid.
    fn retailers(&self, base: &Retailers) -> Retailers {
        base.clone()
    }

    fn routes(&self, shell: Shell) -> Router {
        routes::routes(shell)
    }

    fn hosts(&self) -> &'static [Host] {
        hosts::HOSTS
    }

    fn word(&self, shown: &Shown) -> &'static str {
        Words::of(shown).status
    }

    fn refusal(&self, refusal: OpenRefusal) -> String {
        Fault::of_open(OpenError::Refused(refusal), None).code(Endpoint::Create.service())
    }

    fn turned_down(
        &self,
        shell: &Shell,
        path: &str,
        code: &str,
    ) -> Option<axum::response::Response> {
        routes::turned_down(shell, path, code)
    }

    fn claimed<'a>(
        &self,
        directory: &'a Directory,
        headers: &HeaderMap,
        _: Timestamp,
    ) -> Option<&'a Arc<Account>> {
        // Who asks for a token, and who asks for anything else.
        let mut ids = [PARTNER_ID, CLIENT_KEY].into_iter().filter_map(|name| headers.get(name));
        directory.account_by_public_id(BRAND, ids.next()?.to_str().ok()?)
    }

    /// An amount is all its wire has.
    fn tells_fees(&self) -> bool {
        false
    }

    /// Whatever is final; that a payment was opened, its merchant knows (rule 42).
    fn announces(&self, announcement: Announcement) -> bool {
        match announcement {
            Announcement::Paid
            | Announcement::Reversed
            | Announcement::Cancelled
            | Announcement::Expired => true,
            Announcement::Pending => false,
        }
    }

    fn notification(&self, notice: &Notice<'_>) -> Result<Outgoing, Untold> {
        notification::render(notice)
    }

    fn signs_with(&self) -> &'static str {
        PLATFORM_PRIVATE_KEY
    }

    fn inspect(&self, received: &Received<'_>) -> Inspected {
        inspect::inspect(received)
    }

    fn acknowledgement(&self) -> &'static str {
        retry::ACKNOWLEDGEMENT
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

    fn payer_returns_to(&self, view: &PaymentView) -> Option<String> {
        Memo::from_stored(&view.personal.memo).return_url
    }

    fn contact(&self, personal: &Personal) -> Contact {
        let memo = Memo::from_stored(&personal.memo);
        Contact { email: memo.email, phone: memo.phone }
    }

    fn credentials(&self, order: &CredentialOrder<'_>) -> Result<Credentials, BadCredentials> {
        credentials::answer(order)
    }

    fn login(&self) -> Login {
        Login::IdAndSecret(CLIENT_SECRET)
    }

    fn demo(&self) -> &'static [DemoAccount] {
        std::slice::from_ref(DEMO)
    }

    fn options(&self) -> &'static [AccountOption] {
        options::ALL
    }
}
