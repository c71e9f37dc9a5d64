-- The first schema. Rows are numbered by the gateway, in the order of their commits, so that every
-- table grows at its end. `shard` is part of every unique constraint of the hot path, and never its
-- first column, so that a look-up need not know it and the tables can be spread by it.
--
-- The tables, columns and constraints are those of SQLite, and the names too. Texts compare byte by
-- byte (`collate "C"`) as they do there: an operating system's upgrade must not reorder an index.
--
-- Instants are milliseconds since 1970-01-01 UTC, dates are days since 1970-01-01, money is whole
-- rupiah. The numbers of states and kinds are those of `encode.rs`.

-- Who takes part --------------------------------------------------------------------------------

create table merchant (
    no bigint primary key,
    name text collate "C" not null,
    created_at bigint not null
);

create table account (
    no bigint primary key,
    merchant_no bigint not null references merchant (no),
    brand text collate "C" not null,
    public_id text collate "C" not null,
    client_key text collate "C",
    shard bigint not null check (shard >= 0),
    notification_urls text collate "C" not null,
    allow_list text collate "C" not null,
    rate_max bigint not null check (rate_max >= 0),
    settings text collate "C" not null,
    disabled bigint not null check (disabled in (0, 1)),
    created_at bigint not null,
    unique (brand, public_id)
);

create table account_key (
    no bigint primary key,
    account_no bigint not null references account (no),
    purpose text collate "C" not null,
    sealed bytea not null,
    created_at bigint not null,
    retires_at bigint
);

create table partner (
    no bigint primary key,
    name text collate "C" not null,
    retailers text collate "C" not null,
    allow_list text collate "C" not null,
    settings text collate "C" not null,
    disabled bigint not null check (disabled in (0, 1)),
    created_at bigint not null
);

create table partner_key (
    no bigint primary key,
    partner_no bigint not null references partner (no),
    key_id text collate "C" not null unique,
    sealed bytea not null,
    created_at bigint not null,
    retires_at bigint
);

create table pool (
    no bigint primary key,
    network text collate "C" not null,
    length bigint not null check (length > 0),
    prefix text collate "C" not null,
    shards bigint not null check (shards > 0),
    sealed bytea not null,
    fingerprint bytea not null check (length(fingerprint) = 8),
    created_at bigint not null
);

create table pool_cursor (
    pool_no bigint not null references pool (no),
    shard bigint not null check (shard >= 0),
    lap bigint not null check (lap >= 0),
    next bigint not null check (next >= 0),
    primary key (pool_no, shard)
);

create table platform_key (
    name text collate "C" primary key,
    sealed bytea not null
);

-- One key per merchant and month. An empty key was destroyed, and with it the personal data.
create table data_key (
    no bigint primary key,
    merchant_no bigint not null,
    month bigint not null,
    sealed bytea not null,
    unique (month, merchant_no)
);

-- Payments --------------------------------------------------------------------------------------

create table payment (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    id bytea not null check (length(id) = 16),
    account_no bigint not null,
    order_id text collate "C" not null,
    opened_for text collate "C" not null,
    code text collate "C" not null,
    -- Null for a code that was made by others.
    pool_no bigint,
    slot bigint check (slot >= 0),
    lap bigint not null check (lap >= 0),
    amount bigint not null check (amount between 0 and 9999999999),
    fee bigint not null check (fee between 0 and 9999999999),
    opened_at bigint not null,
    expires_at bigint not null,
    announce bigint not null check (announce in (0, 1)),
    superseded bigint not null check (superseded in (0, 1)),
    state bigint not null check (state between 0 and 8),
    -- The columns of the state: each is null where the state has no such thing.
    sale_no bigint,
    taken_by text collate "C",
    till_at bigint,
    paid_at bigint,
    business_date bigint,
    final_after bigint,
    is_final bigint check (is_final in (0, 1)),
    hold_until bigint,
    closed_at bigint,
    expired_by bigint check (expired_by in (0, 1)),
    notify_urls text collate "C",
    personal_key bigint not null,
    personal bytea not null,
    last_event bigint not null,
    -- Not written yet: siblings share an order at several chains, a plan says what a fee consists
    -- of.
    sibling_of bigint,
    fee_plan text collate "C",
    primary key (no, shard),
    check ((pool_no is null) = (slot is null)),
    check ((hold_until is null) = (state <> 2)),
    check ((paid_at is null) = (state not between 3 and 6)),
    check ((closed_at is null) = (state < 5))
);

