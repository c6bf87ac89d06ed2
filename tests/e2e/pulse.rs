//! Pulses as people live them: several questions in private, small groups with names, what comes of a result.

use cxbot::on_db;
use serde_json::json;

use crate::harness::{Answer, Database, Member, World, days};

crate::stories!(
    several_questions_are_answered_one_by_one_and_survive_a_restart,
    answers_can_be_looked_at_changed_and_withdrawn_until_the_close,
    a_small_group_is_asked_with_names_or_not_at_all,
    the_loop_is_closed_before_the_next_run,
    two_leads_read_comments_before_any_is_published,
    the_calendar_opens_a_pulse_and_skips_holidays,
);

/// Group health: six agree scales (two with a way out) and a comment.
const QUESTIONS: usize = 6;

async fn sends(member: &Member, labels: &[&str], comment: Option<&str>) -> Answer {
    member.presses("Answer").await.is_private().says("Nothing counts until you press");
    let mut shown = member.presses("Start").await;
    for (number, label) in (1..).zip(labels) {
        shown.is_private().says(&format!("question {number} of"));
        shown = member.presses(label).await;
    }
    shown.says("What one thing should we stop, start or change?");
    match comment {
        Some(words) => {
            let form = member.presses("Write a comment").await;
            shown = member.submits(form.form(), json!({ "words": words })).await;
        }
        None => shown = member.presses("Skip this question").await,
    }
    shown.says("check your answers");
    member.presses("Send my answers").await
}

/// Moves the clock to the close and beyond, and waits for the result.
async fn closes(world: &World, step: chrono::TimeDelta) {
    world.advance(step).await;
    let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(20);
    while rows(world, "select count(*) from pulses where state in ('open', 'closing')").await > 0 {
        assert!(tokio::time::Instant::now() < deadline, "not closed:\n{}", world.transcript());
        tokio::task::yield_now().await;
    }
    world.settle().await;
}

async fn rows(world: &World, sql: &'static str) -> i64 {
    let services = &world.services;
    services
        .store
        .read(move |tx| Box::pin(async move { Ok(on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?)) }))
        .await
        .unwrap()
}

async fn several_questions_are_answered_one_by_one_and_survive_a_restart(on: Database) {
    let mut world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    lea.runs("/pulse open pulse:group-health").await.is_private().says("About 12 people can answer");
    world.settle().await;
    let ana = world.member("Ana").at("pulse");
    ana.presses("Answer").await.is_private().says("How the answers spread");
    ana.presses("Start").await.says("question 1 of 7");
    ana.presses("Agree").await.says("question 2 of 7");
    ana.presses("Skip this question").await.says("question 3 of 7");
    ana.presses("Back").await.says("question 2 of 7");

    world.restart().await;
    let ana = world.member("Ana").at("pulse");
    ana.presses("Disagree").await.says("question 3 of 7");
    // From another device: the post again, and it goes on where she was.
    ana.presses("Answer").await.says("You have begun.");
    ana.presses("Go on").await.says("question 3 of 7");
    ana.presses("Strongly agree").await;
    ana.presses("Agree").await;
    ana.presses("I saw no earlier pulse").await.says("question 6 of 7");
    ana.presses("Neither").await;
    let form = ana.presses("Write a comment").await;
    ana.submits(form.form(), json!({ "words": "Shorter meetings, ask ben@agency.example" }))
        .await
        .says("check your answers");
    let review = ana.presses("Send my answers").await;
    review.is_private().says("Your answers are sealed. Thank you.");
    ana.presses("Look at my answers").await.says("Shorter meetings, ask \\[left out\\]").says("I saw no earlier pulse");

    for (number, member) in world.everybody().into_iter().enumerate().skip(1) {
        let label = if number % 2 == 0 { "Agree" } else { "Strongly agree" };
        sends(&member.at("pulse"), &[label; QUESTIONS], None).await.says("sealed");
    }
    assert_eq!(rows(&world, "select count(*) from survey_counts").await, 0);
    closes(&world, days(8)).await;
    // Ana's own private messages hold her own words; what is public stands in Ben's view.
    let seen = world.member("Ben").at("pulse").sees();
    assert!(seen.contains("10 of about 12 people answered (83 %)"), "{seen}");
    assert!(seen.contains("pulse-1.png") && seen.contains("Range "), "{seen}");
    assert!(!seen.contains("Shorter meetings"), "one comment is too few to keep: {seen}");
    assert_eq!(rows(&world, "select count(*) from sealed_ballots").await, 0);
    assert_eq!(rows(&world, "select count(*) from pulse_comments").await, 0);
    ana.runs("/pulse results pulse:group-health").await.is_private().says("10 of about 12 people answered");
    world.end().await;
}

