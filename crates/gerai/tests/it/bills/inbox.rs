//! A sandbox sends nobody anything: bills land in its inbox.

use serde_json::Value;

use super::Shop;
use crate::drive::{
    cronos::Project,
    folder::Folder,
    http::{get, post},
    merchant::text,
    process::{Server, run},
};

/// The bills in the inbox, oldest first, once there are so many.
fn arrived(server: &Server, count: usize) -> Vec<Value> {
    // Moving the clock returns when everything that is due was sent.
    let moved = post(server.api, "/sandbox/v1/clock", r#"{"advance":"1s"}"#);
    assert_eq!(moved.status, 200, "{}", moved.text());
    let bills = get(server.api, "/sandbox/v1/inbox").json()["bills"].as_array().unwrap().clone();
    assert_eq!(bills.len(), count, "{bills:?}");
    bills
}

#[test]
fn every_way_leads_into_the_inbox() {
    let shop = Shop::open(Folder::new("bills-inbox"), "");
    let (order, code) = shop.charge("budi@example.com", "0812-3456-7890");
    let bills = arrived(&shop.server, 3);
    let mut ways: Vec<_> =
        bills.iter().map(|bill| (text(bill, "channel"), text(bill, "to"))).collect();
    ways.sort_unstable();
    let phone = "+6281234567890";
    assert_eq!(ways, [("email", "budi@example.com"), ("sms", phone), ("whatsapp", phone)]);
    for bill in &bills {
        assert_eq!((text(bill, "order_id"), text(bill, "payment_code")), (&*order, &*code));
        assert_eq!(text(bill, "kind"), "opened");
    }
    let mail = bills.iter().find(|bill| bill["channel"] == "email").unwrap();
    let page = get(shop.server.api, "/inbox").text();
    assert!(page.contains(text(mail, "subject")) && page.contains(phone), "{page}");
    let html = get(shop.server.api, &format!("/inbox/bills/{}", mail["no"]));
    assert_eq!(html.text(), text(mail, "html"));
    let policy = html.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("sandbox"), "{policy}");
    let sms = bills.iter().find(|bill| bill["channel"] == "sms").unwrap();
    let page = get(shop.server.api, &format!("/inbox/bills/{}", sms["no"]));
    assert_eq!(page.status, 404);
    for body in ["", "{}", r#"{"channel":"fax"}"#] {
        assert_eq!(post(shop.server.api, "/inbox/hook/bill", body).status, 400, "{body}");
    }

    // In English, and by e-mail alone, where the account says so.
    let data = shop.data();
    let set = ["merchant", "set", "G000000001", "--bill", "email", "--bill-language", "en"];
    run(&[&set[..], &["--data", data.to_str().unwrap()]].concat()).well();
    shop.press(&code, "pay");
    let bills = arrived(&shop.server, 4);
    assert!(text(&bills[3], "subject").starts_with("Receipt for your payment"), "{bills:?}");
    let shown = run(&["merchant", "show", "G000000001", "--data", data.to_str().unwrap()]).well();
    assert!(shown.contains("by email, in English first"), "{shown}");
    let none = ["merchant", "set", "G000000001", "--bill", "none"];
    run(&[&none[..], &["--data", data.to_str().unwrap()]].concat()).well();
    shop.charge("budi@example.com", "0812-3456-7890");
    arrived(&shop.server, 4);
    let fax = ["merchant", "set", "G000000001", "--bill", "email,fax"];
    let sentence = run(&[&fax[..], &["--data", data.to_str().unwrap()]].concat()).sentence();
    assert!(sentence.contains("email, sms, whatsapp"), "{sentence}");
}

#[test]
fn every_vendors_requests_say_where_a_payer_is() {
    let server = Server::in_memory();
    Project::of_cronos().open(server.api, "bill-1");
    let bills = arrived(&server, 2);
    assert!(bills.iter().all(|bill| bill["to"] == "+6282195395779"), "{bills:?}");
    let client = crate::drive::ayolinx::Client::demo();
    let token = client.token(server.api);
    client.open(server.api, &token, "bill-2", &crate::drive::ayolinx::new_external_id());
    let bills = arrived(&server, 3);
    assert_eq!((text(&bills[2], "channel"), text(&bills[2], "to")), ("email", "budi@example.com"));
}
