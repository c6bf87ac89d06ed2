//! The guided tour without a browser: the page's six steps, played through emulator and bot and printed as the conversation that they
//! make. Each step is held to what it promises; the first that does otherwise ends the tour with what was read instead.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Desk, Playground, Start};
use crate::config::Settings;
use crate::emulator::{Id, MessageView, Outcome, Person};
use crate::error::{Error, Result};

/// How long one answer may take; far more than it does on a slow machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Who answers the pulse, and what.
const ANSWERS: [(&str, &str); 5] = [
    ("Sam Okafor", "Very easy"),
    ("Grace Lindqvist", "Easy"),
    ("Priya Raman", "Easy"),
    ("Henry Abbott", "Difficult"),
    ("Noor Haddad", "Easy"),
];

/// What the nomination says: what happened, to whom, what changed, how it is known.
const STORY: [&str; 4] = [
    "She called the claimant back the same day and found the missing form.",
    "A family whose benefit had stopped for want of one form.",
    "The payment went out that week instead of next month.",
    "I sat beside her, and the claimant wrote to say thank you.",
];

/// Plays the tour in a playground of its own, and hands each step's conversation to `print` when it is over.
///
/// # Errors
/// When a step did not do what it says, with what was there instead; when the playground cannot start.
pub async fn tour(mut settings: Settings, print: impl FnMut(&str)) -> Result<()> {
    let folder = settings.data.dir.join("tour");
    settings.data.dir.clone_from(&folder);
    // No page is needed, and any free port serves.
    settings.playground.port = 0;
    let playground = Playground::start(settings, Start { fresh: true, stand_at: None }).await?;
    let played = Stage { desk: playground.desk.clone(), print }.play().await;
    let ended = playground.run_until(std::future::ready(())).await;
    // What the tour kept is of no use to anybody afterwards.
    if let Err(fault) = std::fs::remove_dir_all(&folder) {
        tracing::warn!(error = %fault, folder = %folder.display(), "The tour's folder could not be removed");
    }
    played.and(ended)
}

struct Stage<P> {
    desk: Arc<Desk>,
    print: P,
}

impl<P: FnMut(&str)> Stage<P> {
    async fn play(mut self) -> Result<()> {
        self.say("The tour of cxbot: a rehearsal server with a made-up agency, the real bot, six steps.\n");
        self.desk.knows_commands(PATIENCE).await?;
        self.answers_a_pulse().await?;
        self.moves_the_clock().await?;
        self.reads_the_result().await?;
        self.takes_a_lesson().await?;
        self.nominates().await?;
        self.sees_the_index().await?;
        self.say("\nThat was the tour; each step did what it says. Try it yourself: cxbot playground\n");
        Ok(())
    }

    async fn answers_a_pulse(&mut self) -> Result<()> {
        self.step(
            1,
            "Answer a pulse",
            "A lead opens a pulse; five people answer it. Nobody sees what another answered.",
        );
        self.runs("Priya Raman", "cx-pulse", "pulse open", json!({ "pulse": "service-ease" }), "is on its way").await?;
        self.desk.settle().await;
        let post = self.newest("Priya Raman", "cx-pulse", "Service ease")?;
        self.shows("Priya Raman", "cx-pulse", &post);
        for (name, answer) in ANSWERS {
            self.presses(name, "cx-pulse", answer, "Your answer is sealed").await?;
        }
        Ok(())
    }

    async fn moves_the_clock(&mut self) -> Result<()> {
        self.step(2, "Use the time machine", "A week passes. The pulse closes by itself and posts its result.");
        self.desk.advance(TimeDelta::days(7)).await?;
        let now = self.date(self.desk.clock.now());
        self.say(&format!("\n-- it is now {now}\n"));
        let post = self.newest("Priya Raman", "cx-pulse", "5 of about")?;
        self.shows("Priya Raman", "cx-pulse", &post);
        Ok(())
    }

    async fn reads_the_result(&mut self) -> Result<()> {
        self.step(3, "Read the result", "How many answered, and no group so small that it could point at anybody.");
        let (name, channel, path) = ("Priya Raman", "cx-pulse", "pulse results");
        let person = self.person(name)?;
        let asked =
            person.autocomplete(self.channel(channel)?, path, "pulse", json!({})).map_err(|why| refused(&why))?;
        let suggested = self.desk.emulator.settled(asked, PATIENCE).await;
        let choice = suggested.choices().first();
        let pulse =
            choice.ok_or_else(|| missed("The closed pulse should be suggested.", &suggested.as_text()))?.value.clone();
        self.runs(name, channel, path, json!({ "pulse": pulse }), "5 of about").await.map(drop)
    }

