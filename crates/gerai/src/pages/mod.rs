//! Pages for people.

mod payer;

use axum::{Router, routing::get};
use dialect::PAYER_PAGE;
use gateway::Gateway;

/// The routes of all pages.
pub(crate) fn routes(gateway: Gateway) -> Router {
    Router::new()
        .route(&format!("{PAYER_PAGE}/{{payment}}"), get(payer::show))
        .route(&format!("{PAYER_PAGE}/{{payment}}/standing"), get(payer::ask))
        .with_state(gateway)
}
