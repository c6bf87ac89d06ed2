//! Nominations from the first pick to the published story, and every way back.

use cxbot::discord::Tier;

use cxbot::ids::{ChannelId, UserId};
use cxbot::on_db;
use cxbot::people;
use cxbot::recognition::{self, Consent, NominationId, Recognition, State};
use cxbot::schedule::{Due, Job};
use cxbot::services::Services;
use cxbot::store::{Store, Tx};

use crate::stage::{GUILD, Player, noon, services};

crate::on_both!(
    from_a_pick_to_a_published_story_and_back,
    a_lost_form_loses_nothing,
    nobody_nominates_themselves_or_a_bot,
    two_in_a_round_and_a_withdrawn_one_does_not_count,
    a_closed_round_says_so_and_opens_again,
    a_reviewer_sees_no_author_and_nothing_of_their_own,
    the_queue_turns_forth_and_back,
    two_reviewers_at_once_one_decides,
    a_change_after_the_screen_was_shown_is_not_decided_unseen,
    a_declined_nomination_comes_back_with_the_reason,
    passed_on_as_thanks_is_erased_here,
    no_answer_in_seven_days_stays_private,
    a_refusal_erases_and_tells_nobody,
    with_direct_messages_closed_the_question_waits_in_mine,
    what_was_not_recognised_is_forgotten,
    presses_of_the_wrong_person_are_refused_kindly,
    pressing_twice_publishes_once,
    without_a_channel_nothing_is_accepted,
    thanks_go_to_one_person_and_are_stored_nowhere_else,
    rows_come_back_as_they_were_saved,
    three_reviewers_in_turn_decide_by_majority,
    who_is_too_close_does_not_review,
    the_same_deed_is_seconded,
    a_reviewer_asks_and_the_author_answers,
    a_team_is_published_when_all_agree_and_erased_when_one_wants_it,
    a_correction_reaches_the_story,
    two_weeks_of_silence_are_ended_by_the_calendar,
    a_round_closes_on_its_day_and_people_are_reminded,
    after_withdrawal_nothing_holds_the_words,
    stories_are_found_and_told_again,
    decisions_are_on_record_without_words,
    who_erases_during_review_takes_only_their_own_along,
);

const AUTHOR: u64 = 11;
const NOMINEE: u64 = 22;
const LEAD: u64 = 33;

async fn stage(store: &Store) -> Services {
    store
        .write(|tx| {
            Box::pin(async move {
                people::record_guild(tx, GUILD, "CX group", chrono_tz::America::New_York).await?;
                people::choose_channel(tx, GUILD, people::Purpose::Recognition, ChannelId(5)).await
            })
        })
        .await
        .unwrap();
    services(store.clone())
}

/// No test here votes, so no key is ever written.
static RECOGNITION: std::sync::LazyLock<Recognition> = std::sync::LazyLock::new(|| {
    Recognition::new(cxbot::sealed::Sealed::in_data_folder(std::path::Path::new("nowhere")))
});

fn player(services: &Services, user: u64, tier: Tier) -> Player<'_, Recognition> {
    Player::new(&*RECOGNITION, services, user, tier)
}

const STORY: &str = "Marmalade";

fn answers() -> [(&'static str, &'static str); 4] {
    [
        ("happened", "On 3 November she rewrote the Marmalade letter. @everyone"),
        ("customer", "Marmalade applicants"),
        ("changed", "They understood the Marmalade letter at once."),
        ("evidence", "Two Marmalade thank-you notes."),
    ]
}

/// Fills a nomination and sends it; the author is back with the thanks on their screen.
async fn nominates(services: &Services, author: u64, nominee: u64) -> Player<'_, Recognition> {
    let mut ben = player(services, author, Tier::Member);
    ben.runs("nominate", Some((nominee, false))).await.unwrap();
    if ben.shown.as_text().contains("[ Write my own ]") {
        ben.presses("Write my own").await.unwrap();
    }
    ben.picks("Which principle", "outside-in").await.unwrap();
    ben.picks("How do you know", "same-team").await.unwrap();
    assert_eq!(ben.way, "Ask", "with both picked the form opens by itself");
    ben.submits(&answers()).await.unwrap();
    ben.presses("Send").await.unwrap();
    ben
}

async fn latest(store: &Store) -> NominationId {
    store
        .read(|tx| {
            Box::pin(async move {
                let id: i64 =
                    on_db!(tx, conn => sqlx::query_scalar("select max(id) from nominations").fetch_one(conn).await?);
                Ok(NominationId(id))
            })
        })
        .await
        .unwrap()
}

async fn find(store: &Store, id: NominationId) -> recognition::Nomination {
    store.read(move |tx| Box::pin(recognition::find(tx, id))).await.unwrap().unwrap()
}

#[derive(Debug, sqlx::FromRow)]
struct Left {
    key: String,
    kind: String,
    target_id: Option<i64>,
    body: String,
    failed: bool,
}

/// What stands in the outbox, in order.
async fn left(store: &Store) -> Vec<Left> {
    store
        .read(|tx| {
            Box::pin(async move {
                let sql = "select key, kind, target_id, body, failed_at is not null as failed from outbox order by id";
                Ok(on_db!(tx, conn => sqlx::query_as(sql).fetch_all(conn).await?))
            })
        })
        .await
        .unwrap()
}

async fn keys(store: &Store) -> Vec<String> {
    left(store).await.into_iter().filter(|row| !row.failed).map(|row| row.key).collect()
}

/// What the sender does with everything that waits: it arrives, and loses its body.
async fn deliver(store: &Store) {
    store
        .write(|tx| {
            Box::pin(async move {
                let sql = "update outbox set sent_at = due_at, body = '', channel_id = coalesce(target_id, 1), message_id = id
                     where sent_at is null and failed_at is null";
                on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected());
                Ok(())
            })
        })
        .await
        .unwrap();
}

/// Every text column that could hold what the author wrote.
async fn holds_the_words(store: &Store) -> bool {
    async fn count(tx: &mut Tx) -> cxbot::error::Result<i64> {
        let sql = "select (select count(*) from nominations where happened || customer || changed || evidence like $1)
             + (select count(*) from outbox where body like $1)
             + (select count(*) from occurrences where payload like $1)
             + (select count(*) from nomination_seconds where reason like $1)
             + (select count(*) from nomination_questions where question like $1 or answer like $1)
             + (select count(*) from nomination_reviews where reason like $1)";
        let pattern = format!("%{STORY}%");
        Ok(on_db!(tx, conn => sqlx::query_scalar(sql).bind(&pattern).fetch_one(conn).await?))
    }
    store.read(|tx| Box::pin(count(tx))).await.unwrap() > 0
}

