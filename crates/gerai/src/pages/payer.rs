//! What a payer is shown: the code, the amount, and where to bring the cash. Plain, until the payer's
//! page proper takes its place.
//!
//! Whoever knows a payment's id may see this much; ids cannot be guessed. Nothing about the payer is
//! shown.

use axum::{
    extract::{Path, State},
    response::{Html, IntoResponse, Response},
};
use dialect::wib;
use domain::{ids::PaymentId, payment::Shown, retailer::Retailer};
use gateway::{
    Gateway,
    request::{PaymentRef, PaymentView},
};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use maud::{DOCTYPE, Markup, html};

/// Nothing is loaded from anywhere, and no other page may frame this one.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; \
             form-action 'none'; base-uri 'none'",
        ),
    ),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

const STYLE: &str = "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:3rem auto;\
    padding:0 1rem;color:#1b1b1b;background:#fff}\
    .code{font:600 2rem/1.3 ui-monospace,monospace;letter-spacing:.08em;overflow-wrap:anywhere}\
    .amount{font-size:1.5rem;font-weight:600}.note{color:#555}";

/// `GET /pay/{payment}`.
pub(super) async fn show(State(gateway): State<Gateway>, Path(payment): Path<String>) -> Response {
    let Ok(id) = payment.parse::<PaymentId>() else {
        return page(StatusCode::NOT_FOUND, &unknown());
    };
    match gateway.payment(None, PaymentRef::Id(id)).await {
        Ok(Some(view)) => {
            let by_another = is_paid_by_another(&gateway, &view).await;
            page(StatusCode::OK, &bill(&gateway, &view, by_another))
        }
        Ok(None) => page(StatusCode::NOT_FOUND, &unknown()),
        Err(error) => {
            tracing::warn!(%error, "a payer's page cannot be shown");
            page(StatusCode::SERVICE_UNAVAILABLE, &busy())
        }
    }
}

/// Whether the order of this code was paid under another of its codes (rule 36).
async fn is_paid_by_another(gateway: &Gateway, view: &PaymentView) -> bool {
    if view.payment.family.is_none() {
        return false;
    }
    let order = gateway.order_of(&view.payment).await.unwrap_or_default();
    let is_paid = |other: &PaymentView| matches!(other.payment.shown(), Shown::Paid(_));
    order.iter().any(|other| other.payment.no != view.payment.no && is_paid(other))
}

fn page(status: StatusCode, body: &Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="id" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { "Pembayaran" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body { main { (body) } }
        }
    };
    (status, HEADERS, Html(markup.into_string())).into_response()
}

fn bill(gateway: &Gateway, view: &PaymentView, by_another: bool) -> Markup {
    let payment = &view.payment;
    let directory = gateway.directory();
    let merchant = directory.account(payment.account).map(|account| account.merchant_name.clone());
    let retailer = gateway.retailers().get(payment.opened_for);
    let fee = payment.fee.payer_part();
    html! {
        h1 { (merchant.unwrap_or_default()) }
        p.note { "Kode pembayaran" }
        p.code { (payment.code.as_str()) }
        p.note { "Jumlah yang dibayar" }
        p.amount { (rupiah(payment.total().get())) }
        @if fee.get() > 0 {
            p.note { (rupiah(payment.amount.get())) " + biaya " (rupiah(fee.get())) }
        }
        @if by_another {
            p { strong { "Sudah dibayar dengan kode lain." } " Jangan dibayar lagi." }
        } @else {
            (standing(view, retailer))
        }
    }
}

fn standing(view: &PaymentView, retailer: Option<&Retailer>) -> Markup {
    let deadline = wib(view.payment.expires_at);
    match view.payment.shown() {
        Shown::Pending => html! {
            p { "Bayar tunai di " strong { (retailer.map_or("", |one| one.name.as_str())) }
                " sebelum " (deadline) " WIB." }
            @if let Some(retailer) = retailer {
                p.note { (retailer.instructions_id) }
            }
        },
        Shown::Paid(taking) => {
            html! {
                p { strong { "Sudah dibayar" } " pada " (wib(taking.paid_at)) " WIB." }
                @if !taking.is_final {
                    p.note { "Final mulai " (wib(taking.final_after)) " WIB." }
                }
            }
        }
        Shown::Reversed(_) => html! { p { strong { "Dibatalkan oleh gerai." } } },
        Shown::Cancelled => html! { p { strong { "Dibatalkan oleh penjual." } } },
        Shown::Expired => {
            html! { p { strong { "Kedaluwarsa" } " pada " (deadline) " WIB. Jangan dibayar lagi." } }
        }
    }
}

fn unknown() -> Markup {
    html! { h1 { "Tidak ditemukan" } p { "Tidak ada pembayaran dengan alamat ini." } }
}

fn busy() -> Markup {
    html! { h1 { "Sedang sibuk" } p { "Silakan muat ulang sebentar lagi." } }
}

/// `Rp 1.250.000`, as Indonesians write it.
pub(crate) fn rupiah(amount: i64) -> String {
    let digits = amount.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 4);
    text.push_str(if amount < 0 { "-Rp " } else { "Rp " });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rupiah_have_dots() {
        for (amount, text) in [
            (0, "Rp 0"),
            (999, "Rp 999"),
            (1_000, "Rp 1.000"),
            (103_000, "Rp 103.000"),
            (9_999_999_999, "Rp 9.999.999.999"),
            (-1_500, "-Rp 1.500"),
        ] {
            assert_eq!(rupiah(amount), text);
        }
    }
}
