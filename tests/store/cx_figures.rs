//! Figures from every source and format, taken back, shown closer, and taken out again; on both databases.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::Read;
use std::sync::Arc;

use cxbot::calendar::Quarter;
use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::cx_index::{
    self, About, CxIndex, Detail, Format, ImportOptions, ImportReport, RecomputeIndex, Record, Scope, SurveyType,
    Wanted, store,
};
use cxbot::discord::{Act, Call, Feature, Incoming, Person, Reply};
use cxbot::error::Result;
use cxbot::ids::{ChannelId, GuildId, InteractionId, UserId};
use cxbot::post::Post;
use cxbot::schedule::{Due, Job};
use cxbot::services::Services;
use cxbot::store::Store;
use cxbot::survey::{ClosedCounts, Counts, Kind, Question, Source, add_counts, publish_counts};
use cxbot::{on_db, schedule};

crate::on_both!(
    a_closed_pulse_counts_and_the_newest_of_a_quarter_stands,
    the_published_file_gives_the_figures_that_were_worked_out_by_hand,
    responses_become_counts_and_nothing_else,
    a_summary_is_read_by_the_words_of_its_questions,
    an_import_is_taken_back_as_a_new_entry,
    revisions_add_up_and_end_where_the_newest_figures_alone_would,
    every_view_shows_its_work,
    what_goes_out_comes_back_in_and_is_the_same_twice,
    a_brief_quotes_the_stories_that_stand,
);

fn services(store: Store) -> Services {
    let settings = Settings::load(&Overrides::default()).expect("the built-in settings");
    let clock = Clock::manual("2026-11-23T17:00:00Z".parse().unwrap());
    Services { store, clock, settings: Arc::new(settings), content: Content::built_in() }
}

fn quarter(text: &str) -> Quarter {
    text.parse().unwrap()
}

async fn examples(services: &Services) -> ImportReport {
    let text = services.content.read("examples/figures-tidy.csv").unwrap().text;
    cx_index::import(services, std::io::Cursor::new(text), "figures-tidy.csv", "command line", false).await.unwrap()
}

async fn take(services: &Services, text: &str, options: ImportOptions) -> Result<ImportReport> {
    cx_index::import_as(services, std::io::Cursor::new(text.to_owned()), "file.csv", "command line", options).await
}

async fn find(services: &Services, scope: &str, at: &str) -> Record {
    let (scope, at) = (Scope::parse(scope).unwrap(), quarter(at));
    services
        .store
        .read(|tx| Box::pin(async move { store::find_score(tx, &scope, at).await }))
        .await
        .unwrap()
        .expect("a score")
}

async fn view(services: &Services, options: serde_json::Value) -> Post {
    let data = serde_json::json!({ "id": "1", "name": "index", "type": 1, "options": options });
    let call = Call { path: "index".into(), data: serde_json::from_value(data).unwrap() };
    let person = Person { user: UserId(7), name: "Ana".into(), roles: Vec::new(), manages_server: false };
    let incoming = Incoming {
        id: InteractionId(1),
        person,
        guild: Some(GuildId(1)),
        channel: ChannelId(2),
        locale: "en-US".into(),
        act: Act::Command(call.clone()),
    };
    match CxIndex.on_command(services, &incoming, &call).await.unwrap() {
        Reply::Say(post) | Reply::Show(post) => post,
        Reply::Later { work, .. } => work.await.unwrap(),
        other => panic!("{other:?} is not a message"),
    }
}

fn option(name: &str, value: &str) -> serde_json::Value {
    serde_json::json!({ "name": name, "type": 3, "value": value })
}

fn closed(key: &str, ask: &str, counts: [u32; 5], day: &str) -> ClosedCounts {
    ClosedCounts {
        source: Source { guild: GuildId(1), name: "pulse".into(), key: key.into() },
        program: Some("cloud-hosting".into()),
        audience: "customers".into(),
        quarter: quarter("FY2027Q1"),
        closed_on: day.parse().unwrap(),
        question: Question {
            key: "ease".into(),
            ask: ask.into(),
            kind: Kind::Agree,
            does_not_apply: None,
            reversed: false,
            category: None,
            only_after: None,
        },
        counts: Counts { options: counts.to_vec(), does_not_apply: 0, skipped: 0, ticked_by: None },
        eligible: Some(40),
    }
}

async fn close(services: &Services, counts: ClosedCounts) {
    let work = services.clone();
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let now = work.clock.now();
                add_counts(tx, &counts).await?;
                publish_counts(tx, &counts.source, now).await
            })
        })
        .await
        .unwrap();
}

