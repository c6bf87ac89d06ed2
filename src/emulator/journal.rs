//! A record of everything that was said: every REST request with its answer, every gateway frame. Tokens never leave it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde_json::{Value, json};

pub use super::rules::FileInfo;

/// How many entries are kept unless everything is asked for.
const KEPT: usize = 1_000;
const MASK: &str = "masked";

/// Who sent a gateway frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// The bot, to the emulator.
    FromBot,
    /// The emulator, to the bot.
    ToBot,
}

/// One thing that was said. `number` counts from 1 and orders them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Entry {
    /// A request over HTTP and its answer.
    Rest {
        /// Its place in the journal.
        number: u64,
        /// `GET`, `POST`…
        method: String,
        /// From `/api/v10` on, with tokens masked.
        path: String,
        /// As sent, without the question mark.
        query: String,
        /// The JSON body; of multipart requests, `payload_json`.
        body: Option<Value>,
        /// The files of a multipart request.
        files: Vec<FileInfo>,
        /// The HTTP status of the answer; 0 when it was lost on purpose.
        status: u16,
        /// The JSON body of the answer.
        answer: Option<Value>,
        /// How long it took, in milliseconds.
        millis: f64,
    },
    /// A frame on the gateway.
    Gateway {
        /// Its place in the journal.
        number: u64,
        /// Who sent it.
        direction: Direction,
        /// Counts the connections from 1.
        connection: u64,
        /// The frame, with tokens masked.
        frame: Value,
    },
}

/// What is kept for an entry; masking waits until somebody reads.
pub(crate) enum Record {
    Rest {
        method: String,
        path: String,
        query: String,
        body: Option<Arc<Value>>,
        files: Vec<FileInfo>,
        status: u16,
        answer: Option<Arc<Value>>,
        millis: f64,
    },
    Frame {
        direction: Direction,
        connection: u64,
        frame: Value,
    },
    Dispatch {
        connection: u64,
        sequence: u64,
        name: &'static str,
        payload: Arc<Value>,
    },
}

#[derive(Default)]
struct State {
    records: VecDeque<(u64, Record)>,
    next_number: u64,
    everything: bool,
}

/// The record of one emulator.
#[derive(Default)]
pub struct Journal {
    state: Mutex<State>,
}

impl Journal {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while the journal is held")
    }

    /// Everything that is kept, oldest first, with tokens masked.
    pub fn entries(&self) -> Vec<Entry> {
        self.state().records.iter().map(|(number, record)| record.shown(*number)).collect()
    }

    pub(crate) fn keep_everything(&self) {
        self.state().everything = true;
    }

    pub(crate) fn add(&self, record: Record) {
        let mut state = self.state();
        state.next_number += 1;
        let number = state.next_number;
        state.records.push_back((number, record));
        if !state.everything && state.records.len() > KEPT {
            state.records.pop_front();
        }
    }
}

impl Record {
    fn shown(&self, number: u64) -> Entry {
        match self {
            Self::Rest { method, path, query, body, files, status, answer, millis } => Entry::Rest {
                number,
                method: method.clone(),
                path: masked_path(path),
                query: query.clone(),
                body: body.as_deref().cloned(),
                files: files.clone(),
                status: *status,
                answer: answer.as_deref().cloned(),
                millis: *millis,
            },
            Self::Frame { direction, connection, frame } => {
                let mut frame = frame.clone();
                mask_token(&mut frame["d"]);
                Entry::Gateway { number, direction: *direction, connection: *connection, frame }
            }
            Self::Dispatch { connection, sequence, name, payload } => {
                let mut payload = Value::clone(payload);
                mask_token(&mut payload);
                let frame = json!({"op": 0, "s": sequence, "t": name, "d": payload});
                Entry::Gateway { number, direction: Direction::ToBot, connection: *connection, frame }
            }
        }
    }
}

fn mask_token(data: &mut Value) {
    if let Some(token) = data.as_object_mut().and_then(|fields| fields.get_mut("token")) {
        *token = json!(MASK);
    }
}

/// Hides the interaction token in a path.
pub(crate) fn masked_path(path: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    if let Some(at) = parts.iter().position(|part| matches!(*part, "interactions" | "webhooks"))
        && let Some(token) = parts.get_mut(at + 2)
    {
        *token = MASK;
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_do_not_leave_the_journal() {
        assert_eq!(masked_path("/api/v10/interactions/12/secret/callback"), "/api/v10/interactions/12/masked/callback");
        assert_eq!(masked_path("/api/v10/webhooks/12/secret"), "/api/v10/webhooks/12/masked");
        assert_eq!(masked_path("/api/v10/channels/12/messages"), "/api/v10/channels/12/messages");
        let journal = Journal::default();
        let identify = json!({"op": 2, "d": {"token": "Bot secret"}});
        journal.add(Record::Frame { direction: Direction::FromBot, connection: 1, frame: identify });
        assert!(!format!("{:?}", journal.entries()).contains("secret"));
    }
}
