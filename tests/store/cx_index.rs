//! The index from a file of figures to the reply, on both databases.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use cxbot::calendar::Quarter;
use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::cx_index::model::change::Verdict;
use cxbot::cx_index::{
    self, Comparison, CxIndex, Definitions, Detail, ImportReport, RecomputeIndex, Record, Scope, store,
};
use cxbot::discord::{Act, Call, Feature, Incoming, Person, Reply, Typed};
use cxbot::error::{Error, Result};
use cxbot::ids::{ChannelId, GuildId, InteractionId, UserId};
use cxbot::on_db;
use cxbot::programs::Audience;
use cxbot::schedule::{Due, Job};
use cxbot::services::Services;
use cxbot::store::Store;

crate::on_both!(
    the_examples_give_both_indexes_and_the_reply_shows_its_work,
    every_example_score_is_the_one_that_a_script_of_its_own_computed,
    a_program_that_gains_a_channel_is_not_compared_with_itself,
    the_same_file_again_changes_nothing,
    a_dry_run_tells_what_would_come_about_and_stores_nothing,
    a_later_figure_is_a_revision_and_moves_the_next_quarters_comparison_too,
    a_file_with_one_wrong_row_changes_nothing,
    figures_imported_in_any_order_give_the_same_scores,
    an_edited_definition_is_refused_in_words,
    two_imports_at_once_both_count,
    starting_syncs_the_inventory_and_computes_the_current_quarter_anew,
    the_job_computes_a_quarter_and_repeating_it_changes_nothing,
    a_quarter_without_figures_is_said_and_the_newest_is_offered,
);

const HEADER: &str = "program,audience,category,measure,source_kind,source_id,channel,period,kind,n1,n2,n3,n4,n5,n6,n7,n8,n9,n10,n11,value,sd,n,population,worst,target,best,note";

fn services_with(store: Store, content: Content) -> Services {
    let settings = Settings::load(&Overrides::default()).expect("the built-in settings");
    let clock = Clock::manual("2026-11-23T17:00:00Z".parse().unwrap());
    Services { store, clock, settings: Arc::new(settings), content }
}

fn services(store: Store) -> Services {
    services_with(store, Content::built_in())
}

fn quarter(text: &str) -> Quarter {
    text.parse().unwrap()
}

fn examples() -> String {
    Content::built_in().read("examples/figures-tidy.csv").unwrap().text
}

async fn bring_in(services: &Services, text: &str) -> Result<ImportReport> {
    cx_index::import(services, std::io::Cursor::new(text.to_owned()), "figures-tidy.csv", "command line", false).await
}

async fn index(services: &Services, audience: Audience, at: &str) -> Record {
    let (scope, at) = (Scope::Audience(audience), quarter(at));
    services
        .store
        .read(|tx| Box::pin(async move { store::find_score(tx, &scope, at).await }))
        .await
        .unwrap()
        .expect("a score")
}

/// Every stored score by scope, quarter and revision, without the time it was computed.
async fn scores(store: &Store) -> BTreeMap<(String, String, i64), (Option<f64>, String)> {
    let rows: Vec<(String, String, i64, Option<f64>, String)> = store
        .read(|tx| {
            Box::pin(async move {
                const SQL: &str = "select scope, quarter, revision, value, input_hash from index_scores";
                Ok(on_db!(tx, conn => sqlx::query_as(SQL).fetch_all(conn).await?))
            })
        })
        .await
        .unwrap();
    rows.into_iter()
        .map(|(scope, quarter, revision, value, hash)| ((scope, quarter, revision), (value, hash)))
        .collect()
}

async fn counted(store: &Store, sql: &'static str) -> i64 {
    store
        .read(|tx| Box::pin(async move { Ok(on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?)) }))
        .await
        .unwrap()
}

fn asks(options: &serde_json::Value) -> (Incoming, Call) {
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
    (incoming, call)
}

async fn reply(services: &Services, options: serde_json::Value) -> Result<Reply> {
    let (incoming, call) = asks(&options);
    CxIndex.on_command(services, &incoming, &call).await
}

async fn said(services: &Services, options: serde_json::Value) -> String {
    match reply(services, options).await.unwrap() {
        Reply::Say(post) | Reply::Show(post) => post.as_text(),
        other => panic!("{other:?} is not a message"),
    }
}

