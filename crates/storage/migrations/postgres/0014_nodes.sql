-- Several nodes over one database: where the turns of all of them end, who the nodes are, and who does
-- what only one should do at a time.

-- What a turn has to know of all turns before it. Its row is locked first and written last in every
-- turn, so that turns come one after the other, whichever node they belong to.
create table tail (
    -- The shard.
    no bigint primary key,
    -- Counts commits.
    turn bigint not null check (turn >= 0),
    -- The highest number of every sequence, in the program's order, parted by spaces.
    sequences text collate "C" not null,
    -- The link of the last event.
    chain bytea not null check (length(chain) = 32),
    -- When the newest entry is dated.
    booked_at bigint not null,
    -- The newest signed root, the last event that it covers, and the minute of the newest event.
    root_no bigint not null,
    root bytea not null check (length(root) = 32),
    root_event bigint not null,
    root_minute bigint not null,
    -- Counts changes of who takes part.
    directory_version bigint not null,
    -- By the database's clock, in milliseconds like everything here.
    changed_at bigint not null
) with (fillfactor = 10);

insert into tail values
    (0, 0, '', decode(repeat('00', 32), 'hex'), 0, 0, decode(repeat('00', 32), 'hex'), 0, 0, 0, 0);

-- Every start of a node is a row.
create table node (
    no bigint primary key,
    name text collate "C" not null,
    version text collate "C" not null,
    started_at bigint not null,
    -- Both by the database's clock.
    seen_at bigint not null,
    -- Its last turn, written in that turn's commit: so a commit whose answer was lost is looked up.
    last_turn bigint not null,
    -- How many turns it committed.
    turns bigint not null
) with (fillfactor = 10);

-- Work that one node does at a time, until an instant by the database's clock. Nothing that must be
-- right depends on it.
create table lease (
    name text collate "C" primary key,
    node_no bigint,
    until bigint not null
) with (fillfactor = 10);

insert into lease values ('household', null, 0);
insert into lease select 'deliveries/' || bucket, null, 0 from generate_series(0, 15) bucket;
