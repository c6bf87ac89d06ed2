//! Learning as people live it: from the first lesson to the certificate, and the days on which things go wrong.

use cxbot::config::Content;
use cxbot::emulator::{ChannelSeed, permissions};
use cxbot::learning::Library;
use serde_json::json;

use crate::harness::{Answer, DEADLINE, Database, Member, World, days, hours};

crate::stories!(
    a_learner_goes_from_the_first_lesson_to_a_certificate,
    leads_see_counts_of_five_and_never_a_person,
    two_leads_who_post_the_same_lesson_in_the_same_second_post_it_once,
    series_run_side_by_side_through_both_clock_changes,
    who_was_away_catches_up_by_private_message,
    questions_come_back_after_a_week_three_a_day,
    where_threads_are_forbidden_the_lesson_arrives_and_leads_are_told,
    people_are_asked_the_next_morning_how_a_lesson_was,
    a_handful_of_people_is_not_asked_how_a_lesson_was,
    a_term_posts_every_lesson_exactly_once,
);

const SERIES: [&str; 3] = ["start-with-the-reader", "short-and-plain", "say-no-kindly"];

/// The label of a right or a wrong option on the question that is shown.
fn option(library: &Library, shown: &Answer, right: bool) -> String {
    let text = shown.text();
    let labels: Vec<String> = shown.message().buttons().into_iter().map(|button| button.label).collect();
    let question = library
        .lessons()
        .flat_map(|lesson| &lesson.questions)
        .filter(|question| text.contains(&question.text))
        .max_by_key(|question| question.text.len())
        .unwrap_or_else(|| panic!("no question in\n{text}"));
    let place = question.options.iter().position(|option| option.correct == right).unwrap();
    labels.into_iter().nth(place).unwrap()
}

/// Answers everything that is asked, from the first question on the screen to the end of the round.
async fn answers_all(library: &Library, member: &Member, first: Answer, right: bool) -> Answer {
    let mut shown = first;
    loop {
        let label = option(library, &shown, right);
        let told = member.presses(&label).await;
        told.is_private();
        let on = ["Next question", "Look back", "See how it went"]
            .into_iter()
            .find(|on| told.message().buttons().iter().any(|button| button.label == *on));
        shown = member.presses(on.unwrap_or_else(|| panic!("no way on from\n{}", told.text()))).await;
        if on == Some("See how it went") {
            return shown;
        }
    }
}

fn library() -> Library {
    Library::load(&Content::built_in()).unwrap()
}

