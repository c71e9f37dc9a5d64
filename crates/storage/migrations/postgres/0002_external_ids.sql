-- What merchants ask about their own account: ids used up, lists, balances.

-- An external id is good once per account, endpoint and day of Jakarta's calendar, counted since
-- 1970-01-01. The day comes first, because days are removed whole.
create table external_id (
    day bigint not null,
    account_no bigint not null,
    endpoint text collate "C" not null,
    id text collate "C" not null,
    shard bigint not null check (shard >= 0),
    primary key (day, account_no, endpoint, id, shard)
);

-- The list of an account, newest first. It grows at each account's end.
create index payment_account on payment (account_no, opened_at, no);

-- What an account is owed is a sum over this index alone. The event comes before the amount, so that
-- it grows at each account's end too.
create index entry_merchant on entry (account_no, account_kind, event_no, amount)
    where account_kind in (7, 8);
