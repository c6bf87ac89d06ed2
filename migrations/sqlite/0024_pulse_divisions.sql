-- Results by division, named before a pulse opens; and why an administrator opened one before people had a rest.
alter table pulses add column divisions text;       -- JSON: the divisions that are told apart, in order; null: none
alter table pulses add column budget_reason text;   -- why an administrator opened it though people were asked only recently
-- Who was in which division when the pulse opened, everybody whether they answer or not; deleted at the close.
create table pulse_division_of (
    pulse_id integer not null,
    user_id  integer not null,
    place    integer not null,               -- in the order of pulses.divisions
    primary key (pulse_id, user_id)
);
-- What may be shown by division, and nothing else: a score in whole points and how many answered.
create table pulse_division_scores (
    pulse_id integer not null,
    measure  text not null,                  -- key of the question
    place    integer not null,               -- in the order of pulses.divisions; after the last: people in none
    answered integer not null,
    points   integer not null,
    primary key (pulse_id, measure, place)
);
