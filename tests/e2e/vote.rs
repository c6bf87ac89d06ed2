//! A round that ends with a vote, as six people live it; and who does not come to the end of it.

use serde_json::json;

use crate::harness::{Database, Member, World, days};

crate::stories!(
    a_round_of_six_people_from_the_first_nomination_to_the_chosen_story,
    with_two_leads_a_nomination_is_still_reviewed_fairly,
    a_nominee_who_leaves_is_erased_and_the_others_go_on,
    a_pulse_waits_after_a_round_a_vote_and_two_pulses,
    a_reminder_of_a_round_asks_everybody_and_so_a_pulse_waits,
);

/// Nominates, with words of one's own.
async fn nominates(author: &Member, person: &str, deed: &str) {
    author.runs(&format!("/nominate person:@{person}")).await.is_private();
    author.picks("Which principle or value does it show?", &["each-contact"]).await;
    let asked = author.picks("How do you know their work?", &["other"]).await;
    let words = json!({
        "happened": deed,
        "customer": "first-time applicants",
        "changed": "They knew by noon what to bring.",
        "evidence": "Two wrote to thank.",
    });
    author.submits(&asked.form().clone(), words).await.says("Please read it once more");
    author.presses("Send").await.says("is with the reviewers");
}

async fn accepts_all(lead: &Member, count: usize) {
    lead.runs("/recognition queue").await.is_private();
    for _ in 0..count {
        lead.accepts().await;
    }
}

/// Turns the pages of the ballot until this story is on the screen, and ticks it.
async fn ticks(voter: &Member, deed: &str) {
    let mut shown = voter.presses("Vote").await;
    shown.is_private();
    for _ in 0..10 {
        if on_screen(&shown.text()).contains(deed) {
            voter.presses("Tick: it is deserving").await.says("in the box");
            return;
        }
        shown = voter.presses("Next").await;
    }
    panic!("no story {deed:?} on the ballot:\n{}", shown.text());
}

/// The story itself, without the list of all of them below it.
fn on_screen(ballot: &str) -> &str {
    ballot.split("Who the customer was").next().unwrap_or_default()
}

async fn a_round_of_six_people_from_the_first_nomination_to_the_chosen_story(on: Database) {
    let mut world = World::start(on).await;
    let (lea, ada) = (world.member("Lea"), world.member("Ada"));
    let (ana, ben, cleo, dev) = (world.member("Ana"), world.member("Ben"), world.member("Cleo"), world.member("Dev"));
    let mut roles: Vec<(&str, String)> = Vec::new();

    // Lea opens the round; Ben and Cleo nominate; Lea and Ada review.
    let opened = lea.runs("/recognition open closes:2026-12-11 vote:true").await;
    opened.is_private().says("It ends with a vote");
    roles.push(("Lea, who leads: opens the round", opened.text()));
    ada.runs("/recognition queue").await.says("No nomination waits");
    nominates(&ben, "Ana", "On 3 November she called back every applicant.").await;
    nominates(&cleo, "Dev", "On 9 November he rewrote the letter of refusal.").await;
    nominates(&dev, "Ben", "On 12 November he sat with the night shift.").await;
    let queue = lea.runs("/recognition queue").await;
    roles.push(("Lea, who reviews: one nomination, without its author", queue.text()));
    accepts_all(&lea, 3).await;
    accepts_all(&ada, 3).await;
    world.settle().await;

    // The people it is about: one stands with her name, one without, and one who is asked twice says no and then yes.
    roles.push(("Ana, who was nominated: the question", ana.inbox()));
    ana.presses("Yes, with my name").await.says("this stands in the group's vote");
    dev.presses("Yes, without my name").await.says("this stands in the group's vote");
    ben.presses("Keep it private").await.says("does not stand in the vote");
    world.settle().await;
    assert_eq!(world.member("Eli").at("recognition").sees(), "", "nothing is published before the vote");
    lea.runs("/recognition vote").await.says("are still open");
    lea.runs("/recognition close").await.says("are closed");
    ben.presses("Yes, without my name").await.says("this stands in the group's vote");

    // The vote: everybody ticks what they like, nobody their own.
    let opened = lea.runs("/recognition vote days:5").await;
    opened.is_private().says("is open on 3 stories");
    world.settle().await;
    roles.push(("Eli, a member: the vote is posted", world.member("Eli").at("recognition").sees()));
    let general = |name: &str| world.member(name).at("recognition");
    general("Eli").presses("How it stays confidential").await.is_private().says("destroys the key and the ballots");
    for name in ["Eli", "Fay", "Gus", "Hana", "Ada"] {
        ticks(&general(name), "called back every applicant").await;
    }
    ticks(&general("Eli"), "sat with the night shift").await;
    let eli = general("Eli").presses("Next").await;
    assert!(eli.text().contains("You have ticked 2"), "{}", eli.text());
    let mut own = general("Ana").presses("Vote").await;
    while !own.text().contains("This one is about you") {
        own = general("Ana").presses("Next").await;
    }
    roles.push(("Ana, who votes: her own story on her ballot", own.text()));
    world.restart().await;
    let dev = world.member("Dev");
    ticks(&dev.at("recognition"), "called back every applicant").await;
    // Dev withdraws while people vote: his story is off every ballot.
    dev.runs("/recognition mine").await.is_private();
    let (number, _) = option_about_me(&dev);
    dev.picks("Look at one, change it or withdraw it", &[&number]).await.says("on the ballot");
    dev.presses("Withdraw and erase it").await.says("Withdraw it?");
    dev.presses("Withdraw and erase").await.says("erased");
    world.settle().await;
    let look = world.member("Gus").at("recognition").presses("Vote").await;
    assert!(look.text().contains("of 2") && !look.text().contains("rewrote the letter"), "{}", look.text());

    // The end: one of six ballots is too few for the night shift, so one story is told.
    world.advance(days(5)).await;
    let told = world.member("Ida").at("recognition").sees();
    roles.push(("Ida, who did not vote: the end of the vote, and the story", told.clone()));
    assert!(told.contains("called back every applicant") && !told.contains("night shift"), "{told}");
    world.member("Ben").runs("/recognition mine").await.says("private");
    world.member("Lea").runs("/recognition audit").await.says("ended the vote for FY2027Q1: the ballots decided");
    world.member("Hana").runs("/stories").await.says("1 story of 1");
    insta::assert_snapshot!(
        "a_round_with_a_vote",
        roles.iter().map(|(who, what)| format!("━━ {who}\n{what}")).collect::<Vec<_>>().join("\n\n")
    );

    // The winner withdraws later: the story goes, whatever the vote said.
    let ana = world.member("Ana");
    ana.presses("Withdraw and erase it").await.says("Withdraw it?");
    ana.presses("Withdraw and erase").await.says("erased");
    world.settle().await;
    assert!(!world.member("Ida").at("recognition").sees().contains("applicant"));
    world.end().await;
}

