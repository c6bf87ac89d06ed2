//! Plays a saved transcript again, in a playground of its own, and compares the conversation that comes of it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::acts::{Act, Deed, History, Room, Spot, controls};
use super::doing::{DIRECT, Doing, What};
use super::{Desk, Playground, Start};
use crate::config::Settings;
use crate::emulator::{Id, MessageView, Outcome};
use crate::error::{Error, Result};

/// How long the bot may take to come back or to register its commands; far more than it does on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Moments in messages may be this far apart: the bot answers a moment after it is asked, and not always the same one.
const SAME_MOMENT_SECONDS: i64 = 60;

/// What of a saved transcript is needed to play it again.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Transcript {
    pub(super) version: String,
    pub(super) made_at: DateTime<Utc>,
    /// Who saved it, by name.
    pub(super) seen_by: String,
    #[serde(flatten)]
    pub(super) history: History,
    pub(super) channels: Vec<Conversation>,
}

/// What one person reads in one place.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Conversation {
    pub(super) channel: String,
    pub(super) conversation: String,
}

/// Plays the transcript in `file` and hands `print` what was done and where the conversation differs.
///
/// # Errors
/// When the file is no transcript, when an act can no longer be done, and when the conversation differs.
pub async fn replay(mut settings: Settings, file: &Path, mut print: impl FnMut(&str)) -> Result<()> {
    let transcript = read(file)?;
    let began_at = transcript.history.began_at.ok_or_else(|| {
        Error::refused(format!(
            "{} does not hold everything that was done: its playground was begun by an earlier version of cxbot. Start over with \
             `cxbot playground --fresh`, do it again, and save another transcript.",
            file.display()
        ))
    })?;
    let folder = settings.data.dir.join("replay");
    settings.data.dir.clone_from(&folder);
    settings.playground.port = 0;
    let start = Start { fresh: true, stand_at: Some(began_at) };
    let playground = Playground::start(settings, start).await?;
    let played = play(&playground.desk, &transcript, &mut print).await;
    let ended = playground.run_until(std::future::ready(())).await;
    if let Err(fault) = std::fs::remove_dir_all(&folder) {
        tracing::warn!(error = %fault, folder = %folder.display(), "The replay's folder could not be removed");
    }
    played.and(ended)
}

fn read(file: &Path) -> Result<Transcript> {
    let text = std::fs::read_to_string(file)
        .map_err(|fault| Error::refused(format!("{} cannot be read: {fault}.", file.display())))?;
    serde_json::from_str(&text).map_err(|fault| {
        Error::refused(format!(
            "{} is no transcript that can be played again ({fault}). Save one in the playground: Backstage, “Save as JSON”.",
            file.display()
        ))
    })
}

async fn play(desk: &Arc<Desk>, transcript: &Transcript, print: &mut impl FnMut(&str)) -> Result<()> {
    desk.knows_commands(PATIENCE).await?;
    desk.settle().await;
    for (at, act) in transcript.history.acts.iter().enumerate() {
        print(&format!("{:>4}  {}\n", at + 1, in_words(act)));
        desk.emulator.ready(PATIENCE).await.map_err(|_| Error::internal("the bot did not come back in time"))?;
        if act.at > desk.clock.now() {
            desk.move_to(act.at).await?;
        }
        desk.again(act).await.map_err(|why| {
            Error::refused(format!(
                "Act {} of {} could not be done again: {why}",
                at + 1,
                transcript.history.acts.len()
            ))
        })?;
        desk.settle().await;
    }
    if transcript.made_at > desk.clock.now() {
        desk.move_to(transcript.made_at).await?;
    }
    let me = desk.person_named(&transcript.seen_by).map_err(Error::refused)?;
    let differences = differences(&transcript.channels, &desk.conversations(me));
    if differences.is_empty() {
        let (acts, rooms) = (transcript.history.acts.len(), transcript.channels.len());
        print(&format!(
            "The conversation is the same: {acts} acts, {rooms} places, as {} sees them.\n",
            transcript.seen_by
        ));
        return Ok(());
    }
    print(&differences.join("\n"));
    let by = if transcript.version == env!("CARGO_PKG_VERSION") {
        String::new()
    } else {
        format!(" It was saved by cxbot {}, this is {}.", transcript.version, env!("CARGO_PKG_VERSION"))
    };
    Err(Error::refused(format!("The conversation differs, as shown above.{by}")))
}

