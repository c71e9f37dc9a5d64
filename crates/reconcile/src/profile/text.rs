//! A profile as it is written in configuration. Texts only; [`super::Profile::check`] gives them
//! meaning.

use serde::Deserialize;

/// One kind of file of one retailer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileText {
    /// The retailer's key.
    pub retailer: String,
    /// The files' names: literal text with `{date:PATTERN}` once, `{sequence}` or `{sequence:DIGITS}`
    /// at most once, and `{any}` at most twice.
    pub name: String,
    /// How many days after the business date the name's date lies, 0 to 7.
    #[serde(default)]
    pub name_days_after: u8,
    /// By when the file must be there, on the retailer's clock: `06:30`. None: nobody waits for it.
    pub due: Option<String>,
    /// How many days after the business date it is due, 0 to 31.
    #[serde(default = "one")]
    pub due_days_after: u8,
    /// `utf-8`, `windows-1252` (which `latin-1` is another name of), `utf-16le` or `utf-16be`. A byte
    /// order mark is skipped.
    #[serde(default = "utf_8")]
    pub encoding: String,
    /// The zone of the file's times: `+07:00`, or `WIB`, `WITA`, `WIT`, `UTC`.
    #[serde(default = "wib")]
    pub zone: String,
    /// When the retailer's business day ends, on its own clock; `22:00` gives the last two hours to
    /// the next date.
    #[serde(default = "midnight")]
    pub business_day_cutoff: String,
    /// The longest line, in bytes of UTF-8, 64 to 65,536.
    #[serde(default = "line_bytes")]
    pub line_bytes_max: usize,
    /// What names a sale: `sale`, `outlet_terminal_date_sale`, or `none` where the file has no number
    /// that the till has told us.
    pub sale_key: String,
    /// Without a number: how far the file's time and the till's may differ, in seconds, 0 to 86,400.
    #[serde(default = "tolerance")]
    pub tolerance_seconds: u32,
    /// How a line is divided.
    pub layout: LayoutText,
    /// Lines before the sales.
    pub header: Option<EdgeText>,
    /// The line after the sales.
    pub trailer: Option<EdgeText>,
    /// Where what stands.
    pub columns: ColumnsText,
    /// How amounts are written.
    #[serde(default)]
    pub amounts: AmountsText,
    /// How times are written.
    #[serde(default)]
    pub times: TimesText,
    /// The words for how a sale ended.
    #[serde(default)]
    pub status: StatusText,
}

/// How a line is divided into columns.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutText {
    /// One ASCII character; none: columns have fixed widths.
    pub delimiter: Option<String>,
    /// The character that quotes fields, doubled inside them; none: fields are not quoted.
    pub quote: Option<String>,
    /// How many fields a sale's line has, 1 to 10,000, so that a delimiter inside a field is noticed;
    /// none: as many as it likes.
    pub fields: Option<usize>,
}

/// A header or a trailer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeText {
    /// How many lines a header has, 0 to 100, when it is told by its place. Not for a trailer.
    pub lines: Option<u64>,
    /// What its `mark_column` holds, when it is told by a word.
    pub mark: Option<String>,
    /// Where the mark stands; the first column unless said. Of fixed widths, the line's beginning.
    pub mark_column: Option<ColumnText>,
    /// Whether the header's last line names the columns.
    #[serde(default)]
    pub names: bool,
    /// Where the business date stands.
    pub date: Option<ColumnText>,
    /// Where the file's sequence number stands.
    pub sequence: Option<ColumnText>,
    /// Where the number of lines stands.
    pub count: Option<ColumnText>,
    /// Where the sum of amounts stands.
    pub sum: Option<ColumnText>,
    /// What the sum counts: `all` lines whatever became of them, those `paid`, or `net` (paid less
    /// reversed).
    pub sum_of: Option<String>,
}

/// A column: its number from 1, its name in the header, or where it stands in a line of fixed widths.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ColumnText {
    /// From 1.
    Number(u64),
    /// As the header writes it.
    Name(String),
    /// Characters.
    Span {
        /// The first, from 1.
        from: u64,
        /// How many.
        width: u64,
    },
}

/// Where what stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnsText {
    /// The retailer's number of the sale.
    pub sale: Option<ColumnText>,
    /// The payment code.
    pub code: Option<ColumnText>,
    /// What the payer handed over.
    pub amount: Option<ColumnText>,
    /// What the retailer keeps.
    pub fee: Option<ColumnText>,
    /// The day of the sale, or day and time in one.
    pub date: Option<ColumnText>,
    /// The time of the sale, or day and time in one.
    pub time: Option<ColumnText>,
    /// The outlet.
    pub outlet: Option<ColumnText>,
    /// The terminal.
    pub terminal: Option<ColumnText>,
    /// How the sale ended.
    pub status: Option<ColumnText>,
}

/// How amounts are written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AmountsText {
    /// `rupiah` (whole, the default), `decimals` (two of them behind a mark, which must be zero) or
    /// `minor` (hundredths without a mark, likewise).
    pub form: Option<String>,
    /// The mark between thousands: `.`, `,`, a blank or `'`.
    pub thousands: Option<String>,
    /// The mark before decimals: `.` (the default) or `,`.
    pub decimal: Option<String>,
    /// What may stand before an amount: `Rp`.
    pub prefix: Option<String>,
    /// What an amount below zero means: it is `refused` (the default), or the sale was `reversed`.
    pub negative: Option<String>,
}

/// How times are written: `%Y %y %m %b %d %H %M %S %f %z` and literal text. `%-d`, `%-m` and `%-H`
/// have one or two digits.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TimesText {
    /// The form of `columns.date`.
    pub date: Option<String>,
    /// The form of `columns.time`.
    pub time: Option<String>,
    /// The form of the date in header and trailer.
    pub edge: Option<String>,
}

/// The words for how a sale ended. A word that is not listed is an error.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatusText {
    /// What lines without a status column are: `paid` (the default) or `suspect`.
    pub default: Option<String>,
    /// Cash was taken.
    pub paid: Vec<String>,
    /// Cash was given back, or none was taken.
    pub reversed: Vec<String>,
    /// The retailer does not know yet.
    pub suspect: Vec<String>,
}

const fn one() -> u8 {
    1
}

fn utf_8() -> String {
    "utf-8".to_owned()
}

fn wib() -> String {
    "WIB".to_owned()
}

fn midnight() -> String {
    "24:00".to_owned()
}

const fn line_bytes() -> usize {
    4_096
}

const fn tolerance() -> u32 {
    300
}
