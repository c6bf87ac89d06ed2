//! The meeting point: one world behind one lock, and everybody who has to hear of its changes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use tokio::sync::{Notify, broadcast, watch};
use tokio_util::sync::CancellationToken;

use super::buckets::Buckets;
use super::event::Event;
use super::faults::Faults;
use super::id::Id;
use super::journal::Journal;
use super::sessions::Sessions;
use super::world::World;
use crate::clock::Clock;

/// How many events a slow listener may lag behind.
const EVENTS_KEPT: usize = 4_096;

pub(crate) struct Hub {
    world: Mutex<World>,
    pub clock: Clock,
    pub sessions: Sessions,
    pub faults: Faults,
    pub buckets: Buckets,
    pub journal: Journal,
    pub events: broadcast::Sender<Event>,
    /// Counts the changes, for those who wait for any.
    pub revision: watch::Sender<u64>,
    /// Those who wait for one interaction.
    waiters: Mutex<HashMap<Id, Arc<Notify>>>,
    /// Rings when an interaction starts its three seconds.
    pub deadline_set: Notify,
    pub base_url: String,
    pub gateway_url: String,
    pub stop: CancellationToken,
}

impl Hub {
    pub(crate) fn new(mut world: World, clock: Clock, address: std::net::SocketAddr) -> Self {
        let base_url = format!("http://{address}");
        world.base_url.clone_from(&base_url);
        world.now = clock.now();
        // What happened while the world was built is nobody's news.
        world.take_events();
        Self {
            world: Mutex::new(world),
            clock,
            sessions: Sessions::default(),
            faults: Faults::default(),
            buckets: Buckets::new(),
            journal: Journal::default(),
            events: broadcast::Sender::new(EVENTS_KEPT),
            revision: watch::Sender::new(0),
            waiters: Mutex::default(),
            deadline_set: Notify::new(),
            base_url,
            gateway_url: format!("ws://{address}"),
            stop: CancellationToken::new(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("a transition of the world panicked; its state cannot be trusted any more")
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the world and tells everybody, in the order in which it happened.
    pub(crate) fn change<T>(&self, transition: impl FnOnce(&mut World) -> T) -> T {
        let mut world = self.lock();
        world.now = self.clock.now();
        let result = transition(&mut world);
        let events = world.take_events();
        if events.is_empty() {
            return result;
        }
        for (index, event) in events.iter().enumerate() {
            // What happened in a guild before the bot joined it is part of its GUILD_CREATE, not news of its own.
            let joined_later = events[index + 1..].iter().filter_map(|later| match later {
                Event::GuildJoined { guild_id } => Some(*guild_id),
                _ => None,
            });
            let joined_later: Vec<Id> = joined_later.collect();
            self.sessions.publish(&world, event, &joined_later, &self.faults);
        }
        drop(world);
        self.tell(events);
        result
    }

    /// Tells listeners in this process of events.
    pub(crate) fn tell(&self, events: Vec<Event>) {
        for event in events {
            match &event {
                Event::InteractionAnswered { interaction_id, .. }
                | Event::InteractionFollowedUp { interaction_id, .. }
                | Event::InteractionFailed { interaction_id, .. } => self.wake(*interaction_id),
                Event::InteractionSent { .. } => self.deadline_set.notify_one(),
                _ => {}
            }
            // Nobody listening is fine.
            let _ = self.events.send(event);
        }
        self.revision.send_modify(|revision| *revision += 1);
    }

    fn waiters(&self) -> MutexGuard<'_, HashMap<Id, Arc<Notify>>> {
        self.waiters.lock().expect("nothing panics while waiters are held")
    }

    fn wake(&self, interaction_id: Id) {
        if let Some(waiter) = self.waiters().get(&interaction_id) {
            waiter.notify_waiters();
        }
    }

    /// Waits until `look` finds something about one interaction; it is asked again whenever that interaction changes.
    pub(crate) async fn follow<T>(&self, interaction_id: Id, look: impl Fn(&World) -> Option<T>) -> T {
        let waiter = Arc::clone(self.waiters().entry(interaction_id).or_default());
        let found = loop {
            let rung = waiter.notified();
            tokio::pin!(rung);
            // From here on no change is missed; so look first, then wait.
            rung.as_mut().enable();
            if let Some(found) = self.read(&look) {
                break found;
            }
            rung.await;
        };
        let mut waiters = self.waiters();
        // The map's handle and ours: nobody else waits.
        if Arc::strong_count(&waiter) == 2 {
            waiters.remove(&interaction_id);
        }
        found
    }

    /// Fails interactions whose three seconds are over, until the emulator stops.
    pub(crate) async fn watch_deadlines(self: Arc<Self>) {
        loop {
            let next = self.read(|world| world.interactions.next_deadline());
            let due = async {
                match next {
                    Some(deadline) => {
                        // Not more often than this, however many come due one after another.
                        let least = Instant::now() + std::time::Duration::from_millis(20);
                        tokio::time::sleep_until(deadline.max(least).into()).await;
                    }
                    None => self.deadline_set.notified().await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = due => self.change(|world| world.fail_overdue(Instant::now())),
            }
        }
    }
}
