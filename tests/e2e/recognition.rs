//! Recognition as people live it: from a nomination to a story and back, with the people it takes.

use cxbot::emulator::ModalView;
use serde_json::{Value, json};

use crate::harness::{Answer, Database, Member, World, days};

crate::stories!(
    a_round_from_a_nomination_to_a_story_and_back,
    a_team_is_nominated_from_a_message_and_asked_one_by_one,
    closed_direct_messages_are_reached_by_a_neutral_post,
    me_shows_hands_out_and_erases,
);

fn words() -> Value {
    json!({
        "happened": "On 3 November she called back every applicant. @everyone ||hi||",
        "customer": "first-time applicants",
        "changed": "They knew by noon what to bring.",
        "evidence": "Two wrote to thank her.",
    })
}

fn form(answer: &Answer) -> ModalView {
    answer.form().clone()
}

/// Picks both menus, writes, and sends.
async fn writes_and_sends(author: &Member) {
    author.picks("Which principle or value does it show?", &["each-contact"]).await;
    let asked = author.picks("How do you know their work?", &["same-team"]).await;
    author.submits(&form(&asked), words()).await.says("Please read it once more");
    author.presses("Send").await.says("is with the reviewers");
}

async fn accepts(lead: &Member) -> Answer {
    lead.runs("/recognition queue").await.is_private();
    for menu in ["Effect for the customer", "Evidence", "Link to the principle or value", "Something others can copy"] {
        lead.picks(&format!("{menu}: 0 to 2"), &["2"]).await;
    }
    lead.presses("Accept").await
}

async fn a_round_from_a_nomination_to_a_story_and_back(on: Database) {
    let mut world = World::start(on).await;
    let (lea, ada) = (world.member("Lea"), world.member("Ada"));
    let (ana, ben, cleo) = (world.member("Ana"), world.member("Ben"), world.member("Cleo"));
    lea.runs("/recognition open closes:2026-12-11").await.is_private().says("Friday, 11 December 2026");
    ada.runs("/recognition queue").await.says("No nomination waits");
    lea.runs("/recognition queue").await.says("No nomination waits");

    ben.runs("/nominate person:@Ana").await.is_private();
    writes_and_sends(&ben).await;
    cleo.runs("/nominate person:@Ana").await.says("nominated").is_private();
    let number = cleo.visible().last().unwrap().selects()[0].options[0]["value"].as_str().unwrap().to_owned();
    let asked = cleo.picks("Second the one about …", &[&number]).await;
    cleo.submits(&form(&asked), json!({"reason": "I sat at the next desk."})).await.says("Thank you");

    // Two reviewers; neither sees who wrote it, and nothing is decided before both have judged.
    accepts(&lea).await.says("Your verdict is recorded");
    let queue = ada.runs("/recognition queue").await;
    queue.says("I sat at the next desk.").says("called back every applicant");
    assert!(!queue.text().contains("Ben") && !queue.text().contains("Cleo"), "{}", queue.text());
    world.settle().await;
    assert_eq!(ana.inbox(), "", "nobody is asked before the reviewers have decided");
    world.restart().await;
    let (ana, ada) = (world.member("Ana"), world.member("Ada"));
    accepts(&ada).await.says("Accepted");
    world.settle().await;
    insta::assert_snapshot!("the_question_to_the_nominee", ana.inbox());
    assert_eq!(world.member("Ben").at("recognition").sees(), "", "nothing is published without a yes");

    // She corrects the text, and agrees with her name.
    let asked = ana.presses("Correct the text").await;
    let mut better = words();
    better["happened"] = json!("On 3 November I called back every applicant, with Dev at the second phone.");
    ana.submits(&form(&asked), better).await;
    ana.presses("Publish with my name").await.says("You said yes");
    world.settle().await;
    insta::assert_snapshot!("the_story", world.member("Ben").at("recognition").sees());
    let ben = world.member("Ben");
    ben.runs("/stories").await.is_private().says("1 story of 1");
    world.member("Lea").runs("/recognition audit").await.says("accepted, by 2 of 2 reviewers");

    // A week later she changes her mind: everything goes.
    world.advance(days(7)).await;
    ana.presses("Withdraw and erase it").await.says("Withdraw it?");
    ana.presses("Withdraw and erase").await.says("erased");
    world.settle().await;
    assert!(!world.member("Ben").at("recognition").sees().contains("applicant"));
    assert!(!ana.inbox().contains("applicant"), "{}", ana.inbox());
    ben.runs("/stories").await.says("No story has been published yet");
    // The reminder a week before the end named nobody; and then the calendar closes the round.
    world.advance(days(30)).await;
    assert!(
        ben.at("recognition").sees().contains("Whose work made something better"),
        "{}",
        ben.at("recognition").sees()
    );
    world.end().await;
}