async fn the_examples_give_both_indexes_and_the_reply_shows_its_work(store: Store) {
    let services = services(store);
    let report = bring_in(&services, &examples()).await.unwrap();
    assert_eq!((report.revised, report.unchanged, report.quarters.len()), (0, 0, 9));
    assert_eq!(report.new, report.rows);
    insta::assert_snapshot!("this_quarter", said(&services, serde_json::json!([])).await);
    let options = serde_json::json!([{ "name": "quarter", "type": 3, "value": "fy2022 q2" }]);
    insta::assert_snapshot!("published_quarter", said(&services, options).await);

    let shared = reply(&services, serde_json::json!([{ "name": "share", "type": 5, "value": true }])).await.unwrap();
    assert!(matches!(shared, Reply::Show(_)));
    assert!(matches!(reply(&services, serde_json::json!([])).await.unwrap(), Reply::Say(_)));

    let wrong = reply(&services, serde_json::json!([{ "name": "quarter", "type": 3, "value": "next year" }]))
        .await
        .unwrap_err();
    assert!(wrong.to_string().contains("Write it like FY2026Q1"), "{wrong}");

    let (incoming, _) = asks(&serde_json::json!([]));
    let typed =
        Typed { path: "index".into(), option: "quarter".into(), text: "fy2026".into(), others: BTreeMap::new() };
    let suggested = CxIndex.on_typing(&services, &incoming, &typed).await.unwrap();
    let values: Vec<_> = suggested.iter().map(|choice| choice.value.as_str()).collect();
    assert_eq!(values, ["FY2026Q4", "FY2026Q3"]);
}

/// Scope, quarter, score, standard error and range of the examples, computed from the same two files by a separate program in another
/// language, its Student quantiles by numerical integration.
const EXPECTED: [(&str, &str, f64, f64, f64, f64); 36] = [
    ("program:va-outpatient", "FY2021Q1", 91.4928, 0.0320, 91.4301, 91.5554),
    ("program:uscis-contact-center", "FY2021Q1", 81.1105, 0.1623, 80.7925, 81.4285),
    ("program:tsa-contact-center", "FY2021Q1", 50.6346, 1.6754, 47.3428, 53.9264),
    ("audience:public", "FY2021Q1", 74.4126, 0.5612, 73.3100, 75.5152),
    ("program:cloud-hosting", "FY2021Q1", 62.2555, 4.1487, 53.4127, 71.0983),
    ("program:identity-help-desk", "FY2021Q1", 59.9546, 2.4670, 54.9091, 65.0001),
    ("program:shared-training", "FY2021Q1", 68.6905, 6.3785, 54.9106, 82.4703),
    ("audience:agency", "FY2021Q1", 63.6335, 2.6663, 57.8733, 69.3938),
    ("audience:public", "FY2021Q2", 86.2789, 0.1192, 86.0449, 86.5128),
    ("audience:agency", "FY2021Q2", 65.4570, 2.6642, 59.6522, 71.2619),
    ("audience:public", "FY2021Q3", 85.4954, 0.1180, 85.2638, 85.7270),
    ("audience:agency", "FY2021Q3", 67.1144, 2.2169, 62.4372, 71.7917),
    ("audience:public", "FY2021Q4", 80.6177, 0.2976, 80.0322, 81.2032),
    ("audience:agency", "FY2021Q4", 70.6371, 2.3181, 65.7231, 75.5512),
    ("audience:public", "FY2022Q1", 81.0942, 0.3566, 80.3919, 81.7966),
    ("audience:agency", "FY2022Q1", 73.3555, 1.9777, 69.2161, 77.4950),
    ("program:va-outpatient", "FY2022Q2", 90.6719, 0.0729, 90.5290, 90.8148),
    ("program:uscis-contact-center", "FY2022Q2", 80.8240, 0.1761, 80.4788, 81.1692),
    ("program:tsa-contact-center", "FY2022Q2", 77.2484, 0.2344, 76.7890, 77.7078),
    ("audience:public", "FY2022Q2", 82.9148, 0.1007, 82.7174, 83.1122),
    ("program:cloud-hosting", "FY2022Q2", 71.6017, 3.1266, 65.0797, 78.1238),
    ("program:identity-help-desk", "FY2022Q2", 73.0809, 2.0192, 68.9933, 77.1686),
    ("program:shared-training", "FY2022Q2", 76.9196, 4.6787, 67.1269, 86.7123),
    ("audience:agency", "FY2022Q2", 73.8674, 1.9929, 69.6963, 78.0385),
    ("audience:public", "FY2026Q3", 72.1128, 0.8140, 70.5029, 73.7228),
    ("audience:agency", "FY2026Q3", 77.0555, 1.8203, 73.2701, 80.8409),
    ("audience:public", "FY2026Q4", 73.6707, 0.8095, 72.0696, 75.2718),
    ("audience:agency", "FY2026Q4", 79.6454, 1.6132, 76.3083, 82.9825),
    ("program:benefits-phone", "FY2027Q1", 79.0663, 1.5676, 75.9760, 82.1566),
    ("program:benefits-website", "FY2027Q1", 69.9231, 1.3291, 67.2936, 72.5526),
    ("program:local-offices", "FY2027Q1", 80.3734, 2.6696, 75.0435, 85.7034),
    ("audience:public", "FY2027Q1", 76.4543, 1.1230, 74.2121, 78.6965),
    ("program:cloud-hosting", "FY2027Q1", 83.1957, 2.6471, 77.6908, 88.7006),
    ("program:identity-help-desk", "FY2027Q1", 80.6916, 2.0083, 76.6146, 84.7686),
    ("program:shared-training", "FY2027Q1", 79.9812, 4.9727, 69.4898, 90.4726),
    ("audience:agency", "FY2027Q1", 81.2895, 1.9935, 77.0835, 85.4955),
];

