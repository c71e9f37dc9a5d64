//! `gerai merchant list` and `show`.

use std::collections::BTreeMap;

use domain::time::Timestamp;
use gateway::{
    admin::{MerchantName, MerchantReply, find_account},
    books::PAYOUT_DAYS_DEFAULT,
    directory::{
        AccountSettings, AnnouncePaid, BillLanguage, EVERY_RETAILER, LatePayment, OtherRetailer,
        Withholding,
    },
};
use serde::Serialize;
use storage::{AccountRow, Directory};

use crate::{
    cli::{
        keys::{ShownKey, lines, networks},
        output::{self, At, counted, people},
        place::{Located, Where, real_now},
    },
    dialects,
};

/// A merchant's account, as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
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
    /// What the merchant must know beside its secrets; shown with them, this once.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    told: BTreeMap<String, String>,
    created_at: At,
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
        told: BTreeMap::new(),
        created_at: At(account.created_at),
    })
}

pub(super) fn list(place: &Where) -> anyhow::Result<()> {
    let rows = place.locate()?.reader()?.directory()?;
    let now = real_now();
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

pub(super) fn show(
    located: &Located,
    name: &MerchantName,
    json: bool,
    reply: Option<&MerchantReply>,
) -> anyhow::Result<()> {
    let rows = located.reader()?.directory()?;
    let account = find_account(&rows, name)?;
    let mut one = shown(&rows, account, real_now())?;
    for new in reply.iter().flat_map(|reply| &reply.secrets) {
        // The newest key of its purpose is the one that was just made.
        if let Some(key) = one.keys.iter_mut().find(|key| key.name == new.purpose) {
            key.secret = Some(new.secret.expose().to_owned());
        }
    }
    let told = reply.map(|reply| reply.told.clone()).unwrap_or_default();
    if json {
        one.told = told.into_iter().collect();
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
            "business days until available",
            settings.payout_days.unwrap_or(PAYOUT_DAYS_DEFAULT).to_string(),
        ),
        ("advanced before funding", advanced(settings)),
        ("tax kept back from fees", kept_back(settings)),
        (
            "order id free after reversal",
            match settings.reuse_after_reversal {
                Some(true) => "yes".to_owned(),
                Some(false) => "no".to_owned(),
                None => "as the dialect has it".to_owned(),
            },
        ),
        (
            "another retailer",
            match settings.other_retailer {
                OtherRetailer::Never => "never".to_owned(),
                OtherRetailer::Checkout => "by payers who chose the first".to_owned(),
                OtherRetailer::Always => "by every payer".to_owned(),
            },
        ),
        ("idempotency keys everywhere", settings.idempotency_everywhere.to_string()),
        ("Gerai's own events", events(settings)),
        ("payers are told", bill(settings)),
        ("fees", fees(settings)),
        ("options", options(&one.brand, settings)),
        ("since (WIB)", people(one.created_at.0)),
    ]);
    for (name, text) in told {
        output::say(&format!("\n{}:\n{}\n", name.replace('_', " "), text.trim_end()));
    }
    Ok(())
}

/// By which ways payers are told, and in which language first.
fn bill(settings: &AccountSettings) -> String {
    let language = match settings.bill_language {
        BillLanguage::Id => "in Indonesian first",
        BillLanguage::En => "in English first",
    };
    match settings.bill.as_deref() {
        None => format!("in a sandbox's inbox only, {language}"),
        Some([]) => "no".to_owned(),
        Some(channels) => format!("by {}, {language}", channels.join(", ")),
    }
}

/// Whether there are own events, and where they are sent.
fn events(settings: &AccountSettings) -> String {
    match (settings.events, &settings.events_url) {
        (false, _) => "off".to_owned(),
        (true, None) => "on, to be pulled".to_owned(),
        (true, Some(url)) if settings.events_url_gone => {
            format!("on, to be pulled; {url} answered that it is gone, set it anew")
        }
        (true, Some(url)) => format!("on, sent to {url}"),
    }
}

/// What it has before its retailers transferred it.
fn advanced(settings: &AccountSettings) -> String {
    match settings.advance_cap {
        0 => "nothing".to_owned(),
        cap => format!("up to {}", output::rupiah(cap)),
    }
}

/// The tax that it keeps back.
fn kept_back(settings: &AccountSettings) -> String {
    let told = |tax: &Withholding| format!("{}: {} per-mille", tax.label, tax.permille);
    settings.withholding.as_ref().map_or_else(|| "none".to_owned(), told)
}

/// What payments cost, a line for each retailer that has a plan of its own.
fn fees(settings: &AccountSettings) -> String {
    let line = |(retailer, plan): (&String, &String)| match retailer.as_str() {
        EVERY_RETAILER => format!("everywhere: {plan}"),
        retailer => format!("{retailer}: {plan}"),
    };
    let lines: Vec<_> = settings.fees.iter().map(line).collect();
    if lines.is_empty() { "none".to_owned() } else { lines.join("\n") }
}

/// What its dialect lets an operator set, and what it is set to.
fn options(brand: &str, settings: &AccountSettings) -> String {
    let known = dialects::speaking(brand).map_or(&[][..], |dialect| dialect.options());
    let lines: Vec<_> = known
        .iter()
        .map(|option| {
            let value = settings.options.get(option.name).map_or(option.default, String::as_str);
            format!("{}={value}  ({})", option.name, option.about)
        })
        .collect();
    if lines.is_empty() { "none".to_owned() } else { lines.join("\n") }
}
