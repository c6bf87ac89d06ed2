//! Nominations from the first pick to the published story, and every way back.

use cxbot::discord::Tier;
use cxbot::error::Result;
use cxbot::ids::{ChannelId, UserId};
use cxbot::on_db;
use cxbot::people;
use cxbot::recognition::{self, Consent, NominationId, Recognition, State};
use cxbot::schedule::Due;
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

fn player(services: &Services, user: u64, tier: Tier) -> Player<'_, Recognition> {
    Player::new(&Recognition, services, user, tier)
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
    async fn count(tx: &mut Tx) -> Result<i64> {
        let sql = "select (select count(*) from nominations where happened || customer || changed || evidence like $1)
             + (select count(*) from outbox where body like $1)
             + (select count(*) from occurrences where payload like $1)";
        let pattern = format!("%{STORY}%");
        Ok(on_db!(tx, conn => sqlx::query_scalar(sql).bind(&pattern).fetch_one(conn).await?))
    }
    store.read(|tx| Box::pin(count(tx))).await.unwrap() > 0
}

async fn accepted(services: &Services) -> NominationId {
    nominates(services, AUTHOR, NOMINEE).await;
    let mut lead = player(services, LEAD, Tier::Lead);
    lead.runs("recognition queue", None).await.unwrap();
    lead.presses("Accept").await.unwrap();
    latest(&services.store).await
}

/// The nominee in front of the question, as it came by direct message.
async fn asked(services: &Services) -> (NominationId, Player<'_, Recognition>) {
    let id = accepted(services).await;
    let question = left(&services.store).await.into_iter().find(|row| row.key.ends_with(":question")).unwrap();
    assert_eq!((question.kind.as_str(), question.target_id), ("direct", Some(i64::try_from(NOMINEE).unwrap())));
    let mut ana = player(services, NOMINEE, Tier::Member).in_direct_message();
    ana.shown = serde_json::from_str(&question.body).unwrap();
    (id, ana)
}

async fn from_a_pick_to_a_published_story_and_back(store: Store) {
    let services = stage(&store).await;
    let (id, mut ana) = asked(&services).await;
    assert!(ana.shown.as_text().contains(STORY), "the nominee sees the text before deciding");
    assert_eq!(keys(&store).await, [format!("recognition:{id}:question")], "nothing is published on acceptance");

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
        keys.contains(&format!("{}/delete", story.key)) && keys.contains(&format!("recognition:{id}:question/delete"))
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
    lead.presses("Previous").await.unwrap();
    assert!(lead.shown.text.contains("**2 of 3**") && lead.shown.text.contains("<@23>"));
    lead.presses("Accept").await.unwrap();
    assert!(
        lead.shown.text.contains("**2 of 2**") && lead.shown.text.contains("<@24>"),
        "the next one follows: {}",
        lead.shown.text
    );
    lead.presses("Accept").await.unwrap();
    lead.presses("Accept").await.unwrap();
    assert!(lead.shown.text.starts_with("Accepted."), "{}", lead.shown.text);
    assert!(lead.shown.text.contains("No nomination waits"));
}

async fn two_reviewers_at_once_one_decides(store: Store) {
    let services = stage(&store).await;
    nominates(&services, AUTHOR, NOMINEE).await;
    let (mut first, mut second) = (player(&services, LEAD, Tier::Lead), player(&services, 34, Tier::Lead));
    first.runs("recognition queue", None).await.unwrap();
    second.runs("recognition queue", None).await.unwrap();
    let (one, two) = tokio::join!(first.presses("Accept"), second.presses("Pass on as thanks"));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    let refusal = one.and(two).unwrap_err();
    assert!(refusal.contains("no longer waiting") || refusal.contains("at the same moment"), "{refusal}");
    let state = find(&store, latest(&store).await).await.state;
    let expected: &[&str] = if state == State::Asked { &["question"] } else { &["thanks", "passed-on"] };
    let endings: Vec<_> = keys(&store).await.iter().map(|key| key.rsplit(':').next().unwrap().to_owned()).collect();
    assert_eq!(endings, expected);
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
    for button in ["Accept", "Decline with a reason", "Pass on as thanks"] {
        let refusal = lead.presses(button).await.unwrap_err();
        assert!(refusal.starts_with("The author has just changed"), "{refusal}");
    }
    lead.runs("recognition queue", None).await.unwrap();
    assert!(lead.shown.as_text().contains("On 4 November"));
    lead.presses("Accept").await.unwrap();
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
                let jobs = recognition::jobs();
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
    assert_eq!((silent.state, silent.consent), (State::Private, None));
    assert!(!keys(&store).await.iter().any(|key| key.contains(":story:")));
    // A late yes is still a yes; the calendar does not undo it.
    ana.presses("Publish without my name").await.unwrap();
    comes_due(&services, "recognition_close_consent", id).await;
    let late = find(&store, id).await;
    assert_eq!((late.state, late.consent), (State::Published, Some(Consent::Unnamed)));
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
    // What the sender records when the person accepts no direct messages; it keeps the words for another try.
    store
        .write(|tx| {
            Box::pin(async move {
                let sql = "update outbox set failed_at = due_at, failure = 'They accept no direct messages.' where kind = 'direct'";
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
        let refusal = stranger.presses_id(&format!("v1:recognition:answer:{id}:{answer}")).await.unwrap_err();
        assert!(refusal.starts_with("That is not yours"), "{refusal}");
    }
    // The author cannot answer for the nominee, nor withdraw after the decision; the nominee is no author.
    let mut ben = player(&services, AUTHOR, Tier::Member);
    for press in [format!("answer:{id}:named"), format!("retracted:{id}"), format!("take-back:{id}")] {
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
    let accept = lead.button("Accept");
    lead.presses_id(&accept).await.unwrap();
    let refusal = lead.presses_id(&accept).await.unwrap_err();
    assert!(refusal.contains("no longer waiting"), "{refusal}");
    let mut ana = player(&services, NOMINEE, Tier::Member);
    for _ in 0..2 {
        ana.presses_id(&format!("v1:recognition:answer:{id}:named")).await.unwrap();
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
    let refusal = lead.presses("Accept").await.unwrap_err();
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
    (after.state, after.consent, after.stories) = (State::Declined, Some(Consent::Private), 3);
    (after.reason, after.answered_at) = (Some("kind".into()), Some(noon()));
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
