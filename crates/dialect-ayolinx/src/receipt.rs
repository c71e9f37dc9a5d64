//! What of a payment is shown and printed at the counter: the merchant's reference. Ayolinx' requests
//! have no other text that is meant for it.

use domain::retailer::Retailer;

/// Characters where the retailer says nothing.
const WIDTH: usize = 20;

/// The label on the till's screen.
pub(crate) fn label(reference: &str, retailer: Option<&Retailer>) -> Option<String> {
    cut(reference, retailer.map_or(WIDTH, |retailer| retailer.receipt.label_width))
}

/// The receipt's lines.
pub(crate) fn lines(reference: &str, retailer: Option<&Retailer>) -> Vec<String> {
    let (lines_max, width) = retailer
        .map_or((1, WIDTH), |retailer| (retailer.receipt.lines_max, retailer.receipt.line_width));
    cut(&format!("Ref. {reference}"), width).into_iter().take(lines_max).collect()
}

/// `text` on one line, without blanks around it, at most `width` characters; none if nothing is left.
pub(crate) fn cut(text: &str, width: usize) -> Option<String> {
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let cut: String = line.trim().chars().take(width).collect();
    let cut = cut.trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_to_whole_characters_of_one_line() {
        assert_eq!(cut("  Budi\r\nSantoso  ", 40).as_deref(), Some("Budi  Santoso"));
        assert_eq!(label(&"é".repeat(30), None), Some("é".repeat(20)));
        assert_eq!(lines("INV-1", None), ["Ref. INV-1"]);
        assert_eq!(cut(" \t ", 4), None);
    }
}
