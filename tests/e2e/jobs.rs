//! The four jobs, each from command to result, as people live them.

use cxbot::emulator::ModalView;
use serde_json::json;

use crate::harness::{Answer, Database, Member, World, days, hours};

crate::stories!(
    a_pulse_is_answered_closes_by_itself_and_shows_its_result,
    a_lesson_is_posted_discussed_and_its_quiz_explains,
    a_series_is_posted_every_week_but_not_on_a_holiday_or_when_a_lead_skips_it,
    a_nomination_becomes_a_story_when_the_person_says_yes,
    a_declined_nomination_comes_back_to_its_author_alone,
    without_consent_nothing_is_published,
    the_index_is_there_for_everybody_after_an_import,
);

async fn a_pulse_is_answered_closes_by_itself_and_shows_its_result(on: Database) {
    let mut world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    lea.runs("/pulse open pulse:service-ease").await.is_private();
    world.settle().await;

    let labels =
        ["Very easy", "Easy", "Easy", "Easy", "Difficult", "Neither", "Very easy", "Easy", "Easy", "Very difficult"];
    for (person, label) in world.everybody().into_iter().zip(labels) {
        person.at("pulse").presses(label).await.is_private().says("sealed");
    }
    let ana = world.member("Ana").at("pulse");
    ana.presses("Easy").await.says("in place of your earlier one");
    assert!(!lea.sees().contains("10"), "nothing may be shown while the pulse is open:\n{}", lea.sees());

    world.restart().await;
    world.member("Ben").at("pulse").presses("Very easy").await.says("in place of your earlier one");
    world.advance(days(8)).await;
    insta::assert_snapshot!("pulse_result", crate::harness::without_message_ids(&ana.at("pulse").sees()));
    world.end().await;
}

async fn a_lesson_is_posted_discussed_and_its_quiz_explains(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea").at("lessons");
    lea.runs("/lesson post lesson:what-cx-is").await.is_private().says("on its way to");
    // Twice at once is once.
    lea.runs("/lesson post lesson:what-cx-is").await.is_private().says("less than a minute ago");
    world.settle().await;

    let ana = world.member("Ana").at("lessons");
    let first = ana.presses("Take the quiz").await;
    first.is_private();
    let mut conversation = vec![ana.sees()];
    // A wrong answer is explained, and can be tried again.
    for label in ["A. The program manager's", "Try this one again", "B. The customer's", "Next question"] {
        conversation.push(format!("── Ana presses {label}\n{}", ana.presses(label).await.text()));
    }
    insta::assert_snapshot!("lesson_quiz", conversation.join("\n\n"));

    // Nobody else sees it.
    assert!(!world.member("Ben").at("lessons").sees().contains("only Ana"), "a quiz is private");
    ana.runs("/learn progress").await.is_private();
    world.end().await;
}

async fn a_series_is_posted_every_week_but_not_on_a_holiday_or_when_a_lead_skips_it(on: Database) {
    let mut world = World::start(on).await;
    let lea = world.member("Lea").at("lessons");
    // Thursday, November 26, 2026 is Thanksgiving.
    let mut conversation =
        vec![lea.runs("/lesson schedule series:cx-foundations day:thu hour:9").await.is_private().text()];
    let posted = || titles(&lea);
    world.advance(days(7)).await;
    assert_eq!(posted(), 0, "nothing is posted on Thanksgiving:\n{}", lea.sees());
    world.advance(days(7)).await;
    assert_eq!(posted(), 1, "{}", lea.sees());
    conversation.push(lea.runs("/lesson skip series:cx-foundations").await.text());
    world.restart().await;
    world.advance(days(7)).await;
    assert_eq!(titles(&lea), 1, "a lead left this date out:\n{}", lea.sees());
    world.advance(days(7)).await;
    assert_eq!(titles(&lea), 2, "{}", lea.sees());
    conversation.push(lea.runs("/lesson pause series:cx-foundations").await.text());
    world.advance(days(14)).await;
    assert_eq!(titles(&lea), 2, "paused:\n{}", lea.sees());
    conversation.push(lea.runs("/lesson resume series:cx-foundations").await.text());
    conversation.push(lea.runs("/lesson list").await.text());
    world.advance(days(7) + hours(1)).await;
    assert_eq!(titles(&lea), 3, "{}", lea.sees());
    insta::assert_snapshot!("lesson_month", conversation.join("\n\n"));
    world.end().await;
}

/// How many lessons stand in the channel for everybody.
fn titles(reader: &Member) -> usize {
    reader
        .visible()
        .iter()
        .filter(|message| message.only_for.is_none() && message.buttons().iter().any(|b| b.label == "Take the quiz"))
        .count()
}

