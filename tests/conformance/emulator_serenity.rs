//! The real serenity client against the emulator: log in, register, answer, edit, post files, survive a lost gateway.

use std::sync::Arc;
use std::time::Duration;

use cxbot::clock::Clock;
use cxbot::emulator::{ChannelSeed, Emulator, Id, Outcome, World, permissions};
use serde_json::json;
use serenity::all::{
    ActionRowComponent, AutocompleteChoice, ButtonStyle, ChannelId, CommandOptionType, Context, CreateActionRow,
    CreateAttachment, CreateAutocompleteResponse, CreateButton, CreateCommand, CreateCommandOption, CreateInputText,
    CreateInteractionResponse, CreateInteractionResponseMessage, CreateMessage, CreateModal, CreateSelectMenu,
    CreateSelectMenuKind, CreateThread, EditInteractionResponse, Event, EventHandler, GatewayIntents, Guild,
    HttpBuilder, InputTextStyle, Interaction, RawEventHandler, Ready,
};
use serenity::client::ClientBuilder;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const SOON: Duration = Duration::from_mins(1);

struct Bot {
    heard: UnboundedSender<String>,
}

#[serenity::async_trait]
impl RawEventHandler for Unknowns {
    async fn raw_event(&self, _: Context, event: Event) {
        if let Event::Unknown(unknown) = event {
            let _ = self.heard.send(format!("unknown {}", unknown.kind));
        }
    }
}

struct Unknowns {
    heard: UnboundedSender<String>,
}

fn say(text: &str) -> CreateInteractionResponseMessage {
    CreateInteractionResponseMessage::new().content(text)
}

#[serenity::async_trait]
impl EventHandler for Bot {
    async fn ready(&self, ctx: Context, _: Ready) {
        let commands = vec![
            CreateCommand::new("ping").description("Answers."),
            CreateCommand::new("slow").description("Thinks."),
            CreateCommand::new("ask").description("Shows a form."),
            CreateCommand::new("pick").description("Suggests.").add_option(
                CreateCommandOption::new(CommandOptionType::Integer, "number", "Which")
                    .set_autocomplete(true)
                    .required(true),
            ),
        ];
        let registered = serenity::all::Command::set_global_commands(&ctx.http, commands).await.unwrap();
        let _ = self.heard.send(format!("registered {}", registered.len()));
    }

    async fn guild_create(&self, _: Context, guild: Guild, _: Option<bool>) {
        let _ = self.heard.send(format!("guild {} with {} channels", guild.name, guild.channels.len()));
    }

    async fn interaction_create(&self, ctx: Context, interaction: Interaction) {
        match interaction {
            Interaction::Command(command) => match command.data.name.as_str() {
                "ping" => {
                    let button = CreateButton::new("again").label("Again").style(ButtonStyle::Primary);
                    let select = CreateSelectMenu::new("who", CreateSelectMenuKind::User { default_users: None });
                    let rows = vec![CreateActionRow::Buttons(vec![button]), CreateActionRow::SelectMenu(select)];
                    let answer = CreateInteractionResponse::Message(say("pong").components(rows));
                    command.create_response(&ctx.http, answer).await.unwrap();
                    assert_eq!(command.get_response(&ctx.http).await.unwrap().content, "pong");
                }
                "slow" => {
                    command.defer_ephemeral(&ctx.http).await.unwrap();
                    let file = CreateAttachment::bytes(b"a,b".to_vec(), "a.csv").description("figures");
                    let edit = EditInteractionResponse::new().content("done").new_attachment(file);
                    command.edit_response(&ctx.http, edit).await.unwrap();
                }
                _ => {
                    let input = CreateInputText::new(InputTextStyle::Short, "Why?", "why");
                    let form = CreateModal::new("form", "Form").components(vec![CreateActionRow::InputText(input)]);
                    command.create_response(&ctx.http, CreateInteractionResponse::Modal(form)).await.unwrap();
                }
            },
            Interaction::Autocomplete(typing) => {
                let typed = typing.data.autocomplete().unwrap().value.to_owned();
                let choices = CreateAutocompleteResponse::new().set_choices(vec![AutocompleteChoice::new(typed, 7)]);
                typing.create_response(&ctx.http, CreateInteractionResponse::Autocomplete(choices)).await.unwrap();
            }
            Interaction::Component(pressed) => {
                let update = CreateInteractionResponse::UpdateMessage(say("updated").components(Vec::new()));
                pressed.create_response(&ctx.http, update).await.unwrap();
            }
            Interaction::Modal(submitted) => {
                let ActionRowComponent::InputText(input) = &submitted.data.components[0].components[0] else {
                    panic!("not a text input")
                };
                let text = input.value.clone().unwrap();
                submitted.create_response(&ctx.http, CreateInteractionResponse::Message(say(&text))).await.unwrap();
            }
            _ => {}
        }
    }