/// The entry of `/recognition mine` that is about this person, from the newest list on their screen.
fn option_about_me(member: &Member) -> (String, String) {
    let visible = member.visible();
    let options =
        visible.iter().rev().find_map(|message| message.selects().into_iter().next()).expect("a list").options;
    let text = |option: &serde_json::Value, key: &str| option[key].as_str().unwrap_or_default().to_owned();
    let found =
        options.iter().find(|option| text(option, "label").contains("About you")).expect("something about them");
    (text(found, "value"), text(found, "label"))
}

/// Fewer than three may review: those there are decide together, and who is part of it waits outside.
async fn with_two_leads_a_nomination_is_still_reviewed_fairly(on: Database) {
    let world = World::start(on).await;
    let (lea, ada, ben, ana) = (world.member("Lea"), world.member("Ada"), world.member("Ben"), world.member("Ana"));
    lea.runs("/recognition queue").await.says("No nomination waits");
    ada.runs("/recognition queue").await.says("No nomination waits");
    // About one of the two leads: the other decides alone.
    nominates(&ben, "Lea", "On 3 November she stayed on the line.").await;
    lea.runs("/recognition queue").await.says("No nomination waits");
    ada.runs("/recognition queue").await.says("stayed on the line");
    ada.accepts().await.says("Accepted");
    // By one of the two leads: again the other alone.
    nominates(&lea, "Ana", "On 4 November she called back.").await;
    lea.runs("/recognition queue").await.says("No nomination waits");
    ada.runs("/recognition queue").await.says("called back");
    ada.accepts().await.says("Accepted");
    world.settle().await;
    assert!(ana.inbox().contains("the reviewers agreed"), "{}", ana.inbox());
    // Nobody at all may review: both leads are part of it. It waits, people are reminded of it, and it is not lost.
    nominates(&ada, "Lea", "On 5 November she rewrote the form.").await;
    for lead in [&lea, &ada] {
        lead.runs("/recognition queue").await.says("No nomination waits");
    }
    world.advance(days(15)).await;
    ada.runs("/recognition mine").await.says("with the reviewers");
    world.end().await;
}

async fn a_nominee_who_leaves_is_erased_and_the_others_go_on(on: Database) {
    let world = World::start(on).await;
    let (lea, ben, ana, dev) = (world.member("Lea"), world.member("Ben"), world.member("Ana"), world.member("Dev"));
    nominates(&ben, "Ana", "On 3 November she called back every applicant.").await;
    nominates(&ben, "Dev", "On 9 November he rewrote the letter.").await;
    // One leaves the server while it is reviewed: the direct message does not reach them, and silence keeps it private.
    world.emulator.change(|state| state.remove_member(world.guild, dev.id));
    accepts_all(&lea, 2).await;
    world.settle().await;
    // The other asks for erasure in the middle of it: nothing of it is left.
    ana.presses("No, erase it").await.says("erased");
    world.advance(days(8)).await;
    assert_eq!(world.member("Eli").at("recognition").sees(), "", "neither was ever published");
    ben.runs("/recognition mine").await.says("accepted");
    lea.runs("/recognition queue").await.says("No nomination waits");
    world.end().await;
}

