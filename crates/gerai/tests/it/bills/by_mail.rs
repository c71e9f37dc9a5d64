//! By e-mail.

use serde_json::Value;

use super::{SENDS, Shop, charge_at, told, wait_for};
use crate::drive::{
    folder::Folder,
    mail::{MailServer, PASSWORD, USER, header, part},
    merchant::new_order,
    process::run,
};

fn shop(mode: &str, password: &str) -> (Shop, MailServer) {
    let folder = Folder::new("bills-by-mail");
    let server = MailServer::start(&folder, mode, true);
    let password_file = folder.write("password", &format!("{password}\nnot this\n"));
    let settings = format!(
        "public_url = \"https://pay.example\"\n{SENDS}{}",
        server.settings(mode, &password_file)
    );
    (Shop::open(folder, &settings), server)
}

fn subject(mail: &Value) -> &str {
    header(mail, "subject")
}

#[test]
fn a_payer_hears_of_a_payments_whole_life() {
    let (shop, server) = shop("starttls", PASSWORD);
    let (order, code) = shop.charge("budi@example.com", "");
    let opened = server.wait_for(1).remove(0);
    assert_eq!(
        (opened["tls"].as_bool(), opened["authenticated"].as_bool()),
        (Some(true), Some(true))
    );
    assert_eq!(opened["from"], "bills@toko.example");
    assert_eq!(opened["to"], serde_json::json!(["budi@example.com"]));
    assert_eq!(header(&opened, "from"), "Toko Uji <bills@toko.example>");
    assert_eq!(header(&opened, "reply-to"), "help@toko.example");
    assert_eq!(header(&opened, "auto-submitted"), "auto-generated");
    assert!(subject(&opened).starts_with("Tagihan dari "), "{opened}");
    assert_eq!(opened["type"], "multipart/alternative");
    assert_eq!(opened["defects"], serde_json::json!([]));
    // What older servers take: seven bits, and no line longer than 998 (RFC 5321, 4.5.3.1.6).
    assert!(opened["longest_line"].as_u64().unwrap() <= 998, "{opened}");
    assert_eq!(opened["is_ascii"], true);
    let grouped: Vec<&str> =
        code.as_bytes().chunks(4).map(|four| str::from_utf8(four).unwrap()).collect();
    for kind in ["text/plain", "text/html"] {
        assert_eq!(opened["parts"][kind]["charset"], "utf-8", "{opened}");
        let body = part(&opened, kind);
        for said in [
            grouped.join(" ").as_str(),
            "Rp 50.000",
            "Alfamart",
            "Yth. Budi Santosö,",
            "Dear Budi Santosö,",
            "Bayar sebelum",
            "Pay before",
            "https://pay.example/pay/",
            &order,
        ] {
            assert!(body.contains(said), "{said} is not in {body}");
        }
        assert!(body.find("Yth.") < body.find("Dear"), "{body}");
        assert!(!body.contains("budi@example.com"), "{body}");
    }

    // The default lifetime of Alfamart is a day: one reminder, two hours before its end.
    shop.advance("21h");
    assert_eq!(server.so_far().len(), 1);
    shop.advance("2h");
    assert!(subject(&server.wait_for(2)[1]).starts_with("Pengingat"));
    shop.press(&code, "pay");
    let receipt = server.wait_for(3).remove(2);
    assert!(subject(&receipt).starts_with("Bukti pembayaran kepada"), "{receipt}");
    assert!(part(&receipt, "text/plain").contains("Dibayar pada"), "{receipt}");
    let ids: std::collections::BTreeSet<_> =
        server.so_far().iter().map(|mail| header(mail, "message-id").to_owned()).collect();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert!(ids.iter().all(|id| id.ends_with("@toko.example>")), "{ids:?}");

    let bills = wait_for(&shop, &order, |bills| bills.len() == 3);
    let to = "e-mail to b***@example.com";
    let state = |says: &str| (says.to_owned(), to.to_owned(), "delivered".to_owned());
    assert_eq!(told(&bills), [state("the bill"), state("a reminder"), state("the receipt")]);
    assert_eq!(bills[0]["last_status"], 250);
    // Who may read everything reads the mail too, and never the password.
    let no = bills[0]["no"].to_string();
    let data = shop.data();
    let shown = run(&["notification", "show", &no, "--data", data.to_str().unwrap()]).well();
    assert!(
        shown.contains("RCPT TO: budi@example.com") && shown.contains("MAIL smtp://"),
        "{shown}"
    );
    assert!(!shown.contains(PASSWORD), "{shown}");

    // Another one nobody pays.
    let (order, _) = shop.charge("ani@example.com", "");
    server.wait_for(4);
    shop.advance("25h");
    let mails = server.wait_for(6);
    assert!(subject(&mails[4]).starts_with("Pengingat"), "{mails:?}");
    assert!(subject(&mails[5]).starts_with("Tagihan kedaluwarsa"), "{mails:?}");
    let bills = wait_for(&shop, &order, |bills| bills.len() == 3);
    assert!(bills.iter().all(|bill| bill["state"] == "delivered"), "{bills:?}");
}

