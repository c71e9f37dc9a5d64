//! Bills in the inbox: what payers would have got by e-mail, SMS and `WhatsApp`.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::{Html, IntoResponse, Response},
};
use dialect::{Inspected, PAYER_PAGE};
use domain::{
    bill::{BillKind, Channel},
    ids::PaymentId,
};
use gateway::{Gateway, request::PaymentRef};
use http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use intake::read_body;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Sandbox, answer, inbox::Mail, press::bad_body};

/// Where bills arrive: beside merchants' receivers, whose path ends in a number.
pub(super) const HOOK: &str = "/inbox/hook/bill";
/// Where a mail is looked at as its payer would.
pub(super) const PAGE: &str = "/inbox/bills/{no}";

/// Nothing in a mail runs or is loaded, and it is a stranger here.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'; sandbox allow-popups";

/// A bill, as the gateway sends it to its own inbox.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Bill {
    id: String,
    channel: String,
    kind: String,
    to: String,
    merchant: String,
    message: Message,
}

/// What it says.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Message {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    subject: Option<String>,
    text: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    html: Option<String>,
}

impl Bill {
    fn weight(&self) -> usize {
        let message = &self.message;
        let optional =
            [&message.subject, &message.html].map(|text| text.as_ref().map_or(0, String::len));
        let texts = [&self.id, &self.channel, &self.kind, &self.to, &self.merchant, &message.text];
        optional.iter().sum::<usize>()
            + texts.iter().map(|text| text.len()).sum::<usize>()
            + size_of::<Mail>()
    }

    /// For programs.
    pub(super) fn told(&self, no: u64, at: &str, mail: &Mail) -> Value {
        json!({
            "no": no,
            "at": at,
            "merchant": self.merchant,
            "channel": self.channel,
            "kind": self.kind,
            "to": self.to,
            "id": self.id,
            "payment_code": mail.payment.as_ref().map(|(code, _, _)| code),
            "order_id": mail.payment.as_ref().map(|(_, order, _)| order),
            "subject": self.message.subject,
            "text": self.message.text,
            "html": self.message.html,
        })
    }

    /// For people.
    pub(super) fn shown(&self, no: u64) -> pages::sandbox::Bill {
        let channel = Channel::named(&self.channel).map_or("?", Channel::title);
        pages::sandbox::Bill {
            channel: channel.to_owned(),
            kind: self.kind.clone(),
            to: self.to.clone(),
            subject: self.message.subject.clone(),
            text: self.message.text.clone(),
            page: self.message.html.as_ref().map(|_| PAGE.replace("{no}", &no.to_string())),
        }
    }
}

/// Takes a bill.
pub(super) async fn catch(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let body = match read_body(request.into_body(), &sandbox.limits).await {
        Ok(body) => body,
        Err(error) => return bad_body(error),
    };
    let bill: Option<Bill> = serde_json::from_slice(&body).ok();
    let known = |bill: &Bill| {
        Channel::named(&bill.channel).is_some()
            && BillKind::ALL.iter().any(|kind| kind.name() == bill.kind)
    };
    let Some(bill) = bill.filter(known) else {
        return answer::refused(StatusCode::BAD_REQUEST, "bad_bill", "this is no bill");
    };
    let gateway = sandbox.cashier.gateway();
    let channel = Channel::named(&bill.channel).map_or("", Channel::title);
    let weight = bill.weight();
    let mail = Mail {
        at: gateway.clock().now(),
        account: domain::ids::AccountNo::new(0),
        merchant: bill.merchant.clone(),
        dialect: format!("{channel} to the payer"),
        payment: payment(gateway, &bill.id).await,
        path: HOOK.to_owned(),
        inspected: Inspected::default(),
        headers: Vec::new(),
        body: String::new(),
        bill: Some(bill),
    };
    sandbox.inbox.keep(Arc::new(mail), weight);
    answer::json(StatusCode::OK, "{}")
}

/// The payment whose id a bill's own begins with.
async fn payment(gateway: &Gateway, id: &str) -> Option<(String, String, String)> {
    let id: PaymentId = id.split('.').next()?.parse().ok()?;
    let view = gateway.payment(None, PaymentRef::Id(id)).await.ok().flatten()?;
    let payment = &view.payment;
    let page = format!("{PAYER_PAGE}/{}", payment.id);
    Some((payment.code.as_str().to_owned(), payment.order.as_str().to_owned(), page))
}

/// A mail's HTML, as its payer would see it.
pub(super) async fn page(
    State(sandbox): State<Sandbox>,
    no: Result<Path<u64>, PathRejection>,
) -> Response {
    let found = no.ok().and_then(|Path(no)| {
        let kept = sandbox.inbox.after(no.checked_sub(1)?);
        kept.into_iter().find(|(other, _)| *other == no)
    });
    let html = found.and_then(|(_, mail)| mail.bill.as_ref()?.message.html.clone());
    let Some(html) = html else {
        return answer::refused(StatusCode::NOT_FOUND, "unknown_bill", "no mail has this number");
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, Html(html)).into_response()
}