    async fn takes_a_lesson(&mut self) -> Result<()> {
        self.step(4, "Take a lesson", "A member reads the next lesson and answers its quiz.");
        self.runs("Sam Okafor", "cx-lessons", "learn next", json!({}), "lesson 1 of").await?;
        let question = self.presses("Sam Okafor", "cx-lessons", "Take the quiz", "Question 1 of").await?;
        let first = question.buttons().into_iter().find(|button| button.label.starts_with("A."));
        let label = first.ok_or_else(|| missed("The quiz offers no answer A.", &question.as_text()))?.label;
        // Right or not, the quiz says why and leads on.
        self.presses("Sam Okafor", "cx-lessons", &label, "").await?;
        Ok(())
    }

    async fn nominates(&mut self) -> Result<()> {
        self.step(5, "Nominate somebody", "A member tells what a colleague did for a customer.");
        let grace = self.id_of("Grace Lindqvist")?.to_string();
        self.runs("Sam Okafor", "cx-recognition", "nominate", json!({ "person": grace }), "Nominating").await?;
        self.picks("Sam Okafor", "cx-recognition", "principle").await?;
        let form = self.picks("Sam Okafor", "cx-recognition", "How do you know").await?;
        let Outcome::Modal(form) = form else {
            return Err(missed("The form of the nomination did not open.", &form.as_text()));
        };
        let values = form
            .fields()
            .into_iter()
            .zip(STORY.iter().cycle())
            .map(|(field, words)| (field.custom_id, json!(words)))
            .collect();
        let sent = self.person("Sam Okafor")?.submit(form.interaction_id, values).map_err(|why| refused(&why))?;
        self.say(&format!("\n> Sam Okafor fills in the form “{}”\n", form.title));
        self.hears(sent, "read it once more").await?;
        self.presses("Sam Okafor", "cx-recognition", "Send", "with the reviewers").await?;
        Ok(())
    }

    async fn sees_the_index(&mut self) -> Result<()> {
        self.step(6, "See the index", "Both scores with their range, and what is missing.");
        self.runs("Sam Okafor", "cx-general", "index", json!({}), "Public-facing:").await.map(drop)
    }

    fn step(&mut self, number: u8, title: &str, promise: &str) {
        self.say(&format!("\n== Step {number} of 6: {title}\n   {promise}\n"));
    }

    fn say(&mut self, text: &str) {
        (self.print)(text);
    }

