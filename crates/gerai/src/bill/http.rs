//! Sending a message to an API over HTTP, as the configuration describes it.

use base64::{Engine, prelude::BASE64_STANDARD};
use domain::bill::BillKind;
use gateway::{directory::Secret, request::Exchange};
use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use pages::{bill::short, moment};

use super::{Escape, Facts, Place, template};
use crate::{config::Api, notify::Request};

/// A header that says which message it is, however often it is sent.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// What stands for a secret in what is kept.
const MASK: &str = "[not kept]";

/// An API that sends messages.
#[derive(Debug)]
pub(crate) struct Http {
    api: Api,
    secret: Option<Secret>,
}

/// What is to be sent.
#[derive(Debug)]
pub(crate) struct Sms<'a> {
    /// What it says.
    pub(crate) facts: &'a Facts,
    /// What it is.
    pub(crate) kind: BillKind,
    /// To whom, in E.164.
    pub(crate) to: &'a str,
    /// The same at every attempt.
    pub(crate) id: &'a str,
}

impl Http {
    /// The API of `api`.
    pub(crate) fn new(api: Api, secret: Option<Secret>) -> Self {
        Self { api, secret }
    }

    /// The request that sends a message; none where a header would hold what none may.
    pub(crate) fn request(&self, sms: &Sms<'_>) -> Option<(String, Request)> {
        let values = Values::of(sms);
        let secret = self.secret.as_ref().map_or("", Secret::expose);
        let value = |place: Place| values.get(place, sms, secret);
        let Api { method, url, headers, body, escape, user, .. } = &self.api;
        let mut map = HeaderMap::new();
        let kind = match escape {
            Escape::Json => "application/json",
            Escape::Form => "application/x-www-form-urlencoded",
            Escape::Plain => "text/plain; charset=utf-8",
        };
        map.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        map.insert(IDEMPOTENCY_KEY, HeaderValue::from_str(sms.id).ok()?);
        if let Some(user) = user {
            let basic = BASE64_STANDARD.encode(format!("{user}:{secret}"));
            map.insert(AUTHORIZATION, HeaderValue::from_str(&format!("Basic {basic}")).ok()?);
        }
        for (name, template) in headers {
            let filled = template.fill(Escape::Plain, value);
            map.insert(name.clone(), HeaderValue::from_str(&filled).ok()?);
        }
        let url = url.fill(Escape::Form, value);
        let body = body.fill(*escape, value).into_bytes();
        Some((url, Request { method: method.clone(), headers: map, body: body.into() }))
    }

    /// Whether an answer says that the message was taken; an error says what it says instead.
    pub(crate) fn is_taken(&self, status: u16, body: &[u8]) -> Result<(), String> {
        let (from, to) = self.api.success_status;
        if !(from..=to).contains(&status) {
            return Err(format!("HTTP {status}"));
        }
        let Some((pointer, expected)) = &self.api.success_member else { return Ok(()) };
        let answer: Option<serde_json::Value> = serde_json::from_slice(body).ok();
        let found = answer.as_ref().and_then(|answer| answer.pointer(pointer));
        let said = found.map(|found| match found.as_str() {
            Some(text) => text.to_owned(),
            None => found.to_string(),
        });
        let is_it = said.as_ref() == Some(expected);
        let not = || format!("HTTP {status}, and its body does not say {expected} at {pointer}");
        if is_it { Ok(()) } else { Err(not()) }
    }

    /// What is kept of an exchange: without the secret, wherever it stands.
    pub(crate) fn mask(&self, exchange: &mut Exchange) {
        let Some(secret) = self.secret.as_ref().map(Secret::expose).filter(|text| !text.is_empty())
        else {
            return;
        };
        let json = serde_json::Value::from(secret).to_string();
        let inner = json.trim_matches('"').to_owned();
        let forms = [secret.to_owned(), template::form(secret), inner];
        let hide = |text: &mut String| {
            for form in &forms {
                if text.contains(form.as_str()) {
                    *text = text.replace(form.as_str(), MASK);
                }
            }
        };
        for hop in &mut exchange.hops {
            hide(&mut hop.url);
            hide(&mut hop.request_body);
            hide(&mut hop.answer_body);
            let headers = hop.request_headers.iter_mut().chain(&mut hop.answer_headers);
            headers.for_each(|(_, value)| hide(value));
        }
        if let Some(remark) = &mut exchange.remark {
            hide(remark);
        }
    }
}

/// What stands in the places, each on one line.
struct Values {
    text: String,
    code: String,
    amount: String,
    until: String,
    paid_at: String,
    payer: String,
    retailer: String,
}

impl Values {
    fn of(sms: &Sms<'_>) -> Self {
        let Facts { occasion, told, language } = sms.facts;
        let read = |at: &str| format!("{} WIB", moment(at, *language));
        Self {
            text: short(told, *occasion, *language),
            code: told.grouped(),
            amount: told.amount(),
            until: read(&told.until),
            paid_at: told.paid_at.as_deref().map(read).unwrap_or_default(),
            payer: told.payer.clone().unwrap_or_default(),
            retailer: told.places(),
        }
    }

    fn get<'a>(&'a self, place: Place, sms: &'a Sms<'_>, secret: &'a str) -> &'a str {
        let told = &sms.facts.told;
        match place {
            Place::To => sms.to,
            Place::ToDigits => sms.to.strip_prefix('+').unwrap_or(sms.to),
            Place::Text => &self.text,
            Place::Kind => sms.kind.name(),
            Place::Language => sms.facts.language.tag(),
            Place::Merchant => &told.merchant,
            Place::Payer => &self.payer,
            Place::Retailer => &self.retailer,
            Place::Code => &self.code,
            Place::Amount => &self.amount,
            Place::Until => &self.until,
            Place::PaidAt => &self.paid_at,
            Place::Order => &told.order,
            Place::Page => &told.page,
            Place::Id => sms.id,
            Place::Secret => secret,
        }
    }
}