/// Scores the nomination on the screen, and accepts it.
async fn accepts(lead: &mut Player<'_, Recognition>) -> Result<(), String> {
    scores(lead).await;
    lead.presses("Accept").await
}

async fn scores(lead: &mut Player<'_, Recognition>) {
    for (menu, points) in [("Effect", "2"), ("Evidence", "1"), ("Link", "2"), ("Something", "0")] {
        lead.picks(menu, points).await.unwrap();
    }
}

async fn accepted(services: &Services) -> NominationId {
    nominates(services, AUTHOR, NOMINEE).await;
    let mut lead = player(services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    accepts(&mut lead).await.unwrap();
    latest(&services.store).await
}

/// The nominee in front of the question, as it came by direct message.
async fn asked(services: &Services) -> (NominationId, Player<'_, Recognition>) {
    let id = accepted(services).await;
    let question = left(&services.store).await.into_iter().find(|row| row.key.contains(":question:")).unwrap();
    assert_eq!((question.kind.as_str(), question.target_id), ("direct", Some(i64::try_from(NOMINEE).unwrap())));
    let mut ana = player(services, NOMINEE, Tier::Member).in_direct_message();
    ana.shown = serde_json::from_str(&question.body).unwrap();
    (id, ana)
}

async fn from_a_pick_to_a_published_story_and_back(store: Store) {
    let services = stage(&store).await;
    let (id, mut ana) = asked(&services).await;
    assert!(ana.shown.as_text().contains(STORY), "the nominee sees the text before deciding");
    assert_eq!(keys(&store).await, [format!("recognition:{id}:question:22")], "nothing is published on acceptance");

    ana.presses("Publish with my name").await.unwrap();
    let story = left(&store).await.pop().unwrap();
    assert_eq!((story.kind.as_str(), story.target_id), ("post", Some(5)));
    let post: cxbot::post::Post = serde_json::from_str(&story.body).unwrap();
    assert!(post.text.contains("<@22>") && post.mentions.is_nobody());
    let shown = post.as_text();
    assert!(shown.contains(r"\@everyone") && !shown.contains("<@11>") && !shown.contains("<@33>"), "{shown}");

    ana.presses("Publish without my name").await.unwrap();
    let edit = left(&store).await.pop().unwrap();
    assert_eq!((edit.kind.as_str(), edit.key.clone()), ("edit", format!("{}/edit", story.key)));
    assert!(!edit.body.contains("<@22>"));

    deliver(&store).await;
    ana.presses("Withdraw and erase it").await.unwrap();
    assert_eq!(ana.way, "Say");
    ana.presses("Withdraw and erase").await.unwrap();
    assert_eq!(find(&store, id).await.state, State::Withdrawn);
    let keys = keys(&store).await;
    assert!(
        keys.contains(&format!("{}/delete", story.key))
            && keys.contains(&format!("recognition:{id}:question:22/delete"))
    );
    assert!(!holds_the_words(&store).await);
}

async fn a_lost_form_loses_nothing(store: Store) {
    let services = stage(&store).await;
    let mut ben = player(&services, AUTHOR, Tier::Member);
    ben.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    ben.picks("Which principle", "quality").await.unwrap();
    ben.picks("How do you know", "customer").await.unwrap();
    // The form is closed without submitting, and the client restarted. The picks are still there.
    let mut ben = player(&services, AUTHOR, Tier::Member);
    ben.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    assert!(ben.shown.text.starts_with("You began this earlier"), "{}", ben.shown.text);
    assert!(ben.shown.as_text().contains("✓ Value: Outstanding quality"), "{}", ben.shown.as_text());
    ben.presses("Tell what happened").await.unwrap();
    // A form that comes back half empty is kept as it is.
    ben.submits(&[
        ("happened", "On 3 November she stayed on the line."),
        ("customer", "\u{200B} "),
        ("changed", ""),
        ("evidence", ""),
    ])
    .await
    .unwrap();
    assert!(ben.shown.text.contains("Still needed: who the customer was, what changed for them, how you know."));
    let mut ben = player(&services, AUTHOR, Tier::Member);
    ben.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    ben.presses("Edit the words").await.unwrap();
    assert_eq!(ben.form.unwrap().inputs[0].value, "On 3 November she stayed on the line.");
    assert_eq!(keys(&store).await, Vec::<String>::new());
}

async fn nobody_nominates_themselves_or_a_bot(store: Store) {
    let services = stage(&store).await;
    let mut ben = player(&services, AUTHOR, Tier::Member);
    for (command, person, sentence) in [
        ("nominate", (AUTHOR, false), "You cannot nominate yourself."),
        ("nominate", (99, true), "Bots cannot be nominated."),
        ("thanks", (AUTHOR, false), "Thanks go to somebody else."),
        ("thanks", (99, true), "A bot cannot read your thanks."),
    ] {
        let refusal = ben.runs(command, Some(person)).await.unwrap_err();
        assert!(refusal.starts_with(sentence), "{refusal}");
    }
}

async fn two_in_a_round_and_a_withdrawn_one_does_not_count(store: Store) {
    let services = stage(&store).await;
    nominates(&services, AUTHOR, 22).await;
    let mut ben = nominates(&services, AUTHOR, 23).await;
    let refusal = ben.runs("nominate", Some((24, false))).await.unwrap_err();
    assert!(refusal.starts_with("You have sent two nominations in FY2027Q1"), "{refusal}");
    // The same person again is not a third nomination but the one that is there.
    ben.runs("nominate", Some((23, false))).await.unwrap();
    ben.presses("Take it back").await.unwrap();
    assert!(ben.shown.text.starts_with("Taken back."));
    let mut ben = nominates(&services, AUTHOR, 24).await;
    // A draft from before does not get around the limit.
    let refusal = ben.runs("nominate", Some((25, false))).await.unwrap_err();
    assert!(refusal.contains("two nominations"));
    // The next fiscal quarter begins anew.
    services.clock.advance(chrono::TimeDelta::days(60));
    nominates(&services, AUTHOR, 25).await;
}

async fn a_closed_round_says_so_and_opens_again(store: Store) {
    let services = stage(&store).await;
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition open", None).await.unwrap();
    assert!(
        lead.shown.text.starts_with("Nominations for FY2027Q1 (October to December 2026) are open."),
        "{}",
        lead.shown.text
    );
    let mut ben = player(&services, AUTHOR, Tier::Member);
    ben.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    lead.runs("recognition close", None).await.unwrap();
    assert!(
        lead.shown.text.starts_with("Nominations for FY2027Q1 (October to December 2026) are closed. What"),
        "{}",
        lead.shown.text
    );
    lead.runs("recognition close", None).await.unwrap();
    assert!(lead.shown.text.contains("closed already"));
    ben.picks("Which principle", "outside-in").await.unwrap();
    ben.picks("How do you know", "other").await.unwrap();
    ben.submits(&answers()).await.unwrap();
    let refusal = ben.presses("Send").await.unwrap_err();
    assert!(refusal.starts_with("Nominations for FY2027Q1 (October to December 2026) are closed."), "{refusal}");
    lead.runs("recognition open", None).await.unwrap();
    assert!(lead.shown.text.contains("open again"));
    ben.presses("Send").await.unwrap();
    assert_eq!(find(&store, latest(&store).await).await.state, State::Waiting);
}

async fn a_reviewer_sees_no_author_and_nothing_of_their_own(store: Store) {
    let services = stage(&store).await;
    nominates(&services, LEAD, NOMINEE).await;
    let own = latest(&store).await;
    nominates(&services, AUTHOR, LEAD).await;
    let about = latest(&store).await;
    nominates(&services, AUTHOR, NOMINEE).await;
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    assert!(lead.shown.text.contains("**1 of 1**"), "{}", lead.shown.text);
    assert!(!serde_json::to_string(&lead.shown).unwrap().contains("<@11>"));
    for id in [own, about] {
        for action in ["accept", "decline", "thank"] {
            let refusal = lead.presses_id(&format!("v1:recognition:{action}:{id}:4")).await.unwrap_err();
            assert!(refusal.starts_with("You are part of this nomination"), "{action}: {refusal}");
        }
    }
    // Another lead has all three.
    let mut other = player(&services, 34, Tier::Lead);
    other.runs("recognition queue", None).await.unwrap();
    assert!(other.shown.text.contains("**1 of 3**"));
}

async fn the_queue_turns_forth_and_back(store: Store) {
    let services = stage(&store).await;
    for (author, nominee) in [(1, 22), (2, 23), (3, 24)] {
        nominates(&services, author, nominee).await;
    }
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    lead.presses("Next").await.unwrap();
    lead.presses("Next").await.unwrap();
    assert!(lead.shown.text.contains("**3 of 3**") && lead.shown.text.contains("<@24>"), "{}", lead.shown.text);
    lead.presses("Next").await.unwrap();
    assert!(lead.shown.text.contains("**1 of 3**"), "after the last comes the first");
    lead.presses("Next").await.unwrap();
    assert!(lead.shown.text.contains("**2 of 3**") && lead.shown.text.contains("<@23>"));
    accepts(&mut lead).await.unwrap();
    assert!(
        lead.shown.text.contains("**2 of 2**") && lead.shown.text.contains("<@24>"),
        "the next one follows: {}",
        lead.shown.text
    );
    accepts(&mut lead).await.unwrap();
    accepts(&mut lead).await.unwrap();
    assert!(lead.shown.text.starts_with("Accepted."), "{}", lead.shown.text);
    assert!(lead.shown.text.contains("No nomination waits"));
}

async fn two_reviewers_at_once_one_decides(store: Store) {
    let services = stage(&store).await;
    nominates(&services, AUTHOR, NOMINEE).await;
    let (mut first, mut second) = (player(&services, LEAD, Tier::Lead), player(&services, 34, Tier::Lead));
    first.runs("recognition queue", None).await.unwrap();
    second.runs("recognition queue", None).await.unwrap();
    scores(&mut first).await;
    let (one, two) = tokio::join!(first.presses("Accept"), second.presses("Pass on as thanks"));
    // Both count: they do not agree, so it becomes a thank-you; whoever was second carried it out, once.
    one.unwrap();
    two.unwrap();
    assert_eq!(find(&store, latest(&store).await).await.state, State::Thanked);
    let keys = keys(&store).await;
    assert_eq!(
        keys.iter().filter(|key| key.contains(":thanks:") || key.ends_with(":passed-on")).count(),
        2,
        "{keys:?}"
    );
    let refusal = first.presses_id(&format!("v1:recognition:thank:{}:4", latest(&store).await)).await.unwrap_err();
    assert!(refusal.contains("no longer waiting"), "{refusal}");
}

async fn a_change_after_the_screen_was_shown_is_not_decided_unseen(store: Store) {
    let services = stage(&store).await;
    let mut ben = nominates(&services, AUTHOR, NOMINEE).await;
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    ben.presses("Look at it").await.unwrap();
    ben.presses("Edit the words").await.unwrap();
    let mut changed = answers();
    changed[0].1 = "On 4 November she rewrote it.";
    ben.submits(&changed).await.unwrap();
    assert!(ben.shown.text.starts_with("Saved. The reviewers see the new version."), "{}", ben.shown.text);
    for button in ["Decline with a reason", "Pass on as thanks"] {
        let refusal = lead.presses(button).await.unwrap_err();
        assert!(refusal.starts_with("The author has just changed"), "{refusal}");
    }
    lead.runs("recognition queue", None).await.unwrap();
    assert!(lead.shown.as_text().contains("On 4 November"));
    accepts(&mut lead).await.unwrap();
    let refusal = ben.presses("Edit the words").await.unwrap_err();
    assert!(refusal.starts_with("The reviewers have decided"), "{refusal}");
    ben.runs("recognition mine", None).await.unwrap();
    assert!(ben.shown.text.contains("You nominated <@22>: accepted"), "{}", ben.shown.text);
}

async fn a_declined_nomination_comes_back_with_the_reason(store: Store) {
    let services = stage(&store).await;
    let mut ben = nominates(&services, AUTHOR, NOMINEE).await;
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    lead.presses("Decline with a reason").await.unwrap();
    lead.submits(&[("reason", " \u{200B} ")]).await.unwrap_err();
    lead.runs("recognition queue", None).await.unwrap();
    lead.presses("Decline with a reason").await.unwrap();
    lead.submits(&[("reason", "A single case would make it stronger.")]).await.unwrap();
    let told = left(&store).await.pop().unwrap();
    assert_eq!((told.kind.as_str(), told.target_id), ("direct", Some(11)));
    assert!(told.body.contains("A single case would make it stronger.") && !told.body.contains("<@33>"));
    let id = latest(&store).await;
    ben.runs("recognition mine", None).await.unwrap();
    ben.picks("Look at one", &id.to_string()).await.unwrap();
    assert!(ben.shown.text.contains("A single case would make it stronger."), "{}", ben.shown.text);
    // The nominee hears nothing of it.
    let mut ana = player(&services, NOMINEE, Tier::Member);
    ana.runs("recognition mine", None).await.unwrap();
    assert!(ana.shown.text.starts_with("You have no nominations"));
}

async fn passed_on_as_thanks_is_erased_here(store: Store) {
    let services = stage(&store).await;
    nominates(&services, AUTHOR, NOMINEE).await;
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    lead.presses("Pass on as thanks").await.unwrap();
    let [thanks, told] = &left(&store).await[..] else { panic!("two messages") };
    assert_eq!((thanks.target_id, told.target_id), (Some(22), Some(11)));
    assert!(thanks.body.contains(STORY) && !thanks.body.contains("<@11>"));
    deliver(&store).await;
    assert!(!holds_the_words(&store).await);
}

fn due(services: &Services, job: &str, id: NominationId) -> Due {
    Due {
        guild: GUILD,
        job: job.into(),
        key: id.to_string(),
        slot: "once".into(),
        due_at: services.clock.now(),
        payload: serde_json::Value::Null,
    }
}

/// Runs a job as the schedule would, and says when it was planned for.
async fn comes_due(services: &Services, job: &'static str, id: NominationId) -> chrono::DateTime<chrono::Utc> {
    let (inner, due) = (services.clone(), due(services, job, id));
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                let jobs = RECOGNITION.jobs();
                jobs.iter().find(|known| known.name() == job).unwrap().run(&inner, tx, &due).await?;
                let sql = "select due_at from occurrences where job = $1 and key = $2";
                Ok(on_db!(tx, conn => sqlx::query_scalar(sql).bind(job).bind(&due.key).fetch_one(conn).await?))
            })
        })
        .await
        .unwrap()
}

