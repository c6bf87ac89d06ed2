//! Bad days: what Discord, the network, other people and the clock can do to the bot, and what everybody reads meanwhile.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use cxbot::clock::Clock;
use cxbot::config::Token;
use cxbot::discord::Connection;
use cxbot::emulator::{Effect, Emulator, Entry, Id, Limits, permissions};
use cxbot::ids::UserId;
use serde_json::{Value, json};

use crate::harness::{DEADLINE, Database, Member, World, days, hours};
use crate::jobs::nominate;

crate::stories!(
    a_rate_limit_is_waited_out_and_the_message_arrives_once,
    three_errors_of_discord_are_outlived,
    an_answer_lost_on_the_way_posts_nothing_twice,
    a_slow_discord_still_gets_answers_in_time,
    a_broken_connection_is_taken_up_again,
    an_interaction_that_comes_twice_has_one_effect,
    pressing_twice_at_once_counts_once,
    a_closed_direct_message_leaves_the_question_where_it_is_found,
    a_missing_permission_is_told_to_leads_and_mended,
    a_deleted_channel_is_told_to_leads_and_let_go,
    a_week_without_the_bot_is_told_to_leads,
    old_foreign_and_forged_controls_are_refused_kindly,
    a_form_that_comes_late_is_answered_kindly,
    no_text_ever_pings_anybody,
    removed_and_added_again_the_bot_goes_on,
);

fn seconds(number: i64) -> TimeDelta {
    TimeDelta::seconds(number)
}

/// Lessons that stand in the channel for everybody.
fn lessons(world: &World) -> usize {
    let reader = world.member("Ana").at("lessons");
    let posts = reader.visible();
    posts.iter().filter(|message| message.buttons().iter().any(|button| button.label == "Take the quiz")).count()
}

fn posts_in(world: &World, channel: &str) -> String {
    format!("/channels/{}/messages", world.channel(channel))
}

/// Lets time pass until everything that was put off has had its turn.
async fn patience(world: &World) {
    for _ in 0..8 {
        world.advance(seconds(20)).await;
    }
}

fn requests(world: &World, method: &str, part: &str) -> Vec<u16> {
    let entries = world.emulator.journal().entries();
    entries
        .into_iter()
        .filter_map(|entry| match entry {
            Entry::Rest { method: asked, path, status, .. } if asked == method && path.ends_with(part) => Some(status),
            _ => None,
        })
        .collect()
}

async fn a_rate_limit_is_waited_out_and_the_message_arrives_once(on: Database) {
    let world = World::start(on).await;
    let path = posts_in(&world, "lessons");
    let limited = Effect::RateLimited { retry_after: Duration::from_secs(1), global: false };
    world.emulator.faults().on(Some("POST"), &path, limited, Some(1));
    let asked_at = Instant::now();
    world.member("Lea").runs("/lesson post lesson:what-cx-is").await.says("on its way");
    world.settle().await;
    patience(&world).await;
    assert_eq!(lessons(&world), 1, "{}", world.transcript());
    let sent: Vec<_> = requests(&world, "POST", &path);
    assert_eq!(sent, [429, 200], "one refusal, one post, and no knocking in between");
    assert!(asked_at.elapsed() >= Duration::from_secs(1), "Retry-After is obeyed");
    world.end().await;
}

async fn three_errors_of_discord_are_outlived(on: Database) {
    let world = World::start(on).await;
    let path = posts_in(&world, "lessons");
    world.emulator.faults().on(Some("POST"), &path, Effect::Status(500), Some(3));
    world.member("Lea").runs("/lesson post lesson:what-cx-is").await.says("on its way");
    patience(&world).await;
    assert_eq!(lessons(&world), 1, "{}", world.transcript());
    assert_eq!(requests(&world, "POST", &path), [500, 500, 500, 200]);
    world.end().await;
}

