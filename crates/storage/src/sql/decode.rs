//! Rows of the hot path, read back. Total: what is not a row of ours is an error, never a guess.

pub(super) mod books;
pub(super) mod checkout;
pub(super) mod lines;
pub(super) mod refund;

use crate::sql::Row;
use domain::{
    code::Slot,
    event::Event,
    fee::FeePlan,
    ids::{
        AccountNo, EventNo, NotificationNo, OrderId, PartnerNo, PaymentId, PaymentNo, PoolNo,
        SaleNo,
    },
    ledger::Entry,
    money::{Balance, Fee, Rupiah},
    payment::Payment,
    sale::Sale,
};

use super::{
    Result,
    cells::Cells,
    encode::{self, LedgerColumns, StateColumns},
};
use crate::{
    AttemptRow, DisputeRow, EntryRow, EventRow, IdempotencyRow, InquiryRow, News, NotificationRow,
    PaymentRow, SaleRow, Sealed, UnappliedRow, channel_at,
};

/// A row of `payment_columns`.
pub(super) fn payment(row: &Row<'_>) -> Result<PaymentRow> {
    let mut cells = Cells::new("payment", row);
    let no = PaymentNo::new(cells.int()?);
    let shard = cells.num()?;
    let id = PaymentId::from_bytes(cells.array()?);
    let account = AccountNo::new(cells.int()?);
    let order = cells.parsed(OrderId::new)?;
    let opened_for = cells.retailer()?;
    let code = cells.code()?;
    let slot = match (cells.int_or_null()?, cells.num_or_null()?) {
        (Some(pool), Some(slot)) => Some(Slot { pool: PoolNo::new(pool), shard, slot }),
        (None, None) => None,
        _ => return Err(cells.corrupt("half a slot")),
    };
    let charged;
    let mut row = PaymentRow {
        payment: Payment {
            no,
            id,
            account,
            order,
            opened_for,
            code,
            slot,
            lap: cells.num()?,
            amount: cells.rupiah()?,
            fee: {
                charged = cells.rupiah()?;
                Fee::NONE
            },
            opened_at: cells.time()?,
            expires_at: cells.time()?,
            announce: cells.known(encode::announce)?,
            superseded: cells.flag()?,
            family: None,
            state: {
                let columns = state_columns(&mut cells)?;
                columns.state().ok_or_else(|| cells.corrupt("its columns are no state"))?
            },
        },
        shard,
        notify_urls: cells.text_or_null()?.map(str::to_owned),
        fee_plan: None,
        personal: sealed(&mut cells)?,
        last_event: EventNo::new(cells.int()?),
    };
    row.fee_plan = cells.text_or_null()?.map(str::to_owned);
    row.payment.family = cells.int_or_null()?.map(PaymentNo::new);
    let fee = fee(row.fee_plan.as_deref(), row.payment.amount);
    row.payment.fee = fee
        .filter(|fee| fee.amount == charged)
        .ok_or_else(|| cells.corrupt("its fee is not that of its plan"))?;
    Ok(row)
}

/// The fee of a payment of `amount` under its plan.
fn fee(plan: Option<&str>, amount: Rupiah) -> Option<Fee> {
    let Some(plan) = plan else { return Some(Fee::NONE) };
    let plan: FeePlan = plan.parse().ok()?;
    Fee::of(plan.split(amount).ok()?, plan.bearer).ok()
}

fn state_columns(cells: &mut Cells<'_>) -> Result<StateColumns> {
    Ok(StateColumns {
        state: cells.int()?,
        sale_no: cells.int_or_null()?,
        taken_by: cells.retailer_or_null()?,
        till_at: cells.time_or_null()?,
        paid_at: cells.time_or_null()?,
        business_date: cells.date_or_null()?,
        final_after: cells.time_or_null()?,
        is_final: cells.int_or_null()?,
        hold_until: cells.time_or_null()?,
        closed_at: cells.time_or_null()?,
        expired_by: cells.int_or_null()?,
    })
}

fn sealed(cells: &mut Cells<'_>) -> Result<Sealed> {
    Ok(Sealed { data_key: cells.int()?, bytes: cells.bytes()? })
}

/// A row of `event_columns`.
pub(super) fn event(row: &Row<'_>) -> Result<EventRow> {
    let mut cells = Cells::new("event", row);
    let no = EventNo::new(cells.int()?);
    let shard = cells.num()?;
    Ok(EventRow {
        event: Event {
            no,
            payment: cells.int_or_null()?.map(PaymentNo::new),
            kind: cells.known(encode::kind)?,
            at: cells.time()?,
            actor: {
                let (kind, number) = (cells.int()?, cells.int_or_null()?);
                encode::actor(kind, number).ok_or_else(|| cells.corrupt("nobody acted"))?
            },
            reason: cells.text_or_null()?.map(str::to_owned),
            sale: cells.int_or_null()?.map(SaleNo::new),
        },
        shard,
        payment_digest: cells.array()?,
        chain: cells.array()?,
    })
}

/// A row of `entry_columns`.
pub(super) fn entry(row: &Row<'_>) -> Result<EntryRow> {
    let mut cells = Cells::new("entry", row);
    let no = cells.int()?;
    let shard = cells.num()?;
    let event = EventNo::new(cells.int()?);
    let columns = ledger_columns(&mut cells)?;
    let account = columns.account().ok_or_else(|| cells.corrupt("no such account"))?;
    let amount = Balance::from_stored(cells.int()?);
    Ok(EntryRow { no, shard, event, entry: Entry { account, amount }, at: cells.time()? })
}

