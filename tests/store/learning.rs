//! Learning, from command to rows, on both databases: the store's functions and whole stories through the feature's own handlers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::discord::{Act, Call, Choice, Control, Feature, Incoming, Person, Reply, Typed};
use cxbot::error::{Error, Result};
use cxbot::ids::{ChannelId, GuildId, InteractionId, UserId};
use cxbot::learning::{self, Learning, Lesson, Library};
use cxbot::on_db;
use cxbot::post::{Post, Row};
use cxbot::schedule::Runner;
use cxbot::services::Services;
use cxbot::store::Store;
use serde_json::{Value, json};

crate::on_both!(
    a_first_try_stays_and_the_latest_counts,
    a_lesson_is_noted_done_once_for_each_version,
    a_lead_posts_a_lesson_with_its_thread,
    the_same_post_twice_within_a_minute_is_one,
    five_leads_at_once_post_once,
    without_a_channel_nothing_is_posted,
    a_member_takes_the_quiz_to_the_end,
    a_quiz_goes_on_after_a_restart,
    answers_are_the_learners_own,
    a_lesson_rewritten_or_removed_in_mid_quiz_says_so,
    the_next_lesson_follows_the_group_and_then_goes_ahead,
    the_calendar_posts_a_lesson_a_week_and_ends_kindly,
    a_lesson_that_a_lead_has_posted_is_not_posted_again,
    a_series_is_paused_resumed_and_skipped,
    a_schedule_needs_a_channel_and_a_lesson_to_post,
    fields_complete_themselves,
    a_series_put_in_another_order_posts_nothing_twice,
    a_lesson_grown_too_long_waits_until_it_is_mended,
    a_look_back_that_changed_meanwhile_is_asked_anew,
);

const GUILD: GuildId = GuildId(1);
const LEARNING_CHANNEL: ChannelId = ChannelId(50);
const LEA: UserId = UserId(100);
const BEN: UserId = UserId(101);

/// A server with the learning channel chosen, three lessons in one series, on a Monday at nine in New York.
struct World {
    services: Services,
    learning: Learning,
    folder: tempfile::TempDir,
}

fn lesson_file(id: &str, title: &str) -> String {
    format!(
        r#"+++
id = "{id}"
title = "{title}"
minutes = 5
source = "A book."
prompt = "What did you notice?"
exercise = "Try it once."

[[questions]]
text = "Who decides?"
[[questions.options]]
text = "The office"
explanation = "It shapes the service."
[[questions.options]]
text = "The customer"
correct = true
explanation = "It is their view that counts."

[[questions]]
text = "When is it done?"
[[questions.options]]
text = "When they hear what changed"
correct = true
explanation = "Then the loop is closed."
[[questions.options]]
text = "When it is published"
explanation = "That comes before."
+++
Ask, listen, act.
"#
    )
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join("lessons/basics");
    std::fs::create_dir_all(&path).unwrap();
    std::fs::write(path.join(name), text).unwrap();
}

