//! What the group and each learner read: lessons, quizzes, progress.

use std::fmt::Write as _;

use super::action::{Action, Place};
use crate::learning::library::Series;
use crate::learning::model::{Lesson, Next, Question, QuestionOption, Quiz, Step};
use crate::post::{Button, Post, Style};

/// Options no longer than this stand on the buttons in full; longer ones are cut off on a phone.
const MOST_LABEL_CHARS: usize = 40;

pub(super) fn place(lesson: &Lesson, question: usize) -> Place {
    Place { lesson: lesson.id.clone(), version: lesson.version.clone(), question }
}

/// The lesson as everybody sees it in the channel.
#[must_use]
pub fn lesson_post(lesson: &Lesson) -> Post {
    Post::text(lesson_text(lesson)).with_buttons([quiz_button(lesson)])
}

pub(super) fn lesson_text(lesson: &Lesson) -> String {
    let Lesson { title, series_title, number, of, minutes, body, .. } = lesson;
    format!("## {title}\n-# {series_title}, lesson {number} of {of}, {minutes} minutes\n\n{body}")
}

pub(super) fn quiz_button(lesson: &Lesson) -> Button {
    Button::primary(Action::Quiz { lesson: lesson.id.clone() }.to_id(), "Take the quiz")
}

/// What opens the thread below a posted lesson.
#[must_use]
pub fn thread_text(lesson: &Lesson) -> Post {
    let Lesson { prompt, exercise, source, .. } = lesson;
    Post::text(format!(
        "**Let us talk about it**\n{prompt}\n\n**Try it in ten minutes**\n{exercise}\n\n-# Source: {source}"
    ))
}

/// The lesson for one member, who may be in the middle of its quiz.
pub(in crate::learning) fn private_lesson(next: &Next<'_>) -> Post {
    let Next { lesson, posted, begun } = *next;
    let note = if posted { "" } else { " Your group has not had this lesson yet: you are ahead." };
    let label = if begun { "Go on with the quiz" } else { "Take the quiz" };
    Post::text(format!("{}\n\n-# Only you can see this.{note}", lesson_text(lesson)))
        .with_buttons([Button { label: label.into(), ..quiz_button(lesson) }])
}

/// To the channel: the series has come to its end.
pub(in crate::learning) fn series_over(series: &Series) -> Post {
    let count = series.lessons.len();
    Post::text(format!(
        "**{}** is complete: {count} lessons, from “{}” to “{}”. All of them stay open: /learn next shows the ones you have not done yet, \
         and /learn progress shows how far you are. Thank you for learning together.",
        series.title,
        series.lessons.first().map_or("", |lesson| &lesson.title),
        series.lessons.last().map_or("", |lesson| &lesson.title)
    ))
}

/// One question of the quiz.
pub(in crate::learning) fn question(lesson: &Lesson, number: usize) -> Post {
    let question = &lesson.questions[number];
    let text = format!(
        "**{}**\nQuestion {} of {}\n\n{}\n\n-# Only you can see this. Try as often as you like.",
        lesson.title,
        number + 1,
        lesson.questions.len(),
        asked(question)
    );
    Post::text(text)
        .with_buttons(option_buttons(question, |option| Action::Answer { place: place(lesson, number), option }))
}

/// A question and its options, each on a line that begins with its letter.
pub(super) fn asked(question: &Question) -> String {
    let mut text = format!("{}\n", question.text);
    for (place, option) in question.options.iter().enumerate() {
        let _ = write!(text, "\n{}. {}", letter(place), option.text);
    }
    text
}

/// One button for each option, with the whole option on it where that fits.
pub(super) fn option_buttons(question: &Question, action: impl Fn(usize) -> Action) -> Vec<Button> {
    let in_full = question.options.iter().all(|option| option.text.chars().count() <= MOST_LABEL_CHARS);
    let button = |(option, written): (usize, &QuestionOption)| {
        let label = if in_full { format!("{}. {}", letter(option), written.text) } else { letter(option).to_string() };
        Button::secondary(action(option).to_id(), label)
    };
    question.options.iter().enumerate().map(button).collect()
}

