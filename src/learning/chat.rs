//! Commands and controls: load, decide, save, answer.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::Weekday;
use serenity::builder::CreateCommand;
use serenity::model::channel::ChannelType;
use serenity_commands::{BasicOption, Command, Commands};

use super::calendar::{self, Rhythm};
use super::catch_up::{self, SendCatchUp};
use super::day::Moment;
use super::job::PostLesson;
use super::library::{Library, Shelf};
use super::message::{self, Action, LearningRefusal};
use super::model::Lesson;
use super::posting::{self, Feedback};
use super::reviewing::{self, RemindOfReview};
use super::{certifying, overview, quiz, reading, store};
use crate::discord::{Call, Choice, Control, Feature, Incoming, Reply, Tier, Typed};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::people;
use crate::schedule::{self, Job};
use crate::services::Services;

/// Working days between two lessons of a catch-up, unless the member chooses.
const EVERY_DAYS: i64 = 2;

/// What Discord calls a channel.
type DiscordChannel = serenity::model::id::ChannelId;

#[derive(Debug, Commands)]
enum LearningCommands {
    /// Post lessons, now or every week (for leads)
    Lesson(LessonCommand),
    /// Read lessons at your own pace, in private
    Learn(LearnCommand),
}

#[derive(Debug, Command)]
enum LessonCommand {
    /// Post a lesson now, with a thread for the discussion
    Post {
        /// Which lesson
        #[command(autocomplete)]
        lesson: String,
        /// Where; the learning channel unless you choose another
        #[command(builder(channel_types(vec![ChannelType::Text, ChannelType::News])))]
        channel: Option<DiscordChannel>,
        /// Whether a pulse of half a minute asks on the next working day how the lesson was
        feedback: Option<bool>,
    },
    /// Post one lesson of a series every week
    Schedule {
        /// Which series
        #[command(autocomplete)]
        series: String,
        /// On which day
        day: Day,
        /// At which hour, 0 to 23, in your group's time zone
        #[command(builder(min_int_value(0), max_int_value(23)))]
        hour: i64,
        /// Where; the learning channel unless you choose another
        #[command(builder(channel_types(vec![ChannelType::Text, ChannelType::News])))]
        channel: Option<DiscordChannel>,
        /// Whether a pulse of half a minute asks after each lesson how it was
        feedback: Option<bool>,
    },
    /// Stop a weekly series for a while
    Pause {
        /// Which series
        #[command(autocomplete)]
        series: String,
    },
    /// Let a paused series go on
    Resume {
        /// Which series
        #[command(autocomplete)]
        series: String,
    },
    /// Leave out the next date of a weekly series
    Skip {
        /// Which series
        #[command(autocomplete)]
        series: String,
    },
    /// See a lesson as members will see it; only you see it
    Preview {
        /// Which lesson
        #[command(autocomplete)]
        lesson: String,
    },
    /// See every series: where it stands and when it goes on
    List,
    /// See how many people a series reaches and which questions are hard
    Results {
        /// Which series
        #[command(autocomplete)]
        series: String,
    },
}

#[derive(Debug, Command)]
enum LearnCommand {
    /// Read the next lesson you have not done yet; only you see it
    Next {
        /// Only from this series
        #[command(autocomplete)]
        series: Option<String>,
    },
    /// Read any lesson, done or not; only you see it
    Read {
        /// Which lesson
        #[command(autocomplete)]
        lesson: String,
    },
    /// Answer up to three questions from lessons you finished; only you see it
    Review {
        /// Whether you want a private message on working days when a card is due
        reminders: Option<bool>,
    },
    /// See what you have done; only you see it
    Progress,
    /// Have the lessons that you missed sent to you, one every few working days
    #[command(name = "catch-up")]
    CatchUp {
        /// Which series
        #[command(autocomplete)]
        series: String,
        /// Working days between two lessons, 1 to 10; 2 unless you choose
        #[command(builder(min_int_value(1), max_int_value(10)))]
        every: Option<i64>,
    },
    /// Get the certificate of a series you finished, again at any time
    Certificate {
        /// Which series
        #[command(autocomplete)]
        series: String,
    },
    /// Check the code on a certificate
    Verify {
        /// The code, for example 7K3M-9QPT-2WXA
        code: String,
    },
}

