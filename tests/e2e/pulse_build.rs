//! A lead builds a pulse in chat; a result by division; a month by the calendar; what Discord can take away meanwhile.

use cxbot::emulator::permissions;
use serde_json::json;

use crate::harness::{Answer, Database, Member, World, days, hours};

crate::stories!(
    a_lead_builds_a_pulse_in_chat_over_a_restart,
    an_edit_of_a_posted_pulse_is_a_new_version,
    drafts_are_each_leads_own_and_thrown_away_only_when_sure,
    a_result_is_told_by_division,
    a_month_of_two_scheduled_pulses,
    a_monthly_date_on_a_weekend_is_shown_and_posted_on_the_monday,
    a_pulse_that_may_not_be_posted_is_told_and_mended,
    a_deleted_channel_takes_no_result_away,
);

const ADD: &str = "Add a question: how is it answered?";

async fn begins(lea: &Member, title: &str) -> Answer {
    let form = lea.runs("/pulse new").await;
    lea.submits(form.form(), json!({ "title": title, "purpose": "To see how the move went.", "days": "" })).await
}

async fn adds(lea: &Member, kind: &str, ask: &str) -> Answer {
    let form = lea.picks(ADD, &[kind]).await;
    lea.submits(form.form(), json!({ "ask": ask })).await
}

async fn a_lead_builds_a_pulse_in_chat_over_a_restart(on: Database) {
    let mut world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    let mut pages = Vec::new();
    let form = lea.runs("/pulse new").await;
    pages.push(("the first form", form.text()));
    let shown = lea
        .submits(form.form(), json!({ "title": "Desk moves", "purpose": "To see how the move went.", "days": "" }))
        .await;
    shown.is_private().says("Questions: at least one.");
    pages.push(("no question yet", shown.text()));
    let form = lea.picks(ADD, &["ease"]).await;
    pages.push(("the form of a question", form.text()));
    let shown =
        lea.submits(form.form(), json!({ "ask": "Was your move quick and easy?", "way-out": "I did not move" })).await;
    shown.says("Question 1: one idea a question");
    pages.push(("something to mend", shown.text()));

    world.restart().await;
    let lea = world.member("Lea").at("pulse");
    lea.runs("/pulse new").await.is_private().says("Question 1: one idea a question");
    lea.picks("Change a question", &["0"]).await.says("Question 1 of 1");
    let form = lea.presses("Change the words").await;
    lea.submits(form.form(), json!({ "ask": "How easy was your move last week?", "way-out": "I did not move" }))
        .await
        .says("Nothing to mend");
    adds(&lea, "comment", "What one change would help most?").await.says("2. What one change");
    let form = lea.picks(ADD, &["steps"]).await;
    lea.submits(form.form(), json!({ "ask": "How loud is it at your new desk?", "options": "Too loud" }))
        .await
        .says("Question 2, options: 2 to 15 options");
    lea.picks("Change a question", &["1"]).await.says("Question 2 of 3");
    let form = lea.presses("Change the words").await;
    let shown = lea
        .submits(
            form.form(),
            json!({ "ask": "How loud is it at your new desk?", "options": "Too loud\nLoud at times\n\nFine" }),
        )
        .await;
    pages.push(("ready", shown.text()));
    lea.picks("Change a question", &["1"]).await;
    lea.presses("Move up").await.says("Moved up.").says("1. How loud");
    let preview = lea.presses("Preview").await;
    pages.push(("preview", preview.text()));
    let saved = lea.presses("Save").await;
    saved.says("“Desk moves” is saved.");
    pages.push(("saved", saved.text()));
    let pages: Vec<String> = pages.into_iter().map(|(what, text)| format!("=== {what}\n{text}")).collect();
    insta::assert_snapshot!("building", pages.join("\n\n"));

    lea.runs("/pulse open pulse:desk-moves").await.says("“Desk moves” is on its way");
    world.settle().await;
    let ana = world.member("Ana").at("pulse");
    assert!(ana.sees().contains("3 questions at most"), "{}", ana.sees());
    ana.presses("Answer").await;
    ana.presses("Start").await.says("How loud is it at your new desk?");
    ana.presses("Fine").await.says("How easy was your move last week?");
    ana.presses("I did not move").await.says("What one change");
    ana.presses("Skip this question").await.says("check your answers");
    ana.presses("Send my answers").await.says("Your answers are sealed.");
    world.end().await;
}

