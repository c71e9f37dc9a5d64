//! `gerai simulate`: a sandbox's counter from a shell.

use serde_json::json;

use crate::drive::{
    folder::Folder,
    merchant::{Merchant, new_order, text},
    process::{Server, run},
};

/// A sandbox with a payment, and commands that find it.
struct Counter {
    _folder: Folder,
    server: Server,
    url: String,
}

impl Counter {
    fn new() -> Self {
        let folder = Folder::new("simulate");
        let data = folder.path().to_str().unwrap();
        let server = Server::start(&["sandbox", "--listen", "127.0.0.1:0", "--data", data]);
        let url = format!("http://{}", server.api);
        Self { _folder: folder, server, url }
    }

    fn open(&self) -> String {
        let charged = Merchant::demo(self.server.api).charge(&new_order(), "indomaret", 50_000);
        text(&charged, "payment_code").to_owned()
    }

    fn simulate(&self, words: &[&str]) -> crate::drive::process::Ended {
        run(&[&["simulate"], words, &["--url", &self.url]].concat())
    }
}

#[test]
fn a_cashiers_buttons_and_what_goes_wrong() {
    let counter = Counter::new();
    let code = counter.open();
    let paid = counter.simulate(&["pay", &code, "--json"]).json();
    assert_eq!((&paid["code"], &paid["payment_code"]), (&json!("00"), &json!(code)));
    let again = counter.simulate(&["pay", &code]);
    assert_eq!(again.code, Some(2), "{}", again.said);
    assert!(again.said.contains("54"), "{}", again.said);
    let reversed = counter.simulate(&["reverse", &code, "--json"]).json();
    assert_eq!(reversed["code"], "00");

    let code = counter.open();
    let lost = counter.simulate(&["timeout", "latest", "--then", "reversal", "--json"]).json();
    assert_eq!(lost["payment_code"], json!(code));
    let heard: Vec<_> = lost["messages"].as_array().unwrap().iter().collect();
    assert_eq!((&heard[0]["arrived"], &heard[1]["arrived"]), (&json!(false), &json!(true)));

    counter.open();
    let table = counter.simulate(&["wrong-amount", "latest", "--amount", "1000"]);
    assert_eq!(table.code, Some(2));
    assert!(
        table.said.contains("/counter/v1/payment") && table.said.contains("13 "),
        "{}",
        table.said
    );
    let off = counter.simulate(&["wrong-clock", "latest", "--clock-off", "-60", "--json"]).json();
    assert_eq!(off["messages"][0]["answer"]["code"], "00");
}

#[test]
fn what_cannot_be_done_is_said_in_a_sentence() {
    let counter = Counter::new();
    let nobody = counter.simulate(&["pay", "123"]).sentence();
    assert!(nobody.contains("no payment has this payment code"), "{nobody}");
    let climbing = counter.simulate(&["pay", "../x"]).sentence();
    assert!(climbing.contains("letters and digits"), "{climbing}");
    counter.open();
    let never = counter.simulate(&["advice"]).sentence();
    assert!(never.contains("no counter has taken cash"), "{never}");
    assert!(counter.simulate(&["fire", "123"]).code != Some(0));
    let elsewhere = run(&["simulate", "pay", "--url", "http://127.0.0.1:9"]).sentence();
    assert!(elsewhere.contains("no sandbox answers"), "{elsewhere}");
}
