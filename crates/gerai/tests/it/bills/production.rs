//! In production nobody is told unless the operator has set up a channel and the account says so.

use serde_json::{Value, json};

use crate::{
    command_line::production::Site,
    drive::{
        merchant::{Merchant, charge_body, new_order, text},
        receiver::Receiver,
    },
};

fn charge(merchant: &Merchant, phone: &str) -> Value {
    let mut body = charge_body(&new_order(), "alfamart", 50_000);
    body["customer_details"] = json!({ "first_name": "Budi", "phone": phone });
    merchant.send("POST", "/v2/charge", &[], body.to_string().as_bytes()).json()
}

#[test]
fn payers_are_told_where_operator_and_account_say_so() {
    let receiver = Receiver::new();
    // The receiver is on this very machine, where no merchant's URL may lead: this one is the operator's.
    let bill = format!(
        "[bill.sms]\nurl = \"{}\"\nkind = \"form\"\nbody = \"to={{to}}&text={{text}}\"\n",
        receiver.url("/sms")
    );
    let site = Site::new("bills-production", &bill);
    let server = site.serve();
    let added = site.operate(&["merchant", "add", "Toko Maju"]).json();
    let merchant =
        Merchant { api: server.api, server_key: text(&added["keys"][0], "secret").to_owned() };
    let id = text(&added, "merchant_id").to_owned();
    charge(&merchant, "081234567890");
    let listed = site.operate(&["notification", "list"]).json();
    assert_eq!(listed, json!([]));
    site.operate(&["merchant", "set", &id, "--bill", "sms"]).well();
    charge(&merchant, "081234567891");
    let arrived = receiver.wait_for(1).remove(0);
    let body = String::from_utf8(arrived.body).unwrap();
    assert!(body.starts_with("to=%2B6281234567891&text=Toko%20Maju"), "{body}");
    assert_eq!(server.stop().code, Some(0));
}

#[test]
fn a_secret_that_is_not_there_is_told_at_the_start() {
    let bill = "[bill.sms]\nurl = \"https://sms.example/\"\nbody = \"to={to}\"\nuser = \"me\"\n";
    let site = Site::new("bills-no-secret", bill);
    let sentence = site.refuses();
    assert!(sentence.contains("GERAI_SMS_SECRET"), "{sentence}");
}
