//! Which rows a batch touches.

use domain::{
    ids::{AccountNo, PaymentNo},
    retailer::Retailers,
    sale::Operation,
};
use storage::{CheckoutWanted, CodeWanted, Loaded, RefundWanted, Wanted};

use super::{
    books, checkout, difference,
    external::used_on,
    lines,
    queue::{Due, DueKind, Job},
};
use crate::{
    directory::Directory,
    gateway::Shared,
    own_events,
    refunds::is_refund_code,
    request::{CounterRequest, PaymentRef, Ruling},
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
        Job::MoveNews(moves, _) => wanted.notifications.extend(moves.iter().map(|news| news.no)),
        Job::Failing(failing, _) => wanted.payments.push(failing.payment),
        Job::Redeliver(redeliver, _) => redeliver.want(wanted),
        Job::Close(request, _) => {
            if let (Some(idempotency), Some(account)) = (&request.idempotency, request.account) {
                wanted.idempotency.push((account, idempotency.key.clone()));
            }
            want_payment(shared, directory, request.account, &request.payment, wanted);
        }
        Job::Sibling(request, _) => {
            want_payment(shared, directory, Some(request.account), &request.payment, wanted);
        }
        Job::Checkout(request, _) => {
            checkout::want(request.account, request.order.as_str(), wanted);
        }
        Job::Choose(request, _) => {
            wanted.checkouts.push(CheckoutWanted::Token(request.token));
            wanted.orders.push((request.account, request.order.as_str().to_owned()));
        }
        Job::Withdraw(request, _) => {
            wanted.checkouts.push(CheckoutWanted::Token(request.token));
        }
        Job::Ruling(request, _) => want_ruling(shared, directory, &request.ruling, wanted),
        Job::RefundSweep(_, due, _) | Job::RefundDoubt(_, due, _) => {
            wanted.refunds.extend(due.iter().map(|no| RefundWanted::No(*no)));
        }
        Job::Counter(request, _) | Job::PayOutCode(request, _, _) => {
            if is_refund_code(&directory.pools, &request.code) {
                wanted.refunds.push(RefundWanted::Code(request.code));
            }
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
            if matches!(request.operation, Operation::Advice | Operation::Reversal) {
                wanted.lines.aliases.push(request.code);
            }
        }
        Job::Attempt(report, _) => wanted.notifications.push(report.no),
        Job::Sweep(_, due, _) => {
            want_due(directory, due, wanted);
        }
        Job::Movement(request, _) => books::want(&request.movement, &mut wanted.books),
        Job::Lines(request, _) => lines::want(directory, request, wanted),
        Job::Match(request, _) => {
            let payments = request.lines.iter().map(|line| line.payment);
            wanted.books.matched.extend(payments.clone());
            wanted.payments.extend(payments);
        }
        Job::File(..) | Job::Snapshots(..) | Job::Directory(..) | Job::Prune(..) => {}
    }
}

/// Names the rows that an operator decides about.
fn want_ruling(shared: &Shared, directory: &Directory, ruling: &Ruling, wanted: &mut Wanted) {
    match ruling {
        Ruling::Match { cash, payment } => {
            wanted.unapplied.push(*cash);
            want_payment(shared, directory, None, payment, wanted);
        }
        Ruling::Refund { cash, .. } | Ruling::IssueRefundCode { cash, .. } => {
            wanted.unapplied.push(*cash);
        }
        Ruling::ConfirmPayOut { cash, .. } | Ruling::ReleaseRefundCode { cash, .. } => {
            wanted.refunds.push(RefundWanted::Cash(*cash));
        }
        Ruling::Accept { dispute } | Ruling::Reject { dispute } => {
            wanted.disputes.push(*dispute);
        }
        Ruling::Close(close) => difference::want(close, wanted),
    }
}

/// Names the rows of payments whose moment has come.
fn want_due(directory: &Directory, due: &[Due], wanted: &mut Wanted) {
    wanted.payments.extend(due.iter().map(|due| due.payment));
    let matched = due.iter().filter(|due| due.is_about_money()).map(|due| due.payment);
    wanted.books.matched.extend(matched);
    if due.iter().any(|due| matches!(due.kind, DueKind::Advance)) {
        wanted.books.advanced.extend(directory.caps().into_iter().map(|(no, _)| no));
    }
}

