//! What operators see: whether it is alive, whether it is ready, how it is doing.

use serde_json::json;

use crate::drive::{
    folder::Folder,
    http::{Connection, get, post},
    merchant::{Merchant, new_order, text},
    process::Server,
    receiver::Receiver,
    till,
};

#[test]
fn alive_and_ready_and_nowhere_but_on_their_own_address() {
    let server = Server::in_memory();
    let operations = server.operations();
    assert!(operations.ip().is_loopback());
    assert_eq!(get(operations, "/healthz").status, 200);
    assert_eq!(get(operations, "/readyz").status, 200);
    for path in ["/healthz", "/readyz", "/metrics"] {
        let answer = get(server.api, path);
        assert_eq!((answer.status, answer.json()), (404, json!({ "error": "not_found" })));
    }
    // And the API is not on theirs.
    assert_eq!(get(operations, "/v2/x/status").status, 404);
    assert_eq!(post(operations, "/sandbox/v1/payments/latest/pay", "").status, 404);
}

#[test]
fn figures_follow_what_happens() {
    let receiver = Receiver::new();
    let folder = Folder::new("figures");
    let server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    let url = receiver.url("/paid");
    let headers = [("X-Override-Notification", url.as_str())];
    let charged = merchant.charge_with(&new_order(), "alfamart", 50_000, &headers);
    let code = text(&charged, "payment_code");
    let mut till = Connection::open(server.api).unwrap();
    let message = till::message(code, "S-1", "alfamart", &json!({ "amount": 50_000 }));
    assert_eq!(till::tell(&mut till, "payment", &message).unwrap().member("code"), "00");
    receiver.wait_for(2);

    // The second notification is counted a moment after it was answered.
    let figures = || get(server.operations(), "/metrics").text();
    let delivered = "gerai_notification_attempts_total{outcome=\"delivered\"}";
    let mut text = figures();
    for _ in 0..1_000 {
        if figure(&text, delivered) == Some(2.0) {
            break;
        }
        text = figures();
    }
    for (name, value) in [
        (delivered, 2.0),
        ("gerai_http_requests_total{route=\"/v2/charge\",status=\"200\"}", 1.0),
        ("gerai_http_requests_total{route=\"/counter/v1/payment\",status=\"200\"}", 1.0),
        ("gerai_http_request_seconds_count{route=\"/v2/charge\"}", 1.0),
        ("gerai_counter_answers_total{operation=\"payment\",code=\"00\"}", 1.0),
    ] {
        assert_eq!(figure(&text, name), Some(value), "{name} in\n{text}");
    }
    for name in [
        "gerai_batch_commands_bucket",
        "gerai_commit_seconds_bucket",
        "gerai_sync_seconds_bucket",
        "gerai_queue_depth{",
        "gerai_notifications_due",
        "gerai_notifications_done_total{state=\"delivered\"}",
        "gerai_events_total{kind=\"paid\"}",
        "gerai_connections_open{",
        "gerai_codes_left",
    ] {
        assert!(text.lines().any(|line| line.starts_with(name)), "{name} in\n{text}");
    }
}

#[test]
fn open_codes_are_counted_by_pool() {
    let folder = Folder::new("pools");
    let server = Server::on(folder.path());
    let merchant = Merchant::demo(server.api);
    let pool = |figure: &str, network: &str, prefix: &str, length: u32| {
        format!("{figure}{{network=\"{network}\",prefix=\"{prefix}\",length=\"{length}\"}}")
    };
    let alfa = pool("gerai_pool_open_codes", "alfa", "81", 16);
    // Counted in the background soon after the start.
    let wait_for = |server: &Server, name: &str, value: f64| {
        let mut text = String::new();
        for _ in 0..1_000 {
            text = get(server.operations(), "/metrics").text();
            if figure(&text, name) == Some(value) {
                return text;
            }
        }
        panic!("no {value} of {name} in\n{text}");
    };
    wait_for(&server, &alfa, 0.0);
    merchant.charge(&new_order(), "alfamart", 50_000);
    let charged = merchant.charge(&new_order(), "alfamart", 50_000);
    let text_now = wait_for(&server, &alfa, 2.0);
    for (name, value) in [
        (pool("gerai_pool_codes", "alfa", "81", 16), 1e13),
        (pool("gerai_pool_codes", "indomaret", "57", 12), 1e9),
        (pool("gerai_pool_open_codes", "indomaret", "57", 12), 0.0),
    ] {
        assert_eq!(figure(&text_now, &name), Some(value), "{name} in\n{text_now}");
    }
    let code = text(&charged, "payment_code");
    post(server.api, &format!("/sandbox/v1/payments/{code}/pay"), "");
    wait_for(&server, &alfa, 1.0);
    assert_eq!(server.stop().code, Some(0));
    // Another process counts the rows.
    let server = Server::on(folder.path());
    wait_for(&server, &alfa, 1.0);
}

/// A figure by its name with its labels, in any order.
fn figure(text: &str, name: &str) -> Option<f64> {
    let parts = |name: &str| {
        let (name, labels) = name.split_once('{').unwrap_or((name, "}"));
        let mut labels: Vec<_> = labels
            .trim_end_matches('}')
            .split("\",")
            .map(|l| l.trim_matches('"').to_owned())
            .collect();
        labels.sort();
        (name.to_owned(), labels)
    };
    text.lines().find_map(|line| {
        let (found, value) = line.rsplit_once(' ')?;
        (!line.starts_with('#') && parts(found) == parts(name)).then(|| value.parse().ok())?
    })
}

#[test]
fn operations_can_be_turned_off() {
    let arguments = ["sandbox", "--listen", "127.0.0.1:0", "--in-memory", "--operations", "off"];
    let server = Server::start(&arguments);
    assert_eq!(server.operations, None);
    assert!(!server.said().contains("operations at"), "{}", server.said());
    Merchant::demo(server.api).charge(&new_order(), "alfamart", 50_000);
    assert_eq!(server.stop().code, Some(0));
}
