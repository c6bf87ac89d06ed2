//! What the controls of learning mean.

use crate::discord::ControlId;

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
    pub const NAMES: [&'static str; 5] = ["quiz", "ask", "answer", "finish", "next"];

    /// The `custom_id` that asks for this.
    #[must_use]
    pub fn to_id(&self) -> String {
        let (action, rest) = match self {
            Self::Quiz { lesson } => ("quiz", lesson.clone()),
            Self::Ask { place } => ("ask", place.to_string()),
            Self::Answer { place, option } => ("answer", format!("{place}:{option}")),
            Self::Finish { lesson, version } => ("finish", format!("{lesson}:{version}")),
            Self::Next { series } => ("next", series.clone()),
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
            Action::Answer { place, option: 4 },
            Action::Finish { lesson, version: "0123456789ab".into() },
            Action::Next { series: "b".repeat(40) },
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
