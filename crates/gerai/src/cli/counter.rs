//! `gerai counter`.

use anyhow::bail;
use clap::Subcommand;
use domain::time::Timestamp;
use gateway::{
    admin::{
        AdminCommand, AdminReply, CounterAdd, CounterChange, CounterReply, CounterRotateKey,
        CounterSet, CounterTurn, OVERLAP_HOURS_DEFAULT,
    },
    directory::PartnerSettings,
};
use serde::Serialize;
use storage::{Directory, PartnerRow};

use super::{
    keys::{ShownKey, lines, networks, secrets},
    output::{self, At, counted, people},
    place::{Located, Where, real_now},
};
use crate::control::Act;

/// What can be done with counters.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Add a retailer or switch that calls, and print its key; the secret is shown this once
    #[command(after_help = "\
Examples:
  gerai counter add 'Indomaret host' --retailer indomaret --allow 198.51.100.0/24
  gerai counter add 'Switch A' --retailer alfamart,alfamidi,dandan --config gerai.toml")]
    Add(Add),
    /// List counters
    #[command(after_help = "\
Example:
  gerai counter list --data ./gerai-data")]
    List(Where),
    /// Show a counter; secrets are never shown
    #[command(after_help = "\
Examples:
  gerai counter show 'Switch A'
  gerai counter show counter-demo --json")]
    Show(Named),
    /// Change what is given, and nothing else
    #[command(after_help = "\
Examples:
  gerai counter set 'Switch A' --retailer all
  gerai counter set 'Switch A' --names-in-full true   payers' names unmasked on its tills")]
    Set(Set),
    /// Refuse a counter's messages from now on
    #[command(after_help = "\
Example:
  gerai counter disable 'Switch A'")]
    Disable(Named),
    /// Answer a counter again
    #[command(after_help = "\
Example:
  gerai counter enable 'Switch A'")]
    Enable(Named),
    /// Make a new key; the old one is accepted for a while
    #[command(after_help = "\
Two keys live at most. Examples:
  gerai counter rotate-key 'Switch A'               the old one lives 24 hours
  gerai counter rotate-key 'Switch A' --overlap 0   it leaked: stop it now
  gerai counter rotate-key 'Switch A' --reason 'ticket 17'   production: another has to approve it")]
    RotateKey(RotateKey),
    /// Answer counters again after a restore
    #[command(after_help = "\
A restored database does not know what was paid since its backup: a code that was paid would be paid
twice. Load those sales first (by status, or from the retailers' files), then open the counters.
Example:
  gerai counter open --after-restore --data /var/lib/gerai")]
    Open(Open),
}

