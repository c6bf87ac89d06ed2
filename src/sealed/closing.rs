//! Closing a box, in six steps that survive a crash between any two of them.

use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use futures_util::future::BoxFuture;

use super::store::{self, BallotRow, BoxState};
use super::{Ballot, BoxId, Key, Sealed, keys};
use crate::error::{Error, Result};
use crate::store::{Store, Tx};

/// What a feature does with a closing box.
pub trait Closing: Send + Sync + 'static {
    /// Keeps what may be kept, in the transaction that deletes the ballots (shuffled here). Runs once for a box.
    fn keep<'run>(&'run self, tx: &'run mut Tx, ballots: &'run [Ballot]) -> BoxFuture<'run, Result<()>>;

    /// Tells the result, in the transaction that calls the box sealed: only now is every ballot and the key gone. Runs once for a box.
    fn publish<'run>(&'run self, tx: &'run mut Tx) -> BoxFuture<'run, Result<()>>;
}

/// The steps of closing, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// New ballots are refused.
    Refuse,
    /// The ballots are opened, in memory only.
    Open,
    /// What may be kept is kept, every ballot is deleted: one transaction.
    Keep,
    /// The key is overwritten and removed.
    DestroyKey,
    /// Deleted content is scrubbed from the database's files.
    Scrub,
    /// The box is called sealed, the result told: one transaction.
    Seal,
}

/// How far a box has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every step is done, by this call or before.
    Sealed,
    /// Stopped after the step asked for.
    Stopped,
    /// The key is lost, so the ballots can never be read: [`abandon`] the box and say so.
    KeyLost,
    /// It was abandoned before.
    Abandoned,
}

/// The first step of closing, in the caller's transaction. `true` when this call did it. On PostgreSQL it waits for ballots in flight.
pub async fn refuse(tx: &mut Tx, id: &BoxId) -> Result<bool> {
    store::mark_closing(tx, id).await
}

/// Gives up a box whose key is lost: its unreadable ballots are deleted in the caller's transaction. `true` when this call did it.
/// Follow with [`Sealed::tidy`].
pub async fn abandon(tx: &mut Tx, id: &BoxId) -> Result<bool> {
    let done = store::mark_abandoned(tx, id).await?;
    store::delete_ballots(tx, id).await?;
    Ok(done)
}

/// How long to wait before a closing that did not succeed is tried again: 1, 2, 4 … minutes, at most an hour.
pub fn retry_after(attempt: u32) -> TimeDelta {
    TimeDelta::minutes(1 << attempt.min(6)).min(TimeDelta::hours(1))
}

impl Sealed {
    /// Closes a box, or takes up a closing that was interrupted, to the end. `today` is the day noted as sealed.
    ///
    /// # Errors
    /// When a step fails (full disk, unreadable key folder, database). Nothing is published; call again later.
    pub async fn close(&self, db: &Store, id: &BoxId, closing: Arc<dyn Closing>, today: NaiveDate) -> Result<Outcome> {
        self.close_until(db, id, closing, today, Step::Seal).await
    }

    /// As [`close`](Self::close), but stops after `last`. For tests of interrupted closings.
    pub async fn close_until(
        &self,
        db: &Store,
        id: &BoxId,
        closing: Arc<dyn Closing>,
        today: NaiveDate,
        last: Step,
    ) -> Result<Outcome> {
        let _one_at_a_time = self.inner.closing.lock().await;
        let named = id.clone();
        let found = db.read(move |tx| Box::pin(async move { store::find_box(tx, &named).await })).await?;
        let state = found.ok_or_else(|| Error::internal(format!("there is no ballot box {id}")))?.state;
        match state {
            BoxState::Sealed => return Ok(Outcome::Sealed),
            BoxState::Abandoned => return Ok(Outcome::Abandoned),
            BoxState::Open | BoxState::Closing => {
                let named = id.clone();
                db.write(move |tx| Box::pin(async move { refuse(tx, &named).await })).await?;
                if last == Step::Refuse {
                    return Ok(Outcome::Stopped);
                }
                let Some(ballots) = self.open_ballots(db, id).await? else { return Ok(Outcome::KeyLost) };
                if last == Step::Open {
                    return Ok(Outcome::Stopped);
                }
                keep_and_delete(db, id, closing.clone(), ballots).await?;
                if last == Step::Keep {
                    return Ok(Outcome::Stopped);
                }
            }
            BoxState::Counted => {}
        }
        self.destroy_key(id).await?;
        if last <= Step::DestroyKey {
            return Ok(Outcome::Stopped);
        }
        db.scrub().await.map_err(|error| error.context("Scrubbing deleted ballots from the database"))?;
        if last == Step::Scrub {
            return Ok(Outcome::Stopped);
        }
        let named = id.clone();
        db.write(move |tx| {
            Box::pin(async move {
                // Another process may have come first; then it has published too.
                if store::mark_sealed(tx, &named, today).await? {
                    closing.publish(tx).await?;
                }
                Ok(())
            })
        })
        .await?;
        Ok(Outcome::Sealed)
    }

