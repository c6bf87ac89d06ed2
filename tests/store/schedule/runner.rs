//! Running: once, in order, again after a fault, never by surprise.

use std::time::Duration;

use chrono::TimeDelta;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::Fixture;

crate::on_both!(
    a_weekly_schedule_runs_each_week_once,
    a_fault_keeps_nothing_and_is_tried_again_with_growing_delay,
    six_faults_are_given_up_and_told,
    a_panic_is_a_fault_like_any_other,
    a_refusal_ends_the_occasion_at_once,
    a_fault_does_not_hold_up_the_others,
    what_is_too_late_is_missed_and_told,
    a_retry_that_comes_too_late_is_missed,
    a_one_time_occasion_runs_however_late_unless_it_says_otherwise,
    a_month_ahead_settles_everything_in_order,
    a_clock_set_back_repeats_nothing,
    years_away_are_bounded,
    half_past_two_runs_at_three_when_clocks_go_forward,
    half_past_one_runs_once_when_clocks_go_back,
    an_unknown_job_fails_and_is_seen,
    a_spoiled_row_holds_up_nothing,
    a_day_added_to_the_days_off_counts_at_once,
    a_date_on_a_weekend_waits_for_the_next_working_day_and_runs_once,
    the_loop_wakes_for_the_clock_and_for_news_and_stops,
);

async fn a_weekly_schedule_runs_each_week_once(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    assert_eq!(desk.next_due().await, Some(at("2026-11-24T14:00:00Z")));
    assert_eq!(desk.tick("2026-11-24T13:59:59Z").await, [""; 0]);
    assert_eq!(desk.tick("2026-11-24T14:00:00Z").await, ["cx-foundations 2026-11-24T09:00"]);
    assert_eq!(desk.tick("2026-11-24T14:00:00Z").await, [""; 0]);
    assert_eq!(desk.next_due().await, Some(at("2026-12-01T14:00:00Z")));
    assert_eq!(desk.tick("2026-12-01T14:00:07Z").await, ["cx-foundations 2026-12-01T09:00"]);
    assert_eq!(
        desk.posts().await,
        ["posted cx-foundations 2026-11-24T09:00", "posted cx-foundations 2026-12-01T09:00"]
    );
}

async fn a_fault_keeps_nothing_and_is_tried_again_with_growing_delay(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    desk.job.behave(KEY, Behaviour::FailThisOften(3));
    let mut now = at("2026-11-24T14:00:00Z");
    for minutes in [1, 2, 5] {
        let ticked = desk.runner.tick(now).await.unwrap();
        assert_eq!((ticked.ran, ticked.put_off), (0, 1));
        assert_eq!(desk.posts().await, [""; 0], "what a failed job wrote must be taken back");
        let again = now + TimeDelta::minutes(minutes);
        assert_eq!(desk.next_due().await, Some(again));
        assert_eq!(desk.runner.tick(again - TimeDelta::seconds(1)).await.unwrap().put_off, 0);
        now = again;
    }
    assert_eq!(desk.runner.tick(now).await.unwrap().ran, 1);
    assert_eq!(desk.posts().await, ["posted cx-foundations 2026-11-24T09:00"]);
    assert_eq!(desk.next_due().await, Some(at("2026-12-01T14:00:00Z")));
}

async fn six_faults_are_given_up_and_told(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    desk.job.behave(KEY, Behaviour::FailThisOften(usize::MAX));
    let mut tries = 0;
    let failed = loop {
        let now = desk.next_due().await.unwrap();
        let ticked = desk.runner.tick(now).await.unwrap();
        tries += 1;
        if ticked.put_off == 0 {
            break ticked.failed;
        }
    };
    assert_eq!(tries, 6);
    assert_eq!(failed.iter().map(|due| due.slot.as_str()).collect::<Vec<_>>(), ["2026-11-24T09:00"]);
    assert_eq!(desk.posts().await, ["missed cx-foundations 2026-11-24T09:00"]);
    assert_eq!(desk.lately().await, ["Failed 2026-11-24T09:00 after 6"]);
    assert_eq!(desk.next_due().await, Some(at("2026-12-01T14:00:00Z")), "the next week has its own chance");
}

