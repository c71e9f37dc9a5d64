//! `POST /api/retail` (section 2).

use bytes::Bytes;
use dialect::one_line;
use domain::retailer::Retailer;
use gateway::request::{OpenRequest, Opened, PaymentView, Personal};

use crate::{
    answer,
    call::Call,
    fault::Fault,
    php::{Document, NotJson},
    reading,
};

/// What was made of a body.
pub(crate) type Body<'a> = Result<Document<'a>, NotJson>;

/// Opens a payment.
pub(crate) async fn open(call: &Call<'_>, body: Body<'_>) -> Result<Bytes, Fault> {
    let (request, retailer) = read(call, body)?;
    match call.gateway.open(request).await {
        Ok(Opened::New(view)) => Ok(answer::payment(&view).into()),
        // Without a key for the request there is no stored answer.
        Ok(Opened::Repeated(stored)) => Ok(stored),
        Err(error) => Err(Fault::of_open(error, retailer)),
    }
}

/// Does what [`open`] does, with another in the gateway's place.
pub(crate) fn rehearse(
    call: &Call<'_>,
    body: Body<'_>,
    open: impl FnOnce(OpenRequest) -> PaymentView,
) -> Result<Bytes, Fault> {
    let (request, _) = read(call, body)?;
    Ok(answer::payment(&open(request)).into())
}

/// What the gateway is asked, and the retailer as this brand offers it.
fn read<'a>(call: &Call<'a>, body: Body<'_>) -> Result<(OpenRequest, Option<&'a Retailer>), Fault> {
    let wanted = reading::read(&body?, call.gateway.reach())?;
    let retailer = call.gateway.retailers_of(call.brand.name()).get(wanted.retailer);
    let label_width = retailer.map_or(0, |retailer| retailer.receipt.label_width);
    let request = OpenRequest {
        account: call.account.no,
        order: wanted.order,
        retailer: wanted.retailer,
        amount: wanted.amount,
        expires_at: Some(call.received_at.plus(wanted.lifetime)),
        lifetime_from: call.received_at,
        personal: Personal {
            payer_name: one_line(&wanted.memo.view_name, usize::MAX),
            label: one_line(&wanted.memo.view_name, label_width),
            receipt_lines: Vec::new(),
            memo: wanted.memo.to_stored(),
        },
        notify_urls: Some(vec![wanted.memo.callback]),
        // All references are unique, for ever (section 2.1).
        reuse_after_close: false,
        reuse_after_reversal: false,
        external_id: None,
        idempotency: None,
        received_at: call.received_at,
    };
    Ok((request, retailer))
}
