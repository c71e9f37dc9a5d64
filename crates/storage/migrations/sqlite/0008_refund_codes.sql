-- Refund codes (rule 35): unapplied cash that is paid back at a counter.

-- Two more states of unapplied cash: a refund code is out for it, and it was paid out at a counter. A
-- check cannot be changed in place.
create table unapplied_new (
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
    state integer not null check (state between 0 and 5),
    -- The cash of one sale is booked once.
    unique (sale_no, shard)
) strict;
insert into unapplied_new select no, shard, sale_no, retailer, code, payment_no, amount, why,
    business_date, received_at, state from unapplied;
drop table unapplied;
alter table unapplied_new rename to unapplied;
create index unapplied_open on unapplied (received_at) where state = 0;

create table refund_code (
    no integer primary key,
    -- Whose cash: the row of unapplied cash, the sale that brought it, and who took it.
    unapplied_no integer not null,
    cash_sale integer not null,
    taken_by text not null,
    -- Whose counters pay it out.
    network text not null,
    code text not null unique,
    amount integer not null check (amount between 1 and 9999999999),
    -- A keyed hash; the PIN itself is nowhere.
    pin blob not null check (length(pin) = 32),
    tries_left integer not null check (tries_left >= 0),
    issued_at integer not null,
    expires_at integer not null check (expires_at > issued_at),
    -- 0: open, 1: reserved, 2: suspect, 3: paid, 4: expired, 5: blocked, 6: released.
    state integer not null check (state between 0 and 6),
    -- The pay-out that was begun; null where none was, where none took place, or where a restore lost
    -- what became of a suspect one.
    payout_sale integer,
    payout_at text,
    till_at integer,
    business_date integer,
    hold_until integer,
    closed_at integer,
    digest blob not null check (length(digest) = 16),
    check (state = 2 or (payout_sale is not null) = (state in (1, 3))),
    check ((payout_at is null) = (payout_sale is null)),
    check ((till_at is null) = (payout_sale is null)),
    check ((business_date is null) = (payout_sale is null)),
    check ((hold_until is null) = (payout_sale is null)),
    check ((closed_at is null) = (state < 3))
) strict;

-- One cash has one code that is not over, so that it can be paid back once.
create unique index refund_code_live on refund_code (unapplied_no) where state in (0, 1, 2);
create index refund_code_cash on refund_code (unapplied_no);
-- The sweeps read the front of these, and a code leaves each when its state moves on.
create index refund_code_expiry on refund_code (expires_at) where state = 0;
create index refund_code_hold on refund_code (hold_until) where state = 1;
create index refund_code_suspect on refund_code (no) where state = 2;

create trigger refund_code_remains before delete on refund_code
begin select raise(abort, 'refund codes are kept'); end;
create trigger refund_code_stays before update of no, unapplied_no, cash_sale, taken_by, network, code,
    amount, pin, issued_at, expires_at on refund_code
begin select raise(abort, 'a refund code keeps what it was issued with'); end;

-- The history of a code: its events name the sale of the cash, and no payment.
create index event_refund on event (sale_no, no) where kind in (24, 25, 26, 27, 28, 29, 40);
