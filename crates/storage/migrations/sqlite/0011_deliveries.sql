-- Deliveries by endpoint, so that one that hangs holds up nobody else: each notification says which
-- host and port it goes to, by a number made of their name; 0 where that is not known yet.

alter table notification add column endpoint integer not null default 0 check (endpoint >= 0);

drop index notification_due;

-- The due rows of one endpoint lie together, the longest overdue first.
create index notification_due on notification (endpoint, due_at) where state = 0;