async fn a_team_is_nominated_from_a_message_and_asked_one_by_one(on: Database) {
    let world = World::start(on).await;
    let (ana, ben, dev, lea) = (world.member("Ana"), world.member("Ben"), world.member("Dev"), world.member("Lea"));
    let message = ana.person.says(ana.channel, "The queue is empty again!").unwrap();
    let own = ana.person.context_menu(ana.channel, "Nominate its author", message).unwrap();
    ana.answer(own).await.says("You cannot nominate yourself");
    let begun = ben.person.context_menu(ben.channel, "Nominate its author", message).unwrap();
    ben.answer(begun).await.is_private().says("Nominating");
    let (ana_id, dev_id) = (ana.id.to_string(), dev.id.to_string());
    ben.picks("Whom is it about? One to five people", &[&ana_id, &dev_id]).await.says("and");
    writes_and_sends(&ben).await;
    accepts(&lea).await.says("Accepted");
    world.settle().await;
    assert!(dev.inbox().contains("https://discord.com/channels/"), "{}", dev.inbox());
    ana.presses("Publish with my name").await.says("once all of you have said yes");
    world.settle().await;
    assert_eq!(lea.at("recognition").sees(), "");
    dev.presses("Publish without my name").await;
    world.settle().await;
    let story = lea.at("recognition").sees();
    assert!(story.contains("and a colleague showed") && !story.contains("discord.com/channels"), "{story}");
    dev.presses("Keep it private").await;
    world.settle().await;
    assert!(!lea.at("recognition").sees().contains("applicant"));
    world.end().await;
}

async fn closed_direct_messages_are_reached_by_a_neutral_post(on: Database) {
    let world = World::start(on).await;
    let (ana, ben, lea) = (world.member("Ana"), world.member("Ben"), world.member("Lea"));
    ana.person.closes_direct_messages(true);
    ben.runs("/nominate person:@Ana").await;
    writes_and_sends(&ben).await;
    accepts(&lea).await;
    world.settle().await;
    world.advance(chrono::TimeDelta::minutes(11)).await;
    let shown = ben.at("recognition").sees();
    assert!(shown.contains("somebody's direct messages are closed") && !shown.contains("Ana"), "{shown}");
    ben.at("recognition").presses("See what waits for me").await.is_private().says("accepted");
    let ana = ana.at("recognition");
    ana.presses("See what waits for me").await.is_private().says("waits for your answer");
    let number = ana.visible().last().unwrap().selects()[0].options[0]["value"].as_str().unwrap().to_owned();
    ana.picks("Look at one, change it or withdraw it", &[&number]).await.says("called back every applicant");
    ana.presses("No, erase it").await.says("erased");
    world.settle().await;
    assert!(
        !ben.at("recognition").sees().contains("direct messages are closed"),
        "the post goes when it has done its work"
    );
    world.end().await;
}

async fn me_shows_hands_out_and_erases(on: Database) {
    let world = World::start(on).await;
    let (ana, ben, lea) = (world.member("Ana"), world.member("Ben"), world.member("Lea"));
    ben.runs("/nominate person:@Ana").await;
    writes_and_sends(&ben).await;
    accepts(&lea).await;
    world.settle().await;
    ana.presses("Publish with my name").await;
    world.settle().await;
    let shown = ana.runs("/me").await;
    insta::assert_snapshot!("me", shown.is_private().text());
    let file = ana.presses("Get it as a file").await;
    file.is_private().says("what-cxbot-holds-about-me.json");
    ana.presses("Erase it").await.says("I cannot bring them back");
    ana.presses("Erase everything").await.says("Done.");
    world.settle().await;
    assert!(!lea.at("recognition").sees().contains("applicant") && !ana.inbox().contains("applicant"));
    // The command itself puts her on the roster again, and that is all there is, but for where messages stood.
    let left = ana.runs("/me").await;
    assert!(!left.text().contains("Recognition**\n-"), "{}", left.text());
    ben.runs("/me").await.says("Nominations that you wrote: 1");
    world.end().await;
}
