//! `GET /v2/{id}/status` (section 4.2).

use bytes::Bytes;
use gateway::request::{PaymentRef, PaymentView};

use crate::{answer, call::Call, fault::Fault};

/// Tells how a payment stands.
pub(crate) async fn status(call: &Call<'_>, id: Option<String>) -> Result<Bytes, Fault> {
    let view = find(call, id).await?;
    Ok(answer::status(&call.account, &view).into())
}

/// The caller's payment with this transaction id or order id; of several with one order id, the
/// newest.
pub(crate) async fn find(call: &Call<'_>, id: Option<String>) -> Result<PaymentView, Fault> {
    let id = id.ok_or(Fault::UnknownPayment)?;
    let found = call.gateway.payment(Some(call.account.no), PaymentRef::IdOrOrder(id)).await?;
    found.ok_or(Fault::UnknownPayment)
}
