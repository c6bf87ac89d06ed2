//! What moved a score from one quarter to another: effects that add up to the difference, exactly.
//!
//! A score is a weighted sum. What is in both quarters moves it by the mean of its two weights times its own change; everything else
//! (what came, what went, what weighs differently) is one effect of its own, so nothing is hidden in a rest that does not add up.

use serde::{Deserialize, Serialize};

/// One part of a score: a measure of a program, or a program of an index.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Its key.
    pub key: String,
    /// The name people know.
    pub name: String,
    /// Its score.
    pub score: f64,
    /// Its share of the whole, 0 to 1.
    pub weight: f64,
}

/// What one thing contributed to a difference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// The part's key; `None` for what was measured differently.
    pub key: Option<String>,
    /// The name people know.
    pub name: String,
    /// Its own change in points; `None` where it cannot be compared.
    pub own_change: Option<f64>,
    /// What it moved the whole by, in points.
    pub points: f64,
}

/// The effects behind `later - earlier`, the largest first, what was measured differently last. They add up to the difference of the
/// weighted sums.
#[must_use]
pub fn effects(earlier: &[Part], later: &[Part]) -> Vec<Effect> {
    let whole = |parts: &[Part]| parts.iter().map(|part| part.weight * part.score).sum::<f64>();
    let mut effects: Vec<Effect> = later
        .iter()
        .filter_map(|now| {
            let before = earlier.iter().find(|part| part.key == now.key)?;
            let own_change = now.score - before.score;
            let points = f64::midpoint(before.weight, now.weight) * own_change;
            Some(Effect { key: Some(now.key.clone()), name: now.name.clone(), own_change: Some(own_change), points })
        })
        .collect();
    effects.sort_by(|a, b| b.points.abs().total_cmp(&a.points.abs()).then_with(|| a.key.cmp(&b.key)));
    let rest = whole(later) - whole(earlier) - effects.iter().map(|effect| effect.points).sum::<f64>();
    if rest.abs() > 1e-9 {
        effects.push(Effect { key: None, name: "Measured differently".into(), own_change: None, points: rest });
    }
    effects
}

/// Tenths of a point that add up to the rounded total: each is rounded down or up, those nearest to the next tenth up.
#[must_use]
pub fn tenths_that_add_up(values: &[f64]) -> Vec<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "points are at most a hundred")]
    let whole = |value: f64| value as i64;
    let total = whole((values.iter().sum::<f64>() * 10.0).round());
    let mut tenths: Vec<i64> = values.iter().map(|value| whole((value * 10.0).floor())).collect();
    let missing = usize::try_from(total - tenths.iter().sum::<i64>()).unwrap_or(0);
    let mut order: Vec<usize> = (0..values.len()).collect();
    let fraction = |index: &usize| values[*index] * 10.0 - (values[*index] * 10.0).floor();
    order.sort_by(|a, b| fraction(b).total_cmp(&fraction(a)).then(a.cmp(b)));
    for index in order.into_iter().take(missing) {
        tenths[index] += 1;
    }
    tenths
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(key: &str, score: f64, weight: f64) -> Part {
        Part { key: key.into(), name: key.to_uppercase(), score, weight }
    }

    #[test]
    fn a_part_that_came_is_told_apart_from_parts_that_moved() {
        let earlier = [part("a", 70.0, 0.5), part("b", 60.0, 0.5)];
        let later = [part("a", 80.0, 0.25), part("b", 60.0, 0.25), part("c", 90.0, 0.5)];
        let found = effects(&earlier, &later);
        assert_eq!(found.iter().map(|effect| effect.key.as_deref()).collect::<Vec<_>>(), [Some("a"), Some("b"), None]);
        assert!((found[0].points - 3.75).abs() < 1e-12);
        let sum: f64 = found.iter().map(|effect| effect.points).sum();
        assert!((sum - (80.0 - 65.0)).abs() < 1e-12, "{sum}");
    }

    proptest! {
        #[test]
        fn effects_add_up_exactly(
            before in proptest::collection::vec((0_u8..6, 0.0..100.0_f64, 0.0..1.0_f64), 0..6),
            after in proptest::collection::vec((0_u8..6, 0.0..100.0_f64, 0.0..1.0_f64), 0..6),
        ) {
            let parts = |of: &[(u8, f64, f64)]| -> Vec<Part> {
                let mut parts: Vec<Part> = of.iter().map(|(key, score, weight)| part(&key.to_string(), *score, *weight)).collect();
                parts.sort_by(|a, b| a.key.cmp(&b.key));
                parts.dedup_by(|a, b| a.key == b.key);
                parts
            };
            let (before, after) = (parts(&before), parts(&after));
            let whole = |parts: &[Part]| parts.iter().map(|part| part.weight * part.score).sum::<f64>();
            let found = effects(&before, &after);
            let points: Vec<f64> = found.iter().map(|effect| effect.points).collect();
            let sum: f64 = points.iter().sum();
            prop_assert!((sum - (whole(&after) - whole(&before))).abs() < 1e-8);
            let tenths = tenths_that_add_up(&points);
            let shown: i64 = tenths.iter().sum();
            prop_assert!((f64::from(i32::try_from(shown).unwrap()) - (sum * 10.0).round()).abs() < 0.5);
        }
    }
}
