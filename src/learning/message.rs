//! Every word that learning says, and what its controls mean.

use std::fmt::Write as _;

use super::content::Series;
use super::model::{Lesson, Quiz};
use crate::discord::{Choice, ControlId};
use crate::error::Refusal;
use crate::ids::ChannelId;
use crate::post::{Button, Card, Post};

/// The first word of this feature's control ids.
pub const NAME: &str = "learning";

/// Options no longer than this stand on the buttons in full; longer ones are cut off on a phone.
const MOST_LABEL_CHARS: usize = 40;

/// What a control asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Take the quiz of a lesson, in whatever version it is now.
    Quiz {
        /// The lesson's id.
        lesson: String,
    },
    /// Show one question.
    Ask {
        /// Where in which lesson.
        place: Place,
    },
    /// Answer it.
    Answer {
        /// Where in which lesson.
        place: Place,
        /// The option, counted from 0.
        option: usize,
    },
    /// Show how the round went.
    Finish {
        /// The lesson's id.
        lesson: String,
        /// The version that was answered.
        version: String,
    },
    /// Show the next lesson, of this series if it has one.
    Next {
        /// The series' name.
        series: String,
    },
}

/// One question of one version of a lesson.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The lesson's id.
    pub lesson: String,
    /// The version that was shown.
    pub version: String,
    /// The question, counted from 0.
    pub question: usize,
}

impl Action {
    /// The first part of each control id after the feature's name; decides who may use it.
    pub const NAMES: [&'static str; 5] = ["quiz", "ask", "answer", "finish", "next"];

    /// The `custom_id` that asks for this.
    #[must_use]
    pub fn to_id(&self) -> String {
        let (action, rest) = match self {
            Self::Quiz { lesson } => ("quiz", lesson.clone()),
            Self::Ask { place } => ("ask", place.to_string()),
            Self::Answer { place, option } => ("answer", format!("{place}:{option}")),
            Self::Finish { lesson, version } => ("finish", format!("{lesson}:{version}")),
            Self::Next { series } => ("next", series.clone()),
        };
        ControlId { feature: NAME, action, rest: &rest }.to_string()
    }

    /// What a `custom_id` asks for; `None` when it is not one of ours.
    #[must_use]
    pub fn parse(id: &str) -> Option<Self> {
        let id = ControlId::parse(id).filter(|id| id.feature == NAME)?;
        let parts: Vec<_> = id.rest.split(':').collect();
        let place = |lesson: &str, version: &str, question: &str| {
            Some(Place { lesson: lesson.into(), version: version.into(), question: question.parse().ok()? })
        };
        Some(match (id.action, &parts[..]) {
            ("quiz", [lesson]) => Self::Quiz { lesson: (*lesson).into() },
            ("ask", [lesson, version, question]) => Self::Ask { place: place(lesson, version, question)? },
            ("answer", [lesson, version, question, option]) => {
                Self::Answer { place: place(lesson, version, question)?, option: option.parse().ok()? }
            }
            ("finish", [lesson, version]) => Self::Finish { lesson: (*lesson).into(), version: (*version).into() },
            ("next", [series]) => Self::Next { series: (*series).into() },
            _ => return None,
        })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}:{}", self.lesson, self.version, self.question)
    }
}

