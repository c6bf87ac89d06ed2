//! What people read of a vote.

use super::ballot::{Step, Ticks};
use super::tally::{FEWEST_BALLOTS, MOST_CHOSEN, THRESHOLD_PERCENT};
use super::{Decided, Vote};
use crate::ids::UserId;
use crate::post::{Button, Card, Post, Select, SelectOption};
use crate::recognition::action::Action;
use crate::recognition::message::{told, who};
use crate::recognition::nomination::{Nomination, Round};
use crate::text::{plural, shorten};

/// Discord's limit on the options of a select.
const MOST_OPTIONS: usize = 25;

/// A ballot as one person sees it.
pub(super) struct Screen<'a> {
    pub vote: &'a Vote,
    /// What is on it, with its place, in this person's own order.
    pub stories: Vec<(usize, Nomination)>,
    pub voter: UserId,
    /// What they ticked; `None` when they have no ballot in the box.
    pub ticks: Option<Ticks>,
}

fn closes(vote: &Vote) -> String {
    format!("<t:{}:f>", vote.closes_at.timestamp())
}

fn control(vote: &Vote, step: Step) -> String {
    Action::Ballot(vote.id, step).to_id()
}

/// The post in the recognition channel.
pub(super) fn opened(vote: &Vote, candidates: usize) -> Post {
    Post::text(format!(
        "**Which stories should we tell?** The vote for {}\n{} of good customer experience, accepted by the reviewers and agreed to by the \
         people they are about. Tick every one that you find deserving; up to {MOST_CHOSEN} are told here, one more if the last place is shared.\n\
         Nobody sees what you tick, nor how the vote stands. Until {} you can change it or take it back.",
        vote.quarter.words(),
        plural(candidates as u64, "story", "stories"),
        closes(vote),
    ))
    .with_buttons([
        Button::primary(control(vote, Step::Begin), "Vote"),
        Button::secondary(control(vote, Step::Promise), "How it stays confidential"),
    ])
}

/// The post while ballots are counted.
pub(super) fn counting(vote: &Vote) -> Post {
    Post::text(format!("**The vote for {} is over.** The ballots are being counted.", vote.quarter.words()))
}

/// The post after the end.
pub(super) fn over(vote: &Vote, any_chosen: bool) -> Post {
    let how = match vote.decided {
        Some(Decided::TooFewBallots) => {
            format!("Fewer than {FEWEST_BALLOTS} people voted, so the reviewers' scores decided.")
        }
        Some(Decided::KeyLost) => {
            "The ballots could not be counted, because the key that sealed them is missing; so the reviewers' scores decided. Nobody can \
             read the ballots any more."
                .to_owned()
        }
        Some(Decided::ByBallots) | None => {
            "Thank you to everybody who voted. The ballots are counted and destroyed.".to_owned()
        }
    };
    let then = if any_chosen {
        "The chosen stories are told in this channel. No numbers are shown: every story on the ballot was worth telling."
    } else {
        "No story is told this time. Every story on the ballot was worth reading."
    };
    Post::text(format!("**The vote for {} is over.** {how} {then}", vote.quarter.words()))
}

/// For the audit.
pub(super) fn decided_in_words(decided: Option<Decided>) -> &'static str {
    match decided {
        Some(Decided::TooFewBallots) => "too few ballots, so the reviewers' scores decided",
        Some(Decided::KeyLost) => "the key of the ballots was lost, so the reviewers' scores decided",
        Some(Decided::ByBallots) | None => "the ballots decided",
    }
}

