-- Checkouts: what a payer is asked to choose a retailer for. Choosing opens the payment.

create table checkout (
    no integer primary key,
    shard integer not null check (shard >= 0),
    -- Whoever knows it may choose.
    token blob not null check (length(token) = 16),
    account_no integer not null,
    order_id text not null,
    amount integer not null check (amount between 0 and 9999999999),
    opened_at integer not null,
    -- Until when a retailer can be chosen; nobody writes down that this has passed.
    expires_at integer not null check (expires_at > opened_at),
    -- From when on the row may go.
    keep_until integer not null,
    -- 0: open, 1: chosen, 2: cancelled, 3: expired by the merchant, 4: replaced by a newer one of its
    -- order.
    state integer not null check (state between 0 and 4),
    payment_no integer,
    closed_at integer,
    -- What is paid for and where it can be, sealed.
    offer_key integer not null,
    offer blob not null,
    check ((payment_no is not null) = (state = 1)),
    check ((closed_at is not null) = (state > 1)),
    unique (token, shard)
) strict;

-- One order has one checkout that is open.
create unique index checkout_open on checkout (account_no, order_id, shard) where state = 0;
create index checkout_keep on checkout (keep_until);