/// What was chosen and what it is worth knowing for.
pub(super) fn explained(question: &Question, option: usize) -> String {
    let chosen = &question.options[option];
    let verdict = if chosen.correct { "That is right." } else { "Not quite." };
    format!("You chose {}. {}\n\n**{verdict}** {}", letter(option), chosen.text, chosen.explanation)
}

/// The button that leads on.
pub(super) fn step_button(lesson: &Lesson, step: Step) -> Button {
    let (action, label) = match step {
        Step::Question(next) => (Action::Ask { place: place(lesson, next) }, "Next question"),
        Step::Look(next) => (Action::Look { place: place(lesson, next) }, "Look back"),
        Step::Finish => {
            (Action::Finish { lesson: lesson.id.clone(), version: lesson.version.clone() }, "See how it went")
        }
    };
    Button::primary(action.to_id(), label)
}

/// What an option is worth knowing for, and what comes next in the round.
pub(in crate::learning) fn feedback(lesson: &Lesson, number: usize, option: usize, step: Step) -> Post {
    let question = &lesson.questions[number];
    let text = format!(
        "**{}**\nQuestion {} of {}: {}\n\n{}",
        lesson.title,
        number + 1,
        lesson.questions.len(),
        question.text,
        explained(question, option)
    );
    let again = Button::secondary(Action::Ask { place: place(lesson, number) }.to_id(), "Try this one again");
    let on = step_button(lesson, step);
    Post::text(text).with_buttons(if question.options[option].correct { vec![on] } else { vec![again, on] })
}

/// How a round went. `series_done`: whether it was the last open lesson of its series.
pub(in crate::learning) fn finished(lesson: &Lesson, quiz: &Quiz, series_done: bool) -> Post {
    let (right, of) = (quiz.right_count(), quiz.question_count());
    let missed = quiz.first_missed().map(|first| {
        let label = if of - right == 1 { "Try the missed question" } else { "Try the missed questions" };
        Button::secondary(Action::Ask { place: place(lesson, first) }.to_id(), label)
    });
    let next = Button::primary(Action::Next { series: lesson.series.clone() }.to_id(), "Next lesson");
    if quiz.is_passed() {
        let whole = if series_done {
            format!(
                "\n\n**That was the last one: you have finished {}.** A certificate is ready for you.",
                lesson.series_title
            )
        } else {
            String::new()
        };
        let text = format!(
            "**Done: {}**\nYou have {right} of {of} right, and the lesson is done.{whole}\n\n**Try it in ten minutes**\n{}\n\n-# Only you can see \
             this. Your answers are yours alone.",
            lesson.title, lesson.exercise
        );
        let certificate =
            Button::primary(Action::Certificate { series: lesson.series.clone() }.to_id(), "Get your certificate");
        let first = if series_done { certificate } else { next };
        Post::text(text).with_buttons([first].into_iter().chain(missed))
    } else {
        let text = format!(
            "**{}**\nYou have {right} of {of} right. With {} of {of} the lesson is done. Try as often as you like.\n\n-# Only you can see \
             this. Your answers are yours alone.",
            lesson.title,
            quiz.needed()
        );
        let missed = missed.map(|button| Button { style: Style::Primary, ..button });
        Post::text(text).with_buttons(missed)
    }
}

/// The lesson was rewritten while somebody was in its quiz.
pub(in crate::learning) fn rewritten(lesson: &Lesson) -> Post {
    let text = format!(
        "“{}” was rewritten since you began its quiz, so the questions may have changed. What you finished stays finished.",
        lesson.title
    );
    let again = Button::primary(Action::Quiz { lesson: lesson.id.clone() }.to_id(), "Start the new quiz");
    Post::text(text).with_buttons([again])
}