/// Runs what closing left due, as the schedule would.
async fn run_what_is_due(services: &Services) -> usize {
    let due: Vec<(i64, String, String)> = services
        .store
        .read(|tx| {
            Box::pin(async move {
                const SQL: &str = "select guild_id, key, payload from occurrences where job = 'recompute-index' and state = 'planned'";
                Ok(on_db!(tx, conn => sqlx::query_as(SQL).fetch_all(conn).await?))
            })
        })
        .await
        .unwrap();
    let number = due.len();
    for (_, key, payload) in due {
        let work = services.clone();
        services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let due = Due {
                        guild: GuildId(1),
                        job: RecomputeIndex.name().into(),
                        key: key.clone(),
                        slot: "once".into(),
                        due_at: work.clock.now(),
                        payload: serde_json::from_str(&payload).unwrap(),
                    };
                    RecomputeIndex.run(&work, tx, &due).await?;
                    schedule::cancel_once(tx, GuildId(1), RecomputeIndex.name(), &key).await
                })
            })
            .await
            .unwrap();
    }
    number
}

async fn a_closed_pulse_counts_and_the_newest_of_a_quarter_stands(store: Store) {
    const ASK: &str = "It was easy for our team to get what we needed.";
    let services = services(store);
    examples(&services).await;
    let before = find(&services, "program:cloud-hosting", "FY2027Q1").await;

    close(&services, closed("1", ASK, [0, 1, 3, 9, 5], "2026-11-02")).await;
    close(&services, closed("2", ASK, [8, 6, 2, 1, 1], "2026-11-20")).await;
    close(&services, closed("3", "How easy was it?", [0, 0, 0, 0, 20], "2026-11-21")).await;
    assert_eq!(run_what_is_due(&services).await, 3);
    let after = find(&services, "program:cloud-hosting", "FY2027Q1").await;
    assert_eq!(
        after.revision, 2,
        "three closings, one change: the first two were computed together, the third does not fit"
    );
    assert!(after.score.unwrap().value < before.score.unwrap().value, "the newer, worse pulse counts");
    let Detail::Program(detail) = &after.detail else { panic!("a program's detail") };
    let ease = detail.measures.iter().find(|measure| measure.key == "ease").unwrap();
    let Detail::Program(imported) = &before.detail else { panic!("a program's detail") };
    let alone = imported.measures.iter().find(|measure| measure.key == "ease").unwrap();
    assert_eq!((ease.n, ease.pulse), (alone.n + 18, true), "one pulse of 18 answers beside the imported survey");

    let explained =
        view(&services, serde_json::json!([option("program", "cloud-hosting"), option("view", "explain")])).await;
    assert!(!explained.as_text().contains("8, 6, 2, 1, 1"), "counts of a pulse are not told");
    let out = String::from_utf8(cx_index::figures_csv(&services, &Wanted::default()).await.unwrap()).unwrap();
    assert!(!out.contains("pulse"), "counts of a pulse do not go out");
}

fn published() -> ImportOptions {
    ImportOptions { format: Format::A11Published, ..ImportOptions::default() }
}

async fn the_published_file_gives_the_figures_that_were_worked_out_by_hand(store: Store) {
    let services = services(store);
    examples(&services).await;
    let sample = include_str!("../data/a11-published-sample.csv");
    let report = take(&services, sample, published()).await.unwrap();
    // Every figure of the examples came from this very file, by another program in another language.
    assert_eq!((report.new, report.revised, report.unchanged), (0, 0, 161), "{report:#}");
    insta::assert_snapshot!("published_report", format!("{report:#}"));
    let fresh = crate::support::sqlite().await;
    let alone = self::services(fresh.store.clone());
    let report = take(&alone, sample, published()).await.unwrap();
    assert_eq!(report.new, 161);
    assert!((find(&alone, "audience:public", "FY2022Q2").await.score.unwrap().value - 82.9148).abs() < 0.000_06);
}

#[tokio::test]
#[ignore = "needs the published file (../shared/data)"]
async fn the_whole_published_file_is_taken_and_what_is_left_out_is_said() {
    let fixture = crate::support::sqlite().await;
    let services = services(fixture.store.clone());
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/a11-published-fy2021q1-fy2022q2.csv");
    let path = if path.exists() { path } else { "../shared/data/a11-published-fy2021q1-fy2022q2.csv".into() };
    let file = std::fs::File::open(path).expect("the published file");
    let report = cx_index::import_as(&services, file, "published.csv", "command line", published()).await.unwrap();
    assert_eq!((report.file_rows, report.rows), (298, 161));
    println!("{report:#}");
}

