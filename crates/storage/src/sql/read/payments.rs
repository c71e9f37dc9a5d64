//! Questions about payments, their events and their postings.

use crate::sql::value::params;
use domain::{
    code::{PaymentCode, Slot},
    ids::{AccountNo, EventNo, PaymentNo},
};

use super::{
    super::{
        Reader, Result, decode,
        encode::{STATES, standing_number},
        fault::signed,
        query::{limit, many, one},
    },
    sql,
};
use crate::{AccountFilter, EntryRow, EventRow, PaymentFilter, PaymentRow};

impl Reader {
    /// The payment with this number.
    pub fn payment(&self, no: PaymentNo) -> Result<Option<PaymentRow>> {
        one(&self.conn, sql::PAYMENT, [no.get()], decode::payment)
    }

    /// The newest payment of an order, the one that is not superseded; of several with codes of
    /// their own, the first.
    pub fn payment_by_order(&self, account: AccountNo, order: &str) -> Result<Option<PaymentRow>> {
        one(&self.conn, sql::PAYMENT_BY_ORDER, params![account.get(), order], decode::payment)
    }

    /// Every payment of an order with several codes, oldest first, by the first of them.
    pub fn family(&self, first: PaymentNo) -> Result<Vec<PaymentRow>> {
        many(&self.conn, sql::FAMILY, [first.get()], decode::payment)
    }

    /// The newest payment in a slot. Its code must still be compared.
    pub fn payment_by_slot(&self, slot: Slot) -> Result<Option<PaymentRow>> {
        let params = params![slot.pool.get(), signed(slot.slot)?, slot.shard];
        one(&self.conn, sql::PAYMENT_BY_SLOT, params, decode::payment)
    }

    /// The payment with a code that was made by others.
    pub fn payment_by_foreign(&self, code: &PaymentCode) -> Result<Option<PaymentRow>> {
        one(&self.conn, sql::PAYMENT_BY_FOREIGN, [code.as_str()], decode::payment)
    }

    /// A page of payments, newest first. A state that does not exist has none.
    ///
    /// Walks back through the table, so that rare rows of a large table take their time.
    pub fn payments(&self, filter: &PaymentFilter) -> Result<Vec<PaymentRow>> {
        let state = match &filter.state {
            None => None,
            Some(name) => match STATES.iter().position(|known| known == name) {
                Some(number) => Some(signed(number as u64)?),
                None => return Ok(Vec::new()),
            },
        };
        let params = params![
            filter.account.map(AccountNo::get),
            state,
            filter.before.map_or(i64::MAX, PaymentNo::get),
            limit(filter.rows_max),
        ];
        many(&self.conn, sql::PAYMENTS, params, decode::payment)
    }

    /// A page of an account's payments, newest first by the time of opening, then by number.
    ///
    /// Walks along the account's own index: what it skips and what does not stand as asked takes its
    /// time too.
    pub fn payments_of(&self, filter: &AccountFilter) -> Result<Vec<PaymentRow>> {
        let params = params![
            filter.account.get(),
            filter.opened_from.millis(),
            filter.opened_before.millis(),
            filter.standing.map(standing_number),
            filter.skip,
            filter.rows_max,
        ];
        many(&self.conn, sql::PAYMENTS_OF, params, decode::payment)
    }

    /// What happened to a payment, oldest first.
    pub fn events_of(&self, payment: PaymentNo) -> Result<Vec<EventRow>> {
        many(&self.conn, sql::EVENTS_OF, [payment.get()], decode::event)
    }

    /// What an event posted.
    pub fn entries_of(&self, event: EventNo) -> Result<Vec<EntryRow>> {
        many(&self.conn, sql::ENTRIES_OF, [event.get()], decode::entry)
    }

    /// The last thing that happened.
    pub fn last_event(&self) -> Result<Option<EventRow>> {
        one(&self.conn, sql::LAST_EVENT, (), decode::event)
    }
}
