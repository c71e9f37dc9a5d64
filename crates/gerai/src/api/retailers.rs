//! `GET /v1/retailers`: the rules of every retailer, as this merchant meets them.

use domain::{
    fee::FeePlan,
    money::{Fee, Rupiah},
    retailer::{Pause, Retailer},
    time::{Span, Timestamp},
};
use gateway::{Gateway, directory::Account};
use http::StatusCode;
use serde_json::{Value, json};

use super::fault::Fault;

/// All retailers that the merchant's dialect offers; with what an `amount` would cost there, where
/// one is asked about.
pub(super) fn list(
    gateway: &Gateway,
    account: &Account,
    query: &str,
    now: Timestamp,
) -> Result<(StatusCode, Value), Fault> {
    let amount = asked_about(query)?;
    let tax = gateway.tax_on(now.business_date());
    let told = |retailer: &Retailer| {
        let plan = account.fees.plan(retailer.key).filter(|plan| !plan.is_nothing());
        rules(retailer, plan.map(|plan| plan.at_rate(tax)), amount)
    };
    let retailers: Vec<_> = gateway.retailers_of(&account.brand).iter().map(told).collect();
    Ok((StatusCode::OK, json!({ "retailers": retailers })))
}

/// The amount of `?amount=100000`.
fn asked_about(query: &str) -> Result<Option<Rupiah>, Fault> {
    let mut amount = None;
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let Some(("amount", digits)) = part.split_once('=') else {
            return Err(Fault::Bad("the only parameter is amount".to_owned()));
        };
        let is_amount = (1..=10).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && amount.is_none();
        let read = digits.parse().ok().filter(|_| is_amount);
        amount = read.and_then(|rupiah| Rupiah::new(rupiah).ok());
        if amount.is_none() {
            return Err(Fault::Bad("amount is whole rupiah, 0 to 9999999999, once".to_owned()));
        }
    }
    Ok(amount)
}

fn rules(retailer: &Retailer, plan: Option<FeePlan>, amount: Option<Rupiah>) -> Value {
    let contract = &retailer.contract;
    let quote = amount.map(|amount| quote(retailer, plan.as_ref(), amount));
    json!({
        "key": retailer.key.as_str(),
        "name": retailer.name,
        "network": retailer.network.as_str(),
        "amount_min": retailer.amount_min.get(),
        "amount_max": retailer.amount_max.get(),
        "cash_max": retailer.cash_max.map(Rupiah::get),
        "lifetime_default_seconds": seconds(retailer.lifetime_default),
        "lifetime_min_seconds": seconds(retailer.lifetime_min),
        "lifetime_max_seconds": seconds(retailer.lifetime_max),
        "receipt": {
            "lines_max": retailer.receipt.lines_max,
            "line_width": retailer.receipt.line_width,
            "label_width": retailer.receipt.label_width,
        },
        "reversal_window_seconds": seconds(contract.reversal_window),
        "final_after_seconds": seconds(contract.reversal_window) + seconds(contract.transport_max),
        "grace_seconds": seconds(contract.grace),
        "two_step": contract.two_step,
        "paused": match contract.pause {
            None => Value::Null,
            Some(Pause::Open) => json!("open"),
            Some(Pause::Inquiry) => json!("inquiry"),
        },
        "opening_hours": retailer.opening_hours,
        "instructions": { "id": retailer.instructions_id, "en": retailer.instructions_en },
        "fee": {
            "plan": plan.as_ref().map(ToString::to_string),
            "borne_by": plan.as_ref().map(|plan| plan.bearer.name()),
            "quote": quote,
        },
    })
}

/// What a payment of this amount would cost, and whether the retailer takes it.
fn quote(retailer: &Retailer, plan: Option<&FeePlan>, amount: Rupiah) -> Value {
    let fee = match plan {
        None => Some(Fee::NONE),
        Some(plan) => plan.split(amount).and_then(|split| Fee::of(split, plan.bearer)).ok(),
    };
    let total = fee.and_then(|fee| amount.checked_add(fee.payer_part()).ok());
    // What the payer hands over is what the retailer limits.
    let fits =
        total.is_some_and(|total| (retailer.amount_min..=retailer.amount_max).contains(&total));
    json!({
        "amount": amount.get(),
        "fee": fee.map(|fee| fee.amount.get()),
        "payer_hands_over": total.map(Rupiah::get),
        "merchant_gets": fee.map(|fee| amount.get() - fee.merchant_part().get()),
        "within_limits": fits,
    })
}

fn seconds(span: Span) -> i64 {
    span.as_millis() / 1_000
}
