//! What features and leads do with schedules.

use chrono::TimeDelta;

use super::*;

crate::on_both!(
    a_schedule_is_set_found_listed_and_removed,
    an_unreadable_time_is_refused_in_words_and_changes_nothing,
    setting_again_replaces_and_starts_afresh,
    a_preview_says_what_will_not_run_and_why,
    skipping_twice_skips_one_and_can_be_taken_back,
    a_skip_looks_past_days_off,
    a_paused_schedule_rests_and_goes_on_without_catching_up,
    what_was_due_when_paused_is_dropped,
    a_date_moved_over_a_pause_is_posted_once_or_not_at_all,
    a_pause_over_days_off_of_the_agencys_own_loses_no_date_after_them,
    a_schedule_set_on_a_day_off_keeps_what_was_moved_beyond_it,
    a_paused_schedule_cannot_be_skipped,
    a_one_time_occasion_is_planned_once_and_can_be_cancelled,
    schedules_of_others_are_left_alone,
    whatever_comes_is_listed_whichever_job_it_is_for,
);

async fn whatever_comes_is_listed_whichever_job_it_is_for(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    let other_job = NewSchedule { job: "another_job", ..every("0 9 1 * *", "a") };
    desk.set_new(other_job, "2026-11-23T12:00:00Z").await;
    let elsewhere = NewSchedule { guild: GuildId(2), ..every("0 9 1 * *", "b") };
    desk.set_new(elsewhere, "2026-11-23T12:00:00Z").await;
    let all = store.read(|tx| Box::pin(schedule::list_all(tx, GUILD))).await.unwrap();
    let named: Vec<_> = all.iter().map(|each| (each.job.as_str(), each.key.as_str())).collect();
    assert_eq!(named, [("another_job", "a"), (JOB, KEY)]);

    desk.once("later", "2026-11-24T12:00:00Z", serde_json::json!({})).await;
    desk.once("sooner", "2026-11-23T13:00:00Z", serde_json::json!({})).await;
    let keys = || async {
        let once = store.read(|tx| Box::pin(schedule::list_once(tx, GUILD))).await.unwrap();
        once.into_iter().map(|each| each.key).collect::<Vec<_>>()
    };
    assert_eq!(keys().await, ["sooner", "later"]);
    desk.tick("2026-11-23T13:00:00Z").await;
    assert_eq!(keys().await, ["later"]);
}

async fn a_schedule_is_set_found_listed_and_removed(store: Store) {
    let desk = desk(&store);
    let set = desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    assert_eq!(set.words(), "Every Tuesday at 09:00 (America/New_York), not on holidays");
    assert_eq!(set.payload, serde_json::json!({"series": "cx-foundations"}));
    let found = store.read(|tx| Box::pin(schedule::find(tx, GUILD, JOB, KEY))).await.unwrap().unwrap();
    assert_eq!((found.id, found.cron, found.zone), (set.id, set.cron, set.zone));
    desk.set_new(every("0 9 1 * *", "another"), "2026-11-23T12:00:00Z").await;
    let keys = |schedules: Vec<Schedule>| schedules.into_iter().map(|schedule| schedule.key).collect::<Vec<_>>();
    let listed = store.read(|tx| Box::pin(schedule::list(tx, GUILD, JOB))).await.unwrap();
    assert_eq!(keys(listed), ["another", KEY]);
    for expected in [true, false] {
        let removed = store.write(|tx| Box::pin(schedule::remove(tx, GUILD, JOB, KEY))).await.unwrap();
        assert_eq!(removed, expected);
    }
    assert_eq!(store.read(|tx| Box::pin(schedule::find(tx, GUILD, JOB, KEY))).await.unwrap(), None);
    // Nothing of it is left to run.
    assert_eq!(desk.tick("2026-11-24T14:00:00Z").await, [""; 0]);
}

async fn an_unreadable_time_is_refused_in_words_and_changes_nothing(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    let wrong = every("0 25 * * tue", KEY);
    let (now, calendar) = (at("2026-11-23T12:00:00Z"), desk.calendar());
    let outcome = store.write(move |tx| Box::pin(async move { schedule::set(tx, &wrong, &calendar, now).await })).await;
    let Err(Error::Refused(sentence)) = outcome else { panic!("{outcome:?}") };
    assert_eq!(sentence, "The hour `25` is not understood. Write a number from 0 to 23.");
    let found = store.read(|tx| Box::pin(schedule::find(tx, GUILD, JOB, KEY))).await.unwrap().unwrap();
    assert_eq!(found.cron.text(), "0 9 * * tue");
}

