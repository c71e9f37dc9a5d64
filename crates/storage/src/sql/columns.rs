//! The columns of each table, in the order in which they are written and read back.

macro_rules! columns {
    ($($name:ident = $columns:literal;)*) => {$(
        macro_rules! $name { () => { $columns }; }
        pub(super) use $name;
    )*};
}

columns! {
    payment_columns = "no, shard, id, account_no, order_id, opened_for, code, pool_no, slot, lap, \
        amount, fee, opened_at, expires_at, announce, superseded, state, sale_no, taken_by, \
        till_at, paid_at, business_date, final_after, is_final, hold_until, closed_at, \
        expired_by, notify_urls, personal_key, personal, last_event, fee_plan, \
        sibling_of";
    event_columns = "no, shard, payment_no, kind, at, actor, actor_no, reason, sale_no, \
        payment_digest, chain";
    entry_columns = "no, shard, event_no, account_kind, account_no, retailer, business_date, \
        amount, at";
    sale_columns = "no, shard, partner_no, sale_key, retailer, code, amount, payment_no, till_at, \
        received_at, state, outlet, terminal, receipt_no, data_key, answer, commit_answer, \
        reversal_answer, digest";
    inquiry_columns = "no, shard, partner_no, sale_key, code, payment_no, total, till_at, \
        received_at";
    unapplied_columns = "no, shard, sale_no, retailer, code, payment_no, amount, why, \
        business_date, received_at, state";
    refund_columns = "no, unapplied_no, cash_sale, taken_by, network, code, amount, pin, \
        tries_left, issued_at, expires_at, state, payout_sale, payout_at, till_at, business_date, \
        hold_until, closed_at, digest";
    checkout_columns = "no, shard, token, account_no, order_id, amount, opened_at, expires_at, \
        keep_until, state, payment_no, closed_at, offer_key, offer";
    dispute_columns = "no, shard, sale_no, payment_no, received_at, why, raw_key, raw, \
        state";
    notification_columns = "no, shard, payment_no, event_no, account_no, target, announcement, \
        state, attempts, due_at, created_at, own_event, endpoint, bill";
    own_event_columns = "no, account_no, kind, at, event_no, payment_no, sale_no, state, \
        superseded, detail, digest";
    attempt_columns = "no, shard, notification_no, at, took_ms, status, verdict, exchange_key, \
        exchange, is_try";
    proposal_columns = "no, command, proposed_uid, proposed_by, proposed_at, reason, expires_at, \
        state, decided_uid, decided_by, decided_at, why";
    chain_root_columns = "no, committer, minute, last_event, last_entry, last_payment, last_sale, \
        chain, root, signature";
    idempotency_columns = "shard, account_no, key, order_id, answer_key, answer, expires_at";
    account_columns = "no, merchant_no, brand, public_id, client_key, shard, notification_urls, \
        allow_list, rate_max, settings, disabled, created_at";
    pool_columns = "no, network, length, prefix, shards, sealed, fingerprint, created_at";
    file_columns = "no, retailer, business_date, revision, name, profile, sha256, lines, total, \
        applied_at, applied_by";
    matched_columns = "payment_no, shard, file_no, line, retailer, business_date, sale_no, total, \
        commission, matched_at, state, available_on, account_no";
    advance_columns = "payment_no, account_no, amount, event_no, at, state, closed_at";
    retailer_day_columns = "retailer, business_date, matched, waiting, funded, funded_on";
    funding_columns = "no, retailer, business_date, amount, commission, difference, reference, \
        event_no, recorded_at, recorded_by";
    payout_columns = "no, account_no, amount, state, reference, event_no, recorded_at, \
        recorded_by, decided_event, decided_at, decided_by";
    snapshot_columns = "account_no, event_no, pending, active, at";
    file_line_columns = "no, retailer, business_date, identity, file_no, line, outcome, \
        code, amount, fee, status, sale_no, payment_no, our_amount, our_date, posted_at, state, \
        closed_at, why";
    difference_columns = "no, line_no, sale_no, payment_no, verdict, retailer, business_date, \
        other_date, against, receivable, commission, expected, event_no, at, reason";
    file_alias_columns = "no, partner_no, code, amount, outlet, till_at, tolerance_ms, sale_no";
    our_sale_columns = "sale.no, sale.partner_no, sale.sale_key, sale.code, sale.amount, \
        sale.payment_no, sale.till_at, sale.state, sale.outlet, sale.terminal, payment.sale_no, \
        payment.amount, payment.fee_plan, payment.business_date, unapplied.business_date, \
        (select max(file_line.business_date) from file_line where file_line.sale_no = sale.no \
        and file_line.line is not null)";
    partner_columns = "no, name, retailers, allow_list, settings, disabled, created_at";
}
