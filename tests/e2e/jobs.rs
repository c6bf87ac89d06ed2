//! The four jobs, each from command to result, as people live them.

use serde_json::json;

use crate::harness::{Database, World, days};

crate::stories!(a_pulse_is_answered_closes_by_itself_and_shows_its_result);

async fn a_pulse_is_answered_closes_by_itself_and_shows_its_result(on: Database) {
    let mut world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    lea.runs("/pulse open pulse:service-ease").await.is_private();
    world.settle().await;

    let labels = ["Very easy", "Easy", "Easy", "Easy", "Difficult", "Neither", "Very easy", "Easy", "Easy", "Very difficult"];
    for (person, label) in world.everybody().into_iter().zip(labels) {
        person.at("pulse").presses(label).await.is_private().says("sealed");
    }
    let ana = world.member("Ana").at("pulse");
    ana.presses("Easy").await.says("in place of your earlier one");
    assert!(!lea.sees().contains("10"), "nothing may be shown while the pulse is open:\n{}", lea.sees());

    world.restart().await;
    world.member("Ben").at("pulse").presses("Very easy").await.says("in place of your earlier one");
    world.advance(days(8)).await;
    insta::assert_snapshot!("pulse_result", ana.at("pulse").sees());
    world.end().await;
    let _ = json!(null);
}