/// Kind, account, retailer and date.
fn ledger_columns(cells: &mut Cells<'_>) -> Result<LedgerColumns> {
    Ok(LedgerColumns {
        kind: cells.int()?,
        account_no: cells.int_or_null()?,
        retailer: cells.retailer_or_null()?,
        business_date: cells.date_or_null()?,
    })
}

/// A row of `sale_columns`.
pub(super) fn sale(row: &Row<'_>) -> Result<SaleRow> {
    let mut cells = Cells::new("sale", row);
    let no = SaleNo::new(cells.int()?);
    let shard = cells.num()?;
    let owned = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    Ok(SaleRow {
        sale: Sale {
            no,
            partner: PartnerNo::new(cells.int()?),
            key: cells.sale_key()?,
            retailer: cells.retailer()?,
            code: cells.code()?,
            amount: cells.rupiah()?,
            payment: cells.int_or_null()?.map(PaymentNo::new),
            till_at: cells.time()?,
            received_at: cells.time()?,
            state: cells.known(encode::sale_state)?,
        },
        shard,
        outlet: cells.string()?,
        terminal: cells.string()?,
        receipt_no: cells.text_or_null()?.map(str::to_owned),
        data_key: cells.int()?,
        answer: cells.bytes_or_null().map(owned)?,
        commit_answer: cells.bytes_or_null().map(owned)?,
        reversal_answer: cells.bytes_or_null().map(owned)?,
        digest: cells.array()?,
    })
}

/// A row of `inquiry_columns`.
pub(super) fn inquiry(row: &Row<'_>) -> Result<InquiryRow> {
    let mut cells = Cells::new("inquiry", row);
    Ok(InquiryRow {
        no: cells.int()?,
        shard: cells.num()?,
        partner: PartnerNo::new(cells.int()?),
        key: cells.sale_key()?,
        code: cells.code()?,
        payment: PaymentNo::new(cells.int()?),
        total: cells.rupiah()?,
        till_at: cells.time()?,
        received_at: cells.time()?,
    })
}

/// A row of `unapplied_columns`.
pub(super) fn unapplied(row: &Row<'_>) -> Result<UnappliedRow> {
    let mut cells = Cells::new("unapplied", row);
    Ok(UnappliedRow {
        no: cells.int()?,
        shard: cells.num()?,
        sale: SaleNo::new(cells.int()?),
        retailer: cells.retailer()?,
        code: cells.code()?,
        payment: cells.int_or_null()?.map(PaymentNo::new),
        amount: cells.rupiah()?,
        why: cells.string()?,
        business_date: cells.date()?,
        received_at: cells.time()?,
        state: cells.known(encode::unapplied_state)?,
    })
}

/// A row of `dispute_columns`.
pub(super) fn dispute(row: &Row<'_>) -> Result<DisputeRow> {
    let mut cells = Cells::new("dispute", row);
    Ok(DisputeRow {
        no: cells.int()?,
        shard: cells.num()?,
        sale: SaleNo::new(cells.int()?),
        payment: cells.int_or_null()?.map(PaymentNo::new),
        received_at: cells.time()?,
        why: cells.string()?,
        raw: sealed(&mut cells)?,
        state: cells.known(encode::dispute_state)?,
    })
}

/// A row of `notification_columns`.
pub(super) fn notification(row: &Row<'_>) -> Result<NotificationRow> {
    let mut cells = Cells::new("notification", row);
    let row = NotificationRow {
        no: NotificationNo::new(cells.int()?),
        shard: cells.num()?,
        payment: PaymentNo::new(cells.int()?),
        event: EventNo::new(cells.int()?),
        account: AccountNo::new(cells.int()?),
        target: cells.num()?,
        news: News::Vendor(cells.known(encode::announcement)?),
        state: cells.known(encode::notification_state)?,
        attempts: cells.num()?,
        due_at: cells.time()?,
        created_at: cells.time()?,
        endpoint: 0,
    };
    let own = cells.int_or_null()?.map(News::Own);
    let endpoint = cells.int()?;
    let bill = match (cells.int_or_null()?, channel_at(row.target)) {
        (None, _) => None,
        (Some(kind), Some(channel)) => {
            let kind = encode::bill_kind(kind).ok_or_else(|| cells.corrupt("no kind of bill"))?;
            Some(News::Bill(channel, kind))
        }
        (Some(_), None) => return Err(cells.corrupt("a bill for nobody")),
    };
    Ok(NotificationRow { news: own.or(bill).unwrap_or(row.news), endpoint, ..row })
}

/// A row of `attempt_columns`.
pub(super) fn attempt(row: &Row<'_>) -> Result<AttemptRow> {
    let mut cells = Cells::new("attempt", row);
    Ok(AttemptRow {
        no: cells.int()?,
        shard: cells.num()?,
        notification: NotificationNo::new(cells.int()?),
        at: cells.time()?,
        took_ms: cells.int()?,
        status: cells.num_or_null()?,
        verdict: cells.string()?,
        exchange: sealed(&mut cells)?,
        is_try: cells.flag()?,
    })
}

/// A row of `idempotency_columns`.
pub(super) fn idempotency(row: &Row<'_>) -> Result<IdempotencyRow> {
    let mut cells = Cells::new("idempotency", row);
    Ok(IdempotencyRow {
        shard: cells.num()?,
        account: AccountNo::new(cells.int()?),
        key: cells.string()?,
        order: cells.string()?,
        answer: sealed(&mut cells)?,
        expires_at: cells.time()?,
    })
}
