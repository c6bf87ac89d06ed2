//! What makes a lesson good to read, as far as a program can tell; `cxbot check` reports it.

use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd};

use super::content::{Draft, read_all};
use super::library::PART;
use super::message;
use super::model::{Next, Step};
use crate::config::{Content, Problem};

/// The highest Flesch-Kincaid grade of a lesson's text: about the tenth year of school.
const MOST_GRADE: f64 = 10.0;

/// Discord's limit on the text of a message.
const MOST_MESSAGE_CHARS: usize = 2_000;

/// Tags for the drivers of the customer experience.
const DRIVERS: [&str; 7] =
    ["satisfaction", "trust", "effectiveness", "ease", "efficiency", "transparency", "helpfulness"];

/// Tags for the five principles.
const PRINCIPLES: [&str; 5] =
    ["everyone-responsible", "engage-listen-resolve", "outside-in", "key-measure", "every-contact"];

/// Everything that is wrong with the lessons, file by file. Empty when all is well.
#[must_use]
pub fn check(content: &Content) -> Vec<Problem> {
    let files = match content.list(PART) {
        Ok(files) => files,
        Err(fault) => {
            return vec![Problem { file: PART.into(), line: 1, key: "folder".into(), expected: fault.to_string() }];
        }
    };
    let (drafts, mut problems) = read_all(&files);
    for draft in &drafts {
        problems.extend(unfit(draft));
        problems.extend(unpolished(draft));
    }
    problems.extend(double_numbers(&drafts));
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    problems
}

/// What would keep Discord from taking the lesson. Such a lesson is not used.
pub(super) fn unfit(draft: &Draft) -> Vec<Problem> {
    let lesson = &draft.lesson;
    let mut problems = Vec::new();
    let mut fits = |what: &str, line: usize, text: &str| {
        let length = text.chars().count();
        if length > MOST_MESSAGE_CHARS {
            let expected =
                format!("at most 2,000 characters with all that is shown around it ({what}); there are {length}");
            problems.push(problem(draft, line, "length", expected));
        }
    };
    // A place of two digits is as long as the line below the title gets.
    let mut longest = lesson.clone();
    (longest.number, longest.of) = (99, 99);
    let read = message::private_lesson(&Next { lesson: &longest, posted: false, begun: false });
    fits("title, text and notes of the post", draft.lines.body, &read.text);
    fits("prompt, exercise and source in the thread", draft.lines.exercise, &message::thread_text(&longest).text);
    for (place, &line) in draft.lines.questions.iter().enumerate() {
        fits("question and options", line, &message::question(&longest, place).text);
        for option in 0..lesson.questions[place].options.len() {
            fits(
                "question, options and explanation",
                line,
                &message::feedback(&longest, place, option, Step::Finish).text,
            );
        }
    }
    problems
}

/// What makes a lesson harder to read than it need be.
fn unpolished(draft: &Draft) -> Vec<Problem> {
    let lesson = &draft.lesson;
    let mut problems = Vec::new();
    let tagged = [
        ("drivers", &lesson.drivers, &draft.lines.drivers, &DRIVERS[..]),
        ("principles", &lesson.principles, &draft.lines.principles, &PRINCIPLES[..]),
    ];
    for (key, tags, lines, known) in tagged {
        for (tag, &line) in tags.iter().zip(lines) {
            if !known.contains(&tag.as_str()) {
                problems.push(problem(draft, line, key, format!("one of {}; not “{tag}”", known.join(", "))));
            }
        }
    }
    if lesson.title.ends_with('.') {
        problems.push(problem(draft, draft.lines.title, "title", "no full stop at the end".into()));
    }
    problems.extend(markdown_problems(draft));
    let grade = reading_grade(&lesson.body);
    if grade > MOST_GRADE {
        let expected = format!(
            "a reading level of grade {MOST_GRADE:.0} or lower; it is {grade:.1}. Shorter sentences and shorter words bring it down"
        );
        problems.push(problem(draft, draft.lines.body, "reading level", expected));
    }
    problems
}

