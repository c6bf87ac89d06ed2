//! Learning: short lessons that a group reads together, and that each member keeps for good.
//!
//! A lesson is one Markdown file. A lead posts it, or the calendar does once a week; a thread below it holds the discussion. Anybody may
//! take its quiz as often as they like, in private: every option explains itself, and a lesson is done from three right answers in four.
//! Nobody but the learner sees how they answered or what they have done. There are no points, no streaks and no rankings. Leads see
//! counts, each of at least five people.
//!
//! What was learned comes back: a quiz asks again from the lesson before and the fourth before, and review cards return after a week, a
//! month and a quarter, three a day at most and only to those who ask. Who joined late may have the earlier lessons sent to them. Who has
//! done a whole series gets a certificate with a code that anybody can check.
//!
//! Lessons are read anew when their files change. One that is removed or rewritten while somebody is in its quiz says so kindly; one
//! that is rewritten after it was posted is not posted again.

mod calendar;
mod catch_up;
mod certificate;
mod certifying;
mod chat;
mod content;
mod day;
mod job;
mod library;
mod lint;
mod looking_back;
mod message;
mod model;
mod overview;
mod posting;
mod quiz;
mod reading;
mod results;
mod review;
mod reviewing;
mod store;

pub use chat::Learning;
pub use job::{JOB, PostLesson};
pub use library::{Library, Series, Shelf};
pub use lint::{check, reading_grade};
pub use message::{Action, NAME, Place, lesson_post, thread_text};
pub use model::{Answered, Lesson, Next, Question, QuestionOption, Quiz};
pub use store::{
    NewLessonPost, has_posted_since, list_answers, list_done, list_posted, record_answer, record_done, record_post,
    restart_quiz,
};

/// What lessons hold on a person, for `/me`.
pub const PERSONAL: crate::people::Tables = crate::people::Tables {
    title: "Lessons",
    remains: "How many people did a lesson, and the share of right first answers from five people on, stay as counts. That you posted a lesson \
              as a lead stays noted with the post.",
    tables: &[
        crate::personal_table!(
            "Answers in quizzes",
            "lesson_answers",
            "user_id",
            ["lesson_id", "version", "question", "first_right", "latest_right", "answered_at"]
        ),
        crate::personal_table!("Lessons done", "lesson_completions", "user_id", ["lesson_id", "version", "done_at"]),
        crate::personal_table!("Questions looked back at", "lesson_looks", "user_id", ["lesson_id", "version", "look"]),
        crate::personal_table!(
            "Review cards",
            "review_cards",
            "user_id",
            ["lesson_id", "question", "version", "box", "due_on", "asked_on"]
        ),
        crate::personal_table!("Reminders of review cards", "review_reminders", "user_id", ["started_at"]),
        crate::personal_table!(
            "Courses to catch up on",
            "catch_ups",
            "user_id",
            ["series", "every_days", "started_at"]
        ),
        crate::personal_table!("Lessons sent to catch up", "catch_up_lessons", "user_id", ["series", "lesson_id"]),
        crate::personal_table!("Your home for private lessons", "lesson_homes", "user_id", ["guild_id"]),
        crate::people::Table {
            words: "Lessons that you posted",
            person: "lesson_posts.posted_by",
            columns: &["lesson_id", "posted_at"],
            rows: "select '\u{1f}' || lesson_id || '\u{1f}' || cast(posted_at as text)
                 from lesson_posts where guild_id = $1 and posted_by = $2",
            erase: None,
        },
        crate::personal_table!(
            "Certificates",
            "certificates",
            "user_id",
            ["code", "series_title", "name", "finished_on"]
        ),
    ],
};
