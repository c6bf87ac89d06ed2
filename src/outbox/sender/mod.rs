//! Carries the rows of the outbox to Discord.
//!
//! Each channel is a lane: its messages go out one after the other, in the order in which they were left, while many lanes run at
//! once under Discord's limits. Several processes may run senders on one database. Sending is repeated until Discord has the message
//! or says why it never will; the message's mark (`nonce`) and, later, a look into the channel keep a repeated send from showing twice.

mod deliver;
mod store;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use self::deliver::{Outcome, deliver};
use self::store::{Candidate, Claimed};
use crate::discord::{Connection, Rest};
use crate::error::{Error, Result};
use crate::services::Services;
use crate::store::{self as facts, Topic};

/// How many channels are served at once.
const MOST_LANES: usize = 64;
/// Rows left by other processes, and claims of processes that died, are found this often.
const LOOK_ROUND: Duration = Duration::from_secs(15);
/// How long everything rests when Discord cannot be reached.
const UNREACHABLE: Duration = Duration::from_secs(5);
/// A rest that [`Sender::drain`] waits for.
const SHORT_REST: Duration = Duration::from_secs(2);
/// How long what is in hand may take when cxbot stops.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// The sender. Cloning it is cheap; every clone is the same sender.
#[derive(Clone)]
pub struct Sender(Arc<Shared>);

/// What a sender has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that Discord has taken.
    pub sent: u64,
    /// Rows given up; [`failures`](super::failures) says why.
    pub failed: u64,
    /// Tries that have to be repeated later.
    pub put_back: u64,
}

struct Shared {
    services: Services,
    rest: Rest,
    lanes: TaskTracker,
    state: Mutex<State>,
    /// One pass at a time.
    passing: tokio::sync::Mutex<()>,
    /// Tells that a lane has ended.
    progress: watch::Sender<u64>,
    stopping: AtomicBool,
    unauthorized: AtomicBool,
    nonce_seed: tokio::sync::OnceCell<String>,
    sent: AtomicU64,
    failed: AtomicU64,
    put_back: AtomicU64,
}

#[derive(Default)]
struct State {
    lanes_in_hand: HashSet<i64>,
    rows_in_hand: HashSet<i64>,
    resting: HashMap<i64, Instant>,
    all_rest_until: Option<Instant>,
}

/// What one look at the outbox led to.
enum Pass {
    /// Lanes were started.
    Started,
    /// Something is due, but has to rest until then.
    Resting(Instant),
    /// Nothing to do; the next row is due then.
    Idle(Option<DateTime<Utc>>),
}

impl Sender {
    /// A sender over this connection. Nothing is sent before [`Sender::run`] or [`Sender::drain`].
    #[must_use]
    pub fn new(services: Services, connection: &Connection) -> Self {
        Self(Arc::new(Shared {
            services,
            rest: connection.rest().clone(),
            lanes: TaskTracker::new(),
            state: Mutex::default(),
            passing: tokio::sync::Mutex::default(),
            progress: watch::Sender::new(0),
            stopping: AtomicBool::new(false),
            unauthorized: AtomicBool::new(false),
            nonce_seed: tokio::sync::OnceCell::new(),
            sent: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            put_back: AtomicU64::new(0),
        }))
    }

    /// Sends until `stop`; then takes nothing new and finishes what is in hand, within ten seconds.
    ///
    /// # Errors
    /// A sentence, when Discord no longer accepts the token. A database that fails is logged and tried again.
    pub async fn run(&self, stop: impl Future<Output = ()>) -> Result<()> {
        tokio::pin!(stop);
        let Shared { services, progress, .. } = &*self.0;
        let mut progressed = progress.subscribe();
        let outcome = loop {
            progressed.borrow_and_update();
            let pass = match self.pass().await {
                Ok(pass) => pass,
                Err(error @ Error::Refused(_)) => break Err(error),
                Err(error) => {
                    tracing::error!(%error, "The outbox could not be read; trying again");
                    Pass::Idle(None)
                }
            };
            let wake = async {
                match pass {
                    Pass::Resting(until) => tokio::time::sleep_until(until).await,
                    Pass::Idle(Some(due_at)) => services.clock.sleep_until(due_at).await,
                    Pass::Started | Pass::Idle(None) => std::future::pending().await,
                }
            };
            tokio::select! {
                () = &mut stop => break Ok(()),
                () = services.store.announced(Topic::Outbox) => {}
                _ = progressed.changed() => {}
                () = wake => {}
                () = tokio::time::sleep(LOOK_ROUND) => {}
            }
        };
        self.0.stopping.store(true, Ordering::Relaxed);
        self.0.lanes.close();
        if tokio::time::timeout(LAST_WORDS, self.0.lanes.wait()).await.is_err() {
            tracing::error!(
                count = self.0.lanes.len(),
                "Stopped with messages still in hand; the next start looks after them"
            );
        }
        outcome
    }

