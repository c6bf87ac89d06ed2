//! The rows of `programs` and `measures`.

use sqlx::FromRow;

use super::{Audience, Category, Instrument, Measure, Program, SourceKind};
use crate::calendar::Quarter;
use crate::error::{Error, Result};
use crate::on_db;
use crate::store::Tx;

/// What bringing the inventory up to date did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synced {
    /// Whether anything about programs or measures changed.
    pub changed: bool,
}

#[derive(FromRow)]
struct ProgramRow {
    program_key: String,
    name: String,
    audience: String,
    owner: String,
    from_quarter: Option<String>,
    until_quarter: Option<String>,
}

#[derive(FromRow)]
struct MeasureRow {
    program_key: String,
    measure_key: String,
    name: String,
    category: String,
    source_kind: String,
    options: Option<i64>,
    reversed: bool,
    unit: Option<String>,
    worst: Option<f64>,
    target: Option<f64>,
    best: Option<f64>,
    weight: f64,
    valid_quarters: i64,
    wording: String,
    owner: String,
}

#[derive(FromRow)]
struct UsedRow {
    program_key: String,
    measure_key: String,
    in_use: bool,
}

/// Every program in the inventory with its measures, in the order they are shown.
pub async fn list(tx: &mut Tx) -> Result<Vec<Program>> {
    const PROGRAMS: &str = "select program_key, name, audience, owner, from_quarter, until_quarter from programs where not retired order by position, program_key";
    const MEASURES: &str =
        "select m.program_key, m.measure_key, m.name, m.category, m.source_kind, m.options, m.reversed, m.unit,
                m.worst, m.target, m.best, m.weight, m.valid_quarters, m.wording, m.owner
         from measures m join programs p on p.program_key = m.program_key
         where not m.retired and not p.retired order by m.position, m.measure_key";
    let programs: Vec<ProgramRow> = on_db!(tx, conn => sqlx::query_as(PROGRAMS).fetch_all(conn).await?);
    let rows: Vec<MeasureRow> = on_db!(tx, conn => sqlx::query_as(MEASURES).fetch_all(conn).await?);
    let mut programs = programs.into_iter().map(ProgramRow::into_program).collect::<Result<Vec<_>>>()?;
    for row in rows {
        if let Some(program) = programs.iter_mut().find(|program| program.key == row.program_key) {
            program.measures.push(row.into_measure()?);
        }
    }
    Ok(programs)
}

/// Makes the inventory say what `wanted` says: adds, changes, and retires what is not in it. Repeating it changes nothing.
///
/// # Errors
/// A sentence, when a measure that has figures would get another question, scale or source; nothing is changed then.
pub async fn sync(tx: &mut Tx, wanted: &[Program]) -> Result<Synced> {
    let planned = planned(tx, wanted).await?;
    write_all(tx, &planned).await
}

async fn write_all(tx: &mut Tx, wanted: &[Program]) -> Result<Synced> {
    const USED: &str = "select program_key, measure_key, in_use from measures";
    let known = list_with_retired(tx).await?;
    let used: Vec<UsedRow> = on_db!(tx, conn => sqlx::query_as(USED).fetch_all(conn).await?);
    for program in wanted {
        for measure in &program.measures {
            let in_use =
                used.iter().any(|row| row.in_use && row.program_key == program.key && row.measure_key == measure.key);
            let before = known.iter().find(|one| one.key == program.key).and_then(|one| one.measure(&measure.key));
            if let Some(before) = before.filter(|before| in_use && !same_series(before, measure)) {
                return Err(Error::refused(format!(
                    "The measure {}/{} has figures, so its question, scale, source and category stay as they were (\"{}\"). Give the \
                     changed measure a new key and keep or remove the old one; nothing was changed.",
                    program.key, measure.key, before.wording
                )));
            }
        }
    }
    if list(tx).await? == wanted {
        return Ok(Synced { changed: false });
    }
    retire_all(tx).await?;
    for (position, program) in (0_i64..).zip(wanted) {
        save_program(tx, position, program).await?;
        for (position, measure) in (0_i64..).zip(&program.measures) {
            save_measure(tx, position, &program.key, measure).await?;
        }
    }
    Ok(Synced { changed: true })
}

