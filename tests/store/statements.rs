//! Every SQL text in the source is prepared on both databases, and both must name the same result columns. The compiler checks none of it.

use std::path::Path;

use sqlx::{AssertSqlSafe, Column, Connection, Executor, PgConnection, SqlSafeStr, SqliteConnection, Statement};
use syn::visit::{self, Visit};

use crate::walls::rust_files;

/// How a text that a database runs begins.
const BEGINNINGS: [&str; 5] = ["select ", "insert ", "update ", "delete ", "with "];

/// One `const NAME: &str = "…"` that holds SQL.
struct Found {
    place: String,
    sql: String,
}

struct Finder<'a> {
    file: &'a str,
    found: Vec<Found>,
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        if let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &*item.expr {
            let sql = text.value();
            if BEGINNINGS.iter().any(|beginning| sql.trim_start().to_lowercase().starts_with(beginning)) {
                self.found.push(Found { place: format!("{} {}", self.file, item.ident), sql });
            }
        }
        visit::visit_item_const(self, item);
    }
}

fn statements() -> Vec<Found> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let name = file.strip_prefix(&source).unwrap().to_string_lossy().into_owned();
        let parsed = syn::parse_file(&std::fs::read_to_string(&file).unwrap()).unwrap();
        let mut finder = Finder { file: &name, found: Vec::new() };
        finder.visit_file(&parsed);
        all.extend(finder.found);
    }
    assert!(all.len() > 200, "only {} texts were found; are they still constants?", all.len());
    all
}

impl Found {
    /// The two databases take a whole list in words of their own.
    fn is_for_sqlite_alone(&self) -> bool {
        self.sql.contains("json_each(")
    }

    /// PostgreSQL locks rows and places, which SQLite with its one writer has no words for.
    fn is_for_postgres_alone(&self) -> bool {
        self.sql.contains(" for share") || self.sql.contains("pg_advisory_xact_lock")
    }
}

/// Whether a row of one reads like a row of the other. A single value is read by its place, and the databases name it differently.
fn alike(one: &[String], other: &[String]) -> bool {
    one == other || (one.len() == 1 && other.len() == 1)
}

/// The result columns of one text, or why it cannot be prepared.
macro_rules! columns {
    ($connection:expr, $sql:expr) => {
        match $connection.prepare(AssertSqlSafe($sql).into_sql_str()).await {
            Ok(statement) => Ok(statement.columns().iter().map(|column| column.name().to_owned()).collect::<Vec<_>>()),
            Err(fault) => Err(fault.to_string()),
        }
    };
}

#[tokio::test]
async fn every_statement_can_be_prepared_on_sqlite() {
    let fixture = crate::support::sqlite().await;
    let mut sqlite = SqliteConnection::connect(&fixture.url).await.unwrap();
    let mut wrong = Vec::new();
    for Found { place, sql } in statements().into_iter().filter(|found| !found.is_for_postgres_alone()) {
        if let Err(why) = columns!(sqlite, sql) {
            wrong.push(format!("{place}: {why}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn every_statement_gives_the_same_columns_on_both_databases() {
    let (on_sqlite, on_postgres) = (crate::support::sqlite().await, crate::support::postgres().await);
    let mut sqlite = SqliteConnection::connect(&on_sqlite.url).await.unwrap();
    let mut postgres = PgConnection::connect(&on_postgres.url).await.unwrap();
    let mut wrong = Vec::new();
    for found in statements() {
        if found.is_for_sqlite_alone() {
            continue;
        }
        let other = columns!(postgres, found.sql.clone());
        let one = if found.is_for_postgres_alone() { other.clone() } else { columns!(sqlite, found.sql.clone()) };
        let fits = matches!((&one, &other), (Ok(one), Ok(other)) if alike(one, other));
        if !fits {
            wrong.push(format!("{}\n  SQLite: {one:?}\n  PostgreSQL: {other:?}", found.place));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
