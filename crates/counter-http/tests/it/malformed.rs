//! What cannot be read is answered in the same form, and leaves nothing behind.

use axum::{body::Body, extract::Request};

use crate::switch::Switch;

fn malformed(status: u16) -> (u16, String) {
    (status, "30".to_owned())
}

#[tokio::test]
async fn other_paths_and_methods() {
    let switch = Switch::new();
    for path in [
        "/counter/v1",
        "/counter/v1/",
        "/counter/v1/inquiry/",
        "/counter/v1/Inquiry",
        "/counter/v1/inquiry/x",
        "/counter/v1//echo",
        "/counter/v1/%65cho",
        "/counter/v1/refund?x=1",
    ] {
        for method in ["GET", "POST", "DELETE"] {
            let answer = switch.ask(method, path, "").await;
            assert_eq!(answer.code(), malformed(404), "{method} {path}");
        }
    }
    for (path, allow, others) in [
        ("/counter/v1/inquiry", "POST", ["GET", "PUT", "OPTIONS"]),
        ("/counter/v1/reversal", "POST", ["GET", "DELETE", "PATCH"]),
        ("/counter/v1/status", "GET", ["POST", "PUT", "OPTIONS"]),
        ("/counter/v1/echo", "GET", ["POST", "DELETE", "BREW"]),
    ] {
        for method in others {
            let answer = switch.ask(method, path, "").await;
            assert_eq!(answer.code(), malformed(405), "{method} {path}");
            assert_eq!(answer.headers["allow"], allow);
        }
    }
    // Without a key there is nothing to sign with.
    let request = Request::builder().uri("/counter/v1/nowhere").body(Body::empty()).unwrap();
    let answer = switch.send(request).await;
    assert_eq!((answer.code(), answer.signature()), (malformed(404), None));
    assert_eq!(
        answer.text(),
        r#"{"code":"30","message":"path: there is no such call","cashier_text":"Permintaan tidak dapat dibaca. Hubungi petugas."}"#
    );
}

#[tokio::test]
async fn sixteen_kibibytes_and_no_more() {
    let switch = Switch::new();
    let code = switch.open("order-1", "alfamart").await;
    let message = switch.message(&code, "A-1", "alfamart", "");
    let body = format!("{message}{}", " ".repeat(16 * 1024 - message.len()));
    let answer = switch.ask("POST", "/counter/v1/inquiry", &body).await;
    assert_eq!(answer.code(), (200, "00".to_owned()));
    let answer = switch.ask("POST", "/counter/v1/inquiry", &format!("{body} ")).await;
    assert_eq!(answer.code(), malformed(413));
}

#[tokio::test]
async fn the_message_names_the_member() {
    let switch = Switch::new();
    let code = switch.open("order-1", "alfamart").await;
    let good = switch.message(&code, "A-1", "alfamart", r#","amount":50000"#);
    for (from, to, message) in [
        ("alfamart", "dandan", "retailer: must be one that this partner serves"),
        (r#","amount":50000"#, "", "amount: is required"),
        ("50000", "\"50000\"", "amount: must be whole rupiah, 1 to 9999999999, not in quotes"),
        (r#""sale":"#, r#""sail":"#, "sale: is required"),
        ("{", "[", "body: must be a JSON object"),
    ] {
        let body = good.replace(from, to);
        let answer = switch.ask("POST", "/counter/v1/payment", &body).await;
        assert_eq!(answer.code(), malformed(400), "{body}");
        assert_eq!(answer.json()["message"], message);
    }
    let answer = switch.ask("GET", "/counter/v1/status?sale=1", "").await;
    assert_eq!(answer.json()["message"], "payment_code: is required");
    let named = r#","retailer":null"#;
    let body = switch.message(&code, "A-1", "alfamart", named);
    let answer = switch.ask("POST", "/counter/v1/inquiry", &body).await;
    assert_eq!(
        answer.json()["message"],
        "retailer: is required, because this partner serves several"
    );
    // None of it was a sale: the number is still free.
    let answer = switch.ask("POST", "/counter/v1/payment", &good).await;
    assert_eq!(answer.code(), (200, "00".to_owned()));
}

#[tokio::test]
async fn nobody_unauthenticated_learns_what_is_malformed() {
    let switch = Switch::new();
    let mut request = switch.signed("POST", "/counter/v1/inquiry", b"{");
    request.headers_mut().insert("gerai-signature", "v1=00".parse().unwrap());
    assert_eq!(switch.send(request).await.code(), (401, "63".to_owned()));
}
