//! What leads read: previews, schedules, the list of series, the choices under a field.

use std::fmt::Write as _;

use chrono::NaiveDate;

use super::action::Action;
use super::learner::{lesson_post, thread_text};
use crate::calendar::date_words;
use crate::discord::Choice;
use crate::ids::ChannelId;
use crate::learning::library::Series;
use crate::learning::model::Lesson;
use crate::learning::results::{FEWEST, Figures, HARD_BELOW, Tally};
use crate::post::{Button, Card, Post};
use crate::text::shorten;

/// The lesson as a lead sees it before it is posted.
pub(in crate::learning) fn preview(lesson: &Lesson) -> Post {
    let thread = thread_text(lesson).text;
    lesson_post(lesson).with_card(
        Card::new("In the thread below it", thread)
            .with_footer(format!("Preview: only you can see this. {} quiz questions.", lesson.questions.len())),
    )
}

/// To a lead: it is on its way.
pub(in crate::learning) fn posted(lesson: &Lesson, channel: ChannelId, feedback_on: Option<NaiveDate>) -> Post {
    let feedback = feedback_on.map(|on| {
        format!(
            " On {} at 09:00 a pulse of half a minute asks there how it was; if it cannot be opened, I tell you why.",
            date_words(on)
        )
    });
    let feedback =
        feedback.unwrap_or_else(|| " With feedback:True, a short pulse also asks how a lesson was.".to_owned());
    Post::text(format!(
        "“{}” is on its way to {}, with a thread for the discussion. /lesson results shows how it goes.{feedback}",
        lesson.title,
        channel.mention()
    ))
}

/// To a lead: the series has a day and an hour.
pub(in crate::learning) fn scheduled(
    series: &Series,
    words: &str,
    channel: ChannelId,
    first: &str,
    next: &Lesson,
    asks: bool,
) -> Post {
    let asks = if asks {
        " On the working day after each lesson a pulse of half a minute asks there how it was; if one cannot be opened, I tell you why."
    } else {
        ""
    };
    Post::text(format!(
        "**{}** now posts one lesson at a time in {}. {words}.\nFirst: {first}, with “{}”. /lesson list shows what comes; \
         /lesson skip leaves out the next date, /lesson pause stops for a while.{asks}",
        series.title,
        channel.mention(),
        next.title
    ))
}

/// To a lead: paused.
pub(in crate::learning) fn paused(series: &Series) -> Post {
    Post::text(format!("**{}** is paused. Nothing is posted until you use /lesson resume.", series.title))
}

/// To a lead: goes on.
pub(in crate::learning) fn resumed(series: &Series, next: Option<&str>) -> Post {
    let next = next.map(|next| format!(" Next: {next}.")).unwrap_or_default();
    Post::text(format!("**{}** goes on with the lesson it stopped at.{next}", series.title))
}

/// To a lead: the next date is left out.
pub(in crate::learning) fn skipped(series: &Series, slot: &str) -> Post {
    Post::text(format!("**{}**: nothing is posted on {slot}. The lesson comes at the date after it.", series.title))
}

/// One series in [`listed`].
#[derive(Debug)]
pub(in crate::learning) struct SeriesListing<'library> {
    pub series: &'library Series,
    pub posted: usize,
    /// The lesson that comes next.
    pub next: Option<&'library Lesson>,
    /// The rhythm and the next date, in words; `None` without a schedule.
    pub schedule: Option<String>,
}

/// Something that did not go as planned lately.
#[derive(Debug)]
pub(in crate::learning) enum Missed {
    /// A lesson or its thread could not be sent: the lesson's title and the reason.
    Unsent(String, String),
    /// A date passed while cxbot was off: the series' title and the date.
    Date(String, String),
}

