//! Differences between retailers' files and ours that somebody closes, and that later files open
//! again (rule 34). What is said, the line that waited, the payment and what is posted are one commit.

use domain::{
    difference::{self, Act, Adjustment, Against, Facts, Held, Verdict},
    event::Actor,
    ids::PaymentNo,
    money::{Balance, Rupiah},
    outcome::Outcome,
    payment::State,
    sale::SaleState,
    time::{BusinessDate, Timestamp},
};
use storage::{
    DifferenceRow, FileLineRow, LineState, MatchedState, RetailerDayRow, SaleRow, UnappliedState,
    Wanted,
};

use super::batch::{Batch, Cause};
use crate::request::{
    CloseLine, MatchLine, MatchRequest, Matching, Ruled, RulingError, RulingRequest,
};

/// Names the rows that closing a line touches.
pub(super) fn want(close: &CloseLine, wanted: &mut Wanted) {
    wanted.lines.lines.push(close.line);
    wanted.lines.sales.extend(close.sale);
    wanted.payments.extend(close.payment);
    wanted.books.matched.extend(close.payment);
    wanted.lines.days.extend(close.days.iter().copied());
}

/// What a line is about, as it was found in the batch.
struct Case {
    line: FileLineRow,
    outcome: Outcome,
    sale: Option<SaleRow>,
    /// The payment whose cash the sale's is.
    payment: Option<PaymentNo>,
    facts: Facts,
}

