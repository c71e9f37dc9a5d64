//! Where a notification goes, as far as the rows tell.

use domain::bill::Channel;
use gateway::{
    Environment,
    admin::lookup::Lookup,
    directory::AccountSettings,
    request::{Exchange, Hop},
};
use serde_json::from_slice;
use storage::{Directory, News, NotificationRow, OWN_TARGET, PaymentRow, sqlite::Reader};

use crate::{
    bill, bootstrap,
    cli::{keys::lines, payment::names, place::Located},
    sandbox::INBOX_HOOKS,
};

/// Where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// To a URL of the payment or of the account.
    Url(String),
    /// To the sandbox's own inbox, because there is no URL.
    Inbox,
    /// To a URL that the account no longer has; as the newest attempt called it, where there is one
    /// and it can be opened.
    Gone(Option<String>),
    /// To a payer; by which way, and the address as far as it is told, where it can be opened.
    Payer(Channel, Option<String>),
}

impl Target {
    /// For people.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Url(url) => url.clone(),
            Self::Inbox => "(the sandbox's inbox)".to_owned(),
            Self::Gone(Some(url)) => format!("{url} (which the account no longer has)"),
            Self::Gone(None) => "(a URL that the account no longer has)".to_owned(),
            Self::Payer(channel, Some(address)) => format!("{} to {address}", channel.title()),
            Self::Payer(channel, None) => format!("{} to the payer", channel.title()),
        }
    }

    /// The URL, where it is known and no inbox.
    pub(super) fn url(&self) -> Option<&str> {
        match self {
            Self::Url(url) | Self::Gone(Some(url)) => Some(url),
            Self::Inbox | Self::Gone(None) | Self::Payer(..) => None,
        }
    }
}

/// What tells where notifications go.
pub(super) struct Targets<'a> {
    reader: &'a Reader,
    rows: &'a Directory,
    /// Opens what was sent; none without the master key.
    lookup: Option<Lookup>,
    /// Whether accounts without a URL are told at an inbox.
    has_inbox: bool,
}

impl<'a> Targets<'a> {
    /// Of this data.
    pub(super) fn new(located: &Located, reader: &'a Reader, rows: &'a Directory) -> Self {
        // Without the key nothing was ever started here as a sandbox: its key lies beside its data.
        let environment = bootstrap::environment_of(&located.place(), &located.config);
        let is_sandbox = environment.is_ok_and(|environment| environment == Environment::Sandbox);
        let has_inbox = is_sandbox && located.config.inbox;
        Self { reader, rows, lookup: located.lookup(rows).ok(), has_inbox }
    }

    /// Of one notification.
    pub(super) fn of(
        &self,
        payment: Option<&PaymentRow>,
        row: &NotificationRow,
    ) -> anyhow::Result<Target> {
        if let News::Bill(channel, _) = row.news {
            return Ok(Target::Payer(channel, self.address(payment, row, channel)));
        }
        let urls = self.urls(payment, row);
        let has_none = urls.is_empty();
        let index = if row.target == OWN_TARGET { Ok(0) } else { usize::try_from(row.target) };
        if let Some(url) = index.ok().and_then(|index| urls.into_iter().nth(index)) {
            return Ok(Target::Url(url));
        }
        Ok(match self.sent_to(row)? {
            Some(url) if is_inbox(&url) => Target::Inbox,
            Some(url) => Target::Gone(Some(url)),
            None if has_none && self.has_inbox && row.target != OWN_TARGET => Target::Inbox,
            None => Target::Gone(None),
        })
    }

    /// Where a payer is told, as far as an operator has to know it.
    fn address(
        &self,
        payment: Option<&PaymentRow>,
        row: &NotificationRow,
        channel: Channel,
    ) -> Option<String> {
        let personal = self.lookup.as_ref()?.personal(self.reader, payment?).ok()?;
        let brand = &names::account(self.rows, row.account)?.brand;
        let recipients = bill::recipients(brand, &personal);
        Some(bill::masked(channel, recipients.of(channel)?))
    }

    /// The URLs that there are now.
    fn urls(&self, payment: Option<&PaymentRow>, row: &NotificationRow) -> Vec<String> {
        let account = names::account(self.rows, row.account);
        if row.target == OWN_TARGET {
            let settings =
                account.and_then(|row| toml::from_str::<AccountSettings>(&row.settings).ok());
            return settings.and_then(|settings| settings.events_url).into_iter().collect();
        }
        match payment.and_then(|row| row.notify_urls.as_deref()) {
            Some(urls) => lines(urls),
            None => account.map(|row| lines(&row.notification_urls)).unwrap_or_default(),
        }
    }

    /// Where the newest attempt went.
    fn sent_to(&self, row: &NotificationRow) -> anyhow::Result<Option<String>> {
        let Some(attempt) = self.reader.last_attempt_of(row.no)? else { return Ok(None) };
        let opened = self.lookup.as_ref().and_then(|lookup| {
            let bytes = lookup.unseal(self.reader, &attempt.exchange).ok()?;
            from_slice::<Exchange>(&bytes).ok()
        });
        let first: Option<Hop> = opened.and_then(|exchange| exchange.hops.into_iter().next());
        Ok(first.map(|hop| hop.url))
    }
}

/// Whether a URL is a sandbox's own.
fn is_inbox(url: &str) -> bool {
    let path = url.split_once("://").and_then(|(_, rest)| Some(rest.split_once('/')?.1));
    path.is_some_and(|path| path.starts_with(INBOX_HOOKS.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inbox_is_known_by_its_path() {
        assert!(is_inbox("http://127.0.0.1:8080/inbox/hook/1"));
        assert!(is_inbox("http://127.0.0.1:8080/inbox/hook/1?key=00"));
        assert!(!is_inbox("http://127.0.0.1:8080/hook?inbox/hook/1"));
        assert!(!is_inbox("http://127.0.0.1:8080"));
    }
}
