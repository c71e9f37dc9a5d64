//! Numbers in an address.

use std::collections::HashMap;

/// What stands behind the `?`.
pub(super) type Query = axum::extract::Query<HashMap<String, String>>;

/// The number called `name`; 0 where there is none.
pub(super) fn number(query: &Query, name: &str) -> u64 {
    query.get(name).and_then(|text| text.parse().ok()).unwrap_or(0)
}
