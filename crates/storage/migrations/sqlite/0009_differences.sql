-- Differences between a retailer's file and ours that somebody closed by hand, and advances.

-- A difference that somebody closed, or that a later file opened again: one row for each time, never
-- changed. Each is an event with its postings, and names the line that waited.
create table difference (
    no integer primary key,
    line_no integer not null references file_line (no),
    sale_no integer,
    payment_no integer,
    -- 0: ours, 1: theirs, 2: clawback, 3: write-off, 4: undone by a later file.
    verdict integer not null check (verdict between 0 and 4),
    -- By how much the retailer owes more for this day, and we owe it more as its commission; against
    -- 0: differences, 1: write-off, 2: disputed receivable, 3: what it owes for the other day.
    retailer text not null,
    business_date integer not null,
    other_date integer,
    against integer not null check (against between 0 and 3),
    receivable integer not null,
    commission integer not null,
    -- By how much its transfers for the day must come to more before what is matched is covered.
    expected integer not null,
    event_no integer not null,
    at integer not null,
    -- As in the event.
    reason text not null,
    check ((against = 3) = (other_date is not null))
) strict;

create index difference_line on difference (line_no, no);
create index difference_sale on difference (sale_no, no) where sale_no is not null;

-- What somebody confirmed stands on no line.
create table matched_by_hand (
    payment_no integer primary key,
    shard integer not null check (shard >= 0),
    file_no integer not null references file (no),
    line integer check (line > 0),
    retailer text not null,
    business_date integer not null,
    sale_no integer not null,
    total integer not null check (total between 0 and 9999999999),
    commission integer not null check (commission between 0 and 9999999999),
    matched_at integer not null,
    state integer not null check (state between 0 and 3),
    available_on integer,
    check (state = 0 or state = 3 or available_on is not null),
    check (state <> 0 or available_on is null)
) strict;

insert into matched_by_hand select payment_no, shard, file_no, line, retailer, business_date,
    sale_no, total, commission, matched_at, state, available_on from matched;
drop table matched;
alter table matched_by_hand rename to matched;

create index matched_batch on matched (retailer, business_date);
create index matched_waiting on matched (retailer, business_date) where state = 0;
create index matched_available on matched (available_on) where state = 1;

-- Advances (rule 28): what a merchant got before its retailer transferred it. An account's open
-- advances are summed over an index when one is decided; nothing else keeps their sum.
create table advance (
    payment_no integer primary key,
    account_no integer not null,
    -- What the merchant gets of the payment, and the event that made it available.
    amount integer not null check (amount between 1 and 9999999999),
    event_no integer not null,
    at integer not null,
    -- 0: the retailer has not transferred it yet, 1: it has, 2: it took the payment back first.
    state integer not null check (state between 0 and 2),
    closed_at integer,
    check ((state = 0) = (closed_at is null))
) strict;

create index advance_open on advance (account_no, amount) where state = 0;
create index advance_since on advance (account_no, at, closed_at, amount);

-- Whose a matched payment is, so that what could be advanced to an account is found at once.
alter table matched add column account_no integer not null default 0;
update matched set account_no =
    coalesce((select account_no from payment where payment.no = matched.payment_no), 0);
create index matched_to_advance on matched (account_no, payment_no) where state = 0;

-- Digests of rows that no event of the chain tells whole, beside their tables: 1 file, 2 file_line,
-- 3 file_alias, 4 matched, 5 funding, 6 payout, 7 unapplied, 8 dispute, 9 advance. Number 0 is of where
-- the table ends, so that its last rows cannot be removed with their digests; 10 is of where each
-- account's own events end, by the account's number.
create table row_digest (
    kind integer not null,
    no integer not null,
    digest blob not null check (length(digest) = 16),
    primary key (kind, no)
) strict, without rowid;