async fn setting_again_replaces_and_starts_afresh(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    desk.skip_next("2026-11-23T12:00:00Z").await.unwrap();
    desk.pause("2026-11-23T12:00:00Z").await;
    let set = desk.set("0 9 * * tue", "2026-11-23T12:30:00Z").await;
    assert_eq!(set.paused_at, None);
    assert_eq!(desk.preview(1, "2026-11-23T12:30:00Z").await, ["Tuesday, November 24, 2026 at 09:00"]);
    desk.set("0 10 * * tue", "2026-11-23T12:30:00Z").await;
    assert_eq!(desk.tick("2026-11-24T15:00:00Z").await, ["cx-foundations 2026-11-24T10:00"]);
    // The same slot does not run again, even when the schedule is set once more with the clock behind.
    desk.set("0 10 * * tue", "2026-11-24T14:00:00Z").await;
    assert_eq!(
        desk.preview(2, "2026-11-24T14:00:00Z").await,
        ["Tuesday, November 24, 2026 at 10:00: done already", "Tuesday, December 1, 2026 at 10:00"]
    );
    assert_eq!(desk.tick("2026-11-24T15:00:01Z").await, [""; 0]);
    assert_eq!(desk.tick("2026-12-01T15:00:00Z").await, ["cx-foundations 2026-12-01T10:00"]);
}

async fn a_preview_says_what_will_not_run_and_why(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * wed,thu", "2026-11-23T12:00:00Z").await;
    desk.skip_next("2026-11-23T12:00:00Z").await.unwrap();
    assert_eq!(
        desk.preview(4, "2026-11-23T12:00:00Z").await,
        [
            "Wednesday, November 25, 2026 at 09:00: skipped, as a lead asked",
            "Thursday, November 26, 2026 at 09:00: skipped, Thanksgiving Day",
            "Wednesday, December 2, 2026 at 09:00",
            "Thursday, December 3, 2026 at 09:00",
        ]
    );
    // What was promised is what happens.
    let mut ran = Vec::new();
    for day in 24..=30 {
        ran.extend(desk.tick(&format!("2026-11-{day}T14:00:00Z")).await);
    }
    ran.extend(desk.tick("2026-12-02T14:00:00Z").await);
    assert_eq!(ran, ["cx-foundations 2026-12-02T09:00"]);
}

async fn skipping_twice_skips_one_and_can_be_taken_back(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    let first = desk.skip_next("2026-11-23T12:00:00Z").await.unwrap();
    assert_eq!((first.to_string(), first.at), ("2026-11-24T09:00".to_owned(), at("2026-11-24T14:00:00Z")));
    assert_eq!(desk.skip_next("2026-11-23T12:00:01Z").await, Some(first));
    assert_eq!(desk.unskip("2026-11-23T12:00:02Z").await, Some(first));
    assert_eq!(desk.unskip("2026-11-23T12:00:03Z").await, None);
    assert_eq!(desk.tick("2026-11-24T14:00:00Z").await, ["cx-foundations 2026-11-24T09:00"]);
    let next = desk.skip_next("2026-11-24T14:00:01Z").await.unwrap();
    assert_eq!(next.to_string(), "2026-12-01T09:00");
    assert_eq!(desk.tick("2026-12-01T14:00:00Z").await, [""; 0]);
    assert_eq!(desk.tick("2026-12-08T14:00:00Z").await, ["cx-foundations 2026-12-08T09:00"]);
    assert_eq!(desk.lately().await, [""; 0]);
}

async fn a_skip_looks_past_days_off(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * thu", "2026-11-25T12:00:00Z").await;
    assert_eq!(desk.skip_next("2026-11-25T12:00:00Z").await.unwrap().to_string(), "2026-12-03T09:00");
    for (now, ran) in [
        ("2026-11-26T14:00:00Z", ""),
        ("2026-12-03T14:00:00Z", ""),
        ("2026-12-10T14:00:00Z", "cx-foundations 2026-12-10T09:00"),
    ] {
        assert_eq!(desk.tick(now).await.join(""), ran, "{now}");
    }
}

async fn a_paused_schedule_rests_and_goes_on_without_catching_up(store: Store) {
    let desk = desk(&store);
    assert!(!desk.pause("2026-11-23T12:00:00Z").await, "there is none yet");
    desk.set("*/15 * * * *", "2026-11-23T12:00:00Z").await;
    assert!(desk.pause("2026-11-23T12:01:00Z").await);
    assert!(!desk.pause("2026-11-23T12:02:00Z").await);
    assert_eq!(desk.next_due().await, None);
    // Ten years later.
    assert_eq!(desk.tick("2036-11-24T12:00:00Z").await, [""; 0]);
    assert!(desk.resume("2036-11-24T12:01:00Z").await);
    assert!(!desk.resume("2036-11-24T12:01:00Z").await);
    assert_eq!(desk.next_due().await, Some(at("2036-11-24T12:15:00Z")));
    assert_eq!(desk.tick("2036-11-24T12:15:00Z").await, ["cx-foundations 2036-11-24T07:15"]);
    assert_eq!(desk.lately().await, [""; 0]);
}

