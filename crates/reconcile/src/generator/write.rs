//! Lines as a profile's file.

use std::io::{self, Write};

use domain::{
    sale::SaleKey,
    time::{BusinessDate, DAY, Span},
};

use crate::{
    line::{Line, Status},
    profile::{Column, Edge, FileName, FileSaleKey, Layout, Moment, Profile, SumOf},
};

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The profile has no word for it.
    #[error("the profile has no word for {0}")]
    NoWord(Status),
    /// The writer failed.
    #[error(transparent)]
    Writer(#[from] io::Error),
}

/// Writes `lines` as the file called `name` would be, with its header and trailer; lines end with
/// CR LF. Columns that the profile does not map stay empty.
///
/// # Errors
/// See [`WriteError`].
pub fn write(
    profile: &Profile,
    name: FileName,
    lines: impl IntoIterator<Item = Line>,
    out: &mut impl Write,
) -> Result<(), WriteError> {
    let mut sheet = Sheet { profile, names: names(profile), cells: Vec::new() };
    let header = &profile.header;
    for number in 1..=header.lines + u64::from(header.mark.is_some()) {
        if number == header.lines && header.names {
            sheet.cells = sheet.names.iter().map(|name| Cell::Field(name.clone())).collect();
        } else if header.mark.is_some() {
            sheet.edge(header, name);
        } else {
            sheet.cells = vec![Cell::Field("-".to_owned())];
        }
        sheet.flush(out)?;
    }
    let (mut count, mut all, mut paid, mut reversed) = (0_u64, 0_i64, 0_i64, 0_i64);
    for line in lines {
        count += 1;
        all += line.amount.get();
        match line.status {
            Status::Paid => paid += line.amount.get(),
            Status::Reversed => reversed += line.amount.get(),
            Status::Suspect => {}
        }
        sheet.line(&line)?;
        sheet.flush(out)?;
    }
    if let Some(trailer) = &profile.trailer {
        sheet.edge(trailer, name);
        if let Some(column) = &trailer.count {
            sheet.set(column, count.to_string(), true);
        }
        if let Some((column, of)) = &trailer.sum {
            let sum = match of {
                SumOf::All => all,
                SumOf::Paid => paid,
                SumOf::Net => paid - reversed,
            };
            sheet.set(column, profile.amounts.write(sum), true);
        }
        sheet.flush(out)?;
    }
    out.flush()?;
    Ok(())
}

/// One line being put together.
struct Sheet<'p> {
    profile: &'p Profile,
    names: Vec<String>,
    cells: Vec<Cell>,
}

enum Cell {
    /// A field of a delimited line, in its order.
    Field(String),
    /// A piece of a line of fixed widths.
    Piece { from: usize, text: String },
}

/// The header's names, in the order in which the profile lists its columns.
fn names(profile: &Profile) -> Vec<String> {
    let columns = &profile.columns;
    let all = [
        columns.sale.as_ref(),
        Some(&columns.code),
        Some(&columns.amount),
        columns.fee.as_ref(),
        columns.date.as_ref(),
        columns.time.as_ref(),
        columns.outlet.as_ref(),
        columns.terminal.as_ref(),
        columns.status.as_ref(),
    ];
    let name = |column: &Column| match column {
        Column::Named(name) => Some(name.clone()),
        Column::Field(_) | Column::Span { .. } => None,
    };
    all.into_iter().flatten().filter_map(name).collect()
}

