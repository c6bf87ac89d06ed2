//! The sealed ballot box: its promises, and its bad days.

mod together;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use cxbot::error::{Error, Result};
use cxbot::ids::{GuildId, UserId};
use cxbot::on_db;
use cxbot::sealed::{self, Ballot, BoxId, Cast, Closing, Key, Outcome, Sealed, Step, Withdrawal};
use cxbot::store::{Store, Tx};
use futures_util::future::BoxFuture;

crate::on_both!(
    a_person_has_one_ballot_and_may_change_or_withdraw_it,
    a_box_refuses_from_its_closing_time_on,
    two_boxes_do_not_know_the_same_person,
    a_closing_interrupted_after_any_step_is_taken_up_and_told_once,
    what_fails_while_counting_leaves_every_ballot_in_place,
    a_key_that_cannot_be_destroyed_holds_the_result_back,
    a_lost_or_foreign_key_is_noticed_and_the_box_given_up,
    an_answer_acknowledged_while_the_box_closes_is_counted,
    closing_waits_for_an_answer_in_flight,
    two_closers_at_once_count_and_tell_once,
    ballots_come_out_in_no_telling_order,
);

const GUILD: GuildId = GuildId(112_233_445_566_778_899);

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn today() -> NaiveDate {
    noon().date_naive()
}

/// Remembers what it is given; fails in `keep` as often as asked.
#[derive(Default)]
struct Ledger {
    kept: Mutex<Vec<Vec<Vec<u8>>>>,
    told: AtomicUsize,
    failures_left: AtomicUsize,
}

impl Closing for Ledger {
    fn keep<'run>(&'run self, _tx: &'run mut Tx, ballots: &'run [Ballot]) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            if self.failures_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                return Err(Error::internal("the disk is full"));
            }
            self.kept.lock().unwrap().push(ballots.iter().map(|ballot| ballot.bytes().to_vec()).collect());
            Ok(())
        })
    }

    fn publish<'run>(&'run self, _tx: &'run mut Tx) -> BoxFuture<'run, Result<()>> {
        Box::pin(async move {
            self.told.fetch_add(1, Ordering::SeqCst);
            Ok(())
        })
    }
}

impl Ledger {
    fn counted(&self) -> Vec<Vec<u8>> {
        let kept = self.kept.lock().unwrap();
        assert_eq!(kept.len(), 1, "a box is counted once");
        let mut ballots = kept[0].clone();
        ballots.sort();
        ballots
    }

    fn told(&self) -> usize {
        self.told.load(Ordering::SeqCst)
    }
}

struct World {
    store: Store,
    data: tempfile::TempDir,
}

impl World {
    fn new(store: Store) -> Self {
        Self { store, data: tempfile::tempdir().unwrap() }
    }

    /// As after a start: nothing in memory.
    fn sealed(&self) -> Sealed {
        Sealed::in_data_folder(self.data.path())
    }

    async fn open(&self, sealed: &Sealed) -> BoxId {
        let new = sealed.prepare(16).await.unwrap();
        let id = new.id().clone();
        let closes_at = noon() + TimeDelta::days(5);
        self.store
            .write(move |tx| Box::pin(async move { sealed::open(tx, &new, GUILD, closes_at).await }))
            .await
            .unwrap();
        id
    }

    async fn cast(&self, sealed: &Sealed, id: &BoxId, user: u64, ballot: &[u8], now: DateTime<Utc>) -> Cast {
        let seat = sealed.seat(id, GUILD, UserId(user)).expect("the key is held");
        let ballot = ballot.to_vec();
        self.store.write(move |tx| Box::pin(async move { seat.cast(tx, &ballot, now).await })).await.unwrap()
    }

    async fn withdraw(&self, sealed: &Sealed, id: &BoxId, user: u64, now: DateTime<Utc>) -> Withdrawal {
        let seat = sealed.seat(id, GUILD, UserId(user)).unwrap();
        self.store.write(move |tx| Box::pin(async move { seat.withdraw(tx, now).await })).await.unwrap()
    }

    async fn has_cast(&self, sealed: &Sealed, id: &BoxId, user: u64) -> bool {
        let seat = sealed.seat(id, GUILD, UserId(user)).unwrap();
        self.store.read(move |tx| Box::pin(async move { seat.has_cast(tx).await })).await.unwrap()
    }

    async fn rows(&self) -> i64 {
        self.store.read(|tx| Box::pin(count_rows(tx))).await.unwrap()
    }

    fn key_files(&self) -> Vec<PathBuf> {
        list(&self.data.path().join("keys"))
    }
}

