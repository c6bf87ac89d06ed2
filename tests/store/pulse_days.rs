//! Bad days of a pulse that are not about its key: full disk, lost connection, a clock set back, people who come and go.

use chrono::TimeDelta;
use cxbot::ids::RoleId;
use cxbot::pulse::State;
use cxbot::store::Store;
use serde_json::json;

use crate::pulse::{GUILD, LEAD, World, member};

crate::on_both!(
    a_clock_set_back_takes_no_answer_and_posts_nothing_twice,
    who_leaves_or_moves_changes_neither_the_number_nor_what_was_sealed,
    an_emptied_role_leaves_a_result_that_says_too_few,
);

async fn a_clock_set_back_takes_no_answer_and_posts_nothing_twice(store: Store) {
    let world = World::new(store).await;
    world.opens("service-ease").await;
    for number in 1..=6 {
        world.answers(number, "3").await;
    }
    // An hour back while it is open: nothing happens, people can still answer.
    world.services.clock.set(world.services.clock.now() - TimeDelta::hours(1));
    world.ticks().await;
    assert!(world.answers(1, "4").await.starts_with("Your answer is sealed in place"));
    assert_eq!(world.state().await, State::Open);
    world.services.clock.advance(TimeDelta::days(6));
    world.ticks().await;
    let result = world.left("pulse:1:result").await.unwrap();
    let sent = world.rows_of("outbox").await;
    // Before the closing time again: closed is closed.
    world.services.clock.set(world.services.clock.now() - TimeDelta::days(3));
    world.ticks().await;
    assert!(world.answers(7, "0").await.contains("so this press changed nothing"));
    world.services.clock.advance(TimeDelta::days(4));
    world.ticks().await;
    assert_eq!((world.left("pulse:1:result").await.unwrap(), world.rows_of("outbox").await), (result, sent));
    assert_eq!(world.counts().await[0].counts.options, [0, 0, 0, 5, 1]);
}

async fn who_leaves_or_moves_changes_neither_the_number_nor_what_was_sealed(store: Store) {
    let world = World::new(store).await;
    for number in 1..=10 {
        world.on_roster(member(number), "Claims").await;
    }
    let claims = json!([
        { "name": "pulse", "type": 3, "value": "service-ease" },
        { "name": "division", "type": 3, "value": "Claims" }
    ]);
    assert!(world.runs(LEAD, "open", claims).await.contains("10 people can answer"));
    for number in 1..=6 {
        world.answers(number, "3").await;
    }
    // One leaves and is taken off the roster, all others are moved, somebody new comes.
    world.changes(format!("delete from people where guild_id = {} and user_id = {}", GUILD.0, member(1).0)).await;
    for number in 2..=10 {
        world.on_roster(member(number), "Appeals").await;
    }
    world.on_roster(member(20), "Claims").await;
    let world = world.restarted();
    assert!(
        world.answers(7, "3").await.starts_with("Your answer is sealed."),
        "asked at the opening, asked until the close"
    );
    assert!(world.answers(20, "0").await.contains("and you are not among them"));
    world.services.clock.advance(TimeDelta::days(5));
    world.ticks().await;
    let result = world.left("pulse:1:result").await.unwrap();
    assert!(result.contains("7 of 10 people answered (70 %)."), "{result}");
    assert_eq!(world.counts().await[0].counts.options, [0, 0, 0, 7, 0]);
    // An emptied division is told to the lead who asks it next.
    world.acts(1).await;
    world.changes("update people set division = null".into()).await;
    world.services.clock.advance(TimeDelta::days(30));
    let claims = json!([
        { "name": "pulse", "type": 3, "value": "service-ease" },
        { "name": "division", "type": 3, "value": "Claims" }
    ]);
    assert!(world.runs(LEAD, "open", claims).await.contains("Nobody on the roster is in the division “Claims”."));
}

async fn an_emptied_role_leaves_a_result_that_says_too_few(store: Store) {
    let world = World::new(store).await;
    let role = json!([
        { "name": "pulse", "type": 3, "value": "service-ease" },
        { "name": "role", "type": 8, "value": "7" }
    ]);
    assert!(world.runs(LEAD, "open", role).await.contains("is on its way"));
    for number in 1..=4 {
        let told = world.presses_with(member(number), &[RoleId(7)], "v1:pulse:answer:1:3").await;
        assert!(told.starts_with("Your answer is sealed."), "{told}");
    }
    // The role is deleted: nobody has it any more, and whoever answered cannot change it, but it counts.
    assert!(world.answers(1, "0").await.contains("people with the role <@&7>, and you are not among them"));
    assert!(world.answers(5, "0").await.contains("you are not among them"));
    world.services.clock.advance(TimeDelta::days(5));
    world.ticks().await;
    let result = world.left("pulse:1:result").await.unwrap();
    assert!(result.contains("Fewer than 5 people answered, so nothing is shown and nothing was kept."), "{result}");
    assert_eq!((world.rows_of("survey_counts").await, world.keys()), (0, 0));
}

