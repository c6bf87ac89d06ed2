//! Files that are wrong in one way each (`tests/data/refused`), and files that are unusual and taken (`tests/data/taken`): what is said
//! of each, and that a refused file leaves the database as it was.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::cx_index::{self, About, Format, ImportOptions, SurveyType};
use cxbot::error::Error;
use cxbot::on_db;
use cxbot::services::Services;
use cxbot::store::Store;

crate::on_both!(
    a_refused_file_is_told_by_row_and_column_and_changes_nothing,
    an_unusual_file_is_taken_and_what_is_left_out_is_said
);

fn services(store: Store) -> Services {
    let settings = Settings::load(&Overrides::default()).expect("the built-in settings");
    let clock = Clock::manual("2026-11-23T17:00:00Z".parse().unwrap());
    Services { store, clock, settings: Arc::new(settings), content: Content::built_in() }
}

/// Every file below a folder of `tests/data`, with the format that its folder is named after.
fn files(folder: &str) -> Vec<(Format, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(folder);
    let mut found = Vec::new();
    for format in Format::ALL {
        let Ok(folder) = std::fs::read_dir(root.join(format.key())) else { continue };
        let sorted: BTreeSet<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
        found.extend(sorted.into_iter().map(|path| (format, path)));
    }
    found
}

fn options(format: Format, path: &Path) -> ImportOptions {
    let mut options = ImportOptions { format, ..ImportOptions::default() };
    if matches!(format, Format::A11Summary | Format::TouchpointsV2) {
        options.about = About {
            program: Some("va-outpatient".into()),
            period: Some("FY2022Q1".parse().unwrap()),
            survey_type: Some(SurveyType::LikertScale),
            ..About::default()
        };
    }
    if path.file_stem().is_some_and(|name| name.to_string_lossy().starts_with("question-1-")) {
        options.about.survey_type = None;
    }
    options
}

/// Every row of every table that an import may touch.
async fn everything(store: &Store) -> Vec<String> {
    const TABLES: [&str; 6] =
        ["index_imports", "index_observations", "index_scores", "index_definitions", "programs", "measures"];
    let mut all = Vec::new();
    for table in TABLES {
        let sql = format!("select count(*) from {table}");
        let rows: i64 = store
            .read(|tx| {
                Box::pin(async move {
                    Ok(on_db!(tx, conn => sqlx::query_scalar(sqlx::AssertSqlSafe(sql.clone())).fetch_one(conn).await?))
                })
            })
            .await
            .unwrap();
        all.push(format!("{table}: {rows}"));
    }
    let scores: Vec<(String, String, i64, String)> = store
        .read(|tx| {
            Box::pin(async move {
                const SQL: &str =
                    "select scope, quarter, revision, input_hash from index_scores order by scope, quarter, revision";
                Ok(on_db!(tx, conn => sqlx::query_as(SQL).fetch_all(conn).await?))
            })
        })
        .await
        .unwrap();
    all.extend(scores.into_iter().map(|score| format!("{score:?}")));
    all
}

async fn a_refused_file_is_told_by_row_and_column_and_changes_nothing(store: Store) {
    let services = services(store.clone());
    let examples = services.content.read("examples/figures-tidy.csv").unwrap().text;
    cx_index::import(&services, std::io::Cursor::new(examples), "examples.csv", "command line", false).await.unwrap();
    let before = everything(&store).await;
    let all = files("refused");
    assert!(all.len() > 50, "the corpus was not found");
    let mut told = String::new();
    for (format, path) in all {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let file = std::fs::File::open(&path).unwrap();
        let refusal = cx_index::import_as(&services, file, &name, "command line", options(format, &path)).await;
        let Err(Error::Refused(sentence)) = refusal else { panic!("{format:?} {name} was not refused: {refusal:?}") };
        assert!(sentence.starts_with(&format!("{name} was not imported; nothing was changed.\n- row ")), "{sentence}");
        let short: Vec<String> = sentence.lines().map(|line| line.chars().take(230).collect()).collect();
        let _ = writeln!(told, "{} {}\n", format.key(), short.join("\n"));
    }
    for format in Format::ALL {
        // A row of 2 MB, in place of a file of that size.
        let file = std::io::Cursor::new(vec![b'x'; 2 << 20]);
        let refusal =
            cx_index::import_as(&services, file, "long.csv", "command line", options(format, Path::new("long.csv")))
                .await
                .unwrap_err();
        let _ = writeln!(told, "{} {refusal}\n", format.key());
    }
    insta::assert_snapshot!("refused_files", told);
    assert_eq!(everything(&store).await, before, "a refused file changed something");
}

async fn an_unusual_file_is_taken_and_what_is_left_out_is_said(store: Store) {
    let services = services(store);
    let mut told = String::new();
    for (format, path) in files("taken") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut options = options(format, &path);
        options.dry_run = true;
        let file = std::fs::File::open(&path).unwrap();
        let report = cx_index::import_as(&services, file, &name, "command line", options).await.unwrap();
        let _ = writeln!(told, "{} {report}\n", format.key());
    }
    insta::assert_snapshot!("unusual_files", told);
}
