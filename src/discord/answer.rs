//! From an interaction to exactly one answer, in time.
//!
//! A handler that has not answered after [`PATIENCE`] is acknowledged for it, and its answer follows when it is ready, so that nobody
//! ever reads "the application did not respond". What happens to go wrong on the way is told by the same door.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use serenity::model::application::Interaction;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument;

use super::body::{self, Callback, ChoiceBody, Choices, MOST_CHOICES};
use super::convert::{Door, Dropped, Kind, take_apart};
use super::dispatch::{Dispatcher, panicked};
use super::report;
use super::rest::{Fault, Rest};
use super::{Act, ControlId, Incoming, Reply};
use crate::error::{Error, Result};
use crate::post::Post;

/// Discord waits three seconds; the rest is for the way there and back.
const PATIENCE: Duration = Duration::from_millis(2300);

/// Callback types.
const MESSAGE: u8 = 4;
const DEFERRED_MESSAGE: u8 = 5;
const DEFERRED_UPDATE: u8 = 6;
const UPDATE: u8 = 7;
const SUGGESTIONS: u8 = 8;
const FORM: u8 = 9;

/// Answers one interaction. Returns when everything has been said, which for slow work is later than the first answer.
pub(super) async fn serve(dispatcher: &Dispatcher, rest: &Rest, interaction: Interaction) {
    let deadline = Instant::now() + PATIENCE;
    let (incoming, door) = match take_apart(interaction) {
        Ok(taken) => taken,
        Err(Dropped::Nobody) => return tracing::error!("Discord sent an interaction without a person; it was dropped"),
        Err(Dropped::Unknown) => return tracing::warn!("Discord sent a kind of interaction that cxbot does not know"),
    };
    if !dispatcher.taken_up.take_up(incoming.id) {
        return tracing::debug!("An interaction came twice; it was answered the first time");
    }
    let span = span(&incoming, door.kind);
    answer_in_time(dispatcher, &Answerer { rest, door: &door }, &incoming, deadline).instrument(span).await;
}

/// Names what was asked and never who asked or what they chose.
fn span(incoming: &Incoming, kind: Kind) -> tracing::Span {
    let kind = kind.name();
    match &incoming.act {
        Act::Command(call) => tracing::info_span!("interaction", kind, path = call.path),
        Act::Typing(typed) => tracing::info_span!("interaction", kind, path = typed.path),
        Act::Control(control) => {
            let id = ControlId::parse(&control.id);
            tracing::info_span!("interaction", kind, feature = id.map(|id| id.feature), action = id.map(|id| id.action))
        }
    }
}

async fn answer_in_time(dispatcher: &Dispatcher, answerer: &Answerer<'_>, incoming: &Incoming, deadline: Instant) {
    let work = dispatcher.decide(incoming);
    tokio::pin!(work);
    match timeout_at(deadline, &mut work).await {
        Ok(decided) => answerer.answer(decided).await,
        Err(_) if answerer.door.kind == Kind::Typing => {
            tracing::warn!("Suggestions took too long; none were shown");
            answerer.answer(Ok(Reply::Suggest(Vec::new()))).await;
        }
        Err(_) => {
            tracing::warn!("A handler took too long to answer at once; its answer follows");
            answerer.defer().await;
            answerer.answer_late(work.await).await;
        }
    }
}

struct Answerer<'a> {
    rest: &'a Rest,
    door: &'a Door,
}

