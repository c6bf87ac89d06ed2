-- Figures that came in, and the scores computed from them. Nothing here is ever changed: a correction is a new revision.
-- Its one row is locked by whoever brings figures in or computes scores, so that two at once take turns and miss nothing.
create table index_turn (
    turn_id  bigint primary key,
    taken_at timestamptz not null
);
create table index_definitions (
    definition_id text primary key,         -- for example cxi-1.0
    hash          text not null,            -- SHA-256 of the canonical document
    document      text not null,            -- the canonical document itself
    first_used_at timestamptz not null
);
create table index_imports (
    id          bigint generated always as identity primary key,
    file_name   text    not null,
    sha256      text    not null,           -- of the file's bytes
    imported_by text    not null,           -- "command line", or the person's id on Discord
    taken       bigint not null,           -- rows that brought something new
    imported_at timestamptz    not null
);
-- One figure of one measure in one channel and quarter. The newest revision counts.
create table index_observations (
    id            bigint generated always as identity primary key,
    import_id     bigint not null references index_imports (id),
    program_key   text    not null,
    measure_key   text    not null,
    channel       text    not null,         -- all, when channels are not told apart
    quarter       text    not null,         -- federal fiscal quarter, for example FY2027Q1
    revision      bigint not null,         -- from 1
    source_id     text    not null,         -- the survey; measures of one survey come from the same people
    kind          text    not null,         -- counts, share, mean, value
    counts        text,                     -- JSON: one number an option, worst first
    value         double precision,                     -- share in percent, mean in points, or the operational figure
    deviation     double precision,                     -- of a mean, in points
    n             bigint,
    population    bigint,                  -- the channel's customers: how many people could have answered
    worst         double precision,                     -- the anchors in force when the figure came in
    target        double precision,
    best          double precision,
    note          text    not null,
    demonstration boolean not null,         -- made up for practice
    foreign key (program_key, measure_key) references measures (program_key, measure_key),
    unique (program_key, measure_key, channel, quarter, revision)
);
create index index_observations_by_quarter on index_observations (quarter);
-- Computed scores, ready to be read: the cost of a reply does not grow with the number of answers.
create table index_scores (
    id              bigint generated always as identity primary key,
    scope           text    not null,       -- audience:public, audience:agency, program:KEY
    quarter         text    not null,
    revision        bigint not null,       -- from 1; the newest one is shown
    value           double precision,                   -- null: not enough data, detail says why
    standard_error  double precision,
    degrees_of_freedom double precision,                -- null: everybody was counted
    low             double precision,
    high            double precision,
    coverage        double precision    not null,       -- share of the weight that has data, 0 to 1
    people          bigint not null,       -- how many answered, at least
    detail          text    not null,       -- JSON: what the replies say besides
    definition_id   text    not null references index_definitions (definition_id),
    definition_hash text    not null,
    input_hash      text    not null,       -- SHA-256 of everything the score was computed from
    moved_points    double precision,                   -- against the revision before; null for the first and where one of them has no value
    computed_at     timestamptz    not null,
    unique (scope, quarter, revision)
);
create index index_scores_by_quarter on index_scores (quarter);