async fn an_edit_of_a_posted_pulse_is_a_new_version(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    begins(&lea, "Desk moves").await;
    adds(&lea, "ease", "How easy was your move last week?").await.says("Nothing to mend");
    lea.presses("Save").await.says("is saved");
    // Nobody has seen it yet: it is simply changed.
    lea.runs("/pulse new pulse:desk-moves").await.says("Saving makes the next version");
    adds(&lea, "quality", "How good is your new desk?").await;
    lea.presses("Save").await.says("“Desk moves” is saved.");
    lea.runs("/pulse open pulse:desk-moves").await.says("on its way");
    world.settle().await;
    // Now people have: the open run stays as it is.
    lea.runs("/pulse new pulse:desk-moves").await;
    lea.picks("Change a question", &["0"]).await;
    lea.presses("Take out").await.says("Taken out.");
    lea.presses("Save").await.says("is saved as version 2");
    let ana = world.member("Ana").at("pulse");
    ana.presses("Answer").await.says("2 questions at most.");
    lea.runs("/pulse close pulse:desk-moves").await.says("is closed");
    world.advance(days(14)).await;
    lea.runs("/pulse open pulse:desk-moves").await.says("on its way");
    world.settle().await;
    ana.presses("Good").await.says("Your answer is sealed.");
    lea.runs("/pulse new pulse:service-ease").await.says("was not built here");
    world.end().await;
}

async fn drafts_are_each_leads_own_and_thrown_away_only_when_sure(on: Database) {
    let world = World::start(on).await;
    let (lea, ada) = (world.member("Lea").at("pulse"), world.member("Ada").at("pulse"));
    begins(&lea, "Desk moves").await;
    adds(&lea, "ease", "How easy was your move last week?").await;
    begins(&ada, "Service ease").await.says("**Service ease**");
    adds(&ada, "ease", "How easy was your move last week?").await.says("Nothing to mend");
    ada.presses("Save").await.is_private().says("Another pulse is called “Service ease”.");
    ada.runs("/pulse new").await.says("Nothing to mend");
    lea.presses("Save").await.says("“Desk moves” is saved.");
    ada.runs("/pulse new pulse:desk-moves").await.says("You are still building “Service ease”.");
    ada.presses("Throw away").await.says("Throw away the draft “Service ease” with 1 question?");
    ada.presses("Keep it").await.says("Nothing to mend");
    ada.presses("Throw away").await;
    ada.presses("Throw it away").await.says("is gone");
    ada.runs("/pulse new pulse:desk-moves").await.says("1. How easy was your move last week?");
    world.end().await;
}

async fn a_result_is_told_by_division(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    lea.runs("/pulse open pulse:service-ease by-division:true").await.says("need at least two divisions");
    for (number, member) in ["Ana", "Ben", "Cleo", "Dev", "Eli", "Fay", "Gus", "Hana", "Ida", "Jo"].iter().enumerate() {
        let division = if number < 5 { "Appeals" } else { "Claims" };
        lea.runs(&format!("/roster division person:@{member} name:{division}")).await;
    }
    lea.runs("/pulse open pulse:service-ease by-division:true").await.says("on its way");
    world.settle().await;
    let ana = world.member("Ana").at("pulse");
    ana.presses("How are answers protected?").await.says("a score for each division (Appeals, Claims)");
    for (number, member) in world.everybody().iter().enumerate() {
        let label = if number % 2 == 0 { "Easy" } else { "Difficult" };
        member.at("pulse").presses(label).await.says("sealed");
    }
    lea.runs("/pulse close pulse:service-ease").await.says("is closed");
    world.settle().await;
    let line = "By division: Appeals **55** (5 answered) · Claims **45** (5 answered).";
    assert!(ana.sees().contains(line), "{}", ana.sees());
    ana.runs("/pulse results pulse:service-ease").await.says(line);
    world.end().await;
}

/// Ids are drawn anew in every run.
fn without_ids(text: &str) -> String {
    let mut shown = String::new();
    for part in text.split_inclusive(|letter: char| !letter.is_ascii_digit()) {
        let digits = part.bytes().take_while(u8::is_ascii_digit).count();
        if digits >= 15 {
            shown.push_str("ID");
            shown.push_str(&part[digits..]);
        } else {
            shown.push_str(part);
        }
    }
    shown
}

async fn a_month_of_two_scheduled_pulses(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    lea.runs("/pulse schedule monthly pulse:service-ease day:1 hour:10").await.says("on the calendar");
    lea.runs("/pulse schedule monthly pulse:time-well-spent day:15 hour:12").await.says("on the calendar");
    let group: Vec<Member> = world.everybody().iter().map(|member| member.at("pulse")).collect();
    // Tuesday 1 December.
    world.advance(days(9)).await;
    for (number, member) in group.iter().enumerate().skip(1) {
        member.presses(["Easy", "Very easy", "Neither", "Difficult"][number % 4]).await.says("sealed");
    }
    group[1].presses("Difficult").await.says("in place of your earlier one");
    group[2].presses("Withdraw my answer").await.says("withdrawn");
    // A lead wants one in between, and hears that people have their rest.
    lea.runs("/pulse open pulse:group-health").await.says("These people were asked only recently (“Service ease”).");
    world.advance(days(9)).await;
    let form = lea.runs("/pulse act pulse:service-ease").await;
    let words = json!({ "said": "The form is long.", "will": "Cut it to one page.", "owner": "Lea", "due": "2026-12-18", "wont": "" });
    lea.submits(form.form(), words).await.says("on its way");
    // Tuesday 15 December, and its close three working days on.
    world.advance(days(5) + hours(3)).await;
    for (number, member) in group.iter().enumerate() {
        member.presses(if number % 3 == 0 { "No" } else { "Yes" }).await.says("sealed");
    }
    world.advance(days(10)).await;
    assert!(lea.inbox().contains("Today is the day you named"), "{}", lea.inbox());
    // The view of somebody who answered neither, and whom nothing was told in private.
    let seen = without_ids(&crate::harness::without_message_ids(&world.member("Ada").at("pulse").sees()));
    if on == Database::Sqlite {
        insta::assert_snapshot!("pulse_month", seen);
    }
    for part in ["Result of the pulse “Service ease”", "Cut it to one page.", "Result of the pulse “Time well spent”"]
    {
        assert!(seen.contains(part), "{part:?} is missing in {seen}");
    }
    // New Year's Day is a holiday, so the next one is in February; its post quotes what came of the last.
    world.advance(days(20)).await;
    assert_eq!(world.member("Ada").at("pulse").sees().matches("**Pulse: Service ease**").count(), 1);
    world.end().await;
}

