//! The vectors of the specification, to four decimals. Each was computed by a script of its own before this code existed.

use super::change::{Change, Verdict, holm, verdict};
use super::definition::Definition;
use super::index::{IndexWithheld, score_index};
use super::interval::{Estimate, Sample, silence_bounds, student_quantile};
use super::like::{index_change, program_change};
use super::measure::{Figure, MeasureInput, MeasureState, Origin, Reading, Ruler, join_channels, score_measure};
use super::points::{Anchors, Counts, classic_gcxi, net_on_ruler};
use super::program::{ProgramInput, ProgramScore, Withheld, score_program};
use crate::programs::{Audience, Category, SourceKind};

pub(super) fn definition() -> Definition {
    Definition::parse(include_str!("../../../config/index/cxi-1.0.json")).unwrap().0
}

pub(super) fn counts(from_worst: &[u64]) -> Counts {
    Counts::new(from_worst.to_vec()).unwrap()
}

fn estimate(from_worst: &[u64]) -> Estimate {
    Sample::of_counts(&counts(from_worst)).unwrap().plus_two(None).unwrap().estimate
}

#[track_caller]
fn close(actual: f64, expected: f64) {
    assert!((actual - expected).abs() < 0.000_05, "{actual:.6} should be {expected:.4}");
}

pub(super) fn asked(key: &str, category: Category, survey: &str, from_worst: &[u64]) -> MeasureInput {
    MeasureInput {
        key: key.into(),
        name: key.into(),
        category,
        source_kind: SourceKind::Customer,
        weight: 1.0,
        ruler: Ruler::Options(from_worst.len().try_into().unwrap()),
        survey: survey.into(),
        readings: vec![Reading {
            channel: "all".into(),
            origin: Origin::Import,
            since: None,
            volume: None,
            population: None,
            figure: Figure::Counts(counts(from_worst)),
            demonstration: false,
        }],
    }
}

fn operated(key: &str, category: Category, value: f64, worst: f64, target: f64, best: Option<f64>) -> MeasureInput {
    let mut input = asked(key, category, "records", &[0, 0]);
    input.source_kind = SourceKind::Operational;
    input.ruler = Ruler::Anchors(Anchors::new(worst, target, best).unwrap());
    input.readings[0].figure = Figure::Value(value);
    input
}

fn program_a() -> ProgramInput {
    let mut quantity = operated("A8", Category::Quantity, 90.0, 50.0, 80.0, Some(100.0));
    quantity.weight = 0.0;
    ProgramInput {
        key: "a".into(),
        name: "A".into(),
        audience: Audience::Public,
        measures: vec![
            asked("A1", Category::Quality, "S1", &[4, 6, 15, 60, 65]),
            asked("A2", Category::Quality, "S1", &[8, 10, 20, 62, 50]),
            asked("A3", Category::Responsiveness, "S1", &[3, 5, 12, 40, 50]),
            operated("A4", Category::Responsiveness, 82.0, 50.0, 80.0, Some(95.0)),
            asked("A5", Category::Timeliness, "S1", &[10, 20, 30, 50, 40]),
            operated("A6", Category::Timeliness, 18.0, 30.0, 14.0, Some(7.0)),
            operated("A7", Category::Adoption, 46.0, 20.0, 60.0, None),
            quantity,
        ],
    }
}

fn pulse(mut input: MeasureInput, population: u64) -> MeasureInput {
    input.readings[0].origin = Origin::Pulse;
    input.readings[0].population = Some(population);
    input
}

fn program_b() -> ProgramInput {
    ProgramInput {
        key: "b".into(),
        name: "B".into(),
        audience: Audience::Agency,
        measures: vec![
            pulse(asked("B1", Category::Quality, "P1", &[0, 1, 3, 9, 5]), 40),
            pulse(asked("B2", Category::Adoption, "P1", &[3, 15]), 40),
        ],
    }
}

fn measure<'a>(score: &'a ProgramScore, key: &str) -> &'a super::program::MeasureScore {
    score.measures.iter().find(|measure| measure.key == key).unwrap()
}

