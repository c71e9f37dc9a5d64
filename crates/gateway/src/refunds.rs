//! Refund codes (rule 35), seen from outside the pipeline: inquiries, pay-outs, and what is due.

use std::sync::Arc;

use bytes::Bytes;
use domain::{
    code::{PaymentCode, Pools},
    ids::SaleNo,
    payment::{EXPIRY_SLACK, Refusal, Take},
    refund::{POOL_NETWORK, RefundCommand, decide, holds},
    sale::{Operation, SaleState},
    time::Timestamp,
};
use storage::{RefundRow, SaleRow};

use crate::{
    Gateway,
    directory::Secret,
    gateway::Shared,
    pipeline::{Job, Lane},
    request::{
        Approved, CounterAnswer, CounterReply, CounterRequest, RefundBill, RefundTerms,
        StatusRequest, Unavailable,
    },
};

/// So many codes at most are looked up for one sweep; the rest follows in the next.
const SWEEP_MAX: usize = 1_000;

impl Gateway {
    /// How refund codes are issued; nothing where they are turned off.
    pub fn refund_terms(&self) -> Option<RefundTerms> {
        self.0.settings.refund_codes
    }

    /// Answers a counter that is about to pay a refund code out. The answer comes when it is durable.
    pub async fn pay_out_at_counter(
        &self,
        request: CounterRequest,
        pin: Secret,
    ) -> Result<CounterReply, Unavailable> {
        self.counters_are_open()?;
        self.ask(Lane::Payment, |reply| Job::PayOutCode(Box::new(request), pin, reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }

    /// Ends refund codes whose time is over, and marks those whose commit is overdue at `now`.
    pub(crate) async fn sweep_refunds(&self, now: Timestamp) -> Result<usize, Unavailable> {
        let passed = Timestamp::from_millis(now.millis().saturating_sub(EXPIRY_SLACK.as_millis()));
        let due = self.read(move |reader| reader.refunds_due(passed, now, SWEEP_MAX)).await?;
        if due.is_empty() {
            return Ok(0);
        }
        self.ask(Lane::Household, |reply| Job::RefundSweep(now, due, reply))
            .await
            .unwrap_or(Err(Unavailable::Stopping))
    }
}

/// Whether a code is of a pool of refund codes, issued or not.
pub(crate) fn is_refund_code(pools: &Pools, code: &PaymentCode) -> bool {
    let pool = pools.slot(code).and_then(|slot| pools.get(slot.pool));
    pool.is_some_and(|pool| pool.shape().network.as_str() == POOL_NETWORK)
}

impl Shared {
    /// Answers an inquiry about a refund code. It grants nothing, so nothing is written (rule 4).
    pub(crate) async fn inquire_refund(
        self: &Arc<Self>,
        request: CounterRequest,
    ) -> Result<CounterReply, Unavailable> {
        let code = request.code;
        let row = self.readers.read(move |reader| reader.refund_by_code(&code)).await?;
        let retailer = self.settings.retailers.get(request.retailer);
        let outcome = match (&row, retailer) {
            (None, _) => Err(Refusal::UnknownCode),
            (Some(row), Some(retailer)) if self.settings.refund_codes.is_some() => {
                let take = Take {
                    sale: SaleNo::new(0),
                    retailer,
                    network: retailer.network,
                    till_at: request.till_at,
                };
                let command = RefundCommand::Inquire(take);
                decide(&row.refund, command, request.received_at).map(|_| Approved::Redeemable)
            }
            (Some(_), _) => Err(Refusal::NotPayableHere { retailer: request.retailer }),
        };
        let answer = self.refund_answer(row.as_ref(), outcome);
        let body = Bytes::from((request.render)(&request, &answer));
        Ok(CounterReply { body, answer: Some(answer) })
    }

    /// What a status says of a pay-out that was reserved and is not held any more; nothing of any other
    /// sale.
    pub(crate) async fn pay_out_given_up(
        self: &Arc<Self>,
        request: &StatusRequest,
        sale: &SaleRow,
    ) -> Result<Option<Bytes>, Unavailable> {
        if (sale.sale.state, sale.sale.payment) != (SaleState::Reserved, None) {
            return Ok(None);
        }
        let code = request.code;
        let row = self.readers.read(move |reader| reader.refund_by_code(&code)).await?;
        let Some(row) = row else { return Ok(None) };
        let Err(refusal) = holds(&row.refund, sale.sale.no) else { return Ok(None) };
        let answer = self.refund_answer(Some(&row), Err(refusal));
        let asked = CounterRequest {
            // As an inquiry would be told: nobody is about to do anything.
            operation: Operation::Inquiry,
            partner: request.partner,
            retailer: sale.sale.retailer,
            code,
            sale: request.sale.clone(),
            sale_sent: request.sale_sent.clone(),
            outlet: String::new(),
            terminal: String::new(),
            receipt_no: None,
            till_at: sale.sale.till_at,
            received_at: sale.sale.received_at,
            amount: None,
            cash: None,
            reason: None,
            raw: Bytes::new(),
            render: request.render,
        };
        Ok(Some(Bytes::from((request.render)(&asked, &answer))))
    }

    /// Puts an outcome and its refund code into what a till is told.
    pub(crate) fn refund_answer(
        &self,
        row: Option<&RefundRow>,
        outcome: Result<Approved, Refusal>,
    ) -> CounterAnswer {
        let row = row.filter(|_| outcome != Err(Refusal::UnknownCode));
        let elsewhere = matches!(outcome, Err(Refusal::NotPayableHere { .. }));
        // Where refund codes are turned off, they are paid out nowhere.
        let where_else = row.filter(|_| elsewhere && self.settings.refund_codes.is_some());
        let retailers = where_else.map_or_else(Vec::new, |row| {
            let of_network = self.settings.retailers.of_network(row.refund.network);
            of_network.map(|retailer| retailer.key).collect()
        });
        let refund = row
            .map(|row| RefundBill { amount: row.refund.amount, expires_at: row.refund.expires_at });
        CounterAnswer { outcome, bill: None, refund, retailers, code_override: None }
    }
}