impl World {
    async fn start(store: Store) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "01-asking.md", &lesson_file("asking", "Asking"));
        write(folder.path(), "02-listening.md", &lesson_file("listening", "Listening"));
        write(folder.path(), "03-acting.md", &lesson_file("acting", "Acting"));
        let services = Services {
            store,
            clock: Clock::manual("2026-11-30T14:00:00Z".parse().unwrap()),
            settings: Arc::new(Settings::load(&Overrides::default()).unwrap()),
            content: Content::in_folder(folder.path()),
        };
        let world = Self { services, learning: Learning::default(), folder };
        world.set_channel(Some(LEARNING_CHANNEL)).await;
        world
    }

    /// The same data with a program that has just started.
    fn restarted(self) -> Self {
        Self { learning: Learning::default(), ..self }
    }

    async fn set_channel(&self, channel: Option<ChannelId>) {
        const SQL: &str = "insert into guilds (guild_id, name, zone, learning_channel_id) values ($1, $2, $3, $4)
             on conflict (guild_id) do update set learning_channel_id = excluded.learning_channel_id";
        self.services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    on_db!(tx, conn => sqlx::query(SQL)
                        .bind(GUILD.db())
                        .bind("Agency")
                        .bind("America/New_York")
                        .bind(channel.map(ChannelId::db))
                        .execute(conn)
                        .await?
                        .rows_affected());
                    Ok(())
                })
            })
            .await
            .unwrap();
    }

    fn incoming(user: UserId, act: Act) -> Incoming {
        Incoming {
            id: InteractionId(1),
            person: Person { user, name: "Somebody".into(), roles: vec![], manages_server: false },
            guild: Some(GUILD),
            channel: ChannelId(9),
            locale: "en-US".into(),
            act,
        }
    }

    /// Runs a command such as `lesson post`, with its options by name.
    async fn runs(&self, user: UserId, path: &str, options: Value) -> Result<Reply> {
        let (command, sub) = path.split_once(' ').unwrap();
        let options: Vec<_> = options
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| {
                let kind = match (name.as_str(), value) {
                    ("channel", _) => 7,
                    (_, Value::Number(_)) => 4,
                    _ => 3,
                };
                json!({ "name": name, "type": kind, "value": value })
            })
            .collect();
        let data = json!({ "id": "1", "name": command, "type": 1, "options": [{ "name": sub, "type": 1, "options": options }] });
        let call = Call { path: path.into(), data: serde_json::from_value(data).unwrap() };
        self.learning.on_command(&self.services, &Self::incoming(user, Act::Command(call.clone())), &call).await
    }

    async fn presses(&self, user: UserId, id: &str) -> Result<Reply> {
        let control = Control { id: id.into(), ..Control::default() };
        self.learning.on_control(&self.services, &Self::incoming(user, Act::Control(control.clone())), &control).await
    }

    /// Presses the button with this label on a post; the post that comes of it.
    async fn follows(&self, user: UserId, post: &Post, label: &str) -> Post {
        shown(self.presses(user, &button(post, label)).await)
    }

    async fn types(&self, option: &str, text: &str) -> Vec<Choice> {
        let typed =
            Typed { path: "lesson post".into(), option: option.into(), text: text.into(), others: BTreeMap::new() };
        let incoming = Self::incoming(LEA, Act::Typing(typed.clone()));
        self.learning.on_typing(&self.services, &incoming, &typed).await.unwrap()
    }

    fn library(&self) -> Library {
        Library::load(&self.services.content).unwrap()
    }

    /// Moves the clock on and lets the calendar do what is due.
    async fn advance(&self, step: TimeDelta) {
        self.services.clock.advance(step);
        let runner = Runner::new(self.services.clone(), self.learning.jobs());
        let ticked = runner.tick(self.services.clock.now()).await.unwrap();
        assert!(ticked.failed.is_empty() && ticked.put_off == 0, "{ticked:?}");
    }

    /// What waits in the outbox, oldest first: kind and the first words.
    async fn outbox(&self) -> Vec<String> {
        let rows: Vec<(String, String)> = self
            .services
            .store
            .read(|tx| {
                Box::pin(async move {
                    Ok(on_db!(tx, conn => sqlx::query_as("select kind, body from outbox order by id").fetch_all(conn).await?))
                })
            })
            .await
            .unwrap();
        rows.into_iter()
            .map(|(kind, body)| {
                let text = serde_json::from_str::<Post>(&body).map_or(body, |post| post.text);
                format!("{kind}: {}", text.lines().next().unwrap_or(""))
            })
            .collect()
    }

    async fn count(&self, sql: &'static str) -> i64 {
        self.services
            .store
            .read(move |tx| {
                Box::pin(async move { Ok(on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?)) })
            })
            .await
            .unwrap()
    }
}

