//! The body of `POST /v2/charge`, read and judged (sections 2.1 to 2.5).
//!
//! Everything that is wrong is told at once. `transaction_details` and `item_details` are judged
//! before the kind of payment, because the official clients' tests send a zero amount for another
//! kind and expect to hear of the amount.

use domain::{
    ids::OrderId,
    money::{AmountError, Rupiah},
    retailer::RetailerKey,
};
use serde_json::value::RawValue;

use crate::{
    expiry::{self, Expiry},
    fault::Fault,
    items,
    json::{self, Content},
    memo::{self, Memo},
    problems::{Problems, above, optional_text, required_text, whole_number},
    receipt::{ALFAMART, INDOMARET, Slip},
    wire::{ChargeBody, Cstore, CustomerDetails, Nested, TransactionDetails},
};

/// The most characters of an order id.
const ORDER_ID_MAX: usize = 50;
/// The only kind of payment that is served.
const CSTORE: &str = "cstore";

/// What a merchant asks for.
#[derive(Debug)]
pub(crate) struct Charge {
    /// The merchant's name for it.
    pub(crate) order: OrderId,
    /// How much.
    pub(crate) amount: Rupiah,
    /// Where it is to be paid.
    pub(crate) retailer: RetailerKey,
    /// Its lifetime, where the merchant says one.
    pub(crate) expiry: Option<Expiry>,
    /// What may be printed.
    pub(crate) slip: Slip,
    /// What is echoed later.
    pub(crate) memo: Memo,
}

/// Reads a charge.
pub(crate) fn read(body: &[u8]) -> Result<Charge, Fault> {
    let body: ChargeBody<'_> = match json::read(body)? {
        Content::Read(body) => body,
        // Odd, but the official clients' tests want it so (section 3.9).
        Content::Null => return Err(Fault::EmptyCharge),
        Content::Other => {
            return Err(Fault::Invalid(vec!["the request body is not a JSON object".to_owned()]));
        }
    };
    if body.count == 0 {
        return Err(Fault::EmptyCharge);
    }
    let mut problems = Problems::default();
    let kind = required_text("payment_type", body.payment_type, &mut problems);
    let (order, amount) = transaction_details(body.transaction_details, &mut problems);
    let items = items::read(body.item_details, &mut problems);
    if let (Some(amount), Some(total)) = (amount, items.total)
        && i128::from(amount.get()) != total
    {
        problems.add("transaction_details.gross_amount is not equal to the sum of item_details");
    }
    if kind.as_deref().is_some_and(|kind| kind != CSTORE) {
        return problems.none_or(Some(())).and(Err(Fault::ChannelInactive));
    }
    let store = cstore(body.cstore, &mut problems);
    let payer = customer(body.customer_details, &mut problems);
    let expiry = expiry::read(body.custom_expiry, &mut problems);
    let memo = memo::read(&body, &mut problems);
    let charge = order.zip(amount).zip(store).map(|((order, amount), store)| Charge {
        order,
        amount,
        retailer: store.retailer,
        expiry,
        slip: Slip {
            payer,
            message: store.message,
            free_texts: store.free_texts,
            items: items.list,
        },
        memo,
    });
    problems.none_or(charge)
}

fn transaction_details(
    member: Option<&RawValue>,
    problems: &mut Problems,
) -> (Option<OrderId>, Option<Rupiah>) {
    let details: TransactionDetails<'_> = match Nested::of(member) {
        Nested::Is(details) => details,
        Nested::Absent => {
            problems.add("transaction_details is required");
            return (None, None);
        }
        Nested::Other => {
            problems.add("transaction_details is invalid");
            return (None, None);
        }
    };
    let order = order_id(details.order_id, problems);
    let amount = gross_amount(details.gross_amount, problems);
    (order, amount)
}

fn order_id(member: Option<&RawValue>, problems: &mut Problems) -> Option<OrderId> {
    let text = required_text("transaction_details.order_id", member, problems)?;
    if text.chars().count() > ORDER_ID_MAX {
        problems
            .add(format!("transaction_details.order_id must be at most {ORDER_ID_MAX} characters"));
        return None;
    }
    let order = OrderId::new(text);
    if order.is_err() {
        problems.add("transaction_details.order_id is invalid");
    }
    order.ok()
}

fn gross_amount(member: Option<&RawValue>, problems: &mut Problems) -> Option<Rupiah> {
    let least = "transaction_details.gross_amount must be greater than or equal to 1";
    let amount = whole_number("transaction_details.gross_amount", member, problems)?;
    let problem = match Rupiah::new(amount) {
        Ok(Rupiah::ZERO) | Err(AmountError::Negative) => least.to_owned(),
        Ok(amount) => return Some(amount),
        Err(AmountError::TooLarge) => above("transaction_details.gross_amount", Rupiah::MAX.get()),
    };
    problems.add(problem);
    None
}

/// The store, and what is said to be printed.
struct Counter {
    retailer: RetailerKey,
    message: Option<String>,
    free_texts: Vec<String>,
}

fn cstore(member: Option<&RawValue>, problems: &mut Problems) -> Option<Counter> {
    let cstore: Cstore<'_> = match Nested::of(member) {
        Nested::Is(cstore) => cstore,
        Nested::Absent => {
            problems.add("cstore is required");
            return None;
        }
        Nested::Other => {
            problems.add("cstore is invalid");
            return None;
        }
    };
    let message = optional_text("cstore.message", cstore.message, problems);
    let free_texts = [
        ("cstore.alfamart_free_text_1", cstore.alfamart_free_text_1),
        ("cstore.alfamart_free_text_2", cstore.alfamart_free_text_2),
        ("cstore.alfamart_free_text_3", cstore.alfamart_free_text_3),
    ];
    let free_texts = free_texts
        .into_iter()
        .filter_map(|(path, member)| optional_text(path, member, problems))
        .collect();
    let store = required_text("cstore.store", cstore.store, problems)?;
    let known = [ALFAMART, INDOMARET].into_iter().find(|known| store.eq_ignore_ascii_case(known));
    let retailer = known.and_then(|known| RetailerKey::new(known).ok());
    if retailer.is_none() {
        problems.add("cstore.store is invalid");
    }
    retailer.map(|retailer| Counter { retailer, message, free_texts })
}

/// First and last name.
fn customer(member: Option<&RawValue>, problems: &mut Problems) -> Option<String> {
    let customer: CustomerDetails<'_> = match Nested::of(member) {
        Nested::Is(customer) => customer,
        Nested::Absent => return None,
        Nested::Other => {
            problems.add("customer_details is invalid");
            return None;
        }
    };
    let first = optional_text("customer_details.first_name", customer.first_name, problems);
    let last = optional_text("customer_details.last_name", customer.last_name, problems);
    match (first, last) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (first, last) => first.or(last),
    }
}