async fn an_answer_lost_on_the_way_posts_nothing_twice(on: Database) {
    let world = World::start(on).await;
    let path = posts_in(&world, "lessons");
    for effect in [Effect::LostAnswer, Effect::DoneThen(502)] {
        world.emulator.faults().on(Some("POST"), &path, effect, Some(1));
    }
    world.member("Lea").runs("/lesson post lesson:what-cx-is").await.says("on its way");
    patience(&world).await;
    assert_eq!(lessons(&world), 1, "posted, answer lost, posted again with the same mark:\n{}", world.transcript());
    assert!(requests(&world, "POST", &path).len() >= 3, "it was really tried again");
    world.end().await;
}

async fn a_slow_discord_still_gets_answers_in_time(on: Database) {
    let world = World::start(on).await;
    world.emulator.faults().on(Some("POST"), "/callback", Effect::Latency(Duration::from_millis(1500)), Some(1));
    world.emulator.faults().on(
        Some("POST"),
        &posts_in(&world, "lessons"),
        Effect::Latency(Duration::from_secs(4)),
        Some(1),
    );
    world.member("Lea").runs("/lesson post lesson:what-cx-is").await.is_private().says("on its way");
    // While a post hangs, people go on being answered.
    world.member("Ana").runs("/help").await.is_private();
    assert_eq!(lessons(&world), 0, "the post came before the answer");
    world.settle().await;
    assert_eq!(lessons(&world), 1);
    world.end().await;
}

async fn a_broken_connection_is_taken_up_again(on: Database) {
    let world = World::start(on).await;
    let ana = world.member("Ana");
    for (number, broken) in ["dropped socket", "op 7", "op 9, resumable", "op 9, not resumable"].into_iter().enumerate()
    {
        match number {
            0 => world.emulator.drop_gateway(),
            1 => world.emulator.send_reconnect(),
            2 => world.emulator.invalidate_session(true),
            _ => world.emulator.invalidate_session(false),
        }
        answered(&world, &ana, broken).await;
    }
    world.end().await;
}

/// After trouble with the connection the bot answers again; presses meanwhile may have been lost, as on Discord.
async fn answered(world: &World, person: &Member, trouble: &str) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        assert!(Instant::now() < deadline, "after {trouble} nobody was answered\n{}", world.transcript());
        world.emulator.ready(DEADLINE).await.unwrap_or_else(|_| panic!("after {trouble} the bot did not come back"));
        let asked = person.person.run(person.channel, "help", json!({})).unwrap();
        if world.emulator.outcome(asked).await.as_text().contains("What you can do here") {
            return;
        }
    }
}

async fn an_interaction_that_comes_twice_has_one_effect(on: Database) {
    let world = World::start(on).await;
    let (_, _) = nominate(&world, "On 3 November he rewrote the letter.").await;
    let lea = world.member("Lea");
    lea.runs("/recognition queue").await;
    lea.scores().await;
    world.emulator.faults().duplicate_next_interaction();
    lea.presses("Accept").await.says("Accepted");
    world.settle().await;
    assert_eq!(world.member("Ben").inbox().matches("Well done").count(), 1, "one question");
    // Tokens are masked, ids are not: every interaction was answered at one address, and once.
    let mut answered = Vec::new();
    for entry in world.emulator.journal().entries() {
        if let Entry::Rest { path, status, .. } = entry
            && path.ends_with("/callback")
        {
            assert!(status < 400, "{path}: {status}");
            assert!(!answered.contains(&path), "answered twice: {path}");
            answered.push(path);
        }
    }
    assert!(!answered.is_empty());
    world.end().await;
}

