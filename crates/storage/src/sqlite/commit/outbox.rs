//! The merchants' side: news, tries, answers to repeat, ids used up.

use rusqlite::{Connection, params};

use super::{
    super::{
        Result,
        columns::{attempt_columns, idempotency_columns, notification_columns},
        encode::{announcement_number, bill_kind_number, notification_state_number},
    },
    changed_one,
};
use crate::{AttemptRow, ExternalIdRow, IdempotencyRow, News, NotificationRow};

/// News to send.
pub(super) fn insert(conn: &Connection, rows: &[NotificationRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(concat!(
        "insert into notification (",
        notification_columns!(),
        ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
    ))?;
    for row in rows {
        // Only a vendor has words for an announcement; of other news the column keeps its least number.
        let (announcement, own_event, bill) = match row.news {
            News::Vendor(announcement) => (announcement_number(announcement), None, None),
            News::Own(no) => (0, Some(no), None),
            News::Bill(_, kind) => (0, None, Some(bill_kind_number(kind))),
        };
        statement.execute(params![
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
        ])?;
    }
    Ok(())
}

/// News tried.
pub(super) fn update(conn: &Connection, rows: &[NotificationRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(
        "update notification set state = ?2, attempts = ?3, due_at = ?4, endpoint = ?5 where no = ?1",
    )?;
    for row in rows {
        let changed = statement.execute(params![
            row.no.get(),
            notification_state_number(row.state),
            row.attempts,
            row.due_at.millis(),
            row.endpoint,
        ])?;
        changed_one(changed, "notification", row.no)?;
    }
    Ok(())
}

/// The tries.
pub(super) fn insert_attempts(conn: &Connection, rows: &[AttemptRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(concat!(
        "insert into attempt (",
        attempt_columns!(),
        ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    ))?;
    for row in rows {
        statement.execute(params![
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
        ])?;
    }
    Ok(())
}

/// Answers to repeat, each in the place of one with the same key.
pub(super) fn keep_answers(conn: &Connection, rows: &[IdempotencyRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(concat!(
        "insert into idempotency (",
        idempotency_columns!(),
        ") values (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         on conflict (account_no, key, shard) do update set order_id = excluded.order_id, \
         answer_key = excluded.answer_key, answer = excluded.answer, \
         expires_at = excluded.expires_at"
    ))?;
    for row in rows {
        statement.execute(params![
            row.shard,
            row.account.get(),
            row.key,
            row.order,
            row.answer.data_key,
            row.answer.bytes,
            row.expires_at.millis(),
        ])?;
    }
    Ok(())
}

/// External ids used up. One that is there already is refused.
pub(super) fn use_up(conn: &Connection, rows: &[ExternalIdRow]) -> Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut statement = conn.prepare_cached(
        "insert into external_id (day, account_no, endpoint, id, shard) \
         values (?1, ?2, ?3, ?4, ?5)",
    )?;
    for ExternalIdRow { external, shard } in rows {
        statement.execute(params![
            external.day.days(),
            external.account.get(),
            external.endpoint,
            external.id,
            shard,
        ])?;
    }
    Ok(())
}
