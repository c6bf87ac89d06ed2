//! The server's choices, the roster, the tiers, and `/setup` from hello to done.

use chrono_tz::Tz;
use cxbot::discord::{Act, Call, Feature, Gate, Incoming, Joined, Person, Tier};
use cxbot::help::{Group, Help};
use cxbot::ids::{ChannelId, GuildId, InteractionId, RoleId, UserId};
use cxbot::on_db;
use cxbot::people::{self, Missing, PeopleGate, Roster, Setup};
use cxbot::recognition::Recognition;
use cxbot::store::Store;

use crate::stage::{GUILD, Player, noon, services};

crate::on_both!(
    a_server_is_noted_once_and_keeps_its_choices,
    the_roster_holds_who_joined_and_their_division,
    settings_of_a_person_need_a_person,
    tiers_follow_discord_and_the_stored_role,
    hello_is_said_once,
    setup_from_hello_to_done,
    setup_in_any_order_after_a_restart,
    test_lines_tell_what_became_of_them,
    help_names_the_next_step,
    a_lead_notes_a_division,
);

async fn guild(store: &Store) -> people::GuildSettings {
    store.read(|tx| Box::pin(people::find_guild(tx, GUILD))).await.unwrap().unwrap()
}

async fn note(store: &Store, name: &'static str) {
    store.write(move |tx| Box::pin(people::record_guild(tx, GUILD, name, Tz::America__New_York))).await.unwrap();
}

async fn a_server_is_noted_once_and_keeps_its_choices(store: Store) {
    note(&store, "").await;
    note(&store, "CX group").await;
    store
        .write(|tx| {
            Box::pin(async move {
                people::choose_zone(tx, GUILD, Tz::America__Denver).await?;
                people::choose_lead_role(tx, GUILD, RoleId(9)).await?;
                for (purpose, channel) in
                    [(people::Purpose::Learning, 11), (people::Purpose::Pulse, 12), (people::Purpose::Recognition, 13)]
                {
                    people::choose_channel(tx, GUILD, purpose, ChannelId(channel)).await?;
                }
                people::finish_setup(tx, GUILD, noon()).await?;
                people::finish_setup(tx, GUILD, noon() + chrono::TimeDelta::days(1)).await
            })
        })
        .await
        .unwrap();
    note(&store, "").await;
    let settings = guild(&store).await;
    assert_eq!((settings.name.as_str(), settings.zone), ("CX group", Tz::America__Denver));
    assert_eq!((settings.learning_channel, settings.pulse_channel), (Some(ChannelId(11)), Some(ChannelId(12))));
    assert_eq!((settings.recognition_channel, settings.lead_role), (Some(ChannelId(13)), Some(RoleId(9))));
    assert_eq!((settings.set_up_at, settings.missing()), (Some(noon()), vec![]));
}

