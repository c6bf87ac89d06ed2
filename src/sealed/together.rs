//! What people press at the same moment goes into their box together: one commit, for ballots also one statement, and each person hears
//! what became of theirs only when it is on disk.
//!
//! Of two presses by one person the later one counts, whether it casts or withdraws: all wait in one line, in the order in which they
//! came, and a box has one such write at a time in a process. A withdrawal with a write of its own could come to its turn after a ballot
//! that was cast later and joined an earlier write.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::{BoxId, Cast, Sealed, Seat, Tag, Withdrawal, store};
use crate::error::{Error, Result};
use crate::store::{Store, Tx};

/// After this long the next write no longer waits for one that goes on; far longer than a write takes.
const LONGEST_TURN: Duration = Duration::from_secs(10);

/// What has been pressed and not yet been taken up by a write, box by box.
#[derive(Default)]
pub(super) struct Waiting(Mutex<HashMap<BoxId, Vec<Envelope>>>);

struct Envelope {
    press: Press,
    reply: oneshot::Sender<Result<Became>>,
}

struct Press {
    tag: Tag,
    /// The ballot to put into the box; `None` takes the one that is there out.
    payload: Option<Vec<u8>>,
    now: DateTime<Utc>,
}

/// Whether the person had a ballot in the box before; `None` when the box takes no more.
type Became = Option<bool>;

impl Waiting {
    /// Whether this is the first one to wait, so that a write has to be asked for.
    fn add(&self, id: &BoxId, envelope: Envelope) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_this_box = waiting.entry(id.clone()).or_default();
        of_this_box.push(envelope);
        of_this_box.len() == 1
    }

    fn take(&self, id: &BoxId) -> Vec<Envelope> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id).unwrap_or_default()
    }
}

impl Sealed {
    /// Puts a person's ballot into the box, in place of an earlier one, if the box is open at `now`. When this returns, it is on disk.
    pub async fn cast(&self, store: &Store, seat: &Seat, ballot: &[u8], now: DateTime<Utc>) -> Result<Cast> {
        let payload = Some(seat.seal(ballot)?);
        self.press(store, seat, Press { tag: seat.tag, payload, now }).await.map(Cast::of)
    }

    /// Takes a person's ballot out of the box, if the box is open at `now`: in its place among what they [cast](Self::cast).
    pub async fn withdraw(&self, store: &Store, seat: &Seat, now: DateTime<Utc>) -> Result<Withdrawal> {
        self.press(store, seat, Press { tag: seat.tag, payload: None, now }).await.map(Withdrawal::of)
    }

    async fn press(&self, store: &Store, seat: &Seat, press: Press) -> Result<Became> {
        let (reply, answer) = oneshot::channel();
        if self.inner.waiting.add(&seat.id, Envelope { press, reply }) {
            // A task of its own: others wait for it, also when this caller goes away.
            tokio::spawn(write_waiting(self.clone(), store.clone(), seat.id.clone(), seat.held.turn.clone()));
        }
        answer.await.map_err(|_| Error::internal("The write of a ballot ended without an answer"))?
    }
}

/// Writes what waits for a box, and answers it. Each list of envelopes has one such write, asked for by the first of them.
async fn write_waiting(sealed: Sealed, store: Store, id: BoxId, turn: Arc<tokio::sync::Mutex<()>>) {
    let turn = turn.lock().await;
    let waiting = sealed.inner.clone();
    // Out here, so that they can be answered whatever becomes of the write.
    let taken = Arc::new(Mutex::new(Vec::new()));
    let (batch, boxed) = (taken.clone(), id.clone());
    let mut write = std::pin::pin!(store.write(move |tx| {
        Box::pin(async move {
            // Taken only now: whoever came while this write waited for its turn comes along.
            let envelopes = waiting.waiting.take(&boxed).into_iter().map(|Envelope { press, reply }| (press, reply));
            let (presses, replies): (Vec<_>, Vec<_>) = envelopes.unzip();
            *batch.lock().unwrap_or_else(PoisonError::into_inner) = replies;
            carry_out(tx, &boxed, presses).await
        })
    }));
    let in_turn = tokio::time::timeout(LONGEST_TURN, &mut write).await;
    // A write that got lost with its connection must not hold up the box until the system notices.
    drop(turn);
    let written = match in_turn {
        Ok(written) => written,
        Err(_) => write.await,
    };
    let mut replies = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
    if replies.is_empty() {
        // The write did not come to its turn.
        replies = sealed.inner.waiting.take(&id).into_iter().map(|envelope| envelope.reply).collect();
    }
    // Whoever has gone away needs no answer.
    match written {
        Ok(all) => {
            for (reply, became) in replies.into_iter().zip(all) {
                let _ = reply.send(Ok(became));
            }
        }
        Err(error) => {
            let why = format!("{error:#}");
            for reply in replies {
                let _ = reply.send(Err(Error::internal(format!("A ballot could not be stored or withdrawn: {why}"))));
            }
        }
    }
}

/// Does what was pressed, and says in the same order what became of each.
async fn carry_out(tx: &mut Tx, id: &BoxId, presses: Vec<Press>) -> Result<Vec<Became>> {
    let latest = presses.iter().map(|press| press.now).max().unwrap_or_default();
    // Of two by one person the later one stays. Nothing when somebody withdraws.
    let ballots: Option<BTreeMap<_, _>> =
        presses.iter().map(|press| Some((press.tag, press.payload.clone()?))).collect();
    let mut put = match ballots {
        Some(ballots) => store::upsert_ballots(tx, id, &ballots, latest).await?,
        None => HashMap::new(),
    };
    let mut all = vec![None; presses.len()];
    if put.is_empty() {
        // Each by itself: somebody withdraws, or the box is closed to the last one, and whoever pressed before that moment is in time all
        // the same. In the order of the tags, as everywhere: two writes that go through them differently could wait for each other for ever.
        // What one person pressed stays in its order.
        let mut one_by_one: Vec<_> = presses.into_iter().zip(&mut all).collect();
        one_by_one.sort_by_key(|(press, _)| press.tag);
        for (Press { tag, payload, now }, became) in one_by_one {
            *became = match payload {
                Some(payload) => store::upsert_ballots(tx, id, &[(tag, payload)].into(), now).await?.remove(&tag),
                None => store::take_out(tx, id, &tag, now).await?,
            };
        }
    } else {
        for (Press { tag, .. }, became) in presses.into_iter().zip(&mut all) {
            *became = put.get(&tag).copied();
            // A second one by the same person took the place of the first.
            put.entry(tag).and_modify(|changed| *changed = true);
        }
    }
    Ok(all)
}
