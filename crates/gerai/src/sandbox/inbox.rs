//! The inbox: catches notifications, verifies their signatures and shows them.
//!
//! A merchant of the sandbox without a notification URL is told here. Nothing is written to disk.

use std::sync::Arc;

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use bytes::Bytes;
use dialect::{Inspected, KnownKey, PAYER_PAGE, Received, wib};
use domain::{ids::AccountNo, time::Timestamp};
use gateway::{
    Gateway,
    directory::Account,
    own_events::{EVENTS_KEY, EVENTS_KEY_PAIR},
    request::PaymentRef,
};
use http::{HeaderMap, StatusCode, header::HOST};
use intake::read_body;
use serde_json::{Value, json};

use super::{
    Sandbox, answer,
    bills::Bill,
    kept::Kept,
    press::bad_body,
    query::{Query, number},
};
use crate::{cli::inspect_own, dialects};

/// The path of an account's receiver, with `{account}` for its number.
pub(crate) const HOOK: &str = "/inbox/hook/{account}";
/// What all of them begin with.
pub(crate) const HOOKS: &str = "/inbox/hook/";

/// The longest text that may name a payment, in bytes.
const NAME_MAX: usize = 64;
/// How many texts of a body are looked up.
const NAMES_MAX: usize = 16;
/// The deepest that a body is searched.
const DEPTH_MAX: usize = 4;

/// A notification that arrived.
#[derive(Debug)]
pub(super) struct Mail {
    pub(super) at: Timestamp,
    pub(super) account: AccountNo,
    pub(super) merchant: String,
    pub(super) dialect: String,
    /// Its code, order and page.
    pub(super) payment: Option<(String, String, String)>,
    pub(super) path: String,
    pub(super) inspected: Inspected,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    /// A bill instead, which is for a payer and has no signature.
    pub(super) bill: Option<Bill>,
}

impl Mail {
    fn weight(&self) -> usize {
        let headers: usize =
            self.headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        let signed = self.inspected.signed.as_ref().map_or(0, String::len);
        headers + signed + self.body.len() + self.path.len() + size_of::<Self>()
    }

    fn told(&self, no: u64) -> Value {
        json!({
            "no": no,
            "at": wib(self.at),
            "account": self.account.get(),
            "merchant": self.merchant,
            "dialect": self.dialect,
            "payment_code": self.payment.as_ref().map(|(code, _, _)| code),
            "order_id": self.payment.as_ref().map(|(_, order, _)| order),
            "path": self.path,
            "signature_right": self.inspected.is_right(),
            "differences": self.inspected.differences,
            "signed": self.inspected.signed,
            "headers": self.headers,
            "body": self.body,
        })
    }
}

/// Takes a notification, as a merchant's endpoint would.
pub(super) async fn catch(
    State(sandbox): State<Sandbox>,
    account: Result<Path<i64>, PathRejection>,
    request: Request,
) -> Response {
    let directory = sandbox.cashier.gateway().directory();
    let found = account.ok().and_then(|Path(no)| directory.account(AccountNo::new(no)));
    let Some(account) = found else {
        return answer::refused(
            StatusCode::NOT_FOUND,
            "unknown_account",
            "no account has this number",
        );
    };
    let (parts, body) = request.into_parts();
    let body = match read_body(body, &sandbox.limits).await {
        Ok(body) => body,
        Err(error) => return bad_body(error),
    };
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let url = format!("http://{host}{target}");
    let mail =
        mail(sandbox.cashier.gateway(), account, (&url, parts.uri.path()), &parts.headers, &body);
    let mail = Arc::new(mail.await);
    sandbox.inbox.keep(Arc::clone(&mail), mail.weight());
    let acknowledgement =
        dialects::speaking(&account.brand).map_or("{}", |dialect| dialect.acknowledgement());
    answer::json(StatusCode::OK, acknowledgement)
}

