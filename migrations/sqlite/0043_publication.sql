-- How far a quarter is on its way to the public: draft, reviewed, published. Published scores are never replaced: a correction is a new
-- edition that says why, and the editions before it stay.
create table index_quarters (
    quarter      text    primary key,
    state        text    not null,          -- reviewed, published; without a row: draft
    reviewed_by  integer not null,
    reviewed_at  text    not null,
    fingerprint  text    not null           -- SHA-256 over the input hashes of what was reviewed
);
create table index_editions (
    quarter      text    not null,
    edition      integer not null,          -- from 1; a later one is an erratum
    published_by integer not null,
    published_at text    not null,
    reason       text    not null,          -- of an erratum; empty for the first
    primary key (quarter, edition)
);
create table index_published (
    quarter      text    not null,
    edition      integer not null,
    scope        text    not null,
    revision     integer not null,          -- of the score that this edition shows
    primary key (quarter, edition, scope)
);