async fn a_panic_is_a_fault_like_any_other(store: Store) {
    let desk = desk(&store);
    desk.once("fragile", "2026-11-24T14:00:00Z", serde_json::Value::Null).await;
    desk.job.behave("fragile", Behaviour::Panic);
    assert_eq!(desk.runner.tick(at("2026-11-24T14:00:00Z")).await.unwrap().put_off, 1);
    desk.job.behave("fragile", Behaviour::FailThisOften(0));
    assert_eq!(desk.runner.tick(at("2026-11-24T14:01:00Z")).await.unwrap().ran, 1);
    assert_eq!(desk.posts().await, ["posted fragile once"]);
}

async fn a_refusal_ends_the_occasion_at_once(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    desk.job.behave(KEY, Behaviour::Refuse);
    assert_eq!(desk.runner.tick(at("2026-11-24T14:00:00Z")).await.unwrap().failed.len(), 1);
    assert_eq!(desk.posts().await, ["missed cx-foundations 2026-11-24T09:00"]);
    assert_eq!(desk.lately().await, ["Failed 2026-11-24T09:00 after 1"]);
}

async fn a_fault_does_not_hold_up_the_others(store: Store) {
    let desk = desk(&store);
    desk.once("bad", "2026-11-24T14:00:00Z", serde_json::Value::Null).await;
    desk.once("good", "2026-11-24T14:00:01Z", serde_json::Value::Null).await;
    desk.job.behave("bad", Behaviour::FailThisOften(1));
    assert_eq!(desk.tick("2026-11-24T14:00:01Z").await, ["bad once", "good once"]);
    assert_eq!(desk.posts().await, ["posted good once"]);
}

async fn what_is_too_late_is_missed_and_told(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    // Exactly at the end of the window it still runs.
    assert_eq!(desk.tick("2026-11-24T16:00:00Z").await, ["cx-foundations 2026-11-24T09:00"]);
    let ticked = desk.runner.tick(at("2026-12-01T16:00:01Z")).await.unwrap();
    assert_eq!((ticked.ran, ticked.missed.len()), (0, 1));
    assert_eq!(ticked.missed[0].due_at, at("2026-12-01T14:00:00Z"));
    assert_eq!(
        desk.posts().await,
        ["posted cx-foundations 2026-11-24T09:00", "missed cx-foundations 2026-12-01T09:00"]
    );
    assert_eq!(desk.lately().await, ["Missed 2026-12-01T09:00 after 0"]);
}

async fn a_retry_that_comes_too_late_is_missed(store: Store) {
    let desk = desk(&store);
    desk.set_new(NewSchedule { catch_up_minutes: 2, ..every("0 9 * * tue", KEY) }, "2026-11-23T12:00:00Z").await;
    desk.job.behave(KEY, Behaviour::FailThisOften(usize::MAX));
    for (now, put_off, missed) in [("14:00:00", 1, 0), ("14:01:00", 1, 0), ("14:03:00", 0, 1)] {
        let ticked = desk.runner.tick(at(&format!("2026-11-24T{now}Z"))).await.unwrap();
        assert_eq!((ticked.put_off, ticked.missed.len()), (put_off, missed), "{now}");
    }
}

async fn a_one_time_occasion_runs_however_late_unless_it_says_otherwise(store: Store) {
    let desk = desk(&store);
    desk.once("close", "2026-11-24T14:00:00Z", serde_json::Value::Null).await;
    desk.once("remind", "2026-11-24T14:00:00Z", serde_json::json!({"catch_up_minutes": 60})).await;
    let ticked = desk.runner.tick(at("2027-11-24T14:00:00Z")).await.unwrap();
    assert_eq!((ticked.ran, ticked.missed.len()), (1, 1));
    assert_eq!(desk.posts().await, ["posted close once", "missed remind once"]);
}