async fn pressing_twice_at_once_counts_once(on: Database) {
    let world = World::start(on).await;
    world.member("Lea").at("pulse").runs("/pulse open pulse:service-ease").await;
    world.settle().await;
    let everybody: Vec<_> = world.everybody().into_iter().map(|one| one.at("pulse")).collect();
    let mut asked = Vec::new();
    for person in &everybody {
        let message = person.visible().into_iter().find(|message| !message.buttons().is_empty()).unwrap();
        for label in ["Easy", "Very easy", "Easy"] {
            asked.push(person.person.press_label(message.id, label).unwrap());
        }
    }
    for interaction in asked {
        let told = world.emulator.settled(interaction, DEADLINE).await.as_text();
        assert!(told.contains("sealed"), "{told}");
    }
    world.advance(days(8)).await;
    let shown = everybody[0].sees();
    assert!(shown.contains("10 of about 12 people answered"), "{shown}");

    // Two leads decide at the same moment.
    nominate(&world, "On 3 November he rewrote the letter.").await;
    let lea = world.member("Lea");
    lea.runs("/recognition queue").await;
    lea.scores().await;
    let screen = lea.visible().pop().unwrap();
    let twice: Vec<_> = (0..2).map(|_| lea.person.press_label(screen.id, "Accept").unwrap()).collect();
    let mut told = Vec::new();
    for interaction in twice {
        told.push(world.emulator.settled(interaction, DEADLINE).await.as_text());
    }
    assert_eq!(told.iter().filter(|text| text.contains("Accepted.")).count(), 1, "{told:#?}");
    assert!(told.iter().all(|text| !text.contains("Something went wrong")), "{told:#?}");
    world.settle().await;
    assert_eq!(world.member("Ben").inbox().matches("Well done").count(), 1);
    world.end().await;
}

async fn a_closed_direct_message_leaves_the_question_where_it_is_found(on: Database) {
    let world = World::start(on).await;
    let (ben, lea) = (world.member("Ben"), world.member("Lea"));
    ben.person.closes_direct_messages(true);
    nominate(&world, "On 3 November he rewrote the letter with three applicants.").await;
    lea.runs("/recognition queue").await;
    lea.accepts().await;
    world.settle().await;
    let told = lea.runs("/help").await;
    assert!(!told.text().contains("Ben"), "who it was for is between cxbot and that person:\n{}", told.text());
    let notice = told.message().content.clone();
    // Ben finds the question where he finds everything that is his.
    let mine = ben.runs("/recognition mine").await.is_private().text();
    insta::assert_snapshot!("closed_direct_messages", format!("── Lea, /help\n{notice}\n\n── Ben\n{mine}"));
    assert!(mine.contains("waits for your answer"), "{mine}");
    // The words that could not be delivered are kept nowhere on the way: not even when messages are open again do they come by surprise.
    ben.person.closes_direct_messages(false);
    world.advance(hours(1)).await;
    assert_eq!(ben.inbox().matches("Well done").count(), 0, "{}", ben.inbox());
    world.end().await;
}

async fn a_missing_permission_is_told_to_leads_and_mended(on: Database) {
    let world = World::start(on).await;
    let (lea, bot) = (world.member("Lea"), world.emulator.bot_user_id());
    let lessons_channel = world.channel("lessons");
    world.emulator.change(|seed| seed.set_overwrite(lessons_channel, bot, 0, permissions::SEND_MESSAGES));
    lea.runs("/lesson post lesson:what-cx-is").await.says("on its way");
    world.settle().await;
    assert_eq!(lessons(&world), 0);
    insta::assert_snapshot!("missing_permission", lea.runs("/help").await.message().content);
    assert!(!world.member("Ana").runs("/help").await.text().contains("did not happen"), "members are not bothered");
    // Pressed before anything was mended: told again, nothing lost.
    lea.presses("Send again").await;
    world.settle().await;
    lea.runs("/help").await.says("1 thing did not happen");
    world.emulator.change(|seed| seed.set_overwrite(lessons_channel, bot, 0, 0));
    lea.presses("Send again").await;
    for _ in 0..4 {
        world.advance(seconds(5)).await;
    }
    assert_eq!(lessons(&world), 1, "{}", world.transcript());
    assert!(!lea.runs("/help").await.text().contains("did not happen"), "all is well again");
    world.end().await;
}

