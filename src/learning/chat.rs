//! Commands and controls: load, decide, save, answer.

use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use chrono::Weekday;
use serenity::builder::CreateCommand;
use serenity::model::channel::ChannelType;
use serenity_commands::{BasicOption, Command, Commands};

use super::calendar::{self, Rhythm};
use super::job::PostLesson;
use super::library::{Library, Shelf};
use super::message::{self, Action, LearningRefusal, Place, SeriesProgress};
use super::model::{Begin, Lesson, Next, Quiz, next_lesson};
use super::{posting, store};
use crate::discord::{Call, Choice, Control, Feature, Incoming, Reply, Tier, Typed};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};
use crate::people;
use crate::schedule::Job;
use crate::services::Services;

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
}

#[derive(Debug, Command)]
enum LearnCommand {
    /// Read the next lesson you have not done yet; only you see it
    Next {
        /// Only from this series
        #[command(autocomplete)]
        series: Option<String>,
    },
    /// See what you have done; only you see it
    Progress,
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
        vec![Arc::new(PostLesson::new(Arc::clone(&self.shelf)))]
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
            | "lesson list" => Some(Tier::Lead),
            "learn next" | "learn progress" => Some(Tier::Member),
            _ => None,
        }
    }

    fn tier_for_action(&self, action: &str) -> Option<Tier> {
        Action::NAMES.contains(&action).then_some(Tier::Member)
    }

    async fn on_command(&self, services: &Services, incoming: &Incoming, call: &Call) -> Result<Reply> {
        let command = LearningCommands::from_command_data(&call.data).map_err(Error::internal)?;
        let (guild, user) = (incoming.on_server()?, incoming.person.user);
        let library = self.library(services)?;
        match command {
            LearningCommands::Lesson(LessonCommand::Post { lesson, channel }) => {
                post(services, find(&library, &lesson)?, guild, channel.map(ours), user).await
            }
            LearningCommands::Lesson(LessonCommand::Schedule { series, day, hour, channel }) => {
                let hour = u32::try_from(hour).ok().filter(|hour| *hour < 24).ok_or(LearningRefusal::NoSuchHour)?;
                let rhythm = Rhythm { day: day.into(), hour, channel: channel.map(ours) };
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
                next(services, &library, guild, user, series.as_deref()).await
            }
            LearningCommands::Learn(LearnCommand::Progress) => progress(services, &library, guild, user).await,
        }
    }

    async fn on_control(&self, services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
        let action = Action::parse(&control.id).ok_or(LearningRefusal::OldControl)?;
        let (guild, user) = (incoming.on_server()?, incoming.person.user);
        let library = self.library(services)?;
        match action {
            Action::Quiz { lesson } => {
                let lesson = library.find(&lesson).ok_or(LearningRefusal::LessonGone)?;
                begin(services, lesson, guild, user).await
            }
            Action::Ask { place } => Ok(Reply::Update(match still(&library, &place.lesson, &place.version)? {
                Still::Same(lesson) => message::question(lesson, in_range(lesson, &place)?),
                Still::Rewritten(lesson) => message::rewritten(lesson),
            })),
            Action::Answer { place, option } => match still(&library, &place.lesson, &place.version)? {
                Still::Same(lesson) => answer(services, lesson, in_range(lesson, &place)?, option, guild, user).await,
                Still::Rewritten(lesson) => Ok(Reply::Update(message::rewritten(lesson))),
            },
            Action::Finish { lesson, version } => match still(&library, &lesson, &version)? {
                Still::Same(lesson) => {
                    let quiz = standing(services, lesson, guild, user).await?;
                    Ok(Reply::Update(message::finished(lesson, &quiz)))
                }
                Still::Rewritten(lesson) => Ok(Reply::Update(message::rewritten(lesson))),
            },
            Action::Next { series } => next(services, &library, guild, user, Some(&series)).await,
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

/// A lesson that somebody is in the quiz of.
enum Still<'library> {
    Same(&'library Lesson),
    Rewritten(&'library Lesson),
}

fn still<'library>(library: &'library Library, id: &str, version: &str) -> Result<Still<'library>> {
    let lesson = library.find(id).ok_or(LearningRefusal::LessonGone)?;
    Ok(if lesson.version == version { Still::Same(lesson) } else { Still::Rewritten(lesson) })
}

fn in_range(lesson: &Lesson, place: &Place) -> Result<usize> {
    (place.question < lesson.questions.len())
        .then_some(place.question)
        .ok_or_else(|| LearningRefusal::OldControl.into())
}

async fn post(
    services: &Services,
    lesson: &Lesson,
    guild: GuildId,
    channel: Option<ChannelId>,
    user: UserId,
) -> Result<Reply> {
    let (lesson, now) = (lesson.clone(), services.clock.now());
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let chosen = people::find_guild(tx, guild).await?.and_then(|settings| settings.learning_channel);
                let channel = channel.or(chosen).ok_or(LearningRefusal::NoChannel)?;
                if posting::post(tx, &lesson, guild, channel, Some(user), now).await? {
                    Ok(Reply::Say(message::posted(&lesson, channel)))
                } else {
                    Err(LearningRefusal::JustPosted { title: lesson.title, channel: channel.mention() }.into())
                }
            })
        })
        .await
}