/// Markdown that Discord shows as raw signs, and links that lead nowhere.
fn markdown_problems(draft: &Draft) -> Vec<Problem> {
    let body = &draft.lesson.body;
    let mut problems = Vec::new();
    let mut link_text: Option<String> = None;
    for (event, range) in Parser::new_ext(body, Options::ENABLE_TABLES).into_offset_iter() {
        let line = draft.lines.body + body[..range.start].matches('\n').count();
        let mut wrong = |key: &str, expected: String| problems.push(problem(draft, line, key, expected));
        match event {
            Event::Start(Tag::Link { link_type, dest_url, .. }) => {
                link_text = Some(String::new());
                if link_type != LinkType::Autolink && !is_address(&dest_url) {
                    wrong("link", format!("a whole address that begins with https://, not “{dest_url}”"));
                }
            }
            Event::End(TagEnd::Link) if link_text.take().is_some_and(|text| text.trim().is_empty()) => {
                wrong("link", "words in the square brackets that say where the link leads".into());
            }
            Event::Text(text) => {
                if let Some(link_text) = &mut link_text {
                    link_text.push_str(&text);
                }
            }
            Event::Start(Tag::Image { .. }) => {
                wrong("picture", "no pictures: Discord does not show them in a text".into());
            }
            Event::Start(Tag::Table(_)) => {
                wrong("table", "a list in place of the table: Discord shows no tables".into());
            }
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => {
                wrong("HTML", "Markdown only: Discord shows HTML as it is written".into());
            }
            Event::Start(Tag::Heading { level, .. }) if level > HeadingLevel::H3 => {
                wrong("heading", "at most three # signs: Discord knows three levels".into());
            }
            _ => {}
        }
    }
    // A link that the parser did not take for one: a space in the address, or a bracket that is missing.
    for (place, text) in body.lines().enumerate() {
        if let Some((_, after)) = text.split_once("](") {
            let address = after.split_once(')').map(|(address, _)| address);
            if address.is_none_or(|address| address.trim().is_empty() || address.contains(' ')) {
                let expected = "[words](https://address) without spaces in the address".to_owned();
                problems.push(problem(draft, draft.lines.body + place, "link", expected));
            }
        }
    }
    problems
}

fn is_address(text: &str) -> bool {
    reqwest::Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "https" | "http") && url.host_str().is_some_and(|host| host.contains('.'))
    })
}

/// Two lessons of a series with the same number: which comes first would hang on the rest of the name.
fn double_numbers(drafts: &[Draft]) -> Vec<Problem> {
    let number = |draft: &Draft| {
        draft.file.rsplit('/').next().and_then(|name| name.split_once('-')).map(|(number, _)| number.to_owned())
    };
    drafts
        .windows(2)
        .filter(|pair| pair[0].lesson.series == pair[1].lesson.series && number(&pair[0]) == number(&pair[1]))
        .map(|pair| problem(&pair[1], 1, "file name", format!("a number of its own; {} has the same", pair[0].file)))
        .collect()
}

fn problem(draft: &Draft, line: usize, key: &str, expected: String) -> Problem {
    Problem { file: draft.file.clone(), line, key: key.to_owned(), expected }
}

/// The Flesch-Kincaid grade of a Markdown text: about the school year in which it is read with ease. Each list item and each
/// paragraph ends a sentence.
#[must_use]
pub fn reading_grade(markdown: &str) -> f64 {
    let mut plain = String::new();
    for event in Parser::new(markdown) {
        match event {
            Event::Text(text) | Event::Code(text) => plain.push_str(&text),
            Event::SoftBreak | Event::HardBreak => plain.push(' '),
            Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::Heading(_)) => plain.push_str(". "),
            _ => {}
        }
    }
    let (mut words, mut syllables, mut sentences) = (0_u32, 0_u32, 0_u32);
    for sentence in plain.split(['.', '!', '?', '…']) {
        let before = words;
        for word in sentence.split(|letter: char| !(letter.is_alphanumeric() || letter == '\'' || letter == '’')) {
            if word.chars().any(char::is_alphanumeric) {
                words += 1;
                syllables += syllables_in(word);
            }
        }
        sentences += u32::from(words > before);
    }
    if words == 0 {
        return 0.0;
    }
    0.39 * (f64::from(words) / f64::from(sentences)) + 11.8 * (f64::from(syllables) / f64::from(words)) - 15.59
}

