//! What is printed: tables and pairs for people, JSON for machines, instants in WIB.

use std::{fmt::Write as _, io::Write as _};

use comfy_table::{Table, presets};
use dialect::wib;
use domain::time::{Timestamp, WIB};
use serde::{Serialize, Serializer};

/// Prints text to stdout. Whoever reads may have gone away (`| head`), which is no error.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Prints one JSON value.
pub(crate) fn json<T: Serialize>(value: &T) -> anyhow::Result<()> {
    say(&format!("{}\n", serde_json::to_string_pretty(value)?));
    Ok(())
}

/// Prints rows under headings, or `nothing` where there are none.
pub(crate) fn table<const N: usize>(heads: [&str; N], rows: &[[String; N]], nothing: &str) {
    if rows.is_empty() {
        say(&format!("{nothing}\n"));
        return;
    }
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY).set_header(heads);
    for row in rows {
        table.add_row(row.iter().map(|cell| printable(cell)));
    }
    say(&format!("{}\n", table.trim_fmt()));
}

/// Prints names and values below each other; a value of several lines is indented.
pub(crate) fn fields(fields: &[(&str, String)]) {
    let width = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    // Writing to a string does not fail.
    let mut text = String::new();
    for (name, value) in fields {
        let mut lines = value.lines();
        let first = printable(lines.next().unwrap_or("-"));
        let _ = writeln!(text, "{name:width$}  {first}");
        for line in lines {
            let _ = writeln!(text, "{:width$}  {}", "", printable(line));
        }
    }
    say(&text);
}

/// Text of strangers, without what could steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// An amount for people: `Rp 103000`.
pub(crate) fn rupiah(amount: i64) -> String {
    format!("Rp {amount}")
}

/// An instant for people: `2026-11-21 14:35:26` in WIB.
pub(crate) fn people(at: Timestamp) -> String {
    wib(at)
}

/// An instant or a dash.
pub(crate) fn people_or_dash(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), people)
}

/// An instant for machines: RFC 3339 in WIB, with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct At(pub(crate) Timestamp);

impl Serialize for At {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // WIB is a whole number of seconds from UTC, so the milliseconds are the same.
        let millis = self.0.plus(WIB).millis().rem_euclid(1_000);
        let text = wib(self.0).replace(' ', "T");
        serializer.collect_str(&format_args!("{text}.{millis:03}+07:00"))
    }
}

/// `1 key`, `2 keys`.
pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