/// One line for whoever watches.
fn in_words(act: &Act) -> String {
    let mut line = act.at.format("%Y-%m-%d %H:%M:%S  ").to_string();
    let _ = match &act.deed {
        Deed::Run { command, .. } => write!(line, "{} runs /{command}", act.who),
        Deed::MenuOfPerson { command, person } => write!(line, "{} uses “{command}” on {person}", act.who),
        Deed::MenuOfMessage { command, .. } => write!(line, "{} uses “{command}” on a message", act.who),
        Deed::Press { label, .. } => write!(line, "{} presses [ {label} ]", act.who),
        Deed::Select { label, .. } => write!(line, "{} chooses in “{label}”", act.who),
        Deed::Submit { form, .. } => write!(line, "{} sends the form “{form}”", act.who),
        Deed::Say { .. } => write!(line, "{} writes", act.who),
        Deed::Dismiss { .. } => write!(line, "{} dismisses a message", act.who),
        Deed::MoveClock { to } => write!(line, "the clock moves to {}", to.format("%Y-%m-%d %H:%M:%S")),
        Deed::Fault { fault } => write!(line, "a bad day: {fault:?}"),
    };
    if !act.place.name.is_empty() {
        let sign = if act.place.name == DIRECT { "" } else { "#" };
        let _ = write!(line, " in {sign}{}", act.place.name);
    }
    line
}

/// What went wrong, as a sentence for whoever plays the transcript.
type Done<T> = std::result::Result<T, String>;

