//! Ballots that share a write.

use super::*;

crate::on_both!(
    ballots_cast_together_are_each_told_what_became_of_theirs,
    a_write_that_fails_is_told_to_everybody_in_it_and_holds_up_nobody_after,
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
        futures_util::future::join_all(casts).await
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
