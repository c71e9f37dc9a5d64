//! Money between banks, as an operator writes it down: retailers' transfers and payouts (rule 28).

use domain::{
    ids::AccountNo,
    ledger::Transfer,
    retailer::RetailerKey,
    time::{BusinessDate, Timestamp},
};
use storage::{FundingRow, PayoutRow};

use super::{
    AdminError, AdminReply, DayCompared, FundingRecord, FundingReply, PayoutDecide, PayoutRecord,
    PayoutReply, checks, merchant,
};
use crate::{
    Gateway,
    request::{Moved, Movement, MovementError, MovementRequest, Unavailable},
};

impl From<MovementError> for AdminError {
    fn from(error: MovementError) -> Self {
        match error {
            MovementError::Unavailable(why) => Self::Unavailable(why),
            other => Self::Movement(other),
        }
    }
}

/// A retailer's transfer arrived.
pub(super) async fn fund(
    gateway: &Gateway,
    record: FundingRecord,
) -> Result<AdminReply, AdminError> {
    let bad = |what, value: &str, why: &str| AdminError::Bad {
        what,
        value: value.chars().take(100).collect(),
        why: why.to_owned(),
    };
    let known = RetailerKey::new(&record.retailer).ok();
    let known = known.and_then(|key| gateway.retailers().get(key));
    let Some(retailer) = known else {
        let names: Vec<_> = gateway.retailers().iter().map(|found| found.key.as_str()).collect();
        let why = format!("is no retailer; there are {}", names.join(", "));
        return Err(bad("the retailer", &record.retailer, &why));
    };
    let Some(business_date) = BusinessDate::parse(&record.business_date) else {
        return Err(bad("the day", &record.business_date, "is no day, such as 2026-11-21"));
    };
    let movement = Movement::Fund {
        transfer: Transfer {
            retailer: retailer.key,
            business_date,
            amount: checks::amount("the amount", record.amount)?,
            commission: checks::amount("the commission", record.commission)?,
        },
        reference: checks::reference(&record.reference)?,
        keep_difference: record.keep_difference,
    };
    told(gateway, movement, record.by, record.reason.as_deref()).await
}

/// The bank was told to pay a merchant.
pub(super) async fn pay_out(
    gateway: &Gateway,
    record: PayoutRecord,
) -> Result<AdminReply, AdminError> {
    let rows = gateway.read(|reader| reader.directory()).await?;
    let movement = Movement::PayOut {
        account: merchant::find(&rows, &record.merchant)?.no,
        amount: checks::amount("the amount", record.amount)?,
        reference: checks::reference(&record.reference)?,
    };
    told(gateway, movement, record.by, record.reason.as_deref()).await
}

/// A payout arrived.
pub(super) async fn confirm(
    gateway: &Gateway,
    decide: PayoutDecide,
) -> Result<AdminReply, AdminError> {
    let movement = Movement::Confirm { payout: decide.no };
    told(gateway, movement, decide.by, decide.reason.as_deref()).await
}

/// A payout came back.
pub(super) async fn give_back(
    gateway: &Gateway,
    decide: PayoutDecide,
) -> Result<AdminReply, AdminError> {
    let movement = Movement::GiveBack { payout: decide.no };
    told(gateway, movement, decide.by, decide.reason.as_deref()).await
}

async fn told(
    gateway: &Gateway,
    movement: Movement,
    by: String,
    reason: Option<&str>,
) -> Result<AdminReply, AdminError> {
    // Where the command came without a person, whoever runs the gateway gave it.
    let by = if by.is_empty() { "the operator".to_owned() } else { by };
    let reason = reason.map(checks::reason).transpose()?;
    let received_at: Timestamp = gateway.clock().now();
    let request = MovementRequest { movement, by, reason, received_at };
    match gateway.move_money(request).await? {
        Moved::Funding { row, day, owed, is_new } => {
            let FundingRow { no, day: (retailer, date), amount, commission, .. } = row;
            let of_day = (retailer, date);
            let read = gateway
                .read(move |reader| Ok((reader.file_says(of_day)?, reader.transferred(of_day)?)));
            // The transfer is booked, whatever becomes of the look at its day.
            let compared = read.await.ok();
            let compared = compared.and_then(|(says, got)| DayCompared::new(says, got));
            tracing::info!(funding = no, by = row.recorded_by, changed = is_new, "funded");
            Ok(AdminReply::Funding(FundingReply {
                no,
                retailer: retailer.to_string(),
                business_date: date.to_string(),
                amount: amount.get(),
                commission: commission.get(),
                difference: row.difference.get(),
                reference: row.reference,
                owed: owed.get(),
                matched: day.matched,
                funded: day.funded,
                compared,
                changed: is_new,
            }))
        }
        Moved::Payout { row, active, is_new } => {
            let PayoutRow { no, account, amount, state, .. } = row;
            tracing::info!(payout = no, state = state.name(), changed = is_new, "payout");
            let active = match active {
                Some(active) => active,
                None => gateway.balances(account).await?.active,
            };
            Ok(AdminReply::Payout(PayoutReply {
                no,
                merchant_id: public_id(gateway, account)?,
                amount: amount.get(),
                reference: row.reference,
                state: state.name().to_owned(),
                active: active.get(),
                changed: is_new,
            }))
        }
    }
}

fn public_id(gateway: &Gateway, account: AccountNo) -> Result<String, Unavailable> {
    let directory = gateway.directory();
    directory.account(account).map(|found| found.public_id.clone()).ok_or(Unavailable::Storage)
}