async fn no_answer_in_seven_days_stays_private(store: Store) {
    let services = stage(&store).await;
    let (id, mut ana) = asked(&services).await;
    services.clock.advance(chrono::TimeDelta::days(7));
    let planned = comes_due(&services, "recognition_close_consent", id).await;
    assert_eq!(planned, noon() + chrono::TimeDelta::days(7));
    let silent = find(&store, id).await;
    assert_eq!((silent.state, silent.people[0].consent), (State::Private, None));
    assert!(!keys(&store).await.iter().any(|key| key.contains(":story:")));
    // A late yes is still a yes; the calendar does not undo it.
    ana.presses("Publish without my name").await.unwrap();
    comes_due(&services, "recognition_close_consent", id).await;
    let late = find(&store, id).await;
    assert_eq!((late.state, late.people[0].consent), (State::Published, Some(Consent::Unnamed)));
}

async fn a_refusal_erases_and_tells_nobody(store: Store) {
    let services = stage(&store).await;
    let (id, mut ana) = asked(&services).await;
    let question = ana.shown.clone();
    ana.presses("No, erase it").await.unwrap();
    assert!(ana.shown.text.starts_with("Done. The text is erased"));
    assert_eq!(find(&store, id).await.state, State::Refused);
    // The question had not been sent yet: its text must not wait in the outbox either.
    assert!(!holds_the_words(&store).await);
    let told: Vec<_> = left(&store).await.into_iter().filter(|row| row.kind == "direct" && !row.failed).collect();
    assert!(told.is_empty(), "nobody is told: {told:?}");
    let mut ben = player(&services, AUTHOR, Tier::Member);
    ben.runs("recognition mine", None).await.unwrap();
    assert!(ben.shown.text.contains("accepted") && !ben.shown.text.contains("refused"));
    // An old press on the question is answered kindly.
    ana.shown = question;
    let refusal = ana.presses("Publish with my name").await.unwrap_err();
    assert!(refusal.starts_with("There is nothing left to answer"), "{refusal}");
    ana.runs_mine_is_empty().await;
}

