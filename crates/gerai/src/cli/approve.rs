//! `gerai approve`: what one person proposed, and another decides (rule 20).

use anyhow::bail;
use clap::Subcommand;
use domain::time::Timestamp;
use gateway::admin::{AdminCommand, AdminReply};
use serde::Serialize;

use super::{
    counter, master_key, merchant,
    output::{self, At, people},
    place::{Located, Where},
    reconcile, unapplied,
};
use crate::control::{Act, Answer, Ask, Proposal};

/// What can be done with proposals.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List what waits for a second person
    #[command(after_help = "\
In production, replacing keys, changing fees, putting unapplied cash to a payment or giving it back,
and granting a refused reversal take two persons: one gives the command, with a
reason, and it is kept as a proposal; another approves it, and it is carried out. Persons are users of
the operating system, whatever they say they are. Examples:
  gerai approve list --config /etc/gerai/gerai.toml
  gerai approve list --all      what was decided, too, newest first")]
    List(List),
    /// Show a proposal: what is to be done, who wants it and why
    #[command(after_help = "\
Example:
  gerai approve show 3")]
    Show(Named),
    /// Approve a proposal: it is carried out at once, and prints what its command prints
    #[command(after_help = "\
Whoever proposed it cannot approve it. A new secret is shown to whoever approves, this once. It is
carried out once: if that fails, it has to be proposed again. Example:
  gerai approve yes 3")]
    Yes(Named),
    /// Reject a proposal, or withdraw one's own
    #[command(after_help = "\
Example:
  gerai approve no 3 --reason 'asked the merchant: the key has not leaked'")]
    No(No),
}

#[derive(Debug, clap::Args)]
pub(crate) struct List {
    /// Those that were decided or have expired, too
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    place: Where,
}

/// Which proposal.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Its number
    no: i64,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct No {
    /// Why; it is kept with the proposal
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    named: Named,
}

/// A proposal, as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    proposal: i64,
    state: String,
    command: String,
    proposed_by: String,
    proposed_at: At,
    reason: String,
    expires_at: At,
    decided_by: Option<String>,
    decided_at: Option<At>,
    why: Option<String>,
}

impl From<Proposal> for Shown {
    fn from(told: Proposal) -> Self {
        let at = |millis| At(Timestamp::from_millis(millis));
        Self {
            proposal: told.no,
            state: told.state,
            command: told.command,
            proposed_by: told.proposed_by,
            proposed_at: at(told.proposed_at_ms),
            reason: told.reason,
            expires_at: at(told.expires_at_ms),
            decided_by: told.decided_by,
            decided_at: told.decided_at_ms.map(at),
            why: told.why,
        }
    }
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(args) => list(&args),
        Command::Show(named) => {
            let found = told(&named.place.locate()?, Ask::Proposal { no: named.no })?;
            each(found, named.place.json)
        }
        Command::Yes(named) => yes(&named),
        Command::No(args) => {
            let Named { no, place } = args.named;
            let found = told(&place.locate()?, Ask::Reject { no, why: args.reason })?;
            each(found, place.json)
        }
    }
}

/// Says that nothing was done yet, and how it goes on.
pub(super) fn waits(proposal: Proposal, json: bool) -> anyhow::Result<()> {
    let shown = Shown::from(proposal);
    if json {
        return output::json(&shown);
    }
    output::say(&format!(
        "nothing is changed yet: this needs a second person, who sees it with\n  \
         gerai approve show {no}\nand has it carried out, until {until} WIB, with\n  \
         gerai approve yes {no}\n",
        no = shown.proposal,
        until = people(shown.expires_at.0),
    ));
    Ok(())
}

fn told(located: &Located, ask: Ask) -> anyhow::Result<Vec<Shown>> {
    match located.ask(ask)? {
        Answer::Proposals(found) => Ok(found.into_iter().map(Shown::from).collect()),
        Answer::Done(_)
        | Answer::Redelivered(_)
        | Answer::Clock(_)
        | Answer::Waits(_)
        | Answer::CarriedOut { .. } => {
            bail!("the gateway answers in a way not known")
        }
    }
}

fn list(args: &List) -> anyhow::Result<()> {
    let found = told(&args.place.locate()?, Ask::Proposals { all: args.all })?;
    if args.place.json {
        return output::json(&found);
    }
    let rows: Vec<_> = found
        .into_iter()
        .map(|one| {
            [
                one.proposal.to_string(),
                one.state,
                one.command,
                one.proposed_by,
                one.reason,
                people(one.expires_at.0),
            ]
        })
        .collect();
    let heads = ["no", "state", "command", "proposed by", "because", "until (WIB)"];
    output::table(heads, &rows, "nothing waits for a second person");
    Ok(())
}

/// One proposal, in full.
fn each(found: Vec<Shown>, json: bool) -> anyhow::Result<()> {
    for one in found {
        if json {
            output::json(&one)?;
            continue;
        }
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        output::fields(&[
            ("proposal", one.proposal.to_string()),
            ("state", one.state),
            ("command", one.command),
            ("proposed by", one.proposed_by),
            ("proposed (WIB)", people(one.proposed_at.0)),
            ("because", one.reason),
            ("expires (WIB)", people(one.expires_at.0)),
            ("decided by", or_dash(one.decided_by)),
            ("decided (WIB)", or_dash(one.decided_at.map(|at| people(at.0)))),
            ("why", or_dash(one.why)),
        ]);
    }
    Ok(())
}

/// Has it carried out, and prints what its command prints.
fn yes(named: &Named) -> anyhow::Result<()> {
    let located = named.place.locate()?;
    let json = named.place.json;
    let (act, reply) = match located.ask(Ask::Approve { no: named.no })? {
        Answer::CarriedOut { act, reply } => (act, reply),
        Answer::Done(_)
        | Answer::Redelivered(_)
        | Answer::Clock(_)
        | Answer::Waits(_)
        | Answer::Proposals(_) => {
            bail!("the gateway answers in a way not known")
        }
    };
    match (act, reply) {
        (Act::Admin(_), AdminReply::Merchant(reply)) => merchant::done(&located, json, &reply),
        (Act::Admin(_), AdminReply::Counter(reply)) => counter::done(&located, json, &reply),
        (Act::Admin(command), AdminReply::Ruled(reply))
            if matches!(*command, AdminCommand::DifferenceClose(_)) =>
        {
            reconcile::closed(json, &reply)
        }
        (Act::Admin(_), AdminReply::Ruled(reply)) => unapplied::ruled(json, &reply),
        (Act::Admin(_), AdminReply::RefundCode(reply)) => unapplied::issued(json, &reply),
        (Act::Reconcile(_), AdminReply::Reconciled(reply)) => reconcile::done(json, &reply),
        (Act::RotateMasterKey, AdminReply::Done) => master_key::done(json),
        // Nothing that needs two persons comes to this yet.
        (
            Act::Admin(_) | Act::Reconcile(_) | Act::RotateMasterKey,
            AdminReply::Merchant(_)
            | AdminReply::Counter(_)
            | AdminReply::Payment(_)
            | AdminReply::Ruled(_)
            | AdminReply::RefundCode(_)
            | AdminReply::Funding(_)
            | AdminReply::Payout(_)
            | AdminReply::Reconciled(_)
            | AdminReply::Done,
        ) => bail!("it is carried out, but the gateway answers in a way not known"),
    }
}
