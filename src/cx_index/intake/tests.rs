//! A corpus of files that are wrong in one way each, and what is said of them; and files made by chance, which must never break a parser.

use std::io::Read;

use proptest::prelude::*;

use super::super::model::definition::Definition;
use super::published::mean_of_codes;
use super::*;
use crate::config::Content;
use crate::programs;

fn parsed(format: Format, about: &About, bytes: impl Read) -> Result<Parsed, ImportRefusal> {
    let mut all = programs::load(&Content::built_in()).unwrap();
    all.iter_mut().filter(|program| program.until.is_some()).for_each(|program| program.until = None);
    let inventory =
        Inventory { programs: &all, earliest: "FY2021Q1".parse().unwrap(), latest: "FY2027Q1".parse().unwrap() };
    let text = Content::built_in().read("examples/a11-published-map.toml").unwrap().text;
    let map = Map::parse("map.toml", &text, &all).unwrap();
    read(format, "file.csv", bytes, inventory, about, &map, None)
}

fn va() -> About {
    About { program: Some("va-outpatient".into()), period: Some("FY2022Q1".parse().unwrap()), ..About::default() }
}

const RESPONSES: &str = "external_id,question_1,positive_effectiveness,positive_ease,positive_efficiency,positive_transparency,positive_humanity,positive_employee,positive_other,negative_effectiveness,negative_ease,negative_efficiency,negative_transparency,negative_humanity,negative_employee,negative_other,question_4";
const SUMMARY: &str = "standardized_question_number,standardized_question_identifier,customized_question_text,likert_scale_1,likert_scale_2,likert_scale_3,likert_scale_4,likert_scale_5,response_volume,notes,start_date,end_date";

fn response(answer: &str) -> String {
    format!("r,{answer},1,0,0,0,0,0,0,0,0,0,0,0,0,0,thanks")
}

fn responses(answers: &[&str]) -> String {
    let rows: Vec<String> = answers.iter().map(|answer| response(answer)).collect();
    format!("{RESPONSES}\n{}\n", rows.join("\n"))
}

#[track_caller]
fn refused(format: Format, about: &About, bytes: &str, expected: &str) {
    let refusal = parsed(format, about, bytes.as_bytes()).expect_err(expected).to_string();
    assert!(refusal.starts_with("file.csv was not imported; nothing was changed."), "{refusal}");
    assert!(refusal.contains(expected), "{refusal}\nshould hold: {expected}");
}

#[test]
fn every_wrong_response_file_is_refused_in_words() {
    let likert = About { survey_type: Some(SurveyType::LikertScale), ..va() };
    let thumbs = About { survey_type: Some(SurveyType::ThumbsUpDown), ..va() };
    let cases: [(&About, String, &str); 17] = [
        (&likert, String::new(), "row 1: the file is empty"),
        (&likert, format!("{RESPONSES}\n"), "row 2: the file has a header and no responses"),
        (&likert, "a,b\n1,2\n".into(), "row 1, column external_id: the header has no such column"),
        (
            &likert,
            RESPONSES.replace("question_4", "question_1"),
            "row 1, column question_1: two columns have this name",
        ),
        (&likert, responses(&["5", "good"]), "row 3, column question_1: \"good\" is not an answer"),
        (&likert, responses(&["5", "-1"]), "row 3, column question_1: \"-1\" is not an answer"),
        (&likert, responses(&["5", "7"]), "row 3, column question_1: \"7\" is not an answer"),
        (&likert, responses(&["5", "99999999999999999999"]), "row 3, column question_1: \"99999999999999999999\""),
        (&va(), responses(&["1", "1"]), "column question_1: holds only 1, which is the best answer of thumbs"),
        (&va(), responses(&["0", "5"]), "column question_1: holds both 0 and 5"),
        (&thumbs, responses(&["1", "4"]), "row 3, column question_1: is 4, which thumbs_up_down does not have"),
        (&likert, responses(&["5", "0"]), "row 3, column question_1: is 0, which likert_scale does not have"),
        (
            &likert,
            format!("{RESPONSES}\nr,5,2,0,0,0,0,0,0,0,0,0,0,0,0,0,x\n"),
            "row 2, column positive_effectiveness: \"2\" must be 1",
        ),
        (&likert, format!("{RESPONSES}\nr,5,1\n"), "row 2: has 3 cells; 17 are needed"),
        (&About { program: None, ..likert.clone() }, responses(&["5"]), "which program is it about?"),
        (&About { period: None, ..likert.clone() }, responses(&["5"]), "which quarter is it from?"),
        (
            &About { period: Some("FY2027Q2".parse().unwrap()), ..likert.clone() },
            responses(&["5"]),
            "FY2027Q2 lies ahead; the current quarter is FY2027Q1",
        ),
    ];
    for (about, file, expected) in cases {
        refused(Format::TouchpointsV2, about, &file, expected);
    }
    refused(
        Format::TouchpointsV2,
        &About { program: Some("nobody".into()), ..likert.clone() },
        &responses(&["5"]),
        "the program \"nobody\" is not registered",
    );
    let quote = format!("{RESPONSES}\nr,5,1,0,0,0,0,0,0,0,0,0,0,0,0,0,\"{}", "never closed\n".repeat(100_000));
    refused(Format::TouchpointsV2, &likert, &quote, "one row is longer than 1 MB");
    let mut latin = responses(&["5"]).into_bytes();
    let last = latin.len() - 2;
    latin[last] = 0xe9;
    let refusal = parsed(Format::TouchpointsV2, &likert, latin.as_slice()).unwrap_err().to_string();
    assert!(refusal.contains("row 2, column question_4: is not UTF-8 text"), "{refusal}");
}

