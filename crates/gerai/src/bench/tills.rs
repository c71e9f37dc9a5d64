//! What tills send: inquiries and payments, each signed before the clock starts.

use bytes::Bytes;
use counter_http::signature::{
    KEY_HEADER, NONCE_HEADER, SIGNATURE_HEADER, SignedRequest, TIMESTAMP_HEADER,
};
use domain::{code::PaymentCode, time::Timestamp};
use http::{
    HeaderValue, Method, Request, StatusCode, Uri,
    header::{CONTENT_TYPE, HOST},
};
use http_body_util::Full;

use super::{
    load::{Asked, Work},
    orders::AMOUNT,
};
use crate::sandbox::DEMO;

const INQUIRY: &str = "/counter/v1/inquiry";
const PAYMENT: &str = "/counter/v1/payment";

/// How an answer that says yes begins.
const APPROVED: &[u8] = br#"{"code":"00","#;

/// What a till wants of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// To know what is to be paid.
    Inquire,
    /// To pay it.
    Pay,
}

/// Requests that are ready to be sent.
#[derive(Debug)]
pub(super) struct Tills {
    requests: Vec<Signed>,
}

#[derive(Debug)]
struct Signed {
    target: Uri,
    body: Bytes,
    timestamp: HeaderValue,
    nonce: HeaderValue,
    signature: HeaderValue,
}

impl Tills {
    /// One request for each wish, signed now: they are good for five minutes. `first` numbers sales
    /// and nonces, which may not meet on one server.
    pub(super) fn sign(
        first: usize,
        now: Timestamp,
        wishes: impl IntoIterator<Item = (Wish, PaymentCode)>,
    ) -> anyhow::Result<Self> {
        let sale_at = jiff::Timestamp::from_millisecond(now.millis())?.to_string();
        let timestamp = (now.millis() / 1_000).to_string();
        let requests = wishes
            .into_iter()
            .zip(first..)
            .map(|((wish, code), number)| signed(wish, &code, number, &sale_at, &timestamp))
            .collect::<anyhow::Result<_>>()?;
        Ok(Self { requests })
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.requests.len()
    }
}

fn signed(
    wish: Wish,
    code: &PaymentCode,
    number: usize,
    sale_at: &str,
    timestamp: &str,
) -> anyhow::Result<Signed> {
    let (target, amount) = match wish {
        Wish::Inquire => (INQUIRY, String::new()),
        Wish::Pay => (PAYMENT, format!(r#","amount":{AMOUNT}"#)),
    };
    let body = format!(
        r#"{{"payment_code":"{code}","sale":"sale-{number:016}","outlet":"T{:03}","terminal":"01","sale_at":"{sale_at}","retailer":"alfamart"{amount}}}"#,
        number % 1_000
    );
    let nonce = format!("nonce-{number:016}");
    let signature = SignedRequest {
        key_id: DEMO.counter_key,
        method: "POST",
        target,
        timestamp,
        nonce: &nonce,
        body: body.as_bytes(),
    }
    .sign(DEMO.counter_secret);
    Ok(Signed {
        target: Uri::from_static(target),
        body: body.into(),
        timestamp: timestamp.parse()?,
        nonce: nonce.parse()?,
        signature: signature.parse()?,
    })
}

impl Work for Tills {
    fn request(&self, number: usize) -> Option<Asked> {
        let signed = self.requests.get(number)?;
        let mut request = Request::new(Full::new(signed.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = signed.target.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("gerai.example"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(KEY_HEADER, HeaderValue::from_static(DEMO.counter_key));
        headers.insert(TIMESTAMP_HEADER, signed.timestamp.clone());
        headers.insert(NONCE_HEADER, signed.nonce.clone());
        headers.insert(SIGNATURE_HEADER, signed.signature.clone());
        Some(request)
    }

    fn check(&self, status: StatusCode, body: &[u8]) -> Result<Option<PaymentCode>, &'static str> {
        if status == StatusCode::OK && body.starts_with(APPROVED) {
            Ok(None)
        } else {
            Err("a till was not told yes")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_is_what_is_sent() {
        let code = PaymentCode::new("8127740588870520").unwrap();
        let now = Timestamp::from_millis(1_795_244_400_123);
        let tills = Tills::sign(5, now, [(Wish::Inquire, code), (Wish::Pay, code)]).unwrap();
        assert_eq!(tills.count(), 2);
        for (number, target) in [(0, INQUIRY), (1, PAYMENT)] {
            let request = tills.request(number).unwrap();
            let header = |name: &str| request.headers()[name].to_str().unwrap();
            let body = &tills.requests[number].body;
            let signed = SignedRequest {
                key_id: "counter-demo",
                method: "POST",
                target,
                timestamp: "1795244400",
                nonce: header("gerai-nonce"),
                body,
            };
            assert_eq!(header("gerai-timestamp"), "1795244400");
            assert!(signed.is_signed_by(DEMO.counter_secret, header("gerai-signature")));
            assert_eq!(request.uri().path(), target);
        }
        let nonce = |number: usize| tills.requests[number].nonce.clone();
        assert_ne!(nonce(0), nonce(1));
        assert!(tills.request(2).is_none());
    }

    #[test]
    fn only_a_yes_counts() {
        let tills = Tills { requests: Vec::new() };
        let check = |status: u16, body: &str| {
            tills.check(StatusCode::from_u16(status).unwrap(), body.as_bytes()).is_ok()
        };
        assert!(check(200, r#"{"code":"00","message":"payable"}"#));
        assert!(!check(200, r#"{"code":"14","message":"unknown"}"#));
        assert!(!check(503, r#"{"code":"00","message":"payable"}"#));
        assert!(!check(200, ""));
    }
}
