//! `/program`, `/measure` and `/quarter`: for leads.

use async_trait::async_trait;
use chrono::TimeDelta;
use serenity::builder::CreateCommand;
use serenity::model::id::AttachmentId;
use serenity_commands::{BasicOption, Command, Commands};

use super::super::chat::{ProgramText, QuarterText, find_program, suggest_programs, suggest_quarters};
use super::super::definitions::Definitions;
use super::super::import::{ImportOptions, import_as, undo};
use super::super::intake::{About, Format, SurveyType};
use super::super::publication::{self, Edition, PublicationRefusal, Publisher, may_publish};
use super::super::recompute::recompute;
use super::super::store::ImportId;
use super::super::{export, store};
use super::draft::Draft;
use super::file;
use super::job::{POST_JOB, Payload, post_newest};
use super::message::{self, Action};
use crate::calendar::Quarter;
use crate::discord::{Attached, Call, Choice, Control, Feature, Incoming, Reply, Tier, Typed};
use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::people;
use crate::post::Post;
use crate::programs::{self, Audience, Category, Instrument, Measure, Program, SourceKind};
use crate::schedule::{self, NewSchedule};
use crate::services::Services;
use crate::text::shorten;

/// What leads do for the index.
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures;

#[derive(Debug, Commands)]
enum FigureCommands {
    /// The programs that the CX index is about
    Program(ProgramCommand),
    /// What is measured, and the figures
    Measure(MeasureCommand),
    /// A quarter's scores on their way out: review, publish, post
    Quarter(QuarterCommand),
}

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
enum AudienceChoice {
    #[option(name = "Public-facing", value = "public")]
    Public,
    #[option(name = "Agency-facing", value = "agency")]
    Agency,
}

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
enum CategoryChoice {
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
enum SourceChoice {
    #[option(name = "Customers were asked", value = "customer")]
    Customer,
    #[option(name = "From records", value = "operational")]
    Operational,
    #[option(name = "Staff were asked (shown, never counted)", value = "inside")]
    Inside,
}

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
enum FormatChoice {
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
enum SurveyTypeChoice {
    #[option(name = "Thumbs up or down (0 or 1)", value = "thumbs_up_down")]
    ThumbsUpDown,
    #[option(name = "Agree scale (1 to 5)", value = "likert_scale")]
    LikertScale,
}

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
enum CadenceChoice {
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
enum ProgramCommand {
    /// Register a program
    Add {
        /// The name people know
        name: String,
        /// Whose experience it is
        audience: AudienceChoice,
        /// Who answers for it
        owner: Option<String>,
        /// The first quarter it counts in, such as FY2027Q1
        from: Option<String>,
    },
    /// Change a program
    Edit {
        /// Which program
        program: ProgramText,
        /// Its new name
        name: Option<String>,
        /// Who answers for it now
        owner: Option<String>,
        /// The last quarter it counts in, such as FY2027Q1
        until: Option<String>,
    },
    /// Every program; the whole inventory as a file
    List {
        /// Attach programs.toml
        file: Option<bool>,
    },
}

#[derive(Debug, Command)]
enum MeasureCommand {
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
    /// Change a measure's name, owner, weight or cadence
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
    /// Type in one figure; you confirm it before it is saved
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
    /// Attach a file of figures; you see what it would change and confirm it
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

#[derive(Debug, Command)]
enum QuarterCommand {
    /// How far a quarter is: draft, reviewed, published
    State {
        /// Which quarter
        quarter: QuarterText,
    },
    /// Say that the scores of a quarter are right as they stand
    Review {
        /// Which quarter
        quarter: QuarterText,
    },
    /// Publish what was reviewed; a later correction is a new edition with a reason
    Publish {
        /// Which quarter
        quarter: QuarterText,
        /// Why it is corrected
        reason: Option<String>,
        /// You reviewed it too, because you are the only lead; the edition says so
        alone: Option<bool>,
    },
    /// Post the newest published quarter, now or on a rhythm
    Post {
        /// Where to
        #[command(builder(channel_types(vec![serenity::model::channel::ChannelType::Text])))]
        channel: serenity::model::id::ChannelId,
        /// Also every quarter, on the 15th of the month after next at 9:00
        every_quarter: Option<bool>,
    },
    /// Everything about a quarter as files
    Pack {
        /// Which quarter
        quarter: QuarterText,
    },
}

/// The middle of the month in which figures are due, at 9.
const EVERY_QUARTER: &str = "0 9 15 2,5,8,11 *";
/// Somebody who has not been seen as a lead for this long is taken to be none.
const LEADS_ARE_SEEN_WITHIN: TimeDelta = TimeDelta::days(365);
const MOST_NAME_CHARS: usize = 80;
const MOST_WORDING_CHARS: usize = 500;

#[async_trait]
impl Feature for Figures {
    fn name(&self) -> &'static str {
        message::FEATURE
    }