async fn every_example_score_is_the_one_that_a_script_of_its_own_computed(store: Store) {
    let services = services(store.clone());
    bring_in(&services, &examples()).await.unwrap();
    for (scope, at, value, standard_error, low, high) in EXPECTED {
        let (key, at) = (Scope::parse(scope).unwrap(), quarter(at));
        let found = store.read(|tx| Box::pin(async move { store::find_score(tx, &key, at).await })).await.unwrap();
        let score = found.expect("a score").score.expect("a value");
        let actual = [score.value, score.standard_error, score.range.low, score.range.high];
        for (actual, expected) in actual.into_iter().zip([value, standard_error, low, high]) {
            assert!((actual - expected).abs() < 0.000_06, "{scope} {at}: {actual} should be {expected}");
        }
    }
}

async fn a_program_that_gains_a_channel_is_not_compared_with_itself(store: Store) {
    let services = services(store);
    bring_in(&services, &examples()).await.unwrap();
    // In FY2021Q1 the TSA survey ran by email only, a quarter later by phone too: its score leaps, and nothing happened.
    let found = index(&services, Audience::Public, "FY2021Q2").await;
    let before = index(&services, Audience::Public, "FY2021Q1").await;
    assert!(found.score.unwrap().value - before.score.unwrap().value > 10.0);
    let Detail::Audience(detail) = found.detail else { panic!("an audience has an audience's detail") };
    let Comparison::LikeForLike { programs, points, verdict, .. } = detail.comparison else {
        panic!("two programs compare")
    };
    assert_eq!((programs, verdict), (2, Verdict::NoClearChange));
    assert!(points.abs() < 1.0, "{points}");
}

async fn the_same_file_again_changes_nothing(store: Store) {
    let services = services(store.clone());
    let first = bring_in(&services, &examples()).await.unwrap();
    let before = scores(&store).await;
    let again = bring_in(&services, &examples()).await.unwrap();
    assert_eq!((again.new, again.revised, again.unchanged), (0, 0, first.rows));
    assert!(again.rescored.is_empty());
    assert_eq!(scores(&store).await, before);
    assert_eq!(counted(&store, "select count(*) from index_imports").await, 1);
}

async fn a_dry_run_tells_what_would_come_about_and_stores_nothing(store: Store) {
    let services = services(store.clone());
    let reader = std::io::Cursor::new(examples());
    let rehearsal = cx_index::import(&services, reader, "figures-tidy.csv", "command line", true).await.unwrap();
    assert!(rehearsal.dry_run && !rehearsal.rescored.is_empty());
    for table in [
        "select count(*) from index_observations",
        "select count(*) from index_scores",
        "select count(*) from index_imports",
        "select count(*) from index_definitions",
        "select count(*) from programs",
    ] {
        assert_eq!(counted(&store, table).await, 0, "{table}");
    }
    let real = bring_in(&services, &examples()).await.unwrap();
    assert_eq!(real, ImportReport { dry_run: false, import: real.import, ..rehearsal });
}

/// Two agency programs with an honest score, so that one figure can be moved.
fn small(ease_of_hosting: &str, at: &str) -> String {
    let desk =
        format!("identity-help-desk,agency,quality,ease,customer,d,all,{at},counts,1,2,4,12,11,,,,,,,,,30,118,,,,");
    let hours =
        format!("identity-help-desk,agency,timeliness,answer-hours,operational,,all,{at},value,,,,,,,,,,,,24,,,,,,,");
    let hosting =
        format!("cloud-hosting,agency,quality,ease,customer,h,all,{at},counts,{ease_of_hosting},,,,,,,,,,42,,,,");
    let restore =
        format!("cloud-hosting,agency,timeliness,restore-hours,operational,,all,{at},value,,,,,,,,,,,,8,,,,,,,");
    format!("{HEADER}\n{desk}\n{hours}\n{hosting}\n{restore}\n")
}

