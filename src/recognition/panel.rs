//! What reviewers see: one nomination at a time without its author, and the fairness of a round.

use chrono_tz::Tz;

use super::action::Action;
use super::fairness::Fairness;
use super::message::{evidence, told};
use super::nomination::{Nomination, NominationId, Relation};
use super::review::{Criterion, Seat};
use super::store::{Entry, Question};
use crate::ids::UserId;
use crate::post::{Button, Card, Post, Select, SelectKind, SelectOption};
use crate::text::{escape, plural, shorten};

/// Where a reviewer stands in the queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// From 1.
    pub at: usize,
    pub of: usize,
    pub next: Option<NominationId>,
}

/// One nomination with all that its reviewer may know.
#[derive(Clone, Debug)]
pub(super) struct Case {
    pub nomination: Nomination,
    /// This reviewer's own seat.
    pub seat: Seat,
    /// Reasons of those who seconded it.
    pub seconds: Vec<String>,
    pub questions: Vec<Question>,
    /// Its author and one of its people nominated each other in this round.
    pub is_mutual: bool,
    /// Its round ends with a vote, and somebody it is about was chosen in one of the last two.
    pub rests: bool,
    /// The program's name.
    pub program: Option<String>,
}

/// One nomination as a reviewer sees it: without its author.
pub(super) fn review(case: &Case, place: Place, note: Option<&str>) -> Post {
    let nomination = &case.nomination;
    let waiting = plural(place.of as u64, "nomination waits", "nominations wait");
    let relation = match nomination.relation {
        Some(Relation::SameTeam) => "is in the same team",
        Some(Relation::Manager) => "is their manager",
        Some(Relation::Customer) => "was the customer",
        Some(Relation::Other) | None => "knows their work another way",
    };
    let program = case.program.as_ref().map_or_else(String::new, |name| format!(" Program: {}.", escape(name)));
    let mutual = if case.is_mutual {
        "\nPlease note: its author and somebody it is about have nominated each other in this round."
    } else {
        ""
    };
    let rests = if case.rests {
        "\nPlease note: somebody it is about was chosen in one of the last two rounds. People rest for two, so it cannot stand in the vote; as \
         thanks it reaches them all the same."
    } else {
        ""
    };
    let text = format!(
        "**{} of {}** ({waiting} for you)\nNominated: {}. The author {relation}.{program}{mutual}{rests}\n\
         Good to accept: an act and its effect, good for the customer, nothing private, not the least that the job asks, and no \
         heroics that cover up a broken process. Score it, then decide; you do not see what the other reviewers say.",
        place.at,
        place.of,
        nomination.mentions()
    );
    let (id, revision) = (nomination.id, nomination.revision);
    let title = nomination.tag_title.clone().unwrap_or_default();
    let mut card = Card::new(title, format!("{}{}", told(&nomination.words), evidence(nomination)));
    if !case.seconds.is_empty() {
        let reasons: Vec<_> = case.seconds.iter().map(|reason| format!("- {}", escape(reason))).collect();
        let name = format!("Seconded by {}", plural(case.seconds.len() as u64, "other person", "other people"));
        card = card.with_field(name, shorten(&reasons.join("\n"), 1000));
    }
    if !case.questions.is_empty() {
        let answers: Vec<_> = case
            .questions
            .iter()
            .map(|asked| {
                let answer = asked.answer.as_deref().map_or_else(|| "(no answer yet)".to_owned(), escape);
                format!("- {}\n  {answer}", escape(&asked.question))
            })
            .collect();
        card = card.with_field("Asked of the author", shorten(&answers.join("\n"), 1000));
    }
    let accept = Button::success(Action::Accept(id, revision).to_id(), "Accept");
    let next = match place.next {
        Some(next) => Button::secondary(Action::Look(next).to_id(), "Next"),
        None => Button::secondary(format!("{}:next", Action::Look(id).to_id()), "Next").disabled(),
    };
    let mut post = Post::text(note.map_or_else(|| text.clone(), |note| format!("{note}\n\n{text}"))).with_card(card);
    for (criterion, score) in Criterion::ALL.into_iter().zip(case.seat.scores) {
        post = post.with_select(scores(id, revision, criterion, score));
    }
    post.with_buttons([
        if case.seat.total().is_some() { accept } else { accept.disabled() },
        Button::secondary(Action::Decline(id, revision).to_id(), "Decline with a reason"),
        Button::secondary(Action::Thank(id, revision).to_id(), "Pass on as thanks"),
        Button::secondary(Action::AskAuthor(id).to_id(), "Ask the author"),
        next,
    ])
}

