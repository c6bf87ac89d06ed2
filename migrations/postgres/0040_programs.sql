-- The programs whose customers are heard, and what is measured for each. Kept by the installation, not by a server: one agency, one
-- inventory. Loaded from programs.toml; a measure that has figures keeps its question and scale for ever.
create table programs (
    program_key  text    primary key,
    name         text    not null,
    audience     text    not null,          -- public, agency
    owner        text    not null,
    from_quarter text,                      -- first quarter in the inventory; null: from the beginning
    until_quarter text,                     -- last quarter in the inventory; null: still
    position     bigint not null,          -- order in which programs are shown
    retired      boolean not null           -- no longer in the inventory; its past scores stay
);
create table measures (
    program_key    text    not null references programs (program_key),
    measure_key    text    not null,
    name           text    not null,
    category       text    not null,        -- quality, responsiveness, timeliness, adoption, quantity
    source_kind    text    not null,        -- customer, operational, inside
    options        bigint,                 -- number of options of a question; null for an operational figure
    reversed       boolean not null,        -- the question's first option is the best one
    unit           text,                    -- the three anchors' unit; null for a question
    worst          double precision,
    target         double precision,
    best           double precision,
    weight         double precision    not null,        -- inside its category
    valid_quarters bigint not null,        -- 1 to 4: for how many quarters a figure holds
    wording        text    not null,        -- the exact question, or what exactly is counted
    owner          text    not null,
    position       bigint not null,
    retired        boolean not null,
    in_use         boolean not null,        -- figures exist, so the question and its scale are fixed
    primary key (program_key, measure_key)
);
