//! Answering a pulse of several questions: one question at a time in one private message.
//!
//! What is being filled in lives in the person's own sealed ballot beside what they sent, so it survives a restart and another
//! device, and nobody without the key can read it. Only what was sent is counted.

use zeroize::Zeroizing;

use super::chat::{Posted, Pulses};
use super::message::{self, PulseView};
use super::model::{PulseId, PulseRefusal};
use crate::discord::{Control, Incoming, Reply};
use crate::error::Result;
use crate::sealed::{Cast, Seat, Withdrawal};
use crate::services::Services;
use crate::survey::{Answer, Given, Kind, Paper, Responses, encode, mask};

/// One step of answering.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    Start,
    Show(usize),
    Give(usize, &'a str),
    Pick(usize),
    Write(usize),
    Wrote(usize),
    Change,
    Review,
    Send,
    Discard,
}

impl Pulses {
    /// One press answers the whole pulse: one statement.
    pub(super) async fn answer(
        &self,
        services: &Services,
        incoming: &Incoming,
        id: PulseId,
        token: &str,
    ) -> Result<Reply> {
        let posted = self.posted(services, incoming, id).await?;
        let question = posted.one_press.as_ref().ok_or(PulseRefusal::OldButton)?;
        let answer = Answer::parse(token, question).ok_or(PulseRefusal::OldButton)?;
        posted.may_answer(incoming)?;
        let Some(seat) = self.seat(services, incoming, id, &posted).await? else {
            return Ok(Reply::Say(self.too_late(services, id).await?));
        };
        let group = posted.group_of(incoming.person.user);
        let ballot = if posted.pulse.named || !posted.pulse.divisions.is_empty() {
            let mut sent = Responses::blank(&posted.pulse.definition.questions);
            sent.fill_in(&posted.pulse.definition.questions, 0, answer.into());
            let named = posted.pulse.named.then_some(incoming.person.user.0);
            Paper { named, group, sent: Some(sent), draft: None }.encode()?
        } else {
            Zeroizing::new(encode(&[answer]))
        };
        let cast = self.cast(services, &seat, &ballot).await?;
        Ok(Reply::Say(match cast {
            Cast::Recorded => message::sealed(id, posted.pulse.closes_at, false),
            Cast::Changed => message::sealed(id, posted.pulse.closes_at, true),
            Cast::Closed => self.too_late(services, id).await?,
        }))
    }

    pub(super) async fn withdraw(&self, services: &Services, incoming: &Incoming, id: PulseId) -> Result<Reply> {
        let posted = self.posted(services, incoming, id).await?;
        let Some(seat) = self.seat(services, incoming, id, &posted).await? else {
            return Ok(Reply::Update(self.too_late(services, id).await?));
        };
        let withdrawal = self.take_out(services, seat, &posted).await?;
        Ok(Reply::Update(match withdrawal {
            Withdrawal::Withdrawn => message::withdrawn(posted.pulse.closes_at),
            Withdrawal::Nothing => message::nothing_to_withdraw(posted.pulse.closes_at),
            Withdrawal::Closed => self.too_late(services, id).await?,
        }))
    }

