//! A transcript that is saved in the playground plays again in another one, and only a conversation that is the same passes.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::browser::playground;
use crate::harness::MACHINE;

/// What the page does, without a page.
struct Page {
    web: reqwest::Client,
    base: String,
    key: String,
}

impl Page {
    fn open(address: &str) -> Self {
        let (base, key) = address.split_once("/?key=").expect("an address with a key");
        Self { web: reqwest::Client::new(), base: base.to_owned(), key: key.to_owned() }
    }

    async fn asks(&self, what: &str, body: Option<&Value>) -> Value {
        let url = format!("{}/api/{what}", self.base);
        let request = match body {
            Some(body) => self.web.post(&url).json(body),
            None => self.web.get(&url),
        };
        let answer = request.header("x-playground-key", &self.key).send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{what} {body:?}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn looks(&self, me: &str, channel: &str) -> Value {
        self.asks(&format!("look?as={me}&channel={channel}"), None).await
    }

    /// The id of a person (`people`) or channel (`channels`) by name.
    async fn id(&self, list: &str, name: &str) -> String {
        let seen = self.looks("", "").await;
        let found = seen[list].as_array().unwrap().iter().find(|one| one["name"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {}", seen[list]))["id"].as_str().unwrap().to_owned()
    }

    async fn does(&self, who: &str, channel: &str, mut what: Value) -> Value {
        what["as"] = json!(self.id("people", who).await);
        what["channel"] = json!(self.id("channels", channel).await);
        let answer = self.asks("act", Some(&what)).await;
        assert!(answer["refused"].is_null() && answer["outcome"]["failed"].is_null(), "{who} {what}: {answer}");
        answer["outcome"].clone()
    }

    /// The newest message that this person sees here and that holds a control with these words.
    async fn control(&self, who: &str, channel: &str, words: &str) -> (Value, Value) {
        fn controls(part: &Value) -> Vec<&Value> {
            let below = part["components"].as_array().into_iter().flatten().flat_map(controls);
            std::iter::once(part).chain(below).collect()
        }
        let seen = self.looks(&self.id("people", who).await, &self.id("channels", channel).await).await;
        let messages = seen["messages"].as_array().unwrap();
        let found = messages.iter().rev().find_map(|message| {
            let reads = |part: &&Value| {
                [&part["label"], &part["placeholder"]]
                    .iter()
                    .any(|text| text.as_str().is_some_and(|text| text.contains(words)))
            };
            Some((message["id"].clone(), controls(message).into_iter().find(reads)?.clone()))
        });
        found.unwrap_or_else(|| panic!("{who} finds no “{words}” in {}", seen["messages"]))
    }

    async fn presses(&self, who: &str, channel: &str, label: &str) -> Value {
        let (message, button) = self.control(who, channel, label).await;
        let press = json!({ "do": "press", "message": message, "custom_id": button["custom_id"] });
        self.does(who, channel, press).await
    }

    async fn picks(&self, who: &str, channel: &str, words: &str) -> Value {
        let (message, menu) = self.control(who, channel, words).await;
        let values = json!([menu["options"][1]["value"]]);
        let select = json!({ "do": "select", "message": message, "custom_id": menu["custom_id"], "values": values });
        self.does(who, channel, select).await
    }

    /// A bit of everything: a suggestion, a person, buttons, menus, a form, words, a bad day and a week that passes.
    async fn lives(&self) {
        // The bot registers its commands a moment after it has connected.
        while self.looks("", "").await["commands"] == json!([]) {
            tokio::task::yield_now().await;
        }
        let ask = json!({ "do": "autocomplete", "command": "pulse open", "focused": "pulse", "options": { "pulse": "Serv" } });
        let suggested = self.does("Priya Raman", "cx-pulse", ask).await;
        let pulse = suggested["choices"][0]["value"].clone();
        let open = json!({ "do": "run", "command": "pulse open", "options": { "pulse": pulse } });
        self.does("Priya Raman", "cx-pulse", open).await;
        while self.looks(&self.id("people", "Sam Okafor").await, &self.id("channels", "cx-pulse").await).await["messages"]
            == json!([])
        {
            tokio::task::yield_now().await;
        }
        for (who, answer) in [
            ("Sam Okafor", "Very easy"),
            ("Grace Lindqvist", "Easy"),
            ("Priya Raman", "Easy"),
            ("Henry Abbott", "Difficult"),
            ("Noor Haddad", "Easy"),
        ] {
            self.presses(who, "cx-pulse", answer).await;
        }
        self.does("Sam Okafor", "cx-general", json!({ "do": "say", "text": "Has everybody answered?" })).await;
        let grace = self.id("people", "Grace Lindqvist").await;
        let nominate = json!({ "do": "run", "command": "nominate", "options": { "person": grace } });
        self.does("Sam Okafor", "cx-recognition", nominate).await;
        self.picks("Sam Okafor", "cx-recognition", "principle").await;
        let form = self.picks("Sam Okafor", "cx-recognition", "How do you know").await["modal"].clone();
        let fields = form["components"].as_array().unwrap().iter();
        let ids = fields
            .flat_map(|part| [&part["component"], &part["components"][0]])
            .filter_map(|one| one["custom_id"].as_str());
        let values: serde_json::Map<String, Value> = ids
            .map(|id| (id.to_owned(), json!("She called the claimant back the same day and found the form.")))
            .collect();
        let submit = json!({ "do": "submit", "interaction": form["interaction_id"], "values": values });
        self.does("Sam Okafor", "cx-recognition", submit).await;
        self.presses("Sam Okafor", "cx-recognition", "Send").await;
        let who = self.id("people", "Sam Okafor").await;
        self.asks("fault", Some(&json!({ "what": "lost_answer", "as": who }))).await;
        self.asks("clock", Some(&json!({ "minutes": 10_080 }))).await;
        let learn = json!({ "do": "run", "command": "learn next", "options": {} });
        self.does("Sam Okafor", "cx-lessons", learn).await;
        self.presses("Sam Okafor", "cx-lessons", "Take the quiz").await;
    }
}

fn replay(folder: &Path, transcript: &str) -> Output {
    let file = folder.join("transcript.json");
    std::fs::write(&file, transcript).unwrap();
    Command::new(env!("CARGO_BIN_EXE_cxbot")).arg("--data").arg(folder).arg("replay").arg(file).output().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_saved_transcript_plays_again_and_differences_are_named() {
    let _alone = MACHINE.write().await;
    let folder = tempfile::tempdir().unwrap();
    let (running, address) = playground(folder.path());
    let page = Page::open(&address);
    page.lives().await;
    let sam = page.id("people", "Sam Okafor").await;
    let transcript = page.asks(&format!("transcript?as={sam}&form=json"), None).await;
    drop(running);

    let acts = transcript["acts"].to_string();
    for words in [
        "\"suggested\":\"Serv",
        "{\"person\":\"Grace Lindqvist\"}",
        "\"label\":\"Very easy\"",
        "\"fault\":\"lost_answer\"",
    ] {
        assert!(acts.contains(words), "expected {words} in {acts}");
    }
    assert!(!acts.contains(&sam), "an id instead of a name in {acts}");

    let text = transcript.to_string();
    let again = replay(folder.path(), &text);
    let said = String::from_utf8_lossy(&again.stdout);
    assert!(again.status.success(), "{said}\n{}", String::from_utf8_lossy(&again.stderr));
    assert!(said.contains("The conversation is the same"), "{said}");

    let other = text.replace("5 of about", "6 of about");
    assert_ne!(other, text, "the result of the pulse is in the transcript");
    let again = replay(folder.path(), &other);
    let said = String::from_utf8_lossy(&again.stdout);
    assert_eq!(again.status.code(), Some(1), "{said}");
    assert!(said.contains("cx-pulse, line ") && said.contains("6 of about") && said.contains("5 of about"), "{said}");

    let other = text.replace("\"Very easy\"", "\"Extremely easy\"");
    let again = replay(folder.path(), &other);
    let said = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(1), "{said}");
    assert!(said.contains("could not be done again: there is no “Extremely easy”"), "{said}");

    for (file, words) in
        [("{}", "is no transcript"), (&text.replace("\"began_at\":\"", "\"begun\":\""), "earlier version")]
    {
        let again = replay(folder.path(), file);
        let said = String::from_utf8_lossy(&again.stderr);
        assert_eq!(again.status.code(), Some(1), "{said}");
        assert!(said.contains(words), "expected {words:?} in {said}");
    }
}
