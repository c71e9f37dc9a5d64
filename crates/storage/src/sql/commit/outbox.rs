//! The merchants' side: news, tries, answers to repeat, ids used up.

use super::super::{
    Conn, Result,
    columns::{attempt_columns, idempotency_columns, notification_columns},
    encode::{announcement_number, bill_kind_number, notification_state_number},
    put::{Write, put},
    value::params,
};
use crate::{AttemptRow, ExternalIdRow, IdempotencyRow, News, NotificationRow};

const INSERT: Write = Write::new(concat!(
    "insert into notification (",
    notification_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
));

const UPDATE: Write = Write::changing(
    "notification",
    "update notification set state = ?2, attempts = ?3, due_at = ?4, endpoint = ?5 where no = ?1",
    &[0],
);

const INSERT_ATTEMPT: Write = Write::new(concat!(
    "insert into attempt (",
    attempt_columns!(),
    ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
));

const KEEP_ANSWER: Write = Write::replacing(
    concat!(
        "insert into idempotency (",
        idempotency_columns!(),
        ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         on conflict (account_no, key, shard) do update set order_id = excluded.order_id, \
         answer_key = excluded.answer_key, answer = excluded.answer, \
         expires_at = excluded.expires_at"
    ),
    &[0, 1, 2],
);

const USE_UP: Write = Write::new(
    "insert into external_id (day, account_no, endpoint, id, shard) values (?1, ?2, ?3, ?4, ?5)",
);

/// News to send.
pub(super) fn insert(conn: &Conn, rows: &[NotificationRow]) -> Result<()> {
    put(conn, INSERT, rows, |row| {
        // Only a vendor has words for an announcement; of other news the column keeps its least
        // number.
        let (announcement, own_event, bill) = match row.news {
            News::Vendor(announcement) => (announcement_number(announcement), None, None),
            News::Own(no) => (0, Some(no), None),
            News::Bill(_, kind) => (0, None, Some(bill_kind_number(kind))),
        };
        params![
            row.no.get(),
            row.shard,
            row.payment.get(),
            row.event.get(),
            row.account.get(),
            row.target,
            announcement,
            notification_state_number(row.state),
            row.attempts,
            row.due_at.millis(),
            row.created_at.millis(),
            own_event,
            row.endpoint,
            bill,
        ]
    })
}

/// News tried.
pub(super) fn update(conn: &Conn, rows: &[NotificationRow]) -> Result<()> {
    put(conn, UPDATE, rows, |row| {
        params![
            row.no.get(),
            notification_state_number(row.state),
            row.attempts,
            row.due_at.millis(),
            row.endpoint,
        ]
    })
}

/// The tries.
pub(super) fn insert_attempts(conn: &Conn, rows: &[AttemptRow]) -> Result<()> {
    put(conn, INSERT_ATTEMPT, rows, |row| {
        params![
            row.no,
            row.shard,
            row.notification.get(),
            row.at.millis(),
            row.took_ms,
            row.status,
            row.verdict,
            row.exchange.data_key,
            row.exchange.bytes,
            row.is_try,
        ]
    })
}

/// Answers to repeat, each in the place of one with the same key.
pub(super) fn keep_answers(conn: &Conn, rows: &[IdempotencyRow]) -> Result<()> {
    put(conn, KEEP_ANSWER, rows, |row| {
        params![
            row.shard,
            row.account.get(),
            row.key,
            row.order,
            row.answer.data_key,
            row.answer.bytes,
            row.expires_at.millis(),
        ]
    })
}

/// External ids used up. One that is there already is refused.
pub(super) fn use_up(conn: &Conn, rows: &[ExternalIdRow]) -> Result<()> {
    put(conn, USE_UP, rows, |row| {
        let ExternalIdRow { external, shard } = row;
        params![external.day.days(), external.account.get(), external.endpoint, external.id, shard,]
    })
}
