//! The table of docs/ledger.md, derived from the code.

use super::*;
use crate::{
    code::PaymentCode,
    event::EventKind,
    fee::Split,
    ids::{OrderId, PaymentId, PaymentNo, SaleNo},
    money::{Bearer, Fee},
    payment::{Announce, State},
};

/// Figures, no two of which are the same or add up to a third, with what they are called.
const FIGURES: [(i64, &str); 8] = [
    (100_000, "amount"),
    (1_802, "the gateway's part"),
    (198, "tax"),
    (1_000, "the retailer's part"),
    (500, "the switch's part"),
    (3_500, "fee"),
    (103_500, "amount and fee"),
    (96_500, "amount less fee"),
];

fn rupiah(amount: i64) -> Rupiah {
    Rupiah::new(amount).unwrap()
}

fn payment(bearer: Bearer) -> Payment {
    let split = Split {
        gateway: rupiah(1_802),
        tax: rupiah(198),
        retailer: rupiah(1_000),
        switch: rupiah(500),
    };
    Payment {
        no: PaymentNo::new(1),
        id: PaymentId::from_bytes([1; 16]),
        account: AccountNo::new(1),
        order: OrderId::new("order-1").unwrap(),
        opened_for: RetailerKey::new("alfamart").unwrap(),
        code: PaymentCode::new("8112345678").unwrap(),
        slot: None,
        lap: 0,
        amount: rupiah(100_000),
        fee: Fee::of(split, bearer).unwrap(),
        opened_at: Timestamp::from_millis(0),
        expires_at: Timestamp::from_millis(0),
        announce: Announce::AtOnce,
        superseded: false,
        family: None,
        state: State::Pending,
    }
}

fn taking() -> Taking {
    Taking {
        sale: SaleNo::new(1),
        retailer: RetailerKey::new("alfamart").unwrap(),
        till_at: Timestamp::from_millis(0),
        paid_at: Timestamp::from_millis(0),
        business_date: BusinessDate::from_days(0),
        final_after: Timestamp::from_millis(0),
        is_final: true,
    }
}

fn called(account: &LedgerAccount) -> &'static str {
    use LedgerAccount as A;
    match account {
        A::SettlementBank => "settlement bank",
        A::Receivable(..) => "receivable",
        A::DisputedReceivable(_) => "disputed receivable",
        A::CommissionPayable(_) => "commission payable",
        A::SwitchPayable => "switch payable",
        A::FeeDeferred => "fee deferred",
        A::FeeEarned => "fee earned",
        A::PpnPayable => "PPN payable",
        A::MerchantPending(_) => "merchant pending",
        A::MerchantActive(_) => "merchant active",
        A::Unapplied(_) => "unapplied cash",
        A::RefundsPayable => "refunds payable",
        A::PayoutsInTransit => "payouts in transit",
        A::ReconciliationDifference => "reconciliation difference",
        A::RoundingDifference => "rounding difference",
        A::WriteOff => "write-off",
    }
}

/// One side of a posting, as the table has it.
fn side(entries: &[Entry], is_debit: bool, figures: &[(i64, &str)]) -> String {
    let of_side = entries.iter().filter(|entry| (entry.amount > Balance::ZERO) == is_debit);
    let cells = of_side.map(|entry| {
        let amount = entry.amount.get().abs();
        let figure = figures.iter().find(|(figure, _)| *figure == amount);
        let figure = figure.unwrap_or_else(|| panic!("nothing is called {amount}"));
        format!("{}: {}", called(&entry.account), figure.1)
    });
    let all = cells.collect::<Vec<_>>().join("; ");
    let parts = |ours: &str| {
        format!(
            "commission payable: the retailer's part; switch payable: the switch's part; {ours}: \
             the gateway's part; PPN payable: tax"
        )
    };
    all.replace(&parts("fee deferred"), "the parts of the fee")
        .replace(&parts("fee earned"), "the parts of the fee, ours earned")
}

fn row(name: &str, entries: &[Entry], figures: &[(i64, &str)]) -> String {
    format!("| {name} | {} | {} |", side(entries, true, figures), side(entries, false, figures))
}

/// What an event comes to.
enum Posts {
    /// These rows.
    Rows(Vec<String>),
    /// Rows of another event tell.
    With,
    /// Nothing at all.
    Nothing,
    /// It depends on what somebody found out; the section about it tells.
    Elsewhere,
}

fn clawed_back_rows() -> Vec<String> {
    let (payer, merchant, taking) = (payment(Bearer::Payer), payment(Bearer::Merchant), taking());
    let pending = LedgerAccount::MerchantPending(payer.account);
    let active = LedgerAccount::MerchantActive(payer.account);
    [
        ("clawed back, not settled yet", clawed_back(&payer, &taking, pending)),
        ("clawed back, settled", clawed_back(&payer, &taking, active)),
        ("clawed back, the merchant bears the fee", clawed_back(&merchant, &taking, active)),
    ]
    .map(|(name, entries)| row(name, &entries, &FIGURES))
    .to_vec()
}

