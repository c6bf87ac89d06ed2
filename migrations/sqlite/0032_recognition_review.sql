-- Leads who review. One joins by opening the queue; a lead can take them off again.
create table recognition_reviewers (
    guild_id  integer not null,
    user_id   integer not null,
    joined_at text not null,
    primary key (guild_id, user_id)
);
-- Three seats a nomination, taken in turn. A seat holds its reviewer's scores (0 to 2) and verdict.
create table nomination_reviews (
    nomination_id integer not null references nominations (id) on delete cascade,
    reviewer_id   integer not null,
    seated_at     text not null,
    effect        integer,
    evidence      integer,
    principle     integer,
    copyable      integer,
    verdict       text,                     -- accept, decline, thanks; null until judged
    reason        text,                     -- for a decline, in kind words; emptied with the nomination's words
    revision      integer,                   -- the words it was given on; a verdict on earlier words counts no longer
    judged_at     text,
    primary key (nomination_id, reviewer_id)
);
-- Who saw the same deed. For reviewers only, who read the reason without the name.
create table nomination_seconds (
    nomination_id integer not null references nominations (id) on delete cascade,
    user_id       integer not null,
    reason        text not null,
    seconded_at   text not null,
    primary key (nomination_id, user_id)
);
-- What reviewers asked the author, and the answers. Neither learns who the other is.
create table nomination_questions (
    id            integer primary key,
    nomination_id integer not null references nominations (id) on delete cascade,
    asked_by      integer,
    question      text not null,
    answer        text,
    asked_at      text not null,
    answered_at   text
);
create index nomination_questions_of on nomination_questions (nomination_id);
-- Every message that shows a nomination's words, so that all of them can be found when somebody withdraws.
create table nomination_posts (
    key           text not null primary key,    -- in the outbox
    nomination_id integer not null references nominations (id) on delete cascade,
    what          text not null,                -- question, story, notice
    posted_at     text not null
);
create index nomination_posts_of on nomination_posts (nomination_id, what);
-- Every decision of reviewers and leads, without anybody's words. Nothing about who nominated, and nothing about what a nominee answered.
create table recognition_audit (
    id            integer primary key,
    guild_id      integer not null,
    nomination_id integer,
    actor_id      integer,                   -- null: the calendar, or somebody who asked to be erased
    what          text not null,
    at            text not null
);
create index recognition_audit_of_guild on recognition_audit (guild_id, id);
