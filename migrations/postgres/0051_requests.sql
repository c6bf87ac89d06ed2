-- What a whole server was asked for other than by a pulse, so that pulses can leave people their rest. Groups, never persons: who answered
-- stands nowhere here. Rows older than the window of the budget are forgotten.
create table requests (
    id       bigint generated always as identity primary key,
    guild_id bigint not null,
    kind     text not null,          -- nominations, vote
    title    text not null,          -- which of them, as people call it: FY2027Q1
    asked_at timestamptz not null
);
create index requests_of_guild on requests (guild_id, asked_at);
-- What was asked before there was this table counts too.
insert into requests (guild_id, kind, title, asked_at)
    select guild_id, 'nominations', quarter, opened_at from recognition_rounds;
insert into requests (guild_id, kind, title, asked_at)
    select v.guild_id, 'vote', r.quarter, v.opened_at
    from recognition_votes v join recognition_rounds r on r.id = v.round_id;
