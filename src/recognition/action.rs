//! What this feature's controls mean.

use super::nomination::{Consent, NominationId};
use super::review::Criterion;
use super::stories::{Filter, Filters};
use super::vote::{Step, VoteId};
use crate::discord::{ControlId, Tier};
use crate::ids::UserId;

/// The first word of this feature's control ids.
pub(super) const FEATURE: &str = "recognition";

/// A press, pick or form. Whoever decides or agrees names the revision that was on their screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The author picks a principle or value.
    Tag(NominationId),
    /// The author picks how they know the nominee's work.
    Relation(NominationId),
    /// The author picks whom it is about.
    Team(NominationId),
    /// The author picks the program.
    Program(NominationId),
    /// The author opens the form.
    Write(NominationId),
    /// The author submits the form.
    Written(NominationId),
    Send(NominationId),
    /// The author drops a draft.
    Discard(NominationId),
    /// The author takes back what waits.
    TakeBack(NominationId),
    /// The author opens the form to answer the reviewers' question.
    AnswerReviewer(NominationId),
    /// The author submits the answer.
    AnsweredReviewer(NominationId),
    /// Somebody begins a nomination of their own, though others have nominated this person.
    Fresh(UserId),
    /// Somebody picks the nomination to second.
    Second,
    /// Somebody submits why.
    Seconded(NominationId),
    /// The list of one's own, in place of the message.
    Mine,
    /// The list of one's own, from a message that everybody sees.
    Waiting,
    /// One of the list, picked.
    Open,
    /// One of the list, by a button.
    See(NominationId),
    /// A reviewer turns to this one.
    Look(NominationId),
    /// A reviewer scores a criterion.
    Score(NominationId, Criterion, i64),
    Accept(NominationId, i64),
    /// A reviewer opens the form for the reason.
    Decline(NominationId, i64),
    /// A reviewer submits the reason.
    Declined(NominationId, i64),
    Thank(NominationId, i64),
    /// A reviewer opens the form to ask the author.
    AskAuthor(NominationId),
    /// A reviewer submits the question.
    AskedAuthor(NominationId),
    /// A lead takes people off the reviewers.
    Dismiss,
    /// A lead picks the day of the weekly story.
    Weekly,
    /// One of the people it is about answers.
    Answer(NominationId, Consent, i64),
    /// One of them opens the form to correct the text.
    Correct(NominationId, i64),
    /// One of them submits the corrected text.
    Corrected(NominationId, i64),
    /// One of them wants to withdraw; asks once more.
    Retract(NominationId),
    /// One of them is sure.
    Retracted(NominationId),
    /// The form of `/thanks`.
    Thanks(UserId),
    /// Somebody narrows the list of stories.
    Stories(Filter, Filters),
    /// Somebody picks a story to read.
    Read(Filters),
    /// Somebody votes.
    Ballot(VoteId, Step),
}

impl Action {
    pub(super) fn to_id(self) -> String {
        let rest = match self {
            Self::Mine | Self::Waiting | Self::Open | Self::Second | Self::Dismiss | Self::Weekly => String::new(),
            Self::Tag(id)
            | Self::Relation(id)
            | Self::Team(id)
            | Self::Program(id)
            | Self::Write(id)
            | Self::Written(id)
            | Self::Send(id)
            | Self::Discard(id)
            | Self::TakeBack(id)
            | Self::AnswerReviewer(id)
            | Self::AnsweredReviewer(id)
            | Self::Seconded(id)
            | Self::See(id)
            | Self::Look(id)
            | Self::AskAuthor(id)
            | Self::AskedAuthor(id)
            | Self::Retract(id)
            | Self::Retracted(id) => id.to_string(),
            Self::Accept(id, revision)
            | Self::Decline(id, revision)
            | Self::Declined(id, revision)
            | Self::Thank(id, revision)
            | Self::Correct(id, revision)
            | Self::Corrected(id, revision) => format!("{id}:{revision}"),
            Self::Score(id, criterion, revision) => format!("{id}:{revision}:{}", criterion.word()),
            Self::Answer(id, consent, revision) => format!("{id}:{revision}:{}", consent.word()),
            Self::Thanks(user) | Self::Fresh(user) => user.to_string(),
            Self::Stories(filter, filters) => format!("{}:{filters}", filter.word()),
            Self::Read(filters) => filters.to_string(),
            Self::Ballot(id, Step::Show(place)) => format!("{id}:show:{place}"),
            Self::Ballot(id, Step::Tick(place)) => format!("{id}:tick:{place}"),
            Self::Ballot(id, Step::Untick(place)) => format!("{id}:untick:{place}"),
            Self::Ballot(id, Step::Begin) => format!("{id}:begin"),
            Self::Ballot(id, Step::Pick) => format!("{id}:pick"),
            Self::Ballot(id, Step::TakeBack) => format!("{id}:take-back"),
            Self::Ballot(id, Step::Promise) => format!("{id}:promise"),
        };
        ControlId { feature: FEATURE, action: self.word(), rest: &rest }.to_string()
    }

