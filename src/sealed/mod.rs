//! The sealed ballot box: one ballot a person, changeable until the box closes, and no way back to a person afterwards.
//!
//! **Promise.** While a box is open, a ballot is stored under a tag that only the box's key can compute, encrypted under that key and
//! padded to one length, without time, order, message or interaction. Nobody is told how many ballots a box holds. Closing happens in
//! six steps, and a crash after any of them resumes at the next: refuse new ballots; open and count them; keep the counts and delete
//! every ballot in one transaction; destroy the key; scrub the database; call the box sealed. Results wait for the last step.
//!
//! The key lives in a file of its own (`<data>/keys/`, only for cxbot's own user), outside the database and outside its backups. A
//! database copied while a box is open is useless without it; after the close nobody has it. Whoever holds the disk *and* the key of
//! an open box can link; the promise shown to people says so. If a key is lost the box is [abandoned](abandon): never re-keyed, since
//! that would let people vote twice.
//!
//! No caller sees a key, a tag or a row: a [`Seat`] is one person's place in one box, [`Closing`] says what a feature keeps.

mod closing;
mod keys;
mod store;
mod together;

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use zeroize::Zeroizing;

pub use self::closing::{Closing, Outcome, Step, abandon, refuse, retry_after};
use self::keys::{KeyFolder, Keys};
use self::store::BoxState;
use crate::error::{Error, Result};
use crate::ids::{GuildId, UserId};
use crate::store::{Store, Tx};

/// The longest ballot a box can be made for, in bytes.
pub const MOST_BALLOT_BYTES: usize = 8_192;

/// Names a box for ever. Random, so it says nothing about when or what.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct BoxId(Arc<str>);

/// A box that has its key on disk and waits to be [opened](open) in the transaction that creates what it is for.
#[derive(Debug)]
pub struct NewBox {
    id: BoxId,
    key_id: [u8; 8],
    ballot_bytes: usize,
}

/// Where a box's key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Here, and the right one.
    Held,
    /// Missing or another one. The ballots can never be read: abandon the box and say so.
    Lost,
    /// The box no longer needs one: it has been counted, sealed or abandoned, or it never existed.
    NotNeeded,
}

/// What became of a ballot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// It is in the box.
    Recorded,
    /// It is in the box, in place of this person's earlier one.
    Changed,
    /// The box takes no more; nothing was stored.
    Closed,
}

/// What became of a wish to withdraw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withdrawal {
    /// The ballot is gone.
    Withdrawn,
    /// There was none.
    Nothing,
    /// The box is closed; ballots can no longer be taken out.
    Closed,
}

/// The keys of the open boxes. Cloning it is cheap, and every clone shares them.
#[derive(Clone)]
pub struct Sealed {
    inner: Arc<Inner>,
}

struct Inner {
    folder: KeyFolder,
    held: RwLock<HashMap<BoxId, Held>>,
    waiting: together::Waiting,
    /// One box is closed at a time: the scrub is for the whole database.
    closing: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct Held {
    keys: Arc<Keys>,
    ballot_bytes: usize,
    /// Whose turn it is, in this process, to write what waits for the box.
    turn: Arc<tokio::sync::Mutex<()>>,
}

/// The name under which a ballot lies in its box. Only the key can compute it.
type Tag = [u8; 32];

/// One person's place in one open box. Holds key material: use it and let it go.
pub struct Seat {
    id: BoxId,
    tag: Tag,
    held: Held,
}

/// One opened ballot, wiped from memory when dropped.
pub struct Ballot(Zeroizing<Vec<u8>>);

impl BoxId {
    /// Reads an id back from where a feature keeps it; `None` if it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        // It becomes a file name, so nothing but letters and digits may pass.
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        fits.then(|| Self(text.into()))
    }

    /// The id as text, to keep beside what the box is for.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn random() -> Result<Self> {
        Ok(Self(format!("{:032x}", u128::from_be_bytes(keys::random()?)).into()))
    }
}