    fn date(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.desk.services.settings.time.zone).format("%A, %-d %B %Y, %H:%M").to_string()
    }

    /// As the terminal shows it: set in, and with Discord's marks for a moment (`<t:1796064350:f>`) written out.
    fn indented(&self, text: &str) -> String {
        let mut all = String::new();
        for line in text.lines() {
            let mut parts = line.split("<t:");
            let mut shown = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let read = part.split_once('>').and_then(|(mark, rest)| {
                    let at = DateTime::from_timestamp(mark.split(':').next()?.parse().ok()?, 0)?;
                    Some(self.date(at) + rest)
                });
                shown.push_str(&read.unwrap_or_else(|| format!("<t:{part}")));
            }
            let _ = writeln!(all, "{}", format!("  {shown}").trim_end());
        }
        all
    }

    fn id_of(&self, name: &str) -> Result<Id> {
        let found = self.desk.emulator.world(|world| world.user_by_name(name));
        found.ok_or_else(|| Error::internal(format!("nobody in the playground is called {name}")))
    }

    fn person(&self, name: &str) -> Result<Person> {
        Ok(self.desk.emulator.person(self.id_of(name)?))
    }

    fn channel(&self, name: &str) -> Result<Id> {
        let found = self.desk.emulator.world(|world| world.channel_by_name(self.desk.guild, name));
        found.ok_or_else(|| Error::internal(format!("the playground has no channel #{name}")))
    }

    fn seen(&self, name: &str, channel: &str) -> Result<Vec<MessageView>> {
        Ok(self.desk.emulator.messages(self.channel(channel)?, self.id_of(name)?))
    }

    /// The newest message with these words that this person sees here.
    fn newest(&self, name: &str, channel: &str, words: &str) -> Result<MessageView> {
        let seen = self.seen(name, channel)?;
        let found = seen.iter().rev().find(|message| message.as_text().contains(words));
        found.cloned().ok_or_else(|| {
            let all = seen.iter().map(MessageView::as_text).collect::<String>();
            missed(&format!("Nothing in #{channel} says “{words}”."), &all)
        })
    }

    fn shows(&mut self, name: &str, channel: &str, message: &MessageView) {
        self.say(&format!("\n#{channel}, as {name} sees it\n"));
        let shown = self.indented(&message.as_text());
        self.say(&shown);
    }

    /// Waits for the answer, prints it, and holds it to what it should say.
    async fn hears(&mut self, interaction: Id, words: &str) -> Result<MessageView> {
        let outcome = self.desk.emulator.settled(interaction, PATIENCE).await;
        let text = outcome.as_text();
        match outcome {
            Outcome::Message(message) | Outcome::Updated(message) if text.contains(words) => {
                let shown = self.indented(&text);
                self.say(&shown);
                Ok(*message)
            }
            _ => Err(missed(&format!("The answer should say “{words}”."), &text)),
        }
    }

    async fn runs(
        &mut self,
        name: &str,
        channel: &str,
        path: &str,
        options: serde_json::Value,
        words: &str,
    ) -> Result<MessageView> {
        let mut line = format!("\n> {name} runs /{path}");
        for (option, value) in options.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let person = value.parse().ok().and_then(|id: Id| {
                self.desk.emulator.members(self.desk.guild).into_iter().find(|member| member.user_id == id)
            });
            let _ = write!(line, " {option}:{}", person.map_or(value, |person| format!("@{}", person.name)));
        }
        self.say(&format!("{line} in #{channel}\n"));
        let interaction = self.person(name)?.run(self.channel(channel)?, path, options).map_err(|why| refused(&why))?;
        self.hears(interaction, words).await
    }

    async fn presses(&mut self, name: &str, channel: &str, label: &str, words: &str) -> Result<MessageView> {
        let seen = self.seen(name, channel)?;
        let holds =
            |message: &&MessageView| message.buttons().iter().any(|button| button.label == label && !button.disabled);
        let message = seen.iter().rev().find(holds).map(|message| message.id);
        let message = message.ok_or_else(|| {
            let all = seen.iter().map(MessageView::as_text).collect::<String>();
            missed(&format!("{name} finds no button “{label}” in #{channel}."), &all)
        })?;
        self.say(&format!("\n> {name} presses [ {label} ]\n"));
        let interaction = self.person(name)?.press_label(message, label).map_err(|why| refused(&why))?;
        self.hears(interaction, words).await
    }

    /// Picks the first choice of the newest menu whose placeholder has these words.
    async fn picks(&mut self, name: &str, channel: &str, placeholder: &str) -> Result<Outcome> {
        let seen = self.seen(name, channel)?;
        let found = seen.iter().rev().find_map(|message| {
            let is_meant = |text: &String| text.contains(placeholder);
            let menu = message.selects().into_iter().find(|menu| menu.placeholder.as_ref().is_some_and(is_meant))?;
            Some((message.id, menu))
        });
        let Some((message, menu)) = found else {
            return Err(Error::internal(format!("the tour finds no menu “{placeholder}” in #{channel}")));
        };
        let choice = menu.options.first().cloned().unwrap_or_default();
        let text = |key: &str| choice[key].as_str().unwrap_or_default().to_owned();
        let question = menu.placeholder.unwrap_or_default();
        self.say(&format!("\n> {name} picks “{}” for “{question}”\n", text("label")));
        let person = self.person(name)?;
        let interaction = person.select(message, &menu.custom_id, &[&text("value")]).map_err(|why| refused(&why))?;
        Ok(self.desk.emulator.settled(interaction, PATIENCE).await)
    }
}

fn refused(why: &crate::emulator::Refused) -> Error {
    missed("The server would not take that.", &why.reason)
}

/// What a step promised and what was there instead.
fn missed(promise: &str, instead: &str) -> Error {
    Error::internal(format!("the tour did not go as it says. {promise} What was there instead:\n{instead}\n"))
}
