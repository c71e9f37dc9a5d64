//! The keys under which a notification is looked at.

use anyhow::{Context, bail};
use dialect::KnownKey;
use gateway::{
    admin::{MerchantName, find_account},
    directory::Secret,
    own_events::{EVENTS_KEY, EVENTS_KEY_PAIR},
};

use super::{Args, Sender, read};
use crate::config::secret_in;

/// The variable that holds a key.
const VARIABLE: &str = "GERAI_VERIFY_KEY";
/// The longest key, in bytes.
const KEY_MAX: u64 = 64 * 1024;

/// The keys, those that are meant first, and the public name of the merchant, where it is known.
pub(super) struct Keys {
    pub(super) keys: Vec<KnownKey>,
    pub(super) public_id: Option<String>,
}

/// What was given, and what may explain a signature that does not agree: the keys of other merchants,
/// and those of the sandbox's demo merchants, which everybody knows.
pub(super) fn collect(args: &Args, sender: Sender) -> anyhow::Result<Keys> {
    let mut collected = Keys { keys: Vec::new(), public_id: None };
    let mut meant = |name: String, secret: Secret| {
        collected.keys.push(KnownKey { name, secret, is_meant: true });
    };
    if let Some(key) = &args.key {
        meant("the key of --key".to_owned(), Secret::new(key));
    }
    for path in &args.key_file {
        let text = String::from_utf8(read(path, KEY_MAX)?)
            .with_context(|| format!("{} holds no text", path.display()))?;
        // Editors end a file with a line's end, which is no part of a key.
        let text = text
            .strip_suffix('\n')
            .map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
        if text.is_empty() {
            bail!("{} is empty; it should hold a key", path.display());
        }
        meant(format!("the key in {}", path.display()), Secret::new(text));
    }
    if let Some(key) = secret_in(VARIABLE) {
        meant(format!("the key in {VARIABLE}"), key);
    }
    if let Some(merchant) = &args.merchant {
        of_merchants(args, merchant, sender, &mut collected)?;
    }
    if collected.keys.is_empty() {
        bail!("say which key: --merchant ID, --key-file FILE, --key KEY or {VARIABLE}");
    }
    match sender {
        Sender::Vendor(dialect) => of_demos(dialect, &mut collected.keys),
        // Nobody's secret of these is known to everybody.
        Sender::Own => {}
    }
    Ok(collected)
}

fn of_merchants(
    args: &Args,
    merchant: &str,
    sender: Sender,
    collected: &mut Keys,
) -> anyhow::Result<()> {
    let located = args.place.locate()?;
    let rows = located.reader()?.directory()?;
    let (brand, purposes) = match sender {
        Sender::Vendor(dialect) => (Some(dialect.brand()), vec![dialect.signs_with()]),
        Sender::Own => (None, vec![EVENTS_KEY, EVENTS_KEY_PAIR]),
    };
    let name = MerchantName { merchant: merchant.to_owned(), brand: brand.map(str::to_owned) };
    let account = find_account(&rows, &name);
    let account = match brand {
        Some(brand) => account.with_context(|| format!("--dialect {brand}"))?.no,
        None => account?.no,
    };
    let lookup = located.lookup(&rows).context("a merchant's keys lie under the master key")?;
    let accounts = lookup.directory().accounts();
    let accounts = accounts.filter(|one| brand.is_none_or(|brand| one.brand == brand));
    let (own, others): (Vec<_>, Vec<_>) = accounts.partition(|one| one.no == account);
    for one in &own {
        collected.public_id = Some(one.public_id.clone());
    }
    for one in own.iter().chain(&others) {
        for purpose in &purposes {
            let keys = one.keys.iter().filter(|key| key.purpose == *purpose);
            for (index, key) in keys.enumerate() {
                // The newest signs; an older one may still be in use elsewhere.
                let age = if index == 0 { "" } else { "an older " };
                let is_newest = one.no == account && index == 0;
                collected.keys.push(KnownKey {
                    name: format!("{age}{} of {}", purpose.replace('_', " "), one.public_id),
                    secret: key.secret.clone(),
                    is_meant: is_newest,
                });
            }
        }
    }
    if !collected.keys.iter().any(|key| key.is_meant) {
        bail!("{merchant} has no key `{}`", purposes.join("` or `"));
    }
    Ok(())
}

fn of_demos(dialect: &dyn dialect::Dialect, keys: &mut Vec<KnownKey>) {
    for demo in dialect.demo() {
        for (purpose, secret) in demo.secrets {
            let is_known = keys.iter().any(|key| key.secret.expose().trim() == secret.trim());
            if *purpose == dialect.signs_with() && !is_known {
                keys.push(KnownKey {
                    name: format!("the key of {}, a sandbox's demo merchant", demo.public_id),
                    secret: Secret::new(*secret),
                    is_meant: false,
                });
            }
        }
    }
}