    /// Sends everything that is due now and returns what became of it. What has to be repeated later is put back, not waited for.
    ///
    /// # Errors
    /// As [`Sender::run`], and the database's own faults.
    pub async fn drain(&self) -> Result<Counts> {
        let before = self.counts();
        let mut progressed = self.0.progress.subscribe();
        loop {
            progressed.borrow_and_update();
            match self.pass().await? {
                Pass::Resting(until) if until <= Instant::now() + SHORT_REST => tokio::time::sleep_until(until).await,
                Pass::Started => drop(progressed.changed().await),
                Pass::Idle(_) | Pass::Resting(_) if self.in_hand() => drop(progressed.changed().await),
                Pass::Idle(_) | Pass::Resting(_) => break,
            }
        }
        let after = self.counts();
        Ok(Counts {
            sent: after.sent - before.sent,
            failed: after.failed - before.failed,
            put_back: after.put_back - before.put_back,
        })
    }

    /// What this sender has done since it was made.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            sent: self.0.sent.load(Ordering::Relaxed),
            failed: self.0.failed.load(Ordering::Relaxed),
            put_back: self.0.put_back.load(Ordering::Relaxed),
        }
    }

    fn in_hand(&self) -> bool {
        !self.0.state().lanes_in_hand.is_empty()
    }

    /// Looks what can be sent, takes it in hand and starts a lane for each channel.
    async fn pass(&self) -> Result<Pass> {
        let shared = &self.0;
        let _one_at_a_time = shared.passing.lock().await;
        if shared.unauthorized.load(Ordering::Relaxed) {
            return Err(Error::refused(
                "Discord no longer accepts the token, so nothing is sent. Copy it again from the Discord Developer Portal (your application, \
                 Bot, Reset Token), set DISCORD_TOKEN to it and start cxbot again; what waits is kept.",
            ));
        }
        let now = shared.services.clock.now();
        let candidates = shared.services.store.read(|tx| Box::pin(store::candidates(tx, now))).await?;
        let (lanes, rest_until) = shared.choose(candidates);
        if lanes.is_empty() {
            if let Some(until) = rest_until {
                return Ok(Pass::Resting(until));
            }
            let next = shared.services.store.read(|tx| Box::pin(store::next_due(tx, now))).await?;
            return Ok(Pass::Idle(next));
        }
        let claimed = shared
            .services
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut claimed = Vec::with_capacity(lanes.len());
                    for (lane, candidates) in lanes {
                        let mut rows = Vec::with_capacity(candidates.len());
                        for candidate in &candidates {
                            match store::claim(tx, candidate, now).await? {
                                Some(row) => rows.push(row),
                                // Another process has it; what comes after it in this lane is for later.
                                None => break,
                            }
                        }
                        claimed.push((lane, rows));
                    }
                    Ok(claimed)
                })
            })
            .await?;
        let mut started = false;
        for (lane, rows) in claimed {
            if rows.is_empty() {
                continue;
            }
            started = true;
            let in_hand = InHand::take(shared.clone(), lane, &rows);
            shared.lanes.spawn(in_hand.serve(rows));
        }
        Ok(if started { Pass::Started } else { Pass::Idle(None) })
    }
}

impl Shared {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Each change below is a single insertion or removal, so a poisoned lock still holds a sound state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Groups candidates by lane, leaving out what is in hand or rests; also when the first of those that rest may go on.
    fn choose(&self, candidates: Vec<Candidate>) -> (Vec<(i64, Vec<Candidate>)>, Option<Instant>) {
        let now = Instant::now();
        let mut state = self.state();
        state.resting.retain(|_, until| *until > now);
        if let Some(until) = state.all_rest_until.filter(|until| *until > now) {
            return (Vec::new(), (!candidates.is_empty()).then_some(until));
        }
        let free = MOST_LANES.saturating_sub(state.lanes_in_hand.len());
        let mut lanes: Vec<(i64, Vec<Candidate>)> = Vec::new();
        let mut places: HashMap<i64, usize> = HashMap::new();
        let mut rest_until: Option<Instant> = None;
        for candidate in candidates {
            let lane = candidate.lane;
            if let Some(until) = state.resting.get(&lane) {
                rest_until = Some(rest_until.map_or(*until, |earlier| earlier.min(*until)));
                continue;
            }
            // After the clock was moved, a row in hand can look abandoned.
            if state.lanes_in_hand.contains(&lane) || state.rows_in_hand.contains(&candidate.id) {
                continue;
            }
            if let Some(&place) = places.get(&lane) {
                lanes[place].1.push(candidate);
            } else if lanes.len() < free {
                places.insert(lane, lanes.len());
                lanes.push((lane, vec![candidate]));
            }
        }
        for (_, rows) in &mut lanes {
            rows.sort_by_key(|row| row.id);
        }
        (lanes, rest_until)
    }

