//! `/measure`: what is measured, and the figures.

use serenity::model::id::AttachmentId;
use serenity_commands::{BasicOption, Command};

use super::super::super::chat::{ProgramText, QuarterText, find_program};
use super::super::super::import::{ImportOptions, import_as, undo};
use super::super::super::intake::{About, Format, SurveyType};
use super::super::super::model::points::Anchors;
use super::super::super::store::{self, ImportId};
use super::super::draft::Draft;
use super::super::{file, message};
use super::{MOST_NAME_CHARS, find_measure, keep, key_of, within, within_or_empty};
use crate::calendar::Quarter;
use crate::discord::{Attached, Call, Incoming, Reply};
use crate::error::{Error, Result};
use crate::programs::{self, Category, Instrument, Measure, SourceKind};
use crate::services::Services;
use crate::text::shorten;

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
pub(super) enum CategoryChoice {
    #[option(name = "Quality", value = "quality")]
    Quality,
    #[option(name = "Responsiveness", value = "responsiveness")]
    Responsiveness,
    #[option(name = "Timeliness", value = "timeliness")]
    Timeliness,
    #[option(name = "Adoption", value = "adoption")]
    Adoption,
    #[option(name = "Quantity (context, weighs nothing)", value = "quantity")]
    Quantity,
}

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
pub(super) enum SourceChoice {
    #[option(name = "Customers were asked", value = "customer")]
    Customer,
    #[option(name = "From records", value = "operational")]
    Operational,
    #[option(name = "Staff were asked (shown, never counted)", value = "inside")]
    Inside,
}

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
pub(super) enum FormatChoice {
    #[option(name = "tidy: cxbot's own table, one row a figure", value = "tidy")]
    Tidy,
    #[option(name = "a11-published: the published quarterly file", value = "a11-published")]
    A11Published,
    #[option(name = "a11-summary: one survey, one row a question", value = "a11-summary")]
    A11Summary,
    #[option(name = "touchpoints-v2: one row a response", value = "touchpoints-v2")]
    TouchpointsV2,
}

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
pub(super) enum SurveyTypeChoice {
    #[option(name = "Thumbs up or down (0 or 1)", value = "thumbs_up_down")]
    ThumbsUpDown,
    #[option(name = "Agree scale (1 to 5)", value = "likert_scale")]
    LikertScale,
}

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
pub(super) enum CadenceChoice {
    #[option(name = "Every quarter", value = "quarter")]
    Quarter,
    #[option(name = "Every half year: a figure holds for two quarters", value = "half-year")]
    HalfYear,
    #[option(name = "Every year: a figure holds for four quarters", value = "year")]
    Year,
}

impl CadenceChoice {
    /// For how many quarters a figure holds.
    fn quarters(self) -> u8 {
        match self {
            Self::Quarter => 1,
            Self::HalfYear => 2,
            Self::Year => 4,
        }
    }
}

#[derive(Debug, Command)]
pub(super) enum MeasureCommand {
    /// Register a measure of a program
    Add {
        /// Which program
        program: ProgramText,
        /// The name people know
        name: String,
        /// What it is about
        category: CategoryChoice,
        /// Whose voice it is
        source: SourceChoice,
        /// The exact question, or what exactly is counted
        wording: String,
        /// A question: how many options it has, 2 to 11
        #[command(builder(min_int_value(2), max_int_value(11)))]
        options: Option<i64>,
        /// From records: the unit
        unit: Option<String>,
        /// From records: the value worth 0 points
        worst: Option<f64>,
        /// From records: the published standard, worth 75 points
        target: Option<f64>,
        /// From records: the value worth 100 points
        best: Option<f64>,
        /// Who answers for it
        owner: Option<String>,
        /// How often it is collected; every quarter when left out
        cadence: Option<CadenceChoice>,
        /// A question: its first option is the best one
        reversed: Option<bool>,
    },
    /// Change a measure
    Edit {
        /// Which program
        program: ProgramText,
        /// Which measure
        #[command(builder(set_autocomplete(true)))]
        measure: String,
        /// Its new name
        name: Option<String>,
        /// Who answers for it now
        owner: Option<String>,
        /// Its share inside its category; 0 leaves it out
        #[command(builder(min_number_value(0.0), max_number_value(100.0)))]
        weight: Option<f64>,
        /// How often it is collected
        cadence: Option<CadenceChoice>,
    },
    /// The measures of a program
    List {
        /// Which program
        program: ProgramText,
    },
    /// What the inventory lacks
    Gaps,
    /// Type in one figure, confirmed before it is saved
    Record {
        /// Which program
        program: ProgramText,
        /// Which measure
        #[command(builder(set_autocomplete(true)))]
        measure: String,
        /// The number, or how often each option was chosen: 1,2,4,12,11
        figure: String,
        /// The quarter it is from; this quarter when left out
        quarter: Option<QuarterText>,
        /// The channel, if channels are told apart
        channel: Option<String>,
        /// How many people could have answered
        #[command(builder(min_int_value(1)))]
        population: Option<i64>,
        /// Where it comes from, in words
        note: Option<String>,
    },
    /// Take in a file of figures, confirmed before it is saved
    Import {
        /// The file (CSV)
        file: AttachmentId,
        /// How it is laid out; cxbot's own table when left out
        format: Option<FormatChoice>,
        /// A file of one survey: the program it is about
        program: Option<ProgramText>,
        /// A file of one survey: the quarter it is from
        quarter: Option<QuarterText>,
        /// A file of responses: how its first question was answered
        survey_type: Option<SurveyTypeChoice>,
        /// A file of one survey: the channel, if channels are told apart
        channel: Option<String>,
        /// A file of one survey: how many people could have answered
        #[command(builder(min_int_value(1)))]
        population: Option<i64>,
        /// Which survey is which program, and which question which measure (TOML)
        map: Option<AttachmentId>,
    },
    /// Take an import or a typed figure back
    Undo {
        /// The number that its report names
        #[command(builder(min_int_value(1)))]
        import: i64,
    },
}

