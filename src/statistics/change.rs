//! Did it really change? Welch's test on two independent scores, and Holm's correction when several are told at once.
//!
//! Anonymous answers cannot be paired, so two quarters are treated as independent: honest, and slightly cautious.

use serde::{Deserialize, Serialize};

use super::interval::{Estimate, Range, student_quantile, two_sided_p};

/// The difference between two scores and what can be said of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// Later less earlier, in points. Computed before any rounding.
    pub points: f64,
    /// Standard error of the difference.
    pub standard_error: f64,
    /// Welch–Satterthwaite degrees of freedom, not rounded; infinite for full counts.
    pub degrees_of_freedom: f64,
    /// The difference in standard errors.
    pub statistic: f64,
    /// The chance of a difference at least this large, had nothing changed.
    pub p: f64,
    /// The 95 % range of the difference.
    pub range: Range,
}

/// What may be said of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It rose, by enough to matter and beyond chance.
    Up,
    /// It fell, by enough to matter and beyond chance.
    Down,
    /// Too small or too uncertain to call.
    NoClearChange,
}

impl Change {
    /// The change from `earlier` to `later`.
    #[must_use]
    pub fn between(earlier: &Estimate, later: &Estimate) -> Self {
        let points = later.score - earlier.score;
        let (first, second) = (earlier.standard_error.powi(2), later.standard_error.powi(2));
        let standard_error = (first + second).sqrt();
        let spread = first.powi(2) / earlier.degrees_of_freedom + second.powi(2) / later.degrees_of_freedom;
        let degrees_of_freedom = if spread > 0.0 { (first + second).powi(2) / spread } else { f64::INFINITY };
        let statistic = if points == 0.0 { 0.0 } else { points / standard_error };
        // With everybody counted both times the difference is simply a fact about those people: any difference is beyond chance.
        let p = if points == 0.0 { 1.0 } else { two_sided_p(statistic, degrees_of_freedom) };
        let reach = student_quantile(degrees_of_freedom) * standard_error;
        let range = Range { low: points - reach, high: points + reach };
        Self { points, standard_error, degrees_of_freedom, statistic, p, range }
    }
}

/// What may be said: up or down only when it is beyond chance (`p` below `alpha`) and large enough to matter. Several changes told at
/// once take p-values corrected by [`holm`].
#[must_use]
pub fn verdict(points: f64, p: f64, alpha: f64, min_points: f64) -> Verdict {
    if p >= alpha || points.abs() < min_points {
        Verdict::NoClearChange
    } else if points > 0.0 {
        Verdict::Up
    } else {
        Verdict::Down
    }
}

/// Holm's correction: p-values that may be read together, in the order given.
#[must_use]
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut corrected = vec![0.0; p_values.len()];
    let mut least = 0.0_f64;
    for (rank, &index) in order.iter().enumerate() {
        let left = super::points::real((p_values.len() - rank) as u64);
        least = least.max((p_values[index] * left).min(1.0));
        corrected[index] = least;
    }
    corrected
}
