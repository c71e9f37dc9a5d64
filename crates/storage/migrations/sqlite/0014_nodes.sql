-- Several nodes share a database of PostgreSQL; here there is one, which has to tell nobody. The tables
-- are here so that both engines have one schema, and stay empty.

create table tail (
    no integer primary key,
    turn integer not null check (turn >= 0),
    sequences text not null,
    chain blob not null check (length(chain) = 32),
    booked_at integer not null,
    root_no integer not null,
    root blob not null check (length(root) = 32),
    root_event integer not null,
    root_minute integer not null,
    directory_version integer not null,
    changed_at integer not null
) strict;

create table node (
    no integer primary key,
    name text not null,
    version text not null,
    started_at integer not null,
    seen_at integer not null,
    last_turn integer not null,
    turns integer not null
) strict;

create table lease (
    name text primary key,
    node_no integer,
    until integer not null
) strict, without rowid;
