//! What the index costs: `/index` with few and with many answers behind it, and taking response files in.
//!
//! `cargo bench --bench index` starts the emulator in this process and the release build of `cxbot run` in another, and asks `/index`
//! with 1,000 answers in 10 figures and with 10,000,000 answers in 1,200 figures behind the scores; then it reads response files of 10^4, 10^5 and 10^6 rows. It prints p50 and
//! p99 of a reply, rows a second, and the peak of resident memory above what was resident before.
#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures for people"
)]

mod support;

use std::fmt::Write;
use std::io::Read;
use std::time::{Duration, Instant};

use cxbot::app;
use cxbot::clock::Clock;
use cxbot::cx_index::{self, About, Format, ImportOptions, SurveyType};
use serde_json::json;
use support::{Bot, Rig, Spread};

const ROUNDS: usize = 5;
const ASKED: usize = 300;

fn main() {
    // `cargo test --benches` runs this with --test; there is nothing to test here.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        replies().await;
        imports().await;
    });
}

/// A file of figures with about this many answers behind it, over the newest `quarters` and this many channels each.
fn figures(answers: u64, quarters: usize, channels: usize) -> String {
    let mut text = cx_index::COLUMNS.join(",");
    text.push('\n');
    let customer = [
        ("cloud-hosting", "agency"),
        ("identity-help-desk", "agency"),
        ("shared-training", "agency"),
        ("benefits-phone", "public"),
        ("local-offices", "public"),
    ];
    let each = answers / (customer.len() * 2 * quarters * channels) as u64;
    let counts: Vec<String> = [5, 10, 15, 40, 30].iter().map(|share| (each * share / 100).to_string()).collect();
    let counts = counts.join(",");
    for quarter in ["FY2027Q1", "FY2026Q4", "FY2026Q3"].into_iter().take(quarters) {
        for channel in 0..channels {
            for (program, audience) in customer {
                for measure in ["satisfaction", "ease"] {
                    let _ = writeln!(
                        text,
                        "{program},{audience},quality,{measure},customer,{program}-survey,channel-{channel},{quarter},counts,{counts},,,,,,,,,,,,,,"
                    );
                }
            }
        }
    }
    for (program, measure) in [("cloud-hosting", "restore-hours"), ("identity-help-desk", "answer-hours")] {
        let _ = writeln!(
            text,
            "{program},agency,timeliness,{measure},operational,,all,FY2027Q1,value,,,,,,,,,,,,12,,,,,,,"
        );
    }
    text
}

async fn replies() {
    println!("{:>12} {:>9} {:>9} {:>9}", "answers", "p50 ms", "p99 ms", "max ms");
    let mut middles = Vec::new();
    for (answers, quarters, channels) in [(1_000_u64, 1, 1), (10_000_000, 3, 40)] {
        let rig = Rig::start(1).await;
        let services = app::open(rig.settings(), Clock::system()).await.expect("the database");
        cx_index::start(&services).await.expect("the inventory");
        let file = std::io::Cursor::new(figures(answers, quarters, channels));
        cx_index::import(&services, file, "bench.csv", "bench", false).await.expect("figures");
        services.store.close().await;
        let bot = Bot::start(&rig).await;
        let person = rig.emulator.person(rig.people[0]);
        let channel = rig.channels[0];
        let (mut middle, mut slow) = (Spread::default(), Spread::default());
        for _ in 0..ROUNDS {
            let mut waits = Vec::with_capacity(ASKED);
            for _ in 0..ASKED {
                let asked = Instant::now();
                let interaction = person.run(channel, "index", json!({})).expect("a command");
                let outcome = rig.emulator.settled(interaction, Duration::from_secs(5)).await;
                waits.push(asked.elapsed());
                assert!(outcome.as_text().contains("CX index"), "{}", outcome.as_text());
            }
            waits.sort();
            let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
            println!("{answers:>12} {:>9.2} {:>9.2} {:>9.2}", at(0.5), at(0.99), at(1.0));
            middle.add(at(0.5) * 1000.0);
            slow.add(at(0.99) * 1000.0);
        }
        println!("{answers:>12} p50 us: {middle}; p99 us: {slow}");
        middles.push(middle.median());
        bot.stop().await;
    }
    println!("ratio of the medians, 10,000,000 to 1,000: {:.2}", middles[1] / middles[0]);
}

const HEADER: &str = "external_id,question_1,positive_effectiveness,positive_ease,positive_efficiency,positive_transparency,positive_humanity,positive_employee,positive_other,negative_effectiveness,negative_ease,negative_efficiency,negative_transparency,negative_humanity,negative_employee,negative_other,question_4\n";

/// A response file of any length, made while it is read, so that the file itself takes no memory.
struct Responses {
    rows: u64,
    pending: Vec<u8>,
    at: usize,
}

impl Read for Responses {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.pending.len() && self.rows > 0 {
            self.pending.clear();
            self.at = 0;
            for _ in 0..self.rows.min(500) {
                self.rows -= 1;
                let answer = self.rows % 5 + 1;
                self.pending.extend_from_slice(
                    format!("r{:08},{answer},1,0,0,1,0,0,0,0,0,0,0,0,0,0,\"It was quick, thank you.\"\n", self.rows)
                        .as_bytes(),
                );
            }
        }
        let count = buffer.len().min(self.pending.len() - self.at);
        buffer[..count].copy_from_slice(&self.pending[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

fn memory_kib(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
}

async fn imports() {
    println!("{:>10} {:>12} {:>16}", "rows", "rows/s", "peak above, KiB");
    for rows in [10_000_u64, 100_000, 1_000_000] {
        let (mut rates, mut peaks) = (Spread::default(), Spread::default());
        for _ in 0..ROUNDS {
            let data = tempfile::tempdir().expect("a temporary folder");
            let overrides = cxbot::config::Overrides { data_dir: Some(data.path().to_owned()), ..Default::default() };
            let settings = cxbot::config::Settings::load(&overrides).expect("settings");
            let services = app::open(settings, Clock::system()).await.expect("the database");
            let about = About {
                program: Some("va-outpatient".into()),
                period: Some("FY2022Q1".parse().expect("a quarter")),
                survey_type: Some(SurveyType::LikertScale),
                ..About::default()
            };
            let options = ImportOptions { format: Format::TouchpointsV2, about, ..ImportOptions::default() };
            // Forgets the peak so far (Linux).
            let _ = std::fs::write("/proc/self/clear_refs", "5");
            let before = memory_kib("VmRSS:");
            let started = Instant::now();
            let reader = Responses { rows, pending: HEADER.as_bytes().to_vec(), at: 0 };
            let report =
                cx_index::import_as(&services, reader, "bench.csv", "bench", options).await.expect("an import");
            assert_eq!(report.file_rows, rows);
            rates.add(rows as f64 / started.elapsed().as_secs_f64());
            peaks.add(memory_kib("VmHWM:").saturating_sub(before) as f64);
            services.store.close().await;
        }
        println!("{rows:>10} rows/s: {rates}; peak KiB: {peaks}");
    }
}
