//! Checkouts, each with the payment that was chosen.

use super::{
    super::{Result, decode, query::one, read::sql, value::params},
    Loader,
};
use crate::{CheckoutState, CheckoutWanted};

impl Loader<'_> {
    pub(super) fn checkouts(&mut self, wanted: &[CheckoutWanted]) -> Result<()> {
        let mut chosen = Vec::new();
        for wanted in wanted {
            let decode = decode::checkout::checkout;
            let found = match wanted {
                CheckoutWanted::Token(token) => {
                    one(self.conn, sql::CHECKOUT, [token.bytes()], decode)?
                }
                CheckoutWanted::OpenOf(account, order) => {
                    one(self.conn, sql::CHECKOUT_OPEN, params![account.get(), order], decode)?
                }
            };
            let Some(row) = found else { continue };
            if let CheckoutState::Chosen(payment) = row.state {
                chosen.push(payment);
            }
            self.loaded.checkouts.insert(row.token, row);
        }
        self.payments(chosen.into_iter())
    }
}
