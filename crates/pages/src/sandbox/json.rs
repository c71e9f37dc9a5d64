//! JSON as it came, with line breaks.

/// The deepest that is indented further.
const DEPTH_MAX: usize = 16;

/// The text with line breaks and blanks between its members, which stay in their order and spelling.
/// What is no JSON stays as it is.
pub fn pretty(text: &str) -> String {
    if !text.trim_start().starts_with(['{', '[']) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + text.len() / 2);
    let (mut depth, mut is_string, mut is_escaped) = (0_usize, false, false);
    let mut rest = text.trim().chars().peekable();
    while let Some(character) = rest.next() {
        if is_string {
            out.push(character);
            is_string = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            '"' => {
                is_string = true;
                out.push('"');
            }
            '{' | '[' => {
                out.push(character);
                while rest.next_if(|next| next.is_whitespace()).is_some() {}
                if let Some(closing) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(closing);
                } else {
                    depth += 1;
                    line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            blank if blank.is_whitespace() => {}
            other => out.push(other),
        }
    }
    out
}

fn line(out: &mut String, depth: usize) {
    out.push('\n');
    for _ in 0..depth.min(DEPTH_MAX) {
        out.push_str("  ");
    }
}

#[cfg(test)]
mod tests {
    use super::pretty;

    #[test]
    fn members_keep_their_order_and_spelling() {
        let text = r#"{"b":1.50,"a":["x, \"y\": {", [], { }],"c":{"d":null}}"#;
        let expected = "{\n  \"b\": 1.50,\n  \"a\": [\n    \"x, \\\"y\\\": {\",\n    [],\n    {}\n  ],\
                        \n  \"c\": {\n    \"d\": null\n  }\n}";
        assert_eq!(pretty(text), expected);
        assert_eq!(pretty(expected), expected);
    }

    #[test]
    fn what_is_no_json_stays_and_depth_is_bounded() {
        assert_eq!(pretty("OK"), "OK");
        assert_eq!(pretty(""), "");
        assert!(pretty(&"[1,".repeat(10_000)).len() < 10_000 * 80);
        assert_eq!(pretty("]}"), "]}");
    }
}
