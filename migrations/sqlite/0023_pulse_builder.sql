-- Pulses that leads build in chat.
-- What a lead is building: one draft a lead and server, so that nothing is lost when the bot restarts.
create table pulse_drafts (
    draft_id   integer primary key,
    guild_id   integer not null,
    user_id    integer not null,
    draft      text    not null,             -- JSON
    changed_at text    not null,
    unique (guild_id, user_id)
);
-- Saved pulses. A version that was posted is frozen: an edit makes the next one.
create table pulse_definitions (
    guild_id   integer not null,
    name       text    not null,
    version    integer not null,
    definition text    not null,             -- JSON
    made_by    integer not null,
    made_at    text    not null,
    posted_at  text,                         -- first opened; from then on frozen
    primary key (guild_id, name, version)
);
