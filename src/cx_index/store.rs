//! The rows of figures, imports, definitions and scores.

use chrono::{DateTime, TimeDelta, Utc};
use sqlx::FromRow;

use super::definitions::Ratified;
use super::model::interval::Range;
use super::observation::{Found, Observation};
use super::record::{Record, Scope, StoredScore};
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::on_db;
use crate::store::Tx;

crate::row_id! {
    /// One imported file.
    ImportId,
}

/// Where figures came from.
#[derive(Clone, Debug)]
pub struct Provenance<'a> {
    /// The file's name.
    pub file: &'a str,
    /// SHA-256 of its bytes.
    pub sha256: &'a str,
    /// Who brought it in.
    pub who: &'a str,
}

#[derive(FromRow)]
struct ObservationRow {
    program_key: String,
    measure_key: String,
    channel: String,
    quarter: String,
    source_id: String,
    kind: String,
    counts: Option<String>,
    value: Option<f64>,
    deviation: Option<f64>,
    n: Option<i64>,
    population: Option<i64>,
    worst: Option<f64>,
    target: Option<f64>,
    best: Option<f64>,
    note: String,
    demonstration: bool,
}

#[derive(FromRow)]
struct ScoreRow {
    scope: String,
    quarter: String,
    revision: i64,
    value: Option<f64>,
    standard_error: Option<f64>,
    degrees_of_freedom: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    coverage: f64,
    people: i64,
    detail: String,
    definition_id: String,
    definition_hash: String,
    input_hash: String,
    moved_points: Option<f64>,
    computed_at: DateTime<Utc>,
}

/// Waits until nobody else brings figures in or computes scores, and keeps the turn until the transaction ends. Take it before reading
/// what the computation stands on.
pub async fn take_turn(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "insert into index_turn (turn_id, taken_at) values (1, $1)
         on conflict (turn_id) do update set taken_at = excluded.taken_at";
    on_db!(tx, conn => sqlx::query(SQL).bind(now).execute(conn).await?.rows_affected());
    Ok(())
}

/// Takes a definition into use. That it is still the one in use, [`super::bridge::check`] makes sure.
pub async fn hold_definition(tx: &mut Tx, ratified: &Ratified, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str =
        "insert into index_definitions (definition_id, hash, document, first_used_at) values ($1, $2, $3, $4)
         on conflict (definition_id) do nothing";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(&ratified.definition.id)
        .bind(&ratified.hash)
        .bind(&ratified.document)
        .bind(now)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// Records that a file was brought in.
pub async fn add_import(tx: &mut Tx, from: &Provenance<'_>, taken: i64, now: DateTime<Utc>) -> Result<ImportId> {
    const SQL: &str = "insert into index_imports (file_name, sha256, imported_by, taken, imported_at) values ($1, $2, $3, $4, $5) returning id";
    let id: i64 = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(from.file)
        .bind(from.sha256)
        .bind(from.who)
        .bind(taken)
        .bind(now)
        .fetch_one(conn)
        .await?);
    Ok(ImportId(id))
}

/// Adds a figure as the newest revision of its measure, channel and quarter.
pub async fn add_observation(tx: &mut Tx, import: ImportId, observation: &Observation) -> Result<()> {
    const SQL: &str = "insert into index_observations (import_id, program_key, measure_key, channel, quarter, revision, source_id, kind, counts,
             value, deviation, n, population, worst, target, best, note, demonstration)
         select $1, $2, $3, $4, $5, coalesce(max(revision), 0) + 1, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17
         from index_observations where program_key = $2 and measure_key = $3 and channel = $4 and quarter = $5";
    let cells = FoundCells::of(&observation.found)?;
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(import.0)
        .bind(&observation.program)
        .bind(&observation.measure)
        .bind(&observation.channel)
        .bind(observation.quarter.to_string())
        .bind(&observation.source_id)
        .bind(observation.found.kind())
        .bind(cells.counts)
        .bind(cells.value)
        .bind(cells.deviation)
        .bind(cells.n)
        .bind(observation.population.map(u64::cast_signed))
        .bind(cells.worst)
        .bind(cells.target)
        .bind(cells.best)
        .bind(&observation.note)
        .bind(observation.demonstration)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

