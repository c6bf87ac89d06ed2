//! Ballots cast at the same moment go into their box together: one statement, one commit, and each person hears what became of theirs
//! only when it is on disk.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::oneshot;

use super::{BoxId, Cast, Sealed, Seat, Tag, store};
use crate::error::{Error, Result};
use crate::store::Store;

/// What has been cast and not yet been taken up by a write, box by box.
#[derive(Default)]
pub(super) struct Waiting(Mutex<HashMap<BoxId, Vec<Envelope>>>);

struct Envelope {
    tag: Tag,
    payload: Vec<u8>,
    now: DateTime<Utc>,
    reply: oneshot::Sender<Result<Cast>>,
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
        let envelope = Envelope { tag: seat.tag, payload: seat.seal(ballot)?, now, reply };
        if self.inner.waiting.add(&seat.id, envelope) {
            // A task of its own: others wait for it, also when this caller goes away.
            tokio::spawn(write_waiting(self.clone(), store.clone(), seat.id.clone()));
        }
        answer.await.map_err(|_| Error::internal("cxbot is stopping; a ballot was not stored"))?
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
                let envelopes = waiting.waiting.take(&boxed);
                let now = envelopes.iter().map(|envelope| envelope.now).max().unwrap_or_default();
                // Of two by one person the later one stays.
                let ballots: BTreeMap<Tag, Vec<u8>> =
                    envelopes.iter().map(|envelope| (envelope.tag, envelope.payload.clone())).collect();
                *batch.lock().unwrap_or_else(PoisonError::into_inner) = envelopes;
                store::upsert_ballots(tx, &boxed, &ballots, now).await
            })
        })
        .await;
    let mut envelopes = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
    if envelopes.is_empty() {
        // The write did not come to its turn.
        envelopes = sealed.inner.waiting.take(&id);
    }
    // Whoever has gone away needs no answer.
    match written {
        Ok(mut put) => {
            for Envelope { tag, reply, .. } in envelopes {
                let _ = reply.send(Ok(Cast::of(put.get(&tag))));
                // A second one by the same person took the place of the first.
                put.entry(tag).and_modify(|changed| *changed = true);
            }
        }
        Err(error) => {
            let why = format!("{error:#}");
            for envelope in envelopes {
                let _ = envelope.reply.send(Err(Error::internal(format!("A ballot could not be stored: {why}"))));
            }
        }
    }
}
