//! What this feature's controls mean.

use super::model::{Consent, NominationId};
use crate::discord::{ControlId, Tier};
use crate::ids::UserId;

/// The first word of this feature's control ids.
pub(super) const FEATURE: &str = "recognition";

/// A press, pick or form. A reviewer's decision names the revision that was on the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The author picks a principle or value.
    Tag(NominationId),
    /// The author picks how they know the nominee's work.
    Relation(NominationId),
    /// The author opens the form.
    Write(NominationId),
    /// The author submits the form.
    Written(NominationId),
    Send(NominationId),
    /// The author drops a draft.
    Discard(NominationId),
    /// The author takes back what waits.
    TakeBack(NominationId),
    /// The list of one's own.
    Mine,
    /// One of the list, picked.
    Open,
    /// One of the list, by a button.
    See(NominationId),
    /// A reviewer turns to this one.
    Look(NominationId),
    Accept(NominationId, i64),
    /// A reviewer opens the form for the reason.
    Decline(NominationId, i64),
    /// A reviewer submits the reason.
    Declined(NominationId, i64),
    Thank(NominationId, i64),
    /// The nominee answers.
    Answer(NominationId, Consent),
    /// The nominee wants to withdraw; asks once more.
    Retract(NominationId),
    /// The nominee is sure.
    Retracted(NominationId),
    /// The form of `/thanks`.
    Thanks(UserId),
}

impl Action {
    pub(super) fn to_id(self) -> String {
        let rest = match self {
            Self::Mine | Self::Open => String::new(),
            Self::Tag(id)
            | Self::Relation(id)
            | Self::Write(id)
            | Self::Written(id)
            | Self::Send(id)
            | Self::Discard(id)
            | Self::TakeBack(id)
            | Self::See(id)
            | Self::Look(id)
            | Self::Retract(id)
            | Self::Retracted(id) => id.to_string(),
            Self::Accept(id, revision)
            | Self::Decline(id, revision)
            | Self::Declined(id, revision)
            | Self::Thank(id, revision) => format!("{id}:{revision}"),
            Self::Answer(id, consent) => format!("{id}:{}", consent.word()),
            Self::Thanks(user) => user.to_string(),
        };
        ControlId { feature: FEATURE, action: self.word(), rest: &rest }.to_string()
    }

    fn word(self) -> &'static str {
        match self {
            Self::Tag(_) => "tag",
            Self::Relation(_) => "relation",
            Self::Write(_) => "write",
            Self::Written(_) => "written",
            Self::Send(_) => "send",
            Self::Discard(_) => "discard",
            Self::TakeBack(_) => "take-back",
            Self::Mine => "mine",
            Self::Open => "open",
            Self::See(_) => "see",
            Self::Look(_) => "look",
            Self::Accept(..) => "accept",
            Self::Decline(..) => "decline",
            Self::Declined(..) => "declined",
            Self::Thank(..) => "thank",
            Self::Answer(..) => "answer",
            Self::Retract(_) => "retract",
            Self::Retracted(_) => "retracted",
            Self::Thanks(_) => "thanks",
        }
    }

    pub(super) fn parse(id: &str) -> Option<Self> {
        let id = ControlId::parse(id).filter(|id| id.feature == FEATURE)?;
        let nomination = || id.rest.parse().ok().map(NominationId);
        let with_revision = || {
            let (nomination, revision) = id.rest.split_once(':')?;
            Some((NominationId(nomination.parse().ok()?), revision.parse().ok()?))
        };
        match id.action {
            "tag" => nomination().map(Self::Tag),
            "relation" => nomination().map(Self::Relation),
            "write" => nomination().map(Self::Write),
            "written" => nomination().map(Self::Written),
            "send" => nomination().map(Self::Send),
            "discard" => nomination().map(Self::Discard),
            "take-back" => nomination().map(Self::TakeBack),
            "mine" => Some(Self::Mine),
            "open" => Some(Self::Open),
            "see" => nomination().map(Self::See),
            "look" => nomination().map(Self::Look),
            "accept" => with_revision().map(|(id, revision)| Self::Accept(id, revision)),
            "decline" => with_revision().map(|(id, revision)| Self::Decline(id, revision)),
            "declined" => with_revision().map(|(id, revision)| Self::Declined(id, revision)),
            "thank" => with_revision().map(|(id, revision)| Self::Thank(id, revision)),
            "answer" => {
                let (nomination, consent) = id.rest.split_once(':')?;
                Some(Self::Answer(NominationId(nomination.parse().ok()?), Consent::parse(consent)?))
            }
            "retract" => nomination().map(Self::Retract),
            "retracted" => nomination().map(Self::Retracted),
            "thanks" => id.rest.parse().ok().map(Self::Thanks),
            _ => None,
        }
    }
}

/// Who may use the controls with this action word.
pub(super) fn tier(word: &str) -> Option<Tier> {
    match word {
        "tag" | "relation" | "write" | "written" | "send" | "discard" | "take-back" | "mine" | "open" | "see"
        | "answer" | "retract" | "retracted" | "thanks" => Some(Tier::Member),
        "look" | "accept" | "decline" | "declined" | "thank" => Some(Tier::Lead),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_reads_back_and_has_its_tier() {
        let id = NominationId(i64::MAX);
        let members = [
            Action::Tag(id),
            Action::Relation(id),
            Action::Write(id),
            Action::Written(id),
            Action::Send(id),
            Action::Discard(id),
            Action::TakeBack(id),
            Action::Mine,
            Action::Open,
            Action::See(id),
            Action::Answer(id, Consent::Named),
            Action::Answer(id, Consent::Unnamed),
            Action::Answer(id, Consent::Private),
            Action::Answer(id, Consent::Refuse),
            Action::Retract(id),
            Action::Retracted(id),
            Action::Thanks(UserId(u64::MAX)),
        ];
        let leads = [
            Action::Look(id),
            Action::Accept(id, 7),
            Action::Decline(id, 7),
            Action::Declined(id, 7),
            Action::Thank(id, 7),
        ];
        for (actions, allowed) in [(&members[..], Tier::Member), (&leads[..], Tier::Lead)] {
            for action in actions {
                let text = action.to_id();
                assert_eq!(Action::parse(&text), Some(*action), "{text}");
                assert!(text.len() <= ControlId::MOST_CHARS);
                assert_eq!(tier(action.word()), Some(allowed), "{text}");
            }
        }
        for foreign in
            ["v1:recognition:accept:7", "v1:recognition:answer:7:maybe", "v1:pulse:send:7", "v1:recognition:boss:1"]
        {
            assert_eq!(Action::parse(foreign), None, "{foreign}");
        }
        assert_eq!(tier("boss"), None);
    }
}
