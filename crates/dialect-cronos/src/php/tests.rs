use std::{fs, path::Path};

use serde::Deserialize;

use super::*;

/// What PHP 8.2 made of a text: `json_encode(json_decode($text, true))`, or none where either of
/// them refuses.
#[derive(Deserialize)]
struct Case {
    /// The text, or its bytes in hexadecimal where they are no text.
    #[serde(default)]
    json: Option<String>,
    #[serde(default)]
    hex: Option<String>,
    php: Option<String>,
}

impl Case {
    fn bytes(&self) -> Vec<u8> {
        match (&self.json, &self.hex) {
            (Some(text), None) => text.as_bytes().to_vec(),
            (None, Some(hex)) => hex::decode(hex).unwrap(),
            _ => panic!("either json or hex"),
        }
    }
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/encoder.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn encoded(bytes: &[u8], style: Style) -> Option<String> {
    let text = parse(bytes).ok()?.encode(style)?;
    Some(String::from_utf8(text).unwrap())
}

#[test]
fn what_php_makes_of_it_is_made_of_it() {
    let cases = cases();
    assert!(cases.len() > 200, "the table has shrunk to {}", cases.len());
    assert!(cases.iter().filter(|case| case.php.is_none()).count() > 50);
    let mut failures = Vec::new();
    for case in cases {
        let bytes = case.bytes();
        let got = encoded(&bytes, Style::PHP);
        if got != case.php {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            failures.push(format!("{text}\n  got {got:?}\n  not {:?}", case.php));
        }
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn other_styles_change_texts_and_blanks_and_nothing_else() {
    let text = r#" { "a/b" : "é/\u5317\ud83d\ude00" , "n" : [ 1.50 , 1E5 , -0 , { } , [ ] ] , "0" : {"0":"\u007f"} } "#;
    for (style, expected) in [
        (
            Style::PHP,
            r#"{"a\/b":"\u00e9\/\u5317\ud83d\ude00","n":[1.5,100000,0,[],[]],"0":["DEL"]}"#,
        ),
        (Style::PLAIN, r#"{"a/b":"é/北😀","n":[1.50,1E5,-0,{},[]],"0":{"0":"DEL"}}"#),
        (Style::SLASHES, r#"{"a\/b":"é\/北😀","n":[1.50,1E5,-0,{},[]],"0":{"0":"DEL"}}"#),
        (
            Style::UNICODE,
            r#"{"a/b":"\u00e9/\u5317\ud83d\ude00","n":[1.50,1E5,-0,{},[]],"0":{"0":"DEL"}}"#,
        ),
        (
            Style::SPACED,
            r#"{"a/b": "\u00e9/\u5317\ud83d\ude00", "n": [1.50, 1E5, -0, {}, []], "0": {"0": "DEL"}}"#,
        ),
    ] {
        let expected = expected.replace("DEL", "\u{7f}");
        assert_eq!(
            encoded(text.as_bytes(), style).as_deref(),
            Some(expected.as_str()),
            "{style:?}"
        );
    }
}

#[test]
fn the_last_of_two_values_stands_where_the_first_stood() {
    let names = |count: usize| (0..count).map(|n| format!("\"n{n}\":{n}")).collect::<Vec<_>>();
    // Few members are searched, many are found by a table; one is as good as the other.
    for count in [2, 15, 16, 17, 40] {
        let first = names(count).join(",");
        let text = format!("{{{first},{first},\"n0\":\"x\",\"\\u006e1\":\"y\"}}");
        let mut expected = names(count);
        expected[0] = "\"n0\":\"x\"".to_owned();
        expected[1] = "\"n1\":\"y\"".to_owned();
        let expected = format!("{{{}}}", expected.join(","));
        assert_eq!(encoded(text.as_bytes(), Style::PHP), Some(expected), "{count}");
    }
}

#[test]
fn depth_is_bounded_and_costs_no_stack() {
    let lists = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = |depth: usize| format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth));
    for text in [lists(511), objects(511)] {
        assert_eq!(encoded(text.as_bytes(), Style::PHP), Some(text));
    }
    for text in [lists(512), objects(512), "[".repeat(60_000), "{\"a\":".repeat(10_000)] {
        assert_eq!(parse(text.as_bytes()).unwrap_err().why, "it is nested deeper than 511");
    }
}

#[test]
fn long_texts_stay_bounded() {
    // The dearest inputs for their length: numbers that are written in full, and characters that
    // are written as escapes.
    let length = 60_000;
    let digits = "9".repeat(length);
    assert_eq!(encoded(digits.as_bytes(), Style::PHP), None);
    let fraction = format!("0.{digits}");
    assert_eq!(encoded(fraction.as_bytes(), Style::PHP).as_deref(), Some("1"));
    for unit in ["1e16,", "\"\u{80}\",", "\"\u{10000}\",", "\"/\",", "0,"] {
        let text = format!("[{}0]", unit.repeat(length / unit.len()));
        for style in [Style::PHP, Style::SPACED] {
            let made = encoded(text.as_bytes(), style).unwrap();
            assert!(made.len() <= 6 * text.len(), "{unit}: {}", made.len());
        }
    }
}

#[test]
fn what_is_wrong_and_where_is_told() {
    for (text, line, column, why) in [
        ("", 1, 1, "the text ends too early"),
        ("{\n \"a\": 1,\n}", 3, 1, "a comma has nothing after it"),
        ("[1,]", 1, 4, "a comma has nothing after it"),
        ("{\"a\":1 \"b\":2}", 1, 8, "`,` or `}` is expected here"),
        ("[1 2]", 1, 4, "`,` or `]` is expected here"),
        ("{a:1}", 1, 2, "a name in quotes is expected here"),
        ("{\"a\" 1}", 1, 6, "`:` is expected here"),
        ("{\"a\":}", 1, 6, "a comma has nothing after it"),
        ("{\"a\":tru}", 1, 6, "a value is expected here"),
        ("{} {}", 1, 4, "something follows the value"),
        ("[01]", 1, 3, "`,` or `]` is expected here"),
        ("[1.]", 1, 4, "a number is malformed"),
        ("\"abc", 1, 5, "a text does not end"),
        ("\"a\tb\"", 1, 3, "a control character stands in a text"),
        ("\"\\x\"", 1, 2, "there is no such escape"),
        ("\"\\u12g4\"", 1, 2, "an escape lacks its four hexadecimal digits"),
        ("\"\\ud83d\"", 1, 2, "half of a surrogate pair stands alone"),
        ("\u{feff}{}", 1, 1, "a byte order mark stands before it"),
    ] {
        assert_eq!(parse(text.as_bytes()).unwrap_err(), NotJson { line, column, why }, "{text:?}");
    }
    let error = parse(b"{\n \"a\": \"\xff\"}").unwrap_err();
    assert_eq!((error.line, error.column, error.why), (2, 8, "the text is not UTF-8"));
}

/// A generator whose every run is the same (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % limit
    }
}

/// Pieces of JSON, put together without sense: most of it is broken, some of it is not.
const PIECES: [&[u8]; 34] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"\"",
    b"\"a\"",
    b"\"a\":",
    b"\"0\":",
    b"\"\\ud83d\\ude00\"",
    b"\\",
    b"\\u",
    b"\\ud800",
    b"\"\xc3\xa9/\"",
    b"\xff",
    b"\xef\xbb\xbf",
    b"0",
    b"-0",
    b"1e",
    b"1e400",
    b"1.50",
    b"12345678901234567890",
    b"-",
    b".",
    b"true",
    b"null",
    b"nul",
    b" ",
    b"\n",
    b"\x00",
    b"[1",
    b"{}",
    b"[[]]",
];

