//! Takes out of a comment what points at a person or a place to reach them, before anybody stores it.

use std::sync::LazyLock;

use crate::text::clean;

const MASKED: &str = "[left out]";

/// The comment without mentions, e-mail addresses, telephone numbers and links; cleaned of characters that hide others.
pub fn mask(comment: &str) -> String {
    clean(comment).split_inclusive(char::is_whitespace).map(mask_word).collect::<String>().pipe_numbers()
}

fn mask_word(word: &str) -> String {
    let bare = word.trim_end();
    let rest = &word[bare.len()..];
    let points_somewhere = bare.starts_with('@')
        || bare.contains("<@")
        || bare.contains("<#")
        || bare.contains("://")
        || bare.to_lowercase().contains("www.")
        || bare.to_lowercase().contains("discord.gg/")
        || is_address(bare);
    if points_somewhere { format!("{MASKED}{rest}") } else { word.to_owned() }
}

fn is_address(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    word.split_once('@').is_some_and(|(name, place)| !name.is_empty() && place.contains('.'))
}

trait Numbers {
    fn pipe_numbers(self) -> String;
}

impl Numbers for String {
    /// Masks runs of digits, spaces, dots, hyphens and brackets that hold at least seven digits: telephone and case numbers.
    fn pipe_numbers(self) -> String {
        static JOINS: LazyLock<&[char]> = LazyLock::new(|| &[' ', '-', '.', '(', ')', '/', '+']);
        let characters: Vec<char> = self.chars().collect();
        let mut out = String::with_capacity(self.len());
        let mut at = 0;
        while at < characters.len() {
            if !characters[at].is_ascii_digit() {
                out.push(characters[at]);
                at += 1;
                continue;
            }
            let mut end = at;
            let mut last_digit = at;
            while end < characters.len() && (characters[end].is_ascii_digit() || JOINS.contains(&characters[end])) {
                if characters[end].is_ascii_digit() {
                    last_digit = end;
                }
                end += 1;
            }
            let run = &characters[at..=last_digit];
            if run.iter().filter(|character| character.is_ascii_digit()).count() >= 7 {
                out.push_str(MASKED);
            } else {
                out.extend(run);
            }
            at = last_digit + 1;
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reaches_a_person_is_left_out_and_the_rest_stays() {
        for (written, kept) in [
            ("Waiting took 45 minutes in room 12.", "Waiting took 45 minutes in room 12."),
            ("Ask <@1234567> or @Ben, please", "Ask [left out] or [left out] please"),
            ("Write to ben.b@agency.example now", "Write to [left out] now"),
            ("see https://x.example/a?b=c and www.x.example", "see [left out] and [left out]"),
            ("call (202) 555-0143 today", "call ([left out] today"),
            ("case 2026-0001-77 was slow", "case [left out] was slow"),
            ("a\u{202E}b\n second line", "ab\n second line"),
        ] {
            assert_eq!(mask(written), kept);
        }
    }
}
