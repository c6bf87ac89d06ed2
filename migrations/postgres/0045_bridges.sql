-- A new definition is also run on the four quarters before it begins, so that a reader can tell the ruler from the experience. These
-- scores are shown beside the ones on record and never in their place.
create table index_bridges (
    definition_id   text    not null references index_definitions (definition_id),
    scope           text    not null,       -- audience:public, audience:agency, program:KEY
    quarter         text    not null,
    revision        bigint  not null,       -- from 1; the newest one is shown
    value           double precision,                   -- null: not enough data
    low             double precision,
    high            double precision,
    definition_hash text    not null,
    input_hash      text    not null,       -- SHA-256 of everything it was computed from
    computed_at     timestamptz not null,
    primary key (definition_id, scope, quarter, revision)
);
