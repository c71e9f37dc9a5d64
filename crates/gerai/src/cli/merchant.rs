//! `gerai merchant`.

use clap::{Subcommand, ValueEnum};
use gateway::{
    admin::{
        AdminCommand, AdminReply, MerchantAdd, MerchantChange, MerchantName, MerchantReply,
        MerchantRotateKey, MerchantSet, MerchantTurn, OVERLAP_HOURS_DEFAULT, Reuse, find_account,
    },
    directory::{AccountSettings, AnnouncePaid, LatePayment},
};
use serde::Serialize;
use storage::{AccountRow, Directory};

use super::{
    output::{self, At, counted, people},
    place::{Located, Where, now},
};
use domain::time::Timestamp;

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
    List(Where),
    /// Show a merchant; secrets are never shown
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
    Disable(Named),
    /// Serve a merchant again
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
    #[arg(long, default_value = dialect_midtrans::BRAND)]
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
        Command::List(place) => list(&place),
        Command::Show(named) => {
            let located = named.place.locate()?;
            show(&located, &named.name(), named.place.json, None)
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
        anyhow::bail!("the gateway answers in a way not known");
    };
    let name = MerchantName { merchant: reply.public_id.clone(), brand: Some(reply.brand.clone()) };
    show(&located, &name, place.json, Some(&reply))
}

/// A merchant's account, as it is shown.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    merchant_id: String,
    name: String,
    brand: String,
    state: &'static str,
    client_key: Option<String>,
    notification_urls: Vec<String>,
    allow_list: Vec<String>,
    rate_max: u32,
    settings: AccountSettings,
    keys: Vec<ShownKey>,
    created_at: At,
}

/// A key, without what is secret about it.
#[derive(Debug, Serialize)]
pub(super) struct ShownKey {
    /// What a merchant's secret is for, or the public half of a counter's.
    pub(super) name: String,
    /// `live`, `retiring` or `retired`.
    pub(super) state: &'static str,
    /// When it was made.
    pub(super) created_at: At,
    /// When it stops, or stopped.
    pub(super) retires_at: Option<At>,
    /// Shown this once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) secret: Option<String>,
}

impl ShownKey {
    pub(super) fn new(
        name: String,
        created_at: Timestamp,
        retires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Self {
        let state = match retires_at {
            None => "live",
            Some(at) if now < at => "retiring",
            Some(_) => "retired",
        };
        Self {
            name,
            state,
            created_at: At(created_at),
            retires_at: retires_at.map(At),
            secret: None,
        }
    }

    /// One line for people.
    pub(super) fn line(&self) -> String {
        let end = match (self.state, self.retires_at) {
            ("retiring", Some(at)) => format!(", accepted until {}", people(at.0)),
            (_, Some(at)) => format!(", stopped {}", people(at.0)),
            (_, None) => String::new(),
        };
        let secret = self.secret.as_ref().map_or_else(
            || "••••••••".to_owned(),
            |secret| format!("{secret}   <- shown this once, keep it"),
        );
        let Self { name, state, created_at, .. } = self;
        format!("{name}  {state} since {}{end}  {secret}", people(created_at.0))
    }
}

/// The lines of a stored list.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What a list of networks says to people.
pub(super) fn networks(list: &[String]) -> String {
    if list.is_empty() { "from everywhere".to_owned() } else { list.join("\n") }
}

fn shown(rows: &Directory, account: &AccountRow, now: Timestamp) -> anyhow::Result<Shown> {
    let merchant = rows.merchants.iter().find(|row| row.no == account.merchant);
    let keys = rows.account_keys.iter().filter(|key| key.account == account.no);
    let keys =
        keys.map(|key| ShownKey::new(key.purpose.clone(), key.created_at, key.retires_at, now));
    Ok(Shown {
        merchant_id: account.public_id.clone(),
        name: merchant.map(|row| row.name.clone()).unwrap_or_default(),
        brand: account.brand.clone(),
        state: if account.disabled { "disabled" } else { "enabled" },
        client_key: account.client_key.clone(),
        notification_urls: lines(&account.notification_urls),
        allow_list: lines(&account.allow_list),
        rate_max: account.rate_max,
        settings: toml::from_str(&account.settings)?,
        keys: keys.rev().collect(),
        created_at: At(account.created_at),
    })
}

fn list(place: &Where) -> anyhow::Result<()> {
    let rows = place.locate()?.reader()?.directory()?;
    let now = now();
    let all = rows.accounts.iter().map(|account| shown(&rows, account, now));
    let all: Vec<Shown> = all.collect::<anyhow::Result<_>>()?;
    if place.json {
        return output::json(&all);
    }
    let rows: Vec<_> = all
        .into_iter()
        .map(|one| {
            let live = one.keys.iter().filter(|key| key.state != "retired").count();
            [
                one.merchant_id,
                one.name,
                one.brand,
                one.state.to_owned(),
                counted(u64::try_from(live).unwrap_or(u64::MAX), "key"),
                one.notification_urls.first().cloned().unwrap_or_else(|| "-".to_owned()),
                people(one.created_at.0),
            ]
        })
        .collect();
    let heads =
        ["merchant id", "name", "dialect", "state", "keys", "notifications to", "since (WIB)"];
    output::table(heads, &rows, "no merchants yet: `gerai merchant add NAME`");
    Ok(())
}

fn show(
    located: &Located,
    name: &MerchantName,
    json: bool,
    reply: Option<&MerchantReply>,
) -> anyhow::Result<()> {
    let rows = located.reader()?.directory()?;
    let account = find_account(&rows, name)?;
    let mut one = shown(&rows, account, now())?;
    for new in reply.iter().flat_map(|reply| &reply.secrets) {
        // The newest key of its purpose is the one that was just made.
        if let Some(key) = one.keys.iter_mut().find(|key| key.name == new.purpose) {
            key.secret = Some(new.secret.expose().to_owned());
        }
    }
    if json {
        return output::json(&one);
    }
    let settings = &one.settings;
    let urls = one.notification_urls.join("\n");
    let keys: Vec<_> = one.keys.iter().map(ShownKey::line).collect();
    output::fields(&[
        ("merchant id", one.merchant_id.clone()),
        ("name", one.name.clone()),
        ("dialect", one.brand.clone()),
        ("state", one.state.to_owned()),
        ("client key", one.client_key.clone().unwrap_or_else(|| "-".to_owned())),
        ("secrets", keys.join("\n")),
        ("notifications to", if urls.is_empty() { "nowhere".to_owned() } else { urls }),
        ("may call", networks(&one.allow_list)),
        (
            "rate",
            match one.rate_max {
                0 => "as configured".to_owned(),
                rate => format!("{rate} requests a second"),
            },
        ),
        (
            "announce paid",
            match settings.announce_paid {
                AnnouncePaid::AtOnce => "at once".to_owned(),
                AnnouncePaid::WhenFinal => "when it is final".to_owned(),
            },
        ),
        (
            "late payment",
            match settings.late_payment {
                LatePayment::Unapplied => "unapplied".to_owned(),
                LatePayment::Accept => "accept".to_owned(),
            },
        ),
        (
            "order id free after reversal",
            match settings.reuse_after_reversal {
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
                None => "as the dialect has it".to_owned(),
            },
        ),
        ("idempotency keys everywhere", settings.idempotency_everywhere.to_string()),
        ("since (WIB)", people(one.created_at.0)),
    ]);
    Ok(())
}