/// Four requests in four weeks are enough, whoever makes them; the round and the vote are never refused.
async fn a_pulse_waits_after_a_round_a_vote_and_two_pulses(on: Database) {
    let world = World::start(on).await;
    let (lea, ada, ben, ana) = (world.member("Lea"), world.member("Ada"), world.member("Ben"), world.member("Ana"));
    lea.runs("/recognition open closes:2026-12-11 vote:true").await.says("It ends with a vote");
    ada.runs("/recognition queue").await.says("No nomination waits");
    nominates(&ben, "Ana", "On 3 November she called back every applicant.").await;
    accepts_all(&lea, 1).await;
    accepts_all(&ada, 1).await;
    world.settle().await;
    ana.presses("Yes, with my name").await.says("this stands in the group's vote");
    lea.runs("/recognition close").await.says("are closed");
    lea.runs("/recognition vote days:5").await.says("is open on 1 story");

    // Two pulses to different people: each of them has been asked three times.
    for (name, division) in [("Cleo", "Claims"), ("Dev", "Appeals")] {
        lea.runs(&format!("/roster division person:@{name} name:{division}")).await;
    }
    let asks = ["service-ease division:Claims named:true", "time-well-spent division:Appeals named:true"];
    for ask in asks {
        lea.runs(&format!("/pulse open pulse:{ask}")).await.says("can answer");
    }
    // Everybody would be asked for the fifth time; Monday 21 December, 00:00 in New York, is four weeks on.
    let refused = lea.runs("/pulse open pulse:group-health").await;
    refused
        .is_private()
        .says("These people were asked only recently (")
        .says("the vote for FY2027Q1")
        .says("the nominations for FY2027Q1")
        .says("It is possible again from <t:1797829200:D>.");
    let hurry = "/pulse open pulse:group-health over-budget:\"The move was brought forward\"";
    lea.runs(hurry).await.says("Only somebody who may manage this server");
    ada.runs(hurry).await.says("About 12 people can answer");

    world.advance(days(27)).await;
    lea.runs("/pulse open pulse:cx-maturity").await.says("It is possible again from <t:1797829200:D>.");
    world.advance(days(1)).await;
    lea.runs("/pulse open pulse:cx-maturity").await.says("About 12 people can answer");
    world.settle().await;
    world.end().await;
}

/// A round that began with somebody's nomination asked nobody; the reminder a week before its end does.
async fn a_reminder_of_a_round_asks_everybody_and_so_a_pulse_waits(on: Database) {
    let world = World::start(on).await;
    let (lea, ben) = (world.member("Lea"), world.member("Ben"));
    nominates(&ben, "Ana", "On 3 November she called back every applicant.").await;
    // Wednesday 23 December: three pulses to different people.
    world.advance(days(30)).await;
    for (name, division) in [("Cleo", "Claims"), ("Dev", "Appeals"), ("Eli", "Intake")] {
        lea.runs(&format!("/roster division person:@{name} name:{division}")).await;
    }
    for ask in ["service-ease division:Claims", "time-well-spent division:Appeals", "group-health division:Intake"] {
        lea.runs(&format!("/pulse open pulse:{ask} named:true")).await.says("can answer");
    }
    // Everybody may be asked a fourth time, once the last pulse is two weeks old.
    world.advance(days(1)).await;
    let refused = lea.runs("/pulse open pulse:cx-maturity").await;
    refused.says("These people were asked only recently (“").says("It is possible again from <t:1799211600:D>.");
    assert!(!refused.text().contains("the nominations for"), "{}", refused.text());
    let reminders = || ben.at("recognition").sees().matches("close at the end of Thursday, 31 December").count();
    assert_eq!(reminders(), 0, "{}", world.transcript());

    world.advance(days(1)).await;
    assert_eq!(reminders(), 1, "{}", world.transcript());
    let refused = lea.runs("/pulse open pulse:cx-maturity").await;
    refused
        .is_private()
        .says("These people were asked only recently (the reminder of the nominations for FY2027Q1, “")
        .says("It is possible again from <t:1800421200:D>.");
    // To those who were asked by no pulse it was the first request.
    lea.runs("/roster division person:@Fay name:Records").await;
    lea.runs("/pulse open pulse:cx-maturity division:Records named:true").await.says("can answer");
    world.settle().await;
    world.end().await;
}
