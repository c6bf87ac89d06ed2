//! What came out: the same rules for the post, for `/pulse results`, and for every earlier run.

use std::fmt::Write;

use super::{asked_in_words, on};
use crate::post::{Card, Post};
use crate::pulse::model::{Asked, Counted, Pulse};
use crate::statistics::change::{Change, Verdict, holm, verdict};
use crate::survey::{
    ClosedCounts, Counts, Findings, GroupScore, Kind, Question, Score, Spread, WholeRange, estimate, is_same_question,
};
use crate::text::{escape, shorten};

/// A change is told when it is beyond chance at this level …
const ALPHA: f64 = 0.05;
/// … and at least so many points.
const LEAST_POINTS: f64 = 3.0;
/// Under this share, what silence could hide is told.
const MUCH_SILENCE_PERCENT: u32 = 70;
/// A range that reaches further to each side is called uncertain.
const WIDE_HALF_RANGE: u8 = 10;

/// The last run of the same pulse before this one.
pub(in crate::pulse) struct Before {
    pub(in crate::pulse) pulse: Pulse,
    pub(in crate::pulse) closed: Vec<ClosedCounts>,
}

/// Together with [`people`]: how the number of people was counted.
pub(in crate::pulse) fn counted_in_words(counted: Option<Counted>) -> &'static str {
    match counted {
        Some(Counted::ByDiscord) => "Discord's count of this server when I last connected, other bots included",
        Some(Counted::ByRoster) => "counted from the roster when the pulse opened",
        Some(Counted::ByLead) => "what the lead who opened it said",
        None => "not known",
    }
}

/// So many people, with "about" where it is not exact.
pub(in crate::pulse) fn people(count: u32, counted: Option<Counted>) -> String {
    let about = if counted == Some(Counted::ByDiscord) { "about " } else { "" };
    format!("{about}{count} people")
}

/// The result. `closed` holds the counts of the questions that had enough answers, `by_division` what may be shown of divisions, each
/// with the key of its question.
pub(in crate::pulse) fn result(
    pulse: &Pulse,
    closed: &[ClosedCounts],
    before: Option<&Before>,
    by_division: &[(String, GroupScore)],
) -> Post {
    let changes = changes(pulse, closed, before);
    let told = |question: &Question| {
        let counts = closed.iter().find(|closed| closed.question.key == question.key).map(|closed| &closed.counts);
        let findings =
            counts.map_or(Findings::TooFew, |counts| pulse.thresholds.findings(question, counts, pulse.eligible));
        let change = changes.iter().find(|(key, _)| *key == question.key).map(|(_, words)| words.as_str());
        let mut text = found(&findings, question, pulse, change);
        if !pulse.divisions.is_empty()
            && let Findings::Shown { answered, score: Some(_), .. } = findings
        {
            let scores = by_division.iter().filter(|(key, _)| *key == question.key).map(|(_, score)| *score);
            let _ = write!(text, "\n{}", divisions_told(pulse, answered, &scores.collect::<Vec<_>>()));
        }
        text
    };
    let mut text = format!("**Result of the pulse “{}”**", pulse.definition.title);
    if pulse.asked != Asked::Everybody {
        let _ = write!(text, "\nAsked: {}.", asked_in_words(&pulse.asked));
    }
    let closing = format!(
        "Closed on {}. {}",
        on(pulse.closed_at.unwrap_or(pulse.closes_at)),
        if pulse.named {
            "This pulse was not anonymous: leads can see who answered what."
        } else {
            "The single answers and their key are destroyed."
        }
    );
    if let Some(question) = pulse.definition.one_press() {
        let _ = write!(text, "\n\n**{}**\n{}\n\n{closing}", question.ask, told(question));
        return Post::text(text);
    }
    let _ = match pulse.answered {
        Some(answered) => write!(text, "\n{}\n{closing}", who_answered(answered, pulse)),
        None => write!(
            text,
            "\nFewer than {} people answered, so nothing is shown and nothing was kept.\n{closing}",
            pulse.thresholds.score
        ),
    };
    let post = Post::text(text);
    if pulse.answered.is_none() {
        return post;
    }
    let mut card = Card::new("Question by question", "Scores run from 0 (worst) to 100 (best).");
    let mut room = 5_400_usize;
    for question in &pulse.definition.questions {
        if question.kind == Kind::Comment {
            continue;
        }
        let (name, value) = (shorten(&question.ask, 200), shorten(told(question).trim_end(), 1_000));
        let length = name.chars().count() + value.chars().count();
        if length > room {
            card.text.push_str(" The rest is on the chart.");
            break;
        }
        room -= length;
        card = card.with_field(name, value);
    }
    post.with_card(card)
}

