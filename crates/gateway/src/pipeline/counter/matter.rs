//! What a message is about, once everything is looked up.

use domain::{
    event::Actor,
    ids::{PaymentNo, SaleNo},
    money::Rupiah,
    payment::{Offer, Refusal, Take},
    retailer::{AdviceCreates, NetworkKey, Retailer},
    sale::{Day, DayKeys, Operation, Remembered, SaleKey, SaleState},
    time::Timestamp,
};
use storage::SaleRow;

use super::super::batch::{Batch, Cause};
use crate::{directory::LatePayment, request::CounterRequest};

/// A message with its retailer, payment and sale.
#[derive(Clone)]
pub(super) struct Matter<'r> {
    pub(super) request: &'r CounterRequest,
    pub(super) retailer: Retailer,
    network: NetworkKey,
    pub(super) payment: Option<PaymentNo>,
    pub(super) standing: Option<SaleRow>,
    /// On which business date the sale is remembered; the message's own for what is new.
    day: Day,
    inquired_at: Option<Timestamp>,
    late_accepted: bool,
    /// Whose hand it is: the partner's, or the operator's who posts its file.
    pub(super) actor: Actor,
}

impl Matter<'_> {
    pub(super) fn take(&self, sale: SaleNo) -> Take<'_> {
        Take { sale, retailer: &self.retailer, network: self.network, till_at: self.sold_at() }
    }

    /// The same message, as if nothing were remembered of its sale.
    pub(super) fn as_new(&self) -> Self {
        Self { standing: None, day: Day::Own, ..self.clone() }
    }

    /// Whether the sale is remembered under another business date than the message's own.
    pub(super) fn is_of_another_day(&self) -> bool {
        self.day != Day::Own
    }

    /// The till's clock, for what the message does: cash that a commit or an advice books after
    /// midnight belongs to the business date of its sale.
    fn sold_at(&self) -> Timestamp {
        match (&self.standing, self.request.operation) {
            (Some(row), Operation::Commit | Operation::Advice) if self.is_of_another_day() => {
                row.sale.till_at
            }
            (Some(_) | None, _) => self.request.till_at,
        }
    }

    pub(super) fn offer(&self, sale: SaleNo) -> Offer<'_> {
        Offer {
            take: self.take(sale),
            tendered: self.amount(),
            cash: self.request.cash,
            inquired_at: self.inquired_at,
            late_accepted: self.late_accepted,
        }
    }

    pub(super) fn amount(&self) -> Rupiah {
        self.request.amount.unwrap_or(Rupiah::ZERO)
    }

    pub(super) fn cause(&self, sale: SaleNo) -> Cause<'_> {
        Cause {
            actor: self.actor,
            reason: self.request.reason.as_deref(),
            sale: Some(sale),
            at: self.request.received_at,
        }
    }

    /// Whether an advice may book cash that no payment message announced.
    pub(super) fn advice_may_create(&self) -> Result<(), Refusal> {
        let contract = &self.retailer.contract;
        let age = self.request.received_at.since(self.sold_at());
        if age > contract.advice_max_age {
            return Err(Refusal::UnknownSale);
        }
        match contract.advice_creates {
            AdviceCreates::Always => Ok(()),
            AdviceCreates::Inquired if self.inquired_at.is_some() => Ok(()),
            AdviceCreates::Inquired if self.payment.is_some() => Err(Refusal::NeedsInquiry),
            AdviceCreates::Inquired | AdviceCreates::Never => Err(Refusal::UnknownSale),
        }
    }
}

impl Batch<'_> {
    /// Looks up everything a message touches. Nothing when the retailer is not known here.
    pub(super) fn matter<'r>(&self, request: &'r CounterRequest) -> Option<Matter<'r>> {
        let slot = self.directory.pools.slot(&request.code);
        let row = match slot {
            Some(slot) => self.in_slot(slot),
            None => self.loaded.foreign.get(&request.code).and_then(|no| self.payment(*no)),
        };
        // A slot on a later lap has another code; the old one is unknown (rule 12).
        let row = row.filter(|row| row.payment.code == request.code);
        let (standing, day) =
            self.standing(request).map_or((None, Day::Own), |(row, day)| (Some(row), day));
        // What follows a sale may not say whose counter it was; the sale does.
        let at = match (&standing, request.operation) {
            (Some(row), Operation::Commit | Operation::Reversal) => row.sale.retailer,
            (Some(_) | None, _) => request.retailer,
        };
        let retailer = match row {
            Some(row) => self.shared.retailer_for(&self.directory, row.payment.account, at),
            None => self.shared.settings.retailers.get(at),
        }?;
        let network = match (slot, row) {
            (Some(slot), _) => self.network(slot.pool),
            (None, Some(row)) => self.shared.network_of(&row.payment),
            (None, None) => None,
        };
        let payment = row.map(|row| row.payment.no);
        let account = row.and_then(|row| self.directory.account(row.payment.account));
        Some(Matter {
            request,
            network: network.unwrap_or(retailer.network),
            retailer: retailer.clone(),
            payment,
            standing,
            day,
            inquired_at: payment
                .and_then(|no| self.loaded.inquired.get(&(request.partner, no)).copied()),
            late_accepted: account
                .is_some_and(|account| account.settings.late_payment == LatePayment::Accept),
            actor: Actor::Partner(request.partner),
        })
    }

    /// The sale that a message means, as it is remembered, and where.
    fn standing(&self, request: &CounterRequest) -> Option<(SaleRow, Day)> {
        let row = |key: &SaleKey| self.loaded.sales.get(&(request.partner, key.clone()));
        let remembered = |keys: Option<&DayKeys>| {
            let keys = keys?;
            let found = || keys.iter().filter_map(row);
            let same = found().find(|row| row.sale.code == request.code);
            let mut row = same.or_else(|| found().next())?.clone();
            self.notice_release(&mut row);
            Some(row)
        };
        let own = remembered(Some(&request.sale.own));
        let before = remembered(request.sale.before.as_ref());
        let after = remembered(request.sale.after.as_ref());
        let days = Remembered {
            own: own.as_ref().map(|row| &row.sale),
            before: before.as_ref().map(|row| &row.sale),
            after: after.as_ref().map(|row| &row.sale),
        };
        let day = days.meant(request.operation, &request.code, request.amount)?;
        let row = match day {
            Day::Own => own,
            Day::Before => before,
            Day::After => after,
        };
        Some((row?, day))
    }

    /// A reservation is given up by the sweep, which looks at payments; its sale is told here.
    pub(super) fn notice_release(&self, row: &mut SaleRow) {
        let payment = row.sale.payment.and_then(|no| self.payment(no));
        if row.sale.state == SaleState::Reserved
            && payment.is_some_and(|held| held.payment.state.holder() != Some(row.sale.no))
        {
            row.sale.state = SaleState::Released;
        }
    }
}
