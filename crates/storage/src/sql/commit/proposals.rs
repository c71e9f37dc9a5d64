//! Commands that wait for a second person.

use super::{
    super::{Conn, Result, encode::proposal_state_number, put::execute, value::params},
    changed_one,
};
use crate::ProposalRow;

// A number that is there already keeps what was proposed; a row that was decided keeps everything,
// which the table's triggers see to.
const PROPOSAL: &str = "insert into proposal (no, command, proposed_uid, proposed_by, proposed_at, \
    reason, expires_at, state, decided_uid, decided_by, decided_at, why) \
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) on conflict (no) do update set \
    state = excluded.state, decided_uid = excluded.decided_uid, \
    decided_by = excluded.decided_by, decided_at = excluded.decided_at, why = excluded.why \
    where proposal.command = excluded.command \
    and proposal.proposed_uid = excluded.proposed_uid \
    and proposal.proposed_at = excluded.proposed_at and proposal.state < excluded.state";

/// A proposal, new or decided.
pub(super) fn put(conn: &Conn, row: &ProposalRow) -> Result<()> {
    let decided = row.decided.as_ref();
    let params = params![
        row.no,
        row.command,
        row.proposed_by.uid,
        row.proposed_by.name,
        row.proposed_at.millis(),
        row.reason,
        row.expires_at.millis(),
        proposal_state_number(row.state),
        decided.map(|(by, _)| by.uid),
        decided.map(|(by, _)| by.name.as_str()),
        decided.map(|(_, at)| at.millis()),
        row.why,
    ];
    changed_one(execute(conn, PROPOSAL, params)?, "proposal", row.no)
}
