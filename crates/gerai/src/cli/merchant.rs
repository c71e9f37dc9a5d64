//! `gerai merchant`.

mod show;

use std::{collections::BTreeMap, fs::File, io::Read, path::PathBuf};

use anyhow::{Context, bail};
use clap::{Subcommand, ValueEnum};
use dialect::PUBLIC_KEY_MAX;
use gateway::{
    admin::{
        AdminCommand, AdminReply, MerchantAdd, MerchantChange, MerchantName, MerchantReply,
        MerchantRotateKey, MerchantSet, MerchantTurn, OVERLAP_HOURS_DEFAULT, Reuse,
    },
    books::PAYOUT_DAYS_MAX,
    directory::{AnnouncePaid, BillLanguage, LatePayment, OtherRetailer, Withholding},
};

use super::{
    keys::secrets,
    place::{Located, Where},
};
use crate::control::Act;

/// What can be done with merchants.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a merchant and print its credentials; the secret is shown this once
    #[command(after_help = "\
Examples:
  gerai merchant add 'Toko Maju' --config gerai.toml \\
      --notification-url https://toko.example/notify
  gerai merchant add 'Toko Uji' --data ./gerai-data --json
  gerai merchant add 'Toko Maju' --dialect ayolinx --public-key merchant.pem")]
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
  gerai merchant set G000000001 --payout-days 1              available a business day after funding
  gerai merchant set G000000001 --advance-cap 5000000 --reason 'agreed on 3 November'
                                       up to Rp 5,000,000 before retailers transfer it; 0 for none
  gerai merchant set G000000001 --withholding 20             2 % of our fees, as PPh 23
  gerai merchant set G000000001 --announce-paid when-final   not before it cannot be reversed
  gerai merchant set G000000001 --other-retailer always      payers may change their mind
  gerai merchant set G000000001 --bill email,sms             payers are told, as [bill] sets it up
  gerai merchant set G000000001 --events on                  Gerai's own, to be pulled
  gerai merchant set G000000001 --events-url https://toko.example/events
  gerai merchant set SC-KRW9ESNZUUKQXOOX --option strict=true   only the vendor's own signature")]
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
  gerai merchant rotate-key G000000001 --overlap 0   it leaked: stop it now
  gerai merchant rotate-key G000000001 --reason 'ticket 17'   production: another has to approve it
  gerai merchant rotate-key G000000001 --key events           the secret of Gerai's own events
  gerai merchant rotate-key G000000001 --key events_ed25519   the same, with a public key
  gerai merchant rotate-key CK-1b2c... --key merchant_public_key --public-key new.pem")]
    RotateKey(RotateKey),
}

/// Which merchant.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Its merchant id (G000000001), or its name where only one has it
    merchant: String,
    /// Its dialect, where two dialects use the same id or the merchant has several
    #[arg(long = "dialect", alias = "brand")]
    brand: Option<String>,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// Its name, as receipts and cashiers show it
    name: String,
    /// The dialect it speaks
    #[arg(long = "dialect", alias = "brand", default_value = crate::dialects::USUAL_BRAND)]
    brand: String,
    /// A file with the merchant's public RSA key in PEM, for dialects that ask for one
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
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
    /// How much it has at most, in rupiah, of matched payments that their retailers have not
    /// transferred yet; 0 for nothing. Production asks a second person about it (`gerai approve`)
    #[arg(long, value_name = "RUPIAH")]
    advance_cap: Option<i64>,
    /// Why; production asks for it where a second person is asked
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    named: Named,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RotateKey {
    /// Which of its keys, by the name that `merchant show` lists; `events` and `events_ed25519` sign
    /// Gerai's own events; the usual one if not given
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// A file with the merchant's new public RSA key in PEM
    #[arg(long, value_name = "FILE")]
    public_key: Option<PathBuf>,
    /// Why; production asks for it, and for a second person (`gerai approve`)
    #[arg(long)]
    reason: Option<String>,
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
    /// Whose payers may take a code for another retailer on their page
    #[arg(long, value_enum)]
    other_retailer: Option<Other>,
    /// From how many business days after its funding on a payment's money is available
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=i64::from(PAYOUT_DAYS_MAX)))]
    payout_days: Option<u8>,
    /// The tax that the merchant keeps back from our fees, in per-mille of them without PPN: a line
    /// of its statement. 0 for none
    #[arg(long, value_name = "PERMILLE", value_parser = clap::value_parser!(u16).range(0..=1_000))]
    withholding: Option<u16>,
    /// What that tax is called
    #[arg(long, value_name = "NAME", default_value = "PPh 23", requires = "withholding")]
    withholding_label: String,
    /// Whether Gerai's own events are written for it, to be pulled from /v1/events or sent
    #[arg(long, value_enum)]
    events: Option<OnOff>,
    /// Where Gerai's own events are sent; '' for nowhere. Needs a key that signs them: `gerai merchant
    /// rotate-key MERCHANT --key events` makes the first
    #[arg(long, value_name = "URL")]
    events_url: Option<String>,
    /// By which ways its payers are told what to pay and that they have: email, sms, whatsapp, separated by
    /// commas; none; or default, which is none in production and the inbox in a sandbox
    #[arg(long, value_name = "CHANNELS")]
    bill: Option<String>,
    /// The language in which they are told first
    #[arg(long, value_enum)]
    bill_language: Option<BillWord>,
    /// What only its dialect knows; `merchant show` lists the names. NAME= for the default
    #[arg(long, value_name = "NAME=VALUE", value_parser = named_value)]
    option: Vec<(String, String)>,
}

