-- Commands that wait for a second person (rule 20). A row is kept for good: it says who proposed
-- what and why, and who decided.

create table proposal (
    no bigint primary key,
    -- In the words of whoever carries it out; never a secret.
    command text collate "C" not null,
    proposed_uid bigint not null check (proposed_uid between 0 and 4294967295),
    proposed_by text collate "C" not null,
    proposed_at bigint not null,
    reason text collate "C" not null check (length(reason) > 0),
    expires_at bigint not null check (expires_at > proposed_at),
    state bigint not null check (state between 0 and 4),
    decided_uid bigint check (decided_uid between 0 and 4294967295),
    decided_by text collate "C",
    decided_at bigint,
    why text collate "C",
    check ((state = 0) = (decided_at is null)),
    check ((decided_uid is null) = (decided_at is null)),
    check ((decided_by is null) = (decided_at is null)),
    -- Whoever proposed it may withdraw it, and nothing else.
    check (state in (0, 4) or decided_uid <> proposed_uid)
);

create index proposal_open on proposal (no) where state = 0;

create trigger proposal_remains before delete on proposal
    for each row execute function refuse_change('proposals are kept');
create trigger proposal_stays before update of no, command, proposed_uid, proposed_by,
    proposed_at, reason, expires_at on proposal
    for each row execute function refuse_change('what was proposed does not change');
create trigger proposal_decided before update on proposal
    for each row when (old.state > 1)
    execute function refuse_change('it was decided already');
