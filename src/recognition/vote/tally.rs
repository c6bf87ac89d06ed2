//! Who is chosen: approval voting, its threshold, its ties. Pure.
//!
//! Source: "Multiwinner approval voting", with the group's own rules on top: at most [`MOST_CHOSEN`], ticked on at least
//! [`THRESHOLD_PERCENT`] % of the ballots. With fewer than [`FEWEST_BALLOTS`] ballots the reviewers' scores decide instead. Those tied
//! at the last place share it if that makes at most one more; else the higher score of the reviewers decides, else a lot that anybody
//! with its inputs can draw again.

use std::cmp::Reverse;

use sha2::{Digest, Sha256};

use crate::recognition::nomination::NominationId;

/// So many nominations are chosen at most; one more when the last place is shared.
pub const MOST_CHOSEN: usize = 3;
/// Below this the ballots decide nothing.
pub const FEWEST_BALLOTS: usize = 5;
/// A nomination must be ticked on this share of all ballots, empty ones included.
pub const THRESHOLD_PERCENT: usize = 30;

/// A nomination on the ballot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which one.
    pub nomination: NominationId,
    /// On how many ballots it was ticked.
    pub ticks: usize,
    /// What each reviewer who scored it gave, 0 to 8.
    pub scores: Vec<u32>,
}

/// What decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    /// The ballots.
    Ballots,
    /// The reviewers' scores: there were too few ballots.
    Scores,
}

/// The outcome of a vote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What was chosen, in the order of the nominations.
    pub chosen: Vec<NominationId>,
    /// What decided.
    pub decider: Decider,
    /// The inputs of each lot that was drawn, one line each: run, tied nominations, closing tally.
    pub lots: Vec<String>,
}

/// Chooses. `ballots` is how many were cast; `run` names the ballot box.
#[must_use]
pub fn choose(ballots: usize, candidates: &[Candidate], run: &str) -> Choice {
    let decider = if ballots < FEWEST_BALLOTS { Decider::Scores } else { Decider::Ballots };
    let mut left: Vec<&Candidate> = match decider {
        Decider::Ballots => candidates.iter().filter(|one| one.ticks * 100 >= ballots * THRESHOLD_PERCENT).collect(),
        Decider::Scores => candidates.iter().collect(),
    };
    let rank = |one: &Candidate| match decider {
        Decider::Ballots => (one.ticks, Score::default()),
        Decider::Scores => (0, Score::of(one)),
    };
    left.sort_by_key(|one| (Reverse(rank(one)), one.nomination));
    let mut chosen: Vec<NominationId> = Vec::new();
    let mut lots = Vec::new();
    if left.len() <= MOST_CHOSEN {
        chosen.extend(left.iter().map(|one| one.nomination));
    } else {
        let last = rank(left[MOST_CHOSEN - 1]);
        chosen.extend(left.iter().filter(|one| rank(one) > last).map(|one| one.nomination));
        let mut tied: Vec<&Candidate> = left.into_iter().filter(|one| rank(one) == last).collect();
        if chosen.len() + tied.len() <= MOST_CHOSEN + 1 {
            chosen.extend(tied.iter().map(|one| one.nomination));
        } else {
            tied.sort_by_key(|one| (Reverse(Score::of(one)), one.nomination));
            let places = MOST_CHOSEN - chosen.len();
            let last = Score::of(tied[places - 1]);
            chosen.extend(tied.iter().filter(|one| Score::of(one) > last).map(|one| one.nomination));
            let mut equal: Vec<NominationId> =
                tied.iter().filter(|one| Score::of(one) == last).map(|one| one.nomination).collect();
            equal.sort_unstable();
            let tally = closing_tally(decider, ballots, candidates);
            while chosen.len() < MOST_CHOSEN {
                if equal.len() == 1 {
                    chosen.append(&mut equal);
                    break;
                }
                let inputs = format!("{run} {} {tally}", listed(&equal));
                chosen.push(equal.remove(draw(&inputs, equal.len())));
                lots.push(inputs);
            }
        }
    }
    chosen.sort_unstable();
    Choice { chosen, decider, lots }
}

/// A mean of reviewers' scores, compared exactly.
#[derive(Clone, Copy, Debug)]
struct Score {
    sum: u64,
    of: u64,
}

impl Default for Score {
    fn default() -> Self {
        Self { sum: 0, of: 1 }
    }
}

impl Score {
    fn of(candidate: &Candidate) -> Self {
        if candidate.scores.is_empty() {
            return Self::default();
        }
        Self { sum: candidate.scores.iter().copied().map(u64::from).sum(), of: candidate.scores.len() as u64 }
    }
}

impl Ord for Score {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.sum * other.of).cmp(&(other.sum * self.of))
    }
}