fn shown(reply: Result<Reply>) -> Post {
    match reply.unwrap() {
        Reply::Say(post) | Reply::Update(post) => post,
        other => panic!("a message was expected, not {other:?}"),
    }
}

fn refusal(reply: Result<Reply>) -> String {
    match reply {
        Err(Error::Refused(sentence)) => sentence,
        other => panic!("a refusal was expected, not {other:?}"),
    }
}

fn button(post: &Post, label: &str) -> String {
    let found = post.rows.iter().find_map(|row| match row {
        Row::Buttons(buttons) => buttons.iter().find(|button| button.label == label),
        Row::Select(_) => None,
    });
    found.unwrap_or_else(|| panic!("no button {label:?} on:\n{}", post.as_text())).id.clone()
}

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

async fn answer(store: &Store, lesson: &Lesson, question: usize, right: bool) {
    let lesson = lesson.clone();
    store
        .write(move |tx| {
            Box::pin(async move { learning::record_answer(tx, GUILD, BEN, &lesson, question, right, noon()).await })
        })
        .await
        .unwrap();
}

async fn answers(store: &Store, lesson: &Lesson) -> Vec<(usize, Option<bool>)> {
    let lesson = lesson.clone();
    let answers = store
        .read(move |tx| Box::pin(async move { learning::list_answers(tx, GUILD, BEN, &lesson).await }))
        .await
        .unwrap();
    answers.into_iter().map(|answer| (answer.question, answer.latest_right)).collect()
}

async fn a_first_try_stays_and_the_latest_counts(store: Store) {
    let world = World::start(store.clone()).await;
    let lesson = world.library().find("asking").unwrap().clone();
    answer(&store, &lesson, 1, true).await;
    answer(&store, &lesson, 0, false).await;
    answer(&store, &lesson, 0, true).await;
    assert_eq!(answers(&store, &lesson).await, [(0, Some(true)), (1, Some(true))]);
    assert_eq!(world.count("select count(*) from lesson_answers where first_right").await, 1);
    let again = lesson.clone();
    store.write(move |tx| Box::pin(async move { learning::restart_quiz(tx, GUILD, BEN, &again).await })).await.unwrap();
    assert_eq!(answers(&store, &lesson).await, [(0, None), (1, None)]);
    assert_eq!(world.count("select count(*) from lesson_answers where first_right").await, 1);
    let rewritten = Lesson { version: "another".into(), ..lesson };
    assert_eq!(answers(&store, &rewritten).await, []);
}

async fn a_lesson_is_noted_done_once_for_each_version(store: Store) {
    let world = World::start(store.clone()).await;
    let lesson = world.library().find("asking").unwrap().clone();
    let rewritten = Lesson { version: "another".into(), ..lesson.clone() };
    for (lesson, new) in [(&lesson, true), (&lesson, false), (&rewritten, true)] {
        let lesson = lesson.clone();
        let noted = store
            .write(move |tx| Box::pin(async move { learning::record_done(tx, GUILD, BEN, &lesson, noon()).await }))
            .await
            .unwrap();
        assert_eq!(noted, new);
    }
    let done = store.read(|tx| Box::pin(learning::list_done(tx, GUILD, BEN))).await.unwrap();
    assert_eq!(done.into_iter().collect::<Vec<_>>(), ["asking"]);
    assert!(store.read(|tx| Box::pin(learning::list_done(tx, GuildId(2), BEN))).await.unwrap().is_empty());
}

async fn a_lead_posts_a_lesson_with_its_thread(store: Store) {
    let world = World::start(store).await;
    let reply = shown(world.runs(LEA, "lesson post", json!({ "lesson": "asking" })).await);
    assert!(
        reply.text.starts_with("“Asking” is on its way to <#50>, with a thread for the discussion."),
        "{}",
        reply.text
    );
    assert_eq!(world.outbox().await, ["post: ## Asking", "thread: Asking", "reply: **Let us talk about it**"]);
    assert_eq!(world.count("select count(*) from outbox where target_id = 50").await, 1);
    assert_eq!(world.count("select count(*) from lesson_posts where posted_by = 100").await, 1);
    let unknown = refusal(world.runs(LEA, "lesson post", json!({ "lesson": "singing" })).await);
    assert!(unknown.starts_with("There is no lesson “singing”."), "{unknown}");
}

