-- Commands that wait for a second person (rule 20). A row is kept for good: it says who proposed
-- what and why, and who decided.

create table proposal (
    no integer primary key,
    -- In the words of whoever carries it out; never a secret.
    command text not null,
    proposed_uid integer not null check (proposed_uid between 0 and 4294967295),
    proposed_by text not null,
    proposed_at integer not null,
    reason text not null check (length(reason) > 0),
    expires_at integer not null check (expires_at > proposed_at),
    state integer not null check (state between 0 and 4),
    decided_uid integer check (decided_uid between 0 and 4294967295),
    decided_by text,
    decided_at integer,
    why text,
    check ((state = 0) = (decided_at is null)),
    check ((decided_uid is null) = (decided_at is null)),
    check ((decided_by is null) = (decided_at is null)),
    -- Whoever proposed it may withdraw it, and nothing else.
    check (state in (0, 4) or decided_uid <> proposed_uid)
) strict;

create index proposal_open on proposal (no) where state = 0;

create trigger proposal_remains before delete on proposal
begin select raise(abort, 'proposals are kept'); end;
create trigger proposal_stays before update of no, command, proposed_uid, proposed_by, proposed_at,
    reason, expires_at on proposal
begin select raise(abort, 'what was proposed does not change'); end;
create trigger proposal_decided before update on proposal when old.state > 1
begin select raise(abort, 'it was decided already'); end;
