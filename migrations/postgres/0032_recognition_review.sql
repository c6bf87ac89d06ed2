-- Leads who review. One joins by opening the queue; a lead can take them off again.
create table recognition_reviewers (
    guild_id  bigint not null,
    user_id   bigint not null,
    joined_at timestamptz not null,
    primary key (guild_id, user_id)
);
-- Three seats a nomination, taken in turn. A seat holds its reviewer's scores (0 to 2) and verdict.
create table nomination_reviews (
    nomination_id bigint not null references nominations (id) on delete cascade,
    reviewer_id   bigint not null,
    seated_at     timestamptz not null,
    effect        bigint,
    evidence      bigint,
    principle     bigint,
    copyable      bigint,
    verdict       text,                     -- accept, decline, thanks; null until judged
    reason        text,                     -- for a decline, in kind words; emptied with the nomination's words
    revision      bigint,                   -- the words it was given on; a verdict on earlier words counts no longer
    judged_at     timestamptz,
    primary key (nomination_id, reviewer_id)
);
-- Who saw the same deed. For reviewers only, who read the reason without the name.
create table nomination_seconds (
    nomination_id bigint not null references nominations (id) on delete cascade,
    user_id       bigint not null,
    reason        text not null,
    seconded_at   timestamptz not null,
    primary key (nomination_id, user_id)
);
-- What reviewers asked the author, and the answers. Neither learns who the other is.
create table nomination_questions (
    id            bigint generated always as identity primary key,
    nomination_id bigint not null references nominations (id) on delete cascade,
    asked_by      bigint,
    question      text not null,
    answer        text,
    asked_at      timestamptz not null,
    answered_at   timestamptz
);
create index nomination_questions_of on nomination_questions (nomination_id);
-- Every message that shows a nomination's words, so that all of them can be found when somebody withdraws.
create table nomination_posts (
    key           text not null primary key,    -- in the outbox
    nomination_id bigint not null references nominations (id) on delete cascade,
    what          text not null,                -- question, story, notice
    posted_at     timestamptz not null
);
create index nomination_posts_of on nomination_posts (nomination_id, what);
-- Every decision of reviewers and leads, without anybody's words. Nothing about who nominated, and nothing about what a nominee answered.
create table recognition_audit (
    id            bigint generated always as identity primary key,
    guild_id      bigint not null,
    nomination_id bigint,
    actor_id      bigint,                   -- null: the calendar, or somebody who asked to be erased
    what          text not null,
    at            timestamptz not null
);
create index recognition_audit_of_guild on recognition_audit (guild_id, id);