    /// Removes what is left of an [abandoned](abandon) box: a wrong key, deleted content. Harmless when repeated.
    pub async fn tidy(&self, db: &Store, id: &BoxId) -> Result<()> {
        self.destroy_key(id).await?;
        db.scrub().await
    }

    /// `None` when the key is lost.
    async fn open_ballots(&self, db: &Store, id: &BoxId) -> Result<Option<Opened>> {
        if self.unlock(db, id).await? == Key::Lost {
            return Ok(None);
        }
        let Some(held) = self.held(id) else { return Ok(Some(Opened { ballots: Vec::new(), rows: 0 })) };
        let named = id.clone();
        let rows = db.read(move |tx| Box::pin(async move { store::list_ballots(tx, &named).await })).await?;
        let named = id.clone();
        // Thousands of decryptions belong on a thread of their own, not on those that answer people.
        tokio::task::spawn_blocking(move || {
            let count = rows.len() as u64;
            let open = |row: &BallotRow| held.keys.open(&named, &row.tag, &row.payload).map(Ballot);
            let mut ballots: Vec<Ballot> = rows.iter().filter_map(open).collect();
            let spoilt = count - ballots.len() as u64;
            if spoilt > 0 {
                tracing::warn!(box.id = %named, spoilt, "Ballots that were damaged or tampered with in the database are not counted");
            }
            shuffle(&mut ballots)?;
            Ok(Some(Opened { ballots, rows: count }))
        })
        .await
        .map_err(|fault| Error::Internal(anyhow::Error::new(fault)))?
    }
}

struct Opened {
    ballots: Vec<Ballot>,
    /// How many rows were read, spoilt ones included.
    rows: u64,
}

async fn keep_and_delete(db: &Store, id: &BoxId, closing: Arc<dyn Closing>, opened: Opened) -> Result<()> {
    let id = id.clone();
    db.write(move |tx| {
        Box::pin(async move {
            // Another process may have come first; then it has kept its count of the same ballots.
            if !store::mark_counted(tx, &id).await? {
                return Ok(());
            }
            closing.keep(tx, &opened.ballots).await?;
            let deleted = store::delete_ballots(tx, &id).await?;
            if deleted != opened.rows {
                return Err(Error::internal(format!("ballot box {id} changed while it was being counted")));
            }
            Ok(())
        })
    })
    .await
}

/// Fisher and Yates' shuffle with the operating system's randomness.
fn shuffle<T>(items: &mut [T]) -> Result<()> {
    for last in (1..items.len()).rev() {
        // The bias of taking 64 random bits modulo a small number is below one in 2^40.
        let other = u64::from_le_bytes(keys::random()?) % (last as u64 + 1);
        items.swap(last, usize::try_from(other).expect("not above an index"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_grows_to_an_hour() {
        let minutes: Vec<_> = [0, 1, 5, 6, 40].map(|attempt| retry_after(attempt).num_minutes()).into();
        assert_eq!(minutes, [1, 2, 32, 60, 60]);
    }

    #[test]
    fn shuffling_keeps_every_item_and_favours_no_place() {
        let mut places = [[0_u32; 4]; 4];
        for _ in 0..4_000 {
            let mut items = [0, 1, 2, 3];
            shuffle(&mut items).unwrap();
            for (place, item) in items.into_iter().enumerate() {
                places[item][place] += 1;
            }
        }
        // Each of the 16 counts is 1,000 on average with a standard deviation of 27: 200 is beyond seven of them.
        for count in places.into_iter().flatten() {
            assert!(count.abs_diff(1_000) < 200, "{places:?}");
        }
    }
}
