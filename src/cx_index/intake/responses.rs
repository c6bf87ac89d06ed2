//! Touchpoints, A-11 version 2: one row a response. Only counts are kept: no row, no comment, no identifier outlives its reading.

use std::io::Read;

use super::super::observation::{Found, Observation};
use super::{
    About, Format, ImportRefusal, Inventory, Map, Parsed, Problems, Progress, Reported, SurveyType, Table, place, short,
};
use crate::programs::{Instrument, SourceKind};

const DRIVERS: [&str; 7] = ["effectiveness", "ease", "efficiency", "transparency", "humanity", "employee", "other"];
const PROGRESS_EVERY: u64 = 100_000;

/// Positive and negative mentions of one driver; `None` while it was not offered.
#[derive(Clone, Copy, Default)]
struct Mentions {
    positive: Option<u64>,
    negative: Option<u64>,
}

pub(super) fn parse(
    file: &str,
    reader: impl Read,
    inventory: Inventory<'_>,
    about: &About,
    map: &Map,
    progress: Option<&Progress>,
) -> Result<Parsed, ImportRefusal> {
    let mut problems = Problems::default();
    let mut observations = Vec::new();
    let mut rows = 0;
    let sha256 =
        read(reader, inventory, about, map, progress, &mut problems, &mut observations, &mut rows).unwrap_or_default();
    let left_out = problems.finish(file)?;
    Ok(Parsed { observations, rows, left_out, sha256 })
}

#[expect(
    clippy::too_many_arguments,
    reason = "what is read, what it is held against, and three places to put what is found"
)]
fn read(
    reader: impl Read,
    inventory: Inventory<'_>,
    about: &About,
    map: &Map,
    progress: Option<&Progress>,
    problems: &mut Problems,
    observations: &mut Vec<Observation>,
    rows: &mut u64,
) -> Result<String, Reported> {
    let (program, quarter) = place(inventory, about, None, problems)?;
    let names: Vec<[String; 2]> =
        DRIVERS.iter().map(|driver| [format!("positive_{driver}"), format!("negative_{driver}")]).collect();
    let needed: Vec<&str> = ["external_id", "question_1"]
        .into_iter()
        .chain(names.iter().flatten().map(String::as_str))
        .chain(["question_4"])
        .collect();
    let mut table = Table::open(Format::TouchpointsV2, reader, &needed, problems)?;
    let find = |table: &Table<_>, name: &str| table.column(name).unwrap_or_default();
    let question = find(&table, "question_1");
    let columns: Vec<[usize; 2]> =
        names.iter().map(|[positive, negative]| [find(&table, positive), find(&table, negative)]).collect();

    // How often each code from 0 to 5 was given.
    let mut codes = [0_u64; 6];
    let mut first_line_of = [0_u64; 6];
    let mut drivers = [Mentions::default(); DRIVERS.len()];
    while table.next(problems)? {
        *rows += 1;
        if let Some(progress) = progress.filter(|_| rows.is_multiple_of(PROGRESS_EVERY)) {
            progress(*rows);
        }
        match table.at(question) {
            "" | "null" => {}
            cell => {
                if let Some(code) = cell.parse::<usize>().ok().filter(|code| *code <= 5 && cell.len() == 1) {
                    if codes[code] == 0 {
                        first_line_of[code] = table.line;
                    }
                    codes[code] += 1;
                } else {
                    let said =
                        format!("\"{}\" is not an answer; 0 or 1 for thumbs, 1 to 5 for the agree scale", short(cell));
                    problems.report(table.line, "question_1", said);
                }
            }
        }
        for (index, pair) in columns.iter().enumerate() {
            for (side, column) in pair.iter().enumerate() {
                let ticked = match table.at(*column) {
                    "1" => 1,
                    "0" => 0,
                    "null" | "" => continue,
                    other => {
                        let said =
                            format!("\"{}\" must be 1 (ticked), 0 (not ticked) or null (not offered)", short(other));
                        problems.report(table.line, &names[index][side], said);
                        continue;
                    }
                };
                let mentions = &mut drivers[index];
                let side = if side == 0 { &mut mentions.positive } else { &mut mentions.negative };
                *side = Some(side.unwrap_or(0) + ticked);
            }
        }
    }
    // The last rows, unless they have just been told.
    if let Some(progress) = progress.filter(|_| !rows.is_multiple_of(PROGRESS_EVERY)) {
        progress(*rows);
    }
    if *rows == 0 && problems.none() {
        return Err(problems.report(2, "", "the file has a header and no responses"));
    }
    let answers = trust(about, &codes, &first_line_of, problems)?;

    let observation = |measure: &str, counts: Vec<u64>, note: String| Observation {
        program: program.key.clone(),
        measure: measure.into(),
        channel: about.channel.clone().unwrap_or_else(|| "all".into()),
        quarter,
        source_id: about.source.clone().unwrap_or_else(|| format!("{}-touchpoints", program.key)),
        found: Found::Counts(counts),
        population: about.population,
        note,
        demonstration: false,
    };
    let named = |column: &str, own: &str| map.questions.get(column).cloned().unwrap_or_else(|| own.to_owned());
    let fits = |key: &str, options: usize| {
        program.measure(key).is_some_and(|measure| {
            measure.source_kind == SourceKind::Customer
                && matches!(measure.instrument, Instrument::Scale { options: registered, reversed: false } if usize::from(registered) == options)
        })
    };
    if let Some(counts) = answers {
        let key = named("question_1", "trust");
        let given: u64 = counts.iter().sum();
        if about.population.is_some_and(|population| population < given) {
            return Err(problems.report(1, "question_1", "more answers than people who could answer (population)"));
        }
        if fits(&key, counts.len()) {
            observations.push(observation(&key, counts, "Touchpoints A-11 v2; question_1".into()));
        } else {
            let options = counts.len();
            problems.leave_out(
                1,
                format!("question_1: {} has no customer measure \"{key}\" with {options} options", program.key),
            );
        }
    }
    for (driver, mentions) in DRIVERS.iter().zip(drivers) {
        let (positive, negative) = (mentions.positive, mentions.negative);
        if positive.is_none() && negative.is_none() {
            continue;
        }
        let counts = vec![negative.unwrap_or(0), positive.unwrap_or(0)];
        let key = named(driver, driver);
        if counts.iter().sum::<u64>() == 0 {
            problems.leave_out(1, format!("{driver}: offered, and nobody ticked it"));
        } else if fits(&key, 2) {
            observations.push(observation(&key, counts, format!("Touchpoints A-11 v2; mentions of {driver}")));
        } else {
            problems.leave_out(1, format!("{driver}: {} has no yes/no customer measure \"{key}\"", program.key));
        }
    }
    if observations.is_empty() && problems.none() {
        return Err(problems.report(
            1,
            "",
            format!(
                "nothing in it fits {}: register a measure \"trust\" with 2 or 5 options, or name measures in a map",
                program.key
            ),
        ));
    }
    Ok(table.sha256())
}