    fn commands(&self) -> Vec<CreateCommand> {
        FigureCommands::create_commands()
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        match path {
            "program list" | "measure list" | "measure gaps" | "quarter state" => Some(Tier::Member),
            "program add" | "program edit" | "measure add" | "measure edit" | "measure record" | "measure import"
            | "measure undo" | "quarter review" | "quarter publish" | "quarter post" | "quarter pack" => {
                Some(Tier::Lead)
            }
            _ => None,
        }
    }

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        matches!(action, Action::SAVE | Action::IMPORT | Action::DROP).then_some(Tier::Lead)
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, call: &Call) -> Result<Reply> {
        match FigureCommands::from_command_data(&call.data).map_err(Error::internal)? {
            FigureCommands::Program(command) => on_program(services, command).await,
            FigureCommands::Measure(command) => on_measure(services, incoming, call, command).await,
            FigureCommands::Quarter(command) => on_quarter(services, incoming, command).await,
        }
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let gone = || {
            Error::refused(
                "Nothing waits here any more: it was saved or dropped already, or it is somebody else's to confirm.",
            )
        };
        let old = || Error::refused("This button is from an older version. Run /measure record again.");
        let person = incoming.person.user;
        let (draft, save) = match Action::parse(&control.id).ok_or_else(old)? {
            Action::Save(draft) => (draft, true),
            Action::Import(draft) => {
                return Ok(Reply::Update(file::take(services, person, draft).await?.ok_or_else(gone)?));
            }
            Action::Drop(draft) => (draft, false),
        };
        let taken =
            services.store.write(move |tx| Box::pin(async move { store::take_draft(tx, draft, person).await })).await?;
        let document = taken.ok_or_else(gone)?;
        if !save {
            return Ok(Reply::Update(Post::text("Nothing was saved.")));
        }
        let drafted: Draft = serde_json::from_str(&document).map_err(Error::internal)?;
        let (program, measure) = find_measure(services, &drafted.program, &drafted.measure).await?;
        let file = drafted.as_file(&program, &measure)?;
        let saved = import_as(
            services,
            std::io::Cursor::new(file),
            "typed on Discord",
            &format!("person {person}"),
            ImportOptions::default(),
        )
        .await;
        match saved {
            Ok(report) => Ok(Reply::Update(Post::text(shorten(&report.to_string(), 1_900)))),
            Err(error) => {
                // The draft can be confirmed again when whatever stood in the way is mended.
                let now = services.clock.now();
                services
                    .store
                    .write(move |tx| Box::pin(async move { store::add_draft(tx, person, &document, now).await }))
                    .await?;
                Err(error)
            }
        }
    }

