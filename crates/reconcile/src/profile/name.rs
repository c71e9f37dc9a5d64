//! Names of files: which day, and which of the day's files.

use domain::time::{BusinessDate, DAY, Span};

use super::pattern::{Moment, Pattern};

/// What a file's name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileName {
    /// The business date it is about.
    pub business_date: BusinessDate,
    /// Its number among the day's, or since the beginning, where names are numbered.
    pub sequence: Option<u32>,
}

/// The form of a profile's names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NamePattern {
    pieces: Vec<Piece>,
    days_after: i32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Date(Pattern),
    /// As many digits, or one to nine.
    Sequence(Option<usize>),
    Any,
}

impl NamePattern {
    pub(super) fn new(text: &str, days_after: u8) -> Result<Self, String> {
        if text.len() > 128 {
            return Err("a name's form has at most 128 bytes".to_owned());
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, after) = rest.split_once('{').unwrap_or((rest, ""));
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            if literal.len() == rest.len() {
                break;
            }
            let (inner, after) =
                after.split_once('}').ok_or_else(|| format!("`{text}` lacks a closing brace"))?;
            pieces.push(Piece::new(inner)?);
            rest = after;
        }
        let count = |is: fn(&Piece) -> bool| pieces.iter().filter(|piece| is(piece)).count();
        if count(|piece| matches!(piece, Piece::Date(_))) != 1 {
            return Err(format!("`{text}` needs one {{date:...}}, so that a file names its day"));
        }
        if count(|piece| matches!(piece, Piece::Sequence(_))) > 1
            || count(|piece| matches!(piece, Piece::Any)) > 2
        {
            return Err(format!("`{text}` has more than one {{sequence}} or two {{any}}"));
        }
        Ok(Self { pieces, days_after: i32::from(days_after) })
    }

    /// What `name`, without folders, says; none: it is not one of this profile's files.
    pub(super) fn read(&self, name: &str) -> Option<FileName> {
        // Two pieces of any length, so at most 255 * 255 tries.
        let (date, sequence) =
            (name.len() <= 255).then(|| take(&self.pieces, name.as_bytes()))??;
        let shifted = i64::from(date.days()) - i64::from(self.days_after);
        let business_date = BusinessDate::from_days(i32::try_from(shifted).ok()?);
        Some(FileName { business_date, sequence })
    }

    /// The name of a day's file; `{any}` is left out, and what is not known is zero.
    pub(super) fn write(&self, name: FileName) -> String {
        let date =
            BusinessDate::from_days(name.business_date.days().saturating_add(self.days_after));
        let moment = Moment { date: Some(date), ..Moment::default() };
        let sequence = name.sequence.unwrap_or(0);
        let write = |piece: &Piece| match piece {
            Piece::Literal(text) => text.clone(),
            Piece::Date(pattern) => pattern.write(moment),
            Piece::Sequence(digits) => format!("{sequence:0width$}", width = digits.unwrap_or(1)),
            Piece::Any => String::new(),
        };
        self.pieces.iter().map(write).collect()
    }
}

impl Piece {
    fn new(inner: &str) -> Result<Self, String> {
        if inner == "any" {
            return Ok(Self::Any);
        }
        if inner == "sequence" {
            return Ok(Self::Sequence(None));
        }
        if let Some(digits) = inner.strip_prefix("sequence:") {
            let digits = digits.parse().ok().filter(|digits| (1..=9).contains(digits));
            let digits = digits.ok_or("a sequence has 1 to 9 digits")?;
            return Ok(Self::Sequence(Some(digits)));
        }
        let Some(form) = inner.strip_prefix("date:") else {
            return Err(format!("`{{{inner}}}` is not known; use date:FORM, sequence or any"));
        };
        let pattern = Pattern::new(form)?;
        if pattern.has_date() {
            Ok(Self::Date(pattern))
        } else {
            Err(format!("`{form}` has no day"))
        }
    }
}

