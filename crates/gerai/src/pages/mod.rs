//! Pages for people.

mod answer;
mod checkout;
mod offered;
mod payer;

use axum::{Router, routing::get};
use dialect::{CHECKOUT_PAGE, PAYER_PAGE};
use gateway::Gateway;
use intake::Limits;

/// What pages are answered with.
#[derive(Debug, Clone)]
struct Pages {
    gateway: Gateway,
    limits: Limits,
}

/// The routes of all pages.
pub(crate) fn routes(gateway: Gateway, limits: Limits) -> Router {
    Router::new()
        .route(&format!("{PAYER_PAGE}/{{payment}}"), get(payer::show).post(payer::choose))
        .route(&format!("{PAYER_PAGE}/{{payment}}/standing"), get(payer::ask))
        .route(&format!("{CHECKOUT_PAGE}/{{token}}"), get(checkout::show).post(checkout::choose))
        .with_state(Pages { gateway, limits })
}