async fn what_was_due_when_paused_is_dropped(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    desk.job.behave(KEY, Behaviour::FailThisOften(1));
    assert_eq!(desk.tick("2026-11-24T14:00:00Z").await.len(), 1);
    assert!(desk.pause("2026-11-24T14:00:30Z").await);
    assert!(desk.resume("2026-11-24T14:00:40Z").await);
    assert_eq!(desk.tick("2026-11-24T14:05:00Z").await, [""; 0]);
    assert_eq!(desk.tick("2026-12-01T14:00:00Z").await, ["cx-foundations 2026-12-01T09:00"]);
}

/// A month whose fifth is a Saturday: its post comes on Monday the seventh at 09:00, 14:00 in UTC, unless that hour falls into the pause.
async fn a_date_moved_over_a_pause_is_posted_once_or_not_at_all(store: Store) {
    let desk = desk(&store);
    let moved = "cx-foundations 2026-12-05T09:00";
    // Paused at, resumed at (never: still paused in January), and whether the date comes.
    let cases = [
        ("2026-12-04T12:00:00Z", Some("2026-12-04T13:00:00Z"), true),
        ("2026-12-04T12:00:00Z", Some("2026-12-05T13:00:00Z"), true),
        ("2026-12-04T12:00:00Z", Some("2026-12-06T12:00:00Z"), true),
        ("2026-12-05T12:00:00Z", Some("2026-12-05T15:00:00Z"), true),
        ("2026-12-05T15:00:00Z", Some("2026-12-06T12:00:00Z"), true),
        ("2026-12-06T12:00:00Z", Some("2026-12-07T13:59:59Z"), true),
        ("2026-12-07T13:00:00Z", Some("2026-12-07T13:30:00Z"), true),
        // What falls into the pause is not caught up.
        ("2026-12-04T12:00:00Z", Some("2026-12-07T14:00:00Z"), false),
        ("2026-12-05T15:00:00Z", Some("2026-12-07T14:30:00Z"), false),
        ("2026-12-06T12:00:00Z", Some("2026-12-08T12:00:00Z"), false),
        ("2026-12-04T12:00:00Z", None, false),
        ("2026-12-05T15:00:00Z", None, false),
        // Its post has gone out: going on does not bring it again.
        ("2026-12-07T15:00:00Z", Some("2026-12-07T16:00:00Z"), true),
    ];
    for (paused, resumed, comes) in cases {
        store.write(|tx| Box::pin(schedule::remove(tx, GUILD, JOB, KEY))).await.unwrap();
        spoil(&store, "delete from outbox").await;
        desk.set("0 9 5 * *", "2026-11-23T12:00:00Z").await;
        let mut ran = Vec::new();
        // Every hour from Friday to Tuesday.
        let mut now = at("2026-12-04T05:00:00Z");
        while now < at("2026-12-09T05:00:00Z") {
            let ticks = now.to_rfc3339();
            ran.extend(desk.tick(&ticks).await);
            let next = now + TimeDelta::hours(1);
            let falls_here = |moment: &str| (now..next).contains(&at(moment));
            if falls_here(paused) {
                assert!(desk.pause(paused).await);
            }
            if let Some(resumed) = resumed.filter(|resumed| falls_here(resumed)) {
                // What it shows while paused is what comes when it goes on.
                let shown = desk.preview(1, resumed).await.remove(0);
                assert!(desk.resume(resumed).await);
                assert_eq!(desk.preview(1, resumed).await, [shown], "{paused} to {resumed}");
            }
            now = next;
        }
        let expected: &[&str] = if comes { &[moved] } else { &[] };
        assert_eq!(ran, expected, "{paused} to {resumed:?}");
        assert_eq!(desk.posts().await.len(), expected.len());
        let january = desk.tick("2027-01-05T14:00:00Z").await;
        assert_eq!(january.join(""), resumed.map_or("", |_| "cx-foundations 2027-01-05T09:00"));
    }

    // Left out by a lead, it stays left out over a pause.
    store.write(|tx| Box::pin(schedule::remove(tx, GUILD, JOB, KEY))).await.unwrap();
    desk.set("0 9 5 * *", "2027-05-20T12:00:00Z").await;
    assert_eq!(desk.skip_next("2027-06-04T12:00:00Z").await.unwrap().to_string(), "2027-06-07T09:00");
    assert!(desk.pause("2027-06-04T13:00:00Z").await);
    assert!(desk.resume("2027-06-06T12:00:00Z").await);
    let skipped = "Saturday, June 5, 2027 at 09:00: skipped, as a lead asked";
    assert_eq!(desk.preview(1, "2027-06-06T12:00:01Z").await, [skipped]);
    assert_eq!(desk.tick("2027-06-07T13:00:00Z").await, [""; 0]);
}

