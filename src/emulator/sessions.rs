//! Gateway sessions: what each one asked for, what it was sent, and what it can have again after a resume.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedSender;

use super::event::Event;
use super::faults::Faults;
use super::id::Id;
use super::wire;
use super::world::{World, random_text};

/// How long a session without a connection can be resumed.
const RESUMABLE_FOR: Duration = Duration::from_mins(3);
/// How many events a session keeps for a resume; a session that misses more starts anew.
const KEPT: usize = 2_000;
/// How many events are kept even when the bot has acknowledged them.
const KEPT_ACKNOWLEDGED: usize = 100;

/// What a connection is told to send or do.
pub(crate) enum ToBot {
    Dispatch { sequence: u64, name: &'static str, payload: Arc<Value> },
    Reconnect,
    Invalid { resumable: bool },
    Close(u16),
    Cut,
}

/// What a bot asks for when it identifies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wishes {
    pub intents: u64,
    pub shard: (u64, u64),
}

struct Session {
    wishes: Wishes,
    sequence: u64,
    sent: VecDeque<(u64, &'static str, Arc<Value>)>,
    connection: Option<(u64, UnboundedSender<ToBot>)>,
    lost_at: Option<Instant>,
}

/// Why a resume is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoResume {
    Unknown,
    SequenceAhead,
}

#[derive(Default)]
pub(crate) struct Sessions {
    list: Mutex<HashMap<String, Session>>,
}

impl Session {
    fn send(&mut self, name: &'static str, payload: Arc<Value>) {
        self.sequence += 1;
        self.sent.push_back((self.sequence, name, Arc::clone(&payload)));
        if self.sent.len() > KEPT {
            self.sent.pop_front();
        }
        if let Some((_, connection)) = &self.connection {
            // A connection that just ended resumes or times out.
            let _ = connection.send(ToBot::Dispatch { sequence: self.sequence, name, payload });
        }
    }

    fn wants(&self, outgoing: &wire::Outgoing) -> bool {
        let (index, count) = self.wishes.shard;
        let shard = outgoing.guild_id.map_or(0, |guild_id| (guild_id.get() >> 22) % count.max(1));
        (outgoing.intents == 0 || outgoing.intents & self.wishes.intents != 0) && shard == index
    }
}

impl Sessions {
    fn list(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.list.lock().expect("nothing panics while sessions are held")
    }

    /// Starts a session: READY, then every guild of its shard. Called with the world held, so that nothing falls between.
    pub(crate) fn start(
        &self,
        world: &World,
        wishes: Wishes,
        connection_id: u64,
        connection: UnboundedSender<ToBot>,
        gateway_url: &str,
    ) -> String {
        let id = random_text();
        let (index, count) = wishes.shard;
        let guilds: Vec<Id> = world
            .guild_ids()
            .into_iter()
            .filter(|guild_id| world.bot_is_in(*guild_id) && (guild_id.get() >> 22) % count.max(1) == index)
            .collect();
        let mut ready = wire::ready(world, &guilds);
        ready["session_id"] = json!(id);
        ready["resume_gateway_url"] = json!(gateway_url);
        ready["shard"] = json!([index, count]);
        let mut session = Session {
            wishes,
            sequence: 0,
            sent: VecDeque::new(),
            connection: Some((connection_id, connection)),
            lost_at: None,
        };
        session.send("READY", Arc::new(ready));
        if wishes.intents & wire::intent::GUILDS != 0 {
            for guild in guilds.iter().filter_map(|guild_id| world.guilds.get(guild_id)) {
                session.send("GUILD_CREATE", Arc::new(wire::guild_with_contents(world, guild)));
            }
        }
        let mut list = self.list();
        list.retain(|_, old| old.lost_at.is_none_or(|lost_at| lost_at.elapsed() < RESUMABLE_FOR));
        list.insert(id.clone(), session);
        id
    }

