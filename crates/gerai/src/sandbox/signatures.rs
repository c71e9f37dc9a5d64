//! Requests that were not believed, and why: kept for the page and for programs.
//!
//! Nobody listens in production, so nothing of this is ever computed there.

mod shown;

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::{Path, Request, State, rejection::PathRejection},
    response::Response,
};
use dialect::{Apart, Explained, Hear, Listener, apart, sha256_hex, wib};
use domain::time::Timestamp;
use gateway::{Environment, Gateway};
use http::StatusCode;
use intake::read_body;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Sandbox, answer,
    kept::Kept,
    press::bad_body,
    query::{Query, number},
};

pub(super) use shown::{page, page_compared, page_of};

/// Where one is looked at; its number follows.
const PAGE: &str = "/signature";
/// How many are explained a second. Others are refused as ever, and not explained.
const A_SECOND_MAX: u32 = 10;
/// A request that was not believed.
#[derive(Debug)]
struct Failure {
    /// By the real clock, which signatures follow (rule 43).
    at: Timestamp,
    explained: Explained,
}

/// The newest requests that were not believed.
pub(crate) struct Signatures {
    gateway: Gateway,
    /// How people reach this process.
    public_url: String,
    kept: Kept<Failure>,
    /// A second, and how many were explained in it.
    pace: Mutex<(i64, u32)>,
}

impl fmt::Debug for Signatures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signatures").field("kept", &self.kept).finish_non_exhaustive()
    }
}

impl Signatures {
    /// Those of a sandbox; none in production.
    pub(crate) fn of(gateway: &Gateway, public_url: &str) -> Option<Arc<Self>> {
        match gateway.environment() {
            Environment::Sandbox => Some(Arc::new(Self {
                gateway: gateway.clone(),
                public_url: public_url.to_owned(),
                kept: Kept::default(),
                pace: Mutex::default(),
            })),
            Environment::Production => None,
        }
    }

    /// Who hears of them: nobody, where there are none.
    pub(crate) fn listener(signatures: Option<&Arc<Self>>) -> Listener {
        let hear = |one: &Arc<Self>| Listener::new(Arc::clone(one) as Arc<dyn Hear>);
        signatures.map(hear).unwrap_or_default()
    }
}

impl Hear for Signatures {
    fn has_room(&self) -> bool {
        let second = self.gateway.clock().real_now().millis().div_euclid(1_000);
        // Whoever panicked while holding the lock was no more than counting.
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if pace.0 != second {
            *pace = (second, 0);
        }
        pace.1 = pace.1.saturating_add(1);
        pace.1 <= A_SECOND_MAX
    }

    fn hear(&self, explained: Explained) {
        let at = self.gateway.clock().real_now();
        let brand = explained.brand;
        // A query may hold what no log should.
        let request = explained.request.split('?').next().unwrap_or_default().to_owned();
        let finding = explained.finding().to_owned();
        let weight = explained.weight();
        let no = self.kept.keep(Arc::new(Failure { at, explained }), weight);
        let page = format!("{}{PAGE}/{no}", self.public_url);
        tracing::warn!(brand, request, finding, page, "a request is not believed");
    }
}

/// A list's line, for programs.
fn line(no: u64, failure: &Failure) -> Value {
    let explained = &failure.explained;
    json!({
        "no": no,
        "at": wib(failure.at),
        "brand": explained.brand,
        "who": explained.who,
        "request": explained.request,
        "finding": explained.finding(),
    })
}

/// Everything, for programs.
fn whole(no: u64, failure: &Failure) -> Value {
    let explained = &failure.explained;
    let named = |(name, value): (&str, String)| json!({ "name": name, "value": value });
    let signed = explained.signed.as_ref().map(|text| {
        json!({
            "text": text.masked(),
            "length": text.length(),
            "sha256": sha256_hex(&text.bytes()),
            "parts": text.parts().map(named).collect::<Vec<_>>(),
        })
    });
    let parts = explained.parts.iter().map(|part| named((part.name, part.value.clone())));
    let tried: Vec<Value> = explained
        .tried
        .iter()
        .map(|tried| json!({ "mistake": tried.what, "made": tried.fits }))
        .collect();
    let mut told = line(no, failure);
    if let Value::Object(members) = &mut told {
        members.insert("findings".to_owned(), json!(explained.findings));
        members.insert("scheme".to_owned(), json!(explained.scheme));
        members.insert("string_to_sign".to_owned(), json!(signed));
        members.insert("parts".to_owned(), Value::Array(parts.collect()));
        members.insert("signature".to_owned(), json!(explained.given));
        members.insert("expected".to_owned(), json!(explained.expected));
        members.insert("tried".to_owned(), Value::Array(tried));
    }
    told
}

