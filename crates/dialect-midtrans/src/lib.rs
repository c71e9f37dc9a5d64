#![doc = include_str!("../README.md")]

mod routes;

mod hosts;

mod path;

mod auth;

mod explain;

mod call;

mod charge;

mod status;

mod actions;

mod reading;

mod problems;

mod wire;

mod json;

mod amount;

mod expiry;

mod items;

mod receipt;

mod memo;

mod targets;

mod idempotency;

mod words;

mod answer;

mod notification;

mod inspect;

mod signature;

mod snap;

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
    DemoAccount, Dialect, Host, Inspected, Login, Notice, Outgoing, Received, Shell, Untold,
    Verdict,
};
use domain::{
    event::Announcement,
    money::Rupiah,
    payment::Shown,
    retailer::{Retailer, RetailerKey, Retailers},
    time::{Span, Timestamp},
};

use gateway::{
    bill::Contact,
    directory::{Account, Directory},
    request::{OpenError, OpenRefusal, PaymentView, Personal},
};
use http::HeaderMap;

use crate::{fault::Fault, memo::Memo, words::Words};

pub use routes::rehearse_charge;

/// The Midtrans Core API for payments over the counter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Midtrans;

/// The dialect's name in configuration, rows and commands.
pub const BRAND: &str = "midtrans";

/// The demo merchant's account.
pub const DEMO: &DemoAccount = &credentials::DEMOS[0];

/// What an account's secrets are for; there is one kind.
pub const SERVER_KEY: &str = "server_key";

impl Dialect for Midtrans {
    fn brand(&self) -> &'static str {
        BRAND
    }

    fn title(&self) -> &'static str {
        "Midtrans"
    }

    fn dossier(&self) -> &'static str {
        include_str!("../README.md")
    }

    /// Alfamart and whoever takes its codes start at one rupiah (section 2.3, rule 44).
    fn retailers(&self, base: &Retailers) -> Retailers {
        let alfamart = RetailerKey::new(receipt::ALFAMART).ok();
        let network = alfamart.and_then(|key| base.get(key)).map(|alfamart| alfamart.network);
        let least = Rupiah::new(1).unwrap_or(Rupiah::ZERO);
        let offered = base.iter().map(|retailer| {
            let amount_min =
                if Some(retailer.network) == network { least } else { retailer.amount_min };
            Retailer { amount_min, ..retailer.clone() }
        });
        Retailers::new(offered.collect())
    }

    fn routes(&self, shell: Shell) -> Router {
        routes::routes(shell)
    }

    fn hosts(&self) -> &'static [Host] {
        hosts::HOSTS
    }

    fn word(&self, shown: &Shown) -> &'static str {
        Words::of(shown).transaction_status
    }

    fn refusal(&self, refusal: OpenRefusal) -> String {
        Fault::of_open(OpenError::Refused(refusal), None).code().to_owned()
    }

    fn turned_down(&self, _: &Shell, path: &str, code: &str) -> Option<axum::response::Response> {
        routes::turned_down(path, code).or_else(|| snap::turned_down(path, code))
    }

    fn claimed<'a>(
        &self,
        directory: &'a Directory,
        headers: &HeaderMap,
        now: Timestamp,
    ) -> Option<&'a Arc<Account>> {
        let key = auth::server_key(headers)?;
        directory.account_by_secret(BRAND, SERVER_KEY, key.expose(), now)
    }

    /// An amount is all its wire has.
    fn tells_fees(&self) -> bool {
        false
    }

    /// Every change is told (section 5.1).
    fn announces(&self, announcement: Announcement) -> bool {
        match announcement {
            Announcement::Pending
            | Announcement::Paid
            | Announcement::Reversed
            | Announcement::Cancelled
            | Announcement::Expired => true,
        }
    }

    fn notification(&self, notice: &Notice<'_>) -> Result<Outgoing, Untold> {
        Ok(notification::render(notice))
    }

    fn signs_with(&self) -> &'static str {
        SERVER_KEY
    }

    fn inspect(&self, received: &Received<'_>) -> Inspected {
        inspect::inspect(received)
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

    /// `customer_details` (section 2.1).
    fn contact(&self, personal: &Personal) -> Contact {
        let memo = Memo::from_stored(&personal.memo);
        Contact { email: memo.email, phone: memo.phone }
    }

    fn payer_returns_to(&self, view: &PaymentView) -> Option<String> {
        snap::finish::returns_to(view)
    }

    fn payer_chose_among(&self, view: &PaymentView) -> Option<Vec<RetailerKey>> {
        snap::finish::chose_among(view)
    }

    fn can_name(&self, retailer: RetailerKey) -> bool {
        [receipt::ALFAMART, receipt::INDOMARET].contains(&retailer.as_str())
    }

    fn credentials(&self, order: &CredentialOrder<'_>) -> Result<Credentials, BadCredentials> {
        credentials::answer(order)
    }

    fn login(&self) -> Login {
        Login::Key(SERVER_KEY)
    }

    fn demo(&self) -> &'static [DemoAccount] {
        credentials::DEMOS
    }

    fn options(&self) -> &'static [AccountOption] {
        &[]
    }
}
