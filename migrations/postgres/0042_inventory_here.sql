-- A program that was added or changed on Discord is kept as it is here from then on, whatever programs.toml says.
alter table programs add column kept_here boolean not null default false;
-- A figure typed in on Discord and not confirmed yet. Confirming takes the row away, so that a second press finds nothing.
create table index_drafts (
    id         bigint generated always as identity primary key,
    person     bigint  not null,            -- who typed it; only they may confirm it
    document   text    not null,            -- JSON: the figure as it was typed
    drafted_at timestamptz not null
);
