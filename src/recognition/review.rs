//! How reviewers come to a decision: three seats taken in turn, four scores, one verdict each. Pure.
//!
//! A nomination waits for three verdicts, or for as many as there are seats when fewer leads may review it. More than half accepting
//! makes it a story, more than half declining declines it, and anything between becomes a thank-you: the words reach the person, and
//! nothing is lost. It is decided as soon as nothing can change it any more. After two weeks, what has been said so far decides.

use chrono::{DateTime, TimeDelta, Utc};

use super::nomination::{Nomination, REVIEW_DAYS};
use super::refusal::NominationRefusal;
use crate::ids::UserId;

/// Seats of a nomination.
pub const SEATS: usize = 3;
/// From then on any lead who may review it can, whoever holds the seats.
pub const OPEN_TO_ALL_DAYS: i64 = 7;

/// What is scored, from 0 to 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Effect for the customer.
    Effect,
    /// Evidence.
    Evidence,
    /// Link to the principle or value.
    Principle,
    /// Something that others can copy.
    Copyable,
}

impl Criterion {
    /// Every criterion, in the order shown.
    pub const ALL: [Self; 4] = [Self::Effect, Self::Evidence, Self::Principle, Self::Copyable];

    /// The value as it stands in a control.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Effect => "effect",
            Self::Evidence => "evidence",
            Self::Principle => "principle",
            Self::Copyable => "copyable",
        }
    }

    /// Reads [`Criterion::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|criterion| criterion.word() == word)
    }
}

/// What a reviewer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A story, if the nominee agrees.
    Accept,
    /// Not this time.
    Decline,
    /// A thank-you.
    Thanks,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 3] = [Self::Accept, Self::Decline, Self::Thanks];

    /// The value as stored.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decline => "decline",
            Self::Thanks => "thanks",
        }
    }

    /// Reads [`Verdict::word`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.word() == word)
    }
}

/// One reviewer's seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seat {
    /// Who sits here.
    pub reviewer: UserId,
    /// Scores in the order of [`Criterion::ALL`]; `None` until given.
    pub scores: [Option<u8>; 4],
    /// Their verdict.
    pub verdict: Option<Verdict>,
    /// The reason of a decline.
    pub reason: Option<String>,
    /// The words that the verdict was given on.
    pub revision: Option<i64>,
}

impl Seat {
    /// The verdict, if it was given on these words.
    #[must_use]
    pub fn verdict_on(&self, revision: i64) -> Option<Verdict> {
        self.verdict.filter(|_| self.revision == Some(revision))
    }

    /// All four scores together, 0 to 8.
    #[must_use]
    pub fn total(&self) -> Option<u32> {
        self.scores.iter().try_fold(0, |sum, score| score.map(|score| sum + u32::from(score)))
    }
}

/// What is known of somebody who wants to review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewer {
    /// The lead.
    pub user: UserId,
    /// Their division, if known.
    pub division: Option<String>,
}

/// What, beside the nomination, decides who stands aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// Divisions of the people it is about.
    pub divisions: Vec<String>,
    /// Who seconded it.
    pub seconders: Vec<UserId>,
}

/// Whether a lead may review a nomination: not its author, not one it is about, not of the same team, not a seconder.
///
/// # Errors
/// The sentence that tells them why not.
pub fn may_review(nomination: &Nomination, reviewer: &Reviewer, ties: &Ties) -> Result<(), NominationRefusal> {
    if nomination.recuses(reviewer.user) {
        return Err(NominationRefusal::Recused);
    }
    let same_team = reviewer.division.as_ref().is_some_and(|division| ties.divisions.contains(division));
    if same_team || ties.seconders.contains(&reviewer.user) {
        return Err(NominationRefusal::TooClose);
    }
    Ok(())
}

/// Who gets the seats: of those who may review it, the ones with the fewest seats so far.
#[must_use]
pub fn seat(mut able: Vec<(Reviewer, u64)>) -> Vec<UserId> {
    able.sort_by_key(|(reviewer, seats)| (*seats, reviewer.user));
    able.into_iter().take(SEATS).map(|(reviewer, _)| reviewer.user).collect()
}

/// Whether a lead without a seat may take one.
#[must_use]
pub fn has_room(nomination: &Nomination, seats: &[Seat], now: DateTime<Utc>) -> bool {
    let open_to_all = nomination.sent_at.is_some_and(|at| now - at >= TimeDelta::days(OPEN_TO_ALL_DAYS));
    seats.len() < SEATS || open_to_all
}

/// When the reviewers' time is over.
#[must_use]
pub fn ends_at(sent_at: DateTime<Utc>) -> DateTime<Utc> {
    sent_at + TimeDelta::days(REVIEW_DAYS)
}

/// What the seats decide about this revision; `None` while it is open. With `time_is_over`, verdicts that are missing are not waited
/// for; without any verdict nothing can be decided even then.
#[must_use]
pub fn decide(seats: &[Seat], revision: i64, time_is_over: bool) -> Option<Verdict> {
    let verdicts: Vec<Verdict> = seats.iter().filter_map(|seat| seat.verdict_on(revision)).collect();
    let wanted = if time_is_over { verdicts.len() } else { seats.len().clamp(1, SEATS).max(verdicts.len()) };
    if verdicts.is_empty() {
        return None;
    }
    let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    for verdict in [Verdict::Accept, Verdict::Decline] {
        if count(verdict) * 2 > wanted {
            return Some(verdict);
        }
    }
    (verdicts.len() >= wanted).then_some(Verdict::Thanks)
}