    async fn on_typing(&self, services: &Services, _incoming: &Incoming, typed: &Typed) -> Result<Vec<Choice>> {
        match typed.option.as_str() {
            "program" => suggest_programs(services, &typed.text).await,
            "quarter" => suggest_quarters(services, &typed.text).await,
            "measure" => {
                let Some(named) = typed.others.get("program") else { return Ok(Vec::new()) };
                let Ok(program) = find_program(services, named).await else { return Ok(Vec::new()) };
                let wanted = typed.text.trim().to_lowercase();
                Ok(program
                    .measures
                    .into_iter()
                    .filter(|measure| measure.name.to_lowercase().contains(&wanted) || measure.key.contains(&wanted))
                    .map(|measure| Choice::new(measure.name, measure.key))
                    .take(25)
                    .collect())
            }
            _ => Ok(Vec::new()),
        }
    }
}

async fn on_program(services: &Services, command: ProgramCommand) -> Result<Reply> {
    match command {
        ProgramCommand::Add { name, audience, owner, from } => {
            let program = Program {
                key: key_of(&name)?,
                name: within(&name, "name", MOST_NAME_CHARS)?,
                audience: match audience {
                    AudienceChoice::Public => Audience::Public,
                    AudienceChoice::Agency => Audience::Agency,
                },
                owner: within_or_empty(owner.as_deref(), "owner", MOST_NAME_CHARS)?,
                from: from.map(|text| text.parse::<Quarter>()).transpose()?,
                until: None,
                measures: Vec::new(),
            };
            let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
            if all.iter().any(|one| one.key == program.key || one.name.to_lowercase() == program.name.to_lowercase()) {
                return Err(Error::refused(format!(
                    "There is a program \"{}\" already. Change it with /program edit.",
                    program.name
                )));
            }
            let said = format!(
                "**{}** (`{}`) is registered. Next: `/measure add`, beginning with a question to its customers about quality.",
                program.name, program.key
            );
            keep(services, program).await?;
            Ok(Reply::say(said))
        }
        ProgramCommand::Edit { program, name, owner, until } => {
            let mut program = find_program(services, &program.0).await?;
            if let Some(name) = name {
                program.name = within(&name, "name", MOST_NAME_CHARS)?;
            }
            if owner.is_some() {
                program.owner = within_or_empty(owner.as_deref(), "owner", MOST_NAME_CHARS)?;
            }
            if let Some(until) = until {
                let until: Quarter = until.parse()?;
                if program.from.is_some_and(|from| until < from) {
                    return Err(Error::refused("The last quarter must not lie before the first."));
                }
                program.until = Some(until);
            }
            let said = format!(
                "**{}** is changed. From now on it is kept here, and programs.toml does not overwrite it.",
                program.name
            );
            keep(services, program).await?;
            Ok(Reply::say(said))
        }
        ProgramCommand::List { file } => {
            let all = services.store.read(|tx| Box::pin(programs::list(tx))).await?;
            let mut post = message::programs(&all);
            if file == Some(true) {
                post = post.with_file(
                    "programs.toml",
                    "The inventory of programs and measures",
                    programs::as_toml(&all).into_bytes(),
                );
            }
            Ok(Reply::Say(post))
        }
    }
}

async fn on_measure(services: &Services, incoming: &Incoming, call: &Call, command: MeasureCommand) -> Result<Reply> {
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
                    super::super::model::points::Anchors::new(worst, target, best).ok_or_else(|| {
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

async fn on_quarter(services: &Services, incoming: &Incoming, command: QuarterCommand) -> Result<Reply> {
    let current = Quarter::at(services.clock.now(), services.settings.time.zone);
    let (person, now) = (incoming.person.user, services.clock.now());
    match command {
        QuarterCommand::State { quarter } => {
            let quarter: Quarter = quarter.0.parse()?;
            let (stage, shown, newest) = services
                .store
                .read(|tx| {
                    Box::pin(async move {
                        Ok((
                            publication::store::find_stage(tx, quarter).await?,
                            store::list_scores(tx, quarter, false).await?,
                            store::list_scores(tx, quarter, true).await?,
                        ))
                    })
                })
                .await?;
            Ok(Reply::Say(message::stage(quarter, &stage, shown != newest)))
        }
        QuarterCommand::Review { quarter } => {
            let quarter: Quarter = quarter.0.parse()?;
            services
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        let newest = store::list_scores(tx, quarter, true).await?;
                        if newest.is_empty() {
                            return Err(PublicationRefusal::Nothing(quarter).into());
                        }
                        publication::store::review(tx, quarter, person, &publication::fingerprint(&newest), now).await
                    })
                })
                .await?;
            Ok(Reply::say(format!(
                "{quarter} is reviewed as it stands. Next, another lead runs `/quarter publish`, which publishes exactly this; when figures come in before, review it again."
            )))
        }
        QuarterCommand::Publish { quarter, reason, alone } => {
            let quarter: Quarter = quarter.0.parse()?;
            let reason = within_or_empty(reason.as_deref(), "reason", 300)?;
            let number = services
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        store::take_turn(tx, now).await?;
                        let stage = publication::store::find_stage(tx, quarter).await?;
                        let newest = store::list_scores(tx, quarter, true).await?;
                        let shown = store::list_scores(tx, quarter, false).await?;
                        let since = now.date_naive() - LEADS_ARE_SEEN_WITHIN;
                        let publisher = Publisher {
                            person,
                            says_alone: alone == Some(true),
                            other_leads: people::list_leads(tx, since).await?,
                        };
                        let permit = may_publish(quarter, current, &stage, &newest, &shown, &reason, &publisher)?;
                        let edition =
                            Edition { number: permit.edition, by: person, at: now, reason, alone: permit.alone };
                        publication::store::publish(tx, quarter, &edition, &permit.revisions).await?;
                        Ok(permit.edition)
                    })
                })
                .await?;
            Ok(Reply::say(format!(
                "{quarter} is published, edition {number}. What `/index` shows for it stays from now on. `/quarter post` tells everybody."
            )))
        }
        QuarterCommand::Post { channel, every_quarter } => {
            let guild = incoming.on_server()?;
            let channel = ChannelId(channel.get());
            let (work, default_zone) = (services.clone(), services.settings.time.zone);
            let posted = services
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        if every_quarter == Some(true) {
                            let zone = people::find_guild(tx, guild).await?.map_or(default_zone, |guild| guild.zone);
                            let payload = serde_json::to_value(Payload { channel }).map_err(Error::internal)?;
                            let new = NewSchedule {
                                guild,
                                job: POST_JOB,
                                key: "published",
                                cron: EVERY_QUARTER,
                                zone,
                                skip_holidays: false,
                                catch_up_minutes: work.settings.time.catch_up_minutes,
                                payload,
                            };
                            schedule::set(tx, &new, now).await?;
                        }
                        post_newest(&work, tx, guild, channel).await
                    })
                })
                .await?;
            let now_said = match posted {
                Some(quarter) => {
                    format!("{quarter} is posted to <#{channel}>; the same edition is never posted there twice.")
                }
                None => "No quarter is published yet, so nothing was posted.".to_owned(),
            };
            let later = if every_quarter == Some(true) {
                " From now on the newest published quarter is posted there on 15 February, May, August and November at 9:00."
            } else {
                ""
            };
            Ok(Reply::say(format!("{now_said}{later}")))
        }
        QuarterCommand::Pack { quarter } => {
            let quarter: Quarter = quarter.0.parse()?;
            let files = export::quarter_pack(services, quarter).await?;
            let post = files.into_iter().fold(
                Post::text(format!("Everything about {quarter}. The hashes of the files are in SHA256SUMS.")),
                |post, file| {
                    let alt = format!("{} of the quarter pack", file.name);
                    post.with_file(file.name, alt, file.bytes)
                },
            );
            Ok(Reply::Say(post))
        }
    }
}

