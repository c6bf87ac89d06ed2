//! Which functions run from cxbot's start to its rest, and which when people act? Writes `link/order.txt`, by which the linker
//! lays them side by side. Needs Linux, valgrind, and a program that has its symbols:
//! `CARGO_PROFILE_BENCH_STRIP=none cargo bench --bench link_order`.

mod support;

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use cxbot::emulator::Id;
use serde_json::json;
use support::{Bot, Rig};

const LIST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/link/order.txt");

fn main() {
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (rest, work) = runtime.block_on(async { (at_rest().await, at_work().await) });
    // Without symbols there are none; with other compiler flags than the project's own they do not spell out their types.
    assert!(rest.iter().any(|name| name.starts_with("_RNv")), "no names to record; see the first lines of this file");
    let more: BTreeSet<String> = work.difference(&rest).cloned().collect();
    let paragraph = |title: &str, names: &BTreeSet<String>| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        format!("# {title}\n{}\n", names.join("\n"))
    };
    let list = [paragraph("From start to rest", &rest), paragraph("When people act", &more)].join("\n");
    fs::write(LIST, list).expect("the list can be written");
    println!("{} functions from start to rest, {} more when people act", rest.len(), more.len());
}

/// An ordinary start, and half a minute of nothing to do.
async fn at_rest() -> BTreeSet<String> {
    let rig = Rig::start_with(8, 1, 20).await;
    Bot::start(&rig).await.stop().await;
    let (bot, recording) = Recording::of(&rig).await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    bot.stop().await;
    recording.functions()
}

/// A first start, a pulse that is opened and answered, and commands that show something.
async fn at_work() -> BTreeSet<String> {
    let rig = Rig::start(32).await;
    let (bot, recording) = Recording::of(&rig).await;
    let pulse = rig.open_pulse().await;
    for turn in 0..20 {
        let presses = (0..32).map(|number| {
            let (rig, pulse) = (rig.clone(), pulse.clone());
            tokio::spawn(async move { rig.press(number, &pulse, turn).await })
        });
        for press in presses.collect::<Vec<_>>() {
            assert!(press.await.expect("a person"), "a click was not answered");
        }
    }
    for command in ["help", "me", "index", "learn next", "stories", "recognition queue"] {
        run(&rig, rig.lead, command).await;
    }
    bot.stop().await;
    recording.functions()
}

async fn run(rig: &Rig, who: Id, command: &str) {
    let room = rig.emulator.channels(rig.guild, who)[0].id;
    let asked = rig.emulator.person(who).run(room, command, json!({})).expect("a command");
    rig.emulator.settled(asked, Duration::from_secs(20)).await;
}

/// What valgrind writes about one run.
struct Recording(tempfile::TempDir);

impl Recording {
    async fn of(rig: &Rig) -> (Bot, Self) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut valgrind = Command::new("valgrind");
        valgrind.args(["-q", "--tool=callgrind", "--demangle=no"]);
        valgrind.arg(format!("--callgrind-out-file={}", folder.path().join("calls").display()));
        valgrind.arg(env!("CARGO_BIN_EXE_cxbot"));
        (Bot::start_by(rig, valgrind).await, Self(folder))
    }

    /// The functions of the program that ran. The format: <https://valgrind.org/docs/manual/cl-format.html>; a name is
    /// written once, with a number that stands for it afterwards.
    fn functions(&self) -> BTreeSet<String> {
        let text = fs::read_to_string(self.0.path().join("calls")).expect("valgrind wrote what it saw");
        let (mut objects, mut names) = (HashMap::new(), HashMap::new());
        let mut in_program = false;
        let mut found = BTreeSet::new();
        for line in text.lines() {
            let Some((field, rest)) = line.split_once('=') else { continue };
            match field {
                "ob" | "cob" => {
                    let path = resolve(&mut objects, rest);
                    if field == "ob" {
                        in_program = Path::new(path).file_name().is_some_and(|name| name == "cxbot");
                    }
                }
                "fn" | "cfn" => {
                    let name = resolve(&mut names, rest);
                    // `0x…` and `(below main)` are places without a name, `name'2` is a function that has called itself.
                    let is_name = !name.starts_with("0x") && !name.contains(['(', '\'']);
                    if field == "fn" && in_program && is_name {
                        found.insert(pattern(name));
                    }
                }
                _ => {}
            }
        }
        found
    }
}

/// `(7) name` gives the name and remembers it; `(7)` gives what was remembered.
fn resolve<'a, 'b>(known: &'a mut HashMap<&'b str, &'b str>, text: &'b str) -> &'a str {
    let (number, name) = text.split_once(' ').unwrap_or((text, ""));
    known.entry(number).or_insert(name)
}

/// A symbol with stars for what changes with each version of the compiler or of a library, and without what the optimizer may
/// hang on: the number behind a crate's name (`Cs…_`), and places within the symbol (`B…_`), which move with the length of such
/// numbers. The format: <https://doc.rust-lang.org/rustc/symbol-mangling/v0.html>.
fn pattern(symbol: &str) -> String {
    let name = symbol.split(".llvm.").next().unwrap_or(symbol);
    if name.starts_with("_R") { star(&star(name, "Cs", 8..=12), "B", 1..=2) } else { name.to_owned() }
}

/// Puts a star in place of each number of so many digits that stands between this mark and an underscore.
fn star(symbol: &str, mark: &str, digits: RangeInclusive<usize>) -> String {
    let mut parts = symbol.split(mark);
    let mut starred = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let number = part.find('_').filter(|length| digits.contains(length));
        starred.push_str(mark);
        starred.push_str(if number.is_some() { "*" } else { "" });
        starred.push_str(&part[number.unwrap_or(0)..]);
    }
    starred
}
