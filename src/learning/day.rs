//! The group's day: dates of cards and certificates, and the hour of private messages.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use crate::calendar::{self, WorkCalendar};
use crate::error::Result;
use crate::ids::GuildId;
use crate::people;
use crate::services::Services;
use crate::store::Tx;

/// Private messages go out at this hour of a working day.
const HOUR: u32 = 9;

/// Now, on a server.
#[derive(Clone, Debug)]
pub(super) struct Day {
    pub now: DateTime<Utc>,
    pub today: NaiveDate,
    /// The server's name; empty until it is known.
    pub group: String,
    zone: Tz,
}

/// What does not depend on the server: to be made before a transaction begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub now: DateTime<Utc>,
    fallback: Tz,
}

impl Moment {
    pub fn of(services: &Services) -> Self {
        Self { now: services.clock.now(), fallback: services.settings.time.zone }
    }

    /// The day on this server.
    pub async fn on(self, tx: &mut Tx, guild: GuildId) -> Result<Day> {
        let settings = people::find_guild(tx, guild).await?;
        let zone = settings.as_ref().map_or(self.fallback, |settings| settings.zone);
        let group = settings.map_or_else(String::new, |settings| settings.name);
        Ok(Day { now: self.now, today: self.now.with_timezone(&zone).date_naive(), group, zone })
    }
}

impl Day {
    /// The date of an instant.
    pub fn date(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }

    /// 09:00 on the `count`th working day from now.
    pub fn morning_after(&self, count: u32, days_off: &WorkCalendar) -> (NaiveDate, DateTime<Utc>) {
        let date = days_off.add_working_days(self.today, count.max(1));
        (date, self.morning_of(date))
    }

    /// 09:00 on the first working day on or after `date`, but not before tomorrow.
    pub fn morning_from(&self, date: NaiveDate, days_off: &WorkCalendar) -> DateTime<Utc> {
        let tomorrow = self.today.succ_opt().unwrap_or(self.today);
        self.morning_of(days_off.add_working_days(date.max(tomorrow), 0))
    }

    fn morning_of(&self, date: NaiveDate) -> DateTime<Utc> {
        let nine = NaiveTime::from_hms_opt(HOUR, 0, 0).unwrap_or_default();
        calendar::instant(date.and_time(nine), self.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mornings_are_at_nine_where_the_group_is_and_never_on_a_day_off() {
        // Wednesday before Thanksgiving, 23:30 in New York: Thursday already in UTC.
        let now = "2026-11-26T04:30:00Z".parse().unwrap();
        let zone = chrono_tz::America::New_York;
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        let day = Day { now, today: date("2026-11-25"), group: String::new(), zone };
        let days_off = WorkCalendar::federal();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(day.date(now), date("2026-11-25"));
        assert_eq!(day.morning_after(1, &days_off), (date("2026-11-27"), at("2026-11-27T14:00:00Z")));
        assert_eq!(day.morning_after(2, &days_off), (date("2026-11-30"), at("2026-11-30T14:00:00Z")));
        assert_eq!(day.morning_from(date("2026-11-20"), &days_off), at("2026-11-27T14:00:00Z"));
        assert_eq!(day.morning_from(date("2027-03-14"), &days_off), at("2027-03-15T13:00:00Z"), "summer time");
    }
}
