-- Refund codes (rule 35): unapplied cash that is paid back at a counter.

-- Two more states of unapplied cash: a refund code is out for it, and it was paid out at a counter.
alter table unapplied drop constraint unapplied_state_check;
alter table unapplied add constraint unapplied_state_check check (state between 0 and 5);

create table refund_code (
    no bigint primary key,
    -- Whose cash: the row of unapplied cash, the sale that brought it, and who took it.
    unapplied_no bigint not null,
    cash_sale bigint not null,
    taken_by text collate "C" not null,
    -- Whose counters pay it out.
    network text collate "C" not null,
    code text collate "C" not null unique,
    amount bigint not null check (amount between 1 and 9999999999),
    -- A keyed hash; the PIN itself is nowhere.
    pin bytea not null check (length(pin) = 32),
    tries_left bigint not null check (tries_left >= 0),
    issued_at bigint not null,
    expires_at bigint not null check (expires_at > issued_at),
    -- 0: open, 1: reserved, 2: suspect, 3: paid, 4: expired, 5: blocked, 6: released.
    state bigint not null check (state between 0 and 6),
    -- The pay-out that was begun; null where none was, where none took place, or where a restore lost
    -- what became of a suspect one.
    payout_sale bigint,
    payout_at text collate "C",
    till_at bigint,
    business_date bigint,
    hold_until bigint,
    closed_at bigint,
    digest bytea not null check (length(digest) = 16),
    check (state = 2 or (payout_sale is not null) = (state in (1, 3))),
    check ((payout_at is null) = (payout_sale is null)),
    check ((till_at is null) = (payout_sale is null)),
    check ((business_date is null) = (payout_sale is null)),
    check ((hold_until is null) = (payout_sale is null)),
    check ((closed_at is null) = (state < 3))
);

-- One cash has one code that is not over, so that it can be paid back once.
create unique index refund_code_live on refund_code (unapplied_no) where state in (0, 1, 2);
create index refund_code_cash on refund_code (unapplied_no);
-- The sweeps read the front of these, and a code leaves each when its state moves on.
create index refund_code_expiry on refund_code (expires_at) where state = 0;
create index refund_code_hold on refund_code (hold_until) where state = 1;
create index refund_code_suspect on refund_code (no) where state = 2;

create trigger refund_code_remains before delete on refund_code
    for each row execute function refuse_change('refund codes are kept');
create trigger refund_code_stays before update of no, unapplied_no, cash_sale, taken_by, network,
    code, amount, pin, issued_at, expires_at on refund_code
    for each row execute function refuse_change('a refund code keeps what it was issued with');

-- The history of a code: its events name the sale of the cash, and no payment.
create index event_refund on event (sale_no, no) where kind in (24, 25, 26, 27, 28, 29, 40);
