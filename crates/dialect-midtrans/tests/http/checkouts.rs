//! Snap: a checkout and what becomes of it.

use domain::{ids::CheckoutToken, retailer::RetailerKey, sale::Operation, time::Span};
use gateway::request::{ChooseRequest, Chosen, PaymentView};
use http::Request;
use serde_json::{Value, json};

use crate::shop::{Answer, Counter, OTHER_KEY, basic, order};

const TRANSACTIONS: &str = "/snap/v1/transactions";

fn asked(order_id: &str) -> Value {
    json!({ "transaction_details": { "order_id": order_id, "gross_amount": 44_000 } })
}

impl Counter {
    async fn create(&self, body: &Value) -> Answer {
        self.post(TRANSACTIONS, &body.to_string()).await
    }

    async fn token(&self, order_id: &str) -> String {
        let answer = self.create(&asked(order_id)).await;
        assert_eq!(answer.http, 201, "{}", answer.text);
        answer.get("token")
    }

    async fn close(&self, token: &str, how: &str) -> Answer {
        self.post(&format!("{TRANSACTIONS}/{token}/{how}"), "").await
    }

    async fn chosen(&self, token: &str, store: &str) -> PaymentView {
        let token: CheckoutToken = token.parse().unwrap();
        let now = self.shop.gateway.clock().now();
        let checkout = self.shop.gateway.checkout(token, now).await.unwrap().unwrap();
        let request = ChooseRequest {
            token,
            account: checkout.account,
            order: checkout.order,
            retailer: RetailerKey::new(store).unwrap(),
            received_at: now,
        };
        match self.shop.gateway.choose(request).await.unwrap() {
            Chosen::New(view) | Chosen::There(view) => *view,
        }
    }
}

fn says(answer: &Answer) -> (u16, Vec<String>) {
    let body = answer.body();
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    (answer.http, serde_json::from_value(body["error_messages"].clone()).unwrap())
}

fn no(http: u16, text: &str) -> (u16, Vec<String>) {
    (http, vec![text.to_owned()])
}

#[tokio::test]
async fn a_token_and_where_it_leads() {
    let counter = Counter::new();
    let answer = counter.create(&asked("order-1")).await;
    assert_eq!(answer.http, 201);
    let token = answer.get("token");
    // A vendor's own library takes no other version.
    let version = uuid::Uuid::parse_str(&token).map(|uuid| uuid.get_version_num());
    assert!(version == Ok(4) && token.len() == 36, "{token}");
    let redirect = answer.get("redirect_url");
    assert_eq!(redirect, format!("http://127.0.0.1/snap/v3/redirection/{token}"));
    assert_eq!(answer.body().as_object().unwrap().len(), 2);
    for path in ["/snap/v3/redirection/", "/snap/v2/vtweb/"].map(|path| format!("{path}{token}")) {
        // Without a key: it is for browsers.
        let page = counter.send(Request::get(path).body("".into()).unwrap()).await;
        assert_eq!(page.http, 302);
        assert_eq!(page.headers["location"], format!("/checkout/{token}"));
    }
    let pdf = counter.get(&format!("{TRANSACTIONS}/{token}/pdf")).await;
    assert_eq!(
        (pdf.http, &pdf.headers["location"]),
        (302, &format!("/checkout/{token}").parse().unwrap())
    );
    let nowhere = counter.get("/snap/v3/redirection/%2F%2Fevil.example").await;
    assert_eq!(nowhere.headers["location"], "/checkout/unknown");
}

#[tokio::test]
async fn a_checkout_is_no_transaction_until_a_store_is_chosen() {
    let counter = Counter::new();
    let token = counter.token("order-1").await;
    assert_eq!(counter.status("order-1").await, ("404".to_owned(), String::new()));
    let view = counter.chosen(&token, "indomaret").await;
    let answer = counter.get("/v2/order-1/status").await;
    assert_eq!(answer.get("transaction_status"), "pending");
    assert_eq!(answer.get("store"), "indomaret");
    assert_eq!(answer.get("transaction_id"), view.payment.id.to_string());
    // What only the pages need is nobody else's.
    assert!(
        !answer.text.contains("checkout") && !answer.text.contains("stores"),
        "{}",
        answer.text
    );
    let cancelled = counter.post("/v2/order-1/cancel", "{}").await;
    assert_eq!(cancelled.get("status_code"), "200");
    assert_eq!(counter.create(&asked("order-1")).await.http, 201);
}