/// What [`sync`] makes of the inventory: the file's programs, with those that were added or changed here standing as they are here.
pub async fn planned(tx: &mut Tx, wanted: &[Program]) -> Result<Vec<Program>> {
    const KEPT: &str = "select program_key from programs where kept_here and not retired";
    let kept: Vec<String> = on_db!(tx, conn => sqlx::query_scalar(KEPT).fetch_all(conn).await?);
    let mut here: Vec<Program> = list(tx).await?.into_iter().filter(|program| kept.contains(&program.key)).collect();
    let mut planned: Vec<Program> = wanted
        .iter()
        .map(|program| match here.iter().position(|kept| kept.key == program.key) {
            Some(index) => here.remove(index),
            None => program.clone(),
        })
        .collect();
    planned.append(&mut here);
    Ok(planned)
}

/// Adds a program or changes it with all its measures, and keeps it from then on as it is here, whatever the file says. Measures that
/// it no longer has are retired.
///
/// # Errors
/// As [`sync`].
pub async fn keep(tx: &mut Tx, program: &Program) -> Result<()> {
    const KEEP: &str = "update programs set kept_here = true where program_key = $1";
    let mut all = list(tx).await?;
    match all.iter_mut().find(|one| one.key == program.key) {
        Some(before) => before.clone_from(program),
        None => all.push(program.clone()),
    }
    on_db!(tx, conn => sqlx::query(KEEP).bind(&program.key).execute(conn).await?.rows_affected());
    write_all(tx, &all).await?;
    on_db!(tx, conn => sqlx::query(KEEP).bind(&program.key).execute(conn).await?.rows_affected());
    Ok(())
}

/// Marks a measure as having figures, which fixes its question and scale.
pub async fn mark_in_use(tx: &mut Tx, program: &str, measure: &str) -> Result<()> {
    const SQL: &str = "update measures set in_use = true where program_key = $1 and measure_key = $2 and not in_use";
    on_db!(tx, conn => sqlx::query(SQL).bind(program).bind(measure).execute(conn).await?.rows_affected());
    Ok(())
}

/// Anchors may move (each figure keeps those it came in with); what people are asked may not.
fn same_series(before: &Measure, after: &Measure) -> bool {
    let same_instrument = match (&before.instrument, &after.instrument) {
        (Instrument::Value { unit: old, .. }, Instrument::Value { unit: new, .. }) => old == new,
        (old, new) => old == new,
    };
    same_instrument
        && before.wording == after.wording
        && before.source_kind == after.source_kind
        && before.category == after.category
}

async fn list_with_retired(tx: &mut Tx) -> Result<Vec<Program>> {
    const PROGRAMS: &str = "select program_key, name, audience, owner, from_quarter, until_quarter from programs";
    const MEASURES: &str = "select program_key, measure_key, name, category, source_kind, options, reversed, unit,
                worst, target, best, weight, valid_quarters, wording, owner from measures";
    let programs: Vec<ProgramRow> = on_db!(tx, conn => sqlx::query_as(PROGRAMS).fetch_all(conn).await?);
    let rows: Vec<MeasureRow> = on_db!(tx, conn => sqlx::query_as(MEASURES).fetch_all(conn).await?);
    let mut programs = programs.into_iter().map(ProgramRow::into_program).collect::<Result<Vec<_>>>()?;
    for row in rows {
        if let Some(program) = programs.iter_mut().find(|program| program.key == row.program_key) {
            program.measures.push(row.into_measure()?);
        }
    }
    Ok(programs)
}

async fn retire_all(tx: &mut Tx) -> Result<()> {
    on_db!(tx, conn => sqlx::query("update measures set retired = true").execute(conn).await?.rows_affected());
    on_db!(tx, conn => sqlx::query("update programs set retired = true").execute(conn).await?.rows_affected());
    Ok(())
}

