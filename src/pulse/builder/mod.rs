//! `/pulse new`: a lead builds a short pulse in chat.
//!
//! What is being built is a draft in the database, one a lead and server, so it survives a restart and another device. Every screen
//! says what is still to mend, by the rules that the files of `config/pulses/` keep to: the draft is written as such a file and read as
//! one. A saved pulse stands beside the files. Once a version was posted it is frozen; saving again makes the next.

mod draft;
mod form;
mod message;
mod step;
mod store;

pub(super) use self::draft::{Draft, Entry};
pub(super) use self::form::Form;
pub(super) use self::step::Step;
pub(super) use self::store::{list_saved, mark_posted};

use super::catalogue;
use super::definition::Definition;
use super::model::PulseRefusal;
use crate::discord::{Control, Incoming, Reply};
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::services::Services;
use crate::store::Tx;
use crate::text::{clean, shorten};

/// A draft with its row.
pub(super) struct Kept {
    pub(super) id: i64,
    pub(super) draft: Draft,
}

/// Begins a draft, or goes on with the one that this lead has. `name` is a saved pulse to make a new version of.
pub(super) async fn start(services: &Services, incoming: &Incoming, name: Option<&str>) -> Result<Reply> {
    let (guild, user, now) = (incoming.on_server()?, incoming.person.user, services.clock.now());
    let name = name.map(str::to_owned);
    let kept = services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let before = store::find_draft(tx, guild, user).await?;
                let saved = match &name {
                    Some(name) => Some(find_saved(tx, guild, name).await?),
                    None => None,
                };
                match (before, saved) {
                    (Some(before), Some(saved)) if before.draft.of.as_deref() != Some(&*saved.name) => {
                        Err(PulseRefusal::AnotherDraft(before.draft.title_in_words()).into())
                    }
                    (Some(before), _) => Ok(before),
                    (None, saved) => {
                        let draft = saved.as_ref().map_or_else(Draft::default, Draft::of_definition);
                        store::keep_draft(tx, guild, user, &draft, now).await
                    }
                }
            })
        })
        .await?;
    // Nothing to look at yet: the first thing is what it is called.
    Ok(if kept.draft.is_blank() { Reply::Ask(message::about(&kept)) } else { Reply::Say(message::screen(&kept, None)) })
}

async fn find_saved(tx: &mut Tx, guild: GuildId, name: &str) -> Result<Definition> {
    let wanted = name.trim().to_lowercase();
    list_saved(tx, guild)
        .await?
        .into_iter()
        .find(|saved| saved.name == wanted || saved.title.to_lowercase() == wanted)
        .ok_or_else(|| PulseRefusal::NotBuiltHere(name.trim().chars().take(60).collect()).into())
}

