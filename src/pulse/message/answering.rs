//! The screens of answering a pulse of several questions: start, one question, review, sent. Phone-sized.

use std::fmt::Write;

use super::{Action, at};
use crate::post::{Button, Card, Form, Input, Post, Select, SelectKind, SelectOption};
use crate::pulse::model::Pulse;
use crate::survey::{Answer, Given, Kind, MOST_COMMENT_CHARS, Paper, Question, Responses};
use crate::text::{escape, plural, shorten};

/// What everybody reads before they write.
pub(super) const BEFORE_WRITING: &str = "Leave names out: in a small group people may guess from what you write. Mentions, addresses, numbers and links are taken \
     out. Two leads read comments after the close, apart from all other answers. Nobody can follow up on a comment, so take harassment \
     or danger to your agency's own office for it.";

/// A pulse as somebody answers it.
#[derive(Clone, Copy)]
pub(in crate::pulse) struct PulseView<'a> {
    pub(in crate::pulse) pulse: &'a Pulse,
}

impl PulseView<'_> {
    fn id(self, action: impl FnOnce(crate::pulse::PulseId) -> Action<'static>) -> String {
        action(self.pulse.id).to_id()
    }

    fn questions(&self) -> &[Question] {
        &self.pulse.definition.questions
    }

    fn first(self, mine: &Responses) -> usize {
        mine.first_open(self.questions()).unwrap_or(0)
    }

    /// Before the first question: the promise, and where one stands.
    pub(in crate::pulse) fn start(self, paper: &Paper) -> Post {
        let definition = &self.pulse.definition;
        let stands = match (&paper.sent, &paper.draft) {
            (None, None) => "Nothing counts until you press “Send my answers” at the end.",
            (None, Some(_)) => "You have begun. Nothing counts until you press “Send my answers” at the end.",
            (Some(_), None) => "Your answers are sealed. You can look at them, change or withdraw them.",
            (Some(_), Some(_)) => {
                "Your answers are sealed, and you have begun to change them. The change counts when you press “Send my answers”."
            }
        };
        let post = Post::text(format!(
            "**{}**\n{} One press each.\n\n{}\n\n{stands}",
            definition.title,
            plural(definition.questions.len() as u64, "question.", "questions at most."),
            self.pulse.promise,
        ));
        let review = || Button::primary(self.id(|pulse| Action::Review { pulse }), "Look at my answers");
        let withdraw = || Button::danger(self.id(|pulse| Action::Withdraw { pulse }), "Withdraw my answers");
        match (&paper.sent, &paper.draft) {
            (None, None) => {
                post.with_buttons([Button::primary(self.id(|pulse| Action::Show { pulse, index: 0 }), "Start")])
            }
            (None, Some(draft)) => {
                let index = self.first(draft);
                post.with_buttons([
                    Button::primary(self.id(|pulse| Action::Show { pulse, index }), "Go on"),
                    withdraw(),
                ])
            }
            (Some(_), _) => post.with_buttons([review(), withdraw()]),
        }
    }

    /// One question.
    pub(in crate::pulse) fn question(self, mine: &Responses, index: usize) -> Post {
        let questions = self.questions();
        let Some(question) = questions.get(index) else { return self.review(mine, false) };
        let asked = mine.asked(questions);
        let place = asked.iter().position(|&other| other == index).unwrap_or(0) + 1;
        let given = mine.given(index);
        let mut text =
            format!("{} · question {place} of {}\n\n**{}**", self.pulse.definition.title, asked.len(), question.ask);
        let choice = |given_here: Answer, label: &str, chosen: bool| {
            let id = Action::Give { pulse: self.pulse.id, index, token: &given_here.token() }.to_id();
            if chosen {
                Button::primary(id, shorten(&format!("✓ {label}"), 80))
            } else {
                Button::secondary(id, label)
            }
        };
        let post = match &question.kind {
            Kind::Comment => {
                let _ = write!(text, "\n{BEFORE_WRITING}");
                if let Given::Words(words) = given {
                    let _ = write!(text, "\n\nYou wrote:\n> {}", escape(words).replace('\n', "\n> "));
                }
                let label = if matches!(given, Given::Words(_)) { "Change my comment" } else { "Write a comment" };
                let id = self.id(|pulse| Action::Write { pulse, index });
                Post::text(text).with_buttons([Button::primary(id, label)])
            }
            Kind::Several { options } => {
                text.push_str("\nChoose one or more.");
                let picked = |place: u8| matches!(given, Given::Several(places) if places.contains(&place));
                let entries = (0_u8..).zip(options).map(|(place, label)| SelectOption {
                    picked: picked(place),
                    ..SelectOption::new(place.to_string(), label)
                });
                let most = u8::try_from(options.len()).unwrap_or(25);
                Post::text(text).with_select(Select {
                    id: self.id(|pulse| Action::Pick { pulse, index }),
                    kind: SelectKind::Options(entries.collect()),
                    placeholder: "Choose one or more".into(),
                    min: 1,
                    max: most,
                })
            }
            kind => {
                let options = kind.options();
                let buttons: Vec<Button> = (0_u8..)
                    .zip(&options)
                    .map(|(place, label)| choice(Answer::Option(place), label, *given == Given::Option(place)))
                    .collect();
                let rows = buttons.len().div_ceil(5).max(1);
                let a_row = buttons.len().div_ceil(rows).max(1);
                buttons.chunks(a_row).fold(Post::text(text), |post, row| post.with_buttons(row.to_vec()))
            }
        };
        let back = mine
            .back(questions, index)
            .map(|index| Button::secondary(self.id(|pulse| Action::Show { pulse, index }), "Back"));
        let apart = question
            .does_not_apply
            .as_deref()
            .map(|label| choice(Answer::DoesNotApply, label, *given == Given::DoesNotApply));
        let on = match (given, mine.next(questions, Some(index))) {
            (Given::Nothing | Given::Skipped, _) => choice(Answer::Skipped, "Skip this question", false),
            (_, Some(next)) => Button::secondary(self.id(|pulse| Action::Show { pulse, index: next }), "Next"),
            (_, None) => Button::secondary(self.id(|pulse| Action::Review { pulse }), "Check my answers"),
        };
        post.with_buttons(back.into_iter().chain(apart).chain([on]))
    }

    /// The form for a comment.
    pub(in crate::pulse) fn comment_form(self, mine: &Responses, index: usize) -> Form {
        let mut input = Input::long("words", "Your comment, without names", MOST_COMMENT_CHARS)
            .optional()
            .hint("What would help? Leave it empty to say nothing.");
        if let Given::Words(words) = mine.given(index) {
            input = input.filled(words);
        }
        Form::new(self.id(|pulse| Action::Wrote { pulse, index }), shorten(&self.pulse.definition.title, 45), [input])
    }

    /// Everything once more before it is sent.
    pub(in crate::pulse) fn review(self, mine: &Responses, has_sent: bool) -> Post {
        let questions = self.questions();
        let asked = mine.asked(questions);
        let lines = asked.iter().zip(1..).map(|(&index, number)| {
            let question = &questions[index];
            format!("{number}. {}\n**{}**", shorten(&question.ask, 90), in_words(question, mine.given(index)))
        });
        let sends = if has_sent {
            "What you sent before counts until you send again."
        } else {
            "Nothing counts until you send it."
        };
        let text = format!(
            "{} · check your answers\n{sends} You can change or withdraw your answers until {}.",
            self.pulse.definition.title,
            at(self.pulse.closes_at)
        );
        let change = Select::one(
            self.id(|pulse| Action::Change { pulse }),
            "Change an answer",
            asked.iter().map(|&index| SelectOption::new(index.to_string(), shorten(&questions[index].ask, 100))),
        );
        let discard = if has_sent { "Keep what I sent" } else { "Throw this away" };
        Post::text(text)
            .with_card(Card::new("Only you see this", shorten(&lines.collect::<Vec<_>>().join("\n"), 4_000)))
            .with_select(change)
            .with_buttons([
                Button::success(self.id(|pulse| Action::Send { pulse }), "Send my answers"),
                Button::secondary(self.id(|pulse| Action::Discard { pulse }), discard),
            ])
    }

    /// After sending.
    pub(in crate::pulse) fn sent(self) -> Post {
        Post::text(format!(
            "Your answers are sealed. Thank you. You can look at them, change or withdraw them until {}; nothing is shown to anybody \
             before the close. Then they are counted and destroyed.",
            at(self.pulse.closes_at)
        ))
        .with_buttons([
            Button::secondary(self.id(|pulse| Action::Review { pulse }), "Look at my answers"),
            Button::danger(self.id(|pulse| Action::Withdraw { pulse }), "Withdraw my answers"),
        ])
    }

    /// After throwing a draft away.
    pub(in crate::pulse) fn discarded(self, kept: bool) -> Post {
        let closes = at(self.pulse.closes_at);
        Post::text(if kept {
            format!(
                "Nothing was changed: what you sent before still counts. You can change it until {closes}, with “Answer” on the post."
            )
        } else {
            format!(
                "Thrown away: nothing of yours is stored. You can answer until {closes}, with “Answer” on the post."
            )
        })
    }
}

/// An answer in words, for the person who gave it and, in a named pulse, for leads.
pub(in crate::pulse) fn in_words(question: &Question, given: &Given) -> String {
    let options = question.kind.options();
    let label = |place: &u8| options.get(usize::from(*place)).cloned().unwrap_or_default();
    match given {
        Given::Nothing => "No answer yet".into(),
        Given::Skipped => "Skipped".into(),
        Given::Option(place) => label(place),
        Given::Several(places) => shorten(&places.iter().map(label).collect::<Vec<_>>().join(", "), 200),
        Given::Words(words) => shorten(&escape(words).replace('\n', " "), 200),
        Given::DoesNotApply => question.does_not_apply.clone().unwrap_or_default(),
    }
}