fn place(lesson: &Lesson, question: usize) -> Place {
    Place { lesson: lesson.id.clone(), version: lesson.version.clone(), question }
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum LearningRefusal {
    #[error("There is no lesson “{0}”. Start typing in the lesson field and pick one from the list.")]
    UnknownLesson(String),
    #[error("There is no series “{0}”. Start typing in the series field and pick one from the list.")]
    UnknownSeries(String),
    #[error("This lesson has been taken out of its series. What you finished stays finished; /learn next shows what comes next.")]
    LessonGone,
    #[error("This button belongs to an older lesson. /learn next shows what comes next.")]
    OldControl,
    #[error("No learning channel has been chosen yet. Name a channel in the command, or ask an administrator to choose one with /setup.")]
    NoChannel,
    #[error("“{title}” was posted in {channel} less than a minute ago, so it was not posted again. To repeat it on purpose, wait a minute.")]
    JustPosted { title: String, channel: String },
    #[error("“{0}” has been posted here to the end, so there is nothing left to schedule. /lesson post repeats a single lesson.")]
    SeriesPosted(String),
    #[error("“{0}” has no schedule here. /lesson schedule gives it a day and an hour.")]
    NotScheduled(String),
    #[error("“{0}” is paused already. /lesson resume lets it go on.")]
    PausedAlready(String),
    #[error("“{0}” is not paused. /lesson list shows when the next lesson comes.")]
    NotPaused(String),
    #[error("The hour must be from 0 to 23, for example 9 for 09:00.")]
    NoSuchHour,
}

impl Refusal for LearningRefusal {}

/// The lesson as everybody sees it in the channel.
#[must_use]
pub fn lesson_post(lesson: &Lesson) -> Post {
    Post::text(lesson_text(lesson)).with_buttons([quiz_button(lesson)])
}

fn lesson_text(lesson: &Lesson) -> String {
    let Lesson { title, series_title, number, of, minutes, body, .. } = lesson;
    format!("## {title}\n-# {series_title}, lesson {number} of {of}, {minutes} minutes\n\n{body}")
}

fn quiz_button(lesson: &Lesson) -> Button {
    Button::primary(Action::Quiz { lesson: lesson.id.clone() }.to_id(), "Take the quiz")
}

/// What opens the thread below a posted lesson.
#[must_use]
pub fn thread_text(lesson: &Lesson) -> Post {
    let Lesson { prompt, exercise, source, .. } = lesson;
    Post::text(format!("**Let us talk about it**\n{prompt}\n\n**Try it in ten minutes**\n{exercise}\n\n-# Source: {source}"))
}

/// The lesson for one member. `posted`: whether the group has had it.
pub(super) fn private_lesson(lesson: &Lesson, posted: bool) -> Post {
    let note = if posted { "" } else { " Your group has not had this lesson yet: you are ahead." };
    Post::text(format!("{}\n\n-# Only you can see this.{note}", lesson_text(lesson))).with_buttons([quiz_button(lesson)])
}

/// The lesson as a lead sees it before it is posted.
pub(super) fn preview(lesson: &Lesson) -> Post {
    let thread = thread_text(lesson).text;
    lesson_post(lesson).with_card(
        Card::new("In the thread below it", thread)
            .with_footer(format!("Preview: only you can see this. {} quiz questions.", lesson.questions.len())),
    )
}

/// One question of the quiz.
pub(super) fn question(lesson: &Lesson, number: usize) -> Post {
    let question = &lesson.questions[number];
    let mut text = format!(
        "**{}**\nQuestion {} of {}\n\n{}\n",
        lesson.title,
        number + 1,
        lesson.questions.len(),
        question.text
    );
    for (place, option) in question.options.iter().enumerate() {
        let _ = write!(text, "\n{}. {}", letter(place), option.text);
    }
    text.push_str("\n\n-# Only you can see this. Try as often as you like.");
    let in_full = question.options.iter().all(|option| option.text.chars().count() <= MOST_LABEL_CHARS);
    let buttons = question.options.iter().enumerate().map(|(option, written)| {
        let label = if in_full { format!("{}. {}", letter(option), written.text) } else { letter(option).to_string() };
        Button::secondary(Action::Answer { place: place(lesson, number), option }.to_id(), label)
    });
    Post::text(text).with_buttons(buttons)
}

/// What an option is worth knowing for. `next`: the next open question of the round.
pub(super) fn feedback(lesson: &Lesson, number: usize, option: usize, next: Option<usize>) -> Post {
    let question = &lesson.questions[number];
    let chosen = &question.options[option];
    let verdict = if chosen.correct { "That is right." } else { "Not quite." };
    let text = format!(
        "**{}**\nQuestion {} of {}: {}\n\nYou chose {}. {}\n\n**{verdict}** {}",
        lesson.title,
        number + 1,
        lesson.questions.len(),
        question.text,
        letter(option),
        chosen.text,
        chosen.explanation
    );
    let again = Button::secondary(Action::Ask { place: place(lesson, number) }.to_id(), "Try this one again");
    let on = match next {
        Some(next) => Button::primary(Action::Ask { place: place(lesson, next) }.to_id(), "Next question"),
        None => Button::primary(
            Action::Finish { lesson: lesson.id.clone(), version: lesson.version.clone() }.to_id(),
            "See how it went",
        ),
    };
    Post::text(text).with_buttons(if chosen.correct { vec![on] } else { vec![again, on] })
}

/// How a round went.
pub(super) fn finished(lesson: &Lesson, quiz: &Quiz) -> Post {
    let (right, of) = (quiz.right_count(), quiz.question_count());
    let missed = quiz.first_missed().map(|first| {
        let label = if of - right == 1 { "Try the missed question" } else { "Try the missed questions" };
        Button::secondary(Action::Ask { place: place(lesson, first) }.to_id(), label)
    });
    let next = Button::primary(Action::Next { series: lesson.series.clone() }.to_id(), "Next lesson");
    if quiz.is_passed() {
        let text = format!(
            "**Done: {}**\nYou have {right} of {of} right, and the lesson is done.\n\n**Try it in ten minutes**\n{}\n\n-# Only you can see \
             this. Your answers are yours alone.",
            lesson.title, lesson.exercise
        );
        Post::text(text).with_buttons([next].into_iter().chain(missed))
    } else {
        let text = format!(
            "**{}**\nYou have {right} of {of} right. The lesson is done with {} of {of}, and there is no limit on tries.\n\n-# Only you can \
             see this. Your answers are yours alone.",
            lesson.title,
            quiz.needed()
        );
        let missed = missed.map(|button| Button { style: crate::post::Style::Primary, ..button });
        Post::text(text).with_buttons(missed)
    }
}

/// The lesson was rewritten while somebody was in its quiz.
pub(super) fn rewritten(lesson: &Lesson) -> Post {
    let text = format!(
        "“{}” was rewritten since you began its quiz, so the questions may have changed. What you finished stays finished.",
        lesson.title
    );
    let again = Button::primary(Action::Quiz { lesson: lesson.id.clone() }.to_id(), "Start the new quiz");
    Post::text(text).with_buttons([again])
}

/// There is no lesson left for this member.
pub(super) fn all_done(lesson_count: usize) -> Post {
    Post::text(match lesson_count {
        0 => "There are no lessons yet. They will appear here as soon as your group adds some.".to_owned(),
        1 => "You have done the one lesson there is. Thank you for learning with us.".to_owned(),
        _ => format!("You have done all {lesson_count} lessons there are. Thank you for learning with us."),
    })
}

/// One line of [`progress`].
#[derive(Debug)]
pub(super) struct SeriesProgress<'library> {
    pub series: &'library Series,
    /// Numbers of the lessons done, counted from 1.
    pub done: Vec<usize>,
    pub next: Option<&'library Lesson>,
}