fn divisions_told(pulse: &Pulse, answered: u32, scores: &[GroupScore]) -> String {
    if scores.is_empty() {
        return "By division: not shown. Too few answered in some, or their answers were too much alike.".into();
    }
    let name = |place: usize| pulse.divisions.get(place).map_or("in no division".to_owned(), |name| escape(name));
    let told: Vec<String> = scores
        .iter()
        .map(|score| format!("{} **{}** ({} answered)", name(score.place), score.points, score.answered))
        .collect();
    let all = scores.iter().map(|score| score.answered).sum::<u32>() == answered;
    let rest = if all { "" } else { " The others are not shown: too few answered, or they could be worked out." };
    format!("By division: {}.{rest}", told.join(" · "))
}

fn who_answered(answered: u32, pulse: &Pulse) -> String {
    let known = pulse.eligible.filter(|eligible| *eligible >= answered && *eligible > 0);
    match (known, pulse.counted) {
        (Some(eligible), Some(Counted::ByRoster) | None) => {
            format!("{answered} of {eligible} people answered ({} %).", percent(answered, eligible))
        }
        (Some(eligible), counted) => format!(
            "{answered} of {} answered ({} %); the number of people is {}.",
            people(eligible, counted),
            percent(answered, eligible),
            counted_in_words(counted)
        ),
        (None, _) => format!("{answered} people answered."),
    }
}

fn found(findings: &Findings, question: &Question, pulse: &Pulse, change: Option<&str>) -> String {
    let thresholds = &pulse.thresholds;
    let alone = pulse.definition.one_press().is_some();
    let Findings::Shown { answered, score, spread, range } = findings else {
        return if alone {
            format!("Fewer than {} people answered, so nothing is shown and nothing was kept.", thresholds.score)
        } else {
            format!("Fewer than {} people answered this, so nothing is shown.", thresholds.score)
        };
    };
    let mut text = String::new();
    if let Some(score) = score {
        let _ = writeln!(text, "{}", score_in_words(*score, question));
    }
    if let Some(WholeRange { low, high }) = range {
        let wide = (high - low).div_ceil(2) > WIDE_HALF_RANGE;
        let uncertain = if wide { " Low confidence: few answers, or far apart." } else { "" };
        let _ = writeln!(
            text,
            "Range {low} to {high}: with other people answering it could as well have come out there.{uncertain}"
        );
    }
    if alone {
        let _ = writeln!(text, "{}", who_answered(*answered, pulse));
    } else {
        let _ = writeln!(text, "{answered} answered this.");
    }
    if let (Some(score), Some(eligible)) = (score, pulse.eligible.filter(|eligible| eligible > answered))
        && percent(*answered, eligible) < MUCH_SILENCE_PERCENT
    {
        let WholeRange { low, high } = score.with_silence(*answered, eligible);
        let _ = writeln!(
            text,
            "What silence could hide: {low} to {high}, had all others given the worst or the best answer."
        );
    }
    if let Some(change) = change {
        let _ = writeln!(text, "{change}");
    }
    match spread {
        Spread::Counts(counts) => text.push_str(&spread_told(counts, question, alone)),
        Spread::TooFew if alone => {
            let _ = write!(text, "How the answers spread is shown from {} answers.", thresholds.spread);
        }
        Spread::TooFew => {}
        Spread::TooAlike => {
            text.push_str("Nearly all answers were alike, so how they spread is not shown: in a small group it would tell everybody's answer.");
        }
    }
    text
}

