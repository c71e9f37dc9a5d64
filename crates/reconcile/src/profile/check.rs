//! From what configuration says to what it means. An error names the key that is wrong.

use domain::{
    retailer::RetailerKey,
    time::{DAY, Span},
};

use super::{
    Column, Columns, Edge, FileSaleKey, Layout, Profile, StatusWords, SumOf, Times,
    amount::{Amounts, Form},
    name::NamePattern,
    pattern::{self, Pattern},
    text::{AmountsText, ColumnText, ColumnsText, EdgeText, LayoutText, ProfileText, StatusText},
};
use crate::line::Status;

/// What is wrong with a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {reason}")]
pub struct ProfileError {
    /// The key below the profile's own: `columns.amount`.
    pub key: String,
    /// What is wrong, as half a sentence.
    pub reason: String,
}

type Checked<T> = Result<T, ProfileError>;

fn wrong<T>(key: &str, reason: impl Into<String>) -> Checked<T> {
    Err(ProfileError { key: key.to_owned(), reason: reason.into() })
}

fn at<T>(key: &str, value: Result<T, impl Into<String>>) -> Checked<T> {
    value.or_else(|reason| wrong(key, reason))
}

impl Profile {
    /// The profile that `text` describes.
    ///
    /// # Errors
    /// The first key that is wrong.
    pub fn check(text: &ProfileText) -> Checked<Self> {
        let retailer = RetailerKey::new(&text.retailer).map_err(|error| error.to_string());
        if text.name_days_after > 7 {
            return wrong("name_days_after", "must be 0 to 7");
        }
        if text.due_days_after > 31 {
            return wrong("due_days_after", "must be 0 to 31");
        }
        if !(64..=65_536).contains(&text.line_bytes_max) {
            return wrong("line_bytes_max", "must be 64 to 65536");
        }
        if text.tolerance_seconds > 86_400 {
            return wrong("tolerance_seconds", "must be at most 86400, a day");
        }
        let layout = layout(&text.layout)?;
        let header = match &text.header {
            Some(edge) => header(edge, layout)?,
            None => Edge::default(),
        };
        let places = Places { layout, named: header.names };
        let trailer = text.trailer.as_ref().map(|edge| trailer(edge, places)).transpose()?;
        let profile = Self {
            retailer: at("retailer", retailer)?,
            name: at("name", NamePattern::new(&text.name, text.name_days_after))?,
            due: due(text)?,
            encoding: encoding(&text.encoding)?,
            zone: at(
                "zone",
                pattern::zone(&text.zone).ok_or("must be `+07:00`, or WIB, WITA, WIT, UTC"),
            )?,
            cutoff: time_of_day("business_day_cutoff", &text.business_day_cutoff)?,
            line_bytes_max: text.line_bytes_max,
            sale_key: sale_key(&text.sale_key)?,
            tolerance: Span::seconds(i64::from(text.tolerance_seconds)),
            layout,
            columns: columns(&text.columns, places)?,
            amounts: amounts(&text.amounts)?,
            times: Times {
                date: form("times.date", text.times.date.as_deref())?,
                time: form("times.time", text.times.time.as_deref())?,
                edge: form("times.edge", text.times.edge.as_deref())?,
            },
            status: status(&text.status, text.columns.status.is_some())?,
            header,
            trailer,
        };
        profile.agree()
    }

    /// What only shows when all parts are there.
    fn agree(self) -> Checked<Self> {
        let (columns, times) = (&self.columns, &self.times);
        for (key, column, form) in
            [("times.date", &columns.date, &times.date), ("times.time", &columns.time, &times.time)]
        {
            if column.is_some() != form.is_some() {
                return wrong(key, "is needed with its column, and only with it");
            }
        }
        let forms = || [&times.date, &times.time].into_iter().flatten();
        let dates = forms().filter(|form| form.has_date()).count();
        let clocks = forms().filter(|form| form.has_time()).count();
        if dates > 1 || clocks > 1 {
            return wrong("times", "a line's day and its time stand in one column each");
        }
        let edges = [Some(&self.header), self.trailer.as_ref()];
        let dated = edges.into_iter().flatten().any(|edge| edge.date.is_some());
        if dated != times.edge.is_some() {
            return wrong("times.edge", "is needed with the header's or trailer's `date`");
        }
        if times.edge.as_ref().is_some_and(|form| !form.has_date()) {
            return wrong("times.edge", "has no day");
        }
        let needed: &[(&str, bool)] = match self.sale_key {
            FileSaleKey::Sale => &[("columns.sale", columns.sale.is_some())],
            FileSaleKey::OutletTerminalDateSale => &[
                ("columns.sale", columns.sale.is_some()),
                ("columns.outlet", columns.outlet.is_some()),
                ("columns.terminal", columns.terminal.is_some()),
            ],
            FileSaleKey::None => &[("columns.time", clocks == 1)],
        };
        match needed.iter().find(|(_, there)| !there) {
            Some((key, _)) => wrong(key, "is needed by this `sale_key`"),
            None => Ok(self),
        }
    }
}

