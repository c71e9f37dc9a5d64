-- Where the money is: what retailers' files say, what they transferred, what merchants were paid.
-- Whatever moves money is an event with entries; these rows say what it was about.

-- A file of a retailer that was posted. A second one for a date is a revision of the first.
create table file (
    no integer primary key,
    retailer text not null,
    business_date integer not null,
    revision integer not null check (revision > 0),
    name text not null,
    profile text not null,
    sha256 blob not null check (length(sha256) = 32),
    lines integer not null check (lines >= 0),
    total integer not null,
    applied_at integer not null,
    applied_by text not null,
    unique (retailer, business_date, profile, revision)
) strict;

-- A payment that stands in a retailer's file: it is matched. It is funded when the retailer has
-- transferred what its batch (retailer and date) holds, and available some business days later.
create table matched (
    payment_no integer primary key,
    shard integer not null check (shard >= 0),
    file_no integer not null references file (no),
    line integer not null check (line > 0),
    retailer text not null,
    business_date integer not null,
    sale_no integer not null,
    total integer not null check (total between 0 and 9999999999),
    commission integer not null check (commission between 0 and 9999999999),
    matched_at integer not null,
    available_on integer
) strict;

create index matched_batch on matched (retailer, business_date);
create index matched_available on matched (available_on) where available_on is not null;

-- What a retailer transferred for a date.
create table funding (
    no integer primary key,
    retailer text not null,
    business_date integer not null,
    -- What arrived, and what the retailer kept of what it owed.
    amount integer not null check (amount between 0 and 9999999999),
    commission integer not null check (commission between 0 and 9999999999),
    reference text not null,
    event_no integer not null,
    recorded_at integer not null,
    recorded_by text not null,
    unique (retailer, business_date, reference)
) strict;

-- What is on its way to a merchant, or has arrived there, or came back.
create table payout (
    no integer primary key,
    account_no integer not null,
    amount integer not null check (amount between 1 and 9999999999),
    state integer not null check (state between 0 and 2),
    reference text not null,
    event_no integer not null,
    recorded_at integer not null,
    recorded_by text not null,
    decided_at integer,
    decided_by text,
    check ((state = 0) = (decided_at is null)),
    unique (account_no, reference)
) strict;

create index payout_open on payout (recorded_at) where state = 0;

-- What a merchant's account held up to an entry, so that a balance is this and what came after.
create table balance_snapshot (
    account_no integer not null,
    account_kind integer not null,
    entry_no integer not null,
    amount integer not null,
    at integer not null,
    primary key (account_no, account_kind, entry_no)
) strict, without rowid;