async fn with_direct_messages_closed_the_question_waits_in_mine(store: Store) {
    let services = stage(&store).await;
    let id = accepted(&services).await;
    // What the sender records when the person accepts no direct messages.
    store
        .write(|tx| {
            Box::pin(async move {
                let sql = "update outbox set failed_at = due_at, failure = 'They accept no direct messages.', body = '' where kind = 'direct'";
                on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected());
                Ok(())
            })
        })
        .await
        .unwrap();
    let mut ana = player(&services, NOMINEE, Tier::Member);
    ana.runs("recognition mine", None).await.unwrap();
    assert!(ana.shown.text.contains("waits for your answer"), "{}", ana.shown.text);
    ana.picks("Look at one", &id.to_string()).await.unwrap();
    assert!(ana.shown.as_text().contains(STORY));
    ana.presses("No, erase it").await.unwrap();
    assert!(!holds_the_words(&store).await);
}

impl Player<'_, Recognition> {
    async fn runs_mine_is_empty(&mut self) {
        self.guild = Some(GUILD);
        self.runs("recognition mine", None).await.unwrap();
        assert!(self.shown.text.starts_with("You have no nominations"), "{}", self.shown.text);
    }
}

async fn what_was_not_recognised_is_forgotten(store: Store) {
    let services = stage(&store).await;
    nominates(&services, AUTHOR, NOMINEE).await;
    let id = latest(&store).await;
    let planned = comes_due(&services, "recognition_forget", id).await;
    assert_eq!(planned.to_string(), "2027-04-01 04:00:00 UTC");
    assert_eq!(find(&store, id).await.state, State::Expired);
    assert!(!holds_the_words(&store).await);
    // What was recognised stays.
    let (id, mut ana) = asked(&services).await;
    ana.presses("Keep it private").await.unwrap();
    comes_due(&services, "recognition_forget", id).await;
    assert_eq!(find(&store, id).await.state, State::Private);
    // A discarded draft has no row left to forget, and that is fine.
    let mut ben = player(&services, 44, Tier::Member);
    ben.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    let id = latest(&store).await;
    ben.presses("Discard").await.unwrap();
    let refusal = ben.presses_id(&format!("v1:recognition:send:{id}")).await.unwrap_err();
    assert!(refusal.contains("no longer there"), "{refusal}");
    comes_due(&services, "recognition_forget", id).await;
}