async fn begin(services: &Services, lesson: &Lesson, guild: GuildId, user: UserId) -> Result<Reply> {
    let quiz = standing(services, lesson, guild, user).await?;
    let first = match quiz.begin() {
        Begin::At(question) => question,
        Begin::Anew => {
            let again = lesson.clone();
            services
                .store
                .write(move |tx| Box::pin(async move { store::restart_quiz(tx, guild, user, &again).await }))
                .await?;
            0
        }
    };
    Ok(Reply::Say(message::question(lesson, first)))
}

async fn standing(services: &Services, lesson: &Lesson, guild: GuildId, user: UserId) -> Result<Quiz> {
    let asked = lesson.clone();
    let answers = services
        .store
        .read(move |tx| Box::pin(async move { store::list_answers(tx, guild, user, &asked).await }))
        .await?;
    Ok(Quiz::of(lesson.questions.len(), &answers))
}

async fn answer(
    services: &Services,
    lesson: &Lesson,
    question: usize,
    option: usize,
    guild: GuildId,
    user: UserId,
) -> Result<Reply> {
    let right = lesson.questions[question].options.get(option).ok_or(LearningRefusal::OldControl)?.correct;
    let (answered, now) = (lesson.clone(), services.clock.now());
    let quiz = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::record_answer(tx, guild, user, &answered, question, right, now).await?;
                let answers = store::list_answers(tx, guild, user, &answered).await?;
                let quiz = Quiz::of(answered.questions.len(), &answers);
                if quiz.is_passed() {
                    store::record_done(tx, guild, user, &answered, now).await?;
                }
                Ok(quiz)
            })
        })
        .await?;
    Ok(Reply::Update(message::feedback(lesson, question, option, quiz.after(question))))
}

/// What the server has had and what the member has done.
async fn history(services: &Services, guild: GuildId, user: UserId) -> Result<(HashSet<String>, HashSet<String>)> {
    services
        .store
        .read(|tx| {
            Box::pin(
                async move { Ok((store::list_posted(tx, guild).await?, store::list_done(tx, guild, user).await?)) },
            )
        })
        .await
}

/// The next lesson, of the series that is asked for while it has one.
async fn next(
    services: &Services,
    library: &Library,
    guild: GuildId,
    user: UserId,
    series: Option<&str>,
) -> Result<Reply> {
    let (posted, done) = history(services, guild, user).await?;
    let of_series = library.lessons().filter(|lesson| series.is_some_and(|name| lesson.series == name));
    let next = next_lesson(of_series, &posted, &done).or_else(|| next_lesson(library.lessons(), &posted, &done));
    Ok(Reply::Say(match next {
        Some(Next { lesson, posted }) => message::private_lesson(lesson, posted),
        None => message::all_done(library.lessons().count()),
    }))
}

async fn progress(services: &Services, library: &Library, guild: GuildId, user: UserId) -> Result<Reply> {
    let (posted, done) = history(services, guild, user).await?;
    if library.series.is_empty() {
        return Ok(Reply::Say(message::all_done(0)));
    }
    let lines: Vec<_> = library
        .series
        .iter()
        .map(|series| SeriesProgress {
            series,
            done: series
                .lessons
                .iter()
                .filter(|lesson| done.contains(&lesson.id))
                .map(|lesson| lesson.number)
                .collect(),
            next: next_lesson(series.lessons.iter(), &posted, &done).map(|next| next.lesson),
        })
        .collect();
    Ok(Reply::Say(message::progress(&lines)))
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