/// A gigabyte without a line break, made while it is read.
struct Gigabyte(u64);

impl Read for Gigabyte {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = buffer.len().min(usize::try_from(self.0).unwrap_or(usize::MAX));
        buffer[..count].fill(b'x');
        self.0 -= count as u64;
        Ok(count)
    }
}

#[test]
fn a_gigabyte_in_one_line_is_refused_after_its_first_megabyte() {
    for format in Format::ALL {
        let mut endless = Gigabyte(1 << 30);
        let refusal = parsed(format, &va(), &mut endless).unwrap_err().to_string();
        assert!(refusal.contains("longer than 1 MB"), "{format:?}: {refusal}");
        assert!(endless.0 > (1 << 30) - (1 << 22), "{format:?} read on: {} left", endless.0);
    }
}

#[test]
fn every_wrong_summary_is_refused_in_words() {
    let row = |cells: &str| format!("{SUMMARY}\n{cells}\n");
    let good =
        "1,satisfaction,I am satisfied with the service I received from the VA.,1,2,3,4,20,30,,2021-10-01,2021-12-31";
    assert_eq!(
        parsed(Format::A11Summary, &About { period: None, ..va() }, row(good).as_bytes()).unwrap().observations.len(),
        1
    );
    for (wrong, expected) in [
        (good.replace(",30,,", ",60,,"), "row 2, column response_volume: must be 30"),
        (good.replace(",20,", ",many,"), "row 2, column likert_scale_5: \"many\" is not a count"),
        (good.replace(",20,", ",-20,"), "row 2, column likert_scale_5: \"-20\" is not a count"),
        (good.replace("2021-12-31", "2022-01-31"), "row 2, column end_date: runs from FY2022Q1 to FY2022Q2"),
        (good.replace("2021-10-01", "autumn"), "row 2, column start_date: start_date and end_date must be dates"),
        (good.replace("2021", "2022"), "you named FY2022Q1, but the file's dates lie in FY2023Q1"),
        (format!("{good}\n{good}"), "row 3, column customized_question_text: is the same measure as row 2"),
    ] {
        refused(Format::A11Summary, &va(), &row(&wrong), expected);
    }
}

#[test]
fn traps_of_the_published_file_are_left_out_and_said() {
    let sample = include_str!("../../../tests/data/a11-published-sample.csv");
    let left_out = |file: &str| -> Vec<String> {
        let parsed = parsed(Format::A11Published, &About::default(), file.as_bytes()).unwrap();
        parsed.left_out.into_iter().map(|one| one.reason).collect()
    };
    let says = |file: String, expected: &str| {
        let reasons = left_out(&file);
        assert!(reasons.iter().any(|reason| reason.contains(expected)), "{expected} not in {reasons:#?}");
    };
    says(sample.to_owned(), "no program is mapped to Federal Student Aid");
    says(sample.replacen("4.7,", "3.9,", 1), "the published mean of satisfaction is 3.9 and its counts give 4.70");
    says(
        sample.replacen(
            "I am satisfied with the service I received from the VA.",
            "On a scale of 1 to 10 how satisfied are you?",
            1,
        ),
        "ten-point answers folded into five boxes",
    );
    says(sample.replacen("9707552.0", "12", 1), "more answers than customers");
    refused(Format::A11Published, &About::default(), &sample.replacen("249586", "24958six", 1), "is not a count");
    refused(
        Format::A11Published,
        &About::default(),
        &sample.replacen("9707552.0", "9.7m", 1),
        "\"9.7m\" is not a count",
    );
    refused(Format::A11Published, &About::default(), "id,x\n1,2\n", "the header has no such column");
}

#[test]
fn recomputed_means_equal_the_published_ones_to_two_decimals() {
    let sample = include_str!("../../../tests/data/a11-published-sample.csv");
    assert_eq!(means_that_differ(sample.as_bytes()), (0, 175));
}