impl PartialOrd for Score {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Score {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Score {}

fn listed(ids: &[NominationId]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

/// `7 ballots, 3:5, 4:5`; without ballots that count, only how many there were not.
fn closing_tally(decider: Decider, ballots: usize, candidates: &[Candidate]) -> String {
    if decider == Decider::Scores {
        return "decided by scores".into();
    }
    let mut sorted: Vec<&Candidate> = candidates.iter().collect();
    sorted.sort_by_key(|one| one.nomination);
    let ticks = sorted.iter().map(|one| format!("{}:{}", one.nomination, one.ticks)).collect::<Vec<_>>().join(",");
    format!("{ballots} ballots {ticks}")
}

/// The index drawn: the first eight bytes (big-endian) of the SHA-256 of the inputs, modulo how many are tied.
fn draw(inputs: &str, tied: usize) -> usize {
    let digest = Sha256::digest(inputs.as_bytes());
    let first = u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"));
    usize::try_from(first % tied as u64).expect("below a usize")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(id: i64, ticks: usize, scores: &[u32]) -> Candidate {
        Candidate { nomination: NominationId(id), ticks, scores: scores.to_vec() }
    }

    fn chosen(ballots: usize, candidates: &[Candidate]) -> Vec<i64> {
        choose(ballots, candidates, "run").chosen.into_iter().map(|id| id.0).collect()
    }

    #[test]
    fn the_most_ticked_three_are_chosen_from_thirty_percent_on() {
        let four = [candidate(1, 9, &[1]), candidate(2, 3, &[8]), candidate(3, 5, &[1]), candidate(4, 4, &[1])];
        assert_eq!(chosen(10, &four), [1, 3, 4]);
        let few = [candidate(1, 3, &[]), candidate(2, 2, &[8]), candidate(3, 0, &[8])];
        assert_eq!(chosen(10, &few), [1], "3 of 10 are 30 %, 2 of 10 are not, whatever the reviewers gave");
        assert_eq!(chosen(11, &few), [] as [i64; 0], "3 of 11 are below 30 %");
        assert_eq!(chosen(10, &[]), [] as [i64; 0]);
    }

    #[test]
    fn a_shared_last_place_makes_one_more_at_most() {
        let two_at_third = [candidate(1, 9, &[]), candidate(2, 8, &[]), candidate(3, 5, &[]), candidate(4, 5, &[])];
        assert_eq!(chosen(10, &two_at_third), [1, 2, 3, 4]);
        let three_at_third = [
            candidate(1, 9, &[]),
            candidate(2, 8, &[]),
            candidate(3, 5, &[4, 4]),
            candidate(4, 5, &[5]),
            candidate(5, 5, &[3, 4, 4]),
        ];
        assert_eq!(chosen(10, &three_at_third), [1, 2, 4], "the higher mean of the reviewers decides");
        let four_at_second = [
            candidate(1, 9, &[]),
            candidate(2, 5, &[8]),
            candidate(3, 5, &[7, 8]),
            candidate(4, 5, &[15, 15]),
            candidate(5, 5, &[1]),
        ];
        assert_eq!(chosen(10, &four_at_second), [1, 2, 4]);
    }

    #[test]
    fn below_five_ballots_the_reviewers_scores_decide() {
        let all = [candidate(1, 4, &[2]), candidate(2, 0, &[8, 7]), candidate(3, 0, &[5]), candidate(4, 1, &[6, 6, 6])];
        let by_scores = choose(4, &all, "run");
        assert_eq!((by_scores.decider, by_scores.chosen), (Decider::Scores, [2, 3, 4].map(NominationId).to_vec()));
        assert_eq!(chosen(5, &all), [1], "five ballots decide: 1 of 5 is below 30 %, 4 of 5 above");
    }

    /// The inputs are on record, so the lot can be drawn again by hand:
    /// `printf 'box 2,3,4,5 9 ballots 1:9,2:4,3:4,4:4,5:4' | sha256sum`, the first 16 digits as a number, modulo 4.
    #[test]
    fn a_lot_is_drawn_from_its_inputs_and_nothing_else() {
        let tie = [
            candidate(1, 9, &[]),
            candidate(2, 4, &[]),
            candidate(3, 4, &[]),
            candidate(4, 4, &[]),
            candidate(5, 4, &[]),
        ];
        let choice = choose(9, &tie, "box");
        assert_eq!(choice.lots[0], "box 2,3,4,5 9 ballots 1:9,2:4,3:4,4:4,5:4");
        assert_eq!(choice.lots.len(), 2, "two places, two lots");
        assert_eq!(choice.chosen.len(), 3);
        let mut turned = tie.clone();
        turned.reverse();
        assert_eq!(choose(9, &turned, "box"), choice, "the order on the ballot does not matter");
        assert_eq!(draw("box 2,3,4,5 9 ballots 1:9,2:4,3:4,4:4,5:4", 4), DRAWN_BY_HAND);
    }

    const DRAWN_BY_HAND: usize = 2;

    proptest! {
        /// Whatever was ticked: nothing below the threshold, at most one more than three, and nobody passed over who has more ticks.
        #[test]
        fn the_rules_hold(ticks in prop::collection::vec((0usize..30, 0u32..=8), 0..12), ballots in 5usize..30) {
            let candidates: Vec<_> = (1i64..).zip(&ticks).map(|(id, (ticks, score))| candidate(id, *ticks.min(&ballots), &[*score])).collect();
            let choice = choose(ballots, &candidates, "run");
            let is_chosen = |one: &&Candidate| choice.chosen.contains(&one.nomination);
            let enough = |one: &&Candidate| one.ticks * 100 >= ballots * THRESHOLD_PERCENT;
            prop_assert!(candidates.iter().filter(is_chosen).all(|one| enough(&one)));
            let able = candidates.iter().filter(enough).count();
            prop_assert!((able.min(MOST_CHOSEN)..=MOST_CHOSEN + 1).contains(&choice.chosen.len()));
            let least = candidates.iter().filter(is_chosen).map(|one| one.ticks).min().unwrap_or(0);
            prop_assert!(candidates.iter().filter(|one| !is_chosen(one)).filter(enough).all(|one| one.ticks <= least));
        }
    }
}