/// One story of the ballot, at `at` or else the first, with what this person ticked.
pub(super) fn ballot(screen: &Screen<'_>, at: Option<usize>) -> Post {
    let (vote, of) = (screen.vote, screen.stories.len());
    let here = screen.stories.iter().position(|(place, _)| Some(*place) == at).unwrap_or(0);
    let Some((place, nomination)) = screen.stories.get(here) else {
        return Post::text(
            "There is no story on the ballot any more: all of them were withdrawn. Thank you for looking.",
        );
    };
    let has = |place| screen.ticks.is_some_and(|ticks| ticks.has(place));
    let ticked = screen.stories.iter().filter(|(place, _)| has(*place)).count();
    let stands = match screen.ticks {
        None => "You have not ticked anything yet.".to_owned(),
        Some(_) if ticked == 0 => {
            "Your ballot is empty, which says that none of them is deserving. If you would rather not vote, take it back.".to_owned()
        }
        Some(_) => format!("You have ticked {ticked}. That is in the box; there is nothing to send."),
    };
    let is_mine = nomination.honoree(screen.voter).is_some();
    let own = if is_mine { "\nThis one is about you, so you cannot tick it yourself." } else { "" };
    let text = format!(
        "**Story {} of {of}** · the vote for {}\nTick every story that you find deserving. {stands} You can change it until {}.{own}",
        here + 1,
        vote.quarter.words(),
        closes(vote),
    );
    let title = nomination.tag_title.clone().unwrap_or_else(|| "Good customer experience".into());
    let card = Card::new(title, format!("{}\n\n{}", who_did_it(nomination), told(&nomination.words)));
    let tick = if has(*place) {
        Button::secondary(control(vote, Step::Untick(*place)), "Ticked. Take the tick back")
    } else {
        Button::success(control(vote, Step::Tick(*place)), "Tick: it is deserving")
    };
    let beside = |step: usize, label: &str| {
        let place = screen.stories[(here + step) % of].0;
        // Two buttons to the same story would have the same id, which Discord refuses.
        let id = if of == 1 {
            format!("{}:{label}", control(vote, Step::Show(place)))
        } else {
            control(vote, Step::Show(place))
        };
        let button = Button::secondary(id, label);
        if of == 1 { button.disabled() } else { button }
    };
    let mut buttons = vec![if is_mine { tick.disabled() } else { tick }];
    if of != 2 {
        buttons.push(beside(of - 1, "Back"));
    }
    buttons.push(beside(1, "Next"));
    if screen.ticks.is_some() {
        buttons.push(Button::danger(control(vote, Step::TakeBack), "Take my vote back"));
    }
    let mut post = Post::text(text).with_card(card).with_buttons(buttons);
    if (2..=MOST_OPTIONS).contains(&of) {
        let options = screen.stories.iter().enumerate().map(|(number, (place, nomination))| {
            let mark = if has(*place) { "ticked: " } else { "" };
            let title = nomination.tag_title.as_deref().unwrap_or("Good customer experience");
            let about = crate::text::clean(&nomination.words.happened).replace('\n', " ");
            SelectOption::new(place.to_string(), shorten(&format!("{}. {mark}{title}", number + 1), 100))
                .described(shorten(&about, 100))
        });
        post = post.with_select(Select::one(control(vote, Step::Pick), "Go to a story", options));
    }
    post
}

fn who_did_it(nomination: &Nomination) -> String {
    format!("**Who did it**\n{}", who(nomination))
}

/// After a ballot was taken out.
pub(super) fn taken_back(vote: &Vote) -> Post {
    Post::text(format!(
        "Your vote is out of the box, and nothing of it is kept. You can vote again until {}.",
        closes(vote)
    ))
    .with_buttons([Button::secondary(control(vote, Step::Show(0)), "Look at the stories again")])
}

/// To somebody who comes too late.
pub(super) fn over_for_voter() -> Post {
    Post::text(super::VoteRefusal::Over.to_string())
}

/// How a vote stays confidential.
pub(super) fn promise(vote: &Vote, backup_policy: &str) -> Post {
    let policy = backup_policy.trim().trim_end_matches('.');
    let policy = if policy.is_empty() { "not stated" } else { policy };
    Post::text(format!(
        "Nobody is shown what anybody ticked, how the vote stands, or how many have voted: not members, not leads, not after the end either. \
         Only the chosen stories are told, and whether fewer than {FEWEST_BALLOTS} people voted.\n\n\
         Until the vote closes ({}) you can change your ballot or take it back. For that, the bot keeps it sealed under a key, and the people \
         who run the bot's server could in principle open it. They commit not to.\n\n\
         At the close the bot counts, then destroys the key and the ballots. After that neither the bot nor the people who run it can tell \
         who voted for what, or who voted at all. If a lot must decide between equals, what it was drawn from is kept in the database, so \
         that it can be drawn again.\n\n\
         Chosen are up to {MOST_CHOSEN} stories that at least {THRESHOLD_PERCENT} % of the ballots ticked, one more if the last place is shared. With fewer than {FEWEST_BALLOTS} \
         ballots, the reviewers' scores decide.\n\n\
         Discord carries your button presses under its own policy.\nBackups of this installation: {policy}.",
        closes(vote),
    ))
}

/// To the lead who opened it.
pub(super) fn opened_for_lead(vote: &Vote, candidates: usize) -> Post {
    Post::text(format!(
        "The vote for {} is open on {} until {}. It is in the recognition channel, and the people the stories are about can see that theirs \
         is on the ballot. Nobody sees how it stands, you neither. It ends by itself; the chosen stories are published then, as agreed.",
        vote.quarter.words(),
        plural(candidates as u64, "story", "stories"),
        closes(vote),
    ))
}

/// To the lead, when there is nothing to vote on.
pub(super) fn nothing_stands(round: &Round) -> Post {
    Post::text(format!(
        "Nothing stands in the vote for {}, so there is none: no nomination was accepted, its people wanted it private, or they were chosen in \
         one of the last two rounds and rest. They can see that in `/recognition mine`.",
        round.quarter.words()
    ))
}

/// How a round ends, for the lead who opens it.
pub(in crate::recognition) fn sentence_of_round(round: &Round) -> &'static str {
    if round.by_vote {
        " It ends with a vote: what the reviewers accept and its people agree to stands in it, and up to three stories are chosen and told, one more if the last place is shared. \
         The vote opens by itself within a day of everything being reviewed and answered; `/recognition vote` opens it at once then."
    } else {
        " There is no vote: what the reviewers accept is told as soon as its people agree. `/recognition open vote:True` ends the round with \
         one."
    }
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
