//! `/checkout/{token}`: a payer chooses where to pay, which opens the payment.
//!
//! Whoever knows a token may choose, once; tokens cannot be guessed, so a form needs no other proof
//! that it comes from its own page.

use axum::{
    extract::{Path, Query, Request, State},
    response::Response,
};
use dialect::{CHECKOUT_PAGE, PAYER_PAGE, wib};
use domain::{ids::CheckoutToken, retailer::RetailerKey};
use gateway::{
    directory::Account,
    request::{
        Checkout, CheckoutStanding, ChooseError, ChooseRequest, Chosen, OpenRefusal, PaymentRef,
        PaymentView,
    },
};
use http::{HeaderMap, StatusCode};
use intake::read_body;
use pages::{
    Language, moment,
    payer::{self, Missing, Stage},
};

use super::{
    Pages,
    answer::{self, Wish},
    offered,
};

/// The page; once a retailer is chosen, that of the payment.
pub(super) async fn show(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    Query(wish): Query<Wish>,
    headers: HeaderMap,
) -> Response {
    let language = wish.language(&headers);
    match found(&pages, &token).await {
        Ok(checkout) => shown(&pages, &checkout, None, wish.has_failed(), language).await,
        Err(missing) => answer::missing(missing, language),
    }
}

/// A retailer is chosen.
pub(super) async fn choose(
    State(pages): State<Pages>,
    Path(token): Path<String>,
    Query(wish): Query<Wish>,
    request: Request,
) -> Response {
    let language = wish.language(request.headers());
    let checkout = match found(&pages, &token).await {
        Ok(checkout) => checkout,
        Err(missing) => return answer::missing(missing, language),
    };
    let form = read_body(request.into_body(), &pages.limits).await.unwrap_or_default();
    let path = path_of(&checkout);
    let Some(retailer) = answer::chosen(&form) else {
        return answer::see(&path, false, language);
    };
    match chosen(&pages, &checkout, retailer).await {
        Ok(view) => answer::see(&payment_of(&view), false, language),
        Err(ChooseError::NotFound) => answer::missing(Missing::Unknown, language),
        Err(ChooseError::Unavailable(_)) => answer::missing(Missing::Busy, language),
        Err(ChooseError::Closed(_)) => answer::see(&path, false, language),
        Err(ChooseError::NotOffered) => answer::see(&path, true, language),
        Err(ChooseError::Refused(refusal)) => match refusal {
            OpenRefusal::OrderTaken => {
                shown(&pages, &checkout, Some(Stage::Replaced), false, language).await
            }
            OpenRefusal::DeadlinePassed | OpenRefusal::LifetimeTooShort => {
                shown(&pages, &checkout, Some(Stage::Expired), false, language).await
            }
            OpenRefusal::ExternalIdUsed
            | OpenRefusal::UnknownRetailer
            | OpenRefusal::RetailerPaused
            | OpenRefusal::BelowLimit { .. }
            | OpenRefusal::AboveLimit { .. }
            | OpenRefusal::LifetimeTooLong
            | OpenRefusal::CodesExhausted => answer::see(&path, true, language),
        },
    }
}

async fn chosen(
    pages: &Pages,
    checkout: &Checkout,
    retailer: RetailerKey,
) -> Result<PaymentView, ChooseError> {
    let request = ChooseRequest {
        token: checkout.token,
        account: checkout.account,
        order: checkout.order.clone(),
        retailer,
        received_at: pages.gateway.clock().now(),
    };
    match pages.gateway.choose(request).await? {
        Chosen::New(view) | Chosen::There(view) => Ok(*view),
    }
}

async fn found(pages: &Pages, token: &str) -> Result<Checkout, Missing> {
    let token = token.parse::<CheckoutToken>().map_err(|_| Missing::Unknown)?;
    let gateway = &pages.gateway;
    match gateway.checkout(token, gateway.clock().now()).await {
        Ok(checkout) => checkout.ok_or(Missing::Unknown),
        Err(error) => {
            tracing::warn!(%error, "a checkout cannot be shown");
            Err(Missing::Busy)
        }
    }
}

/// The page; `over` is what choosing has just come to, where nothing can be chosen any more.
async fn shown(
    pages: &Pages,
    checkout: &Checkout,
    over: Option<Stage>,
    failed: bool,
    language: Language,
) -> Response {
    let gateway = &pages.gateway;
    let directory = gateway.directory();
    let account = directory.account(checkout.account);
    let stage = match (over, checkout.standing) {
        (Some(over), _) => over,
        (None, CheckoutStanding::Chosen(payment)) => {
            return match gateway.payment(None, PaymentRef::No(payment)).await {
                Ok(Some(view)) => answer::see(&payment_of(&view), false, language),
                Ok(None) => answer::missing(Missing::Unknown, language),
                Err(_) => answer::missing(Missing::Busy, language),
            };
        }
        (None, CheckoutStanding::Open) => Stage::Open(
            account.map(|account| choices(pages, account, checkout)).unwrap_or_default(),
        ),
        (None, CheckoutStanding::Cancelled) => Stage::Cancelled,
        (None, CheckoutStanding::Expired) => Stage::Expired,
        (None, CheckoutStanding::Revoked) => Stage::Replaced,
    };
    let status = if matches!(stage, Stage::Replaced) && checkout.standing == CheckoutStanding::Open
    {
        StatusCode::CONFLICT
    } else {
        StatusCode::OK
    };
    let now = gateway.clock().now();
    let page = payer::Checkout {
        path: path_of(checkout),
        merchant: account.map(|account| account.merchant_name.clone()).unwrap_or_default(),
        order: checkout.order.as_str().to_owned(),
        amount: checkout.amount.get(),
        until: moment(&wib(checkout.expires_at), language),
        stage,
        back: checkout.offer.back.clone(),
        sandbox_time: (!gateway.clock().ahead().is_zero()).then(|| moment(&wib(now), language)),
    };
    answer::page(status, payer::checkout(&page, failed, language), language)
}

fn choices(pages: &Pages, account: &Account, checkout: &Checkout) -> Vec<payer::Choice> {
    let offered = checkout.offer.choices.iter().map(|choice| choice.retailer);
    offered::choices(&pages.gateway, account, checkout.amount, offered)
}

fn path_of(checkout: &Checkout) -> String {
    format!("{CHECKOUT_PAGE}/{}", checkout.token)
}

fn payment_of(view: &PaymentView) -> String {
    format!("{PAYER_PAGE}/{}", view.payment.id)
}
