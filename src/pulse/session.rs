//! The pulse after a session: whoever held it leaves word ([`SESSION_JOB`]), and people are asked how it was.
//!
//! It is a pulse like any other: sealed, never for fewer than eight people, not while one is open or the last has no outcome. A lead
//! is told why when it is not opened.

use futures_util::future::BoxFuture;

use super::chat::Pulses;
use super::definition::{Definition, list_definitions};
use super::opening::Wish;
use crate::error::{Error, Result};
use crate::outbox::{self, Queue, To};
use crate::post::Post;
use crate::schedule::{Due, Job};
use crate::services::Services;
use crate::store::Tx;
use crate::survey::{SESSION_JOB, Session};
use crate::text::shorten;

/// The file that says what is asked.
const NAME: &str = "session-feedback";
/// As long as a title may be.
const MOST_TITLE_CHARS: usize = 60;

/// Opens the pulse after a session.
pub(super) struct AskAboutSession(pub(super) Pulses);

impl AskAboutSession {
    async fn open(&self, services: &Services, tx: &mut Tx, due: &Due) -> Result<()> {
        let session = session_of(due)?;
        let found = list_definitions(&services.content)
            .map(|all| all.into_iter().find(|definition| definition.name == NAME).map(|found| about(found, &session)));
        let definition = match found {
            Ok(Some(definition)) => definition,
            Ok(None) => {
                let why = format!("There is no pulse called “{NAME}” any more.");
                return tell(services, tx, due, &session, &why).await;
            }
            Err(Error::Refused(why)) => return tell(services, tx, due, &session, &why).await,
            Err(fault) => return Err(fault),
        };
        let wish = Wish {
            channel: Some(session.channel),
            by_calendar: true,
            ..Wish::new(due.guild, definition, session.asked_by)
        };
        match self.0.open_in_job(services, tx, wish).await {
            Ok(()) => Ok(()),
            // A refusal changes nothing that anybody sees before it is made, so the rest of this transaction may stand.
            Err(Error::Refused(why)) => tell(services, tx, due, &session, &why).await,
            Err(fault) => Err(fault),
        }
    }
}

impl Job for AskAboutSession {
    fn name(&self) -> &'static str {
        SESSION_JOB
    }

    fn run<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(self.open(services, tx, due))
    }

    fn missed<'run>(
        &'run self,
        services: &'run Services,
        tx: &'run mut Tx,
        due: &'run Due,
    ) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            let why = "I was not running at its time, or could not open it.";
            tell(services, tx, due, &session_of(due)?, why).await
        })
    }
}

fn session_of(due: &Due) -> Result<Session> {
    serde_json::from_value(due.payload.clone())
        .map_err(|_| Error::internal(format!("the occasion {} {} names no session", due.job, due.key)))
}

/// The pulse with the session in its title, so that people know what they are asked about and results can be told apart.
fn about(definition: Definition, session: &Session) -> Definition {
    let title = shorten(&format!("{}: {}", definition.title, session.title), MOST_TITLE_CHARS);
    let purpose = format!("About “{}”. {}", session.title, definition.purpose);
    Definition { title, purpose, ..definition }
}

async fn tell(services: &Services, tx: &mut Tx, due: &Due, session: &Session, why: &str) -> Result<()> {
    let key = format!("pulse:not-asked:{}", due.key);
    let post = Post::text(format!("Nobody was asked how “{}” was. {why}", session.title));
    let (to, due_at) = (To::Person(session.asked_by), services.clock.now());
    outbox::queue(tx, Queue { guild: due.guild, key: &key, to, post: &post, due_at }).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Content;
    use crate::ids::{ChannelId, UserId};

    #[test]
    fn the_session_is_named_and_the_title_keeps_its_length() {
        let file = || list_definitions(&Content::built_in()).unwrap().into_iter().find(|file| file.name == NAME);
        let session = |title: &str| Session { title: title.into(), channel: ChannelId(5), asked_by: UserId(1) };
        let named = about(file().unwrap(), &session("Asking well"));
        assert_eq!(named.title, "Lesson feedback: Asking well");
        assert_eq!(named.purpose, "About “Asking well”. Half a minute, so that the next one is better.");
        assert_eq!(named.questions, file().unwrap().questions);
        let long = about(file().unwrap(), &session(&"W".repeat(80)));
        assert!(long.title.chars().count() <= MOST_TITLE_CHARS, "{}", long.title);
        assert!(long.purpose.contains(&"W".repeat(80)));
    }
}