async fn save_program(tx: &mut Tx, position: i64, program: &Program) -> Result<()> {
    const SQL: &str = "insert into programs (program_key, name, audience, owner, from_quarter, until_quarter, position, retired)
         values ($1, $2, $3, $4, $5, $6, $7, false)
         on conflict (program_key) do update set
             name = excluded.name, audience = excluded.audience, owner = excluded.owner,
             from_quarter = excluded.from_quarter, until_quarter = excluded.until_quarter, position = excluded.position, retired = false";
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(&program.key)
        .bind(&program.name)
        .bind(program.audience.key())
        .bind(&program.owner)
        .bind(program.from.map(|quarter| quarter.to_string()))
        .bind(program.until.map(|quarter| quarter.to_string()))
        .bind(position)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

async fn save_measure(tx: &mut Tx, position: i64, program: &str, measure: &Measure) -> Result<()> {
    const SQL: &str = "insert into measures (program_key, measure_key, name, category, source_kind, options, reversed, unit, worst, target,
             best, weight, valid_quarters, wording, owner, position, retired, in_use)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, false, false)
         on conflict (program_key, measure_key) do update set
             name = excluded.name, category = excluded.category, source_kind = excluded.source_kind, options = excluded.options,
             reversed = excluded.reversed, unit = excluded.unit, worst = excluded.worst, target = excluded.target,
             best = excluded.best, weight = excluded.weight, valid_quarters = excluded.valid_quarters,
             wording = excluded.wording, owner = excluded.owner, position = excluded.position, retired = false";
    let (options, reversed, unit, worst, target, best) = match &measure.instrument {
        Instrument::Scale { options, reversed } => (Some(i64::from(*options)), *reversed, None, None, None, None),
        Instrument::Value { unit, worst, target, best } => {
            (None, false, Some(unit.as_str()), Some(*worst), Some(*target), *best)
        }
    };
    on_db!(tx, conn => sqlx::query(SQL)
        .bind(program)
        .bind(&measure.key)
        .bind(&measure.name)
        .bind(measure.category.key())
        .bind(measure.source_kind.key())
        .bind(options)
        .bind(reversed)
        .bind(unit)
        .bind(worst)
        .bind(target)
        .bind(best)
        .bind(measure.weight)
        .bind(i64::from(measure.valid_quarters))
        .bind(&measure.wording)
        .bind(&measure.owner)
        .bind(position)
        .execute(conn)
        .await?
        .rows_affected());
    Ok(())
}

impl ProgramRow {
    fn into_program(self) -> Result<Program> {
        Ok(Program {
            audience: Audience::parse(&self.audience).ok_or_else(|| unknown("audience", &self.audience))?,
            key: self.program_key,
            name: self.name,
            owner: self.owner,
            from: self.from_quarter.as_deref().map(stored_quarter).transpose()?,
            until: self.until_quarter.as_deref().map(stored_quarter).transpose()?,
            measures: Vec::new(),
        })
    }
}

impl MeasureRow {
    fn into_measure(self) -> Result<Measure> {
        let instrument = match (self.options, self.worst, self.target) {
            (Some(options), ..) => Instrument::Scale {
                options: u8::try_from(options).map_err(|_| unknown("number of options", &options.to_string()))?,
                reversed: self.reversed,
            },
            (None, Some(worst), Some(target)) => {
                Instrument::Value { unit: self.unit.unwrap_or_default(), worst, target, best: self.best }
            }
            (None, ..) => return Err(unknown("instrument", &self.measure_key)),
        };
        Ok(Measure {
            category: Category::parse(&self.category).ok_or_else(|| unknown("category", &self.category))?,
            source_kind: SourceKind::parse(&self.source_kind).ok_or_else(|| unknown("source", &self.source_kind))?,
            key: self.measure_key,
            name: self.name,
            instrument,
            weight: self.weight,
            valid_quarters: u8::try_from(self.valid_quarters).unwrap_or(1),
            wording: self.wording,
            owner: self.owner,
        })
    }
}

fn stored_quarter(text: &str) -> Result<Quarter> {
    text.parse().map_err(|_| unknown("quarter", text))
}

fn unknown(what: &str, value: &str) -> Error {
    Error::internal(format!("the inventory of programs holds an unknown {what}: {value}"))
}