impl fmt::Display for BoxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Cast {
    /// From what the store says of a tag: whether its ballot replaced one; nothing when the box took none.
    fn of(changed: Option<bool>) -> Self {
        match changed {
            Some(false) => Self::Recorded,
            Some(true) => Self::Changed,
            None => Self::Closed,
        }
    }
}

impl Withdrawal {
    /// From what the store says of a tag: whether it had a ballot; nothing when the box is closed.
    fn of(gone: Option<bool>) -> Self {
        match gone {
            Some(true) => Self::Withdrawn,
            Some(false) => Self::Nothing,
            None => Self::Closed,
        }
    }
}

impl Held {
    fn new(key: &[u8; 32], ballot_bytes: usize) -> Self {
        Self { keys: Arc::new(Keys::derive(key)), ballot_bytes, turn: Arc::default() }
    }
}

impl NewBox {
    /// The id of the box to be.
    pub fn id(&self) -> &BoxId {
        &self.id
    }
}

/// Opens a prepared box in the caller's transaction. From `closes_at` on it refuses ballots by itself, even before it is closed.
pub async fn open(tx: &mut Tx, new: &NewBox, guild: GuildId, closes_at: DateTime<Utc>) -> Result<()> {
    store::add_box(tx, &new.id, guild, &new.key_id, new.ballot_bytes, closes_at).await
}

impl Sealed {
    /// Keeps keys in `<data>/keys/`. Touches nothing yet.
    pub fn in_data_folder(data: &Path) -> Self {
        let folder = KeyFolder::new(data.join("keys"));
        Self {
            inner: Arc::new(Inner {
                folder,
                held: RwLock::default(),
                waiting: together::Waiting::default(),
                closing: tokio::sync::Mutex::default(),
            }),
        }
    }

    /// Draws a key for a box whose ballots are at most `ballot_bytes` long, and puts it safely on disk. [`open`] the box next; if that
    /// fails, [`discard`](Self::discard) it.
    pub async fn prepare(&self, ballot_bytes: usize) -> Result<NewBox> {
        if ballot_bytes == 0 || ballot_bytes > MOST_BALLOT_BYTES {
            return Err(Error::internal(format!("a ballot of {ballot_bytes} bytes does not fit a box")));
        }
        let id = BoxId::random()?;
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(keys::random()?);
        let key_id = keys::key_id(&key);
        let held = Held::new(&key, ballot_bytes);
        let (inner, name) = (self.inner.clone(), id.clone());
        on_disk(move || inner.folder.create(&name, &key)).await.map_err(|error| {
            error.context(format!("Writing the key of a new ballot box to {}", self.inner.folder.path().display()))
        })?;
        self.hold(id.clone(), held);
        Ok(NewBox { id, key_id, ballot_bytes })
    }

    /// Takes back a prepared box that was not opened.
    pub async fn discard(&self, new: NewBox) -> Result<()> {
        self.destroy_key(&new.id).await
    }

    /// Finds and checks the key of a box. Afterwards [`seat`](Self::seat) works, if the key is [held](Key::Held).
    pub async fn unlock(&self, store: &Store, id: &BoxId) -> Result<Key> {
        let named = id.clone();
        let found = store.read(move |tx| Box::pin(async move { store::find_box(tx, &named).await })).await?;
        let Some(row) = found.filter(|row| matches!(row.state, BoxState::Open | BoxState::Closing)) else {
            return Ok(Key::NotNeeded);
        };
        if self.held(id).is_some() {
            return Ok(Key::Held);
        }
        let (inner, named) = (self.inner.clone(), id.clone());
        let key = on_disk(move || inner.folder.load(&named)).await.map_err(|error| {
            error.context(format!("Reading the key of ballot box {id} in {}", self.inner.folder.path().display()))
        })?;
        match key {
            Some(key) if keys::key_id(&key)[..] == row.key_id[..] => {
                self.hold(id.clone(), Held::new(&key, row.ballot_bytes));
                Ok(Key::Held)
            }
            _ => Ok(Key::Lost),
        }
    }

