//! What may be shown of closed counts. The same rule everywhere: no caller decides for itself.

use serde::{Deserialize, Serialize};

use super::{Counts, Question};
use crate::statistics::interval::{Estimate, Sample, silence_bounds};
use crate::statistics::points;

/// From how many people on something is offered or shown. Fixed in a run when it opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Eligible people for an anonymous run to be offered.
    pub eligible: u32,
    /// Answers for a score and the number of answers; below, nothing is shown or kept.
    pub score: u32,
    /// Answers for how they are spread over the options.
    pub spread: u32,
    /// Answers from which an extreme result is shown exactly: below, a unanimous group would give everyone away.
    pub extremes: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { eligible: 8, score: 5, spread: 10, extremes: 20 }
    }
}

/// What may be shown of one question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Findings {
    /// Too few answered. Not even their number is told.
    TooFew,
    /// Enough answered.
    Shown {
        /// How many chose an option.
        answered: u32,
        /// The score, if the options have points.
        score: Option<Score>,
        /// How the answers are spread.
        spread: Spread,
        /// Where the score could lie, in whole points; only where the spread may be shown too, since it is made from it.
        range: Option<WholeRange>,
    },
}

/// A range of points as it may be printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeRange {
    /// Lower end, 0 to 100.
    pub low: u8,
    /// Upper end, 0 to 100.
    pub high: u8,
}

/// A score as it may be printed: whole points, 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// This many points.
    Points(u8),
    /// 95 or more, not told how much more.
    NinetyFiveOrHigher,
    /// 5 or less, not told how much less.
    FiveOrLower,
}

/// How answers are spread over the options, as far as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spread {
    /// Every count.
    Counts(Counts),
    /// Not enough answers for it.
    TooFew,
    /// Nearly all answers are alike, in a group so small that the spread would tell everybody's.
    TooAlike,
}

/// What may be shown of one question for one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupScore {
    /// Which group, by its place among those given.
    pub place: usize,
    /// How many of it chose an option.
    pub answered: u32,
    /// Whole points, 0 to 100.
    pub points: u8,
}

impl Thresholds {
    /// Whether the counts of a question may be kept at all.
    pub fn may_keep(&self, counts: &Counts) -> bool {
        counts.answered() >= self.score
    }

    /// What may be shown of these counts.
    ///
    /// `eligible` is how many could answer, if known. A range is made from the spread and gives part of it away, so it is shown only
    /// where the spread is.
    pub fn findings(&self, question: &Question, counts: &Counts, eligible: Option<u32>) -> Findings {
        let answered = counts.answered();
        if !self.may_keep(counts) {
            return Findings::TooFew;
        }
        let small = answered < self.extremes;
        let score = counts.mean(question).map(|mean| match mean {
            mean if small && mean >= 95.0 => Score::NinetyFiveOrHigher,
            mean if small && mean <= 5.0 => Score::FiveOrLower,
            // `round` takes halves away from zero, as the methodology asks.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a mean of points is 0 to 100")]
            mean => Score::Points(mean.round() as u8),
        });
        let most = counts.options.iter().copied().max().unwrap_or(0);
        // Where several options may be ticked, one that nobody ticked tells as much as one that everybody did.
        let alike = f64::from(most) >= 0.95 * f64::from(answered);
        let extreme = matches!(score, Some(Score::NinetyFiveOrHigher | Score::FiveOrLower));
        let spread = if answered < self.spread {
            Spread::TooFew
        } else if small && (alike || extreme) {
            Spread::TooAlike
        } else {
            Spread::Counts(counts.clone())
        };
        let range = match spread {
            Spread::Counts(_) => estimate(question, counts, eligible)
                .map(|estimate| WholeRange { low: whole(estimate.range.low), high: whole(estimate.range.high) }),
            Spread::TooFew | Spread::TooAlike => None,
        };
        Findings::Shown { answered, score, spread, range }
    }

