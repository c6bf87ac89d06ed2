//! How fast is a click? The whole product in the way: emulator, gateway, dispatcher, sealed box, disk sync, callback.
//!
//! `cargo bench --bench clicks` starts the emulator in this process and the release build of `cxbot run` in another, opens a pulse,
//! and lets 1, 32 and 256 people press at once, each as soon as the last press was acknowledged. Every answer is durable before it is
//! acknowledged (SQLite, WAL, `synchronous=FULL`). It prints p50, p99, max, clicks a second and the bot's CPU time a click.

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

use support::{Bot, Rig, Spread};

const ROUNDS: usize = 5;
const SECONDS: u64 = 3;

fn main() {
    // `cargo test --benches` runs this with --test; there is nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(measure());
}

async fn measure() {
    let rig = Rig::start(256).await;
    let bot = Bot::start(&rig).await;
    println!("start to ready: {:?}; resident at rest: {} KiB", bot.ready_after, bot.resident_kib());
    let buttons = rig.open_pulse().await;
    println!(
        "{:>7} {:>11} {:>9} {:>9} {:>9} {:>12} {:>6}",
        "people", "clicks/s", "p50 ms", "p99 ms", "max ms", "CPU us/click", "lost"
    );
    for people in [1_usize, 32, 256] {
        let mut rates = Spread::default();
        for _ in 0..ROUNDS {
            let cpu_before = bot.cpu();
            let started = Instant::now();
            let ends = started + Duration::from_secs(SECONDS);
            let tasks: Vec<_> = (0..people)
                .map(|number| {
                    let (rig, buttons) = (rig.clone(), buttons.clone());
                    tokio::spawn(async move {
                        let mut waits = Vec::new();
                        let mut lost = 0_usize;
                        let mut turn = number;
                        while Instant::now() < ends {
                            let pressed = Instant::now();
                            turn += 1;
                            if rig.press(number, &buttons, turn).await {
                                waits.push(pressed.elapsed())
                            } else {
                                lost += 1
                            }
                        }
                        (waits, lost)
                    })
                })
                .collect();
            let mut waits = Vec::new();
            let mut lost = 0;
            for task in tasks {
                let (some, missing) = task.await.expect("a person");
                waits.extend(some);
                lost += missing;
            }
            let seconds = started.elapsed().as_secs_f64();
            waits.sort();
            let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
            let cpu = (bot.cpu() - cpu_before).as_secs_f64() * 1e6 / waits.len() as f64;
            let rate = waits.len() as f64 / seconds;
            rates.add(rate);
            println!(
                "{people:>7} {rate:>11.0} {:>9.2} {:>9.2} {:>9.2} {cpu:>12.0} {lost:>6}",
                at(0.5),
                at(0.99),
                at(1.0)
            );
        }
        println!("{people:>7} {:>11} clicks/s: {rates}", "");
    }
    println!("resident afterwards: {} KiB", bot.resident_kib());
    bot.stop().await;
}
