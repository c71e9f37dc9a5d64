//! A text that fits into one SMS wherever it can: 160 characters of the alphabet of GSM 03.38.

use super::{Occasion, Told};
use crate::Language;

/// Septets of one SMS.
pub const SEGMENT_MAX: usize = 160;

/// The fewest characters to which a merchant's name is cut.
const NAME_MIN: usize = 12;

/// The alphabet of GSM 03.38 (3GPP TS 23.038, 6.2.1), without line ends and the escape.
const BASIC: &str = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                     ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// What takes two septets.
const EXTENDED: &str = "^{}\\[~]|€";

/// How many septets a text takes; none where the alphabet lacks one of its characters.
pub fn gsm_septets(text: &str) -> Option<usize> {
    text.chars().map(septets).sum()
}

fn septets(character: char) -> Option<usize> {
    if BASIC.contains(character) {
        Some(1)
    } else if EXTENDED.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// What `told` says on this occasion in one language. Characters that an SMS has not are left out of the
/// merchant's name; where the text is too long, that name is cut, and where this is not enough the
/// address of the payer's page is left out. So one segment is exceeded only by very long names of
/// retailers.
pub fn short(told: &Told, occasion: Occasion, language: Language) -> String {
    let name = sendable(&told.merchant);
    let with_page = |name: &str, has_page: bool| {
        let page = if has_page { Some(told.page.as_str()) } else { None };
        text(told, occasion, language, (name, page))
    };
    let fits = |text: &str| gsm_septets(text).is_some_and(|count| count <= SEGMENT_MAX);
    let has_page = occasion.asks();
    let whole = with_page(&name, has_page);
    if fits(&whole) {
        return whole;
    }
    for has_page in [has_page, false] {
        let length = name.chars().count();
        for kept in (NAME_MIN.min(length)..length).rev() {
            let cut: String = name.chars().take(kept).collect();
            let text = with_page(cut.trim_end(), has_page);
            if fits(&text) {
                // A whole name without the page says less than a cut one with it.
                return text;
            }
        }
        let bare = with_page(&name, false);
        if fits(&bare) {
            return bare;
        }
    }
    let cut: String = name.chars().take(NAME_MIN).collect();
    with_page(cut.trim_end(), false)
}

/// The characters that an SMS has, blanks in a row as one.
fn sendable(text: &str) -> String {
    let kept: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| BASIC.contains(*c))
        .collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text(
    told: &Told,
    occasion: Occasion,
    language: Language,
    (name, page): (&str, Option<&str>),
) -> String {
    let name = if name.is_empty() { String::new() } else { format!("{name}: ") };
    let amount = told.amount().replace(' ', "");
    let (code, until) = (told.grouped(), day(&told.until));
    let place = sendable(told.retailers.first().map_or("", String::as_str));
    let page = page.map(|page| format!(" {page}")).unwrap_or_default();
    let paid = told.paid_at.as_deref().map(day).unwrap_or_default();
    match (language, occasion) {
        (Language::Indonesian, Occasion::Opened) => {
            format!("{name}bayar {amount} di {place}, kode {code}, sebelum {until} WIB.{page}")
        }
        (Language::English, Occasion::Opened) => {
            format!("{name}pay {amount} at {place}, code {code}, before {until} WIB.{page}")
        }
        (Language::Indonesian, Occasion::Reminder) => {
            format!("{name}ingat, {amount} di {place}, kode {code}, sebelum {until} WIB.{page}")
        }
        (Language::English, Occasion::Reminder) => {
            format!("{name}reminder, {amount} at {place}, code {code}, before {until} WIB.{page}")
        }
        (Language::Indonesian, Occasion::Paid) => {
            format!(
                "{name}{amount} sudah dibayar di {place}, {paid} WIB, kode {code}. Terima kasih."
            )
        }
        (Language::English, Occasion::Paid) => {
            format!("{name}{amount} was paid at {place}, {paid} WIB, code {code}. Thank you.")
        }
        (Language::Indonesian, Occasion::Reversed) => format!(
            "{name}pembayaran {amount}, kode {code}, dibatalkan oleh {place}. Bukti sebelumnya tidak berlaku."
        ),
        (Language::English, Occasion::Reversed) => format!(
            "{name}payment of {amount}, code {code}, was taken back by {place}. The receipt is void."
        ),
        (Language::Indonesian, Occasion::Expired) => {
            format!("{name}tagihan {amount}, kode {code}, kedaluwarsa. Jangan dibayar lagi.")
        }
        (Language::English, Occasion::Expired) => {
            format!("{name}bill of {amount}, code {code}, has expired. Do not pay it any more.")
        }
        (Language::Indonesian, Occasion::Cancelled) => {
            format!("{name}tagihan {amount}, kode {code}, dibatalkan penjual. Jangan dibayar.")
        }
        (Language::English, Occasion::Cancelled) => {
            format!("{name}bill of {amount}, code {code}, was withdrawn. Do not pay it.")
        }
    }
}

/// `2026-11-21 14:00:00` as `21/11 14:00`; what is not written so stays as it is.
fn day(text: &str) -> String {
    let parts = || {
        let (date, time) = text.split_once(' ')?;
        let (_, date) = date.split_once('-')?;
        let (month, day) = date.split_once('-')?;
        Some(format!("{day}/{month} {}", time.get(..5)?))
    };
    parts().unwrap_or_else(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{super::sample, *};

    #[test]
    fn a_text_is_one_segment() {
        let names = [
            "Toko Demo",
            "Café Élan",
            "PT Maju Bersama Sejahtera Abadi Indonesia Raya Tbk",
            "北京烤鸭 Jakarta 😀",
            "",
            "€uro {Shop} [^]",
        ];
        for name in names {
            for occasion in [
                Occasion::Opened,
                Occasion::Reminder,
                Occasion::Paid,
                Occasion::Reversed,
                Occasion::Expired,
                Occasion::Cancelled,
            ] {
                for language in [Language::Indonesian, Language::English] {
                    let told = Told {
                        merchant: name.to_owned(),
                        total: 10_000_000,
                        paid_at: Some("2026-11-21 13:05:59".to_owned()),
                        ..sample()
                    };
                    let text = short(&told, occasion, language);
                    let count = gsm_septets(&text);
                    assert!(count.is_some_and(|count| count <= SEGMENT_MAX), "{count:?}: {text}");
                    for part in ["Rp10.000.000", "8127 7405 8887 0520"] {
                        assert!(text.contains(part), "{part}: {text}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_page_stays_while_there_is_room() {
        let told = Told { merchant: "Toko Demo".to_owned(), ..sample() };
        let text = short(&told, Occasion::Opened, Language::Indonesian);
        assert_eq!(
            text,
            "Toko Demo: bayar Rp103.000 di Alfamart, kode 8127 7405 8887 0520, sebelum 21/11 14:00 WIB. \
             https://pay.example/pay/019aa5f0-4c1e-7a3b-9d44-0c5b2f1e8a77"
        );
        let far = format!("https://{}.example/pay/1", "x".repeat(90));
        let text = short(&Told { page: far, ..told }, Occasion::Opened, Language::Indonesian);
        assert!(!text.contains("https") && text.contains("Toko Demo: bayar"), "{text}");
    }

    #[test]
    fn septets_are_counted_as_networks_do() {
        for (text, count) in
            [("abc", Some(3)), ("€{}", Some(6)), ("é", Some(1)), ("ê", None), ("😀", None)]
        {
            assert_eq!(gsm_septets(text), count, "{text}");
        }
    }
}
