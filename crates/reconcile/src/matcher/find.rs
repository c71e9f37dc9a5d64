//! Which record of ours a line is about.

use domain::{
    money::Rupiah,
    time::{BusinessDate, Span},
};

use super::{
    Settings,
    ours::{NO_LINE, Store},
};
use crate::{
    line::{Line, Status},
    profile::FileSaleKey,
};

/// Which record a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// This one, by the sale's number.
    ByKey(usize),
    /// This one, by code, amount, outlet and time.
    ByParts(usize),
    /// This one has the sale's number, but another code.
    OtherCode(usize),
    /// None.
    Nothing,
}

/// Which of the two passes asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Nothing was decided yet; only what fits exactly may take a record.
    Claim,
    /// What fits exactly has its record.
    Judge,
}

/// The record that `line`, the `number`-th of the run, is about.
pub(super) fn find(
    settings: &Settings,
    store: &Store,
    line: &Line,
    number: u32,
    pass: Pass,
) -> Found {
    let by_parts = |keyless| {
        by_parts(settings, store, line, number, pass, keyless)
            .map_or(Found::Nothing, Found::ByParts)
    };
    let Some(key) = &line.sale else { return by_parts(false) };
    let own = store.by_key(key.as_str());
    if let Some(place) = own.filter(|place| store.code(*place) == line.code.as_str()) {
        return Found::ByKey(place);
    }
    if settings.sale_key == FileSaleKey::OutletTerminalDateSale
        && let Some(place) = around_midnight(store, line, key.as_str())
    {
        return Found::ByKey(place);
    }
    match own {
        Some(place) => Found::OtherCode(place),
        None => by_parts(true),
    }
}

/// Where a retailer's numbers begin anew every day, a record may lie under the date before or after,
/// when the till's clock and the file's stood on different sides of midnight; and what was reversed
/// before it came lies under a key with the payment code in it (`domain::sale`).
fn around_midnight(store: &Store, line: &Line, key: &str) -> Option<usize> {
    let (outlet, terminal) = (line.outlet?, line.terminal?);
    let prefix = format!("{outlet}/{terminal}/{}/", line.business_date);
    let sale = key.strip_prefix(&prefix)?;
    let code = line.code;
    let grave =
        |date: BusinessDate| store.by_key(&format!("{outlet}/{terminal}/{date}*{code}/{sale}"));
    let there = |date: BusinessDate| {
        let place = store.by_key(&format!("{outlet}/{terminal}/{date}/{sale}"))?;
        // The number may rightly be used again on another day, though not for the same code.
        let same_amount = store.get(place)?.amount == line.amount;
        (store.code(place) == code.as_str() && same_amount).then_some(place)
    };
    let (before, after) = (line.business_date.before(), line.business_date.after());
    grave(line.business_date)
        .or_else(|| there(before))
        .or_else(|| there(after))
        .or_else(|| grave(before))
        .or_else(|| grave(after))
}

/// The record that fits `line` best by code, outlet and time; `keyless`: among those without a number.
fn by_parts(
    settings: &Settings,
    store: &Store,
    line: &Line,
    number: u32,
    pass: Pass,
    keyless: bool,
) -> Option<usize> {
    let sold_at = line.sold_at?;
    let outlet = line.outlet.unwrap_or_default();
    let near = |place: &usize| {
        let Some(held) = store.get(*place) else { return false };
        let there = store.outlet(*place);
        let same_outlet = outlet.is_empty() || there.is_empty() || there == outlet.as_str();
        let is_keyless = store.view(*place).is_some_and(|view| view.sale.is_none());
        same_outlet
            && distance(held.till_at.since(sold_at)) <= settings.tolerance
            && (!keyless || is_keyless)
    };
    let candidates = || store.by_code(line.code.as_str()).filter(near);
    let taken_by = |place: usize| {
        let held = store.get(place);
        held.map_or(NO_LINE, |held| match line.status {
            Status::Paid => held.paid_line,
            Status::Reversed => held.reversed_line,
            Status::Suspect => NO_LINE,
        })
    };
    // The nearest in time; of equally near ones that of the same terminal, then one that holds cash.
    let nearest = |places: &mut dyn Iterator<Item = usize>| {
        places.min_by_key(|place| {
            let held = store.get(*place);
            let away = held.map(|held| distance(held.till_at.since(sold_at)));
            let terminal = store.view(*place).and_then(|view| view.terminal);
            let other_terminal = terminal != line.terminal.as_deref();
            (away, other_terminal, held.is_some_and(|held| !held.holds_cash()), *place)
        })
    };
    let same_amount = |place: &usize| amount(store, *place) == Some(line.amount);
    let same_line = || {
        let digest = store.digest(&line.identity());
        candidates().find(|place| store.get(*place).is_some_and(|held| held.taken_as == digest))
    };
    match pass {
        Pass::Claim => match line.status {
            Status::Suspect => None,
            Status::Paid if same_line().is_some() => None,
            Status::Paid | Status::Reversed => nearest(
                &mut candidates().filter(same_amount).filter(|place| taken_by(*place) == NO_LINE),
            ),
        },
        Pass::Judge => match line.status {
            Status::Suspect => nearest(&mut candidates().filter(same_amount)),
            Status::Reversed => candidates().find(|place| taken_by(*place) == number),
            Status::Paid => candidates()
                .find(|place| taken_by(*place) == number)
                .or_else(same_line)
                .or_else(|| nearest(&mut candidates().filter(|place| taken_by(*place) == NO_LINE))),
        },
    }
}

fn amount(store: &Store, place: usize) -> Option<Rupiah> {
    store.get(place).map(|held| held.amount)
}

fn distance(span: Span) -> Span {
    Span::millis(span.as_millis().saturating_abs())
}
