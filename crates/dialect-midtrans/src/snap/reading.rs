//! The body of `POST /snap/v1/transactions`, read and judged (section 8). Everything that is wrong is
//! told at once; members that are for other kinds of payment are passed over.

use domain::{ids::OrderId, money::Rupiah, retailer::RetailerKey, time::Span};
use serde_json::value::RawValue;

use super::finish::may_follow;
use crate::{
    expiry::{self, Expiry},
    fault::Fault,
    items,
    json::{self, Content},
    memo::{self, Memo},
    problems::{Problems, optional_text},
    reading::{compare, customer, printed, transaction_details},
    receipt::{ALFAMART, INDOMARET, Slip},
    wire::{Callbacks, ChargeBody, Cstore, Nested, Scalar, SnapBody},
};

/// The least amount, as Snap tells it.
const LEAST: &str = "0.01";
/// How long a page can be used, where nothing is said.
const PAGE_USUAL: Span = Span::days(1);
/// The shortest.
const PAGE_MIN: Span = Span::minutes(5);
/// The longest.
const PAGE_MAX: Span = Span::days(7);

/// What a merchant asks for.
#[derive(Debug)]
pub(crate) struct Create {
    /// The merchant's name for it.
    pub(crate) order: OrderId,
    /// How much.
    pub(crate) amount: Rupiah,
    /// Where it may be paid; empty where nothing is enabled that is served.
    pub(crate) stores: Vec<RetailerKey>,
    /// What may be printed.
    pub(crate) slip: Slip,
    /// What is echoed later.
    pub(crate) memo: Memo,
    /// How long the payment can be paid, where the merchant says so.
    pub(crate) expiry: Option<Expiry>,
    /// How long a store can be chosen.
    pub(crate) page: Span,
    /// Where the payer goes on.
    pub(crate) finish: Option<String>,
    /// Where the payer goes on when it came to nothing.
    pub(crate) error: Option<String>,
}

/// Reads a request.
pub(crate) fn read(body: &[u8]) -> Result<Create, Fault> {
    let (common, own) = match (json::read(body)?, json::read(body)?) {
        (Content::Read(common), Content::Read(own)) => (common, own),
        // What is missing is told of `null` as of `{}`: clients send both for no argument.
        (Content::Null, _) => (ChargeBody::default(), SnapBody::default()),
        (Content::Read(_) | Content::Other, _) => {
            return Err(Fault::Invalid(vec!["the request body is not a JSON object".to_owned()]));
        }
    };
    let mut problems = Problems::default();
    let (order, amount) = transaction_details(common.transaction_details, LEAST, &mut problems);
    let items = items::read(common.item_details, &mut problems);
    compare(amount, &items, &mut problems);
    let customer = customer(common.customer_details, &mut problems);
    let stores = enabled(own.enabled_payments, &mut problems);
    let (message, free_texts) = texts(common.cstore, &mut problems);
    let expiry = expiry::read_snap("expiry", own.expiry, &mut problems);
    let page = page(own.page_expiry, &mut problems);
    let (finish, error) = callbacks(own.callbacks, &mut problems);
    let memo =
        Memo { email: customer.email, phone: customer.phone, ..memo::read(&common, &mut problems) };
    let slip = Slip { payer: customer.name, message, free_texts, items: items.list };
    let create = order.zip(amount).map(|(order, amount)| Create {
        order,
        amount,
        stores,
        slip,
        memo,
        expiry,
        page,
        finish,
        error,
    });
    problems.none_or(create)
}

/// The stores among what is enabled; both where nothing is said.
fn enabled(member: Option<&RawValue>, problems: &mut Problems) -> Vec<RetailerKey> {
    let named: Vec<&RawValue> = match Nested::of(member) {
        Nested::Is(named) => named,
        Nested::Absent => Vec::new(),
        Nested::Other => {
            problems.add("enabled_payments is invalid");
            return Vec::new();
        }
    };
    let is_named = |store: &str| {
        named.iter().any(|named| {
            let Scalar::Text(named) = Scalar::of(Some(named)) else { return false };
            named.eq_ignore_ascii_case(store) || named.eq_ignore_ascii_case("cstore")
        })
    };
    let stores = [ALFAMART, INDOMARET].into_iter();
    let stores = stores.filter(|store| named.is_empty() || is_named(store));
    stores.filter_map(|store| RetailerKey::new(store).ok()).collect()
}

/// What of `cstore` is printed.
fn texts(member: Option<&RawValue>, problems: &mut Problems) -> (Option<String>, Vec<String>) {
    match Nested::<Cstore<'_>>::of(member) {
        Nested::Is(cstore) => printed(&cstore, problems),
        Nested::Absent => (None, Vec::new()),
        Nested::Other => {
            problems.add("cstore is invalid");
            (None, Vec::new())
        }
    }
}

fn page(member: Option<&RawValue>, problems: &mut Problems) -> Span {
    let Some(Expiry { span, .. }) = expiry::read_snap("page_expiry", member, problems) else {
        return PAGE_USUAL;
    };
    if span < PAGE_MIN {
        problems.add("page_expiry must be at least 5 minutes");
    } else if span > PAGE_MAX {
        problems.add("page_expiry must be at most 7 days");
    }
    span
}

fn callbacks(
    member: Option<&RawValue>,
    problems: &mut Problems,
) -> (Option<String>, Option<String>) {
    let callbacks: Callbacks<'_> = match Nested::of(member) {
        Nested::Is(callbacks) => callbacks,
        Nested::Absent => return (None, None),
        Nested::Other => {
            problems.add("callbacks is invalid");
            return (None, None);
        }
    };
    let mut read = |path: &str, member| {
        let url = optional_text(path, member, problems)?;
        if !may_follow(&url) {
            problems.add(format!("{path} is invalid"));
        }
        Some(url)
    };
    let finish = read("callbacks.finish", callbacks.finish);
    (finish, read("callbacks.error", callbacks.error))
}