/// An import on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportEntry {
    /// The file's name.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// Where a figure of an import stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Key of the program.
    pub program: String,
    measure: String,
    channel: String,
    /// The quarter.
    pub quarter: Quarter,
    revision: i64,
    /// Nothing newer replaced it.
    pub is_newest: bool,
}

/// An import by its number.
pub async fn find_import(tx: &mut Tx, import: ImportId) -> Result<Option<ImportEntry>> {
    const SQL: &str = "select file_name, sha256 from index_imports where id = $1";
    let row: Option<(String, String)> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(import.0).fetch_optional(conn).await?);
    Ok(row.map(|(file, sha256)| ImportEntry { file, sha256 }))
}

/// Every figure that an import brought in.
pub async fn list_places(tx: &mut Tx, import: ImportId) -> Result<Vec<Place>> {
    const SQL: &str = "select o.program_key, o.measure_key, o.channel, o.quarter, o.revision, not exists (
             select 1 from index_observations later
             where later.program_key = o.program_key and later.measure_key = o.measure_key and later.channel = o.channel
               and later.quarter = o.quarter and later.revision > o.revision) as is_newest
         from index_observations o where o.import_id = $1 order by o.id";
    let rows: Vec<(String, String, String, String, i64, bool)> =
        on_db!(tx, conn => sqlx::query_as(SQL).bind(import.0).fetch_all(conn).await?);
    rows.into_iter()
        .map(|(program, measure, channel, quarter, revision, is_newest)| {
            Ok(Place { program, measure, channel, quarter: stored_quarter(&quarter)?, revision, is_newest })
        })
        .collect()
}

/// Puts the figure before this one in force again, as a new revision, or withdraws it when there was none.
pub async fn take_back(tx: &mut Tx, import: ImportId, place: &Place) -> Result<()> {
    const RESTORE: &str = "insert into index_observations (import_id, program_key, measure_key, channel, quarter, revision, source_id, kind,
             counts, value, deviation, n, population, worst, target, best, note, demonstration)
         select $1, program_key, measure_key, channel, quarter, $6 + 1, source_id, kind,
             counts, value, deviation, n, population, worst, target, best, note, demonstration
         from index_observations where program_key = $2 and measure_key = $3 and channel = $4 and quarter = $5 and revision = $6 - 1";
    const WITHDRAW: &str = "insert into index_observations (import_id, program_key, measure_key, channel, quarter, revision, source_id, kind,
             note, demonstration)
         select $1, program_key, measure_key, channel, quarter, $6 + 1, source_id, 'withdrawn', note, demonstration
         from index_observations where program_key = $2 and measure_key = $3 and channel = $4 and quarter = $5 and revision = $6";
    for sql in [RESTORE, WITHDRAW] {
        let added = on_db!(tx, conn => sqlx::query(sql)
            .bind(import.0)
            .bind(&place.program)
            .bind(&place.measure)
            .bind(&place.channel)
            .bind(place.quarter.to_string())
            .bind(place.revision)
            .execute(conn)
            .await?
            .rows_affected());
        if added > 0 {
            break;
        }
    }
    Ok(())
}

/// The newest revision of every figure from `first` to `last`.
pub async fn list_observations(tx: &mut Tx, first: Quarter, last: Quarter) -> Result<Vec<Observation>> {
    const SQL: &str = "select o.program_key, o.measure_key, o.channel, o.quarter, o.source_id, o.kind, o.counts, o.value, o.deviation, o.n,
                o.population, o.worst, o.target, o.best, o.note, o.demonstration
         from index_observations o
         where o.quarter >= $1 and o.quarter <= $2 and o.kind <> 'withdrawn' and not exists (
             select 1 from index_observations later
             where later.program_key = o.program_key and later.measure_key = o.measure_key and later.channel = o.channel
               and later.quarter = o.quarter and later.revision > o.revision)
         order by o.program_key, o.measure_key, o.quarter, o.channel";
    let rows: Vec<ObservationRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(first.to_string())
        .bind(last.to_string())
        .fetch_all(conn)
        .await?);
    rows.into_iter().map(ObservationRow::into_observation).collect()
}