/// Which counter.
#[derive(Debug, clap::Args)]
pub(crate) struct Named {
    /// Its name, or one of its key ids
    counter: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Add {
    /// Its name, for operators
    name: String,
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    #[command(flatten)]
    change: Change,
    #[command(flatten)]
    named: Named,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RotateKey {
    /// Why; production asks for it, and for a second person (`gerai approve`)
    #[arg(long)]
    reason: Option<String>,
    /// Hours for which the old key is accepted too
    #[arg(long, value_name = "HOURS", default_value_t = OVERLAP_HOURS_DEFAULT)]
    overlap: u32,
    #[command(flatten)]
    named: Named,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Open {
    /// Say that the sales since the backup are loaded
    #[arg(long, required = true)]
    after_restore: bool,
    #[command(flatten)]
    place: Where,
}

/// What can be set.
#[derive(Debug, clap::Args)]
struct Change {
    /// Retailers it serves, repeated or separated by commas; `all` for all
    #[arg(long, value_name = "RETAILER")]
    retailer: Vec<String>,
    /// Networks that may call, repeated or separated by commas; '' for all
    #[arg(long, value_name = "CIDR")]
    allow: Vec<String>,
    /// Whether it is told payers' names in full instead of masked
    #[arg(long, value_name = "true|false")]
    names_in_full: Option<bool>,
}

impl Change {
    fn into_change(self) -> CounterChange {
        let list = |given: Vec<String>| (!given.is_empty()).then_some(given);
        CounterChange {
            retailers: list(self.retailer),
            allow_list: list(self.allow),
            names_in_full: self.names_in_full,
        }
    }
}

pub(super) fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::List(place) => list(&place),
        Command::Show(named) => {
            show(&named.place.locate()?, &named.counter, named.place.json, None)
        }
        Command::Add(add) => {
            let asked = CounterAdd { name: add.name, change: add.change.into_change() };
            change(&add.place, AdminCommand::CounterAdd(asked))
        }
        Command::Set(set) => {
            let asked = CounterSet { counter: set.named.counter, change: set.change.into_change() };
            change(&set.named.place, AdminCommand::CounterSet(asked))
        }
        Command::Disable(named) => turn(named, true),
        Command::Enable(named) => turn(named, false),
        Command::RotateKey(rotate) => {
            let asked =
                CounterRotateKey { counter: rotate.named.counter, overlap_hours: rotate.overlap };
            let command = AdminCommand::CounterRotateKey(asked);
            guarded(&rotate.named.place, command, rotate.reason)
        }
        Command::Open(open) => self::open(&open),
    }
}

fn turn(named: Named, disabled: bool) -> anyhow::Result<()> {
    let asked = CounterTurn { counter: named.counter, disabled };
    change(&named.place, AdminCommand::CounterTurn(asked))
}

fn open(open: &Open) -> anyhow::Result<()> {
    open.place.locate()?.admin(AdminCommand::CounterOpen)?;
    if open.place.json {
        return output::json(&serde_json::json!({ "counters": "open" }));
    }
    output::say("counters are answered again\n");
    Ok(())
}

/// Has it done, then shows the counter as it is now.
fn change(place: &Where, command: AdminCommand) -> anyhow::Result<()> {
    guarded(place, command, None)
}

/// The same, for what production asks a second person about.
fn guarded(place: &Where, command: AdminCommand, reason: Option<String>) -> anyhow::Result<()> {
    let located = place.locate()?;
    match located.guarded(Act::Admin(Box::new(command)), reason, place.json)? {
        Some(AdminReply::Counter(reply)) => done(&located, place.json, &reply),
        Some(
            AdminReply::Merchant(_)
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

/// Shows a counter that was added or changed, with its new key.
pub(super) fn done(located: &Located, json: bool, reply: &CounterReply) -> anyhow::Result<()> {
    if show(located, &reply.name, json, Some(reply)).is_ok() {
        return Ok(());
    }
    // Who may give commands may still not read the rows, and a secret is shown this once.
    let key = reply.key.as_ref();
    let keys: Vec<_> = key.iter().map(|key| (key.key_id.as_str(), key.secret.expose())).collect();
    secrets(json, "counter", &reply.name, &keys)
}

/// A counter, as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    name: String,
    state: &'static str,
    /// Empty: all.
    retailers: Vec<String>,
    allow_list: Vec<String>,
    settings: PartnerSettings,
    keys: Vec<ShownKey>,
    created_at: At,
}

impl Shown {
    fn serves(&self) -> String {
        if self.retailers.is_empty() { "all".to_owned() } else { self.retailers.join(", ") }
    }
}

fn shown(rows: &Directory, partner: &PartnerRow, now: Timestamp) -> anyhow::Result<Shown> {
    let keys = rows.partner_keys.iter().filter(|key| key.partner == partner.no);
    let keys =
        keys.map(|key| ShownKey::new(key.key_id.clone(), key.created_at, key.retires_at, now));
    let retailers = partner.retailers.split(',').filter(|key| !key.is_empty());
    Ok(Shown {
        name: partner.name.clone(),
        state: if partner.disabled { "disabled" } else { "enabled" },
        retailers: retailers.map(str::to_owned).collect(),
        allow_list: lines(&partner.allow_list),
        settings: toml::from_str(&partner.settings)?,
        keys: keys.rev().collect(),
        created_at: At(partner.created_at),
    })
}

fn list(place: &Where) -> anyhow::Result<()> {
    let rows = place.locate()?.reader()?.directory()?;
    let now = real_now();
    let all = rows.partners.iter().map(|partner| shown(&rows, partner, now));
    let all: Vec<Shown> = all.collect::<anyhow::Result<_>>()?;
    if place.json {
        return output::json(&all);
    }
    let rows: Vec<_> = all
        .iter()
        .map(|one| {
            let live = one.keys.iter().filter(|key| key.state != "retired").count();
            [
                one.name.clone(),
                one.state.to_owned(),
                one.serves(),
                counted(u64::try_from(live).unwrap_or(u64::MAX), "key"),
                people(one.created_at.0),
            ]
        })
        .collect();
    let heads = ["counter", "state", "retailers", "keys", "since (WIB)"];
    output::table(heads, &rows, "no counters yet: `gerai counter add NAME`");
    Ok(())
}

fn show(
    located: &Located,
    name: &str,
    json: bool,
    reply: Option<&CounterReply>,
) -> anyhow::Result<()> {
    let rows = located.reader()?.directory()?;
    let by_key = || {
        let key = rows.partner_keys.iter().find(|key| key.key_id == name)?;
        rows.partners.iter().find(|row| row.no == key.partner)
    };
    let Some(partner) = rows.partners.iter().find(|row| row.name == name).or_else(by_key) else {
        bail!("there is no counter `{name}`; `gerai counter list` shows all");
    };
    let mut one = shown(&rows, partner, real_now())?;
    if let Some(new) = reply.and_then(|reply| reply.key.as_ref())
        && let Some(key) = one.keys.iter_mut().find(|key| key.name == new.key_id)
    {
        key.secret = Some(new.secret.expose().to_owned());
    }
    if json {
        return output::json(&one);
    }
    let keys: Vec<_> = one.keys.iter().map(ShownKey::line).collect();
    output::fields(&[
        ("counter", one.name.clone()),
        ("state", one.state.to_owned()),
        ("retailers", one.serves()),
        ("keys", keys.join("\n")),
        ("may call", networks(&one.allow_list)),
        ("names in full", one.settings.names_in_full.to_string()),
        ("since (WIB)", people(one.created_at.0)),
    ]);
    Ok(())
}
