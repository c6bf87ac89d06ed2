//! From one definition to the next: the break is said and bridged, and a definition in use is neither edited nor taken away.

use std::sync::Arc;

use cxbot::clock::Clock;
use cxbot::config::{Content, Overrides, Settings};
use cxbot::cx_index::{self, CxIndex, Scope, bridge, publication, store};
use cxbot::discord::{Act, Call, Feature, Incoming, Person, Reply};
use cxbot::error::Error;
use cxbot::ids::{ChannelId, GuildId, InteractionId, UserId};
use cxbot::services::Services;
use cxbot::store::Store;

crate::on_both!(
    a_new_definition_is_bridged_over_four_quarters_and_the_break_is_said,
    a_definition_in_use_is_not_taken_away_and_a_new_one_begins_after_what_is_published,
);

fn services(store: Store, content: Content) -> Services {
    let settings = Settings::load(&Overrides::default()).expect("the built-in settings");
    let clock = Clock::manual("2026-11-23T17:00:00Z".parse().unwrap());
    Services { store, clock, settings: Arc::new(settings), content }
}

/// A content folder with these definitions besides everything that is built in.
fn definitions(files: &[(&str, String)]) -> (tempfile::TempDir, Content) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("index")).unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join("index").join(name), text).unwrap();
    }
    let content = Content::in_folder(folder.path());
    (folder, content)
}

fn first() -> String {
    Content::built_in().read("index/cxi-1.0.json").unwrap().text
}

/// Quality weighs less; begins in this quarter.
fn second(from: &str) -> String {
    first()
        .replace("cxi-1.0", "cxi-1.1")
        .replace("FY2021Q1", from)
        .replace("\"quality\": 40", "\"quality\": 25")
        .replace("\"timeliness\": 20", "\"timeliness\": 35")
}

async fn bring_examples(services: &Services) {
    let text = services.content.read("examples/figures-tidy.csv").unwrap().text;
    cx_index::import(services, std::io::Cursor::new(text), "figures.csv", "command line", false).await.unwrap();
}

async fn view(services: &Services, options: serde_json::Value) -> String {
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
        Reply::Say(post) | Reply::Show(post) => post.as_text(),
        Reply::Later { work, .. } => work.await.unwrap().as_text(),
        other => panic!("{other:?} is not a message"),
    }
}

fn option(name: &str, value: &str) -> serde_json::Value {
    serde_json::json!({ "name": name, "type": 3, "value": value })
}

async fn bridges(services: &Services) -> Vec<bridge::Bridge> {
    services
        .store
        .read(|tx| Box::pin(bridge::store::list(tx, "FY2021Q1".parse().unwrap(), "FY2027Q1".parse().unwrap())))
        .await
        .unwrap()
}

async fn value(services: &Services, at: &str) -> (String, f64) {
    let (scope, at) = (Scope::parse("audience:agency").unwrap(), at.parse().unwrap());
    let record = services
        .store
        .read(|tx| Box::pin(async move { store::find_score(tx, &scope, at).await }))
        .await
        .unwrap()
        .expect("a score");
    (record.definition_id, record.score.unwrap().value)
}

