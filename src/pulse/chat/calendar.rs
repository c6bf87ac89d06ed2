//! `/pulse schedule`.

use chrono::Weekday;

use super::super::calendar::{self, Wanted};
use super::super::opening::Wish;
use super::Pulses;
use super::command::ScheduleCommand;
use super::pick::find_definition;
use crate::discord::{Incoming, Reply};
use crate::error::Result;
use crate::ids::ChannelId;
use crate::schedule::Cron;
use crate::services::Services;

impl Pulses {
    pub(super) async fn schedule(
        &self,
        services: &Services,
        incoming: &Incoming,
        command: ScheduleCommand,
    ) -> Result<Reply> {
        let (guild, user) = (incoming.on_server()?, incoming.person.user);
        let whole = |number: i64| u32::try_from(number).unwrap_or(0);
        let ours = |channel: Option<serenity::model::id::ChannelId>| channel.map(|channel| ChannelId(channel.get()));
        let (name, wanted) = match command {
            ScheduleCommand::Monthly { pulse, day, hour, channel } => {
                let cron = Cron::monthly(whole(day), whole(hour), 0)?;
                let definition = find_definition(services, guild, &pulse).await?;
                return calendar::set(services, guild, definition, cron, ours(channel), user).await;
            }
            ScheduleCommand::Weekly { pulse, day, hour, channel } => {
                let day = Weekday::try_from(u8::try_from(day - 1).unwrap_or(0)).unwrap_or(Weekday::Mon);
                let cron = Cron::weekly(day, whole(hour), 0)?;
                let definition = find_definition(services, guild, &pulse).await?;
                return calendar::set(services, guild, definition, cron, ours(channel), user).await;
            }
            ScheduleCommand::List => return calendar::list(services, guild).await,
            ScheduleCommand::PostNow { pulse } => {
                let definition = find_definition(services, guild, &pulse).await?;
                let wish = Wish { by_calendar: true, ..Wish::new(guild, definition, user) };
                return self.open(services, wish).await;
            }
            ScheduleCommand::Preview { pulse } => (pulse, Wanted::Preview),
            ScheduleCommand::Pause { pulse } => (pulse, Wanted::Pause),
            ScheduleCommand::Resume { pulse } => (pulse, Wanted::Resume),
            ScheduleCommand::Skip { pulse } => (pulse, Wanted::Skip),
        };
        calendar::change(services, guild, find_definition(services, guild, &name).await?, wanted).await
    }
}
