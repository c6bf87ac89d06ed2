//! Migrations come in pairs, give the same schema, and refuse a database from the future.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use cxbot::ids::GuildId;
use cxbot::on_db;
use cxbot::requests::{self, Kind, Request};
use cxbot::store::Store;

crate::on_both!(what_was_asked_before_the_budget_knew_of_it_counts);

fn names(folder: &str) -> BTreeSet<String> {
    let folder = format!("{}/migrations/{folder}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_two_listings_are_the_same() {
    assert_eq!(names("sqlite"), names("postgres"));
    assert!(!names("sqlite").is_empty());
}

#[tokio::test]
async fn migrating_twice_changes_nothing() {
    let fixture = crate::support::sqlite().await;
    fixture.store.migrate().await.unwrap();
}

#[tokio::test]
async fn a_database_from_a_newer_version_is_refused_in_words() {
    let fixture = crate::support::sqlite().await;
    fixture.store.close().await;
    let path = fixture.url.strip_prefix("sqlite:").unwrap();
    let newer = sqlx::SqlitePool::connect(path).await.unwrap();
    sqlx::query("insert into _sqlx_migrations (version, description, success, checksum, execution_time) values (9999, 'later', true, x'00', 0)")
        .execute(&newer)
        .await
        .unwrap();
    newer.close().await;
    let store = Store::connect(&fixture.url).await.unwrap();
    let refusal = store.migrate().await.unwrap_err().to_string();
    assert!(refusal.contains("newer cxbot") && refusal.contains("9999"), "{refusal}");
}

async fn what_was_asked_before_the_budget_knew_of_it_counts(store: Store) {
    let guild = GuildId(112_233_445_566_778_899);
    let at = |day: &str| format!("2026-11-{day}T15:00:00Z").parse::<DateTime<Utc>>().unwrap();
    store
        .write(move |tx| {
            Box::pin(async move {
                // As an older cxbot left it.
                for sql in ["drop table requests", "delete from _sqlx_migrations where version = 51"] {
                    on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected());
                }
                let round = "insert into recognition_rounds (guild_id, quarter, opened_at) values ($1, 'FY2027Q1', $2)";
                on_db!(tx, conn => sqlx::query(round).bind(guild.db()).bind(at("02")).execute(conn).await?.rows_affected());
                let vote = "insert into recognition_votes (guild_id, round_id, box_id, state, opened_at, closes_at)
                    select guild_id, id, 'b', 'open', $1, $2 from recognition_rounds";
                on_db!(tx, conn => sqlx::query(vote).bind(at("16")).bind(at("20")).execute(conn).await?.rows_affected());
                Ok(())
            })
        })
        .await
        .unwrap();
    store.migrate().await.unwrap();
    let known = store.write(move |tx| Box::pin(async move { requests::keep_since(tx, guild, at("01")).await }));
    let request = |kind, day| Request { kind, title: "FY2027Q1".to_owned(), asked_at: at(day) };
    assert_eq!(known.await.unwrap(), [request(Kind::Vote, "16"), request(Kind::Nominations, "02")]);
}

/// Table or view → columns, without types (they differ by design).
async fn sqlite_columns(url: &str) -> BTreeSet<String> {
    let pool = sqlx::SqlitePool::connect(url.strip_prefix("sqlite:").unwrap()).await.unwrap();
    let columns: Vec<(String,)> = sqlx::query_as(
        "select m.name || '.' || p.name || case when p.\"notnull\" = 1 or p.pk > 0 then ' not null' else '' end
         from sqlite_master m, pragma_table_info(m.name) p
         where m.type in ('table', 'view') and m.name not like '\\_sqlx%' escape '\\' and m.name not like 'sqlite\\_%' escape '\\'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    columns.into_iter().map(|(column,)| column).collect()
}

async fn postgres_columns(url: &str) -> BTreeSet<String> {
    let pool = sqlx::PgPool::connect(url).await.unwrap();
    let columns: Vec<(String,)> = sqlx::query_as(
        "select table_name || '.' || column_name || case when is_nullable = 'NO' then ' not null' else '' end
         from information_schema.columns where table_schema = 'public' and table_name <> '_sqlx_migrations'",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    columns.into_iter().map(|(column,)| column).collect()
}

#[tokio::test]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn both_databases_have_the_same_tables_columns_and_nulls() {
    let (sqlite, postgres) = (crate::support::sqlite().await, crate::support::postgres().await);
    assert_eq!(sqlite_columns(&sqlite.url).await, postgres_columns(&postgres.url).await);
}

/// Columns that hold the id of something that is not a person, by name, wherever they stand.
const THINGS: [&str; 21] = [
    "box_id",
    "channel_id",
    "comment_id",
    "definition_id",
    "draft_id",
    "guild_id",
    "import_id",
    "key_id",
    "lead_role_id",
    "learning_channel_id",
    "lesson_id",
    "message_id",
    "nomination_id",
    "pulse_channel_id",
    "pulse_id",
    "recognition_channel_id",
    "round_id",
    "schedule_id",
    "source_id",
    "turn_id",
    "vote_id",
];
/// Columns that look like a person and are not one.
const NOT_PEOPLE: [&str; 1] = ["survey_counts.ticked_by"];

/// What a table holds on a person, `/me` must show: whoever adds a column with somebody's id has to say so in a `PersonalData`.
#[tokio::test]
async fn every_column_that_names_a_person_is_known_to_me() {
    let fixture = crate::support::sqlite().await;
    let found: BTreeSet<String> = sqlite_columns(&fixture.url)
        .await
        .into_iter()
        .map(|column| column.trim_end_matches(" not null").to_owned())
        .filter(|column| {
            let name = column.rsplit('.').next().unwrap_or_default();
            let names_somebody = name.ends_with("_id") || name.ends_with("_by") || name == "person";
            names_somebody && !THINGS.contains(&name) && !NOT_PEOPLE.contains(&column.as_str())
        })
        .collect();
    let known: BTreeSet<String> =
        cxbot::features::Features::personal_data().iter().flat_map(|part| part.columns()).map(str::to_owned).collect();
    assert_eq!(found, known, "left: columns of the schema; right: columns that /me knows");
}
