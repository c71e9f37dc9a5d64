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
    items::{self, Items},
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
/// The least amount, as it is told.
const LEAST: &str = "1";

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
    let (order, amount) = transaction_details(body.transaction_details, LEAST, &mut problems);
    let items = items::read(body.item_details, &mut problems);
    compare(amount, &items, &mut problems);
    if kind.as_deref().is_some_and(|kind| kind != CSTORE) {
        return problems.none_or(Some(())).and(Err(Fault::ChannelInactive));
    }
    let store = cstore(body.cstore, &mut problems);
    let customer = customer(body.customer_details, &mut problems);
    let expiry = expiry::read(body.custom_expiry, &mut problems);
    let memo =
        Memo { email: customer.email, phone: customer.phone, ..memo::read(&body, &mut problems) };
    let charge = order.zip(amount).zip(store).map(|((order, amount), store)| Charge {
        order,
        amount,
        retailer: store.retailer,
        expiry,
        slip: Slip {
            payer: customer.name,
            message: store.message,
            free_texts: store.free_texts,
            items: items.list,
        },
        memo,
    });
    problems.none_or(charge)
}

/// The order's name and amount; `least` is what an amount of nothing is told to be at least.
pub(crate) fn transaction_details(
    member: Option<&RawValue>,
    least: &str,
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
    let amount = gross_amount(details.gross_amount, least, problems);
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

fn gross_amount(member: Option<&RawValue>, least: &str, problems: &mut Problems) -> Option<Rupiah> {
    let path = "transaction_details.gross_amount";
    let amount = whole_number(path, member, problems)?;
    let problem = match Rupiah::new(amount) {
        Ok(Rupiah::ZERO) | Err(AmountError::Negative) => {
            format!("{path} must be greater than or equal to {least}")
        }
        Ok(amount) => return Some(amount),
        Err(AmountError::TooLarge) => above(path, Rupiah::MAX.get()),
    };
    problems.add(problem);
    None
}

/// Whether what the items cost is the amount.
pub(crate) fn compare(amount: Option<Rupiah>, items: &Items, problems: &mut Problems) {
    if let (Some(amount), Some(total)) = (amount, items.total)
        && i128::from(amount.get()) != total
    {
        problems.add("transaction_details.gross_amount is not equal to the sum of item_details");
    }
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
    let (message, free_texts) = printed(&cstore, problems);
    let store = required_text("cstore.store", cstore.store, problems)?;
    let known = [ALFAMART, INDOMARET].into_iter().find(|known| store.eq_ignore_ascii_case(known));
    let retailer = known.and_then(|known| RetailerKey::new(known).ok());
    if retailer.is_none() {
        problems.add("cstore.store is invalid");
    }
    retailer.map(|retailer| Counter { retailer, message, free_texts })
}

/// `message` for the till's screen, and the free texts for the receipt.
pub(crate) fn printed(
    cstore: &Cstore<'_>,
    problems: &mut Problems,
) -> (Option<String>, Vec<String>) {
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
    (message, free_texts)
}

/// Who pays.
#[derive(Default)]
pub(crate) struct Customer {
    /// First and last name.
    pub(crate) name: Option<String>,
    /// Where it can be told.
    pub(crate) email: Option<String>,
    /// The same.
    pub(crate) phone: Option<String>,
}

pub(crate) fn customer(member: Option<&RawValue>, problems: &mut Problems) -> Customer {
    let customer: CustomerDetails<'_> = match Nested::of(member) {
        Nested::Is(customer) => customer,
        Nested::Absent => return Customer::default(),
        Nested::Other => {
            problems.add("customer_details is invalid");
            return Customer::default();
        }
    };
    let first = optional_text("customer_details.first_name", customer.first_name, problems);
    let last = optional_text("customer_details.last_name", customer.last_name, problems);
    let name = match (first, last) {
        (Some(first), Some(last)) => Some(format!("{first} {last}")),
        (first, last) => first.or(last),
    };
    Customer { name, email: memo::address(customer.email), phone: memo::address(customer.phone) }
}