/// Names the row of a payment that somebody names.
fn want_payment(
    shared: &Shared,
    directory: &Directory,
    account: Option<AccountNo>,
    payment: &PaymentRef,
    wanted: &mut Wanted,
) {
    let by_order = |order: &str| account.map(|account| (account, order.to_owned()));
    match payment {
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

/// Whether the answer to this message depends on an inquiry before it.
fn inquiry_matters(retailers: &Retailers, request: &CounterRequest) -> bool {
    match request.operation {
        Operation::Advice => true,
        Operation::Payment => retailers.get(request.retailer).is_none_or(|retailer| {
            retailer.contract.requires_inquiry || !retailer.contract.grace.is_zero()
        }),
        Operation::Inquiry | Operation::Commit | Operation::Reversal | Operation::Payout => false,
    }
}

/// Accounts that may have new own events, which are numbered after their newest.
pub(super) fn own_of(directory: &Directory, jobs: &[Job], loaded: &Loaded) -> Vec<AccountNo> {
    let mut accounts: Vec<_> = loaded.payments.values().map(|row| row.payment.account).collect();
    for job in jobs {
        if let Job::Open(request, _) = job {
            accounts.push(request.account);
        } else if let Job::Sibling(request, _) = job {
            accounts.push(request.account);
        } else if let Job::Choose(request, _) = job {
            accounts.push(request.account);
        }
    }
    accounts.sort_unstable();
    accounts.dedup();
    accounts.retain(|no| own_events::listening(directory.account(*no)).is_some());
    accounts
}

/// Payments that are about to have newer news, whose older news must be seen with it.
pub(super) fn due_of(
    shared: &Shared,
    directory: &Directory,
    jobs: &[Job],
    loaded: &Loaded,
) -> Vec<PaymentNo> {
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
                || account.is_some_and(|account| {
                    !account.notification_urls.is_empty()
                        || own_events::pushes(account)
                        || shared.bills(account)
                })
        })
    };
    let mut payments = Vec::new();
    for job in jobs {
        match job {
            Job::Counter(request, _) if request.operation != Operation::Inquiry => {
                payments.extend(of_slot(request).filter(is_heard));
            }
            Job::Close(..) | Job::Ruling(..) => {
                payments.extend(loaded.payments.keys().copied().filter(is_heard));
            }
            Job::Sweep(_, due, _) => {
                payments.extend(due.iter().map(|due| due.payment).filter(is_heard));
            }
            Job::Attempt(report, _) => {
                payments.extend(loaded.notifications.get(&report.no).map(|row| row.payment));
            }
            Job::Lines(request, _) => {
                let matched = request.lines.iter().filter_map(|line| line.row.payment);
                let booked = lines::booked(request).filter_map(of_slot);
                payments.extend(matched.chain(booked).filter(is_heard));
            }
            Job::Resend(resend, _) => payments.extend(Some(resend.payment).filter(is_heard)),
            Job::Failing(failing, _) => payments.extend(Some(failing.payment).filter(is_heard)),
            Job::Counter(..)
            | Job::PayOutCode(..)
            | Job::RefundSweep(..)
            | Job::RefundDoubt(..)
            | Job::Open(..)
            | Job::Checkout(..)
            | Job::Choose(..)
            | Job::Withdraw(..)
            | Job::Redeliver(..)
            | Job::MoveNews(..)
            | Job::Sibling(..)
            | Job::ExternalId(..)
            | Job::Movement(..)
            | Job::File(..)
            | Job::Match(..)
            | Job::Snapshots(..)
            | Job::Directory(..)
            | Job::Prune(..) => {}
        }
    }
    // What becomes of a refund code is told to the merchant whose payment its cash was meant for.
    let of_cash = loaded.refunds.values().filter_map(|row| loaded.unapplied.get(&row.cash_sale));
    payments.extend(of_cash.filter_map(|cash| cash.payment).filter(is_heard));
    // What is paid or closed closes the other codes of its order, and their news with them.
    let families: Vec<_> = payments
        .iter()
        .filter_map(|no| loaded.payments.get(no)?.payment.family)
        .filter_map(|first| loaded.families.get(&first))
        .collect();
    payments.extend(families.into_iter().flatten());
    payments.sort_unstable();
    payments.dedup();
    payments
}
