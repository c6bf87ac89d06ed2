//! What must hold for any figures, not only for the vectors.

use proptest::prelude::*;

use super::index::score_index;
use super::interval::{Sample, silence_bounds};
use super::like::program_change;
use super::measure::MeasureInput;
use super::points::{Anchors, Counts};
use super::program::{ProgramInput, score_program};
use super::vectors::{asked, counts, definition};
use crate::programs::{Audience, Category};

fn some_counts() -> impl Strategy<Value = Vec<u64>> {
    prop_oneof![Just(2_usize), Just(5), Just(11)].prop_flat_map(|options| prop::collection::vec(0_u64..200, options))
}

fn some_measures() -> impl Strategy<Value = Vec<MeasureInput>> {
    prop::collection::vec((0_usize..5, 0_usize..3, prop::collection::vec(0_u64..60, 5), 0.0_f64..3.0), 1..9).prop_map(
        |many| {
            many.into_iter()
                .enumerate()
                .map(|(index, (category, survey, from_worst, weight))| {
                    let mut input =
                        asked(&format!("m{index}"), Category::ALL[category], &format!("s{survey}"), &from_worst);
                    input.weight = weight;
                    input
                })
                .collect()
        },
    )
}

fn program(key: &str, measures: Vec<MeasureInput>) -> ProgramInput {
    ProgramInput { key: key.into(), name: key.into(), audience: Audience::Public, measures }
}

