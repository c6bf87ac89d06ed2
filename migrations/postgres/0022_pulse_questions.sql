-- Pulses of several questions, who was asked and how that was counted, and what came of a result.
alter table survey_counts add column ticked_by bigint;   -- people who answered, where one may choose several options or write
alter table pulses add column asked text;            -- JSON: everybody, a role, a division; null: everybody
alter table pulses add column counted text;          -- how eligible was counted: discord, roster, lead; null: unknown
alter table pulses add column named boolean;         -- true: not anonymous, and people are told so
alter table pulses add column answered bigint;           -- how many sent answers; null until closed, or when too few
alter table pulses add column override_reason text;  -- why an administrator opened it though the last outcome was not told
-- Who was asked, when it is a list of people: frozen at opening, deleted at the close. Says nothing about who answered.
create table pulse_asked (
    pulse_id bigint not null,
    user_id  bigint not null,
    primary key (pulse_id, user_id)
);
-- How many accounts Discord counts on a server, bots included, when cxbot last connected.
create table pulse_servers (
    guild_id bigint not null primary key,
    accounts bigint not null,
    counted_on date not null
);
-- Comments cut loose from their answers, shuffled, undated; on their way through two leads.
create table pulse_comments (
    comment_id  text not null primary key,   -- random
    pulse_id    bigint not null,
    measure     text not null,               -- key of the question
    words       text not null,
    proposal    text,                        -- what a lead would publish; empty: leave it out
    proposed_by bigint,
    agreed      boolean not null
);
create index pulse_comments_of_pulse on pulse_comments (pulse_id);
-- Answers with names, only of pulses that said so before the first answer.
create table pulse_named_answers (
    pulse_id bigint not null,
    user_id  bigint not null,
    answers  text not null,                  -- JSON
    primary key (pulse_id, user_id)
);
-- What leads told after a result: you said, we will, we will not.
create table pulse_outcomes (
    pulse_id    bigint not null primary key,
    you_said    text not null,
    we_will     text not null,
    owner       text not null,
    due_on      date not null,
    we_will_not text not null,
    told_by     bigint not null,
    told_at     timestamptz not null
);
