//! The inventory of programs.

use cxbot::config::{Content, ContentFile};
use cxbot::error::{Error, Result};
use cxbot::programs::{self, Program, Synced};
use cxbot::store::Store;

crate::on_both!(
    syncing_makes_the_inventory_say_what_the_file_says,
    a_program_taken_out_of_the_file_is_retired_and_can_come_back,
    a_measure_with_figures_keeps_its_question_and_scale,
);

const FILE: &str = r#"
[[program]]
key = "hosting"
name = "Hosting"
audience = "agency"
owner = "Platform team"
from = "FY2026Q1"

[[program.measure]]
key = "ease"
name = "Ease"
category = "quality"
source = "customer"
wording = "It was easy."
options = 5
reversed = true
valid_quarters = 4
weight = 2

[[program.measure]]
key = "hours"
name = "Hours"
category = "timeliness"
source = "operational"
wording = "Median hours."
unit = "hours"
direction = "lower"
worst = 48
target = 24
"#;

fn file(text: &str) -> Vec<Program> {
    programs::parse(&ContentFile { path: "programs.toml".into(), text: text.into() }).unwrap()
}

async fn sync(store: &Store, wanted: &[Program]) -> Result<Synced> {
    let wanted = wanted.to_vec();
    store.write(move |tx| Box::pin(async move { programs::sync(tx, &wanted).await })).await
}

async fn listed(store: &Store) -> Vec<Program> {
    store.read(|tx| Box::pin(programs::list(tx))).await.unwrap()
}

async fn syncing_makes_the_inventory_say_what_the_file_says(store: Store) {
    let shipped = programs::load(&Content::built_in()).unwrap();
    assert!(sync(&store, &shipped).await.unwrap().changed);
    assert_eq!(listed(&store).await, shipped);
    assert!(!sync(&store, &shipped).await.unwrap().changed, "repeating it changes nothing");
    let own = file(FILE);
    assert!(sync(&store, &own).await.unwrap().changed);
    assert_eq!(listed(&store).await, own);
}

async fn a_program_taken_out_of_the_file_is_retired_and_can_come_back(store: Store) {
    let own = file(FILE);
    sync(&store, &own).await.unwrap();
    assert!(sync(&store, &[]).await.unwrap().changed);
    assert_eq!(listed(&store).await, []);
    sync(&store, &own).await.unwrap();
    assert_eq!(listed(&store).await, own);
}

async fn a_measure_with_figures_keeps_its_question_and_scale(store: Store) {
    sync(&store, &file(FILE)).await.unwrap();
    let free = file(&FILE.replace("It was easy.", "It was quite easy."));
    assert!(sync(&store, &free).await.unwrap().changed, "without figures a question may still be mended");
    for measure in ["ease", "hours"] {
        store.write(move |tx| Box::pin(programs::mark_in_use(tx, "hosting", measure))).await.unwrap();
    }
    let fixed = listed(&store).await;
    for (from, to) in [
        ("It was easy.", "It was hard."),
        ("options = 5", "options = 7"),
        ("reversed = true", ""),
        ("category = \"quality\"", "category = \"adoption\""),
        ("unit = \"hours\"", "unit = \"days\""),
    ] {
        let text = FILE.replace("It was easy.", "It was quite easy.");
        let changed = file(&if from == "It was easy." { FILE.replace(from, to) } else { text.replace(from, to) });
        let refusal = sync(&store, &changed).await.unwrap_err();
        assert!(
            matches!(&refusal, Error::Refused(sentence) if sentence.contains("Give the changed measure a new key")),
            "{refusal}"
        );
        assert_eq!(listed(&store).await, fixed, "a refused change leaves the inventory as it was");
    }
    let renamed = file(
        &FILE
            .replace("It was easy.", "It was quite easy.")
            .replace("name = \"Ease\"", "name = \"How easy\"")
            .replace("worst = 48", "worst = 40"),
    );
    assert!(sync(&store, &renamed).await.unwrap().changed, "names and anchors may move");
    assert_eq!(listed(&store).await, renamed);
}
