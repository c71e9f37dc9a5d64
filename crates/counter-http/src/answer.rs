//! What is written to a till: one JSON object, its members in the contract's order.

use std::borrow::Cow;

use domain::{payment::Refusal, retailer::RetailerKey, time::Timestamp};
use gateway::request::{Approved, Bill, CounterAnswer, CounterRequest, RefundBill};
use serde::Serialize;

use crate::{
    code::Code,
    fault::{Fault, rupiah},
    instant::wib,
};

/// Every member there is. What does not apply is left out.
#[derive(Debug, Default, Serialize)]
struct Answer<'a> {
    code: &'a str,
    message: &'a str,
    cashier_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sale: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direction: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merchant_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payer_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fee: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    approval_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paid_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    final_after: Option<String>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    receipt_lines: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    retailers: Vec<&'a str>,
}

#[derive(Debug, Serialize)]
struct Echo<'a> {
    code: &'a str,
    now: String,
}

/// The answer that the gateway stores with the change: a function of its arguments and nothing else.
pub fn render(request: &CounterRequest, answer: &CounterAnswer) -> Vec<u8> {
    match &answer.outcome {
        Ok(approved) => {
            let cashier_text = to_cashier(approved, answer);
            let mut written = Answer {
                code: answer.code_override.as_deref().unwrap_or(Code::Approved.digits()),
                message: to_partner(approved),
                cashier_text: &cashier_text,
                ..Answer::about(request.code.as_str(), &request.sale_sent)
            };
            if let Some(refund) = &answer.refund {
                written.show_refund(refund);
            }
            if let Some(bill) = &answer.bill {
                written.show(bill);
                written.receipt_lines = &bill.receipt_lines;
            }
            written.prove(approved);
            bytes(&written)
        }
        Err(refusal) => {
            let fault = if answer.refund.is_some() {
                Fault::of_refund(*refusal, request.operation)
            } else {
                Fault::of(*refusal, request.operation)
            };
            let mut written = Answer {
                code: answer.code_override.as_deref().unwrap_or(fault.code.digits()),
                message: &fault.message,
                cashier_text: &fault.cashier_text,
                retailers: answer.retailers.iter().map(RetailerKey::as_str).collect(),
                ..Answer::about(request.code.as_str(), &request.sale_sent)
            };
            // Unknown, foreign and long closed look the same, whatever is known (rule 26).
            if fault.code != Code::Unknown {
                if let Some(bill) = &answer.bill {
                    written.show(bill);
                }
                if let Some(refund) = &answer.refund {
                    written.show_refund(refund);
                }
            }
            if let Refusal::WrongAmount { owed, .. } = refusal {
                written.total = Some(owed.get());
                written.currency = Some(CURRENCY);
            }
            bytes(&written)
        }
    }
}

/// An answer that is not a decision about a sale, or not about one that is known.
pub(crate) fn fault(fault: &Fault, about: Option<(&str, &str)>) -> Vec<u8> {
    let (payment_code, sale) = about.unzip();
    bytes(&Answer {
        code: fault.code.digits(),
        message: &fault.message,
        cashier_text: &fault.cashier_text,
        payment_code,
        sale,
        ..Answer::default()
    })
}

/// The answer to an echo.
pub(crate) fn echo(now: Timestamp) -> Vec<u8> {
    bytes(&Echo { code: Code::Approved.digits(), now: wib(now) })
}

/// The code that an answer of ours says, for metrics; `other` if it is not one of ours.
pub(crate) fn code_of(body: &[u8]) -> Cow<'static, str> {
    let code =
        body.strip_prefix(br#"{"code":""#).and_then(|rest| rest.split(|b| *b == b'"').next());
    match code.and_then(|code| str::from_utf8(code).ok()) {
        Some(code) if code.len() <= 8 => Cow::Owned(code.to_owned()),
        Some(_) | None => Cow::Borrowed("other"),
    }
}

/// All money on this wire is.
const CURRENCY: &str = "IDR";

impl<'a> Answer<'a> {
    fn about(payment_code: &'a str, sale: &'a str) -> Self {
        Self { payment_code: Some(payment_code), sale: Some(sale), ..Self::default() }
    }