#[derive(Clone, Copy, Debug, BasicOption)]
#[option(option_type = "string")]
enum Day {
    #[option(name = "Monday", value = "mon")]
    Monday,
    #[option(name = "Tuesday", value = "tue")]
    Tuesday,
    #[option(name = "Wednesday", value = "wed")]
    Wednesday,
    #[option(name = "Thursday", value = "thu")]
    Thursday,
    #[option(name = "Friday", value = "fri")]
    Friday,
    #[option(name = "Saturday", value = "sat")]
    Saturday,
    #[option(name = "Sunday", value = "sun")]
    Sunday,
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Monday => Self::Mon,
            Day::Tuesday => Self::Tue,
            Day::Wednesday => Self::Wed,
            Day::Thursday => Self::Thu,
            Day::Friday => Self::Fri,
            Day::Saturday => Self::Sat,
            Day::Sunday => Self::Sun,
        }
    }
}

/// The learning feature.
#[derive(Debug, Default)]
pub struct Learning {
    shelf: Arc<Shelf>,
}

impl Learning {
    /// The jobs that the calendar runs for it.
    #[must_use]
    pub fn jobs(&self) -> Vec<Arc<dyn Job>> {
        vec![
            Arc::new(PostLesson::new(Arc::clone(&self.shelf))),
            Arc::new(SendCatchUp(Arc::clone(&self.shelf))),
            Arc::new(RemindOfReview(Arc::clone(&self.shelf))),
        ]
    }

    fn library(&self, services: &Services) -> Result<Arc<Library>> {
        self.shelf.library(&services.content)
    }
}

