//! How fast do 200 messages to 40 channels go out under Discord's limits, and do clicks go on being answered meanwhile?
//!
//! `cargo bench --bench posts`: the emulator enforces 50 requests a second overall and 5 messages in 5 seconds a channel. The messages
//! fall due at one instant; the figure is the time from then to the last one standing in its channel. Anything answered 429 is counted.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unchecked_time_subtraction,
    clippy::semicolon_if_nothing_returned,
    reason = "figures for people"
)]

mod support;

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use cxbot::clock::Clock;
use cxbot::emulator::{Entry, Limits};
use cxbot::ids::{ChannelId, GuildId};
use cxbot::outbox::{self, Queue, To};
use cxbot::post::Post;
use support::{Bot, Rig};

const CHANNELS: usize = 40;
const MESSAGES: usize = 200;
const ROUNDS: usize = 5;

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        println!(
            "{:>5} {:>9} {:>5} {:>14} {:>14} {:>7}",
            "round", "seconds", "429s", "click p50 ms", "click max ms", "clicks"
        );
        for round in 1..=ROUNDS {
            measure(round).await;
        }
    });
}

async fn measure(round: usize) {
    let rig = Rig::start_with(8, CHANNELS, 0).await;
    let due_at = Clock::system().now() + TimeDelta::seconds(5);
    let due_from_here = Instant::now()
        + (due_at - chrono::DateTime::<chrono::Utc>::from(std::time::UNIX_EPOCH + since_epoch()))
            .to_std()
            .unwrap_or_default();
    queue_all(&rig, due_at).await;
    let bot = Bot::start(&rig).await;
    let pulse = rig.open_pulse().await;
    rig.emulator.record_everything();
    rig.emulator.set_limits(Limits::discord());

    tokio::time::sleep_until(due_from_here.into()).await;
    let clicking = tokio::spawn({
        let rig = rig.clone();
        async move {
            let mut waits = Vec::new();
            let ends = Instant::now() + Duration::from_secs(3);
            let mut turn = 0;
            while Instant::now() < ends {
                turn += 1;
                let pressed = Instant::now();
                assert!(rig.press(turn % 8, &pulse, turn).await, "a click was not answered");
                waits.push(pressed.elapsed());
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            waits.sort();
            waits
        }
    });
    let viewer = rig.people[0];
    let posted = rig
        .emulator
        .when(Duration::from_secs(30), || {
            let all: usize = rig.channels.iter().map(|channel| rig.emulator.messages(*channel, viewer).len()).sum();
            (all == MESSAGES).then(Instant::now)
        })
        .await
        .expect("all messages are posted");
    let seconds = posted.duration_since(due_from_here).as_secs_f64();
    let waits = clicking.await.expect("the clicks");
    let refused = rig
        .emulator
        .journal()
        .entries()
        .iter()
        .filter(|entry| matches!(entry, Entry::Rest { status: 429, .. }))
        .count();
    let millis = |wait: Duration| wait.as_secs_f64() * 1000.0;
    println!(
        "{round:>5} {seconds:>9.2} {refused:>5} {:>14.2} {:>14.2} {:>7}",
        millis(waits[waits.len() / 2]),
        millis(waits[waits.len() - 1]),
        waits.len()
    );
    bot.stop().await;
}

async fn queue_all(rig: &Rig, due_at: chrono::DateTime<chrono::Utc>) {
    let services = cxbot::app::open(rig.settings(), Clock::system()).await.expect("the database");
    let (channels, guild) = (rig.channels.clone(), GuildId(rig.guild.get()));
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                for number in 0..MESSAGES {
                    let channel = ChannelId(channels[number % channels.len()].get());
                    let post = Post::text(format!("Message {number}"));
                    let key = format!("bench:{number}");
                    outbox::queue(tx, Queue { guild, key: &key, to: To::Channel(channel), post: &post, due_at })
                        .await?;
                }
                Ok(())
            })
        })
        .await
        .expect("the messages are queued");
    services.store.close().await;
}

#[expect(clippy::disallowed_methods, reason = "joins the machine's calendar clock to its stopwatch, once")]
fn since_epoch() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a time after 1970")
}
