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
        expired_by, notify_urls, personal_key, personal, last_event, fee_plan";
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
    dispute_columns = "no, shard, sale_no, payment_no, received_at, why, raw_key, raw";
    notification_columns = "no, shard, payment_no, event_no, account_no, target, announcement, \
        state, attempts, due_at, created_at";
    attempt_columns = "no, shard, notification_no, at, took_ms, status, verdict, exchange_key, \
        exchange";
    proposal_columns = "no, command, proposed_uid, proposed_by, proposed_at, reason, expires_at, \
        state, decided_uid, decided_by, decided_at, why";
    idempotency_columns = "shard, account_no, key, order_id, answer_key, answer, expires_at";
    account_columns = "no, merchant_no, brand, public_id, client_key, shard, notification_urls, \
        allow_list, rate_max, settings, disabled, created_at";
    pool_columns = "no, network, length, prefix, shards, sealed, fingerprint, created_at";
    partner_columns = "no, name, retailers, allow_list, settings, disabled, created_at";
}
