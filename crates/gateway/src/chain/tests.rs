//! What is hashed never runs together.

use super::*;

#[test]
fn no_two_numbers_and_no_two_pairs_of_texts_run_together() {
    let key = Key::new(HMAC_SHA256, &[6; 32]);
    let mut seen = std::collections::HashSet::new();
    for number in [0, 1, -1, 63, 64, -64, -65, 8_191, 8_192, i64::MAX, i64::MIN] {
        let mut hash = Hash::new(&key, b't');
        hash.number(number);
        assert!(seen.insert(hash.fields), "{number}");
    }
    for pair in [["", "ab"], ["a", "b"], ["ab", ""]] {
        let mut hash = Hash::new(&key, b't');
        for text in pair {
            hash.text(text);
        }
        assert!(seen.insert(hash.fields), "{pair:?}");
    }
}

#[test]
fn nothing_and_something_empty_are_not_the_same() {
    let key = Key::new(HMAC_SHA256, &[6; 32]);
    let of = |fields: [Option<&str>; 2]| {
        let mut hash = Hash::new(&key, b't');
        for field in fields {
            hash.marked(field, Hash::text);
        }
        hash.whole()
    };
    let all = [
        of([None, None]),
        of([Some(""), None]),
        of([None, Some("")]),
        of([Some(""), Some("")]),
        of([Some("a"), None]),
        of([None, Some("a")]),
    ];
    for (place, one) in all.iter().enumerate() {
        assert!(!all[place + 1..].contains(one), "{place} has a twin");
    }
}
