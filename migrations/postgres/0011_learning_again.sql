-- Coming back to what was learned: looking back within a quiz, review cards, and lessons sent to those who asked to catch up.

-- Which look-back questions of a lesson's quiz a member has answered in this round. They count for nothing, so no answer is kept.
create table lesson_looks (
    guild_id   bigint  not null,
    user_id    bigint  not null,
    lesson_id  text    not null,
    version    text    not null,
    look       bigint  not null,               -- counted from 0
    primary key (guild_id, user_id, lesson_id, version, look)
);

-- One card for each question of a lesson that a member has done. For that member alone; nobody else's statement reads it.
create table review_cards (
    guild_id   bigint  not null,
    user_id    bigint  not null,
    lesson_id  text    not null,
    question   bigint  not null,               -- counted from 0
    version    text    not null,               -- of the lesson when the card was made; a card of another version is not asked
    box        bigint  not null,               -- 0 to 3: how long until it is asked again
    due_on     date    not null,               -- in the group's time zone
    asked_on   date,                           -- the latest day it was answered
    primary key (guild_id, user_id, lesson_id, question)
);

-- Members who asked for a private message when cards are due.
create table review_reminders (
    guild_id   bigint  not null,
    user_id    bigint  not null,
    started_at timestamptz    not null,
    primary key (guild_id, user_id)
);

-- Members who asked to be sent the lessons that the group has had without them.
create table catch_ups (
    guild_id   bigint  not null,
    user_id    bigint  not null,
    series     text    not null,
    every_days bigint  not null,               -- working days between two lessons
    step       bigint  not null,               -- how many times its day has come
    started_at timestamptz    not null,
    primary key (guild_id, user_id, series)
);

-- What a catch-up has sent: no lesson comes twice, however often the series is put in another order.
create table catch_up_lessons (
    guild_id   bigint  not null,
    user_id    bigint  not null,
    series     text    not null,
    lesson_id  text    not null,
    primary key (guild_id, user_id, series, lesson_id)
);

-- Which server a person's private messages about lessons belong to: a button in a private message does not say.
create table lesson_homes (
    user_id    bigint  not null primary key,
    guild_id   bigint  not null
);
