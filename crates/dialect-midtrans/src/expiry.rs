//! `custom_expiry`: how long a payment can be paid (section 2.5).

use dialect::parse_wib;
use domain::time::{Span, Timestamp};
use serde_json::value::RawValue;

use crate::{
    problems::{Problems, below, optional_text, whole_number},
    wire::{CustomExpiry, Nested, SnapExpiry},
};

/// Longer than any retailer allows, and short enough to be added to any time.
const SPAN_MAX: Span = Span::days(36_500);

/// The lifetime a merchant asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Expiry {
    /// When it begins; none: when the payment is opened.
    pub(crate) from: Option<Timestamp>,
    /// How long it is.
    pub(crate) span: Span,
}

impl Expiry {
    /// From when on it cannot be paid, and from when that is counted, for a payment that is opened
    /// at `received_at`.
    pub(crate) fn deadline(&self, received_at: Timestamp) -> (Timestamp, Timestamp) {
        let from = self.from.unwrap_or(received_at);
        (from.plus(self.span), from)
    }
}

/// Reads a lifetime. An empty object is like none.
pub(crate) fn read(member: Option<&RawValue>, problems: &mut Problems) -> Option<Expiry> {
    let wire: CustomExpiry<'_> = match Nested::of(member) {
        Nested::Is(wire) => wire,
        Nested::Absent => return None,
        Nested::Other => {
            problems.add("custom_expiry is invalid");
            return None;
        }
    };
    if wire.count == 0 {
        return None;
    }
    let from = order_time("custom_expiry.order_time", wire.order_time, problems);
    let duration = duration("custom_expiry.expiry_duration", wire.expiry_duration, problems);
    let unit = unit("custom_expiry.unit", wire.unit, problems);
    Some(Expiry { from, span: span(duration?, unit?) })
}

/// Reads Snap's `expiry` or `page_expiry`, which is its name (section 8). An empty object is like none.
pub(crate) fn read_snap(
    name: &str,
    member: Option<&RawValue>,
    problems: &mut Problems,
) -> Option<Expiry> {
    let wire: SnapExpiry<'_> = match Nested::of(member) {
        Nested::Is(wire) => wire,
        Nested::Absent => return None,
        Nested::Other => {
            problems.add(format!("{name} is invalid"));
            return None;
        }
    };
    if wire.count == 0 {
        return None;
    }
    let from = order_time(&format!("{name}.start_time"), wire.start_time, problems);
    let duration = duration(&format!("{name}.duration"), wire.duration, problems);
    let unit = unit(&format!("{name}.unit"), wire.unit, problems);
    Some(Expiry { from, span: span(duration?, unit?) })
}

fn span(duration: i64, unit: Span) -> Span {
    Span::millis(duration.saturating_mul(unit.as_millis())).min(SPAN_MAX)
}

/// What is wrong with it is among the problems, so that nothing but the absence is left to tell.
fn order_time(path: &str, member: Option<&RawValue>, problems: &mut Problems) -> Option<Timestamp> {
    let text = optional_text(path, member, problems)?;
    let time = parse_wib(&text);
    if time.is_none() {
        problems.add(format!("{path} must be like 2026-01-31 23:59:59 +0700"));
    }
    time
}

fn duration(path: &str, member: Option<&RawValue>, problems: &mut Problems) -> Option<i64> {
    let duration = whole_number(path, member, problems)?;
    if duration < 1 {
        problems.add(below(path, 1));
        return None;
    }
    Some(duration)
}

/// Singular or plural; minutes where nothing is said.
fn unit(path: &str, member: Option<&RawValue>, problems: &mut Problems) -> Option<Span> {
    let unit = optional_text(path, member, problems)
        .map_or_else(|| "minute".to_owned(), |unit| unit.to_ascii_lowercase());
    match unit.strip_suffix('s').unwrap_or(&unit) {
        "second" => Some(Span::seconds(1)),
        "minute" => Some(Span::minutes(1)),
        "hour" => Some(Span::hours(1)),
        "day" => Some(Span::days(1)),
        _ => {
            problems.add(format!("{path} must be second, minute, hour or day"));
            None
        }
    }
}
