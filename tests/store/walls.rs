//! Who may import whom. The rooms are ordered; each may use only the ones to its right, and some names may be used only in some rooms.

use std::fs;
use std::path::{Path, PathBuf};

/// From the top to the floor. A file may import its own room and rooms in later rows; rooms of one row never import each other.
const TIERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["check", "playground"],
    &["app"],
    &["features"],
    &["learning", "pulse", "recognition", "cx_index", "help"],
    &["programs", "stories", "chart"],
    &["people", "survey", "sealed", "requests"],
    &["schedule", "outbox"],
    &["discord"],
    &["services"],
    &["store", "config"],
    &["post"],
    &["text", "calendar", "statistics"],
    &["ids", "clock", "error"],
];

/// Outside the order: may use `clock` and nothing else of ours; only the playground may use it.
const EMULATOR: &str = "emulator";

/// A crate or call, and the files that may name it.
type MayName = fn(&str) -> bool;

const KEPT_TO: &[(&str, MayName)] = &[
    ("sqlx::", |path| path.starts_with("store/") || path.ends_with("/store.rs") || path.contains("/store/")),
    ("serenity::", |path| {
        path.starts_with("discord/")
            || path.ends_with("/chat.rs")
            || path.contains("/chat/")
            || path.starts_with("outbox/sender")
    }),
    ("serenity_commands::", |path| path.ends_with("/chat.rs") || path.contains("/chat/")),
    ("axum::", |path| path.starts_with("emulator/") || path.starts_with("playground/")),
    ("std::env::", |path| path.starts_with("config/")),
    ("Utc::now", |path| path == "clock.rs"),
];

pub fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
}

/// The code alone: comments name other rooms freely, and tests may reach further than the code they test.
fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]").next().unwrap_or(text);
    before_tests.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Rooms named by `crate::room`, also inside `use crate::{a, b::c}`.
fn imported_rooms(code: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut word = String::new();
            for letter in group.chars() {
                match letter {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => rooms.push(std::mem::take(&mut word)),
                    _ if depth == 0 => word.push(letter),
                    _ => {}
                }
            }
            rooms.push(word);
        } else {
            rooms.push(rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect());
        }
    }
    let first = |room: String| room.trim().split("::").next().unwrap_or_default().trim().to_owned();
    rooms.into_iter().map(first).filter(|room| !room.is_empty()).collect()
}

fn tier_of(room: &str) -> Option<usize> {
    TIERS.iter().position(|tier| tier.contains(&room))
}

#[test]
fn every_file_keeps_to_its_room() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source, &mut files);
    assert!(files.len() > 10, "the source files were not found");

    let mut breaches = Vec::new();
    for file in &files {
        let path = file.strip_prefix(&source).unwrap().to_string_lossy().replace('\\', "/");
        let room = path.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        if room == "lib" {
            continue;
        }
        let code = code(&fs::read_to_string(file).unwrap());
        for (name, may) in KEPT_TO {
            if code.contains(name) && !may(&path) {
                breaches.push(format!("{path} names {name}"));
            }
        }
        for imported in imported_rooms(&code) {
            // Macros exported at the root, and the room itself.
            if imported == room || matches!(imported.as_str(), "on_db" | "row_id" | "personal_table") {
                continue;
            }
            let allowed = if room == EMULATOR {
                imported == "clock"
            } else if imported == EMULATOR {
                room == "playground"
            } else {
                match (tier_of(&room), tier_of(&imported)) {
                    (Some(from), Some(to)) => from < to,
                    _ => false,
                }
            };
            if !allowed {
                breaches.push(format!("{path} imports crate::{imported}"));
            }
        }
    }
    assert!(breaches.is_empty(), "walls broken:\n{}", breaches.join("\n"));
}

#[test]
fn the_wall_test_sees_groups_and_paths() {
    let code = "use crate::{store::{Tx, Store}, pulse};\nlet x = crate::outbox::queue();\nuse crate::ids::UserId;";
    assert_eq!(imported_rooms(code), ["store", "pulse", "outbox", "ids"]);
}