/// Matches all of `text`, trying the shortest `{any}` first. Recursion is as deep as the profile's
/// own form has pieces.
fn take(pieces: &[Piece], text: &[u8]) -> Option<(BusinessDate, Option<u32>)> {
    let Some((piece, pieces)) = pieces.split_first() else {
        return text.is_empty().then_some((BusinessDate::default(), None));
    };
    match piece {
        Piece::Literal(literal) => take(pieces, text.strip_prefix(literal.as_bytes())?),
        Piece::Date(pattern) => {
            let (moment, rest) = pattern.take(text)?;
            let (_, sequence) = take(pieces, rest)?;
            Some((moment.date?, sequence))
        }
        Piece::Sequence(wanted) => {
            let digits = text.iter().take(9).take_while(|b| b.is_ascii_digit()).count();
            let digits =
                wanted.map_or(Some(digits), |wanted| (wanted <= digits).then_some(wanted))?;
            let (number, rest) = text.split_at_checked(digits)?;
            let number = std::str::from_utf8(number).ok()?.parse().ok()?;
            let (date, _) = take(pieces, rest)?;
            Some((date, Some(number)))
        }
        Piece::Any => (0..=text.len()).find_map(|length| take(pieces, text.get(length..)?)),
    }
}

/// When something is due that is due at `time` of day, `days` after `date`, in a zone that is `zone`
/// ahead of UTC.
pub(super) fn instant(date: BusinessDate, days: u8, time: Span, zone: Span) -> i64 {
    let days = i64::from(date.days()) + i64::from(days);
    days * DAY.as_millis() + time.as_millis() - zone.as_millis()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_their_day() {
        let good = [
            ("IDMDOKU_{date:%Y%m%d}", "IDMDOKU_20261120", "2026-11-20", None),
            ("IDMFASPAY{date:%Y%m%d}.txt", "IDMFASPAY20261120.txt", "2026-11-20", None),
            (
                "RekonHarian_GOPAY_{any}_{date:%Y%m%d}",
                "RekonHarian_GOPAY_a_b_20261120",
                "2026-11-20",
                None,
            ),
            ("DATA0007514100420{date:%Y%m%d}", "DATA000751410042020261120", "2026-11-20", None),
            ("INDOMARET-{date:%Y%m%d%H%M%S}", "INDOMARET-20261120235959", "2026-11-20", None),
            ("A{date:%d%m%y}-{sequence:2}", "A201126-07", "2026-11-20", Some(7)),
            ("A{date:%d-%b-%Y}.{sequence}.csv", "A20-Nov-2026.12.csv", "2026-11-20", Some(12)),
            ("{any}{date:%d%m%Y}{any}", "x99 20112026(enc)", "2026-11-20", None),
        ];
        for (form, name, date, sequence) in good {
            let read = NamePattern::new(form, 0).unwrap().read(name).expect(name);
            assert_eq!((read.business_date.to_string().as_str(), read.sequence), (date, sequence));
        }
        let bad = [
            ("IDMDOKU_{date:%Y%m%d}", "IDMDOKU_20261120.bak"),
            ("IDMDOKU_{date:%Y%m%d}", "IDMDOKU_20261320"),
            ("A{date:%d%m%y}-{sequence:2}", "A201126-7"),
            ("A{date:%d%m%y}-{sequence}", "A201126-"),
            ("A{date:%d%m%y}", ""),
        ];
        for (form, name) in bad {
            assert_eq!(NamePattern::new(form, 0).unwrap().read(name), None, "{name}");
        }
        let hostile = "a".repeat(255);
        let form = NamePattern::new("{any}a{any}b{date:%Y%m%d}", 0).unwrap();
        assert_eq!(form.read(&hostile), None);
    }

    #[test]
    fn a_name_may_carry_the_day_after() {
        let form = NamePattern::new("S{date:%Y%m%d}_{sequence:3}", 1).unwrap();
        let read = form.read("S20260301_004").unwrap();
        assert_eq!(read.business_date.to_string(), "2026-02-28");
        assert_eq!(form.write(read), "S20260301_004");
    }

    #[test]
    fn forms_that_cannot_be_are_refused() {
        for form in [
            "IDM",
            "{date:%Y}",
            "{date:%H%M}",
            "{date:%Y%m%d}{date:%Y%m%d}",
            "{date:%Y%m%d",
            "{day}{date:%Y%m%d}",
            "{any}{any}{any}{date:%Y%m%d}",
            "{sequence:0}{date:%Y%m%d}",
        ] {
            assert!(NamePattern::new(form, 0).is_err(), "{form}");
        }
    }
}
