//! `gerai reconcile --close`: what waits is closed by hand (rule 34).

use anyhow::bail;
use clap::ValueEnum;
use gateway::admin::{AdminCommand, AdminReply, DifferenceClose, RuledReply};

use super::Args;
use crate::{
    cli::{
        output::{self, rupiah},
        place::Located,
    },
    control::Act,
};

/// What somebody found out about a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Verdict {
    /// Our side is right: what we booked stands, and counts as standing in the file
    Ours,
    /// The retailer's side is right: what it owes us changes by the difference
    Theirs,
    /// The payer has the cash back, or never paid: the merchant's money is taken back
    Clawback,
    /// The retailer will not pay, and the merchant keeps its money: it is our loss
    WriteOff,
}

impl Verdict {
    const fn domain(self) -> domain::difference::Verdict {
        match self {
            Self::Ours => domain::difference::Verdict::Ours,
            Self::Theirs => domain::difference::Verdict::Theirs,
            Self::Clawback => domain::difference::Verdict::ClawBack,
            Self::WriteOff => domain::difference::Verdict::WriteOff,
        }
    }
}

pub(super) fn run(located: &Located, args: &Args, no: i64, verdict: Verdict) -> anyhow::Result<()> {
    let reason = args.reason.clone().unwrap_or_default();
    let verdict = verdict.domain().name().to_owned();
    let order = DifferenceClose {
        no,
        verdict,
        reason: reason.clone(),
        by: String::new(),
        posted_at_ms: None,
    };
    let act = Act::Admin(Box::new(AdminCommand::DifferenceClose(order)));
    let reply = match located.guarded(act, Some(reason), args.place.json)? {
        Some(AdminReply::Ruled(reply)) => reply,
        Some(_) => bail!("the gateway answers in a way not known"),
        None => return Ok(()),
    };
    closed(args.place.json, &reply)
}

/// Says how a line is closed.
pub(in crate::cli) fn closed(json: bool, reply: &RuledReply) -> anyhow::Result<()> {
    if json {
        return output::json(reply);
    }
    let payment = match (&reply.payment, &reply.payment_state) {
        (Some(id), Some(state)) => format!("; payment {id} is {state}"),
        (_, _) => String::new(),
    };
    let (no, state, amount) = (reply.no, &reply.state, rupiah(reply.amount));
    output::say(&format!("line {no}, {amount}, is closed as {state}{payment}\n"));
    Ok(())
}
