-- The first schema. Rows are numbered by the gateway, in the order of their commits, so that every
-- table grows at its end. `shard` is part of every unique index of the hot path, and never its
-- first column, so that a look-up need not know it.
--
-- Instants are milliseconds since 1970-01-01 UTC, dates are days since 1970-01-01, money is whole
-- rupiah. The numbers of states and kinds are those of `encode.rs`.

-- Who takes part --------------------------------------------------------------------------------

create table merchant (
    no integer primary key,
    name text not null,
    created_at integer not null
) strict;

create table account (
    no integer primary key,
    merchant_no integer not null references merchant (no),
    brand text not null,
    public_id text not null,
    client_key text,
    shard integer not null check (shard >= 0),
    notification_urls text not null,
    allow_list text not null,
    rate_max integer not null check (rate_max >= 0),
    settings text not null,
    disabled integer not null check (disabled in (0, 1)),
    created_at integer not null,
    unique (brand, public_id)
) strict;

create table account_key (
    no integer primary key,
    account_no integer not null references account (no),
    purpose text not null,
    sealed blob not null,
    created_at integer not null,
    retires_at integer
) strict;

create table partner (
    no integer primary key,
    name text not null,
    retailers text not null,
    allow_list text not null,
    settings text not null,
    disabled integer not null check (disabled in (0, 1)),
    created_at integer not null
) strict;

create table partner_key (
    no integer primary key,
    partner_no integer not null references partner (no),
    key_id text not null unique,
    sealed blob not null,
    created_at integer not null,
    retires_at integer
) strict;

create table pool (
    no integer primary key,
    network text not null,
    length integer not null check (length > 0),
    prefix text not null,
    shards integer not null check (shards > 0),
    sealed blob not null,
    fingerprint blob not null check (length(fingerprint) = 8),
    created_at integer not null
) strict;

create table pool_cursor (
    pool_no integer not null references pool (no),
    shard integer not null check (shard >= 0),
    lap integer not null check (lap >= 0),
    next integer not null check (next >= 0),
    primary key (pool_no, shard)
) strict, without rowid;

create table platform_key (
    name text primary key,
    sealed blob not null
) strict, without rowid;

-- One key per merchant and month. An empty key was destroyed, and with it the personal data.
create table data_key (
    no integer primary key,
    merchant_no integer not null,
    month integer not null,
    sealed blob not null,
    unique (month, merchant_no)
) strict;

-- Payments --------------------------------------------------------------------------------------

create table payment (
    no integer primary key,
    shard integer not null check (shard >= 0),
    id blob not null check (length(id) = 16),
    account_no integer not null,
    order_id text not null,
    opened_for text not null,
    code text not null,
    -- Null for a code that was made by others.
    pool_no integer,
    slot integer check (slot >= 0),
    lap integer not null check (lap >= 0),
    amount integer not null check (amount between 0 and 9999999999),
    fee integer not null check (fee between 0 and 9999999999),
    opened_at integer not null,
    expires_at integer not null,
    announce integer not null check (announce in (0, 1)),
    superseded integer not null check (superseded in (0, 1)),
    state integer not null check (state between 0 and 8),
    -- The columns of the state: each is null where the state has no such thing.
    sale_no integer,
    taken_by text,
    till_at integer,
    paid_at integer,
    business_date integer,
    final_after integer,
    is_final integer check (is_final in (0, 1)),
    hold_until integer,
    closed_at integer,
    expired_by integer check (expired_by in (0, 1)),
    notify_urls text,
    personal_key integer not null,
    personal blob not null,
    last_event integer not null,
    -- Not written yet: siblings share an order at several chains, a plan says what a fee consists
    -- of.
    sibling_of integer,
    fee_plan text,
    check ((pool_no is null) = (slot is null)),
    check ((hold_until is null) = (state <> 2)),
    -- Written as a range: a list of values would make the engine build a table for every row.
    check ((paid_at is null) = (state not between 3 and 6)),
    check ((closed_at is null) = (state < 5))
) strict;

-- One order has one payment that counts.
create unique index payment_order on payment (account_no, order_id, shard) where superseded = 0;
-- One slot is used once a lap. Slots are issued in sequence, so this index grows at its end.
create unique index payment_slot on payment (pool_no, slot, lap, shard) where pool_no is not null;
create unique index payment_foreign on payment (code, shard) where pool_no is null;
-- The sweeps read the front of these, and a payment leaves each when its state moves on.
create index payment_expiry on payment (expires_at) where state in (0, 1);
create index payment_hold on payment (hold_until) where state = 2;
create index payment_final on payment (final_after) where state = 3 and is_final = 0;

-- What happened, and what was posted ------------------------------------------------------------

