//! The rows a message leaves: its sale, its answer, cash that fits nowhere.

use domain::{
    event::EventKind,
    ids::{MerchantNo, PaymentNo, SaleNo},
    payment::Unapplied,
    sale::{Sale, SaleState},
};
use storage::{PaymentRow, SaleRow, UnappliedRow, UnappliedState};

use super::{super::batch::Batch, answer::long_closed, matter::Matter};
use crate::{request::Unavailable, vault::NOBODY};

impl Batch<'_> {
    pub(super) fn book_unapplied(&mut self, matter: &Matter<'_>, sale: &Sale, cash: &Unapplied) {
        self.record(
            matter.payment,
            EventKind::CashUnapplied,
            &cash.entries,
            &matter.cause(sale.no),
        );
        self.tail.sequences.unapplied += 1;
        let row = UnappliedRow {
            no: self.tail.sequences.unapplied,
            shard: self.shard_of(matter),
            sale: sale.no,
            retailer: matter.retailer.key,
            code: sale.code,
            payment: matter.payment,
            // A commit carries no amount; its sale knows it.
            amount: sale.amount,
            why: cash.why.to_string(),
            business_date: cash.business_date,
            received_at: matter.request.received_at,
            state: UnappliedState::Open,
        };
        self.loaded.unapplied.insert(sale.no, row.clone());
        self.writes.unapplied_new.push(row);
        metrics::counter!("gerai_unapplied_total", "retailer" => matter.retailer.key.to_string())
            .increment(1);
        tracing::warn!(
            code = %sale.code, amount = %sale.amount, retailer = %matter.retailer.key,
            why = %cash.why, "cash was booked that fits no payment",
        );
    }

    /// The payment, unless it was closed so long ago that its code counts as unknown (rule 26).
    pub(super) fn payable_row(&self, no: PaymentNo, matter: &Matter<'_>) -> Option<&PaymentRow> {
        self.payment(no).filter(|row| !long_closed(&row.payment, matter.request.received_at))
    }

    pub(super) fn sale_no(&mut self, matter: &Matter<'_>) -> SaleNo {
        if let Some(row) = &matter.standing {
            return row.sale.no;
        }
        self.tail.sequences.sale += 1;
        SaleNo::new(self.tail.sequences.sale)
    }

    pub(super) fn sale_row(&self, matter: &Matter<'_>, no: SaleNo, state: SaleState) -> SaleRow {
        if let Some(row) = &matter.standing {
            let sale = Sale { state, ..row.sale.clone() };
            return SaleRow { sale, ..row.clone() };
        }
        let request = matter.request;
        SaleRow {
            sale: Sale {
                no,
                partner: request.partner,
                key: match state {
                    SaleState::Tombstone => request.sale.grave().clone(),
                    SaleState::Reserved
                    | SaleState::Booked
                    | SaleState::Refused
                    | SaleState::Unapplied
                    | SaleState::Released
                    | SaleState::Reversed => request.sale.own.sale.clone(),
                },
                retailer: matter.retailer.key,
                code: request.code,
                amount: matter.amount(),
                payment: matter.payment,
                till_at: request.till_at,
                received_at: request.received_at,
                state,
            },
            shard: self.shard_of(matter),
            outlet: request.outlet.clone(),
            terminal: request.terminal.clone(),
            receipt_no: request.receipt_no.clone(),
            data_key: 0,
            answer: None,
            commit_answer: None,
            reversal_answer: None,
            digest: [0; 16],
        }
    }

    pub(in super::super) fn put_sale(&mut self, mut row: SaleRow, is_new: bool) {
        row.digest = self.sale_digest(&row);
        let key = (row.sale.partner, row.sale.key.clone());
        self.loaded.sales.insert(key, row.clone());
        if is_new {
            self.writes.sales_new.push(row);
        } else if let Some(new) =
            self.writes.sales_new.iter_mut().find(|new| new.sale.no == row.sale.no)
        {
            *new = row;
        } else {
            self.writes.sales_changed.retain(|other| other.sale.no != row.sale.no);
            self.writes.sales_changed.push(row);
        }
    }

    /// All answers of a sale lie under one data key, that of its first.
    pub(super) fn seal_answer(
        &mut self,
        data_key: &mut i64,
        matter: &Matter<'_>,
        body: &[u8],
    ) -> Result<Vec<u8>, Unavailable> {
        if *data_key != 0 {
            let sealed = self.shared.vault.seal_under(*data_key, body, &self.shared.readers);
            return sealed.map_err(|error| {
                tracing::error!(%error, "sealing failed");
                Unavailable::Storage
            });
        }
        let merchant = self.merchant_of(matter.payment);
        let sealed = self.seal(merchant, matter.request.received_at, body)?;
        *data_key = sealed.data_key;
        Ok(sealed.bytes)
    }

    pub(super) fn merchant_of(&self, payment: Option<PaymentNo>) -> MerchantNo {
        payment
            .and_then(|no| self.payment(no))
            .and_then(|row| self.directory.account(row.payment.account))
            .map_or(NOBODY, |account| account.merchant)
    }

    pub(super) fn shard_of(&self, matter: &Matter<'_>) -> u32 {
        match matter.payment.and_then(|no| self.payment(no)) {
            Some(row) => row.shard,
            None => self.directory.pools.slot(&matter.request.code).map_or(0, |slot| slot.shard),
        }
    }
}