/// A member's own progress.
pub(super) fn progress(lines: &[SeriesProgress<'_>]) -> Post {
    let mut text = "**Your progress**\n".to_owned();
    for SeriesProgress { series, done, next } in lines {
        let mut line = format!("\n**{}**: {} of {} done.", series.title, done.len(), series.lessons.len());
        if let Some(next) = next {
            let _ = write!(line, " Next: {}. {}.", next.number, next.title.trim_end_matches(['?', '!']));
            if !done.is_empty() {
                let numbers = done.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
                let _ = write!(line, " Done: {numbers}.");
            }
        }
        if text.chars().count() + line.chars().count() > 1_800 {
            text.push_str("\n… and more series. /learn next series:… opens any of them.");
            break;
        }
        text.push_str(&line);
    }
    text.push_str("\n\n-# Only you can see this.");
    let next = lines.iter().find(|line| line.next.is_some()).map(|line| line.series.name.clone());
    let post = Post::text(text);
    match next {
        Some(series) => post.with_buttons([Button::primary(Action::Next { series }.to_id(), "Next lesson")]),
        None => post,
    }
}

/// To a lead: it is on its way.
pub(super) fn posted(lesson: &Lesson, channel: ChannelId) -> Post {
    Post::text(format!(
        "“{}” is on its way to {}, with a thread for the discussion.",
        lesson.title,
        channel.mention()
    ))
}

/// To the channel: the series has come to its end.
pub(super) fn series_over(series: &Series) -> Post {
    let count = series.lessons.len();
    Post::text(format!(
        "**{}** is complete: {count} lessons, from “{}” to “{}”. All of them stay open: /learn next shows the ones you have not done yet, \
         and /learn progress shows how far you are. Thank you for learning together.",
        series.title,
        series.lessons.first().map_or("", |lesson| &lesson.title),
        series.lessons.last().map_or("", |lesson| &lesson.title)
    ))
}

/// To a lead: the series has a day and an hour.
pub(super) fn scheduled(series: &Series, words: &str, channel: ChannelId, first: &str, next: &Lesson) -> Post {
    Post::text(format!(
        "**{}** now posts one lesson in {}. {words}, except on federal holidays.\nFirst: {first}, with “{}”. /lesson list shows what comes; \
         /lesson skip leaves out the next date, /lesson pause stops for a while.",
        series.title,
        channel.mention(),
        next.title
    ))
}

/// To a lead: paused.
pub(super) fn paused(series: &Series) -> Post {
    Post::text(format!("**{}** is paused. Nothing is posted until you use /lesson resume.", series.title))
}

/// To a lead: goes on.
pub(super) fn resumed(series: &Series, next: Option<&str>) -> Post {
    let next = next.map(|next| format!(" Next: {next}.")).unwrap_or_default();
    Post::text(format!("**{}** goes on. What was left out meanwhile is not posted late.{next}", series.title))
}

/// To a lead: the next date is left out.
pub(super) fn skipped(series: &Series, slot: &str) -> Post {
    Post::text(format!("**{}**: nothing is posted on {slot}. The lesson comes at the date after it.", series.title))
}

/// One series in [`listed`].
#[derive(Debug)]
pub(super) struct SeriesListing<'library> {
    pub series: &'library Series,
    pub posted: usize,
    /// The lesson that comes next.
    pub next: Option<&'library Lesson>,
    /// The rhythm and the next date, in words; `None` without a schedule.
    pub schedule: Option<String>,
}

