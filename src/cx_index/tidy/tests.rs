//! A corpus of files that are wrong in one way each, and what is said of them.

use std::io;

use proptest::prelude::*;

use super::*;
use crate::config::Content;
use crate::cx_index::Found;
use crate::programs;

const HEADER: &str = "program,audience,category,measure,source_kind,source_id,channel,period,kind,n1,n2,n3,n4,n5,n6,n7,n8,n9,n10,n11,value,sd,n,population,worst,target,best,note";
const COUNTS: &str = "cloud-hosting,agency,quality,ease,customer,s,all,FY2026Q4,counts,1,1,2,5,3,,,,,,,,,12,42,,,,";
const VALUE: &str =
    "cloud-hosting,agency,timeliness,restore-hours,operational,,all,FY2026Q4,value,,,,,,,,,,,,8.5,,,,,,,";
const YES_NO: &str = "cloud-hosting,agency,adoption,use-again,customer,s,all,FY2026Q4,share,,,,,,,,,,,,75,,20,42,,,,";
const MEAN: &str = "cloud-hosting,agency,quality,ease,customer,s,all,FY2026Q4,mean,,,,,,,,,,,,4,1,20,42,,,,scale 1-5";

fn parsed(bytes: &[u8]) -> Result<Parsed, ImportRefusal> {
    let programs = programs::load(&Content::built_in()).unwrap();
    let inventory =
        Inventory { programs: &programs, earliest: "FY2021Q1".parse().unwrap(), latest: "FY2027Q1".parse().unwrap() };
    parse_tidy("figures.csv", bytes, inventory)
}

