//! What an operator may do to one payment.

use domain::{
    code::PaymentCode,
    event::Actor,
    ids::{AccountNo, PaymentId},
};

use super::{AdminError, AdminReply, PaymentClose, PaymentName, PaymentReply, checks, merchant};
use crate::{
    Gateway,
    request::{CloseError, CloseRequest, Closed, PaymentRef, PaymentView},
};

/// Cancels or expires a payment in the operator's name.
pub(super) async fn close(
    gateway: &Gateway,
    close: PaymentClose,
) -> Result<AdminReply, AdminError> {
    let reason = checks::reason(&close.reason)?;
    let (account, payment) = find(gateway, &close.payment).await?;
    let request = CloseRequest {
        account,
        payment,
        how: close.how,
        actor: Actor::Operator,
        reason: Some(reason),
        idempotency: None,
        received_at: gateway.clock().now(),
    };
    match gateway.close(request).await {
        Ok(Closed::Done(view)) => Ok(reply(&view, true)),
        Ok(Closed::Already(view)) => Ok(reply(&view, false)),
        // Only a request with a key of its own gets a stored answer.
        Ok(Closed::Repeated(_)) => Ok(AdminReply::Done),
        Err(CloseError::NotFound) => Err(AdminError::NoSuchPayment),
        Err(CloseError::Refused(view, refusal)) => {
            Err(AdminError::Refused { state: view.payment.state.name(), why: refusal.to_string() })
        }
        Err(CloseError::Unavailable(why)) => Err(why.into()),
    }
}

pub(super) async fn find(
    gateway: &Gateway,
    name: &PaymentName,
) -> Result<(Option<AccountNo>, PaymentRef), AdminError> {
    match name {
        PaymentName::Text(text) => by_text(text).map(|payment| (None, payment)),
        PaymentName::Order { merchant, order } => {
            let rows = gateway.read(|reader| reader.directory()).await?;
            let account = merchant::find(&rows, merchant)?.no;
            Ok((Some(account), PaymentRef::Order(order.clone())))
        }
    }
}

/// The payment that a text names. An id looks like nothing else; whatever is no id must be a code.
pub fn by_text(text: &str) -> Result<PaymentRef, AdminError> {
    let text = text.trim();
    if let Ok(id) = text.parse::<PaymentId>() {
        return Ok(PaymentRef::Id(id));
    }
    PaymentCode::new(text).map(PaymentRef::Code).map_err(|_| AdminError::Bad {
        what: "the payment",
        value: text.chars().take(100).collect(),
        why: "is neither a payment id nor a payment code".to_owned(),
    })
}

fn reply(view: &PaymentView, changed: bool) -> AdminReply {
    AdminReply::Payment(PaymentReply {
        id: view.payment.id.to_string(),
        state: view.payment.state.name().to_owned(),
        changed,
    })
}

/// `cancel` and `expire`, as a command writes them.
pub(super) mod how {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::request::Close;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
    pub(in crate::admin) fn serialize<S: Serializer>(
        how: &Close,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match how {
            Close::Cancel => "cancel",
            Close::Expire => "expire",
        })
    }

    pub(in crate::admin) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Close, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "cancel" => Ok(Close::Cancel),
            "expire" => Ok(Close::Expire),
            other => Err(D::Error::unknown_variant(other, &["cancel", "expire"])),
        }
    }
}
