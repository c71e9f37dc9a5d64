//! `/signature` and `/signature/{no}`: the same for people.

use axum::{
    extract::{Request, State},
    response::Response,
};
use dialect::{Explained, Text, sha256_hex, wib};
use http::StatusCode;
use intake::read_body;
use pages::sandbox as page;

use super::{Failure, No, compared, find};
use crate::sandbox::{Sandbox, press::bad_body, view};

/// The longest text of a developer's own that is compared, in bytes.
const OWN_MAX: usize = 256 * 1024;

/// `GET /signature`: the list, for people.
pub(in crate::sandbox) async fn page(State(sandbox): State<Sandbox>) -> Response {
    let kept = sandbox.signatures.kept.after(0);
    let lines: Vec<_> = kept.iter().map(|(no, failure)| shown_line(*no, failure)).collect();
    let clock = view::clock(&sandbox);
    view::shown(page::Place::Signature, page::signatures(clock.as_deref(), &lines))
}

/// `GET /signature/{no}`, for people.
pub(in crate::sandbox) async fn page_of(State(sandbox): State<Sandbox>, no: No) -> Response {
    paged(&sandbox, no, None)
}

/// `POST /signature/{no}`: the same with a text of the developer's own beside it.
pub(in crate::sandbox) async fn page_compared(
    State(sandbox): State<Sandbox>,
    no: No,
    request: Request,
) -> Response {
    match read_body(request.into_body(), &sandbox.limits).await {
        Ok(body) => paged(&sandbox, no, Some(&body)),
        Err(error) => bad_body(error),
    }
}

fn paged(sandbox: &Sandbox, no: No, form: Option<&[u8]>) -> Response {
    let clock = view::clock(sandbox);
    let Some((no, failure)) = find(sandbox, no) else {
        let page = page::no_signature(clock.as_deref());
        let mut response = view::shown(page::Place::Signature, page);
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let own = form.map(form_text);
    let explanation = shown(no, &failure, own.as_deref());
    view::shown(page::Place::Signature, page::signature(clock.as_deref(), &explanation))
}

/// The field `string` of a form, line ends as LF. What is no such form is an empty text.
pub(super) fn form_text(form: &[u8]) -> String {
    let form = form.get(..OWN_MAX).unwrap_or(form);
    let field = form.split(|byte| *byte == b'&').find_map(|pair| pair.strip_prefix(b"string="));
    let mut bytes = Vec::new();
    let mut rest = field.unwrap_or_default();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        let escaped = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        match (escaped.and_then(|(digits, after)| Some((hex::decode(digits).ok()?, after))), first)
        {
            (Some((byte, after)), _) => {
                bytes.extend(byte);
                rest = after;
            }
            (None, b'+') => bytes.push(b' '),
            (None, other) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).replace("\r\n", "\n")
}

fn shown_line(no: u64, failure: &Failure) -> page::Failure {
    let explained = &failure.explained;
    page::Failure {
        no,
        at: wib(failure.at),
        title: explained.title.to_owned(),
        who: explained.who.clone(),
        request: explained.request.clone(),
        finding: explained.finding().to_owned(),
    }
}

fn shown(no: u64, failure: &Failure, own: Option<&str>) -> page::Explanation {
    let explained = &failure.explained;
    let signed = explained.signed.as_ref().map(|text| page::Signed {
        text: text.masked(),
        length: text.length(),
        sha256: sha256_hex(&text.bytes()),
        parts: text.parts().map(|(name, value)| (name.to_owned(), value)).collect(),
    });
    page::Explanation {
        failure: shown_line(no, failure),
        besides: explained.findings.iter().skip(1).cloned().collect(),
        scheme: explained.scheme.to_owned(),
        signed,
        parts: explained
            .parts
            .iter()
            .map(|part| (part.name.to_owned(), part.value.clone()))
            .collect(),
        given: explained.given.clone(),
        expected: explained.expected.clone(),
        tried: explained.tried.iter().map(|tried| (tried.what.clone(), tried.fits)).collect(),
        compared: own.map(|own| shown_beside(explained, own)),
    }
}

fn shown_beside(explained: &Explained, own: &str) -> page::Compared {
    let compared = compared(explained, own.as_bytes());
    let length = explained.signed.as_ref().map_or(0, Text::length);
    // Where more follows, or came before, than is shown.
    let cut = |text: String, left: usize| if text.len() < left { text + "…" } else { text };
    page::Compared {
        own: own.to_owned(),
        length: own.len(),
        sha256: sha256_hex(own.as_bytes()),
        apart: compared.apart.map(|apart| page::Apart {
            byte: apart.at + 1,
            part: apart.part.map(str::to_owned),
            before: if apart.before.len() < apart.at {
                format!("…{}", apart.before)
            } else {
                apart.before
            },
            ours: cut(apart.ours, length.saturating_sub(apart.at)),
            theirs: cut(apart.theirs, own.len().saturating_sub(apart.at)),
        }),
        sentence: compared.sentence.to_owned(),
    }
}