    async fn nonce_seed(&self) -> Result<&str> {
        // Row numbers start again with a new database, and Discord remembers marks for minutes: the seed tells databases apart.
        let make = async {
            let mut bytes = [0; 4];
            getrandom::fill(&mut bytes).map_err(|fault| Error::internal(format!("No random numbers: {fault}")))?;
            let fresh = format!("{:08x}", u32::from_be_bytes(bytes));
            self.services
                .store
                .write(move |tx| Box::pin(async move { facts::keep_first(tx, "outbox:nonce", &fresh).await }))
                .await
        };
        self.nonce_seed.get_or_try_init(|| make).await.map(String::as_str)
    }
}

/// A lane in hand; dropping it, also by a panic, gives it back.
struct InHand {
    shared: Arc<Shared>,
    lane: i64,
    rows: Vec<i64>,
}

impl InHand {
    fn take(shared: Arc<Shared>, lane: i64, rows: &[Claimed]) -> Self {
        let rows: Vec<i64> = rows.iter().map(|row| row.id).collect();
        let mut state = shared.state();
        state.lanes_in_hand.insert(lane);
        state.rows_in_hand.extend(&rows);
        drop(state);
        Self { shared, lane, rows }
    }

    async fn serve(self, rows: Vec<Claimed>) {
        let mut rows = rows.into_iter();
        for row in rows.by_ref() {
            let go_on = if self.shared.stopping.load(Ordering::Relaxed) {
                self.put_back(&row, TimeDelta::zero(), true).await.map(|()| false)
            } else {
                self.serve_one(&row).await
            };
            match go_on {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    // The claim stays and runs out by itself.
                    tracing::error!(row = row.id, %error, "A row of the outbox could not be handled");
                    self.rest(UNREACHABLE);
                    break;
                }
            }
        }
        for row in rows {
            if let Err(error) = self.put_back(&row, TimeDelta::zero(), true).await {
                tracing::error!(row = row.id, %error, "A row of the outbox could not be put back; its claim runs out by itself");
            }
        }
    }

    /// Sends one row; whether the lane may go on.
    async fn serve_one(&self, row: &Claimed) -> Result<bool> {
        let shared = &self.shared;
        let services = &shared.services;
        let outcome = deliver(services, &shared.rest, shared.nonce_seed().await?, row).await?;
        match outcome {
            Outcome::Sent(channel, message) => {
                let (recorded, now) = (row.clone(), services.clock.now());
                services
                    .store
                    .write(move |tx| {
                        Box::pin(async move { store::record_sent(tx, &recorded, (channel, message), now).await })
                    })
                    .await?;
                shared.sent.fetch_add(1, Ordering::Relaxed);
                Ok(true)
            }
            Outcome::Failed(words) => {
                let (recorded, now) = (row.clone(), services.clock.now());
                services
                    .store
                    .write(move |tx| Box::pin(async move { store::record_failed(tx, &recorded, &words, now).await }))
                    .await?;
                shared.failed.fetch_add(1, Ordering::Relaxed);
                Ok(true)
            }
            Outcome::Again(after) => {
                tracing::warn!(
                    row = row.id,
                    seconds = after.num_seconds(),
                    "Discord gave no clear answer; trying again"
                );
                self.put_back(row, after, false).await?;
                Ok(false)
            }
            Outcome::Untouched(after) => {
                self.put_back(row, after, true).await?;
                self.rest(after.to_std().unwrap_or_default().min(Duration::from_mins(1)));
                Ok(false)
            }
            Outcome::Unreachable => {
                tracing::warn!("Discord cannot be reached; what waits is kept and tried again");
                self.put_back(row, TimeDelta::zero(), true).await?;
                shared.state().all_rest_until = Some(Instant::now() + UNREACHABLE);
                Ok(false)
            }
            Outcome::Unauthorized => {
                self.put_back(row, TimeDelta::zero(), true).await?;
                if !shared.unauthorized.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        "Discord no longer accepts the token; nothing is sent until cxbot is started with a new one"
                    );
                }
                Ok(false)
            }
        }
    }

    async fn put_back(&self, row: &Claimed, after: TimeDelta, untouched: bool) -> Result<()> {
        let (row, now) = (row.clone(), self.shared.services.clock.now());
        let due_at = if after.is_zero() { row.due_at } else { now + after };
        self.shared
            .services
            .store
            .write(move |tx| Box::pin(async move { store::put_back(tx, &row, due_at, untouched).await }))
            .await?;
        self.shared.put_back.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// Lets this lane rest, in this process.
    fn rest(&self, pause: Duration) {
        self.shared.state().resting.insert(self.lane, Instant::now() + pause);
    }
}

impl Drop for InHand {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.lanes_in_hand.remove(&self.lane);
        for row in &self.rows {
            state.rows_in_hand.remove(row);
        }
        drop(state);
        self.shared.progress.send_modify(|ended| *ended += 1);
    }
}
