//! The bot on the gateway: hears what happens, hands it to the dispatcher, stays connected, stops cleanly.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use serenity::client::{ClientBuilder, Context, RawEventHandler};
use serenity::gateway::GatewayError;
use serenity::model::channel::ChannelType;
use serenity::model::event::Event;
use serenity::model::gateway::GatewayIntents;
use serenity::model::guild::Guild;
use serenity::model::permissions::Permissions;
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::serve;
use super::command::keep_registered;
use super::rest::Rest;
use super::{Connection, Dispatcher, Joined, describe};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, UserId};

/// How long answers in hand may take when cxbot stops.
const LAST_WORDS: Duration = Duration::from_secs(10);
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How many servers are looked after at once. After a start all of them come within a moment, each with its whole description.
const MOST_JOINING: usize = 32;
/// When to say that the connection takes long.
const WORRY: Duration = Duration::from_secs(15);

/// The bot. Cloning it is cheap; every clone is the same bot.
#[derive(Clone)]
pub struct Bot {
    connection: Connection,
    listener: Arc<Listener>,
}

/// Hears every event. The only handler, and a raw one: it also hears the events that serenity could not read, and serenity copies
/// each event once for every handler.
struct Listener {
    dispatcher: Arc<Dispatcher>,
    rest: Rest,
    in_hand: TaskTracker,
    joining: Semaphore,
    application: watch::Sender<Option<u64>>,
    registering: AtomicBool,
    unreadable: AtomicU64,
    stop: CancellationToken,
}

impl Bot {
    /// Puts the dispatcher on this connection. Nothing is sent before [`Bot::run`].
    #[must_use]
    pub fn connect(connection: &Connection, dispatcher: Arc<Dispatcher>) -> Self {
        let listener = Arc::new(Listener {
            dispatcher,
            rest: connection.rest().clone(),
            in_hand: TaskTracker::new(),
            joining: Semaphore::new(MOST_JOINING),
            application: watch::Sender::new(None),
            registering: AtomicBool::new(false),
            unreadable: AtomicU64::new(0),
            stop: CancellationToken::new(),
        });
        Self { connection: connection.clone(), listener }
    }

    /// Waits until the bot is connected and returns its application id.
    pub async fn ready(&self) -> u64 {
        let mut application = self.listener.application.subscribe();
        loop {
            if let Some(id) = *application.borrow_and_update() {
                return id;
            }
            // The sender lives in `self`, so this only returns when something changed.
            let _ = application.changed().await;
        }
    }

    /// How many events serenity could not read since the start. Anything but 0 means that something was missed.
    #[must_use]
    pub fn unreadable_events(&self) -> u64 {
        self.listener.unreadable.load(Ordering::Relaxed)
    }

    /// Runs until `stop`, reconnecting by itself; then takes nothing new and finishes what is in hand, within ten seconds.
    ///
    /// # Errors
    /// A sentence, when Discord refuses the token or the application's settings: trying again would not help.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<()> {
        tokio::pin!(stop);
        let mut wait = FIRST_WAIT;
        let outcome = loop {
            let leave = CancellationToken::new();
            let ended = {
                let connected = self.stay_connected(&leave);
                tokio::pin!(connected);
                tokio::select! {
                    ended = &mut connected => ended,
                    () = &mut stop => {
                        leave.cancel();
                        break connected.await;
                    }
                }
            };
            match ended {
                Err(refused @ Error::Refused(_)) => break Err(refused),
                Err(error) => {
                    tracing::warn!(%error, seconds = wait.as_secs(), "The connection to Discord ended; connecting again after the wait");
                }
                Ok(()) => tracing::warn!(
                    seconds = wait.as_secs(),
                    "The connection to Discord ended; connecting again after the wait"
                ),
            }
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = &mut stop => break Ok(()),
            }
            wait = (wait * 2).min(LONGEST_WAIT);
        };
        self.listener.stop.cancel();
        self.listener.in_hand.close();
        if tokio::time::timeout(LAST_WORDS, self.listener.in_hand.wait()).await.is_err() {
            tracing::error!(count = self.listener.in_hand.len(), "Stopped with answers still in hand");
        }
        outcome
    }

    async fn stay_connected(&self, leave: &CancellationToken) -> Result<()> {
        let building = ClientBuilder::new_with_http(self.connection.gateway_http(), GatewayIntents::GUILDS)
            .raw_event_handler(Heard(self.listener.clone()));
        // serenity asks for the gateway while it builds; a burst of messages at the start must leave room for that.
        let mut client = self
            .listener
            .rest
            .in_turn("gateway", building.into_future())
            .await
            .map_err(|error| Error::internal(describe(&error)))?;
        if let Some(gateway) = self.connection.local_gateway() {
            // serenity asked again, and takes Discord's own gateway when it gets no answer: the checked one is the one to use.
            gateway.clone_into(&mut *client.ws_url.lock().await);
        }
        // Shuts the shards down however this ends; a client that is merely dropped goes on in its own tasks.
        let shards = ShutDown(client.shard_manager.clone());
        let started = tokio::select! {
            started = client.start() => started,
            () = self.worry() => Ok(()),
            () = leave.cancelled() => Ok(()),
        };
        shards.now().await;
        started.map_err(|error| match error {
            serenity::Error::Gateway(GatewayError::InvalidAuthentication) => Error::refused(
                "Discord refused the token. Copy it again from the Discord Developer Portal (your application, Bot, Reset Token) and set \
                 DISCORD_TOKEN to it.",
            ),
            serenity::Error::Gateway(GatewayError::InvalidGatewayIntents | GatewayError::DisallowedGatewayIntents) => {
                Error::refused("Discord refused what cxbot asks to hear (the Guilds intent). Check the application in the Discord Developer Portal.")
            }
            error => Error::internal(describe(&error)),
        })
    }

    /// Says now and then that the connection is not there yet. Never ends.
    async fn worry(&self) {
        loop {
            tokio::time::sleep(WORRY).await;
            if self.listener.application.borrow().is_some() {
                return std::future::pending().await;
            }
            tracing::warn!("Not connected to Discord yet; still trying. Check the network if this goes on");
        }
    }
}

