//! `/pay/{payment}`: what a payer is shown, whether it is still so, and another code where the payer may
//! have one.
//!
//! Whoever knows a payment's id may see this much; ids cannot be guessed. Nothing about the payer is
//! shown.

use axum::{
    extract::{Path, Query, Request, State},
    response::{IntoResponse, Response},
};
use dialect::{PAYER_PAGE, wib};
use domain::{ids::PaymentId, payment::Shown, retailer::RetailerKey};
use gateway::{
    Gateway,
    request::{PaymentRef, PaymentView, Sibling, SiblingError, SiblingRequest},
};
use http::{HeaderMap, StatusCode};
use intake::read_body;
use pages::{
    Language, moment,
    payer::{self, Bill, Missing, Standing},
};

use super::{
    Pages,
    answer::{self, HEADERS, Wish, status_of},
    offered,
};
use crate::dialects;

/// The page.
pub(super) async fn show(
    State(Pages { gateway, .. }): State<Pages>,
    Path(payment): Path<String>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let language = wish.language(&headers);
    match found(&gateway, &payment).await {
        Ok(view) => {
            let standing = standing(&gateway, &view, language).await;
            let bill =
                Bill { failed: wish.has_failed(), ..bill(&gateway, &view, standing, language) };
            answer::page(StatusCode::OK, payer::bill(&bill, language), language)
        }
        Err(missing) => answer::missing(missing, language),
    }
}

/// One word that changes when the page does.
pub(super) async fn ask(
    State(Pages { gateway, .. }): State<Pages>,
    Path(payment): Path<String>,
) -> Response {
    match found(&gateway, &payment).await {
        Ok(view) => {
            (HEADERS, standing(&gateway, &view, Language::Indonesian).await.word()).into_response()
        }
        Err(missing) => (status_of(missing), HEADERS).into_response(),
    }
}

/// Another retailer is chosen: another code of the same order (rule 36). The first that is paid closes
/// the others.
pub(super) async fn choose(
    State(pages): State<Pages>,
    Path(payment): Path<String>,
    Query(wish): Query<Wish>,
    request: Request,
) -> Response {
    let language = wish.language(request.headers());
    let view = match found(&pages.gateway, &payment).await {
        Ok(view) => view,
        Err(missing) => return answer::missing(missing, language),
    };
    let form = read_body(request.into_body(), &pages.limits).await.unwrap_or_default();
    let retailer = answer::chosen(&form).filter(|retailer| is_offered(&pages, &view, *retailer));
    let here = path_of(&view);
    let Some(retailer) = retailer else { return answer::see(&here, true, language) };
    let request = SiblingRequest {
        account: view.payment.account,
        payment: PaymentRef::Id(view.payment.id),
        retailer,
        received_at: pages.gateway.clock().now(),
    };
    match pages.gateway.open_sibling(request).await {
        Ok(Sibling::New(other) | Sibling::There(other)) => {
            answer::see(&path_of(&other), false, language)
        }
        // What became of it meanwhile stands on its own page.
        Err(SiblingError::NotFound | SiblingError::NotPending(_)) => {
            answer::see(&here, false, language)
        }
        Err(SiblingError::Refused(_)) => answer::see(&here, true, language),
        Err(SiblingError::Unavailable(_)) => answer::missing(Missing::Busy, language),
    }
}

fn is_offered(pages: &Pages, view: &PaymentView, retailer: RetailerKey) -> bool {
    let directory = pages.gateway.directory();
    let account = directory.account(view.payment.account);
    let offered = account.map(|account| offered::elsewhere(&pages.gateway, account, view));
    offered.unwrap_or_default().iter().any(|choice| choice.key == retailer.as_str())
}

fn path_of(view: &PaymentView) -> String {
    format!("{PAYER_PAGE}/{}", view.payment.id)
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
    let elsewhere = account.filter(|_| standing == Standing::Pending);
    let elsewhere = elsewhere.map(|account| offered::elsewhere(gateway, account, view));
    let now = gateway.clock().now();
    Bill {
        path: path_of(view),
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
        elsewhere: elsewhere.unwrap_or_default(),
        failed: false,
        back,
        sandbox_time: (!gateway.clock().ahead().is_zero()).then(|| moment(&wib(now), language)),
    }
}