const MOST_WORDING_CHARS: usize = 500;

pub(super) async fn on_measure(
    services: &Services,
    incoming: &Incoming,
    call: &Call,
    command: MeasureCommand,
) -> Result<Reply> {
    match command {
        MeasureCommand::Add {
            program,
            name,
            category,
            source,
            wording,
            options,
            unit,
            worst,
            target,
            best,
            owner,
            cadence,
            reversed,
        } => {
            let mut program = find_program(services, &program.0).await?;
            let source_kind = match source {
                SourceChoice::Customer => SourceKind::Customer,
                SourceChoice::Operational => SourceKind::Operational,
                SourceChoice::Inside => SourceKind::Inside,
            };
            let instrument = match source_kind {
                SourceKind::Operational => {
                    if options.is_some() || reversed.is_some() {
                        return Err(Error::refused(
                            "A measure from records has no options, so none can be the best. Give unit, worst and target.",
                        ));
                    }
                    let (Some(unit), Some(worst), Some(target)) = (unit, worst, target) else {
                        return Err(Error::refused(
                            "A measure from records needs unit, worst (the value worth 0 points) and target (the published standard, worth 75).",
                        ));
                    };
                    Anchors::new(worst, target, best).ok_or_else(|| {
                        Error::refused(
                            "Worst, target and best must run one way: worst < target < best, or worst > target > best.",
                        )
                    })?;
                    Instrument::Value { unit: within(&unit, "unit", 40)?, worst, target, best }
                }
                SourceKind::Customer | SourceKind::Inside => {
                    if unit.is_some() || worst.is_some() || target.is_some() || best.is_some() {
                        return Err(Error::refused(
                            "A question has options. Unit, worst, target and best belong to measures from records.",
                        ));
                    }
                    let options = options.and_then(|options| u8::try_from(options).ok()).ok_or_else(|| {
                        Error::refused("How many options does the question have? Add options, for example options:5.")
                    })?;
                    Instrument::Scale { options, reversed: reversed == Some(true) }
                }
            };
            let measure = Measure {
                key: key_of(&name)?,
                name: within(&name, "name", MOST_NAME_CHARS)?,
                category: match category {
                    CategoryChoice::Quality => Category::Quality,
                    CategoryChoice::Responsiveness => Category::Responsiveness,
                    CategoryChoice::Timeliness => Category::Timeliness,
                    CategoryChoice::Adoption => Category::Adoption,
                    CategoryChoice::Quantity => Category::Quantity,
                },
                source_kind,
                instrument,
                weight: 1.0,
                valid_quarters: cadence.map_or(1, CadenceChoice::quarters),
                wording: within(&wording, "wording", MOST_WORDING_CHARS)?,
                owner: within_or_empty(owner.as_deref(), "owner", MOST_NAME_CHARS)?,
            };
            if program.measure(&measure.key).is_some() {
                return Err(Error::refused(format!(
                    "{} has a measure \"{}\" already. A changed question is a new measure: give it another name.",
                    program.name, measure.key
                )));
            }
            let said = format!(
                "**{}** (`{}`) is a measure of {} now. Figures come in by `/measure record`, by file or by a pulse.",
                measure.name, measure.key, program.name
            );
            program.measures.push(measure);
            keep(services, program).await?;
            Ok(Reply::say(said))
        }
        MeasureCommand::Edit { program, measure, name, owner, weight, cadence } => {
            let (mut program, found) = find_measure(services, &program.0, &measure).await?;
            let name = name.map(|name| within(&name, "name", MOST_NAME_CHARS)).transpose()?;
            let owner = owner.map(|owner| within_or_empty(Some(&owner), "owner", MOST_NAME_CHARS)).transpose()?;
            for one in program.measures.iter_mut().filter(|one| one.key == found.key) {
                if let Some(name) = &name {
                    one.name.clone_from(name);
                }
                if let Some(owner) = &owner {
                    one.owner.clone_from(owner);
                }
                if let Some(weight) = weight {
                    one.weight = weight;
                }
                if let Some(cadence) = cadence {
                    one.valid_quarters = cadence.quarters();
                }
            }
            let said = format!(
                "{} of {} is changed. Its question and scale stay as they are: another question is another measure.",
                found.name, program.name
            );
            keep(services, program).await?;
            Ok(Reply::say(said))
        }
        MeasureCommand::List { program } => {
            Ok(Reply::Say(message::measures(&find_program(services, &program.0).await?)))
        }
        MeasureCommand::Gaps => {
            let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
            Ok(Reply::Say(message::gaps(&all)))
        }
        MeasureCommand::Record { program, measure, figure, quarter, channel, population, note } => {
            let (program, measure) = find_measure(services, &program.0, &measure).await?;
            let current = Quarter::at(services.clock.now(), services.settings.time.zone);
            let quarter = quarter.map(|QuarterText(text)| text.parse::<Quarter>()).transpose()?.unwrap_or(current);
            let draft = Draft {
                program: program.key.clone(),
                measure: measure.key.clone(),
                quarter,
                figure,
                channel: channel.unwrap_or_else(|| "all".into()),
                population: population.and_then(|number| u64::try_from(number).ok()),
                note: note.unwrap_or_else(|| "typed on Discord".into()),
            };
            let file = draft.as_file(&program, &measure)?;
            let options = ImportOptions { dry_run: true, ..ImportOptions::default() };
            let who = format!("person {}", incoming.person.user);
            let would = import_as(services, std::io::Cursor::new(file), "typed on Discord", &who, options)
                .await
                .map_err(as_one_figure)?;
            if would.unchanged == would.rows {
                return Err(Error::refused("This very figure is on record already; nothing is left to do."));
            }
            let (person, now) = (incoming.person.user, services.clock.now());
            let document = serde_json::to_string(&draft).map_err(Error::internal)?;
            let id = services
                .store
                .write(move |tx| Box::pin(async move { store::add_draft(tx, person, &document, now).await }))
                .await?;
            let mut lines = vec![format!("Figure: {}", draft.figure.trim())];
            if would.revised > 0 {
                lines.push("It replaces the figure on record, as a new revision.".into());
            }
            // Scores that had no value and get none say nothing to whoever types.
            let moved: Vec<String> = would
                .rescored
                .iter()
                .filter(|one| one.before.is_some() || one.after.is_some())
                .take(10)
                .map(|one| format!("• {one}"))
                .collect();
            lines.push(if moved.is_empty() {
                "No score changes yet: there is not enough data.".into()
            } else {
                "These scores would be computed:".into()
            });
            lines.extend(moved);
            Ok(Reply::Say(message::confirm(&program, &measure, quarter, &lines.join("\n"), id)))
        }
        MeasureCommand::Import { file, format, program, quarter, survey_type, channel, population, map } => {
            let attached = |id: AttachmentId| {
                Attached::of(&call.data, id)
                    .ok_or_else(|| Error::refused("Discord did not send the file along. Attach it again."))
            };
            let about = About {
                program: match program {
                    Some(ProgramText(text)) => Some(find_program(services, &text).await?.key),
                    None => None,
                },
                period: quarter.map(|QuarterText(text)| text.parse::<Quarter>()).transpose()?,
                survey_type: survey_type.map(|kind| match kind {
                    SurveyTypeChoice::ThumbsUpDown => SurveyType::ThumbsUpDown,
                    SurveyTypeChoice::LikertScale => SurveyType::LikertScale,
                }),
                channel: channel
                    .map(|channel| within(&channel, "channel", 40))
                    .transpose()?
                    .map(|one| one.to_lowercase()),
                source: None,
                population: population.and_then(|number| u64::try_from(number).ok()),
            };
            let asked = file::Asked {
                file: attached(file)?,
                map: map.map(attached).transpose()?,
                format: match format {
                    None | Some(FormatChoice::Tidy) => Format::Tidy,
                    Some(FormatChoice::A11Published) => Format::A11Published,
                    Some(FormatChoice::A11Summary) => Format::A11Summary,
                    Some(FormatChoice::TouchpointsV2) => Format::TouchpointsV2,
                },
                about,
            };
            // Fetching and reading take as long as the file is large.
            let (services, person) = (services.clone(), incoming.person.user);
            let work = Box::pin(async move { file::look_at(&services, person, asked).await });
            Ok(Reply::Later { visible: false, work })
        }
        MeasureCommand::Undo { import } => {
            let who = format!("person {}", incoming.person.user);
            let report = undo(services, ImportId(import), &who).await?;
            Ok(Reply::say(shorten(&report.to_string(), 1_900)))
        }
    }
}

/// A file's refusal, told of one typed figure.
fn as_one_figure(error: Error) -> Error {
    match error {
        Error::Refused(sentence) => {
            let problem = sentence.split_once("row 2, ").map_or(sentence.as_str(), |(_, problem)| problem);
            Error::refused(format!("This figure was not taken: {problem}"))
        }
        internal @ Error::Internal(_) => internal,
    }
}
