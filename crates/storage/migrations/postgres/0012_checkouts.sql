-- Checkouts: what a payer is asked to choose a retailer for. Choosing opens the payment.

create table checkout (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    -- Whoever knows it may choose.
    token bytea not null check (length(token) = 16),
    account_no bigint not null,
    order_id text collate "C" not null,
    amount bigint not null check (amount between 0 and 9999999999),
    opened_at bigint not null,
    -- Until when a retailer can be chosen; nobody writes down that this has passed.
    expires_at bigint not null check (expires_at > opened_at),
    -- From when on the row may go.
    keep_until bigint not null,
    -- 0: open, 1: chosen, 2: cancelled, 3: expired by the merchant, 4: replaced by a newer one of its
    -- order.
    state bigint not null check (state between 0 and 4),
    payment_no bigint,
    closed_at bigint,
    -- What is paid for and where it can be, sealed.
    offer_key bigint not null,
    offer bytea not null,
    primary key (no, shard),
    check ((payment_no is not null) = (state = 1)),
    check ((closed_at is not null) = (state > 1)),
    unique (token, shard)
);

-- One order has one checkout that is open.
create unique index checkout_open on checkout (account_no, order_id, shard) where state = 0;
create index checkout_keep on checkout (keep_until);

alter table checkout set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 5000);
-- Sealed bytes look random: trying to compress them gains nothing.
alter table checkout alter column offer set storage external;
