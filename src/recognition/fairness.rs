//! Whether a round is fair: shares of its nominees, from five people on. Pure; names nobody.

use std::collections::{BTreeMap, BTreeSet};

use super::nomination::Nomination;
use crate::ids::UserId;

/// Below this, a share would point at single persons.
pub const FEWEST_NOMINEES: usize = 5;

/// What reviewers see of a round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fairness {
    /// Different people nominated.
    pub nominees: usize,
    /// How many of them belong to which division, largest first.
    pub divisions: Vec<(String, usize)>,
    /// How many of them were never nominated before this round.
    pub first_time: usize,
    /// Different people who nominated.
    pub nominators: usize,
    /// Pairs who nominated each other.
    pub mutual_pairs: usize,
    /// The most nominations that one person has sent, in all rounds.
    pub most_by_one: u64,
}

/// Whether the author and one of the people of `nomination` nominated each other within `round`.
#[must_use]
pub fn is_mutual(nomination: &Nomination, round: &[Nomination]) -> bool {
    round
        .iter()
        .any(|other| nomination.honoree(other.nominator).is_some() && other.honoree(nomination.nominator).is_some())
}

/// The fairness of a round; `None` below [`FEWEST_NOMINEES`].
#[must_use]
pub fn of(
    round: &[Nomination],
    division: &BTreeMap<UserId, String>,
    nominated_before: &BTreeSet<UserId>,
    most_by_one: u64,
) -> Option<Fairness> {
    let nominees: BTreeSet<UserId> = round.iter().flat_map(|one| one.people.iter().map(|person| person.user)).collect();
    if nominees.len() < FEWEST_NOMINEES {
        return None;
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for nominee in &nominees {
        *counts.entry(division.get(nominee).map_or("division not noted", String::as_str)).or_default() += 1;
    }
    let mut divisions: Vec<_> = counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect();
    divisions.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), name.clone()));
    let directions: BTreeSet<(UserId, UserId)> =
        round.iter().flat_map(|one| one.people.iter().map(|person| (one.nominator, person.user))).collect();
    let mutual_pairs = directions.iter().filter(|(from, to)| from < to && directions.contains(&(*to, *from))).count();
    Some(Fairness {
        first_time: nominees.iter().filter(|nominee| !nominated_before.contains(nominee)).count(),
        nominators: round.iter().map(|one| one.nominator).collect::<BTreeSet<_>>().len(),
        nominees: nominees.len(),
        divisions,
        mutual_pairs,
        most_by_one,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recognition::message::tests::sample;
    use crate::recognition::nomination::{Honoree, State};

    fn pair(from: u64, to: u64) -> Nomination {
        let mut nomination = sample(State::Waiting);
        (nomination.nominator, nomination.people) = (UserId(from), vec![Honoree::new(UserId(to))]);
        nomination
    }

    #[test]
    fn shares_appear_from_five_people_on() {
        let round: Vec<_> = [(1, 2), (2, 1), (3, 4), (4, 5), (5, 2)].map(|(from, to)| pair(from, to)).into();
        let division = BTreeMap::from([(UserId(1), "Intake".to_owned()), (UserId(2), "Intake".to_owned())]);
        assert_eq!(of(&round, &division, &BTreeSet::new(), 2), None);
        let round = [round, vec![pair(1, 6)]].concat();
        let fair = of(&round, &division, &BTreeSet::from([UserId(4)]), 2).unwrap();
        assert_eq!((fair.nominees, fair.first_time, fair.nominators, fair.mutual_pairs), (5, 4, 5, 1));
        assert_eq!(fair.divisions, [("division not noted".to_owned(), 3), ("Intake".to_owned(), 2)]);
        assert!(is_mutual(&round[0], &round) && !is_mutual(&round[2], &round));
    }
}