async fn a_learner_goes_from_the_first_lesson_to_a_certificate(on: Database) {
    let mut world = World::start(on).await;
    let library = library();
    let (lea, ana) = (world.member("Lea").at("lessons"), world.member("Ana").at("lessons"));
    let mut path = vec![];

    lea.runs(&format!("/lesson post lesson:{}", SERIES[0])).await.is_private();
    world.settle().await;
    path.push(ana.sees());
    ana.runs("/learn certificate series:writing-clearly").await.is_private().says("is not finished yet");
    let first = ana.presses("Take the quiz").await;
    path.push(first.text());
    // Wrong at first, then the whole round again.
    let missed = answers_all(&library, &ana, first, false).await;
    path.push(missed.text());
    world.restart().await;
    let again = ana.presses("Take the quiz").await;
    let done = answers_all(&library, &ana, again, true).await;
    path.push(done.text());

    for _ in 1..SERIES.len() {
        let lesson = ana.presses("Next lesson").await;
        lesson.is_private();
        let first = ana.presses("Take the quiz").await;
        // The program stops in the middle of a quiz.
        world.restart().await;
        let label = option(&library, &first, true);
        path.push(ana.presses(&label).await.text());
        let resumed = ana.runs("/learn next").await;
        resumed.says("Go on with the quiz");
        let second = ana.presses("Go on with the quiz").await;
        second.says("Question 2 of");
        let done = answers_all(&library, &ana, second, true).await;
        path.push(done.text());
    }
    let form = ana.presses("Get your certificate").await;
    path.push(form.text());
    let nameless = ana.submits(form.form(), json!({ "name": " " })).await;
    nameless.says("1 to 60 characters");
    let certificate = ana.submits(form.form(), json!({ "name": "Ana Ruiz" })).await;
    certificate.is_private().says("Ana Ruiz has finished the learning series **Writing clearly**");
    let file = &certificate.message().files[0];
    assert_eq!((file.name.as_str(), file.content_type.as_str()), ("certificate.png", "image/png"));
    assert!(file.alt_text.as_deref().unwrap_or_default().contains("Ana Ruiz has finished"), "{file:?}");
    assert!(file.size_bytes > 5_000, "{file:?}");

    let text = certificate.text();
    let code = text.split('`').nth(1).unwrap().to_owned();
    path.push(text.replace(&code, "<code>"));
    let ben = world.member("Ben");
    let checked = ben.runs(&format!("/learn verify code:{}", code.to_lowercase())).await;
    checked.is_private().says("is genuine: Ana Ruiz has finished");
    path.push(checked.text().replace(&code, "<code>"));
    ben.runs("/learn verify code:0000-0000-0000").await.says("No certificate has the code");
    ben.runs("/learn verify code:hello").await.says("not a certificate code");

    // Away from the server and back: what was learned stays.
    world.emulator.change(|seed| seed.remove_member(world.guild, ana.id));
    world.emulator.change(|seed| seed.add_member(world.guild, ana.id, None, &[]));
    ana.runs("/learn progress").await.says("**Writing clearly**: 3 of 3 done.");
    let form = ana.runs("/learn certificate series:writing-clearly").await;
    assert_eq!(form.form().fields()[0].value.as_deref(), Some("Ana Ruiz"));
    let second = ana.submits(form.form(), json!({ "name": "A. Ruiz" })).await;
    second.says("A. Ruiz has finished").says(&code);
    ben.runs(&format!("/learn verify code:{code}")).await.says("A. Ruiz has finished");

    insta::assert_snapshot!("learning_path", path.join("\n\n=====\n\n"));
    world.end().await;
}

async fn leads_see_counts_of_five_and_never_a_person(on: Database) {
    let world = World::start(on).await;
    let library = library();
    let lea = world.member("Lea").at("lessons");
    lea.runs(&format!("/lesson post lesson:{}", SERIES[0])).await.is_private();
    world.settle().await;
    let people: Vec<_> = world.everybody().into_iter().map(|member| member.at("lessons")).collect();
    let mut seen = vec![];
    for (number, person) in people.iter().enumerate() {
        let first = person.presses("Take the quiz").await;
        answers_all(&library, person, first, number % 3 == 0).await;
        if [4, 5, 6, 10].contains(&(number + 1)) {
            seen.push(lea.runs("/lesson results series:writing-clearly").await.is_private().text());
        }
    }
    assert!(seen[0].contains("begun by fewer than 5"), "{}", seen[0]);
    assert!(seen[1].contains("begun by 5"), "{}", seen[1]);
    let figures = |text: &str| text.lines().filter(|line| line.contains("begun by")).collect::<Vec<_>>().join("\n");
    assert_eq!(figures(&seen[1]), figures(&seen[2]), "one more person must not show");
    insta::assert_snapshot!("learning_results", seen[3]);
    assert!(
        world.member("Ana").tries("/lesson results series:writing-clearly").is_err() || {
            let told = world.member("Ana").runs("/lesson results series:writing-clearly").await;
            told.text().contains("Only leads")
        }
    );
    world.end().await;
}

async fn two_leads_who_post_the_same_lesson_in_the_same_second_post_it_once(on: Database) {
    let world = World::start(on).await;
    let leads = [world.member("Lea").at("lessons"), world.member("Ada").at("lessons")];
    let asked = leads.each_ref().map(|lead| lead.tries(&format!("/lesson post lesson:{}", SERIES[0])).unwrap());
    let mut told = vec![];
    for interaction in asked {
        told.push(world.emulator.settled(interaction, DEADLINE).await.as_text());
    }
    let said = |part: &str| told.iter().filter(|text| text.contains(part)).count();
    assert_eq!((said("is on its way"), said("less than a minute ago")), (1, 1), "{told:#?}");
    world.settle().await;
    let posts = leads[0].visible();
    let posts: Vec<_> = posts.iter().filter(|message| message.content.starts_with("## ")).collect();
    assert_eq!(posts.len(), 1, "{}", world.transcript());
    assert!(posts[0].thread.is_some(), "one thread for the discussion\n{}", world.transcript());
    world.end().await;
}