/// Christmas Day on a Friday, then days off of the agency's own until New Year's Day, again on a Friday.
fn closed_between_the_years() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let days = (28..=31).map(|day| format!("[[day_off]]\nname = \"Closed\"\non = 2026-12-{day}\n"));
    std::fs::write(folder.path().join("holidays.toml"), days.collect::<Vec<_>>().concat()).unwrap();
    folder
}

async fn a_pause_over_days_off_of_the_agencys_own_loses_no_date_after_them(store: Store) {
    let folder = closed_between_the_years();
    let desk = desk_with(&store, Content::in_folder(folder.path()));
    desk.set("0 9 26 * *", "2026-12-01T12:00:00Z").await;
    let moved = "Monday, January 4, 2027 at 09:00: moved from Saturday, December 26, 2026 (weekend)";
    assert_eq!(desk.preview(1, "2026-12-01T12:00:00Z").await, [moved]);
    assert!(desk.pause("2026-12-23T12:00:00Z").await);
    // After nine on a day off that the federal calendar does not know.
    assert_eq!(desk.preview(1, "2026-12-31T15:00:00Z").await, [moved]);
    assert!(desk.resume("2026-12-31T15:00:00Z").await);
    assert_eq!(desk.preview(1, "2027-01-03T15:00:00Z").await, [moved]);
    assert_eq!(desk.tick("2027-01-04T13:59:59Z").await, [""; 0]);
    assert_eq!(desk.tick("2027-01-04T14:00:00Z").await, ["cx-foundations 2026-12-26T09:00"]);
    // Set again, it does not run a second time.
    desk.set("0 9 26 * *", "2027-01-04T14:00:01Z").await;
    assert_eq!(desk.tick("2027-01-04T15:00:00Z").await, [""; 0]);
}

async fn a_schedule_set_on_a_day_off_keeps_what_was_moved_beyond_it(store: Store) {
    let folder = closed_between_the_years();
    let desk = desk_with(&store, Content::in_folder(folder.path()));
    desk.set("0 9 26 * *", "2026-12-31T15:00:00Z").await;
    assert_eq!(desk.tick("2027-01-04T13:59:59Z").await, [""; 0]);
    assert_eq!(desk.tick("2027-01-04T14:00:00Z").await, ["cx-foundations 2026-12-26T09:00"]);
}

async fn a_paused_schedule_cannot_be_skipped(store: Store) {
    let desk = desk(&store);
    assert_eq!(desk.skip_next("2026-11-23T12:00:00Z").await, None);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    desk.pause("2026-11-23T12:00:00Z").await;
    assert_eq!(desk.skip_next("2026-11-23T12:00:00Z").await, None);
    assert_eq!(desk.preview(1, "2026-11-23T12:00:00Z").await, ["Tuesday, November 24, 2026 at 09:00"]);
}

async fn a_one_time_occasion_is_planned_once_and_can_be_cancelled(store: Store) {
    let desk = desk(&store);
    assert!(desk.once("pulse:7", "2026-11-24T14:00:00Z", serde_json::Value::Null).await);
    assert!(!desk.once("pulse:7", "2026-11-25T14:00:00Z", serde_json::Value::Null).await);
    assert_eq!(desk.next_due().await, Some(at("2026-11-24T14:00:00Z")));
    let cancel = || store.write(|tx| Box::pin(schedule::cancel_once(tx, GUILD, JOB, "pulse:7")));
    assert!(cancel().await.unwrap());
    assert!(!cancel().await.unwrap());
    assert_eq!(desk.tick("2026-11-24T14:00:00Z").await, [""; 0]);
    assert!(desk.once("pulse:7", "2026-11-25T14:00:00Z", serde_json::Value::Null).await);
    assert_eq!(desk.tick("2026-11-25T14:00:00Z").await, ["pulse:7 once"]);
    assert!(!cancel().await.unwrap(), "it has run");
    assert!(!desk.once("pulse:7", "2026-11-26T14:00:00Z", serde_json::Value::Null).await);
}

async fn schedules_of_others_are_left_alone(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    let theirs = NewSchedule { guild: GuildId(2), ..every("0 9 * * tue", KEY) };
    desk.set_new(theirs, "2026-11-23T12:00:00Z").await;
    assert!(desk.pause("2026-11-23T12:00:00Z").await);
    assert_eq!(desk.runner.tick(at("2026-11-24T14:00:00Z")).await.unwrap().ran, 1);
    let theirs = store.read(|tx| Box::pin(schedule::find(tx, GuildId(2), JOB, KEY))).await.unwrap().unwrap();
    assert_eq!(theirs.paused_at, None);
}