async fn answers_can_be_looked_at_changed_and_withdrawn_until_the_close(on: Database) {
    let world = World::start(on).await;
    world.member("Lea").at("pulse").runs("/pulse open pulse:group-health days:3").await;
    world.settle().await;
    let everybody = world.everybody();
    for member in &everybody[..6] {
        sends(&member.at("pulse"), &["Agree"; QUESTIONS], None).await.says("sealed");
    }
    let ana = everybody[0].at("pulse");
    ana.presses("Answer").await.says("Your answers are sealed. You can look at them");
    ana.presses("Look at my answers").await.says("What you sent before counts until you send again.");
    ana.picks("Change an answer", &["0"]).await.says("question 1 of 7");
    ana.presses("Strongly disagree").await.says("question 2 of 7");
    // Not sent again: what she sent still counts.
    let ben = everybody[1].at("pulse");
    ben.presses("Answer").await;
    ben.presses("Withdraw my answers").await.says("withdrawn");
    // Somebody who only began does not count.
    let jo = everybody[9].at("pulse");
    jo.presses("Answer").await;
    jo.presses("Start").await;
    jo.presses("Strongly disagree").await;
    closes(&world, days(3)).await;
    jo.presses("Strongly disagree").await.says("so this press changed nothing");
    // Somebody who has no private messages of their own here.
    let seen = world.member("Hana").at("pulse").sees();
    assert!(
        seen.contains("5 of about 12 people answered") && seen.contains("**75** of 100, in words: agree."),
        "{seen}"
    );
    assert!(!seen.contains("Strongly disagree"), "the spread is not shown below ten: {seen}");
    world.end().await;
}

async fn a_small_group_is_asked_with_names_or_not_at_all(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    for name in ["Ana", "Ben", "Cleo"] {
        lea.runs(&format!("/roster division person:@{name} name:Claims")).await;
    }
    lea.runs("/pulse open pulse:service-ease division:Claims").await.says("needs at least 8 people").says("named:True");
    lea.runs("/pulse open pulse:service-ease division:Nobody").await.says("Nobody on the roster");
    lea.runs("/pulse open pulse:service-ease division:Claims named:true").await.says("3 people can answer");
    world.settle().await;
    let ana = world.member("Ana").at("pulse");
    assert!(ana.sees().contains("Not anonymous: leads will see who answered what."), "{}", ana.sees());
    ana.presses("How are answers protected?").await.says("This pulse is not anonymous.");
    ana.presses("Easy").await.says("sealed");
    world.member("Dev").at("pulse").presses("Easy").await.says("you are not among them");
    lea.runs("/pulse close pulse:service-ease").await.says("is closed");
    world.settle().await;
    lea.runs("/pulse answers pulse:service-ease").await.is_private().says("Easy");
    assert!(world.member("Dev").at("pulse").sees().contains("Fewer than 5 people answered"));
    assert_eq!(rows(&world, "select count(*) from pulse_asked").await, 0);

    // What stands with her name she can see, take with her and erase.
    ana.runs("/me").await.is_private().says("Your answers to pulses with names: 1");
    ana.presses("Get it as a file").await.is_private();
    ana.presses("Erase it").await;
    ana.presses("Erase everything").await.says("Done.");
    assert_eq!(rows(&world, "select count(*) from pulse_named_answers").await, 0);
    let left = ana.runs("/me").await.text();
    assert!(!left.contains("pulses with names: 1"), "{left}");
    // What a lead does stays with the pulse, and is shown all the same.
    lea.runs("/me").await.says("Pulses that you opened: 1");
    lea.presses("Erase it").await;
    lea.presses("Erase everything").await;
    lea.runs("/me").await.says("Pulses that you opened: 1");
    world.end().await;
}

