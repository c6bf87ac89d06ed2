-- Whether the group votes on what reviewers accept in a round.
alter table recognition_rounds add column by_vote boolean not null default false;
-- Where a nomination stands towards the vote of its round: without, ahead, open, chosen, over.
alter table nominations add column vote text not null default 'without';
-- The votes. Ballots lie in the sealed box and are destroyed when they have been counted; no tally is kept.
create table recognition_votes (
    id         integer primary key,
    guild_id   integer not null,
    round_id   integer not null unique references recognition_rounds (id),
    box_id     text    not null,
    state      text    not null,        -- open, closing, closed
    opened_at  text    not null,
    closes_at  text    not null,
    decider    text,                    -- ballots, or scores when there were too few; null until counted
    lots       text                     -- the inputs of each lot that was drawn, so that anybody can draw it again; null without one
);
create index recognition_votes_of_guild on recognition_votes (guild_id, state);
-- What was on the ballot. A ballot is a row of ticks in the order of the places.
create table recognition_candidates (
    vote_id       integer not null references recognition_votes (id) on delete cascade,
    place         integer not null,
    nomination_id integer not null references nominations (id) on delete cascade,
    chosen        boolean not null default false,
    primary key (vote_id, place)
);