const RESPONSES: &str = "external_id,question_1,positive_effectiveness,positive_ease,positive_efficiency,positive_transparency,positive_humanity,positive_employee,positive_other,negative_effectiveness,negative_ease,negative_efficiency,negative_transparency,negative_humanity,negative_employee,negative_other,question_4";

fn about(program: &str) -> About {
    About { program: Some(program.into()), period: Some(quarter("FY2022Q1")), ..About::default() }
}

fn responses() -> ImportOptions {
    let mut about = about("va-outpatient");
    about.survey_type = Some(SurveyType::LikertScale);
    ImportOptions { format: Format::TouchpointsV2, about, ..ImportOptions::default() }
}

async fn responses_become_counts_and_nothing_else(store: Store) {
    let services = services(store);
    let mut file = format!("\u{feff}{RESPONSES}\r\n");
    for (index, answer) in [1, 5, 5, 4, 3, 5, 5, 4, 5, 2, 5, 4].iter().enumerate() {
        let _ = write!(
            file,
            "r{index},{answer},1,0,null,0,0,null,0,0,0,null,0,0,null,0,\"a \"\"secret\"\" comment,\r\nover lines\"\r\n"
        );
    }
    let report = take(&services, &file, responses()).await.unwrap();
    assert_eq!((report.file_rows, report.new), (12, 1), "{report:#}");
    assert_eq!(report.left_out.len(), 5, "drivers without a yes/no measure are named: {report:#}");
    let stored: String = services
        .store
        .read(|tx| Box::pin(async move { Ok(on_db!(tx, conn => sqlx::query_scalar("select counts from index_observations").fetch_one(conn).await?)) }))
        .await
        .unwrap();
    assert_eq!(stored, "[1,1,1,3,6]");
}

async fn a_summary_is_read_by_the_words_of_its_questions(store: Store) {
    let services = services(store);
    let file = "standardized_question_number,standardized_question_identifier,customized_question_text,likert_scale_1,likert_scale_2,likert_scale_3,likert_scale_4,likert_scale_5,response_volume,notes,start_date,end_date\n\
                1,satisfaction,I am satisfied with the service I received from the VA.,1,2,3,4,20,30,,2021-10-01,2021-12-31\n\
                2,trust,I trust VA to fulfill our country\u{2019}s commitment to Veterans,1,1,1,1,26,30,,2021-10-01,2021-12-31\n\
                3,effectiveness,Something else was asked.,1,1,1,1,26,30,,2021-10-01,2021-12-31\n";
    let mut options = ImportOptions { format: Format::A11Summary, ..ImportOptions::default() };
    options.about.program = Some("va-outpatient".into());
    let report = take(&services, file, options).await.unwrap();
    assert_eq!((report.new, report.left_out.len()), (2, 1), "{report:#}");
    assert_eq!(report.quarters, [quarter("FY2022Q1")].into());
}

async fn an_import_is_taken_back_as_a_new_entry(store: Store) {
    let services = services(store);
    let first = examples(&services).await;
    let before = find(&services, "program:cloud-hosting", "FY2027Q1").await;
    let header = cx_index::COLUMNS.join(",");
    let row = "cloud-hosting,agency,quality,ease,customer,cloud-hosting-survey,all,FY2027Q1,counts,9,9,2,1,1,,,,,,,,,22,42,,,,";
    let second = take(&services, &format!("{header}\n{row}\n"), ImportOptions::default()).await.unwrap();
    assert_eq!(second.revised, 1);
    let undone = cx_index::undo(&services, second.import.unwrap(), "command line").await.unwrap();
    assert_eq!((undone.revised, undone.unchanged), (1, 0));
    let after = find(&services, "program:cloud-hosting", "FY2027Q1").await;
    assert_eq!((after.revision, after.score), (3, before.score), "a new revision says what the first said");

    let again = cx_index::undo(&services, second.import.unwrap(), "command line").await.unwrap_err();
    assert!(again.to_string().contains("Nothing of import"), "{again}");
    let none = cx_index::undo(&services, store::ImportId(999), "command line").await.unwrap_err();
    assert!(none.to_string().contains("There is no import 999"), "{none}");

    // The very first import: nothing was there before, so nothing is there after.
    let all = cx_index::undo(&services, first.import.unwrap(), "command line").await.unwrap();
    assert_eq!(all.revised + all.unchanged, first.rows);
    let empty = find(&services, "audience:public", "FY2027Q1").await;
    assert_eq!(empty.score, None);
    assert!(matches!(empty.detail, Detail::Audience(detail) if detail.counted == 0));
}