#[test]
fn whatever_is_read_is_written_so_that_it_is_read_the_same() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut read = 0;
    for _ in 0..60_000 {
        let mut bytes = Vec::new();
        for _ in 0..chance.below(9) {
            bytes.extend_from_slice(PIECES[chance.below(PIECES.len())]);
        }
        let Ok(document) = parse(&bytes) else { continue };
        read += 1;
        let php = document.encode(Style::PHP);
        for style in [Style::PHP, Style::PLAIN, Style::SLASHES, Style::UNICODE, Style::SPACED] {
            let Some(text) = document.encode(style) else {
                assert_eq!(style, Style::PHP, "only PHP cannot write everything");
                continue;
            };
            let again = parse(&text).unwrap();
            // Written once more it does not change, and in PHP's style nothing was lost on the way.
            assert_eq!(again.encode(style).as_ref(), Some(&text));
            assert_eq!(again.encode(Style::PHP), php);
        }
    }
    assert!(read > 2_000, "only {read} were JSON");
}

#[test]
fn a_text_cut_anywhere_is_refused_or_read() {
    let whole = r#"{"a":["\ud83d\ude00é",{"b":-1.5e3}],"c":null,"d":"x\/y"}"#.as_bytes();
    assert!(parse(whole).is_ok());
    for end in 0..whole.len() {
        assert!(parse(&whole[..end]).is_err(), "{end}");
    }
    for at in 0..whole.len() {
        for byte in [0, b'"', b'\\', b'}', b'9', 0x80, 0xff] {
            let mut bent = whole.to_vec();
            bent[at] = byte;
            // Some of these are JSON. None is a panic.
            drop(parse(&bent));
        }
    }
}