async fn a_monthly_date_on_a_weekend_is_shown_and_posted_on_the_monday(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea").at("pulse");
    let moved = "- Monday, December 7, 2026 at 10:00: moved from Saturday, December 5, 2026 (weekend)";
    lea.runs("/pulse schedule monthly pulse:service-ease day:5 hour:10").await.says(moved);
    let preview = || lea.runs("/pulse schedule preview pulse:service-ease");
    let shown = preview().await;
    shown.is_private().says("and on the next working day instead of a weekend").says(moved);
    // A date on a weekday stands, and so says nothing of a move.
    shown.says("- Tuesday, January 5, 2027 at 10:00\n");
    let posts = || world.member("Ana").at("pulse").sees().matches("**Pulse: Service ease**").count();
    // Sunday 6 December, 09:00: its own day has gone by, and it is still to come.
    world.advance(days(13)).await;
    preview().await.says(moved);
    lea.runs("/pulse schedule list").await.says(&format!("Next: {}", moved.trim_start_matches("- ")));
    assert_eq!(posts(), 0, "{}", world.transcript());
    world.advance(days(1)).await;
    assert_eq!(posts(), 0, "an hour early\n{}", world.transcript());
    world.advance(hours(2)).await;
    assert_eq!(posts(), 1, "{}", world.transcript());
    let shown = preview().await.text();
    assert!(!shown.contains("December"), "{shown}");
    world.end().await;
}

async fn a_pulse_that_may_not_be_posted_is_told_and_mended(on: Database) {
    let world = World::start(on).await;
    let (lea, bot) = (world.member("Lea"), world.emulator.bot_user_id());
    let channel = world.channel("pulse");
    world.emulator.change(|seed| seed.set_overwrite(channel, bot, 0, permissions::SEND_MESSAGES));
    lea.runs("/pulse open pulse:service-ease").await.says("on its way");
    world.settle().await;
    lea.runs("/help").await.says("1 thing did not happen");
    assert!(!world.member("Ana").runs("/help").await.text().contains("did not happen"));
    world.emulator.change(|seed| seed.set_overwrite(channel, bot, 0, 0));
    lea.presses("Send again").await;
    world.advance(hours(1)).await;
    for member in &world.everybody()[..6] {
        member.at("pulse").presses("Easy").await.says("sealed");
    }
    // Taken away again before the close: the result cannot be posted, is told to leads, and is there for whoever asks.
    world.emulator.change(|seed| seed.set_overwrite(channel, bot, 0, permissions::SEND_MESSAGES));
    world.advance(days(6)).await;
    lea.runs("/help").await.says("did not happen");
    lea.runs("/pulse results pulse:service-ease").await.says("6 of about 12 people answered");
    world.emulator.change(|seed| seed.set_overwrite(channel, bot, 0, 0));
    lea.runs("/help").await;
    lea.presses("Send again").await;
    world.advance(hours(1)).await;
    assert!(lea.at("pulse").sees().contains("Result of the pulse “Service ease”"), "{}", lea.at("pulse").sees());
    world.end().await;
}

async fn a_deleted_channel_takes_no_result_away(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea");
    lea.runs("/pulse open pulse:service-ease").await.says("on its way");
    world.settle().await;
    for member in &world.everybody()[..6] {
        member.at("pulse").presses("Easy").await.says("sealed");
    }
    let channel = world.channel("pulse");
    world.emulator.change(|seed| seed.delete_channel(channel));
    world.advance(days(6)).await;
    lea.runs("/help").await.says("The channel no longer exists. Choose another one with /setup.");
    lea.runs("/pulse results pulse:service-ease").await.says("6 of about 12 people answered");
    world.member("Ana").runs("/pulse results pulse:service-ease").await.says("**75** of 100, in words: easy.");
    lea.presses("Give up on these messages").await.says("Given up");
    world.end().await;
}