-- One order has one payment that counts.
create unique index payment_order on payment (account_no, order_id, shard) where superseded = 0;
-- One slot is used once a lap. Slots are issued in sequence, so this index grows at its end.
create unique index payment_slot on payment (pool_no, slot, lap, shard) where pool_no is not null;
create unique index payment_foreign on payment (code, shard) where pool_no is null;
-- The sweeps read the front of these, and a payment leaves each when its state moves on. Where rows
-- are asked for in an order, the number that SQLite's indexes end with by themselves is named.
create index payment_expiry on payment (expires_at, no) where state in (0, 1);
create index payment_hold on payment (hold_until, no) where state = 2;
create index payment_final on payment (final_after, no) where state = 3 and is_final = 0;

-- What happened, and what was posted ------------------------------------------------------------

-- The entries of an event have consecutive numbers, so their first number and their count replace
-- an index.
create table event (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    payment_no bigint,
    kind bigint not null,
    at bigint not null,
    actor bigint not null check (actor between 0 and 3),
    actor_no bigint,
    reason text collate "C",
    sale_no bigint,
    payment_digest bytea not null check (length(payment_digest) = 16),
    chain bytea not null check (length(chain) = 32),
    entry_first bigint,
    entry_count bigint not null check (entry_count >= 0),
    primary key (no, shard),
    check ((entry_first is null) = (entry_count = 0))
);

create index event_payment on event (payment_no) where payment_no is not null;

create table entry (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    event_no bigint not null,
    account_kind bigint not null,
    account_no bigint,
    retailer text collate "C",
    business_date bigint,
    amount bigint not null,
    at bigint not null,
    primary key (no, shard)
);

-- Says no to a change of what is written once, in the words of the trigger's argument. Restoring a
-- dump only inserts, so it never meets this.
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '%', tg_argv[0] using errcode = 'integrity_constraint_violation';
end
$$;

-- The books are written once.
create trigger event_stays before update on event
    for each row execute function refuse_change('events are append-only');
create trigger event_remains before delete on event
    for each row execute function refuse_change('events are append-only');
create trigger event_is_not_emptied before truncate on event
    for each statement execute function refuse_change('events are append-only');
create trigger entry_stays before update on entry
    for each row execute function refuse_change('entries are append-only');
create trigger entry_remains before delete on entry
    for each row execute function refuse_change('entries are append-only');
create trigger entry_is_not_emptied before truncate on entry
    for each statement execute function refuse_change('entries are append-only');

-- The counters' side ----------------------------------------------------------------------------

-- A payment, an advice and a reversal of one sale meet in one row: the unique key decides their
-- race.
create table sale (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    partner_no bigint not null,
    sale_key text collate "C" not null,
    retailer text collate "C" not null,
    code text collate "C" not null,
    amount bigint not null check (amount between 0 and 9999999999),
    payment_no bigint,
    till_at bigint not null,
    received_at bigint not null,
    state bigint not null check (state between 0 and 6),
    outlet text collate "C" not null,
    terminal text collate "C" not null,
    receipt_no text collate "C",
    data_key bigint not null,
    answer bytea,
    commit_answer bytea,
    reversal_answer bytea,
    digest bytea not null check (length(digest) = 16),
    primary key (no, shard),
    unique (partner_no, sale_key, shard)
);

create index sale_payment on sale (payment_no) where payment_no is not null;
-- Answers are removed when nobody may ask for them any more; the sale stays.
create index sale_answered on sale (received_at)
    where answer is not null or commit_answer is not null or reversal_answer is not null;

