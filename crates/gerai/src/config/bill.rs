//! The bill: by which ways payers are told, and how often.

use std::{path::PathBuf, time::Duration};

use domain::time::Span;
use http::{HeaderName, HeaderValue, Method, Uri};
use lettre::message::Mailbox;

use super::{ConfigError, Period, file};
use crate::bill::{Escape, Place, Template};

/// Reminders of one payment at most.
const REMINDERS_MAX: usize = 5;
/// Headers of one request at most.
const HEADERS_MAX: usize = 16;

/// How payers are told, as it is set.
#[derive(Debug, Clone)]
pub(crate) struct Bill {
    /// How long before the deadline reminders come.
    pub(crate) reminders: Vec<Span>,
    /// How long one attempt may take.
    pub(crate) timeout: Duration,
    /// Bills for one address within an hour; 0: as many as come.
    pub(crate) recipient_max: u32,
    /// Whether a sandbox sends as production would, instead of into its inbox.
    pub(crate) sandbox_sends: bool,
    /// E-mail; none: not at all.
    pub(crate) email: Option<Email>,
    /// SMS.
    pub(crate) sms: Option<Api>,
    /// `WhatsApp`.
    pub(crate) whatsapp: Option<Api>,
}

/// A mail server.
#[derive(Debug, Clone)]
pub(crate) struct Email {
    /// Its name or address.
    pub(crate) server: String,
    /// Its port.
    pub(crate) port: u16,
    /// How it is spoken to.
    pub(crate) tls: MailTls,
    /// Who we are there; none: nobody asks.
    pub(crate) user: Option<String>,
    /// The file of the password; none: the environment.
    pub(crate) password_file: Option<PathBuf>,
    /// Who writes.
    pub(crate) from: Mailbox,
    /// Where answers go; none: to who writes.
    pub(crate) reply_to: Option<Mailbox>,
}

/// How a mail server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MailTls {
    /// TLS begins after `STARTTLS`, and nothing is sent without it.
    Starttls,
    /// TLS from the first byte.
    Implicit,
    /// None: for a server on this very machine.
    Nothing,
}

/// An API over HTTP that sends messages.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    /// GET, POST or PUT.
    pub(crate) method: Method,
    /// Where it is; places in its path and query.
    pub(crate) url: Template,
    /// Scheme, host and port of it: where it lies whatever stands in the places.
    pub(crate) origin: String,
    /// Names and values.
    pub(crate) headers: Vec<(HeaderName, Template)>,
    /// What it is sent.
    pub(crate) body: Template,
    /// What that is.
    pub(crate) escape: Escape,
    /// Who we are there, for HTTP's basic authentication; none: headers or body say it.
    pub(crate) user: Option<String>,
    /// The file of the secret; none: the environment.
    pub(crate) secret_file: Option<PathBuf>,
    /// Statuses that mean yes, from and to.
    pub(crate) success_status: (u16, u16),
    /// What the answer's JSON must say, and where: a pointer and its value.
    pub(crate) success_member: Option<(String, String)>,
}

impl Api {
    /// Whether anything in it needs the secret.
    pub(crate) fn needs_secret(&self) -> bool {
        self.user.is_some()
            || self.url.has(Place::Secret)
            || self.body.has(Place::Secret)
            || self.headers.iter().any(|(_, value)| value.has(Place::Secret))
    }
}

/// The bill as it is written, if it can be.
pub(super) fn check(file: file::Bill) -> Result<Bill, ConfigError> {
    if file.reminders.len() > REMINDERS_MAX {
        let why = format!("at most {REMINDERS_MAX}");
        return Err(ConfigError::value("bill.reminders", why));
    }
    let mut reminders: Vec<Span> =
        file.reminders.iter().map(|text| reminder(text)).collect::<Result<_, _>>()?;
    reminders.sort_unstable();
    reminders.reverse();
    let timeout = file.timeout.duration();
    if !(Duration::from_secs(1)..=Duration::from_mins(2)).contains(&timeout) {
        return Err(ConfigError::value("bill.timeout", "it must be 1s to 2m"));
    }
    Ok(Bill {
        reminders,
        timeout,
        recipient_max: file.recipient_max,
        sandbox_sends: file.sandbox_sends,
        email: email(file.email)?,
        sms: api("bill.sms", file.sms)?,
        whatsapp: api("bill.whatsapp", file.whatsapp)?,
    })
}