/// The quarters from `first` to `last` that have a figure or a score, in order.
pub async fn list_quarters_with_anything(tx: &mut Tx, first: Quarter, last: Quarter) -> Result<Vec<Quarter>> {
    const SQL: &str = "select distinct quarter from index_observations where quarter >= $1 and quarter <= $2
         union select distinct quarter from index_scores where quarter >= $1 and quarter <= $2
         union select distinct quarter from survey_counts where published and program is not null and quarter >= $1 and quarter <= $2
         order by quarter";
    let rows: Vec<String> = on_db!(tx, conn => sqlx::query_scalar(SQL)
        .bind(first.to_string())
        .bind(last.to_string())
        .fetch_all(conn)
        .await?);
    rows.iter().map(|text| stored_quarter(text)).collect()
}

/// The quarters in which some index has a value, newest first, at most `most`.
pub async fn list_quarters_with_an_index(tx: &mut Tx, most: i64) -> Result<Vec<Quarter>> {
    const SQL: &str = "select distinct quarter from index_scores s
         where s.scope in ('audience:public', 'audience:agency') and s.value is not null
           and s.revision = (select max(revision) from index_scores newer where newer.scope = s.scope and newer.quarter = s.quarter)
         order by quarter desc limit $1";
    let rows: Vec<String> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(most).fetch_all(conn).await?);
    rows.iter().map(|text| stored_quarter(text)).collect()
}

/// Both indexes of a quarter as they are shown (the published revision, else the newest): one read, whatever the number of answers.
pub async fn list_indexes(tx: &mut Tx, quarter: Quarter) -> Result<Vec<Record>> {
    const SQL: &str = "select scope, quarter, revision, value, standard_error, degrees_of_freedom, low, high, coverage, people, detail,
                definition_id, definition_hash, input_hash, moved_points, computed_at
         from index_scores s
         where s.quarter = $1 and s.scope in ('audience:public', 'audience:agency')
           and s.revision = coalesce(
               (select p.revision from index_published p where p.scope = s.scope and p.quarter = s.quarter order by p.edition desc limit 1),
               (select max(revision) from index_scores newer where newer.scope = s.scope and newer.quarter = s.quarter))
         order by s.scope desc";
    let rows: Vec<ScoreRow> = on_db!(tx, conn => sqlx::query_as(SQL).bind(quarter.to_string()).fetch_all(conn).await?);
    rows.into_iter().map(ScoreRow::into_record).collect()
}

/// Every score of a quarter, as it is shown or, with `newest`, in its newest revision; indexes first, then programs by key.
pub async fn list_scores(tx: &mut Tx, quarter: Quarter, newest: bool) -> Result<Vec<Record>> {
    const SHOWN: &str = "select scope, quarter, revision, value, standard_error, degrees_of_freedom, low, high, coverage, people, detail,
                definition_id, definition_hash, input_hash, moved_points, computed_at
         from index_scores s where s.quarter = $1 and s.revision = coalesce(
               (select p.revision from index_published p where p.scope = s.scope and p.quarter = s.quarter order by p.edition desc limit 1),
               (select max(revision) from index_scores newer where newer.scope = s.scope and newer.quarter = s.quarter))
         order by s.scope";
    const NEWEST: &str = "select scope, quarter, revision, value, standard_error, degrees_of_freedom, low, high, coverage, people, detail,
                definition_id, definition_hash, input_hash, moved_points, computed_at
         from index_scores s where s.quarter = $1
           and s.revision = (select max(revision) from index_scores newer where newer.scope = s.scope and newer.quarter = s.quarter)
         order by s.scope";
    let sql = if newest { NEWEST } else { SHOWN };
    let rows: Vec<ScoreRow> = on_db!(tx, conn => sqlx::query_as(sql).bind(quarter.to_string()).fetch_all(conn).await?);
    rows.into_iter().map(ScoreRow::into_record).collect()
}

