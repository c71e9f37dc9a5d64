//! What becomes of a line.

use domain::sale::SaleState;

use super::{
    Settings,
    find::{Found, Pass, find},
    ours::{Held, NO_LINE, Store},
    outcome::{Differs, Outcome},
    strangers::Strangers,
};
use crate::line::{Line, Status};

/// What became of a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) place: Option<usize>,
    pub(super) differs: Differs,
    pub(super) alias: bool,
}

/// First pass: a line that fits a record exactly takes it, so that no worse line can.
pub(super) fn claim(
    settings: &Settings,
    store: &mut Store,
    strangers: &mut Strangers,
    line: &Line,
    number: u32,
) {
    let place = match find(settings, store, line, number, Pass::Claim) {
        Found::ByKey(place) | Found::ByParts(place) => Some(place),
        Found::OtherCode(_) | Found::Nothing => None,
    };
    let digest = store.digest_of(line);
    match place.and_then(|place| store.get_mut(place)) {
        Some(held) => match line.status {
            Status::Paid if held.paid_line == NO_LINE && held.amount == line.amount => {
                held.paid_line = number;
                held.taken_as = digest;
            }
            Status::Reversed if held.reversed_line == NO_LINE => held.reversed_line = number,
            Status::Paid | Status::Reversed | Status::Suspect => {}
        },
        None => match line.status {
            // Only the second pass can say of a paid line that it is a stranger.
            Status::Reversed => {
                if let Some(stranger) = strangers.meet(&line.identity()) {
                    stranger.is_reversed = true;
                }
            }
            Status::Paid | Status::Suspect => {}
        },
    }
}

/// Second pass: what becomes of a line.
pub(super) fn judge(
    settings: &Settings,
    store: &mut Store,
    strangers: &mut Strangers,
    line: &Line,
    number: u32,
) -> Verdict {
    let found = find(settings, store, line, number, Pass::Judge);
    let digest = store.digest_of(line);
    match found {
        Found::ByKey(place) | Found::ByParts(place) => {
            let alias = matches!(found, Found::ByParts(_));
            let Some(held) = store.get_mut(place) else {
                return stranger(settings, strangers, line);
            };
            held.is_seen = true;
            if line.status == Status::Paid && held.paid_line == NO_LINE {
                held.paid_line = number;
                held.taken_as = digest;
            }
            let differs = Differs {
                amount: held.amount != line.amount,
                fee: held.fee().zip(line.fee).is_some_and(|(ours, theirs)| ours != theirs),
                day: held.business_date != settings.business_date,
                code: false,
            };
            let outcome = known(settings, held, line, number, differs);
            Verdict { outcome, place: Some(place), differs, alias }
        }
        Found::OtherCode(place) => {
            let verdict = stranger(settings, strangers, line);
            let differs = Differs { code: true, ..Differs::default() };
            Verdict { place: Some(place), differs, ..verdict }
        }
        Found::Nothing => stranger(settings, strangers, line),
    }
}

/// Of a sale that we know.
fn known(settings: &Settings, held: &Held, line: &Line, number: u32, differs: Differs) -> Outcome {
    use SaleState as S;
    match line.status {
        Status::Suspect => Outcome::Suspect,
        Status::Reversed if held.reversed_line != number => Outcome::Duplicate,
        Status::Reversed => match held.state {
            S::Booked | S::Unapplied => Outcome::ReversedByThem,
            S::Reserved | S::Refused | S::Released | S::Reversed | S::Tombstone => Outcome::Void,
        },
        Status::Paid if held.paid_line != number => Outcome::Duplicate,
        Status::Paid if held.reversed_line != NO_LINE => Outcome::Void,
        Status::Paid if held.matched_on().is_some_and(|day| day != settings.business_date) => {
            Outcome::Duplicate
        }
        Status::Paid => match held.state {
            S::Reversed | S::Tombstone => Outcome::ReversedByUs,
            S::Reserved | S::Refused | S::Released => theirs_only(settings, line),
            S::Booked | S::Unapplied if differs.amount => Outcome::AmountDiffers,
            S::Booked | S::Unapplied if differs.fee => Outcome::FeeDiffers,
            S::Booked | S::Unapplied if differs.day => Outcome::OtherDay,
            S::Booked | S::Unapplied => Outcome::Matched,
        },
    }
}

/// Of a sale that we do not know.
fn stranger(settings: &Settings, strangers: &mut Strangers, line: &Line) -> Verdict {
    let met = strangers.meet(&line.identity());
    let outcome = match met {
        Some(stranger) => {
            let outcome = match line.status {
                Status::Suspect => Outcome::Suspect,
                Status::Reversed => Outcome::Void,
                Status::Paid if stranger.is_paid => Outcome::Duplicate,
                Status::Paid if stranger.is_reversed => Outcome::Void,
                Status::Paid => theirs_only(settings, line),
            };
            stranger.is_paid |= line.status == Status::Paid;
            outcome
        }
        None => theirs_only(settings, line),
    };
    Verdict { outcome, place: None, differs: Differs::default(), alias: false }
}

/// Cash that only they have, unless an advice may still tell us of it (rule 33).
fn theirs_only(settings: &Settings, line: &Line) -> Outcome {
    let age = line.sold_at.map(|sold_at| settings.now.since(sold_at));
    match age {
        Some(age) if age < settings.advice_max_age => Outcome::AwaitingAdvice,
        Some(_) | None => Outcome::TheirsOnly,
    }
}
