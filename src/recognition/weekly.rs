//! The weekly story: one that was published before is told once more, the one that was told longest ago first.

use chrono::{DateTime, Utc};

use super::action::Action;
use super::{effects, job, nominate, store};
use crate::calendar::WorkCalendar;
use crate::discord::{Control, Incoming, Reply};
use crate::error::{Error, Result};
use crate::post::{Post, Select, SelectOption};
use crate::schedule::{self, Due, NewSchedule, Schedule};
use crate::services::Services;
use crate::store::Tx;

const KEY: &str = "story";
const OFF: &str = "off";
const DAYS: [(&str, &str); 5] =
    [("1", "Monday"), ("2", "Tuesday"), ("3", "Wednesday"), ("4", "Thursday"), ("5", "Friday")];

/// `/recognition weekly`.
pub(super) async fn show(services: &Services, incoming: &Incoming) -> Result<Post> {
    let guild = incoming.on_server()?;
    let found = services.store.read(|tx| Box::pin(schedule::find(tx, guild, job::WEEKLY, KEY))).await?;
    Ok(screen(found.as_ref()))
}

pub(super) fn screen(found: Option<&Schedule>) -> Post {
    let text = match found {
        Some(schedule) => format!(
            "**The weekly story** is told again: {}. The one that was told longest ago comes first; without a story nothing is posted.",
            schedule.words()
        ),
        None => {
            "**The weekly story** is off. With it, one published story a week is told again in the recognition channel."
                .to_owned()
        }
    };
    let days = DAYS.map(|(day, name)| SelectOption::new(day, format!("Every {name} at 10:00")));
    let options = days.into_iter().chain([SelectOption::new(OFF, "Off")]);
    Post::text(text).with_select(Select::one(Action::Weekly.to_id(), "Which day?", options))
}

/// A day was picked.
pub(super) async fn set(services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
    let (guild, now, zone) = (incoming.on_server()?, services.clock.now(), services.settings.time.zone);
    let picked = control.picked.first().cloned().unwrap_or_default();
    if picked != OFF && !DAYS.iter().any(|(day, _)| *day == picked) {
        return Err(Error::refused("Please pick a day from the list."));
    }
    let found = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let settings = nominate::noted(tx, guild, zone).await?;
                if picked == OFF {
                    schedule::remove(tx, guild, job::WEEKLY, KEY).await?;
                    return Ok(None);
                }
                let cron = format!("0 10 * * {picked}");
                let new = NewSchedule {
                    guild,
                    job: job::WEEKLY,
                    key: KEY,
                    cron: &cron,
                    zone: settings.zone,
                    skip_holidays: true,
                    catch_up_minutes: 120,
                    payload: serde_json::Value::Null,
                };
                // It names a weekday, which no calendar moves.
                schedule::set(tx, &new, &WorkCalendar::federal(), now).await.map(Some)
            })
        })
        .await?;
    Ok(Reply::Update(screen(found.as_ref())))
}

/// Tells the story that was told longest ago.
pub(super) async fn tell(tx: &mut Tx, due: &Due, now: DateTime<Utc>) -> Result<()> {
    let Some(id) = store::find_told_longest_ago(tx, due.guild).await? else { return Ok(()) };
    let Some(nomination) = store::find(tx, id).await? else { return Ok(()) };
    effects::tell_again(tx, &nomination, &due.slot, now).await?;
    Ok(())
}