async fn a_new_definition_is_bridged_over_four_quarters_and_the_break_is_said(store: Store) {
    let old = services(store.clone(), Content::built_in());
    cx_index::start(&old).await.unwrap();
    bring_examples(&old).await;
    assert_eq!(bridges(&old).await, []);
    let before = value(&old, "FY2026Q4").await;

    let (_folder, content) = definitions(&[("cxi-1.0.json", first()), ("cxi-1.1.json", second("FY2027Q1"))]);
    let new = services(store, content);
    cx_index::start(&new).await.unwrap();
    assert_eq!(value(&new, "FY2026Q4").await, before, "earlier scores keep their definition");
    assert_eq!(value(&new, "FY2027Q1").await.0, "cxi-1.1");
    let bridged = bridges(&new).await;
    let mut quarters: Vec<String> = bridged.iter().map(|bridge| bridge.quarter.to_string()).collect();
    quarters.dedup();
    // The examples begin in FY2026Q3; only quarters that have figures can be bridged.
    assert_eq!(quarters, ["FY2026Q3", "FY2026Q4"]);
    assert!(bridged.iter().all(|bridge| bridge.definition_id == "cxi-1.1"));

    // What the bridge says is what the new definition, had it applied all along, would have said.
    let (_other, alone) = definitions(&[("cxi-1.1.json", second("FY2021Q1"))]);
    let fresh = crate::support::sqlite().await;
    let all_along = services(fresh.store.clone(), alone);
    bring_examples(&all_along).await;
    let (_, expected) = value(&all_along, "FY2026Q4").await;
    let found = bridged
        .iter()
        .find(|one| one.scope.key() == "audience:agency" && one.quarter.to_string() == "FY2026Q4")
        .and_then(|one| one.score)
        .unwrap();
    assert!((found.0 - expected).abs() < 1e-9 && (expected - before.1).abs() > 0.1, "{found:?} {expected} {before:?}");

    insta::assert_snapshot!("break_index", view(&new, serde_json::json!([])).await);
    insta::assert_snapshot!("break_trend", view(&new, serde_json::json!([option("view", "trend")])).await);
    insta::assert_snapshot!("break_compare", view(&new, serde_json::json!([option("view", "compare")])).await);

    // Late figures move the bridge as they move the score.
    let header = cx_index::COLUMNS.join(",");
    let row = "cloud-hosting,agency,quality,ease,customer,cloud-hosting-survey,all,FY2026Q4,counts,9,9,2,1,1,,,,,,,,,22,42,,,,";
    let late = std::io::Cursor::new(format!("{header}\n{row}\n"));
    cx_index::import(&new, late, "late.csv", "command line", false).await.unwrap();
    let moved = bridges(&new).await;
    assert_ne!(moved, bridged);
    cx_index::start(&new).await.unwrap();
    assert_eq!(bridges(&new).await, moved, "starting again changes nothing");
}

async fn a_definition_in_use_is_not_taken_away_and_a_new_one_begins_after_what_is_published(store: Store) {
    let both = [("cxi-1.0.json", first()), ("cxi-1.1.json", second("FY2027Q1"))];
    let (_folder, content) = definitions(&both);
    let services_of = |content: Content| services(store.clone(), content);
    let new = services_of(content);
    bring_examples(&new).await;
    let refused = |error: Error, expected: &str| {
        assert!(matches!(&error, Error::Refused(sentence) if sentence.contains(expected)), "{error}");
    };
    refused(
        cx_index::start(&services_of(Content::built_in())).await.unwrap_err(),
        "config/index/cxi-1.1.json is gone, and scores were computed with cxi-1.1",
    );
    let (_edited, content) = definitions(&[both[0].clone(), ("cxi-1.1.json", second("FY2026Q4"))]);
    refused(cx_index::start(&services_of(content)).await.unwrap_err(), "cxi-1.1.json differs from the cxi-1.1");

    let quarter = "FY2026Q4".parse().unwrap();
    let now = new.clock.now();
    new.store
        .write(move |tx| {
            Box::pin(async move {
                let edition =
                    publication::Edition { number: 1, by: UserId(7), at: now, reason: String::new(), alone: false };
                publication::store::publish(tx, quarter, &edition, &std::collections::BTreeMap::new()).await
            })
        })
        .await
        .unwrap();
    let third = second("FY2026Q3").replace("cxi-1.1", "cxi-1.2");
    let (_late, content) = definitions(&[both[0].clone(), both[1].clone(), ("cxi-1.2.json", third)]);
    refused(cx_index::start(&services_of(content)).await.unwrap_err(), "begins in FY2026Q3, and FY2026Q4 is published");
}