impl Sheet<'_> {
    fn set(&mut self, column: &Column, text: String, is_number: bool) {
        let place = match column {
            Column::Field(place) => *place,
            Column::Named(name) => {
                self.names.iter().position(|one| one == name).unwrap_or(self.names.len())
            }
            Column::Span { from, width } => {
                // Numbers stand at the right behind zeros, as programs write them.
                let pad = width.saturating_sub(text.chars().count());
                let zeros = if text.starts_with('-') { " " } else { "0" };
                let text =
                    if is_number { zeros.repeat(pad) + &text } else { text + &" ".repeat(pad) };
                self.cells.push(Cell::Piece { from: *from, text });
                return;
            }
        };
        while self.cells.len() <= place {
            self.cells.push(Cell::Field(String::new()));
        }
        if let Some(cell) = self.cells.get_mut(place) {
            *cell = Cell::Field(text);
        }
    }

    fn edge(&mut self, edge: &Edge, name: FileName) {
        if let Some((column, mark)) = &edge.mark {
            self.set(column, mark.clone(), false);
        }
        if let (Some(column), Some(form)) = (&edge.date, &self.profile.times.edge) {
            let moment = Moment { date: Some(name.business_date), ..Moment::default() };
            self.set(column, form.write(moment), false);
        }
        if let Some(column) = &edge.sequence {
            self.set(column, name.sequence.unwrap_or(0).to_string(), true);
        }
    }

    fn line(&mut self, line: &Line) -> Result<(), WriteError> {
        let (profile, columns) = (self.profile, &self.profile.columns);
        let is_negative = line.status == Status::Reversed && profile.amounts.negative_is_reversed;
        let amount = line.amount.get();
        let amount = profile.amounts.write(if is_negative { -amount } else { amount });
        self.set(&columns.code, line.code.to_string(), false);
        self.set(&columns.amount, amount, true);
        if let (Some(column), Some(fee)) = (&columns.fee, line.fee) {
            self.set(column, profile.amounts.write(fee.get()), true);
        }
        if let Some(column) = &columns.sale {
            let key = line.sale.as_ref().map(SaleKey::as_str).unwrap_or_default();
            let number = match profile.sale_key {
                FileSaleKey::OutletTerminalDateSale => key.rsplit('/').next().unwrap_or(key),
                FileSaleKey::Sale | FileSaleKey::None => key,
            };
            self.set(column, number.to_owned(), false);
        }
        let local = line.sold_at.unwrap_or_default().plus(profile.zone).millis();
        let date = i32::try_from(local.div_euclid(DAY.as_millis())).unwrap_or(0);
        let moment = Moment {
            date: Some(BusinessDate::from_days(date)),
            time: Some(Span::millis(local.rem_euclid(DAY.as_millis()))),
            offset: Some(profile.zone),
        };
        let times = [(&columns.date, &profile.times.date), (&columns.time, &profile.times.time)];
        for (column, form) in times {
            if let (Some(column), Some(form)) = (column, form) {
                self.set(column, form.write(moment), false);
            }
        }
        if let (Some(column), Some(outlet)) = (&columns.outlet, line.outlet) {
            self.set(column, outlet.to_string(), false);
        }
        if let (Some(column), Some(terminal)) = (&columns.terminal, line.terminal) {
            self.set(column, terminal.to_string(), false);
        }
        let words = &profile.status.words;
        let word = |status| words.iter().find(|(_, one)| *one == status).map(|(word, _)| word);
        match (&columns.status, word(line.status)) {
            (Some(column), Some(word)) => self.set(column, word.clone(), false),
            // The sign says it.
            (Some(column), None) if is_negative => {
                let paid = word(Status::Paid).cloned().unwrap_or_default();
                self.set(column, paid, false);
            }
            (None, _) if is_negative || line.status == profile.status.default => {}
            (Some(_) | None, _) => return Err(WriteError::NoWord(line.status)),
        }
        Ok(())
    }

    /// Writes the line and begins another.
    fn flush(&mut self, out: &mut impl Write) -> io::Result<()> {
        let mut text = String::new();
        match self.profile.layout {
            Layout::Delimited { delimiter, quote, .. } => {
                for (place, cell) in self.cells.iter().enumerate() {
                    if place > 0 {
                        text.push(char::from(delimiter));
                    }
                    if let Cell::Field(field) = cell {
                        push_field(&mut text, field, delimiter, quote);
                    }
                }
            }
            Layout::Fixed => {
                self.cells.sort_by_key(|cell| match cell {
                    Cell::Piece { from, .. } => *from,
                    Cell::Field(_) => 0,
                });
                for cell in &self.cells {
                    if let Cell::Piece { from, text: piece } = cell {
                        let gap = from.saturating_sub(text.chars().count());
                        text.push_str(&" ".repeat(gap));
                        text.push_str(piece);
                    }
                }
            }
        }
        self.cells.clear();
        text.push_str("\r\n");
        let encoding = self.profile.encoding;
        if encoding == encoding_rs::UTF_16LE {
            text.encode_utf16().try_for_each(|unit| out.write_all(&unit.to_le_bytes()))
        } else if encoding == encoding_rs::UTF_16BE {
            text.encode_utf16().try_for_each(|unit| out.write_all(&unit.to_be_bytes()))
        } else {
            out.write_all(&encoding.encode(&text).0)
        }
    }
}

fn push_field(text: &mut String, field: &str, delimiter: u8, quote: Option<u8>) {
    let Some(quote) = quote.map(char::from) else {
        text.push_str(field);
        return;
    };
    if field.contains([quote, char::from(delimiter), '\r', '\n']) {
        text.push(quote);
        text.push_str(&field.replace(quote, &format!("{quote}{quote}")));
        text.push(quote);
    } else {
        text.push_str(field);
    }
}