/// Revisions of one figure: each is the next number, the moves add up to the whole, the same figure again is none, and the last one is
/// what somebody would have who had only ever seen the newest figures.
async fn revisions_add_up_and_end_where_the_newest_figures_alone_would(store: Store) {
    let services = services(store);
    examples(&services).await;
    let header = cx_index::COLUMNS.join(",");
    let file = |counts: [u64; 5]| {
        let cells = counts.map(|count| count.to_string()).join(",");
        let row = format!(
            "cloud-hosting,agency,quality,ease,customer,cloud-hosting-survey,all,FY2027Q1,counts,{cells},,,,,,,,,,,,,,"
        );
        format!("{header}\n{row}\n")
    };
    let scope = "program:cloud-hosting";
    let first = find(&services, scope, "FY2027Q1").await;
    let mut moved = 0.0;
    let mut seed = 20_261_123_u64;
    let mut newest = [0; 5];
    for number in 2..=7 {
        newest = [0; 5].map(|_: u64| {
            // Numbers as they come, the same at every run.
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            seed >> 58
        });
        newest[4] += 10;
        take(&services, &file(newest), ImportOptions::default()).await.unwrap();
        let record = find(&services, scope, "FY2027Q1").await;
        assert_eq!(record.revision, number);
        moved += record.moved_points.expect("both have a score");
        let again = take(&services, &file(newest), ImportOptions::default()).await.unwrap();
        assert_eq!((again.unchanged, again.rescored.len()), (1, 0), "{again:#}");
        assert_eq!(find(&services, scope, "FY2027Q1").await, record);
    }
    let last = find(&services, scope, "FY2027Q1").await;
    let whole = last.score.unwrap().value - first.score.unwrap().value;
    assert!((moved - whole).abs() < 1e-9, "{moved} {whole}");

    let fresh = crate::support::sqlite().await;
    let alone = self::services(fresh.store.clone());
    let examples = services.content.read("examples/figures-tidy.csv").unwrap().text;
    let kept: Vec<&str> = examples
        .lines()
        .filter(|line| !(line.starts_with("cloud-hosting,agency,quality,ease,") && line.contains(",FY2027Q1,")))
        .collect();
    assert_eq!(kept.len() + 1, examples.lines().count());
    take(&alone, &format!("{}\n", kept.join("\n")), ImportOptions::default()).await.unwrap();
    take(&alone, &file(newest), ImportOptions::default()).await.unwrap();
    let direct = find(&alone, scope, "FY2027Q1").await;
    assert_eq!((direct.score, direct.coverage, direct.people), (last.score, last.coverage, last.people));
}

async fn every_view_shows_its_work(store: Store) {
    let services = services(store);
    examples(&services).await;
    let shown = |post: Post| -> String {
        let pictures = post.files.iter().filter(|file| file.name == "trend.png").collect::<Vec<_>>();
        assert!(pictures.iter().all(|file| file.bytes.starts_with(b"\x89PNG")));
        post.as_text()
    };
    let views = [
        ("program", serde_json::json!([option("program", "cloud-hosting")])),
        ("trend", serde_json::json!([option("view", "trend")])),
        ("trend_of_one", serde_json::json!([option("view", "trend"), option("program", "Benefits website")])),
        ("explain", serde_json::json!([option("view", "explain")])),
        ("explain_one", serde_json::json!([option("view", "explain"), option("program", "cloud-hosting")])),
        ("compare", serde_json::json!([option("view", "compare")])),
        (
            "compare_one",
            serde_json::json!([
                option("view", "compare"),
                option("program", "cloud-hosting"),
                option("against", "FY2026Q3")
            ]),
        ),
        ("missing", serde_json::json!([option("view", "missing")])),
    ];
    for (name, options) in views {
        insta::assert_snapshot!(format!("view_{name}"), shown(view(&services, options).await));
    }
}