/// One step of building.
pub(super) async fn step(services: &Services, incoming: &Incoming, control: &Control, step: &str) -> Result<Reply> {
    let (guild, user) = (incoming.on_server()?, incoming.person.user);
    let (id, step) = Step::parse(step).ok_or(PulseRefusal::OldButton)?;
    let kept = services.store.read(move |tx| Box::pin(async move { store::find_draft(tx, guild, user).await })).await?;
    let kept = kept.filter(|kept| kept.id == id).ok_or(PulseRefusal::NoDraft)?;
    let picked = control.picked.first().map(String::as_str);
    let text = |name: &str, most: usize| shorten(&clean(control.written.get(name).map_or("", String::as_str)), most);
    let screen = |kept: &Kept, done| Ok(Reply::Update(message::screen(kept, done)));
    match step {
        Step::Show => screen(&kept, None),
        Step::About => Ok(Reply::Ask(message::about(&kept))),
        Step::AboutWritten => {
            let (title, purpose, days) = (text("title", 60), text("purpose", 300), text("days", 10));
            let change = move |draft: &mut Draft| {
                (draft.title, draft.purpose, draft.days) = (title, purpose, days);
                true
            };
            screen(&change_draft(services, guild, user, kept.id, change).await?, None)
        }
        Step::Add => {
            let form = picked.and_then(Form::parse).ok_or(PulseRefusal::OldButton)?;
            Ok(Reply::Ask(message::question(kept.id, None, form, &Entry::default())))
        }
        Step::Pick => {
            let place = picked.and_then(|place| place.parse().ok()).ok_or(PulseRefusal::OldButton)?;
            let entry = kept.draft.questions.get(place).ok_or(PulseRefusal::OldButton)?;
            Ok(Reply::Update(message::one(kept.id, place, entry, kept.draft.questions.len())))
        }
        Step::Edit { place } => {
            let entry = kept.draft.questions.get(place).ok_or(PulseRefusal::OldButton)?;
            Ok(Reply::Ask(message::question(kept.id, Some(place), entry.form, entry)))
        }
        Step::Retype { place } => {
            let form = picked.and_then(Form::parse).ok_or(PulseRefusal::OldButton)?;
            let entry = kept.draft.questions.get(place).ok_or(PulseRefusal::OldButton)?;
            Ok(Reply::Ask(message::question(kept.id, Some(place), form, entry)))
        }
        Step::Written { place, form } => {
            let options = text("options", 1_300);
            let entry = Entry {
                key: String::new(),
                form,
                ask: text("ask", 300).replace('\n', " "),
                options: options.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect(),
                low: text("low", 80),
                high: text("high", 80),
                way_out: text("way-out", 80),
            };
            let change = move |draft: &mut Draft| draft.write(place, entry);
            screen(&change_draft(services, guild, user, kept.id, change).await?, None)
        }
        Step::Up { place } => {
            let change = move |draft: &mut Draft| draft.up(place);
            screen(&change_draft(services, guild, user, kept.id, change).await?, Some("Moved up."))
        }
        Step::Remove { place } => {
            let change = move |draft: &mut Draft| draft.remove(place);
            screen(&change_draft(services, guild, user, kept.id, change).await?, Some("Taken out."))
        }
        Step::Preview => match kept.draft.definition("preview") {
            Ok(definition) => Ok(Reply::Update(message::preview(kept.id, &definition))),
            Err(_) => screen(&kept, None),
        },
        Step::Save => save(services, guild, user, kept).await,
        Step::ThrowAway => Ok(Reply::Update(message::sure(&kept))),
        Step::ThrownAway => {
            services
                .store
                .write(move |tx| Box::pin(async move { store::delete_draft(tx, guild, user, id).await }))
                .await?;
            Ok(Reply::Update(message::thrown_away(&kept.draft)))
        }
    }
}

/// Changes the draft as it stands now; two devices at once lose nothing of each other.
async fn change_draft(
    services: &Services,
    guild: GuildId,
    user: UserId,
    id: i64,
    change: impl FnOnce(&mut Draft) -> bool + Send + 'static,
) -> Result<Kept> {
    let now = services.clock.now();
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let kept = store::find_draft(tx, guild, user).await?.filter(|kept| kept.id == id);
                let mut kept = kept.ok_or(PulseRefusal::NoDraft)?;
                if !change(&mut kept.draft) {
                    return Err(PulseRefusal::OldButton.into());
                }
                store::keep_draft(tx, guild, user, &kept.draft, now).await
            })
        })
        .await
}

async fn save(services: &Services, guild: GuildId, user: UserId, kept: Kept) -> Result<Reply> {
    let (content, now) = (services.content.clone(), services.clock.now());
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let draft = &kept.draft;
                let all = catalogue::list(tx, &content, guild).await?;
                let name = draft.of.clone().unwrap_or_else(|| draft.fresh_name(&all));
                let Ok(definition) = draft.definition(&name) else {
                    return Ok(Reply::Update(message::screen(&kept, None)));
                };
                let title = definition.title.to_lowercase();
                if all.iter().any(|other| other.name != name && other.title.to_lowercase() == title) {
                    return Err(Error::refused(format!(
                        "Another pulse is called “{}”. Give this one another title: your draft is kept, `/pulse new` opens it.",
                        definition.title
                    )));
                }
                let version = store::save(tx, guild, definition.clone(), user, now).await?;
                store::delete_draft(tx, guild, user, kept.id).await?;
                Ok(Reply::Update(message::saved(&definition, version)))
            })
        })
        .await
}
