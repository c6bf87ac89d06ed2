//! `config/holidays.toml`: days off of the agency's own.

use chrono::NaiveDate;
use serde::Deserialize;

use crate::calendar::{DayOff, WorkCalendar};
use crate::config::{Content, ContentFile, Problem};
use crate::error::{Error, Result};

const FILE: &str = "holidays.toml";
const LONGEST_NAME: usize = 80;

/// The federal holidays together with the agency's own days off.
///
/// # Errors
/// A sentence with file, line and what was expected, when `holidays.toml` is not right.
pub fn work_calendar(content: &Content) -> Result<WorkCalendar> {
    match parse(&content.read(FILE)?) {
        Ok(days) => Ok(WorkCalendar::with(days)),
        Err(problems) => {
            let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
            Err(Error::refused(format!("The days off are not right. {}", problems.join("; "))))
        }
    }
}

/// Every problem in `holidays.toml`; empty when it is right.
pub fn check_holidays(content: &Content) -> Vec<Problem> {
    match content.read(FILE) {
        Ok(file) => parse(&file).err().unwrap_or_default(),
        Err(fault) => {
            vec![Problem { file: FILE.into(), line: 1, key: "file".into(), expected: fault.to_string() }]
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRow {
    #[serde(default)]
    day_off: Vec<toml::Spanned<DayRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DayRow {
    name: toml::Spanned<String>,
    on: toml::Spanned<toml::value::Datetime>,
}

fn parse(file: &ContentFile) -> Result<Vec<DayOff>, Vec<Problem>> {
    let line_at = |offset: usize| file.text[..offset.min(file.text.len())].matches('\n').count() + 1;
    let problem = |offset: usize, key: &str, expected: String| Problem {
        file: file.path.clone(),
        line: line_at(offset),
        key: key.to_owned(),
        expected,
    };
    let rows: FileRow = toml::from_str(&file.text).map_err(|fault| {
        let offset = fault.span().map_or(0, |span| span.start);
        vec![problem(
            offset,
            "day_off",
            format!("{}; a day is written as [[day_off]] with name and on", fault.message()),
        )]
    })?;
    let mut days: Vec<DayOff> = Vec::new();
    let mut problems = Vec::new();
    for row in rows.day_off {
        let DayRow { name, on } = row.into_inner();
        let name_at = name.span().start;
        let name = name.into_inner().trim().to_owned();
        if name.is_empty() || name.chars().count() > LONGEST_NAME {
            problems.push(problem(name_at, "day_off.name", format!("a name of 1 to {LONGEST_NAME} characters")));
        }
        let on_at = on.span().start;
        let Some(date) = date_only(*on.get_ref()) else {
            problems.push(problem(on_at, "day_off.on", "a date without a time, such as 2026-12-24".into()));
            continue;
        };
        if days.iter().any(|day| day.on == date) {
            problems.push(problem(on_at, "day_off.on", format!("each day once; {date} stands above already")));
        }
        days.push(DayOff { name, on: date });
    }
    if problems.is_empty() { Ok(days) } else { Err(problems) }
}

fn date_only(value: toml::value::Datetime) -> Option<NaiveDate> {
    let date = value.date.filter(|_| value.time.is_none() && value.offset.is_none())?;
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> ContentFile {
        ContentFile { path: FILE.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn the_built_in_file_is_right() {
        assert_eq!(check_holidays(&Content::built_in()), []);
        assert_eq!(work_calendar(&Content::built_in()).unwrap(), WorkCalendar::federal());
    }

    #[test]
    fn days_of_the_agency_join_the_federal_ones() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "[[day_off]]\nname = \"Closed\"\non = 2026-12-24\n").unwrap();
        let content = Content::in_folder(folder.path());
        assert_eq!(check_holidays(&content), []);
        let calendar = work_calendar(&content).unwrap();
        assert_eq!(calendar.day_off("2026-12-24".parse().unwrap()), Some("Closed"));
        assert_eq!(calendar.day_off("2026-12-25".parse().unwrap()), Some("Christmas Day"));
    }

    #[test]
    fn what_is_wrong_is_named_with_line_and_expectation() {
        let day = "[[day_off]]\nname = \"A\"\non = 2026-12-24\n";
        let cases = [
            (
                format!("{day}[[day_off]]\nname = \"\"\non = 2026-12-26\n"),
                "holidays.toml:5: day_off.name: a name of 1 to 80",
            ),
            (format!("{day}{day}"), "holidays.toml:6: day_off.on: each day once; 2026-12-24"),
            (
                "[[day_off]]\nname = \"A\"\non = 2026-12-24T10:00:00\n".into(),
                "holidays.toml:3: day_off.on: a date without a time",
            ),
            ("[[day_off]]\nname = \"A\"\non = 10:00:00\n".into(), "holidays.toml:3: day_off.on: a date without a time"),
            ("[[day_off]]\nname = \"A\"\non = 2026-02-30\n".into(), "holidays.toml:3: "),
            ("[[day_off]]\nname = \"A\"\non = \"Friday\"\n".into(), "holidays.toml:3: day_off: "),
            ("[[day_off]]\nname = \"A\"\nwhen = 2026-12-24\n".into(), "holidays.toml:3: day_off: unknown field `when`"),
            ("[[day_of]]\n".into(), "holidays.toml:1: day_off: "),
            ("\n[[day_off\n".into(), "holidays.toml:2: day_off: "),
        ];
        for (text, expected) in cases {
            let problems = parse(&file(&text)).expect_err(&text);
            assert!(problems[0].to_string().starts_with(expected), "{text:?}: {} is not {expected}", problems[0]);
        }
    }
}
