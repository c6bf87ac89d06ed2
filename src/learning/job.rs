//! What the calendar runs: the next lesson of a series.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};

use super::day::Moment;
use super::library::Shelf;
use super::message::{self, LearningRefusal};
use super::model::next_to_post;
use super::posting::{self, Feedback};
use super::store;
use crate::error::{Error, Result};
use crate::ids::{ChannelId, UserId};
use crate::outbox::{self, Queue, To};
use crate::schedule::{self, Due, Job};
use crate::services::Services;
use crate::store::Tx;

/// The job's name in the tables. Its key is the name of a series.
pub const JOB: &str = "post_lesson";

/// What a schedule hands to the job.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Payload {
    /// Where to post; otherwise the learning channel of the day.
    #[serde(default)]
    pub channel: Option<ChannelId>,
    /// The lead who wants people asked after each lesson how it was; nobody is asked without one.
    #[serde(default)]
    pub feedback: Option<UserId>,
}

/// Posts the next lesson of a series that the server has not had. A week after the last one it says goodbye and ends the schedule.
#[derive(Debug)]
pub struct PostLesson {
    shelf: Arc<Shelf>,
}

impl PostLesson {
    /// The job, reading lessons from this shelf.
    #[must_use]
    pub fn new(shelf: Arc<Shelf>) -> Self {
        Self { shelf }
    }

    async fn post(&self, services: &Services, tx: &mut Tx, due: &Due) -> Result<()> {
        let library = self.shelf.library(&services.content)?;
        let series = library.find_series(&due.key).ok_or_else(|| LearningRefusal::UnknownSeries(due.key.clone()))?;
        let payload: Payload = match &due.payload {
            serde_json::Value::Null => Payload::default(),
            payload => serde_json::from_value(payload.clone()).map_err(Error::internal)?,
        };
        let chosen = crate::people::find_guild(tx, due.guild).await?.and_then(|settings| settings.learning_channel);
        let channel = payload.channel.or(chosen).ok_or(LearningRefusal::NoChannel)?;
        let now = services.clock.now();

        let posted = store::list_posted(tx, due.guild).await?;
        if let Some(lesson) = next_to_post(&series.lessons, &posted) {
            let feedback = match payload.feedback {
                Some(by) => {
                    let days_off = schedule::work_calendar(&services.content)?;
                    Some(Feedback::next_morning(tx, Moment::of(services), due.guild, by, &days_off).await?)
                }
                None => None,
            };
            posting::post(tx, lesson, due.guild, channel, None, feedback, now).await?;
        } else {
            // The number of lessons is part of the key: a series that has grown says goodbye once more.
            let key = format!("series-over:{}:{}:{}", due.guild, series.name, series.lessons.len());
            let post = message::series_over(series);
            let goodbye = Queue { guild: due.guild, key: &key, to: To::Channel(channel), post: &post, due_at: now };
            outbox::queue(tx, goodbye).await?;
            schedule::remove(tx, due.guild, JOB, &series.name).await?;
        }
        Ok(())
    }
}

impl Job for PostLesson {
    fn name(&self) -> &'static str {
        JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(self.post(services, tx, due))
    }

    fn in_words(&self, key: &str) -> Option<String> {
        Some(format!("The weekly lesson of the series {key}"))
    }
}
