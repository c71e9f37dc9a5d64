-- Where the money is: what retailers' files say, what they transferred, what merchants were paid.
-- Whatever moves money is an event with entries; these rows say what it was about.

-- A file of a retailer that was posted. A second one for a date is a revision of the first.
create table file (
    no bigint primary key,
    retailer text collate "C" not null,
    business_date bigint not null,
    revision bigint not null check (revision > 0),
    name text collate "C" not null,
    profile text collate "C" not null,
    sha256 bytea not null check (length(sha256) = 32),
    lines bigint not null check (lines >= 0),
    total bigint not null,
    applied_at bigint not null,
    applied_by text collate "C" not null,
    unique (retailer, business_date, profile, revision)
);

-- A payment that stands in a retailer's file: it is matched. It is funded when the retailer has
-- transferred what its day holds, and available some business days later.
create table matched (
    payment_no bigint not null,
    shard bigint not null check (shard >= 0),
    file_no bigint not null references file (no),
    line bigint not null check (line > 0),
    retailer text collate "C" not null,
    business_date bigint not null,
    sale_no bigint not null,
    total bigint not null check (total between 0 and 9999999999),
    commission bigint not null check (commission between 0 and 9999999999),
    matched_at bigint not null,
    state bigint not null check (state between 0 and 3),
    available_on bigint,
    primary key (payment_no, shard),
    check (state = 0 or state = 3 or available_on is not null),
    check (state <> 0 or available_on is null)
);

create index matched_batch on matched (retailer, business_date);
-- The sweeps read the front of these, and a payment leaves each when its state moves on.
create index matched_waiting on matched (retailer, business_date, payment_no) where state = 0;
create index matched_available on matched (available_on, payment_no) where state = 1;

-- What a retailer's file and its transfers say of one of its days. Written when a file is posted and
-- when a transfer is recorded, never by a payment.
create table retailer_day (
    retailer text collate "C" not null,
    business_date bigint not null,
    -- The totals of its matched payments, and how many of them wait to be funded.
    matched bigint not null check (matched >= 0),
    waiting bigint not null check (waiting >= 0),
    -- What its transfers settled, and when the newest of them was recorded.
    funded bigint not null check (funded >= 0),
    funded_on bigint,
    primary key (retailer, business_date)
);

create index retailer_day_covered on retailer_day (business_date)
    where waiting > 0 and funded >= matched;

-- What a retailer transferred for a date.
create table funding (
    no bigint primary key,
    retailer text collate "C" not null,
    business_date bigint not null,
    -- What arrived, what the retailer kept of what it owed, and how much both are more than it owed.
    amount bigint not null check (amount between 0 and 9999999999),
    commission bigint not null check (commission between 0 and 9999999999),
    difference bigint not null check (difference between 0 and amount + commission),
    reference text collate "C" not null,
    event_no bigint not null,
    recorded_at bigint not null,
    recorded_by text collate "C" not null,
    unique (retailer, business_date, reference)
);

-- What a retailer still owes for a day is a sum over this index alone.
create index entry_receivable on entry (retailer, business_date, event_no, amount)
    where account_kind = 1;

-- What is on its way to a merchant, or has arrived there, or came back.
create table payout (
    no bigint primary key,
    account_no bigint not null,
    amount bigint not null check (amount between 1 and 9999999999),
    state bigint not null check (state between 0 and 2),
    reference text collate "C" not null,
    event_no bigint not null,
    recorded_at bigint not null,
    recorded_by text collate "C" not null,
    -- Of the newest decision: it arrived, or it came back.
    decided_event bigint,
    decided_at bigint,
    decided_by text collate "C",
    check ((state = 0) = (decided_at is null)),
    check ((decided_at is null) = (decided_by is null)),
    check ((decided_at is null) = (decided_event is null)),
    unique (account_no, reference)
);

create index payout_open on payout (no) where state = 0;

-- What a merchant's account held after an event, so that a balance is this and what came after.
create table balance_snapshot (
    account_no bigint not null,
    event_no bigint not null,
    pending bigint not null,
    active bigint not null,
    at bigint not null,
    primary key (account_no, event_no)
);
