//! What a bill says, taken from a payment as it is when the bill is sent.

use dialect::{PAYER_PAGE, one_line, wib};
use domain::{
    bill::BillKind,
    payment::{Payment, Shown},
    time::Timestamp,
};
use gateway::{
    Gateway,
    directory::{Account, BillLanguage},
    pipeline::asks_for_cash,
    request::PaymentView,
};
use pages::{
    Language,
    bill::{Occasion, Told},
};

/// The longest name or order that is sent, in characters.
const TEXT_MAX: usize = 80;

/// What a bill says, and how.
#[derive(Debug, Clone)]
pub(crate) struct Facts {
    /// Why.
    pub(crate) occasion: Occasion,
    /// What.
    pub(crate) told: Told,
    /// The language that comes first.
    pub(crate) language: Language,
}

/// Whether what a bill would say is still so at `now`: what asks for cash is not sent when none is wanted,
/// and no receipt follows a reversal.
pub(crate) fn is_still_true(kind: BillKind, payment: &Payment, now: Timestamp) -> bool {
    let shown = payment.shown();
    match kind {
        BillKind::Opened | BillKind::Reminder => {
            asks_for_cash(&payment.state) && now < payment.expires_at
        }
        BillKind::Paid => matches!(shown, Shown::Paid(_)),
        BillKind::Reversed => matches!(shown, Shown::Reversed(_)),
        BillKind::Expired => matches!(shown, Shown::Expired),
        BillKind::Cancelled => matches!(shown, Shown::Cancelled),
    }
}

/// What a bill of this kind says.
pub(crate) fn facts(
    gateway: &Gateway,
    account: &Account,
    view: &PaymentView,
    kind: BillKind,
    public_url: &str,
) -> Facts {
    let payment = &view.payment;
    let line = |text: &str| one_line(text, TEXT_MAX).unwrap_or_default();
    let opened_for = gateway.retailers().get(payment.opened_for);
    let taking = payment.state.taking();
    let taken_by = taking.and_then(|taking| gateway.retailers().get(taking.retailer));
    let retailers = if let Some(retailer) = taken_by {
        vec![retailer.name.clone()]
    } else {
        // Whoever is of the same network takes the code too (rule 22).
        let network = opened_for.map(|retailer| retailer.network);
        let others = gateway.retailers().iter().filter(|retailer| {
            Some(retailer.network) == network && retailer.key != payment.opened_for
        });
        opened_for.into_iter().chain(others).map(|retailer| retailer.name.clone()).collect()
    };
    let steps = |text: Option<&String>| {
        text.map_or_else(Vec::new, |text| text.lines().map(str::to_owned).collect())
    };
    Facts {
        occasion: occasion(kind),
        told: Told {
            payer: view.personal.payer_name.as_deref().and_then(|name| one_line(name, TEXT_MAX)),
            merchant: line(&account.merchant_name),
            order: line(payment.order.as_str()),
            code: payment.code.as_str().to_owned(),
            total: payment.total().get(),
            fee: payment.fee.payer_part().get(),
            retailers,
            steps_id: steps(opened_for.map(|retailer| &retailer.instructions_id)),
            steps_en: steps(opened_for.map(|retailer| &retailer.instructions_en)),
            until: wib(payment.expires_at),
            paid_at: taking.map(|taking| wib(taking.paid_at)),
            page: format!("{public_url}{PAYER_PAGE}/{}", payment.id),
        },
        language: match account.settings.bill_language {
            BillLanguage::Id => Language::Indonesian,
            BillLanguage::En => Language::English,
        },
    }
}

const fn occasion(kind: BillKind) -> Occasion {
    match kind {
        BillKind::Opened => Occasion::Opened,
        BillKind::Reminder => Occasion::Reminder,
        BillKind::Paid => Occasion::Paid,
        BillKind::Reversed => Occasion::Reversed,
        BillKind::Expired => Occasion::Expired,
        BillKind::Cancelled => Occasion::Cancelled,
    }
}