async fn a_later_figure_is_a_revision_and_moves_the_next_quarters_comparison_too(store: Store) {
    let services = services(store.clone());
    bring_in(&services, &small("1,1,2,5,9", "FY2026Q3")).await.unwrap();
    bring_in(&services, &small("1,1,2,5,9", "FY2026Q4")).await.unwrap();
    let (before, next_before) =
        (index(&services, Audience::Agency, "FY2026Q3").await, index(&services, Audience::Agency, "FY2026Q4").await);
    assert_eq!((before.revision, before.moved_points), (1, None));

    let report = bring_in(&services, &small("5,4,2,5,2", "FY2026Q3")).await.unwrap();
    assert_eq!((report.new, report.revised, report.unchanged), (0, 1, 3));
    insta::assert_snapshot!("revision_report", report.to_string());
    let after = index(&services, Audience::Agency, "FY2026Q3").await;
    assert_eq!(after.revision, 2);
    let (old, new) = (before.score.unwrap().value, after.score.unwrap().value);
    assert!(new < old);
    assert!((after.moved_points.unwrap() - (new - old)).abs() < 1e-9);
    assert!(report.rescored.iter().any(|one| one.scope == after.scope && one.quarter == after.quarter && one.flagged));

    let next = index(&services, Audience::Agency, "FY2026Q4").await;
    assert_eq!((next.revision, next.score), (2, next_before.score), "its own figures did not change");
    assert_ne!(next.detail, next_before.detail, "what it is compared with did");
    assert_eq!(
        counted(&store, "select count(*) from index_scores where scope = 'audience:agency' and quarter = 'FY2026Q3'")
            .await,
        2
    );
    assert_eq!(
        counted(&store, "select count(*) from index_observations where measure_key = 'ease' and quarter = 'FY2026Q3'")
            .await,
        3
    );
}

async fn a_file_with_one_wrong_row_changes_nothing(store: Store) {
    let services = services(store.clone());
    let wrong = small("1,1,2,5,9", "FY2026Q3").replace("restore-hours", "restore-days");
    let refusal = bring_in(&services, &wrong).await.unwrap_err();
    assert!(matches!(&refusal, Error::Refused(sentence) if sentence.contains("row 5, column measure")), "{refusal}");
    assert_eq!(counted(&store, "select count(*) from index_observations").await, 0);
    assert_eq!(counted(&store, "select count(*) from programs").await, 0);
}

async fn figures_imported_in_any_order_give_the_same_scores(store: Store) {
    let services = services(store.clone());
    let text = examples();
    let mut rows: Vec<&str> = text.lines().skip(1).collect();
    rows.reverse();
    // The later half first: quarters, programs and channels arrive piecemeal and late.
    for part in rows.chunks(rows.len() / 3) {
        bring_in(&services, &format!("{HEADER}\n{}\n", part.join("\n"))).await.unwrap();
    }
    let whole = crate::support::sqlite().await;
    let at_once = services_with(whole.store.clone(), Content::built_in());
    bring_in(&at_once, &text).await.unwrap();
    let newest = |all: BTreeMap<(String, String, i64), (Option<f64>, String)>| -> BTreeMap<(String, String), (Option<f64>, String)> {
        // In order of revision, so the newest stays.
        all.into_iter().map(|((scope, quarter, _), score)| ((scope, quarter), score)).collect()
    };
    assert_eq!(newest(scores(&store).await), newest(scores(&whole.store).await));
}

async fn an_edited_definition_is_refused_in_words(store: Store) {
    bring_in(&services(store.clone()), &small("1,1,2,5,9", "FY2026Q3")).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("index")).unwrap();
    let edited =
        Content::built_in().read("index/cxi-1.0.json").unwrap().text.replace("\"quality\": 40", "\"quality\": 60");
    std::fs::write(folder.path().join("index/cxi-1.0.json"), edited).unwrap();
    let edited = services_with(store.clone(), Content::in_folder(folder.path()));
    for refusal in [
        bring_in(&edited, &small("1,1,2,5,8", "FY2026Q4")).await.unwrap_err(),
        cx_index::start(&edited).await.unwrap_err(),
    ] {
        assert!(
            matches!(&refusal, Error::Refused(sentence) if sentence.contains("A definition is never edited")),
            "{refusal}"
        );
    }
    assert_eq!(counted(&store, "select count(*) from index_scores where quarter = 'FY2026Q4'").await, 0);
}

