-- A signed root for each minute in which something happened (rule 18). Whoever holds the installation's
-- keys and this file could write history anew; roots that were exported to another host tell.

create table chain_root (
    no integer primary key,
    -- Whose chain; there is one committer so far.
    committer integer not null check (committer >= 0),
    -- Minutes since 1970-01-01 UTC, by the gateway's clock.
    minute integer not null,
    -- Where the sequences stood when the minute was over.
    last_event integer not null check (last_event > 0),
    last_entry integer not null check (last_entry >= 0),
    last_payment integer not null check (last_payment >= 0),
    last_sale integer not null check (last_sale >= 0),
    -- The link of the last event.
    chain blob not null check (length(chain) = 32),
    -- A digest of all the above and of the root before.
    root blob not null check (length(root) = 32),
    signature blob not null check (length(signature) = 64)
) strict;

create trigger chain_root_stays before update on chain_root
begin select raise(abort, 'roots are append-only'); end;
create trigger chain_root_remains before delete on chain_root
begin select raise(abort, 'roots are append-only'); end;