async fn what_goes_out_comes_back_in_and_is_the_same_twice(store: Store) {
    let services = services(store);
    examples(&services).await;
    let wanted = Wanted { period: Some(quarter("FY2026Q4")), ..Wanted::default() };
    let pack = cx_index::quarter_pack(&services, None, quarter("FY2026Q4")).await.unwrap();
    services.clock.advance(chrono::TimeDelta::days(3));
    assert_eq!(pack, cx_index::quarter_pack(&services, None, quarter("FY2026Q4")).await.unwrap());
    let brief = pack.iter().find(|file| file.name.ends_with("brief.txt")).unwrap();
    insta::assert_snapshot!("brief", String::from_utf8(brief.bytes.clone()).unwrap());
    let csv = String::from_utf8(cx_index::scores_csv(&services, &wanted).await.unwrap()).unwrap();
    assert_eq!(csv.lines().next().unwrap(), cx_index::SCORE_COLUMNS.join(","));
    let json: Vec<BTreeMap<String, serde_json::Value>> =
        serde_json::from_str(&cx_index::scores_json(&services, &wanted).await.unwrap()).unwrap();
    assert_eq!(json.len(), csv.lines().count() - 1);
    assert_eq!(json[0].len(), cx_index::SCORE_COLUMNS.len());

    let figures = cx_index::figures_csv(&services, &Wanted::default()).await.unwrap();
    let back = take(&services, &String::from_utf8(figures.clone()).unwrap(), ImportOptions::default()).await.unwrap();
    assert_eq!((back.new, back.revised), (0, 0), "{back:#}");
    let fresh = crate::support::sqlite().await;
    let copy = self::services(fresh.store.clone());
    take(&copy, &String::from_utf8(figures).unwrap(), ImportOptions::default()).await.unwrap();
    assert_eq!(
        find(&copy, "audience:agency", "FY2026Q4").await.score,
        find(&services, "audience:agency", "FY2026Q4").await.score
    );
}

/// The brief of a quarter with what this server's round told: only what is published, only while it is, and nobody's name.
async fn a_brief_quotes_the_stories_that_stand(store: Store) {
    let services = services(store);
    examples(&services).await;
    let brief = async |guild: Option<GuildId>| {
        let pack = cx_index::quarter_pack(&services, guild, quarter("FY2026Q4")).await.unwrap();
        String::from_utf8(pack.into_iter().find(|file| file.name.ends_with("brief.txt")).unwrap().bytes).unwrap()
    };
    let mark = async |state: &'static str| {
        services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let sql = "update nominations set state = $1";
                    on_db!(tx, conn => sqlx::query(sql).bind(state).execute(conn).await?.rows_affected());
                    Ok(())
                })
            })
            .await
            .unwrap();
    };
    services
        .store
        .write(|tx| {
            Box::pin(async move {
                let now: chrono::DateTime<chrono::Utc> = "2026-08-23T17:00:00Z".parse().unwrap();
                for sql in [
                    "insert into recognition_rounds (guild_id, quarter, opened_at) values (7, 'FY2026Q4', $1)",
                    "insert into nominations (guild_id, round_id, nominator_id, state, happened, customer, changed, evidence, revision, stories, drafted_at)
                     select 7, id, 4711, 'asked', 'The Marmalade letter was rewritten.', 'applicants', 'Calls halved.', 'counts', 1, 0, $1
                     from recognition_rounds",
                ] {
                    on_db!(tx, conn => sqlx::query(sql).bind(now).execute(conn).await?.rows_affected());
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    assert!(!brief(Some(GuildId(7))).await.contains("Marmalade"), "nobody has agreed yet");
    mark("published").await;
    let told = brief(Some(GuildId(7))).await;
    assert!(
        told.contains("Stories to tell, published with consent\n- The Marmalade letter was rewritten. What changed: Calls halved.\n"),
        "{told}"
    );
    assert!(!told.contains("4711"), "{told}");
    for other in [Some(GuildId(8)), None] {
        assert!(!brief(other).await.contains("Marmalade"), "another server, or none");
    }
    mark("private").await;
    assert!(!brief(Some(GuildId(7))).await.contains("Stories"), "taken down");
}

/// A response file of any length, made while it is read.
struct Endless {
    rows: u64,
    pending: Vec<u8>,
}

impl Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        while self.pending.len() < buffer.len() && self.rows > 0 {
            self.rows -= 1;
            let line = format!("r{},{},1,0,0,0,0,0,0,0,0,0,0,0,0,0,\"thank you\"\n", self.rows, self.rows % 5 + 1);
            self.pending.extend_from_slice(line.as_bytes());
        }
        let count = buffer.len().min(self.pending.len());
        buffer[..count].copy_from_slice(&self.pending[..count]);
        self.pending.drain(..count);
        Ok(count)
    }
}

#[tokio::test]
async fn a_long_response_file_is_read_row_by_row_with_progress() {
    let fixture = crate::support::sqlite().await;
    let services = services(fixture.store.clone());
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = seen.clone();
    let mut options = responses();
    options.progress = Some(Arc::new(move |rows| told.lock().unwrap().push(rows)));
    let reader = Endless { rows: 250_000, pending: format!("{RESPONSES}\n").into_bytes() };
    let report = cx_index::import_as(&services, reader, "responses.csv", "command line", options).await.unwrap();
    assert_eq!(report.file_rows, 250_000);
    assert_eq!(*seen.lock().unwrap(), [100_000, 200_000, 250_000]);
}