impl Answerer<'_> {
    /// The first answer.
    async fn answer(&self, decided: Result<Reply>) {
        let reply = decided.unwrap_or_else(|error| self.told(&error));
        let sent = match reply {
            Reply::Update(post) if self.door.kind.is_on_message() => {
                self.send(UPDATE, Some(body::message(&post)), &post.files).await
            }
            Reply::Say(post) | Reply::Update(post) => self.message(&post, true).await,
            Reply::Show(post) => self.message(&post, false).await,
            Reply::Ask(form) if matches!(self.door.kind, Kind::Command | Kind::Press) => {
                self.send(FORM, Some(body::modal(&form)), &[]).await
            }
            Reply::Suggest(choices) => {
                let choices = choices
                    .iter()
                    .take(MOST_CHOICES)
                    .map(|choice| ChoiceBody { name: &choice.label, value: &choice.value })
                    .collect();
                self.send(SUGGESTIONS, Some(Choices { choices }), &[]).await
            }
            Reply::Nothing if self.door.kind.is_on_message() => self.send(DEFERRED_UPDATE, None::<()>, &[]).await,
            Reply::Nothing => self.message(&Post::text("Done."), true).await,
            Reply::Later { visible, work } => {
                let deferred = self.send(DEFERRED_MESSAGE, Some(body::visibility(!visible)), &[]).await;
                if deferred.is_ok() {
                    let post = finish(work).await.unwrap_or_else(|error| report::words(&error));
                    Self::note(self.edit(&post).await);
                }
                deferred
            }
            Reply::Ask(_) => {
                let fault = Error::internal("A form cannot be the answer to a form or to suggestions");
                self.message(&report::words(&fault), true).await
            }
        };
        if let Err(fault) = sent
            && !Self::is_harmless(&fault)
        {
            // The message itself may be what Discord declined, so the person still gets a plain one.
            let words = report::words(&Error::internal(format!("An answer was not accepted: {fault}")));
            if matches!(fault, Fault::Declined { .. }) && self.door.kind != Kind::Typing {
                Self::note(self.message(&words, true).await);
            }
        }
    }

    /// Acknowledges, so that the answer may come later. A press keeps its message as it is; anything else shows "thinking".
    async fn defer(&self) {
        let sent = if self.door.kind.is_on_message() {
            self.send(DEFERRED_UPDATE, None::<()>, &[]).await
        } else {
            self.send(DEFERRED_MESSAGE, Some(body::visibility(true)), &[]).await
        };
        Self::note(sent);
    }

    /// The answer after [`Answerer::defer`].
    async fn answer_late(&self, decided: Result<Reply>) {
        let reply = decided.unwrap_or_else(|error| self.told(&error));
        let on_message = self.door.kind.is_on_message();
        let sent = match reply {
            Reply::Say(post) if on_message => self.more(&post, true).await,
            Reply::Say(post) | Reply::Update(post) => self.edit(&post).await,
            Reply::Show(post) => self.show_late(&post).await,
            Reply::Nothing if on_message => Ok(()),
            Reply::Nothing => self.edit(&Post::text("Done.")).await,
            Reply::Later { visible, work } => {
                let post = finish(work).await.unwrap_or_else(|error| report::words(&error));
                if visible {
                    self.show_late(&post).await
                } else if on_message {
                    self.more(&post, true).await
                } else {
                    self.edit(&post).await
                }
            }
            Reply::Ask(_) | Reply::Suggest(_) => {
                let post = Post::text("That took longer than Discord allows for opening a form. Please try again.");
                if on_message { self.more(&post, true).await } else { self.edit(&post).await }
            }
        };
        Self::note(sent);
    }

    /// A message for everybody, after "thinking" was shown to one person alone.
    async fn show_late(&self, post: &Post) -> Result<(), Fault> {
        if !self.door.kind.is_on_message() {
            self.edit(&Post::text("Done; see the message below.")).await?;
        }
        self.more(post, false).await
    }

    fn told(&self, error: &Error) -> Reply {
        if self.door.kind == Kind::Typing {
            // There is no place for words under an option being typed; a fault is still logged.
            if matches!(error, Error::Internal(_)) {
                report::words(error);
            }
            return Reply::Suggest(Vec::new());
        }
        Reply::Say(report::words(error))
    }

    async fn message(&self, post: &Post, only_for_them: bool) -> Result<(), Fault> {
        self.send(MESSAGE, Some(body::message(post).only_for_them(only_for_them)), &post.files).await
    }

    async fn edit(&self, post: &Post) -> Result<(), Fault> {
        self.rest.edit_answer(self.door.application, &self.door.token, post).await
    }

    async fn more(&self, post: &Post, only_for_them: bool) -> Result<(), Fault> {
        self.rest.answer_more(self.door.application, &self.door.token, post, only_for_them).await
    }

    async fn send<D: serde::Serialize>(
        &self,
        r#type: u8,
        data: Option<D>,
        files: &[crate::post::File],
    ) -> Result<(), Fault> {
        self.rest.answer((self.door.id, &self.door.token), &Callback { r#type, data }, files).await
    }

    fn note(sent: Result<(), Fault>) {
        if let Err(fault) = sent
            && !Self::is_harmless(&fault)
        {
            tracing::error!(%fault, "An answer could not be given");
        }
    }

    /// Whether a fault needs no further answer: the interaction was answered before, or can no longer be.
    fn is_harmless(fault: &Fault) -> bool {
        if fault.is_code(40060) {
            tracing::debug!("An interaction had been answered before");
            true
        } else if fault.is_code(10062) {
            tracing::warn!("An interaction was answered too late for Discord");
            true
        } else {
            false
        }
    }
}

async fn finish(work: BoxFuture<'static, Result<Post>>) -> Result<Post> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| Err(panicked(&*panic)))
}
