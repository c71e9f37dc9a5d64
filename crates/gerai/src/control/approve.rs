//! What needs two persons in production (rule 20): kept until a second one says yes.

use anyhow::{Context, anyhow};
use gateway::{
    Environment,
    admin::{AdminCommand, AdminReply, PaymentName, approvals},
};
use serde::{Deserialize, Serialize};
use storage::{Person, ProposalRow, ProposalState};

use super::{Act, Answer, Office};
use crate::{
    config::Approvals,
    reconcile::{Order, OrderFile},
};

/// A proposal, as it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Proposal {
    /// Its number.
    pub(crate) no: i64,
    /// What is to be done, as somebody would type it.
    pub(crate) command: String,
    /// How far it is: `open`, `expired`, `approved`, `done`, `failed`, `rejected`.
    pub(crate) state: String,
    /// Who proposed it.
    pub(crate) proposed_by: String,
    /// When, in milliseconds since 1970.
    pub(crate) proposed_at_ms: i64,
    /// Why.
    pub(crate) reason: String,
    /// From when on nobody can approve it, in milliseconds since 1970.
    pub(crate) expires_at_ms: i64,
    /// Who decided it.
    pub(crate) decided_by: Option<String>,
    /// When, in milliseconds since 1970.
    pub(crate) decided_at_ms: Option<i64>,
    /// Why it was rejected, or could not be carried out.
    pub(crate) why: Option<String>,
}

/// How many proposals are told at a time.
const TOLD_MAX: usize = 200;

impl Office {
    /// Does it, or keeps it for a second person where it needs one.
    pub(super) async fn act(
        &self,
        act: Act,
        reason: Option<String>,
        by: Person,
    ) -> anyhow::Result<Answer> {
        let is_alone = match (self.gateway.environment(), self.approvals) {
            (Environment::Production, Approvals::Two) => false,
            (Environment::Production, Approvals::One) | (Environment::Sandbox, _) => true,
        };
        let mut act = signed(act, &by);
        // What a file alone tells of creates money: much of it always takes a second person (rule 32).
        let is_alone = match &mut act {
            Act::Reconcile(order) if self.gateway.environment() == Environment::Production => {
                order.agreed = None;
                is_alone && !order.is_much(&self.profiles)
            }
            Act::Reconcile(_) | Act::Admin(_) | Act::RotateMasterKey => is_alone,
        };
        let Some(words) = guarded(&act) else {
            return self.carry_out(act).await.map(Answer::Done);
        };
        if is_alone {
            let reply = self.carry_out(act).await?;
            let (by, reason) = (approvals::shown(&by), reason.unwrap_or_default());
            tracing::info!(command = words, by, reason, "carried out without a second person");
            return Ok(Answer::Done(reply));
        }
        let reason = reason.ok_or_else(|| {
            anyhow!("this needs a second person in production, who has to know why: say --reason")
        })?;
        let act = match act {
            Act::Admin(command) => {
                Act::Admin(Box::new(approvals::settle(&self.gateway, *command).await?))
            }
            Act::Reconcile(order) => {
                // What is approved is what was seen.
                let agreed = Some(order.creates);
                Act::Reconcile(Box::new(self.keep(Order { agreed, ..*order }).await?))
            }
            Act::RotateMasterKey => {
                self.key_file()?;
                Act::RotateMasterKey
            }
        };
        let command = serde_json::to_string(&act)?;
        let row = approvals::propose(&self.gateway, command, &reason, by).await?;
        Ok(Answer::Waits(self.told(row)))
    }

    /// Those that wait, oldest first; or all, newest first.
    pub(super) async fn proposals(&self, all: bool) -> anyhow::Result<Answer> {
        let read = move |reader: &mut storage::sqlite::Reader| {
            if all { reader.proposals(TOLD_MAX) } else { reader.proposals_open(TOLD_MAX) }
        };
        let rows = self.gateway.read(read).await?;
        let told = rows.into_iter().map(|row| self.told(row));
        Ok(Answer::Proposals(told.filter(|told| all || told.state == "open").collect()))
    }