proptest! {
    #[test]
    fn scores_and_ranges_stay_on_the_ruler(from_worst in some_counts(), beyond in 0_u64..500) {
        let counts = counts(&from_worst);
        let Some(score) = counts.score() else { return Ok(()) };
        prop_assert!((0.0..=100.0).contains(&score));
        let sample = Sample::of_counts(&counts).unwrap();
        for population in [None, Some(counts.n() + beyond)] {
            let Some(interval) = sample.plus_two(population) else { prop_assert!(counts.n() < 2); continue };
            let range = interval.estimate.range;
            prop_assert!(0.0 <= range.low && range.low <= score && score <= range.high && range.high <= 100.0);
            prop_assert!(interval.estimate.standard_error.is_finite());
        }
        let silence = silence_bounds(counts.n(), score, counts.n() + beyond);
        prop_assert!(silence.low <= score + 1e-9 && score <= silence.high + 1e-9);
    }

    #[test]
    fn a_full_count_has_no_range(from_worst in some_counts()) {
        let counts = counts(&from_worst);
        let Some(interval) = Sample::of_counts(&counts).and_then(|sample| sample.plus_two(Some(counts.n()))) else { return Ok(()) };
        let range = interval.estimate.range;
        prop_assert_eq!((range.low, range.high, interval.estimate.standard_error), (interval.estimate.score, interval.estimate.score, 0.0));
    }

    #[test]
    fn knowing_that_more_of_the_people_answered_never_widens_the_range(from_worst in some_counts(), more in 1_u64..100, yet_more in 1_u64..1000) {
        let Some(sample) = Sample::of_counts(&counts(&from_worst)).filter(|sample| sample.n >= 2) else { return Ok(()) };
        let width = |population| sample.plus_two(population).unwrap().estimate.range.half_width();
        prop_assert!(width(Some(sample.n + more)) <= width(Some(sample.n + more + yet_more)) + 1e-9);
        prop_assert!(width(Some(sample.n + more + yet_more)) <= width(None) + 1e-9);
    }

    #[test]
    fn one_person_moving_to_a_better_option_never_lowers_the_score(from_worst in some_counts(), at in 0_usize..10) {
        let before = counts(&from_worst);
        let at = at.min(from_worst.len() - 2);
        if from_worst[at] == 0 { return Ok(()) }
        let mut moved = from_worst.clone();
        moved[at] -= 1;
        moved[at + 1] += 1;
        prop_assert!(counts(&moved).score() > before.score());
    }

    #[test]
    fn turning_the_scale_round_mirrors_the_score(from_worst in some_counts()) {
        let counts = counts(&from_worst);
        if let (Some(score), Some(mirrored)) = (counts.score(), counts.clone().reversed().score()) {
            prop_assert!((score + mirrored - 100.0).abs() < 1e-9);
        }
    }

    #[test]
    fn pooled_answers_are_one_group(first in prop::collection::vec(0_u64..50, 5), second in prop::collection::vec(0_u64..50, 5)) {
        let together: Vec<u64> = first.iter().zip(&second).map(|(a, b)| a + b).collect();
        let of = |from_worst: &[u64]| Sample::of_counts(&counts(from_worst));
        let (Some(first), Some(second)) = (of(&first), of(&second)) else { return Ok(()) };
        let (merged, whole) = (first.merged(second), of(&together).unwrap());
        prop_assert_eq!(merged.n, whole.n);
        prop_assert!((merged.mean - whole.mean).abs() < 1e-9 && (merged.squares - whole.squares).abs() < 1e-6 * whole.squares.max(1.0));
    }

    #[test]
    fn operational_points_follow_the_figure(worst in -100.0_f64..100.0, to_target in 0.1_f64..50.0, to_best in 0.1_f64..50.0, value in -300.0_f64..300.0, step in 0.0_f64..50.0, downwards: bool) {
        let sign = if downwards { -1.0 } else { 1.0 };
        let anchors = Anchors::new(worst, worst + sign * to_target, Some(worst + sign * (to_target + to_best))).unwrap();
        let (points, better) = (anchors.points(value, 75.0), anchors.points(value + sign * step, 75.0));
        prop_assert!((0.0..=100.0).contains(&points) && points <= better + 1e-9);
    }

    #[test]
    fn the_order_of_measures_and_programs_moves_not_a_single_digit(measures in some_measures(), others in some_measures(), turn in 0_usize..8) {
        let definition = definition();
        let mut turned = measures.clone();
        turned.rotate_left(turn % measures.len());
        turned.reverse();
        let (straight, shuffled) = (score_program(&definition, &program("a", measures)), score_program(&definition, &program("a", turned)));
        prop_assert_eq!(&straight, &shuffled);
        let other = score_program(&definition, &program("b", others));
        prop_assert_eq!(
            score_index(&definition, &[straight.clone(), other.clone()]),
            score_index(&definition, &[other, straight])
        );
    }

    #[test]
    fn composites_stay_on_the_ruler_and_their_weights_add_up(measures in some_measures()) {
        let score = score_program(&definition(), &program("a", measures));
        prop_assert!((0.0..=1.0).contains(&score.coverage));
        if let Some(composite) = &score.composite {
            let estimate = composite.estimate;
            prop_assert!(-1e-9 <= estimate.score && estimate.score <= 100.0 + 1e-9);
            prop_assert!(estimate.range.low <= estimate.score + 1e-9 && estimate.score <= estimate.range.high + 1e-9);
            let weights: f64 = score.measures.iter().map(|measure| measure.effective_weight).sum();
            prop_assert!((weights - 1.0).abs() < 1e-9);
            let recomputed: f64 = score.measures.iter().filter_map(|measure| Some(measure.effective_weight * measure.state.scored()?.estimate.score)).sum();
            prop_assert!((recomputed - estimate.score).abs() < 1e-9);
        }
    }

    #[test]
    fn nothing_changes_between_a_quarter_and_itself(measures in some_measures()) {
        let input = program("a", measures);
        if let Some(same) = program_change(&definition(), &input, &input) {
            prop_assert_eq!((same.change.points, same.change.p), (0.0, 1.0));
        }
    }
}

#[test]
fn a_scale_has_two_to_eleven_options() {
    assert_eq!([1, 2, 11, 12].map(|options| Counts::new(vec![1; options]).is_some()), [false, true, true, false]);
}
