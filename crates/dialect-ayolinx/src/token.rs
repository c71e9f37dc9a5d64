//! `POST /v1.0/access-token/b2b` (section 1.5).

use bytes::Bytes;
use dialect::Shell;
use domain::time::Span;
use gateway::directory::Account;
use serde::Serialize;

use crate::{
    BRAND,
    answer::{SUCCESSFUL, json},
    endpoint::Endpoint,
    fault::Fault,
    json::{self, Kind, Members},
    minify::minify,
};

/// How long a token is good. Texts are written with care: some clients take numbers for an error.
const LIFETIME: Span = Span::seconds(900);
const LIFETIME_SECONDS: &str = "900";
/// The only kind of token.
const GRANT: &str = "client_credentials";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Issued<'a> {
    response_code: &'static str,
    response_message: &'static str,
    access_token: &'a str,
    token_type: &'static str,
    expires_in: &'static str,
}

/// A new token. It leaves all earlier ones as they are.
pub(crate) fn issue(shell: &Shell, account: &Account, body: &[u8]) -> Result<Bytes, Fault> {
    check(body)?;
    let gateway = shell.gateway();
    let expires_at = gateway.clock().real_now().plus(LIFETIME);
    let token = gateway.tokens().issue(BRAND, account.no, expires_at).map_err(|error| {
        tracing::error!(%error, "a token cannot be issued");
        Fault::Broken
    })?;
    let issued = Issued {
        response_code: Endpoint::Token.snap_success(),
        response_message: SUCCESSFUL,
        access_token: token.expose(),
        token_type: "Bearer",
        expires_in: LIFETIME_SECONDS,
    };
    Ok(json(&issued).into())
}

/// Whether a body asks for the only kind of token there is, in either spelling; an empty one does.
pub(crate) fn check(body: &[u8]) -> Result<(), Fault> {
    // PHP writes an empty object as a list.
    if matches!(minify(body).as_ref(), b"" | b"[]") {
        return Ok(());
    }
    let Members { asked, count } = json::read(body, ["grantType", "grant_type"])?;
    let mut is_asked = false;
    for (member, name) in asked.into_iter().zip(["grantType", "grant_type"]) {
        match member.kind() {
            Kind::Absent => {}
            Kind::Text(grant) if grant == GRANT => is_asked = true,
            Kind::Text(_) | Kind::Object(_) | Kind::List(_) | Kind::Number(_) | Kind::Other => {
                return Err(Fault::format(name));
            }
        }
    }
    if is_asked || count == 0 { Ok(()) } else { Err(Fault::missing("grantType")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_body_that_clients_send() {
        for body in [
            "",
            " \n",
            "[]",
            "[ ]",
            "{}",
            r#"{"grantType":"client_credentials"}"#,
            r#"{"grant_type":"client_credentials"}"#,
            r#"{"grantType": "client_credentials", "additionalInfo": ""}"#,
            r#"{"grant_type":"client_credentials","additionalInfo":{"channel":13,"client_id":"x"}}"#,
        ] {
            assert_eq!(check(body.as_bytes()), Ok(()), "{body}");
        }
    }

    #[test]
    fn what_asks_for_something_else_is_told() {
        for (body, code) in [
            (r#"{"grantType":"authorization_code"}"#, "4007301"),
            (r#"{"grantType":""}"#, "4007301"),
            (r#"{"grantType":1}"#, "4007301"),
            (r#"{"grantType":["client_credentials"]}"#, "4007301"),
            (r#"{"grant_type":"password","grantType":"client_credentials"}"#, "4007301"),
            (r#"{"additionalInfo":{}}"#, "4007302"),
            (r#"{"grantType":null}"#, "4007302"),
            ("[1]", "4007300"),
            ("null", "4007300"),
            ("grantType=client_credentials", "4007300"),
            ("{", "4007300"),
        ] {
            let fault = check(body.as_bytes()).unwrap_err();
            assert_eq!(fault.code("73"), code, "{body}");
        }
    }
}
