//! Instants as people read them.

use crate::Language;

const INDONESIAN: [&str; 12] = [
    "Januari",
    "Februari",
    "Maret",
    "April",
    "Mei",
    "Juni",
    "Juli",
    "Agustus",
    "September",
    "Oktober",
    "November",
    "Desember",
];
const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// `2026-11-21 13:05:59` as `21 November 2026 13.05` or `21 November 2026, 13:05`; what is not written so
/// stays as it is.
pub fn moment(text: &str, language: Language) -> String {
    parts(text, language).unwrap_or_else(|| text.to_owned())
}

fn parts(text: &str, language: Language) -> Option<String> {
    let (date, time) = text.split_once(' ')?;
    let mut date = date.split('-');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    let mut time = time.split(':');
    let (hour, minute) = (time.next()?, time.next()?);
    let month = month.parse::<usize>().ok()?.checked_sub(1)?;
    let day: u8 = day.parse().ok()?;
    Some(match language {
        Language::Indonesian => format!("{day} {} {year} {hour}.{minute}", INDONESIAN.get(month)?),
        Language::English => format!("{day} {} {year}, {hour}:{minute}", ENGLISH.get(month)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_days_and_months() {
        let at = "2026-08-01 13:05:59";
        assert_eq!(moment(at, Language::Indonesian), "1 Agustus 2026 13.05");
        assert_eq!(moment(at, Language::English), "1 August 2026, 13:05");
        for other in ["", "soon", "2026-13-01 00:00:00", "2026-00-01 00:00:00", "2026-08 13"] {
            assert_eq!(moment(other, Language::English), other);
        }
    }
}