#[async_trait]
impl Feature for Learning {
    fn name(&self) -> &'static str {
        message::NAME
    }

    fn commands(&self) -> Vec<CreateCommand> {
        LearningCommands::create_commands()
    }

    fn tier_for_command(&self, path: &str) -> Option<Tier> {
        match path {
            "lesson post" | "lesson schedule" | "lesson pause" | "lesson resume" | "lesson skip" | "lesson preview"
            | "lesson list" | "lesson results" => Some(Tier::Lead),
            "learn next" | "learn read" | "learn review" | "learn progress" | "learn catch-up"
            | "learn certificate" | "learn verify" => Some(Tier::Member),
            _ => None,
        }
    }

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        match action {
            "retry" => Some(Tier::Lead),
            action => Action::NAMES.contains(&action).then_some(Tier::Member),
        }
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, call: &Call) -> Result<Reply> {
        let command = LearningCommands::from_command_data(&call.data).map_err(Error::internal)?;
        let (guild, user) = (incoming.on_server()?, incoming.person.user);
        let library = self.library(services)?;
        match command {
            LearningCommands::Lesson(LessonCommand::Post { lesson, channel, feedback }) => {
                let lesson = find(&library, &lesson)?;
                post(services, lesson, guild, channel.map(ours), user, feedback.unwrap_or(false)).await
            }
            LearningCommands::Lesson(LessonCommand::Schedule { series, day, hour, channel, feedback }) => {
                let hour = u32::try_from(hour).ok().filter(|hour| *hour < 24).ok_or(LearningRefusal::NoSuchHour)?;
                let feedback = feedback.unwrap_or(false).then_some(user);
                let rhythm = Rhythm { day: day.into(), hour, channel: channel.map(ours), feedback };
                calendar::set(services, &library, guild, &series, rhythm).await
            }
            LearningCommands::Lesson(LessonCommand::Pause { series }) => {
                calendar::pause(services, &library, guild, &series).await
            }
            LearningCommands::Lesson(LessonCommand::Resume { series }) => {
                calendar::resume(services, &library, guild, &series).await
            }
            LearningCommands::Lesson(LessonCommand::Skip { series }) => {
                calendar::skip(services, &library, guild, &series).await
            }
            LearningCommands::Lesson(LessonCommand::Preview { lesson }) => {
                Ok(Reply::Say(message::preview(find(&library, &lesson)?)))
            }
            LearningCommands::Lesson(LessonCommand::List) => calendar::list(services, &library, guild).await,
            LearningCommands::Learn(LearnCommand::Next { series }) => {
                if let Some(name) = &series
                    && library.find_series(name).is_none()
                {
                    return Err(LearningRefusal::UnknownSeries(name.clone()).into());
                }
                reading::next(services, &library, guild, user, series.as_deref()).await
            }
            LearningCommands::Lesson(LessonCommand::Results { series }) => {
                overview::results(services, &library, guild, &series).await
            }
            LearningCommands::Learn(LearnCommand::Read { lesson }) => {
                reading::read(services, &library, guild, user, &lesson).await
            }
            LearningCommands::Learn(LearnCommand::Review { reminders: None }) => {
                Ok(Reply::Say(reviewing::show(services, &library, guild, user).await?))
            }
            LearningCommands::Learn(LearnCommand::Review { reminders: Some(wanted) }) => {
                reviewing::set_reminders(services, guild, user, wanted).await
            }
            LearningCommands::Learn(LearnCommand::Progress) => reading::progress(services, &library, guild, user).await,
            LearningCommands::Learn(LearnCommand::CatchUp { series, every }) => {
                catch_up::start(services, &library, guild, user, &series, every.unwrap_or(EVERY_DAYS)).await
            }
            LearningCommands::Learn(LearnCommand::Certificate { series }) => {
                certifying::ask_name(services, &library, guild, user, &incoming.person.name, &series).await
            }
            LearningCommands::Learn(LearnCommand::Verify { code }) => certifying::verify(services, &code).await,
        }
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let action = Action::parse(&control.id).ok_or(LearningRefusal::OldControl)?;
        let user = incoming.person.user;
        let guild = server_of(services, incoming, &action).await?;
        let library = self.library(services)?;
        match action {
            Action::Quiz { lesson } | Action::Open { lesson, .. } => {
                let lesson = library.find(&lesson).ok_or(LearningRefusal::LessonGone)?;
                quiz::begin(services, &library, lesson, guild, user).await
            }
            Action::Ask { place } => quiz::ask(&library, &place),
            Action::Answer { place, option } => quiz::answer(services, &library, &place, option, guild, user).await,
            Action::Look { place } => quiz::look(&library, &place),
            Action::Looked { place, earlier, option } => {
                quiz::looked(services, &library, &place, &earlier, option, guild, user).await
            }
            Action::Finish { lesson, version } => {
                quiz::finish(services, &library, &lesson, &version, guild, user).await
            }
            Action::Next { series } => reading::next(services, &library, guild, user, Some(&series)).await,
            // From a private message the card stands below it; from another card, in its place.
            Action::Review { guild: Some(_) } => {
                Ok(Reply::Say(reviewing::show(services, &library, guild, user).await?))
            }
            Action::Review { guild: None } => {
                Ok(Reply::Update(reviewing::show(services, &library, guild, user).await?))
            }
            Action::Reviewed { place, option } => {
                reviewing::answer(services, &library, &place, option, guild, user).await
            }
            Action::Forget => reviewing::forget(services, guild, user).await,
            Action::Stop { series } => catch_up::stop(services, &library, guild, user, series).await,
            Action::Certificate { series } => {
                certifying::ask_name(services, &library, guild, user, &incoming.person.name, &series).await
            }
            Action::Certify { series } => {
                let name = control.written.get("name").map_or("", String::as_str);
                certifying::issue(services, &library, guild, user, name, &series).await
            }
            Action::Retry => overview::retry(services, guild).await,
        }
    }

    async fn on_typing(&self, services: &Services, _incoming: &Incoming, typed: &Typed) -> Result<Vec<Choice>> {
        let library = self.library(services)?;
        let wanted = typed.text.to_lowercase();
        let choices: Vec<_> = match typed.option.as_str() {
            "lesson" => library.lessons().map(message::lesson_choice).collect(),
            "series" => library.series.iter().map(message::series_choice).collect(),
            _ => Vec::new(),
        };
        let fits = |choice: &Choice| choice.label.to_lowercase().contains(&wanted) || choice.value.contains(&wanted);
        Ok(choices.into_iter().filter(fits).take(25).collect())
    }
}

