//! What went over the wire in one attempt to tell a merchant, kept for people.

use serde::{Deserialize, Serialize};

/// An attempt, as far as it came: what was sent where, what came back, and how long each part took.
/// Sealed with the attempt. Whatever is secret was replaced before it got here.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// The text that was signed, its secrets masked; none for what is sent without a signature.
    pub signed: Option<String>,
    /// One request for each redirect that was followed, and the first.
    pub hops: Vec<Hop>,
    /// What happened instead of an answer, or besides it.
    pub remark: Option<String>,
}

/// One request and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Hop {
    /// Where it went, without user and password.
    pub url: String,
    /// How, where that was no `POST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The address that was connected to.
    pub address: Option<String>,
    /// `HTTP/1.1` or `HTTP/2.0`.
    pub protocol: Option<String>,
    /// Whether the connection was there already: then there was no name to look up and no handshake.
    pub reused: bool,
    /// The request's headers.
    pub request_headers: Vec<(String, String)>,
    /// The request's body.
    pub request_body: String,
    /// The answer's status.
    pub status: Option<u16>,
    /// The answer's headers, as far as they are kept.
    pub answer_headers: Vec<(String, String)>,
    /// The answer's body, as far as it is kept.
    pub answer_body: String,
    /// Whether the answer's body was longer than what is kept.
    pub answer_cut: bool,
    /// How long it took.
    pub phases: Phases,
}

/// How long the parts of a request took, in microseconds; none for what did not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Phases {
    /// Looking up the name.
    pub dns: Option<u64>,
    /// Connecting.
    pub connect: Option<u64>,
    /// The handshake of TLS.
    pub tls: Option<u64>,
    /// From the sent request to the answer's first byte.
    pub first_byte: Option<u64>,
    /// From the beginning to the answer's last byte, or to the failure.
    pub total: Option<u64>,
}