/// Questions whose published mean differs from the mean of its counts, and questions with answers.
fn means_that_differ(reader: impl Read) -> (usize, usize) {
    let mut rows = csv::Reader::from_reader(reader);
    let header = rows.headers().unwrap().clone();
    let column = |name: String| header.iter().position(|one| one == name).unwrap();
    let (mut differ, mut all) = (0, 0);
    for row in rows.records() {
        let row = row.unwrap();
        for question in 1..=11 {
            let cell =
                |part: &str| row.get(column(format!("attributes_q{question}_{part}"))).unwrap().trim().to_owned();
            let counts: Vec<u64> = (1..=5).map(|point| whole_number(&cell(&point.to_string())).unwrap_or(0)).collect();
            if cell("text").is_empty() || counts.iter().sum::<u64>() == 0 {
                continue;
            }
            all += 1;
            let published: f64 = cell("point_scale").parse().unwrap();
            differ += usize::from((mean_of_codes(&counts) - published).abs() > 0.005_000_1);
        }
    }
    (differ, all)
}

#[test]
#[ignore = "needs the published file (../shared/data)"]
fn all_published_means_of_the_whole_file_are_the_means_of_their_counts() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let name = "shared/data/a11-published-fy2021q1-fy2022q2.csv";
    let path = ["..", "../.."].iter().map(|up| root.join(up).join(name)).find(|path| path.exists());
    let (differ, all) = means_that_differ(std::fs::File::open(path.expect("the published file")).unwrap());
    assert_eq!(differ, 0);
    assert!(all > 1_500, "{all}");
}

#[test]
fn a_map_with_a_slip_is_refused_with_its_line() {
    let all = programs::load(&Content::built_in()).unwrap();
    for (text, expected) in [
        ("[[survey]]\nprogram = \"nobody\"\nprovider = \"p\"\nservice = \"s\"\n", "names the program \"nobody\""),
        (
            "[[survey]]\nprogram = \"va-outpatient\"\nprovider = \"p\"\nservice = \"s\"\n[survey.questions]\n\"x\" = \"easy\"\n",
            "names the measure \"easy\"",
        ),
        ("[[survey]]\nprogram = \"va-outpatient\"\nprovider = 3\n", "map.toml:3"),
    ] {
        let refusal = Map::parse("map.toml", text, &all).unwrap_err().to_string();
        assert!(refusal.contains(expected), "{refusal}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_bytes_break_a_parser(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for format in Format::ALL {
            let _ = parsed(format, &va(), bytes.as_slice());
        }
    }

    #[test]
    fn no_cells_break_a_parser(cells in proptest::collection::vec("[-+=@0-9a-z.,\"\n' ]{0,12}", 17), format in 0_usize..3) {
        let (format, header) = [
            (Format::TouchpointsV2, RESPONSES),
            (Format::A11Summary, SUMMARY),
            (Format::A11Published, include_str!("../../../tests/data/a11-published-sample.csv").lines().next().unwrap()),
        ][format];
        let file = format!("{header}\n{}\n", cells.join(","));
        let _ = parsed(format, &va(), file.as_bytes());
    }

    #[test]
    fn no_slip_in_a_map_or_a_definition_breaks_its_reader(at in 0_usize..3_000, length in 0_usize..12, put in "[-\\[\\]=\"'{}:,0-9a-z.\n ]{0,6}") {
        let all = programs::load(&Content::built_in()).unwrap();
        for file in ["examples/a11-published-map.toml", "index/cxi-1.0.json"] {
            let text = Content::built_in().read(file).unwrap().text;
            let slipped: String = text.chars().take(at).chain(put.chars()).chain(text.chars().skip(at + length)).collect();
            let _ = Map::parse(file, &slipped, &all);
            let _ = Definition::parse(&slipped);
        }
    }

    #[test]
    fn no_slip_in_the_published_file_breaks_its_parser(at in 0_usize..6_000, length in 0_usize..40, put in "[-=@,\"\n0-9a-z. ]{0,8}") {
        let text = include_str!("../../../tests/data/a11-published-sample.csv");
        let slipped: String = text.chars().take(at).chain(put.chars()).chain(text.chars().skip(at + length).take(8_000)).collect();
        let _ = parsed(Format::A11Published, &About::default(), slipped.as_bytes());
    }

    #[test]
    fn answers_in_any_order_give_the_same_counts(mut answers in proptest::collection::vec(1_u8..=5, 1..60)) {
        let likert = About { survey_type: Some(SurveyType::LikertScale), ..va() };
        let read = |answers: &[u8]| {
            let texts: Vec<String> = answers.iter().map(u8::to_string).collect();
            let file = responses(&texts.iter().map(String::as_str).collect::<Vec<_>>());
            parsed(Format::TouchpointsV2, &likert, file.as_bytes()).unwrap().observations
        };
        let before = read(&answers);
        answers.reverse();
        prop_assert_eq!(before, read(&answers));
    }
}