async fn two_imports_at_once_both_count(store: Store) {
    let services = services(store.clone());
    bring_in(&services, &small("1,1,2,5,9", "FY2026Q3")).await.unwrap();
    let row = |measure: &str, rest: &str| format!("{HEADER}\ncloud-hosting,agency,{measure},{rest}\n");
    let one = row("adoption,use-again", "customer,h,all,FY2026Q3,counts,3,15,,,,,,,,,,,,,42,,,,");
    let two = row("responsiveness,answered-in-standard", "operational,,all,FY2026Q3,value,,,,,,,,,,,,80,,,,,,,");
    let (first, second) = tokio::join!(bring_in(&services, &one), bring_in(&services, &two));
    first.unwrap();
    second.unwrap();
    let found = index(&services, Audience::Agency, "FY2026Q3").await;
    assert_eq!(found.revision, 3);
    let Detail::Audience(detail) = found.detail else { panic!("an audience has an audience's detail") };
    let hosting = detail.programs.iter().find(|line| line.key == "cloud-hosting").unwrap();
    assert_eq!(hosting.missing, [], "both figures are in the newest revision");
}

async fn starting_syncs_the_inventory_and_computes_the_current_quarter_anew(store: Store) {
    let built_in = services(store.clone());
    cx_index::start(&built_in).await.unwrap();
    assert_eq!(counted(&store, "select count(*) from programs where not retired").await, 9);
    bring_in(&built_in, &examples()).await.unwrap();
    let before = scores(&store).await;
    cx_index::start(&built_in).await.unwrap();
    assert_eq!(scores(&store).await, before, "nothing new, nothing computed");

    let folder = tempfile::tempdir().unwrap();
    let programs = Content::built_in().read("programs.toml").unwrap().text;
    let (kept, _) = programs
        .split_once("# Demonstration: a made-up program with made-up figures.\n[[program]]\nkey = \"shared-training\"")
        .unwrap();
    std::fs::write(folder.path().join("programs.toml"), kept).unwrap();
    let without_training = services_with(store.clone(), Content::in_folder(folder.path()));
    cx_index::start(&without_training).await.unwrap();
    let current = index(&without_training, Audience::Agency, "FY2027Q1").await;
    assert_eq!(current.revision, 2);
    let Detail::Audience(detail) = current.detail else { panic!("an audience has an audience's detail") };
    assert_eq!((detail.counted, detail.registered), (2, 2));
    assert_eq!(
        index(&without_training, Audience::Agency, "FY2026Q4").await.revision,
        1,
        "a past quarter keeps its programs"
    );
}

async fn the_job_computes_a_quarter_and_repeating_it_changes_nothing(store: Store) {
    let services = services(store.clone());
    bring_in(&services, &small("1,1,2,5,9", "FY2026Q3")).await.unwrap();
    // As if a crash had lost the scores but not the figures.
    store
        .write(|tx| {
            Box::pin(async move {
                Ok(on_db!(tx, conn => sqlx::query("delete from index_scores").execute(conn).await?.rows_affected()))
            })
        })
        .await
        .unwrap();
    let definitions = Definitions::load(&services.content).unwrap();
    assert_eq!(definitions.earliest(), quarter("FY2021Q1"));
    for _ in 0..2 {
        let services = services.clone();
        store
            .write(move |tx| {
                Box::pin(async move {
                    let due = Due {
                        guild: GuildId(1),
                        job: RecomputeIndex.name().into(),
                        key: "pulse:7".into(),
                        slot: "once".into(),
                        due_at: services.clock.now(),
                        payload: serde_json::json!({ "quarter": "FY2026Q3" }),
                    };
                    RecomputeIndex.run(&services, tx, &due).await
                })
            })
            .await
            .unwrap();
    }
    assert_eq!(index(&services, Audience::Agency, "FY2026Q3").await.revision, 1);
    let quarters = BTreeSet::from(["FY2026Q3".to_owned()]);
    assert_eq!(scores(&store).await.into_keys().map(|(_, quarter, _)| quarter).collect::<BTreeSet<_>>(), quarters);
}

async fn a_quarter_without_figures_is_said_and_the_newest_is_offered(store: Store) {
    let services = services(store.clone());
    let nothing = said(&services, serde_json::json!([])).await;
    assert_eq!(
        nothing,
        "There is no data for FY2027Q1 (October to December 2026) yet. No quarter has an index yet. A lead can bring figures in."
    );
    bring_in(&services, &small("1,1,2,5,9", "FY2026Q3")).await.unwrap();
    let newest = said(&services, serde_json::json!([])).await;
    assert!(newest.ends_with("The newest quarter with an index is FY2026Q3: `/index quarter:FY2026Q3`."), "{newest}");
}