/// To a lead: every series, where it stands and when it goes on.
pub(super) fn listed(series: &[SeriesListing<'_>], problem_count: usize) -> Post {
    let mut text = "**Lesson series**\n".to_owned();
    for SeriesListing { series, posted, next, schedule } in series {
        let mut line = format!("\n**{}** ({} of {} posted)", series.title, posted, series.lessons.len());
        if !series.about.is_empty() {
            let _ = write!(line, "\n{}", series.about);
        }
        let _ = match (next, schedule) {
            (Some(next), Some(schedule)) => write!(line, "\nNext: {}. {}. {schedule}", next.number, next.title),
            (Some(next), None) => write!(line, "\nNext: {}. {}. No schedule: /lesson schedule gives it one.", next.number, next.title),
            (None, _) => write!(line, "\nComplete. /lesson post repeats a single lesson."),
        };
        line.push('\n');
        if text.chars().count() + line.chars().count() > 1_800 {
            text.push_str("\n… and more series.");
            break;
        }
        text.push_str(&line);
    }
    if series.is_empty() {
        text.push_str("\nThere are no lessons. Add files to lessons/ in the content folder.\n");
    }
    match problem_count {
        0 => {}
        1 => text.push_str("\nOne problem keeps a lesson file from being used. `cxbot check` names the line and the reason."),
        count => {
            let _ = write!(text, "\n{count} problems keep lesson files from being used. `cxbot check` names the lines and the reasons.");
        }
    }
    Post::text(text.trim_end())
}

/// A lesson in the list under a field.
pub(super) fn lesson_choice(lesson: &Lesson) -> Choice {
    let label = format!("{} {}. {}", lesson.series_title, lesson.number, lesson.title);
    Choice::new(cut(&label, 100), &lesson.id)
}

/// A series in the list under a field.
pub(super) fn series_choice(series: &Series) -> Choice {
    Choice::new(cut(&format!("{} ({} lessons)", series.title, series.lessons.len()), 100), &series.name)
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

fn letter(option: usize) -> char {
    ['A', 'B', 'C', 'D', 'E'].get(option).copied().unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::Library;
    use crate::learning::model::Answered;
    use crate::learning::model::tests::lesson;
    use crate::config::Content;

    fn series() -> Series {
        let lessons = [("asking", 1), ("listening", 2), ("acting", 3)].map(|(id, number)| lesson(id, number)).to_vec();
        Series { name: "basics".into(), title: "The basics".into(), about: "First steps.".into(), lessons }
    }

    fn quiz(latest: [bool; 2]) -> Quiz {
        let answers = [0, 1].map(|question| Answered { question, latest_right: Some(latest[question]) });
        Quiz::of(2, &answers)
    }

    #[test]
    fn every_action_parses_back_to_itself_and_fits() {
        let place = Place { lesson: "a".repeat(40), version: "0123456789ab".into(), question: 7 };
        let lesson = place.lesson.clone();
        let actions = [
            Action::Quiz { lesson: lesson.clone() },
            Action::Ask { place: place.clone() },
            Action::Answer { place, option: 4 },
            Action::Finish { lesson, version: "0123456789ab".into() },
            Action::Next { series: "b".repeat(40) },
        ];
        let mut names: Vec<_> = Action::NAMES.into();
        for action in actions {
            let id = action.to_id();
            assert!(id.len() <= ControlId::MOST_CHARS, "{id}");
            assert_eq!(Action::parse(&id), Some(action));
            names.retain(|name| *name != ControlId::parse(&id).unwrap().action);
        }
        assert_eq!(names, [""; 0], "every named action is tried");
        for foreign in ["v1:learning:ask:one", "v1:learning:answer:one:v:x:0", "v1:learning:dance:one", "v1:pulse:quiz:one"] {
            assert_eq!(Action::parse(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn a_posted_lesson_and_its_thread() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(lesson_post(&lesson).as_text(), @"");
        insta::assert_snapshot!(thread_text(&lesson).as_text(), @"");
        insta::assert_snapshot!(preview(&lesson).as_text(), @"");
    }

    #[test]
    fn a_lesson_for_one_member() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(private_lesson(&lesson, true).as_text(), @"");
        insta::assert_snapshot!(private_lesson(&lesson, false).as_text(), @"");
    }

    #[test]
    fn short_options_stand_on_the_buttons_and_long_ones_only_in_the_text() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(question(&lesson, 0).as_text(), @"");
        insta::assert_snapshot!(question(&lesson, 1).as_text(), @"");
    }

    #[test]
    fn an_answer_is_explained_at_once() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(feedback(&lesson, 0, 0, Some(1)).as_text(), @"");
        insta::assert_snapshot!(feedback(&lesson, 0, 1, Some(1)).as_text(), @"");
        insta::assert_snapshot!(feedback(&lesson, 1, 0, None).as_text(), @"");
    }

    #[test]
    fn the_end_of_a_round() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(finished(&lesson, &quiz([true, true])).as_text(), @"");
        insta::assert_snapshot!(finished(&lesson, &quiz([false, true])).as_text(), @"");
        insta::assert_snapshot!(rewritten(&lesson).as_text(), @"");
    }

    #[test]
    fn done_with_one_question_missed_offers_it_again() {
        let mut long = lesson("asking", 1);
        long.questions.extend(long.questions.clone());
        let answers = [(0, true), (1, true), (2, false), (3, true)]
            .map(|(question, right)| Answered { question, latest_right: Some(right) });
        let text = finished(&long, &Quiz::of(4, &answers)).as_text();
        assert!(text.ends_with("[ Next lesson ] [ Try the missed question ]"), "{text}");
        assert!(text.contains("3 of 4 right, and the lesson is done"), "{text}");
    }

    #[test]
    fn progress_is_for_the_member_alone() {
        let series = series();
        let line = |done: Vec<usize>, next: Option<usize>| SeriesProgress {
            series: &series,
            done,
            next: next.map(|next| &series.lessons[next]),
        };
        insta::assert_snapshot!(progress(&[line(vec![1], Some(1)), line(vec![], Some(0))]).as_text(), @"");
        insta::assert_snapshot!(progress(&[line(vec![1, 2, 3], None)]).as_text(), @"");
        insta::assert_snapshot!([all_done(0), all_done(1), all_done(19)].map(|post| post.as_text()).join("\n"), @"");
    }

    #[test]
    fn what_leads_read() {
        let series = series();
        let words = "Every Tuesday at 09:00 (America/New_York)";
        let posts = [
            posted(&series.lessons[0], ChannelId(5)),
            scheduled(&series, words, ChannelId(5), "Tuesday, November 24, 2026 at 09:00", &series.lessons[0]),
            paused(&series),
            resumed(&series, Some("Tuesday, November 24, 2026 at 09:00")),
            resumed(&series, None),
            skipped(&series, "Tuesday, November 24, 2026 at 09:00"),
            series_over(&series),
        ];
        insta::assert_snapshot!(posts.map(|post| post.as_text()).join("\n---\n"), @"");
        let listing = |posted, next: Option<usize>, schedule: Option<&str>| SeriesListing {
            series: &series,
            posted,
            next: next.map(|next| &series.lessons[next]),
            schedule: schedule.map(Into::into),
        };
        let dated = format!("{words}. Next date: Tuesday, November 24, 2026 at 09:00.");
        let listings = [listing(1, Some(1), Some(&dated)), listing(0, Some(0), None), listing(3, None, None)];
        insta::assert_snapshot!(listed(&listings, 2).as_text(), @"");
        insta::assert_snapshot!(listed(&[], 1).as_text(), @"");
    }

    #[test]
    fn what_is_declined_says_what_to_do() {
        let refusals = [
            LearningRefusal::UnknownLesson("x".into()),
            LearningRefusal::UnknownSeries("x".into()),
            LearningRefusal::LessonGone,
            LearningRefusal::OldControl,
            LearningRefusal::NoChannel,
            LearningRefusal::JustPosted { title: "Asking".into(), channel: ChannelId(5).mention() },
            LearningRefusal::SeriesPosted("The basics".into()),
            LearningRefusal::NotScheduled("The basics".into()),
            LearningRefusal::PausedAlready("The basics".into()),
            LearningRefusal::NotPaused("The basics".into()),
            LearningRefusal::NoSuchHour,
        ];
        insta::assert_snapshot!(refusals.map(|refusal| refusal.to_string()).join("\n"), @"");
    }

    #[test]
    fn labels_and_lists_keep_within_discords_limits() {
        let many: Vec<_> = (0..60).map(|_| series()).collect();
        let lines: Vec<_> =
            many.iter().map(|series| SeriesProgress { series, done: vec![1], next: series.lessons.get(1) }).collect();
        assert!(progress(&lines).text.chars().count() <= 2_000);
        let listings: Vec<_> = many
            .iter()
            .map(|series| SeriesListing { series, posted: 1, next: series.lessons.get(1), schedule: Some("x".repeat(90)) })
            .collect();
        assert!(listed(&listings, 9).text.chars().count() <= 2_000);
        for lesson in Library::load(&Content::built_in()).unwrap().lessons() {
            assert!(lesson_choice(lesson).label.chars().count() <= 100);
            for number in 0..lesson.questions.len() {
                let crate::post::Row::Buttons(buttons) = &question(lesson, number).rows[0] else { panic!("buttons") };
                assert!(buttons.iter().all(|button| button.label.chars().count() <= 80));
            }
        }
    }

    /// The whole course as members read it: copy, to be read in review.
    #[test]
    fn the_shipped_course() {
        let library = Library::load(&Content::built_in()).unwrap();
        let mut course = String::new();
        for lesson in library.lessons() {
            let _ = writeln!(course, "{}\n\n{}\n", lesson_post(lesson).as_text(), thread_text(lesson).as_text());
            for (number, one) in lesson.questions.iter().enumerate() {
                let _ = writeln!(course, "{}\n", question(lesson, number).as_text());
                for option in 0..one.options.len() {
                    let verdict = if one.options[option].correct { "right" } else { "not quite" };
                    let _ = writeln!(course, "  {} ({verdict}): {}", letter(option), one.options[option].explanation);
                }
                course.push('\n');
            }
            course.push_str("════════════════\n\n");
        }
        insta::assert_snapshot!("the_shipped_course", course);
    }
}
