//! Keys of accounts and partners: two live at most, and who follows whom.

use domain::time::{Span, Timestamp};

use super::{AdminError, checks};

/// How long an old key lives beside a new one unless somebody says otherwise: a day, so that every
/// time zone has had its working hours.
pub const OVERLAP_HOURS_DEFAULT: u32 = 24;
/// The longest: thirty days.
pub const OVERLAP_HOURS_MAX: u32 = 720;

/// When the old keys stop, and which of them change: those that outlive that instant.
///
/// `retires_at` are the ends of all keys of one purpose. Fails where a key that replaced another is
/// to be replaced before the other is gone, unless nothing is to overlap.
pub(super) fn retire(
    what: &str,
    retires_at: &[Option<Timestamp>],
    overlap_hours: u32,
    now: Timestamp,
) -> Result<Timestamp, AdminError> {
    let hours = checks::overlap(overlap_hours, OVERLAP_HOURS_MAX)?;
    let live = retires_at.iter().filter(|at| at.is_none_or(|at| now < at)).count();
    if live > 1 && hours > 0 {
        return Err(AdminError::TwoKeysLive(what.to_owned()));
    }
    Ok(now.plus(Span::hours(i64::from(hours))))
}

/// Whether a key must be told that it stops at `end`.
pub(super) fn outlives(retires_at: Option<Timestamp>, end: Timestamp) -> bool {
    retires_at.is_none_or(|at| end < at)
}

/// The number after the highest.
pub(super) fn next(numbers: impl Iterator<Item = i64>) -> i64 {
    numbers.max().unwrap_or(0).saturating_add(1)
}

/// Writes a secret into a reply or command. The only way in which one leaves the process.
pub(super) mod exposed {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::directory::Secret;

    pub(in crate::admin) fn serialize<S: Serializer>(
        secret: &Secret,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(secret.expose())
    }

    pub(in crate::admin) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::new)
    }
}
