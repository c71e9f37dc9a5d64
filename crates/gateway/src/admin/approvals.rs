//! Two persons (rule 20): what one proposes, another approves, and only then it is carried out.
//!
//! A proposal is a command in the words of whoever carries it out, which are not read here; it holds
//! no secrets, because they are made when it is carried out. The order is: the approval is durable,
//! then the command is carried out, then what came of it is written down. After a crash in between,
//! the proposal stays *approved* and is never carried out again: what nobody knows, a person looks
//! up. Every decision is an event of the chain, and a line of the log.

use domain::{
    event::EventKind,
    time::{Span, Timestamp},
};
use storage::{DirectoryWrite, Person, ProposalRow, ProposalState};

use super::{
    AdminCommand, AdminError, PaymentName, checks, counter, keys, merchant, refund, waiting,
};
use crate::{Gateway, request::Unavailable};

/// For how long a proposal can be approved.
pub const PROPOSAL_LIFETIME: Span = Span::days(7);
/// So many may wait at a time: more are a mistake.
const WAITING_MAX: usize = 100;

/// Why a proposal is not made, or not decided.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApprovalError {
    /// There is none of that number.
    #[error("there is no proposal {0}; `gerai approve list --all` shows all there are")]
    Unknown(i64),
    /// Whoever proposed it cannot approve it.
    #[error(
        "proposal {no} is {by}'s own: another person has to approve it, logged in as another user \
         of this machine"
    )]
    SamePerson {
        /// The proposal.
        no: i64,
        /// Who proposed it, and wanted to approve it.
        by: String,
    },
    /// It waited too long.
    #[error("proposal {0} has expired after 7 days: propose it again")]
    Expired(i64),
    /// Somebody was there before.
    #[error("proposal {no} is {state} already, by {by}")]
    Decided {
        /// The proposal.
        no: i64,
        /// How far it is.
        state: &'static str,
        /// Who decided it.
        by: String,
    },
    /// The same is proposed already.
    #[error("proposal {0} asks for the same and still waits: approve it, or reject it first")]
    Waiting(i64),
    /// Too many wait.
    #[error("{WAITING_MAX} proposals wait already: decide those first")]
    TooMany,
    /// A value of it cannot be.
    #[error(transparent)]
    Admin(#[from] AdminError),
    /// Nothing was decided.
    #[error("{0}; try again")]
    Unavailable(#[from] Unavailable),
}

/// The command as it is kept until somebody approves it: names that may change meanwhile replaced by
/// those that do not, and refused at once where it could never be carried out.
pub async fn settle(gateway: &Gateway, command: AdminCommand) -> Result<AdminCommand, AdminError> {
    let rows = gateway.read(|reader| reader.directory()).await?;
    let lasting = |name: &super::MerchantName| {
        let account = merchant::find(&rows, name)?;
        let (merchant, brand) = (account.public_id.clone(), Some(account.brand.clone()));
        Ok::<_, AdminError>(super::MerchantName { merchant, brand })
    };
    Ok(match command {
        AdminCommand::MerchantRotateKey(mut rotate) => {
            rotate.merchant = lasting(&rotate.merchant)?;
            checks::overlap(rotate.overlap_hours, keys::OVERLAP_HOURS_MAX)?;
            if rotate.credentials.is_some() {
                return Err(AdminError::Incomplete(
                    "a secret is made when it is approved, and is not proposed",
                ));
            }
            AdminCommand::MerchantRotateKey(rotate)
        }
        AdminCommand::MerchantSet(mut set) => {
            set.merchant = lasting(&set.merchant)?;
            checks::amount("the cap of advances", set.change.advance_cap.unwrap_or(0))?;
            AdminCommand::MerchantSet(set)
        }
        AdminCommand::CounterRotateKey(mut rotate) => {
            rotate.counter = counter::find(&rows, &rotate.counter)?.name.clone();
            checks::overlap(rotate.overlap_hours, keys::OVERLAP_HOURS_MAX)?;
            AdminCommand::CounterRotateKey(rotate)
        }
        AdminCommand::UnappliedMatch(mut order) => {
            waiting::cash_waits(gateway, order.no).await?;
            checks::reason(&order.reason)?;
            order.payment = PaymentName::Text(waiting::lasting(gateway, &order.payment).await?);
            AdminCommand::UnappliedMatch(order)
        }
        AdminCommand::UnappliedRefund(order) => {
            waiting::cash_waits(gateway, order.no).await?;
            checks::reason(&order.reason)?;
            checks::name("the bank's reference", &order.bank_reference)?;
            AdminCommand::UnappliedRefund(order)
        }
        AdminCommand::RefundCodeIssue(order) => {
            AdminCommand::RefundCodeIssue(refund::can_be_issued(gateway, order).await?)
        }
        AdminCommand::RefundCodeConfirm(order) => {
            AdminCommand::RefundCodeConfirm(refund::is_suspect(gateway, order).await?)
        }
        AdminCommand::RefundCodeRelease(order) => {
            AdminCommand::RefundCodeRelease(refund::can_be_released(gateway, order).await?)
        }
        AdminCommand::DisputeAccept(order) => {
            waiting::dispute_waits(gateway, order.no).await?;
            checks::reason(&order.reason)?;
            AdminCommand::DisputeAccept(order)
        }
        AdminCommand::DifferenceClose(order) => {
            AdminCommand::DifferenceClose(waiting::can_be_closed(gateway, order).await?)
        }
        other @ (AdminCommand::MerchantAdd(_)
        | AdminCommand::MerchantTurn(_)
        | AdminCommand::CounterAdd(_)
        | AdminCommand::CounterSet(_)
        | AdminCommand::CounterTurn(_)
        | AdminCommand::CounterOpen
        | AdminCommand::FundingRecord(_)
        | AdminCommand::PayoutRecord(_)
        | AdminCommand::PayoutConfirm(_)
        | AdminCommand::PayoutReturn(_)
        | AdminCommand::PaymentClose(_)
        | AdminCommand::DisputeReject(_)) => other,
    })
}

/// Writes a proposal down. `command` may hold no secret.
pub async fn propose(
    gateway: &Gateway,
    command: String,
    reason: &str,
    by: Person,
) -> Result<ProposalRow, ApprovalError> {
    let reason = checks::reason(reason)?;
    let _one_at_a_time = gateway.0.directory_lock.lock().await;
    let (open, last) = gateway
        .read(|reader| Ok((reader.proposals_open(usize::MAX)?, reader.proposals(1)?)))
        .await?;
    let now = gateway.clock().now();
    let waiting: Vec<_> = open.iter().filter(|row| now < row.expires_at).collect();
    if let Some(same) = waiting.iter().find(|row| row.command == command) {
        return Err(ApprovalError::Waiting(same.no));
    }
    if waiting.len() >= WAITING_MAX {
        return Err(ApprovalError::TooMany);
    }
    let row = ProposalRow {
        no: keys::next(last.iter().map(|row| row.no)),
        command,
        proposed_by: by,
        proposed_at: now,
        reason,
        expires_at: now.plus(PROPOSAL_LIFETIME),
        state: ProposalState::Open,
        decided: None,
        why: None,
    };
    gateway.write_directory(vec![DirectoryWrite::Proposal(row.clone())]).await?;
    let ProposalRow { no, command, reason, proposed_by, .. } = &row;
    tracing::info!(proposal = no, by = %shown(proposed_by), command, reason, "proposed");
    Ok(row)
}

/// Says yes. When it returns, the approval is durable, and nobody else gets the same proposal:
/// carry it out, then say with [`carried_out`] what came of it.
pub async fn approve(gateway: &Gateway, no: i64, by: Person) -> Result<ProposalRow, ApprovalError> {
    let row = decide(gateway, no, |row, now| {
        if row.proposed_by.uid == by.uid {
            return Err(ApprovalError::SamePerson { no, by: shown(&row.proposed_by) });
        }
        row.state = ProposalState::Approved;
        row.decided = Some((by, now));
        Ok(())
    })
    .await?;
    let by = row.decided.as_ref().map(|(by, _)| shown(by)).unwrap_or_default();
    let proposed_by = shown(&row.proposed_by);
    let ProposalRow { command, reason, .. } = &row;
    tracing::info!(proposal = no, %by, %proposed_by, command, reason, "approved");
    Ok(row)
}

/// Says no, and why; whoever proposed it may, too.
pub async fn reject(
    gateway: &Gateway,
    no: i64,
    why: &str,
    by: Person,
) -> Result<ProposalRow, ApprovalError> {
    let why = checks::reason(why)?;
    let row = decide(gateway, no, |row, now| {
        row.state = ProposalState::Rejected;
        row.decided = Some((by, now));
        row.why = Some(why);
        Ok(())
    })
    .await?;
    let by = row.decided.as_ref().map(|(by, _)| shown(by)).unwrap_or_default();
    tracing::info!(proposal = no, %by, why = row.why, "rejected");
    Ok(row)
}

/// Writes down what came of a proposal that was approved: an error says why nothing was changed.
pub async fn carried_out(
    gateway: &Gateway,
    mut row: ProposalRow,
    result: Result<(), String>,
) -> Result<(), Unavailable> {
    match result {
        Ok(()) => {
            tracing::info!(proposal = row.no, "carried out");
            row.state = ProposalState::Done;
        }
        Err(why) => {
            tracing::warn!(proposal = row.no, why, "approved, but not carried out");
            row.state = ProposalState::Failed;
            row.why = Some(why);
        }
    }
    gateway.write_directory(vec![DirectoryWrite::Proposal(row)]).await
}

/// A person for people: the name may change hands, the number is what counts.
pub fn shown(person: &Person) -> String {
    format!("{} (uid {})", person.name, person.uid)
}

/// The event of a person's decision: what, when, and a text with all that was decided upon, so that
/// the chain tells when the row was changed later. None where the row says what came of it.
pub(crate) fn event_of(row: &ProposalRow) -> Option<(EventKind, Timestamp, String)> {
    let ProposalRow { no, command, reason, .. } = row;
    let proposer = shown(&row.proposed_by);
    let opening = (row.state == ProposalState::Open).then(|| {
        let text = format!("proposal {no} by {proposer}: {reason}; {command}");
        (EventKind::Proposed, row.proposed_at, text)
    });
    let (by, at) = match &row.decided {
        Some((by, at)) => (shown(by), *at),
        None => return opening,
    };
    match row.state {
        ProposalState::Approved => {
            Some((EventKind::Approved, at, format!("proposal {no} by {by}; {command}")))
        }
        ProposalState::Rejected => {
            let why = row.why.as_deref().unwrap_or_default();
            Some((EventKind::Rejected, at, format!("proposal {no} by {by}: {why}")))
        }
        ProposalState::Open | ProposalState::Done | ProposalState::Failed => None,
    }
}

/// Changes an open proposal; `change` may refuse.
async fn decide(
    gateway: &Gateway,
    no: i64,
    change: impl FnOnce(&mut ProposalRow, Timestamp) -> Result<(), ApprovalError>,
) -> Result<ProposalRow, ApprovalError> {
    let _one_at_a_time = gateway.0.directory_lock.lock().await;
    let row = gateway.read(move |reader| reader.proposal(no)).await?;
    let mut row = row.ok_or(ApprovalError::Unknown(no))?;
    if let Some((by, _)) = &row.decided {
        let (state, by) = (row.state.name(), shown(by));
        return Err(ApprovalError::Decided { no, state, by });
    }
    let now = gateway.clock().now();
    if now >= row.expires_at {
        return Err(ApprovalError::Expired(no));
    }
    change(&mut row, now)?;
    gateway.write_directory(vec![DirectoryWrite::Proposal(row.clone())]).await?;
    Ok(row)
}