fn with_rows(rows: &[&str]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

#[track_caller]
fn refused(bytes: &[u8], expected: &str) {
    let refusal = parsed(bytes).expect_err(expected).to_string();
    assert!(refusal.starts_with("figures.csv was not imported; nothing was changed."), "{refusal}");
    assert!(refusal.contains(expected), "{refusal}\nshould hold: {expected}");
}

#[test]
fn each_kind_of_figure_is_read() {
    let found: Vec<Found> =
        parsed(&with_rows(&[COUNTS, VALUE, YES_NO])).unwrap().observations.into_iter().map(|one| one.found).collect();
    let expected = [
        Found::Counts(vec![1, 1, 2, 5, 3]),
        Found::Value { value: 8.5, worst: 24.0, target: 8.0, best: Some(2.0) },
        Found::Share { percent: 75.0, n: 20 },
    ];
    assert_eq!(found, expected);
    let mean = parsed(&with_rows(&[MEAN])).unwrap().observations.remove(0);
    assert_eq!(mean.found, Found::Mean { points: 75.0, deviation: 25.0, n: 20 });
    assert_eq!((mean.population, mean.channel.as_str()), (Some(42), "all"));
}

#[test]
fn a_byte_order_mark_windows_line_ends_and_quotes_are_read_alike() {
    let plain = parsed(&with_rows(&[COUNTS])).unwrap();
    let windows = format!("\u{feff}{HEADER}\r\n{}\r\n", COUNTS.replace("cloud-hosting", "\"cloud-hosting\""));
    let windows = parsed(windows.as_bytes()).unwrap();
    assert_eq!(windows.observations, plain.observations);
    assert_ne!(windows.sha256, plain.sha256, "provenance is about the bytes");
    assert_eq!(plain.sha256.len(), 64);
}

#[test]
fn every_wrong_cell_is_named_by_row_and_column() {
    let cases = [
        (
            COUNTS.replace("cloud-hosting,", "hosting,"),
            "row 2, column program: \"hosting\" is not a registered program. Registered: ",
        ),
        (
            COUNTS.replace(",ease,", ",easy,"),
            "row 2, column measure: \"easy\" is not a measure of cloud-hosting. It has: satisfaction, ease",
        ),
        (
            COUNTS.replace(",agency,", ",public,"),
            "row 2, column audience: must be \"agency\", as cloud-hosting/ease is registered",
        ),
        (COUNTS.replace(",quality,", ",timeliness,"), "row 2, column category: must be \"quality\""),
        (COUNTS.replace(",customer,", ",inside,"), "row 2, column source_kind: must be \"customer\""),
        (COUNTS.replace(",s,all", ",,all"), "row 2, column source_id: is empty. Name the survey"),
        (COUNTS.replace("FY2026Q4", "2026Q4"), "row 2, column period: \"2026Q4\" is not a federal fiscal quarter"),
        (COUNTS.replace("FY2026Q4", "fy26 q4"), "row 2, column period: \"fy26 q4\" is not a federal fiscal quarter"),
        (COUNTS.replace("FY2026Q4", "FY2026Q5"), "row 2, column period: \"FY2026Q5\" is not"),
        (
            COUNTS.replace("FY2026Q4", "FY2027Q2"),
            "row 2, column period: FY2027Q2 lies ahead; the current quarter is FY2027Q1",
        ),
        (COUNTS.replace("FY2026Q4", "FY2020Q4"), "row 2, column period: FY2020Q4 lies before FY2021Q1"),
        (COUNTS.replace(",counts,", ",count,"), "row 2, column kind: must be counts, share, mean or value"),
        (
            COUNTS.replace(",counts,", ",value,"),
            "row 2, column kind: must be counts, share or mean: ease is a question",
        ),
        (VALUE.replace(",value,", ",counts,"), "row 2, column kind: must be \"value\": restore-hours is operational"),
        (
            COUNTS.replace(",counts,", ",share,"),
            "row 2, column kind: a share fits yes/no measures only and ease has 5 options",
        ),
        (COUNTS.replace("1,1,2,5,3", "1,one,2,5,3"), "row 2, column n2: \"one\" is not a count. Write digits only"),
        (COUNTS.replace("1,1,2,5,3", "1,-1,2,5,3"), "row 2, column n2: \"-1\" is not a count"),
        (COUNTS.replace("1,1,2,5,3", "1,1.5,2,5,3"), "row 2, column n2: \"1.5\" is not a count"),
        (
            COUNTS.replace("1,1,2,5,3", "99999999999999999999999,1,2,5,3"),
            "row 2, column n1: \"99999999999999999999999\" is not a count",
        ),
        (COUNTS.replace("1,1,2,5,3", "1,1,2,5,"), "row 2, column n5: is empty; this measure has 5 options"),
        (COUNTS.replace("1,1,2,5,3,,", "1,1,2,5,3,4,"), "row 2, column n6: must be empty: this measure has 5 options"),
        (COUNTS.replace(",12,42,", ",13,42,"), "row 2, column n: is 13, but the options add up to 12"),
        (
            COUNTS.replace(",12,42,", ",12,11,"),
            "row 2, column population: is 11, fewer than the 12 people who answered",
        ),
        (
            VALUE.replace("8.5", "\"8,5\""),
            "row 2, column value: \"8,5\" is not a number. Write it with a decimal point",
        ),
        (VALUE.replace("8.5", "inf"), "row 2, column value: \"inf\" is not a number"),
        (VALUE.replace("8.5", "1e3"), "row 2, column value: \"1e3\" is not a number"),
        (VALUE.replace("8.5", ""), "row 2, column value: is empty"),
        (VALUE.replace("8.5,,,,,,,", "8.5,,,,30,,,"), "row 2, column worst: differs from the registered anchor, 24"),
        (VALUE.replace(",all,", ",phone,"), "row 2, column channel: must be \"all\" for an operational figure"),
        (VALUE.replace("8.5,,,", "8.5,,7,"), "row 2, column n: must be empty for a figure of kind value"),
        (YES_NO.replace(",75,", ",101,"), "row 2, column value: must be a percentage from 0 to 100"),
        (YES_NO.replace(",20,42", ",,42"), "row 2, column n: is empty: how many people answered?"),
        (
            MEAN.replace("scale 1-5", ""),
            "row 2, column note: must name the scale of the mean with 5 options, for example \"scale 1-5\"",
        ),
        (MEAN.replace("scale 1-5", "scale 1-10"), "row 2, column note: must name the scale of the mean with 5 options"),
        (MEAN.replace(",4,1,20", ",6,1,20"), "row 2, column value: must lie on the scale from 1 to 5"),
        (format!("{COUNTS}=1+1"), "row 2, column note: starts like a spreadsheet formula"),
        (COUNTS.replace(",s,all", ",@s,all"), "row 2, column source_id: starts like a spreadsheet formula"),
        (format!("{COUNTS}{}", "x".repeat(301)), "row 2, column note: must be one line of at most 300 characters"),
        (
            format!("{COUNTS},"),
            "row 2: has 29 cells; 28 are needed. Is a comma inside a text without quotes, or a quotation mark never closed?",
        ),
        (
            COUNTS.replace("cloud-hosting,agency", "benefits-phone,public").replace("FY2026Q4", "FY2026Q2"),
            "row 2, column period: benefits-phone is not registered in FY2026Q2",
        ),
    ];
    for (row, expected) in cases {
        refused(&with_rows(&[&row]), expected);
    }
}

#[test]
fn a_wrong_file_is_told_in_one_line() {
    refused(b"", "row 1: the file is empty. The first row must be: program,audience");
    refused(HEADER.as_bytes(), "row 2: the file has a header and no figures");
    refused(HEADER.replace("measure", "metric").as_bytes(), "row 1, column measure: the header has \"metric\" here");
    refused(HEADER.replace(",note", "").as_bytes(), "row 1, column note: the header has \"\" here");
    refused(format!("{HEADER},more").as_bytes(), "row 1: the header has more columns than 28");
    let mut latin = with_rows(&[COUNTS]);
    latin.truncate(latin.len() - 1);
    latin.push(0xe9);
    refused(&latin, "row 2, column note: is not UTF-8 text");
}

#[test]
fn the_same_figure_twice_and_two_surveys_for_one_measure_are_refused() {
    refused(&with_rows(&[COUNTS, VALUE, COUNTS]), "row 4: is the same measure, channel and period as row 2");
    let (web, phone) = (COUNTS.replace(",all,", ",web,"), COUNTS.replace(",s,all,", ",t,phone,"));
    refused(&with_rows(&[&web, &phone]), "row 3, column source_id: must be \"s\" as in this measure's other channels");
}

#[test]
fn every_problem_is_listed_up_to_twenty() {
    let wrong = COUNTS.replace("FY2026Q4", "never");
    let refusal = parsed(&with_rows(&vec![wrong.as_str(); 25])).unwrap_err();
    assert_eq!((refusal.problems.len(), refusal.more), (20, 5));
    assert!(refusal.to_string().ends_with("- and 5 more"), "{refusal}");
    assert_eq!(refusal.problems[19].line, 21);
}

#[test]
fn a_file_that_never_ends_is_stopped() {
    let header = format!("{HEADER}\n");
    let endless = header.as_bytes().chain(io::repeat(b'x'));
    let programs = programs::load(&Content::built_in()).unwrap();
    let inventory =
        Inventory { programs: &programs, earliest: "FY2021Q1".parse().unwrap(), latest: "FY2027Q1".parse().unwrap() };
    let refusal = parse_tidy("figures.csv", endless, inventory).unwrap_err();
    assert!(refusal.to_string().contains("longer than 1 MB"), "{refusal}");
}

#[test]
fn an_escaped_cell_comes_back_as_it_was() {
    for cell in ["=SUM(A1)", "+1", "-x", "@me", "plain", "'quoted'"] {
        assert!(!looks_like_formula(&escape_cell(cell)), "{cell}");
    }
    let row = COUNTS.replace(",s,all", ",'=s,all");
    assert_eq!(parsed(&with_rows(&[&row])).unwrap().observations[0].source_id, "=s");
}

#[test]
fn the_shipped_examples_are_in_order() {
    let file = Content::built_in().read("examples/figures-tidy.csv").unwrap();
    let parsed = parsed(file.text.as_bytes()).unwrap();
    assert!(parsed.observations.len() > 300);
    let invented_for_real_services =
        parsed.observations.iter().filter(|one| one.demonstration && one.note.contains("published")).count();
    assert_eq!(invented_for_real_services, 0);
    for one in &parsed.observations {
        let published = ["va-outpatient", "uscis-contact-center", "tsa-contact-center"].contains(&one.program.as_str());
        assert_eq!(one.demonstration, !published, "{one:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parsed(&bytes);
        let _ = parsed(&[HEADER.as_bytes(), b"\n", &bytes].concat());
    }

    #[test]
    fn no_cell_makes_it_panic(cell in "\\PC{0,20}", at in 0_usize..28) {
        for row in [COUNTS, VALUE, YES_NO, MEAN] {
            let mut cells: Vec<&str> = row.split(',').collect();
            cells[at] = &cell;
            let _ = parsed(&with_rows(&[&cells.join(",")]));
        }
    }
}
