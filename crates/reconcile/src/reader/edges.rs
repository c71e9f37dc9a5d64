//! What a file says about itself, in its header, its trailer and its name (rule 32).

use super::{
    error::{Disagreement, Fault, FileError, Shown, at, within},
    fields::{Fields, required},
    record::Record,
};
use crate::{
    line::{Line, Status},
    profile::{Column, Edge, Name, Profile, SumOf},
};

/// What was read so far.
#[derive(Debug, Default)]
pub(super) struct Edges {
    lines: u64,
    all: i64,
    paid: i64,
    reversed: i64,
}

impl Edges {
    /// Counts a line; none: it could not be read, and counts as a line.
    pub(super) fn count(&mut self, line: Option<&Line>) {
        self.lines += 1;
        let Some(line) = line else { return };
        let amount = line.amount.get();
        self.all = self.all.saturating_add(amount);
        match line.status {
            Status::Paid => self.paid = self.paid.saturating_add(amount),
            Status::Reversed => self.reversed = self.reversed.saturating_add(amount),
            Status::Suspect => {}
        }
    }

    /// Takes the header's last line.
    pub(super) fn header(
        profile: &Profile,
        name: Name,
        fields: &mut Fields,
        record: &Record,
    ) -> Result<(), FileError> {
        let header = &profile.header;
        if header.mark.is_some() && !is_marked(header, fields, record) {
            return Err(at(record.line, Fault::NoHeader));
        }
        if header.names {
            fields.name(profile, record)?;
        }
        name_agrees(profile, header, name, fields, record)
    }

    pub(super) fn is_trailer(profile: &Profile, fields: &Fields, record: &Record) -> bool {
        profile.trailer.as_ref().is_some_and(|trailer| is_marked(trailer, fields, record))
    }

    /// Holds what was read against the trailer.
    pub(super) fn trailer(
        &self,
        profile: &Profile,
        name: Name,
        fields: &Fields,
        record: &Record,
    ) -> Result<(), FileError> {
        let Some(trailer) = &profile.trailer else { return Ok(()) };
        let line = record.line;
        name_agrees(profile, trailer, name, fields, record)?;
        if let Some(column) = &trailer.count {
            let says = number(fields, record, "trailer.count", column)?;
            if says != self.lines {
                let fault = Fault::Disagrees(Disagreement::Count { says, read: self.lines });
                return Err(within(line, "trailer.count", fault));
            }
        }
        if let Some((column, of)) = &trailer.sum {
            let text = required(record, "trailer.sum", fields.place(column, line)?)?;
            let says = profile.amounts.read_sum(text).map_err(|reason| {
                within(line, "trailer.sum", Fault::Amount(Shown::new(text), reason))
            })?;
            let read = match of {
                SumOf::All => self.all,
                SumOf::Paid => self.paid,
                SumOf::Net => self.paid.saturating_sub(self.reversed),
            };
            if says != read {
                let fault = Fault::Disagrees(Disagreement::Sum { says, read });
                return Err(within(line, "trailer.sum", fault));
            }
        }
        Ok(())
    }
}

fn is_marked(edge: &Edge, fields: &Fields, record: &Record) -> bool {
    edge.mark.as_ref().is_some_and(|(column, mark)| {
        let place = fields.place(column, record.line);
        place.and_then(|place| required(record, "mark", place)).is_ok_and(|text| text == mark)
    })
}

/// Day and sequence number are those of the name.
fn name_agrees(
    profile: &Profile,
    edge: &Edge,
    name: Name,
    fields: &Fields,
    record: &Record,
) -> Result<(), FileError> {
    let line = record.line;
    if let (Some(column), Some(form)) = (&edge.date, &profile.times.edge) {
        let text = required(record, "date", fields.place(column, line)?)?;
        let says = form.read(text).and_then(|moment| moment.date);
        let says = says.ok_or_else(|| within(line, "date", Fault::Time(Shown::new(text))))?;
        if says != name.business_date {
            let fault = Disagreement::Date { says, name: name.business_date };
            return Err(within(line, "date", Fault::Disagrees(fault)));
        }
    }
    if let Some(column) = &edge.sequence {
        let says = u32::try_from(number(fields, record, "sequence", column)?).unwrap_or(u32::MAX);
        // A name without a number leaves nothing to compare.
        if let Some(name) = name.sequence.filter(|name| *name != says) {
            let fault = Fault::Disagrees(Disagreement::Sequence { says, name });
            return Err(within(line, "sequence", fault));
        }
    }
    Ok(())
}

fn number(
    fields: &Fields,
    record: &Record,
    name: &'static str,
    column: &Column,
) -> Result<u64, FileError> {
    let text = required(record, name, fields.place(column, record.line)?)?;
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| within(record.line, name, Fault::Number(Shown::new(text))))
}
