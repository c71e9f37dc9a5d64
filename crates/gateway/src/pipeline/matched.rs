//! Payments that stand in retailers' files: matched, then funded, then available (rule 28).

use domain::{
    event::Actor,
    ids::PaymentNo,
    payment::{Command, Decision, Refusal, State, decide},
    time::{BusinessDate, Timestamp},
};
use storage::{AdvanceState, FileRow, MatchedRow, MatchedState, PaymentRow, RetailerDayRow};

use super::batch::{Batch, Cause};
use crate::{
    books::PAYOUT_DAYS_DEFAULT,
    request::{MatchLine, MatchRequest, Matching, PostedFile},
};

impl Batch<'_> {
    /// Writes down that a file is posted.
    pub(super) fn post_file(&mut self, file: &PostedFile) -> i64 {
        self.tail.sequences.file += 1;
        let no = self.tail.sequences.file;
        self.writes.books.files.push(FileRow {
            no,
            retailer: file.retailer,
            business_date: file.business_date,
            revision: file.revision,
            name: file.name.clone(),
            profile: file.profile.clone(),
            sha256: file.sha256,
            lines: file.lines,
            total: file.total,
            applied_at: file.at,
            applied_by: file.by.clone(),
        });
        no
    }

    /// Marks payments that stand in a file.
    pub(super) fn match_payments(&mut self, request: &MatchRequest) -> Vec<Matching> {
        request.lines.iter().map(|line| self.match_one(request, line)).collect()
    }

    fn match_one(&mut self, request: &MatchRequest, line: &MatchLine) -> Matching {
        if self.loaded.books.matched.contains_key(&line.payment) {
            return Matching::Already;
        }
        let Some(row) = self.payment(line.payment) else { return Matching::Unknown };
        let taking = match row.payment.state {
            State::Paid(taking) if taking.is_final => taking,
            // The till may still take it back, and what is matched never is.
            State::Paid(_) => return Matching::NotFinal,
            State::Opening
            | State::Pending
            | State::Reserved(_)
            | State::Settled(_)
            | State::Reversed(..)
            | State::ClawedBack(..)
            | State::Cancelled(_)
            | State::Expired(..) => return Matching::NotPaid,
        };
        let matched = MatchedRow {
            payment: line.payment,
            account: row.payment.account,
            shard: row.shard,
            file: request.file,
            line: line.line,
            day: (taking.retailer, taking.business_date),
            sale: taking.sale,
            total: row.payment.total(),
            commission: line.commission,
            matched_at: request.at,
            state: MatchedState::Waiting,
            available_on: None,
        };
        let total = matched.total.get();
        let day = RetailerDayRow::new(matched.day);
        self.add_to_day(RetailerDayRow { matched: total, waiting: 1, ..day });
        self.writes.books.matched_new.push(matched.clone());
        self.loaded.books.matched.insert(line.payment, matched);
        Matching::Matched
    }

    /// A matched payment whose day is covered is funded: its merchant's plan says from which day on
    /// the money is available. What was advanced is the merchant's already.
    pub(super) fn fund_matched(&mut self, payment: PaymentNo, now: Timestamp) -> bool {
        let Some(row) = self.loaded.books.matched.get(&payment) else { return false };
        let Some(funded_on) = self.day(row.day).covered_on() else { return false };
        self.fund_since(payment, funded_on, now)
    }

    /// A matched payment is funded today, whatever its day brings: what it lacks was given up.
    pub(super) fn fund_by_hand(&mut self, payment: PaymentNo, now: Timestamp) {
        self.fund_since(payment, now.business_date(), now);
    }

    fn fund_since(&mut self, payment: PaymentNo, funded_on: BusinessDate, now: Timestamp) -> bool {
        let Some(mut row) = self.loaded.books.matched.get(&payment).cloned() else { return false };
        let Some(account) = self.payment(payment).map(|row| row.payment.account) else {
            return false;
        };
        if row.state != MatchedState::Waiting {
            return false;
        }
        let settings = self.directory.account(account).map(|account| &account.settings);
        let days = settings.and_then(|settings| settings.payout_days);
        let days = days.unwrap_or(PAYOUT_DAYS_DEFAULT);
        if self.cover_advance(payment, now) {
            row.state = MatchedState::Settled;
            row.available_on = Some(funded_on);
        } else {
            row.state = MatchedState::Funded;
            row.available_on = Some(self.shared.settings.calendar.after(funded_on, days));
        }
        self.add_to_day(RetailerDayRow { waiting: -1, ..RetailerDayRow::new(row.day) });
        self.put_matched(row);
        true
    }

    /// A payment that no longer stands in its file is not matched any more, unless its merchant has
    /// the money already; says whether it is not matched now.
    pub(super) fn unmatch(&mut self, payment: PaymentNo) -> bool {
        let Some(row) = self.loaded.books.matched.get(&payment) else { return true };
        // What was advanced is the merchant's, though nobody has transferred it.
        let is_settled = |row: &PaymentRow| matches!(row.payment.state, State::Settled(_));
        if self.payment(payment).is_some_and(is_settled) {
            return false;
        }
        let waiting = match row.state {
            // What was advanced is the merchant's, whatever the retailer transfers, until it is taken
            // back: then the day does not wait for it any more.
            MatchedState::Waiting if self.is_advanced(payment) => return false,
            MatchedState::Waiting => -1,
            MatchedState::Funded => 0,
            MatchedState::Settled | MatchedState::Closed => return false,
        };
        let day = RetailerDayRow::new(row.day);
        self.add_to_day(RetailerDayRow { matched: -row.total.get(), waiting, ..day });
        self.loaded.books.matched.remove(&payment);
        let books = &mut self.writes.books;
        books.matched_changed.retain(|row| row.payment != payment);
        let before = books.matched_new.len();
        books.matched_new.retain(|row| row.payment != payment);
        if books.matched_new.len() == before {
            books.matched_gone.push(payment);
        }
        true
    }

    /// Whether a payment's merchant has its money in advance.
    fn is_advanced(&self, payment: PaymentNo) -> bool {
        let advance = self.loaded.books.advances.get(&payment);
        advance.is_some_and(|advance| advance.state != AdvanceState::TakenBack)
    }

    /// A matched and funded payment whose day has come is settled.
    pub(super) fn settle_matched(&mut self, payment: PaymentNo, now: Timestamp) -> bool {
        let Some(mut matched) = self.loaded.books.matched.get(&payment).cloned() else {
            return false;
        };
        let has_come = matched.available_on.is_some_and(|date| date <= now.business_date());
        let Some(row) = self.payment(payment) else { return false };
        if matched.state != MatchedState::Funded || !has_come {
            return false;
        }
        matched.state = match decide(&row.payment, Command::Settle, now) {
            Ok(Decision::Change(change)) => {
                let sale = Some(matched.sale);
                let cause = Cause { actor: Actor::Sweep, reason: None, sale, at: now };
                self.apply(payment, &change, &cause);
                MatchedState::Settled
            }
            Ok(Decision::Replay) => MatchedState::Settled,
            Err(Refusal::TooEarly) => return false,
            // The retailer took it back meanwhile.
            Ok(Decision::Unapplied(_)) | Err(_) => MatchedState::Closed,
        };
        self.put_matched(matched);
        true
    }

    fn put_matched(&mut self, row: MatchedRow) {
        self.writes.books.matched_changed.push(row.clone());
        self.loaded.books.matched.insert(row.payment, row);
    }
}
