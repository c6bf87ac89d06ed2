use chrono::{DateTime, Utc};
use cxbot::ids::{ChannelId, GuildId};
use cxbot::outbox::{self, Queue, To};
use cxbot::post::Post;
use cxbot::store::Store;

crate::on_both!(the_same_key_is_queued_once, an_unsent_message_is_nowhere_on_discord);

fn noon() -> DateTime<Utc> {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

async fn leave(store: &Store, text: &'static str) -> bool {
    store
        .write(move |tx| {
            Box::pin(async move {
                let post = Post::text(text);
                let to = To::Channel(ChannelId(5));
                outbox::queue(tx, Queue { guild: GuildId(1), key: "pulse:7:open", to, post: &post, due_at: noon() })
                    .await
            })
        })
        .await
        .unwrap()
}

async fn the_same_key_is_queued_once(store: Store) {
    assert!(leave(&store, "first").await);
    assert!(!leave(&store, "second").await);
}

async fn an_unsent_message_is_nowhere_on_discord(store: Store) {
    leave(&store, "first").await;
    let sent = store.read(|tx| Box::pin(outbox::find_sent(tx, "pulse:7:open"))).await.unwrap();
    assert_eq!(sent, None);
}