async fn count_rows(tx: &mut Tx) -> Result<i64> {
    Ok(on_db!(tx, conn => sqlx::query_scalar("select count(*) from sealed_ballots").fetch_one(conn).await?))
}

fn list(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

async fn a_person_has_one_ballot_and_may_change_or_withdraw_it(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let id = world.open(&sealed).await;
    assert_eq!(world.cast(&sealed, &id, 1, b"easy", noon()).await, Cast::Recorded);
    assert_eq!(world.cast(&sealed, &id, 1, b"hard", noon()).await, Cast::Changed);
    assert_eq!(world.cast(&sealed, &id, 2, b"easy", noon()).await, Cast::Recorded);
    assert_eq!(world.cast(&sealed, &id, 3, b"easy", noon()).await, Cast::Recorded);
    assert_eq!(world.withdraw(&sealed, &id, 3, noon()).await, Withdrawal::Withdrawn);
    assert_eq!(world.withdraw(&sealed, &id, 3, noon()).await, Withdrawal::Nothing);
    assert!(world.has_cast(&sealed, &id, 1).await && !world.has_cast(&sealed, &id, 3).await);

    let ledger = Arc::new(Ledger::default());
    assert_eq!(sealed.close(&world.store, &id, ledger.clone(), today()).await.unwrap(), Outcome::Sealed);
    assert_eq!(ledger.counted(), [b"easy".to_vec(), b"hard".to_vec()]);
    assert_eq!((ledger.told(), world.rows().await, world.key_files().len()), (1, 0, 0));
    assert!(sealed.seat(&id, GUILD, UserId(1)).is_none(), "the key is gone from memory too");
    assert_eq!(sealed.unlock(&world.store, &id).await.unwrap(), Key::NotNeeded);
    assert_eq!(sealed.close(&world.store, &id, ledger.clone(), today()).await.unwrap(), Outcome::Sealed);
    assert_eq!(ledger.told(), 1, "closing again tells nothing again");
}

async fn a_box_refuses_from_its_closing_time_on(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let id = world.open(&sealed).await;
    let closes_at = noon() + TimeDelta::days(5);
    assert_eq!(world.cast(&sealed, &id, 1, b"a", closes_at - TimeDelta::seconds(1)).await, Cast::Recorded);
    assert_eq!(world.cast(&sealed, &id, 1, b"b", closes_at).await, Cast::Closed);
    assert_eq!(world.cast(&sealed, &id, 2, b"b", closes_at).await, Cast::Closed);
    assert_eq!(world.withdraw(&sealed, &id, 1, closes_at).await, Withdrawal::Closed);
    // A clock that is set back does not open a box that has begun to close.
    let (refused, store) = (id.clone(), world.store.clone());
    assert!(store.write(move |tx| Box::pin(async move { sealed::refuse(tx, &refused).await })).await.unwrap());
    assert_eq!(world.cast(&sealed, &id, 2, b"b", noon()).await, Cast::Closed);
    assert_eq!(world.withdraw(&sealed, &id, 1, noon()).await, Withdrawal::Closed);
    let ledger = Arc::new(Ledger::default());
    sealed.close(&world.store, &id, ledger.clone(), today()).await.unwrap();
    assert_eq!(ledger.counted(), [b"a".to_vec()]);
}

async fn two_boxes_do_not_know_the_same_person(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let (first, second) = (world.open(&sealed).await, world.open(&sealed).await);
    world.cast(&sealed, &first, 1, b"a", noon()).await;
    assert_eq!(world.cast(&sealed, &second, 1, b"a", noon()).await, Cast::Recorded);
    let rows: Vec<(Vec<u8>, Vec<u8>)> = world
        .store
        .read(|tx| {
            Box::pin(async move {
                Ok(on_db!(tx, conn => sqlx::query_as("select tag, payload from sealed_ballots").fetch_all(conn).await?))
            })
        })
        .await
        .unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows[0].0 != rows[1].0 && rows[0].1 != rows[1].1, "the same person and ballot look different in two boxes");
    assert_eq!(rows[0].1.len(), rows[1].1.len());
    let ledger = Arc::new(Ledger::default());
    sealed.close(&world.store, &first, ledger.clone(), today()).await.unwrap();
    assert_eq!((ledger.counted().len(), world.rows().await), (1, 1), "closing one leaves the other alone");
}

