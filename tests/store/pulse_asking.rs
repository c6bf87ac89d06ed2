//! Who is asked how often, and results by division: by hand, on both databases.

use chrono::TimeDelta;
use cxbot::ids::RoleId;
use cxbot::store::Store;
use serde_json::{Value, json};

use crate::pulse::{LEAD, World, member};

crate::on_both!(
    divisions_are_told_apart_as_far_as_nobody_can_be,
    divisions_are_frozen_when_a_pulse_opens,
    what_cannot_be_told_apart_is_declined_in_words,
    people_have_two_weeks_of_rest,
    an_administrator_may_hurry_and_the_reason_is_kept,
    a_group_and_its_part_are_not_asked_the_same,
    two_direct_messages_a_week_are_enough,
    customers_of_a_program_are_asked_by_their_role,
);

fn text(name: &str, value: &str) -> Value {
    json!({ "name": name, "type": 3, "value": value })
}

fn yes(name: &str) -> Value {
    json!({ "name": name, "type": 5, "value": true })
}

/// Numbers 1 to 9 are in Appeals, 10 to 16 in Claims, 17 to 19 at the front desk, 20 to 24 in no division.
async fn with_divisions(store: Store) -> World {
    let world = World::new(store).await;
    for number in 1..=19 {
        let division = match number {
            1..=9 => "Appeals",
            10..=16 => "Claims",
            _ => "Front desk",
        };
        world.on_roster(member(number), division).await;
    }
    world
}

async fn divisions_are_told_apart_as_far_as_nobody_can_be(store: Store) {
    let world = with_divisions(store).await;
    let told = world.runs(LEAD, "open", json!([text("pulse", "service-ease"), yes("by-division")])).await;
    assert!(told.contains("is on its way"), "{told}");
    let posted = world.left("pulse:1:open").await.unwrap();
    assert!(posted.contains("Also by division (Appeals, Claims, Front desk), by the same rule."), "{posted}");
    let promise = world.presses(member(1), "v1:pulse:promise:1").await;
    assert!(promise.contains("a score for each division (Appeals, Claims, Front desk)"), "{promise}");
    assert_eq!(world.rows_of("pulse_division_of").await, 19);
    for number in 1..=24 {
        world.answers(number, if number % 2 == 0 { "3" } else { "1" }).await;
    }
    world.services.clock.advance(TimeDelta::days(5));
    world.ticks().await;
    let result = world.left("pulse:1:result").await.unwrap();
    // Three at the front desk and somebody else have to hide together: the five in no division are the smallest that is shown.
    let line = "By division: Appeals **47** (9 answered) · Claims **54** (7 answered). The others are not shown";
    assert!(result.contains(line), "{result}");
    assert_eq!(world.results("service-ease").await, result, "the same rules everywhere");
    // What is hidden is nowhere, and neither is who was in which division.
    assert_eq!((world.rows_of("pulse_division_scores").await, world.rows_of("pulse_division_of").await), (2, 0));
}

async fn divisions_are_frozen_when_a_pulse_opens(store: Store) {
    let world = with_divisions(store).await;
    world.runs(LEAD, "open", json!([text("pulse", "service-ease"), yes("by-division")])).await;
    for number in 1..=24 {
        // A lead moves everybody to one division in the middle: it changes nothing.
        world.on_roster(member(number), "Claims").await;
        world.answers(number, if number % 2 == 0 { "3" } else { "1" }).await;
    }
    let world = world.restarted();
    world.answers(1, "1").await;
    world.services.clock.advance(TimeDelta::days(5));
    world.ticks().await;
    let result = world.left("pulse:1:result").await.unwrap();
    assert!(result.contains("Appeals **47** (9 answered) · Claims **54** (7 answered)"), "{result}");
}

async fn what_cannot_be_told_apart_is_declined_in_words(store: Store) {
    let world = World::new(store).await;
    let open = |options: Value| world.runs(LEAD, "open", options);
    let told = open(json!([text("pulse", "service-ease"), yes("by-division")])).await;
    assert!(told.contains("need at least two divisions on the roster"), "{told}");
    for number in 1..=10 {
        world.on_roster(member(number), if number % 2 == 0 { "Claims" } else { "claims " }.trim()).await;
    }
    let told = open(json!([text("pulse", "service-ease"), yes("by-division")])).await;
    assert!(told.contains("at least two divisions"), "however its letters are written: {told}");
    world.on_roster(member(11), "Appeals").await;
    for with in [yes("named"), text("division", "Claims")] {
        let told = open(json!([text("pulse", "service-ease"), yes("by-division"), with])).await;
        assert!(told.contains("ask everybody or a role"), "{told}");
    }
    for number in 0..12 {
        world.on_roster(member(100 + number), &format!("Division {number}")).await;
    }
    let told = open(json!([text("pulse", "service-ease"), yes("by-division")])).await;
    assert!(told.contains("can tell 12 divisions apart"), "{told}");
    assert_eq!((world.keys(), world.rows_of("pulses").await), (0, 0));
}

async fn people_have_two_weeks_of_rest(store: Store) {
    let world = with_divisions(store).await;
    assert!(world.opens("service-ease").await.contains("is on its way"));
    world.services.clock.advance(TimeDelta::days(13));
    for options in [
        json!([text("pulse", "time-well-spent")]),
        json!([text("pulse", "time-well-spent"), text("division", "Appeals")]),
        json!([text("pulse", "time-well-spent"), { "name": "role", "type": 8, "value": "7" }]),
    ] {
        let told = world.runs(LEAD, "open", options).await;
        assert!(told.starts_with("Refused: These people were asked only recently (“Service ease”)."), "{told}");
        // Monday 7 December, 00:00 in New York.
        assert!(told.contains("It is possible again from <t:1796619600:D>."), "{told}");
    }
    // A few questions after a lesson are part of the lesson.
    assert!(world.opens("session-feedback").await.contains("is on its way"));
    world.services.clock.advance(TimeDelta::days(1));
    assert!(world.opens("time-well-spent").await.contains("is on its way"));
}

