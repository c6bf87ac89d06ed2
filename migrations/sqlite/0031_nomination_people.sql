-- Whom a nomination is about, one row a person: a team nomination has several, and each answers for themselves.
create table nomination_people (
    nomination_id integer not null references nominations (id) on delete cascade,
    user_id       integer not null,
    place         integer not null,          -- from 0, as the author chose them
    consent       text,                     -- their own last answer; null until there is one, whatever time has passed
    answered_at   text,
    primary key (nomination_id, user_id)
);
create index nomination_people_by_user on nomination_people (user_id);
insert into nomination_people (nomination_id, user_id, place, consent, answered_at)
    select id, nominee_id, 0, consent, answered_at from nominations;
drop index nominations_by_nominee;
alter table nominations drop column nominee_id;
alter table nominations drop column consent;
alter table nominations drop column answered_at;
alter table nominations add column program text;   -- the program it is about, by its key; null: none
alter table nominations add column link text;      -- the message it began from; emptied with the words
alter table recognition_rounds add column closes_at text;  -- the calendar closes it then
