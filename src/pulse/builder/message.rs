//! Every word of building a pulse.

use std::fmt::Write;

use super::draft::MOST_RATED;
use super::{Entry, Form, Kept, Step};
use crate::post::{self, Button, Card, Input, Post, Select, SelectOption};
use crate::pulse::builder::Draft;
use crate::pulse::definition::Definition;
use crate::pulse::message::Action;
use crate::survey::{Kind, Question};
use crate::text::{escape, plural, shorten};

fn id(draft: i64, step: Step) -> String {
    Action::Build { step: &step.to_text(draft) }.to_id()
}

/// What a pulse is called, why it is asked, how long it is open.
pub(super) fn about(kept: &Kept) -> post::Form {
    let filled = |input: Input, text: &str| if text.is_empty() { input } else { input.filled(text) };
    let draft = &kept.draft;
    post::Form::new(
        id(kept.id, Step::AboutWritten),
        "A pulse of your own",
        [
            filled(Input::short("title", "What people call it", 60).hint("For example: Desk moves"), &draft.title),
            filled(Input::long("purpose", "Why you ask, in one sentence", 300), &draft.purpose),
            filled(Input::short("days", "Days open, 1 to 30 (5 if left empty)", 2).optional().hint("5"), &draft.days),
        ],
    )
}

/// The words of one question.
pub(super) fn question(draft: i64, place: Option<usize>, form: Form, before: &Entry) -> post::Form {
    let filled = |input: Input, text: &str| if text.is_empty() { input } else { input.filled(text) };
    let (name, _) = form.words();
    let hint = match form {
        Form::Comment => "For example: What one change would help most?",
        Form::Agree => "A sentence: I can find what I need.",
        _ => "For example: How easy was it to get help last month?",
    };
    let mut inputs = vec![filled(Input::long("ask", "The question, under 20 words", 200).hint(hint), &before.ask)];
    if form.has_options() {
        let input = Input::long("options", "Options, one a line, 2 to 15", 1_300);
        let hint = if form == Form::Steps { "From worst to best, in words" } else { "In words" };
        inputs.push(filled(input.hint(hint), &before.options.join("\n")));
    }
    if form.has_ends() {
        inputs.push(filled(Input::short("low", "What the lowest number means", 80).hint("Not at all"), &before.low));
        inputs.push(filled(Input::short("high", "What the highest number means", 80).hint("Fully"), &before.high));
    }
    if form != Form::Comment {
        let input = Input::short("way-out", "Way out, if some cannot answer", 80).optional();
        inputs.push(filled(input.hint("Does not apply to me"), &before.way_out));
    }
    post::Form::new(id(draft, Step::Written { place, form }), shorten(&format!("Question: {name}"), 45), inputs)
}

/// Where the draft stands, what is to mend, what can be done.
pub(super) fn screen(kept: &Kept, done: Option<&str>) -> Post {
    let draft = &kept.draft;
    let found = draft.definition("draft");
    let mut text = String::new();
    if let Some(done) = done {
        let _ = write!(text, "{done}\n\n");
    }
    let _ = write!(text, "**{}**", escape(&draft.title_in_words()));
    if !draft.purpose.is_empty() {
        let _ = write!(text, "\n{}", escape(&draft.purpose));
    }
    let days = if draft.days.is_empty() { "5" } else { &draft.days };
    let days = if days == "1" { "1 day".to_owned() } else { format!("{} days", escape(days)) };
    let _ = write!(text, "\nOpen for {days}.");
    if draft.of.is_some() {
        text.push_str(" Saving makes the next version; runs that were posted keep the questions they had.");
    }
    match &found {
        Ok(_) => text
            .push_str("\n\nNothing to mend: it can be saved. It is kept as a draft until then, also over a restart."),
        Err(problems) => {
            text.push_str("\n\n**To mend before it can be saved**");
            for problem in problems.iter().take(10) {
                let _ = write!(text, "\n- {}", escape(problem));
            }
            if problems.len() > 10 {
                let _ = write!(text, "\n- and {} more", problems.len() - 10);
            }
        }
    }
    let lines: Vec<String> = (1..)
        .zip(&draft.questions)
        .map(|(number, entry)| {
            let words = if entry.ask.is_empty() { "(no words yet)".to_owned() } else { escape(&entry.ask) };
            format!("{number}. {words}\n   {}", answers(entry))
        })
        .collect();
    let listed = if lines.is_empty() { "None yet. Add the first below.".to_owned() } else { lines.join("\n") };
    let mut post = Post::text(text).with_card(Card::new("Questions", shorten(&listed, 3_900)));
    if draft.questions.len() <= MOST_RATED {
        post = post.with_select(kinds(kept.id, Step::Add, "Add a question: how is it answered?", None));
    }
    if !draft.questions.is_empty() {
        post = post.with_select(Select::one(
            id(kept.id, Step::Pick),
            "Change a question",
            draft.questions.iter().enumerate().map(|(place, entry)| {
                let words = if entry.ask.is_empty() { "(no words yet)" } else { &entry.ask };
                SelectOption::new(place.to_string(), shorten(&format!("{}. {words}", place + 1), 100))
            }),
        ));
    }
    let may_save = found.is_ok();
    let preview = Button { enabled: may_save, ..Button::secondary(id(kept.id, Step::Preview), "Preview") };
    let save = Button { enabled: may_save, ..Button::success(id(kept.id, Step::Save), "Save") };
    post.with_buttons([
        Button::secondary(id(kept.id, Step::About), "Title and purpose"),
        preview,
        save,
        Button::danger(id(kept.id, Step::ThrowAway), "Throw away"),
    ])
}