#[test]
fn what_asks_for_cash_gives_way_when_none_is_wanted() {
    let (shop, server) = shop("implicit", PASSWORD);
    let order = new_order();
    let code = charge_at(&shop.server, "indomaret", &order, ("budi@example.com", ""));
    shop.press(&code, "pay");
    server.wait_for(2);
    shop.press(&code, "reverse");
    let mails = server.wait_for(3);
    assert!(subject(&mails[2]).starts_with("Pembayaran dibatalkan"), "{mails:?}");
    shop.advance("48h");
    assert_eq!(server.so_far().len(), 3, "no reminder comes");
    let bills = wait_for(&shop, &order, |bills| bills.len() == 4);
    let states: Vec<_> = bills.iter().map(|bill| (&bill["says"], &bill["state"])).collect();
    let expected = [
        ("the bill", "delivered"),
        ("a reminder", "superseded"),
        ("the receipt", "delivered"),
        ("that it was taken back", "delivered"),
    ];
    for (found, expected) in states.iter().zip(expected) {
        assert_eq!((found.0.as_str(), found.1.as_str()), (Some(expected.0), Some(expected.1)));
    }
}

#[test]
fn a_server_that_cannot_now_is_asked_again_and_one_that_never_will_is_not() {
    let (shop, server) = shop("starttls", PASSWORD);
    let (later, _) = shop.charge("once451@example.com", "");
    server.wait_for(1);
    let bills = wait_for(&shop, &later, |bills| bills[0]["attempts"] == 1);
    assert_eq!((&bills[0]["state"], &bills[0]["last_status"]), (&"due".into(), &451.into()));
    shop.advance("1m");
    let mails = server.wait_for(2);
    assert_eq!(mails[1]["to"][0], "once451@example.com");
    let bills = wait_for(&shop, &later, |bills| bills[0]["state"] == "delivered");
    assert_eq!(bills[0]["attempts"], 2);

    let (never, _) = shop.charge("never550@example.com", "");
    server.wait_for(3);
    let bills = wait_for(&shop, &never, |bills| bills[0]["state"] == "failed");
    assert_eq!(bills[0]["last_status"], 550);
    // What the server said names the payer: it is sealed, and in no list and no log.
    assert!(!text(&bills[0]).contains("never550"), "{bills:?}");
    assert!(!shop.server.log().contains("never550"), "{}", shop.server.log());

    let (hung, _) = shop.charge("hang-once@example.com", "");
    server.wait_for(4);
    // A second is what it gets, and that is a real one: the receiver's word for the next is waited for.
    shop.server.wait_for_log("did not answer in time");
    shop.advance("1m");
    assert_eq!(server.wait_for(5)[4]["to"][0], "hang-once@example.com");
    wait_for(&shop, &hung, |bills| bills[0]["state"] == "delivered");
}

fn text(bill: &Value) -> String {
    bill["last_verdict"].to_string()
}

#[test]
fn a_wrong_password_loses_nothing() {
    let (shop, server) = shop("starttls", "wrong");
    let (order, _) = shop.charge("budi@example.com", "");
    server.wait_for(1);
    let bills = wait_for(&shop, &order, |bills| bills[0]["attempts"] == 1);
    assert_eq!(bills[0]["state"], "due", "{bills:?}");
    assert!(text(&bills[0]).contains("does not let us in"), "{bills:?}");
    let Shop { folder, server: gerai } = shop;
    assert_eq!(gerai.stop().code, Some(0));
    folder.write("password", PASSWORD);
    let config = folder.join("gerai.toml");
    let gerai = crate::drive::process::Server::configured(&folder.join("data"), config);
    let shop = Shop { folder, server: gerai };
    shop.advance("1m");
    assert_eq!(server.wait_for(2)[1]["to"][0], "budi@example.com");
    wait_for(&shop, &order, |bills| bills[0]["state"] == "delivered");
    assert_ne!(USER, PASSWORD);
}

#[test]
fn an_address_that_is_none_gets_nothing() {
    let (shop, server) = shop("starttls", PASSWORD);
    for email in ["budi", "budi@localhost", "a@example.com\r\nBcc: b@example.com", ""] {
        let (order, _) = shop.charge(email, "");
        assert_eq!(shop.bills(&order).len(), 0, "{email}");
    }
    shop.charge("budi@example.com", "");
    assert_eq!(server.wait_for(1)[0]["to"].as_array().unwrap().len(), 1);
}

#[test]
fn nobody_is_flooded() {
    let folder = Folder::new("bills-crowd");
    let server = MailServer::start(&folder, "starttls", true);
    let password_file = folder.write("password", PASSWORD);
    let settings =
        format!("{SENDS}recipient_max = 2\n{}", server.settings("starttls", &password_file));
    let shop = Shop::open(folder, &settings);
    let orders: Vec<_> = (0..3).map(|_| shop.charge("budi@example.com", "").0).collect();
    shop.charge("ani@example.com", "");
    server.wait_for(3);
    shop.advance("1s");
    let mut states: Vec<_> = orders
        .iter()
        .map(|order| shop.bills(order)[0]["state"].as_str().unwrap().to_owned())
        .collect();
    states.sort_unstable();
    assert_eq!(states, ["delivered", "delivered", "failed"]);
    shop.advance("61m");
    shop.charge("budi@example.com", "");
    server.wait_for(4);
}