/// Everything that is kept of a notification.
async fn mail(
    gateway: &Gateway,
    account: &Account,
    (url, path): (&str, &str),
    headers: &HeaderMap,
    body: &Bytes,
) -> Mail {
    let headers: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let is_own = headers.iter().any(|(name, _)| name == "webhook-id");
    let dialect = dialects::speaking(&account.brand).filter(|_| !is_own);
    let purposes = match dialect {
        Some(dialect) => vec![dialect.signs_with()],
        None => vec![EVENTS_KEY, EVENTS_KEY_PAIR],
    };
    let keys = keys(account, &purposes);
    let received = Received {
        headers: &headers,
        body,
        url: Some(url),
        public_id: Some(&account.public_id),
        keys: &keys,
    };
    let inspected = match dialect {
        Some(dialect) => dialect.inspect(&received),
        None => inspect_own(&received),
    };
    Mail {
        at: gateway.clock().now(),
        account: account.no,
        merchant: account.merchant_name.clone(),
        dialect: dialect.map_or("Gerai's own events", |dialect| dialect.title()).to_owned(),
        payment: payment(gateway, account.no, body).await,
        path: path.to_owned(),
        inspected,
        headers,
        body: String::from_utf8_lossy(body).into_owned(),
        bill: None,
    }
}

/// The account's keys that sign, the newest of each purpose meant.
fn keys(account: &Account, purposes: &[&str]) -> Vec<KnownKey> {
    let mut keys = Vec::new();
    for purpose in purposes {
        let of_purpose = account.keys.iter().filter(|key| key.purpose == *purpose);
        keys.extend(of_purpose.enumerate().map(|(index, key)| KnownKey {
            name: format!("{} of {}", purpose.replace('_', " "), account.public_id),
            secret: key.secret.clone(),
            is_meant: index == 0,
        }));
    }
    keys.sort_by_key(|key| !key.is_meant);
    keys
}

/// The payment that a body names, by whichever of its texts.
async fn payment(
    gateway: &Gateway,
    account: AccountNo,
    body: &[u8],
) -> Option<(String, String, String)> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let mut names = Vec::new();
    texts(&body, DEPTH_MAX, &mut names);
    for name in names {
        let named = PaymentRef::IdOrOrder(name.to_owned());
        if let Ok(Some(view)) = gateway.payment(Some(account), named).await {
            let payment = &view.payment;
            let page = format!("{PAYER_PAGE}/{}", payment.id);
            return Some((
                payment.code.as_str().to_owned(),
                payment.order.as_str().to_owned(),
                page,
            ));
        }
    }
    None
}

fn texts<'a>(value: &'a Value, depth: usize, found: &mut Vec<&'a str>) {
    if found.len() >= NAMES_MAX {
        return;
    }
    match value {
        Value::String(text) if (8..=NAME_MAX).contains(&text.len()) => found.push(text),
        Value::Object(members) if depth > 0 => {
            for value in members.values() {
                texts(value, depth - 1, found);
            }
        }
        Value::Array(values) if depth > 0 => {
            for value in values {
                texts(value, depth - 1, found);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)
        | Value::Array(_) => {}
    }
}

/// `GET /sandbox/v1/inbox`: what arrived after a number, the oldest first.
pub(super) async fn list(State(sandbox): State<Sandbox>, query: Query) -> Response {
    let after = number(&query, "after");
    let mut kept = sandbox.inbox.after(after);
    kept.reverse();
    let newest = kept.last().map_or(after, |(no, _)| *no);
    let (mut mails, mut bills) = (Vec::new(), Vec::new());
    for (no, mail) in &kept {
        match &mail.bill {
            Some(bill) => bills.push(bill.told(*no, &wib(mail.at), mail)),
            None => mails.push(mail.told(*no)),
        }
    }
    let body = json!({ "notifications": mails, "bills": bills, "newest": newest });
    answer::json(StatusCode::OK, body.to_string())
}

/// As the page shows them, the newest first.
pub(super) fn shown(inbox: &Kept<Mail>, after: u64) -> Vec<pages::sandbox::Mail> {
    let kept = inbox.after(after);
    let one = |(no, mail): &(u64, Arc<Mail>)| pages::sandbox::Mail {
        no: *no,
        at: wib(mail.at),
        merchant: mail.merchant.clone(),
        dialect: mail.dialect.clone(),
        payment: mail.payment.as_ref().map(|(code, _, page)| (code.clone(), page.clone())),
        path: mail.path.clone(),
        signature: pages::sandbox::Signature {
            differences: mail.inspected.differences.clone(),
            signed: mail.inspected.signed.clone(),
        },
        headers: mail.headers.clone(),
        body: mail.body.clone(),
        bill: mail.bill.as_ref().map(|bill| bill.shown(*no)),
    };
    kept.iter().map(one).collect()
}
