//! The two ways something can go wrong, told apart by type.
//!
//! [`Error::Refused`]: a person asked for something we decline; the sentence is ours and is shown to them as it stands.
//! [`Error::Internal`]: a fault; the whole chain goes to the log once, and the person sees one calm line with a reference.

use std::fmt;

/// What every fallible function in cxbot returns.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was not done.
#[derive(Debug)]
pub enum Error {
    /// Declined. The text is shown to the person exactly as written, so it says what to do next.
    Refused(String),
    /// A fault. Never shown; logged with its causes where it is handled.
    Internal(anyhow::Error),
}

impl Error {
    /// Declines with this sentence.
    pub fn refused(sentence: impl Into<String>) -> Self {
        Self::Refused(sentence.into())
    }

    /// Reports a fault with this description.
    pub fn internal(what: impl fmt::Display) -> Self {
        Self::Internal(anyhow::anyhow!("{what}"))
    }

    /// Adds what was being attempted to a fault; a refusal is left as it is, since its sentence is already complete.
    #[must_use]
    pub fn context(self, doing: impl fmt::Display + Send + Sync + 'static) -> Self {
        match self {
            Self::Refused(sentence) => Self::Refused(sentence),
            Self::Internal(cause) => Self::Internal(cause.context(doing)),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(sentence) => f.write_str(sentence),
            // `{:#}` prints the chain of causes on one line.
            Self::Internal(cause) => write!(f, "{cause:#}"),
        }
    }
}

impl std::error::Error for Error {}

impl From<anyhow::Error> for Error {
    fn from(cause: anyhow::Error) -> Self {
        Self::Internal(cause)
    }
}

/// Marks a type whose `Display` is the very sentence a person is shown when we decline.
///
/// Derive `thiserror::Error` on an enum of refusals, implement this empty trait, and `?` does the rest.
pub trait Refusal: fmt::Display {}

impl<R: Refusal> From<R> for Error {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum DoorRefusal {
        #[error("The door closed at {0}. It opens again tomorrow.")]
        Closed(&'static str),
    }
    impl Refusal for DoorRefusal {}

    #[test]
    fn a_refusal_is_shown_as_written_and_context_does_not_touch_it() {
        let error = Error::from(DoorRefusal::Closed("17:00")).context("opening the door");
        assert_eq!(error.to_string(), "The door closed at 17:00. It opens again tomorrow.");
    }

    #[test]
    fn a_fault_keeps_its_chain() {
        let error = Error::internal("the lock is stuck").context("opening the door");
        assert_eq!(error.to_string(), "opening the door: the lock is stuck");
    }
}
