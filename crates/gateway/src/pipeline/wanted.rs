//! Which rows a batch touches.

use domain::{ids::PaymentNo, retailer::Retailers, sale::Operation};
use storage::{CodeWanted, Loaded, Wanted};

use super::{external::used_on, queue::Job};
use crate::{
    directory::Directory,
    gateway::Shared,
    request::{CounterRequest, PaymentRef},
};

/// Names the rows a command touches.
pub(super) fn want(shared: &Shared, directory: &Directory, job: &Job, wanted: &mut Wanted) {
    match job {
        Job::Open(request, _) => {
            wanted.orders.push((request.account, request.order.as_str().to_owned()));
            if let Some(idempotency) = &request.idempotency {
                wanted.idempotency.push((request.account, idempotency.key.clone()));
            }
            if let Some(external) = &request.external_id {
                wanted.external_ids.push(used_on(request.account, external, request.received_at));
            }
        }
        Job::ExternalId(job, _) => {
            wanted.external_ids.push(used_on(job.account, &job.external, job.received_at));
        }
        Job::Resend(resend, _) => wanted.payments.push(resend.payment),
        Job::Close(request, _) => {
            if let (Some(idempotency), Some(account)) = (&request.idempotency, request.account) {
                wanted.idempotency.push((account, idempotency.key.clone()));
            }
            let by_order = |order: &str| request.account.map(|account| (account, order.to_owned()));
            match &request.payment {
                PaymentRef::Id(id) => wanted.payments.push(shared.ids.number(id)),
                PaymentRef::No(no) => wanted.payments.push(*no),
                PaymentRef::Order(order) => wanted.orders.extend(by_order(order)),
                PaymentRef::IdOrOrder(text) => {
                    wanted.payments.extend(text.parse().ok().map(|id| shared.ids.number(&id)));
                    wanted.orders.extend(by_order(text));
                }
                PaymentRef::Code(code) => wanted.slots.extend(directory.pools.slot(code)),
            }
        }
        Job::Counter(request, _) => {
            wanted.codes.push(CodeWanted {
                code: request.code,
                slot: directory.pools.slot(&request.code),
                inquired_by: inquiry_matters(&shared.settings.retailers, request)
                    .then_some(request.partner),
            });
            if request.operation == Operation::Inquiry {
                wanted.inquiries.push((request.partner, request.sale.own.sale.clone()));
            }
            wanted.sales.extend(request.sale.iter().map(|key| (request.partner, key.clone())));
        }
        Job::Attempt(report, _) => wanted.notifications.push(report.no),
        Job::Sweep(_, due, _) => wanted.payments.extend(due.iter().map(|due| due.payment)),
        Job::Directory(..) | Job::Prune(..) => {}
    }
}

/// Whether the answer to this message depends on an inquiry before it.
fn inquiry_matters(retailers: &Retailers, request: &CounterRequest) -> bool {
    match request.operation {
        Operation::Advice => true,
        Operation::Payment => retailers.get(request.retailer).is_none_or(|retailer| {
            retailer.contract.requires_inquiry || !retailer.contract.grace.is_zero()
        }),
        Operation::Inquiry | Operation::Commit | Operation::Reversal => false,
    }
}

/// Payments that are about to have newer news, whose older news must be seen with it.
pub(super) fn due_of(directory: &Directory, jobs: &[Job], loaded: &Loaded) -> Vec<PaymentNo> {
    let of_slot = |request: &CounterRequest| {
        let slot = directory.pools.slot(&request.code);
        slot.map_or_else(
            || loaded.foreign.get(&request.code).copied(),
            |slot| loaded.slots.get(&slot).copied(),
        )
    };
    // Where nobody listens there is no news, neither old nor new.
    let is_heard = |no: &PaymentNo| {
        loaded.payments.get(no).is_some_and(|row| {
            let account = directory.account(row.payment.account);
            row.notify_urls.is_some()
                || account.is_some_and(|account| !account.notification_urls.is_empty())
        })
    };
    let mut payments = Vec::new();
    for job in jobs {
        match job {
            Job::Counter(request, _) if request.operation != Operation::Inquiry => {
                payments.extend(of_slot(request).filter(is_heard));
            }
            Job::Close(..) => payments.extend(loaded.payments.keys().copied().filter(is_heard)),
            Job::Sweep(_, due, _) => {
                payments.extend(due.iter().map(|due| due.payment).filter(is_heard));
            }
            Job::Attempt(report, _) => {
                payments.extend(loaded.notifications.get(&report.no).map(|row| row.payment));
            }
            Job::Resend(resend, _) => payments.extend(Some(resend.payment).filter(is_heard)),
            Job::Counter(..)
            | Job::Open(..)
            | Job::ExternalId(..)
            | Job::Directory(..)
            | Job::Prune(..) => {}
        }
    }
    payments.sort_unstable();
    payments.dedup();
    payments
}
