//! Ballots that share a write.

use cxbot::store::Conn;
use futures_util::future::join_all;
use sqlx::{Connection, PgConnection};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

crate::on_both!(
    ballots_cast_together_are_each_told_what_became_of_theirs,
    a_write_that_fails_is_told_to_everybody_in_it_and_holds_up_nobody_after,
    of_what_one_person_presses_the_last_counts,
    a_withdrawal_comes_after_a_change_that_has_read_the_ballot,
);

async fn ballots_cast_together_are_each_told_what_became_of_theirs(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let (one, other) = (world.open(&sealed).await, world.open(&sealed).await);
    // Everybody presses three times at once in one box. In the other everybody presses at the last moment, and somebody else too late.
    let presses = (0..120_u64).map(|press| (one.clone(), press % 40, noon()));
    let closes_at = noon() + TimeDelta::days(5);
    let late = (0..80).map(|person| (other.clone(), person, closes_at - TimeDelta::milliseconds(1 - person % 2)));
    let late = late.map(|(id, person, now)| (id, person.unsigned_abs(), now));
    let casts = presses.chain(late).map(|(id, person, now)| {
        let (store, sealed) = (world.store.clone(), sealed.clone());
        tokio::spawn(async move {
            let seat = sealed.seat(&id, GUILD, UserId(person)).unwrap();
            sealed.cast(&store, &seat, &person.to_be_bytes(), now).await.unwrap()
        })
    });
    let mut told = Vec::new();
    for cast in casts.collect::<Vec<_>>() {
        told.push(cast.await.unwrap());
    }
    let (in_time, too_late) = told.split_at(120);
    let told = |cast| in_time.iter().filter(|one| **one == cast).count();
    assert_eq!((told(Cast::Recorded), told(Cast::Changed)), (40, 80));
    assert!(too_late.chunks(2).all(|pair| *pair == [Cast::Recorded, Cast::Closed]), "{too_late:?}");
    let ledger = Arc::new(Ledger::default());
    sealed.close(&world.store, &one, ledger.clone(), today()).await.unwrap();
    assert_eq!(ledger.counted(), (0..40_u64).map(|person| person.to_be_bytes().to_vec()).collect::<Vec<_>>());
}

async fn a_write_that_fails_is_told_to_everybody_in_it_and_holds_up_nobody_after(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let id = world.open(&sealed).await;
    let cast_together = async || {
        let seats: Vec<_> = (0..20).map(|person| sealed.seat(&id, GUILD, UserId(person)).unwrap()).collect();
        let casts = seats.iter().map(|seat| sealed.cast(&world.store, seat, b"a", noon()));
        join_all(casts).await
    };
    rename(&world.store, "alter table sealed_ballots rename to elsewhere").await;
    assert!(cast_together().await.iter().all(Result::is_err));
    rename(&world.store, "alter table elsewhere rename to sealed_ballots").await;
    assert!(cast_together().await.iter().all(|cast| matches!(cast, Ok(Cast::Recorded))));
    assert_eq!(world.rows().await, 20);
    // A database that cannot even begin.
    world.store.close().await;
    assert!(cast_together().await.iter().all(Result::is_err));
}

async fn rename(store: &Store, sql: &'static str) {
    let run = store.write(move |tx| {
        Box::pin(async move {
            on_db!(tx, conn => sqlx::query(sql).execute(conn).await?.rows_affected());
            Ok(())
        })
    });
    run.await.unwrap();
}

/// Letters are ballots, `-` withdraws.
async fn of_what_one_person_presses_the_last_counts(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    for presses in ["-a", "a-", "a-b", "b-a-", "--c", "cab"] {
        let id = world.open(&sealed).await;
        assert_eq!(world.cast(&sealed, &id, 1, b"z", noon()).await, Cast::Recorded);
        // A slow moment, in which a write for somebody else's ballot has been asked for already.
        let (go_on, slow) = slow_write(&world.store, &id).await;
        let press = |user, press: u8| {
            let (store, sealed, seat) =
                (world.store.clone(), sealed.clone(), sealed.seat(&id, GUILD, UserId(user)).unwrap());
            tokio::spawn(async move {
                match press {
                    b'-' => format!("{:?}", sealed.withdraw(&store, &seat, noon()).await.unwrap()),
                    ballot => format!("{:?}", sealed.cast(&store, &seat, &[ballot], noon()).await.unwrap()),
                }
            })
        };
        let somebody = press(2, b"s"[0]);
        let mut told = Vec::new();
        for each in presses.bytes() {
            others_run().await;
            told.push((each, press(1, each)));
        }
        others_run().await;
        go_on.send(()).unwrap();
        slow.await.unwrap();
        let mut had_one = true;
        for (each, told) in told {
            let expected = match (each, had_one) {
                (b'-', true) => "Withdrawn",
                (b'-', false) => "Nothing",
                (_, true) => "Changed",
                (_, false) => "Recorded",
            };
            had_one = each != b'-';
            assert_eq!(told.await.unwrap(), expected, "{presses}");
        }
        assert_eq!(somebody.await.unwrap(), "Recorded");
        let ledger = Arc::new(Ledger::default());
        sealed.close(&world.store, &id, ledger.clone(), today()).await.unwrap();
        let last = presses.bytes().last().filter(|last| *last != b'-');
        assert_eq!(ledger.counted().concat(), last.into_iter().chain(*b"s").collect::<Vec<_>>(), "{presses}");
    }
}