    fn show(&mut self, bill: &'a Bill) {
        self.direction = Some("collect");
        self.merchant_name = Some(&bill.merchant_name);
        self.payer_name = bill.payer_name.as_deref();
        self.label = bill.label.as_deref();
        self.amount = Some(bill.amount.get());
        self.fee = Some(bill.fee.get());
        self.total = Some(bill.total.get());
        self.currency = Some(CURRENCY);
        self.expires_at = Some(wib(bill.expires_at));
    }

    /// A pay-out goes the other way, and names nobody (rule 35).
    fn show_refund(&mut self, refund: &RefundBill) {
        self.direction = Some("payout");
        self.amount = Some(refund.amount.get());
        self.total = Some(refund.amount.get());
        self.currency = Some(CURRENCY);
        self.expires_at = Some(wib(refund.expires_at));
    }

    fn prove(&mut self, approved: &'a Approved) {
        match approved {
            Approved::Payable
            | Approved::Reversed
            | Approved::Remembered
            | Approved::Redeemable
            | Approved::PayoutReversed => {}
            Approved::Reserved { approval_code }
            | Approved::Unapplied { approval_code }
            | Approved::PayoutReserved { approval_code } => {
                self.approval_code = Some(approval_code);
            }
            Approved::PaidOut { approval_code, paid_at } => {
                self.approval_code = Some(approval_code);
                self.paid_at = Some(wib(*paid_at));
            }
            Approved::Paid { approval_code, paid_at, final_after } => {
                self.approval_code = Some(approval_code);
                self.paid_at = Some(wib(*paid_at));
                self.final_after = Some(wib(*final_after));
            }
        }
    }
}

const fn to_partner(approved: &Approved) -> &'static str {
    match approved {
        Approved::Payable => "payable",
        Approved::Reserved { .. } => "reserved: commit it",
        Approved::Paid { .. } => "paid",
        Approved::Unapplied { .. } => "booked as unapplied cash",
        Approved::Reversed => "reversed",
        Approved::Remembered => "nothing to reverse; this sale is closed",
        Approved::Redeemable => "to be paid out",
        Approved::PayoutReserved { .. } => "reserved: hand the cash over and commit it",
        Approved::PaidOut { .. } => "paid out",
        Approved::PayoutReversed => "nothing is paid out; this sale is closed",
    }
}

fn to_cashier(approved: &Approved, answer: &CounterAnswer) -> Cow<'static, str> {
    match approved {
        Approved::Payable => answer.bill.as_ref().map_or(Cow::Borrowed("Dapat dibayar."), |bill| {
            Cow::Owned(format!("Terima uang {} dari pelanggan.", rupiah(bill.total)))
        }),
        Approved::Reserved { .. } => Cow::Borrowed("Pembayaran diterima, menunggu konfirmasi."),
        Approved::Paid { .. } => Cow::Borrowed("Pembayaran berhasil."),
        Approved::Unapplied { .. } => Cow::Borrowed("Uang tercatat. Simpan struk."),
        Approved::Reversed => Cow::Borrowed("Pembayaran dibatalkan. Kembalikan uang pelanggan."),
        Approved::Remembered => Cow::Borrowed("Transaksi dibatalkan. Kembalikan uang pelanggan."),
        Approved::Redeemable => Cow::Borrowed("Pengembalian uang. Minta PIN pelanggan."),
        Approved::PayoutReserved { .. } => {
            answer.refund.map_or(Cow::Borrowed("Serahkan uang."), |refund| {
                Cow::Owned(format!("Serahkan uang {} kepada pelanggan.", rupiah(refund.amount)))
            })
        }
        Approved::PaidOut { .. } => Cow::Borrowed("Pengembalian uang selesai."),
        Approved::PayoutReversed => {
            Cow::Borrowed("Pengembalian uang dibatalkan. Jangan serahkan uang.")
        }
    }
}

fn bytes(answer: &impl Serialize) -> Vec<u8> {
    // Texts and numbers alone: writing them to memory cannot fail.
    serde_json::to_vec(answer).unwrap_or_else(|_| br#"{"code":"96"}"#.to_vec())
}

#[cfg(test)]
mod tests;
