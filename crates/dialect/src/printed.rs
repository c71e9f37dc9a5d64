//! Strangers' texts, made fit for a till's screen and a receipt.

/// `text` on one line, without blanks around it, at most `width` characters; none if nothing is left.
pub fn one_line(text: &str, width: usize) -> Option<String> {
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
        assert_eq!(one_line("  Kopi\r\nsusu  ", 40).as_deref(), Some("Kopi  susu"));
        assert_eq!(one_line("  Mr.\nGentur", usize::MAX).as_deref(), Some("Mr. Gentur"));
        assert_eq!(one_line("ééééé", 3).as_deref(), Some("ééé"));
        assert_eq!(one_line("abc def", 4).as_deref(), Some("abc"));
        assert_eq!(one_line(" \t ", 4), None);
    }
}