async fn a_withdrawal_comes_after_a_change_that_has_read_the_ballot(store: Store) {
    let world = World::new(store);
    let sealed = world.sealed();
    let id = world.open(&sealed).await;
    assert_eq!(world.cast(&sealed, &id, 1, b"a", noon()).await, Cast::Recorded);
    let seat = || sealed.seat(&id, GUILD, UserId(1)).unwrap();
    let (read, is_read) = oneshot::channel();
    let (go_on, goes_on) = oneshot::channel::<()>();
    let (store, changing) = (world.store.clone(), seat());
    let change = tokio::spawn(async move {
        let write = store.write(move |tx| {
            Box::pin(async move {
                assert_eq!(changing.mine_to_change(tx).await?.unwrap().bytes(), b"a");
                read.send(()).unwrap();
                goes_on.await.unwrap();
                changing.cast(tx, b"b", noon()).await
            })
        });
        write.await.unwrap()
    });
    is_read.await.unwrap();
    let (store, leaving) = (world.store.clone(), seat());
    let withdrawal = tokio::spawn(async move {
        store.write(move |tx| Box::pin(async move { leaving.withdraw(tx, noon()).await })).await.unwrap()
    });
    until_it_waits(&world.store, &withdrawal).await;
    go_on.send(()).unwrap();
    assert_eq!((change.await.unwrap(), withdrawal.await.unwrap()), (Cast::Changed, Withdrawal::Withdrawn));
    let mine = world
        .store
        .read(move |tx| {
            let seat = seat();
            Box::pin(async move { seat.mine(tx).await })
        })
        .await
        .unwrap();
    assert!(mine.is_none());
}

/// Until a write waits for another one, or has ended instead.
async fn until_it_waits<T>(store: &Store, write: &JoinHandle<T>) {
    loop {
        others_run().await;
        let waits = store.read(|tx| {
            Box::pin(async move {
                Ok(match tx.conn() {
                    Conn::Postgres(conn) => sqlx::query_scalar::<_, i64>(WAITING).fetch_one(conn).await? > 0,
                    Conn::Sqlite(_) => true,
                })
            })
        });
        if waits.await.unwrap() || write.is_finished() {
            return;
        }
    }
}

/// A write that keeps those after it waiting until it is told to go on: SQLite has one writer, on PostgreSQL it locks the box.
async fn slow_write(store: &Store, id: &BoxId) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (begun, begins) = oneshot::channel();
    let (go_on, goes_on) = oneshot::channel::<()>();
    let (store, id) = (store.clone(), id.clone());
    let slow = tokio::spawn(async move {
        let write = store.write(move |tx| {
            Box::pin(async move {
                if let Conn::Postgres(conn) = tx.conn() {
                    let lock = sqlx::query("select 1 from sealed_boxes where box_id = $1 for update");
                    lock.bind(id.as_str()).fetch_one(conn).await?;
                }
                begun.send(()).unwrap();
                goes_on.await.unwrap();
                Ok(())
            })
        });
        write.await.unwrap();
    });
    begins.await.unwrap();
    (go_on, slow)
}

/// Lets every other task go on until it waits. The tests of this room run on one thread.
async fn others_run() {
    for _ in 0..20 {
        tokio::task::yield_now().await;
    }
}

/// As when a connection dies and nobody notices: a write does not end. Whoever comes after it waits for it once, not each time.
#[tokio::test]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn a_write_that_does_not_end_holds_up_its_box_once() {
    let fixture = crate::support::postgres().await;
    let world = World::new(fixture.store.clone());
    let sealed = world.sealed();
    let id = world.open(&sealed).await;
    assert_eq!(world.cast(&sealed, &id, 1, b"a", noon()).await, Cast::Recorded);
    let mut holding = PgConnection::connect(&fixture.url).await.unwrap();
    sqlx::query("begin").execute(&mut holding).await.unwrap();
    sqlx::query("select 1 from sealed_ballots for update").execute(&mut holding).await.unwrap();

    let cast = |user| {
        let (store, sealed, seat) =
            (world.store.clone(), sealed.clone(), sealed.seat(&id, GUILD, UserId(user)).unwrap());
        tokio::spawn(async move { sealed.cast(&store, &seat, b"b", noon()).await.unwrap() })
    };
    let endless = cast(1);
    until_it_waits(&world.store, &endless).await;
    assert_eq!(cast(2).await.unwrap(), Cast::Recorded);
    // Shorter than the longest turn, far longer than a write.
    let next = tokio::time::timeout(std::time::Duration::from_secs(8), cast(3)).await;
    assert_eq!(next.expect("nobody waits a second time").unwrap(), Cast::Recorded);

    assert!(!endless.is_finished());
    holding.close().await.unwrap();
    assert_eq!(endless.await.unwrap(), Cast::Changed);
}

