//! Stories that stand published, for rooms that quote them without knowing recognition.
//!
//! Recognition alone decides what is published. Here is only what stands at this moment: what was taken down can no longer be read, since
//! this room reads a view and keeps nothing. Nobody is named: who agreed to be named is so in the story itself.

mod store;

pub use store::list_told;

use crate::text::shorten;

/// The most of a story that is quoted, in characters.
const MOST: usize = 400;

/// A published story, without names.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    /// The principle or value that it stands for, as it was called then.
    pub stands_for: Option<String>,
    /// What happened.
    pub happened: String,
    /// What changed for the customer.
    pub changed: String,
}

impl Told {
    /// One line to say in a staff meeting. Shows no control character and no line break; at most about 400 characters.
    #[must_use]
    pub fn as_talking_point(&self) -> String {
        let words = format!("{} What changed: {}", self.happened, self.changed);
        let line = shorten(&words.split_whitespace().collect::<Vec<_>>().join(" "), MOST);
        match &self.stands_for {
            Some(stands_for) => format!("{line} ({stands_for})"),
            None => line,
        }
    }
}

impl std::fmt::Debug for Told {
    /// Without the words: they belong into no log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Told(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_talking_point_is_one_line_of_bounded_length() {
        let mut told = Told {
            stands_for: Some("Principle: Design from the outside in".into()),
            happened: "The letter was rewritten\nwith two applicants.".into(),
            changed: "Calls about it halved.".into(),
        };
        assert_eq!(
            told.as_talking_point(),
            "The letter was rewritten with two applicants. What changed: Calls about it halved. (Principle: Design from the outside in)"
        );
        (told.stands_for, told.happened) = (None, "long ".repeat(1_200));
        let line = told.as_talking_point();
        assert!(line.chars().count() <= MOST && line.ends_with('…'), "{line}");
        assert_eq!(format!("{told:?}"), "Told(…)");
    }
}