async fn presses_of_the_wrong_person_are_refused_kindly(store: Store) {
    let services = stage(&store).await;
    let (id, _) = asked(&services).await;
    let mut stranger = player(&services, 44, Tier::Lead);
    for action in ["write", "send", "discard", "take-back", "see", "retract", "retracted"] {
        let refusal = stranger.presses_id(&format!("v1:recognition:{action}:{id}")).await.unwrap_err();
        assert!(!refusal.contains(STORY) && refusal.ends_with('.'), "{action}: {refusal}");
    }
    for answer in ["named", "unnamed", "private", "refuse"] {
        let refusal = stranger.presses_id(&format!("v1:recognition:answer:{id}:4:{answer}")).await.unwrap_err();
        assert!(refusal.starts_with("That is not yours"), "{refusal}");
    }
    // The author cannot answer for the nominee, nor withdraw after the decision; the nominee is no author.
    let mut ben = player(&services, AUTHOR, Tier::Member);
    for press in [format!("answer:{id}:4:named"), format!("retracted:{id}"), format!("take-back:{id}")] {
        ben.presses_id(&format!("v1:recognition:{press}")).await.unwrap_err();
    }
    let mut ana = player(&services, NOMINEE, Tier::Member);
    ana.presses_id(&format!("v1:recognition:take-back:{id}")).await.unwrap_err();
    assert_eq!(find(&store, id).await.state, State::Asked);
    // A lead of another server has no say here.
    let mut elsewhere = player(&services, 55, Tier::Lead);
    elsewhere.guild = Some(cxbot::ids::GuildId(2));
    nominates(&services, 12, NOMINEE).await;
    let waiting = latest(&store).await;
    elsewhere.presses_id(&format!("v1:recognition:accept:{waiting}:4")).await.unwrap_err();
    assert_eq!(find(&store, waiting).await.state, State::Waiting);
    // A control of another version explains itself.
    let refusal = stranger.presses_id(&format!("v1:recognition:accept:{id}")).await.unwrap_err();
    assert!(refusal.contains("older cxbot"), "{refusal}");
}

async fn pressing_twice_publishes_once(store: Store) {
    let services = stage(&store).await;
    let mut ben = nominates(&services, AUTHOR, NOMINEE).await;
    let id = latest(&store).await;
    let refusal = ben.presses_id(&format!("v1:recognition:send:{id}")).await.unwrap_err();
    assert!(refusal.starts_with("It is with the reviewers already."), "{refusal}");
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    scores(&mut lead).await;
    let accept = lead.button("Accept");
    lead.presses_id(&accept).await.unwrap();
    let refusal = lead.presses_id(&accept).await.unwrap_err();
    assert!(refusal.contains("no longer waiting"), "{refusal}");
    let mut ana = player(&services, NOMINEE, Tier::Member);
    for _ in 0..2 {
        ana.presses_id(&format!("v1:recognition:answer:{id}:4:named")).await.unwrap();
    }
    assert_eq!(keys(&store).await.iter().filter(|key| key.contains(":story:")).count(), 1);
    // Taken down and published again is a new message.
    ana.presses("Keep it private").await.unwrap();
    ana.presses("Publish with my name").await.unwrap();
    let keys = keys(&store).await;
    assert_eq!(keys.last().unwrap(), &format!("recognition:{id}:story:2"));
    assert!(!keys.contains(&format!("recognition:{id}:story:1")), "the first was never sent: {keys:?}");
}

async fn without_a_channel_nothing_is_accepted(store: Store) {
    let services = services(store.clone());
    nominates(&services, AUTHOR, NOMINEE).await;
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    let refusal = accepts(&mut lead).await.unwrap_err();
    assert!(refusal.contains("/setup"), "{refusal}");
    assert_eq!(find(&store, latest(&store).await).await.state, State::Waiting);
    assert_eq!(left(&store).await.len(), 0);
}

async fn thanks_go_to_one_person_and_are_stored_nowhere_else(store: Store) {
    let services = stage(&store).await;
    let mut ben = player(&services, AUTHOR, Tier::Member);
    ben.runs("thanks", Some((NOMINEE, false))).await.unwrap();
    ben.submits(&[("did", "You brought Marmalade. **<@5>**"), ("changed", "")]).await.unwrap_err();
    assert_eq!(left(&store).await.len(), 0);
    ben.runs("thanks", Some((NOMINEE, false))).await.unwrap();
    ben.submits(&[("did", "You brought Marmalade. **<@5>**"), ("changed", "A better Monday.")]).await.unwrap();
    let [thanks] = &left(&store).await[..] else { panic!("one message") };
    assert_eq!((thanks.kind.as_str(), thanks.target_id), ("direct", Some(22)));
    let post: cxbot::post::Post = serde_json::from_str(&thanks.body).unwrap();
    assert!(post.as_text().contains(r"\*\*\<\@5\>\*\*") && post.mentions.is_nobody(), "{}", post.as_text());
    deliver(&store).await;
    assert!(!holds_the_words(&store).await);
}

async fn rows_come_back_as_they_were_saved(store: Store) {
    let services = stage(&store).await;
    let (id, _) = asked(&services).await;
    let before = find(&store, id).await;
    let mut after = before.clone();
    (after.state, after.people[0].consent, after.stories) = (State::Declined, Some(Consent::Private), 3);
    after.people.push(cxbot::recognition::Honoree::new(UserId(23)));
    (after.program, after.link) = (Some("hotline".into()), Some("https://discord.com/channels/1/2/3".into()));
    (after.reason, after.people[0].answered_at) = (Some("kind".into()), Some(noon()));
    (after.relation, after.tag, after.revision) = (None, None, 9);
    let (kept, stale) = store
        .write({
            let (before, after) = (before.clone(), after.clone());
            move |tx| {
                Box::pin(async move {
                    let kept = recognition::save(tx, &before, &after).await?;
                    Ok((kept, recognition::save(tx, &before, &before).await?))
                })
            }
        })
        .await
        .unwrap();
    assert_eq!((kept, stale), (true, false));
    assert_eq!(find(&store, id).await, after);
    assert_eq!(after.decided_by, Some(UserId(LEAD)));
}

async fn reviewers(services: &Services, users: &[u64]) {
    for user in users {
        player(services, *user, Tier::Lead).runs("recognition queue", None).await.unwrap();
    }
}

async fn seated(store: &Store, id: NominationId) -> Vec<u64> {
    let seats = store.read(move |tx| Box::pin(recognition::list_seats(tx, id))).await.unwrap();
    seats.into_iter().map(|seat| seat.reviewer.0).collect()
}

