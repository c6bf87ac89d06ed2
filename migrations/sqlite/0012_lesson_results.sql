-- What leads were last shown about a lesson, as JSON. A figure moves on only when five more people stand behind the change, so that two
-- looks at the results never tell one person apart.
create table lesson_results (
    guild_id   integer  not null,
    lesson_id  text    not null,
    version    text    not null,
    figures    text    not null,
    primary key (guild_id, lesson_id, version)
);
