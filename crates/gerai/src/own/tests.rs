//! What follows each answer of a merchant's endpoint. What is sent is proved with the official
//! libraries, in `tests/it/own_events`.

use std::sync::Arc;

use dialect::{Answer, Attempt};
use domain::time::{Span, Timestamp};
use gateway::{directory::Account, request::Next};
use testkit::{ACCOUNT, Shop};

use super::verdict;

fn attempt(account: &Account, number: u32, answer: Answer<'static>, chance: u16) -> Next {
    let ended_at = Timestamp::from_millis(1_000);
    verdict(&Attempt { account, number, answer, first_at: ended_at, ended_at, chance }).next
}

fn account() -> Arc<Account> {
    let shop = Shop::new();
    Arc::clone(shop.gateway.directory().account(ACCOUNT).unwrap())
}

#[test]
fn two_hundreds_end_it_and_all_else_is_tried_for_three_days() {
    let account = account();
    for status in [200, 201, 204, 299] {
        assert_eq!(attempt(&account, 1, Answer::Status(status, b""), 0), Next::Delivered);
    }
    assert_eq!(attempt(&account, 1, Answer::Status(410, b""), 0), Next::GiveUp);
    for answer in [
        Answer::Status(199, b""),
        Answer::Status(301, b""),
        Answer::Status(308, b""),
        Answer::Status(404, b""),
        Answer::Status(500, b""),
        Answer::TimedOut,
        Answer::Unreachable,
    ] {
        for (chance, shortest, longest) in [
            (0, Span::hours(75), Span::hours(76)),
            // A fifth longer at most.
            (u16::MAX, Span::hours(90), Span::hours(91)),
        ] {
            let mut waited = Span::ZERO;
            let mut number = 1;
            while let Next::RetryAt(at) = attempt(&account, number, answer, chance) {
                waited = waited.plus(at.since(Timestamp::from_millis(1_000)));
                number += 1;
            }
            assert_eq!(number, 10, "{answer:?}");
            assert!((shortest..=longest).contains(&waited), "{answer:?}: {waited:?}");
        }
    }
}
