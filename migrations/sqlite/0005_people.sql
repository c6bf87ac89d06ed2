-- Who takes part, one row a person and server. Discord hands a bot no list of members unless it asks for a privileged permission, which
-- cxbot does not; so this holds who has used cxbot, and whom a lead has given a division.
create table people (
    guild_id        integer  not null,
    user_id         integer  not null,
    division        text,                       -- as a lead wrote it; null until then
    joined_on       text  not null,              -- first use, in the group's time zone
    direct_messages boolean not null,           -- asked for direct messages
    no_reminders    boolean not null,           -- asked not to be reminded
    primary key (guild_id, user_id)
);