fn scores(id: NominationId, revision: i64, criterion: Criterion, score: Option<u8>) -> Select {
    let (name, none, some, strong) = match criterion {
        Criterion::Effect => ("Effect for the customer", "none told", "some", "clear, and told plainly"),
        Criterion::Evidence => ("Evidence", "none", "an impression", "a number, a quote or a sight"),
        Criterion::Principle => ("Link to the principle or value", "none", "loose", "a plain example of it"),
        Criterion::Copyable => ("Something others can copy", "nothing", "in part", "could be done tomorrow"),
    };
    let options = [none, some, strong].into_iter().enumerate().map(|(points, meaning)| {
        let mut option = SelectOption::new(points.to_string(), format!("{name}: {points}, {meaning}"));
        option.picked = score.is_some_and(|score| usize::from(score) == points);
        option
    });
    Select::one(Action::Score(id, criterion, revision).to_id(), format!("{name}: 0 to 2"), options)
}

/// The empty queue.
pub(super) fn nothing_to_review(note: Option<&str>) -> Post {
    let text = "No nomination waits for your review. (What you wrote, seconded or are the subject of, and what is about your own team, is \
                reviewed by other leads.)";
    Post::text(note.map_or_else(|| text.to_owned(), |note| format!("{note}\n\n{text}")))
}

/// To a reviewer: something still waits for them. Without its words.
pub(super) fn reminder(nomination: &Nomination, days_left: i64) -> Post {
    let left = match days_left {
        ..=0 => "Its two weeks are over and nobody has judged it yet".to_owned(),
        1 => "One day is left".to_owned(),
        days => format!("{days} days are left"),
    };
    Post::text(format!(
        "A nomination (number {}) waits for your review. {left}. `/recognition queue` on the server shows it.",
        nomination.id
    ))
}

/// Who reviews, and how to take somebody off.
pub(super) fn reviewers(reviewers: &[UserId]) -> Post {
    if reviewers.is_empty() {
        return Post::text(
            "Nobody reviews yet. A lead joins the reviewers by opening `/recognition queue`. Three of them judge each nomination, in turn.",
        );
    }
    let names: Vec<_> = reviewers.iter().map(|user| format!("- {}", user.mention())).collect();
    let few = if reviewers.len() < super::review::SEATS {
        "\nThey are fewer than three, so a nomination is decided by as many as may review it. More leads join by opening \
         `/recognition queue`."
    } else {
        ""
    };
    Post::text(format!("**Reviewers**\n{}\nThree of them judge each nomination, in turn.{few}", names.join("\n")))
        .with_select(Select {
            id: Action::Dismiss.to_id(),
            kind: SelectKind::Users(Vec::new()),
            placeholder: "Take somebody off, for example who has left".into(),
            min: 1,
            max: 10,
        })
}

/// The newest decisions.
pub(super) fn audit(entries: &[Entry], zone: Tz) -> Post {
    if entries.is_empty() {
        return Post::text("Nothing has been decided yet.");
    }
    let line = |entry: &Entry| {
        let day = entry.at.with_timezone(&zone).format("%-d %b %Y, %H:%M");
        let who = entry.actor.map_or_else(|| "The calendar".to_owned(), UserId::mention);
        let what = entry.nomination.map_or_else(|| entry.what.clone(), |id| format!("nomination {id}, {}", entry.what));
        format!("- {day}, {who}: {what}")
    };
    let lines: Vec<_> = entries.iter().map(line).collect();
    Post::text(shorten(
        &format!(
            "**Decisions, newest first**\n{}\nWho nominated and what nominees answer is not recorded here, and you do not see lines about \
             nominations that you wrote or are the subject of.",
            lines.join("\n")
        ),
        2000,
    ))
}

/// How fair a round looks, for reviewers.
pub(super) fn fairness(round: &str, fairness: Option<&Fairness>) -> Post {
    let Some(fair) = fairness else {
        return Post::text(format!(
            "Fewer than five people have been nominated in {round}, so shares would point at single persons. From five on they are shown here."
        ));
    };
    let percent = |count: usize| (count * 100 + fair.nominees / 2) / fair.nominees;
    let divisions: Vec<_> = fair
        .divisions
        .iter()
        .map(|(name, count)| format!("- {}: {count} ({} %)", escape(name), percent(*count)))
        .collect();
    let post = Card::new(format!("Fairness of {round}"), format!("**Nominees by division**\n{}", divisions.join("\n")))
        .with_field("People nominated", fair.nominees.to_string())
        .with_field("For the first time", format!("{} ({} %)", fair.first_time, percent(fair.first_time)))
        .with_field("People who nominated", fair.nominators.to_string())
        .with_field("Pairs who nominated each other", fair.mutual_pairs.to_string())
        .with_field("Most sent by one person, in all rounds", fair.most_by_one.to_string())
        .with_footer(
            "For reviewers only. Whose work is missing: back office, night shift, small divisions? Ask for it.",
        );
    Post::text("").with_card(post)
}

#[cfg(test)]
#[path = "panel_tests.rs"]
mod tests;
