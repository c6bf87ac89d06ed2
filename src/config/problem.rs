//! What is wrong with a file of `config/`, for the person who edits it.

use std::fmt;

/// One problem in a content file: where it is, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Path below `config/`.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// The key, question or section.
    pub key: String,
    /// What was expected, in words.
    pub expected: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}: {}", self.file, self.line, self.key, self.expected)
    }
}
