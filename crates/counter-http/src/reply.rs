//! An answer on its way out: status, bytes, and the signature over both.

use std::borrow::Cow;

use aws_lc_rs::hmac;
use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};

use crate::{
    answer,
    fault::Fault,
    signature::{self, SIGNATURE_HEADER, SignedAnswer},
};

/// What is answered.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The code, for metrics.
    pub(crate) code: Cow<'static, str>,
    body: Bytes,
    allow: Option<HeaderValue>,
}

impl Reply {
    /// An answer whose bytes are there already.
    pub(crate) fn new(status: StatusCode, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        Self { status, code: answer::code_of(&body), body, allow: None }
    }

    /// A no, about the code and sale that were named, if they could be read.
    pub(crate) fn of(fault: &Fault, about: Option<(&str, &str)>) -> Self {
        Self::new(fault.code.status(), answer::fault(fault, about))
    }

    /// The same with another HTTP status.
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same, saying which method is taken.
    pub(crate) fn allowing(self, method: &'static str) -> Self {
        Self { allow: Some(HeaderValue::from_static(method)), ..self }
    }

    /// The HTTP answer, signed where it is known for whom.
    pub(crate) fn into_response(self, signer: Option<&AnswerSigner>) -> Response {
        let signature = signer.and_then(|signer| signer.sign(self.status, &self.body));
        let mut response = (self.status, Body::from(self.body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(signature) = signature {
            headers.insert(SIGNATURE_HEADER, signature);
        }
        if let Some(allow) = self.allow {
            headers.insert(header::ALLOW, allow);
        }
        response
    }
}

/// For whom answers are signed: the key and the nonce that the request named.
#[derive(Debug)]
pub(crate) struct AnswerSigner {
    key: hmac::Key,
    key_id: String,
    nonce: String,
}

impl AnswerSigner {
    /// Signs for the holder of `secret`.
    pub(crate) fn new(secret: &str, key_id: &str, nonce: &str) -> Self {
        Self { key: signature::key(secret), key_id: key_id.to_owned(), nonce: nonce.to_owned() }
    }

    fn sign(&self, status: StatusCode, body: &[u8]) -> Option<HeaderValue> {
        let answer = SignedAnswer {
            key_id: &self.key_id,
            nonce: &self.nonce,
            status: status.as_u16(),
            body,
        };
        HeaderValue::try_from(answer.sign_with(&self.key)).ok()
    }
}
