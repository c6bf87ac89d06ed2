//! Why something cannot be done to a nomination, in the words that the person reads.

use crate::error::Refusal;

/// Why something cannot be done to a nomination; shown as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NominationRefusal {
    /// Not this person's to do.
    #[error("That is not yours to decide. `/recognition mine` shows what you wrote and what is about you.")]
    NotYours,
    /// A reviewer is the author or the nominee.
    #[error(
        "You are part of this nomination, so another lead reviews it. `/recognition queue` shows the ones you can review."
    )]
    Recused,
    /// Something is missing before it can be sent.
    #[error("Before it can be sent, please add {0}.")]
    Incomplete(String),
    /// Too many people in a team nomination.
    #[error("A nomination can be about one to five people, and you cannot be one of them. Please pick again.")]
    TeamSize,
    /// The text changed since the nominee saw it.
    #[error(
        "The text has changed since this message was sent. `/recognition mine` shows the present one; please answer there."
    )]
    Corrected,
    /// A story that is no longer told.
    #[error("This story is no longer told. `/stories` shows the ones that are.")]
    StoryGone,
    /// Not every criterion has a score.
    #[error("Please give all four scores first; then accept it.")]
    NoScores,
    /// Seconding one's own.
    #[error("You are part of this nomination already, so somebody else must second it.")]
    OwnSecond,
    /// A reviewer of the same team, or who has seconded it.
    #[error(
        "You work in the same team as somebody it is about, or you seconded it; so another lead reviews it. `/recognition queue` shows the next one."
    )]
    TooClose,
    /// Another reviewer's question is still open.
    #[error("A question to its author is open already. You can judge without the answer, or wait for it.")]
    AlreadyAsked,
    /// Already sent.
    #[error(
        "It is with the reviewers already. `/recognition mine` lets you change it or take it back until they decide."
    )]
    AlreadySent,
    /// The reviewers have decided.
    #[error(
        "The reviewers have decided on this nomination, so it can no longer be changed. `/recognition mine` shows the outcome."
    )]
    AlreadyDecided,
    /// Another reviewer was faster, or its author took it back.
    #[error(
        "This nomination is no longer waiting: the reviewers have decided, or its author took it back. `/recognition queue` shows the next one."
    )]
    NoLongerWaiting,
    /// The words changed since the reviewer saw them.
    #[error(
        "The author has just changed this nomination. `/recognition queue` shows the new words; please decide on those."
    )]
    JustChanged,
    /// A reason is needed.
    #[error("Please give a reason: it goes to the author, and a kind one helps them to nominate again.")]
    NoReason,
    /// There is nothing to answer.
    #[error("There is nothing left to answer here: this nomination was withdrawn or declined, and its text is erased.")]
    Erased,
    /// A yes after the vote has begun.
    #[error(
        "The vote of this round has begun or is over, so it can no longer stand in it. It stays private. You can still withdraw it: \
         `/recognition mine` shows it."
    )]
    VoteOver,
    /// A correction while people vote on the text.
    #[error(
        "The group is voting on this text just now, so it cannot be changed before the vote ends. You can take it off the ballot: \
         `/recognition mine` shows it."
    )]
    OnBallot,
    /// Not accepted yet.
    #[error("This nomination is still with the reviewers.")]
    NotAccepted,
    /// The author's nominations for this round are used up.
    #[error(
        "You have sent two nominations in {0}, which is the most for one round. You can change or withdraw one with `/recognition mine`. `/thanks` is always open."
    )]
    TwoAlready(String),
    /// A lead closed the round.
    #[error(
        "Nominations for {0} are closed. The next round opens with the next fiscal quarter, or when a lead runs `/recognition open`. `/thanks` is always open."
    )]
    RoundClosed(String),
    /// Oneself.
    #[error(
        "You cannot nominate yourself. Somebody else will tell your story better. Whom else have you seen do good work?"
    )]
    Yourself,
    /// A bot.
    #[error("Bots cannot be nominated. Was there a person behind it?")]
    Bot,
    /// There is nowhere to post stories.
    #[error(
        "No channel for recognition has been chosen yet, so a story would have nowhere to go. Please ask somebody who may manage the server to run `/setup`."
    )]
    NoChannel,
    /// Two changes at the same instant.
    #[error("Something else changed this nomination at the same moment. Please try once more.")]
    Collided,
    /// The row is gone.
    #[error("This nomination is no longer there: it was discarded. Start again with `/nominate`.")]
    Gone,
}
impl Refusal for NominationRefusal {}