async fn series_run_side_by_side_through_both_clock_changes(on: Database) {
    let world = World::start(on).await;
    let lea = world.member("Lea").at("lessons");
    let lessons = || lea.visible().iter().filter(|message| message.content.starts_with("## ")).count();
    // Wednesday 3 March 2027; in New York the clock goes forward on Sunday the 14th, from 02:00 to 03:00.
    world.advance(days(100)).await;
    lea.runs("/lesson schedule series:writing-clearly day:sun hour:2").await.says("Every Sunday at 02:00");
    lea.runs("/lesson schedule series:cx-foundations day:sun hour:2").await.is_private();
    world.advance(days(7)).await;
    assert_eq!(lessons(), 2, "one of each on the 7th");
    world.advance(days(3) + hours(16) + hours(1)).await;
    assert_eq!(lessons(), 4, "Sunday the 14th, 03:00 summer time: the hour that does not exist");
    world.advance(days(7)).await;
    assert_eq!(lessons(), 6);
    world.advance(days(7)).await;
    assert_eq!(lessons(), 7, "writing-clearly is over");
    assert!(lea.sees().contains("**Writing clearly** is complete"), "{}", lea.sees());
    lea.runs("/lesson pause series:cx-foundations").await.is_private();
    world.advance(days(210)).await;
    assert_eq!(lessons(), 7);
    // In autumn 01:00 comes twice, on Sunday 7 November 2027.
    lea.runs("/lesson schedule series:cx-foundations day:sun hour:1").await.is_private();
    let before = lessons();
    world.advance(days(14)).await;
    assert_eq!(lessons(), before + 2, "{}", world.clock.now());
    world.end().await;
}

async fn who_was_away_catches_up_by_private_message(on: Database) {
    let world = World::start(on).await;
    let library = library();
    let (lea, ana, ben) = (world.member("Lea").at("lessons"), world.member("Ana"), world.member("Ben"));
    ana.runs("/learn catch-up series:writing-clearly").await.says("You have done everything that the group has had");
    for lesson in SERIES {
        lea.runs(&format!("/lesson post lesson:{lesson}")).await.is_private();
    }
    world.settle().await;
    // Monday before Thanksgiving: two working days on is Wednesday, and two more the Monday after.
    ana.runs("/learn catch-up series:writing-clearly every:2").await.says("the first on Wednesday, November 25, 2026");
    ben.runs("/learn catch-up series:writing-clearly every:1").await.is_private();
    ben.presses("Stop").await.says("No more lessons");
    world.advance(days(1)).await;
    assert_eq!(ana.inbox(), "");
    world.advance(days(1)).await;
    let first = ana.presses("Take the quiz").await;
    first.says("Question 1 of");
    answers_all(&library, &ana, first, true).await.says("the lesson is done");
    world.advance(days(5)).await;
    assert_eq!(
        world.emulator.direct_messages(ana.id).iter().filter(|message| message.content.starts_with("## ")).count(),
        2
    );
    world.advance(days(7)).await;
    let inbox = ana.inbox();
    assert!(
        inbox.contains(
            "You now have everything that **Benefits Agency** has had of **Writing clearly**. 2 lessons are still open"
        ),
        "{inbox}"
    );
    world.advance(days(30)).await;
    assert_eq!(ana.inbox(), inbox, "nothing comes after the last one");
    assert_eq!(ben.inbox(), "", "who stopped gets nothing");
    world.end().await;
}

