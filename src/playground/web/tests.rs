//! Who is let in, which part of a channel is handed out, and what comes with it.

use std::io::Write as _;

use super::super::{acts, listen, seed};
use super::*;
use crate::clock::Clock;
use crate::config::{Overrides, Settings};
use crate::emulator::Emulator;
use crate::features::Features;

#[test]
fn only_this_machines_own_addresses_are_ours() {
    let asked = |pairs: &[(&'static str, &'static str)]| {
        let headers = pairs
            .iter()
            .map(|(name, value)| (axum::http::HeaderName::from_static(name), HeaderValue::from_static(value)));
        is_ours(&headers.collect(), 8650)
    };
    assert!(asked(&[("host", "127.0.0.1:8650")]));
    assert!(asked(&[("host", "localhost:8650"), ("origin", "http://localhost:8650")]));
    assert!(!asked(&[]));
    assert!(!asked(&[("host", "127.0.0.1:8651")]));
    assert!(!asked(&[("host", "127.0.0.1.example:8650")]));
    assert!(!asked(&[("host", "127.0.0.1:8650"), ("origin", "http://elsewhere.example")]));
    assert!(!asked(&[("host", "127.0.0.1:8650"), ("origin", "null")]));
}

#[test]
fn a_long_channel_is_handed_out_in_parts() {
    let part_of = |count: usize, query: &str| {
        let address = format!("/api/look?{query}").parse().unwrap();
        let Query(looking) = Query::<Looking>::try_from_uri(&address).unwrap();
        looking.part(count)
    };
    assert_eq!(part_of(1_000, ""), 900..1_000);
    assert_eq!(part_of(1_000, "most=150"), 850..1_000);
    assert_eq!(part_of(1_000, "first=0&most=150"), 0..150);
    assert_eq!(part_of(1_000, "first=350&most=150"), 350..500);
    // The channel has become shorter meanwhile.
    assert_eq!(part_of(1_000, "first=990&most=150"), 850..1_000);
    assert_eq!(part_of(20, "first=350&most=150"), 0..20);
    assert_eq!(part_of(0, "first=350"), 0..0);
    assert_eq!(part_of(1_000, "most=5000").len(), MOST_HANDED);
}

/// The page and the emulator's API over HTTP, without the bot: nobody else posts.
struct Server {
    desk: Arc<Desk>,
    web: reqwest::Client,
    channel: Id,
    _data: tempfile::TempDir,
}

impl Server {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let data_dir = Some(data.path().to_owned());
        let settings = Settings::load(&Overrides { data_dir, ..Overrides::default() }).unwrap();
        let clock = Clock::manual("2026-11-23T14:00:00Z".parse().unwrap());
        let world = seed::world(clock.now());
        let emulator = Emulator::start(listen(0).await.unwrap(), clock.clone(), world).unwrap();
        let listener = listen(0).await.unwrap();
        let desk = Arc::new(Desk {
            services: crate::app::open(settings.clone(), clock.clone()).await.unwrap(),
            features: Features::new(&settings),
            acts: acts::Acts::new(acts::History { began_at: None, acts: Vec::new() }),
            guild: seed::guild(&emulator).unwrap(),
            key: "key".to_owned(),
            port: listener.local_addr().unwrap().port(),
            emulator,
            clock,
        });
        let router = router(desk.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let channel = desk.first_channel(desk.first_person());
        Self { desk, web: reqwest::Client::new(), channel, _data: data }
    }

    /// A request of the bot's.
    async fn bot(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let url = format!("{}/api/v10/channels/{}/messages{path}", self.desk.emulator.api_base(), self.channel);
        let request = self.web.request(method, url).json(&body);
        let answer =
            request.header("Authorization", format!("Bot {}", self.desk.emulator.token())).send().await.unwrap();
        assert!(answer.status().is_success(), "{body}: {}", answer.status());
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    /// Posts, in answer to another message if there is one, and gives the id.
    async fn posts(&self, text: &str, answered: Option<&str>) -> String {
        let mut body = json!({ "content": text });
        if let Some(answered) = answered {
            body["message_reference"] = json!({ "message_id": answered });
        }
        self.bot(reqwest::Method::POST, "", body).await["id"].as_str().unwrap().to_owned()
    }

    /// What the page is handed of the channel: the texts of its messages, and of those that are answered and not among them.
    async fn looks(&self, part: &str) -> (Vec<String>, Vec<String>) {
        let (port, me) = (self.desk.port, self.desk.first_person());
        let url = format!("http://127.0.0.1:{port}/api/look?as={me}&channel={}&{part}", self.channel);
        let answer = self.web.get(url).header("x-playground-key", &self.desk.key).send().await.unwrap();
        let seen: Value = answer.json().await.unwrap();
        let texts = |list: &Value| {
            let texts = list.as_array().unwrap().iter().map(|one| one["content"].as_str().unwrap().to_owned());
            texts.collect()
        };
        (texts(&seen["messages"]), texts(&seen["answered"]))
    }
}

#[tokio::test]
async fn what_a_reply_answers_is_handed_out_with_it_when_it_is_in_another_part() {
    let server = Server::start().await;
    let question = server.posts("Which form?", None).await;
    for text in ["Good morning", "Good morning to you"] {
        server.posts(text, None).await;
    }
    server.posts("The short one", Some(&question)).await;

    assert_eq!(
        server.looks("most=2").await,
        (vec!["Good morning to you".into(), "The short one".into()], vec!["Which form?".into()])
    );
    // Where both are in the part, or neither, nothing comes along.
    let (messages, answered) = server.looks("").await;
    assert!(messages.len() >= 4 && messages.contains(&"Which form?".to_owned()), "{messages:?}");
    assert_eq!(answered, [""; 0]);
    let before = messages.len() - 4;
    let (messages, answered) = server.looks(&format!("first={before}&most=3")).await;
    assert_eq!((messages.first().map(String::as_str), answered.len()), (Some("Which form?"), 0));

    // What was answered is deleted: the reply stays, with nothing beside it.
    server.bot(reqwest::Method::DELETE, &format!("/{question}"), Value::Null).await;
    assert_eq!(server.looks("most=1").await, (vec!["The short one".into()], Vec::new()));
}

#[test]
fn the_whole_page_is_small_and_runs_only_its_own_files() {
    let mut compressed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    for name in Page::iter() {
        compressed.write_all(&Page::get(&name).unwrap().data).unwrap();
    }
    let bytes = compressed.finish().unwrap().len();
    assert!(bytes < 600_000, "{bytes} bytes compressed");
    let index = String::from_utf8(Page::get("index.html").unwrap().data.into_owned()).unwrap();
    assert!(!index.contains("<script>") && !index.contains(" style=") && !index.contains("http"), "{index}");
}
