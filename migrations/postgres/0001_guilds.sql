-- What an administrator chose in /setup, one row a server. A missing row means: not set up yet.
create table guilds (
    guild_id             bigint primary key,
    name                 text    not null,
    zone                 text    not null,          -- IANA time zone of the group, for example America/New_York
    lead_role_id         bigint,                    -- members of this role are leads
    learning_channel_id  bigint,
    pulse_channel_id     bigint,
    recognition_channel_id bigint,
    set_up_at            timestamptz,               -- null until /setup has been completed once
    greeted_at           timestamptz                -- when the hello was queued; it is said once
);
