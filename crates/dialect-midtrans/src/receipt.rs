//! What of a charge is printed or shown at the counter (sections 2.1, 2.4 and 6.5).
//!
//! Texts that are too long are cut: the vendor's own sample has a line of 43 characters.

use dialect::one_line;
use domain::retailer::{Retailer, RetailerKey};

/// Alfamart's key, on the wire and among the retailers.
pub(crate) const ALFAMART: &str = "alfamart";
/// Indomaret's key, on the wire and among the retailers.
pub(crate) const INDOMARET: &str = "indomaret";

/// Characters of `cstore.message` that are kept.
const LABEL_MAX: usize = 20;
/// Characters of a line that are kept.
const LINE_MAX: usize = 40;
/// Characters of a payer's name that are kept.
const NAME_MAX: usize = 255;

/// What a charge says for people.
#[derive(Debug, Default)]
pub(crate) struct Slip {
    /// First and last name of who pays.
    pub(crate) payer: Option<String>,
    /// For the till's screen.
    pub(crate) message: Option<String>,
    /// For Alfamart's receipt.
    pub(crate) free_texts: Vec<String>,
    /// How many of what, for Indomaret's receipt.
    pub(crate) items: Vec<(i64, String)>,
}

impl Slip {
    /// Who pays.
    pub(crate) fn payer_name(&self) -> Option<String> {
        one_line(self.payer.as_deref()?, NAME_MAX)
    }

    /// The label on the till's screen.
    pub(crate) fn label(&self, retailer: Option<&Retailer>) -> Option<String> {
        let width = retailer.map_or(LABEL_MAX, |retailer| retailer.receipt.label_width);
        one_line(self.message.as_deref()?, width.min(LABEL_MAX))
    }

    /// The receipt's lines: Alfamart prints the free texts, Indomaret how many of what was bought.
    pub(crate) fn lines(&self, store: RetailerKey, retailer: Option<&Retailer>) -> Vec<String> {
        let (lines_max, width) = retailer.map_or((3, LINE_MAX), |retailer| {
            (retailer.receipt.lines_max, retailer.receipt.line_width.min(LINE_MAX))
        });
        let items = || self.items.iter().map(|(quantity, name)| format!("{quantity} {name}"));
        let lines: Vec<String> = match store.as_str() {
            ALFAMART => self.free_texts.clone(),
            // Where there is one line, it holds as much of the whole description as fits.
            INDOMARET if lines_max == 1 => {
                vec![items().take(LINE_MAX).collect::<Vec<_>>().join(", ")]
            }
            INDOMARET => items().take(lines_max).collect(),
            _ => Vec::new(),
        };
        lines.iter().take(lines_max).filter_map(|line| one_line(line, width)).collect()
    }
}
