//! The fields of a record become a [`Line`].

use std::str;

use domain::{
    code::PaymentCode,
    money::Rupiah,
    sale::SaleKey,
    time::{BusinessDate, DAY, Timestamp},
};

use super::{
    error::{Fault, FileError, Shown, at, within},
    record::Record,
};
use crate::{
    line::{Line, Status, Word},
    profile::{Amounts, Column, FileSaleKey, Layout, Moment, Name, Pattern, Profile},
};

/// Where in a record something stands, its name in the header resolved.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Field(usize),
    Span { from: usize, width: usize },
}

/// Where in this file everything stands.
#[derive(Debug)]
pub(super) struct Fields {
    /// The names of the header, in their order.
    names: Vec<String>,
    places: Option<Places>,
}

#[derive(Debug, Clone, Copy)]
struct Places {
    sale: Option<Place>,
    code: Place,
    amount: Place,
    fee: Option<Place>,
    date: Option<Place>,
    time: Option<Place>,
    outlet: Option<Place>,
    terminal: Option<Place>,
    status: Option<Place>,
}

impl Fields {
    pub(super) fn new(profile: &Profile) -> Self {
        let mut fields = Self { names: Vec::new(), places: None };
        // Without a header's names this cannot fail; with them it is done again when they are read.
        fields.places = fields.resolve(profile, 0).ok();
        fields
    }

    /// Takes the header's names.
    pub(super) fn name(&mut self, profile: &Profile, record: &Record) -> Result<(), FileError> {
        let text = |field| String::from_utf8_lossy(field).trim().to_owned();
        self.names = record.fields().map(text).collect();
        self.places = Some(self.resolve(profile, record.line)?);
        Ok(())
    }

    fn resolve(&self, profile: &Profile, line: u64) -> Result<Places, FileError> {
        let columns = &profile.columns;
        let place = |column: &Column| self.place(column, line);
        let optional = |column: &Option<Column>| column.as_ref().map(place).transpose();
        Ok(Places {
            sale: optional(&columns.sale)?,
            code: place(&columns.code)?,
            amount: place(&columns.amount)?,
            fee: optional(&columns.fee)?,
            date: optional(&columns.date)?,
            time: optional(&columns.time)?,
            outlet: optional(&columns.outlet)?,
            terminal: optional(&columns.terminal)?,
            status: optional(&columns.status)?,
        })
    }

    pub(super) fn place(&self, column: &Column, line: u64) -> Result<Place, FileError> {
        match column {
            Column::Field(number) => Ok(Place::Field(*number)),
            Column::Span { from, width } => Ok(Place::Span { from: *from, width: *width }),
            Column::Named(name) => match self.names.iter().position(|known| known == name) {
                Some(number) => Ok(Place::Field(number)),
                None => Err(at(line, Fault::NoColumn(Shown::new(name)))),
            },
        }
    }

    /// Reads a sale.
    pub(super) fn line(
        &self,
        profile: &Profile,
        name: Name,
        file: u16,
        record: &Record,
    ) -> Result<Line, FileError> {
        let number = record.line;
        let Some(places) = &self.places else { return Err(at(number, Fault::NoHeader)) };
        if let Layout::Delimited { fields: Some(fields), .. } = profile.layout
            && fields != record.fields().count()
        {
            return Err(at(number, Fault::Fields(record.fields().count(), fields)));
        }
        let get = |column, place| required(record, column, place);
        let maybe = |column, place: Option<Place>| {
            place
                .map(|place| get(column, place))
                .transpose()
                .map(|text| text.filter(|t| !t.is_empty()))
        };
        let code = get("code", places.code)?;
        let code = PaymentCode::new(code)
            .map_err(|_| within(number, "code", Fault::Code(Shown::new(code))))?;
        let (amount, negative) =
            read_amount(&profile.amounts, number, "amount", get("amount", places.amount)?)?;
        let fee = match maybe("fee", places.fee)? {
            Some(text) => Some(read_amount(&profile.amounts, number, "fee", text)?.0),
            None => None,
        };
        let status = match places.status {
            Some(place) => read_status(profile, number, get("status", place)?)?,
            None => profile.status.default,
        };
        let word = |column, place| {
            maybe(column, place)?.map(|text| read_word(number, column, text)).transpose()
        };
        let outlet = word("outlet", places.outlet)?;
        let terminal = word("terminal", places.terminal)?;
        let date =
            moment(number, "date", profile.times.date.as_ref(), maybe("date", places.date)?)?;
        let time =
            moment(number, "time", profile.times.time.as_ref(), maybe("time", places.time)?)?;
        let sold_at = instant(profile, name.business_date, date, time);
        let business_date =
            sold_at.map_or(name.business_date, |(at, exact)| day_of(profile, at, exact));
        let sale = match places.sale {
            Some(place) => {
                let text = get("sale", place)?;
                let of = SaleOf { outlet, terminal, business_date };
                Some(read_sale(profile.sale_key, number, text, &of)?)
            }
            None => None,
        };
        Ok(Line {
            file,
            number,
            sale: sale.flatten(),
            code,
            amount,
            fee,
            sold_at: sold_at.map(|(at, _)| at),
            business_date,
            outlet,
            terminal,
            status: if negative && status == Status::Paid { Status::Reversed } else { status },
        })
    }
}