/// Counts; population; then score, centre, deviation, standard error, range.
type V1 = (&'static [u64], Option<u64>, [f64; 6]);

#[test]
fn v1_measures() {
    let table: [V1; 7] = [
        (&[1, 1, 2, 5, 3], None, [66.6667, 64.2857, 34.9647, 9.3447, 43.7182, 84.8533]),
        (&[1, 1, 2, 5, 3], Some(18), [66.6667, 65.7895, 32.4153, 5.2585, 54.2157, 77.3633]),
        (&[1, 1, 2, 5, 3], Some(12), [66.6667, 66.6667, 30.7729, 0.0, 66.6667, 66.6667]),
        (&[1, 9], None, [90.0, 83.3333, 38.9249, 11.2367, 57.9142, 100.0]),
        (&[0, 0, 0, 0, 5], None, [100.0, 85.7143, 37.7964, 14.2857, 46.0508, 100.0]),
        (&[0, 0, 0, 30, 0], None, [75.0, 73.4375, 14.1100, 2.4943, 68.3360, 78.5390]),
        (&[1, 0, 0, 0, 1], None, [50.0, 50.0, 57.7350, 28.8675, 0.0, 100.0]),
    ];
    for (from_worst, population, [score, centre, deviation, standard_error, low, high]) in table {
        let interval = Sample::of_counts(&counts(from_worst)).unwrap().plus_two(population).unwrap();
        close(interval.estimate.score, score);
        close(interval.centre, centre);
        close(interval.deviation, deviation);
        close(interval.estimate.standard_error, standard_error);
        close(interval.estimate.range.low, low);
        close(interval.estimate.range.high, high);
    }
    let (top_two, net): (Vec<_>, Vec<_>) = [[1, 1, 2, 5, 3], [0, 0, 0, 0, 5], [0, 0, 0, 30, 0], [1, 0, 0, 0, 1]]
        .map(|from_worst| counts(&from_worst).companions().unwrap())
        .into_iter()
        .map(|both| (both.top_two, both.net))
        .unzip();
    top_two.iter().zip([66.6667, 100.0, 100.0, 50.0]).for_each(|(actual, expected)| close(*actual, expected));
    net.iter().zip([50.0, 100.0, 100.0, 0.0]).for_each(|(actual, expected)| close(*actual, expected));
}

#[test]
fn v1_one_answer_has_no_range_and_no_answer_is_no_data() {
    let one = Sample::of_counts(&counts(&[0, 0, 0, 1, 0])).unwrap();
    close(one.mean, 75.0);
    assert_eq!(one.plus_two(None), None);
    assert_eq!(
        score_measure(&definition(), &pulse(asked("l", Category::Quality, "P", &[0, 0, 0, 1, 0]), 40)),
        MeasureState::TooFew { needed: 5 }
    );
    assert_eq!(Sample::of_counts(&counts(&[0, 0, 0, 0, 0])), None);
    assert_eq!(
        score_measure(&definition(), &asked("m", Category::Quality, "P", &[0, 0, 0, 0, 0])),
        MeasureState::NoData
    );
}

#[test]
fn v1_a_summary_gives_the_same_interval_as_its_counts() {
    let from_counts = Sample::of_counts(&counts(&[1, 1, 2, 5, 3])).unwrap();
    let deviation = (from_counts.squares / 11.0).sqrt();
    let from_summary = Sample::of_summary(12, from_counts.mean, deviation).unwrap();
    let (a, b) = (from_counts.plus_two(None).unwrap(), from_summary.plus_two(None).unwrap());
    close(a.estimate.range.low, b.estimate.range.low);
    let (share, thumbs) = (Sample::of_share(10, 90.0).unwrap(), Sample::of_counts(&counts(&[1, 9])).unwrap());
    close(share.squares, thumbs.squares);
    close(student_quantile(1.0), 12.7062);
    close(student_quantile(59.0), 2.0010);
    close(student_quantile(1001.0), 1.959_964);
}

#[test]
fn v2_operational_points() {
    let anchors = Anchors::new(48.0, 24.0, Some(4.0)).unwrap();
    assert!(!anchors.higher_is_better());
    for (hours, points) in
        [(60.0, 0.0), (48.0, 0.0), (36.0, 37.5), (24.0, 75.0), (14.0, 87.5), (4.0, 100.0), (2.0, 100.0)]
    {
        close(anchors.points(hours, 75.0), points);
    }
    // Without a best value the pace towards the target goes on.
    close(Anchors::new(20.0, 60.0, None).unwrap().points(70.0, 75.0), 93.75);
    for (worst, target, best) in
        [(10.0, 10.0, None), (10.0, 20.0, Some(15.0)), (20.0, 10.0, Some(15.0)), (f64::NAN, 1.0, None)]
    {
        assert_eq!(Anchors::new(worst, target, best), None);
    }
}

#[test]
fn v3_channels() {
    let channels: [(&str, u64, &[u64], f64, f64); 3] = [
        ("web", 40_000, &[10, 14, 26, 80, 70], 73.2500, 1.9646),
        ("phone", 9_000, &[18, 20, 22, 36, 24], 55.8333, 3.0904),
        ("counter", 1_000, &[2, 3, 5, 22, 28], 79.5833, 3.4421),
    ];
    for (_, _, from_worst, score, standard_error) in channels {
        close(estimate(from_worst).score, score);
        close(estimate(from_worst).standard_error, standard_error);
    }
    let parts =
        channels.map(|(_, volume, from_worst, ..)| (f64::from(u32::try_from(volume).unwrap()), estimate(from_worst)));
    let joined = join_channels(&parts).unwrap();
    close(joined.score, 70.2417);
    close(joined.standard_error, 1.6686);
    close(joined.degrees_of_freedom, 59.0);
    close(joined.range.low, 66.9027);
    close(joined.range.high, 73.5806);

    let mut input = asked("m", Category::Quality, "S", &[0, 0, 0, 0, 0]);
    input.readings = channels
        .into_iter()
        .map(|(channel, volume, from_worst, ..)| Reading {
            channel: channel.into(),
            origin: Origin::Import,
            since: None,
            volume: Some(volume),
            population: None,
            figure: Figure::Counts(counts(from_worst)),
            demonstration: false,
        })
        .collect();
    let weighed = score_measure(&definition(), &input);
    let weighed = weighed.scored().unwrap();
    close(weighed.estimate.score, 70.2417);
    assert_eq!((weighed.n, weighed.pooled), (380, false));
    input.readings[2].volume = None;
    let pooled = score_measure(&definition(), &input);
    let pooled = pooled.scored().unwrap();
    close(pooled.estimate.score, 68.7500);
    assert!(pooled.pooled);
}

#[test]
fn v4_program_a() {
    let score = score_program(&definition(), &program_a());
    for (key, points, standard_error) in [
        ("A1", 79.3333, 1.9953),
        ("A2", 72.6667, 2.2765),
        ("A3", 79.3182, 2.4193),
        ("A4", 78.3333, 0.0),
        ("A5", 65.0000, 2.4737),
        ("A6", 56.2500, 0.0),
        ("A7", 48.7500, 0.0),
        ("A8", 87.5000, 0.0),
    ] {
        let scored = measure(&score, key).state.scored().unwrap();
        close(scored.estimate.score, points);
        close(scored.estimate.standard_error, standard_error);
    }
    let categories = [76.0, 78.8258, 60.6250, 48.7500];
    score.categories.iter().zip(categories).for_each(|(one, expected)| close(one.score.unwrap(), expected));
    let omegas =
        [("A1", 0.2), ("A2", 0.2), ("A3", 0.1), ("A4", 0.1), ("A5", 0.1), ("A6", 0.1), ("A7", 0.2), ("A8", 0.0)];
    for (key, omega) in omegas {
        close(measure(&score, key).effective_weight, omega);
    }
    let published = score.published().unwrap().estimate;
    close(published.score, 68.0402);
    close(score.coverage, 1.0);
    close(published.standard_error, 1.3437);
    close(published.degrees_of_freedom, 109.0);
    close(published.range.low, 65.3771);
    close(published.range.high, 70.7032);
    assert_eq!(score.people(), 150);
}

#[test]
fn v4_sensitivity_to_the_weights() {
    let third = 40.0 / 3.0;
    for (weights, expected) in [
        ([25.0, 25.0, 25.0, 25.0, 0.0], 66.0502),
        ([20.0, 20.0, 20.0, 20.0, 20.0], 70.3402),
        ([60.0, third, third, third, 0.0], 70.6934),
    ] {
        let mut definition = definition();
        definition.categories = Category::ALL.into_iter().zip(weights).collect();
        let mut input = program_a();
        input.measures[7].weight = 1.0;
        close(score_program(&definition, &input).composite.unwrap().estimate.score, expected);
    }
}

#[test]
fn v5_dropping_a_weak_category_raises_the_score_and_is_named() {
    let mut input = program_a();
    input.measures[6].readings.clear();
    let score = score_program(&definition(), &input);
    let published = score.published().unwrap().estimate;
    close(score.coverage, 0.8);
    close(published.score, 72.8627);
    close(published.standard_error, 1.6796);
    close(published.range.low, 69.5338);
    close(published.range.high, 76.1916);
    assert_eq!(score.missing(&definition()), [Category::Adoption]);
    // On the same measures nothing has changed, and that is what is told.
    let same = program_change(&definition(), &program_a(), &input).unwrap();
    close(same.change.points, 0.0);
    assert_eq!(verdict(same.change.points, same.change.p, &definition()), Verdict::NoClearChange);
}

#[test]
fn v6_program_b_is_published_as_partial() {
    let score = score_program(&definition(), &program_b());
    let quality = measure(&score, "B1");
    close(quality.state.scored().unwrap().estimate.score, 75.0);
    close(quality.state.scored().unwrap().estimate.standard_error, 4.1639);
    close(quality.effective_weight, 0.6667);
    let again = measure(&score, "B2");
    close(again.state.scored().unwrap().estimate.score, 83.3333);
    close(again.state.scored().unwrap().estimate.standard_error, 6.7809);
    close(again.effective_weight, 0.3333);
    close(score.coverage, 0.6);
    let published = score.published().unwrap().estimate;
    close(published.score, 77.7778);
    close(published.standard_error, 5.0362);
    close(published.degrees_of_freedom, 17.0);
    close(published.range.low, 67.1523);
    close(published.range.high, 88.4033);
    assert_eq!(score.missing(&definition()), [Category::Responsiveness, Category::Timeliness]);
}

#[test]
fn v7_the_like_for_like_change_differs_from_the_headline_when_a_weak_newcomer_joins() {
    let agency = |mut input: ProgramInput, key: &str| {
        input.key = key.into();
        input.audience = Audience::Agency;
        input
    };
    let first = vec![program_b(), agency(program_a(), "c")];
    let mut second = first.clone();
    second[0].measures[0].readings[0].figure = Figure::Counts(counts(&[0, 0, 1, 8, 11]));
    second[1].measures[0].readings[0].figure = Figure::Counts(counts(&[2, 3, 10, 55, 80]));
    let mut weak = agency(program_a(), "d");
    weak.measures[0].readings[0].figure = Figure::Counts(counts(&[60, 40, 30, 15, 5]));
    weak.measures[1].readings[0].figure = Figure::Counts(counts(&[70, 40, 20, 15, 5]));
    second.push(weak);

    let score = |inputs: &[ProgramInput]| {
        let programs: Vec<_> = inputs.iter().map(|input| score_program(&definition(), input)).collect();
        score_index(&definition(), &programs).published().unwrap().estimate.score
    };
    let headline = score(&second) - score(&first);
    let like = index_change(&definition(), &first, &second).unwrap();
    assert_eq!(like.programs, ["b", "c"]);
    assert!(headline < 0.0 && like.change.points > 0.0, "{headline} and {}", like.change.points);
    close(like.change.points, score(&second[..2]) - score(&first));
}

#[test]
fn v8_a_real_change() {
    let (earlier, later) = (estimate(&[12, 20, 28, 70, 70]), estimate(&[6, 10, 20, 74, 110]));
    close(earlier.score, 70.75);
    close(earlier.standard_error, 2.1113);
    close(later.score, 80.9091);
    close(later.standard_error, 1.6845);
    let change = Change::between(&earlier, &later);
    close(change.points, 10.1591);
    close(change.standard_error, 2.7009);
    close(change.degrees_of_freedom, 389.5493);
    close(change.statistic, 3.7613);
    assert!((change.p - 0.0002).abs() < 0.000_05, "{}", change.p);
    close(change.range.low, 4.8488);
    close(change.range.high, 15.4694);
    assert_eq!(verdict(change.points, change.p, &definition()), Verdict::Up);
    let back = Change::between(&later, &earlier);
    assert_eq!(verdict(back.points, back.p, &definition()), Verdict::Down);
    assert_eq!(verdict(2.9, 0.001, &definition()), Verdict::NoClearChange);
    assert_eq!(verdict(9.0, 0.05, &definition()), Verdict::NoClearChange);
    let corrected = holm(&[0.004, 0.012, 0.030, 0.200]);
    corrected.iter().zip([0.016, 0.036, 0.060, 0.200]).for_each(|(actual, expected)| close(*actual, expected));
    assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
}

#[test]
fn v8_when_everybody_answered_twice_a_difference_is_a_fact() {
    let change = Change::between(&Estimate::exact(70.0), &Estimate::exact(74.0));
    assert_eq!((change.points, change.p), (4.0, 0.0));
    assert_eq!(verdict(change.points, change.p, &definition()), Verdict::Up);
    let still = Change::between(&Estimate::exact(70.0), &Estimate::exact(70.0));
    assert_eq!((still.p, verdict(still.points, still.p, &definition())), (1.0, Verdict::NoClearChange));
}

#[test]
fn v9_classic_gcxi() {
    let questions =
        [[2, 3, 8, 20, 17], [1, 4, 10, 18, 17], [3, 2, 5, 15, 25], [5, 6, 9, 20, 10]].map(|one| counts(&one));
    let nets = questions.each_ref().map(|one| one.companions().unwrap().net);
    nets.iter().zip([64.0, 60.0, 70.0, 38.0]).for_each(|(actual, expected)| close(*actual, expected));
    let index = classic_gcxi(&questions).unwrap();
    close(index, 58.0);
    close(net_on_ruler(index), 79.0);
    let means = questions.each_ref().map(|one| one.score().unwrap());
    means.iter().zip([73.5, 73.0, 78.5, 62.0]).for_each(|(actual, expected)| close(*actual, expected));
    close(means.iter().sum::<f64>() / 4.0, 71.75);
    close(questions.iter().map(|one| one.companions().unwrap().top_two).sum::<f64>() / 4.0, 71.0);
    assert_eq!(classic_gcxi(&[counts(&[1, 2])]), None);
}

#[test]
fn v10_what_silence_could_hide() {
    let bounds = silence_bounds(12, counts(&[1, 1, 2, 5, 3]).score().unwrap(), 18);
    close(bounds.low, 44.4444);
    close(bounds.high, 77.7778);
}

#[test]
fn a_program_without_its_customers_or_with_too_little_is_withheld_with_the_reason() {
    let definition = definition();
    let mut staff = program_a();
    staff.measures[0].source_kind = SourceKind::Inside;
    staff.measures[1].source_kind = SourceKind::Inside;
    let score = score_program(&definition, &staff);
    assert_eq!(score.withheld, [Withheld::CustomersNotHeard { category: Category::Quality }]);
    close(score.coverage, 0.6);

    let mut thin = program_b();
    thin.measures.pop();
    let score = score_program(&definition, &thin);
    assert_eq!((score.withheld.as_slice(), score.published()), ([Withheld::LowCoverage].as_slice(), None));

    let empty = ProgramInput { measures: Vec::new(), ..program_a() };
    assert_eq!(score_program(&definition, &empty).withheld, [Withheld::NoData]);

    let programs = [score_program(&definition, &program_a()), score, score_program(&definition, &empty)];
    let index = score_index(&definition, &programs);
    assert_eq!((index.counted, index.registered), (1, 3));
    assert_eq!(index.withheld, Some(IndexWithheld::TooFewPrograms { needed: 2 }));
    assert_eq!(index.published(), None);
}
