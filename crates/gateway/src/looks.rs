//! What merchants look at: the list of their payments, and what they are owed.

use domain::{ids::AccountNo, time::Timestamp};
use storage::AccountFilter;

use crate::{
    gateway::Shared,
    request::{Balances, ListRequest, PaymentView, Unavailable},
};

impl Shared {
    pub(crate) async fn list(&self, request: ListRequest) -> Result<Vec<PaymentView>, Unavailable> {
        let filter = AccountFilter {
            account: request.account,
            opened_from: request.opened_from.unwrap_or(Timestamp::from_millis(i64::MIN)),
            opened_before: request.opened_before.unwrap_or(Timestamp::from_millis(i64::MAX)),
            standing: request.standing,
            skip: request.skip,
            rows_max: request.count_max,
        };
        let rows = self.readers.read(move |reader| reader.payments_of(&filter)).await?;
        let view = |row| {
            self.view(row).map_err(|error| {
                tracing::error!(%error, payment = %row.payment.id, "a payment does not unseal");
                Unavailable::Storage
            })
        };
        rows.iter().map(view).collect()
    }

    pub(crate) async fn balances(&self, account: AccountNo) -> Result<Balances, Unavailable> {
        let sums = self.readers.read(move |reader| reader.balances_of(account)).await?;
        Ok(Balances::from(sums))
    }
}
