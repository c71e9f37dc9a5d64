//! Bodies: what clients send where nothing is needed, and what nobody should send.

use axum::body::Body;

use crate::shop::{Counter, codes, order};

#[tokio::test]
async fn actions_take_every_body_that_official_clients_send() {
    let counter = Counter::new();
    for (number, body) in ["", "{}", "null", " ", r#"{"refund_key":"a"}"#].iter().enumerate() {
        let id = format!("cancel-{number}");
        counter.charge(&order(&id, "alfamart")).await;
        let answer = counter.post(&format!("/v2/{id}/cancel"), body).await;
        assert_eq!(answer.codes(), codes(200, "200"), "{body:?}");
    }
    // Node sends an object with GET.
    let status = counter.call("GET", "/v2/cancel-0/status", &[], "{}").await;
    assert_eq!(status.codes(), codes(200, "200"));
}

#[tokio::test]
async fn an_action_with_a_broken_body_does_nothing() {
    let counter = Counter::new();
    counter.charge(&order("a", "alfamart")).await;
    for action in ["cancel", "expire", "approve", "deny", "refund", "refund/online/direct"] {
        let answer = counter.post(&format!("/v2/a/{action}"), "{\n\"x\": }").await;
        assert_eq!(answer.codes(), codes(413, "413"), "{action}");
        assert!(answer.get("status_message").contains("Line 2, column 6"), "{answer:?}");
    }
    assert_eq!(counter.status("a").await.1, "pending");
}

#[tokio::test]
async fn an_empty_charge_is_an_internal_error() {
    let counter = Counter::new();
    for body in ["null", "{}", " {\n}"] {
        let answer = counter.post("/v2/charge", body).await;
        assert_eq!(answer.codes(), codes(500, "500"), "{body:?}");
        assert!(answer.get("status_message").contains("unexpected"));
    }
}

#[tokio::test]
async fn more_than_64_kib_are_refused_on_every_endpoint() {
    let counter = Counter::new();
    let blanks = |count: usize| " ".repeat(count);
    for path in ["/v2/charge", "/v2/capture", "/v2/x/cancel", "/v2/x/refund"] {
        let answer = counter.post(path, &blanks(64 * 1024 + 1)).await;
        assert_eq!(answer.codes(), codes(413, "413"), "{path}");
        assert!(answer.get("status_message").contains("65536"), "{answer:?}");
    }
    let fits = counter.post("/v2/x/cancel", &blanks(64 * 1024)).await;
    assert_eq!(fits.codes(), codes(200, "404"));
    let status = counter.call("GET", "/v2/x/status", &[], Body::from(blanks(70_000))).await;
    assert_eq!(status.codes(), codes(413, "413"));
}

#[tokio::test]
async fn bytes_that_are_no_text_are_a_syntax_error() {
    let counter = Counter::new();
    let answer = counter.call("POST", "/v2/charge", &[], &b"{\"payment_type\":\"\xff\"}"[..]).await;
    assert_eq!(answer.codes(), codes(413, "413"));
    assert!(answer.get("status_message").contains("Line 1, column 18"), "{answer:?}");
}
