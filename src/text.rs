//! Small rules about text that people read.
//!
//! What one person wrote and another will read is shown inert and whole: [`escape`] keeps every word and takes away every power.

/// Shows `text` exactly as it was written: Discord's markdown, mentions and links become plain text that nobody is notified by, and
/// characters that hide or turn around other characters are left out.
///
/// The result is at most about twice as long as `text`.
#[must_use]
pub fn escape(text: &str) -> String {
    let clean = clean(text);
    let mut shown = String::with_capacity(clean.len() + clean.len() / 8);
    for (index, line) in clean.split('\n').enumerate() {
        if index > 0 {
            shown.push('\n');
        }
        escape_line(line, &mut shown);
    }
    shown
}

fn escape_line(line: &str, shown: &mut String) {
    // At the start of a line, `-`, `+` and `1.` would begin a list; everywhere else they are ordinary.
    let body = line.trim_start();
    shown.push_str(&line[..line.len() - body.len()]);
    let digits = body.len() - body.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let list_mark = if digits > 0 { digits } else { 0 };
    for (at, character) in body.char_indices() {
        let special = match character {
            '\\' | '*' | '_' | '~' | '`' | '|' | '>' | '<' | '#' | '[' | ']' | '@' => true,
            // A link in the middle of a text would unfold; `https\://` stays what it is.
            ':' => body[at + 1..].starts_with("//"),
            '-' | '+' => at == 0,
            '.' => at == list_mark && digits > 0,
            _ => false,
        };
        if special {
            shown.push('\\');
        }
        shown.push(character);
    }
}

/// `text` without the characters that hide, join or turn around others, with one kind of line end, and trimmed. Markdown stays.
#[must_use]
pub fn clean(text: &str) -> String {
    let characters: Vec<char> = text.replace("\r\n", "\n").replace('\r', "\n").chars().collect();
    let mut kept = String::with_capacity(text.len());
    for (index, &character) in characters.iter().enumerate() {
        let keep = match character {
            '\n' => true,
            // The joiner makes one picture of several (a family, a profession); between letters it can only hide something.
            '\u{200D}' => {
                let before = index.checked_sub(1).and_then(|before| characters.get(before)).copied();
                is_picture(before) && is_picture(characters.get(index + 1).copied())
            }
            '\u{00AD}'
            | '\u{034F}'
            | '\u{061C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{3164}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}' => false,
            '\t' => {
                kept.push(' ');
                false
            }
            other => !other.is_control(),
        };
        if keep {
            kept.push(character);
        }
    }
    kept.trim().to_owned()
}

fn is_picture(character: Option<char>) -> bool {
    character.is_some_and(|character| character >= '\u{2190}' && !character.is_alphanumeric())
}

/// `text` cut to at most `most` characters, with an ellipsis where something was left out.
#[must_use]
pub fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    if most > 0 {
        short.push('…');
    }
    short
}

/// A count with its noun: `1 lesson`, `2 lessons`, `0 lessons`.
#[must_use]
pub fn plural(count: u64, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn markdown_mentions_and_links_are_shown_as_written() {
        let cases = [
            ("plain words, and a date: 3-4 May.", "plain words, and a date: 3-4 May."),
            ("**bold** _it_ ~~no~~ `code` ||secret||", r"\*\*bold\*\* \_it\_ \~\~no\~\~ \`code\` \|\|secret\|\|"),
            ("@everyone <@123> <@&4> <#5> <:x:6>", r"\@everyone \<\@123\> \<\@&4\> \<\#5\> \<:x:6\>"),
            ("[here](https://x.example)", r"\[here\](https\://x.example)"),
            ("# head\n> quote\n- item\n1. first\n  + more", "\\# head\n\\> quote\n\\- item\n1\\. first\n  \\+ more"),
            ("back\\slash", r"back\\slash"),
        ];
        for (written, shown) in cases {
            assert_eq!(escape(written), shown);
        }
    }

    #[test]
    fn what_hides_or_turns_text_around_is_left_out() {
        assert_eq!(escape("a\u{202E}b\u{200B}c\u{FEFF}d\u{2066}e\u{0007}"), "abcde");
        assert_eq!(escape("pay\u{200D}pal"), "paypal");
        assert_eq!(escape("👩\u{200D}🚒 and שלום"), "👩\u{200D}🚒 and שלום");
        assert_eq!(escape("one\r\ntwo\rthree\tfour"), "one\ntwo\nthree four");
    }

    #[test]
    fn shortening_counts_characters_and_says_that_it_did() {
        assert_eq!(shorten("four", 4), "four");
        assert_eq!(shorten("fünf Wörter hier", 6), "fünf…");
        assert_eq!(shorten("ab", 0), "");
    }

    #[test]
    fn one_is_one() {
        assert_eq!([0, 1, 2].map(|count| plural(count, "person", "people")), ["0 people", "1 person", "2 people"]);
    }

    proptest! {
        /// Undoing the backslashes gives back what was cleaned: nothing is lost, nothing is added.
        #[test]
        fn escaping_loses_nothing(text in any::<String>()) {
            let mut plain = String::new();
            let shown = escape(&text);
            let mut characters = shown.chars();
            while let Some(character) = characters.next() {
                plain.push(if character == '\\' { characters.next().unwrap() } else { character });
            }
            prop_assert_eq!(plain, clean(&text));
        }

        #[test]
        fn escaping_at_most_doubles(text in any::<String>()) {
            prop_assert!(escape(&text).chars().count() <= 2 * text.chars().count());
        }

        #[test]
        fn no_mention_survives(before in ".{0,5}", id in 1u64..) {
            let text = format!("{before}<@{id}> @everyone @here");
            let shown = escape(&text);
            let wakes = shown.match_indices("<@").chain(shown.match_indices("@everyone")).any(|(at, _)| {
                shown[..at].chars().rev().take_while(|&c| c == '\\').count() % 2 == 0
            });
            prop_assert!(!wakes, "{}", shown);
        }

        #[test]
        fn shortening_keeps_the_limit(text in any::<String>(), most in 0usize..50) {
            prop_assert!(shorten(&text, most).chars().count() <= most);
        }
    }
}