/// Keeps a program as it is here, and computes the current quarter anew when it has figures.
async fn keep(services: &Services, program: Program) -> Result<()> {
    let definitions = Definitions::load(&services.content)?;
    let now = services.clock.now();
    let current = Quarter::at(now, services.settings.time.zone);
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::take_turn(tx, now).await?;
                programs::keep(tx, &program).await?;
                if !store::list_quarters_with_anything(tx, current, current).await?.is_empty() {
                    recompute(tx, &definitions, &[current].into(), now).await?;
                }
                Ok(())
            })
        })
        .await
}

async fn find_measure(services: &Services, program: &str, text: &str) -> Result<(Program, Measure)> {
    let program = find_program(services, program).await?;
    let wanted = text.trim().to_lowercase();
    let found = program.measures.iter().find(|one| one.key == wanted || one.name.to_lowercase() == wanted).cloned();
    let measure = found.ok_or_else(|| {
        let shown: String = text.trim().chars().take(60).collect();
        Error::refused(format!(
            "{} has no measure \"{shown}\". Pick one of the suggestions, or look at `/measure list`.",
            program.name
        ))
    })?;
    Ok((program, measure))
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

/// A key from a name: `Benefits by phone` becomes `benefits-by-phone`.
fn key_of(name: &str) -> Result<String> {
    let mut key = String::new();
    for letter in name.trim().to_lowercase().chars() {
        if letter.is_ascii_alphanumeric() {
            key.push(letter);
        } else if !key.is_empty() && !key.ends_with('-') {
            key.push('-');
        }
    }
    let key: String = key.trim_end_matches('-').chars().take(40).collect();
    let key = key.trim_end_matches('-').to_owned();
    if key.is_empty() { Err(Error::refused("A name needs letters or digits.")) } else { Ok(key) }
}

fn within(text: &str, what: &str, most_chars: usize) -> Result<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() || text.chars().count() > most_chars {
        return Err(Error::refused(format!("The {what} must have 1 to {most_chars} characters.")));
    }
    Ok(text)
}

fn within_or_empty(text: Option<&str>, what: &str, most_chars: usize) -> Result<String> {
    match text.map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => within(text, what, most_chars),
        None => Ok(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_becomes_a_key_that_files_can_hold() {
        assert_eq!(key_of("  Benefits by phone (24/7) ").unwrap(), "benefits-by-phone-24-7");
        assert!(key_of("¡!").is_err());
    }

    #[test]
    fn every_command_has_a_tier() {
        let commands = serde_json::to_value(Figures.commands()).unwrap();
        for command in commands.as_array().unwrap() {
            for part in command["options"].as_array().unwrap() {
                let path = format!("{} {}", command["name"].as_str().unwrap(), part["name"].as_str().unwrap());
                assert!(Figures.tier_for_command(&path).is_some(), "{path}");
            }
        }
        assert_eq!(Figures.tier_for_command("measure explode"), None);
    }
}
