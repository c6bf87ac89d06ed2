//! The time machine's timeline: what will happen by itself, from the schedule, in words.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Desk;
use crate::error::Result;
use crate::ids::GuildId;
use crate::schedule::{self, UpcomingStatus};

/// How many dates of each schedule are shown.
const DATES: usize = 4;
/// How many things are shown at most.
const MOST: usize = 40;

/// Something that will happen by itself.
#[derive(Debug, Serialize)]
pub(super) struct Coming {
    /// When.
    pub(super) at: DateTime<Utc>,
    /// What, in words.
    pub(super) what: String,
    /// Why it will not happen, if so.
    pub(super) left_out: Option<String>,
}

impl Desk {
    /// What will happen, soonest first.
    pub(super) async fn coming(&self) -> Result<Vec<Coming>> {
        let guild = GuildId(self.guild.get());
        let now = self.clock.now();
        let calendar = schedule::work_calendar(&self.services.content)?;
        let mut all = self
            .services
            .store
            .read(move |tx| {
                Box::pin(async move {
                    let mut all = Vec::new();
                    for plan in schedule::list_all(tx, guild).await? {
                        let paused = plan.paused_at.is_some().then(|| "paused".to_owned());
                        for date in schedule::preview(tx, &plan, DATES, &calendar, now).await? {
                            let at = date.runs().unwrap_or(date.slot).at;
                            let left_out = match date.status {
                                UpcomingStatus::Runs | UpcomingStatus::Moved { .. } => paused.clone(),
                                UpcomingStatus::SkippedByLead => Some("skipped, as a lead asked".into()),
                                UpcomingStatus::DayOff(name) => Some(format!("skipped, {name}")),
                                UpcomingStatus::Done => Some("done already".into()),
                            };
                            all.push(Coming { at, what: words(&plan.job, &plan.key), left_out });
                        }
                    }
                    for due in schedule::list_once(tx, guild).await? {
                        all.push(Coming { at: due.due_at, what: words(&due.job, &due.key), left_out: None });
                    }
                    Ok(all)
                })
            })
            .await?;
        all.sort_by_key(|coming| coming.at);
        all.truncate(MOST);
        Ok(all)
    }
}

/// What a job does, for people. A job that is not known here is shown by its own name.
fn words(job: &str, key: &str) -> String {
    match job {
        "post_lesson" => format!("The next lesson of “{key}” is posted"),
        "close_pulse" => format!("Pulse {key} closes, and its result is posted"),
        "finish_pulse" => {
            format!("Pulse {} is looked at again, in case its closing was interrupted", before_colon(key))
        }
        "recognition_close_consent" => format!("Nomination {key} stops waiting for an answer"),
        "recognition_reach" => "Somebody who could not be reached is looked for in another way".to_owned(),
        "recognition_review" => "The reviewers of a nomination are reminded, or its time is up".to_owned(),
        "recognition_close_round" => "The recognition round closes".to_owned(),
        "recognition_remind_round" => "A reminder that the recognition round closes soon".to_owned(),
        "recognition_open_vote" => {
            "The vote of a recognition round opens, if it has one and nothing waits any more".to_owned()
        }
        "recognition_close_vote" => "A vote on stories closes, and the chosen ones are told".to_owned(),
        "recognition_finish_vote" => "A vote is looked at again, in case its closing was interrupted".to_owned(),
        "recognition_weekly_story" => "A story of good service is told again".to_owned(),
        "open_pulse" => format!("The pulse “{key}” is posted"),
        "remind_pulse" => format!("A neutral reminder of pulse {}", before_colon(key)),
        "pulse_outcome_due" => format!("What was promised after pulse {} is due", before_colon(key)),
        "post-index" => "The scores of the published quarter are posted".to_owned(),
        // The keys of these two name a person.
        "catch_up" => "Somebody catching up gets the next missed lesson".to_owned(),
        "review_reminder" => "Somebody who asked for it is reminded to review".to_owned(),
        "recognition_forget" => format!("Nomination {} is forgotten", before_colon(key)),
        "ask-about-session" => "People are asked how a lesson was".to_owned(),
        "recompute-index" => "The CX index is worked out again".to_owned(),
        other => other.replace('_', " "),
    }
}

fn before_colon(key: &str) -> &str {
    key.split(':').next().unwrap_or(key)
}

#[cfg(test)]
mod tests {
    use super::words;
    use crate::config::Settings;
    use crate::features::Features;

    #[test]
    fn every_job_is_put_into_words() {
        let settings = Settings::load(&crate::config::Overrides::default()).unwrap();
        for job in Features::new(&settings).jobs() {
            assert_ne!(words(job.name(), "7"), job.name().replace('_', " "), "{} needs words", job.name());
        }
    }
}
