-- What is posted by the calendar (schedules), and each single time that something is due (occurrences).
create table schedules (
    id               bigint generated always as identity primary key,
    guild_id         bigint  not null,
    job              text    not null,      -- which job runs, for example post_lesson
    key              text    not null,      -- which of the feature's things, for example the name of a lesson series
    cron             text    not null,      -- five fields, in words that the parser accepted
    zone             text    not null,      -- IANA time zone
    skip_holidays    boolean not null,
    catch_up_minutes bigint  not null,      -- later than this is missed, not posted by surprise
    payload          text    not null,      -- JSON for the job
    paused_at        timestamptz,
    planned_until    timestamptz  not null,      -- occurrences up to here exist; none is planned twice
    unique (guild_id, job, key)
);
create table occurrences (
    id           bigint generated always as identity primary key,
    schedule_id  bigint references schedules (id) on delete cascade,   -- null: due once, not by a calendar
    guild_id     bigint  not null,
    job          text    not null,
    key          text    not null,
    slot         text    not null,          -- the local time it stands for, YYYY-MM-DDTHH:MM, or "once"
    due_at       timestamptz  not null,
    payload      text    not null,
    state        text    not null,          -- planned, done, missed, skipped, failed
    attempts     bigint  not null,
    retry_at     timestamptz,                   -- after a failed attempt
    finished_at  timestamptz,
    unique (guild_id, job, key, slot)
);
create index occurrences_waiting on occurrences (due_at) where state = 'planned';
