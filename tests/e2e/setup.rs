//! The first day on a server: the hello, `/setup`, and what `/help` says to whom.

use cxbot::emulator::{ChannelSeed, permissions};
use serde_json::json;

use crate::harness::{Database, World};

crate::stories!(
    an_administrator_sets_the_bot_up_and_comes_back_later,
    somebody_who_may_not_is_told_kindly,
    a_server_that_the_bot_joins_later_is_greeted_once,
    help_fits_the_person_who_asks,
);

async fn an_administrator_sets_the_bot_up_and_comes_back_later(on: Database) {
    let world = World::start_bare(on).await;
    let ada = world.member("Ada");
    let mut screens = vec![format!("── #general\n{}", ada.sees())];
    world.settle().await;
    screens[0] = format!("── #general\n{}", ada.sees());
    let id = |name| world.channel(name).to_string();
    screens.push(ada.presses("Set up cxbot").await.is_private().text());
    screens.push(ada.presses("Start").await.text());
    for (placeholder, channel) in [
        ("Channel for lessons", "lessons"),
        ("Channel for pulses", "pulse"),
        ("Channel for recognition", "recognition"),
    ] {
        ada.picks(placeholder, &[&id(channel)]).await;
    }
    screens.push(ada.presses("Next").await.text());
    let role = world.emulator.world(|seed| seed.role_by_name(world.guild, "CX lead")).unwrap().to_string();
    ada.picks("Role of the leads", &[&world.guild.to_string()]).await.says("everybody on the server");
    screens.push(ada.picks("Role of the leads", &[&role]).await.text());
    ada.presses("Next").await;
    let form = ada.picks("Time zone of the group", &["another"]).await.form().clone();
    ada.submits(&form, json!({"zone": "Mars"})).await.says("no time zone called");
    let form = ada.picks("Time zone of the group", &["another"]).await.form().clone();
    ada.submits(&form, json!({"zone": "Chicago"})).await.says("Chicago");
    screens.push(ada.presses("Next").await.text());
    ada.presses("Post a test line").await.says("on its way");
    world.settle().await;
    screens.push(ada.presses("Look again").await.text());
    screens.push(ada.presses("Finish").await.text());

    // Lea is a lead from this moment on.
    world.member("Lea").runs("/recognition queue").await.is_private().says("No nomination waits");
    // Again, months later: the choices are kept.
    screens.push(format!("── again\n{}", ada.runs("/setup").await.is_private().text()));
    insta::assert_snapshot!("setup", screens.join("\n\n"));
    world.end().await;
}

async fn somebody_who_may_not_is_told_kindly(on: Database) {
    let world = World::start_bare(on).await;
    world.settle().await;
    let ana = world.member("Ana");
    ana.presses("Set up cxbot").await.is_private().says("takes somebody who may manage this server");
    let refused = ana.person.run(ana.channel, "setup", json!({}));
    assert!(refused.is_err(), "Discord itself shows /setup only to those who may manage the server");
    ana.runs("/recognition queue").await.is_private().says("Only leads can do this");
    // Before anybody has chosen a channel, the sentence says what to do.
    world.member("Ada").runs("/lesson post lesson:what-cx-is").await.is_private().says("/setup");
    world.end().await;
}

async fn a_server_that_the_bot_joins_later_is_greeted_once(on: Database) {
    let mut world = World::start(on).await;
    let (guild, lobby, owner) = world.emulator.change(|seed| {
        let owner = seed.add_user("Olga");
        let guild = seed.add_guild("Parks Agency", owner);
        let lobby = seed.add_channel(guild, ChannelSeed::text("lobby"));
        seed.add_bot(guild, permissions::BOT);
        (guild, lobby, owner)
    });
    let hellos = || {
        let messages = world.emulator.messages(lobby, owner);
        messages.iter().filter(|message| message.content.contains("Hello! I am **cxbot**")).count()
    };
    let greeted = world.emulator.when(crate::harness::DEADLINE, || (hellos() == 1).then_some(())).await;
    greeted.expect("the new server is greeted");
    world.restart().await;
    world.emulator.change(|seed| seed.remove_bot(guild));
    world.emulator.change(|seed| seed.add_bot(guild, permissions::BOT));
    // The other server goes on as if nothing had happened, and this one works too.
    world.member("Ana").runs("/help").await.is_private();
    let asked = world.emulator.person(owner).run(lobby, "help", json!({})).unwrap();
    let told = world.emulator.settled(asked, crate::harness::DEADLINE).await.as_text();
    assert!(told.contains("run `/setup`"), "{told}");
    world.settle().await;
    let messages = world.emulator.messages(lobby, owner);
    assert_eq!(messages.iter().filter(|message| message.content.contains("Hello! I am")).count(), 1, "greeted once");
    world.end().await;
}

async fn help_fits_the_person_who_asks(on: Database) {
    let world = World::start(on).await;
    let mut screens = Vec::new();
    for name in ["Ana", "Lea", "Ada"] {
        let member = world.member(name);
        let shown = member.runs("/help").await.is_private().text();
        // Nothing that a lead or an administrator may do is missing, however much there is. (Discord shows members the commands of leads
        // too; what help shows a member is in the snapshot.)
        let slash =
            world.emulator.commands(member.channel, member.id).into_iter().filter(|command| command.kind == "slash");
        for command in slash.filter(|command| name != "Ana" && command.path != "help") {
            assert!(
                shown.contains(&format!("`/{}`", command.path)),
                "/{} is not in the help of {name}:\n{shown}",
                command.path
            );
        }
        assert!(shown.contains("`/me`"), "the last of all is there:\n{shown}");
        screens.push(format!("── {name}\n{shown}"));
    }
    insta::assert_snapshot!("help", screens.join("\n\n"));
    world.end().await;
}