async fn a_month_ahead_settles_everything_in_order(store: Store) {
    let desk = desk(&store);
    desk.set_new(NewSchedule { catch_up_minutes: 60 * 24 * 60, ..every("0 9 * * tue", KEY) }, "2026-11-23T12:00:00Z")
        .await;
    desk.set_new(
        NewSchedule { catch_up_minutes: 60 * 24 * 60, ..every("0 9 * * fri", "second") },
        "2026-11-23T12:00:00Z",
    )
    .await;
    desk.once("early", "2026-11-24T13:00:00Z", serde_json::Value::Null).await;
    // A job that plans something on the way: it takes its place in the line.
    desk.job.behave("early", Behaviour::PlanOnce("on the way", at("2026-11-28T12:00:00Z")));
    assert_eq!(
        desk.tick("2026-12-12T12:00:00Z").await,
        [
            "early once",
            "cx-foundations 2026-11-24T09:00",
            "second 2026-11-27T09:00",
            "on the way once",
            "cx-foundations 2026-12-01T09:00",
            "second 2026-12-04T09:00",
            "cx-foundations 2026-12-08T09:00",
            "second 2026-12-11T09:00",
        ]
    );
    assert_eq!(desk.next_due().await, Some(at("2026-12-15T14:00:00Z")));
}

async fn a_clock_set_back_repeats_nothing(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * *", "2026-11-29T12:00:00Z").await;
    assert_eq!(desk.tick("2026-11-30T14:00:00Z").await, ["cx-foundations 2026-11-30T09:00"]);
    assert_eq!(desk.tick("2026-12-01T14:00:00Z").await, ["cx-foundations 2026-12-01T09:00"]);
    for now in ["2026-11-29T12:00:00Z", "2026-11-30T14:00:00Z", "2026-12-01T14:00:00Z"] {
        assert_eq!(desk.tick(now).await, [""; 0], "{now}");
    }
    // A pause in the repeated days changes nothing about it.
    assert!(desk.pause("2026-11-30T12:00:00Z").await);
    assert!(desk.resume("2026-11-30T12:00:00Z").await);
    for now in ["2026-11-30T14:00:00Z", "2026-12-01T14:00:00Z"] {
        assert_eq!(desk.tick(now).await, [""; 0], "{now}");
    }
    assert_eq!(desk.tick("2026-12-02T14:00:00Z").await, ["cx-foundations 2026-12-02T09:00"]);
}

async fn years_away_are_bounded(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * *", "2026-11-23T12:00:00Z").await;
    let ticked = desk.runner.tick(at("2046-11-23T14:30:00Z")).await.unwrap();
    assert_eq!(ticked.ran, 1, "today's is within the window");
    assert!(
        (300..=366).contains(&(ticked.missed.len() + ticked.skipped)),
        "{} and {}",
        ticked.missed.len(),
        ticked.skipped
    );
    assert!(ticked.missed.is_sorted_by_key(|due| due.due_at));
    assert_eq!(desk.next_due().await, Some(at("2046-11-24T14:00:00Z")));
}

async fn half_past_two_runs_at_three_when_clocks_go_forward(store: Store) {
    let desk = desk(&store);
    desk.set("30 2 * * *", "2027-03-13T12:00:00Z").await;
    assert_eq!(desk.tick("2027-03-14T06:59:59Z").await, [""; 0]);
    assert_eq!(desk.tick("2027-03-14T07:00:00Z").await, ["cx-foundations 2027-03-14T02:30"]);
    assert_eq!(desk.tick("2027-03-15T06:30:00Z").await, ["cx-foundations 2027-03-15T02:30"]);
}

async fn half_past_one_runs_once_when_clocks_go_back(store: Store) {
    let desk = desk(&store);
    desk.set("30 1 * * *", "2026-10-31T12:00:00Z").await;
    assert_eq!(desk.tick("2026-11-01T05:30:00Z").await, ["cx-foundations 2026-11-01T01:30"]);
    assert_eq!(desk.tick("2026-11-01T06:30:00Z").await, [""; 0]);
    // Set anew between the passes: still once.
    desk.set("30 1 * * *", "2026-11-01T06:00:00Z").await;
    assert_eq!(desk.tick("2026-11-01T06:30:00Z").await, [""; 0]);
    assert_eq!(desk.tick("2026-11-02T06:30:00Z").await, ["cx-foundations 2026-11-02T01:30"]);
}

async fn an_unknown_job_fails_and_is_seen(store: Store) {
    let desk = desk(&store);
    let due_at = at("2026-11-24T14:00:00Z");
    store
        .write(move |tx| {
            Box::pin(
                async move { schedule::once(tx, GUILD, "no_such_job", "x", due_at, &serde_json::Value::Null).await },
            )
        })
        .await
        .unwrap();
    let ticked = desk.runner.tick(due_at).await.unwrap();
    assert_eq!(ticked.failed.iter().map(|due| due.job.as_str()).collect::<Vec<_>>(), ["no_such_job"]);
    assert_eq!(desk.next_due().await, None);
}

