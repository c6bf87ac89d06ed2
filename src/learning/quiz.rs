//! One member in one quiz: the lesson's own questions, then what it asks again from earlier ones.

use super::day::Moment;
use super::library::{Library, Series};
use super::looking_back::{Look, looks};
use super::message::{self, LearningRefusal, Place};
use super::model::{Begin, Lesson, Quiz, Step};
use super::store;
use crate::discord::Reply;
use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::services::Services;
use crate::store::Tx;

/// A lesson that somebody is in the quiz of.
pub(super) enum Still<'library> {
    Same(&'library Lesson),
    Rewritten(&'library Lesson),
}

/// The lesson that a control was made for, if it is still the same.
pub(super) fn still<'library>(library: &'library Library, id: &str, version: &str) -> Result<Still<'library>> {
    let lesson = library.find(id).ok_or(LearningRefusal::LessonGone)?;
    Ok(if lesson.version == version { Still::Same(lesson) } else { Still::Rewritten(lesson) })
}

fn in_range(lesson: &Lesson, place: &Place) -> Result<usize> {
    (place.question < lesson.questions.len())
        .then_some(place.question)
        .ok_or_else(|| LearningRefusal::OldControl.into())
}

fn looks_of<'library>(library: &'library Library, lesson: &Lesson) -> Vec<Look<'library>> {
    library.find_series(&lesson.series).map_or_else(Vec::new, |series| looks(&series.lessons, lesson))
}

/// Where a member stands: the quiz, and the first look-back question that is open.
async fn standing(
    tx: &mut Tx,
    lesson: &Lesson,
    look_count: usize,
    guild: GuildId,
    user: UserId,
) -> Result<(Quiz, Option<usize>)> {
    let quiz = Quiz::of(lesson.questions.len(), &store::list_answers(tx, guild, user, lesson).await?);
    let looked = store::list_looks(tx, guild, user, lesson).await?;
    Ok((quiz, (0..look_count).find(|look| !looked.contains(look))))
}

/// Takes up the quiz where it was left, or begins a new round when the last one is over.
pub(super) async fn begin(
    services: &Services,
    library: &Library,
    lesson: &Lesson,
    guild: GuildId,
    user: UserId,
) -> Result<Reply> {
    let looks = looks_of(library, lesson);
    let (asked, look_count) = (lesson.clone(), looks.len());
    let (quiz, look) = services
        .store
        .read(move |tx| Box::pin(async move { standing(tx, &asked, look_count, guild, user).await }))
        .await?;
    let first = match (quiz.begin(), look) {
        (Begin::At(question), _) => question,
        // Not when the quiz was missed: then whoever comes back wants its questions again.
        (Begin::Anew, Some(look)) if quiz.is_passed() => return Ok(Reply::Say(message::look(lesson, &looks, look))),
        (Begin::Anew, _) => {
            let again = lesson.clone();
            services
                .store
                .write(move |tx| Box::pin(async move { store::restart_quiz(tx, guild, user, &again).await }))
                .await?;
            0
        }
    };
    Ok(Reply::Say(message::question(lesson, first)))
}

/// Shows one question.
pub(super) fn ask(library: &Library, place: &Place) -> Result<Reply> {
    Ok(Reply::Update(match still(library, &place.lesson, &place.version)? {
        Still::Same(lesson) => message::question(lesson, in_range(lesson, place)?),
        Still::Rewritten(lesson) => message::rewritten(lesson),
    }))
}