async fn a_closing_interrupted_after_any_step_is_taken_up_and_told_once(store: Store) {
    let world = World::new(store);
    for last in [Step::Refuse, Step::Open, Step::Keep, Step::DestroyKey, Step::Scrub, Step::Seal] {
        let sealed = world.sealed();
        let id = world.open(&sealed).await;
        for user in 1..=3 {
            world.cast(&sealed, &id, user, &[u8::try_from(user).unwrap()], noon()).await;
        }
        let ledger = Arc::new(Ledger::default());
        let outcome = sealed.close_until(&world.store, &id, ledger.clone(), today(), last).await.unwrap();
        assert_eq!(outcome, if last == Step::Seal { Outcome::Sealed } else { Outcome::Stopped }, "{last:?}");
        assert_eq!(ledger.told(), usize::from(last == Step::Seal), "nothing is told before the last step ({last:?})");
        assert_eq!(world.rows().await, if last < Step::Keep { 3 } else { 0 }, "{last:?}");
        assert_eq!(world.key_files().len(), usize::from(last < Step::DestroyKey), "{last:?}");

        let after_restart = world.sealed();
        assert_eq!(
            after_restart.unlock(&world.store, &id).await.unwrap(),
            if last < Step::Keep { Key::Held } else { Key::NotNeeded }
        );
        assert_eq!(
            after_restart.close(&world.store, &id, ledger.clone(), today()).await.unwrap(),
            Outcome::Sealed,
            "{last:?}"
        );
        assert_eq!(ledger.counted(), [[1], [2], [3]], "{last:?}");
        assert_eq!((ledger.told(), world.rows().await, world.key_files().len()), (1, 0, 0), "{last:?}");
    }
}

async fn what_fails_while_counting_leaves_every_ballot_in_place(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let id = world.open(&sealed).await;
    world.cast(&sealed, &id, 1, b"a", noon()).await;
    let ledger = Arc::new(Ledger { failures_left: AtomicUsize::new(1), ..Ledger::default() });
    assert!(sealed.close(&world.store, &id, ledger.clone(), today()).await.is_err());
    assert_eq!((ledger.told(), world.rows().await, world.key_files().len()), (0, 1, 1));
    assert_eq!(sealed.close(&world.store, &id, ledger.clone(), today()).await.unwrap(), Outcome::Sealed);
    assert_eq!((ledger.counted(), ledger.told()), (vec![b"a".to_vec()], 1));
}

async fn a_key_that_cannot_be_destroyed_holds_the_result_back(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let id = world.open(&sealed).await;
    world.cast(&sealed, &id, 1, b"a", noon()).await;
    // A folder in the key's place can be neither overwritten nor unlinked as a file.
    let key = world.key_files().remove(0);
    std::fs::remove_file(&key).unwrap();
    std::fs::create_dir(&key).unwrap();
    let ledger = Arc::new(Ledger::default());
    for _ in 0..2 {
        assert!(sealed.close(&world.store, &id, ledger.clone(), today()).await.is_err());
        assert_eq!((ledger.told(), world.rows().await), (0, 0), "counted, but not told");
    }
    std::fs::remove_dir(&key).unwrap();
    assert_eq!(sealed.close(&world.store, &id, ledger.clone(), today()).await.unwrap(), Outcome::Sealed);
    assert_eq!((ledger.counted().len(), ledger.told()), (1, 1));
}

async fn a_lost_or_foreign_key_is_noticed_and_the_box_given_up(store: Store) {
    let world = World::new(store);
    for foreign in [None, Some(vec![7; 32]), Some(vec![7; 5])] {
        let sealed = world.sealed();
        let id = world.open(&sealed).await;
        world.cast(&sealed, &id, 1, b"a", noon()).await;
        let key = world.key_files().remove(0);
        match &foreign {
            None => std::fs::remove_file(&key).unwrap(),
            Some(bytes) => std::fs::write(&key, bytes).unwrap(),
        }
        let after_restart = world.sealed();
        assert_eq!(after_restart.unlock(&world.store, &id).await.unwrap(), Key::Lost);
        assert!(after_restart.seat(&id, GUILD, UserId(2)).is_none(), "a box is never re-keyed");
        let ledger = Arc::new(Ledger::default());
        assert_eq!(after_restart.close(&world.store, &id, ledger.clone(), today()).await.unwrap(), Outcome::KeyLost);
        let given_up = id.clone();
        world.store.write(move |tx| Box::pin(async move { sealed::abandon(tx, &given_up).await })).await.unwrap();
        after_restart.tidy(&world.store, &id).await.unwrap();
        assert_eq!((world.rows().await, world.key_files().len(), ledger.told()), (0, 0, 0));
        assert_eq!(after_restart.close(&world.store, &id, ledger, today()).await.unwrap(), Outcome::Abandoned);
        assert_eq!(world.cast(&sealed, &id, 2, b"a", noon()).await, Cast::Closed);
    }
}

