//! Commands that wait for a second person, and those that did.

use crate::sql::Row;

use super::{
    super::{
        Reader, Result,
        cells::Cells,
        encode,
        query::{limit, many, one},
    },
    sql,
};
use crate::{Person, ProposalRow};

impl Reader {
    /// The proposal with this number.
    pub fn proposal(&self, no: i64) -> Result<Option<ProposalRow>> {
        one(&self.conn, sql::PROPOSAL, [no], proposal)
    }

    /// Proposals that nobody has decided, oldest first, those that expired included.
    pub fn proposals_open(&self, rows_max: usize) -> Result<Vec<ProposalRow>> {
        many(&self.conn, sql::PROPOSALS_OPEN, [limit(rows_max)], proposal)
    }

    /// All proposals, newest first.
    pub fn proposals(&self, rows_max: usize) -> Result<Vec<ProposalRow>> {
        many(&self.conn, sql::PROPOSALS, [limit(rows_max)], proposal)
    }
}

fn proposal(row: &Row<'_>) -> Result<ProposalRow> {
    let mut cells = Cells::new("proposal", row);
    let mut proposal = ProposalRow {
        no: cells.int()?,
        command: cells.string()?,
        proposed_by: Person { uid: cells.num()?, name: cells.string()? },
        proposed_at: cells.time()?,
        reason: cells.string()?,
        expires_at: cells.time()?,
        state: cells.known(encode::proposal_state)?,
        decided: None,
        why: None,
    };
    let uid = cells.num_or_null()?;
    let name = cells.text_or_null()?.map(str::to_owned);
    let at = cells.time_or_null()?;
    if let (Some(uid), Some(name), Some(at)) = (uid, name, at) {
        proposal.decided = Some((Person { uid, name }, at));
    }
    proposal.why = cells.text_or_null()?.map(str::to_owned);
    Ok(proposal)
}