async fn the_same_post_twice_within_a_minute_is_one(store: Store) {
    let world = World::start(store).await;
    // The last second of a minute: the next post falls into another minute of the clock.
    world.services.clock.advance(TimeDelta::seconds(59));
    let asking = json!({ "lesson": "asking" });
    shown(world.runs(LEA, "lesson post", asking.clone()).await);
    world.services.clock.advance(TimeDelta::seconds(2));
    let second = refusal(world.runs(BEN, "lesson post", asking.clone()).await);
    assert!(second.contains("less than a minute ago"), "{second}");
    shown(world.runs(BEN, "lesson post", json!({ "lesson": "asking", "channel": "51" })).await);
    shown(world.runs(BEN, "lesson post", json!({ "lesson": "acting" })).await);
    world.services.clock.advance(TimeDelta::seconds(60));
    shown(world.runs(LEA, "lesson post", asking).await);
    let posts: Vec<_> = world.outbox().await.into_iter().filter(|line| line.starts_with("post")).collect();
    assert_eq!(posts, ["post: ## Asking", "post: ## Asking", "post: ## Acting", "post: ## Asking"]);
}

async fn five_leads_at_once_post_once(store: Store) {
    let world = World::start(store).await;
    let posts = (0..5).map(|lead| world.runs(UserId(200 + lead), "lesson post", json!({ "lesson": "asking" })));
    let outcomes = futures_util::future::join_all(posts).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(
        outcomes.into_iter().filter(Result::is_err).all(|refused| refusal(refused).contains("less than a minute ago"))
    );
    assert_eq!(world.outbox().await.len(), 3);
}

async fn without_a_channel_nothing_is_posted(store: Store) {
    let world = World::start(store).await;
    world.set_channel(None).await;
    let refused = refusal(world.runs(LEA, "lesson post", json!({ "lesson": "asking" })).await);
    assert!(refused.contains("/setup"), "{refused}");
    assert_eq!(world.outbox().await, [""; 0]);
}

async fn a_member_takes_the_quiz_to_the_end(store: Store) {
    let world = World::start(store).await;
    let lesson = shown(world.runs(BEN, "learn next", json!({})).await);
    let first = world.follows(BEN, &lesson, "Take the quiz").await;
    assert!(first.text.contains("Question 1 of 2"), "{}", first.text);

    let wrong = world.follows(BEN, &first, "A. The office").await;
    assert!(wrong.text.ends_with("You chose A. The office\n\n**Not quite.** It shapes the service."), "{}", wrong.text);
    let second = world.follows(BEN, &wrong, "Next question").await;
    let right = world.follows(BEN, &second, "A. When they hear what changed").await;
    let over = world.follows(BEN, &right, "See how it went").await;
    assert!(over.text.contains("You have 1 of 2 right."), "{}", over.text);
    assert_eq!(world.count("select count(*) from lesson_completions").await, 0);

    let again = world.follows(BEN, &over, "Try the missed question").await;
    let mended = world.follows(BEN, &again, "B. The customer").await;
    // Pressed twice, as impatient people do.
    world.follows(BEN, &again, "B. The customer").await;
    let done = world.follows(BEN, &mended, "See how it went").await;
    assert!(done.text.starts_with("**Done: Asking**\nYou have 2 of 2 right"), "{}", done.text);
    assert_eq!(world.count("select count(*) from lesson_completions").await, 1);

    let progress = shown(world.runs(BEN, "learn progress", json!({})).await);
    assert!(
        progress.text.contains("**Basics**: 1 of 3 done. Next: 2. Listening. Finished: lesson 1."),
        "{}",
        progress.text
    );
    let next = world.follows(BEN, &done, "Next lesson").await;
    assert!(next.text.starts_with("## Listening"), "{}", next.text);

    // The same quiz again is a new round, and the completion stands.
    let anew = world.follows(BEN, &lesson, "Take the quiz").await;
    assert!(anew.text.contains("Question 1 of 2"), "{}", anew.text);
    world.follows(BEN, &anew, "A. The office").await;
    assert_eq!(world.count("select count(*) from lesson_completions").await, 1);
}