-- The entries of an event have consecutive numbers, so their first number and their count replace
-- an index.
create table event (
    no integer primary key,
    shard integer not null check (shard >= 0),
    payment_no integer,
    kind integer not null,
    at integer not null,
    actor integer not null check (actor between 0 and 3),
    actor_no integer,
    reason text,
    sale_no integer,
    payment_digest blob not null check (length(payment_digest) = 16),
    chain blob not null check (length(chain) = 32),
    entry_first integer,
    entry_count integer not null check (entry_count >= 0),
    check ((entry_first is null) = (entry_count = 0))
) strict;

create index event_payment on event (payment_no) where payment_no is not null;

create table entry (
    no integer primary key,
    shard integer not null check (shard >= 0),
    event_no integer not null,
    account_kind integer not null,
    account_no integer,
    retailer text,
    business_date integer,
    amount integer not null,
    at integer not null
) strict;

-- The books are written once.
create trigger event_stays before update on event
begin select raise(abort, 'events are append-only'); end;
create trigger event_remains before delete on event
begin select raise(abort, 'events are append-only'); end;
create trigger entry_stays before update on entry
begin select raise(abort, 'entries are append-only'); end;
create trigger entry_remains before delete on entry
begin select raise(abort, 'entries are append-only'); end;

-- The counters' side ----------------------------------------------------------------------------

-- A payment, an advice and a reversal of one sale meet in one row: the unique key decides their
-- race.
create table sale (
    no integer primary key,
    shard integer not null check (shard >= 0),
    partner_no integer not null,
    sale_key text not null,
    retailer text not null,
    code text not null,
    amount integer not null check (amount between 0 and 9999999999),
    payment_no integer,
    till_at integer not null,
    received_at integer not null,
    state integer not null check (state between 0 and 6),
    outlet text not null,
    terminal text not null,
    receipt_no text,
    data_key integer not null,
    answer blob,
    commit_answer blob,
    reversal_answer blob,
    digest blob not null check (length(digest) = 16),
    unique (partner_no, sale_key, shard)
) strict;

create index sale_payment on sale (payment_no) where payment_no is not null;
-- Answers are removed when nobody may ask for them any more; the sale stays.
create index sale_answered on sale (received_at)
    where answer is not null or commit_answer is not null or reversal_answer is not null;

create table inquiry (
    no integer primary key,
    shard integer not null check (shard >= 0),
    partner_no integer not null,
    sale_key text not null,
    code text not null,
    payment_no integer not null,
    total integer not null check (total between 0 and 9999999999),
    till_at integer not null,
    received_at integer not null,
    unique (partner_no, sale_key, shard)
) strict;

create index inquiry_payment on inquiry (payment_no);

create table unapplied (
    no integer primary key,
    shard integer not null check (shard >= 0),
    sale_no integer not null,
    retailer text not null,
    code text not null,
    payment_no integer,
    amount integer not null check (amount between 0 and 9999999999),
    why text not null,
    business_date integer not null,
    received_at integer not null,
    state integer not null check (state between 0 and 3),
    -- The cash of one sale is booked once.
    unique (sale_no, shard)
) strict;

create index unapplied_open on unapplied (received_at) where state = 0;

create table dispute (
    no integer primary key,
    shard integer not null check (shard >= 0),
    sale_no integer not null,
    payment_no integer,
    received_at integer not null,
    why text not null,
    raw_key integer not null,
    raw blob not null
) strict;

-- The outbox ------------------------------------------------------------------------------------

create table notification (
    no integer primary key,
    shard integer not null check (shard >= 0),
    payment_no integer not null,
    event_no integer not null,
    account_no integer not null,
    target integer not null check (target >= 0),
    announcement integer not null check (announcement between 0 and 4),
    state integer not null check (state between 0 and 3),
    attempts integer not null check (attempts >= 0),
    due_at integer not null,
    created_at integer not null,
    -- Not written yet: several nodes will lease due rows.
    lease_owner text,
    lease_until integer
) strict;

create index notification_due on notification (due_at) where state = 0;
create index notification_payment on notification (payment_no);

create table attempt (
    no integer primary key,
    shard integer not null check (shard >= 0),
    notification_no integer not null,
    at integer not null,
    took_ms integer not null,
    status integer,
    verdict text not null,
    exchange_key integer not null,
    exchange blob not null
) strict;

create index attempt_notification on attempt (notification_no);

-- Answers to merchants that repeat a request. The row lies in the order of time and only its small
-- key is searched, because merchants' keys are random.
create table idempotency (
    no integer primary key,
    shard integer not null check (shard >= 0),
    account_no integer not null,
    key text not null,
    order_id text not null,
    answer_key integer not null,
    answer blob not null,
    expires_at integer not null,
    unique (account_no, key, shard)
) strict;

create index idempotency_expiry on idempotency (expires_at);
