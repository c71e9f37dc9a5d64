//! Payments that are opened: one demo merchant, one order after the other.

use std::fmt::Write as _;

use bytes::Bytes;
use domain::code::PaymentCode;
use http::{
    HeaderValue, Method, Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST},
};
use http_body_util::Full;

use super::load::{Asked, Work};

/// What each payment is opened for, in whole rupiah.
pub(super) const AMOUNT: u64 = 150_000;

/// `SB-Mid-server-gerai-demo:` in Base64.
const DEMO: &str = "Basic U0ItTWlkLXNlcnZlci1nZXJhaS1kZW1vOg==";

/// How an answer that opened a payment begins.
const OPENED: &[u8] = br#"{"status_code":"201","#;
/// What stands before the code in it.
const BEFORE_CODE: &[u8] = br#""payment_code":""#;

/// Orders with consecutive numbers.
#[derive(Debug)]
pub(super) struct Orders {
    first: usize,
    count: usize,
}

impl Orders {
    /// So many, from the number `first` on. An order is opened once, so numbers may not meet on one
    /// server.
    pub(super) const fn new(first: usize, count: usize) -> Self {
        Self { first, count }
    }
}

/// About as much as merchants send: an order, a store, a payer.
fn body(number: usize) -> String {
    let mut body = String::with_capacity(320);
    // Writing to a string does not fail.
    let _ = write!(
        body,
        r#"{{"payment_type":"cstore","transaction_details":{{"order_id":"order-{number:016}","gross_amount":{AMOUNT}}},"cstore":{{"store":"alfamart","message":"Terima kasih","alfamart_free_text_1":"Toko Demo"}},"customer_details":{{"first_name":"Budi","last_name":"Santoso","email":"budi@example.com","phone":"081234567890"}}}}"#
    );
    body
}

/// The bytes of one request's body.
pub(super) fn body_bytes() -> usize {
    body(0).len()
}

impl Work for Orders {
    fn request(&self, number: usize) -> Option<Asked> {
        if number >= self.count {
            return None;
        }
        let body = body(self.first + number);
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = Uri::from_static("/v2/charge");
        let headers = request.headers_mut();
        headers.insert(HOST, HeaderValue::from_static("gerai.example"));
        headers.insert(AUTHORIZATION, HeaderValue::from_static(DEMO));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        Some(request)
    }

    fn check(&self, status: StatusCode, body: &[u8]) -> Result<Option<PaymentCode>, &'static str> {
        if status != StatusCode::OK || !body.starts_with(OPENED) {
            return Err("a payment was not opened");
        }
        let code = code(body).ok_or("an opened payment came without a code")?;
        Ok(Some(code))
    }
}

fn code(body: &[u8]) -> Option<PaymentCode> {
    let at = body.windows(BEFORE_CODE.len()).position(|window| window == BEFORE_CODE)?;
    let rest = body.get(at + BEFORE_CODE.len()..)?;
    let digits = rest.split(|byte| *byte == b'"').next()?;
    PaymentCode::new(str::from_utf8(digits).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(status: u16, body: &str) -> Result<Option<PaymentCode>, &'static str> {
        Orders::new(0, 1).check(StatusCode::from_u16(status).unwrap(), body.as_bytes())
    }

    #[test]
    fn only_an_opened_payment_with_its_code_counts() {
        let opened =
            r#"{"status_code":"201","payment_code":"8127740588870520","store":"alfamart"}"#;
        assert_eq!(checked(200, opened), Ok(PaymentCode::new("8127740588870520").ok()));
        assert!(checked(500, opened).is_err());
        assert!(
            checked(200, r#"{"status_code":"406","payment_code":"8127740588870520"}"#).is_err()
        );
        assert!(checked(200, r#"{"status_code":"201"}"#).is_err());
        assert!(checked(200, r#"{"status_code":"201","payment_code":""}"#).is_err());
        assert!(checked(200, "").is_err());
    }

    #[test]
    fn no_two_requests_name_the_same_order() {
        let order = |orders: &Orders, number: usize| {
            let request = orders.request(number)?;
            Some(format!("{:?}", request.body()))
        };
        let orders = Orders::new(3, 2);
        assert!(order(&orders, 0).unwrap().contains("order-0000000000000003"));
        assert!(order(&orders, 1).unwrap().contains("order-0000000000000004"));
        assert_eq!(order(&orders, 2), None);
        assert_eq!(body(0).len(), body(9_999_999_999_999_999).len());
    }
}