/// `GET /sandbox/v1/signatures`: those after a number, the oldest first.
pub(super) async fn list(State(sandbox): State<Sandbox>, query: Query) -> Response {
    let after = number(&query, "after");
    let mut kept = sandbox.signatures.kept.after(after);
    kept.reverse();
    let newest = kept.last().map_or(after, |(no, _)| *no);
    let lines: Vec<Value> = kept.iter().map(|(no, failure)| line(*no, failure)).collect();
    answer::json(StatusCode::OK, json!({ "signatures": lines, "newest": newest }).to_string())
}

/// What an address's last part is.
type No = Result<Path<u64>, PathRejection>;

fn find(sandbox: &Sandbox, no: No) -> Option<(u64, Arc<Failure>)> {
    let Path(no) = no.ok()?;
    Some((no, sandbox.signatures.kept.get(no)?))
}

fn nothing() -> Response {
    answer::refused(
        StatusCode::NOT_FOUND,
        "unknown_signature",
        "there is nothing under this number: it was never given, or it is forgotten",
    )
}

/// `GET /sandbox/v1/signatures/{no}`.
pub(super) async fn show(State(sandbox): State<Sandbox>, no: No) -> Response {
    match find(&sandbox, no) {
        Some((no, failure)) => answer::json(StatusCode::OK, whole(no, &failure).to_string()),
        None => nothing(),
    }
}

/// A developer's own text.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Own {
    string: String,
}

/// `POST /sandbox/v1/signatures/{no}`: compares a text of the developer's own.
pub(super) async fn compare(State(sandbox): State<Sandbox>, no: No, request: Request) -> Response {
    let body = match read_body(request.into_body(), &sandbox.limits).await {
        Ok(body) => body,
        Err(error) => return bad_body(error),
    };
    let Some((no, failure)) = find(&sandbox, no) else { return nothing() };
    let own: Own = match serde_json::from_slice(&body) {
        Ok(own) => own,
        Err(error) => {
            let why = format!("the body must be a JSON object with a text `string`: {error}");
            return answer::refused(StatusCode::BAD_REQUEST, "malformed", &why);
        }
    };
    let compared = compared(&failure.explained, own.string.as_bytes());
    let apart = compared.apart.map(|apart| {
        json!({
            "byte": apart.at + 1,
            "part": apart.part,
            "before": apart.before,
            "server": apart.ours,
            "yours": apart.theirs,
        })
    });
    let told = json!({
        "no": no,
        "same": compared.is_same,
        "signature_fits": compared.fits,
        "sentence": compared.sentence,
        "apart": apart,
    });
    answer::json(StatusCode::OK, told.to_string())
}

/// What came of comparing.
struct Compared {
    is_same: bool,
    /// Whether this text, under the server's key, comes to the signature that was sent; none where
    /// nobody can tell.
    fits: Option<bool>,
    apart: Option<Apart>,
    sentence: &'static str,
}

fn compared(explained: &Explained, own: &[u8]) -> Compared {
    let Some(text) = &explained.signed else {
        let sentence = "This kind of request has no text that is signed, or it was not found out.";
        return Compared { is_same: false, fits: None, apart: None, sentence };
    };
    let fits = explained.fits.as_ref().map(|fits| fits.with(own));
    let apart = apart(text, own);
    let sentence = match (apart.is_some(), fits) {
        (true, Some(true)) => {
            "Your text is another than the server's, and signed with the right key it comes to the \
             signature that you sent: key and algorithm are right, and only the text differs."
        }
        (true, Some(false)) => {
            "Your text is another than the server's, and it does not come to the signature that you \
             sent either: the key differs too, or this is not the text that you signed."
        }
        (true, None) => "Your text is another than the server's.",
        (false, Some(true)) => {
            "Your text is the server's, and it comes to the signature that you sent: only how the \
             signature is written differs, or the time."
        }
        (false, Some(false)) => {
            "Your text is the server's, byte for byte. So the key differs, or the algorithm."
        }
        (false, None) => "Your text is the server's, byte for byte.",
    };
    Compared { is_same: apart.is_none(), fits, apart, sentence }
}

#[cfg(test)]
mod tests;
