//! Names as a cashier may see them: enough for the payer to say "that is me", not enough for a
//! stranger to learn who it is (rule 26).

/// Words of a name that are shown; the rest is left out without a trace.
const WORDS_MAX: usize = 6;
/// Letters of the first word that are shown, of each later word one.
const FIRST_WORD_MAX: usize = 3;

/// `name` masked for a screen: `Budi Santoso` becomes `BUD* S*`.
///
/// Of the first word up to three letters are left, but never all of them unless it has only one;
/// of every later word the first; behind each stands one asterisk, so that nothing tells how long
/// the word was. Everything is in capitals, as tills print, and what is neither letter nor digit is
/// dropped. At most six words are shown. A name without letters is empty.
pub fn masked(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|word| {
        let letters: Vec<char> =
            word.chars().filter(|c| c.is_alphanumeric()).take(FIRST_WORD_MAX + 1).collect();
        (!letters.is_empty()).then_some(letters)
    });
    let mut shown = String::new();
    for (place, letters) in words.take(WORDS_MAX).enumerate() {
        let left = if place == 0 { letters.len().saturating_sub(1).max(1) } else { 1 };
        if place > 0 {
            shown.push(' ');
        }
        shown.extend(letters.iter().take(left).flat_map(|c| c.to_uppercase()));
        shown.push('*');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn a_name_is_recognised_by_its_owner_only() {
        let table = [
            ("Budi Santoso", "BUD* S*"),
            ("BUDI SANTOSO", "BUD* S*"),
            ("Bambang Susilo Yudhoyono", "BAM* S* Y*"),
            ("Sukarno", "SUK*"),
            ("Ali", "AL*"),
            ("Al", "A*"),
            ("A", "A*"),
            ("A B", "A* B*"),
            ("M. Ali", "M* A*"),
            ("  Budi \t\n Santoso ", "BUD* S*"),
            ("O'Brien-Smith", "OBR*"),
            ("\"Budi\" (Santoso)", "BUD* S*"),
            ("081234567890", "081*"),
            ("budi@example.com", "BUD*"),
            ("élodie ñandú", "ÉLO* Ñ*"),
            ("王小明", "王小*"),
            ("ßa", "SS*"),
            ("", ""),
            (" \t ", ""),
            ("-- ***", ""),
            ("\u{0}\u{1b}[31mBudi", "31M*"),
            ("a b c d e f g h", "A* B* C* D* E* F*"),
        ];
        for (name, want) in table {
            assert_eq!(masked(name), want, "{name:?}");
        }
    }

    #[test]
    fn the_length_of_a_word_does_not_show() {
        assert_eq!(masked("Budi S"), masked("Budiman Santoso"));
        assert_eq!(masked("Budi"), masked(&"budi".repeat(10_000)));
    }
}