    /// This person's place in the box; `None` until the box has been prepared here or [unlocked](Self::unlock). No I/O.
    pub fn seat(&self, id: &BoxId, guild: GuildId, user: UserId) -> Option<Seat> {
        let held = self.held(id)?;
        let tag = held.keys.tag(id, guild, user);
        Some(Seat { id: id.clone(), tag, held })
    }

    fn held(&self, id: &BoxId) -> Option<Held> {
        self.inner.held.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn hold(&self, id: BoxId, held: Held) {
        // Another may have been as quick, and one box has one turn.
        self.inner.held.write().unwrap_or_else(PoisonError::into_inner).entry(id).or_insert(held);
    }

    async fn destroy_key(&self, id: &BoxId) -> Result<()> {
        self.inner.held.write().unwrap_or_else(PoisonError::into_inner).remove(id);
        let (inner, named) = (self.inner.clone(), id.clone());
        on_disk(move || inner.folder.destroy(&named)).await.map_err(|error| {
            error.context(format!("Destroying the key of ballot box {id} in {}", self.inner.folder.path().display()))
        })
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({})", self.inner.folder.path().display())
    }
}

impl Seat {
    /// Puts this person's ballot into the box, in place of an earlier one, if the box is open at `now`, as a part of a larger change. A
    /// ballot that is all there is to write goes by [`Sealed::cast`].
    pub async fn cast(&self, tx: &mut Tx, ballot: &[u8], now: DateTime<Utc>) -> Result<Cast> {
        let put = store::upsert_ballots(tx, &self.id, &[(self.tag, self.seal(ballot)?)].into(), now).await?;
        Ok(Cast::of(put.get(&self.tag).copied()))
    }

    fn seal(&self, ballot: &[u8]) -> Result<Vec<u8>> {
        self.held.keys.seal(&self.id, &self.tag, ballot, self.held.ballot_bytes)
    }

    /// Takes this person's ballot out of the box, if the box is open at `now`, as a part of a larger change or from a box whose ballots
    /// are cast in such; after a change that has [read](Self::mine_to_change) it, not in between. Ballots that go by [`Sealed::cast`] are
    /// taken back by [`Sealed::withdraw`]: only what waits in one line keeps its order.
    pub async fn withdraw(&self, tx: &mut Tx, now: DateTime<Utc>) -> Result<Withdrawal> {
        store::hold_place(tx, &self.id, &self.tag).await?;
        Ok(Withdrawal::of(store::take_out(tx, &self.id, &self.tag, now).await?))
    }

    /// This person's own ballot; `None` when there is none. Only ever show it to that person.
    pub async fn mine(&self, tx: &mut Tx) -> Result<Option<Ballot>> {
        let payload = store::find_payload(tx, &self.id, &self.tag).await?;
        Ok(payload.and_then(|payload| self.held.keys.open(&self.id, &self.tag, &payload)).map(Ballot))
    }

    /// As [`mine`](Self::mine), in a write that goes on to change it: nobody changes it in between.
    pub async fn mine_to_change(&self, tx: &mut Tx) -> Result<Option<Ballot>> {
        store::hold_place(tx, &self.id, &self.tag).await?;
        self.mine(tx).await
    }

    /// Whether this person's ballot is in the box. Only ever tell it to that person.
    pub async fn has_cast(&self, tx: &mut Tx) -> Result<bool> {
        store::ballot_exists(tx, &self.id, &self.tag).await
    }
}

impl fmt::Debug for Seat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seat(…)")
    }
}

impl Ballot {
    /// What was cast.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Ballot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ballot(…)")
    }
}

/// Runs file work away from the threads that answer people.
async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|fault| Error::Internal(anyhow::Error::new(fault)))?
        .map_err(|fault| Error::Internal(anyhow::Error::new(fault)))
}
