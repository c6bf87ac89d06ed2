-- Pulses that leads build in chat.
-- What a lead is building: one draft a lead and server, so that nothing is lost when the bot restarts.
create table pulse_drafts (
    draft_id   bigint generated always as identity primary key,
    guild_id   bigint  not null,
    user_id    bigint  not null,
    draft      text    not null,             -- JSON
    changed_at timestamptz not null,
    unique (guild_id, user_id)
);
-- Saved pulses. A version that was posted is frozen: an edit makes the next one.
create table pulse_definitions (
    guild_id   bigint  not null,
    name       text    not null,
    version    bigint  not null,
    definition text    not null,             -- JSON
    made_by    bigint  not null,
    made_at    timestamptz not null,
    posted_at  timestamptz,                  -- first opened; from then on frozen
    primary key (guild_id, name, version)
);