fn funded_rows() -> Vec<String> {
    let transfer = Transfer {
        retailer: taking().retailer,
        business_date: taking().business_date,
        amount: rupiah(1_000),
        commission: rupiah(100),
    };
    let figures = [
        (1_000, "what arrived"),
        (100, "what the retailer kept"),
        (1_100, "both"),
        (1_093, "what was owed"),
        (7, "what is more"),
    ];
    [
        ("funded", funded(&transfer, Rupiah::ZERO)),
        ("funded, more than was owed", funded(&transfer, rupiah(7))),
    ]
    .map(|(name, entries)| row(name, &entries, &figures))
    .to_vec()
}

fn posts(kind: EventKind) -> Posts {
    let (payer, merchant) = (payment(Bearer::Payer), payment(Bearer::Merchant));
    let (taking, chain, date) = (taking(), taking().retailer, taking().business_date);
    let (account, cash) = (AccountNo::new(1), rupiah(7));
    let of = |name: &str, entries: Vec<Entry>| row(name, &entries, &FIGURES);
    let of_cash = |name: &str, entries: Vec<Entry>| row(name, &entries, &[(7, "the cash")]);
    let of_payout = |name: &str, entries: Vec<Entry>| row(name, &entries, &[(7, "the payout")]);
    Posts::Rows(match kind {
        EventKind::Paid => vec![
            of("paid, the payer bears the fee", paid(&payer, &taking)),
            of("paid, the merchant bears it", paid(&merchant, &taking)),
        ],
        EventKind::Final => vec![of("final", finalized(&payer))],
        EventKind::Reversed => vec![
            of("reversed, reopened, the payer bears the fee", reversed(&payer, &taking)),
            of("reversed, reopened, the merchant bears it", reversed(&merchant, &taking)),
        ],
        EventKind::CashUnapplied => vec![of_cash("cash unapplied", unapplied(chain, date, cash))],
        EventKind::UnappliedReversed => {
            vec![of_cash("unapplied reversed", mirrored(unapplied(chain, date, cash)))]
        }
        EventKind::UnappliedMatched => vec![
            of("unapplied matched, the payer bears the fee", matched(&payer, &taking)),
            of("unapplied matched, the merchant bears it", matched(&merchant, &taking)),
        ],
        EventKind::UnappliedRefunded => vec![of_cash("unapplied refunded", refunded(chain, cash))],
        EventKind::RefundIssued => vec![of_cash("refund issued", refund_issued(chain, cash))],
        EventKind::RefundPaid => vec![of_cash("refund paid", refund_paid(chain, date, cash))],
        EventKind::RefundReturned => {
            vec![of_cash("refund returned", refund_returned(chain, cash))]
        }
        EventKind::Settled => vec![
            of("settled, advanced, the payer bears the fee", settled(&payer)),
            of("settled, advanced, the merchant bears it", settled(&merchant)),
        ],
        EventKind::ClawedBack => clawed_back_rows(),
        EventKind::Funded => funded_rows(),
        EventKind::PayoutRecorded => {
            vec![of_payout("payout recorded", payout_recorded(account, cash))]
        }
        EventKind::PayoutConfirmed => vec![of_payout("payout confirmed", payout_confirmed(cash))],
        EventKind::PayoutReturned => vec![
            of_payout("payout returned", payout_returned(account, cash)),
            of_payout("payout returned, it had been confirmed", payout_bounced(account, cash)),
        ],
        EventKind::Reopened | EventKind::Advanced => return Posts::With,
        EventKind::DifferenceConfirmed
        | EventKind::DifferenceClawedBack
        | EventKind::DifferenceWrittenOff
        | EventKind::DifferenceUndone => return Posts::Elsewhere,
        EventKind::Opened
        | EventKind::Reserved
        | EventKind::Released
        | EventKind::Cancelled
        | EventKind::Expired
        | EventKind::Disputed
        | EventKind::DisputeRejected
        | EventKind::RefundReserved
        | EventKind::RefundUnreserved
        | EventKind::RefundPinWrong
        | EventKind::RefundSuspect
        | EventKind::Proposed
        | EventKind::Approved
        | EventKind::Rejected => return Posts::Nothing,
    })
}

#[test]
fn the_table_of_postings_is_what_the_code_posts() {
    let mut rows = Vec::new();
    let (mut nothing, mut elsewhere) = (Vec::new(), Vec::new());
    for kind in EventKind::ALL {
        let name = kind.name().replace('_', " ");
        match posts(kind) {
            Posts::Rows(more) => rows.extend(more),
            Posts::With => {}
            Posts::Nothing => nothing.push(name),
            Posts::Elsewhere => elsewhere.push(name),
        }
    }
    rows.push(format!("| {} | as its section says | |", elsewhere.join(", ")));
    rows.push(format!("| {} | nothing | |", nothing.join(", ")));
    let told = include_str!("../../../../docs/ledger.md");
    let (_, told) = told.split_once("\n## What each event posts\n").unwrap();
    let (told, _) = told.split_once("\n## ").unwrap();
    let told: Vec<_> = told.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    assert_eq!(told, rows, "the table should be:\n{}", rows.join("\n"));
}
