//! `programs.toml`: the starting set, read with line numbers.

use std::collections::BTreeSet;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::{Audience, Category, Instrument, Measure, Program, SourceKind};
use crate::calendar::Quarter;
use crate::config::{Content, ContentFile, Problem};
use crate::error::{Error, Result};

const FILE: &str = "programs.toml";
const MOST_NAME_CHARS: usize = 80;
const MOST_KEY_CHARS: usize = 40;
const MOST_WORDING_CHARS: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileForm {
    #[serde(default)]
    program: Vec<ProgramForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramForm {
    key: Spanned<String>,
    name: Spanned<String>,
    audience: Spanned<String>,
    #[serde(default)]
    owner: String,
    from: Option<Spanned<String>>,
    until: Option<Spanned<String>>,
    #[serde(default)]
    measure: Vec<MeasureForm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MeasureForm {
    key: Spanned<String>,
    name: Spanned<String>,
    category: Spanned<String>,
    source: Spanned<String>,
    wording: Spanned<String>,
    #[serde(default)]
    owner: String,
    options: Option<Spanned<i64>>,
    #[serde(default)]
    reversed: bool,
    unit: Option<Spanned<String>>,
    direction: Option<Spanned<String>>,
    worst: Option<Spanned<f64>>,
    target: Option<Spanned<f64>>,
    best: Option<Spanned<f64>>,
    weight: Option<Spanned<f64>>,
    valid_quarters: Option<Spanned<i64>>,
}

/// The programs of `config/programs.toml`.
///
/// # Errors
/// A sentence that names the first problem.
pub fn load(content: &Content) -> Result<Vec<Program>> {
    parse(&content.read(FILE)?).map_err(|problems| {
        let first = problems.first().map_or_else(String::new, ToString::to_string);
        Error::refused(format!("{first}. Run `cxbot check` to see every problem at once."))
    })
}

/// Every problem of `config/programs.toml`, for `cxbot check`.
#[must_use]
pub fn check(content: &Content) -> Vec<Problem> {
    match content.read(FILE) {
        Ok(file) => parse(&file).err().unwrap_or_default(),
        Err(error) => {
            vec![Problem { file: FILE.into(), line: 1, key: "programs".into(), expected: error.to_string() }]
        }
    }
}

/// Reads a file.
///
/// # Errors
/// Every problem found, in order of line.
pub fn parse(file: &ContentFile) -> Result<Vec<Program>, Vec<Problem>> {
    let mut reader = Reader { file, problems: Vec::new() };
    let form: FileForm = match toml::from_str(&file.text) {
        Ok(form) => form,
        Err(fault) => {
            reader.report(fault.span().unwrap_or_default(), "programs", fault.message().trim());
            return Err(reader.problems);
        }
    };
    let mut seen = BTreeSet::new();
    let programs = form
        .program
        .into_iter()
        .map(|form| {
            if !seen.insert(form.key.get_ref().clone()) {
                reader.report(form.key.span(), "key", "must be a key that no other program has");
            }
            reader.program(form)
        })
        .collect();
    reader.problems.sort_by_key(|problem| problem.line);
    if reader.problems.is_empty() { Ok(programs) } else { Err(reader.problems) }
}

struct Reader<'file> {
    file: &'file ContentFile,
    problems: Vec<Problem>,
}

impl Reader<'_> {
    fn report(&mut self, span: Range<usize>, key: &str, expected: &str) {
        let before = self.file.text.get(..span.start).unwrap_or(&self.file.text);
        let line = before.matches('\n').count() + 1;
        let file = self.file.path.clone();
        self.problems.push(Problem { file, line, key: key.into(), expected: expected.into() });
    }

    fn program(&mut self, form: ProgramForm) -> Program {
        let key = self.key(&form.key);
        let audience = self.one_of(&form.audience, "audience", "must be \"public\" or \"agency\"", Audience::parse);
        let from = self.quarter(form.from.as_ref(), "from");
        let until = self.quarter(form.until.as_ref(), "until");
        if let (Some(from), Some(until), Some(written)) = (from, until, &form.until)
            && until < from
        {
            self.report(written.span(), "until", "must not lie before from");
        }
        let mut seen = BTreeSet::new();
        let measures = form
            .measure
            .into_iter()
            .map(|measure| {
                if !seen.insert(measure.key.get_ref().clone()) {
                    self.report(measure.key.span(), "key", "must be a key that no other measure of this program has");
                }
                self.measure(&measure)
            })
            .collect();
        Program {
            key,
            name: self.text(&form.name, "name", MOST_NAME_CHARS),
            audience: audience.unwrap_or(Audience::Public),
            owner: form.owner.trim().to_owned(),
            from,
            until,
            measures,
        }
    }

    fn measure(&mut self, form: &MeasureForm) -> Measure {
        let key = self.key(&form.key);
        let category = self.one_of(
            &form.category,
            "category",
            "must be quality, responsiveness, timeliness, adoption or quantity",
            Category::parse,
        );
        let source = self.one_of(&form.source, "source", "must be customer, operational or inside", SourceKind::parse);
        let source_kind = source.unwrap_or(SourceKind::Customer);
        let weight = form.weight.as_ref().map_or(1.0, |weight| *weight.get_ref());
        if let Some(written) = &form.weight
            && !(weight.is_finite() && (0.0..=100.0).contains(&weight))
        {
            self.report(
                written.span(),
                "weight",
                "must be a number from 0 to 100; 0 leaves the measure out of the score",
            );
        }
        let valid_quarters = form.valid_quarters.as_ref().map_or(1, |quarters| *quarters.get_ref());
        if let Some(written) = &form.valid_quarters
            && !(1..=4).contains(&valid_quarters)
        {
            self.report(written.span(), "valid_quarters", "must be 1 to 4; a yearly survey holds for 4 quarters");
        }
        let instrument = match source_kind {
            SourceKind::Operational => self.anchors(form),
            SourceKind::Customer | SourceKind::Inside => self.scale(form),
        };
        Measure {
            key,
            name: self.text(&form.name, "name", MOST_NAME_CHARS),
            category: category.unwrap_or(Category::Quality),
            source_kind,
            instrument,
            weight,
            valid_quarters: u8::try_from(valid_quarters).unwrap_or(1),
            wording: self.text(&form.wording, "wording", MOST_WORDING_CHARS),
            owner: form.owner.trim().to_owned(),
        }
    }

    fn scale(&mut self, form: &MeasureForm) -> Instrument {
        for (written, name) in [(&form.worst, "worst"), (&form.target, "target"), (&form.best, "best")] {
            if let Some(written) = written {
                self.report(written.span(), name, "belongs to operational measures only; a question has options");
            }
        }
        let options = match &form.options {
            Some(options) if (2..=11).contains(options.get_ref()) => *options.get_ref(),
            Some(options) => {
                self.report(options.span(), "options", "must be the number of options on the scale, 2 to 11");
                5
            }
            None => {
                self.report(form.key.span(), "options", "is missing: the number of options on the scale, 2 to 11");
                5
            }
        };
        Instrument::Scale { options: u8::try_from(options).unwrap_or(5), reversed: form.reversed }
    }

    fn anchors(&mut self, form: &MeasureForm) -> Instrument {
        if let Some(options) = &form.options {
            self.report(
                options.span(),
                "options",
                "belongs to questions only; an operational measure has worst and target",
            );
        }
        let unit = if let Some(unit) = &form.unit {
            self.text(unit, "unit", MOST_KEY_CHARS)
        } else {
            self.report(form.key.span(), "unit", "is missing: the unit of the figure, for example \"days\"");
            String::new()
        };
        let (Some(worst), Some(target)) = (&form.worst, &form.target) else {
            self.report(
                form.key.span(),
                "worst, target",
                "are missing: the value worth 0 points and the published standard worth 75",
            );
            return Instrument::Value { unit, worst: 0.0, target: 1.0, best: None };
        };
        let (span, best) = (worst.span(), form.best.as_ref().map(|best| *best.get_ref()));
        let (worst, target) = (*worst.get_ref(), *target.get_ref());
        let finite = worst.is_finite() && target.is_finite() && best.is_none_or(f64::is_finite);
        let up = worst < target && best.is_none_or(|best| target < best);
        let down = worst > target && best.is_none_or(|best| target > best);
        if !finite || !(up || down) {
            self.report(
                span,
                "worst, target, best",
                "must run one way: worst < target < best, or worst > target > best",
            );
        }
        match form.direction.as_ref().map(|direction| (direction.get_ref().as_str(), direction.span())) {
            None => {
                self.report(form.key.span(), "direction", "is missing: \"higher\" or \"lower\", whichever is better");
            }
            Some(("higher", _)) if up => {}
            Some(("lower", _)) if down => {}
            Some(("higher" | "lower", span)) => {
                self.report(span, "direction", "says the opposite of worst and target; one of them is wrong");
            }
            Some((_, span)) => self.report(span, "direction", "must be \"higher\" or \"lower\", whichever is better"),
        }
        Instrument::Value { unit, worst, target, best }
    }

    fn quarter(&mut self, written: Option<&Spanned<String>>, key: &str) -> Option<Quarter> {
        let written = written?;
        let quarter = written.get_ref().parse().ok();
        if quarter.is_none() {
            self.report(written.span(), key, "must be a federal fiscal quarter, for example \"FY2026Q1\"");
        }
        quarter
    }

    fn key(&mut self, key: &Spanned<String>) -> String {
        let text = key.get_ref();
        let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if text.is_empty() || text.len() > MOST_KEY_CHARS || !plain || text.starts_with('-') {
            self.report(
                key.span(),
                "key",
                "must be small letters, digits and hyphens, at most 40, for example \"benefits-phone\"",
            );
        }
        text.clone()
    }

    fn text(&mut self, written: &Spanned<String>, key: &str, most_chars: usize) -> String {
        let text = written.get_ref().trim();
        if text.is_empty() || text.chars().count() > most_chars {
            self.report(written.span(), key, &format!("must be 1 to {most_chars} characters"));
        }
        text.to_owned()
    }

    fn one_of<T>(
        &mut self,
        written: &Spanned<String>,
        key: &str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let parsed = parse(written.get_ref());
        if parsed.is_none() {
            self.report(written.span(), key, expected);
        }
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let file = ContentFile { path: FILE.into(), text: text.into() };
        parse(&file).err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    const GOOD: &str = r#"[[program]]
key = "hosting"
name = "Hosting"
audience = "agency"

[[program.measure]]
key = "ease"
name = "Ease"
category = "quality"
source = "customer"
wording = "It was easy to get what I needed."
options = 5

[[program.measure]]
key = "answer-hours"
name = "Hours to an answer"
category = "timeliness"
source = "operational"
wording = "Median working hours from question to first answer."
unit = "hours"
direction = "lower"
worst = 48
target = 24
best = 4
"#;

    #[test]
    fn the_shipped_programs_are_in_order() {
        assert_eq!(check(&Content::built_in()), []);
        let programs = load(&Content::built_in()).unwrap();
        for audience in Audience::ALL {
            assert!(programs.iter().filter(|program| program.audience == audience).count() >= 3, "{audience}");
        }
    }

    #[test]
    fn a_program_is_read_with_its_measures() {
        let programs = parse(&ContentFile { path: FILE.into(), text: GOOD.into() }).unwrap();
        assert_eq!(programs[0].measure("ease").unwrap().instrument, Instrument::Scale { options: 5, reversed: false });
        assert_eq!(
            programs[0].measure("answer-hours").unwrap().instrument,
            Instrument::Value { unit: "hours".into(), worst: 48.0, target: 24.0, best: Some(4.0) }
        );
    }

    #[test]
    fn every_problem_is_named_with_its_line() {
        let cases = [
            (GOOD.replace("\"hosting\"", "\"Hosting 1\""), "programs.toml:2: key: must be small letters"),
            (GOOD.replace("\"agency\"", "\"staff\""), "programs.toml:4: audience: must be \"public\" or \"agency\""),
            (GOOD.replace("audience =", "from = \"2026\"\naudience ="), "programs.toml:4: from: must be a federal"),
            (
                GOOD.replace("audience =", "from = \"FY2026Q2\"\nuntil = \"FY2026Q1\"\naudience ="),
                "programs.toml:5: until: must not lie before from",
            ),
            (GOOD.replace("\"quality\"", "\"speed\""), "programs.toml:9: category: must be quality,"),
            (GOOD.replace("options = 5", "options = 1"), "programs.toml:12: options: must be the number"),
            (GOOD.replace("options = 5", ""), "programs.toml:7: options: is missing"),
            (GOOD.replace("\"lower\"", "\"higher\""), "programs.toml:21: direction: says the opposite"),
            (GOOD.replace("target = 24", "target = 2"), "programs.toml:22: worst, target, best: must run one way"),
            (GOOD.replace("worst = 48", ""), "programs.toml:15: worst, target: are missing"),
            (
                GOOD.replace("key = \"answer-hours\"", "key = \"ease\""),
                "programs.toml:15: key: must be a key that no other measure",
            ),
            (GOOD.replace("best = 4", "weight = -1"), "programs.toml:24: weight: must be a number from 0"),
            (GOOD.replace("best = 4", "valid_quarters = 5"), "programs.toml:24: valid_quarters: must be 1 to 4"),
            (GOOD.replace("best = 4", "bets = 4"), "programs.toml:24: programs: unknown field `bets`"),
            (GOOD.replace("name = \"Ease\"", "name = \"\""), "programs.toml:8: name: must be 1 to 80 characters"),
            (GOOD.replace("key = \"hosting\"", "key = "), "programs.toml:2: programs: "),
        ];
        for (text, expected) in cases {
            let problems = problems(&text);
            assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{expected}: {problems:#?}");
        }
    }

    #[test]
    fn two_problems_are_both_told() {
        let text = GOOD.replace("\"agency\"", "\"staff\"").replace("options = 5", "options = 12");
        assert_eq!(problems(&text).len(), 2);
    }
}
