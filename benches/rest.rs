//! What does cxbot need at rest? `cargo bench --bench rest` reports start to ready and resident memory with one server and with 1,000,
//! and whether memory stays flat over 100,000 clicks.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::unchecked_time_subtraction,
    clippy::semicolon_if_nothing_returned,
    reason = "figures for people"
)]

mod support;

use std::time::Duration;

use support::{Bot, Rig};

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        println!("binary: {} KiB", std::fs::metadata(env!("CARGO_BIN_EXE_cxbot")).map_or(0, |file| file.len() / 1024));
        for guilds in [1, 1_000] {
            for _ in 0..5 {
                at_rest(guilds).await;
            }
        }
        flat().await;
    });
}

async fn at_rest(guilds: usize) {
    let rig = Rig::start_with(8, 1, guilds - 1).await;
    // The first start also makes the database and registers the commands; the second is an ordinary one.
    Bot::start(&rig).await.stop().await;
    let bot = Bot::start(&rig).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    println!(
        "{guilds:>5} servers: ready after {:>4} ms, resident {:>6} KiB",
        bot.ready_after.as_millis(),
        bot.resident_kib()
    );
    bot.stop().await;
}

async fn flat() {
    let rig = Rig::start(32).await;
    let bot = Bot::start(&rig).await;
    let pulse = rig.open_pulse().await;
    for part in 0..=10 {
        if part > 0 {
            let people: Vec<_> = (0..32)
                .map(|number| {
                    let (rig, pulse) = (rig.clone(), pulse.clone());
                    tokio::spawn(async move {
                        for turn in 0..10_000 / 32 {
                            assert!(rig.press(number, &pulse, turn).await, "a click was not answered");
                        }
                    })
                })
                .collect();
            for person in people {
                person.await.expect("a person");
            }
        }
        println!("{:>6} clicks: resident {:>6} KiB", part * 10_000, bot.resident_kib());
    }
    bot.stop().await;
}