fn due(text: &ProfileText) -> Checked<Option<(u8, Span)>> {
    let time = text.due.as_deref().map(|due| time_of_day("due", due)).transpose()?;
    Ok(time.map(|time| (text.due_days_after, time)))
}

fn time_of_day(key: &str, text: &str) -> Checked<Span> {
    let span = pattern::time_of_day(text).filter(|span| *span <= DAY);
    at(key, span.ok_or("must be a time of day from 00:00 to 24:00"))
}

fn encoding(text: &str) -> Checked<&'static encoding_rs::Encoding> {
    match text {
        "utf-8" => Ok(encoding_rs::UTF_8),
        // As on the web, Latin-1 is read as the superset that everybody means.
        "windows-1252" | "latin-1" => Ok(encoding_rs::WINDOWS_1252),
        "utf-16le" => Ok(encoding_rs::UTF_16LE),
        "utf-16be" => Ok(encoding_rs::UTF_16BE),
        _ => wrong("encoding", "must be utf-8, windows-1252, latin-1, utf-16le or utf-16be"),
    }
}

fn sale_key(text: &str) -> Checked<FileSaleKey> {
    match text {
        "sale" => Ok(FileSaleKey::Sale),
        "outlet_terminal_date_sale" => Ok(FileSaleKey::OutletTerminalDateSale),
        "none" => Ok(FileSaleKey::None),
        _ => wrong("sale_key", "must be sale, outlet_terminal_date_sale or none"),
    }
}

fn one_ascii(key: &str, text: &str) -> Checked<u8> {
    match text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\r' | b'\n' | 0) => Ok(*byte),
        _ => wrong(key, "must be one ASCII character"),
    }
}

fn layout(text: &LayoutText) -> Checked<Layout> {
    let quote = text.quote.as_deref().map(|quote| one_ascii("layout.quote", quote)).transpose()?;
    match &text.delimiter {
        Some(delimiter) => {
            let delimiter = one_ascii("layout.delimiter", delimiter)?;
            if quote == Some(delimiter) {
                return wrong("layout.quote", "must differ from the delimiter");
            }
            if text.fields.is_some_and(|fields| !(1..=10_000).contains(&fields)) {
                return wrong("layout.fields", "must be 1 to 10000");
            }
            Ok(Layout::Delimited { delimiter, quote, fields: text.fields })
        }
        None if quote.is_some() => wrong("layout.quote", "needs a delimiter"),
        None if text.fields.is_some() => wrong("layout.fields", "needs a delimiter"),
        None => Ok(Layout::Fixed),
    }
}

/// How columns may be named in this file.
#[derive(Clone, Copy)]
struct Places {
    layout: Layout,
    named: bool,
}

impl Places {
    fn column(self, key: &str, text: &ColumnText) -> Checked<Column> {
        let from_one = |number: u64| {
            let zero_based = number.checked_sub(1).filter(|number| *number < 10_000);
            at(key, zero_based.and_then(|n| usize::try_from(n).ok()).ok_or("must be 1 to 10000"))
        };
        match (text, self.layout) {
            (ColumnText::Number(number), Layout::Delimited { .. }) => {
                from_one(*number).map(Column::Field)
            }
            (ColumnText::Name(name), Layout::Delimited { .. }) if self.named => {
                Ok(Column::Named(name.clone()))
            }
            (ColumnText::Name(_), Layout::Delimited { .. }) => {
                wrong(key, "is a name, and `header.names` does not say that the header has names")
            }
            (ColumnText::Span { .. }, Layout::Delimited { .. }) => {
                wrong(key, "must be a number or a name, as lines have a delimiter")
            }
            (ColumnText::Span { from, width }, Layout::Fixed) => {
                Ok(Column::Span { from: from_one(*from)?, width: from_one(*width)? + 1 })
            }
            (ColumnText::Number(_) | ColumnText::Name(_), Layout::Fixed) => {
                wrong(key, "must say `from` and `width`, as columns have fixed widths")
            }
        }
    }

    fn optional(self, key: &str, text: Option<&ColumnText>) -> Checked<Option<Column>> {
        text.map(|text| self.column(key, text)).transpose()
    }

    fn required(self, key: &str, text: Option<&ColumnText>) -> Checked<Column> {
        match text {
            Some(text) => self.column(key, text),
            None => wrong(key, "is missing"),
        }
    }
}

fn header(text: &EdgeText, layout: Layout) -> Checked<Edge> {
    let lines = text.lines.unwrap_or(0);
    if lines > 100 {
        return wrong("header.lines", "must be at most 100");
    }
    if (lines == 0) == text.mark.is_none() {
        return wrong("header", "is told by `lines` or by `mark`, one of them");
    }
    if text.names && (layout == Layout::Fixed || lines == 0) {
        return wrong("header.names", "needs a delimiter, and `lines`");
    }
    if text.count.is_some() || text.sum.is_some() || text.sum_of.is_some() {
        return wrong("header", "`count` and `sum` belong to the trailer");
    }
    // What a header says of the file cannot be under a name that the header gives.
    Ok(Edge { lines, names: text.names, ..edge("header", text, Places { layout, named: false })? })
}

