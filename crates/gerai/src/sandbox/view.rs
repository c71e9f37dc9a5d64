//! `GET /inbox` and `GET /simulator`, and the parts of them that change.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{AppendHeaders, Html, IntoResponse, Response},
};
use dialect::wib;
use domain::{payment::Payment, sale::Operation};
use gateway::request::Exchange;
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use pages::{
    rupiah,
    sandbox::{self as page, Answered, Place, Receipt, Screen, Told},
};
use serde_json::{Value, json};

use super::{
    Sandbox, answer,
    cashier::NotDone,
    inbox,
    mishaps::Act,
    payout::Step,
    press::refuse,
    query::{Query, number},
    travel,
    wire::Message,
};

/// Messages of one payment that are shown at a time.
const SHOWN_MAX: usize = 100;

/// Nobody keeps these pages, and where they lead learns nothing of them.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// A page with what browsers are told about it.
pub(super) fn shown(place: Place, page: String) -> Response {
    match HeaderValue::from_str(page::policy(place).as_str()) {
        Ok(policy) => (HEADERS, [(CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response(),
        // A page without its policy is not shown.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Where the parts of a page that change bring what stands in its header.
const CLOCK: HeaderName = HeaderName::from_static("x-gerai-clock");

/// What time it is, and how far that is ahead; none where it is the real time.
pub(super) fn clock(sandbox: &Sandbox) -> Option<String> {
    let clock = sandbox.cashier.gateway().clock();
    let (now, ahead) = (wib(clock.now()), clock.ahead());
    (!ahead.is_zero()).then(|| format!("{now} WIB, {} ahead", travel::shown(ahead)))
}

/// The same as a header.
fn clock_header(sandbox: &Sandbox) -> Option<(HeaderName, HeaderValue)> {
    Some((CLOCK, HeaderValue::try_from(clock(sandbox)?).ok()?))
}

/// The inbox.
pub(super) async fn inbox(State(sandbox): State<Sandbox>) -> Response {
    shown(Place::Inbox, page::inbox(clock(&sandbox).as_deref(), &inbox::shown(&sandbox.inbox, 0)))
}

/// What is new in it.
pub(super) async fn mails(State(sandbox): State<Sandbox>, query: Query) -> Response {
    let mails = inbox::shown(&sandbox.inbox, number(&query, "after"));
    let clock = AppendHeaders(clock_header(&sandbox));
    (HEADERS, clock, Html(page::mails(&mails))).into_response()
}

/// The counter.
pub(super) async fn simulator(State(sandbox): State<Sandbox>) -> Response {
    let retailers = sandbox.cashier.gateway().retailers().iter();
    let retailers: Vec<_> =
        retailers.map(|one| (one.key.as_str().to_owned(), one.name.clone())).collect();
    let button = |act: &str, label: &str, hint: &str| page::Button {
        act: act.to_owned(),
        label: label.to_owned(),
        hint: hint.to_owned(),
    };
    let buttons = [
        Act::Inquire.button(),
        button("pay", "Pay", "The payer hands over the cash."),
        button("reverse", "Take back", "The cashier gives the cash back."),
    ];
    let mishaps: Vec<_> = Act::MISHAPS.into_iter().map(Act::button).collect();
    let steps = Step::ALL.map(Step::button);
    shown(
        Place::Simulator,
        page::simulator(clock(&sandbox).as_deref(), &retailers, &buttons, &mishaps, &steps),
    )
}

/// What is new about a payment or a refund code at the counters, and at the payment's merchant.
pub(super) async fn news(
    State(sandbox): State<Sandbox>,
    code: Result<Path<String>, PathRejection>,
    query: Query,
) -> Response {
    let Ok(Path(code)) = code else { return answer::unknown_code() };
    let payment = match sandbox.cashier.payment(&code).await {
        Ok(payment) => Some(payment),
        Err(NotDone::UnknownCode) if sandbox.cashier.refund(&code).await.is_ok() => None,
        Err(not_done) => return refuse(not_done),
    };
    let code = payment.as_ref().map_or(code.as_str(), |payment| payment.code.as_str());
    let messages = sandbox.cashier.wire().after(number(&query, "counter"));
    let mut messages: Vec<_> =
        messages.into_iter().filter(|(_, message)| message.code == code).collect();
    messages.truncate(SHOWN_MAX);
    let screen = messages.first().map(|(_, newest)| page::screen(&screen(newest)));
    let counter: Vec<_> = messages.iter().map(answered).collect();
    let told = match &payment {
        Some(payment) => told(&sandbox, payment, number(&query, "merchant")).await,
        None => Ok(Vec::new()),
    };
    let told = match told {
        Ok(told) => told,
        Err(why) => return answer::unavailable(why),
    };
    let body = json!({
        "screen": screen,
        "counter": page::answered(&counter),
        "merchant": page::told(&told),
    });
    let clock = AppendHeaders(clock_header(&sandbox));
    (clock, answer::json(StatusCode::OK, body.to_string())).into_response()
}

fn answered((no, message): &(u64, Arc<Message>)) -> Answered {
    let answer = message.answer.as_ref().map(|body| {
        let code = message.answered().and_then(|said| said["code"].as_str().map(str::to_owned));
        (String::from_utf8_lossy(body).into_owned(), code.unwrap_or_default())
    });
    Answered {
        no: *no,
        at: wib(message.at),
        counter: message.counter.clone(),
        call: format!("POST {}", message.path()),
        request: message.request.clone(),
        answer,
        arrived: message.arrived,
    }
}

/// What the cashier sees after a message.
fn screen(message: &Message) -> Screen {
    let heard = message.answered().filter(|_| message.arrived);
    let Some(said) = heard else {
        return Screen {
            retailer: message.retailer.clone(),
            code: None,
            cashier_text: "Tidak ada jawaban. Coba lagi atau tanyakan statusnya.".to_owned(),
            fields: Vec::new(),
            sums: None,
            receipt: None,
        };
    };
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    let number = |name: &str| said[name].as_i64();
    let names = [
        ("merchant_name", "Toko"),
        ("payer_name", "Pembayar"),
        ("label", "Keterangan"),
        ("approval_code", "Persetujuan"),
    ];
    let fields = names
        .map(|(member, name)| (name.to_owned(), text(member)))
        .into_iter()
        .filter(|(_, value)| !value.is_empty());
    let sums = match (number("amount"), number("fee"), number("total")) {
        (Some(amount), fee, Some(total)) => Some((amount, fee.unwrap_or(0), total)),
        (None | Some(_), _, _) => None,
    };
    Screen {
        retailer: message.retailer.clone(),
        code: Some(text("code")),
        cashier_text: text("cashier_text"),
        fields: fields.collect(),
        sums,
        receipt: receipt(message, &said, sums),
    }
}

/// What is printed: of an inquiry a preview, of a payment the receipt, of anything else nothing.
fn receipt(message: &Message, said: &Value, sums: Option<(i64, i64, i64)>) -> Option<Vec<String>> {
    let is_payout = said["direction"] == "payout";
    let heading = match message.operation {
        Operation::Commit if is_payout => "BUKTI PENGEMBALIAN UANG",
        Operation::Inquiry if is_payout => return None,
        Operation::Inquiry => "PRATINJAU, BELUM DIBAYAR",
        Operation::Payment | Operation::Commit | Operation::Advice => "BUKTI PEMBAYARAN",
        Operation::Reversal | Operation::Payout => return None,
    };
    let (amount, fee, total) = sums.filter(|_| said["code"] == "00")?;
    let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
    let fields = [
        ("TOKO", text("merchant_name")),
        (if is_payout { "KODE" } else { "KODE BAYAR" }, message.code.clone()),
        ("PEMBAYAR", text("payer_name")),
        ("JUMLAH", rupiah(amount)),
        ("BIAYA", rupiah(fee)),
        ("TOTAL", rupiah(total)),
        ("PERSETUJUAN", text("approval_code")),
    ];
    let fields = fields.into_iter().filter(|(_, value)| !value.is_empty());
    let merchants = said["receipt_lines"].as_array().into_iter().flatten();
    Some(page::receipt(&Receipt {
        width: message.width,
        retailer: message.retailer.clone(),
        place: format!("{} WIB  {}", wib(message.at), message.counter),
        heading: heading.to_owned(),
        fields: fields.map(|(name, value)| (name.to_owned(), value)).collect(),
        lines: merchants.filter_map(Value::as_str).map(str::to_owned).collect(),
    }))
}

/// Attempts to tell the merchant of a payment, after a number, the newest first.
async fn told(
    sandbox: &Sandbox,
    payment: &Payment,
    after: u64,
) -> Result<Vec<Told>, gateway::request::Unavailable> {
    let gateway = sandbox.cashier.gateway();
    let (no, after) = (payment.no, i64::try_from(after).unwrap_or(i64::MAX));
    let rows = gateway.read(move |reader| {
        let mut rows = Vec::new();
        for notification in reader.notifications_of(no)? {
            for attempt in reader.attempts_of(notification.no)? {
                if attempt.no > after {
                    let key = reader.data_key(attempt.exchange.data_key)?;
                    rows.push((attempt, key));
                }
            }
        }
        Ok(rows)
    });
    let mut rows = rows.await?;
    rows.sort_by_key(|(attempt, _)| std::cmp::Reverse(attempt.no));
    rows.truncate(SHOWN_MAX);
    let told = rows.into_iter().map(|(attempt, key)| {
        let opened = key.and_then(|key| gateway.vault().open_under(&key, &attempt.exchange).ok());
        let exchange: Option<Exchange> =
            opened.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let exchange = exchange.unwrap_or_default();
        let remark = exchange.remark.unwrap_or_default();
        let first = exchange.hops.into_iter().next().unwrap_or_default();
        Told {
            no: attempt.no,
            at: wib(attempt.at),
            url: first.url,
            headers: first.request_headers,
            request: first.request_body,
            status: attempt.status,
            answer: first.answer_body,
            verdict: format!("{} {remark}", attempt.verdict).trim_end().to_owned(),
        }
    });
    Ok(told.collect())
}