/// Ana nominates Ben, up to the form, and fills it in.
pub(crate) async fn nominate(world: &World, words: &str) -> (Member, Vec<String>) {
    let ana = world.member("Ana");
    let mut seen = Vec::new();
    let start = ana.runs("/nominate person:@Ben").await;
    start.is_private();
    seen.push(start.text());
    let tag = ana.visible().last().unwrap().selects()[0].options[0]["value"].as_str().unwrap().to_owned();
    ana.picks("Which principle or value does it show?", &[&tag]).await;
    let form: ModalView = ana.picks("How do you know their work?", &["same-team"]).await.form().clone();
    let filled = ana
        .submits(
            &form,
            json!({"happened": words, "customer": "A first-time applicant", "changed": "An answer the same day",
                   "evidence": "I sat beside him"}),
        )
        .await;
    seen.push(filled.text());
    seen.push(ana.presses("Send").await.text());
    (ana, seen)
}

const WORDS: &str = "On 3 November he rewrote the letter with three applicants.";

async fn a_nomination_becomes_a_story_when_the_person_says_yes(on: Database) {
    let mut world = World::start(on).await;
    let (ana, mut conversation) = nominate(&world, WORDS).await;
    let lea = world.member("Lea");
    let queue = lea.runs("/recognition queue").await;
    queue.is_private();
    assert!(!queue.text().contains("Ana"), "the reviewer does not see who wrote it:\n{}", queue.text());
    conversation.push(format!("── Lea\n{}", queue.text()));
    world.restart().await;
    conversation.push(lea.accepts().await.text());
    world.settle().await;

    let ben = world.member("Ben");
    conversation.push(format!("── Ben, direct messages\n{}", ben.inbox()));
    assert!(!ben.at("recognition").sees().contains("letter"), "nothing is published before Ben says yes");
    ben.presses("Publish with my name").await;
    world.settle().await;
    conversation.push(format!("── #recognition\n{}", world.member("Cleo").at("recognition").sees()));
    // A changed mind: the story goes.
    ben.presses("Withdraw and erase it").await;
    ben.presses("Withdraw and erase").await.says("erased");
    world.settle().await;
    let left = world.member("Cleo").at("recognition").sees();
    assert!(!left.contains("letter"), "withdrawn:\n{left}");
    conversation.push(format!("── Ana\n{}", ana.runs("/recognition mine").await.text()));
    insta::assert_snapshot!("recognition_story", conversation.join("\n\n"));
    world.end().await;
}

async fn a_declined_nomination_comes_back_to_its_author_alone(on: Database) {
    let world = World::start(on).await;
    let (ana, _) = nominate(&world, WORDS).await;
    let lea = world.member("Lea");
    lea.runs("/recognition queue").await;
    let form = lea.presses("Decline with a reason").await.form().clone();
    let decided = lea.submits(&form, json!({"reason": "A single case and its effect would make it stronger."})).await;
    world.settle().await;
    assert_eq!(world.member("Ben").inbox(), "", "the person it is about is not told");
    insta::assert_snapshot!(
        "recognition_declined",
        format!("── Lea\n{}\n\n── Ana, direct messages\n{}", decided.text(), ana.inbox())
    );
    world.end().await;
}

async fn without_consent_nothing_is_published(on: Database) {
    let world = World::start(on).await;
    nominate(&world, WORDS).await;
    let lea = world.member("Lea");
    lea.runs("/recognition queue").await;
    lea.accepts().await;
    world.settle().await;
    let ben = world.member("Ben");
    // Somebody else cannot answer for Ben.
    let question = ben.visible().last().unwrap().clone();
    let yes = question.buttons()[0].custom_id.clone().unwrap();
    assert!(world.member("Ana").person.press(question.id, &yes).is_err(), "a direct message is Ben's alone");
    // Silence means private.
    world.advance(days(8)).await;
    assert!(!world.member("Cleo").at("recognition").sees().contains("letter"));
    ben.runs("/recognition mine").await.is_private().says("private");

    // A changed mind erases it.
    ben.picks("Look at one, change it or withdraw it", &["1"]).await;
    ben.presses("Withdraw and erase it").await;
    ben.presses("Withdraw and erase").await.says("erased");
    world.settle().await;
    assert!(!ben.inbox().contains("three applicants"), "erased from the direct message too:\n{}", ben.inbox());
    world.end().await;
}

async fn the_index_is_there_for_everybody_after_an_import(on: Database) {
    let world = World::start(on).await;
    let ana = world.member("Ana");
    let before = ana.runs("/index").await;
    before.is_private();
    let file = std::fs::File::open("config/examples/figures-tidy.csv").unwrap();
    cxbot::cx_index::import(&world.services, std::io::BufReader::new(file), "figures-tidy.csv", "Ada", false)
        .await
        .unwrap();
    let shown: Vec<Answer> = vec![ana.runs("/index").await, ana.runs("/index quarter:FY2022Q1").await];
    let again = ana.runs("/index quarter:FY2022Q1 share:true").await;
    assert!(again.message().only_for.is_none(), "shared: everybody reads it");
    ana.runs("/index quarter:soon").await.is_private();
    let text: Vec<_> = std::iter::once(&before).chain(&shown).map(Answer::text).collect();
    insta::assert_snapshot!("index", text.join("\n\n──\n"));
    world.end().await;
}