    fn word(self) -> &'static str {
        match self {
            Self::Tag(_) => "tag",
            Self::Relation(_) => "relation",
            Self::Team(_) => "team",
            Self::Program(_) => "program",
            Self::Write(_) => "write",
            Self::Written(_) => "written",
            Self::Send(_) => "send",
            Self::Discard(_) => "discard",
            Self::TakeBack(_) => "take-back",
            Self::AnswerReviewer(_) => "answer-reviewer",
            Self::AnsweredReviewer(_) => "answered-reviewer",
            Self::Fresh(_) => "fresh",
            Self::Second => "second",
            Self::Seconded(_) => "seconded",
            Self::Mine => "mine",
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::See(_) => "see",
            Self::Look(_) => "look",
            Self::Score(..) => "score",
            Self::Accept(..) => "accept",
            Self::Decline(..) => "decline",
            Self::Declined(..) => "declined",
            Self::Thank(..) => "thank",
            Self::AskAuthor(_) => "ask-author",
            Self::AskedAuthor(_) => "asked-author",
            Self::Dismiss => "dismiss",
            Self::Weekly => "weekly",
            Self::Answer(..) => "answer",
            Self::Correct(..) => "correct",
            Self::Corrected(..) => "corrected",
            Self::Retract(_) => "retract",
            Self::Retracted(_) => "retracted",
            Self::Thanks(_) => "thanks",
            Self::Stories(..) => "stories",
            Self::Read(_) => "read",
            Self::Ballot(..) => "ballot",
        }
    }

    pub(super) fn parse(id: &str) -> Option<Self> {
        let id = ControlId::parse(id).filter(|id| id.feature == FEATURE)?;
        let nomination = || id.rest.parse().ok().map(NominationId);
        let user = || id.rest.parse().ok().map(UserId);
        let with_revision = || {
            let (nomination, revision) = id.rest.split_once(':')?;
            Some((NominationId(nomination.parse().ok()?), revision.parse().ok()?))
        };
        let with_word = || {
            let (rest, word) = id.rest.rsplit_once(':')?;
            let (nomination, revision) = rest.split_once(':')?;
            Some((NominationId(nomination.parse().ok()?), revision.parse().ok()?, word))
        };
        match id.action {
            "tag" => nomination().map(Self::Tag),
            "relation" => nomination().map(Self::Relation),
            "team" => nomination().map(Self::Team),
            "program" => nomination().map(Self::Program),
            "write" => nomination().map(Self::Write),
            "written" => nomination().map(Self::Written),
            "send" => nomination().map(Self::Send),
            "discard" => nomination().map(Self::Discard),
            "take-back" => nomination().map(Self::TakeBack),
            "answer-reviewer" => nomination().map(Self::AnswerReviewer),
            "answered-reviewer" => nomination().map(Self::AnsweredReviewer),
            "fresh" => user().map(Self::Fresh),
            "second" => Some(Self::Second),
            "seconded" => nomination().map(Self::Seconded),
            "mine" => Some(Self::Mine),
            "waiting" => Some(Self::Waiting),
            "open" => Some(Self::Open),
            "see" => nomination().map(Self::See),
            "look" => nomination().map(Self::Look),
            "score" => with_word()
                .and_then(|(id, revision, word)| Criterion::parse(word).map(|it| Self::Score(id, it, revision))),
            "accept" => with_revision().map(|(id, revision)| Self::Accept(id, revision)),
            "decline" => with_revision().map(|(id, revision)| Self::Decline(id, revision)),
            "declined" => with_revision().map(|(id, revision)| Self::Declined(id, revision)),
            "thank" => with_revision().map(|(id, revision)| Self::Thank(id, revision)),
            "ask-author" => nomination().map(Self::AskAuthor),
            "asked-author" => nomination().map(Self::AskedAuthor),
            "dismiss" => Some(Self::Dismiss),
            "weekly" => Some(Self::Weekly),
            "answer" => with_word()
                .and_then(|(id, revision, word)| Consent::parse(word).map(|it| Self::Answer(id, it, revision))),
            "correct" => with_revision().map(|(id, revision)| Self::Correct(id, revision)),
            "corrected" => with_revision().map(|(id, revision)| Self::Corrected(id, revision)),
            "retract" => nomination().map(Self::Retract),
            "retracted" => nomination().map(Self::Retracted),
            "thanks" => user().map(Self::Thanks),
            "stories" => {
                let (filter, filters) = id.rest.split_once(':')?;
                Some(Self::Stories(Filter::parse(filter)?, Filters::parse(filters)?))
            }
            "read" => Filters::parse(id.rest).map(Self::Read),
            "ballot" => {
                let (vote, step) = id.rest.split_once(':')?;
                Some(Self::Ballot(VoteId(vote.parse().ok()?), read_step(step)?))
            }
            _ => None,
        }
    }
}