/// How many wait for a lock, on PostgreSQL.
const WAITING: &str =
    "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";

/// Two processes with the same people in opposite orders, each in one write: all in time; or a tenth of them at the moment of closing,
/// when everybody is judged by their own moment; or a tenth of them to withdraw. Waiting for each other for ever, they would be ended by
/// the database.
#[tokio::test]
#[ignore = "needs PostgreSQL (TEST_POSTGRES_URL)"]
async fn writes_that_hold_the_same_people_in_opposite_orders_both_finish() {
    const PEOPLE: u64 = 300;
    let fixture = crate::support::postgres().await;
    let elsewhere = Store::connect(&fixture.url).await.unwrap();
    let world = World::new(fixture.store.clone());
    let closes_at = noon() + TimeDelta::days(5);
    for other in ["Recorded", "Closed", "Nothing"].repeat(2) {
        let is_other = |person: u64| person.is_multiple_of(10) && other != "Recorded";
        let (here, there) = (world.sealed(), world.sealed());
        let id = world.open(&here).await;
        assert_eq!(there.unlock(&elsewhere, &id).await.unwrap(), Key::Held);
        let cast = async |sealed: &Sealed, store: &Store, people: &[u64]| {
            let seats: Vec<_> = people.iter().map(|each| sealed.seat(&id, GUILD, UserId(*each)).unwrap()).collect();
            // All of them wait before the write that the first one asked for comes to its turn.
            let casts = seats.iter().zip(people).map(async |(seat, each)| {
                let now = if other == "Closed" && is_other(*each) { closes_at } else { noon() };
                if other == "Nothing" && is_other(*each) {
                    return sealed.withdraw(store, seat, now).await.map(|told| format!("{told:?}"));
                }
                sealed.cast(store, seat, &each.to_be_bytes(), now).await.map(|told| format!("{told:?}"))
            });
            join_all(casts).await.into_iter().collect::<Result<Vec<_>>>()
        };
        let people: Vec<u64> = (0..PEOPLE).collect();
        let backwards: Vec<u64> = (0..PEOPLE).rev().collect();
        let gate = Gate::shut(&fixture.url, &id).await;
        let (first, second, ()) = tokio::join!(
            cast(&here, &world.store, &people),
            cast(&there, &elsewhere, &backwards),
            gate.open_when_waiting(2)
        );
        let (first, mut second) = (first.unwrap(), second.unwrap());
        second.reverse();
        for (person, told) in (0..).zip(first.iter().zip(&second)) {
            let expected = match (told.0.as_str(), told.1.as_str()) {
                _ if is_other(person) => (other, other),
                ("Recorded", _) => ("Recorded", "Changed"),
                _ => ("Changed", "Recorded"),
            };
            assert_eq!((told.0.as_str(), told.1.as_str()), expected, "{person}");
        }
        let ledger = Arc::new(Ledger::default());
        here.close(&world.store, &id, ledger.clone(), today()).await.unwrap();
        let counted = people.iter().filter(|each| !is_other(**each)).map(|each| each.to_be_bytes().to_vec());
        assert_eq!(ledger.counted(), counted.collect::<Vec<_>>());
    }
    elsewhere.close().await;
}

/// Holds up every write to a box, so that those that wait for it go on at the same moment.
struct Gate {
    holding: PgConnection,
    watching: PgConnection,
}

impl Gate {
    async fn shut(url: &str, id: &BoxId) -> Self {
        let mut holding = PgConnection::connect(url).await.unwrap();
        let watching = PgConnection::connect(url).await.unwrap();
        sqlx::query("begin").execute(&mut holding).await.unwrap();
        let locked = sqlx::query("select 1 from sealed_boxes where box_id = $1 for update");
        locked.bind(id.as_str()).fetch_one(&mut holding).await.unwrap();
        Self { holding, watching }
    }

    async fn open_when_waiting(mut self, writes: i64) {
        let all_wait = async {
            while sqlx::query_scalar::<_, i64>(WAITING).fetch_one(&mut self.watching).await.unwrap() < writes {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(1), all_wait).await.expect("the writes come to the box");
        self.watching.close().await.unwrap();
        // Ends the transaction with it.
        self.holding.close().await.unwrap();
    }
}