async fn the_roster_holds_who_joined_and_their_division(store: Store) {
    let today = noon().date_naive();
    let (first, again, size) = store
        .write(move |tx| {
            Box::pin(async move {
                let first = people::join(tx, GUILD, UserId(2), today).await?;
                let again = people::join(tx, GUILD, UserId(2), today + chrono::TimeDelta::days(1)).await?;
                people::join(tx, GuildId(99), UserId(2), today).await?;
                people::set_division(tx, GUILD, UserId(3), Some("Benefits"), today).await?;
                Ok((first, again, people::roster_size(tx, GUILD).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!((first, again, size), (true, false, 2));
    let find = |user| store.read(move |tx| Box::pin(people::find_member(tx, GUILD, UserId(user))));
    let (second, third) = (find(2).await.unwrap().unwrap(), find(3).await.unwrap().unwrap());
    assert_eq!((second.joined_on, second.division), (today, None));
    assert_eq!(third.division.as_deref(), Some("Benefits"));
    assert_eq!(find(4).await.unwrap(), None);
}

async fn settings_of_a_person_need_a_person(store: Store) {
    let today = noon().date_naive();
    let (absent, present) = store
        .write(move |tx| {
            Box::pin(async move {
                let absent = people::set_direct_messages(tx, GUILD, UserId(2), true).await?
                    || people::set_no_reminders(tx, GUILD, UserId(2), true).await?;
                people::join(tx, GUILD, UserId(2), today).await?;
                people::set_direct_messages(tx, GUILD, UserId(2), true).await?;
                people::set_no_reminders(tx, GUILD, UserId(2), true).await?;
                Ok((absent, people::find_member(tx, GUILD, UserId(2)).await?.unwrap()))
            })
        })
        .await
        .unwrap();
    assert!(!absent);
    assert!(present.direct_messages && present.no_reminders);
}

async fn tiers_follow_discord_and_the_stored_role(store: Store) {
    let services = services(store.clone());
    let tier = async |roles: &[u64], manages_server, guild| {
        let data = serde_json::from_value(serde_json::json!({"id": "5", "name": "help", "type": 1})).unwrap();
        let incoming = Incoming {
            id: InteractionId(1),
            person: Person {
                user: UserId(2),
                name: "Ben".into(),
                roles: roles.iter().copied().map(RoleId).collect(),
                manages_server,
            },
            guild,
            channel: ChannelId(1),
            locale: "en-US".into(),
            act: Act::Command(Call { path: "help".into(), data }),
        };
        PeopleGate::default().tier(&services, &incoming).await.unwrap()
    };
    assert_eq!(tier(&[9], false, Some(GUILD)).await, Some(Tier::Member), "nothing stored yet");
    note(&store, "CX group").await;
    store.write(|tx| Box::pin(people::choose_lead_role(tx, GUILD, RoleId(9)))).await.unwrap();
    assert_eq!(tier(&[], false, Some(GUILD)).await, Some(Tier::Member));
    assert_eq!(tier(&[8], false, Some(GUILD)).await, Some(Tier::Member));
    assert_eq!(tier(&[8, 9], false, Some(GUILD)).await, Some(Tier::Lead));
    assert_eq!(tier(&[], true, Some(GUILD)).await, Some(Tier::Admin));
    assert_eq!(tier(&[9], false, Some(GuildId(99))).await, Some(Tier::Member), "a role counts on its own server");
    assert_eq!(tier(&[9], true, None).await, None, "nobody has a tier in a direct message");
}

async fn hello_is_said_once(store: Store) {
    let services = services(store.clone());
    let mut joined =
        Joined { guild: GUILD, name: "CX group".into(), owner: UserId(2), first_channel: None, accounts: 0 };
    Setup.on_joined(&services, &joined).await.unwrap();
    assert_eq!(hellos(&store).await, 0, "nowhere to say it yet");
    joined.first_channel = Some(ChannelId(5));
    Setup.on_joined(&services, &joined).await.unwrap();
    joined.name = "Customer Experience".into();
    Setup.on_joined(&services, &joined).await.unwrap();
    assert_eq!(hellos(&store).await, 1);
    assert_eq!(guild(&store).await.name, "Customer Experience");
}

async fn hellos(store: &Store) -> i64 {
    store
        .read(|tx| {
            Box::pin(async move {
                let sql = "select count(*) from outbox where key = 'hello:1'";
                Ok(on_db!(tx, conn => sqlx::query_scalar(sql).fetch_one(conn).await?))
            })
        })
        .await
        .unwrap()
}

async fn setup_from_hello_to_done(store: Store) {
    let services = services(store.clone());
    let mut member = Player::new(&Setup, &services, 2, Tier::Member);
    let refusal = member.presses_id("v1:setup:begin").await.unwrap_err();
    assert!(refusal.contains("Manage Server"), "{refusal}");

    let mut admin = Player::new(&Setup, &services, 3, Tier::Admin);
    admin.presses_id("v1:setup:begin").await.unwrap();
    assert_eq!(admin.way, "Say", "the hello itself stays as it is");
    admin.presses("Start").await.unwrap();
    assert_eq!(admin.way, "Update");
    admin.picks("Channel for lessons", "11").await.unwrap();
    admin.picks("Channel for pulses", "12").await.unwrap();
    admin.picks("Channel for recognition", "12").await.unwrap();
    admin.presses("Next").await.unwrap();
    admin.picks("Role of the leads", &GUILD.to_string()).await.unwrap();
    assert!(admin.shown.text.starts_with("That role is everybody"), "{}", admin.shown.text);
    assert_eq!(guild(&store).await.missing(), [Missing::LeadRole]);
    admin.picks("Role of the leads", "9").await.unwrap();
    admin.presses("Next").await.unwrap();
    admin.picks("Time zone", "another").await.unwrap();
    assert_eq!(admin.way, "Ask");
    admin.submits(&[("zone", "Chicgao")]).await.unwrap();
    assert!(admin.shown.text.contains("America/Chicago"), "{}", admin.shown.text);
    admin.picks("Time zone", "another").await.unwrap();
    admin.submits(&[("zone", "lord howe")]).await.unwrap();
    admin.presses("Next").await.unwrap();
    assert!(admin.shown.text.contains("Nothing is missing."), "{}", admin.shown.text);
    admin.presses("Finish").await.unwrap();
    let settings = guild(&store).await;
    assert_eq!((settings.zone, settings.lead_role), (Tz::Australia__Lord_Howe, Some(RoleId(9))));
    assert_eq!((settings.learning_channel, settings.recognition_channel), (Some(ChannelId(11)), Some(ChannelId(12))));
    assert_eq!(settings.set_up_at, Some(noon()));
}

async fn setup_in_any_order_after_a_restart(store: Store) {
    // Every screen stands on the database and its control ids alone, so a new process goes on where the old one stopped.
    let before = services(store.clone());
    let mut admin = Player::new(&Setup, &before, 3, Tier::Admin);
    admin.runs("setup", None).await.unwrap();
    admin.presses("Start").await.unwrap();
    let channels = admin.shown.clone();
    let after = services(store.clone());
    let mut admin = Player::new(&Setup, &after, 3, Tier::Admin);
    admin.shown = channels;
    admin.picks("Channel for pulses", "12").await.unwrap();
    admin.presses("Back").await.unwrap();
    assert!(
        admin
            .shown
            .text
            .contains("Still missing: a channel for lessons, a channel for recognition and a role for leads.")
    );
    admin.presses_id("v1:setup:done").await.unwrap();
    assert!(admin.shown.text.starts_with("**Saved for now.**"), "{}", admin.shown.text);
}

async fn test_lines_tell_what_became_of_them(store: Store) {
    let services = services(store.clone());
    let mut admin = Player::new(&Setup, &services, 3, Tier::Admin);
    admin.presses_id("v1:setup:show:review").await.unwrap();
    assert!(!admin.shown.as_text().contains("test line"), "nothing chosen, nothing to test");
    for (purpose, channel) in [("learning", "11"), ("pulse", "12"), ("recognition", "12")] {
        admin.presses_id("v1:setup:show:channels").await.unwrap();
        let menu = if purpose == "learning" { "lessons" } else { purpose };
        let menu = if menu == "pulse" { "pulses" } else { menu };
        admin.picks(&format!("Channel for {menu}"), channel).await.unwrap();
    }
    admin.presses_id("v1:setup:show:review").await.unwrap();
    admin.presses("Post a test line").await.unwrap();
    assert_eq!(admin.shown.text.matches("on its way").count(), 2);
    // What the sender would record: one arrived, one was given up.
    store
        .write(|tx| {
            Box::pin(async move {
                let arrived =
                    "update outbox set sent_at = due_at, channel_id = target_id, message_id = 500 where target_id = 11";
                let failed =
                    "update outbox set failed_at = due_at, failure = 'Discord does not let me' where target_id = 12";
                on_db!(tx, conn => sqlx::query(arrived).execute(conn).await?.rows_affected());
                on_db!(tx, conn => sqlx::query(failed).execute(conn).await?.rows_affected());
                Ok(())
            })
        })
        .await
        .unwrap();
    admin.presses("Look again").await.unwrap();
    assert!(admin.shown.text.contains("<#11>: arrived"), "{}", admin.shown.text);
    assert!(
        admin.shown.text.contains("<#12>: I could not write there (Discord does not let me)"),
        "{}",
        admin.shown.text
    );
    admin.presses("Test again").await.unwrap();
    assert_eq!(admin.shown.text.matches("on its way").count(), 2);
}

async fn help_names_the_next_step(store: Store) {
    let services = services(store.clone());
    let recognition = Recognition::new(cxbot::sealed::Sealed::in_data_folder(std::path::Path::new("nowhere")));
    let help = Help::new(vec![Group::of("Recognition", &recognition), Group::of("This server", &Setup)]);
    let mut admin = Player::new(&help, &services, 3, Tier::Admin);
    admin.runs("help", None).await.unwrap();
    assert!(admin.shown.text.contains("run `/setup`") && admin.shown.as_text().contains("`/recognition queue`"));
    note(&store, "CX group").await;
    let mut member = Player::new(&help, &services, 2, Tier::Member);
    member.runs("help", None).await.unwrap();
    assert!(member.shown.text.contains("/nominate") && !member.shown.as_text().contains("queue"));
}

async fn a_lead_notes_a_division(store: Store) {
    let services = services(store.clone());
    let mut lead = Player::new(&Roster, &services, 3, Tier::Lead);
    lead.runs_with("roster division", Some((2, false)), &[("name", "Claims *East*")]).await.unwrap();
    assert_eq!(lead.shown.text, r"Noted: <@2> belongs to Claims \*East\*.");
    lead.runs("roster size", None).await.unwrap();
    assert!(lead.shown.text.starts_with("1 person is on the roster"), "{}", lead.shown.text);
    let division = || store.read(|tx| Box::pin(people::find_member(tx, GUILD, UserId(2))));
    assert_eq!(division().await.unwrap().unwrap().division.as_deref(), Some("Claims *East*"));
    lead.runs("roster division", Some((2, false))).await.unwrap();
    assert_eq!(division().await.unwrap().unwrap().division, None);
    let refusal = lead.runs("roster division", Some((9, true))).await.unwrap_err();
    assert!(refusal.starts_with("A bot belongs"), "{refusal}");
}