    /// One of them.
    pub(super) async fn proposal(&self, no: i64) -> anyhow::Result<Answer> {
        let row = self.gateway.read(move |reader| reader.proposal(no)).await?;
        let row = row.ok_or(approvals::ApprovalError::Unknown(no))?;
        Ok(Answer::Proposals(vec![self.told(row)]))
    }

    /// Approves it and carries it out.
    pub(super) async fn approve(&self, no: i64, by: Person) -> anyhow::Result<Answer> {
        let row = approvals::approve(&self.gateway, no, by).await?;
        let result = match serde_json::from_str::<Act>(&row.command) {
            Ok(act) => self.carry_out(act.clone()).await.map(|reply| (act, reply)),
            // What serde says is of no use to whoever reads this.
            Err(_) => Err(anyhow!("another version of gerai proposed it, in words not known here")),
        };
        let came_of = result.as_ref().map(drop).map_err(|error| format!("{error:#}"));
        if let Err(error) = approvals::carried_out(&self.gateway, row, came_of).await {
            // It is done or not all the same, and a new secret must still be shown.
            tracing::error!(proposal = no, %error, "what came of it could not be written down");
        }
        let (act, reply) = result
            .with_context(|| format!("proposal {no} was approved, but could not be carried out"))?;
        Ok(Answer::CarriedOut { act, reply })
    }

    /// Says no.
    pub(super) async fn reject(&self, no: i64, why: &str, by: Person) -> anyhow::Result<Answer> {
        let row = approvals::reject(&self.gateway, no, why, by).await?;
        Ok(Answer::Proposals(vec![self.told(row)]))
    }

    async fn carry_out(&self, act: Act) -> anyhow::Result<AdminReply> {
        match act {
            Act::Admin(command) => self.admin(*command).await,
            Act::Reconcile(order) => self.reconcile(*order).await,
            Act::RotateMasterKey => self.rotate_master_key().await,
        }
    }

    fn told(&self, row: ProposalRow) -> Proposal {
        let act = serde_json::from_str::<Act>(&row.command).ok();
        let words = act.as_ref().and_then(guarded);
        let is_late = self.gateway.clock().now() >= row.expires_at;
        let state = match row.state {
            ProposalState::Open if is_late => "expired",
            state => state.name(),
        };
        Proposal {
            no: row.no,
            command: words.unwrap_or(row.command),
            state: state.to_owned(),
            proposed_by: approvals::shown(&row.proposed_by),
            proposed_at_ms: row.proposed_at.millis(),
            reason: row.reason,
            expires_at_ms: row.expires_at.millis(),
            decided_by: row.decided.as_ref().map(|(by, _)| approvals::shown(by)),
            decided_at_ms: row.decided.as_ref().map(|(_, at)| at.millis()),
            why: row.why,
        }
    }
}