async fn a_spoiled_row_holds_up_nothing(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    desk.set_new(every("0 9 * * tue", "spoiled"), "2026-11-23T12:00:00Z").await;
    desk.once("unreadable", "2026-11-24T13:00:00Z", serde_json::Value::Null).await;
    spoil(&store, "update schedules set zone = 'Mars/Base' where key = 'spoiled'").await;
    spoil(&store, "update occurrences set payload = '{' where key = 'unreadable'").await;
    assert_eq!(
        desk.tick("2026-11-24T14:00:00Z").await,
        ["cx-foundations 2026-11-24T09:00", "spoiled 2026-11-24T09:00"]
    );
    assert_eq!(desk.lately().await, ["Failed once after 0"]);
    // The spoiled schedule was paused instead of being read again and again.
    assert_eq!(desk.tick("2026-12-01T14:00:00Z").await, ["cx-foundations 2026-12-01T09:00"]);
    assert_eq!(desk.next_due().await, Some(at("2026-12-08T14:00:00Z")));
}

async fn a_day_added_to_the_days_off_counts_at_once(store: Store) {
    let folder = tempfile::tempdir().unwrap();
    let desk = desk_with(&store, Content::in_folder(folder.path()));
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    std::fs::write(folder.path().join("holidays.toml"), "[[day_off]]\nname = \"Snow\"\non = 2026-11-24\n").unwrap();
    let ticked = desk.runner.tick(at("2026-11-24T14:00:00Z")).await.unwrap();
    assert_eq!((ticked.ran, ticked.skipped), (0, 1));
    // Spoiled, it stops nobody.
    std::fs::write(folder.path().join("holidays.toml"), "[[day_off]]\nname = 7\n").unwrap();
    assert_eq!(desk.tick("2026-12-01T14:00:00Z").await, ["cx-foundations 2026-12-01T09:00"]);
}

async fn a_date_on_a_weekend_waits_for_the_next_working_day_and_runs_once(store: Store) {
    let desk = desk(&store);
    // Independence Day on a Saturday, kept on the Friday; then a Saturday before Labor Day.
    desk.set("0 9 4 * *", "2026-06-20T12:00:00Z").await;
    let moved = "Monday, July 6, 2026 at 09:00: moved from Saturday, July 4, 2026 (weekend)";
    assert_eq!(desk.preview(2, "2026-06-20T12:00:00Z").await, [moved, "Tuesday, August 4, 2026 at 09:00"]);
    for early in ["2026-07-03T13:00:00Z", "2026-07-04T13:00:00Z", "2026-07-06T12:59:59Z"] {
        assert_eq!(desk.tick(early).await, [""; 0], "{early}");
    }
    assert_eq!(desk.next_due().await, Some(at("2026-07-06T13:00:00Z")));
    assert_eq!(desk.preview(2, "2026-07-05T12:00:00Z").await, [moved, "Tuesday, August 4, 2026 at 09:00"]);
    assert_eq!(desk.tick("2026-07-06T13:00:00Z").await, ["cx-foundations 2026-07-04T09:00"]);
    assert_eq!(desk.tick("2026-07-06T13:00:01Z").await, [""; 0]);
    assert_eq!(desk.tick("2026-08-04T13:00:00Z").await, ["cx-foundations 2026-08-04T09:00"]);

    // Not running over a long weekend: late is counted from the day it was moved to.
    desk.set("0 9 5 * *", "2026-09-04T12:00:00Z").await;
    assert_eq!(desk.tick("2026-09-08T13:10:00Z").await, ["cx-foundations 2026-09-05T09:00"]);
    assert_eq!(desk.tick("2026-09-08T13:10:01Z").await, [""; 0]);

    // Left out by a lead in the days between, and it says the day it would have come.
    desk.set("0 9 5 * *", "2026-12-04T12:00:00Z").await;
    assert_eq!(desk.tick("2026-12-05T14:00:00Z").await, [""; 0]);
    let skipped = desk.skip_next("2026-12-05T15:00:00Z").await.unwrap();
    assert_eq!(skipped.to_string(), "2026-12-07T09:00");
    assert_eq!(desk.skip_next("2026-12-05T15:00:01Z").await, Some(skipped));
    assert_eq!(desk.tick("2026-12-07T14:00:00Z").await, [""; 0]);
    assert_eq!(desk.tick("2027-01-05T14:00:00Z").await, ["cx-foundations 2027-01-05T09:00"]);

    // Set again over the weekend, for example to another hour: the Monday stands.
    desk.set("0 9 6 * *", "2027-03-01T12:00:00Z").await;
    assert_eq!(desk.tick("2027-03-06T14:00:00Z").await, [""; 0]);
    desk.set("0 9 6 * *", "2027-03-07T12:00:00Z").await;
    assert_eq!(desk.tick("2027-03-08T14:00:00Z").await, ["cx-foundations 2027-03-06T09:00"]);
    desk.set("0 9 6 * *", "2027-03-08T15:00:00Z").await;
    assert_eq!(desk.tick("2027-03-08T15:00:01Z").await, [""; 0]);
    // Skipped before the weekend and asked again in it: still the same one.
    desk.set("0 9 5 * *", "2027-06-01T12:00:00Z").await;
    let skipped = desk.skip_next("2027-06-04T12:00:00Z").await;
    assert_eq!(skipped.map(|slot| slot.to_string()).as_deref(), Some("2027-06-07T09:00"));
    assert_eq!(desk.skip_next("2027-06-06T12:00:00Z").await, skipped);
}

