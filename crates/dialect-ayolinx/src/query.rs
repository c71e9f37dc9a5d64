//! `POST /v1.0/retail/query` (section 3).

use bytes::Bytes;
use domain::{ids::OrderId, retailer::RetailerKey};
use gateway::{directory::Account, request::PaymentRef};

use crate::{
    answer,
    call::Call,
    fault::Fault,
    json::{self, Member, Members},
    reading,
};

/// What a merchant asks about.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Query {
    /// The merchant's name for the payment.
    pub(crate) order: OrderId,
    /// The retailer it was opened for.
    pub(crate) retailer: RetailerKey,
}

/// Tells how a payment stands.
pub(crate) async fn query(call: &Call<'_>) -> Result<Bytes, Fault> {
    let body = body(call.body)?;
    call.use_external_id().await?;
    let Query { order, retailer } = read(body, &call.account)?;
    let payment = PaymentRef::Order(order.as_str().to_owned());
    let found = call.shell.gateway().payment(Some(call.account.no), payment).await?;
    let view =
        found.filter(|view| view.payment.opened_for == retailer).ok_or(Fault::UnknownPayment)?;
    Ok(answer::standing(call, &view).into())
}

/// Takes a body apart.
pub(crate) fn body(bytes: &[u8]) -> Result<[Member<'_>; 2], Fault> {
    let Members { asked, .. } =
        json::read(bytes, ["originalPartnerReferenceNo", "additionalInfo"])?;
    Ok(asked)
}

/// Judges what it asks for.
pub(crate) fn read(
    [reference, additional_info]: [Member<'_>; 2],
    account: &Account,
) -> Result<Query, Fault> {
    Ok(Query {
        order: reading::order("originalPartnerReferenceNo", reference)?,
        retailer: reading::retailer(additional_info, account)?,
    })
}