async fn a_quiz_goes_on_after_a_restart(store: Store) {
    let world = World::start(store).await;
    let lesson = shown(world.runs(BEN, "learn next", json!({})).await);
    let first = world.follows(BEN, &lesson, "Take the quiz").await;
    let right = world.follows(BEN, &first, "B. The customer").await;
    let world = world.restarted();
    let second = world.follows(BEN, &right, "Next question").await;
    assert!(second.text.contains("Question 2 of 2"), "{}", second.text);
    let resumed = world.follows(BEN, &lesson, "Take the quiz").await;
    assert_eq!(resumed, second, "asking for the quiz again goes on where it was left");
}

async fn answers_are_the_learners_own(store: Store) {
    let world = World::start(store).await;
    let lesson = shown(world.runs(BEN, "learn next", json!({})).await);
    let first = world.follows(BEN, &lesson, "Take the quiz").await;
    world.follows(BEN, &first, "B. The customer").await;
    let theirs = world.follows(LEA, &lesson, "Take the quiz").await;
    assert!(theirs.text.contains("Question 1 of 2"), "{}", theirs.text);
    for (command, options) in [("lesson list", json!({})), ("lesson preview", json!({ "lesson": "asking" }))] {
        let text = shown(world.runs(LEA, command, options).await).as_text();
        assert!(!text.contains("<@101>") && !text.contains("right"), "{text}");
    }
    let progress = shown(world.runs(LEA, "learn progress", json!({})).await);
    assert!(progress.text.contains("0 of 3 done"), "{}", progress.text);
}

async fn a_lesson_rewritten_or_removed_in_mid_quiz_says_so(store: Store) {
    let world = World::start(store).await;
    let lesson = shown(world.runs(BEN, "learn next", json!({})).await);
    let first = world.follows(BEN, &lesson, "Take the quiz").await;
    let file = lesson_file("asking", "Asking");
    write(world.folder.path(), "01-asking.md", &file.replace("Who decides?", "Who decides in the end?"));
    let rewritten = world.follows(BEN, &first, "B. The customer").await;
    assert!(rewritten.text.contains("“Asking” was rewritten since you began its quiz"), "{}", rewritten.text);
    assert_eq!(world.count("select count(*) from lesson_answers").await, 0);
    let fresh = world.follows(BEN, &rewritten, "Start the new quiz").await;
    assert!(fresh.text.contains("Who decides in the end?"), "{}", fresh.text);

    std::fs::remove_file(world.folder.path().join("lessons/basics/01-asking.md")).unwrap();
    for (post, label) in [(&fresh, "B. The customer"), (&lesson, "Take the quiz")] {
        let gone = refusal(world.presses(BEN, &button(post, label)).await);
        assert!(gone.starts_with("This lesson has been taken out of its series."), "{gone}");
    }
    let old = refusal(world.presses(BEN, "v1:learning:dance:asking").await);
    assert!(old.starts_with("This button belongs to an older lesson."), "{old}");
}

