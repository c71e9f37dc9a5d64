//! What persons decided (rule 20): each proposal and each decision is an event of the chain.

use std::collections::HashSet;

use storage::{ProposalRow, ProposalState, StorageError, sqlite::Reader};

use super::found::Part;
use crate::admin::approvals::{PROPOSAL_LIFETIME, event_of};

/// Compares proposals with the events that were gathered.
pub(super) fn check(reader: &Reader, part: &mut Part) -> Result<(), StorageError> {
    let mut told = std::mem::take(&mut part.decided);
    let findings = &mut part.findings;
    let rows = match reader.proposals(usize::MAX) {
        Err(StorageError::Corrupt(corrupt)) => {
            findings.corrupt(corrupt);
            return Ok(());
        }
        rows => rows?,
    };
    let mut numbers = HashSet::new();
    for row in rows {
        numbers.insert(row.no);
        if row.expires_at != row.proposed_at.plus(PROPOSAL_LIFETIME) {
            findings.find(format!("proposal {}", row.no), "it can be approved for another time");
        }
        for event in as_it_was(&row).iter().filter_map(event_of) {
            let (kind, at, text) = event;
            let tells = told
                .iter()
                .position(|event| event.kind == kind && event.at == at && event.text == text);
            match tells {
                Some(place) => drop(told.swap_remove(place)),
                None => findings.find(
                    format!("proposal {}", row.no),
                    format!("no event of the chain says that it was {} so", kind.name()),
                ),
            }
        }
    }
    for event in told {
        let no = number(&event.text);
        let what = if no.is_some_and(|no| numbers.contains(&no)) {
            format!("event {} says otherwise of it", event.event)
        } else {
            format!("it is missing: event {} tells of it", event.event)
        };
        let place = no.map_or_else(|| "proposal ?".to_owned(), |no| format!("proposal {no}"));
        findings.find(place, what);
    }
    Ok(())
}

/// A proposal as it was when it was made, and when it was decided.
fn as_it_was(row: &ProposalRow) -> Vec<ProposalRow> {
    let made = ProposalRow { state: ProposalState::Open, decided: None, why: None, ..row.clone() };
    let decided = match row.state {
        ProposalState::Open => return vec![made],
        ProposalState::Rejected => row.clone(),
        ProposalState::Approved | ProposalState::Done | ProposalState::Failed => {
            ProposalRow { state: ProposalState::Approved, ..row.clone() }
        }
    };
    vec![made, decided]
}

/// The number at the beginning of `proposal 3 by ...`.
fn number(text: &str) -> Option<i64> {
    text.strip_prefix("proposal ")?.split(' ').next()?.parse().ok()
}
