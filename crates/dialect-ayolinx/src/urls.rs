//! `urlParams`: where a payer goes on, and where news of a payment goes (sections 2.1 and 4.6).

use dialect::is_target;
use gateway::reach::Reach;

use crate::{
    fault::Fault,
    json::{self, Kind, Member, Members},
};

/// The most entries that are read.
const ENTRIES_MAX: usize = 10;
/// The most addresses for news.
const NOTIFICATIONS_MAX: usize = 3;
/// The most characters of an address.
const URL_MAX: usize = 512;
const FIELD: &str = "urlParams";

/// The addresses of a payment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Urls {
    /// Where a payer goes on; of several, the last.
    pub(crate) payer_returns_to: Option<String>,
    /// Where news goes instead of the account's addresses; empty where nothing is said.
    pub(crate) notifications: Vec<String>,
}

/// Reads a list of addresses, which may be missing, `null` or empty. News may only go where `reach`
/// allows it; where a payer goes on is the payer's own affair.
pub(crate) fn read(member: Member<'_>, lenient: bool, reach: &Reach) -> Result<Urls, Fault> {
    let list = match member.kind() {
        Kind::Absent => return Ok(Urls::default()),
        Kind::List(raw) => json::list(raw, ENTRIES_MAX).ok_or_else(|| Fault::format(FIELD))?,
        Kind::Text(_) | Kind::Object(_) | Kind::Number(_) | Kind::Other => {
            return Err(Fault::format(FIELD));
        }
    };
    let mut urls = Urls::default();
    for (place, entry) in list.into_iter().enumerate() {
        let (url, kind) = read_entry(place, entry)?;
        let is_news = match kind.as_str() {
            "PAY_RETURN" => false,
            "NOTIFICATION" => true,
            "PAY_NOTIFY" if lenient => true,
            _ => return Err(Fault::format(format!("{FIELD}[{place}].type"))),
        };
        if !is_news {
            urls.payer_returns_to = Some(url);
        } else if is_target(&url, reach) {
            add(&mut urls.notifications, url)?;
        } else {
            return Err(Fault::format(format!("{FIELD}[{place}].url")));
        }
    }
    Ok(urls)
}

fn add(notifications: &mut Vec<String>, url: String) -> Result<(), Fault> {
    if notifications.contains(&url) {
        return Ok(());
    }
    if notifications.len() == NOTIFICATIONS_MAX {
        return Err(Fault::format(FIELD));
    }
    notifications.push(url);
    Ok(())
}

/// Address and type of one entry.
fn read_entry(place: usize, entry: Member<'_>) -> Result<(String, String), Fault> {
    let field = |name: &str| format!("{FIELD}[{place}].{name}");
    let Kind::Object(raw) = entry.kind() else {
        return Err(Fault::format(format!("{FIELD}[{place}]")));
    };
    let Members { asked: [url, kind], .. } = json::members(raw, ["url", "type"])
        .ok_or_else(|| Fault::format(format!("{FIELD}[{place}]")))?;
    let text = |name: &str, member: Member<'_>| match member.kind() {
        Kind::Absent => Err(Fault::missing(field(name))),
        Kind::Text(text) if text.trim().is_empty() => Err(Fault::missing(field(name))),
        Kind::Text(text) => Ok(text.into_owned()),
        Kind::Object(_) | Kind::List(_) | Kind::Number(_) | Kind::Other => {
            Err(Fault::format(field(name)))
        }
    };
    let url = text("url", url)?;
    if url.len() > URL_MAX || !is_target(&url, &Reach::Everything) {
        return Err(Fault::format(field("url")));
    }
    Ok((url, text("type", kind)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_refuses_news_for_what_is_not_for_everybody() {
        let found = |kind: &str, url: &str, reach: &Reach| {
            let list = format!(r#"{{"urlParams":[{{"url":"{url}","type":"{kind}"}}]}}"#);
            let Members { asked: [member], .. } = json::members(&list, ["urlParams"]).unwrap();
            read(member, false, reach)
        };
        let production = Reach::default();
        let good = "https://shop.example/n";
        assert_eq!(found("NOTIFICATION", good, &production).unwrap().notifications, [good]);
        for url in ["http://127.0.0.1:9000/", "http://10.0.0.1/", "http://shop.local/"] {
            assert_eq!(
                found("NOTIFICATION", url, &Reach::Everything).unwrap().notifications,
                [url]
            );
            let refused = found("NOTIFICATION", url, &production);
            assert_eq!(refused, Err(Fault::format("urlParams[0].url")), "{url}");
            // We do not go there: the payer does.
            let returns = found("PAY_RETURN", url, &production).unwrap();
            assert_eq!(returns.payer_returns_to.as_deref(), Some(url));
        }
    }
}