fn reminder(text: &str) -> Result<Span, ConfigError> {
    let wrong = |why: String| ConfigError::value("bill.reminders", why);
    let span = Period::parse(text).map_err(|why| wrong(format!("`{text}`: {why}")))?.span();
    if span < Span::minutes(1) {
        return Err(wrong(format!("`{text}` is shorter than a minute")));
    }
    Ok(span)
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn email(file: file::BillEmail) -> Result<Option<Email>, ConfigError> {
    let wrong = |key: &str, why: String| ConfigError::value(format!("bill.email.{key}"), why);
    let Some(server) = some(file.server) else {
        if !file.from.is_empty() {
            return Err(wrong("server", "a sender is set, and no server".to_owned()));
        }
        return Ok(None);
    };
    let is_name = |text: &str| {
        text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b)) && text.len() <= 253
    };
    if !is_name(&server) {
        return Err(wrong("server", "it must be a name or an address, without a port".to_owned()));
    }
    let (tls, usual_port) = match file.tls.as_str() {
        "starttls" => (MailTls::Starttls, 587),
        "implicit" => (MailTls::Implicit, 465),
        "none" => (MailTls::Nothing, 25),
        _ => {
            let why = "it must be \"starttls\", \"implicit\" or \"none\"".to_owned();
            return Err(wrong("tls", why));
        }
    };
    let mailbox = |key: &str, text: &str| {
        let why = "it must be an address, such as Toko Maju <bills@toko.example>";
        let is_plain = !text.chars().any(char::is_control);
        text.parse::<Mailbox>().ok().filter(|_| is_plain).ok_or_else(|| wrong(key, why.to_owned()))
    };
    let is_here = matches!(server.as_str(), "localhost" | "127.0.0.1" | "::1");
    if tls == MailTls::Nothing && !file.user.is_empty() && !is_here {
        let why = "without TLS the password could be read on the way";
        return Err(wrong("tls", why.to_owned()));
    }
    let reply_to = some(file.reply_to).map(|text| mailbox("reply_to", &text)).transpose()?;
    Ok(Some(Email {
        server,
        port: if file.port == 0 { usual_port } else { file.port },
        tls,
        user: some(file.user),
        password_file: some(file.password_file).map(PathBuf::from),
        from: mailbox("from", &file.from)?,
        reply_to,
    }))
}

fn api(section: &str, file: file::BillApi) -> Result<Option<Api>, ConfigError> {
    let wrong = |key: &str, why: String| ConfigError::value(format!("{section}.{key}"), why);
    if file.url.is_empty() {
        if !file.body.is_empty() {
            return Err(wrong("url", "a body is set, and no URL".to_owned()));
        }
        return Ok(None);
    }
    let method = match file.method.as_str() {
        "GET" => Method::GET,
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        _ => return Err(wrong("method", "it must be \"GET\", \"POST\" or \"PUT\"".to_owned())),
    };
    let escape = match file.kind.as_str() {
        "json" => Escape::Json,
        "form" => Escape::Form,
        "text" => Escape::Plain,
        _ => return Err(wrong("kind", "it must be \"json\", \"form\" or \"text\"".to_owned())),
    };
    let template = |key: &str, text: &str| Template::read(text).map_err(|why| wrong(key, why));
    let url = template("url", &file.url)?;
    let origin = origin(&file.url).ok_or_else(|| {
        wrong("url", "it must begin with http:// or https:// and a host without places".to_owned())
    })?;
    let body = template("body", &file.body)?;
    let probe = body.fill(escape, |_| "1");
    if escape == Escape::Json && !probe.is_empty() {
        serde_json::from_str::<serde_json::Value>(&probe)
            .map_err(|error| wrong("body", format!("it is no JSON: {error}")))?;
    }
    let sent = [&url, &body];
    let is_addressed =
        |template: &&Template| template.has(Place::To) || template.has(Place::ToDigits);
    if !sent.iter().any(is_addressed) {
        return Err(wrong("body", "neither it nor the URL says whom to tell: {to}".to_owned()));
    }
    if file.headers.len() > HEADERS_MAX {
        return Err(wrong("headers", format!("at most {HEADERS_MAX}")));
    }
    let headers = file.headers.iter().map(|line| header(line).map_err(|why| wrong("headers", why)));
    let success_member = match (file.success_pointer.as_str(), file.success_value) {
        ("", value) if value.is_empty() => None,
        ("", _) => {
            let why = "success_value is set, and nothing says where it stands".to_owned();
            return Err(wrong("success_pointer", why));
        }
        (pointer, value) if pointer.starts_with('/') => Some((pointer.to_owned(), value)),
        _ => {
            let why = "it must be a JSON pointer, such as /messages/0/status".to_owned();
            return Err(wrong("success_pointer", why));
        }
    };
    let api = Api {
        method,
        url,
        origin,
        headers: headers.collect::<Result<_, _>>()?,
        body,
        escape,
        user: some(file.user),
        secret_file: some(file.secret_file).map(PathBuf::from),
        success_status: statuses(&file.success_status)
            .map_err(|why| wrong("success_status", why))?,
        success_member,
    };
    Ok(Some(api))
}

/// Scheme, host and port of a URL, of which none is a place.
fn origin(url: &str) -> Option<String> {
    let uri: Uri = url.replace(['{', '}'], "_").parse().ok()?;
    let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let authority = uri.authority()?.as_str();
    let is_plain = !authority.is_empty() && !authority.contains('@');
    let origin = format!("{scheme}://{authority}");
    (is_plain && url.starts_with(&origin)).then_some(origin)
}

