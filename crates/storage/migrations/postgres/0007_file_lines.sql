-- What retailers' files said, line by line, and what came of it (rules 32 to 34).

-- One row for each line of a file, and for each record of ours that a file did not mention. So a
-- second version of a file posts only what is different, and what somebody has to look at waits here.
create table file_line (
    no bigint primary key,
    -- The file's, not the sale's.
    retailer text collate "C" not null,
    business_date bigint not null,
    -- What names it among the lines of its day; a duplicate has the same.
    identity text collate "C" not null,
    file_no bigint not null references file (no),
    -- Null for what only we have, and for what a later version does not have any more.
    line bigint check (line > 0),
    outcome text collate "C" not null,
    code text collate "C" not null,
    amount bigint not null check (amount between 0 and 9999999999),
    fee bigint check (fee between 0 and 9999999999),
    -- The line's word for how the sale ended; null where there was never a line.
    status text collate "C",
    sale_no bigint,
    payment_no bigint,
    -- What we hold of the sale, and on which date.
    our_amount bigint check (our_amount between 0 and 9999999999),
    our_date bigint,
    posted_at bigint not null,
    -- 0: nothing to look at, 1: waits for somebody, 2: somebody, or a later file, settled it.
    state bigint not null check (state between 0 and 2),
    closed_at bigint,
    why text collate "C",
    check ((state = 2) = (closed_at is not null))
);

create index file_line_day on file_line (retailer, business_date, no);
create index file_line_sale on file_line (sale_no) where sale_no is not null;
create index file_line_open on file_line (retailer, business_date, no) where state = 1;
-- Cash that fitted no payment when its file was posted, and may have been put to one since.
create index file_line_unmatched on file_line (retailer, no)
    where payment_no is null and sale_no is not null and line is not null;
-- What was booked because a file said so, however late.
create index file_line_booked on file_line (retailer, business_date)
    where outcome = 'theirs_only';

-- Sales that were booked from a file without the till's numbers: an advice that comes later finds its
-- sale here, by code, amount, outlet and time.
create table file_alias (
    no bigint primary key,
    partner_no bigint not null,
    code text collate "C" not null,
    amount bigint not null check (amount between 0 and 9999999999),
    outlet text collate "C" not null,
    till_at bigint not null,
    tolerance_ms bigint not null check (tolerance_ms >= 0),
    sale_no bigint not null
);

create index file_alias_code on file_alias (code);
