//! `/thanks`: from one person to another, privately. It goes through the outbox and stays nowhere else.

use super::message;
use super::nominate::Nominee;
use crate::discord::{Control, Incoming, Reply};
use crate::error::{Error, Result};
use crate::ids::UserId;
use crate::outbox::{self, Queue, To};
use crate::people;
use crate::services::Services;
use crate::text::{clean, shorten};

/// `/thanks person`: opens the form.
pub(super) fn start(incoming: &Incoming, person: &Nominee) -> Result<Reply> {
    incoming.on_server()?;
    if person.user == incoming.person.user {
        return Err(Error::refused("Thanks go to somebody else. Whose help made your week easier?"));
    }
    if person.is_bot {
        return Err(Error::refused("A bot cannot read your thanks. Was there a person behind it?"));
    }
    Ok(Reply::Ask(message::thanks_form(person.user)))
}

/// The submitted form. The same submission arriving twice is sent once.
pub(super) async fn send(services: &Services, incoming: &Incoming, to: UserId, control: &Control) -> Result<Reply> {
    let (guild, now) = (incoming.on_server()?, services.clock.now());
    let written = |input: &str, most: usize| {
        control.written.get(input).map_or_else(String::new, |text| shorten(&clean(text), most))
    };
    let (did, changed) = (written("did", 600), written("changed", 400));
    if did.is_empty() || changed.is_empty() {
        return Err(Error::refused(
            "Please say what they did and what it changed; then it means most. Run `/thanks` again.",
        ));
    }
    let (from, name, key) = (incoming.person.user, incoming.person.name.clone(), format!("thanks:{}", incoming.id));
    if from == to {
        return Err(Error::refused("Thanks go to somebody else. Whose help made your week easier?"));
    }
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let group = people::find_guild(tx, guild).await?.map_or_else(String::new, |settings| settings.name);
                let post = message::thanks(&name, from, &did, &changed, &group);
                outbox::queue(tx, Queue { guild, key: &key, to: To::Person(to), post: &post, due_at: now }).await
            })
        })
        .await?;
    Ok(Reply::Say(message::thanks_sent(to)))
}
