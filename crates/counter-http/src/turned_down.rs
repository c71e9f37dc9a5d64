//! What a sandbox asks for that lets a counter's request go wrong.

use axum::response::Response;
use gateway::Gateway;
use http::HeaderMap;

use crate::{admission::Claim, endpoint::Endpoint, fault::Fault, member::Malformed, reply::Reply};

/// The key id of a counter's request. Nothing of it is proved.
pub fn claimed(headers: &HeaderMap) -> Option<&str> {
    Claim::of(headers).key_id
}

/// The answer of the endpoint at `path` to a request that is turned down with this code, signed for
/// whoever `headers` name; none where there is no such endpoint, or the code is one of a decision
/// about a sale: what a till is told of a sale must stand.
pub fn turned_down(
    gateway: &Gateway,
    path: &str,
    headers: &HeaderMap,
    code: &str,
) -> Option<Response> {
    Endpoint::ALL.into_iter().find(|endpoint| endpoint.path() == path)?;
    let faults = [
        Fault::try_again(),
        Fault::too_many_unknown(),
        Fault::not_authenticated(),
        Fault::malformed(&Malformed::new("body", "as asked for in this sandbox")),
    ];
    let fault = faults.into_iter().find(|fault| fault.code.digits() == code)?;
    let signer = Claim::of(headers).signer(&gateway.directory(), gateway.clock().real_now());
    Some(Reply::of(&fault, None).into_response(signer.as_ref()))
}
