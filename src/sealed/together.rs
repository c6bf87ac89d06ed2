//! Ballots cast at the same moment go into their box together: one statement, one commit, and each person hears what became of theirs
//! only when it is on disk.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::{BoxId, Cast, Sealed, Seat, Tag, store};
use crate::error::{Error, Result};
use crate::store::{Store, Tx};

/// What has been cast and not yet been taken up by a write, box by box.
#[derive(Default)]
pub(super) struct Waiting(Mutex<HashMap<BoxId, Vec<Envelope>>>);

struct Envelope {
    ballot: Pressed,
    reply: oneshot::Sender<Result<Cast>>,
}

struct Pressed {
    tag: Tag,
    payload: Vec<u8>,
    now: DateTime<Utc>,
}

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
        let (reply, answer) = oneshot::channel();
        let ballot = Pressed { tag: seat.tag, payload: seat.seal(ballot)?, now };
        if self.inner.waiting.add(&seat.id, Envelope { ballot, reply }) {
            // A task of its own: others wait for it, also when this caller goes away.
            tokio::spawn(write_waiting(self.clone(), store.clone(), seat.id.clone()));
        }
        answer.await.map_err(|_| Error::internal("The write of a ballot ended without an answer"))?
    }
}

/// Writes what waits for a box, and answers it. Each list of envelopes has one such write, asked for by the first of them.
async fn write_waiting(sealed: Sealed, store: Store, id: BoxId) {
    let waiting = sealed.inner.clone();
    // Out here, so that they can be answered whatever becomes of the write.
    let taken = Arc::new(Mutex::new(Vec::new()));
    let (batch, boxed) = (taken.clone(), id.clone());
    let written = store
        .write(move |tx| {
            Box::pin(async move {
                // Taken only now: whoever came while this write waited for its turn comes along.
                let envelopes =
                    waiting.waiting.take(&boxed).into_iter().map(|Envelope { ballot, reply }| (ballot, reply));
                let (ballots, replies): (Vec<_>, Vec<_>) = envelopes.unzip();
                *batch.lock().unwrap_or_else(PoisonError::into_inner) = replies;
                put(tx, &boxed, ballots).await
            })
        })
        .await;
    let mut replies = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
    if replies.is_empty() {
        // The write did not come to its turn.
        replies = sealed.inner.waiting.take(&id).into_iter().map(|envelope| envelope.reply).collect();
    }
    // Whoever has gone away needs no answer.
    match written {
        Ok(casts) => {
            for (reply, cast) in replies.into_iter().zip(casts) {
                let _ = reply.send(Ok(cast));
            }
        }
        Err(error) => {
            let why = format!("{error:#}");
            for reply in replies {
                let _ = reply.send(Err(Error::internal(format!("A ballot could not be stored: {why}"))));
            }
        }
    }
}

/// Puts ballots into their box, and says in the same order what became of each.
async fn put(tx: &mut Tx, id: &BoxId, ballots: Vec<Pressed>) -> Result<Vec<Cast>> {
    let latest = ballots.iter().map(|ballot| ballot.now).max().unwrap_or_default();
    // Of two by one person the later one stays.
    let together: BTreeMap<Tag, Vec<u8>> = ballots.iter().map(|ballot| (ballot.tag, ballot.payload.clone())).collect();
    let mut put = store::upsert_ballots(tx, id, &together, latest).await?;
    let mut casts = vec![Cast::Closed; ballots.len()];
    if put.is_empty() {
        // The box is closed to the last one. Whoever pressed before it closed is in time all the same. In the order of the tags, as
        // everywhere: two writes that go through them differently could wait for each other for ever.
        let mut one_by_one: Vec<_> = ballots.into_iter().zip(&mut casts).collect();
        one_by_one.sort_by_key(|(ballot, _)| ballot.tag);
        for (Pressed { tag, payload, now }, cast) in one_by_one {
            let put = store::upsert_ballots(tx, id, &[(tag, payload)].into(), now).await?;
            *cast = Cast::of(put.get(&tag));
        }
    } else {
        for (Pressed { tag, .. }, cast) in ballots.into_iter().zip(&mut casts) {
            *cast = Cast::of(put.get(&tag));
            // A second one by the same person took the place of the first.
            put.entry(tag).and_modify(|changed| *changed = true);
        }
    }
    Ok(casts)
}
