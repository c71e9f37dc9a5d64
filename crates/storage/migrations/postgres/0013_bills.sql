-- The bill: what payers are told by e-mail, SMS and WhatsApp.

-- News may be one of these; its announcement, which only a vendor has words for, is then nobody's, and
-- its target says by which way it goes: 1001 by e-mail, 1002 by SMS, 1003 by WhatsApp.
-- 0 opened, 1 reminder, 2 paid, 3 reversed, 4 expired, 5 cancelled.
alter table notification add column bill bigint check (bill between 0 and 5);
