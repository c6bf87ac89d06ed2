//! The roster's rows, the steps of `/setup`, and how a time zone is read from what a person wrote.

use chrono::NaiveDate;
use chrono_tz::{TZ_VARIANTS, Tz};

use crate::ids::{GuildId, UserId};

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The server.
    pub guild: GuildId,
    /// The person.
    pub user: UserId,
    /// As a lead wrote it; `None` until then.
    pub division: Option<String>,
    /// First use, in the group's time zone.
    pub joined_on: NaiveDate,
    /// Asked for direct messages.
    pub direct_messages: bool,
    /// Asked not to be reminded.
    pub no_reminders: bool,
}

/// The steps of `/setup`, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Welcome,
    Channels,
    LeadRole,
    Zone,
    Review,
}

impl Step {
    pub(super) const ALL: [Self; 5] = [Self::Welcome, Self::Channels, Self::LeadRole, Self::Zone, Self::Review];

    pub(super) fn next(self) -> Option<Self> {
        Self::ALL.get(self.index() + 1).copied()
    }

    pub(super) fn back(self) -> Option<Self> {
        self.index().checked_sub(1).map(|index| Self::ALL[index])
    }

    fn index(self) -> usize {
        Self::ALL.iter().position(|step| *step == self).expect("every step is in ALL")
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Channels => "channels",
            Self::LeadRole => "role",
            Self::Zone => "zone",
            Self::Review => "review",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.word() == word)
    }
}

/// Which of the three channels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Lessons.
    Learning,
    /// Pulses.
    Pulse,
    /// Recognition.
    Recognition,
}

impl Purpose {
    pub(super) const ALL: [Self; 3] = [Self::Learning, Self::Pulse, Self::Recognition];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Learning => "learning",
            Self::Pulse => "pulse",
            Self::Recognition => "recognition",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|purpose| purpose.word() == word)
    }
}

/// The time zones of the United States, with the names people use for them.
pub(super) const US_ZONES: [(Tz, &str, &str); 10] = [
    (Tz::America__New_York, "Eastern", "New York, Washington, Atlanta"),
    (Tz::America__Chicago, "Central", "Chicago, Dallas, St. Louis"),
    (Tz::America__Denver, "Mountain", "Denver, Salt Lake City"),
    (Tz::America__Phoenix, "Arizona", "Phoenix: Mountain time, no daylight saving"),
    (Tz::America__Los_Angeles, "Pacific", "Los Angeles, Seattle"),
    (Tz::America__Anchorage, "Alaska", "Anchorage"),
    (Tz::Pacific__Honolulu, "Hawaii", "Honolulu"),
    (Tz::America__Puerto_Rico, "Atlantic", "Puerto Rico, US Virgin Islands"),
    (Tz::Pacific__Guam, "Chamorro", "Guam, Northern Mariana Islands"),
    (Tz::Pacific__Pago_Pago, "Samoa", "American Samoa"),
];

/// A zone as people call it: `Eastern (America/New_York)`.
pub(super) fn zone_name(zone: Tz) -> String {
    match US_ZONES.iter().find(|(known, ..)| *known == zone) {
        Some((_, name, _)) => format!("{name} ({zone})"),
        None => zone.to_string(),
    }
}

/// Reads a zone: its IANA name in any case, with spaces or underscores (`america/new york`), or a city alone if only one zone has it.
///
/// # Errors
/// Up to five zone names that look alike; none when nothing does.
pub(super) fn parse_zone(written: &str) -> Result<Tz, Vec<&'static str>> {
    let plain = |text: &str| text.trim().to_lowercase().replace([' ', '-'], "_");
    let wanted = plain(written);
    if let Some(zone) = TZ_VARIANTS.iter().find(|zone| plain(zone.name()) == wanted) {
        return Ok(*zone);
    }
    let city = |zone: &Tz| zone.name().rsplit('/').next().map(plain).unwrap_or_default();
    // Old aliases (US/…, a bare city) name the same places again; the area/city names are the ones to offer.
    let places = || TZ_VARIANTS.iter().filter(|zone| zone.name().contains('/') && !zone.name().starts_with("US/"));
    if let [only] = places().filter(|zone| city(zone) == wanted).collect::<Vec<_>>()[..] {
        return Ok(*only);
    }
    if wanted.chars().count() < 3 {
        return Err(Vec::new());
    }
    let start: String = wanted.chars().take(4).collect();
    let mut alike: Vec<_> =
        places().filter(|zone| plain(zone.name()).contains(&wanted)).map(|zone| zone.name()).collect();
    alike.extend(places().filter(|zone| city(zone).starts_with(&start)).map(|zone| zone.name()));
    let mut seen = std::collections::BTreeSet::new();
    alike.retain(|name| seen.insert(*name));
    alike.truncate(5);
    Err(alike)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_read_as_people_write_it() {
        for (written, zone) in [
            ("America/New_York", Tz::America__New_York),
            ("  america/new york ", Tz::America__New_York),
            ("Berlin", Tz::Europe__Berlin),
            ("lord howe", Tz::Australia__Lord_Howe),
            ("UTC", Tz::UTC),
        ] {
            assert_eq!(parse_zone(written), Ok(zone), "{written}");
        }
    }

    #[test]
    fn an_unknown_zone_suggests_what_looks_alike() {
        assert_eq!(parse_zone("Indiana"), Err(parse_zone("indiana").unwrap_err()));
        assert!(parse_zone("indiana").unwrap_err().contains(&"America/Indiana/Indianapolis"));
        assert!(parse_zone("Chicgao").unwrap_err().contains(&"America/Chicago"));
        assert_eq!(parse_zone("Mars/Base"), Err(vec![]));
        assert_eq!(parse_zone(""), Err(vec![]));
    }

    #[test]
    fn steps_lead_forth_and_back() {
        let mut step = Step::Welcome;
        while let Some(next) = step.next() {
            assert_eq!(next.back(), Some(step));
            step = next;
        }
        assert_eq!(step, Step::Review);
        assert_eq!(Step::Welcome.back(), None);
        for step in Step::ALL {
            assert_eq!(Step::parse(step.word()), Some(step));
        }
    }
}