async fn the_next_lesson_follows_the_group_and_then_goes_ahead(store: Store) {
    let world = World::start(store).await;
    shown(world.runs(LEA, "lesson post", json!({ "lesson": "listening" })).await);
    let next = shown(world.runs(BEN, "learn next", json!({})).await);
    assert!(next.text.starts_with("## Listening") && !next.text.contains("ahead"), "{}", next.text);
    for id in ["listening", "asking", "acting"] {
        let lesson = world.library().find(id).unwrap().clone();
        let next = shown(world.runs(BEN, "learn next", json!({ "series": "basics" })).await);
        assert!(next.text.starts_with(&format!("## {}", lesson.title)), "{}", next.text);
        assert_eq!(next.text.contains("you are ahead"), id != "listening");
        world
            .services
            .store
            .write(move |tx| Box::pin(async move { learning::record_done(tx, GUILD, BEN, &lesson, noon()).await }))
            .await
            .unwrap();
    }
    let done = shown(world.runs(BEN, "learn next", json!({})).await);
    assert_eq!(done.text, "You have done all 3 lessons there are. Thank you for learning with us.");
    let unknown = refusal(world.runs(BEN, "learn next", json!({ "series": "songs" })).await);
    assert!(unknown.starts_with("There is no series “songs”."), "{unknown}");
}

async fn the_calendar_posts_a_lesson_a_week_and_ends_kindly(store: Store) {
    let world = World::start(store).await;
    let set = shown(world.runs(LEA, "lesson schedule", json!({ "series": "basics", "day": "tue", "hour": 9 })).await);
    assert_eq!(
        set.text,
        "**Basics** now posts one lesson at a time in <#50>. Every Tuesday at 09:00 (America/New_York), not on holidays.\n\
         First: Tuesday, December 1, 2026 at 09:00, with “Asking”. /lesson list shows what comes; /lesson skip leaves out the next \
         date, /lesson pause stops for a while."
    );
    let list = shown(world.runs(LEA, "lesson list", json!({})).await);
    assert!(list.text.contains("Next: 1. Asking. Every Tuesday at 09:00"), "{}", list.text);
    let posts = async || world.outbox().await.into_iter().filter(|line| line.starts_with("post")).collect::<Vec<_>>();
    world.advance(TimeDelta::hours(23)).await;
    assert_eq!(posts().await, [""; 0], "Tuesday, 08:00");
    world.advance(TimeDelta::hours(1)).await;
    assert_eq!(posts().await, ["post: ## Asking"]);
    world.advance(TimeDelta::zero()).await;
    assert_eq!(posts().await.len(), 1, "a second look posts nothing");
    for _ in 0..6 {
        world.advance(TimeDelta::days(7)).await;
    }
    assert_eq!(
        posts().await,
        [
            "post: ## Asking",
            "post: ## Listening",
            "post: ## Acting",
            "post: **Basics** is complete: 3 lessons, from “Asking” to “Acting”. All of them stay open: /learn next shows the ones you \
             have not done yet, and /learn progress shows how far you are. Thank you for learning together.",
        ]
    );
    assert_eq!(world.count("select count(*) from schedules").await, 0);
    let list = shown(world.runs(LEA, "lesson list", json!({})).await);
    assert!(list.text.contains("(3 of 3 posted)\nComplete."), "{}", list.text);
}

async fn a_lesson_that_a_lead_has_posted_is_not_posted_again(store: Store) {
    let world = World::start(store).await;
    shown(
        world
            .runs(LEA, "lesson schedule", json!({ "series": "basics", "day": "tue", "hour": 9, "channel": "60" }))
            .await,
    );
    shown(world.runs(LEA, "lesson post", json!({ "lesson": "asking" })).await);
    world.advance(TimeDelta::days(1)).await;
    // Edited after it was posted: no reason to post it again.
    write(world.folder.path(), "02-listening.md", &lesson_file("listening", "Listening well"));
    world.advance(TimeDelta::days(7)).await;
    let posts: Vec<_> = world.outbox().await.into_iter().filter(|line| line.starts_with("post")).collect();
    assert_eq!(posts, ["post: ## Asking", "post: ## Listening", "post: ## Acting"]);
    assert_eq!(world.count("select count(*) from outbox where target_id = 60").await, 2);
}