fn trailer(text: &EdgeText, places: Places) -> Checked<Edge> {
    if text.lines.is_some() || text.names {
        return wrong("trailer", "`lines` and `names` belong to the header");
    }
    if text.mark.is_none() {
        return wrong("trailer.mark", "is missing");
    }
    let sum = places.optional("trailer.sum", text.sum.as_ref())?;
    let sum_of = match text.sum_of.as_deref() {
        None | Some("all") => SumOf::All,
        Some("paid") => SumOf::Paid,
        Some("net") => SumOf::Net,
        Some(_) => return wrong("trailer.sum_of", "must be all, paid or net"),
    };
    Ok(Edge {
        count: places.optional("trailer.count", text.count.as_ref())?,
        sum: sum.map(|sum| (sum, sum_of)),
        ..edge("trailer", text, places)?
    })
}

fn edge(key: &str, text: &EdgeText, places: Places) -> Checked<Edge> {
    let under = |name: &str| format!("{key}.{name}");
    let mark = match &text.mark {
        Some(mark) if mark.is_empty() => return wrong(&under("mark"), "is empty"),
        Some(mark) => {
            let column = match (&text.mark_column, places.layout) {
                (Some(column), _) => places.column(&under("mark_column"), column)?,
                (None, Layout::Delimited { .. }) => Column::Field(0),
                (None, Layout::Fixed) => Column::Span { from: 0, width: mark.chars().count() },
            };
            Some((column, mark.clone()))
        }
        None => None,
    };
    Ok(Edge {
        mark,
        date: places.optional(&under("date"), text.date.as_ref())?,
        sequence: places.optional(&under("sequence"), text.sequence.as_ref())?,
        ..Edge::default()
    })
}

fn columns(text: &ColumnsText, places: Places) -> Checked<Columns> {
    Ok(Columns {
        sale: places.optional("columns.sale", text.sale.as_ref())?,
        code: places.required("columns.code", text.code.as_ref())?,
        amount: places.required("columns.amount", text.amount.as_ref())?,
        fee: places.optional("columns.fee", text.fee.as_ref())?,
        date: places.optional("columns.date", text.date.as_ref())?,
        time: places.optional("columns.time", text.time.as_ref())?,
        outlet: places.optional("columns.outlet", text.outlet.as_ref())?,
        terminal: places.optional("columns.terminal", text.terminal.as_ref())?,
        status: places.optional("columns.status", text.status.as_ref())?,
    })
}

fn amounts(text: &AmountsText) -> Checked<Amounts> {
    let form = match text.form.as_deref() {
        None | Some("rupiah") => Form::Rupiah,
        Some("decimals") => Form::Decimals,
        Some("minor") => Form::Minor,
        Some(_) => return wrong("amounts.form", "must be rupiah, decimals or minor"),
    };
    let decimal = match text.decimal.as_deref() {
        None | Some(".") => b'.',
        Some(",") => b',',
        Some(_) => return wrong("amounts.decimal", "must be `.` or `,`"),
    };
    let thousands = match text.thousands.as_deref() {
        None => None,
        Some("." | "," | " " | "'") => text.thousands.as_ref().and_then(|mark| mark.bytes().next()),
        Some(_) => return wrong("amounts.thousands", "must be `.`, `,`, a blank or `'`"),
    };
    if form == Form::Decimals && thousands == Some(decimal) {
        return wrong("amounts.thousands", "must differ from `amounts.decimal`");
    }
    if form == Form::Minor && thousands.is_some() {
        return wrong("amounts.thousands", "means nothing where amounts are in hundredths");
    }
    let negative_is_reversed = match text.negative.as_deref() {
        None | Some("refused") => false,
        Some("reversed") => true,
        Some(_) => return wrong("amounts.negative", "must be refused or reversed"),
    };
    Ok(Amounts { form, thousands, decimal, prefix: text.prefix.clone(), negative_is_reversed })
}

fn form(key: &str, text: Option<&str>) -> Checked<Option<Pattern>> {
    text.map(|text| at(key, Pattern::new(text))).transpose()
}

fn status(text: &StatusText, has_column: bool) -> Checked<StatusWords> {
    let default = match text.default.as_deref() {
        None | Some("paid") => Status::Paid,
        Some("suspect") => Status::Suspect,
        Some(_) => return wrong("status.default", "must be paid or suspect"),
    };
    let lists = [
        (&text.paid, Status::Paid),
        (&text.reversed, Status::Reversed),
        (&text.suspect, Status::Suspect),
    ];
    let words: Vec<(String, Status)> = lists
        .into_iter()
        .flat_map(|(words, status)| words.iter().map(move |word| (word.clone(), status)))
        .collect();
    if has_column && text.paid.is_empty() && text.suspect.is_empty() {
        return wrong("status.paid", "is needed with a status column");
    }
    if !has_column && !words.is_empty() {
        return wrong("columns.status", "is needed where `status` lists words");
    }
    for (place, (word, _)) in words.iter().enumerate() {
        if words.iter().take(place).any(|(other, _)| other == word) {
            return wrong("status", format!("`{word}` is listed twice"));
        }
    }
    Ok(StatusWords { default, words })
}