/// One score from quarter to quarter as it is shown, the oldest first.
pub async fn list_course(tx: &mut Tx, scope: &Scope, first: Quarter, last: Quarter) -> Result<Vec<Record>> {
    const SQL: &str = "select scope, quarter, revision, value, standard_error, degrees_of_freedom, low, high, coverage, people, detail,
                definition_id, definition_hash, input_hash, moved_points, computed_at
         from index_scores s where s.scope = $1 and s.quarter >= $2 and s.quarter <= $3 and s.revision = coalesce(
               (select p.revision from index_published p where p.scope = s.scope and p.quarter = s.quarter order by p.edition desc limit 1),
               (select max(revision) from index_scores newer where newer.scope = s.scope and newer.quarter = s.quarter))
         order by s.quarter";
    let rows: Vec<ScoreRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(scope.key())
        .bind(first.to_string())
        .bind(last.to_string())
        .fetch_all(conn)
        .await?);
    rows.into_iter().map(ScoreRow::into_record).collect()
}

/// The quarters that have any score, newest first.
pub async fn list_scored_quarters(tx: &mut Tx, most: i64) -> Result<Vec<Quarter>> {
    const SQL: &str = "select distinct quarter from index_scores order by quarter desc limit $1";
    let rows: Vec<String> = on_db!(tx, conn => sqlx::query_scalar(SQL).bind(most).fetch_all(conn).await?);
    rows.iter().map(|text| stored_quarter(text)).collect()
}

/// Leaves figures to be confirmed; returns the number of the draft. What nobody confirmed for a week is forgotten.
pub async fn add_draft(tx: &mut Tx, person: UserId, document: &str, now: DateTime<Utc>) -> Result<i64> {
    const FORGET: &str = "delete from index_drafts where drafted_at < $1";
    const SQL: &str = "insert into index_drafts (person, document, drafted_at) values ($1, $2, $3) returning id";
    let before = now - TimeDelta::days(7);
    on_db!(tx, conn => sqlx::query(FORGET).bind(before).execute(conn).await?.rows_affected());
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(person.db()).bind(document).bind(now).fetch_one(conn).await?))
}

/// Takes a draft away: whoever gets it is the one who stores it. `None` when it is gone or somebody else's.
pub async fn take_draft(tx: &mut Tx, id: i64, person: UserId) -> Result<Option<String>> {
    const SQL: &str = "delete from index_drafts where id = $1 and person = $2 returning document";
    Ok(on_db!(tx, conn => sqlx::query_scalar(SQL).bind(id).bind(person.db()).fetch_optional(conn).await?))
}

/// The newest revision of a score.
pub async fn find_score(tx: &mut Tx, scope: &Scope, quarter: Quarter) -> Result<Option<Record>> {
    const SQL: &str = "select scope, quarter, revision, value, standard_error, degrees_of_freedom, low, high, coverage, people, detail,
                definition_id, definition_hash, input_hash, moved_points, computed_at
         from index_scores where scope = $1 and quarter = $2 order by revision desc limit 1";
    let row: Option<ScoreRow> = on_db!(tx, conn => sqlx::query_as(SQL)
        .bind(scope.key())
        .bind(quarter.to_string())
        .fetch_optional(conn)
        .await?);
    row.map(ScoreRow::into_record).transpose()
}

/// Stores a score. Its revision must be the next one.
pub async fn add_score(tx: &mut Tx, record: &Record) -> Result<()> {
    const SQL: &str = "insert into index_scores (scope, quarter, revision, value, standard_error, degrees_of_freedom, low, high, coverage, people,
             detail, definition_id, definition_hash, input_hash, moved_points, computed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)";
    let detail = serde_json::to_string(&record.detail).map_err(Error::internal)?;
    let score = record.score;
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(record.scope.key())
        .bind(record.quarter.to_string())
        .bind(record.revision)
        .bind(score.map(|score| score.value))
        .bind(score.map(|score| score.standard_error))
        .bind(score.and_then(|score| score.degrees_of_freedom))
        .bind(score.map(|score| score.range.low))
        .bind(score.map(|score| score.range.high))
        .bind(record.coverage)
        .bind(record.people.cast_signed())
        .bind(detail)
        .bind(&record.definition_id)
        .bind(&record.definition_hash)
        .bind(&record.input_hash)
        .bind(record.moved_points)
        .bind(record.computed_at)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