/// Counts groups of vowels, with the usual corrections for endings that are not spoken. Right for most English
/// words, and rarely off by more than one.
fn syllables_in(word: &str) -> u32 {
    let word: String = word.chars().filter(char::is_ascii_alphabetic).collect::<String>().to_ascii_lowercase();
    let is_vowel = |letter: char| matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let (mut count, mut in_group) = (0, false);
    for letter in word.chars() {
        count += u32::from(is_vowel(letter) && !in_group);
        in_group = is_vowel(letter);
    }
    let before = |ending: &str| word.strip_suffix(ending).and_then(|stem| stem.chars().last());
    let silent = match (before("e"), before("es"), before("ed")) {
        // table, people: the e is not spoken, but the l makes a syllable.
        (Some('l'), _, _) => word.chars().rev().nth(2).is_some_and(is_vowel),
        (Some(letter), _, _) => !is_vowel(letter),
        // services, changes: spoken after a hiss.
        (_, Some(letter), _) => !is_vowel(letter) && !matches!(letter, 'c' | 'g' | 'h' | 's' | 'x' | 'z'),
        (_, _, Some(letter)) => !is_vowel(letter) && !matches!(letter, 't' | 'd'),
        _ => false,
    };
    count.saturating_sub(u32::from(silent)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learning::Library;

    #[test]
    fn the_shipped_lessons_are_all_well() {
        let problems: Vec<_> = check(&Content::built_in()).iter().map(ToString::to_string).collect();
        assert_eq!(problems, [""; 0]);
    }

    #[test]
    fn the_shipped_series_are_whole() {
        let library = Library::load(&Content::built_in()).unwrap();
        let shape: Vec<_> =
            library.series.iter().map(|series| (&*series.name, &*series.title, series.lessons.len())).collect();
        assert_eq!(shape, [("cx-foundations", "CX foundations", 16), ("writing-clearly", "Writing clearly", 3)]);
        for lesson in library.lessons() {
            assert!(lesson.questions.len() >= 2, "{}", lesson.id);
            assert!(reading_grade(&lesson.body) < 9.0, "{} reads at {:.1}", lesson.id, reading_grade(&lesson.body));
        }
    }

    #[test]
    fn syllables_are_counted_about_right() {
        for (word, count) in [
            ("a", 1),
            ("the", 1),
            ("customer", 3),
            ("service", 2),
            ("services", 3),
            ("table", 2),
            ("people", 2),
            ("asked", 1),
            ("wanted", 2),
            ("made", 1),
            ("agency", 3),
            ("2027", 1),
            ("rule", 1),
            ("times", 1),
        ] {
            assert_eq!(syllables_in(word), count, "{word}");
        }
    }

    #[test]
    fn plain_and_heavy_writing_are_told_apart() {
        let plain = "The cat sat on the mat. It was warm. We like that.";
        assert!(reading_grade(plain) < 2.0);
        let heavy = "Organizational implementation of comprehensive customer-experience measurement methodologies necessitates \
                     interdepartmental coordination, appropriate prioritization and continuous institutional commitment.";
        assert!(reading_grade(heavy) > 20.0);
        assert!(reading_grade("") < 1.0);
        let items = "- one thing\n- another thing\n- a third thing";
        assert!(reading_grade(items) < 3.0, "each item is a sentence of its own");
    }

    const LESSON: &str = r#"+++
id = "sample"
title = "A sample"
minutes = 5
drivers = ["ease"]
principles = ["outside-in"]
source = "A book."
prompt = "What did you notice?"
exercise = "Try it once."

[[questions]]
text = "Who decides?"
[[questions.options]]
text = "The office"
explanation = "Not quite."
[[questions.options]]
text = "The customer"
correct = true
explanation = "Yes."
+++
Ask first.

BODY
"#;

    fn problems_of(text: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lessons/basics");
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("01-sample.md"), text).unwrap();
        check(&Content::in_folder(folder.path()))
            .iter()
            .map(|problem| format!("{}: {}: {}", problem.line, problem.key, problem.expected))
            .collect()
    }

    #[test]
    fn each_fault_of_form_is_named_with_its_line() {
        let link = "23: link: [words](https://address) without spaces in the address";
        for (body, expected) in [
            ("See [the guide](guide.md).", "23: link: a whole address that begins with https://, not “guide.md”"),
            ("See [the guide](https://plain language.gov).", link),
            ("See [the guide](https://plainlanguage.gov", link),
            (
                "See [](https://plainlanguage.gov).",
                "23: link: words in the square brackets that say where the link leads",
            ),
            ("![A chart](https://example.gov/a.png)", "23: picture: no pictures: Discord does not show them in a text"),
            ("|a|b|\n|-|-|\n|1|2|", "23: table: a list in place of the table: Discord shows no tables"),
            ("Press <b>here</b> now", "23: HTML: Markdown only: Discord shows HTML as it is written"),
            ("#### Deep", "23: heading: at most three # signs: Discord knows three levels"),
        ] {
            let problems = problems_of(&LESSON.replace("BODY", body));
            assert_eq!(problems.first().map(String::as_str), Some(expected), "{body}");
        }
        assert_eq!(
            problems_of(&LESSON.replace("BODY", "See [the guide](https://www.plainlanguage.gov/) now.")),
            [""; 0]
        );
    }

    #[test]
    fn unknown_tags_a_full_stop_and_a_heavy_text_are_named() {
        let text = LESSON.replace("\"ease\"", "\"ease\", \"speed\"").replace("\"A sample\"", "\"A sample.\"").replace(
            "BODY",
            "Institutional implementation methodologies necessitate interdepartmental coordination and comprehensive \
             organizational prioritization of continuously administered satisfaction measurement instrumentation.",
        );
        let problems = problems_of(&text);
        assert_eq!(problems[0], "3: title: no full stop at the end");
        assert_eq!(
            problems[1],
            "5: drivers: one of satisfaction, trust, effectiveness, ease, efficiency, transparency, helpfulness; not “speed”"
        );
        assert!(
            problems[2].starts_with("21: reading level: a reading level of grade 10 or lower; it is "),
            "{problems:?}"
        );
        assert_eq!(problems.len(), 3);
    }

    #[test]
    fn a_message_that_would_be_too_long_keeps_the_lesson_out() {
        let long = LESSON
            .replace("\"A sample\"", &format!("\"{}\"", "T".repeat(80)))
            .replace("BODY", &format!("{}Go.", "We ask. ".repeat(223)));
        let problems = problems_of(&long);
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with("21: length: at most 2,000 characters with all that is shown around it"),
            "{problems:?}"
        );
    }

    #[test]
    fn two_lessons_with_one_number_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lessons/basics");
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("01-sample.md"), LESSON.replace("BODY", "Yes.")).unwrap();
        std::fs::write(path.join("01-twin.md"), LESSON.replace("BODY", "Yes.").replace("\"sample\"", "\"twin\""))
            .unwrap();
        let problems = check(&Content::in_folder(folder.path()));
        assert_eq!(problems.len(), 1);
        assert_eq!(
            problems[0].to_string(),
            "lessons/basics/01-twin.md:1: file name: a number of its own; lessons/basics/01-sample.md has the same"
        );
    }
}
