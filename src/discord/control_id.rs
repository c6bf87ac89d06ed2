//! The `custom_id` of buttons, selects and forms: `v1:<feature>:<action>:<id>`.

use std::fmt;

/// A parsed `custom_id`. Features match on `action` and parse `rest` into their own typed action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlId<'id> {
    /// Which feature answers.
    pub feature: &'id str,
    /// What was asked of it.
    pub action: &'id str,
    /// Which thing it is about; may hold further colons; empty when there is none.
    pub rest: &'id str,
}

impl<'id> ControlId<'id> {
    /// Discord's limit on a `custom_id`.
    pub const MOST_CHARS: usize = 100;

    /// Parses a `custom_id` of this version; `None` for an older, newer or foreign one.
    #[must_use]
    pub fn parse(text: &'id str) -> Option<Self> {
        let mut parts = text.strip_prefix("v1:")?.splitn(3, ':');
        let feature = parts.next().filter(|part| !part.is_empty())?;
        let action = parts.next().filter(|part| !part.is_empty())?;
        Some(Self { feature, action, rest: parts.next().unwrap_or("") })
    }
}

impl fmt::Display for ControlId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v1:{}:{}", self.feature, self.action)?;
        if !self.rest.is_empty() {
            write!(f, ":{}", self.rest)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_parse_back_to_themselves() {
        for text in ["v1:pulse:answer:7", "v1:pulse:answer:7:agree", "v1:setup:start"] {
            assert_eq!(ControlId::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(ControlId::parse("v1:pulse:answer:7:agree").unwrap().rest, "7:agree");
    }

    #[test]
    fn old_and_foreign_ids_are_not_taken_for_ours() {
        for text in ["", "v0:pulse:answer:7", "vote_7", "v1:", "v1:pulse", "v1::answer"] {
            assert_eq!(ControlId::parse(text), None, "{text:?}");
        }
    }
}