/// Takes an answer, explains it, and notes the lesson as done when it is.
pub(super) async fn answer(
    services: &Services,
    library: &Library,
    place: &Place,
    option: usize,
    guild: GuildId,
    user: UserId,
) -> Result<Reply> {
    let lesson = match still(library, &place.lesson, &place.version)? {
        Still::Same(lesson) => lesson,
        Still::Rewritten(lesson) => return Ok(Reply::Update(message::rewritten(lesson))),
    };
    let question = in_range(lesson, place)?;
    let right = lesson.questions[question].options.get(option).ok_or(LearningRefusal::OldControl)?.correct;
    let look_count = looks_of(library, lesson).len();
    let (answered, moment) = (lesson.clone(), Moment::of(services));
    let (quiz, look) = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::record_answer(tx, guild, user, &answered, question, right, moment.now).await?;
                let (quiz, look) = standing(tx, &answered, look_count, guild, user).await?;
                if quiz.is_passed() && store::record_done(tx, guild, user, &answered, moment.now).await? {
                    let today = moment.on(tx, guild).await?.today;
                    store::make_cards(tx, guild, user, &answered, today).await?;
                }
                Ok((quiz, look))
            })
        })
        .await?;
    let step = match (quiz.after(question), look) {
        (Some(next), _) => Step::Question(next),
        (None, Some(look)) => Step::Look(look),
        (None, None) => Step::Finish,
    };
    Ok(Reply::Update(message::feedback(lesson, question, option, step)))
}

/// Shows one look-back question.
pub(super) fn look(library: &Library, place: &Place) -> Result<Reply> {
    let lesson = match still(library, &place.lesson, &place.version)? {
        Still::Same(lesson) => lesson,
        Still::Rewritten(lesson) => return Ok(Reply::Update(message::rewritten(lesson))),
    };
    let looks = looks_of(library, lesson);
    if place.question >= looks.len() {
        return Err(LearningRefusal::OldControl.into());
    }
    Ok(Reply::Update(message::look(lesson, &looks, place.question)))
}

/// Takes the answer to a look-back question. `earlier` is the version of the earlier lesson that was shown; when the series has been put
/// in another order since, or that lesson rewritten, what stands there now is asked instead.
pub(super) async fn looked(
    services: &Services,
    library: &Library,
    place: &Place,
    earlier: &str,
    option: usize,
    guild: GuildId,
    user: UserId,
) -> Result<Reply> {
    let lesson = match still(library, &place.lesson, &place.version)? {
        Still::Same(lesson) => lesson,
        Still::Rewritten(lesson) => return Ok(Reply::Update(message::rewritten(lesson))),
    };
    let looks = looks_of(library, lesson);
    let asked = *looks.get(place.question).ok_or(LearningRefusal::OldControl)?;
    if asked.lesson.version != earlier {
        return Ok(Reply::Update(message::look(lesson, &looks, place.question)));
    }
    let right = asked.asked().options.get(option).ok_or(LearningRefusal::OldControl)?.correct;
    let (of, from, question, look, look_count) =
        (lesson.clone(), asked.lesson.clone(), asked.question, place.question, looks.len());
    let moment = Moment::of(services);
    let next = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                store::record_look(tx, guild, user, &of, look).await?;
                let today = moment.on(tx, guild).await?.today;
                let cards = store::list_cards(tx, guild, user).await?;
                let card = cards
                    .iter()
                    .find(|card| card.lesson == from.id && card.version == from.version && card.question == question);
                if let Some(card) = card {
                    store::save_card(tx, guild, user, &card.answered(right, today)).await?;
                }
                Ok(standing(tx, &of, look_count, guild, user).await?.1)
            })
        })
        .await?;
    let step = next.map_or(Step::Finish, Step::Look);
    Ok(Reply::Update(message::looked(lesson, &looks, look, option, step)))
}

/// Shows how the round went.
pub(super) async fn finish(
    services: &Services,
    library: &Library,
    id: &str,
    version: &str,
    guild: GuildId,
    user: UserId,
) -> Result<Reply> {
    let lesson = match still(library, id, version)? {
        Still::Same(lesson) => lesson,
        Still::Rewritten(lesson) => return Ok(Reply::Update(message::rewritten(lesson))),
    };
    let series: Option<Series> = library.find_series(&lesson.series).cloned();
    let asked = lesson.clone();
    let (quiz, series_done) = services
        .store
        .read(move |tx| {
            Box::pin(async move {
                let quiz = Quiz::of(asked.questions.len(), &store::list_answers(tx, guild, user, &asked).await?);
                let done = match &series {
                    Some(series) if quiz.is_passed() => store::finished_at(tx, guild, user, series).await?.is_some(),
                    _ => false,
                };
                Ok((quiz, done))
            })
        })
        .await?;
    Ok(Reply::Update(message::finished(lesson, &quiz, series_done)))
}
