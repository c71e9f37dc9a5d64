//! What is kept: a bill outlives the process, and not the payer's data.

use rusqlite::Connection as Database;
use serde_json::Value;

use super::{SENDS, Shop, start, wait_for};
use crate::drive::{
    folder::Folder,
    receiver::{Receiver, Reply},
};

fn settings(receiver: &Receiver) -> String {
    format!(
        "{SENDS}[bill.sms]\nurl = \"{}\"\nkind = \"json\"\nbody = '{{\"to\": \"{{to}}\", \"text\": \
         \"{{text}}\"}}'\n",
        receiver.url("/sms")
    )
}

#[test]
fn killed_in_the_middle_it_still_tells_every_payer() {
    let receiver = Receiver::with(|_, _| Reply::Silence);
    let settings = settings(&receiver);
    let mut shop = Shop::open(Folder::new("bills-killed"), &settings);
    let mut expected = Vec::new();
    for round in 0..3 {
        for no in 0..4 {
            let phone = format!("+62812000{round}{no:03}");
            shop.charge("", &phone);
            expected.push(phone);
        }
        // Some are on their way, and nobody has answered.
        shop.server.kill();
        let Shop { folder, .. } = shop;
        let server = start(&folder, &settings);
        shop = Shop { folder, server };
    }
    receiver.behave(|_, _| Reply::Status(200));
    let told = |arrivals: &[crate::drive::receiver::Arrival]| {
        let accepted = arrivals.iter().filter(|arrival| arrival.is_accepted());
        let mut told: Vec<_> =
            accepted.map(|arrival| arrival.json()["to"].as_str().unwrap().to_owned()).collect();
        told.sort_unstable();
        told
    };
    shop.advance("2m");
    let arrivals = receiver.wait(|arrivals| told(arrivals).len() >= expected.len());
    assert_eq!(told(&arrivals), expected, "each of them, and none twice once it was answered");
    let verified = crate::drive::process::run(&["verify", "--data", shop.data().to_str().unwrap()]);
    verified.well();
}

#[test]
fn who_was_forgotten_is_told_nothing() {
    let receiver = Receiver::new();
    let settings = settings(&receiver);
    let shop = Shop::open(Folder::new("bills-erased"), &settings);
    let (order, _) = shop.charge("", "081234567890");
    receiver.wait_for(1);
    wait_for(&shop, &order, |bills| bills[0]["state"] == "delivered");
    let Shop { folder, server } = shop;
    assert_eq!(server.stop().code, Some(0));
    // Erasing is destroying the key under which the personal data lies, that of a month that is over.
    let database = Database::open(folder.join("data").join("gerai.db")).unwrap();
    let erased = "update data_key set sealed = x'', month = month - 1";
    assert!(database.execute(erased, ()).unwrap() > 0);
    drop(database);

    let shop = Shop { server: start(&folder, &settings), folder };
    shop.advance("23h");
    let bills = wait_for(&shop, &order, |bills| bills.len() == 2);
    assert_eq!(bills[1]["state"], "failed", "{bills:?}");
    let verdict: &Value = &bills[1]["last_verdict"];
    assert!(verdict.as_str().unwrap().contains("erased"), "{verdict}");
    assert_eq!(receiver.arrivals().len(), 1);
    // The next payment is another's, under another key.
    shop.charge("", "081234567891");
    receiver.wait_for(2);
}
