use cxbot::store::{self, Store};

crate::on_both!(what_is_kept_is_found_replaced_and_forgotten, the_first_value_stays);

async fn find(store: &Store, key: &'static str) -> Option<String> {
    store.read(|tx| Box::pin(store::kept(tx, key))).await.unwrap()
}

async fn what_is_kept_is_found_replaced_and_forgotten(store: Store) {
    assert_eq!(find(&store, "a").await, None);
    for value in ["one", "two"] {
        store.write(move |tx| Box::pin(store::keep(tx, "a", value))).await.unwrap();
        assert_eq!(find(&store, "a").await.as_deref(), Some(value));
    }
    store.write(|tx| Box::pin(store::forget(tx, "a"))).await.unwrap();
    assert_eq!(find(&store, "a").await, None);
}

async fn the_first_value_stays(store: Store) {
    for value in ["one", "two"] {
        let kept = store.write(move |tx| Box::pin(store::keep_first(tx, "a", value))).await.unwrap();
        assert_eq!(kept, "one");
    }
}