    /// Hands a session to a new connection and sends again what the bot has not seen (and `again` events that it has).
    pub(crate) fn resume(
        &self,
        id: &str,
        seen: u64,
        again: u64,
        connection_id: u64,
        connection: UnboundedSender<ToBot>,
    ) -> Result<(), NoResume> {
        let mut list = self.list();
        let session = list.get_mut(id).ok_or(NoResume::Unknown)?;
        if seen > session.sequence {
            return Err(NoResume::SequenceAhead);
        }
        let oldest = session.sent.front().map_or(session.sequence + 1, |(sequence, ..)| *sequence);
        let expired = session.lost_at.is_some_and(|lost_at| lost_at.elapsed() >= RESUMABLE_FOR);
        if expired || seen + 1 < oldest {
            list.remove(id);
            return Err(NoResume::Unknown);
        }
        if let Some((_, old)) = session.connection.take() {
            let _ = old.send(ToBot::Cut);
        }
        let from = seen.min(session.sequence.saturating_sub(again));
        for (sequence, name, payload) in session.sent.iter().filter(|(sequence, ..)| *sequence > from) {
            let replayed = ToBot::Dispatch { sequence: *sequence, name, payload: Arc::clone(payload) };
            let _ = connection.send(replayed);
        }
        session.connection = Some((connection_id, connection));
        session.lost_at = None;
        session.send("RESUMED", Arc::new(json!({"_trace": ["emulator"]})));
        Ok(())
    }

    /// Notes that a connection is gone; `for_good` when the bot said goodbye.
    pub(crate) fn lost(&self, id: &str, connection_id: u64, for_good: bool) {
        let mut list = self.list();
        let Some(session) = list.get_mut(id) else { return };
        if session.connection.as_ref().is_none_or(|(current, _)| *current != connection_id) {
            return;
        }
        session.connection = None;
        session.lost_at = Some(Instant::now());
        if for_good {
            list.remove(id);
        }
    }

    /// Ends a session so that it cannot be resumed.
    pub(crate) fn forget(&self, id: &str) {
        self.list().remove(id);
    }

    /// Lets go of what the bot has acknowledged by a heartbeat.
    pub(crate) fn acknowledged(&self, id: &str, sequence: u64) {
        let mut list = self.list();
        let Some(session) = list.get_mut(id) else { return };
        let seen = session.sent.partition_point(|(each, ..)| *each <= sequence);
        let spare = session.sent.len().saturating_sub(KEPT_ACKNOWLEDGED);
        let gone: Vec<_> = session.sent.drain(..seen.min(spare)).collect();
        // To take thousands of payloads apart lasts; the sessions need not wait for it.
        drop(list);
        drop(gone);
    }

    /// Gives a change of the world to every session that asked for its kind, unless it belongs to one of the guilds `not_of`.
    /// Called with the world held.
    pub(crate) fn publish(&self, world: &World, event: &Event, not_of: &[Id], faults: &Faults) {
        let mut list = self.list();
        if list.is_empty() {
            return;
        }
        let wanted = list.values().fold(0, |sum, session| sum | session.wishes.intents);
        for outgoing in wire::dispatches(world, event, wanted) {
            if outgoing.guild_id.is_some_and(|guild_id| not_of.contains(&guild_id)) {
                continue;
            }
            let twice = outgoing.name == "INTERACTION_CREATE" && faults.take_duplicate();
            for session in list.values_mut().filter(|session| session.wants(&outgoing)) {
                let sees_content = session.wishes.intents & wire::intent::MESSAGE_CONTENT != 0;
                let payload = match &outgoing.without_content {
                    Some(blanked) if !sees_content => Arc::clone(blanked),
                    _ => Arc::clone(&outgoing.payload),
                };
                if twice {
                    session.send(outgoing.name, Arc::clone(&payload));
                }
                session.send(outgoing.name, payload);
            }
        }
    }

    /// Whether some bot is connected and ready.
    pub(crate) fn any_connected(&self) -> bool {
        self.list().values().any(|session| session.connection.is_some())
    }

    /// Tells every connection the same thing.
    pub(crate) fn tell_all(&self, make: impl Fn() -> ToBot) {
        for session in self.list().values() {
            if let Some((_, connection)) = &session.connection {
                let _ = connection.send(make());
            }
        }
    }
}
