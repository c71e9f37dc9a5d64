//! Notifications that an operator wants sent again.

use anyhow::bail;
use domain::ids::NotificationNo;
use gateway::{admin::approvals, request::Redelivery};
use serde::{Deserialize, Serialize};
use storage::Person;

use super::{Answer, Office};

/// The most notifications of one request: its line must fit.
pub(crate) const REDELIVER_MAX: usize = 2_000;

/// Which, and why.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Redeliver {
    /// Their numbers, at most [`REDELIVER_MAX`].
    pub(crate) numbers: Vec<i64>,
    /// Why; it goes into the log.
    pub(crate) reason: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Redelivered {
    /// How many are sent again.
    pub(crate) due: u64,
    /// Those that are not, each with why.
    pub(crate) left: Vec<(i64, String)>,
}

impl Office {
    /// Has them sent again, and writes down who wanted it.
    pub(super) async fn redeliver(&self, order: Redeliver, by: &Person) -> anyhow::Result<Answer> {
        if order.numbers.len() > REDELIVER_MAX {
            bail!("at most {REDELIVER_MAX} notifications are sent again at a time");
        }
        let reason = order.reason.trim();
        if reason.is_empty() || reason.chars().count() > 200 || reason.chars().any(char::is_control)
        {
            bail!("the reason has 1 to 200 characters, none of them a control character");
        }
        let numbers = order.numbers.iter().copied().map(NotificationNo::new).collect();
        let told = self.gateway.redeliver(numbers).await?;
        let mut redelivered = Redelivered::default();
        for (no, what) in told {
            match what {
                Redelivery::Due => redelivered.due += 1,
                left @ (Redelivery::Waits
                | Redelivery::Overtaken(_)
                | Redelivery::Superseded
                | Redelivery::OrderReused) => {
                    let why = left.why_not().unwrap_or_default();
                    redelivered.left.push((no.get(), why.to_owned()));
                }
            }
        }
        let (by, due, left) = (approvals::shown(by), redelivered.due, redelivered.left.len());
        let (first, last) = (order.numbers.iter().min(), order.numbers.iter().max());
        tracing::info!(by, reason, due, left, first, last, "notifications are sent again");
        Ok(Answer::Redelivered(redelivered))
    }
}
