-- Where each lesson was posted. Which lessons of a series a server has had is the position of its weekly calendar.
create table lesson_posts (
    key         text    not null primary key,  -- the outbox key of the post: channel, lesson and minute, so that one minute posts once
    guild_id    bigint  not null,
    channel_id  bigint  not null,
    series      text    not null,
    lesson_id   text    not null,
    version     text    not null,              -- short hash of the lesson's content when it was posted
    posted_by   bigint,                       -- the lead; null when the calendar posted it
    posted_at   timestamptz    not null
);
create index lesson_posts_of_guild on lesson_posts (guild_id, lesson_id, posted_at);

-- A member's answers in a quiz, for that member alone: the latest of this round, and whether the very first try was right (from five
-- people on, the share of right first tries shows which question needs a better lesson).
create table lesson_answers (
    guild_id      bigint  not null,
    user_id       bigint  not null,
    lesson_id     text    not null,
    version       text    not null,
    question      bigint  not null,          -- counted from 0
    first_right   boolean not null,
    latest_right  boolean,                   -- null: not answered yet in this round
    answered_at   timestamptz    not null,
    primary key (guild_id, user_id, lesson_id, version, question)
);

-- Lessons that a member has done: once for each version. Says when, never how well.
create table lesson_completions (
    guild_id  bigint  not null,
    user_id   bigint  not null,
    lesson_id text    not null,
    version   text    not null,
    done_at   timestamptz    not null,
    primary key (guild_id, user_id, lesson_id, version)
);
