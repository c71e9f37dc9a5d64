-- Differences between a retailer's file and ours that somebody closed by hand, and advances.

-- A difference that somebody closed, or that a later file opened again: one row for each time, never
-- changed. Each is an event with its postings, and names the line that waited.
create table difference (
    no bigint primary key,
    line_no bigint not null references file_line (no),
    sale_no bigint,
    payment_no bigint,
    -- 0: ours, 1: theirs, 2: clawback, 3: write-off, 4: undone by a later file.
    verdict bigint not null check (verdict between 0 and 4),
    -- By how much the retailer owes more for this day, and we owe it more as its commission; against
    -- 0: differences, 1: write-off, 2: disputed receivable, 3: what it owes for the other day.
    retailer text collate "C" not null,
    business_date bigint not null,
    other_date bigint,
    against bigint not null check (against between 0 and 3),
    receivable bigint not null,
    commission bigint not null,
    -- By how much its transfers for the day must come to more before what is matched is covered.
    expected bigint not null,
    event_no bigint not null,
    at bigint not null,
    -- As in the event.
    reason text collate "C" not null,
    check ((against = 3) = (other_date is not null))
);

create index difference_line on difference (line_no, no);
create index difference_sale on difference (sale_no, no) where sale_no is not null;

-- What somebody confirmed stands on no line.
alter table matched alter column line drop not null;

-- Advances (rule 28): what a merchant got before its retailer transferred it. An account's open
-- advances are summed over an index when one is decided; nothing else keeps their sum.
create table advance (
    payment_no bigint primary key,
    account_no bigint not null,
    -- What the merchant gets of the payment, and the event that made it available.
    amount bigint not null check (amount between 1 and 9999999999),
    event_no bigint not null,
    at bigint not null,
    -- 0: the retailer has not transferred it yet, 1: it has, 2: it took the payment back first.
    state bigint not null check (state between 0 and 2),
    closed_at bigint,
    check ((state = 0) = (closed_at is null))
);

create index advance_open on advance (account_no, amount) where state = 0;
create index advance_since on advance (account_no, at, closed_at, amount);

-- Whose a matched payment is, so that what could be advanced to an account is found at once.
alter table matched add column account_no bigint not null default 0;
update matched set account_no =
    coalesce((select account_no from payment where payment.no = matched.payment_no), 0);
create index matched_to_advance on matched (account_no, payment_no) where state = 0;

-- Digests of rows that no event of the chain tells whole, beside their tables: 1 file, 2 file_line,
-- 3 file_alias, 4 matched, 5 funding, 6 payout, 7 unapplied, 8 dispute, 9 advance. Number 0 is of where
-- the table ends, so that its last rows cannot be removed with their digests; 10 is of where each
-- account's own events end, by the account's number.
create table row_digest (
    kind bigint not null,
    no bigint not null,
    digest bytea not null check (length(digest) = 16),
    primary key (kind, no)
);
