//! Who may use the sandbox's routes where it listens beyond loopback (rule 26): programs show the token
//! as `Authorization: Bearer`, browsers come once with `?token=` and keep it as a cookie, and the
//! gateway itself reaches the inbox under a key that is made of the token.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac::{HMAC_SHA256, Key, sign},
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use gateway::directory::Secret;
use http::{
    HeaderMap, HeaderValue, StatusCode, Uri,
    header::{AUTHORIZATION, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE},
};

use super::{Access, answer};

/// The cookie with the token.
const COOKIE_NAME: &str = "gerai_sandbox";

/// Where merchants without a URL are told, with `{account}` for the account's number.
pub(crate) fn inbox_at(base: &str, token: Option<&Secret>) -> String {
    let key = token.map_or_else(String::new, |token| format!("?key={}", hook_key(token)));
    format!("{base}{}{key}", super::inbox::HOOK)
}

/// What opens the inbox to notifications, and nothing else.
fn hook_key(token: &Secret) -> String {
    let key = Key::new(HMAC_SHA256, token.expose().as_bytes());
    hex::encode(&sign(&key, b"inbox hook").as_ref()[..16])
}

/// Lets through who may, and gives a browser that brings the token its cookie.
pub(super) async fn admit(State(access): State<Access>, request: Request, next: Next) -> Response {
    let Some(token) = &access.token else {
        return next.run(request).await;
    };
    let (uri, headers) = (request.uri(), request.headers());
    let is_token = |text: &str| is_same(text, token.expose());
    if bearer(headers).is_some_and(is_token) || cookie(headers).is_some_and(is_token) {
        return next.run(request).await;
    }
    let is_hook = uri.path().starts_with("/inbox/hook/");
    if is_hook && parameter(uri, "key").is_some_and(|key| is_same(key, &hook_key(token))) {
        return next.run(request).await;
    }
    let is_page = matches!(uri.path(), "/simulator" | "/inbox" | "/signature")
        || uri.path().starts_with("/signature/");
    if is_page && parameter(uri, "token").is_some_and(is_token) {
        return keep(uri.path(), token);
    }
    answer::refused(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "this sandbox listens beyond loopback: send `Authorization: Bearer` with the token \
         that it printed at start, or open the page with `?token=` and the token",
    )
}

/// The page again, without the token in its address.
fn keep(path: &str, token: &Secret) -> Response {
    let cookie = format!("{COOKIE_NAME}={}; Path=/; HttpOnly; SameSite=Strict", token.expose());
    match (HeaderValue::from_str(&cookie), HeaderValue::from_str(path)) {
        (Ok(mut cookie), Ok(path)) => {
            cookie.set_sensitive(true);
            let no_referrer = HeaderValue::from_static("no-referrer");
            let headers = [(SET_COOKIE, cookie), (LOCATION, path), (REFERRER_POLICY, no_referrer)];
            (StatusCode::SEE_OTHER, headers).into_response()
        }
        (Err(_), _) | (_, Err(_)) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs =
        cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE_NAME).map(|(_, value)| value.trim())
}

fn parameter<'a>(uri: &'a Uri, name: &str) -> Option<&'a str> {
    let mut pairs = uri.query()?.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(other, _)| *other == name).map(|(_, value)| value)
}

fn is_same(text: &str, expected: &str) -> bool {
    verify_slices_are_equal(text.as_bytes(), expected.as_bytes()).is_ok()
}
