-- Messages on their way to Discord, written in the same transaction as the fact that caused them, so that neither exists without the
-- other. A sent row keeps its ids (to edit the message later) and loses its body.
create table outbox (
    id          bigint generated always as identity primary key,
    guild_id    bigint  not null,
    key         text    not null unique,    -- chosen by the feature; the same key is sent once
    kind        text    not null,           -- post, direct, reply (into a thread), edit, delete, thread
    target_id   bigint,                    -- channel for post, person for direct
    of_key      text,                       -- the message that is edited, deleted, or carries the thread
    body        text    not null,           -- the post as JSON, or the name of the thread; emptied once sent
    version     bigint  not null,           -- grows when a waiting edit is replaced; the sender records only what it sent
    due_at      timestamptz  not null,
    attempts    bigint  not null,
    claimed_at  timestamptz,                    -- a sender is at work since then; an old claim is void
    sent_at     timestamptz,
    failed_at   timestamptz,                    -- given up; failure says why, in words for a lead
    failure     text,
    channel_id  bigint,                    -- where it stands on Discord
    message_id  bigint                     -- the message, or the thread
);
create index outbox_waiting on outbox (due_at) where sent_at is null and failed_at is null;