/// Waits until the outbox holds `count` messages.
async fn until_posted(desk: &Desk, count: usize) {
    let waiting = async {
        while desk.posts().await.len() < count {
            tokio::task::yield_now().await;
        }
    };
    let in_time = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert!(in_time.is_ok(), "only {:?} of {count}", desk.posts().await);
}

async fn the_loop_wakes_for_the_clock_and_for_news_and_stops(store: Store) {
    let desk = desk(&store);
    desk.set("0 9 * * tue", "2026-11-23T12:00:00Z").await;
    let stop = CancellationToken::new();
    let runner = Runner::new(desk.services.clone(), vec![Arc::new(desk.job.clone())]);
    let running = tokio::spawn({
        let stop = stop.clone();
        async move { runner.run(stop).await }
    });
    desk.services.clock.set(at("2026-11-24T14:00:00Z"));
    until_posted(&desk, 1).await;
    desk.once("news", "2026-11-24T13:00:00Z", serde_json::Value::Null).await;
    until_posted(&desk, 2).await;
    desk.services.clock.advance(TimeDelta::days(7));
    until_posted(&desk, 3).await;
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(10), running).await.expect("it stops").unwrap();
}

/// Two processes, as far as the database can tell: each its own store on the same database.
async fn two_processes_run_each_occasion_once(fixture: Fixture) {
    let other = Store::connect(&fixture.url).await.unwrap();
    let (one, two) = (desk(&fixture.store), desk(&other));
    for day in 0..40 {
        let key: &'static str = format!("thing {day}").leak();
        one.once(key, "2026-11-24T14:00:00Z", serde_json::Value::Null).await;
    }
    one.set_new(NewSchedule { catch_up_minutes: 60 * 24 * 60, ..every("0 9 * * *", KEY) }, "2026-11-23T12:00:00Z")
        .await;
    // The outbox refuses a second post for the same occasion, so running one twice would show as a fault.
    let now = at("2026-12-10T12:00:00Z");
    let (first, second) = tokio::join!(one.runner.tick(now), two.runner.tick(now));
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!(first.put_off + second.put_off, 0);
    assert_eq!(first.failed.len() + second.failed.len(), 0);
    // Eight days of November and nine of December at 09:00, less Thanksgiving Day.
    assert_eq!(first.ran + second.ran, 40 + 8 + 9 - 1);
    assert_eq!(first.skipped + second.skipped, 1);
    assert_eq!(one.posts().await.len(), first.ran + second.ran);
    other.close().await;
}

#[tokio::test]
async fn two_processes_on_sqlite() {
    Box::pin(two_processes_run_each_occasion_once(crate::support::sqlite().await)).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn two_processes_on_postgres() {
    Box::pin(two_processes_run_each_occasion_once(crate::support::postgres().await)).await;
}
