//! From a row of the report to what is written down and done.

use bytes::Bytes;
use domain::{
    ids::PartnerNo,
    money::Rupiah,
    sale::{Operation, SaleKey, SaleKeys, SaleParts},
    time::{Span, Timestamp},
};
use gateway::request::{CounterRequest, LineAct, LineToPost};
use reconcile::{
    Outcome, Row,
    matcher::{Change, Earlier},
};
use storage::{FileLineRow, LineState};

use super::Poster;

impl Poster<'_> {
    /// What is to be written down of a row; nothing where it is waited for, or known to wait.
    pub(super) fn line(&self, row: &Row<'_>) -> anyhow::Result<Option<LineToPost>> {
        let place = row.ours.as_ref().map(|ours| ours.place);
        let place = place.and_then(|place| self.going.places.borrow().get(place).copied());
        let sale = place.map(|(sale, _)| sale).filter(|_| !row.differs.code);
        let replaced = match &row.change {
            Change::New => 0,
            Change::Was(was) => self.going.row_of(was.place),
        };
        let said = match (row.outcome, &row.change) {
            // Files of a day that come one by one take nothing back.
            (Outcome::Withdrawn, _) if self.day.is_partial => return Ok(None),
            (Outcome::Withdrawn, Change::Was(was)) => {
                let (identity, content) = (was.identity.to_owned(), was.content);
                Earlier { identity, outcome: row.outcome, content }
            }
            (Outcome::OursOnly, Change::New) => match (sale, row.earlier()) {
                (Some(sale), Some(earlier)) if !self.reader.waits_as_ours_only(sale)? => earlier,
                (Some(_) | None, _) => return Ok(None),
            },
            (..) => match row.earlier() {
                Some(earlier) => earlier,
                None => return Ok(None),
            },
        };
        let act = self.act(row, place.map(|(_, partner)| partner))?;
        let ours = row.ours.filter(|_| !row.differs.code);
        let is_settled =
            matches!(row.outcome, Outcome::Matched | Outcome::Void | Outcome::TheirsOnly);
        // Only we had it, and we do not hold it any more: there is no line that could be missed.
        let is_gone = matches!(
            &row.change,
            Change::Was(was) if row.outcome == Outcome::Withdrawn && was.outcome == Outcome::OursOnly
        );
        let state = match (is_settled, is_gone) {
            (true, _) => LineState::Settled,
            (false, true) => LineState::Closed,
            (false, false) => LineState::Open,
        };
        let line = row.line.map(|line| i64::try_from(line.number)).transpose()?;
        let row = FileLineRow {
            no: replaced,
            day: (self.day.retailer, self.day.date),
            identity: said.identity,
            file: 0,
            line,
            outcome: said.outcome.name().to_owned(),
            code: said.content.code,
            amount: said.content.amount,
            fee: said.content.fee,
            status: said.content.status.map(|status| status.name().to_owned()),
            sale,
            payment: ours.and_then(|ours| ours.payment),
            our_amount: ours.map(|ours| ours.amount),
            our_date: ours.map(|ours| ours.business_date),
            posted_at: self.going.now,
            state,
            closed_at: is_gone.then_some(self.going.now),
            why: is_gone.then(|| "we do not hold its cash any more".to_owned()),
        };
        Ok(Some(LineToPost { row, act }))
    }

    fn act(&self, row: &Row<'_>, told_by: Option<PartnerNo>) -> anyhow::Result<LineAct> {
        let ours = row.ours.filter(|_| !row.differs.code);
        Ok(match row.outcome {
            Outcome::Matched | Outcome::OtherDay | Outcome::FeeDiffers => {
                match (row.line, ours.and_then(|ours| ours.payment)) {
                    (Some(line), Some(_)) => {
                        let known = ours.and_then(|ours| ours.fee);
                        LineAct::Match { commission: line.fee.or(known).unwrap_or(Rupiah::ZERO) }
                    }
                    // Unapplied cash has no payment to be matched.
                    (Some(_) | None, _) => LineAct::Note,
                }
            }
            Outcome::TheirsOnly => self.book(row, told_by)?,
            // An earlier version of the file may have matched its payment.
            Outcome::ReversedByThem | Outcome::OursOnly | Outcome::Withdrawn => LineAct::Unmatch,
            // Another line may match it in the same file: only what this very line did is undone.
            Outcome::AmountDiffers | Outcome::Suspect if was_matched(&row.change) => {
                LineAct::Unmatch
            }
            Outcome::AmountDiffers
            | Outcome::Suspect
            | Outcome::Void
            | Outcome::ReversedByUs
            | Outcome::Duplicate
            | Outcome::AwaitingAdvice => LineAct::Note,
        })
    }

    /// The advice that nobody sent (rule 33).
    fn book(&self, row: &Row<'_>, told_by: Option<PartnerNo>) -> anyhow::Result<LineAct> {
        let Some(line) = row.line else { return Ok(LineAct::Note) };
        let terms = &self.day.terms()?.profile;
        let noon = terms.day_begins_at(self.day.date).plus(Span::hours(12));
        let till_at = line.sold_at.unwrap_or(noon);
        // A sale that we declined, or that was given up, is booked under its own key.
        let declined = row.ours.filter(|_| !row.differs.code).and_then(|ours| ours.sale);
        let (partner, sale, alias) = match (declined, &line.sale) {
            (Some(key), _) => (told_by, SaleKeys::from(SaleKey::new(key)?), None),
            (None, Some(key)) => (None, self.keys(key, line, till_at), None),
            (None, None) => {
                let key = SaleKey::new(line.identity().into_owned())?;
                (None, SaleKeys::from(key), Some(terms.tolerance()))
            }
        };
        let word = |word: Option<reconcile::Word>| word.unwrap_or_default().to_string();
        let file = self.day.files.get(usize::from(line.file));
        let name = file.map_or("?", |file| file.name.as_str());
        let request = CounterRequest {
            operation: Operation::Advice,
            partner: partner.unwrap_or(self.partner),
            retailer: self.day.retailer,
            code: line.code,
            sale,
            sale_sent: String::new(),
            outlet: word(line.outlet),
            terminal: word(line.terminal),
            receipt_no: None,
            till_at,
            received_at: self.going.now,
            amount: Some(line.amount),
            cash: None,
            reason: Some(format!("file {name}, line {}, posted by {}", line.number, self.by)),
            raw: Bytes::new(),
            // Nobody asked, so nobody is answered.
            render: |_, _| Vec::new(),
        };
        Ok(LineAct::Book { request: Box::new(request), alias, commission: line.fee })
    }

    /// The keys under which the counter's messages would name the sale.
    fn keys(&self, key: &SaleKey, line: &reconcile::Line, till_at: Timestamp) -> SaleKeys {
        let parts = |sale| SaleParts {
            sale,
            outlet: line.outlet.as_deref(),
            terminal: line.terminal.as_deref(),
            till_at,
            code: &line.code,
        };
        let number = key.as_str().rsplit('/').next().unwrap_or_default();
        let built = SaleKeys::build(&self.retailer.contract, &parts(number));
        match built {
            Ok(keys) if keys.own.sale == *key => keys,
            Ok(_) | Err(_) => SaleKeys::from(key.clone()),
        }
    }
}

/// Whether the line matched its payment in an earlier version of the file.
const fn was_matched(change: &Change<'_>) -> bool {
    let Change::Was(was) = change else { return false };
    match was.outcome {
        Outcome::Matched | Outcome::OtherDay | Outcome::FeeDiffers | Outcome::TheirsOnly => true,
        Outcome::Void
        | Outcome::AmountDiffers
        | Outcome::ReversedByUs
        | Outcome::ReversedByThem
        | Outcome::Duplicate
        | Outcome::AwaitingAdvice
        | Outcome::Suspect
        | Outcome::OursOnly
        | Outcome::Withdrawn => false,
    }
}
