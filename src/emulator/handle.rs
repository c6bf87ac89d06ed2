//! The handle on a running emulator.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::broadcast;

use super::buckets::Limits;
use super::event::Event;
use super::faults::Faults;
use super::hub::Hub;
use super::id::Id;
use super::journal::Journal;
use super::person::Person;
use super::sessions::ToBot;
use super::view::{self, ChannelView, CommandView, GuildView, MemberView, MessageView, ModalView, Outcome, RoleView};
use super::world::World;
use super::{server, transcript};
use crate::clock::Clock;

/// A running emulator. Clones share it; it stops when the last one is dropped, or by [`Emulator::stop`].
#[derive(Clone)]
pub struct Emulator {
    hub: Arc<Hub>,
    _stops_with_the_last_handle: Arc<StopGuard>,
}

struct StopGuard(Arc<Hub>);

impl Drop for StopGuard {
    fn drop(&mut self) {
        self.0.stop.cancel();
    }
}

/// What was waited for did not happen in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it did not happen within {0:?}")]
pub struct TimedOut(pub Duration);

impl fmt::Debug for Emulator {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Emulator").field("api_base", &self.hub.base_url).finish_non_exhaustive()
    }
}

impl Emulator {
    /// Serves `world` on the listener, which must be bound to a loopback address. Must be called inside a tokio runtime.
    pub fn start(listener: TcpListener, clock: Clock, world: World) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            let message = "the emulator only serves loopback addresses: it has no secrets worth the name";
            return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, message));
        }
        let hub = Arc::new(Hub::new(world, clock, address));
        tokio::spawn(server::serve(Arc::clone(&hub), listener));
        tokio::spawn(Arc::clone(&hub).watch_deadlines());
        Ok(Self { _stops_with_the_last_handle: Arc::new(StopGuard(Arc::clone(&hub))), hub })
    }

    /// Closes the port and every connection.
    pub fn stop(&self) {
        self.hub.stop.cancel();
    }

    /// The REST origin, `http://127.0.0.1:PORT`; the API is below its `/api/v10`.
    pub fn api_base(&self) -> String {
        self.hub.base_url.clone()
    }

    /// The gateway, `ws://127.0.0.1:PORT`.
    pub fn gateway_url(&self) -> String {
        self.hub.gateway_url.clone()
    }

    /// The bot's token, without `Bot `.
    pub fn token(&self) -> String {
        self.world(|world| world.token().to_owned())
    }

    /// The bot's application.
    pub fn application_id(&self) -> Id {
        self.world(World::application_id)
    }

    /// The bot's user.
    pub fn bot_user_id(&self) -> Id {
        self.world(World::bot_user_id)
    }

    /// Looks at the world. The world stands still meanwhile: look shortly, and at nothing but the world at hand.
    ///
    /// # Panics
    /// When `look` asks this (or another) emulator for its world again, which could only wait for itself.
    pub fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        self.hub.read(look)
    }

    /// Changes the world; the bot and every listener hear of it.
    pub fn change<T>(&self, transition: impl FnOnce(&mut World) -> T) -> T {
        self.hub.change(transition)
    }

    /// The world as text, for [`World::restore`]. Interactions in flight are left out.
    ///
    /// # Panics
    /// Never: the world holds nothing that JSON cannot.
    pub fn snapshot(&self) -> String {
        self.world(|world| serde_json::to_string(world).expect("the world is plain data"))
    }

    /// Everything that happens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Event> {
        self.hub.events.subscribe()
    }

    /// Waits until `look` finds something in the world; it is asked now and after every change.
    ///
    /// The world is held meanwhile, so `look` must use the world at hand, not the emulator; see [`Emulator::when`].
    pub async fn until<T>(&self, within: Duration, look: impl Fn(&World) -> Option<T>) -> Result<T, TimedOut> {
        self.when(within, || self.world(&look)).await
    }

    /// Waits until `look` finds something; it is asked now and after every change, and may use the emulator freely.
    pub async fn when<T>(&self, within: Duration, look: impl Fn() -> Option<T>) -> Result<T, TimedOut> {
        let mut revision = self.hub.revision.subscribe();
        let found = async {
            loop {
                revision.borrow_and_update();
                if let Some(found) = look() {
                    return found;
                }
                // The hub holds the sending end.
                let _ = revision.changed().await;
            }
        };
        tokio::time::timeout(within, found).await.map_err(|_| TimedOut(within))
    }

    /// Whether a bot is connected and identified.
    pub fn bot_is_ready(&self) -> bool {
        self.hub.sessions.any_connected()
    }

    /// Waits until a bot is connected and identified.
    pub async fn ready(&self, within: Duration) -> Result<(), TimedOut> {
        self.when(within, || self.bot_is_ready().then_some(())).await
    }

    /// Which rate limits are enforced from now on. At the start: none.
    pub fn set_limits(&self, limits: Limits) {
        self.hub.buckets.set(limits);
    }

    /// Bad days on demand.
    pub fn faults(&self) -> &Faults {
        &self.hub.faults
    }

    /// The record of everything said.
    pub fn journal(&self) -> &Journal {
        &self.hub.journal
    }

    /// Keeps every journal entry from now on instead of the latest thousand.
    pub fn record_everything(&self) {
        self.hub.journal.keep_everything();
    }

    /// Cuts every gateway connection without a goodbye.
    pub fn drop_gateway(&self) {
        self.hub.sessions.tell_all(|| ToBot::Cut);
    }

    /// Asks every bot to reconnect (op 7).
    pub fn send_reconnect(&self) {
        self.hub.sessions.tell_all(|| ToBot::Reconnect);
    }

    /// Tells every bot that its session is invalid (op 9); when not resumable, it is really gone.
    pub fn invalidate_session(&self, resumable: bool) {
        self.hub.sessions.tell_all(|| ToBot::Invalid { resumable });
    }

    /// Closes every gateway connection with this code.
    pub fn close_gateway(&self, code: u16) {
        self.hub.sessions.tell_all(|| ToBot::Close(code));
    }

    /// Somebody who acts in the world.
    pub fn person(&self, user_id: Id) -> Person {
        Person::new(Arc::clone(&self.hub), user_id)
    }

    /// What the bot answered: at once when it already has, otherwise as soon as it does or its three seconds are over.
    pub async fn outcome(&self, interaction_id: Id) -> Outcome {
        self.hub.follow(interaction_id, |world| view::outcome(world, interaction_id)).await
    }

    /// Whether the bot answered within its three seconds. Like [`Emulator::outcome`], but nothing is drawn: for those who press very
    /// often.
    pub async fn acknowledged(&self, interaction_id: Id) -> bool {
        self.hub.follow(interaction_id, |world| view::acknowledged(world, interaction_id)).await
    }

    /// Like [`Emulator::outcome`], but "thinking…" is waited out, for up to `within`: the outcome is then the filled message.
    /// After a deferred update it is the next follow-up or edit.
    pub async fn settled(&self, interaction_id: Id, within: Duration) -> Outcome {
        let settled = self.hub.follow(interaction_id, |world| view::settled(world, interaction_id));
        match tokio::time::timeout(within, settled).await {
            Ok(outcome) => outcome,
            Err(_) => self.outcome(interaction_id).await,
        }
    }

    /// What `viewer` reads in a channel, oldest first; with their own ephemeral messages, never anybody else's. Empty when they
    /// cannot see the channel.
    pub fn messages(&self, channel_id: Id, viewer: Id) -> Vec<MessageView> {
        self.world(|world| view::messages(world, channel_id, viewer))
    }

    /// Which messages `viewer` reads in a channel, oldest first; for channels so long that nobody draws them whole.
    pub fn message_ids(&self, channel_id: Id, viewer: Id) -> Vec<Id> {
        self.world(|world| view::message_ids(world, channel_id, viewer))
    }

    /// One message as `viewer` sees it, if they do.
    pub fn message(&self, message_id: Id, viewer: Id) -> Option<MessageView> {
        self.world(|world| view::message_for(world, message_id, viewer))
    }

    /// The direct messages between the bot and `viewer`.
    pub fn direct_messages(&self, viewer: Id) -> Vec<MessageView> {
        self.world(|world| match world.direct.get(&viewer) {
            Some(channel_id) => view::messages(world, *channel_id, viewer),
            None => Vec::new(),
        })
    }

    /// The channel of the direct messages between the bot and `viewer`, once there is one.
    pub fn direct_channel(&self, viewer: Id) -> Option<Id> {
        self.world(|world| world.direct.get(&viewer).copied())
    }

    /// The guilds that `viewer` is a member of.
    pub fn guilds(&self, viewer: Id) -> Vec<GuildView> {
        self.world(|world| view::guilds(world, viewer))
    }

    /// The channels that `viewer` sees, in display order: each under its category, threads under their channel.
    pub fn channels(&self, guild_id: Id, viewer: Id) -> Vec<ChannelView> {
        self.world(|world| view::channels(world, guild_id, viewer))
    }

    /// Everybody in a guild, by name.
    pub fn members(&self, guild_id: Id) -> Vec<MemberView> {
        self.world(|world| view::members(world, guild_id))
    }

    /// The roles of a guild without @everyone, highest first.
    pub fn roles(&self, guild_id: Id) -> Vec<RoleView> {
        self.world(|world| view::roles(world, guild_id))
    }

    /// The commands that `viewer` may run in a channel, one entry for each subcommand.
    pub fn commands(&self, channel_id: Id, viewer: Id) -> Vec<CommandView> {
        self.world(|world| view::commands(world, channel_id, viewer))
    }

    /// The form that an interaction was answered with.
    pub fn form(&self, modal_interaction: Id) -> Option<ModalView> {
        self.world(|world| world.forms.get(&modal_interaction).map(view::modal))
    }

    /// A channel as readable text, as `viewer` sees it.
    pub fn transcript(&self, channel_id: Id, viewer: Id) -> String {
        transcript::of_all(&self.messages(channel_id, viewer))
    }
}