async fn a_deleted_channel_is_told_to_leads_and_let_go(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea");
    let channel = world.channel("lessons");
    world.emulator.change(|seed| seed.delete_channel(channel));
    lea.runs("/lesson post lesson:what-cx-is").await.says("on its way");
    world.settle().await;
    lea.runs("/help").await.says("The channel no longer exists. Choose another one with /setup.");
    lea.presses("Give up on these messages").await.says("Given up");
    assert!(!lea.runs("/help").await.text().contains("did not happen"));
    // Another channel is chosen, and all goes on.
    let ada = world.member("Ada");
    ada.runs("/setup").await;
    ada.presses("Start").await;
    ada.picks("Channel for lessons", &[&world.channel("general").to_string()]).await;
    world.advance(hours(1)).await;
    lea.runs("/lesson post lesson:what-cx-is").await.says("#general");
    world.settle().await;
    let posted = world.member("Ana").visible();
    assert!(posted.iter().any(|message| message.buttons().iter().any(|button| button.label == "Take the quiz")));
    world.end().await;
}

async fn a_week_without_the_bot_is_told_to_leads(on: Database) {
    let mut world = World::start(on).await;
    let lea = world.member("Lea");
    lea.runs("/lesson schedule series:cx-foundations day:tue hour:9").await.is_private();
    world.stop_bot().await;
    // It was due on Tuesday at 9; the bot is back on Wednesday.
    world.clock.advance(days(2));
    world.start_bot().await;
    world.settle().await;
    assert_eq!(lessons(&world), 0, "never late by surprise");
    insta::assert_snapshot!("missed_lesson", lea.runs("/help").await.message().content);
    world.advance(days(7)).await;
    assert_eq!(lessons(&world), 1, "the next date is kept");
    world.advance(days(14)).await;
    assert!(!lea.runs("/help").await.text().contains("was missed"), "old news is not told for ever");
    world.end().await;
}

/// A message of the bot with one button, as it might have been made by another version or by somebody with the token.
async fn button(world: &World, custom_id: &str) -> Id {
    let body = json!({"content": "x", "components": [{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "Press", "custom_id": custom_id}]}]});
    let address = format!("{}/api/v10{}", world.emulator.api_base(), posts_in(world, "general"));
    let answer = reqwest::Client::builder()
        .no_proxy()
        .build()
        .unwrap()
        .post(address)
        .header("authorization", format!("Bot {}", world.emulator.token()))
        .json(&body)
        .send()
        .await
        .unwrap();
    let posted: Value = answer.json().await.unwrap();
    posted["id"].as_str().unwrap_or_else(|| panic!("{posted}")).parse().unwrap()
}

async fn old_foreign_and_forged_controls_are_refused_kindly(on: Database) {
    let world = World::start(on).await;
    nominate(&world, "On 3 November he rewrote the letter.").await;
    let cleo = world.member("Cleo");
    for (id, sentence) in [
        ("v0:pulse:answer:1", "earlier version"),
        ("vote_7", "earlier version"),
        ("v1:pulse:burn:1", "earlier version"),
        ("v1:pulse:answer:999:0:1", ""),
        ("v1:recognition:accept:1:1", "Only leads"),
        ("v1:recognition:see:1", ""),
        ("v1:recognition:answer:1:named", ""),
        ("v1:recognition:retracted:1", ""),
        ("v1:recognition:send:1", ""),
        ("v1:learning:answer:nothing:0:0:0", ""),
        ("v1:setup:done", "Only administrators"),
        ("v1:help:again", "Only leads"),
    ] {
        let message = button(&world, id).await;
        let told = cleo.presses_on(message, id).await;
        told.is_private();
        assert!(told.text().contains(sentence), "{id}: {}", told.text());
        assert!(!told.text().contains("Something went wrong"), "{id}: {}", told.text());
        assert!(!told.text().contains("letter"), "{id} shows what is not theirs: {}", told.text());
    }
    world.settle().await;
    assert_eq!(world.member("Ben").inbox(), "", "nothing came of it");
    world.end().await;
}