async fn a_series_is_paused_resumed_and_skipped(store: Store) {
    let world = World::start(store).await;
    let basics = json!({ "series": "basics" });
    let none = refusal(world.runs(LEA, "lesson pause", basics.clone()).await);
    assert!(none.starts_with("“Basics” has no schedule here."), "{none}");
    shown(world.runs(LEA, "lesson schedule", json!({ "series": "basics", "day": "tue", "hour": 9 })).await);

    let skipped = shown(world.runs(LEA, "lesson skip", basics.clone()).await);
    assert!(skipped.text.contains("nothing is posted on Tuesday, December 1, 2026 at 09:00"), "{}", skipped.text);
    world.advance(TimeDelta::days(1)).await;
    assert_eq!(world.outbox().await, [""; 0]);

    shown(world.runs(LEA, "lesson pause", basics.clone()).await);
    let again = refusal(world.runs(LEA, "lesson pause", basics.clone()).await);
    assert!(again.starts_with("“Basics” is paused already."), "{again}");
    let nothing = refusal(world.runs(LEA, "lesson skip", basics.clone()).await);
    assert!(nothing.contains("no date to leave out"), "{nothing}");
    let list = shown(world.runs(LEA, "lesson list", json!({})).await);
    assert!(list.text.contains("not on holidays, paused: /lesson resume lets it go on."), "{}", list.text);
    world.advance(TimeDelta::days(7)).await;
    assert_eq!(world.outbox().await, [""; 0]);

    let resumed = shown(world.runs(LEA, "lesson resume", basics.clone()).await);
    assert!(resumed.text.contains("Next: Tuesday, December 15, 2026 at 09:00."), "{}", resumed.text);
    let twice = refusal(world.runs(LEA, "lesson resume", basics).await);
    assert!(twice.starts_with("“Basics” is not paused."), "{twice}");
    world.advance(TimeDelta::days(7)).await;
    assert_eq!(world.outbox().await.first().map(String::as_str), Some("post: ## Asking"));
}

async fn a_schedule_needs_a_channel_and_a_lesson_to_post(store: Store) {
    let world = World::start(store).await;
    let weekly = json!({ "series": "basics", "day": "fri", "hour": 9 });
    world.set_channel(None).await;
    let refused = refusal(world.runs(LEA, "lesson schedule", weekly.clone()).await);
    assert!(refused.contains("/setup"), "{refused}");
    world.set_channel(Some(LEARNING_CHANNEL)).await;
    for lesson in ["asking", "listening", "acting"] {
        shown(world.runs(LEA, "lesson post", json!({ "lesson": lesson })).await);
    }
    let refused = refusal(world.runs(LEA, "lesson schedule", weekly).await);
    assert!(refused.starts_with("“Basics” has been posted here to the end"), "{refused}");
    let refused =
        refusal(world.runs(LEA, "lesson schedule", json!({ "series": "basics", "day": "fri", "hour": 24 })).await);
    assert!(refused.starts_with("The hour must be from 0 to 23"), "{refused}");
    let refused =
        refusal(world.runs(LEA, "lesson schedule", json!({ "series": "songs", "day": "fri", "hour": 9 })).await);
    assert!(refused.starts_with("There is no series “songs”."), "{refused}");
}

async fn fields_complete_themselves(store: Store) {
    let world = World::start(store).await;
    let all = world.types("lesson", "").await;
    assert_eq!(all.iter().map(|choice| &*choice.value).collect::<Vec<_>>(), ["asking", "listening", "acting"]);
    assert_eq!(world.types("lesson", "LISTEN").await, [Choice::new("Basics 2. Listening", "listening")]);
    assert_eq!(world.types("series", "bas").await, [Choice::new("Basics (3 lessons)", "basics")]);
    assert_eq!(world.types("day", "").await, []);
}