/// The reasons of those who declined, for the author; at most 600 characters.
#[must_use]
pub fn reasons(seats: &[Seat], revision: i64) -> String {
    let given = seats
        .iter()
        .filter(|seat| seat.verdict_on(revision) == Some(Verdict::Decline))
        .filter_map(|seat| seat.reason.clone())
        .collect::<Vec<_>>();
    crate::text::shorten(&given.join("\n\n"), 600)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seats(verdicts: &[Option<Verdict>]) -> Vec<Seat> {
        let seat = |(user, verdict): (usize, &Option<Verdict>)| Seat {
            reviewer: UserId(user as u64 + 1),
            scores: [Some(2), Some(1), Some(0), Some(2)],
            verdict: *verdict,
            reason: (*verdict == Some(Verdict::Decline)).then(|| "A single case would help.".into()),
            revision: verdict.map(|_| 4),
        };
        verdicts.iter().enumerate().map(seat).collect()
    }

    #[test]
    fn a_decision_falls_when_nothing_can_change_it() {
        use Verdict::{Accept, Decline, Thanks};
        let (yes, no, thanks, open) = (Some(Accept), Some(Decline), Some(Thanks), None);
        for (verdicts, decided) in [
            (vec![], None),
            (vec![open], None),
            (vec![yes], Some(Accept)),
            (vec![yes, open], None),
            (vec![yes, no], Some(Thanks)),
            (vec![yes, open, open], None),
            (vec![yes, yes, open], Some(Accept)),
            (vec![no, yes, open], None),
            (vec![no, yes, no], Some(Decline)),
            (vec![no, yes, thanks], Some(Thanks)),
            (vec![thanks, thanks, yes], Some(Thanks)),
        ] {
            assert_eq!(decide(&seats(&verdicts), 4, false), decided, "{verdicts:?}");
        }
    }

    #[test]
    fn when_time_is_over_what_was_said_decides() {
        use Verdict::{Accept, Decline};
        assert_eq!(decide(&seats(&[Some(Accept), None, None]), 4, true), Some(Accept));
        assert_eq!(decide(&seats(&[Some(Accept), Some(Decline), None]), 4, true), Some(Verdict::Thanks));
        assert_eq!(decide(&seats(&[None, None, None]), 4, true), None);
    }

    #[test]
    fn a_verdict_on_earlier_words_counts_no_longer() {
        let seats = seats(&[Some(Verdict::Decline)]);
        assert_eq!(decide(&seats, 5, true), None);
        assert_eq!((reasons(&seats, 5).as_str(), reasons(&seats, 4).as_str()), ("", "A single case would help."));
    }

    /// Every relation a lead can have to a nomination of two people from two teams, and what follows from it.
    #[test]
    fn the_recusal_matrix() {
        use NominationRefusal::{Recused, TooClose};
        let mut nomination = crate::recognition::message::tests::sample(crate::recognition::State::Waiting);
        nomination.nominator = UserId(1);
        nomination.people = [2, 3].map(|user| crate::recognition::Honoree::new(UserId(user))).to_vec();
        let ties = Ties { divisions: vec!["Intake".into(), "Appeals".into()], seconders: vec![UserId(4)] };
        for (who, user, division, outcome) in [
            ("its author", 1, None, Err(Recused)),
            ("its author, of another team", 1, Some("Audit"), Err(Recused)),
            ("the first of its people", 2, Some("Intake"), Err(Recused)),
            ("the second of its people", 3, Some("Appeals"), Err(Recused)),
            ("a seconder", 4, None, Err(TooClose)),
            ("a seconder of another team", 4, Some("Audit"), Err(TooClose)),
            ("of the first one's team", 5, Some("Intake"), Err(TooClose)),
            ("of the second one's team", 5, Some("Appeals"), Err(TooClose)),
            ("of another team", 5, Some("Audit"), Ok(())),
            ("of a team not noted", 5, None, Ok(())),
        ] {
            let reviewer = Reviewer { user: UserId(user), division: division.map(str::to_owned) };
            assert_eq!(may_review(&nomination, &reviewer, &ties), outcome, "{who}");
        }
        // Where no team of its people is noted, a team alone keeps nobody away.
        let reviewer = Reviewer { user: UserId(5), division: Some("Intake".into()) };
        assert_eq!(may_review(&nomination, &reviewer, &Ties::default()), Ok(()));
    }

    #[test]
    fn seats_go_round() {
        let able = |seats: &[(u64, u64)]| {
            let reviewer = |user| Reviewer { user: UserId(user), division: None };
            seats.iter().map(|&(user, seats)| (reviewer(user), seats)).collect()
        };
        assert_eq!(seat(able(&[(1, 3), (2, 0), (3, 1), (4, 1), (5, 9)])), [UserId(2), UserId(3), UserId(4)]);
        assert_eq!(seat(able(&[(1, 3)])), [UserId(1)]);
    }

    proptest! {
        /// No order of verdicts turns a decision that has fallen.
        #[test]
        fn a_decision_stands(verdicts in prop::collection::vec(prop::sample::select(&Verdict::ALL[..]), 3), cut in 0usize..3) {
            let all: Vec<_> = verdicts.iter().copied().map(Some).collect();
            let mut early = all.clone();
            early[cut..].fill(None);
            if let Some(decided) = decide(&seats(&early), 4, false) {
                prop_assert_eq!(decide(&seats(&all), 4, false), Some(decided));
            }
            prop_assert!(decide(&seats(&all), 4, false).is_some());
        }
    }
}