async fn questions_come_back_after_a_week_three_a_day(on: Database) {
    let world = World::start(on).await;
    let library = library();
    let (lea, ana) = (world.member("Lea").at("lessons"), world.member("Ana").at("lessons"));
    ana.runs("/learn review").await.is_private().says("There is nothing to review yet");
    for lesson in &SERIES[..2] {
        lea.runs(&format!("/lesson post lesson:{lesson}")).await.is_private();
        world.settle().await;
        let first = ana.presses("Take the quiz").await;
        answers_all(&library, &ana, first, true).await.says("the lesson is done");
    }
    ana.runs("/learn review").await.says("Nothing to review today. The next card comes on Monday, November 30, 2026");
    ana.runs("/learn review reminders:true").await.says("never more than one a day");
    world.advance(days(7)).await;
    let inbox = ana.inbox();
    assert!(inbox.contains("3 cards are ready for review"), "{inbox}");

    let mut card = ana.presses("Review").await;
    for number in 1..=3 {
        card.says(&format!("Review, card {number} of 3"));
        let told = ana.presses(&option(&library, &card, number != 2)).await;
        told.says(if number == 2 { "comes back on Tuesday, December 1" } else { "comes back on Monday, December 28" });
        if number < 3 {
            card = ana.presses("Next card").await;
        } else {
            told.says("That is all for today");
        }
    }
    ana.runs("/learn review").await.says("Three cards a day are enough");
    world.advance(days(1)).await;
    // The one that was missed, and the one that the day before had no room for.
    ana.runs("/learn review").await.says("Review, card 1 of 2");
    ana.presses("Stop these messages").await.says("You will not be reminded any more");
    let inbox = ana.inbox();
    world.advance(days(30)).await;
    assert_eq!(ana.inbox(), inbox);
    world.end().await;
}

async fn where_threads_are_forbidden_the_lesson_arrives_and_leads_are_told(on: Database) {
    let world = World::start(on).await;
    let bot = world.emulator.bot_user_id();
    let guild = world.guild;
    world.emulator.change(|seed| {
        seed.add_channel(guild, ChannelSeed::text("quiet").deny(bot, permissions::CREATE_PUBLIC_THREADS))
    });
    let (lea, ana) = (world.member("Lea").at("quiet"), world.member("Ana").at("quiet"));
    lea.runs(&format!("/lesson post lesson:{} channel:#quiet", SERIES[0])).await.is_private();
    world.settle().await;
    let seen = ana.sees();
    assert!(seen.contains("**Let us talk about it**"), "the prompt stands in the channel instead:\n{seen}");
    ana.presses("Take the quiz").await.says("Question 1 of");
    let list = lea.runs("/lesson list").await;
    list.says("Not everything of").says("Create Public Threads");
    lea.presses("Try again").await.says("tried again");
    world.settle().await;
    assert_eq!(lea.visible().iter().filter(|message| message.content.starts_with("## ")).count(), 1);
    // As soon as it is allowed, the thread opens; what was said in the channel is not said again.
    let quiet = world.channel("quiet");
    world.emulator.change(|seed| seed.set_overwrite(quiet, bot, 0, 0));
    lea.presses("Try again").await.says("tried again");
    world.settle().await;
    assert_eq!(ana.sees().matches("**Let us talk about it**").count(), 1, "{}", ana.sees());
    assert!(!lea.runs("/lesson list").await.text().contains("Not everything"), "{}", lea.sees());
    world.end().await;
}

/// The short pulse after a lesson, answered to the end.
async fn tells_how_it_was(member: &Member) {
    member.presses("Answer").await.is_private().says("Lesson feedback: Start with the reader");
    member.presses("Start").await.says("question 1 of 4").says("I learned something I can use.");
    member.presses("Agree").await.says("question 2 of 4");
    member.presses("About right").await.says("question 3 of 4");
    member.presses("Likely").await.says("What is still unclear?");
    member.presses("Skip this question").await.says("check your answers");
    member.presses("Send my answers").await.is_private();
}

