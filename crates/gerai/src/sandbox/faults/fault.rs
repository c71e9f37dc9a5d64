//! What goes wrong, and how it is written: in a header, in a script, on the command line.

use std::{fmt, time::Duration};

use domain::time::Span;

use super::terms::Chance;
use crate::{config::Period, sandbox::travel::shown};

/// Nobody waits longer for an answer.
pub(super) const LATENCY_MAX: Span = Span::minutes(5);
/// The longest that a notification may be put off or held back.
const WAIT_MAX: Span = Span::days(30);
/// How long news waits for newer news where nobody says: then it is sent alone.
const REORDER_USUAL: Span = Span::hours(1);
/// The most copies of an attempt.
const COPIES_MAX: u8 = 10;
/// The longest code of an error, in bytes.
const CODE_MAX: usize = 64;
/// The longest text that is looked at, in bytes.
const TEXT_MAX: usize = 128;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// A request is carried out so much later.
    Latency(Range),
    /// With a request.
    Request(RequestFault),
    /// With an attempt to tell a merchant.
    News(NewsFault),
}

/// What goes wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestFault {
    /// The connection ends before it is carried out.
    RequestLost,
    /// It is carried out, and the connection ends before it is answered.
    AnswerLost,
    /// It is turned down with this code of the dialect, and not carried out.
    TurnedDown(String),
}

/// What goes wrong with an attempt to tell a merchant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewsFault {
    /// It is lost on its way: the vendor hears no answer, and tries again by its rules.
    Suppressed,
    /// The news never arrives: it is given up.
    SuppressedForever,
    /// The same bytes are sent so many times more.
    Duplicated(u8),
    /// The first attempt comes so much later, by the sandbox's clock.
    Delayed(Range),
    /// The first attempt waits until newer news of the payment was sent, but no longer than this.
    Reordered(Span),
}

/// From a length of time to another, both included; most often they are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    from: Span,
    to: Span,
}

impl Range {
    fn read(text: &str, longest: Span) -> Result<Self, String> {
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        let [from, to] = [from, to].map(|text| Period::parse(text).map(Period::span));
        let (from, to) = match (from, to) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(error), _) | (_, Err(error)) => return Err(error.to_string()),
        };
        if from > to {
            return Err("a range begins with its shorter end".to_owned());
        }
        if to > longest {
            return Err(format!("it is at most {}", written(longest)));
        }
        Ok(Self { from, to })
    }

    /// One of them, each millisecond as likely.
    pub(super) fn draw(self, chance: Chance) -> Span {
        let width = self.to.as_millis().saturating_sub(self.from.as_millis());
        let steps = u64::try_from(width).unwrap_or(0).saturating_add(1);
        let step = i64::try_from(chance.below(steps)).unwrap_or(0);
        self.from.plus(Span::millis(step))
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&written(self.from))?;
        if self.from == self.to { Ok(()) } else { write!(f, "..{}", written(self.to)) }
    }
}

impl Fault {
    /// Reads it as people write it: `latency=1s..3s`, `drop=answer`, `error=505`, `suppress`,
    /// `suppress=forever`, `duplicate=3`, `delay=10m`, `reorder`.
    ///
    /// # Errors
    ///
    /// A sentence about what is wrong, for whoever wrote it.
    pub(super) fn read(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if text.len() > TEXT_MAX {
            return Err(format!("it has at most {TEXT_MAX} characters"));
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), Some(value.trim())),
            None => (text, None),
        };
        let of = |why: String| format!("{name}: {why}");
        match (name, value) {
            ("latency", Some(range)) => {
                let range = Range::read(range, LATENCY_MAX).map_err(of)?;
                Ok(Self::Latency(range))
            }
            ("drop", Some("request")) => Ok(Self::Request(RequestFault::RequestLost)),
            ("drop", Some("answer")) => Ok(Self::Request(RequestFault::AnswerLost)),
            ("error", Some(code)) if is_code(code) => {
                Ok(Self::Request(RequestFault::TurnedDown(code.to_owned())))
            }
            ("suppress", None | Some("once")) => Ok(Self::News(NewsFault::Suppressed)),
            ("suppress", Some("forever")) => Ok(Self::News(NewsFault::SuppressedForever)),
            ("duplicate", None) => Ok(Self::News(NewsFault::Duplicated(1))),
            ("duplicate", Some(copies)) => match copies.parse() {
                Ok(copies) if (1..=COPIES_MAX).contains(&copies) => {
                    Ok(Self::News(NewsFault::Duplicated(copies)))
                }
                Ok(_) | Err(_) => Err(of(format!("1 to {COPIES_MAX} copies"))),
            },
            ("delay", Some(range)) => {
                let range = Range::read(range, WAIT_MAX).map_err(of)?;
                Ok(Self::News(NewsFault::Delayed(range)))
            }
            ("reorder", None) => Ok(Self::News(NewsFault::Reordered(REORDER_USUAL))),
            ("reorder", Some(longest)) => {
                let range = Range::read(longest, WAIT_MAX).map_err(of)?;
                if range.from != range.to || range.to.is_zero() {
                    return Err(of("a length of time, as 30m".to_owned()));
                }
                Ok(Self::News(NewsFault::Reordered(range.to)))
            }
            (_, _) => Err("it is latency=2s, drop=request, drop=answer, error=CODE, suppress, \
                           suppress=forever, duplicate=2, delay=10m or reorder"
                .to_owned()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latency(range) => write!(f, "latency={range}"),
            Self::Request(RequestFault::RequestLost) => f.write_str("drop=request"),
            Self::Request(RequestFault::AnswerLost) => f.write_str("drop=answer"),
            Self::Request(RequestFault::TurnedDown(code)) => write!(f, "error={code}"),
            Self::News(NewsFault::Suppressed) => f.write_str("suppress"),
            Self::News(NewsFault::SuppressedForever) => f.write_str("suppress=forever"),
            Self::News(NewsFault::Duplicated(copies)) => write!(f, "duplicate={copies}"),
            Self::News(NewsFault::Delayed(range)) => write!(f, "delay={range}"),
            Self::News(NewsFault::Reordered(longest)) => {
                write!(f, "reorder={}", written(*longest))
            }
        }
    }
}

