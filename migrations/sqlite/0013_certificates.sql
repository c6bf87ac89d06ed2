-- Certificates of finished series: the name as the member chose it, the series, the day. The code lets anybody check one.
create table certificates (
    code         text    not null primary key,
    guild_id     integer  not null,
    user_id      integer  not null,
    series       text    not null,
    series_title text    not null,
    name         text    not null,
    finished_on  text    not null,
    unique (guild_id, user_id, series)
);
