//! Checkouts, as merchants and payers ask for them.

use domain::{ids::CheckoutToken, time::Timestamp};
use storage::CheckoutRow;

use crate::{
    Gateway,
    gateway::Shared,
    pipeline::{Job, Lane},
    request::{
        Checkout, CheckoutError, CheckoutRequest, CheckoutStanding, ChooseError, ChooseRequest,
        Chosen, SealedOffer, Unavailable, WithdrawError, WithdrawRequest,
    },
};

impl Gateway {
    /// Lets a payer choose where to pay. The answer comes when it is durable.
    pub async fn open_checkout(&self, request: CheckoutRequest) -> Result<Checkout, CheckoutError> {
        self.ask(Lane::Open, |reply| Job::Checkout(Box::new(request), reply))
            .await
            .unwrap_or(Err(CheckoutError::Unavailable(Unavailable::Stopping)))
    }

    /// Opens the payment of a checkout at the retailer that was chosen. The answer comes when it is
    /// durable.
    pub async fn choose(&self, request: ChooseRequest) -> Result<Chosen, ChooseError> {
        self.ask(Lane::Open, |reply| Job::Choose(Box::new(request), reply))
            .await
            .unwrap_or(Err(ChooseError::Unavailable(Unavailable::Stopping)))
    }

    /// Closes a checkout of which nothing was chosen.
    pub async fn withdraw(&self, request: WithdrawRequest) -> Result<(), WithdrawError> {
        self.ask(Lane::Merchant, |reply| Job::Withdraw(request, reply))
            .await
            .unwrap_or(Err(WithdrawError::Unavailable(Unavailable::Stopping)))
    }

    /// The checkout of this name, as it stands at `now`.
    pub async fn checkout(
        &self,
        token: CheckoutToken,
        now: Timestamp,
    ) -> Result<Option<Checkout>, Unavailable> {
        let row = self.0.readers.read(move |reader| reader.checkout(&token)).await?;
        row.map(|row| self.0.checkout(&row, now)).transpose()
    }
}

impl Shared {
    /// What a checkout is about, unsealed.
    pub(crate) fn checkout(
        &self,
        row: &CheckoutRow,
        now: Timestamp,
    ) -> Result<Checkout, Unavailable> {
        let request = self.checkout_request(row, now)?;
        Ok(Checkout {
            token: row.token,
            account: row.account,
            order: request.order,
            amount: request.amount,
            expires_at: request.expires_at,
            standing: CheckoutStanding::of(row, now),
            offer: request.offer,
        })
    }

    /// What its merchant asked for, as if it asked at `now`.
    pub(crate) fn checkout_request(
        &self,
        row: &CheckoutRow,
        now: Timestamp,
    ) -> Result<CheckoutRequest, Unavailable> {
        let opened = self.vault.open(&row.offer, &self.readers);
        let offer = opened.map_err(|error| {
            tracing::error!(%error, checkout = row.no, "a checkout does not unseal");
            Unavailable::Storage
        })?;
        let offer: SealedOffer = postcard::from_bytes(&offer).map_err(|error| {
            tracing::error!(%error, checkout = row.no, "a checkout does not read back");
            Unavailable::Storage
        })?;
        Ok(offer.request(row, now))
    }
}
