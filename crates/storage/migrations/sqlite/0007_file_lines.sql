-- What retailers' files said, line by line, and what came of it (rules 32 to 34).

-- One row for each line of a file, and for each record of ours that a file did not mention. So a
-- second version of a file posts only what is different, and what somebody has to look at waits here.
create table file_line (
    no integer primary key,
    -- The file's, not the sale's.
    retailer text not null,
    business_date integer not null,
    -- What names it among the lines of its day; a duplicate has the same.
    identity text not null,
    file_no integer not null references file (no),
    -- Null for what only we have, and for what a later version does not have any more.
    line integer check (line > 0),
    outcome text not null,
    code text not null,
    amount integer not null check (amount between 0 and 9999999999),
    fee integer check (fee between 0 and 9999999999),
    -- The line's word for how the sale ended; null where there was never a line.
    status text,
    sale_no integer,
    payment_no integer,
    -- What we hold of the sale, and on which date.
    our_amount integer check (our_amount between 0 and 9999999999),
    our_date integer,
    posted_at integer not null,
    -- 0: nothing to look at, 1: waits for somebody, 2: somebody, or a later file, settled it.
    state integer not null check (state between 0 and 2),
    closed_at integer,
    why text,
    check ((state = 2) = (closed_at is not null))
) strict;

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
    no integer primary key,
    partner_no integer not null,
    code text not null,
    amount integer not null check (amount between 0 and 9999999999),
    outlet text not null,
    till_at integer not null,
    tolerance_ms integer not null check (tolerance_ms >= 0),
    sale_no integer not null
) strict;

create index file_alias_code on file_alias (code);
