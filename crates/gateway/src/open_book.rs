//! Open payments in memory, so that an inquiry that grants nothing need not ask the storage.
//!
//! Shown after every commit by the only process that writes (rule 45), so never older than the rows.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock},
};

use domain::{code::Slot, payment::State};
use storage::PaymentRow;

/// So many payments at most; the oldest make room, and are then read from the rows.
const PAYMENTS_MAX: usize = 50_000;

/// The open payments, by the slot of their code.
pub(crate) struct OpenBook {
    is_on: bool,
    pages: RwLock<Pages>,
}

#[derive(Default)]
struct Pages {
    rows: HashMap<Slot, Arc<PaymentRow>>,
    order: VecDeque<Slot>,
}

impl OpenBook {
    pub(crate) fn new(is_on: bool) -> Self {
        Self { is_on, pages: RwLock::default() }
    }

    /// The open payment in a slot, if it is in memory.
    pub(crate) fn find(&self, slot: Slot) -> Option<Arc<PaymentRow>> {
        let pages = self.pages.read().unwrap_or_else(PoisonError::into_inner);
        pages.rows.get(&slot).map(Arc::clone)
    }

    /// Shows a payment as it was just committed.
    pub(crate) fn show(&self, row: &PaymentRow) {
        let Some(slot) = row.payment.slot.filter(|_| self.is_on) else { return };
        let mut pages = self.pages.write().unwrap_or_else(PoisonError::into_inner);
        if !matches!(row.payment.state, State::Pending | State::Reserved(_)) {
            pages.rows.remove(&slot);
            return;
        }
        if pages.rows.insert(slot, Arc::new(row.clone())).is_none() {
            pages.order.push_back(slot);
        }
        while pages.order.len() > PAYMENTS_MAX {
            if let Some(oldest) = pages.order.pop_front() {
                pages.rows.remove(&oldest);
            }
        }
    }
}