impl Desk {
    async fn again(&self, act: &Act) -> Done<()> {
        let me = match &act.deed {
            Deed::MoveClock { to } => return self.move_to(*to).await.map_err(|why| why.to_string()),
            Deed::Fault { fault } => {
                let me = if act.who.is_empty() { None } else { Some(self.person_named(&act.who)?) };
                return self
                    .fault(*fault, me)
                    .map(drop)
                    .ok_or_else(|| "it does not say whose direct messages".to_owned());
            }
            _ => self.person_named(&act.who)?,
        };
        let channel = self.room_named(me, &act.place)?;
        let what = match &act.deed {
            Deed::Run { command, options } => {
                let options = self.options_again(me, channel, command, options).await?;
                What::Run { command: command.clone(), options }
            }
            Deed::MenuOfPerson { command, person } => {
                What::Context { command: command.clone(), target: self.person_named(person)? }
            }
            Deed::MenuOfMessage { command, message } => {
                What::Context { command: command.clone(), target: self.message_at(me, channel, message, None)?.id }
            }
            Deed::Press { label, message } => {
                let found = self.message_at(me, channel, message, Some(label))?;
                What::Press { message: found.id, custom_id: control(&found, label, message.nth)? }
            }
            Deed::Select { label, message, values } => {
                let found = self.message_at(me, channel, message, Some(label))?;
                let custom_id = control(&found, label, message.nth)?;
                let menu = found.selects().into_iter().find(|menu| menu.custom_id == custom_id);
                let menu = menu.ok_or_else(|| format!("“{label}” is no menu"))?;
                let values = values.iter().map(|value| {
                    let value = self.choice_again(&menu.options, value)?;
                    Ok(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
                });
                What::Select { message: found.id, custom_id, values: values.collect::<Done<_>>()? }
            }
            Deed::Submit { form, values } => self.form_again(me, form, values)?,
            Deed::Say { text } => What::Say { text: text.clone() },
            Deed::Dismiss { message } => What::Dismiss { message: self.message_at(me, channel, message, None)?.id },
            Deed::MoveClock { .. } | Deed::Fault { .. } => unreachable!("done above"),
        };
        let doing = Doing { me, channel: channel.to_string(), what };
        self.perform(doing).await.map(drop).map_err(|refused| refused.to_string())
    }

    pub(super) fn person_named(&self, name: &str) -> Done<Id> {
        let members = self.emulator.members(self.guild);
        let found = members.into_iter().find(|member| member.name == name);
        found.map(|member| member.user_id).ok_or_else(|| format!("nobody here is called {name}"))
    }

    fn room_named(&self, me: Id, room: &Room) -> Done<Id> {
        if room.name == DIRECT {
            return Ok(self.emulator.person(me).opens_direct_messages());
        }
        let seen = self.emulator.channels(self.guild, me);
        let found = seen.into_iter().filter(|channel| channel.name == room.name).nth(room.nth);
        found.map(|channel| channel.id).ok_or_else(|| format!("there is no #{} for this person", room.name))
    }

    fn message_at(&self, me: Id, channel: Id, spot: &Spot, label: Option<&str>) -> Done<MessageView> {
        let fits = |one: &MessageView| label.is_none_or(|label| controls(one).iter().any(|(read, _)| read == label));
        let found = self.seen_in(me, channel).into_iter().rev().filter(fits).nth(spot.newer);
        found.ok_or_else(|| match label {
            Some(label) => format!("there is no “{label}” on a message that begins “{}”", spot.begins),
            None => format!("there is no message that begins “{}”", spot.begins),
        })
    }

    /// The options with the ids that names and suggestions have here.
    async fn options_again(
        &self,
        me: Id,
        channel: Id,
        command: &str,
        options: &Map<String, Value>,
    ) -> Done<Map<String, Value>> {
        let mut all = Map::new();
        for (option, value) in options {
            if value["suggested"].is_null() {
                all.insert(option.clone(), self.id_again(value)?);
            }
        }
        for (option, value) in options {
            let Some(name) = value["suggested"].as_str() else { continue };
            let mut found = None;
            // What was typed is not known; nothing, or all of it, brings the suggestion.
            for typed in [name, ""] {
                let mut options = all.clone();
                options.insert(option.clone(), typed.into());
                let what = What::Autocomplete { command: command.to_owned(), focused: option.clone(), options };
                let doing = Doing { me, channel: channel.to_string(), what };
                if let Ok(Some(Outcome::Choices(choices))) = self.perform(doing).await {
                    found = found.or_else(|| choices.into_iter().find(|choice| choice.name == name));
                }
            }
            let found = found.ok_or_else(|| format!("/{command} does not suggest “{name}” for {option}"))?;
            all.insert(option.clone(), found.value);
        }
        Ok(all)
    }

    fn form_again(&self, me: Id, title: &str, values: &Map<String, Value>) -> Done<What> {
        let newest = self.emulator.world(|world| {
            let mine = world.forms.iter().rev().filter(|(_, form)| form.user_id == me);
            mine.map(|(id, _)| *id).collect::<Vec<_>>()
        });
        let form = newest.into_iter().filter_map(|id| self.emulator.form(id)).find(|form| form.title == title);
        let form = form.ok_or_else(|| format!("no form “{title}” is open"))?;
        let mut all = Map::new();
        for field in form.fields() {
            let Some(value) = values.get(&field.label) else { continue };
            let value = match value {
                Value::Array(many) => {
                    many.iter().map(|one| self.choice_again(&field.options, one)).collect::<Done<Vec<_>>>()?.into()
                }
                one => one.clone(),
            };
            all.insert(field.custom_id, value);
        }
        if let Some(missing) = values.keys().find(|label| !form.fields().iter().any(|field| field.label == **label)) {
            return Err(format!("the form “{title}” does not ask for “{missing}”"));
        }
        Ok(What::Submit { interaction: form.interaction_id, values: all })
    }

    fn choice_again(&self, options: &[Value], value: &Value) -> Done<Value> {
        if options.is_empty() {
            return self.id_again(value);
        }
        let chosen = options.iter().find(|option| option["label"] == *value);
        chosen.map(|option| option["value"].clone()).ok_or_else(|| format!("there is no choice {value}"))
    }

    fn id_again(&self, value: &Value) -> Done<Value> {
        if let Some(name) = value["person"].as_str() {
            return Ok(self.person_named(name)?.to_string().into());
        }
        let found = if let Some(name) = value["role"].as_str() {
            let role = self.emulator.roles(self.guild).into_iter().find(|role| role.name == name).map(|role| role.id);
            role.ok_or_else(|| format!("there is no role {name}"))?
        } else if let Some(name) = value["channel"].as_str() {
            let channel = self.emulator.world(|world| world.channel_by_name(self.guild, name));
            channel.ok_or_else(|| format!("there is no channel {name}"))?
        } else {
            return Ok(value.clone());
        };
        Ok(found.to_string().into())
    }

    /// What a person reads, place by place.
    pub(super) fn conversations(&self, me: Id) -> Vec<Conversation> {
        let text = |messages: &[MessageView]| messages.iter().map(MessageView::as_text).collect::<Vec<_>>().join("\n");
        let rooms = self.rooms(me).into_iter();
        rooms.map(|(channel, messages)| Conversation { channel, conversation: text(&messages) }).collect()
    }
}

fn control(message: &MessageView, label: &str, nth: usize) -> Done<String> {
    let same = controls(message).into_iter().filter(|(read, _)| read == label);
    same.map(|(_, custom_id)| custom_id).nth(nth).ok_or_else(|| format!("there are not {} of “{label}”", nth + 1))
}

/// Where the two conversations part, place by place.
fn differences(saved: &[Conversation], now: &[Conversation]) -> Vec<String> {
    let mut all = Vec::new();
    for at in 0..saved.len().max(now.len()) {
        let (before, after) = match (saved.get(at), now.get(at)) {
            (Some(before), Some(after)) if before.channel == after.channel => (before, after),
            (before, after) => {
                let name = |one: Option<&Conversation>| one.map_or("nothing more", |one| &one.channel).to_owned();
                all.push(format!("The transcript goes on with {}, the replay with {}.\n", name(before), name(after)));
                break;
            }
        };
        let (lines, again): (Vec<_>, Vec<_>) =
            (before.conversation.lines().collect(), after.conversation.lines().collect());
        let parts = (0..lines.len().max(again.len())).find(|&line| match (lines.get(line), again.get(line)) {
            (Some(one), Some(other)) => !is_same(one, other),
            _ => true,
        });
        let Some(line) = parts else { continue };
        let shown = |lines: &[&str]| {
            let mut part = String::new();
            for line in lines.iter().skip(line).take(3) {
                let _ = writeln!(part, "    {line}");
            }
            if part.is_empty() { "    (nothing more)\n".to_owned() } else { part }
        };
        all.push(format!(
            "{}, line {}:\n  in the transcript\n{}  in the replay\n{}",
            before.channel,
            line + 1,
            shown(&lines),
            shown(&again)
        ));
    }
    all
}

/// Takes the ids out of links to messages: the server hands out others each time.
fn without_ids(line: &str) -> String {
    const LINK: &str = "/channels/";
    let mut parts = line.split(LINK);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        kept.push_str(LINK);
        kept.push_str(part.trim_start_matches(|letter: char| letter == '/' || letter.is_ascii_digit()));
    }
    kept
}