async fn the_loop_is_closed_before_the_next_run(on: Database) {
    let world = World::start(on).await;
    let (lea, ada) = (world.member("Lea").at("pulse"), world.member("Ada").at("pulse"));
    lea.runs("/pulse open pulse:service-ease").await;
    world.settle().await;
    for member in &world.everybody()[..6] {
        member.at("pulse").presses("Difficult").await;
    }
    lea.runs("/pulse close pulse:service-ease").await;
    world.settle().await;
    lea.runs("/pulse open pulse:service-ease").await.says("has no outcome yet");
    lea.runs("/pulse open pulse:service-ease without-outcome:hurry")
        .await
        .says("Only somebody who may manage this server");

    let words = |due: &str| json!({ "said": "Forms are hard.", "will": "Cut the form to one page.", "owner": "Lea", "due": due, "wont": "" });
    // Nothing is lost by a wrong day: what was written comes back to be copied, and the channel has seen nothing of it.
    for day in ["soon", "2020-12-31"] {
        let form = lea.runs("/pulse act pulse:service-ease").await;
        let again = lea.submits(form.form(), words(day)).await;
        again.is_private().says("is not a day from today on").says("Forms are hard.").says("Cut the form to one page.");
    }
    world.settle().await;
    assert!(!ada.sees().contains("Cut the form to one page"), "{}", ada.sees());
    let form = lea.runs("/pulse act pulse:service-ease").await;
    lea.submits(form.form(), words("2026-12-01")).await.says("on its way");
    world.settle().await;
    assert!(lea.sees().contains("Cut the form to one page"), "{}", lea.sees());
    world.advance(days(14)).await;
    assert!(lea.inbox().contains("Today is the day you named"), "{}", lea.inbox());

    ada.runs("/pulse open pulse:service-ease days:5").await.says("on its way");
    world.settle().await;
    assert!(lea.sees().contains("What came of the last one: you said"), "{}", lea.sees());
    world.advance(days(4)).await;
    let reminders = lea.sees().matches("If you have answered, thank you").count();
    assert!((1..=2).contains(&reminders), "{}", lea.sees());
    world.end().await;
}

async fn two_leads_read_comments_before_any_is_published(on: Database) {
    let world = World::start(on).await;
    let (lea, ada) = (world.member("Lea").at("pulse"), world.member("Ada").at("pulse"));
    lea.runs("/pulse open pulse:group-health").await;
    world.settle().await;
    for (number, member) in world.everybody().into_iter().enumerate() {
        let comment = (number < 5).then(|| format!("Idea number {number}"));
        sends(&member.at("pulse"), &["Agree"; QUESTIONS], comment.as_deref()).await.says("sealed");
    }
    lea.runs("/pulse close pulse:group-health").await;
    world.settle().await;
    assert!(!lea.sees().contains("Idea number"));
    lea.runs("/pulse comments pulse:group-health").await.is_private().says("5 to look at");
    for left in (0..5).rev() {
        let next = if left == 0 { "wait for another lead".to_owned() } else { format!("{left} to look at") };
        lea.presses(if left == 4 { "Leave out" } else { "Word for word" }).await.says(&next);
    }
    assert!(!lea.sees().contains("- Idea number"), "one lead alone publishes nothing");
    ada.runs("/pulse comments pulse:group-health").await;
    for _ in 0..4 {
        ada.presses("Agree").await.says("Agreed.");
    }
    ada.presses("Agree").await.says("All comments on");
    world.settle().await;
    assert_eq!(world.member("Ana").at("pulse").sees().matches("- Idea number").count(), 4);
    world.end().await;
}

async fn the_calendar_opens_a_pulse_and_skips_holidays(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    lea.runs("/pulse schedule preview pulse:service-ease").await.says("is not on the calendar");
    // Thanksgiving is the Thursday of this week.
    let set = lea.runs("/pulse schedule weekly pulse:service-ease day:4 hour:9").await;
    set.is_private().says("open for 5 working days").says("Thanksgiving");
    lea.runs("/pulse schedule list").await.says("Service ease");
    world.advance(days(9)).await;
    assert!(!lea.sees().contains("Pulse: Service ease"), "{}", lea.sees());
    world.advance(days(2)).await;
    assert!(lea.sees().contains("Pulse: Service ease"), "{}", lea.sees());
    for member in &world.everybody()[..6] {
        member.at("pulse").presses("Easy").await.says("sealed");
    }
    // A week on it is still open for its fifth working day, so the next date finds it open, and the lead is told.
    lea.runs("/pulse schedule pause pulse:service-ease").await.says("is paused");
    closes(&world, days(8)).await;
    assert!(lea.sees().contains("6 of about 12 people answered"), "{}", lea.sees());
    lea.runs("/pulse schedule post-now pulse:service-ease").await.says("has no outcome yet");
    lea.runs("/pulse schedule resume pulse:service-ease").await.says("goes on");
    lea.runs("/pulse schedule skip pulse:service-ease").await.says("is left out on");
    world.advance(days(14)).await;
    assert!(lea.inbox().contains("was not opened") && lea.inbox().contains("has no outcome yet"), "{}", lea.inbox());
    world.end().await;
}
