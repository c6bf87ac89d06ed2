-- Two people look at every number that goes out: who reviews a quarter does not publish it, unless there is one lead only. Discord
-- does not tell a bot who has a role, so cxbot knows the leads whom it has seen.
alter table people add column seen_as_lead_on date;
-- The reviewer published it too, being the only lead, and said so.
alter table index_editions add column alone boolean not null default false;