/// `Name: value`, with places for the secret and the message's own number.
fn header(line: &str) -> Result<(HeaderName, Template), String> {
    let (name, value) =
        line.split_once(':').ok_or_else(|| format!("`{line}` is no `Name: value`"))?;
    let name: HeaderName =
        name.trim().parse().map_err(|_| format!("`{}` is no header's name", name.trim()))?;
    let value = Template::read(value.trim())?;
    for place in Place::ALL.iter().filter(|place| value.has(**place)) {
        match place {
            Place::Secret | Place::Id | Place::Kind | Place::Language => {}
            Place::To
            | Place::ToDigits
            | Place::Text
            | Place::Merchant
            | Place::Payer
            | Place::Retailer
            | Place::Code
            | Place::Amount
            | Place::Until
            | Place::PaidAt
            | Place::Order
            | Place::Page => {
                return Err(format!("{{{}}} cannot stand in a header", place.name()));
            }
        }
    }
    HeaderValue::from_str(&value.fill(Escape::Plain, |_| "x"))
        .map_err(|_| format!("the value of `{name}` has characters that no header may have"))?;
    Ok((name, value))
}

/// `200`, or `200-299`.
fn statuses(text: &str) -> Result<(u16, u16), String> {
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    let read = |text: &str| text.parse::<u16>().ok().filter(|status| (100..=599).contains(status));
    match (read(from), read(to)) {
        (Some(from), Some(to)) if from <= to => Ok((from, to)),
        _ => Err("it must be a status or a range, such as 200-299".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Config;

    fn read(text: &str) -> Result<Config, super::ConfigError> {
        Config::read("test.toml", text)
    }

    #[test]
    fn nothing_is_sent_unless_it_is_set_up() {
        let bill = read("").unwrap().bill;
        assert!(bill.email.is_none() && bill.sms.is_none() && bill.whatsapp.is_none());
        assert_eq!(bill.reminders.len(), 2);
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_key() {
        let sms = |more: &str| {
            format!("[bill.sms]\nurl = \"https://sms.example/send\"\nbody = \"to={{to}}\"\n{more}")
        };
        for (text, said) in [
            ("[bill]\nreminders = [\"soon\"]".to_owned(), "bill.reminders"),
            ("[bill]\nreminders = [\"10s\"]".to_owned(), "bill.reminders"),
            ("[bill]\ntimeout = \"5m\"".to_owned(), "bill.timeout"),
            ("[bill]\nbcc = \"all\"".to_owned(), "bill.bcc"),
            ("[bill.email]\nfrom = \"a@b.example\"".to_owned(), "bill.email.server"),
            ("[bill.email]\nserver = \"mail.example\"".to_owned(), "bill.email.from"),
            ("[bill.email]\nserver = \"mail.example/x\"".to_owned(), "bill.email.server"),
            (
                "[bill.email]\nserver = \"m.example\"\nfrom = \"a@b.example\"\ntls = \"yes\""
                    .to_owned(),
                "bill.email.tls",
            ),
            (
                "[bill.email]\nserver = \"m.example\"\nfrom = \"a@b.example\"\ntls = \"none\"\n\
                 user = \"me\""
                    .to_owned(),
                "bill.email.tls",
            ),
            ("[bill.sms]\nbody = \"x\"".to_owned(), "bill.sms.url"),
            ("[bill.sms]\nurl = \"https://x.example\"".to_owned(), "bill.sms.body"),
            (sms("method = \"DELETE\""), "bill.sms.method"),
            (sms("kind = \"xml\""), "bill.sms.kind"),
            (sms("kind = \"json\""), "bill.sms.body"),
            (sms("success_status = \"ok\""), "bill.sms.success_status"),
            (sms("success_pointer = \"status\""), "bill.sms.success_pointer"),
            (sms("success_value = \"sent\""), "bill.sms.success_pointer"),
            (sms("headers = [\"no header\"]"), "bill.sms.headers"),
            (sms("headers = [\"X-To: {text}\"]"), "bill.sms.headers"),
            (sms("headers = [\"X-To: {unknown}\"]"), "{unknown}"),
            (
                "[bill.whatsapp]\nurl = \"https://{to}.example\"\nbody = \"{to}\"".to_owned(),
                "bill.whatsapp.url",
            ),
            (
                "[bill.whatsapp]\nurl = \"https://u:p@wa.example\"\nbody = \"{to}\"".to_owned(),
                "bill.whatsapp.url",
            ),
        ] {
            let error = read(&text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn the_manuals_examples_are_read() {
        let manual = super::super::MANUAL;
        for name in ["sms", "whatsapp"] {
            let begin = format!("#     [bill.{name}]");
            let lines = manual.lines().skip_while(|line| *line != begin);
            let example: Vec<_> = lines
                .take_while(|line| line.starts_with("#     "))
                .map(|line| line.trim_start_matches('#').trim_start())
                .collect();
            assert!(example.len() > 4, "{name}");
            let bill = read(&example.join("\n")).unwrap().bill;
            let api = if name == "sms" { bill.sms } else { bill.whatsapp };
            assert!(api.unwrap().needs_secret());
        }
    }
}
