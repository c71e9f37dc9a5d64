//! Finding a payment by whatever name it was given, and the order that it is part of.

use std::sync::Arc;

use domain::{
    ids::AccountNo,
    payment::{Payment, counting},
};
use storage::{PaymentRow, StorageError, sqlite::Reader};

use crate::{
    Gateway,
    gateway::Shared,
    request::{PaymentRef, PaymentView, Unavailable},
};

impl Gateway {
    /// A payment of this account, or of any when `account` is none. To a merchant, whichever of the
    /// codes of an order it names, that is the one that counts (rule 36).
    pub async fn payment(
        &self,
        account: Option<AccountNo>,
        payment: PaymentRef,
    ) -> Result<Option<PaymentView>, Unavailable> {
        let shared = Arc::clone(&self.0);
        let row = self
            .0
            .readers
            .read(move |reader| {
                let row = find(reader, &shared, account, &payment)?;
                let row =
                    row.filter(|row| account.is_none_or(|account| row.payment.account == account));
                match (account, row) {
                    (Some(_), Some(row)) => counting_row(reader, row).map(Some),
                    (_, row) => Ok(row),
                }
            })
            .await?;
        match row {
            None => Ok(None),
            Some(row) => self.0.view(&row).map(Some).map_err(|error| {
                tracing::error!(%error, payment = %row.payment.id, "a payment does not unseal");
                Unavailable::Storage
            }),
        }
    }

    /// All payments of the order of `payment`, which is one of them, oldest first.
    pub async fn order_of(&self, payment: &Payment) -> Result<Vec<PaymentView>, Unavailable> {
        let (no, family) = (payment.no, payment.family);
        let rows = self.0.readers.read(move |reader| match family {
            Some(first) => reader.family(first),
            None => Ok(reader.payment(no)?.into_iter().collect()),
        });
        let views = rows.await?.iter().map(|row| self.0.view(row)).collect();
        Result::map_err(views, |error| {
            tracing::error!(%error, payment = %payment.id, "a payment does not unseal");
            Unavailable::Storage
        })
    }
}

/// Finds a payment by whatever name it was given.
fn find(
    reader: &mut Reader,
    shared: &Shared,
    account: Option<AccountNo>,
    payment: &PaymentRef,
) -> Result<Option<PaymentRow>, StorageError> {
    let by_id = |reader: &mut Reader, id: &domain::ids::PaymentId| {
        let row = reader.payment(shared.ids.number(id))?;
        Ok::<_, StorageError>(row.filter(|row| row.payment.id == *id))
    };
    match payment {
        PaymentRef::Id(id) => by_id(reader, id),
        PaymentRef::No(no) => reader.payment(*no),
        PaymentRef::Order(order) => match account {
            Some(account) => reader.payment_by_order(account, order),
            None => Ok(None),
        },
        PaymentRef::IdOrOrder(text) => {
            if let Ok(id) = text.parse()
                && let Some(row) = by_id(reader, &id)?
                && account.is_none_or(|account| row.payment.account == account)
            {
                return Ok(Some(row));
            }
            match account {
                Some(account) => reader.payment_by_order(account, text),
                None => Ok(None),
            }
        }
        PaymentRef::Code(code) => match shared.directory.load().pools.slot(code) {
            Some(slot) => {
                let row = reader.payment_by_slot(slot)?;
                Ok(row.filter(|row| row.payment.code == *code))
            }
            None => reader.payment_by_foreign(code),
        },
    }
}

/// The payment that counts of the order of this one.
fn counting_row(reader: &mut Reader, row: PaymentRow) -> Result<PaymentRow, StorageError> {
    let Some(first) = row.payment.family else { return Ok(row) };
    let family = reader.family(first)?;
    let counts = counting(family.iter().map(|row| &row.payment)).map(|payment| payment.no);
    Ok(family.into_iter().find(|row| Some(row.payment.no) == counts).unwrap_or(row))
}
