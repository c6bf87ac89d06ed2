-- What an administrator chose in /setup, one row a server. A missing row means: not set up yet.
create table guilds (
    guild_id             integer primary key,
    name                 text    not null,
    zone                 text    not null,          -- IANA time zone of the group, for example America/New_York
    lead_role_id         integer,                   -- members of this role are leads
    learning_channel_id  integer,
    pulse_channel_id     integer,
    recognition_channel_id integer,
    set_up_at            text,                      -- null until /setup has been completed once
    greeted_at           text                       -- when the hello was queued; it is said once
);