    /// A step through a pulse of several questions.
    pub(super) async fn step(
        &self,
        services: &Services,
        incoming: &Incoming,
        control: &Control,
        id: PulseId,
        step: Step<'_>,
    ) -> Result<Reply> {
        let posted = self.posted(services, incoming, id).await?;
        if posted.one_press.is_some() {
            return Err(PulseRefusal::OldButton.into());
        }
        posted.may_answer(incoming)?;
        let starting = matches!(step, Step::Start);
        // The first press stands under the public post; everything after it on the person's own message.
        let reply = |post| if starting { Reply::Say(post) } else { Reply::Update(post) };
        let seat =
            self.seat(services, incoming, id, &posted).await?.filter(|_| services.clock.now() < posted.pulse.closes_at);
        let Some(seat) = seat else { return Ok(reply(self.too_late(services, id).await?)) };
        let view = PulseView { pulse: &posted.pulse };
        let questions = &posted.pulse.definition.questions;
        let picked = control.picked.as_slice();
        match step {
            Step::Start => {
                let paper = read(services, seat, &posted).await?;
                Ok(reply(view.start(&paper)))
            }
            Step::Show(index) => {
                let mine = in_hand(read(services, seat, &posted).await?, &posted);
                let index = if mine.is_asked(questions, index) { Some(index) } else { mine.next(questions, None) };
                Ok(reply(index.map_or_else(|| view.review(&mine, false), |index| view.question(&mine, index))))
            }
            Step::Change => {
                let index = picked.first().and_then(|place| place.parse().ok()).ok_or(PulseRefusal::OldButton)?;
                let mine = in_hand(read(services, seat, &posted).await?, &posted);
                if !mine.is_asked(questions, index) {
                    return Err(PulseRefusal::OldButton.into());
                }
                Ok(reply(view.question(&mine, index)))
            }
            Step::Review => {
                let paper = read(services, seat, &posted).await?;
                let has_sent = paper.sent.is_some();
                Ok(reply(view.review(&in_hand(paper, &posted), has_sent)))
            }
            Step::Write(index) => {
                let mine = in_hand(read(services, seat, &posted).await?, &posted);
                if !questions.get(index).is_some_and(|question| question.kind == Kind::Comment) {
                    return Err(PulseRefusal::OldButton.into());
                }
                Ok(Reply::Ask(view.comment_form(&mine, index)))
            }
            Step::Give(index, token) => {
                let question = questions.get(index).ok_or(PulseRefusal::OldButton)?;
                let given = match token {
                    "skip" => Given::Skipped,
                    other => Answer::parse(other, question).ok_or(PulseRefusal::OldButton)?.into(),
                };
                self.fill_in(services, incoming, &posted, seat, index, given).await
            }
            Step::Pick(index) => {
                let mut places: Vec<u8> = picked.iter().filter_map(|place| place.parse().ok()).collect();
                places.sort_unstable();
                places.dedup();
                self.fill_in(services, incoming, &posted, seat, index, Given::Several(places)).await
            }
            Step::Wrote(index) => {
                let written = control.written.get("words").map_or("", String::as_str);
                // Masking can make a comment longer; what does not fit any more is cut.
                let words: String =
                    mask(written).chars().take(usize::from(crate::survey::MOST_COMMENT_CHARS)).collect();
                let given = if words.is_empty() { Given::Skipped } else { Given::Words(words) };
                self.fill_in(services, incoming, &posted, seat, index, given).await
            }
            Step::Send => {
                let user = incoming.person.user;
                let group = posted.group_of(user);
                let (sending, now) = (posted.clone(), services.clock.now());
                let cast = services
                    .store
                    .write(move |tx| {
                        Box::pin(async move {
                            let paper = decode(
                                seat.mine_to_change(tx).await?.as_ref().map(crate::sealed::Ballot::bytes),
                                &sending,
                            );
                            let sent = paper.draft.or(paper.sent).filter(Responses::says_something);
                            let Some(sent) = sent else { return Err(PulseRefusal::NothingToSend.into()) };
                            let named = sending.pulse.named.then_some(user.0);
                            let ballot = Paper { named, group, sent: Some(sent), draft: None }.encode()?;
                            seat.cast(tx, &ballot, now).await
                        })
                    })
                    .await?;
                Ok(reply(match cast {
                    Cast::Closed => self.too_late(services, id).await?,
                    Cast::Recorded | Cast::Changed => view.sent(),
                }))
            }
            Step::Discard => {
                let (discarding, now) = (posted.clone(), services.clock.now());
                let kept = services
                    .store
                    .write(move |tx| {
                        Box::pin(async move {
                            let paper = decode(
                                seat.mine_to_change(tx).await?.as_ref().map(crate::sealed::Ballot::bytes),
                                &discarding,
                            );
                            if paper.sent.is_none() {
                                seat.withdraw(tx, now).await?;
                                return Ok(false);
                            }
                            seat.cast(tx, &Paper { draft: None, ..paper }.encode()?, now).await?;
                            Ok(true)
                        })
                    })
                    .await?;
                Ok(reply(view.discarded(kept)))
            }
        }
    }

    /// Fills in one answer and goes on to the next question, or to the review after the last one.
    async fn fill_in(
        &self,
        services: &Services,
        incoming: &Incoming,
        posted: &std::sync::Arc<Posted>,
        seat: Seat,
        index: usize,
        given: Given,
    ) -> Result<Reply> {
        let (filling, now, user) = (posted.clone(), services.clock.now(), incoming.person.user);
        let filled = services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let questions = &filling.pulse.definition.questions;
                    let mut paper =
                        decode(seat.mine_to_change(tx).await?.as_ref().map(crate::sealed::Ballot::bytes), &filling);
                    let mut mine = in_hand(
                        Paper { sent: paper.sent.clone(), draft: paper.draft.take(), ..Paper::default() },
                        &filling,
                    );
                    if !mine.fill_in(questions, index, given) {
                        return Err(PulseRefusal::OldButton.into());
                    }
                    paper.named = filling.pulse.named.then_some(user.0);
                    paper.draft = Some(mine.clone());
                    let has_sent = paper.sent.is_some();
                    let cast = seat.cast(tx, &paper.encode()?, now).await?;
                    Ok((cast != Cast::Closed).then_some((mine, has_sent)))
                })
            })
            .await?;
        let Some((mine, has_sent)) = filled else {
            return Ok(Reply::Update(self.too_late(services, posted.pulse.id).await?));
        };
        let view = PulseView { pulse: &posted.pulse };
        let next = mine.next(&posted.pulse.definition.questions, Some(index));
        Ok(Reply::Update(next.map_or_else(|| view.review(&mine, has_sent), |next| view.question(&mine, next))))
    }
}

async fn read(services: &Services, seat: Seat, posted: &Posted) -> Result<Paper> {
    let ballot = services.store.read(move |tx| Box::pin(async move { seat.mine(tx).await })).await?;
    Ok(decode(ballot.as_ref().map(crate::sealed::Ballot::bytes), posted))
}

fn decode(ballot: Option<&[u8]>, posted: &Posted) -> Paper {
    ballot.and_then(|ballot| Paper::decode(ballot, &posted.pulse.definition.questions)).unwrap_or_default()
}

/// What is being filled in, or what was sent, or nothing yet.
fn in_hand(paper: Paper, posted: &Posted) -> Responses {
    paper.draft.or(paper.sent).unwrap_or_else(|| Responses::blank(&posted.pulse.definition.questions))
}
