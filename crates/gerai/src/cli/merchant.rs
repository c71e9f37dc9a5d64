//! `gerai merchant`.

mod show;

use anyhow::bail;
use clap::{Subcommand, ValueEnum};
use gateway::{
    admin::{
        AdminCommand, AdminReply, MerchantAdd, MerchantChange, MerchantName, MerchantRotateKey,
        MerchantSet, MerchantTurn, OVERLAP_HOURS_DEFAULT, Reuse,
    },
    directory::{AnnouncePaid, LatePayment},
};

use super::place::Where;

/// What can be done with merchants.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a merchant and print its credentials; the secret is shown this once
    #[command(after_help = "\
Examples:
  gerai merchant add 'Toko Maju' --config gerai.toml \\
      --notification-url https://toko.example/notify
  gerai merchant add 'Toko Uji' --data ./gerai-data --json")]
    Add(Add),
    /// List merchants
    #[command(after_help = "\
Examples:
  gerai merchant list --data ./gerai-data
  gerai merchant list --config /etc/gerai/gerai.toml --json")]
    List(Where),
    /// Show a merchant; secrets are never shown
    #[command(after_help = "\
Examples:
  gerai merchant show G000000001
  gerai merchant show 'Toko Maju' --json")]
    Show(Named),
    /// Change what is given, and nothing else
    #[command(after_help = "\
Examples:
  gerai merchant set G000000001 --notification-url http://127.0.0.1:3000/notify
  gerai merchant set G000000001 --notification-url ''        none any more
  gerai merchant set G000000001 --allow 203.0.113.0/24 --rate 50
  gerai merchant set G000000001 --announce-paid when-final   not before it cannot be reversed")]
    Set(Set),
    /// Refuse a merchant's requests from now on; its payments can still be paid
    #[command(after_help = "\
Example:
  gerai merchant disable G000000001")]
    Disable(Named),
    /// Serve a merchant again
    #[command(after_help = "\
Example:
  gerai merchant enable G000000001")]
    Enable(Named),
    /// Make a new secret; the old one is accepted for a while
    #[command(after_help = "\
The new secret signs notifications at once. Examples:
  gerai merchant rotate-key G000000001               the old one lives 24 hours
  gerai merchant rotate-key G000000001 --overlap 0   it leaked: stop it now")]
    RotateKey(RotateKey),
}

/// Which merchant.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Its merchant id (G000000001), or its name where only one has it
    merchant: String,
    /// Its dialect, where two dialects use the same id
    #[arg(long)]
    brand: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// Its name, as receipts and cashiers show it
    name: String,
    /// The dialect it speaks
    #[arg(long, default_value = crate::dialects::USUAL_BRAND)]
    brand: String,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    /// Its name from now on
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    named: Named,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RotateKey {
    /// Hours for which the old secret is accepted too
    #[arg(long, value_name = "HOURS", default_value_t = OVERLAP_HOURS_DEFAULT)]
    overlap: u32,
    #[command(flatten)]
    named: Named,
}

/// What can be set.
#[derive(Debug, clap::Args)]
struct Change {
    /// Where notifications go: at most 3, repeated or separated by commas; '' for none
    #[arg(long, value_name = "URL")]
    notification_url: Vec<String>,
    /// Networks that may call, repeated or separated by commas; '' for all
    #[arg(long, value_name = "CIDR")]
    allow: Vec<String>,
    /// Requests a second; 0 for the configuration's figure
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// When it hears that a payment is paid
    #[arg(long, value_enum)]
    announce_paid: Option<Announce>,
    /// What becomes of cash that comes for an expired payment
    #[arg(long, value_enum)]
    late_payment: Option<Late>,
    /// Whether an order id can be used again after a reversal
    #[arg(long, value_enum)]
    reuse_after_reversal: Option<ReuseWord>,
    /// Whether idempotency keys count where the dialect leaves them out
    #[arg(long, value_name = "true|false")]
    idempotency_everywhere: Option<bool>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Announce {
    /// As soon as it is durable; it may still be reversed
    AtOnce,
    /// When it cannot be reversed any more
    WhenFinal,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Late {
    /// It is kept as unapplied cash for an operator
    Unapplied,
    /// It pays the payment after all, if the order id was not used again
    Accept,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReuseWord {
    Yes,
    No,
    /// As the dialect has it
    Default,
}

impl Change {
    fn into_change(self, name: Option<String>) -> MerchantChange {
        let list = |given: Vec<String>| (!given.is_empty()).then_some(given);
        MerchantChange {
            name,
            notification_urls: list(self.notification_url),
            allow_list: list(self.allow),
            rate_max: self.rate,
            announce_paid: self.announce_paid.map(|word| match word {
                Announce::AtOnce => AnnouncePaid::AtOnce,
                Announce::WhenFinal => AnnouncePaid::WhenFinal,
            }),
            late_payment: self.late_payment.map(|word| match word {
                Late::Unapplied => LatePayment::Unapplied,
                Late::Accept => LatePayment::Accept,
            }),
            reuse_after_reversal: self.reuse_after_reversal.map(|word| match word {
                ReuseWord::Yes => Reuse::Yes,
                ReuseWord::No => Reuse::No,
                ReuseWord::Default => Reuse::Default,
            }),
            idempotency_everywhere: self.idempotency_everywhere,
        }
    }
}

impl Named {
    fn name(&self) -> MerchantName {
        MerchantName { merchant: self.merchant.clone(), brand: self.brand.clone() }
    }
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(place) => show::list(&place),
        Command::Show(named) => {
            let located = named.place.locate()?;
            show::show(&located, &named.name(), named.place.json, None)
        }
        Command::Add(add) => {
            let command = AdminCommand::MerchantAdd(MerchantAdd {
                name: add.name,
                brand: add.brand,
                credentials: None,
                change: add.change.into_change(None),
            });
            change(&add.place, command)
        }
        Command::Set(set) => {
            let merchant = set.named.name();
            let asked = set.change.into_change(set.name);
            let command = AdminCommand::MerchantSet(MerchantSet { merchant, change: asked });
            change(&set.named.place, command)
        }
        Command::Disable(named) => turn(&named, true),
        Command::Enable(named) => turn(&named, false),
        Command::RotateKey(rotate) => {
            let command = AdminCommand::MerchantRotateKey(MerchantRotateKey {
                merchant: rotate.named.name(),
                secrets: None,
                overlap_hours: rotate.overlap,
            });
            change(&rotate.named.place, command)
        }
    }
}

fn turn(named: &Named, disabled: bool) -> anyhow::Result<()> {
    let turn = MerchantTurn { merchant: named.name(), disabled };
    change(&named.place, AdminCommand::MerchantTurn(turn))
}

/// Has it done, then shows the merchant as it is now.
fn change(place: &Where, command: AdminCommand) -> anyhow::Result<()> {
    let located = place.locate()?;
    let AdminReply::Merchant(reply) = located.admin(command)? else {
        bail!("the gateway answers in a way not known");
    };
    let name = MerchantName { merchant: reply.public_id.clone(), brand: Some(reply.brand.clone()) };
    show::show(&located, &name, place.json, Some(&reply))
}