    async fn resume(&self, _: Context, _: serenity::all::ResumedEvent) {
        let _ = self.heard.send("resumed".to_owned());
    }
}

async fn next(heard: &mut UnboundedReceiver<String>) -> String {
    tokio::time::timeout(SOON, heard.recv()).await.expect("the bot stays silent").unwrap()
}

#[tokio::test]
async fn serenity_plays_every_part_and_understands_every_event() {
    let clock = Clock::system();
    let mut world = World::new("cxbot", clock.now());
    let ana = world.add_user("Ana");
    let guild = world.add_guild("Benefits Agency", ana);
    let general = world.add_channel(guild, ChannelSeed::text("general"));
    world.add_bot(guild, permissions::BOT);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let emulator = Emulator::start(listener, clock, world).unwrap();

    let (tell, mut heard) = unbounded_channel();
    let http = HttpBuilder::new(emulator.token()).proxy(emulator.api_base()).ratelimiter_disabled(true).build();
    let intents = GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::DIRECT_MESSAGES;
    let mut client = ClientBuilder::new_with_http(http, intents)
        .event_handler(Bot { heard: tell.clone() })
        .raw_event_handler(Unknowns { heard: tell })
        .await
        .unwrap();
    let shards = Arc::clone(&client.shard_manager);
    let http = Arc::clone(&client.http);
    let running = tokio::spawn(async move { client.start().await });

    let mut first = [next(&mut heard).await, next(&mut heard).await];
    first.sort();
    assert_eq!(first, ["guild Benefits Agency with 1 channels", "registered 4"]);

    let person = emulator.person(ana);
    let asked = person.run(general, "ping", json!({})).unwrap();
    let outcome = emulator.outcome(asked).await;
    let message = outcome.message().unwrap();
    assert_eq!(message.as_text(), "cxbot (Ana used /ping):\n  pong\n  [ Again ]\n  ( Choose a person v )\n");
    let pressed = person.select(message.id, "who", &[&ana.to_string()]).unwrap();
    assert!(matches!(emulator.outcome(pressed).await, Outcome::Updated(view) if view.content == "updated"));

    let asked = person.run(general, "slow", json!({})).unwrap();
    let settled = emulator.settled(asked, SOON).await;
    let file = &settled.message().unwrap().files[0];
    assert_eq!((file.name.as_str(), file.alt_text.as_deref()), ("a.csv", Some("figures")));

    let asked = person.run(general, "ask", json!({})).unwrap();
    assert_eq!(emulator.outcome(asked).await.modal().unwrap().title, "Form");
    let sent = person.submit(asked, json!({"why": "so"})).unwrap();
    assert_eq!(emulator.outcome(sent).await.message().unwrap().content, "so");

    let typed = person.autocomplete(general, "pick", "number", json!({"number": "12"})).unwrap();
    assert_eq!(emulator.outcome(typed).await.choices()[0].name, "12");

    let channel = ChannelId::new(general.get());
    let posted = channel.send_message(&http, CreateMessage::new().content("Lesson")).await.unwrap();
    channel.create_thread_from_message(&http, posted.id, CreateThread::new("Talk")).await.unwrap();
    let direct = serenity::all::UserId::new(ana.get()).create_dm_channel(&http).await.unwrap();
    direct.say(&http, "hello").await.unwrap();
    assert_eq!(emulator.direct_messages(ana).len(), 1);
    person.closes_direct_messages(true);
    let refused = direct.say(&http, "hello").await.unwrap_err();
    assert!(format!("{refused}").contains("Cannot send messages to this user"), "{refused}");

    emulator.drop_gateway();
    assert_eq!(next(&mut heard).await, "resumed");
    let asked = person.run(general, "ping", json!({})).unwrap();
    assert!(emulator.outcome(asked).await.message().is_some());
    emulator.send_reconnect();
    assert_eq!(next(&mut heard).await, "resumed");

    let later: Id = emulator.change(|world| {
        let guild = world.add_guild("Second", ana);
        world.add_bot(guild, permissions::BOT);
        guild
    });
    assert!(later > guild);
    assert_eq!(next(&mut heard).await, "guild Second with 0 channels");

    shards.shutdown_all().await;
    running.await.unwrap().unwrap();
    while let Some(said) = heard.recv().await {
        assert!(!said.starts_with("unknown"), "{said}");
    }
}
