//! Lines of retailers' files: each is written down in the commit that does what follows from it, so
//! that whatever is interrupted can be done again.

use domain::{
    event::Actor,
    ids::PaymentNo,
    money::Rupiah,
    outcome::Outcome,
    payment::{Command, Decision, Payment, State},
    time::Timestamp,
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

/// What a line is called that no file has: its sale is only ours.
const OURS_ONLY: &str = Outcome::OursOnly.name();

/// Names the rows that lines touch.
pub(super) fn want(directory: &Directory, request: &LinesRequest, wanted: &mut Wanted) {
    for line in &request.lines {
        wanted.payments.extend(line.row.payment);
        wanted.books.matched.extend(line.row.payment);
        wanted.lines.sales.extend(line.row.sale);
        wanted.lines.said_of_sales.extend(line.row.sale);
        if line.row.no != 0 {
            wanted.lines.said_of_lines.push(line.row.no);
        }
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
        LineAct::Note | LineAct::Unmatch | LineAct::Match { .. } => None,
    })
}

impl Batch<'_> {
    /// Posts lines of a file.
    pub(super) fn post_lines(&mut self, request: &LinesRequest) -> LinesPosted {
        let mut posted = LinesPosted::default();
        for line in &request.lines {
            let mut row = FileLineRow { file: request.file, ..line.row.clone() };
            self.undo_said_of(&row, request.at);
            match &line.act {
                LineAct::Note => {}
                LineAct::Unmatch => self.unmatch_row(&mut row, &mut posted),
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

    fn unmatch_row(&mut self, row: &mut FileLineRow, posted: &mut LinesPosted) {
        let Some(payment) = row.payment else { return };
        let was_matched = self.loaded.books.matched.contains_key(&payment);
        if self.unmatch(payment) {
            posted.unmatched += u64::from(was_matched);
        } else {
            row.why = Some("its merchant has the money already".to_owned());
        }
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
        self.finalize_due(payment, request.at);
        let lines = vec![MatchLine { payment, line: Some(line), commission }];
        let matching = MatchRequest { file: request.file, lines, at: request.at };
        self.match_payments(&matching).first().copied()
    }

    /// Says of a paid payment that it is final, where no till can take it back any more.
    pub(super) fn finalize_due(&mut self, no: PaymentNo, at: Timestamp) {
        let Some(row) = self.payment(no) else { return };
        let State::Paid(taking) = row.payment.state else { return };
        let decision = self.decide_on(&row.payment, Command::Finalize, at);
        if let (false, Ok(Decision::Change(change))) = (taking.is_final, decision) {
            let cause = Cause { actor: Actor::Sweep, reason: None, sale: None, at };
            self.apply(no, &change, &cause);
        }
    }

    /// Whether no till can take a payment back by now, though the household has not said so yet.
    pub(super) fn is_final_by(&self, payment: &Payment, at: Timestamp) -> bool {
        match payment.state {
            State::Settled(_) => true,
            State::Paid(_) => {
                matches!(self.decide_on(payment, Command::Finalize, at), Ok(Decision::Change(_)))
            }
            State::Opening
            | State::Pending
            | State::Reserved(_)
            | State::Reversed(..)
            | State::ClawedBack(..)
            | State::Cancelled(_)
            | State::Expired(..) => false,
        }
    }

    fn put_line(&mut self, mut row: FileLineRow) {
        if row.no == 0 {
            self.tail.sequences.file_line += 1;
            row.no = self.tail.sequences.file_line;
        }
        if let (Some(sale), Some(_)) = (row.sale, row.line) {
            self.writes.lines.mentioned.push((sale, row.posted_at));
            // What waited for it does not any more, for whoever closes it in this batch.
            for line in self.loaded.lines.values_mut() {
                let is_open = line.state == LineState::Open && line.outcome == OURS_ONLY;
                if is_open && line.sale == Some(sale) {
                    line.state = LineState::Closed;
                }
            }
        }
        self.loaded.lines.insert(row.no, row.clone());
        self.writes.lines.lines.push(row);
    }
}
