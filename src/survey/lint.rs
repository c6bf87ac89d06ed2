//! The wording rules of good questions, as far as a machine can see them. `cxbot check` runs them over every pulse.

use super::Kind;

const MOST_WORDS: usize = 19;
const MOST_QUESTION_CHARS: usize = 200;
/// Discord's limit on a button's label.
const MOST_LABEL_CHARS: usize = 80;
const LOADED: [&str; 10] = [
    "amazing",
    "awesome",
    "excellent",
    "fantastic",
    "great",
    "obviously",
    "outstanding",
    "superb",
    "terrible",
    "world-class",
];

/// What the words of a question should be but are not; empty for good words.
pub fn lint_question(ask: &str, kind: &Kind) -> Vec<String> {
    let mut expected = Vec::new();
    let words: Vec<String> = ask
        .split_whitespace()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’').to_lowercase())
        .filter(|word| !word.is_empty())
        .collect();
    if words.is_empty() {
        return vec!["a question in words".into()];
    }
    if words.len() > MOST_WORDS {
        expected.push(format!("under 20 words, found {}", words.len()));
    }
    if ask.chars().count() > MOST_QUESTION_CHARS {
        expected.push(format!("at most {MOST_QUESTION_CHARS} characters, found {}", ask.chars().count()));
    }
    // A comment box may name alternatives; a rating of two things at once cannot be read.
    if *kind != Kind::Comment && words.iter().any(|word| matches!(word.as_str(), "and" | "or" | "and/or")) {
        expected.push("one idea a question; “and” or “or” asks two things at once".into());
    }
    let negated = |word: &String| {
        matches!(word.as_str(), "not" | "never" | "cannot") || word.ends_with("n't") || word.ends_with("n’t")
    };
    if let Some(word) = words.iter().find(|word| negated(word)) {
        expected.push(format!("no negation (“{word}”): disagreeing with a “not” confuses people"));
    }
    if let Some(word) = words.iter().find(|word| LOADED.contains(&word.as_str())) {
        expected.push(format!("neutral words; “{word}” leads to an answer"));
    }
    if !ask.trim_end().ends_with(['?', '.']) {
        expected.push("a full sentence, ending with “?” or “.”".into());
    }
    expected
}

/// What the words of an option should be but are not; empty for good words.
pub fn lint_label(label: &str) -> Vec<String> {
    let mut expected = Vec::new();
    if !label.chars().any(char::is_alphabetic) {
        expected.push("a label in words, not only numbers or signs".into());
    }
    if label.chars().count() > MOST_LABEL_CHARS {
        expected.push(format!("at most {MOST_LABEL_CHARS} characters, found {}", label.chars().count()));
    }
    if label.trim() != label {
        expected.push("no spaces at the ends".into());
    }
    expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_questions_pass() {
        for ask in [
            "How easy was it to get what you needed in the last month?",
            "I am satisfied with the service I received from [service].",
            "We finish what we agree to do.",
        ] {
            assert_eq!(lint_question(ask, &Kind::Agree), Vec::<String>::new(), "{ask}");
        }
        assert_eq!(lint_question("What should we stop, start or change?", &Kind::Comment), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_named() {
        for (ask, part) in [
            ("", "a question in words"),
            ("Was it quick and easy?", "one idea"),
            ("It was not difficult.", "no negation (“not”)"),
            ("You didn’t wait long.", "no negation (“didn’t”)"),
            ("How was our great service?", "“great” leads"),
            ("How easy was it", "ending with"),
            (&*format!("{}?", ["word"; 20].join(" ")), "under 20 words, found 20"),
        ] {
            let found = lint_question(ask, &Kind::Ease);
            assert!(found.iter().any(|fault| fault.contains(part)), "{ask:?} gave {found:?}, expected {part:?}");
        }
    }

    #[test]
    fn labels_are_words() {
        assert!(lint_label("Too little").is_empty());
        for label in ["3", "👍", " padded", &"x".repeat(81)] {
            assert!(!lint_label(label).is_empty(), "{label:?}");
        }
    }
}