fn ours(channel: DiscordChannel) -> ChannelId {
    ChannelId(channel.get())
}

fn find<'library>(library: &'library Library, id: &str) -> Result<&'library Lesson> {
    library.find(id).ok_or_else(|| LearningRefusal::UnknownLesson(id.to_owned()).into())
}

/// The server that a control is about. In a private message: the one it names, or else the one whose message came last.
async fn server_of(services: &Services, incoming: &Incoming, action: &Action) -> Result<GuildId> {
    if let Some(guild) = incoming.guild {
        return Ok(guild);
    }
    let user = incoming.person.user;
    if let Action::Open { guild, .. } | Action::Review { guild: Some(guild) } = *action {
        services.store.write(move |tx| Box::pin(async move { store::set_home(tx, user, guild).await })).await?;
        return Ok(guild);
    }
    let home = services.store.read(move |tx| Box::pin(async move { store::find_home(tx, user).await })).await?;
    home.ok_or_else(|| LearningRefusal::NotHere.into())
}

async fn post(
    services: &Services,
    lesson: &Lesson,
    guild: GuildId,
    channel: Option<ChannelId>,
    user: UserId,
    with_feedback: bool,
) -> Result<Reply> {
    let (lesson, moment) = (lesson.clone(), Moment::of(services));
    let days_off = schedule::work_calendar(&services.content)?;
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let chosen = people::find_guild(tx, guild).await?.and_then(|settings| settings.learning_channel);
                let channel = channel.or(chosen).ok_or(LearningRefusal::NoChannel)?;
                let feedback = if with_feedback {
                    Some(Feedback::next_morning(tx, moment, guild, user, &days_off).await?)
                } else {
                    None
                };
                if posting::post(tx, &lesson, guild, channel, Some(user), feedback, moment.now).await? {
                    Ok(Reply::Say(message::posted(&lesson, channel, feedback.map(|feedback| feedback.on))))
                } else {
                    Err(LearningRefusal::JustPosted { title: lesson.title, channel: channel.mention() }.into())
                }
            })
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_that_is_registered_has_a_tier() {
        let learning = Learning::default();
        for command in learning.commands() {
            let json = serde_json::to_value(&command).unwrap();
            for option in json["options"].as_array().unwrap() {
                let path = format!("{} {}", json["name"].as_str().unwrap(), option["name"].as_str().unwrap());
                let expected = if path.starts_with("lesson") { Tier::Lead } else { Tier::Member };
                assert_eq!(learning.tier_for_command(&path), Some(expected), "{path}");
            }
        }
        assert_eq!(learning.tier_for_command("lesson burn"), None);
    }

    #[test]
    fn the_fields_complete_themselves_and_keep_to_what_makes_sense() {
        let commands = serde_json::to_value(Learning::default().commands()).unwrap();
        let field = |command: usize, sub: usize, field: usize| &commands[command]["options"][sub]["options"][field];
        assert_eq!(field(0, 0, 0)["autocomplete"], true);
        assert_eq!(field(0, 0, 1)["channel_types"], serde_json::json!([0, 5]));
        assert_eq!((&field(0, 1, 2)["min_value"], &field(0, 1, 2)["max_value"]), (&0.into(), &23.into()));
        assert_eq!(field(0, 1, 1)["choices"].as_array().unwrap().len(), 7);
        assert_eq!(field(1, 0, 0)["required"], false);
    }
}