async fn a_series_put_in_another_order_posts_nothing_twice(store: Store) {
    let world = World::start(store).await;
    shown(world.runs(LEA, "lesson schedule", json!({ "series": "basics", "day": "tue", "hour": 9 })).await);
    world.advance(TimeDelta::days(1)).await;
    let lesson = shown(world.runs(BEN, "learn next", json!({})).await);
    let first = world.follows(BEN, &lesson, "Take the quiz").await;
    // The lesson in hand becomes the last one, and the last one the first.
    let lessons = world.folder.path().join("lessons/basics");
    std::fs::rename(lessons.join("01-asking.md"), lessons.join("09-asking.md")).unwrap();
    std::fs::rename(lessons.join("03-acting.md"), lessons.join("01-acting.md")).unwrap();
    let right = world.follows(BEN, &first, "B. The customer").await;
    assert!(right.text.contains("That is right."), "{}", right.text);
    for _ in 0..3 {
        world.advance(TimeDelta::days(7)).await;
    }
    let posts: Vec<_> = world.outbox().await.into_iter().filter(|line| line.starts_with("post: ##")).collect();
    assert_eq!(posts, ["post: ## Asking", "post: ## Acting", "post: ## Listening"]);
}

async fn a_lesson_grown_too_long_waits_until_it_is_mended(store: Store) {
    let world = World::start(store).await;
    shown(world.runs(LEA, "lesson schedule", json!({ "series": "basics", "day": "tue", "hour": 9 })).await);
    let long = lesson_file("asking", "Asking").replace("Ask, listen, act.", &"We ask. ".repeat(300));
    write(world.folder.path(), "01-asking.md", &long);
    world.advance(TimeDelta::days(1)).await;
    let list = shown(world.runs(LEA, "lesson list", json!({})).await);
    assert!(list.text.contains("One problem keeps a lesson file from being used."), "{}", list.text);
    write(world.folder.path(), "01-asking.md", &lesson_file("asking", "Asking"));
    world.advance(TimeDelta::days(7)).await;
    let posts: Vec<_> = world.outbox().await.into_iter().filter(|line| line.starts_with("post: ##")).collect();
    assert_eq!(posts, ["post: ## Listening", "post: ## Asking"], "nothing too long is sent, and nothing is lost");
}

async fn a_look_back_that_changed_meanwhile_is_asked_anew(store: Store) {
    let world = World::start(store).await;
    let lesson = shown(world.runs(BEN, "learn read", json!({ "lesson": "listening" })).await);
    let first = world.follows(BEN, &lesson, "Take the quiz").await;
    let told = world.follows(BEN, &first, "B. The customer").await;
    let second = world.follows(BEN, &told, "Next question").await;
    let told = world.follows(BEN, &second, "A. When they hear what changed").await;
    assert_eq!(world.count("select count(*) from lesson_completions").await, 1, "looking back counts for nothing");
    let look = world.follows(BEN, &told, "Look back").await;
    assert!(look.text.contains("Looking back 1 of 1, to lesson 1: Asking"), "{}", look.text);
    write(
        world.folder.path(),
        "01-asking.md",
        &lesson_file("asking", "Asking").replace("Who decides?", "Whose view counts?"),
    );
    let anew = world.follows(BEN, &look, "A. The office").await;
    assert!(anew.text.contains("Whose view counts?"), "{}", anew.text);
    let told = world.follows(BEN, &anew, "A. The office").await;
    let over = world.follows(BEN, &told, "See how it went").await;
    assert!(over.text.contains("You have 2 of 2 right"), "{}", over.text);
    // A control from a longer list of look-backs than there is now.
    let version = world.library().find("listening").unwrap().version.clone();
    let old = refusal(world.presses(BEN, &format!("v1:learning:look:listening:{version}:3")).await);
    assert!(old.starts_with("This button belongs to an older lesson."), "{old}");
    std::fs::remove_file(world.folder.path().join("lessons/basics/01-asking.md")).unwrap();
    let gone = refusal(world.presses(BEN, &button(&look, "A. The office")).await);
    assert!(gone.starts_with("This button belongs to an older lesson."), "{gone}");
}