    /// What may be shown of one question group by group: score and number, for the groups that [`shown_groups`] allows. `groups` are all
    /// groups with their names, people in none of them as one more, so that together they are the total.
    ///
    /// Nothing at all is shown when the number of a small hidden group follows from the rule itself, or when a shown group, or all hidden ones taken together, are nearly of one mind and small: from the others
    /// and the total everybody's answer could be computed.
    pub fn by_group(&self, question: &Question, groups: &[(&str, Counts)]) -> Vec<GroupScore> {
        let answered: Vec<(&str, u32)> = groups.iter().map(|(name, counts)| (*name, counts.answered())).collect();
        let shown = shown_groups(&answered, self.score);
        if !leaves_doubt(&answered, &shown, self.score) {
            return Vec::new();
        }
        let mut rest = Counts { options: vec![0; question.kind.options().len()], ..Counts::default() };
        let mut scores = Vec::new();
        for (place, (name, counts)) in groups.iter().enumerate() {
            if !shown.contains(name) || counts.answered() == 0 {
                for (sum, count) in rest.options.iter_mut().zip(&counts.options) {
                    *sum += count;
                }
                continue;
            }
            match self.findings_of_group(question, counts) {
                Some(points) => scores.push(GroupScore { place, answered: counts.answered(), points }),
                None => return Vec::new(),
            }
        }
        if rest.answered() > 0 && self.findings_of_group(question, &rest).is_none() {
            return Vec::new();
        }
        scores
    }

    /// The score of a group, unless its answers are too few or too much alike.
    fn findings_of_group(&self, question: &Question, counts: &Counts) -> Option<u8> {
        let wide = Self { spread: self.score, ..*self };
        match wide.findings(question, counts, None) {
            Findings::Shown { score: Some(Score::Points(points)), spread: Spread::Counts(_), .. } => Some(points),
            _ => None,
        }
    }

    /// Whether comments may be kept: enough people answered the survey, and enough of them wrote something.
    pub fn may_keep_comments(&self, people: u32, comments: usize) -> bool {
        people >= self.spread && comments >= self.score as usize
    }
}

/// The score with what chance could have done to it. Only for comparisons and ranges that may be shown.
pub fn estimate(question: &Question, counts: &Counts, eligible: Option<u32>) -> Option<Estimate> {
    question.kind.is_scored().then_some(())?;
    let options = counts.options.iter().copied().map(u64::from).collect();
    let from_worst = points::Counts::new(options)?;
    let from_worst = if question.reversed { from_worst.reversed() } else { from_worst };
    Some(Sample::of_counts(&from_worst)?.plus_two(eligible.map(u64::from))?.estimate)
}

impl Score {
    /// The lowest and highest it stands for.
    pub fn bounds(self) -> (u8, u8) {
        match self {
            Self::Points(points) => (points, points),
            Self::NinetyFiveOrHigher => (95, 100),
            Self::FiveOrLower => (0, 5),
        }
    }

    /// The lowest and highest score possible, had the silent ones all given the worst or all the best answer. Computed from the
    /// printed score, so it tells nothing more.
    pub fn with_silence(self, answered: u32, eligible: u32) -> WholeRange {
        let (low, high) = self.bounds();
        let bounds = |score: u8| silence_bounds(answered.into(), score.into(), eligible.into());
        WholeRange { low: whole(bounds(low).low), high: whole(bounds(high).high) }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0 to 100")]
fn whole(points: f64) -> u8 {
    points.round().clamp(0.0, 100.0) as u8
}

/// Whether results of these two questions may be compared: the same words and the same way to answer.
pub fn is_same_question(one: &Question, other: &Question) -> bool {
    one.key == other.key && one.ask == other.ask && one.kind == other.kind && one.reversed == other.reversed
}

/// The rule for break-downs: which groups may be shown, given how many answered in each. Groups under `least` are hidden; while the
/// hidden ones together hold fewer than `least`, or only one is hidden, the smallest shown one is hidden too (ties: the first by
/// name), so that nothing hidden can be computed from the total. Groups without answers are dropped first.
pub fn shown_groups<'a>(groups: &[(&'a str, u32)], least: u32) -> Vec<&'a str> {
    let answered: Vec<_> = groups.iter().copied().filter(|(_, count)| *count > 0).collect();
    let (mut shown, mut hidden): (Vec<_>, Vec<_>) = answered.into_iter().partition(|(_, count)| *count >= least);
    while !hidden.is_empty()
        && (hidden.len() == 1 || hidden.iter().map(|(_, count)| count).sum::<u32>() < least)
        && let Some(smallest) = (0..shown.len()).min_by_key(|&index| (shown[index].1, shown[index].0))
    {
        hidden.push(shown.remove(smallest));
    }
    // A single group beside the total would be the total.
    shown.into_iter().map(|(name, _)| name).collect()
}