async fn an_administrator_may_hurry_and_the_reason_is_kept(store: Store) {
    let world = World::new(store).await;
    world.opens("service-ease").await;
    let hurry = json!([text("pulse", "time-well-spent"), text("over-budget", "The move was brought forward")]);
    let told = world.runs(LEAD, "open", hurry.clone()).await;
    assert!(told.contains("Only somebody who may manage this server"), "{told}");
    assert!(world.runs_as_admin("open", hurry).await.contains("is on its way"));
    let kept: Vec<Option<String>> = world.column("select budget_reason from pulses order by pulse_id").await;
    assert_eq!(kept, [None, Some("The move was brought forward".into())]);
}

async fn a_group_and_its_part_are_not_asked_the_same(store: Store) {
    let world = with_divisions(store).await;
    let appeals = json!([text("pulse", "service-ease"), text("division", "Appeals")]);
    assert!(world.runs(LEAD, "open", appeals).await.contains("is on its way"));
    for number in 1..=6 {
        world.answers(number, "3").await;
    }
    world.services.clock.advance(TimeDelta::days(20));
    world.ticks().await;
    world.acts(1).await;
    let everybody = json!([text("pulse", "service-ease"), text("over-budget", "Hurry")]);
    let told = world.runs_as_admin("open", everybody.clone()).await;
    assert!(told.contains("was put to the division Appeals on"), "no reason helps: {told}");
    world.services.clock.advance(TimeDelta::days(10));
    assert!(world.runs_as_admin("open", everybody).await.contains("is on its way"));
}

async fn two_direct_messages_a_week_are_enough(store: Store) {
    let world = World::new(store).await;
    for number in 1..=3 {
        world.on_roster(member(number), "Claims").await;
    }
    world.changes("update people set direct_messages = true".into()).await;
    world.opens("service-ease").await;
    // Two messages of other kinds this week for the first, one for the second, two for the third but long ago.
    let direct = |number: u64, key: &str, day: &str| {
        format!(
            "insert into outbox (guild_id, key, kind, target_id, body, due_at, version, attempts)
             values ({}, '{key}', 'direct', {}, '{{}}', '{day}T15:00:00+00:00', 1, 0)",
            crate::pulse::GUILD.0,
            member(number).0
        )
    };
    for sql in [
        direct(1, "a", "2026-11-23"),
        direct(1, "b", "2026-11-24"),
        direct(2, "c", "2026-11-24"),
        direct(3, "d", "2026-11-02"),
        direct(3, "e", "2026-11-02"),
    ] {
        world.changes(sql).await;
    }
    world.services.clock.advance(TimeDelta::hours(46));
    world.ticks().await;
    let reminded: Vec<i64> =
        world.column("select target_id from outbox where key like 'pulse:1:remind:1:%' order by target_id").await;
    assert_eq!(reminded, [2, 3].map(|number| i64::try_from(member(number).0).unwrap()));
}

async fn customers_of_a_program_are_asked_by_their_role(store: Store) {
    let world = World::new(store).await;
    let programs = cxbot::programs::load(&world.services.content).unwrap();
    let program =
        programs.iter().find(|program| program.audience == cxbot::programs::Audience::Agency).unwrap().clone();
    world
        .services
        .store
        .write(move |tx| Box::pin(async move { cxbot::programs::sync(tx, &programs).await.map(|_| ()) }))
        .await
        .unwrap();
    let told = world.opens("a11-drivers").await;
    assert!(told.contains("has to know which. Say whose customers you ask with `customers-of:`"), "{told}");
    let of = |program: &str| json!([text("pulse", "a11-drivers"), text("customers-of", program)]);
    assert!(world.runs(LEAD, "open", of("no-such")).await.contains("is not in the inventory"));
    assert!(world.runs(LEAD, "open", of(&program.key)).await.contains("Name the role that the customers"));
    let role = RoleId(77);
    let options = json!([text("pulse", "a11-drivers"), text("customers-of", &program.key), { "name": "role", "type": 8, "value": "77" }]);
    let told = world.runs(LEAD, "open", options).await;
    assert!(told.contains(&format!("“Customer drivers (A-11) ({})”", program.name)), "{told}");
    let posted = world.left("pulse:1:open").await.unwrap();
    assert!(posted.contains(&format!("Asked: customers of {} (the role <@&77>).", program.name)), "{posted}");

    assert!(world.presses(member(1), "v1:pulse:start:1").await.contains("and you are not among them"));
    for number in 1..=6 {
        let roles = [role];
        let presses = |id: &'static str| world.presses_with(member(number), &roles, id);
        let first = presses("v1:pulse:show:1:0").await;
        assert!(first.contains(&format!("the service I received from {}.", program.name)), "{first}");
        presses("v1:pulse:give:1:0:4").await;
        assert!(presses("v1:pulse:send:1").await.contains("Your answers are sealed."));
    }
    world.services.clock.advance(TimeDelta::days(10));
    world.ticks().await;
    let counts = world.counts().await;
    assert_eq!(counts.len(), 1);
    assert_eq!((counts[0].program.as_deref(), &*counts[0].audience), (Some(&*program.key), "customers"));
}
