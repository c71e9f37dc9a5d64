//! Whose moment has come.

use domain::{
    ids::PaymentNo,
    payment::{State, Taking},
};
use storage::{EndpointWaiting, NotificationRow, NotificationState, Writes};

use super::bench::everywhere;
use crate::rows::{self, at};

fn numbers(rows: &[PaymentNo]) -> Vec<i64> {
    rows.iter().map(|no| no.get()).collect()
}

#[test]
fn payments_are_due_in_the_order_of_their_moments() {
    everywhere("due-payments", |writer| {
        let reader = writer.reader().unwrap();
        assert_eq!(reader.next_expiry_due().unwrap(), None);
        assert_eq!(reader.next_release_due().unwrap(), None);
        assert_eq!(reader.next_final_due().unwrap(), None);

        let mut writes = rows::opened(1..10);
        let finally = Taking { is_final: true, ..rows::taking(9) };
        for (row, state) in writes.payments_new.iter_mut().zip([
            State::Pending,
            State::Opening,
            State::Reserved(rows::hold(2)),
            State::Reserved(rows::hold(1)),
            State::Paid(rows::taking(2)),
            State::Paid(rows::taking(1)),
            State::Paid(finally),
            State::Settled(finally),
            State::Cancelled(at(1)),
        ]) {
            row.payment.state = state;
            row.payment.expires_at = at(10_000 - row.payment.no.get());
        }
        writer.commit(&writes).unwrap();

        assert_eq!(numbers(&reader.due_expiries(at(9_997), 9).unwrap()), []);
        assert_eq!(numbers(&reader.due_expiries(at(9_998), 9).unwrap()), [2]);
        assert_eq!(numbers(&reader.due_expiries(at(99_999), 9).unwrap()), [2, 1]);
        assert_eq!(numbers(&reader.due_expiries(at(99_999), 1).unwrap()), [2]);
        assert_eq!(reader.next_expiry_due().unwrap(), Some(at(9_998)));

        assert_eq!(numbers(&reader.due_releases(at(4_001), 9).unwrap()), [4]);
        assert_eq!(numbers(&reader.due_releases(at(9_999), 9).unwrap()), [4, 3]);
        assert_eq!(reader.next_release_due().unwrap(), Some(at(4_001)));

        assert_eq!(numbers(&reader.due_finals(at(3_001), 9).unwrap()), []);
        assert_eq!(numbers(&reader.due_finals(at(3_002), 9).unwrap()), [6]);
        assert_eq!(numbers(&reader.due_finals(at(9_999), 9).unwrap()), [6, 5]);
        assert_eq!(reader.next_final_due().unwrap(), Some(at(3_002)));

        // What moves on is due no more.
        let mut paid = writes.payments_new[1].clone();
        paid.payment.state = State::Paid(rows::taking(0));
        let mut done = writes.payments_new[5].clone();
        done.payment.state = State::Paid(Taking { is_final: true, ..rows::taking(1) });
        let payments_changed = vec![paid, done];
        writer.commit(&Writes { payments_changed, ..Writes::default() }).unwrap();
        assert_eq!(numbers(&reader.due_expiries(at(99_999), 9).unwrap()), [1]);
        assert_eq!(numbers(&reader.due_finals(at(99_999), 9).unwrap()), [2, 5]);
    });
}

#[test]
fn news_for_an_endpoint_is_due_in_the_order_of_its_moments() {
    everywhere("due-news", |writer| {
        writer.commit(&rows::opened(1..5)).unwrap();
        let reader = writer.reader().unwrap();
        let due = |from, until, rows_max| -> Vec<i64> {
            let rows = reader.due_at_endpoint(5, at(from), at(until), rows_max).unwrap();
            rows.iter().map(|row| row.no.get()).collect()
        };
        assert_eq!(due(0, 6_995, 9), []);
        assert_eq!(due(0, 6_997, 9), [4, 3]);
        assert_eq!(due(0, 9_999, 3), [4, 3, 2]);
        assert_eq!(due(6_998, 9_999, 9), [2, 1]);
        assert_eq!(reader.next_notification_due().unwrap(), Some(at(6_996)));

        let sent = rows::notification(4, 4, NotificationState::Delivered);
        let notifications_changed = vec![sent];
        writer.commit(&Writes { notifications_changed, ..Writes::default() }).unwrap();
        assert_eq!(due(0, 9_999, 9), [3, 2, 1]);
        assert_eq!(reader.next_notification_due().unwrap(), Some(at(6_997)));
    });
}

#[test]
fn endpoints_for_which_news_waits_are_found_one_by_one() {
    everywhere("endpoints", |writer| {
        writer.commit(&rows::opened(1..6)).unwrap();
        let moved = [(1, 0), (2, i64::MAX), (3, 7)].map(|(no, endpoint)| NotificationRow {
            endpoint,
            ..rows::notification(no, no, NotificationState::Due)
        });
        let told = rows::notification(5, 5, NotificationState::Delivered);
        let notifications_changed = moved.into_iter().chain([told]).collect();
        writer.commit(&Writes { notifications_changed, ..Writes::default() }).unwrap();
        let reader = writer.reader().unwrap();
        let waiting = |endpoint, due_at| EndpointWaiting {
            endpoint,
            account: rows::ACCOUNT,
            due_at: at(due_at),
        };
        let expected =
            [waiting(0, 6_999), waiting(5, 6_996), waiting(7, 6_997), waiting(i64::MAX, 6_998)];
        assert_eq!(reader.endpoints_waiting().unwrap(), expected);
        assert_eq!(reader.next_endpoint(5).unwrap(), Some(waiting(7, 6_997)));
        assert_eq!(reader.next_notification_due().unwrap(), Some(at(6_996)));
    });
}
