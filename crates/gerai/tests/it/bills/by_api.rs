//! By SMS and `WhatsApp`, over HTTP as the configuration describes it.

use base64::{Engine, prelude::BASE64_STANDARD};

use super::{SENDS, Shop, wait_for};
use crate::drive::{
    folder::Folder,
    process::run,
    receiver::{Receiver, Reply},
};

const TOKEN: &str = "t0ken/with+signs";

/// An SMS API like Twilio's and a `WhatsApp` API like the Cloud API, as the manual shows them.
fn shop(sms: &Receiver, whatsapp: &Receiver) -> Shop {
    let folder = Folder::new("bills-by-api");
    let token = folder.write("token", TOKEN);
    let token = token.display();
    let settings = format!(
        r#"public_url = "https://pay.example"
{SENDS}
[bill.sms]
url = "{}"
kind = "form"
body = "To={{to}}&From=%2B6281100000000&Body={{text}}"
user = "AC0123"
secret_file = '{token}'
success_status = "201"
[bill.whatsapp]
url = "{}"
headers = ["Authorization: Bearer {{secret}}", "X-Template: bill_{{kind}}_{{language}}"]
kind = "json"
body = '''{{"to": "{{to_digits}}", "template": {{"name": "bill_{{kind}}", "token": "{{secret}}",
"parameters": ["{{merchant}}", "{{amount}}", "{{retailer}}", "{{code}}", "{{until}}", "{{page}}"]}}}}'''
secret_file = '{token}'
"#,
        sms.url("/2010-04-01/Messages.json"),
        whatsapp.url("/v23.0/1/messages"),
    );
    Shop::open(folder, &settings)
}

/// The value of a member of a form.
fn value(form: &str, name: &str) -> String {
    let pair = form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let mut bytes = Vec::new();
    let mut rest = pair.unwrap().bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            bytes.push(u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_payer_with_a_telephone_hears_of_it_twice() {
    let (sms, whatsapp) = (Receiver::with(|_, _| Reply::Status(201)), Receiver::new());
    let shop = shop(&sms, &whatsapp);
    let (order, code) = shop.charge("", "0812-3456-7890");

    let arrived = sms.wait_for(1).remove(0);
    assert_eq!(arrived.path, "/2010-04-01/Messages.json");
    let basic = BASE64_STANDARD.encode(format!("AC0123:{TOKEN}"));
    assert_eq!(arrived.header("authorization"), Some(format!("Basic {basic}").as_str()));
    assert_eq!(arrived.header("content-type"), Some("application/x-www-form-urlencoded"));
    let form = String::from_utf8(arrived.body.clone()).unwrap();
    assert_eq!(value(&form, "To"), "+6281234567890");
    assert_eq!(value(&form, "From"), "+6281100000000");
    let body = value(&form, "Body");
    let grouped: Vec<&str> =
        code.as_bytes().chunks(4).map(|four| str::from_utf8(four).unwrap()).collect();
    assert!(body.contains(&grouped.join(" ")) && body.contains("Rp50.000"), "{body}");
    assert!(body.is_ascii() && body.len() <= 160, "{} characters: {body}", body.len());

    let arrived = whatsapp.wait_for(1).remove(0);
    assert_eq!(arrived.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
    assert_eq!(arrived.header("content-type"), Some("application/json"));
    assert_eq!(arrived.header("x-template"), Some("bill_opened_id"));
    let body = arrived.json();
    assert_eq!(body["to"], "6281234567890");
    assert_eq!(body["template"]["parameters"][1], "Rp 50.000");
    assert_eq!(body["template"]["parameters"][3], grouped.join(" "));

    shop.press(&code, "pay");
    assert_eq!(whatsapp.wait_for(2)[1].header("x-template"), Some("bill_paid_id"));
    let receipts = sms.wait_for(2);
    let form = String::from_utf8(receipts[1].body.clone()).unwrap();
    assert!(value(&form, "Body").contains("sudah dibayar"), "{form}");
    let keys = |arrivals: &[crate::drive::receiver::Arrival]| -> Vec<String> {
        arrivals.iter().map(|one| one.header("idempotency-key").unwrap().to_owned()).collect()
    };
    assert_ne!(keys(&receipts)[0], keys(&receipts)[1]);

    let bills = wait_for(&shop, &order, |bills| bills.len() == 6);
    let ways: Vec<_> = bills.iter().map(|bill| bill["to_payer"].as_str().unwrap()).collect();
    assert!(ways.contains(&"SMS to +6281***890") && ways.contains(&"WhatsApp to +6281***890"));
    // No list, no log and no record tells the secret.
    let data = shop.data();
    for bill in bills.iter().filter(|bill| bill["state"] == "delivered") {
        let no = bill["no"].to_string();
        let shown = run(&["notification", "show", &no, "--data", data.to_str().unwrap()]).well();
        assert!(!shown.contains(TOKEN) && !shown.contains(&basic), "{shown}");
        assert!(shown.contains("[not kept]"), "{shown}");
    }
    assert!(!shop.server.log().contains(TOKEN), "{}", shop.server.log());
}

#[test]
fn success_is_what_the_operator_says_it_is() {
    // 200 is none here, 503 comes back, 404 does not.
    let sms = Receiver::with(|_, before| match before.len() {
        0 => Reply::Status(200),
        1 => Reply::Status(503),
        2 => Reply::Status(201),
        _ => Reply::Status(404),
    });
    let shop = shop(&sms, &Receiver::new());
    let (order, _) = shop.charge("", "+62 812 3456 7890");
    sms.wait_for(1);
    let of_sms = |bills: &[serde_json::Value]| bills[0].clone();
    let is = |bill: &serde_json::Value, state: &str, attempts: u64| {
        bill["state"] == state && bill["attempts"] == attempts
    };
    wait_for(&shop, &order, |bills| is(&of_sms(bills), "due", 1));
    shop.advance("40s");
    sms.wait_for(2);
    shop.advance("3m");
    let arrivals = sms.wait_for(3);
    let bills = wait_for(&shop, &order, |bills| is(&of_sms(bills), "delivered", 3));
    assert!(bills[0]["to_payer"].as_str().unwrap().starts_with("SMS"), "{bills:?}");
    let mut keys: Vec<_> = arrivals.iter().map(|one| one.header("idempotency-key")).collect();
    keys.dedup();
    assert_eq!(keys.len(), 1, "the same message each time");

    let (order, _) = shop.charge("", "081298765432");
    sms.wait_for(4);
    wait_for(&shop, &order, |bills| is(&of_sms(bills), "failed", 1));
}
