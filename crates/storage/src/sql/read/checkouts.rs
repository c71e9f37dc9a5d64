//! Questions about checkouts.

use domain::ids::CheckoutToken;

use super::{
    super::{Reader, Result, decode, query::one},
    sql,
};
use crate::CheckoutRow;

impl Reader {
    /// The checkout of this name.
    pub fn checkout(&self, token: &CheckoutToken) -> Result<Option<CheckoutRow>> {
        one(&self.conn, sql::CHECKOUT, [token.bytes()], decode::checkout::checkout)
    }
}