async fn three_reviewers_in_turn_decide_by_majority(store: Store) {
    let services = stage(&store).await;
    reviewers(&services, &[31, 32, 33, 34]).await;
    nominates(&services, AUTHOR, NOMINEE).await;
    let first = latest(&store).await;
    assert_eq!(seated(&store, first).await, [31, 32, 33]);
    nominates(&services, AUTHOR, 23).await;
    let second = latest(&store).await;
    assert_eq!(seated(&store, second).await, [31, 32, 34], "the one who had no seat yet comes first");

    let mut one = player(&services, 31, Tier::Lead);
    one.runs("recognition queue", None).await.unwrap();
    let early = format!("v1:recognition:accept:{first}:4");
    let refusal = one.presses_id(&early).await.unwrap_err();
    assert!(refusal.starts_with("Please give all four scores"), "{refusal}");
    accepts(&mut one).await.unwrap();
    assert!(one.shown.text.starts_with("Your verdict is recorded."), "{}", one.shown.text);
    assert_eq!(find(&store, first).await.state, State::Waiting);
    // Somebody without a seat does not see it while all three are taken.
    let mut fourth = player(&services, 34, Tier::Lead);
    fourth.runs("recognition queue", None).await.unwrap();
    assert!(fourth.shown.text.contains("**1 of 1**") && fourth.shown.text.contains("<@23>"), "{}", fourth.shown.text);
    fourth.presses_id(&early).await.unwrap_err();

    let mut two = player(&services, 32, Tier::Lead);
    two.runs("recognition queue", None).await.unwrap();
    two.presses("Decline with a reason").await.unwrap();
    two.submits(&[("reason", "A single case would help.")]).await.unwrap();
    assert_eq!(find(&store, first).await.state, State::Waiting);
    let mut three = player(&services, 33, Tier::Lead);
    three.runs("recognition queue", None).await.unwrap();
    accepts(&mut three).await.unwrap();
    assert_eq!(find(&store, first).await.state, State::Asked);
    // A reviewer who has left makes room, and the seat goes to the next.
    let mut lead = player(&services, 31, Tier::Lead);
    lead.runs("recognition reviewers", None).await.unwrap();
    lead.picks("Take somebody off", "32").await.unwrap();
    assert!(!lead.shown.text.contains("<@32>"), "{}", lead.shown.text);
    assert_eq!(seated(&store, second).await, [31, 33, 34]);
}