/// Whether somebody who knows the rule, every name, the total and the numbers of the shown groups still cannot tell how many a small
/// hidden group has. With A7 B7 C4 the rule shows B alone, and only A7 C4 makes it do so: then nothing may be shown. Doubt is there when
/// some people could as well be in another hidden group and the same would be shown.
fn leaves_doubt(answered: &[(&str, u32)], shown: &[&str], least: u32) -> bool {
    let hidden: Vec<usize> = (0..answered.len()).filter(|place| !shown.contains(&answered[*place].0)).collect();
    let could_be = |from: usize, to: usize, people: u32| {
        let mut other = answered.to_vec();
        let Some(left) = other[from].1.checked_sub(people) else { return false };
        (other[from].1, other[to].1) = (left, other[to].1 + people);
        shown_groups(&other, least) == shown
    };
    hidden.iter().filter(|place| (1..least).contains(&answered[**place].1)).all(|&small| {
        let others = hidden.iter().filter(|other| **other != small);
        shown.is_empty()
            || others
                .flat_map(|&other| (1..least).map(move |people| (other, people)))
                .any(|(other, people)| could_be(small, other, people) || could_be(other, small, people))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::survey::Kind;

    fn findings(kind: Kind, options: &[u32]) -> Findings {
        let (key, ask, does_not_apply) = ("q".into(), "?".into(), Some("Does not apply to me".into()));
        let question = Question { key, ask, kind, does_not_apply, reversed: false, category: None, only_after: None };
        let counts = Counts { options: options.to_vec(), does_not_apply: 9, skipped: 9, ticked_by: None };
        Thresholds::default().findings(&question, &counts, None)
    }

    fn score(findings: &Findings) -> Option<Score> {
        match findings {
            Findings::Shown { score, .. } => *score,
            Findings::TooFew => None,
        }
    }

    fn spread_is_shown(findings: &Findings) -> bool {
        matches!(findings, Findings::Shown { spread: Spread::Counts(_), .. })
    }

    #[test]
    fn fewer_than_five_show_nothing_however_many_did_not_apply() {
        assert_eq!(findings(Kind::Ease, &[1, 1, 1, 1, 0]), Findings::TooFew);
        assert_eq!(findings(Kind::Ease, &[0, 0, 0, 0, 0]), Findings::TooFew);
    }

    #[test]
    fn five_show_a_score_and_ten_the_spread() {
        let five = findings(Kind::Ease, &[1, 1, 1, 1, 1]);
        assert_eq!(
            five,
            Findings::Shown { answered: 5, score: Some(Score::Points(50)), spread: Spread::TooFew, range: None }
        );
        assert!(!spread_is_shown(&findings(Kind::Ease, &[1, 2, 3, 2, 1])));
        assert!(spread_is_shown(&findings(Kind::Ease, &[1, 2, 3, 2, 2])));
    }

    #[test]
    fn a_unanimous_small_group_is_not_given_away() {
        for (options, expected) in [
            ([0, 0, 0, 0, 9], Score::NinetyFiveOrHigher),
            ([0, 0, 0, 0, 19], Score::NinetyFiveOrHigher),
            ([0, 0, 0, 3, 16], Score::NinetyFiveOrHigher),
            ([12, 0, 0, 0, 0], Score::FiveOrLower),
        ] {
            let findings = findings(Kind::Ease, &options);
            assert_eq!(score(&findings), Some(expected), "{options:?}");
            assert!(!spread_is_shown(&findings), "{options:?}");
        }
        let middle = findings(Kind::Ease, &[0, 0, 12, 0, 0]);
        assert_eq!(score(&middle), Some(Score::Points(50)));
        assert!(!spread_is_shown(&middle), "a group that all said the same in the middle is a unanimous group too");
        let named = Kind::Choice { options: vec!["Web".into(), "Phone".into()], ordered: false };
        assert!(!spread_is_shown(&findings(named, &[0, 12])));
        let twenty = findings(Kind::Ease, &[0, 0, 0, 0, 20]);
        assert_eq!(score(&twenty), Some(Score::Points(100)));
        assert!(spread_is_shown(&twenty));
    }

    #[test]
    fn the_vectors_of_the_suppression_rule() {
        let shown = |text: &str| {
            let groups: Vec<(&str, u32)> =
                text.split(' ').map(|group| (&group[..1], group[1..].parse().unwrap())).collect();
            shown_groups(&groups, 5).join("")
        };
        for (groups, expected) in [
            ("A9 B7 C3", "A"),
            ("A9 C3", ""),
            ("A9 B7 C3 D2", "AB"),
            ("A8 B6", "AB"),
            ("A12 B5 C4", "A"),
            ("A9 B0", "A"),
        ] {
            assert_eq!(shown(groups), expected, "{groups}");
        }
    }

    /// Every table that fits what is released, searched by brute force: no hidden cell can be narrowed to one number below five.
    #[test]
    fn no_released_table_lets_anybody_compute_a_hidden_cell() {
        let mut seed = 7_u32;
        let mut random = |most: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 16) % (most + 1)
        };
        let mut hidden_cells = 0;
        for _ in 0..3_000 {
            let names = ["A", "B", "C", "D"];
            let groups: Vec<(&str, u32)> = names.iter().map(|name| (*name, random(12))).collect();
            let shown = shown_groups(&groups, 5);
            // Below five nothing at all is released.
            if groups.iter().map(|(_, count)| count).sum::<u32>() < 5 {
                continue;
            }
            let total: u32 = groups.iter().map(|(_, count)| count).sum();
            let seen: u32 = groups.iter().filter(|(name, _)| shown.contains(name)).map(|(_, count)| count).sum();
            let hidden: Vec<_> = groups.iter().filter(|(name, count)| *count > 0 && !shown.contains(name)).collect();
            // All that is known of the hidden cells is how many there are and their sum.
            let rest = total - seen;
            for (name, count) in &hidden {
                hidden_cells += 1;
                let others = u32::try_from(hidden.len()).unwrap() - 1;
                let possible =
                    (1..=rest).filter(|cell| if others == 0 { *cell == rest } else { rest - cell >= others });
                assert!(others > 0 || shown.is_empty(), "{groups:?}: {name} is the rest");
                assert!(*count >= 5 || possible.count() > 1, "{groups:?}: {name}");
                assert!(rest >= 5 || shown.is_empty(), "{groups:?}");
            }
        }
        assert!(hidden_cells > 500);
    }

    /// Groups by options.
    type Table = Vec<Vec<u32>>;

    /// What is told of a table of groups by options: the total by the ordinary rules, and the groups.
    fn told(question: &Question, names: &[&str], table: &[Vec<u32>]) -> (String, String) {
        let counts = |options: &[u32]| Counts { options: options.to_vec(), ..Counts::default() };
        let total: Vec<u32> = (0..table[0].len()).map(|option| table.iter().map(|row| row[option]).sum()).collect();
        let thresholds = Thresholds::default();
        let total = thresholds.findings(question, &counts(&total), None);
        let groups: Vec<_> = names.iter().zip(table).map(|(name, row)| (*name, counts(row))).collect();
        let groups = if total == Findings::TooFew { Vec::new() } else { thresholds.by_group(question, &groups) };
        (format!("{total:?}"), format!("{total:?} {groups:?}"))
    }

    /// Every small table there is, sorted by what is told of it. Whoever reads the result knows no more than that the truth is one of
    /// the tables that are told alike, even if they know the rules; so unless the total alone says so already, no number below five,
    /// and no mind of a whole group, may be the same in all of them.
    #[test]
    fn whatever_is_told_by_group_leaves_more_than_one_possibility() {
        let ordered = |options: &[&str]| Kind::Choice {
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            ordered: true,
        };
        for (kind, groups, most) in [
            (ordered(&["No", "Yes"]), 2_usize, 19_u32),
            (ordered(&["No", "Yes"]), 3, 19),
            (ordered(&["No", "Partly", "Yes"]), 2, 17),
        ] {
            let options = kind.options().len();
            let question = Question {
                key: "q".into(),
                ask: "?".into(),
                kind,
                does_not_apply: None,
                reversed: false,
                category: None,
                only_after: None,
            };
            let names = ["A", "B", "C"];
            // Every table with at most so many answers: complete, since the total is told.
            let mut cells: Vec<Vec<u32>> = vec![vec![]];
            for _ in 0..groups * options {
                cells = cells
                    .iter()
                    .flat_map(|row| {
                        let room = most - row.iter().sum::<u32>();
                        (0..=room).map(move |count| [&row[..], &[count]].concat())
                    })
                    .collect();
            }
            let tables: Vec<Table> =
                cells.iter().map(|cells| cells.chunks(options).map(<[u32]>::to_vec).collect()).collect();
            let mut by_total: HashMap<String, Vec<&Table>> = HashMap::new();
            let mut alike: HashMap<(String, String), Vec<&Table>> = HashMap::new();
            for table in &tables {
                let told = told(&question, &names[..groups], table);
                by_total.entry(told.0.clone()).or_default().push(table);
                alike.entry(told).or_default().push(table);
            }
            let shown = alike.keys().filter(|(_, told)| told.contains("GroupScore")).count();
            assert!(shown > 20, "nothing was shown by group, so nothing was tried");
            let size = |table: &Table, group: usize| table[group].iter().sum::<u32>();
            let known_size = |tables: &[&Table], group| {
                let first = size(tables[0], group);
                tables.iter().all(|table| size(table, group) == first).then_some(first)
            };
            let mind = |table: &Table, group: usize| {
                let chosen: Vec<usize> = (0..options).filter(|option| table[group][*option] > 0).collect();
                if let [only] = chosen[..] { Some(only) } else { None }
            };
            let known_mind = |tables: &[&Table], group| {
                let first = mind(tables[0], group)?;
                tables.iter().all(|table| mind(table, group) == Some(first)).then_some(first)
            };
            for ((total, told), possible) in &alike {
                let before = &by_total[total];
                for group in 0..groups {
                    if known_size(before, group).is_none() {
                        let found = known_size(possible, group).filter(|size| (1..5).contains(size));
                        assert_eq!(found, None, "{told}: the number of group {group}");
                    }
                    if known_mind(before, group).is_none() {
                        assert_eq!(known_mind(possible, group), None, "{told}: what everybody in group {group} said");
                    }
                }
            }
        }
    }

    #[test]
    fn a_range_is_shown_only_where_the_spread_is() {
        let range = |options: &[u32]| match findings(Kind::Ease, options) {
            Findings::Shown { range, .. } => range,
            Findings::TooFew => None,
        };
        // The published vector: 43.7182 to 84.8533.
        assert_eq!(range(&[1, 1, 2, 5, 3]), Some(WholeRange { low: 44, high: 85 }));
        assert_eq!(range(&[1, 1, 2, 3, 2]), None);
        assert_eq!(range(&[0, 0, 0, 0, 12]), None);
    }

    #[test]
    fn what_silence_could_hide_is_computed_from_the_printed_score() {
        assert_eq!(Score::Points(67).with_silence(12, 18), WholeRange { low: 45, high: 78 });
        assert_eq!(Score::NinetyFiveOrHigher.with_silence(9, 18), WholeRange { low: 48, high: 100 });
    }

    #[test]
    fn halves_are_rounded_up() {
        assert_eq!(score(&findings(Kind::Ease, &[0, 2, 2, 2, 4])), Some(Score::Points(70)));
        assert_eq!(score(&findings(Kind::Ease, &[0, 0, 5, 5, 0])), Some(Score::Points(63)), "62.5");
    }

    #[test]
    fn options_without_points_have_no_score() {
        let named = Kind::Choice { options: vec!["Web".into(), "Phone".into()], ordered: false };
        assert_eq!(score(&findings(named, &[6, 6])), None);
    }
}
