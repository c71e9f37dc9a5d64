//! `POST /snap/v1/transactions/{token}/cancel` and `/expire` (section 8).

use bytes::Bytes;
use dialect::utc;
use gateway::request::{Close, WithdrawRequest};
use serde::Serialize;

use super::fault::SnapFault;
use crate::{answer::json, call::Call, json::check_or_empty};

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Body {
    CanceledAt(String),
    ExpiredAt(String),
}

/// Closes a checkout of which nothing was chosen.
pub(super) async fn close(call: &Call<'_>, token: &str, how: Close) -> Result<Bytes, SnapFault> {
    check_or_empty(call.body)?;
    let token = token.parse().map_err(|_| SnapFault::UnknownToken)?;
    let request =
        WithdrawRequest { account: call.account.no, token, how, received_at: call.received_at };
    call.gateway.withdraw(request).await.map_err(SnapFault::of_withdraw)?;
    let at = utc(call.received_at);
    Ok(json(&match how {
        Close::Cancel => Body::CanceledAt(at),
        Close::Expire => Body::ExpiredAt(at),
    })
    .into())
}
