-- Gerai's own events, which a merchant pulls or is sent beside its vendor's notifications. A row says
-- which of its account's events it is and what it is about; what a merchant reads is rendered from
-- that, so the columns hold whatever may change afterwards: how the payment stood, and whether its
-- order id was another payment's by then.

create table own_event (
    account_no bigint not null,
    -- Counted within the account, without a gap.
    no bigint not null check (no > 0),
    kind bigint not null,
    at bigint not null,
    -- The event of the chain; none for what the chain does not know.
    event_no bigint,
    payment_no bigint,
    sale_no bigint,
    state bigint check (state between 0 and 8),
    superseded bigint not null check (superseded in (0, 1)),
    -- What no other row tells, as JSON.
    detail text collate "C",
    digest bytea not null check (length(digest) = 16),
    primary key (account_no, no)
);

create trigger own_event_stays before update on own_event
    for each row execute function refuse_change('own events are append-only');

-- News may be one of them; its announcement, which only a vendor has words for, is then nobody's.
alter table notification add column own_event bigint;
