//! `/quarter`: a quarter's scores on their way out.

use chrono::TimeDelta;
use serenity_commands::Command;

use super::super::super::chat::QuarterText;
use super::super::super::publication::{self, Edition, PublicationRefusal, Publisher, may_publish};
use super::super::super::{export, store};
use super::super::job::{POST_JOB, Payload, post_newest};
use super::super::message;
use super::within_or_empty;
use crate::calendar::{Quarter, WorkCalendar};
use crate::discord::{Incoming, Reply};
use crate::error::{Error, Result};
use crate::ids::ChannelId;
use crate::people;
use crate::post::Post;
use crate::schedule::{self, NewSchedule};
use crate::services::Services;

#[derive(Debug, Command)]
pub(super) enum QuarterCommand {
    /// How far a quarter is: draft, reviewed, published
    State {
        /// Which quarter
        quarter: QuarterText,
    },
    /// Say that a quarter's scores are right as they stand
    Review {
        /// Which quarter
        quarter: QuarterText,
    },
    /// Publish what another lead reviewed; a correction says why
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

pub(super) async fn on_quarter(services: &Services, incoming: &Incoming, command: QuarterCommand) -> Result<Reply> {
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
                            // It heeds no calendar, so any will do.
                            schedule::set(tx, &new, &WorkCalendar::federal(), now).await?;
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
            let files = export::quarter_pack(services, Some(incoming.on_server()?), quarter).await?;
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
