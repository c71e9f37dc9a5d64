-- A signed root for each minute in which something happened (rule 18). Whoever holds the installation's
-- keys and this file could write history anew; roots that were exported to another host tell.

create table chain_root (
    no bigint primary key,
    -- Whose chain; there is one committer so far.
    committer bigint not null check (committer >= 0),
    -- Minutes since 1970-01-01 UTC, by the gateway's clock.
    minute bigint not null,
    -- Where the sequences stood when the minute was over.
    last_event bigint not null check (last_event > 0),
    last_entry bigint not null check (last_entry >= 0),
    last_payment bigint not null check (last_payment >= 0),
    last_sale bigint not null check (last_sale >= 0),
    -- The link of the last event.
    chain bytea not null check (length(chain) = 32),
    -- A digest of all the above and of the root before.
    root bytea not null check (length(root) = 32),
    signature bytea not null check (length(signature) = 64)
);

create trigger chain_root_stays before update on chain_root
    for each row execute function refuse_change('roots are append-only');
create trigger chain_root_remains before delete on chain_root
    for each row execute function refuse_change('roots are append-only');