/// The change of each question since the last run, where both may be compared: same words, and enough answers both times for the
/// spread that the comparison rests on to be shown.
fn changes(pulse: &Pulse, closed: &[ClosedCounts], before: Option<&Before>) -> Vec<(String, String)> {
    let Some(before) = before else { return Vec::new() };
    let comparable = |counts: &ClosedCounts, of: &Pulse| {
        matches!(
            of.thresholds.findings(&counts.question, &counts.counts, of.eligible),
            Findings::Shown { range: Some(_), .. }
        )
    };
    let mut found: Vec<(String, Change)> = Vec::new();
    for now in closed.iter().filter(|now| comparable(now, pulse)) {
        let earlier = before
            .closed
            .iter()
            .find(|earlier| is_same_question(&earlier.question, &now.question) && comparable(earlier, &before.pulse));
        let Some(earlier) = earlier else { continue };
        let both = (
            estimate(&earlier.question, &earlier.counts, before.pulse.eligible),
            estimate(&now.question, &now.counts, pulse.eligible),
        );
        if let (Some(earlier), Some(now_estimate)) = both {
            found.push((now.question.key.clone(), Change::between(&earlier, &now_estimate)));
        }
    }
    let corrected = holm(&found.iter().map(|(_, change)| change.p).collect::<Vec<_>>());
    let since = on(before.pulse.closed_at.unwrap_or(before.pulse.closes_at));
    found
        .into_iter()
        .zip(corrected)
        .map(|((key, change), p)| {
            let points = change.points.abs().round();
            let words = match verdict(change.points, p, ALPHA, LEAST_POINTS) {
                Verdict::Up => format!("Up {points} points since {since}, more than chance explains."),
                Verdict::Down => format!("Down {points} points since {since}, more than chance explains."),
                Verdict::NoClearChange => format!("No clear change since {since}."),
            };
            (key, words)
        })
        .collect()
}

fn score_in_words(score: Score, question: &Question) -> String {
    let options = question.kind.options();
    let number = match score {
        Score::Points(points) => points.to_string(),
        Score::NinetyFiveOrHigher => "95 or higher".into(),
        Score::FiveOrLower => "5 or lower".into(),
    };
    let share_of = |label: &str| match score {
        Score::Points(points) => format!("**{points} %** {label}"),
        Score::NinetyFiveOrHigher => format!("**95 % or more** {label}"),
        Score::FiveOrLower => format!("**5 % or less** {label}"),
    };
    match question.kind {
        Kind::Thumbs => share_of("thumbs up"),
        Kind::YesNo => share_of(if question.reversed { "no" } else { "yes" }),
        Kind::Agree | Kind::Ease | Kind::Quality | Kind::Likelihood | Kind::Choice { .. } => {
            let steps = options.len().saturating_sub(1);
            let points = match score {
                Score::Points(points) => usize::from(points),
                Score::NinetyFiveOrHigher => 100,
                Score::FiveOrLower => 0,
            };
            let step = (points * steps + 50) / 100;
            let place = if question.reversed { steps - step } else { step };
            let word = match options.get(place).map(String::as_str) {
                Some("Neither") | None => "mixed".to_owned(),
                Some(word) => word.to_lowercase(),
            };
            format!("**{number}** of 100, in words: {word}.")
        }
        Kind::ZeroToTen { .. } | Kind::OneToSeven { .. } | Kind::Several { .. } | Kind::Comment => {
            format!("**{number}** of 100.")
        }
    }
}

fn spread_told(counts: &Counts, question: &Question, alone: bool) -> String {
    let answered = counts.answered();
    let options = question.kind.options();
    if !alone {
        let mut parts: Vec<String> =
            options.iter().zip(&counts.options).map(|(label, count)| format!("{label} {count}")).collect();
        if let Some(label) = &question.does_not_apply {
            parts.push(format!("{label} {} (not in the score)", counts.does_not_apply));
        }
        return parts.join(" · ");
    }
    let mut lines: Vec<String> = options
        .iter()
        .zip(&counts.options)
        .map(|(label, &count)| format!("- {label}: {count} ({} %)", percent(count, answered)))
        .collect();
    if let Some(label) = &question.does_not_apply {
        lines.push(format!("- {label}: {} (not part of the score)", counts.does_not_apply));
    }
    lines.join("\n")
}

fn percent(part: u32, whole: u32) -> u32 {
    // Halves up, in whole numbers.
    u32::try_from((u64::from(part) * 200 + u64::from(whole)) / (u64::from(whole) * 2)).unwrap_or(100)
}
