//! Telling payers: what a bill says, and the ways by which it is sent. Which payers are told, and when, is
//! the gateway's business (`gateway::bill`); attempts are made by `notify/bill.rs`.

mod crowd;
mod facts;
mod http;
mod mail;
mod recipient;
mod smtp;
mod template;

use std::{collections::BTreeMap, path::Path, time::Duration};

use anyhow::{Context, bail};
use domain::{bill::Channel, time::Timestamp};
use gateway::{Environment, bill::BillTerms, directory::Secret};

use self::crowd::Crowd;
pub(crate) use self::{
    facts::{Facts, facts, is_still_true},
    http::{Http, Sms},
    mail::Letter,
    recipient::{masked, recipients},
    smtp::{Received, Smtp},
    template::{Escape, Place, Template},
};
use crate::{
    config::{Bill, Config, secret_in},
    notify::Client,
};

/// What stands in the place of the account's number in the address of a sandbox's inbox.
pub(crate) const AT_INBOX: &str = "bill";

/// The ways by which bills go out.
#[derive(Debug)]
pub(crate) struct Ways {
    ways: BTreeMap<Channel, Way>,
    crowd: Crowd,
    /// How the outside reaches the payers' pages, without a slash at the end.
    pub(crate) public_url: String,
    /// How long one attempt may take.
    pub(crate) timeout: Duration,
    /// What HTTP goes over. It judges no address: they are the operator's own.
    pub(crate) client: Client,
}

/// How a bill goes out.
#[derive(Debug)]
pub(crate) enum Way {
    /// Into a sandbox's inbox.
    Inbox,
    /// To a mail server.
    Smtp(Smtp),
    /// To an API.
    Http(Http),
}

/// Where bills of this gateway go: nowhere, into the inbox, or to what is set up.
fn lanes(config: &Config, environment: Environment) -> BTreeMap<Channel, String> {
    let Bill { email, sms, whatsapp, sandbox_sends, .. } = &config.bill;
    if environment == Environment::Sandbox && !sandbox_sends {
        let Some(inbox) = &config.inbox_at else { return BTreeMap::new() };
        let url = inbox.replace("{account}", AT_INBOX);
        return Channel::ALL.into_iter().map(|channel| (channel, url.clone())).collect();
    }
    let email = email.as_ref().map(|email| {
        let host = &email.server;
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        format!("smtp://{host}:{}", email.port)
    });
    let [sms, whatsapp] = [sms, whatsapp].map(|api| api.as_ref().map(|api| api.origin.clone()));
    let all = [(Channel::Email, email), (Channel::Sms, sms), (Channel::Whatsapp, whatsapp)];
    all.into_iter().filter_map(|(channel, url)| Some((channel, url?))).collect()
}

/// How payers are told; none where they are not.
pub(crate) fn terms(config: &Config, environment: Environment) -> Option<BillTerms> {
    let urls = lanes(config, environment);
    (!urls.is_empty()).then(|| BillTerms {
        urls,
        reminders: config.bill.reminders.clone(),
        is_usual: environment == Environment::Sandbox,
        recipients,
    })
}

impl Ways {
    /// The ways that are set up, with their secrets; none where there are none. `public_url` is how the
    /// outside reaches the gateway.
    pub(crate) fn open(
        config: &Config,
        environment: Environment,
        client: Client,
        public_url: &str,
    ) -> anyhow::Result<Option<Self>> {
        let lanes = lanes(config, environment);
        if lanes.is_empty() {
            return Ok(None);
        }
        let is_inbox = environment == Environment::Sandbox && !config.bill.sandbox_sends;
        let mut ways = BTreeMap::new();
        for channel in lanes.into_keys() {
            let way = if is_inbox { Way::Inbox } else { way(config, channel)? };
            ways.insert(channel, way);
        }
        Ok(Some(Self {
            ways,
            // In an inbox nobody is flooded.
            crowd: Crowd::new(if is_inbox { 0 } else { config.bill.recipient_max }),
            public_url: public_url.to_owned(),
            timeout: config.bill.timeout,
            client,
        }))
    }

    /// How bills of this channel go out.
    pub(crate) fn by(&self, channel: Channel) -> Option<&Way> {
        self.ways.get(&channel)
    }

    /// Whether another bill may go to this address at `now`; then it is counted.
    pub(crate) fn admits(&self, channel: Channel, address: &str, now: Timestamp) -> bool {
        self.crowd.admits(&format!("{} {address}", channel.name()), now)
    }
}

fn way(config: &Config, channel: Channel) -> anyhow::Result<Way> {
    let Bill { email, sms, whatsapp, timeout, .. } = &config.bill;
    let api = match channel {
        Channel::Email => {
            let Some(email) = email else { bail!("bill.email is not set up") };
            let password = match &email.user {
                Some(_) => Some(secret(
                    email.password_file.as_deref(),
                    "bill.email.password_file",
                    "GERAI_SMTP_PASSWORD",
                )?),
                None => None,
            };
            let ca_file = config.notification.ca_file.as_deref();
            return Ok(Way::Smtp(Smtp::new(email.clone(), password.as_ref(), ca_file, *timeout)?));
        }
        Channel::Sms => sms.as_ref().zip(Some(("bill.sms.secret_file", "GERAI_SMS_SECRET"))),
        Channel::Whatsapp => {
            whatsapp.as_ref().zip(Some(("bill.whatsapp.secret_file", "GERAI_WHATSAPP_SECRET")))
        }
    };
    let Some((api, (key, variable))) = api else {
        bail!("bill.{} is not set up", channel.name());
    };
    let secret = if api.needs_secret() {
        Some(secret(api.secret_file.as_deref(), key, variable)?)
    } else {
        None
    };
    Ok(Way::Http(Http::new(api.clone(), secret)))
}

/// The first line of a file, or what a variable of the environment says.
fn secret(file: Option<&Path>, key: &str, variable: &str) -> anyhow::Result<Secret> {
    let text = match file {
        None => match secret_in(variable) {
            Some(secret) => return Ok(secret),
            None => bail!("bills need a secret: set {key} or {variable}"),
        },
        Some(path) => std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {} ({key})", path.display()))?,
    };
    let line = text.lines().next().unwrap_or_default().trim();
    if line.is_empty() {
        bail!("the file that {key} names holds nothing in its first line");
    }
    Ok(Secret::new(line))
}
