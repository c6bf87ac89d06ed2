//! Did it really change? The arithmetic of [`statistics`](crate::statistics::change) with the rule of a definition.

use super::definition::Definition;
pub use crate::statistics::change::{Change, Verdict, holm};

/// What may be said of a change under a definition's rule.
#[must_use]
pub fn verdict(points: f64, p: f64, definition: &Definition) -> Verdict {
    crate::statistics::change::verdict(points, p, definition.change.alpha, definition.change.min_points)
}