create table inquiry (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    partner_no bigint not null,
    sale_key text collate "C" not null,
    code text collate "C" not null,
    payment_no bigint not null,
    total bigint not null check (total between 0 and 9999999999),
    till_at bigint not null,
    received_at bigint not null,
    primary key (no, shard),
    unique (partner_no, sale_key, shard)
);

create index inquiry_payment on inquiry (payment_no);

create table unapplied (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    sale_no bigint not null,
    retailer text collate "C" not null,
    code text collate "C" not null,
    payment_no bigint,
    amount bigint not null check (amount between 0 and 9999999999),
    why text collate "C" not null,
    business_date bigint not null,
    received_at bigint not null,
    state bigint not null check (state between 0 and 3),
    primary key (no, shard),
    -- The cash of one sale is booked once.
    unique (sale_no, shard)
);

create index unapplied_open on unapplied (received_at, no) where state = 0;

create table dispute (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    sale_no bigint not null,
    payment_no bigint,
    received_at bigint not null,
    why text collate "C" not null,
    raw_key bigint not null,
    raw bytea not null,
    primary key (no, shard)
);

-- The outbox ------------------------------------------------------------------------------------

create table notification (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    payment_no bigint not null,
    event_no bigint not null,
    account_no bigint not null,
    target bigint not null check (target >= 0),
    announcement bigint not null check (announcement between 0 and 4),
    state bigint not null check (state between 0 and 3),
    attempts bigint not null check (attempts >= 0),
    due_at bigint not null,
    created_at bigint not null,
    -- Not written yet: several nodes will lease due rows.
    lease_owner text collate "C",
    lease_until bigint,
    primary key (no, shard)
);

create index notification_due on notification (due_at, no) where state = 0;
create index notification_payment on notification (payment_no);

create table attempt (
    no bigint not null,
    shard bigint not null check (shard >= 0),
    notification_no bigint not null,
    at bigint not null,
    took_ms bigint not null,
    status bigint,
    verdict text collate "C" not null,
    exchange_key bigint not null,
    exchange bytea not null,
    primary key (no, shard)
);

create index attempt_notification on attempt (notification_no);

-- Answers to merchants that repeat a request. The row lies in the order of time and only its small
-- key is searched, because merchants' keys are random.
create table idempotency (
    no bigint generated by default as identity,
    shard bigint not null check (shard >= 0),
    account_no bigint not null,
    key text collate "C" not null,
    order_id text collate "C" not null,
    answer_key bigint not null,
    answer bytea not null,
    expires_at bigint not null,
    primary key (no, shard),
    unique (account_no, key, shard)
);

create index idempotency_expiry on idempotency (expires_at);

-- How rows are kept -----------------------------------------------------------------------------

-- A row that is changed in place finds room on its own page, so the pages of its index entries and of
-- its neighbours stay as they are.
alter table payment set (fillfactor = 85);
alter table sale set (fillfactor = 90);
alter table notification set (fillfactor = 80);
alter table pool_cursor set (fillfactor = 50);

-- The defaults wait for a fifth of a table, which is a month's work in one night for one of a hundred
-- million rows.
alter table payment set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.02);
alter table sale set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.02);
alter table notification set (autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 5000, autovacuum_analyze_scale_factor = 0.02);
alter table inquiry set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
alter table attempt set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000);
alter table idempotency set (autovacuum_vacuum_scale_factor = 0.02,
    autovacuum_vacuum_threshold = 5000);
-- Nothing of these is ever dead; a steady walk over what was added freezes it while it is in memory.
alter table event set (autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 500000, autovacuum_analyze_scale_factor = 0.02);
alter table entry set (autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 1000000, autovacuum_analyze_scale_factor = 0.02);

-- Sealed bytes look random: trying to compress them costs time and gains nothing.
alter table payment alter column personal set storage external;
alter table sale alter column answer set storage external;
alter table sale alter column commit_answer set storage external;
alter table sale alter column reversal_answer set storage external;
alter table dispute alter column raw set storage external;
alter table attempt alter column exchange set storage external;
alter table idempotency alter column answer set storage external;
