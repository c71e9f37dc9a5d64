//! Rows to try things on.

use domain::{
    code::{PaymentCode, Slot},
    event::{Actor, Announcement, Event, EventKind},
    fee::FeePlan,
    ids::{
        AccountNo, EventNo, MerchantNo, NotificationNo, OrderId, PartnerNo, PaymentId, PaymentNo,
        PoolNo, SaleNo,
    },
    ledger::{Entry, LedgerAccount},
    money::{Balance, Bearer, Fee, Rupiah},
    payment::{Announce, ExpiredBy, Hold, Payment, State, Taking},
    retailer::RetailerKey,
    sale::{Sale, SaleKey, SaleState},
    time::{BusinessDate, Timestamp},
};
use storage::{
    AttemptRow, DisputeRow, DisputeState, EntryRow, EventRow, ExternalId, ExternalIdRow,
    IdempotencyRow, InquiryRow, News, NotificationRow, NotificationState, PaymentRow, SaleRow,
    Sealed, UnappliedRow, UnappliedState, Writes,
};

pub(crate) const PARTNER: PartnerNo = PartnerNo::new(7);
pub(crate) const ACCOUNT: AccountNo = AccountNo::new(3);
pub(crate) const MERCHANT: MerchantNo = MerchantNo::new(2);

pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

pub(crate) fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

pub(crate) fn retailer(key: &str) -> RetailerKey {
    RetailerKey::new(key).unwrap()
}

pub(crate) fn code(number: i64) -> PaymentCode {
    PaymentCode::new(&format!("81{number:014}")).unwrap()
}

pub(crate) fn key(text: &str) -> SaleKey {
    SaleKey::new(text).unwrap()
}

pub(crate) fn sealed(text: &str) -> Sealed {
    Sealed { data_key: 5, bytes: text.as_bytes().to_vec() }
}

pub(crate) fn slot(number: i64) -> Slot {
    Slot { pool: PoolNo::new(1), shard: 0, slot: number.unsigned_abs() }
}

/// A pending payment of its own order in its own slot.
/// What payments cost here.
const PLAN: &str = "merchant tax=exclusive:110 gateway=500+50bp retailer=1000";

pub(crate) fn payment(no: i64) -> PaymentRow {
    PaymentRow {
        payment: Payment {
            no: PaymentNo::new(no),
            id: PaymentId::from_bytes([u8::try_from(no % 251).unwrap(); 16]),
            account: ACCOUNT,
            order: OrderId::new(format!("order-{no}")).unwrap(),
            opened_for: retailer("alfamart"),
            code: code(no),
            slot: Some(slot(no)),
            lap: 0,
            amount: rupiah(100_000 + no),
            fee: Fee::of(
                PLAN.parse::<FeePlan>().unwrap().split(rupiah(100_000 + no)).unwrap(),
                Bearer::Merchant,
            )
            .unwrap(),
            opened_at: at(1_000 + no),
            expires_at: at(10_000 + no),
            announce: Announce::AtOnce,
            superseded: false,
            family: None,
            state: State::Pending,
        },
        shard: 0,
        notify_urls: None,
        fee_plan: Some(PLAN.to_owned()),
        personal: sealed("Budi"),
        last_event: EventNo::new(no),
    }
}

pub(crate) fn taking(no: i64) -> Taking {
    Taking {
        sale: SaleNo::new(no),
        retailer: retailer("alfamidi"),
        till_at: at(2_000),
        paid_at: at(2_100),
        business_date: BusinessDate::from_days(20_000),
        final_after: at(3_000 + no),
        is_final: false,
    }
}

pub(crate) fn hold(no: i64) -> Hold {
    Hold {
        sale: SaleNo::new(no),
        retailer: retailer("indomaret"),
        till_at: at(2_000),
        until: at(4_000 + no),
    }
}

/// Every state, and every choice inside one.
pub(crate) fn states() -> Vec<State> {
    let paid = taking(9);
    let finally = Taking { is_final: true, ..paid };
    vec![
        State::Opening,
        State::Pending,
        State::Reserved(hold(8)),
        State::Paid(paid),
        State::Paid(finally),
        State::Settled(finally),
        State::Reversed(paid, at(2_500)),
        State::ClawedBack(finally, at(9_500)),
        State::Cancelled(at(2_600)),
        State::Expired(at(20_000), ExpiredBy::Deadline),
        State::Expired(at(5_000), ExpiredBy::Merchant),
    ]
}

