-- Rounds of recognition, one a fiscal quarter and server. The row appears with the first nomination or when a lead opens the round.
create table recognition_rounds (
    id         integer primary key,
    guild_id   integer not null,
    quarter    text    not null,        -- FY2027Q1
    opened_at  text not null,
    closed_at  text,                     -- a lead closed it; no further nominations
    unique (guild_id, quarter)
);
-- Nominations from first draft to published story. When one is withdrawn, refused, passed on as thanks or expired, its words are emptied
-- and only the fact that there was one remains.
create table nominations (
    id           integer primary key,
    guild_id     integer not null,
    round_id     integer references recognition_rounds (id),  -- null while a draft
    nominator_id integer not null,
    nominee_id   integer not null,
    state        text    not null,
    consent      text,                  -- the nominee's own last answer; null until there is one, whatever time has passed
    tag          text,                  -- principle or value, by its id in recognition.toml
    tag_name     text,                  -- and as it was called then
    relation     text,                  -- how the nominator knows the nominee's work
    happened     text    not null,
    customer     text    not null,
    changed      text    not null,
    evidence     text    not null,
    reason       text,                  -- why it was declined, in the reviewer's kind words
    revision     integer not null,      -- grows with every change of the words, so that nobody decides on words they have not seen
    stories      integer not null,      -- how often it has been published; names the present story in the outbox
    drafted_at   text not null,
    sent_at      text,
    decided_at   text,
    decided_by   integer,
    answered_at  text                    -- when the nominee last answered
);
create index nominations_by_nominator on nominations (guild_id, nominator_id);
create index nominations_by_nominee on nominations (guild_id, nominee_id);
