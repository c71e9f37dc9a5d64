-- Deliveries by endpoint, so that one that hangs holds up nobody else: each notification says which
-- host and port it goes to, by a number made of their name; 0 where that is not known yet.

alter table notification add column endpoint bigint not null default 0 check (endpoint >= 0);

drop index notification_due;

-- The due rows of one endpoint lie together, the longest overdue first.
create index notification_due on notification (endpoint, due_at, no) where state = 0;

-- Whether a try was a probe: to see whether somebody is there again at an endpoint that does not answer.
-- Where nobody was, it is none of the tries that the vendor's rules count.
alter table attempt add column is_probe bigint not null default 0 check (is_probe in (0, 1));

-- Whether an attempt is one of the tries that the vendor's rules count. A probe of an endpoint that does
-- not answer is none.
alter table attempt add column is_try bigint not null default 1 check (is_try in (0, 1));
