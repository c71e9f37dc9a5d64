//! A receipt as a till would print it, in the retailer's columns.

/// The narrowest paper that a receipt is laid out for, in characters.
const WIDTH_MIN: usize = 24;
/// The widest.
const WIDTH_MAX: usize = 48;

/// What stands on a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Characters of a line.
    pub width: usize,
    /// The retailer's name.
    pub retailer: String,
    /// When and where.
    pub place: String,
    /// What it is.
    pub heading: String,
    /// Names and values, in the order in which they are printed.
    pub fields: Vec<(String, String)>,
    /// The merchant's own lines.
    pub lines: Vec<String>,
}

/// Its lines, none longer than the paper is wide.
pub fn receipt(receipt: &Receipt) -> Vec<String> {
    let width = receipt.width.clamp(WIDTH_MIN, WIDTH_MAX);
    let mut lines = vec![centred(&receipt.retailer.to_uppercase(), width)];
    lines.push(centred(&receipt.place, width));
    lines.push("-".repeat(width));
    lines.push(centred(&receipt.heading, width));
    for (name, value) in &receipt.fields {
        lines.extend(field(name, value, width));
    }
    lines.push("-".repeat(width));
    for line in &receipt.lines {
        lines.extend(folded(line, width));
    }
    lines.push(centred("SIMPAN STRUK INI", width));
    lines
}

fn field(name: &str, value: &str, width: usize) -> Vec<String> {
    let (name_width, value_width) = (name.chars().count(), value.chars().count());
    if name_width + 1 + value_width <= width {
        let gap = " ".repeat(width - name_width - value_width);
        return vec![format!("{name}{gap}{value}")];
    }
    let mut lines = folded(name, width);
    for line in folded(value, width) {
        let gap = " ".repeat(width - line.chars().count().min(width));
        lines.push(format!("{gap}{line}"));
    }
    lines
}

fn centred(text: &str, width: usize) -> String {
    let text: String = text.chars().take(width).collect();
    let gap = " ".repeat((width - text.chars().count()) / 2);
    format!("{gap}{text}")
}

fn folded(text: &str, width: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(width).map(|line| line.iter().collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_paper() {
        for width in [0, 24, 32, 40, 200] {
            let lines = receipt(&Receipt {
                width,
                retailer: "Alfamart".to_owned(),
                place: "21-11-2026 14.00 WIB  T001/1".to_owned(),
                heading: "BUKTI PEMBAYARAN".to_owned(),
                fields: vec![
                    ("KODE BAYAR".to_owned(), "8127740588870520".to_owned()),
                    ("PERSETUJUAN".to_owned(), "12345678901234567890".to_owned()),
                    ("TOTAL".to_owned(), "Rp 1.250.000".to_owned()),
                ],
                lines: vec!["é".repeat(90)],
            });
            let width = width.clamp(WIDTH_MIN, WIDTH_MAX);
            assert!(lines.iter().all(|line| line.chars().count() <= width), "{lines:?}");
            let total = lines.iter().find(|line| line.starts_with("TOTAL")).unwrap();
            assert!(total.ends_with("Rp 1.250.000") && total.chars().count() == width);
        }
    }
}