/// Ends the shards, also when dropped half way.
struct ShutDown(Arc<serenity::gateway::ShardManager>);

impl ShutDown {
    async fn now(&self) {
        // serenity itself waits up to five seconds for a shard.
        let _ = tokio::time::timeout(Duration::from_secs(6), self.0.shutdown_all()).await;
    }
}

impl Drop for ShutDown {
    fn drop(&mut self) {
        let manager = self.0.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move { manager.shutdown_all().await });
        }
    }
}

/// A newtype, because a foreign trait cannot be implemented for an `Arc`.
struct Heard(Arc<Listener>);

#[async_trait]
impl RawEventHandler for Heard {
    async fn raw_event(&self, _: Context, event: Event) {
        self.0.in_hand.track_future(self.0.hear(event)).await;
    }
}

impl Listener {
    async fn hear(&self, event: Event) {
        match event {
            Event::InteractionCreate(_) if self.stop.is_cancelled() => {}
            // On the heap, so that what waits its turn below is not as large as the largest answer.
            Event::InteractionCreate(event) => {
                Box::pin(serve(&self.dispatcher, &self.rest, event.interaction)).await;
            }
            Event::GuildCreate(event) => {
                let joined = joined(&event.guild);
                drop(event);
                let _turn = self.joining.acquire().await;
                Box::pin(self.dispatcher.joined(&joined)).await;
            }
            Event::Ready(event) => self.ready(event.ready.application.id.get()),
            Event::Unknown(event) => {
                self.unreadable.fetch_add(1, Ordering::Relaxed);
                tracing::warn!(
                    kind = event.kind,
                    "Discord sent an event that could not be read; whoever caused it gets no answer"
                );
            }
            _ => {}
        }
    }

    fn ready(&self, application: u64) {
        tracing::info!(application, "Connected to Discord");
        self.application.send_replace(Some(application));
        if !self.registering.swap(true, Ordering::Relaxed) {
            let registration = self.dispatcher.registration();
            let (services, rest, stop) = (self.dispatcher.services.clone(), self.rest.clone(), self.stop.clone());
            self.in_hand.spawn(keep_registered(services, rest, application, registration, stop));
        }
    }
}

fn joined(guild: &Guild) -> Joined {
    let first_text = guild
        .channels
        .values()
        .filter(|channel| channel.kind == ChannelType::Text)
        .min_by_key(|channel| (channel.position, channel.id));
    Joined {
        guild: GuildId(guild.id.get()),
        name: guild.name.clone(),
        owner: UserId(guild.owner_id.get()),
        first_channel: guild
            .system_channel_id
            .or_else(|| first_text.map(|channel| channel.id))
            .map(|channel| ChannelId(channel.get())),
        accounts: guild.member_count,
    }
}

/// The address under which an administrator adds the bot to a server, with exactly the permissions it needs.
#[must_use]
pub fn invite_link(application: u64) -> String {
    let permissions = Permissions::VIEW_CHANNEL
        | Permissions::SEND_MESSAGES
        | Permissions::SEND_MESSAGES_IN_THREADS
        | Permissions::CREATE_PUBLIC_THREADS
        | Permissions::EMBED_LINKS
        | Permissions::ATTACH_FILES
        | Permissions::READ_MESSAGE_HISTORY;
    format!(
        "https://discord.com/oauth2/authorize?client_id={application}&scope=bot+applications.commands&permissions={}",
        permissions.bits()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_invitation_asks_for_what_is_needed_and_no_more() {
        let link = invite_link(42);
        let bits: u64 = link.rsplit('=').next().unwrap().parse().unwrap();
        assert_eq!(bits, (1 << 10) | (1 << 11) | (1 << 38) | (1 << 35) | (1 << 14) | (1 << 15) | (1 << 16));
        assert!(link.contains("client_id=42&scope=bot+applications.commands"), "{link}");
    }
}
