//! Lines of retailers' files: each is written down in the commit that does what follows from it, so
//! that whatever is interrupted can be done again.

use domain::{
    event::Actor,
    ids::PaymentNo,
    money::Rupiah,
    payment::{Command, Decision, State},
};
use storage::{FileLineRow, LineState, Wanted};

use super::{
    batch::{Batch, Cause},
    counter::Booked,
};
use crate::{
    directory::Directory,
    request::{
        CounterRequest, LineAct, LinesPosted, LinesRequest, MatchLine, MatchRequest, Matching,
    },
};

/// Names the rows that lines touch.
pub(super) fn want(directory: &Directory, request: &LinesRequest, wanted: &mut Wanted) {
    for line in &request.lines {
        wanted.payments.extend(line.row.payment);
        wanted.books.matched.extend(line.row.payment);
        wanted.lines.sales.extend(line.row.sale);
        if let LineAct::Book { request, .. } = &line.act {
            wanted.codes.push(storage::CodeWanted {
                code: request.code,
                slot: directory.pools.slot(&request.code),
                inquired_by: None,
            });
            let keys = request.sale.iter();
            wanted.sales.extend(keys.map(|key| (request.partner, key.clone())));
            wanted.lines.days.push(line.row.day);
        }
    }
}

/// The cash that is to be booked.
pub(super) fn booked(request: &LinesRequest) -> impl Iterator<Item = &CounterRequest> {
    request.lines.iter().filter_map(|line| match &line.act {
        LineAct::Book { request, .. } => Some(request.as_ref()),
        LineAct::Note | LineAct::Match { .. } => None,
    })
}

impl Batch<'_> {
    /// Posts lines of a file.
    pub(super) fn post_lines(&mut self, request: &LinesRequest) -> LinesPosted {
        let mut posted = LinesPosted::default();
        for line in &request.lines {
            let mut row = FileLineRow { file: request.file, ..line.row.clone() };
            match &line.act {
                LineAct::Note => {}
                LineAct::Match { commission } => match self.match_row(request, &row, *commission) {
                    Some(Matching::Matched) => posted.matched += 1,
                    Some(Matching::Already) => {}
                    Some(Matching::NotFinal) => {
                        posted.not_final += 1;
                        continue;
                    }
                    // It was reversed between the look at it and now.
                    Some(Matching::NotPaid | Matching::Unknown) | None => {
                        row.state = LineState::Open;
                    }
                },
                LineAct::Book { request: advice, alias, commission } => {
                    self.book_row(request, &mut row, advice, *alias, *commission, &mut posted);
                }
            }
            posted.lines += 1;
            self.put_line(row);
        }
        posted
    }

    fn book_row(
        &mut self,
        request: &LinesRequest,
        row: &mut FileLineRow,
        advice: &CounterRequest,
        alias: Option<domain::time::Span>,
        commission: Option<Rupiah>,
        posted: &mut LinesPosted,
    ) {
        match self.book_from_file(advice, row.day.1, alias) {
            Booked::Paid(sale, payment) => {
                posted.paid += 1;
                (row.sale, row.payment) = (Some(sale), Some(payment));
                let due = self.payment(payment).map(|row| row.payment.fee.split.retailer);
                let commission = commission.or(due).unwrap_or(Rupiah::ZERO);
                if self.match_row(request, row, commission) == Some(Matching::Matched) {
                    posted.matched += 1;
                } else {
                    // Without a payment, the line is looked at again when a till's time is over.
                    row.payment = None;
                }
            }
            Booked::Unapplied(sale) => {
                posted.unapplied += 1;
                row.sale = Some(sale);
            }
            Booked::Before(sale, payment) => (row.sale, row.payment) = (Some(sale), payment),
            Booked::Not(why) => {
                posted.stuck += 1;
                row.state = LineState::Open;
                row.why = Some(why.to_owned());
            }
        }
    }

    /// Matches the payment of a line. Where no till can take it back any more and the household has
    /// not said so yet, it is said here.
    fn match_row(
        &mut self,
        request: &LinesRequest,
        row: &FileLineRow,
        commission: Rupiah,
    ) -> Option<Matching> {
        let (payment, line) = (row.payment?, row.line?);
        self.finalize_due(payment, request);
        let lines = vec![MatchLine { payment, line, commission }];
        let matching = MatchRequest { file: request.file, lines, at: request.at };
        self.match_payments(&matching).first().copied()
    }

    fn finalize_due(&mut self, no: PaymentNo, request: &LinesRequest) {
        let Some(row) = self.payment(no) else { return };
        let State::Paid(taking) = row.payment.state else { return };
        let decision = self.decide_on(&row.payment, Command::Finalize, request.at);
        if let (false, Ok(Decision::Change(change))) = (taking.is_final, decision) {
            let cause = Cause { actor: Actor::Sweep, reason: None, sale: None, at: request.at };
            self.apply(no, &change, &cause);
        }
    }

    fn put_line(&mut self, mut row: FileLineRow) {
        if row.no == 0 {
            self.tail.sequences.file_line += 1;
            row.no = self.tail.sequences.file_line;
        }
        if let (Some(sale), Some(_)) = (row.sale, row.line) {
            self.writes.lines.mentioned.push((sale, row.posted_at));
        }
        self.writes.lines.lines.push(row);
    }
}