#[tokio::test]
async fn an_order_has_one_checkout_and_one_payment() {
    let counter = Counter::new();
    let older = counter.token("order-1").await;
    let newer = counter.token("order-1").await;
    assert_eq!(says(&counter.close(&older, "cancel").await), no(400, "token already canceled"));
    counter.chosen(&newer, "alfamart").await;
    let taken = no(400, "transaction_details.order_id has already been taken");
    assert_eq!(says(&counter.create(&asked("order-1")).await), taken);
    let charge = counter.charge(&order("order-1", "alfamart")).await;
    assert_eq!(charge.get("status_code"), "406");
    let view = counter.chosen(&newer, "alfamart").await;
    counter.shop.tell(Operation::Payment, "alfamart", view.payment.code.as_str(), 44_000).await;
    let paid =
        "transaction_details.order_id has been paid and utilized, please use another order ID";
    assert_eq!(says(&counter.create(&asked("order-1")).await), no(400, paid));
}

#[tokio::test]
async fn a_checkout_is_closed_once_and_only_while_nothing_is_chosen() {
    let counter = Counter::new();
    for (how, member) in [("cancel", "canceled_at"), ("expire", "expired_at")] {
        let token = counter.token(how).await;
        let closed = counter.close(&token, how).await;
        assert_eq!(closed.http, 200, "{}", closed.text);
        assert_eq!(closed.body(), json!({ member: "2026-11-21T07:00:00.000Z" }));
        let again =
            if how == "cancel" { "token already canceled" } else { "token already expired" };
        assert_eq!(says(&counter.close(&token, "cancel").await), no(400, again));
        assert_eq!(says(&counter.close(&token, "expire").await), no(400, again));
    }
    let token = counter.token("order-1").await;
    counter.chosen(&token, "alfamart").await;
    let busy = no(400, "Transaction is on progress");
    assert_eq!(says(&counter.close(&token, "cancel").await), busy);
    let token = counter.token("order-2").await;
    counter.shop.gateway.clock().advance(Span::days(1));
    assert_eq!(says(&counter.close(&token, "cancel").await), no(400, "token already expired"));
    let unknown = no(404, "token not found");
    for token in ["01a1fd3e-a180-7fff-bfff-ffffffffffff", "x", "%00"] {
        assert_eq!(says(&counter.close(token, "cancel").await), unknown, "{token}");
    }
    let token = counter.token("order-3").await;
    let path = format!("{TRANSACTIONS}/{token}/cancel");
    let other = Request::post(path).header("authorization", basic(OTHER_KEY));
    assert_eq!(says(&counter.send(other.body("".into()).unwrap()).await), unknown);
    let broken = counter.post(&format!("{TRANSACTIONS}/{token}/cancel"), "{").await;
    assert_eq!(broken.http, 400, "nothing is cancelled by a broken body");
    assert_eq!(counter.close(&token, "cancel").await.http, 200);
}

#[tokio::test]
async fn every_refusal_has_snaps_shape() {
    let counter = Counter::new();
    let request = |key: Option<&str>| {
        let request = Request::post(TRANSACTIONS);
        let request = match key {
            Some(key) => request.header("authorization", basic(key)),
            None => request,
        };
        counter.send(request.body("not even JSON".into()).unwrap())
    };
    for key in [None, Some("nobody's")] {
        let (http, texts) = says(&request(key).await);
        assert_eq!((http, texts.len()), (401, 2));
        assert!(texts[0].contains("unauthorized"), "{texts:?}");
    }
    assert_eq!(says(&request(Some(crate::shop::KEY)).await).0, 400);
    let (http, texts) = says(&counter.post(TRANSACTIONS, "null").await);
    assert!(http == 400 && texts[0].contains("is required"), "{texts:?}");
    let other = json!({
        "transaction_details": { "order_id": "order-1", "gross_amount": 44_000 },
        "enabled_payments": ["gopay"],
    });
    let (http, texts) = says(&counter.create(&other).await);
    assert!(http == 400 && texts[0].contains("enabled_payments"), "{texts:?}");
    let much = json!({
        "transaction_details": { "order_id": "order-1", "gross_amount": 900_000_000 },
    });
    let (http, texts) = says(&counter.create(&much).await);
    assert!(http == 400 && texts[0].contains("less than or equal to"), "{texts:?}");
    assert_eq!(says(&counter.post("/snap/v1/other", "{}").await).0, 404);
    let wrong = counter.get(TRANSACTIONS).await;
    assert_eq!(wrong.headers["allow"], "POST");
    assert_eq!(says(&wrong).0, 405);
}

#[tokio::test]
async fn notifications_go_where_the_request_says() {
    let counter = Counter::new();
    let headers = [("x-override-notification", "http://127.0.0.1:9/only")];
    let body = asked("order-1").to_string();
    let answer = counter.call("POST", TRANSACTIONS, &headers, body).await;
    let view = counter.chosen(&answer.get("token"), "alfamart").await;
    assert_eq!(view.notify_urls, Some(vec!["http://127.0.0.1:9/only".to_owned()]));
    let five = [("x-override-notification", "ftp://x")];
    let refused = counter.call("POST", TRANSACTIONS, &five, asked("order-2").to_string()).await;
    assert_eq!(says(&refused).0, 400);
}
