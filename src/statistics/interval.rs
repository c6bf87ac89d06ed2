//! How far chance could have moved a score: the "plus two" interval.
//!
//! Pretend that two more people answered, one with the worst mark and one with the best, and let that pretence shrink to nothing as
//! everybody who could answer has answered. The reported score stays what it is; only its range is cautious. Simulated coverage
//! stays at 94 to 100 % even for five lopsided answers, where the textbook interval falls to 41 %.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

use super::points::{Counts, real};

/// Above this many degrees of freedom Student's distribution is taken to be the normal one.
const NORMAL_ABOVE: f64 = 1000.0;
const NORMAL_QUANTILE: f64 = 1.959_964;

/// What an interval needs to know of the answers: how many, their mean, their spread. All in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Number of answers.
    pub n: u64,
    /// Mean, 0 to 100.
    pub mean: f64,
    /// Sum of squared distances from the mean.
    pub squares: f64,
}

/// Where a score could lie, in points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// A score with what chance could have done to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The score, 0 to 100.
    pub score: f64,
    /// Standard error in points; 0 when everybody was counted.
    pub standard_error: f64,
    /// Degrees of freedom; infinite for a full count.
    pub degrees_of_freedom: f64,
    /// The 95 % range.
    pub range: Range,
}

/// The interval with its intermediate values, so that it can be recomputed by hand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlusTwo {
    /// How much of the pretence remains: 1 when the number of people who could answer is unknown, 0 when all answered.
    pub kappa: f64,
    /// Mean with the two pretended answers.
    pub centre: f64,
    /// Standard deviation with the two pretended answers.
    pub deviation: f64,
    /// The result.
    pub estimate: Estimate,
}

impl Sample {
    /// What counts say; `None` without answers.
    #[must_use]
    pub fn of_counts(counts: &Counts) -> Option<Self> {
        let mean = counts.score()?;
        let squares = counts.by_points().map(|(points, count)| count * (points - mean).powi(2)).sum();
        Some(Self { n: counts.n(), mean, squares })
    }

    /// What a published summary says: mean and standard deviation (of a sample, divisor n − 1) in points.
    #[must_use]
    pub fn of_summary(n: u64, mean: f64, standard_deviation: f64) -> Option<Self> {
        (n > 0).then(|| Self { n, mean, squares: real(n - 1) * standard_deviation.powi(2) })
    }

    /// What a published share says: `percent` of `n` people said yes.
    #[must_use]
    pub fn of_share(n: u64, percent: f64) -> Option<Self> {
        (n > 0).then(|| Self { n, mean: percent, squares: real(n) * percent * (100.0 - percent) })
    }

    /// Both groups of people as one.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let (n, m) = (real(self.n), real(other.n));
        if self.n + other.n == 0 {
            return self;
        }
        Self {
            n: self.n + other.n,
            mean: (n * self.mean + m * other.mean) / (n + m),
            squares: self.squares + other.squares + n * m / (n + m) * (self.mean - other.mean).powi(2),
        }
    }

    /// The interval; `population` is how many people could have answered. `None` with fewer than two answers.
    #[must_use]
    pub fn plus_two(&self, population: Option<u64>) -> Option<PlusTwo> {
        if self.n < 2 {
            return None;
        }
        let n = real(self.n);
        let kappa = match population {
            Some(population) if self.n >= population => 0.0,
            Some(population) => 1.0 - n / real(population),
            None => 1.0,
        };
        let together = n + 2.0 * kappa;
        let centre = (n * self.mean + 100.0 * kappa) / together;
        let squares =
            self.squares + n * (self.mean - centre).powi(2) + kappa * centre.powi(2) + kappa * (100.0 - centre).powi(2);
        let deviation = (squares / (together - 1.0)).sqrt();
        let standard_error = (kappa / together).sqrt() * deviation;
        let reach = student_quantile(n - 1.0) * standard_error;
        let range = Range {
            low: self.mean.min(centre - reach).clamp(0.0, 100.0),
            high: self.mean.max(centre + reach).clamp(0.0, 100.0),
        };
        let degrees_of_freedom = if standard_error > 0.0 { n - 1.0 } else { f64::INFINITY };
        let estimate = Estimate { score: self.mean, standard_error, degrees_of_freedom, range };
        Some(PlusTwo { kappa, centre, deviation, estimate })
    }
}

impl Range {
    /// Half the distance between the ends.
    #[must_use]
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

impl Estimate {
    /// Something counted in full: no chance was involved.
    #[must_use]
    pub fn exact(score: f64) -> Self {
        let range = Range { low: score, high: score };
        Self { score, standard_error: 0.0, degrees_of_freedom: f64::INFINITY, range }
    }

    /// A score whose range lies evenly about it, cut at 0 and 100.
    #[must_use]
    pub fn about(score: f64, standard_error: f64, degrees_of_freedom: f64) -> Self {
        let reach = student_quantile(degrees_of_freedom) * standard_error;
        let range = Range { low: (score - reach).clamp(0.0, 100.0), high: (score + reach).clamp(0.0, 100.0) };
        Self { score, standard_error, degrees_of_freedom, range }
    }
}

/// The lowest and highest score possible, had the silent ones all given the worst or all the best mark.
#[must_use]
pub fn silence_bounds(n: u64, score: f64, population: u64) -> Range {
    let (answered, all) = (real(n), real(population.max(n)));
    if population.max(n) == 0 {
        return Range { low: 0.0, high: 100.0 };
    }
    Range { low: answered * score / all, high: (answered * score + 100.0 * (all - answered)) / all }
}

/// Student's quantile for a two-sided 95 % range.
#[must_use]
pub fn student_quantile(degrees_of_freedom: f64) -> f64 {
    student(degrees_of_freedom).map_or(NORMAL_QUANTILE, |student| student.inverse_cdf(0.975))
}

/// The chance of a statistic at least this far from zero, either way, when nothing has changed.
#[must_use]
pub fn two_sided_p(statistic: f64, degrees_of_freedom: f64) -> f64 {
    let beyond = match student(degrees_of_freedom) {
        Some(student) => student.sf(statistic.abs()),
        None => Normal::standard().sf(statistic.abs()),
    };
    (2.0 * beyond).clamp(0.0, 1.0)
}

fn student(degrees_of_freedom: f64) -> Option<StudentsT> {
    if degrees_of_freedom > NORMAL_ABOVE {
        return None;
    }
    StudentsT::new(0.0, 1.0, degrees_of_freedom).ok()
}