#[tokio::test]
async fn counts_that_cannot_be_written_leave_every_answer_where_it_is() {
    let fixture = crate::support::sqlite().await;
    let world = World::new(fixture.store.clone()).await;
    world.opens("service-ease").await;
    for number in 1..=12 {
        world.answers(number, "3").await;
    }
    world.services.clock.advance(TimeDelta::days(5));
    let full =
        "create trigger full before insert on survey_counts begin select raise(abort, 'database or disk is full'); end";
    world.changes(full.into()).await;
    world.ticks().await;
    assert_eq!((world.state().await, world.rows_of("sealed_ballots").await, world.keys()), (State::Closing, 12, 1));
    assert!(world.left("pulse:1:result").await.is_none());
    assert!(world.left("pulse:1:waits").await.unwrap().contains("the disk or the database of the bot has a problem"));
    world.changes("drop trigger full".into()).await;
    world.services.clock.advance(TimeDelta::minutes(2));
    world.ticks().await;
    assert!(world.left("pulse:1:result").await.unwrap().contains("12 people answered"));
    assert_eq!((world.state().await, world.rows_of("sealed_ballots").await, world.keys()), (State::Closed, 0, 0));
}

#[tokio::test]
async fn a_full_disk_at_the_close_makes_the_result_wait_and_loses_nothing() {
    let fixture = crate::support::sqlite().await;
    let world = World::new(fixture.store.clone()).await;
    world.opens("service-ease").await;
    for number in 1..=60 {
        world.answers(number, if number % 2 == 0 { "3" } else { "1" }).await;
    }
    world.services.clock.advance(TimeDelta::days(5));
    world.fills_the_disk().await;
    world.tries_ticks().await;
    assert_ne!(world.state().await, State::Closed, "a result with its picture needs room");
    assert!(world.left("pulse:1:result").await.is_none());
    // After a restart nothing is better, and nothing worse.
    let world = world.restarted();
    world.tries_ticks().await;
    assert!(world.counts().await.is_empty());
    world.empties_the_disk().await;
    for _ in 0..4 {
        world.services.clock.advance(TimeDelta::hours(1));
        world.ticks().await;
    }
    assert_eq!(world.state().await, State::Closed);
    assert!(world.left("pulse:1:result").await.unwrap().contains("60 people answered"));
    assert_eq!((world.rows_of("sealed_ballots").await, world.keys()), (0, 0));
}

#[tokio::test]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn a_connection_lost_in_mid_cast_keeps_every_answer_that_was_acknowledged() {
    let fixture = crate::support::postgres().await;
    let world = World::new(fixture.store.clone()).await;
    world.opens("service-ease").await;
    let mut acknowledged = 0;
    for number in 1..=40 {
        if number % 8 == 0 {
            lose_connections(&fixture.url).await;
        }
        // A press that fails is told so by the dispatcher, with a reference; pressing again is what people do.
        for _ in 0..5 {
            if world.tries(member(number), "v1:pulse:answer:1:3").await {
                acknowledged += 1;
                break;
            }
        }
    }
    assert_eq!(acknowledged, 40, "the connection comes back by itself");
    assert_eq!(world.rows_of("sealed_ballots").await, 40);
    world.services.clock.advance(TimeDelta::days(5));
    lose_connections(&fixture.url).await;
    // The first step of the closing may fail; the schedule tries again.
    for _ in 0..5 {
        if world.tries_ticks().await && world.state().await == State::Closed {
            break;
        }
        world.services.clock.advance(TimeDelta::minutes(5));
    }
    assert!(world.left("pulse:1:result").await.unwrap().contains("40 people answered"));
}

/// What a failover does to a client: every connection to this database is cut.
async fn lose_connections(url: &str) {
    use sqlx::Connection;
    let mut other = sqlx::PgConnection::connect(url).await.unwrap();
    let sql = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let cut: i64 = sqlx::query_scalar(sql).fetch_one(&mut other).await.unwrap();
    assert!(cut > 0, "there was a connection to cut");
}
