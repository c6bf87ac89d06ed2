-- Sealed ballot boxes. The key of a box is a file outside this database. After the close a box keeps its row and nothing else.
create table sealed_boxes (
    box_id       text    not null primary key,   -- random
    guild_id     bigint  not null,
    key_id       bytea  not null,                -- tells a lost or wrong key; says nothing about the key
    ballot_bytes bigint  not null,               -- every ballot is padded to this length
    closes_at    timestamptz  not null,               -- from then on ballots are refused
    state        text    not null,               -- open, closing, counted, sealed, abandoned
    sealed_on    date
);
-- One ballot a person: a keyed tag and an encrypted payload. Never a time, a row number, or an id of a person, message or interaction.
-- No foreign key: a ballot is inserted by selecting its box, and the lookup would cost every press.
create table sealed_ballots (
    box_id  text    not null,
    tag     bytea  not null,
    payload bytea  not null,
    changed boolean not null,                    -- replaced an earlier one; told to the person, dies with the row
    primary key (box_id, tag)
);
