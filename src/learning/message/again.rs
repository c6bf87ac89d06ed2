//! Coming back: look-back questions, review cards, reminders and catching up.

use chrono::NaiveDate;

use super::action::Action;
use super::learner::{asked, explained, lesson_text, option_buttons, place, quiz_button, step_button};
use crate::calendar::date_words;
use crate::ids::GuildId;
use crate::learning::library::Series;
use crate::learning::looking_back::Look;
use crate::learning::model::{Lesson, Step};
use crate::learning::review::{MOST_A_DAY, Today};
use crate::post::{Button, Post};

/// A question from an earlier lesson, in the quiz of `lesson`.
pub(in crate::learning) fn look(lesson: &Lesson, looks: &[Look<'_>], number: usize) -> Post {
    let look = &looks[number];
    let text = format!(
        "**{}**\n{}\n\n{}\n\n-# Only you can see this. Looking back is not counted; it helps you remember.",
        lesson.title,
        look_heading(looks, number),
        asked(look.asked())
    );
    let earlier = look.lesson.version.clone();
    let answer = |option| Action::Looked { place: place(lesson, number), earlier: earlier.clone(), option };
    Post::text(text).with_buttons(option_buttons(look.asked(), answer))
}

fn look_heading(looks: &[Look<'_>], number: usize) -> String {
    let Lesson { number: from, title, .. } = looks[number].lesson;
    format!("Looking back {} of {}, to lesson {from}: {title}", number + 1, looks.len())
}

/// What was chosen in a look-back question.
pub(in crate::learning) fn looked(
    lesson: &Lesson,
    looks: &[Look<'_>],
    number: usize,
    option: usize,
    step: Step,
) -> Post {
    let question = looks[number].asked();
    let text = format!(
        "**{}**\n{}\n{}\n\n{}",
        lesson.title,
        look_heading(looks, number),
        question.text,
        explained(question, option)
    );
    Post::text(text).with_buttons([step_button(lesson, step)])
}

/// A review card. `answered`: how many were answered today.
pub(in crate::learning) fn review_card(lesson: &Lesson, question: usize, today: &Today<'_>) -> Post {
    let text = format!(
        "**Review, card {} of {}**\nFrom {}, lesson {}: {}\n\n{}\n\n-# Only you can see this.",
        today.answered + 1,
        today.answered + today.due.len(),
        lesson.series_title,
        lesson.number,
        lesson.title,
        asked(&lesson.questions[question])
    );
    let answer = |option| Action::Reviewed { place: place(lesson, question), option };
    Post::text(text).with_buttons(option_buttons(&lesson.questions[question], answer))
}

/// What was chosen on a review card. `today`: what is left after it.
pub(in crate::learning) fn reviewed(
    lesson: &Lesson,
    question: usize,
    option: usize,
    today: &Today<'_>,
    back_on: Option<NaiveDate>,
) -> Post {
    let asked = &lesson.questions[question];
    let back = back_on.map_or_else(String::new, |day| format!(" This card comes back on {}.", date_words(day)));
    let rest = if today.due.is_empty() { "\n\nThat is all for today. Well kept." } else { "" };
    let text = format!(
        "**Review**\nFrom {}, lesson {}: {}\n{}\n\n{}{back}{rest}",
        lesson.series_title,
        lesson.number,
        lesson.title,
        asked.text,
        explained(asked, option)
    );
    let post = Post::text(text);
    if today.due.is_empty() {
        return post;
    }
    post.with_buttons([Button::primary(Action::Review { guild: None }.to_id(), "Next card")])
}

/// Nothing to review now.
pub(in crate::learning) fn nothing_to_review(today: &Today<'_>) -> Post {
    Post::text(match (today.answered, today.next_on) {
        (0, None) => "There is nothing to review yet. Questions of the lessons you finish come back here after a week."
            .to_owned(),
        (0, Some(day)) => format!("Nothing to review today. The next card comes on {}.", date_words(day)),
        (_, Some(day)) if today.answered >= MOST_A_DAY => {
            format!("Three cards a day are enough, and you have done them. The next one comes on {}.", date_words(day))
        }
        (_, Some(day)) => format!("That is all for today. The next card comes on {}.", date_words(day)),
        (_, None) => "That is all for today.".to_owned(),
    })
}

/// Reminders of review cards were switched on.
pub(in crate::learning) fn reminders_on() -> Post {
    Post::text(
        "On working days when a card is due, you get one private message at 09:00, never more than one a day. /learn review reminders:False \
         stops it.",
    )
}

/// Reminders of review cards were switched off.
pub(in crate::learning) fn reminders_off() -> Post {
    Post::text("You will not be reminded any more. /learn review shows your cards whenever you like.")
}

/// The private message when cards are due.
pub(in crate::learning) fn review_reminder(guild: GuildId, group: &str, count: usize) -> Post {
    let cards = if count == 1 { "One card is".to_owned() } else { format!("{count} cards are") };
    Post::text(format!("{cards} ready for review from your lessons in **{group}**. It takes a minute or two."))
        .with_buttons([
            Button::primary(Action::Review { guild: Some(guild) }.to_id(), "Review"),
            Button::secondary(Action::Forget.to_id(), "Stop these messages"),
        ])
}

/// A catch-up has begun.
pub(in crate::learning) fn catching_up(series: &Series, open: usize, every_days: i64, first: &str) -> Post {
    let lessons = if open == 1 { "1 lesson that you have".to_owned() } else { format!("{open} lessons that you have") };
    let rhythm = if every_days == 1 { "working day".to_owned() } else { format!("{every_days} working days") };
    Post::text(format!(
        "The group has had {lessons} not done in **{}**. One comes to you privately every {rhythm}, the first on {first}. You can also begin \
         right now.",
        series.title
    ))
    .with_buttons([
        Button::primary(Action::Next { series: series.name.clone() }.to_id(), "Read the first one now"),
        Button::secondary(Action::Stop { series: series.name.clone() }.to_id(), "Stop"),
    ])
}

/// The private message with one lesson of a catch-up.
pub(in crate::learning) fn catch_up_lesson(guild: GuildId, lesson: &Lesson) -> Post {
    Post::text(lesson_text(lesson)).with_buttons([
        Button { id: Action::Open { guild, lesson: lesson.id.clone() }.to_id(), ..quiz_button(lesson) },
        Button::secondary(Action::Stop { series: lesson.series.clone() }.to_id(), "Stop these messages"),
    ])
}

/// The private message at the end of a catch-up. `open`: lessons sent that are still open.
pub(in crate::learning) fn caught_up(series: &Series, group: &str, open: usize) -> Post {
    let rest = match open {
        0 => String::new(),
        1 => " One lesson is still open; /learn next on the server shows it.".to_owned(),
        open => format!(" {open} lessons are still open; /learn next on the server shows them."),
    };
    Post::text(format!("You now have everything that **{group}** has had of **{}**.{rest}", series.title))
}

/// There is nothing to catch up with.
pub(in crate::learning) fn nothing_to_catch_up(series: &Series) -> Post {
    Post::text(format!(
        "You have done everything that the group has had of **{}** so far. /learn next shows what lies ahead.",
        series.title
    ))
}

/// A catch-up was stopped.
pub(in crate::learning) fn catch_up_stopped(series_title: &str) -> Post {
    Post::text(format!(
        "No more lessons of **{series_title}** are sent to you. /learn next on the server shows the next one whenever you like."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::looking_back::looks;
    use crate::learning::model::tests::series;

    #[test]
    fn looking_back_says_where_from_and_that_it_counts_for_nothing() {
        let series = series();
        let lesson = &series.lessons[1];
        let looks = looks(&series.lessons, lesson);
        insta::assert_snapshot!(look(lesson, &looks, 0).as_text());
        insta::assert_snapshot!(looked(lesson, &looks, 0, 0, Step::Finish).as_text());
    }

    #[test]
    fn review_is_a_minute_or_two() {
        let series = series();
        let lesson = &series.lessons[0];
        let day = |day| NaiveDate::from_ymd_opt(2026, 12, day);
        let today = |due: usize, answered, next_on| Today { due: vec![(lesson, 0); due], answered, next_on };
        let posts = [
            review_card(lesson, 0, &today(3, 0, None)),
            reviewed(lesson, 0, 0, &today(2, 1, None), day(8)),
            reviewed(lesson, 0, 1, &today(0, 3, day(8)), day(28)),
            nothing_to_review(&today(0, 0, None)),
            nothing_to_review(&today(0, 0, day(7))),
            nothing_to_review(&today(0, 1, day(7))),
            nothing_to_review(&today(0, 3, day(7))),
            reminders_on(),
            reminders_off(),
            review_reminder(GuildId(1), "Benefits Agency", 1),
            review_reminder(GuildId(1), "Benefits Agency", 3),
        ];
        insta::assert_snapshot!(posts.map(|post| post.as_text()).join("\n---\n"));
    }

    #[test]
    fn catching_up_begins_and_ends_kindly() {
        let series = series();
        let posts = [
            catching_up(&series, 1, 1, "Tuesday, November 24, 2026"),
            catching_up(&series, 3, 2, "Tuesday, November 24, 2026"),
            catch_up_lesson(GuildId(1), &series.lessons[0]),
            caught_up(&series, "Benefits Agency", 0),
            caught_up(&series, "Benefits Agency", 2),
            nothing_to_catch_up(&series),
            catch_up_stopped("The basics"),
        ];
        insta::assert_snapshot!(posts.map(|post| post.as_text()).join("\n---\n"));
    }
}