#[derive(Default)]
struct FoundCells {
    counts: Option<String>,
    value: Option<f64>,
    deviation: Option<f64>,
    n: Option<i64>,
    worst: Option<f64>,
    target: Option<f64>,
    best: Option<f64>,
}

impl FoundCells {
    fn of(found: &Found) -> Result<Self> {
        let n = found.n().map(u64::cast_signed);
        Ok(match found {
            Found::Counts(counts) => {
                Self { counts: Some(serde_json::to_string(counts).map_err(Error::internal)?), n, ..Self::default() }
            }
            Found::Share { percent, .. } => Self { value: Some(*percent), n, ..Self::default() },
            Found::Mean { points, deviation, .. } => {
                Self { value: Some(*points), deviation: Some(*deviation), n, ..Self::default() }
            }
            Found::Value { value, worst, target, best } => {
                Self { value: Some(*value), worst: Some(*worst), target: Some(*target), best: *best, ..Self::default() }
            }
        })
    }
}

impl ObservationRow {
    fn into_observation(self) -> Result<Observation> {
        let broken =
            || Error::internal(format!("a stored figure of {}/{} is incomplete", self.program_key, self.measure_key));
        let n = self.n.map(i64::cast_unsigned);
        let found = match self.kind.as_str() {
            "counts" => {
                let counts = self.counts.as_deref().ok_or_else(broken)?;
                Found::Counts(serde_json::from_str(counts).map_err(Error::internal)?)
            }
            "share" => Found::Share { percent: self.value.ok_or_else(broken)?, n: n.ok_or_else(broken)? },
            "mean" => Found::Mean {
                points: self.value.ok_or_else(broken)?,
                deviation: self.deviation.ok_or_else(broken)?,
                n: n.ok_or_else(broken)?,
            },
            "value" => Found::Value {
                value: self.value.ok_or_else(broken)?,
                worst: self.worst.ok_or_else(broken)?,
                target: self.target.ok_or_else(broken)?,
                best: self.best,
            },
            _ => return Err(broken()),
        };
        Ok(Observation {
            quarter: stored_quarter(&self.quarter)?,
            program: self.program_key,
            measure: self.measure_key,
            channel: self.channel,
            source_id: self.source_id,
            found,
            population: self.population.map(i64::cast_unsigned),
            note: self.note,
            demonstration: self.demonstration,
        })
    }
}

impl ScoreRow {
    fn into_record(self) -> Result<Record> {
        let score = match (self.value, self.standard_error, self.low, self.high) {
            (Some(value), Some(standard_error), Some(low), Some(high)) => Some(StoredScore {
                value,
                standard_error,
                degrees_of_freedom: self.degrees_of_freedom,
                range: Range { low, high },
            }),
            _ => None,
        };
        Ok(Record {
            scope: Scope::parse(&self.scope)
                .ok_or_else(|| Error::internal(format!("a stored score has an unknown scope: {}", self.scope)))?,
            quarter: stored_quarter(&self.quarter)?,
            revision: self.revision,
            score,
            coverage: self.coverage,
            people: self.people.cast_unsigned(),
            detail: serde_json::from_str(&self.detail).map_err(Error::internal)?,
            definition_id: self.definition_id,
            definition_hash: self.definition_hash,
            input_hash: self.input_hash,
            moved_points: self.moved_points,
            computed_at: self.computed_at,
        })
    }
}

fn stored_quarter(text: &str) -> Result<Quarter> {
    text.parse().map_err(|_| Error::internal(format!("a stored quarter is not one: {text}")))
}
