//! Killed in the middle of deliveries, the program still tells every merchant everything, in order.
//!
//! `GERAI_DELIVERY_KILLS` says how often it is killed (50), `GERAI_SEED` repeats the choices of a run.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use super::{assert_clean, assert_signed, new_seed, variable};
use crate::drive::{
    chance::Chance,
    folder::Folder,
    http::Connection,
    merchant::{Merchant, new_order, text},
    process::Server,
    receiver::{Arrival, Receiver, Reply},
    till,
};

/// Payments that are opened and paid before each kill.
const ORDERS: u64 = 4;

#[test]
fn every_due_notification_arrives_and_in_order() {
    let seed = variable("GERAI_SEED").unwrap_or_else(new_seed);
    let kills = variable("GERAI_DELIVERY_KILLS").unwrap_or(50);
    eprintln!("GERAI_SEED={seed} GERAI_DELIVERY_KILLS={kills}");
    let mut chance = Chance::new(seed);

    let folder = Folder::new("killed-deliveries");
    let receiver = Receiver::new();
    let mut orders = Vec::new();
    for _ in 0..kills {
        // After some, nobody is answered any more: what comes then is in flight when the process dies.
        let heard = receiver.arrivals().len();
        let answered = heard + usize::try_from(chance.below(2 * ORDERS)).unwrap();
        receiver.behave(
            move |_, before| {
                if before.len() < answered { Reply::Status(200) } else { Reply::Silence }
            },
        );
        let mut server = Server::on(folder.path());
        for _ in 0..ORDERS {
            orders.push(paid(&server, &receiver));
        }
        receiver.wait(|arrivals| arrivals.len() >= answered);
        std::thread::sleep(Duration::from_micros(chance.below(3_000)));
        server.kill();
    }

    receiver.behave(|_, _| Reply::Status(200));
    assert_clean(folder.path());
    let server = Server::on(folder.path());
    let told = receiver.wait(|arrivals| untold(&orders, arrivals).is_none());
    assert_eq!(untold(&orders, &told), None);
    assert_signed(&told);
    assert_same_when_told_again(&told);
    let ended = server.stop();
    assert_eq!(ended.code, Some(0), "{}", ended.log);
    assert_clean(folder.path());
    let again = told.len() - 2 * orders.len();
    assert!(kills < 20 || again > 0, "no kill has hit a delivery");
    eprintln!("{} payments, {} arrivals, {again} of them again", orders.len(), told.len());
}

/// A payment that was opened and paid, both of which its merchant is told of at a path of its own.
fn paid(server: &Server, receiver: &Receiver) -> String {
    let order = new_order();
    let url = receiver.url(&format!("/{order}"));
    let headers = [("X-Override-Notification", url.as_str())];
    let merchant = Merchant::demo(server.api);
    let opened = merchant.charge_with(&order, "alfamart", 50_000, &headers);
    let (code, sale) = (text(&opened, "payment_code"), format!("SALE-{order}"));
    let mut connection = Connection::open(server.api).unwrap();
    let message = till::message(code, &sale, "alfamart", &json!({ "amount": 50_000 }));
    let answer = till::tell(&mut connection, "payment", &message).unwrap();
    assert_eq!(answer.member("code"), "00", "{}", answer.text());
    order
}

/// A payment whose merchant has not accepted both its news yet, or heard them out of order.
fn untold(orders: &[String], arrivals: &[Arrival]) -> Option<String> {
    let mut heard: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for arrival in arrivals.iter().filter(|arrival| arrival.is_accepted()) {
        let word = text(&arrival.json(), "transaction_status").to_owned();
        let words = heard.entry(&arrival.path[1..]).or_default();
        // More than once is allowed; it is its first time that counts.
        if !words.contains(&word) {
            words.push(word);
        }
    }
    orders.iter().find_map(|order| {
        let words = heard.get(order.as_str()).map(Vec::as_slice).unwrap_or_default();
        (words != ["pending", "settlement"]).then(|| format!("{order}: {words:?}"))
    })
}

/// What is told twice is the same news: the same payment, in the same words.
fn assert_same_when_told_again(arrivals: &[Arrival]) {
    let mut first: BTreeMap<(String, String), &Arrival> = BTreeMap::new();
    for arrival in arrivals {
        let word = text(&arrival.json(), "transaction_status").to_owned();
        let known = first.entry((arrival.path.clone(), word)).or_insert(arrival);
        assert_eq!(known.json(), arrival.json(), "{}", arrival.path);
    }
}