/// What a second person is shown of a command that needs one: all of it, as somebody would type it.
/// None where one person is enough.
fn guarded(act: &Act) -> Option<String> {
    let command = match act {
        Act::RotateMasterKey => return Some("master-key rotate".to_owned()),
        Act::Reconcile(order) => return Some(words_of(order)),
        Act::Admin(command) => command.as_ref(),
    };
    match command {
        AdminCommand::MerchantRotateKey(rotate) => {
            let mut words =
                vec!["merchant rotate-key".to_owned(), quoted(&rotate.merchant.merchant)];
            words.extend(rotate.merchant.brand.as_ref().map(|brand| format!("--dialect {brand}")));
            words.extend(
                rotate.purpose.as_ref().map(|purpose| format!("--key {}", quoted(purpose))),
            );
            words.extend(
                rotate.public_key.as_ref().map(|key| format!("--public-key {}", quoted(key))),
            );
            words.push(format!("--overlap {}", rotate.overlap_hours));
            Some(words.join(" "))
        }
        AdminCommand::CounterRotateKey(rotate) => {
            let counter = quoted(&rotate.counter);
            Some(format!("counter rotate-key {counter} --overlap {}", rotate.overlap_hours))
        }
        // A fee and an advance are somebody's money; whatever is changed with them is approved with
        // them.
        AdminCommand::MerchantSet(set)
            if !set.change.fees.is_empty() || set.change.advance_cap.is_some() =>
        {
            let change = toml::to_string(&set.change).unwrap_or_default();
            Some(format!("merchant set {}\n{change}", quoted(&set.merchant.merchant)))
        }
        AdminCommand::UnappliedMatch(order) => {
            let payment = match &order.payment {
                PaymentName::Text(text) => quoted(text),
                PaymentName::Order { merchant, order } => {
                    format!("--merchant {} --order {}", quoted(&merchant.merchant), quoted(order))
                }
            };
            let (no, reason) = (order.no, quoted(&order.reason));
            Some(format!("unapplied match {no} {payment} --reason {reason}"))
        }
        AdminCommand::UnappliedRefund(order) => Some(format!(
            "unapplied refund {} --bank-reference {} --reason {}",
            order.no,
            quoted(&order.bank_reference),
            quoted(&order.reason),
        )),
        AdminCommand::DifferenceClose(order) => Some(format!(
            "reconcile --close {} --as {} --reason {}",
            order.no,
            quoted(&order.verdict),
            quoted(&order.reason)
        )),
        AdminCommand::RefundCodeIssue(order) => {
            Some(format!("unapplied refund {} --code --reason {}", order.no, quoted(&order.reason)))
        }
        AdminCommand::RefundCodeConfirm(order) => {
            Some(format!("unapplied confirm {} --reason {}", order.no, quoted(&order.reason)))
        }
        AdminCommand::RefundCodeRelease(order) => {
            Some(format!("unapplied release {} --reason {}", order.no, quoted(&order.reason)))
        }
        AdminCommand::DisputeAccept(order) => {
            Some(format!("dispute accept {} --reason {}", order.no, quoted(&order.reason)))
        }
        AdminCommand::MerchantAdd(_)
        | AdminCommand::MerchantSet(_)
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
        | AdminCommand::DisputeReject(_) => None,
    }
}

/// Whoever says that money moved stands in the books; nothing that the caller says changes who.
fn signed(mut act: Act, by: &Person) -> Act {
    if let Act::Reconcile(order) = &mut act {
        order.by = approvals::shown(by);
    }
    if let Act::Admin(command) = &mut act {
        match command.as_mut() {
            AdminCommand::FundingRecord(record) => record.by = approvals::shown(by),
            AdminCommand::DifferenceClose(order) => order.by = approvals::shown(by),
            AdminCommand::PayoutRecord(record) => record.by = approvals::shown(by),
            AdminCommand::PayoutConfirm(decide) | AdminCommand::PayoutReturn(decide) => {
                decide.by = approvals::shown(by);
            }
            AdminCommand::MerchantAdd(_)
            | AdminCommand::MerchantSet(_)
            | AdminCommand::MerchantTurn(_)
            | AdminCommand::MerchantRotateKey(_)
            | AdminCommand::CounterAdd(_)
            | AdminCommand::CounterSet(_)
            | AdminCommand::CounterTurn(_)
            | AdminCommand::CounterRotateKey(_)
            | AdminCommand::CounterOpen
            | AdminCommand::PaymentClose(_)
            | AdminCommand::UnappliedMatch(_)
            | AdminCommand::UnappliedRefund(_)
            | AdminCommand::RefundCodeIssue(_)
            | AdminCommand::RefundCodeConfirm(_)
            | AdminCommand::RefundCodeRelease(_)
            | AdminCommand::DisputeAccept(_)
            | AdminCommand::DisputeReject(_) => {}
        }
    }
    act
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// What is posted, down to the bytes of the files.
fn words_of(order: &Order) -> String {
    let mut words = vec!["reconcile".to_owned(), quoted(&order.retailer)];
    words.extend(order.files.iter().map(|file| quoted(&file.name)));
    words.push(format!("--date {}", order.date));
    words.extend(order.partial.then(|| "--partial".to_owned()));
    words.push("--apply".to_owned());
    if order.creates > 0 {
        let (count, sum) = (order.creates, order.creates_sum);
        words.push(format!(
            "--yes-create {count}\nbooks {count} sales that only the files tell of, Rp {sum} together"
        ));
    }
    let of_file =
        |file: &OrderFile| format!("\n{} by {}: sha256 {}", file.name, file.profile, file.sha256);
    words.join(" ") + &order.files.iter().map(of_file).collect::<String>()
}