async fn an_answer_acknowledged_while_the_box_closes_is_counted(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    for _ in 0..10 {
        let id = world.open(&sealed).await;
        let acknowledged = Arc::new(tokio::sync::Semaphore::new(0));
        // Twenty people at a time, one after another until the box is closed; it begins to close when thirty have been told "recorded".
        let casts: Vec<_> = (0..20)
            .map(|lane| {
                let (store, sealed, id, acknowledged) =
                    (world.store.clone(), sealed.clone(), id.clone(), acknowledged.clone());
                tokio::spawn(async move {
                    for user in (lane..).step_by(20) {
                        // No key: the box is closed.
                        let Some(seat) = sealed.seat(&id, GUILD, UserId(user)) else { return };
                        if sealed.cast(&store, &seat, b"a", noon()).await.unwrap() == Cast::Closed {
                            return;
                        }
                        acknowledged.add_permits(1);
                    }
                })
            })
            .collect();
        acknowledged.acquire_many(30).await.unwrap().forget();
        let ledger = Arc::new(Ledger::default());
        let outcome = sealed.close(&world.store, &id, ledger.clone(), today()).await.unwrap();
        for cast in casts {
            cast.await.unwrap();
        }
        assert_eq!(outcome, Outcome::Sealed);
        let counted = ledger.counted().len();
        assert_eq!(counted, acknowledged.available_permits() + 30);
        assert_eq!(world.rows().await, 0);
    }
}

async fn closing_waits_for_an_answer_in_flight(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let id = world.open(&sealed).await;
    let seat = sealed.seat(&id, GUILD, UserId(1)).unwrap();
    let (in_flight, stored) = tokio::sync::oneshot::channel();
    let (land, landing) = tokio::sync::oneshot::channel::<()>();
    let store = world.store.clone();
    let cast = tokio::spawn(async move {
        store
            .write(move |tx| {
                Box::pin(async move {
                    let cast = seat.cast(tx, b"a", noon()).await?;
                    in_flight.send(()).unwrap();
                    landing.await.unwrap();
                    Ok(cast)
                })
            })
            .await
            .unwrap()
    });
    stored.await.unwrap();
    let ledger = Arc::new(Ledger::default());
    let (store, closer, boxed, closing) = (world.store.clone(), sealed.clone(), id.clone(), ledger.clone());
    let mut closed = tokio::spawn(async move { closer.close(&store, &boxed, closing, today()).await.unwrap() });
    let early = tokio::time::timeout(std::time::Duration::from_millis(300), &mut closed).await;
    assert!(early.is_err(), "the box closed over an answer that is about to be acknowledged");
    land.send(()).unwrap();
    assert_eq!((cast.await.unwrap(), closed.await.unwrap()), (Cast::Recorded, Outcome::Sealed));
    assert_eq!(ledger.counted(), [b"a".to_vec()]);
}

async fn two_closers_at_once_count_and_tell_once(store: Store) {
    let world = World::new(store);
    // Two processes share the folder of keys, but no memory.
    let (one, other) = (world.sealed(), world.sealed());
    let id = world.open(&one).await;
    for user in 1..=20 {
        world.cast(&one, &id, user, b"a", noon()).await;
    }
    let ledger = Arc::new(Ledger::default());
    let first = one.close(&world.store, &id, ledger.clone(), today());
    let second = other.close(&world.store, &id, ledger.clone(), today());
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
    // Whoever lost the race may have been turned away; asked again, it agrees.
    assert_eq!(other.close(&world.store, &id, ledger.clone(), today()).await.unwrap(), Outcome::Sealed);
    assert_eq!((ledger.counted().len(), ledger.told()), (20, 1));
}

async fn ballots_come_out_in_no_telling_order(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let id = world.open(&sealed).await;
    for user in 0..40_u8 {
        world.cast(&sealed, &id, u64::from(user) + 1, &[user], noon()).await;
    }
    let ledger = Arc::new(Ledger::default());
    sealed.close(&world.store, &id, ledger.clone(), today()).await.unwrap();
    let in_order = ledger.kept.lock().unwrap()[0].windows(2).filter(|pair| pair[0] < pair[1]).count();
    // 39 when sorted, 0 when reversed; a shuffle gives 19.5 with a standard deviation below 2.
    assert!((9..=30).contains(&in_order), "{in_order} of 39 neighbours are in the order of casting");
}