fn named_value(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it has the form NAME=VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// The key in a file, as far as one can be that long.
fn public_key(path: Option<PathBuf>) -> anyhow::Result<Option<String>> {
    let Some(path) = path else { return Ok(None) };
    let cannot = || format!("cannot read the public key in {}", path.display());
    let mut text = String::new();
    let file = File::open(&path).with_context(cannot)?;
    let most = u64::try_from(PUBLIC_KEY_MAX)?.saturating_add(1);
    file.take(most).read_to_string(&mut text).with_context(cannot)?;
    Ok(Some(text))
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
enum OnOff {
    On,
    Off,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Other {
    /// Nobody's
    Never,
    /// Those who chose the first one themselves
    Checkout,
    /// Everybody's
    Always,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum BillWord {
    /// Indonesian
    Id,
    /// English
    En,
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
            other_retailer: self.other_retailer.map(|word| match word {
                Other::Never => OtherRetailer::Never,
                Other::Checkout => OtherRetailer::Checkout,
                Other::Always => OtherRetailer::Always,
            }),
            payout_days: self.payout_days,
            advance_cap: None,
            withholding: self
                .withholding
                .map(|permille| Withholding { permille, label: self.withholding_label }),
            events: self.events.map(|word| match word {
                OnOff::On => true,
                OnOff::Off => false,
            }),
            events_url: self.events_url,
            fees: BTreeMap::new(),
            bill: self.bill,
            bill_language: self.bill_language.map(|word| match word {
                BillWord::Id => BillLanguage::Id,
                BillWord::En => BillLanguage::En,
            }),
            options: self.option.into_iter().collect(),
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
                public_key: public_key(add.public_key)?,
                credentials: None,
                change: add.change.into_change(None),
            });
            change(&add.place, command)
        }
        Command::Set(set) => {
            let merchant = set.named.name();
            let mut asked = set.change.into_change(set.name);
            asked.advance_cap = set.advance_cap;
            let command = AdminCommand::MerchantSet(MerchantSet { merchant, change: asked });
            guarded(&set.named.place, command, set.reason)
        }
        Command::Disable(named) => turn(&named, true),
        Command::Enable(named) => turn(&named, false),
        Command::RotateKey(rotate) => {
            let command = AdminCommand::MerchantRotateKey(MerchantRotateKey {
                merchant: rotate.named.name(),
                purpose: rotate.key,
                public_key: public_key(rotate.public_key)?,
                credentials: None,
                overlap_hours: rotate.overlap,
            });
            guarded(&rotate.named.place, command, rotate.reason)
        }
    }
}

fn turn(named: &Named, disabled: bool) -> anyhow::Result<()> {
    let turn = MerchantTurn { merchant: named.name(), disabled };
    change(&named.place, AdminCommand::MerchantTurn(turn))
}

/// Has it done, then shows the merchant as it is now.
fn change(place: &Where, command: AdminCommand) -> anyhow::Result<()> {
    guarded(place, command, None)
}

/// The same, for what production asks a second person about.
pub(super) fn guarded(
    place: &Where,
    command: AdminCommand,
    reason: Option<String>,
) -> anyhow::Result<()> {
    let located = place.locate()?;
    match located.guarded(Act::Admin(Box::new(command)), reason, place.json)? {
        Some(AdminReply::Merchant(reply)) => done(&located, place.json, &reply),
        Some(
            AdminReply::Counter(_)
            | AdminReply::Payment(_)
            | AdminReply::Ruled(_)
            | AdminReply::RefundCode(_)
            | AdminReply::Funding(_)
            | AdminReply::Payout(_)
            | AdminReply::Reconciled(_)
            | AdminReply::Done,
        ) => {
            bail!("the gateway answers in a way not known")
        }
        None => Ok(()),
    }
}

/// Shows a merchant that was added or changed, with its new secrets.
pub(super) fn done(located: &Located, json: bool, reply: &MerchantReply) -> anyhow::Result<()> {
    let name = MerchantName { merchant: reply.public_id.clone(), brand: Some(reply.brand.clone()) };
    if show::show(located, &name, json, Some(reply)).is_ok() {
        return Ok(());
    }
    // Who may give commands may still not read the rows, and a secret is shown this once.
    let made = reply.secrets.iter().map(|made| (made.purpose.as_str(), made.secret.expose()));
    let told = reply.told.iter().map(|(name, text)| (name.as_str(), text.as_str()));
    secrets(json, "merchant_id", &reply.public_id, &made.chain(told).collect::<Vec<_>>())
}
