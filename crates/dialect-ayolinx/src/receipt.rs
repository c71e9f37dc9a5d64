//! What of a payment is shown and printed at the counter: the merchant's reference. Ayolinx' requests
//! have no other text that is meant for it.

use dialect::one_line;
use domain::retailer::Retailer;

/// Characters where the retailer says nothing.
const WIDTH: usize = 20;

/// The label on the till's screen.
pub(crate) fn label(reference: &str, retailer: Option<&Retailer>) -> Option<String> {
    one_line(reference, retailer.map_or(WIDTH, |retailer| retailer.receipt.label_width))
}

/// The receipt's lines.
pub(crate) fn lines(reference: &str, retailer: Option<&Retailer>) -> Vec<String> {
    let (lines_max, width) = retailer
        .map_or((1, WIDTH), |retailer| (retailer.receipt.lines_max, retailer.receipt.line_width));
    one_line(&format!("Ref. {reference}"), width).into_iter().take(lines_max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_and_lines_fit() {
        assert_eq!(label(&"é".repeat(30), None), Some("é".repeat(20)));
        assert_eq!(lines("INV-1", None), ["Ref. INV-1"]);
    }
}
