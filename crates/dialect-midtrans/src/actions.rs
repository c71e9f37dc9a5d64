//! What else may be asked of a payment (sections 4.3 to 4.5). Over the counter, a payment can be
//! cancelled or expired; the other actions exist only to be refused.

use bytes::Bytes;
use domain::event::Actor;
use gateway::{
    directory::Account,
    request::{Close, CloseRequest, Closed, PaymentRef, PaymentView},
};

use crate::{
    answer,
    call::Call,
    fault::Fault,
    idempotency,
    json::{self, Content},
    problems::{Problems, required_text},
    status::find,
    wire::CaptureBody,
};

/// `POST /v2/{id}/cancel`.
pub(crate) async fn cancel(call: &Call<'_>, id: Option<String>) -> Result<Bytes, Fault> {
    close(call, id, Close::Cancel, answer::cancelled).await
}

/// `POST /v2/{id}/expire`.
pub(crate) async fn expire(call: &Call<'_>, id: Option<String>) -> Result<Bytes, Fault> {
    close(call, id, Close::Expire, answer::expired).await
}

/// Approve, deny and the refunds: they are for other kinds of payment.
pub(crate) async fn refuse(call: &Call<'_>, id: Option<String>) -> Result<Bytes, Fault> {
    json::check_or_empty(call.body)?;
    let view = find(call, id).await?;
    Err(Fault::CannotUpdate(view.payment.id))
}

/// `POST /v2/capture`, whose id is in the body.
pub(crate) async fn capture(call: &Call<'_>) -> Result<Bytes, Fault> {
    let id = captured(call.body)?;
    let view = find(call, Some(id)).await?;
    Err(Fault::CannotUpdate(view.payment.id))
}

/// The id in the body of a capture.
pub(crate) fn captured(body: &[u8]) -> Result<String, Fault> {
    let body: CaptureBody<'_> = match json::read(body)? {
        Content::Read(body) => body,
        Content::Null | Content::Other => CaptureBody::default(),
    };
    let mut problems = Problems::default();
    let id = required_text("transaction_id", body.transaction_id, &mut problems);
    problems.none_or(id)
}

async fn close(
    call: &Call<'_>,
    id: Option<String>,
    how: Close,
    render: fn(&Account, &PaymentView) -> Vec<u8>,
) -> Result<Bytes, Fault> {
    // Clients send an empty object, `null`, nothing or details that are not needed (section 7.2).
    json::check_or_empty(call.body)?;
    let id = id.ok_or(Fault::UnknownPayment)?;
    let key = match idempotency::key(call.headers) {
        // Whether a key counts depends on the payment's store.
        Some(key) => {
            let view = find(call, Some(id.clone())).await?;
            let counts = idempotency::counts(&call.account, view.payment.opened_for.as_str());
            counts.then_some(key)
        }
        None => None,
    };
    let request = CloseRequest {
        account: Some(call.account.no),
        payment: PaymentRef::IdOrOrder(id),
        how,
        actor: Actor::Merchant(call.account.no),
        reason: None,
        idempotency: key.map(|key| idempotency::idempotency(key, call.received_at, render)),
        received_at: call.received_at,
    };
    match call.gateway.close(request).await {
        Ok(Closed::Done(view)) => Ok(render(&call.account, &view).into()),
        Ok(Closed::Repeated(stored)) => Ok(stored),
        // A result to the domain, a conflict on this wire (rule 41).
        Ok(Closed::Already(view)) => Err(Fault::CannotUpdate(view.payment.id)),
        Err(error) => Err(Fault::of_close(error)),
    }
}