async fn people_are_asked_the_next_morning_how_a_lesson_was(on: Database) {
    let world = World::start(on).await;
    let (lea, ana) = (world.member("Lea").at("lessons"), world.member("Ana").at("lessons"));
    lea.runs(&format!("/lesson post lesson:{} feedback:true", SERIES[0]))
        .await
        .is_private()
        .says("On Tuesday, November 24, 2026 at 09:00 a pulse");
    world.settle().await;
    world.advance(hours(23)).await;
    assert!(!ana.sees().contains("Pulse:"), "not before the morning:\n{}", ana.sees());
    world.advance(hours(1)).await;
    let seen = ana.sees();
    assert!(seen.contains("**Pulse: Lesson feedback: Start with the reader**"), "{seen}");
    assert!(seen.contains("About “Start with the reader”."), "{seen}");

    // While one is open there is no second, and whoever asked for it hears why.
    lea.runs(&format!("/lesson post lesson:{} feedback:true", SERIES[1])).await.is_private();
    for name in &crate::harness::MEMBERS[..5] {
        tells_how_it_was(&world.member(name).at("lessons")).await;
    }
    world.advance(days(1)).await;
    let told = lea.inbox();
    assert!(told.contains("Nobody was asked how “Short sentences, plain words” was."), "{told}");
    assert!(told.contains("is already open, until"), "{told}");

    // Open for three working days, Thanksgiving and the weekend left out: until Monday 17:00.
    world.advance(days(5) + hours(8)).await;
    let seen = ana.sees();
    assert!(seen.contains("**Result of the pulse “Lesson feedback: Start with the reader”**"), "{seen}");
    assert!(seen.contains("5 people answered") || seen.contains("5 of"), "{seen}");

    // People are not asked anew before they have heard what came of it.
    lea.runs(&format!("/lesson post lesson:{} feedback:true", SERIES[2])).await.is_private();
    world.advance(days(1)).await;
    let told = lea.inbox();
    assert!(told.contains("Nobody was asked how “Say no, and stay kind” was."), "{told}");
    assert!(told.contains("has no outcome yet"), "{told}");
    assert_eq!(ana.sees().matches("**Pulse: Lesson feedback").count(), 1, "{}", ana.sees());
    world.end().await;
}

async fn a_handful_of_people_is_not_asked_how_a_lesson_was(on: Database) {
    let mut world = World::start(on).await;
    for name in &crate::harness::MEMBERS[3..] {
        let leaver = world.member(name).id;
        world.emulator.change(|seed| seed.remove_member(world.guild, leaver));
    }
    world.restart().await;
    let lea = world.member("Lea").at("lessons");
    lea.runs("/lesson schedule series:writing-clearly day:mon hour:10 feedback:true")
        .await
        .says("On the working day after each lesson a pulse of half a minute asks there how it was");
    lea.runs("/lesson list").await.says("People are asked how each lesson was.");
    world.advance(days(2)).await;
    let told = lea.inbox();
    assert!(
        told.contains("Nobody was asked how “Start with the reader” was. An anonymous pulse needs at least 8"),
        "{told}"
    );
    assert!(!lea.sees().contains("**Pulse:"), "{}", lea.sees());
    // The same again without it: from now on nobody is asked.
    lea.runs("/lesson schedule series:writing-clearly day:mon hour:10").await.is_private();
    let list = lea.runs("/lesson list").await.text();
    assert!(!list.contains("People are asked"), "{list}");
    world.advance(days(9)).await;
    assert_eq!(lea.inbox(), told);
    world.end().await;
}

async fn a_term_posts_every_lesson_exactly_once(on: Database) {
    let mut world = World::start(on).await;
    let lea = world.member("Lea").at("lessons");
    lea.runs("/lesson schedule series:cx-foundations day:tue hour:9").await.is_private();
    lea.runs("/lesson schedule series:writing-clearly day:thu hour:9").await.is_private();
    for week in 1..=20 {
        world.advance(days(7)).await;
        if week % 6 == 0 {
            world.restart().await;
        }
    }
    let mut titles: Vec<String> = lea
        .visible()
        .iter()
        .filter_map(|message| message.content.strip_prefix("## ")?.lines().next().map(str::to_owned))
        .collect();
    titles.sort();
    let mut expected: Vec<String> = library().lessons().map(|lesson| lesson.title.clone()).collect();
    expected.sort();
    assert_eq!(titles, expected);
    assert_eq!(lea.sees().matches("is complete: ").count(), 2, "each series says goodbye once");
    world.end().await;
}
