-- Pulses that were opened. The definition, the thresholds and the promise are frozen here as they were shown to people.
create table pulses (
    pulse_id    integer primary key,
    guild_id    integer  not null,
    name        text    not null,           -- file name of the definition
    definition  text    not null,           -- JSON
    fingerprint text    not null,           -- SHA-256 of the definition: the same questions have the same fingerprint
    thresholds  text    not null,           -- JSON
    promise     text    not null,           -- the words that people read before answering
    box_id      text    not null unique,
    channel_id  integer  not null,
    eligible    integer,                     -- how many people could answer; null: unknown
    opened_by   integer  not null,
    opened_at   text  not null,
    closes_at   text  not null,
    state       text    not null,           -- open, closing, closed, stopped (the key was lost)
    closed_at   text                      -- when answers were first refused
);
-- One open run of a pulse at a time.
create unique index pulses_running on pulses (guild_id, name) where state in ('open', 'closing');
create index pulses_of_guild on pulses (guild_id, pulse_id);
-- Counts of closed surveys, whoever ran them: what results show and what the index reads. Only questions with enough answers have a row.
create table survey_counts (
    guild_id       integer  not null,
    source         text    not null,        -- who counted: pulse
    source_key     text    not null,        -- which one
    measure        text    not null,        -- key of the question
    program        text,                    -- null: not about one program
    audience       text    not null,        -- customers, inside
    category       text,                    -- quality, responsiveness, timeliness, adoption, quantity
    quarter        text    not null,        -- federal fiscal quarter of closing, for example FY2027Q1
    closed_on      text  not null,        -- in the group's time zone
    question       text    not null,        -- JSON: the question as it was asked
    counts         text    not null,        -- JSON: one number an option, in the order of the question
    does_not_apply integer  not null,
    skipped        integer  not null,
    eligible       integer,                  -- how many people could answer; null: unknown
    published      boolean not null,        -- false until every single answer is destroyed; nothing may be shown before
    primary key (guild_id, source, source_key, measure)
);
create index survey_counts_by_quarter on survey_counts (guild_id, quarter);
