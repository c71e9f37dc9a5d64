//! `GET /pay/{payment}`: what a payer is shown, and whether it is still so.
//!
//! Whoever knows a payment's id may see this much; ids cannot be guessed. Nothing about the payer is
//! shown.

use axum::{
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Response},
};
use dialect::{PAYER_PAGE, wib};
use domain::{ids::PaymentId, payment::Shown};
use gateway::{
    Gateway,
    request::{PaymentRef, PaymentView},
};
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, REFERRER_POLICY,
        VARY, X_CONTENT_TYPE_OPTIONS,
    },
};
use pages::{
    Language, moment,
    payer::{self, Bill, Missing, Standing},
};
use serde::Deserialize;

use crate::dialects;

/// Nobody keeps these pages, and where they lead learns nothing of them.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (VARY, HeaderValue::from_static("accept-language")),
];

/// What an address may ask for.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    /// The language, by its tag.
    lang: Option<String>,
}

/// The page.
pub(super) async fn show(
    State(gateway): State<Gateway>,
    Path(payment): Path<String>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let asked = wish.lang.as_deref().and_then(Language::from_tag);
    let language = asked.unwrap_or_else(|| {
        let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Language::accepted(accepted)
    });
    let (status, page) = match found(&gateway, &payment).await {
        Ok(view) => {
            let standing = standing(&gateway, &view, language).await;
            (StatusCode::OK, payer::bill(&bill(&gateway, &view, standing, language), language))
        }
        Err(missing) => (status_of(missing), payer::missing(missing, language)),
    };
    let policy = HeaderValue::from_str(payer::policy().as_str()).ok();
    let policy = policy.map(|policy| [(CONTENT_SECURITY_POLICY, policy)]);
    let language = [(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()))];
    match policy {
        Some(policy) => (status, HEADERS, language, policy, Html(page)).into_response(),
        // A page without its policy is not shown.
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// One word that changes when the page does.
pub(super) async fn ask(State(gateway): State<Gateway>, Path(payment): Path<String>) -> Response {
    match found(&gateway, &payment).await {
        Ok(view) => {
            (HEADERS, standing(&gateway, &view, Language::Indonesian).await.word()).into_response()
        }
        Err(missing) => (status_of(missing), HEADERS).into_response(),
    }
}

const fn status_of(missing: Missing) -> StatusCode {
    match missing {
        Missing::Unknown => StatusCode::NOT_FOUND,
        Missing::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn found(gateway: &Gateway, payment: &str) -> Result<PaymentView, Missing> {
    let id = payment.parse::<PaymentId>().map_err(|_| Missing::Unknown)?;
    match gateway.payment(None, PaymentRef::Id(id)).await {
        Ok(view) => view.ok_or(Missing::Unknown),
        Err(error) => {
            tracing::warn!(%error, "a payer's page cannot be shown");
            Err(Missing::Busy)
        }
    }
}

async fn standing(gateway: &Gateway, view: &PaymentView, language: Language) -> Standing {
    let read = |at| moment(&wib(at), language);
    if is_paid_by_another(gateway, view).await {
        return Standing::PaidByAnother;
    }
    match view.payment.shown() {
        Shown::Pending => Standing::Pending,
        Shown::Paid(taking) => Standing::Paid {
            at: read(taking.paid_at),
            revocable_until: (!taking.is_final).then(|| read(taking.final_after)),
        },
        Shown::Reversed(_) => Standing::Reversed,
        Shown::Cancelled => Standing::Cancelled,
        Shown::Expired => Standing::Expired,
    }
}

/// Whether the order of this code was paid under another of its codes (rule 36).
async fn is_paid_by_another(gateway: &Gateway, view: &PaymentView) -> bool {
    if view.payment.family.is_none() {
        return false;
    }
    let order = gateway.order_of(&view.payment).await.unwrap_or_default();
    let is_paid = |other: &PaymentView| matches!(other.payment.shown(), Shown::Paid(_));
    order.iter().any(|other| other.payment.no != view.payment.no && is_paid(other))
}

fn bill(gateway: &Gateway, view: &PaymentView, standing: Standing, language: Language) -> Bill {
    let payment = &view.payment;
    let directory = gateway.directory();
    let account = directory.account(payment.account);
    let retailer = gateway.retailers().get(payment.opened_for);
    let steps = retailer.map_or("", |retailer| match language {
        Language::Indonesian => retailer.instructions_id.as_str(),
        Language::English => retailer.instructions_en.as_str(),
    });
    let back = account
        .and_then(|account| dialects::speaking(&account.brand))
        .and_then(|dialect| dialect.payer_returns_to(view));
    let now = gateway.clock().now();
    Bill {
        path: format!("{PAYER_PAGE}/{}", payment.id),
        merchant: account.map(|account| account.merchant_name.clone()).unwrap_or_default(),
        order: payment.order.as_str().to_owned(),
        code: payment.code.as_str().to_owned(),
        total: payment.total().get(),
        fee: payment.fee.payer_part().get(),
        retailer: retailer.map(|retailer| retailer.name.clone()).unwrap_or_default(),
        steps: steps.lines().map(str::to_owned).collect(),
        until: moment(&wib(payment.expires_at), language),
        left_ms: payment.expires_at.since(now).as_millis(),
        standing,
        back,
        sandbox_time: (!gateway.clock().ahead().is_zero()).then(|| moment(&wib(now), language)),
    }
}
