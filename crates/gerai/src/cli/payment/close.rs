//! `gerai payment cancel` and `expire`.

use gateway::{
    admin::{AdminCommand, AdminReply, PaymentClose},
    request::Close,
};

use super::find::Named;
use crate::cli::output;

/// Which payment, and why.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Why; it is written into the payment's history
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    named: Named,
}

pub(super) fn run(args: &Args, how: Close) -> anyhow::Result<()> {
    let payment = args.named.name()?;
    let close = PaymentClose { payment, how, reason: args.reason.clone() };
    let reply = args.named.place.locate()?.admin(AdminCommand::PaymentClose(close))?;
    let AdminReply::Payment(reply) = reply else {
        anyhow::bail!("the gateway answers in a way not known");
    };
    if args.named.place.json {
        return output::json(&reply);
    }
    let already = if reply.changed { "" } else { " already" };
    output::say(&format!("payment {} is {}{already}\n", reply.id, reply.state));
    Ok(())
}
