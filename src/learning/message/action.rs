//! What the controls of learning mean.

use crate::discord::ControlId;
use crate::ids::GuildId;

/// The first word of this feature's control ids.
pub const NAME: &str = "learning";

/// What a control asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take the quiz of a lesson, in whatever version it is now.
    Quiz {
        /// The lesson's id.
        lesson: String,
    },
    /// Show one question.
    Ask {
        /// Where in which lesson.
        place: Place,
    },
    /// Answer it.
    Answer {
        /// Where in which lesson.
        place: Place,
        /// The option, counted from 0.
        option: usize,
    },
    /// Show how the round went.
    Finish {
        /// The lesson's id.
        lesson: String,
        /// The version that was answered.
        version: String,
    },
    /// Show the next lesson, of this series if it has one.
    Next {
        /// The series' name.
        series: String,
    },
    /// Show a look-back question; the place names the quiz it belongs to, `place.question` which look it is.
    Look {
        /// Where in which quiz.
        place: Place,
    },
    /// Answer a look-back question.
    Looked {
        /// Where in which quiz.
        place: Place,
        /// The version of the earlier lesson that was shown.
        earlier: String,
        /// The option, counted from 0.
        option: usize,
    },
    /// From a private message: take the quiz of a lesson, for this server.
    Open {
        /// The server that the message is about.
        guild: GuildId,
        /// The lesson's id.
        lesson: String,
    },
    /// Show a review card.
    Review {
        /// The server, when the button stands in a private message.
        guild: Option<GuildId>,
    },
    /// Answer a review card.
    Reviewed {
        /// Which question.
        place: Place,
        /// The option, counted from 0.
        option: usize,
    },
    /// Stop being reminded of review cards.
    Forget,
    /// Stop being sent the lessons of a series.
    Stop {
        /// The series' name.
        series: String,
    },
    /// Ask for the name on a certificate.
    Certificate {
        /// The series' name.
        series: String,
    },
    /// The form with the name.
    Certify {
        /// The series' name.
        series: String,
    },
    /// For leads: try once more what could not be sent.
    Retry,
}

/// One question of one version of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The lesson's id.
    pub lesson: String,
    /// The version that was shown.
    pub version: String,
    /// The question, counted from 0.
    pub question: usize,
}

impl Action {
    /// The first part of each control id after the feature's name; decides who may use it.
    pub const NAMES: [&'static str; 15] = [
        "quiz",
        "ask",
        "answer",
        "finish",
        "next",
        "look",
        "looked",
        "open",
        "review",
        "reviewed",
        "forget",
        "stop",
        "certificate",
        "certify",
        "retry",
    ];

    /// The `custom_id` that asks for this.
    #[must_use]
    pub fn to_id(&self) -> String {
        let (action, rest) = match self {
            Self::Quiz { lesson } => ("quiz", lesson.clone()),
            Self::Ask { place } => ("ask", place.to_string()),
            Self::Answer { place, option } => ("answer", format!("{place}:{option}")),
            Self::Finish { lesson, version } => ("finish", format!("{lesson}:{version}")),
            Self::Next { series } => ("next", series.clone()),
            Self::Look { place } => ("look", place.to_string()),
            Self::Looked { place, earlier, option } => ("looked", format!("{place}:{earlier}:{option}")),
            Self::Open { guild, lesson } => ("open", format!("{guild}:{lesson}")),
            Self::Review { guild } => ("review", guild.map(|guild| guild.to_string()).unwrap_or_default()),
            Self::Reviewed { place, option } => ("reviewed", format!("{place}:{option}")),
            Self::Forget => ("forget", String::new()),
            Self::Stop { series } => ("stop", series.clone()),
            Self::Certificate { series } => ("certificate", series.clone()),
            Self::Certify { series } => ("certify", series.clone()),
            Self::Retry => ("retry", String::new()),
        };
        ControlId { feature: NAME, action, rest: &rest }.to_string()
    }

    /// What a `custom_id` asks for; `None` when it is not one of ours.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let id = ControlId::parse(id).filter(|id| id.feature == NAME)?;
        let parts: Vec<_> = id.rest.split(':').collect();
        let place = |lesson: &str, version: &str, question: &str| {
            Some(Place { lesson: lesson.into(), version: version.into(), question: question.parse().ok()? })
        };
        Some(match (id.action, &parts[..]) {
            ("quiz", [lesson]) => Self::Quiz { lesson: (*lesson).into() },
            ("ask", [lesson, version, question]) => Self::Ask { place: place(lesson, version, question)? },
            ("answer", [lesson, version, question, option]) => {
                Self::Answer { place: place(lesson, version, question)?, option: option.parse().ok()? }
            }
            ("finish", [lesson, version]) => Self::Finish { lesson: (*lesson).into(), version: (*version).into() },
            ("next", [series]) => Self::Next { series: (*series).into() },
            ("look", [lesson, version, question]) => Self::Look { place: place(lesson, version, question)? },
            ("looked", [lesson, version, question, earlier, option]) => Self::Looked {
                place: place(lesson, version, question)?,
                earlier: (*earlier).into(),
                option: option.parse().ok()?,
            },
            ("open", [guild, lesson]) => Self::Open { guild: guild.parse().ok()?, lesson: (*lesson).into() },
            ("review", [""]) => Self::Review { guild: None },
            ("review", [guild]) => Self::Review { guild: Some(guild.parse().ok()?) },
            ("reviewed", [lesson, version, question, option]) => {
                Self::Reviewed { place: place(lesson, version, question)?, option: option.parse().ok()? }
            }
            ("forget", [""]) => Self::Forget,
            ("stop", [series]) => Self::Stop { series: (*series).into() },
            ("certificate", [series]) => Self::Certificate { series: (*series).into() },
            ("certify", [series]) => Self::Certify { series: (*series).into() },
            ("retry", [""]) => Self::Retry,
            _ => return None,
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.lesson, self.version, self.question)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_parses_back_to_itself_and_fits() {
        let place = Place { lesson: "a".repeat(40), version: "0123456789ab".into(), question: 7 };
        let lesson = place.lesson.clone();
        let actions = [
            Action::Quiz { lesson: lesson.clone() },
            Action::Ask { place: place.clone() },
            Action::Answer { place: place.clone(), option: 4 },
            Action::Finish { lesson: lesson.clone(), version: "0123456789ab".into() },
            Action::Next { series: "b".repeat(40) },
            Action::Look { place: place.clone() },
            Action::Looked { place: place.clone(), earlier: "0123456789ab".into(), option: 4 },
            Action::Open { guild: GuildId(u64::MAX), lesson },
            Action::Review { guild: None },
            Action::Review { guild: Some(GuildId(u64::MAX)) },
            Action::Reviewed { place, option: 4 },
            Action::Forget,
            Action::Stop { series: "b".repeat(40) },
            Action::Certificate { series: "b".repeat(40) },
            Action::Certify { series: "b".repeat(40) },
            Action::Retry,
        ];
        let mut names: Vec<_> = Action::NAMES.into();
        for action in actions {
            let id = action.to_id();
            assert!(id.len() <= ControlId::MOST_CHARS, "{id}");
            assert_eq!(Action::parse(&id), Some(action));
            names.retain(|name| *name != ControlId::parse(&id).unwrap().action);
        }
        assert_eq!(names, [""; 0], "every named action is tried");
        for foreign in
            ["v1:learning:ask:one", "v1:learning:answer:one:v:x:0", "v1:learning:dance:one", "v1:pulse:quiz:one"]
        {
            assert_eq!(Action::parse(foreign), None, "{foreign}");
        }
    }
}