/// Whether this can be a code of a dialect.
fn is_code(text: &str) -> bool {
    let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    (1..=CODE_MAX).contains(&text.len()) && text.bytes().all(is_usual)
}

/// A length of time that [`Period::parse`] reads as the same.
pub(super) fn written(span: Span) -> String {
    let millis = span.as_millis().max(0);
    match millis % 1_000 {
        0 => shown(span).replace(' ', ""),
        rest if millis < 1_000 => format!("{rest}ms"),
        rest => format!("{}{rest}ms", shown(span).replace(' ', "")),
    }
}

/// For timers.
pub(super) fn duration(span: Span) -> Duration {
    Duration::from_millis(span.as_millis().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn faults_are_spelt_so_and_written_back_so() {
        for (text, back) in [
            ("latency=250ms", "latency=250ms"),
            ("latency=5m", "latency=5m"),
            (" latency = 90s ", "latency=1m30s"),
            ("latency=1s..3500ms", "latency=1s..3s500ms"),
            ("latency=0..2s", "latency=0s..2s"),
            ("drop=request", "drop=request"),
            (" drop=answer ", "drop=answer"),
            ("error=505", "error=505"),
            ("error=DUPLICATE_REFERENCE", "error=DUPLICATE_REFERENCE"),
            ("suppress", "suppress"),
            ("suppress=once", "suppress"),
            ("suppress=forever", "suppress=forever"),
            ("duplicate", "duplicate=1"),
            ("duplicate=10", "duplicate=10"),
            ("delay=1d2h", "delay=1d2h"),
            ("delay=1m..10m", "delay=1m..10m"),
            ("reorder", "reorder=1h"),
            ("reorder=30m", "reorder=30m"),
        ] {
            let fault = Fault::read(text).unwrap();
            assert_eq!(fault.to_string(), back, "{text}");
            assert_eq!(Fault::read(back), Ok(fault), "{text}");
        }
    }

    #[test]
    fn and_not_otherwise() {
        for text in [
            "",
            "=",
            "latency",
            "latency=",
            "latency=301s",
            "latency=-1s",
            "latency=2s..1s",
            "latency=1s..",
            "latency=1s..2s..3s",
            "drop",
            "drop=all",
            "error=",
            "error=a b",
            "error=\u{e9}",
            "suppress=twice",
            "duplicate=0",
            "duplicate=11",
            "duplicate=-1",
            "duplicate=many",
            "delay",
            "delay=31d",
            "reorder=0",
            "reorder=1m..2m",
            "Latency=1s",
            "x=1",
        ] {
            assert!(Fault::read(text).is_err(), "{text}");
        }
        assert!(Fault::read(&format!("error={}", "9".repeat(65))).is_err());
        assert!(Fault::read(&"x".repeat(100_000)).unwrap_err().len() < 100);
    }

    #[test]
    fn a_range_is_drawn_from_end_to_end() {
        let range = Range::read("10ms..13ms", LATENCY_MAX).unwrap();
        let drawn: std::collections::BTreeSet<_> =
            (0..200).map(|nth| range.draw(Chance::of(7, nth, 1)).as_millis()).collect();
        assert_eq!(drawn.into_iter().collect::<Vec<_>>(), [10, 11, 12, 13]);
        let one = Range::read("2s", LATENCY_MAX).unwrap();
        assert_eq!(one.draw(Chance::of(1, 2, 3)), Span::seconds(2));
    }

    proptest! {
        #[test]
        fn whatever_is_read_is_read_again_and_nothing_panics(text in "\\PC{0,40}") {
            if let Ok(fault) = Fault::read(&text) {
                prop_assert_eq!(Fault::read(&fault.to_string()), Ok(fault));
            }
        }

        #[test]
        fn the_same_of_texts_that_are_nearly_right(
            name in "latency|drop|error|suppress|duplicate|delay|reorder",
            value in "[0-9a-z.= -]{0,12}",
        ) {
            if let Ok(fault) = Fault::read(&format!("{name}={value}")) {
                prop_assert_eq!(Fault::read(&fault.to_string()), Ok(fault));
            }
        }
    }
}
