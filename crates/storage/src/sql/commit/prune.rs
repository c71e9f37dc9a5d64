//! What nobody may ask for any more.

use super::{
    super::{Conn, Result, put::execute},
    own_events,
};
use crate::Prune;

/// How many rows one removal takes at most, so that no commit keeps the others waiting. A caller
/// asks again with each of its rounds.
pub const PRUNE_ROWS_MAX: i64 = 4_096;

const IDEMPOTENCY: &str = "delete from idempotency where no in \
    (select no from idempotency where expires_at < ?1 order by expires_at limit ?2)";

// These tables lie in the order of time, so their oldest rows are found without an index. The last
// row stays, because its number is where a start goes on counting.
const ATTEMPTS: &str = "delete from attempt where no in \
    (select no from attempt order by no limit ?2) and at < ?1 \
    and no < (select max(no) from attempt)";
const INQUIRIES: &str = "delete from inquiry where no in \
    (select no from inquiry order by no limit ?2) and received_at < ?1 \
    and no < (select max(no) from inquiry)";

// A data key of 0 says that the answers, and with them what the digest covered, are gone.
const SALE_ANSWERS: &str = "update sale \
    set answer = null, commit_answer = null, reversal_answer = null, data_key = 0 where no in \
    (select no from sale where received_at < ?1 \
        and (answer is not null or commit_answer is not null or reversal_answer is not null) \
     order by received_at limit ?2)";

const EXTERNAL_IDS: &str = "delete from external_id where (day, account_no, endpoint, id, shard) in \
    (select day, account_no, endpoint, id, shard from external_id where day < ?1 \
     order by day, account_no, endpoint, id, shard limit ?2)";

const CHECKOUTS: &str = "delete from checkout where no in \
    (select no from checkout where keep_until < ?1 order by keep_until limit ?2)";

/// Every removal, in the tests' reach.
#[cfg(test)]
pub(crate) const REMOVALS: [(&str, &str); 6] = [
    ("IDEMPOTENCY", IDEMPOTENCY),
    ("ATTEMPTS", ATTEMPTS),
    ("INQUIRIES", INQUIRIES),
    ("SALE_ANSWERS", SALE_ANSWERS),
    ("EXTERNAL_IDS", EXTERNAL_IDS),
    ("CHECKOUTS", CHECKOUTS),
];

/// Removes the oldest rows that may go.
pub(super) fn prune(conn: &Conn, prunes: &[Prune]) -> Result<()> {
    for prune in prunes {
        let (sql, before) = match prune {
            Prune::IdempotencyBefore(at) => (IDEMPOTENCY, at.millis()),
            Prune::AttemptsBefore(at) => (ATTEMPTS, at.millis()),
            Prune::InquiriesBefore(at) => (INQUIRIES, at.millis()),
            Prune::SaleAnswersBefore(at) => (SALE_ANSWERS, at.millis()),
            Prune::ExternalIdsBefore(day) => (EXTERNAL_IDS, i64::from(day.days())),
            Prune::CheckoutsBefore(at) => (CHECKOUTS, at.millis()),
            Prune::OwnEventsBefore(account, at) => {
                own_events::prune(conn, *account, *at)?;
                continue;
            }
        };
        execute(conn, sql, [before, PRUNE_ROWS_MAX])?;
    }
    Ok(())
}
