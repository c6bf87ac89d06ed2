-- Small facts that outlive a restart and belong to no feature: which commands Discord has, which private channel a person has.
create table kept (
    key    text primary key not null,
    value  text not null
);