fn kinds(draft: i64, step: Step, placeholder: &str, now: Option<Form>) -> Select {
    Select::one(
        id(draft, step),
        placeholder,
        Form::ALL.into_iter().filter(|form| Some(*form) != now).map(|form| {
            let (name, described) = form.words();
            SelectOption::new(form.key(), name).described(described)
        }),
    )
}

/// How a question of a draft is answered, on one line.
fn answers(entry: &Entry) -> String {
    let (name, described) = entry.form.words();
    let mut text = if entry.form.has_options() && !entry.options.is_empty() {
        format!("{name}: {}", shorten(&entry.options.join(" · "), 200))
    } else if entry.form.has_ends() {
        format!("{name}: {} … {}", entry.low, entry.high)
    } else {
        format!("{name}: {described}")
    };
    if !entry.way_out.is_empty() && entry.form != Form::Comment {
        let _ = write!(text, "; or “{}”", entry.way_out);
    }
    escape(&text)
}

/// One question and what can be done with it.
pub(super) fn one(draft: i64, place: usize, entry: &Entry, all: usize) -> Post {
    let (name, _) = entry.form.words();
    let words = if entry.ask.is_empty() { "(no words yet)".to_owned() } else { escape(&entry.ask) };
    let up = Button { enabled: place > 0, ..Button::secondary(id(draft, Step::Up { place }), "Move up") };
    Post::text(format!("**Question {} of {all}**\n{words}\n{}", place + 1, answers(entry)))
        .with_select(kinds(
            draft,
            Step::Retype { place },
            &format!("Now: {name}. Answer it in another way"),
            Some(entry.form),
        ))
        .with_buttons([
            Button::primary(id(draft, Step::Edit { place }), "Change the words"),
            up,
            Button::danger(id(draft, Step::Remove { place }), "Take out"),
            Button::secondary(id(draft, Step::Show), "Back"),
        ])
}

/// What people will see.
pub(super) fn preview(draft: i64, definition: &Definition) -> Post {
    let text = format!(
        "**As people will see it**\n\n**Pulse: {}**\n{}\n\n{}, open for {}.",
        escape(&definition.title),
        escape(&definition.purpose),
        plural(definition.questions.len() as u64, "question", "questions"),
        plural(u64::from(definition.days), "day", "days")
    );
    let answer = |question: &Question| {
        let mut answers = match &question.kind {
            Kind::Comment => vec!["a box for a comment".to_owned()],
            kind => kind.options(),
        };
        answers.extend(question.does_not_apply.clone());
        if definition.one_press().is_none() {
            answers.push("Skip this question".to_owned());
        }
        let many = if matches!(question.kind, Kind::Several { .. }) { "One or more of: " } else { "" };
        escape(&format!("{many}{}", answers.join(" · ")))
    };
    let mut card = Card::new("Question by question", "");
    // Seven of these stay under the 6,000 characters of a whole card.
    for question in &definition.questions {
        card = card.with_field(escape(&shorten(&question.ask, 100)), shorten(&answer(question), 700));
    }
    Post::text(text).with_card(card).with_buttons([
        Button::success(id(draft, Step::Save), "Save"),
        Button::secondary(id(draft, Step::Show), "Back"),
    ])
}

/// After saving.
pub(super) fn saved(definition: &Definition, version: u32) -> Post {
    let version = if version > 1 { format!(" as version {version}") } else { String::new() };
    Post::text(format!(
        "“{}” is saved{version}. `/pulse open` and `/pulse schedule` offer it to every lead of this server. Once it is posted, its questions \
         stand as they are; `/pulse new pulse:{}` makes the next version.",
        escape(&definition.title),
        definition.name
    ))
}

/// Before something is lost.
pub(super) fn sure(kept: &Kept) -> Post {
    Post::text(format!(
        "Throw away the draft “{}” with {}? Pulses that were saved or posted stay.",
        escape(&kept.draft.title_in_words()),
        plural(kept.draft.questions.len() as u64, "question", "questions")
    ))
    .with_buttons([
        Button::danger(id(kept.id, Step::ThrownAway), "Throw it away"),
        Button::secondary(id(kept.id, Step::Show), "Keep it"),
    ])
}

/// After that.
pub(super) fn thrown_away(draft: &Draft) -> Post {
    Post::text(format!("The draft “{}” is gone. `/pulse new` begins another.", escape(&draft.title_in_words())))
}