pub(crate) fn event(no: i64, payment: i64, kind: EventKind) -> EventRow {
    EventRow {
        event: Event {
            no: EventNo::new(no),
            payment: Some(PaymentNo::new(payment)),
            kind,
            at: at(1_000 + no),
            actor: Actor::Merchant(ACCOUNT),
            reason: None,
            sale: None,
        },
        shard: 0,
        payment_digest: [1; 16],
        chain: [2; 32],
    }
}

pub(crate) fn entry(no: i64, event: i64, account: LedgerAccount, amount: i64) -> EntryRow {
    EntryRow {
        no,
        shard: 0,
        event: EventNo::new(event),
        entry: Entry { account, amount: Balance::from_stored(amount) },
        at: at(1_000 + event),
    }
}

pub(crate) fn sale(no: i64, text: &str, state: SaleState) -> SaleRow {
    SaleRow {
        sale: Sale {
            no: SaleNo::new(no),
            partner: PARTNER,
            key: key(text),
            retailer: retailer("alfamart"),
            code: code(no),
            amount: rupiah(102_500),
            payment: Some(PaymentNo::new(no)),
            till_at: at(1_900),
            received_at: at(2_000 + no),
            state,
        },
        shard: 0,
        outlet: "T123".to_owned(),
        terminal: String::new(),
        receipt_no: Some("R/1".to_owned()),
        data_key: 5,
        answer: Some(vec![1, 2, 3]),
        commit_answer: None,
        reversal_answer: Some(Vec::new()),
        digest: [3; 16],
    }
}

pub(crate) fn inquiry(no: i64, text: &str, payment: i64) -> InquiryRow {
    InquiryRow {
        no,
        shard: 0,
        partner: PARTNER,
        key: key(text),
        code: code(payment),
        payment: PaymentNo::new(payment),
        total: rupiah(102_500),
        till_at: at(1_700),
        received_at: at(1_800 + no),
    }
}

pub(crate) fn unapplied(no: i64, sale: i64, state: UnappliedState) -> UnappliedRow {
    UnappliedRow {
        no,
        shard: 0,
        sale: SaleNo::new(sale),
        retailer: retailer("alfamart"),
        code: code(no),
        payment: None,
        amount: rupiah(5_000),
        why: "the code has expired".to_owned(),
        business_date: BusinessDate::from_days(-3),
        received_at: at(2_000 + no),
        state,
    }
}

pub(crate) fn dispute(no: i64) -> DisputeRow {
    DisputeRow {
        no,
        shard: 0,
        sale: SaleNo::new(no),
        payment: Some(PaymentNo::new(no)),
        received_at: at(6_000),
        why: "the window is closed".to_owned(),
        raw: sealed("raw"),
        state: DisputeState::Open,
    }
}

pub(crate) fn notification(no: i64, payment: i64, state: NotificationState) -> NotificationRow {
    NotificationRow {
        no: NotificationNo::new(no),
        shard: 0,
        payment: PaymentNo::new(payment),
        event: EventNo::new(no),
        account: ACCOUNT,
        target: 1,
        news: News::Vendor(Announcement::Paid),
        state,
        attempts: 2,
        due_at: at(7_000 - no),
        created_at: at(1_000),
        endpoint: 5,
    }
}

pub(crate) fn attempt(no: i64, notification: i64) -> AttemptRow {
    AttemptRow {
        no,
        shard: 0,
        notification: NotificationNo::new(notification),
        at: at(7_000 + no),
        took_ms: 42,
        status: Some(200),
        verdict: "delivered".to_owned(),
        exchange: sealed("POST / 200"),
        is_try: true,
    }
}

pub(crate) fn answer(text: &str, order: &str, expires_at: i64) -> IdempotencyRow {
    IdempotencyRow {
        shard: 0,
        account: ACCOUNT,
        key: text.to_owned(),
        order: order.to_owned(),
        answer: sealed("{}"),
        expires_at: at(expires_at),
    }
}

pub(crate) fn external(day: i32, id: &str) -> ExternalIdRow {
    let external = ExternalId {
        day: BusinessDate::from_days(day),
        account: ACCOUNT,
        endpoint: "create".to_owned(),
        id: id.to_owned(),
    };
    ExternalIdRow { external, shard: 0 }
}

/// Payments opened, with their events and their news.
pub(crate) fn opened(numbers: std::ops::Range<i64>) -> Writes {
    Writes {
        payments_new: numbers.clone().map(payment).collect(),
        events: numbers.clone().map(|no| event(no, no, EventKind::Opened)).collect(),
        notifications_new: numbers.map(|no| notification(no, no, NotificationState::Due)).collect(),
        ..Writes::default()
    }
}