impl Batch<'_> {
    /// Closes a line that waits.
    pub(super) fn close_line(
        &mut self,
        request: &RulingRequest,
        close: &CloseLine,
    ) -> Result<Ruled, RulingError> {
        let at = request.received_at;
        let case = self.case(close, at)?;
        let closing = difference::close(&case.facts, close.verdict)?;
        let adjustment = Adjustment {
            day: self.day_of(&case, closing.against),
            other_day: (closing.against == Against::OtherDay)
                .then_some(case.line.our_date)
                .flatten(),
            against: closing.against,
            receivable: closing.receivable,
            commission: closing.commission,
        };
        let is_matched = closing.act == Act::Match || closing.act == Act::Fund;
        self.check_expected(&case, is_matched, &adjustment, closing.expected)?;
        if let Some(payment) = case.payment {
            self.finalize_due(payment, at);
            if is_matched {
                self.match_by_hand(&case.line, payment, case.facts.fees, at)?;
            }
        }
        match (closing.act, case.payment) {
            (Act::Fund, Some(payment)) => self.fund_by_hand(payment, at),
            (Act::TakeBack, Some(_)) => self.take_back(request, &case)?,
            (Act::TakeBack, None) => {
                let sale = case.sale.clone().ok_or(RulingError::NothingBooked)?;
                self.give_back_unapplied(request, sale)?;
            }
            (Act::Nothing | Act::Match | Act::Fund, _) => {}
        }
        let (retailer, date) = case.line.day;
        let no = self.tail.sequences.difference + 1;
        let reason = format!(
            "difference {no}: line {} of {retailer} {date}, {}: {}, by {}: {}",
            case.line.no,
            case.outcome.name(),
            close.verdict.name(),
            close.by,
            request.reason
        );
        let row = DifferenceRow {
            no,
            line: case.line.no,
            sale: case.line.sale,
            payment: case.payment,
            verdict: close.verdict,
            adjustment,
            expected: closing.expected,
            event: domain::ids::EventNo::new(0),
            at,
            reason,
        };
        self.write_difference(row, Actor::Operator);
        let why = format!("{}, by {}: {}", close.verdict.name(), close.by, request.reason);
        let (state, closed_at) = (LineState::Closed, Some(at));
        let line = FileLineRow { state, closed_at, why: Some(why), ..case.line.clone() };
        self.loaded.lines.insert(line.no, line.clone());
        self.writes.lines.lines.push(line);
        let payment = case.payment.and_then(|no| self.payment(no));
        let payment = payment.map(|row| (row.payment.id, row.payment.state.name()));
        let held = case.facts.ours;
        let amount = if held == Rupiah::ZERO { case.facts.theirs } else { held };
        Ok(Ruled { state: close.verdict.name(), amount, payment, refund: None })
    }

    fn case(&self, close: &CloseLine, at: Timestamp) -> Result<Case, RulingError> {
        let no = close.line;
        let line = self.loaded.lines.get(&no).cloned().ok_or(RulingError::UnknownLine(no))?;
        if line.state != LineState::Open {
            return Err(RulingError::LineDone { no, state: line.state.name() });
        }
        let outcome = Outcome::named(&line.outcome).ok_or(RulingError::UnknownLine(no))?;
        // What was looked up before the batch must still be what the line says, and what was approved
        // was said of what the line says now.
        if close.posted_at.is_some_and(|at| at != line.posted_at) {
            return Err(RulingError::Changed(no));
        }
        if line.sale != close.sale || line.payment.is_some() && line.payment != close.payment {
            return Err(RulingError::Changed(no));
        }
        let sale = line
            .sale
            .and_then(|no| self.loaded.sales.values().find(|row| row.sale.no == no).cloned());
        let mut held = Held::Nothing;
        let mut payment = None;
        let mut ours = Rupiah::ZERO;
        let mut commission = None;
        if let Some(sale) = &sale {
            let cash = self.loaded.unapplied.get(&sale.sale.no);
            if cash.is_some_and(|cash| cash.state == UnappliedState::Open) {
                (held, ours) = (Held::Unapplied, sale.sale.amount);
            } else if sale.sale.state == SaleState::Booked
                && let Some(row) = sale.sale.payment.and_then(|no| self.payment(no))
                && let State::Paid(taking) | State::Settled(taking) = row.payment.state
                && taking.sale == sale.sale.no
            {
                if !taking.is_final && !self.is_final_by(&row.payment, at) {
                    return Err(RulingError::NotFinal(no));
                }
                payment = Some(row.payment.no);
                ours = row.payment.total();
                commission = Some(row.payment.fee.split.retailer);
                let matched = self.loaded.books.matched.get(&row.payment.no);
                let is_covered = matched.is_some_and(|row| row.state != MatchedState::Waiting);
                held = Held::Payment { is_covered };
            }
        }
        // Where no line is about it, the row has what we say.
        let theirs = if line.status.is_some() { line.amount } else { Rupiah::ZERO };
        let fees = line.fee.zip(commission);
        let facts = Facts { outcome, held, theirs, ours, fees };
        Ok(Case { line, outcome, sale, payment, facts })
    }

    /// For which day the retailer's debt changes: that of the sale where it is ours, else the file's.
    fn day_of(&self, case: &Case, against: Against) -> storage::RetailerDay {
        let (retailer, date) = case.line.day;
        if against == Against::OtherDay {
            return (retailer, date);
        }
        let taking = case.payment.and_then(|no| self.payment(no));
        let taking = taking.and_then(|row| row.payment.state.taking().copied());
        let cash = case.line.sale.and_then(|sale| self.loaded.unapplied.get(&sale));
        match (taking, case.facts.held, cash) {
            (Some(taking), Held::Payment { .. }, _) => (taking.retailer, taking.business_date),
            (_, Held::Unapplied, Some(cash)) => (cash.retailer, cash.business_date),
            (..) => (retailer, date),
        }
    }

    fn match_by_hand(
        &mut self,
        line: &FileLineRow,
        payment: PaymentNo,
        fees: Option<(Rupiah, Rupiah)>,
        at: Timestamp,
    ) -> Result<(), RulingError> {
        let row = self.payment(payment).ok_or(RulingError::NoSuchPayment)?;
        let commission = fees.map_or(row.payment.fee.split.retailer, |(theirs, _)| theirs);
        let lines = vec![MatchLine { payment, line: line.line, commission }];
        let request = MatchRequest { file: line.file, lines, at };
        match self.match_payments(&request).first() {
            Some(Matching::Matched | Matching::Already) => Ok(()),
            Some(Matching::NotFinal) => Err(RulingError::NotFinal(line.no)),
            // It was settled without a file, by an advance that was never matched.
            Some(Matching::NotPaid | Matching::Unknown) | None => Err(RulingError::NothingBooked),
        }
    }

    /// What the merchant got goes back, and what the retailer never transferred is not owed any more.
    fn take_back(&mut self, request: &RulingRequest, case: &Case) -> Result<(), RulingError> {
        let sale = case.sale.clone().ok_or(RulingError::NothingBooked)?;
        self.claw_back(request, &sale)?;
        if let Some(payment) = case.payment {
            self.unmatch(payment);
        }
        Ok(())
    }

    /// The day must not be expected to bring less than nothing.
    fn check_expected(
        &self,
        case: &Case,
        is_matched: bool,
        adjustment: &Adjustment,
        expected: Balance,
    ) -> Result<(), RulingError> {
        let (retailer, date) = adjustment.day;
        let mut changes = vec![(date, expected.get())];
        changes.extend(adjustment.other_day.map(|date| (date, -expected.get())));
        // What is matched with it counts for the day on which we booked it.
        let fresh = case.payment.filter(|_| is_matched);
        let fresh = fresh.filter(|payment| !self.loaded.books.matched.contains_key(payment));
        let fresh = fresh.and_then(|payment| self.payment(payment)).and_then(|row| {
            let taking = row.payment.state.taking()?;
            Some(((taking.retailer, taking.business_date), row.payment.total().get()))
        });
        for (date, change) in changes {
            let more =
                fresh.filter(|(day, _)| *day == (retailer, date)).map_or(0, |(_, more)| more);
            let expected = self.day((retailer, date)).matched.saturating_add(more);
            if expected.saturating_add(change) < 0 {
                return Err(RulingError::TooMuch { expected, change });
            }
        }
        Ok(())
    }

    /// Writes a difference down, with its event and postings, and what its days are expected to bring.
    fn write_difference(&mut self, mut row: DifferenceRow, actor: Actor) {
        let entries = row.adjustment.entries();
        let reason = row.reason.clone();
        let cause = Cause { actor, reason: Some(&reason), sale: row.sale, at: row.at };
        row.event = self.record(row.payment, row.verdict.event(), &entries, &cause);
        self.tail.sequences.difference = row.no;
        let (retailer, date) = row.adjustment.day;
        let mut expect = |date: BusinessDate, matched: i64| {
            if matched != 0 {
                let day = RetailerDayRow::new((retailer, date));
                self.add_to_day(RetailerDayRow { matched, ..day });
            }
        };
        expect(date, row.expected.get());
        if let Some(other) = row.adjustment.other_day {
            expect(other, -row.expected.get());
        }
        self.loaded.differences.push(row.clone());
        self.writes.lines.differences.push(row);
    }

    /// A later file has something to say of a line or sale of which somebody said something: what was
    /// posted then is taken back, so that what the file says now is posted on clean ground.
    pub(super) fn undo_said_of(&mut self, line: &FileLineRow, at: Timestamp) {
        let of_line = self.loaded.differences.iter().filter(|row| row.line == line.no);
        let of_line = of_line.max_by_key(|row| row.no).filter(|_| line.no != 0);
        let of_sale = self.loaded.differences.iter();
        let of_sale = of_sale.filter(|row| line.sale.is_some() && row.sale == line.sale);
        // What was given up is not, where a line has it after all.
        let of_sale = of_sale
            .max_by_key(|row| row.no)
            .filter(|row| row.verdict == Verdict::WriteOff && line.line.is_some());
        let Some(said) = of_line.filter(|row| row.stands()).or(of_sale).cloned() else { return };
        if !said.stands() {
            return;
        }
        let no = self.tail.sequences.difference + 1;
        let adjustment = Adjustment {
            receivable: said.adjustment.receivable.negated(),
            commission: said.adjustment.commission.negated(),
            ..said.adjustment
        };
        let reason =
            format!("difference {no}: undoes difference {}, as a later file says", said.no);
        let row = DifferenceRow {
            no,
            verdict: Verdict::Undone,
            adjustment,
            expected: said.expected.negated(),
            at,
            reason,
            ..said
        };
        self.write_difference(row, Actor::Operator);
    }
}