async fn a_form_that_comes_late_is_answered_kindly(on: Database) {
    let world = World::start(on).await;
    let (ana, _) = nominate(&world, "On 3 November he rewrote the letter.").await;
    ana.runs("/recognition mine").await;
    ana.picks("Look at one, change it or withdraw it", &["1"]).await;
    let form = ana.presses("Edit the words").await.form().clone();
    // Meanwhile a lead decides.
    let lea = world.member("Lea");
    lea.runs("/recognition queue").await;
    let reason = lea.presses("Decline with a reason").await.form().clone();
    lea.accepts().await.says("Accepted");
    world.advance(hours(1)).await;
    let words = json!({"happened": "Something else", "customer": "x", "changed": "y", "evidence": "z"});
    let told = ana.submits(&form, words).await.text();
    assert!(!told.contains("Something went wrong") && !told.contains("did not respond"), "{told}");
    assert!(!world.member("Ben").inbox().contains("Something else"), "what was accepted stays as it was");
    let late = lea.submits(&reason, json!({"reason": "Too late"})).await.text();
    assert!(!late.contains("Something went wrong") && !late.contains("Declined."), "{late}");
    world.settle().await;
    insta::assert_snapshot!("late_forms", format!("── Ana\n{told}\n\n── Lea\n{late}"));
    world.end().await;
}

async fn no_text_ever_pings_anybody(on: Database) {
    let world = World::start(on).await;
    let role = world.emulator.world(|seed| seed.role_by_name(world.guild, "CX lead")).unwrap();
    let everybody = world.guild;
    let hostile = format!(
        "@everyone @here <@&{role}> <@&{everybody}> <@{}> \u{202e}txt.exe\u{202c} a\u{200b}\u{200b}b [link](https://evil.example) \
         `code` ||hidden|| # Title",
        world.member("Cleo").id
    );
    // Discord's own form stops at its limit; what comes another way is cut.
    let ana = world.member("Ana");
    ana.runs("/nominate person:@Ben").await;
    let form = ana.presses("Tell what happened").await.form().clone();
    let too_long = json!({"happened": "x".repeat(6000), "customer": "x", "changed": "y", "evidence": "z"});
    assert!(ana.person.submit(form.interaction_id, too_long).is_err(), "6,000 characters do not fit into the form");
    ana.presses("Discard").await;

    nominate(&world, &hostile).await;
    let lea = world.member("Lea");
    lea.runs("/recognition queue").await;
    lea.accepts().await;
    world.settle().await;
    world.member("Ben").presses("Publish with my name").await;
    let told = lea.runs(&format!("/roster division person:@Ana name:\"{}\"", "@everyone ".repeat(500))).await;
    // 60 characters hold six of them, the last one cut before its space; they stand there as words.
    assert_eq!(
        told.is_private().text().matches("everyone").count(),
        6,
        "a division has 60 characters:\n{}",
        told.text()
    );
    let thanks = ana.runs("/thanks person:@Ben").await.form().clone();
    ana.submits(&thanks, json!({"did": hostile, "changed": hostile.chars().rev().collect::<String>()})).await;
    world.settle().await;

    for name in ["Cleo", "Lea", "Dev", "Ada"] {
        for channel in ["general", "recognition"] {
            for message in world.member(name).at(channel).visible() {
                assert!(!message.mentions_viewer, "{name} was pinged by:\n{}", message.as_text());
            }
        }
    }
    let story = world.member("Cleo").at("recognition").sees();
    assert!(!story.contains('\u{202e}') && !story.contains('\u{200b}'), "what hides text is taken out:\n{story}");
    for entry in world.emulator.journal().entries() {
        let Entry::Rest { path, body: Some(body), .. } = entry else { continue };
        let message = if path.ends_with("/callback") { &body["data"] } else { &body };
        if message.get("content").is_some() || message.get("embeds").is_some() {
            let allowed = &message["allowed_mentions"];
            assert!(allowed.is_object(), "{path} leaves mentions open: {message}");
            assert!(allowed["parse"].as_array().is_none_or(Vec::is_empty), "{path}: {allowed}");
        }
    }
    world.end().await;
}