/// Whether two lines say the same, with moments (`<t:1796064350:f>`) taken as equal when they are near each other.
fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (without_ids(one), without_ids(other));
    let (mut these, mut those) = (one.split("<t:"), other.split("<t:"));
    if these.next() != those.next() {
        return false;
    }
    loop {
        let (this, that) = match (these.next(), those.next()) {
            (None, None) => return true,
            (Some(this), Some(that)) => (this, that),
            _ => return false,
        };
        let moment = |text: &str| {
            let end = text.find(|letter: char| letter != '-' && !letter.is_ascii_digit()).unwrap_or(text.len());
            Some((text[..end].parse::<i64>().ok()?, text[end..].to_owned()))
        };
        match (moment(this), moment(that)) {
            (Some((at, rest)), Some((near, same)))
                if at.abs_diff(near) <= SAME_MOMENT_SECONDS.unsigned_abs() && rest == same => {}
            _ if this == that => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_may_be_a_little_apart_and_words_may_not() {
        assert!(is_same("Closes <t:1796064350:F>.", "Closes <t:1796064353:F>."));
        assert!(!is_same("Closes <t:1796064350:F>.", "Closes <t:1796164350:F>."));
        assert!(!is_same("Closes <t:1796064350:F>.", "Closes <t:1796064350:R>."));
        assert!(!is_same("Closes <t:1796064350:F>.", "Closed <t:1796064350:F>."));
        assert!(!is_same("Closes <t:1796064350:F>.", "Closes"));
        assert!(is_same("No <t:moment", "No <t:moment"));
        let link = |id: &str, words: &str| format!("See https://discord.com/channels/1004/1027/{id} {words}");
        assert!(is_same(&link("1052", "now"), &link("1053", "now")));
        assert!(!is_same(&link("1052", "now"), &link("1053", "later")));
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        let room = |channel: &str, text: &str| Conversation { channel: channel.into(), conversation: text.into() };
        let saved = [room("cx-general", "cxbot:\n  Hello\n"), room("cx-pulse", "cxbot:\n  Five\n")];
        assert!(differences(&saved, &saved).is_empty());
        let now = [room("cx-general", "cxbot:\n  Hello\n"), room("cx-pulse", "cxbot:\n  Four\n")];
        let found = differences(&saved, &now);
        assert_eq!(found, ["cx-pulse, line 2:\n  in the transcript\n      Five\n  in the replay\n      Four\n"]);
        assert_eq!(differences(&saved, &now[..1]).len(), 1);
        let longer = [room("cx-general", "cxbot:\n  Hello\n  again\n"), room("cx-pulse", "cxbot:\n  Five\n")];
        assert!(differences(&saved, &longer)[0].contains("(nothing more)"));
    }
}
