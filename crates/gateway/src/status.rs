//! What became of a sale: a till asks, and nothing changes.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    code::PaymentCode,
    ids::PartnerNo,
    sale::{Day, DayKeys, Operation, Remembered, SaleState},
};
use storage::{AliasRow, PaymentRow, SaleRow, StorageError, sqlite::Reader};

use crate::{
    gateway::Shared,
    pipeline::{approved, booked_as_unapplied},
    request::{CounterRequest, SaleStatus, StatusRequest, Unavailable},
};

impl Shared {
    /// What became of a sale.
    pub(crate) async fn sale_status(
        self: &Arc<Self>,
        request: StatusRequest,
    ) -> Result<SaleStatus, Unavailable> {
        let asked = request.clone();
        let found = self.readers.read(move |reader| find(reader, &asked)).await?;
        let Some((row, payment)) = found.filter(|(row, _)| row.sale.code == request.code) else {
            return Ok(SaleStatus::Unknown);
        };
        if let Some(given_up) = self.pay_out_given_up(&request, &row).await? {
            return Ok(SaleStatus::Stands(given_up));
        }
        let answer = row.commit_answer.as_ref().or(row.answer.as_ref());
        match (row.sale.state, answer) {
            (SaleState::Reversed | SaleState::Tombstone, _) => Ok(SaleStatus::TakenBack),
            (
                SaleState::Reserved | SaleState::Booked | SaleState::Refused | SaleState::Unapplied,
                Some(bytes),
            ) => Ok(SaleStatus::Stands(self.repeated(row.data_key, bytes)?.body)),
            // It was booked from a file, or its answer is older than answers are kept (rule 1): it is
            // told from the rows, as an advice would be.
            (SaleState::Booked | SaleState::Unapplied, None) => {
                self.told_from_rows(request, &row, payment.as_ref())
            }
            (SaleState::Released, _) | (SaleState::Reserved | SaleState::Refused, None) => {
                Ok(SaleStatus::Unknown)
            }
        }
    }

    fn told_from_rows(
        &self,
        request: StatusRequest,
        row: &SaleRow,
        payment: Option<&PaymentRow>,
    ) -> Result<SaleStatus, Unavailable> {
        let outcome = match (row.sale.state, payment) {
            (SaleState::Unapplied, _) => Some(booked_as_unapplied(&row.sale)),
            (_, Some(payment)) => approved(&payment.payment.state),
            (_, None) => None,
        };
        let Some(outcome) = outcome else { return Ok(SaleStatus::Unknown) };
        let view = payment.map(|row| self.view(row)).transpose().map_err(|error| {
            tracing::error!(%error, "a payment does not unseal");
            Unavailable::Storage
        })?;
        let render = request.render;
        let advice = CounterRequest {
            operation: Operation::Advice,
            partner: request.partner,
            retailer: row.sale.retailer,
            code: request.code,
            sale: request.sale,
            sale_sent: request.sale_sent,
            outlet: request.outlet.unwrap_or_default(),
            terminal: String::new(),
            receipt_no: None,
            till_at: row.sale.till_at,
            received_at: row.sale.received_at,
            amount: Some(row.sale.amount),
            cash: None,
            reason: None,
            raw: Bytes::new(),
            render,
        };
        let directory = self.directory.load();
        let answer = self.answer(&directory, &advice, view.as_ref(), Ok(outcome));
        Ok(SaleStatus::Stands(Bytes::from(render(&advice, &answer))))
    }
}

/// The sale that is meant, and the payment that it is about.
fn find(
    reader: &mut Reader,
    request: &StatusRequest,
) -> Result<Option<(SaleRow, Option<PaymentRow>)>, StorageError> {
    let StatusRequest { partner, code, sale, .. } = request;
    let mut remembered = |keys: Option<&DayKeys>| match keys {
        Some(keys) => standing(reader, *partner, keys, code),
        None => Ok(None),
    };
    let own = remembered(Some(&sale.own))?;
    let before = remembered(sale.before.as_ref())?;
    let after = remembered(sale.after.as_ref())?;
    let days = Remembered {
        own: own.as_ref().map(|row| &row.sale),
        before: before.as_ref().map(|row| &row.sale),
        after: after.as_ref().map(|row| &row.sale),
    };
    let found = match days.meant(Operation::Commit, code, None) {
        None => from_file(reader, request)?,
        Some(Day::Own) => own,
        Some(Day::Before) => before,
        Some(Day::After) => after,
    };
    let Some(row) = found else { return Ok(None) };
    let payment = row.sale.payment.map(|no| reader.payment(no)).transpose()?.flatten();
    Ok(Some((row, payment)))
}

/// A sale that was booked from a file which lacks the till's numbers (rule 33): by code, outlet and
/// time, as an advice would find it. A till that does not say when is told only where one sale fits.
fn from_file(reader: &Reader, request: &StatusRequest) -> Result<Option<SaleRow>, StorageError> {
    let away = |alias: &AliasRow| {
        request.till_at.map(|till_at| till_at.since(alias.till_at).as_millis().saturating_abs())
    };
    let fits = |alias: &AliasRow| {
        let outlet = request.outlet.as_deref();
        alias.partner == request.partner
            && (alias.outlet.is_empty() || outlet.is_none_or(|outlet| outlet == alias.outlet))
            && away(alias).is_none_or(|away| away <= alias.tolerance.as_millis())
    };
    let mut aliases = reader.aliases_of(&request.code)?;
    aliases.retain(fits);
    if request.till_at.is_none() && aliases.len() > 1 {
        return Ok(None);
    }
    let nearest = aliases.into_iter().min_by_key(away);
    nearest.map_or(Ok(None), |alias| reader.sale_by_no(alias.sale))
}

/// A sale of one date as it stands: with this code if there is one. One whose reservation was given
/// up, by the sweep that looks at payments, is released.
fn standing(
    reader: &mut Reader,
    partner: PartnerNo,
    keys: &DayKeys,
    code: &PaymentCode,
) -> Result<Option<SaleRow>, StorageError> {
    let mut found = reader.sale(partner, &keys.sale)?;
    if let (Some(grave), false) =
        (&keys.grave, found.as_ref().is_some_and(|row| row.sale.code == *code))
    {
        found = reader.sale(partner, grave)?.or(found);
    }
    let Some(mut row) = found else { return Ok(None) };
    // A pay-out holds no payment, and what it holds never goes back by itself (rule 35).
    if let (SaleState::Reserved, Some(no)) = (row.sale.state, row.sale.payment) {
        let payment = reader.payment(no)?;
        if payment.is_none_or(|held| held.payment.state.holder() != Some(row.sale.no)) {
            row.sale.state = SaleState::Released;
        }
    }
    Ok(Some(row))
}
