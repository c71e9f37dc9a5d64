//! `POST /v2/charge` (section 2).

use bytes::Bytes;
use domain::retailer::Retailer;
use gateway::request::{OpenRequest, Opened, PaymentView, Personal};

use crate::{BRAND, answer, call::Call, fault::Fault, idempotency, reading, targets};

/// Opens a payment.
pub(crate) async fn charge(call: &Call<'_>) -> Result<Bytes, Fault> {
    let (request, retailer) = read(call)?;
    match call.gateway.open(request).await {
        Ok(Opened::New(view)) => Ok(answer::charged(&call.account, &view).into()),
        Ok(Opened::Repeated(stored)) => Ok(stored),
        Err(error) => Err(Fault::of_open(error, retailer)),
    }
}

/// Does what [`charge`] does, with `open` in the gateway's place.
pub(crate) fn rehearse(
    call: &Call<'_>,
    open: impl FnOnce(OpenRequest) -> PaymentView,
) -> Result<Bytes, Fault> {
    let (request, _) = read(call)?;
    Ok(answer::charged(&call.account, &open(request)).into())
}

/// What the gateway is asked, and the retailer as Midtrans offers it.
fn read<'a>(call: &Call<'a>) -> Result<(OpenRequest, Option<&'a Retailer>), Fault> {
    let charge = reading::read(call.body)?;
    let notify_urls =
        targets::read(call.headers, &call.account.notification_urls, call.gateway.reach())?;
    let key = idempotency::key(call.headers)
        .filter(|_| idempotency::counts(&call.account, charge.retailer.as_str()));
    let retailer = call.gateway.retailers_of(BRAND).get(charge.retailer);
    let deadline = charge.expiry.map(|expiry| expiry.deadline(call.received_at));
    let request = OpenRequest {
        account: call.account.no,
        order: charge.order,
        retailer: charge.retailer,
        amount: charge.amount,
        expires_at: deadline.map(|(expires_at, _)| expires_at),
        lifetime_from: deadline.map_or(call.received_at, |(_, from)| from),
        personal: Personal {
            payer_name: charge.slip.payer_name(),
            label: charge.slip.label(retailer),
            receipt_lines: charge.slip.lines(charge.retailer, retailer),
            memo: charge.memo.to_stored(),
        },
        notify_urls,
        reuse_after_close: true,
        // As after a cancel (rule 6).
        reuse_after_reversal: true,
        external_id: None,
        idempotency: key
            .map(|key| idempotency::idempotency(key, call.received_at, answer::charged)),
        received_at: call.received_at,
    };
    Ok((request, retailer))
}