/// The answers to the first question by option; `None` when nobody answered it.
fn trust(
    about: &About,
    codes: &[u64; 6],
    first_line_of: &[u64; 6],
    problems: &mut Problems,
) -> Result<Option<Vec<u64>>, Reported> {
    let beyond_one = (2..=5).find(|code| codes[*code] > 0);
    let kind = match (about.survey_type, codes[0] > 0, beyond_one) {
        (None, false, None) if codes[1] == 0 => return Ok(None),
        (None, true, Some(code)) => {
            let said = format!("holds both 0 and {code}: thumbs and agree scale in one file. Split it by survey type");
            return Err(problems.report(first_line_of[code].max(first_line_of[0]), "question_1", said));
        }
        (None, true, None) => SurveyType::ThumbsUpDown,
        (None, false, Some(_)) => SurveyType::LikertScale,
        (None, false, None) => {
            return Err(problems.report(
                first_line_of[1],
                "question_1",
                "holds only 1, which is the best answer of thumbs and the worst of the agree scale. \
                 Say which (survey type): thumbs_up_down or likert_scale",
            ));
        }
        (Some(SurveyType::ThumbsUpDown), _, Some(code)) => {
            let said = format!("is {code}, which thumbs_up_down does not have");
            return Err(problems.report(first_line_of[code], "question_1", said));
        }
        (Some(SurveyType::LikertScale), true, _) => {
            return Err(problems.report(first_line_of[0], "question_1", "is 0, which likert_scale does not have"));
        }
        (Some(kind), _, _) => kind,
    };
    Ok(Some(match kind {
        SurveyType::ThumbsUpDown => codes[..2].to_vec(),
        SurveyType::LikertScale => codes[1..].to_vec(),
    }))
}