async fn removed_and_added_again_the_bot_goes_on(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea");
    lea.runs("/lesson schedule series:cx-foundations day:tue hour:9").await.is_private();
    world.emulator.change(|seed| seed.remove_bot(world.guild));
    world.advance(days(2)).await;
    assert_eq!(lessons(&world), 0, "it cannot post where it is not");
    world.emulator.change(|seed| seed.add_bot(world.guild, permissions::BOT));
    lea.runs("/help").await.says("did not happen");
    lea.presses("Send again").await;
    for _ in 0..4 {
        world.advance(seconds(5)).await;
    }
    assert_eq!(lessons(&world), 1, "{}", world.transcript());
    world.advance(days(7)).await;
    assert_eq!(lessons(&world), 2, "{}", world.transcript());
    world.end().await;
}

/// Two processes on one database, as when a new version starts before the old one has stopped.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn two_bots_on_one_database_post_everything_once() {
    let world = World::start(Database::Postgres).await;
    let (stop, second) = world.start_second_bot().await;
    let lea = world.member("Lea");
    lea.runs("/lesson schedule series:cx-foundations day:tue hour:9").await.is_private();
    for weeks in 1..=4 {
        world.advance(days(7)).await;
        assert_eq!(lessons(&world), weeks, "{}", world.transcript());
    }
    lea.at("pulse").runs("/pulse open pulse:service-ease").await;
    world.settle().await;
    for person in world.everybody() {
        person.at("pulse").presses("Easy").await.is_private();
    }
    world.advance(days(8)).await;
    let shown = world.member("Ana").at("pulse").sees();
    assert_eq!(shown.matches("Result of the pulse").count(), 1, "{shown}");
    assert!(shown.contains("10 of about 12 people answered"), "{shown}");
    stop.cancel();
    tokio::time::timeout(DEADLINE, second).await.expect("the second bot stops").unwrap().unwrap();
    world.end().await;
}

/// Many messages wait when the bot starts: the requests by which it finds the gateway count too, though nobody waits for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_right_after_the_start_meets_no_limit() {
    let clock = Clock::system();
    let mut seed = cxbot::emulator::World::new("cxbot", clock.now());
    let owner = seed.add_user("Lea");
    let guild = seed.add_guild("Benefits Agency", owner);
    let people: Vec<Id> = (0..60)
        .map(|number| {
            let person = seed.add_user(&format!("Member{number}"));
            seed.add_member(guild, person, None, &[]);
            person
        })
        .collect();
    seed.add_bot(guild, permissions::BOT);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = Emulator::start(listener, clock, seed).unwrap();
    emulator.set_limits(Limits::discord());
    let connection = Connection::open(&Token::new(emulator.token()), &emulator.api_base()).await.unwrap();
    let opening: Vec<_> = people
        .iter()
        .map(|person| {
            let (rest, person) = (connection.rest().clone(), UserId(person.get()));
            tokio::spawn(async move { rest.open_direct(person).await })
        })
        .collect();
    for opened in opening {
        opened.await.unwrap().unwrap();
    }
    let refused = |entry: &&Entry| matches!(entry, Entry::Rest { status: 429, .. });
    let entries = emulator.journal().entries();
    assert!(entries.len() > people.len(), "the journal saw the requests");
    assert_eq!(entries.iter().filter(refused).count(), 0);
}
