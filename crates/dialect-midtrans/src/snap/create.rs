//! `POST /snap/v1/transactions` (section 8).

use bytes::Bytes;
use dialect::Shell;
use domain::{
    ids::CheckoutToken,
    retailer::{Retailer, RetailerKey},
};
use gateway::request::{CheckoutRequest, Choice, Offer};
use serde::Serialize;

use super::{
    REDIRECTION,
    fault::SnapFault,
    finish,
    reading::{self, Create},
};
use crate::{BRAND, answer::json, call::Call, memo::Checkout, targets};

#[derive(Serialize)]
struct Created {
    token: String,
    redirect_url: String,
}

/// Opens a checkout.
pub(super) async fn create(shell: &Shell, call: &Call<'_>) -> Result<Bytes, SnapFault> {
    let create = reading::read(call.body)?;
    let notify_urls =
        targets::read(call.headers, &call.account.notification_urls, call.gateway.reach())?;
    let retailers = call.gateway.retailers_of(BRAND);
    let first = create.stores.first().and_then(|store| retailers.get(*store));
    let request = request(call, create, notify_urls, |store| retailers.get(store));
    let opened = call.gateway.open_checkout(request).await;
    let checkout = opened.map_err(|error| SnapFault::of_checkout(error, first))?;
    Ok(json(&created(shell, checkout.token)).into())
}

fn created(shell: &Shell, token: CheckoutToken) -> Created {
    let redirect_url = shell.public_url(&format!("{REDIRECTION}/{token}"));
    Created { token: token.to_string(), redirect_url }
}

fn request<'a>(
    call: &Call<'_>,
    create: Create,
    notify_urls: Option<Vec<String>>,
    known: impl Fn(RetailerKey) -> Option<&'a Retailer>,
) -> CheckoutRequest {
    let Create { order, amount, stores, slip, mut memo, expiry, page, finish, error } = create;
    let choice = |store: &RetailerKey| {
        let retailer = known(*store)?;
        Some(Choice {
            retailer: *store,
            label: slip.label(Some(retailer)),
            receipt_lines: slip.lines(*store, Some(retailer)),
        })
    };
    let choices = stores.iter().filter_map(choice).collect();
    let back = finish.as_deref().map(|url| finish::before_a_choice(url, order.as_str()));
    let stores = stores.iter().map(RetailerKey::to_string).collect();
    memo.checkout = Some(Checkout { stores, finish, error });
    CheckoutRequest {
        account: call.account.no,
        order,
        amount,
        expires_at: call.received_at.plus(page),
        offer: Offer {
            payer_name: slip.payer_name(),
            memo: memo.to_stored(),
            choices,
            notify_urls,
            lifetime: expiry.map(|expiry| expiry.span),
            lifetime_from: expiry.and_then(|expiry| expiry.from),
            back,
        },
        // As for a charge.
        reuse_after_close: true,
        reuse_after_reversal: true,
        received_at: call.received_at,
    }
}
