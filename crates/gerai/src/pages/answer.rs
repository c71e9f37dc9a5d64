//! How pages are answered: with headers that keep them to their payer, in the payer's language.

use axum::response::{Html, IntoResponse, Response};
use domain::retailer::RetailerKey;
use http::{
    HeaderMap, HeaderName, HeaderValue, StatusCode,
    header::{
        ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, LOCATION,
        REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
    },
};
use pages::{
    Language,
    payer::{self, Missing},
};
use serde::Deserialize;

/// Nobody keeps these pages, and where they lead learns nothing of them.
pub(super) const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (VARY, HeaderValue::from_static("accept-language")),
];

/// What an address may ask for.
#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    /// The language, by its tag.
    lang: Option<String>,
    /// Whether what was chosen could not be had, whatever it says.
    failed: Option<String>,
}

impl Wish {
    /// The language that is wished for, or else the browser's.
    pub(super) fn language(&self, headers: &HeaderMap) -> Language {
        self.lang.as_deref().and_then(Language::from_tag).unwrap_or_else(|| {
            let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
            Language::accepted(accepted)
        })
    }

    /// Whether it was sent here because what was chosen could not be had.
    pub(super) const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }
}

/// A page.
pub(super) fn page(status: StatusCode, page: String, language: Language) -> Response {
    let policy = HeaderValue::from_str(payer::policy().as_str()).ok();
    let policy = policy.map(|policy| [(CONTENT_SECURITY_POLICY, policy)]);
    let language = [(CONTENT_LANGUAGE, HeaderValue::from_static(language.tag()))];
    match policy {
        Some(policy) => (status, HEADERS, language, policy, Html(page)).into_response(),
        // A page without its policy is not shown.
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The page where there is nothing to show.
pub(super) fn missing(why: Missing, language: Language) -> Response {
    page(status_of(why), payer::missing(why, language), language)
}

pub(super) const fn status_of(missing: Missing) -> StatusCode {
    match missing {
        Missing::Unknown => StatusCode::NOT_FOUND,
        Missing::Busy => StatusCode::SERVICE_UNAVAILABLE,
    }
}

/// To a page of ours, in the same language; it is asked for, whatever was sent here.
pub(super) fn see(path: &str, failed: bool, language: Language) -> Response {
    let failed = if failed { "&failed=1" } else { "" };
    let location = HeaderValue::from_str(&format!("{path}?lang={}{failed}", language.tag()));
    match location {
        Ok(location) => (StatusCode::SEE_OTHER, HEADERS, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// The retailer that a form names. A name has no character that forms would encode.
pub(super) fn chosen(form: &[u8]) -> Option<RetailerKey> {
    let form = std::str::from_utf8(form).ok()?;
    let named = form.split('&').find_map(|pair| pair.strip_prefix("retailer="))?;
    RetailerKey::new(named).ok()
}