async fn who_is_too_close_does_not_review(store: Store) {
    let services = stage(&store).await;
    store
        .write(|tx| {
            Box::pin(async move {
                for (user, division) in [(22, "Intake"), (31, "Intake"), (32, "Appeals")] {
                    people::set_division(tx, GUILD, UserId(user), Some(division), noon().date_naive()).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    nominates(&services, AUTHOR, NOMINEE).await;
    let id = latest(&store).await;
    let mut seconder = player(&services, 35, Tier::Lead);
    seconder.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    seconder.picks("Second the one", &id.to_string()).await.unwrap();
    seconder.submits(&[("reason", "I was there.")]).await.unwrap();
    for (lead, may, sentence) in [
        (AUTHOR, false, "You are part of this nomination"),
        (NOMINEE, false, "You are part of this nomination"),
        (31, false, "You work in the same team"),
        (35, false, "You work in the same team"),
        (32, true, ""),
        (33, true, ""),
    ] {
        let mut lead_player = player(&services, lead, Tier::Lead);
        lead_player.runs("recognition queue", None).await.unwrap();
        assert_eq!(lead_player.shown.text.contains("**1 of 1**"), may, "{lead}: {}", lead_player.shown.text);
        for action in ["accept", "decline", "thank"] {
            if !may {
                let refusal = lead_player.presses_id(&format!("v1:recognition:{action}:{id}:4")).await.unwrap_err();
                assert!(refusal.starts_with(sentence), "{lead} {action}: {refusal}");
            }
        }
    }
    assert_eq!(seated(&store, id).await, [32, 33]);
}

async fn the_same_deed_is_seconded(store: Store) {
    let services = stage(&store).await;
    nominates(&services, AUTHOR, NOMINEE).await;
    let id = latest(&store).await;
    let mut cleo = player(&services, 12, Tier::Member);
    cleo.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    assert!(!cleo.shown.as_text().contains(STORY), "what others wrote is not shown: {}", cleo.shown.as_text());
    cleo.picks("Second the one", &id.to_string()).await.unwrap();
    cleo.submits(&[("reason", "I saw the *Marmalade* line.")]).await.unwrap();
    assert!(cleo.shown.text.starts_with("Thank you."));
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    let shown = lead.shown.as_text();
    assert!(shown.contains("Seconded by 1 other person") && shown.contains(r"\*Marmalade\*"), "{shown}");
    assert!(!serde_json::to_string(&lead.shown).unwrap().contains("<@12>"));
    // Another deed: their own nomination.
    cleo.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    cleo.presses("Write my own").await.unwrap();
    assert!(cleo.shown.text.starts_with("**Nominating <@22>"), "{}", cleo.shown.text);
    // Whom it is about is offered nothing.
    let mut ana = player(&services, NOMINEE, Tier::Member);
    let refusal = ana.presses_id("v1:recognition:second").await.unwrap_err();
    assert!(!refusal.contains(STORY), "{refusal}");
}

async fn a_reviewer_asks_and_the_author_answers(store: Store) {
    let services = stage(&store).await;
    nominates(&services, AUTHOR, NOMINEE).await;
    let id = latest(&store).await;
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    lead.presses("Ask the author").await.unwrap();
    lead.submits(&[("question", "When did the customer write?")]).await.unwrap();
    let refusal = {
        lead.presses("Ask the author").await.unwrap();
        lead.submits(&[("question", "And why?")]).await.unwrap_err()
    };
    assert!(refusal.contains("open already"), "{refusal}");
    let asked = left(&store).await.pop().unwrap();
    assert_eq!((asked.kind.as_str(), asked.target_id), ("direct", Some(11)));
    assert!(!asked.body.contains("<@33>"));
    let mut ben = player(&services, AUTHOR, Tier::Member).in_direct_message();
    ben.shown = serde_json::from_str(&asked.body).unwrap();
    ben.presses("Answer").await.unwrap();
    ben.submits(&[("answer", "On the day after, Marmalade.")]).await.unwrap();
    lead.runs("recognition queue", None).await.unwrap();
    assert!(lead.shown.as_text().contains("On the day after, Marmalade."), "{}", lead.shown.as_text());
    let refusal = player(&services, 44, Tier::Member).presses_id(&format!("v1:recognition:answer-reviewer:{id}")).await;
    assert!(refusal.unwrap_err().starts_with("That is not yours"));
    // Taken back: the question goes too.
    ben.presses_id(&format!("v1:recognition:take-back:{id}")).await.unwrap();
    assert!(!holds_the_words(&store).await);
}

async fn a_team_is_published_when_all_agree_and_erased_when_one_wants_it(store: Store) {
    let services = stage(&store).await;
    let mut ben = player(&services, AUTHOR, Tier::Member);
    ben.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    let id = latest(&store).await;
    ben.picks("Which principle", "outside-in").await.unwrap();
    ben.picks("How do you know", "same-team").await.unwrap();
    ben.submits(&answers()).await.unwrap();
    let team = ["22", "23"].map(str::to_owned).to_vec();
    ben.uses_picks(&format!("v1:recognition:team:{id}"), team).await.unwrap();
    assert!(ben.shown.text.contains("<@22> and <@23>"), "{}", ben.shown.text);
    let refusal = ben.uses_picks(&format!("v1:recognition:team:{id}"), vec!["11".into()]).await.unwrap_err();
    assert!(refusal.contains("one to five people"), "{refusal}");
    ben.presses("Send").await.unwrap();
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    accepts(&mut lead).await.unwrap();
    let revision = find(&store, id).await.revision;
    for user in [22, 23] {
        assert_eq!(keys(&store).await.iter().filter(|key| key.contains(":story:")).count(), 0);
        let mut one = player(&services, user, Tier::Member);
        one.presses_id(&format!("v1:recognition:answer:{id}:{revision}:named")).await.unwrap();
    }
    let story = left(&store).await.pop().unwrap();
    assert!(story.body.contains("<@22> and <@23>"), "{}", story.body);
    deliver(&store).await;
    player(&services, 23, Tier::Member).presses_id(&format!("v1:recognition:retracted:{id}")).await.unwrap();
    assert_eq!(find(&store, id).await.state, State::Withdrawn);
    let deleted = keys(&store).await.into_iter().filter(|key| key.ends_with("/delete")).count();
    assert_eq!(deleted, 3, "two questions and the story");
    assert!(!holds_the_words(&store).await);
}

async fn a_correction_reaches_the_story(store: Store) {
    let services = stage(&store).await;
    let (id, mut ana) = asked(&services).await;
    let old = ana.shown.clone();
    ana.presses("Correct the text").await.unwrap();
    let mut better = answers();
    better[0].1 = "On 4 November we rewrote the letter. ||@everyone||";
    ana.submits(&better).await.unwrap();
    assert!(ana.shown.as_text().contains("On 4 November we rewrote"), "{}", ana.shown.as_text());
    let new = std::mem::replace(&mut ana.shown, old);
    let refusal = ana.presses("Publish with my name").await.unwrap_err();
    assert!(refusal.starts_with("The text has changed"), "{refusal}");
    ana.shown = new;
    ana.presses("Publish with my name").await.unwrap();
    let story = left(&store).await.pop().unwrap();
    assert!(story.body.contains("On 4 November") && !story.body.contains("On 3 November"), "{}", story.body);
    ana.presses("Correct the text").await.unwrap();
    ana.submits(&answers()).await.unwrap();
    let edit = left(&store).await.into_iter().find(|row| row.kind == "edit").unwrap();
    assert!(edit.key.contains(":story:1") && edit.body.contains("On 3 November"), "{edit:?}");
    assert_eq!(find(&store, id).await.state, State::Published);
}

/// Runs every occasion of a job that is due by now, as the schedule would.
async fn runs_due(services: &Services) {
    let runner = cxbot::schedule::Runner::new(services.clone(), RECOGNITION.jobs());
    runner.tick(services.clock.now()).await.unwrap();
}

async fn two_weeks_of_silence_are_ended_by_the_calendar(store: Store) {
    let services = stage(&store).await;
    reviewers(&services, &[31, 32, 33]).await;
    store
        .write(|tx| {
            Box::pin(async move {
                people::join(tx, GUILD, UserId(33), noon().date_naive()).await?;
                people::set_no_reminders(tx, GUILD, UserId(33), true).await
            })
        })
        .await
        .unwrap();
    nominates(&services, AUTHOR, NOMINEE).await;
    let id = latest(&store).await;
    let mut one = player(&services, 31, Tier::Lead);
    one.runs("recognition queue", None).await.unwrap();
    accepts(&mut one).await.unwrap();
    services.clock.advance(chrono::TimeDelta::days(7));
    runs_due(&services).await;
    let told: Vec<_> = left(&store).await.iter().filter_map(|row| row.target_id).collect();
    assert_eq!(told, [32], "who has judged, and who wants no reminders, is left alone");
    // From the seventh day on, others may step in.
    let mut other = player(&services, 39, Tier::Lead);
    other.runs("recognition queue", None).await.unwrap();
    assert!(other.shown.text.contains("**1 of 1**"), "{}", other.shown.text);
    services.clock.advance(chrono::TimeDelta::days(7));
    runs_due(&services).await;
    let decided = find(&store, id).await;
    assert_eq!((decided.state, decided.decided_by), (State::Asked, None), "what was said so far decides");
}

async fn a_round_closes_on_its_day_and_people_are_reminded(store: Store) {
    let services = stage(&store).await;
    let mut lead = player(&services, LEAD, Tier::Lead);
    for wrong in ["soon", "2026-11-01", "2027-02-01"] {
        let refusal = lead.runs_with("recognition open", None, &[("closes", wrong)]).await.unwrap_err();
        assert!(refusal.ends_with('.'), "{refusal}");
    }
    lead.runs_with("recognition open", None, &[("closes", "2026-12-11")]).await.unwrap();
    assert!(lead.shown.text.contains("Friday, 11 December 2026"), "{}", lead.shown.text);
    services.clock.set("2026-12-05T12:00:00Z".parse().unwrap());
    runs_due(&services).await;
    let reminder = left(&store).await.pop().unwrap();
    assert!(reminder.target_id == Some(5) && reminder.body.contains("Friday, 11 December"), "{}", reminder.body);
    services.clock.set("2026-12-12T04:59:00Z".parse().unwrap());
    runs_due(&services).await;
    let mut ben = player(&services, AUTHOR, Tier::Member);
    ben.runs("nominate", Some((NOMINEE, false))).await.unwrap();
    services.clock.set("2026-12-12T05:00:00Z".parse().unwrap());
    runs_due(&services).await;
    let refusal = player(&services, 12, Tier::Member).runs("nominate", Some((NOMINEE, false))).await.unwrap_err();
    assert!(refusal.contains("are closed"), "{refusal}");
}

/// Whatever was done before: after the nominee withdraws, no row anywhere holds what was written.
async fn after_withdrawal_nothing_holds_the_words(store: Store) {
    let services = stage(&store).await;
    let ways: [&[&str]; 5] = [
        &[],
        &["named"],
        &["named", "private", "unnamed"],
        &["unnamed", "again", "named"],
        &["private", "deliver", "named", "deliver", "again", "unnamed"],
    ];
    for (number, way) in ways.iter().enumerate() {
        let (author, nominee) = (100 + number as u64, 200 + number as u64);
        nominates(&services, author, nominee).await;
        let id = latest(&store).await;
        let mut cleo = player(&services, 12, Tier::Member);
        cleo.runs("nominate", Some((nominee, false))).await.unwrap();
        cleo.picks("Second the one", &id.to_string()).await.unwrap();
        cleo.submits(&[("reason", "Marmalade indeed.")]).await.unwrap();
        let mut lead = player(&services, LEAD, Tier::Lead);
        lead.runs("recognition queue", None).await.unwrap();
        accepts(&mut lead).await.unwrap();
        for step in *way {
            match *step {
                "deliver" => deliver(&store).await,
                "again" => {
                    services.clock.advance(chrono::TimeDelta::days(1));
                    let due = due(&services, "recognition_weekly_story", id);
                    let (inner, at) = (services.clone(), services.clock.now().to_string());
                    store
                        .write(move |tx| {
                            Box::pin(async move {
                                let due = Due { slot: at, ..due };
                                recognition::RecognitionJob::Weekly.run(&inner, tx, &due).await
                            })
                        })
                        .await
                        .unwrap();
                }
                answer => {
                    let id = format!("v1:recognition:answer:{id}:4:{answer}");
                    player(&services, nominee, Tier::Member).presses_id(&id).await.unwrap();
                }
            }
        }
        assert!(holds_the_words(&store).await);
        player(&services, nominee, Tier::Member).presses_id(&format!("v1:recognition:retracted:{id}")).await.unwrap();
        assert!(!holds_the_words(&store).await, "after {way:?}");
        // Whatever had been sent is being deleted.
        let rows = left(&store).await;
        let of_this: Vec<_> = rows.iter().filter(|row| row.key.starts_with(&format!("recognition:{id}:"))).collect();
        for row in of_this.iter().filter(|row| !row.failed && matches!(row.kind.as_str(), "post" | "direct")) {
            assert!(of_this.iter().any(|other| other.key == format!("{}/delete", row.key)), "{} stands", row.key);
        }
        deliver(&store).await;
    }
}

async fn stories_are_found_and_told_again(store: Store) {
    let services = stage(&store).await;
    let mut ana = player(&services, NOMINEE, Tier::Member);
    ana.runs("stories", None).await.unwrap();
    assert!(ana.shown.text.starts_with("No story has been published yet."));
    let (id, mut asked) = asked(&services).await;
    asked.presses("Publish without my name").await.unwrap();
    ana.runs("stories", None).await.unwrap();
    assert!(ana.shown.text.contains("1 story of 1"), "{}", ana.shown.text);
    ana.picks("Any principle", "0").await.unwrap();
    assert!(ana.shown.text.starts_with("No story fits."), "{}", ana.shown.text);
    ana.picks("Any principle", "2").await.unwrap();
    ana.picks("Any quarter", "FY2027Q1").await.unwrap();
    assert!(ana.shown.text.contains("1 story of 1"), "{}", ana.shown.text);
    ana.picks("Read a story", &id.to_string()).await.unwrap();
    assert!(ana.shown.text.starts_with("A colleague showed") && ana.shown.as_text().contains(STORY));
    let mut lead = player(&services, LEAD, Tier::Lead);
    lead.runs("recognition weekly", None).await.unwrap();
    lead.picks("Which day", "4").await.unwrap();
    assert!(lead.shown.text.contains("Every Thursday at 10:00"), "{}", lead.shown.text);
    services.clock.set("2026-12-03T15:00:00Z".parse().unwrap());
    runs_due(&services).await;
    let again = left(&store).await.into_iter().filter(|row| row.key.contains(":again:")).collect::<Vec<_>>();
    assert_eq!(again.len(), 1, "Thanksgiving is left out: {again:?}");
    assert!(again[0].body.contains("A story worth telling again"));
    lead.picks("Which day", "off").await.unwrap();
    assert!(lead.shown.text.contains("is off"));
    player(&services, NOMINEE, Tier::Member).presses_id(&format!("v1:recognition:retracted:{id}")).await.unwrap();
    let refusal = ana.uses_picks("v1:recognition:read:-.-.-", vec![id.to_string()]).await.unwrap_err();
    assert!(refusal.starts_with("This story is no longer told"), "{refusal}");
}

async fn decisions_are_on_record_without_words(store: Store) {
    let services = stage(&store).await;
    accepted(&services).await;
    let mut lead = player(&services, 34, Tier::Lead);
    lead.runs("recognition audit", None).await.unwrap();
    let shown = lead.shown.text.clone();
    assert!(shown.contains("<@33>: nomination") && shown.contains("accepted, by 1 of 1 reviewers"), "{shown}");
    assert!(!shown.contains(STORY) && !shown.contains("<@11>") && !shown.contains("<@22>"), "{shown}");
    let mut nominee = player(&services, NOMINEE, Tier::Lead);
    nominee.runs("recognition audit", None).await.unwrap();
    assert!(nominee.shown.text.starts_with("Nothing has been decided"), "{}", nominee.shown.text);
    nominee.runs("recognition fairness", None).await.unwrap();
    assert!(nominee.shown.text.starts_with("Fewer than five people"), "{}", nominee.shown.text);
}

/// `/me` in the middle of a review: of a nominee, of a reviewer, of the author. What each outcome is stands in the assertions.
async fn who_erases_during_review_takes_only_their_own_along(store: Store) {
    async fn erases(services: &Services, user: u64) {
        let now = services.clock.now();
        services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    people::PersonalData::erase(&recognition::RecognitionData, tx, GUILD, UserId(user), now).await
                })
            })
            .await
            .unwrap();
    }
    let services = stage(&store).await;
    reviewers(&services, &[31, 32, 33]).await;
    nominates(&services, AUTHOR, NOMINEE).await;
    let id = latest(&store).await;
    let mut one = player(&services, 31, Tier::Lead);
    one.runs("recognition queue", None).await.unwrap();
    accepts(&mut one).await.unwrap();

    // A reviewer: their seat and verdict go, the nomination waits on, and the two others decide it.
    erases(&services, 31).await;
    assert_eq!(seated(&store, id).await, [32, 33]);
    assert_eq!(find(&store, id).await.state, State::Waiting);
    let mut two = player(&services, 32, Tier::Lead);
    two.runs("recognition queue", None).await.unwrap();
    accepts(&mut two).await.unwrap();
    assert_eq!(find(&store, id).await.state, State::Waiting, "one of two is no majority");

    // The nominee: the words go everywhere, nobody is asked, and a reviewer who still has it on the screen is told kindly.
    let mut three = player(&services, 33, Tier::Lead);
    three.runs("recognition queue", None).await.unwrap();
    scores(&mut three).await;
    erases(&services, NOMINEE).await;
    let gone = find(&store, id).await;
    assert_eq!((gone.state, gone.people.len()), (State::Expired, 0));
    assert!(!holds_the_words(&store).await);
    three.presses("Accept").await.unwrap_err();
    assert!(keys(&store).await.iter().all(|key| !key.contains(":question:")), "nobody is asked");

    // The author of what waits: it is theirs, so it goes with them.
    nominates(&services, AUTHOR, 23).await;
    let id = latest(&store).await;
    erases(&services, AUTHOR).await;
    let gone = find(&store, id).await;
    assert_eq!((gone.state, gone.nominator), (State::Expired, UserId(0)));
    assert!(!holds_the_words(&store).await);
}