/// To a lead: every series, where it stands and when it goes on, and what went wrong lately.
pub(in crate::learning) fn listed(series: &[SeriesListing<'_>], problem_count: usize, missed: &[Missed]) -> Post {
    let mut text = "**Lesson series**\n".to_owned();
    for SeriesListing { series, posted, next, schedule } in series {
        let mut line = format!("\n**{}** ({} of {} posted)", series.title, posted, series.lessons.len());
        if !series.about.is_empty() {
            let _ = write!(line, "\n{}", series.about);
        }
        let _ = match (next, schedule) {
            (Some(next), Some(schedule)) => write!(line, "\nNext: {}. {}. {schedule}", next.number, next.title),
            (Some(next), None) => {
                write!(line, "\nNext: {}. {}. No schedule: /lesson schedule gives it one.", next.number, next.title)
            }
            (None, _) => write!(line, "\nComplete. /lesson post repeats a single lesson."),
        };
        line.push('\n');
        if text.chars().count() + line.chars().count() > 900 + 300 * (3 - missed.len().min(3)) {
            text.push_str("\n… and more series.\n");
            break;
        }
        text.push_str(&line);
    }
    if series.is_empty() {
        text.push_str("\nThere are no lessons. Add files to lessons/ in the content folder.\n");
    }
    for one in missed.iter().take(3) {
        let line = match one {
            Missed::Unsent(title, why) => format!("\nNot everything of “{title}” could be sent: {why}\n"),
            Missed::Date(title, date) => format!(
                "\n**{title}**: nothing was posted on {date}, because cxbot was not running or could not post. The lesson comes at the next \
                 date; /lesson post sends it now.\n"
            ),
        };
        text.push_str(&shorten(&line, 300));
    }
    match problem_count {
        0 => {}
        1 => text.push_str(
            "\nOne problem keeps a lesson file from being used. `cxbot check` names the line and the reason.",
        ),
        count => {
            let _ = write!(
                text,
                "\n{count} problems keep lesson files from being used. `cxbot check` names the lines and the reasons."
            );
        }
    }
    let post = Post::text(text.trim_end());
    if missed.iter().any(|one| matches!(one, Missed::Unsent(..))) {
        return post.with_buttons([Button::secondary(Action::Retry.to_id(), "Try again")]);
    }
    post
}

/// To a lead: what could not be sent is tried once more.
pub(in crate::learning) fn tried_again(count: u64) -> Post {
    Post::text(match count {
        0 => "Nothing is waiting to be tried again.".to_owned(),
        1 => "One message is tried again. /lesson list tells if it still cannot be sent.".to_owned(),
        count => format!("{count} messages are tried again. /lesson list tells if one still cannot be sent."),
    })
}

/// To a lead: how a series goes. `figures`: for each lesson that has been posted or begun.
pub(in crate::learning) fn results(series: &Series, figures: &[(&Lesson, Figures)]) -> Post {
    let few = |count: u64| if count < FEWEST { format!("fewer than {FEWEST}") } else { count.to_string() };
    let mut lines = String::new();
    let mut hard = String::new();
    for (lesson, figures) in figures {
        let _ = write!(
            lines,
            "**{}. {}**\nQuiz begun by {}, lesson finished by {}. Right at the first try: {}.\n",
            lesson.number,
            lesson.title,
            few(figures.reached),
            few(figures.done),
            shares(&figures.questions)
        );
        for (place, _) in figures.questions.iter().enumerate().filter(|(_, tally)| tally.is_hard()) {
            let text = lesson.questions.get(place).map_or("", |question| question.text.as_str());
            let _ = write!(hard, "\nLesson {}, question {}: {text}", lesson.number, place + 1);
        }
    }
    let mut card = Card::new(format!("{}: how it goes", series.title), shorten(&lines, 3_800)).with_footer(
        "A figure stands for at least five people and moves on when five more stand behind it. Nobody sees how one person answered.",
    );
    if figures.is_empty() {
        "Nothing has been posted yet.".clone_into(&mut card.text);
    }
    if !hard.is_empty() {
        let heading =
            format!("Hard questions (fewer than {HARD_BELOW} % right at the first try): clearer words may help");
        card = card.with_field(heading, shorten(hard.trim(), 1_000));
    }
    Post::default().with_card(card)
}

/// The share right at the first try, question by question.
fn shares(questions: &[Tally]) -> String {
    if questions.iter().all(|tally| tally.percent().is_none()) {
        return "too few answers to show yet".to_owned();
    }
    let share = |(place, tally): (usize, &Tally)| {
        let share = tally.percent().map_or_else(|| "too few answers".to_owned(), |percent| format!("{percent} %"));
        let flag = if tally.is_hard() { " (hard)" } else { "" };
        format!("question {}: {share}{flag}", place + 1)
    };
    questions.iter().enumerate().map(share).collect::<Vec<_>>().join(", ")
}

/// A lesson in the list under a field.
pub(in crate::learning) fn lesson_choice(lesson: &Lesson) -> Choice {
    let label = format!("{} {}. {}", lesson.series_title, lesson.number, lesson.title);
    Choice::new(cut(&label, 100), &lesson.id)
}

/// A series in the list under a field.
pub(in crate::learning) fn series_choice(series: &Series) -> Choice {
    Choice::new(cut(&format!("{} ({} lessons)", series.title, series.lessons.len()), 100), &series.name)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::model::tests::{lesson, series};

    #[test]
    fn a_lesson_before_it_is_posted() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(preview(&lesson).as_text(), @r"
        ## Lesson about asking
        -# The basics, lesson 1 of 3, 5 minutes

        Ask, listen, act.
        ┌ In the thread below it
        │ **Let us talk about it**
        │ What did you notice?
        │
        │ **Try it in ten minutes**
        │ Try it once.
        │
        │ -# Source: A book.
        └ Preview: only you can see this. 2 quiz questions.
        [ Take the quiz ]
        ");
    }

    #[test]
    fn what_went_wrong_lately_is_told_with_what_to_do() {
        let missed = [
            Missed::Unsent("Asking".into(), "cxbot may not do this in the channel.".into()),
            Missed::Date("The basics".into(), "Tuesday, November 24, 2026 at 09:00".into()),
        ];
        let posts = [listed(&[], 0, &missed), tried_again(0), tried_again(1), tried_again(2)];
        insta::assert_snapshot!(posts.map(|post| post.as_text()).join("\n---\n"));
    }

    #[test]
    fn results_hold_no_figure_of_fewer_than_five() {
        let series = series();
        let tally = |people, right| Tally { people, right };
        let figures = |reached, done, questions: [Tally; 2]| Figures { reached, done, questions: questions.into() };
        let posts = [
            results(&series, &[]),
            results(
                &series,
                &[
                    (&series.lessons[0], figures(12, 9, [tally(12, 11), tally(10, 4)])),
                    (&series.lessons[1], figures(4, 0, [tally(4, 4), tally(0, 0)])),
                ],
            ),
        ];
        insta::assert_snapshot!(posts.map(|post| post.as_text()).join("\n---\n"));
    }

    #[test]
    fn a_long_list_keeps_within_discords_limit() {
        let many: Vec<_> = (0..60).map(|_| series()).collect();
        let listings: Vec<_> = many
            .iter()
            .map(|series| SeriesListing {
                series,
                posted: 1,
                next: series.lessons.get(1),
                schedule: Some("x".repeat(90)),
            })
            .collect();
        assert!(listed(&listings, 9, &[]).text.chars().count() <= 2_000);
        let missed: Vec<_> = (0..9).map(|_| Missed::Unsent("x".repeat(80), "y".repeat(400))).collect();
        assert!(listed(&listings, 9, &missed).text.chars().count() <= 2_000);
        let figures = Figures { reached: 500, done: 500, questions: vec![Tally { people: 500, right: 1 }; 8] };
        let mut wordy = lesson("asking", 16);
        wordy.title = "T".repeat(80);
        wordy.questions = vec![wordy.questions[0].clone(); 8];
        let rows: Vec<_> = (0..60).map(|_| (&wordy, figures.clone())).collect();
        let card = results(&series(), &rows).card.unwrap();
        assert!(card.text.chars().count() <= 4_096 && card.fields[0].value.chars().count() <= 1_024);
        let mut long = lesson("asking", 1);
        long.title = "T".repeat(120);
        assert_eq!(lesson_choice(&long).label.chars().count(), 100);
    }

    #[test]
    fn what_leads_read() {
        let series = series();
        let words = "Every Tuesday at 09:00 (America/New_York), not on holidays";
        let posts = [
            posted(&series.lessons[0], ChannelId(5), None),
            posted(&series.lessons[0], ChannelId(5), NaiveDate::from_ymd_opt(2026, 11, 24)),
            scheduled(&series, words, ChannelId(5), "Tuesday, November 24, 2026 at 09:00", &series.lessons[0], false),
            scheduled(&series, words, ChannelId(5), "Tuesday, November 24, 2026 at 09:00", &series.lessons[0], true),
            paused(&series),
            resumed(&series, Some("Tuesday, November 24, 2026 at 09:00")),
            resumed(&series, None),
            skipped(&series, "Tuesday, November 24, 2026 at 09:00"),
        ];
        insta::assert_snapshot!(posts.map(|post| post.as_text()).join("\n---\n"), @r"
        “Lesson about asking” is on its way to <#5>, with a thread for the discussion. /lesson results shows how it goes. With feedback:True, a short pulse also asks how a lesson was.
        ---
        “Lesson about asking” is on its way to <#5>, with a thread for the discussion. /lesson results shows how it goes. On Tuesday, November 24, 2026 at 09:00 a pulse of half a minute asks there how it was; if it cannot be opened, I tell you why.
        ---
        **The basics** now posts one lesson at a time in <#5>. Every Tuesday at 09:00 (America/New_York), not on holidays.
        First: Tuesday, November 24, 2026 at 09:00, with “Lesson about asking”. /lesson list shows what comes; /lesson skip leaves out the next date, /lesson pause stops for a while.
        ---
        **The basics** now posts one lesson at a time in <#5>. Every Tuesday at 09:00 (America/New_York), not on holidays.
        First: Tuesday, November 24, 2026 at 09:00, with “Lesson about asking”. /lesson list shows what comes; /lesson skip leaves out the next date, /lesson pause stops for a while. On the working day after each lesson a pulse of half a minute asks there how it was; if one cannot be opened, I tell you why.
        ---
        **The basics** is paused. Nothing is posted until you use /lesson resume.
        ---
        **The basics** goes on with the lesson it stopped at. Next: Tuesday, November 24, 2026 at 09:00.
        ---
        **The basics** goes on with the lesson it stopped at.
        ---
        **The basics**: nothing is posted on Tuesday, November 24, 2026 at 09:00. The lesson comes at the date after it.
        ");
        let listing = |posted, next: Option<usize>, schedule: Option<&str>| SeriesListing {
            series: &series,
            posted,
            next: next.map(|next| &series.lessons[next]),
            schedule: schedule.map(Into::into),
        };
        let dated = format!("{words}. Next date: Tuesday, November 24, 2026 at 09:00.");
        let listings = [listing(1, Some(1), Some(&dated)), listing(0, Some(0), None), listing(3, None, None)];
        insta::assert_snapshot!(listed(&listings, 2, &[]).as_text(), @r"
        **Lesson series**

        **The basics** (1 of 3 posted)
        First steps.
        Next: 2. Lesson about listening. Every Tuesday at 09:00 (America/New_York), not on holidays. Next date: Tuesday, November 24, 2026 at 09:00.

        **The basics** (0 of 3 posted)
        First steps.
        Next: 1. Lesson about asking. No schedule: /lesson schedule gives it one.

        **The basics** (3 of 3 posted)
        First steps.
        Complete. /lesson post repeats a single lesson.

        2 problems keep lesson files from being used. `cxbot check` names the lines and the reasons.
        ");
        insta::assert_snapshot!(listed(&[], 1, &[]).as_text(), @r"
        **Lesson series**

        There are no lessons. Add files to lessons/ in the content folder.

        One problem keeps a lesson file from being used. `cxbot check` names the line and the reason.
        ");
    }
}
