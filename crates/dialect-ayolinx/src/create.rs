//! `POST /v1.0/retail/create` (section 2).

use bytes::Bytes;
use dialect::one_line;
use domain::retailer::Retailer;
use gateway::request::{OpenRequest, Opened, PaymentView, Personal};

use crate::{BRAND, answer, call::Call, fault::Fault, memo::Memo, reading, receipt};

/// Opens a payment.
pub(crate) async fn create(call: &Call<'_>) -> Result<Bytes, Fault> {
    let body = reading::body(call.body)?;
    let create = match reading::create(&body, &call.account, call.shell.gateway().reach()) {
        Ok(create) => create,
        // An id that was used before is told rather than what else is wrong (section 1.6).
        Err(fault) => {
            call.use_external_id().await?;
            return Err(fault);
        }
    };
    let (request, retailer) = request(call, create);
    match call.shell.gateway().open(request).await {
        Ok(Opened::New(view)) => Ok(answer::created(call, &view).into()),
        // There is no key to repeat an answer under.
        Ok(Opened::Repeated(stored)) => Ok(stored),
        Err(error) => Err(Fault::of_open(error, retailer)),
    }
}

/// Does what [`create`] does, with `open` in the gateway's place.
pub(crate) fn rehearse(
    call: &Call<'_>,
    open: impl FnOnce(OpenRequest) -> PaymentView,
) -> Result<Bytes, Fault> {
    let body = reading::body(call.body)?;
    let create = reading::create(&body, &call.account, call.shell.gateway().reach())?;
    let (request, _) = request(call, create);
    Ok(answer::created(call, &open(request)).into())
}

/// What the gateway is asked, and the retailer as Ayolinx offers it.
fn request<'a>(call: &Call<'a>, create: reading::Create) -> (OpenRequest, Option<&'a Retailer>) {
    let retailer = call.shell.gateway().retailers_of(BRAND).get(create.retailer);
    let reading::Create { order, expires_at, name, email, phone, amount, urls, retailer: key } =
        create;
    let memo = Memo { email: Some(email), phone, return_url: urls.payer_returns_to };
    let request = OpenRequest {
        account: call.account.no,
        retailer: key,
        amount,
        expires_at: Some(expires_at),
        lifetime_from: call.received_at,
        personal: Personal {
            payer_name: one_line(&name, usize::MAX),
            label: receipt::label(order.as_str(), retailer),
            receipt_lines: receipt::lines(order.as_str(), retailer),
            memo: memo.to_stored(),
        },
        notify_urls: (!urls.notifications.is_empty()).then_some(urls.notifications),
        order,
        // A reference is used once for all time (section 2.1).
        reuse_after_reversal: false,
        reuse_after_close: false,
        external_id: call.external(),
        idempotency: None,
        received_at: call.received_at,
    };
    (request, retailer)
}