/// There is no lesson left for this member.
pub(in crate::learning) fn all_done(lesson_count: usize) -> Post {
    Post::text(match lesson_count {
        0 => "There are no lessons yet. They will appear here as soon as your group adds some.".to_owned(),
        1 => "You have done the one lesson there is. Thank you for learning with us.".to_owned(),
        _ => format!("You have done all {lesson_count} lessons there are. Thank you for learning with us."),
    })
}

/// One line of [`progress`].
#[derive(Debug)]
pub(in crate::learning) struct SeriesProgress<'library> {
    pub series: &'library Series,
    /// Numbers of the lessons done, counted from 1.
    pub done: Vec<usize>,
    pub next: Option<&'library Lesson>,
}

/// A member's own progress.
pub(in crate::learning) fn progress(lines: &[SeriesProgress<'_>]) -> Post {
    let mut text = "**Your progress**\n".to_owned();
    for SeriesProgress { series, done, next } in lines {
        let mut line = format!("\n**{}**: {} of {} done.", series.title, done.len(), series.lessons.len());
        if let Some(next) = next {
            let _ = write!(line, " Next: {}. {}.", next.number, next.title.trim_end_matches(['?', '!']));
            if !done.is_empty() {
                let numbers = done.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
                let lessons = if done.len() == 1 { "lesson" } else { "lessons" };
                let _ = write!(line, " Finished: {lessons} {numbers}.");
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

pub(super) fn letter(option: usize) -> char {
    ['A', 'B', 'C', 'D', 'E'].get(option).copied().unwrap_or('?')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Content;
    use crate::learning::Library;
    use crate::learning::model::Answered;
    use crate::learning::model::tests::{lesson, series};
    use crate::post::Row;

    fn quiz(latest: [bool; 2]) -> Quiz {
        let answers = [0, 1].map(|question| Answered { question, latest_right: Some(latest[question]) });
        Quiz::of(2, &answers)
    }

    #[test]
    fn a_posted_lesson_and_its_thread() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(lesson_post(&lesson).as_text(), @r"
        ## Lesson about asking
        -# The basics, lesson 1 of 3, 5 minutes

        Ask, listen, act.
        [ Take the quiz ]
        ");
        insta::assert_snapshot!(thread_text(&lesson).as_text(), @r"
        **Let us talk about it**
        What did you notice?

        **Try it in ten minutes**
        Try it once.

        -# Source: A book.
        ");
    }

    #[test]
    fn the_end_of_a_series() {
        insta::assert_snapshot!(series_over(&series()).as_text(), @"**The basics** is complete: 3 lessons, from “Lesson about asking” to “Lesson about acting”. All of them stay open: /learn next shows the ones you have not done yet, and /learn progress shows how far you are. Thank you for learning together.");
    }

    #[test]
    fn a_lesson_for_one_member() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(private_lesson(&Next { lesson: &lesson, posted: true, begun: false }).as_text(), @r"
        ## Lesson about asking
        -# The basics, lesson 1 of 3, 5 minutes

        Ask, listen, act.

        -# Only you can see this.
        [ Take the quiz ]
        ");
        insta::assert_snapshot!(private_lesson(&Next { lesson: &lesson, posted: false, begun: false }).as_text(), @r"
        ## Lesson about asking
        -# The basics, lesson 1 of 3, 5 minutes

        Ask, listen, act.

        -# Only you can see this. Your group has not had this lesson yet: you are ahead.
        [ Take the quiz ]
        ");
    }

    #[test]
    fn short_options_stand_on_the_buttons_and_long_ones_only_in_the_text() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(question(&lesson, 0).as_text(), @r"
        **Lesson about asking**
        Question 1 of 2

        Who decides?

        A. The office
        B. The customer

        -# Only you can see this. Try as often as you like.
        [ A. The office ] [ B. The customer ]
        ");
        insta::assert_snapshot!(question(&lesson, 1).as_text(), @r"
        **Lesson about asking**
        Question 2 of 2

        Which sentence would help a customer most on a hard day?

        A. “We have received it, and you will hear from us by Friday.”
        B. “Your call is important to us.”

        -# Only you can see this. Try as often as you like.
        [ A ] [ B ]
        ");
    }

    #[test]
    fn an_answer_is_explained_at_once() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(feedback(&lesson, 0, 0, Step::Question(1)).as_text(), @r"
        **Lesson about asking**
        Question 1 of 2: Who decides?

        You chose A. The office

        **Not quite.** It shapes the service, but it does not feel it.
        [ Try this one again ] [ Next question ]
        ");
        insta::assert_snapshot!(feedback(&lesson, 0, 1, Step::Question(1)).as_text(), @r"
        **Lesson about asking**
        Question 1 of 2: Who decides?

        You chose B. The customer

        **That is right.** It is their view that counts.
        [ Next question ]
        ");
        insta::assert_snapshot!(feedback(&lesson, 1, 0, Step::Finish).as_text(), @r"
        **Lesson about asking**
        Question 2 of 2: Which sentence would help a customer most on a hard day?

        You chose A. “We have received it, and you will hear from us by Friday.”

        **That is right.** It says what happens next.
        [ See how it went ]
        ");
    }

    #[test]
    fn the_end_of_a_round() {
        let lesson = lesson("asking", 1);
        insta::assert_snapshot!(finished(&lesson, &quiz([true, true]), false).as_text(), @r"
        **Done: Lesson about asking**
        You have 2 of 2 right, and the lesson is done.

        **Try it in ten minutes**
        Try it once.

        -# Only you can see this. Your answers are yours alone.
        [ Next lesson ]
        ");
        insta::assert_snapshot!(finished(&lesson, &quiz([false, true]), false).as_text(), @r"
        **Lesson about asking**
        You have 1 of 2 right. With 2 of 2 the lesson is done. Try as often as you like.

        -# Only you can see this. Your answers are yours alone.
        [ Try the missed question ]
        ");
        insta::assert_snapshot!(rewritten(&lesson).as_text(), @r"
        “Lesson about asking” was rewritten since you began its quiz, so the questions may have changed. What you finished stays finished.
        [ Start the new quiz ]
        ");
    }

    #[test]
    fn done_with_one_question_missed_offers_it_again() {
        let mut long = lesson("asking", 1);
        long.questions.extend(long.questions.clone());
        let answers = [(0, true), (1, true), (2, false), (3, true)]
            .map(|(question, right)| Answered { question, latest_right: Some(right) });
        let text = finished(&long, &Quiz::of(4, &answers), false).as_text();
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
        insta::assert_snapshot!(progress(&[line(vec![1], Some(1)), line(vec![], Some(0))]).as_text(), @r"
        **Your progress**

        **The basics**: 1 of 3 done. Next: 2. Lesson about listening. Finished: lesson 1.
        **The basics**: 0 of 3 done. Next: 1. Lesson about asking.

        -# Only you can see this.
        [ Next lesson ]
        ");
        insta::assert_snapshot!(progress(&[line(vec![1, 2, 3], None)]).as_text(), @r"
        **Your progress**

        **The basics**: 3 of 3 done.

        -# Only you can see this.
        ");
        insta::assert_snapshot!([all_done(0), all_done(1), all_done(19)].map(|post| post.as_text()).join("\n"), @r"
        There are no lessons yet. They will appear here as soon as your group adds some.
        You have done the one lesson there is. Thank you for learning with us.
        You have done all 19 lessons there are. Thank you for learning with us.
        ");
    }

    #[test]
    fn labels_and_lists_keep_within_discords_limits() {
        let many: Vec<_> = (0..60).map(|_| series()).collect();
        let lines: Vec<_> =
            many.iter().map(|series| SeriesProgress { series, done: vec![1], next: series.lessons.get(1) }).collect();
        assert!(progress(&lines).text.chars().count() <= 2_000);
        for lesson in Library::load(&Content::built_in()).unwrap().lessons() {
            for number in 0..lesson.questions.len() {
                let Row::Buttons(buttons) = &question(lesson, number).rows[0] else { panic!("buttons") };
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
