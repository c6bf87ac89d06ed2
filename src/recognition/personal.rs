//! What recognition holds on a person, and how it lets go of it.

use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use serde_json::json;

use super::model::{Actor, Event};
use super::nomination::{Nomination, State};
use super::{effects, store};
use crate::error::Result;
use crate::ids::{GuildId, UserId};
use crate::people::{Held, PersonalData};
use crate::store::Tx;

/// Recognition's part of `/me`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecognitionData;

impl PersonalData for RecognitionData {
    fn title(&self) -> &'static str {
        "Recognition"
    }

    fn remains(&self) -> &'static str {
        "A nomination about you that reviewers have not decided on is not shown here, since nobody has decided whether you are to hear of it; \
         erasing erases it too. Thank-yous are kept nowhere. Accepted nominations that you wrote stay, without your name. Copies that people \
         made of a published story cannot be recalled. Your ballots in votes cannot be found, on purpose: no row says whose they are; while a \
         vote is open you can take yours back there. That a nomination existed, and what reviewers decided on it, stays as a line without \
         words or names."
    }

    fn columns(&self) -> Vec<&'static str> {
        vec![
            "nominations.nominator_id",
            "nominations.decided_by",
            "nomination_people.user_id",
            "nomination_seconds.user_id",
            "nomination_reviews.reviewer_id",
            "nomination_questions.asked_by",
            "recognition_reviewers.user_id",
            "recognition_audit.actor_id",
        ]
    }

    fn held<'run>(&'run self, tx: &'run mut Tx, guild: GuildId, user: UserId) -> BoxFuture<'run, Result<Held>> {
        Box::pin(async move {
            let mut held = Held { lines: Vec::new(), data: json!({ "written": [], "about_me": [], "seconded": [] }) };
            let (mut written, mut about) = (Vec::new(), Vec::new());
            for nomination in store::list_touching(tx, guild, user).await? {
                let knows = nomination.state.is_theirs();
                if nomination.nominator == user {
                    written.push(exported(&nomination));
                } else if knows && nomination.honoree(user).is_some() {
                    about.push(exported(&nomination));
                }
            }
            let seconded = store::list_seconded_by(tx, guild, user).await?;
            let judged = store::count_judged_by(tx, guild, user).await?;
            for (count, words) in [
                (written.len(), "Nominations that you wrote"),
                (about.len(), "Nominations about you"),
                (seconded.len(), "Nominations that you seconded"),
                (usize::try_from(judged).unwrap_or_default(), "Seats and decisions of yours as a reviewer"),
            ] {
                if count > 0 {
                    held.lines.push(format!("{words}: {count}"));
                }
            }
            held.data = json!({ "written": written, "about_me": about, "seconded": seconded, "reviews": judged });
            Ok(held)
        })
    }

    fn erase<'run>(
        &'run self,
        tx: &'run mut Tx,
        guild: GuildId,
        user: UserId,
        now: DateTime<Utc>,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            for nomination in store::list_touching(tx, guild, user).await? {
                let id = nomination.id;
                let is_author = nomination.nominator == user;
                match nomination.state {
                    State::Draft if is_author => {
                        store::remove_draft(tx, id).await?;
                        continue;
                    }
                    State::Draft | State::Waiting | State::Declined => {
                        effects::apply(tx, id, Event::Expire, Actor::Calendar, now).await?;
                    }
                    state if state.is_theirs() && !is_author => {
                        effects::apply(tx, id, Event::Withdraw, Actor::Person(user), now).await?;
                    }
                    _ => {}
                }
                store::forget_person(tx, id, user).await?;
            }
            store::forget_reviewer(tx, guild, user).await
        })
    }
}

fn exported(nomination: &Nomination) -> serde_json::Value {
    json!({
        "number": nomination.id.to_string(),
        "state": nomination.state.word(),
        "stands_for": nomination.tag_title,
        "program": nomination.program,
        "what_happened": nomination.words.happened,
        "customer": nomination.words.customer,
        "what_changed": nomination.words.changed,
        "how_known": nomination.words.evidence,
        "message": nomination.link,
        "reason": nomination.reason,
        "drafted_at": nomination.drafted_at,
        "sent_at": nomination.sent_at,
    })
}
