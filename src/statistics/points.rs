//! The ruler: every figure becomes points from 0 (worst) to 100 (best).

use serde::{Deserialize, Serialize};

/// The most options an answer scale can have (0 to 10).
pub const MOST_OPTIONS: usize = 11;

/// How many people chose each option of one answer scale, from the worst option to the best. "Does not apply" and skipped answers
/// are not in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Counts(Vec<u64>);

/// What else the same counts can say, for readers who know other indexes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Companions {
    /// Share of the two best of five options, in percent.
    pub top_two: f64,
    /// Share of the two best less share of the two worst of five options, −100 to 100.
    pub net: f64,
}

impl Counts {
    /// Counts from the worst option to the best; `None` unless there are 2 to 11 options.
    #[must_use]
    pub fn new(from_worst: Vec<u64>) -> Option<Self> {
        (2..=MOST_OPTIONS).contains(&from_worst.len()).then_some(Self(from_worst))
    }

    /// A two-option measure: thumbs, yes/no, or how often a driver was ticked as a complaint and as praise.
    #[must_use]
    pub fn two(negative: u64, positive: u64) -> Self {
        Self(vec![negative, positive])
    }

    /// The same answers to a negatively worded question: its first option was the best.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.0.reverse();
        self
    }

    /// Number of options on the scale.
    #[must_use]
    pub fn options(&self) -> usize {
        self.0.len()
    }

    /// Number of answers.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The counts, from the worst option to the best.
    #[must_use]
    pub fn from_worst(&self) -> &[u64] {
        &self.0
    }

    /// Points and count of each option, from worst to best: the worst is 0 points, the best 100, the others evenly between.
    pub fn by_points(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let steps = real(self.0.len() as u64 - 1);
        self.0.iter().enumerate().map(move |(step, &count)| (100.0 * real(step as u64) / steps, real(count)))
    }

    /// The mean points of all answers; `None` without answers (no data is not 0).
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        let n = self.n();
        (n > 0).then(|| self.by_points().map(|(points, count)| points * count).sum::<f64>() / real(n))
    }

    /// Top-two-box and net score; only a scale of five options has them, and only with answers.
    #[must_use]
    pub fn companions(&self) -> Option<Companions> {
        let &[worst, bad, _, good, best] = self.0.as_slice() else { return None };
        let n = self.n();
        (n > 0).then(|| {
            let share = |count: u64| 100.0 * real(count) / real(n);
            Companions { top_two: share(good + best), net: share(good + best) - share(worst + bad) }
        })
    }
}

/// The index that GSA ran from 2013 to 2015: the mean net score of its core questions, −100 to 100. `None` when a question has no
/// answers or not five options.
#[must_use]
pub fn classic_gcxi(questions: &[Counts]) -> Option<f64> {
    let nets: Option<Vec<f64>> = questions.iter().map(|counts| counts.companions().map(|both| both.net)).collect();
    let nets = nets.filter(|nets| !nets.is_empty())?;
    Some(nets.iter().sum::<f64>() / real(nets.len() as u64))
}

/// A net score (−100 to 100) on a ruler from 0 to 100, where 50 is neutral.
#[must_use]
pub fn net_on_ruler(net: f64) -> f64 {
    f64::midpoint(net, 100.0)
}

/// Where an operational figure is worst, as promised, and best. All in the measure's own unit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Anchors {
    worst: f64,
    target: f64,
    best: Option<f64>,
}

impl Anchors {
    /// Anchors that run one way: worst < target < best, or worst > target > best. `None` otherwise.
    #[must_use]
    pub fn new(worst: f64, target: f64, best: Option<f64>) -> Option<Self> {
        let all_finite = worst.is_finite() && target.is_finite() && best.is_none_or(f64::is_finite);
        let up = worst < target && best.is_none_or(|best| target < best);
        let down = worst > target && best.is_none_or(|best| target > best);
        (all_finite && (up || down)).then_some(Self { worst, target, best })
    }

    /// Whether a higher figure is better.
    #[must_use]
    pub fn higher_is_better(&self) -> bool {
        self.worst < self.target
    }

    /// Points of a figure: the worst anchor is 0, the target `target_points`, the best 100; beyond them nothing is gained or lost.
    #[must_use]
    pub fn points(&self, value: f64, target_points: f64) -> f64 {
        let reached = target_points * (value - self.worst) / (self.target - self.worst);
        let points = match self.best {
            Some(best) if reached > target_points => {
                target_points + (100.0 - target_points) * (value - self.target) / (best - self.target)
            }
            _ => reached,
        };
        points.clamp(0.0, 100.0)
    }
}

/// A count as a real number. Exact below 2^53, and no survey has nine quadrillion answers.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}