fn read_step(text: &str) -> Option<Step> {
    let (word, place) = text.split_once(':').map_or((text, None), |(word, place)| (word, Some(place)));
    let place = place.map_or(Some(None), |place| place.parse().ok().map(Some))?;
    match (word, place) {
        ("show", Some(place)) => Some(Step::Show(place)),
        ("tick", Some(place)) => Some(Step::Tick(place)),
        ("untick", Some(place)) => Some(Step::Untick(place)),
        ("begin", None) => Some(Step::Begin),
        ("pick", None) => Some(Step::Pick),
        ("take-back", None) => Some(Step::TakeBack),
        ("promise", None) => Some(Step::Promise),
        _ => None,
    }
}

/// Who may use the controls with this action word.
pub(super) fn tier(word: &str) -> Option<Tier> {
    match word {
        "tag" | "relation" | "team" | "program" | "write" | "written" | "send" | "discard" | "take-back"
        | "answer-reviewer" | "answered-reviewer" | "fresh" | "second" | "seconded" | "mine" | "waiting" | "open"
        | "see" | "answer" | "correct" | "corrected" | "retract" | "retracted" | "thanks" | "stories" | "read"
        | "ballot" => Some(Tier::Member),
        "look" | "score" | "accept" | "decline" | "declined" | "thank" | "ask-author" | "asked-author" | "dismiss"
        | "weekly" => Some(Tier::Lead),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_reads_back_and_has_its_tier() {
        let id = NominationId(i64::MAX);
        let most = Filters { tag: Some(255), program: Some(255), quarter: crate::calendar::Quarter::new(2027, 1) };
        let mut members = vec![
            Action::Tag(id),
            Action::Relation(id),
            Action::Team(id),
            Action::Program(id),
            Action::Write(id),
            Action::Written(id),
            Action::Send(id),
            Action::Discard(id),
            Action::TakeBack(id),
            Action::AnswerReviewer(id),
            Action::AnsweredReviewer(id),
            Action::Fresh(UserId(u64::MAX)),
            Action::Second,
            Action::Seconded(id),
            Action::Mine,
            Action::Waiting,
            Action::Open,
            Action::See(id),
            Action::Correct(id, 7),
            Action::Corrected(id, 7),
            Action::Retract(id),
            Action::Retracted(id),
            Action::Thanks(UserId(u64::MAX)),
            Action::Read(most),
            Action::Read(Filters::default()),
        ];
        members.extend(Consent::ALL.map(|consent| Action::Answer(id, consent, i64::MAX)));
        let steps =
            [Step::Show(255), Step::Tick(0), Step::Untick(7), Step::Begin, Step::Pick, Step::TakeBack, Step::Promise];
        members.extend(steps.map(|step| Action::Ballot(VoteId(i64::MAX), step)));
        members.extend(Filter::ALL.map(|filter| Action::Stories(filter, most)));
        let mut leads = vec![
            Action::Look(id),
            Action::Accept(id, 7),
            Action::Decline(id, 7),
            Action::Declined(id, 7),
            Action::Thank(id, 7),
            Action::AskAuthor(id),
            Action::AskedAuthor(id),
            Action::Dismiss,
            Action::Weekly,
        ];
        leads.extend(Criterion::ALL.map(|criterion| Action::Score(id, criterion, i64::MAX)));
        for (actions, allowed) in [(members, Tier::Member), (leads, Tier::Lead)] {
            for action in actions {
                let text = action.to_id();
                assert_eq!(Action::parse(&text), Some(action), "{text}");
                assert!(text.len() <= ControlId::MOST_CHARS);
                assert_eq!(tier(action.word()), Some(allowed), "{text}");
            }
        }
        for foreign in [
            "v1:recognition:accept:7",
            "v1:recognition:answer:7:named",
            "v1:recognition:answer:7:4:maybe",
            "v1:recognition:score:7:4:charm",
            "v1:pulse:send:7",
            "v1:recognition:boss:1",
            "v1:recognition:ballot:1:tick",
            "v1:recognition:ballot:1:begin:2",
        ] {
            assert_eq!(Action::parse(foreign), None, "{foreign}");
        }
        assert_eq!(tier("boss"), None);
    }
}
