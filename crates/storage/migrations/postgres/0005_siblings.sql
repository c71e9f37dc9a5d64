-- One order, several codes (rule 36); and refused reversals that an operator decides (rule 8).

-- `sibling_of` is the first payment of an order with several codes, and for that one itself. One
-- order has one first payment that counts.
drop index payment_order;
create unique index payment_order on payment (account_no, order_id, shard)
    where superseded = 0 and (sibling_of is null or sibling_of = no);
create index payment_family on payment (sibling_of) where sibling_of is not null;

-- 0: waits for an operator, 1: accepted, 2: rejected.
alter table dispute add column state bigint not null default 0 check (state between 0 and 2);
create index dispute_open on dispute (no) where state = 0;