/// What stands there, without blanks around it.
pub(super) fn required<'r>(
    record: &'r Record,
    column: &'static str,
    place: Place,
) -> Result<&'r str, FileError> {
    let text = match place {
        Place::Field(number) => {
            let field =
                record.field(number).ok_or_else(|| within(record.line, column, Fault::Missing))?;
            str::from_utf8(field).ok()
        }
        Place::Span { from, width } => {
            let whole = record.whole();
            if whole.is_ascii() {
                let from_there = whole.get(from..).filter(|rest| !rest.is_empty());
                let rest = from_there.ok_or_else(|| within(record.line, column, Fault::Missing))?;
                str::from_utf8(&rest[..rest.len().min(width)]).ok()
            } else {
                // Widths count characters.
                str::from_utf8(whole).ok().map(|whole| {
                    let mut starts = whole.char_indices().map(|(at, _)| at).chain([whole.len()]);
                    let from = starts.nth(from).unwrap_or(whole.len());
                    let to = starts.nth(width - 1).unwrap_or(whole.len());
                    &whole[from..to]
                })
            }
        }
    };
    match text {
        Some(text) if !text.contains('\u{FFFD}') => Ok(text.trim_matches([' ', '\t'])),
        Some(_) | None => Err(within(record.line, column, Fault::NotText)),
    }
}

pub(super) fn read_amount(
    amounts: &Amounts,
    line: u64,
    column: &'static str,
    text: &str,
) -> Result<(Rupiah, bool), FileError> {
    amounts
        .read(text)
        .map_err(|reason| within(line, column, Fault::Amount(Shown::new(text), reason)))
}

fn read_status(profile: &Profile, line: u64, text: &str) -> Result<Status, FileError> {
    let found = profile.status.words.iter().find(|(word, _)| word == text);
    let unknown = || within(line, "status", Fault::Status(Shown::new(text)));
    found.map(|(_, status)| *status).ok_or_else(unknown)
}

fn read_word(line: u64, column: &'static str, text: &str) -> Result<Word, FileError> {
    let visible = text.bytes().all(|b| (b' '..=b'~').contains(&b));
    let word = Word::from(text).ok().filter(|_| visible);
    word.ok_or_else(|| within(line, column, Fault::Word(Shown::new(text))))
}

fn moment(
    line: u64,
    column: &'static str,
    form: Option<&Pattern>,
    text: Option<&str>,
) -> Result<Option<Moment>, FileError> {
    let (Some(form), Some(text)) = (form, text) else { return Ok(None) };
    let read = form.read(text);
    read.map(Some).ok_or_else(|| within(line, column, Fault::Time(Shown::new(text))))
}

/// When the sale was, and whether its time of day is known.
fn instant(
    profile: &Profile,
    file_date: BusinessDate,
    date: Option<Moment>,
    time: Option<Moment>,
) -> Option<(Timestamp, bool)> {
    let both = || [date, time].into_iter().flatten();
    let day = both().find_map(|moment| moment.date);
    let clock = both().find_map(|moment| moment.time);
    if day.is_none() && clock.is_none() {
        return None;
    }
    // A time without a day is of the file's day, or, after the cut-off, of the evening before it.
    let offset = both().find_map(|moment| moment.offset).unwrap_or(profile.zone);
    let local = |day: BusinessDate| {
        let midnight = i64::from(day.days()) * DAY.as_millis();
        Timestamp::from_millis(
            midnight + clock.unwrap_or_default().as_millis() - offset.as_millis(),
        )
    };
    let at = match day {
        Some(day) => local(day),
        None if profile.business_date(local(file_date)) == file_date => local(file_date),
        None => local(file_date.before()),
    };
    Some((at, clock.is_some()))
}

/// On which business date; a day without a time is meant as the business date.
fn day_of(profile: &Profile, at: Timestamp, exact: bool) -> BusinessDate {
    if exact {
        profile.business_date(at)
    } else {
        let local = at.plus(profile.zone).millis().div_euclid(DAY.as_millis());
        BusinessDate::from_days(i32::try_from(local).unwrap_or(i32::MAX))
    }
}

/// What a number of a sale is unique within.
struct SaleOf {
    outlet: Option<Word>,
    terminal: Option<Word>,
    business_date: BusinessDate,
}

/// The key under which the counter's messages name the same sale (rule 1); `domain::sale` builds it
/// there, and a test holds both together.
fn read_sale(
    form: FileSaleKey,
    line: u64,
    text: &str,
    of: &SaleOf,
) -> Result<Option<SaleKey>, FileError> {
    let wrong = |text: &str| within(line, "sale", Fault::Sale(Shown::new(text)));
    if !(1..=64).contains(&text.len()) {
        return Err(wrong(text));
    }
    let key = match form {
        FileSaleKey::None => return Ok(None),
        FileSaleKey::Sale => SaleKey::new(text),
        FileSaleKey::OutletTerminalDateSale => {
            let missing = |column| within(line, column, Fault::Missing);
            let outlet = of.outlet.ok_or_else(|| missing("outlet"))?;
            let terminal = of.terminal.ok_or_else(|| missing("terminal"))?;
            SaleKey::new(format!("{outlet}/{terminal}/{}/{text}", of.business_date))
        }
    };
    key.map(Some).map_err(|_| wrong(text))
}
