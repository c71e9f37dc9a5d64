//! The table of retailers: from the configuration's words into the domain's.

use std::collections::BTreeMap;

use domain::{
    money::Rupiah,
    retailer::{
        AdviceCreates, Contract, LateCommit, Pause, ReceiptShape, ResponseCodes, Retailer,
        RetailerKey, Retailers, ReversalOfUnknown, SaleKeyForm, Settlement,
    },
    time::Span,
};
use serde::Deserialize;

use crate::config::{ConfigError, Period, TimeOfDay};

/// A retailer as it is written: `[retailer_defaults]` with `[retailer.KEY]` over it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetailerTable {
    network: String,
    name: String,
    amount_min: i64,
    amount_max: i64,
    cash_max: i64,
    lifetime_default: Period,
    lifetime_min: Period,
    lifetime_max: Period,
    receipt_lines_max: usize,
    receipt_line_width: usize,
    receipt_label_width: usize,
    opening_hours: String,
    instructions_id: String,
    instructions_en: String,
    sale_key: SaleKeyWord,
    advice_creates: AdviceWord,
    advice_max_age: Period,
    reversal_of_unknown: UnknownWord,
    requires_inquiry: bool,
    two_step: bool,
    late_commit: LateWord,
    reserve_timeout: Period,
    reversal_window: Period,
    transport_max: Period,
    grace: Period,
    business_day_cutoff: TimeOfDay,
    answer_budget: Period,
    unapplied_code: String,
    settlement: SettlementWord,
    pause: PauseWord,
}

/// Words of the configuration, and what each means in the domain. The domain reads no text.
macro_rules! words {
    ($($word:ident => $meaning:ty { $($variant:ident => $value:expr,)* })*) => {$(
        #[derive(Debug, Clone, Copy, Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum $word { $($variant,)* }

        impl From<$word> for $meaning {
            fn from(word: $word) -> Self {
                match word { $($word::$variant => $value,)* }
            }
        }
    )*};
}

words! {
    SaleKeyWord => SaleKeyForm {
        Sale => Self::Sale,
        OutletTerminalDateSale => Self::OutletTerminalDateSale,
    }
    AdviceWord => AdviceCreates {
        Never => Self::Never,
        Inquired => Self::Inquired,
        Always => Self::Always,
    }
    UnknownWord => ReversalOfUnknown {
        Remember => Self::Remember,
        Refuse => Self::Refuse,
    }
    LateWord => LateCommit {
        Approve => Self::Approve,
        Refuse => Self::Refuse,
    }
    SettlementWord => Settlement {
        Gross => Self::Gross,
        Net => Self::Net,
    }
    PauseWord => Option<Pause> {
        No => None,
        Open => Some(Pause::Open),
        Inquiry => Some(Pause::Inquiry),
    }
}

/// The retailers of these tables, in the order of their keys.
pub(crate) fn read(tables: BTreeMap<String, RetailerTable>) -> Result<Retailers, ConfigError> {
    let read: Result<Vec<_>, _> =
        tables.into_iter().map(|(key, table)| retailer(&key, table)).collect();
    read.map(Retailers::new)
}

fn retailer(key: &str, table: RetailerTable) -> Result<Retailer, ConfigError> {
    let at = |setting: &str| format!("retailer.{key}.{setting}");
    let contract = contract(key, &table)?;
    let key_read = RetailerKey::new(key)
        .map_err(|error| ConfigError::value(format!("retailer.{key}"), error))?;
    let network = RetailerKey::new(&table.network)
        .map_err(|error| ConfigError::value(at("network"), error))?;
    if table.name.trim().is_empty() {
        return Err(ConfigError::value(at("name"), "it must not be empty"));
    }

    let rupiah = |setting: &str, amount: i64| {
        Rupiah::new(amount).map_err(|error| ConfigError::value(at(setting), error))
    };
    let amount_min = rupiah("amount_min", table.amount_min)?;
    let amount_max = rupiah("amount_max", table.amount_max)?;
    let cash_max = rupiah("cash_max", table.cash_max)?;
    if amount_min > amount_max {
        return Err(ConfigError::value(at("amount_min"), "it must not be above amount_max"));
    }

    let lifetime_default = table.lifetime_default.span();
    let (lifetime_min, lifetime_max) = (table.lifetime_min.span(), table.lifetime_max.span());
    if !(lifetime_min..=lifetime_max).contains(&lifetime_default) {
        let why = "it must lie between lifetime_min and lifetime_max";
        return Err(ConfigError::value(at("lifetime_default"), why));
    }

    let receipt = ReceiptShape {
        lines_max: small(at("receipt_lines_max"), table.receipt_lines_max)?,
        line_width: small(at("receipt_line_width"), table.receipt_line_width)?,
        label_width: small(at("receipt_label_width"), table.receipt_label_width)?,
    };
    Ok(Retailer {
        key: key_read,
        network,
        name: table.name,
        amount_min,
        amount_max,
        cash_max: (cash_max > Rupiah::ZERO).then_some(cash_max),
        lifetime_default,
        lifetime_min,
        lifetime_max,
        receipt,
        opening_hours: table.opening_hours,
        instructions_id: table.instructions_id,
        instructions_en: table.instructions_en,
        contract,
    })
}

fn contract(key: &str, table: &RetailerTable) -> Result<Contract, ConfigError> {
    let at = |setting: &str| format!("retailer.{key}.{setting}");
    let code = &table.unapplied_code;
    if code.len() != 2 || !code.bytes().all(|b| b.is_ascii_digit()) {
        return Err(ConfigError::value(at("unapplied_code"), "it must be two digits"));
    }
    for (setting, period) in [
        ("reserve_timeout", table.reserve_timeout),
        ("answer_budget", table.answer_budget),
        ("advice_max_age", table.advice_max_age),
    ] {
        if period.span() == Span::ZERO {
            return Err(ConfigError::value(at(setting), "it must be longer than nothing"));
        }
    }
    Ok(Contract {
        sale_key: table.sale_key.into(),
        advice_creates: table.advice_creates.into(),
        advice_max_age: table.advice_max_age.span(),
        reversal_of_unknown: table.reversal_of_unknown.into(),
        requires_inquiry: table.requires_inquiry,
        two_step: table.two_step,
        late_commit: table.late_commit.into(),
        reserve_timeout: table.reserve_timeout.span(),
        reversal_window: table.reversal_window.span(),
        transport_max: table.transport_max.span(),
        grace: table.grace.span(),
        business_day_cutoff: table.business_day_cutoff.span(),
        answer_budget: table.answer_budget.span(),
        response_codes: ResponseCodes { unapplied: table.unapplied_code.clone() },
        settlement: table.settlement.into(),
        pause: table.pause.into(),
    })
}

/// What a receipt holds is counted in tens, not in thousands.
fn small(key: String, number: usize) -> Result<usize, ConfigError> {
    if number <= 200 { Ok(number) } else { Err(ConfigError::value(key, "it must be at most 200")) }
}
