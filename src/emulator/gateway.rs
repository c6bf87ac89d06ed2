//! One gateway connection: hello, identify or resume, then events out and heartbeats in.

use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use flate2::write::ZlibEncoder;
use flate2::{Compress, Compression, FlushCompress};
use futures_util::SinkExt as _;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::event::Event;
use super::hub::Hub;
use super::id::id_in;
use super::journal::{Direction, Record};
use super::sessions::{NoResume, ToBot, Wishes};
use super::wire;

const HEARTBEAT: Duration = Duration::from_millis(41_250);
/// A bot that stays silent this long is gone.
const SILENCE: Duration = Duration::from_millis(41_250 * 3 / 2);
/// The largest frame that a bot may send, in bytes.
const LARGEST_FRAME: usize = 4_096;
/// How many frames a bot may send in a minute.
const FRAMES_A_MINUTE: u32 = 120;
/// Payloads above this many bytes are compressed for bots that asked for it.
const COMPRESS_ABOVE: usize = 4_096;
/// Every intent that Discord knows.
const KNOWN_INTENTS: u64 = ((1 << 17) - 1) | (1 << 20) | (1 << 21) | (1 << 24) | (1 << 25);

/// Discord's close codes and words.
mod close {
    pub const UNKNOWN_OPCODE: (u16, &str) = (4001, "Unknown opcode.");
    pub const DECODE: (u16, &str) = (4002, "Error while decoding payload.");
    pub const NOT_AUTHENTICATED: (u16, &str) = (4003, "Not authenticated.");
    pub const AUTHENTICATION_FAILED: (u16, &str) = (4004, "Authentication failed.");
    pub const ALREADY_AUTHENTICATED: (u16, &str) = (4005, "Already authenticated.");
    pub const INVALID_SEQUENCE: (u16, &str) = (4007, "Invalid seq.");
    pub const RATE_LIMITED: (u16, &str) = (4008, "Rate limited.");
    pub const TIMED_OUT: (u16, &str) = (4009, "Session timed out.");
    pub const INVALID_SHARD: (u16, &str) = (4010, "Invalid shard.");
    pub const INVALID_VERSION: (u16, &str) = (4012, "Invalid API version.");
    pub const INVALID_INTENTS: (u16, &str) = (4013, "Invalid intent(s).");
}

type Code = (u16, &'static str);

/// How a connection ends.
enum End {
    /// We close it.
    Close(Code),
    /// The bot closed it, with this code if it gave one.
    ByBot(Option<u16>),
    /// The wire is cut without a word.
    Cut,
}

struct Connection {
    hub: Arc<Hub>,
    socket: WebSocket,
    number: u64,
    session: Option<String>,
    compress: bool,
    /// For bots that had the whole connection compressed (`compress=zlib-stream`): one deflate stream from its first byte to its last.
    stream: Option<Compress>,
    last_sequence: u64,
    to_self: UnboundedSender<ToBot>,
    minute: (Instant, u32),
}

/// One payload of a `zlib-stream` connection. It ends with `00 00 ff ff`, by which a bot knows that it is whole.
fn deflated(stream: &mut Compress, mut payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(payload.len() / 2 + 64);
    loop {
        let before = stream.total_in();
        stream.compress_vec(payload, &mut out, FlushCompress::Sync).expect("deflating never fails");
        let taken = usize::try_from(stream.total_in() - before).expect("not more than was given");
        payload = &payload[taken..];
        // Room that was left over means that everything has been flushed.
        if payload.is_empty() && out.len() < out.capacity() {
            return out;
        }
        out.reserve(out.capacity());
    }
}

/// Serves one websocket until it ends.
pub(crate) async fn serve(hub: Arc<Hub>, socket: WebSocket, version: Option<u64>, zlib_stream: bool) {
    static CONNECTIONS: AtomicU64 = AtomicU64::new(0);
    let (to_self, inbox) = unbounded_channel();
    let mut connection = Connection {
        hub,
        socket,
        number: CONNECTIONS.fetch_add(1, Ordering::Relaxed) + 1,
        session: None,
        compress: false,
        stream: zlib_stream.then(|| Compress::new(Compression::fast(), true)),
        last_sequence: 0,
        to_self,
        minute: (Instant::now(), 0),
    };
    let end = match version {
        Some(version) if version != 10 => End::Close(close::INVALID_VERSION),
        _ => connection.talk(inbox).await,
    };
    connection.finish(end).await;
}

impl Connection {
    async fn talk(&mut self, mut inbox: UnboundedReceiver<ToBot>) -> End {
        let hello = json!({
            "op": 10, "s": null, "t": null,
            "d": {"heartbeat_interval": u64::try_from(HEARTBEAT.as_millis()).unwrap_or(u64::MAX), "_trace": ["emulator"]},
        });
        if self.send(hello).await.is_err() {
            return End::ByBot(None);
        }
        let stop = self.hub.stop.clone();
        let mut heard_at = Instant::now();
        loop {
            tokio::select! {
                () = stop.cancelled() => return End::Close((1001, "Going away.")),
                () = tokio::time::sleep_until((heard_at + SILENCE).into()) => return End::Close(close::TIMED_OUT),
                // The connection holds a sender itself, so the inbox never runs dry.
                Some(order) = inbox.recv() => {
                    if let Some(end) = self.obey(order, &mut inbox).await {
                        return end;
                    }
                }
                frame = self.socket.recv() => {
                    heard_at = Instant::now();
                    match frame {
                        Some(Ok(Message::Text(text))) => {
                            if let Err(end) = self.hear(text.as_bytes()).await {
                                return end;
                            }
                        }
                        Some(Ok(Message::Binary(bytes))) => {
                            if let Err(end) = self.hear(&bytes).await {
                                return end;
                            }
                        }
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(frame))) => return End::ByBot(frame.map(|frame| frame.code)),
                        Some(Err(_)) | None => return End::ByBot(None),
                    }
                }
            }
        }
    }

    /// Does what the emulator wants of this connection, and whatever else is waiting already.
    async fn obey(&mut self, first: ToBot, inbox: &mut UnboundedReceiver<ToBot>) -> Option<End> {
        let mut next = Some(first);
        while let Some(order) = next {
            let fed = match order {
                ToBot::Dispatch { sequence, name, payload } => {
                    self.last_sequence = sequence;
                    let text = format!(r#"{{"op":0,"s":{sequence},"t":"{name}","d":{payload}}}"#);
                    self.hub.journal.add(Record::Dispatch { connection: self.number, sequence, name, payload });
                    let frame = self.frame(text);
                    self.socket.feed(frame).await
                }
                ToBot::Reconnect => self.feed(json!({"op": 7, "d": null, "s": null, "t": null})).await,
                ToBot::Invalid { resumable } => {
                    if !resumable && let Some(session) = self.session.take() {
                        self.hub.sessions.forget(&session);
                    }
                    self.feed(json!({"op": 9, "d": resumable, "s": null, "t": null})).await
                }
                ToBot::Close(code) => return Some(End::Close((code, ""))),
                ToBot::Cut => return Some(End::Cut),
            };
            if fed.is_err() {
                return Some(End::ByBot(None));
            }
            next = inbox.try_recv().ok();
        }
        if self.socket.flush().await.is_err() { Some(End::ByBot(None)) } else { None }
    }

    async fn hear(&mut self, bytes: &[u8]) -> Result<(), End> {
        if self.minute.0.elapsed() > Duration::from_mins(1) {
            self.minute = (Instant::now(), 0);
        }
        self.minute.1 += 1;
        if self.minute.1 > FRAMES_A_MINUTE {
            return Err(End::Close(close::RATE_LIMITED));
        }
        if bytes.len() > LARGEST_FRAME {
            return Err(End::Close(close::DECODE));
        }
        let frame: Value = serde_json::from_slice(bytes).map_err(|_| End::Close(close::DECODE))?;
        let opcode = frame["op"].as_u64().ok_or(End::Close(close::DECODE))?;
        let data = frame["d"].clone();
        self.hub.journal.add(Record::Frame { direction: Direction::FromBot, connection: self.number, frame });
        match opcode {
            // Some libraries send their first heartbeat before they identify.
            1 => {
                if let (Some(session), Some(sequence)) = (&self.session, data.as_u64()) {
                    self.hub.sessions.acknowledged(session, sequence);
                }
                self.answer(json!({"op": 11, "d": null, "s": null, "t": null})).await
            }
            2 => self.identify(&data),
            6 => self.resume(&data).await,
            3 | 4 | 8 | 31 if self.session.is_none() => Err(End::Close(close::NOT_AUTHENTICATED)),
            8 => {
                self.request_members(&data);
                Ok(())
            }
            // Presence, voice and soundboard: taken note of, without effect.
            3 | 4 | 31 => Ok(()),
            _ => Err(End::Close(close::UNKNOWN_OPCODE)),
        }
    }

    fn token_is_right(&self, data: &Value) -> Result<bool, End> {
        let given = data["token"].as_str().ok_or(End::Close(close::DECODE))?;
        let given = given.strip_prefix("Bot ").unwrap_or(given);
        Ok(self.hub.read(|world| world.token() == given))
    }

    fn identify(&mut self, data: &Value) -> Result<(), End> {
        if self.session.is_some() {
            return Err(End::Close(close::ALREADY_AUTHENTICATED));
        }
        if !self.token_is_right(data)? {
            return Err(End::Close(close::AUTHENTICATION_FAILED));
        }
        if !data["properties"].is_object() {
            return Err(End::Close(close::DECODE));
        }
        let intents = data["intents"].as_u64().ok_or(End::Close(close::DECODE))?;
        if intents & !KNOWN_INTENTS != 0 {
            return Err(End::Close(close::INVALID_INTENTS));
        }
        let shard = match data["shard"].as_array().map(|pair| (pair.first(), pair.get(1))) {
            None => (0, 1),
            Some((Some(index), Some(count))) => match (index.as_u64(), count.as_u64()) {
                (Some(index), Some(count)) if index < count => (index, count),
                _ => return Err(End::Close(close::INVALID_SHARD)),
            },
            Some(_) => return Err(End::Close(close::INVALID_SHARD)),
        };
        self.compress = data["compress"].as_bool().unwrap_or(false);
        let wishes = Wishes { intents, shard };
        let hub = Arc::clone(&self.hub);
        let session = {
            let world = hub.lock();
            hub.sessions.start(&world, wishes, self.number, self.to_self.clone(), &hub.gateway_url)
        };
        self.session = Some(session);
        self.hub.tell(vec![Event::BotConnected]);
        Ok(())
    }

    async fn resume(&mut self, data: &Value) -> Result<(), End> {
        if self.session.is_some() {
            return Err(End::Close(close::ALREADY_AUTHENTICATED));
        }
        if !self.token_is_right(data)? {
            return Err(End::Close(close::AUTHENTICATION_FAILED));
        }
        let (Some(session), Some(seen)) = (data["session_id"].as_str(), data["seq"].as_u64()) else {
            return Err(End::Close(close::DECODE));
        };
        let again = self.hub.faults.take_replay();
        match self.hub.sessions.resume(session, seen, again, self.number, self.to_self.clone()) {
            Ok(()) => {
                self.session = Some(session.to_owned());
                self.hub.tell(vec![Event::BotResumed]);
                Ok(())
            }
            Err(NoResume::SequenceAhead) => Err(End::Close(close::INVALID_SEQUENCE)),
            Err(NoResume::Unknown) => self.answer(json!({"op": 9, "d": false, "s": null, "t": null})).await,
        }
    }

    /// Answers op 8 with one GUILD_MEMBERS_CHUNK outside the replay buffer, as it is an answer to this connection only.
    fn request_members(&mut self, data: &Value) {
        let Some(guild_id) = id_in(&data["guild_id"]) else { return };
        let prefix = data["query"].as_str().unwrap_or_default().to_lowercase();
        let wanted: Option<Vec<_>> = match &data["user_ids"] {
            Value::Array(ids) => Some(ids.iter().filter_map(id_in).collect()),
            Value::Null => None,
            one => Some(id_in(one).into_iter().collect()),
        };
        let limit = match data["limit"].as_u64() {
            Some(limit) if limit > 0 => usize::try_from(limit).unwrap_or(1_000),
            _ => 1_000,
        };
        let members: Option<Vec<Value>> = self.hub.read(|world| {
            let guild = world.guilds.get(&guild_id)?;
            let fits = |user_id: super::id::Id| match &wanted {
                Some(ids) => ids.contains(&user_id),
                None => world.name_in_guild(Some(guild_id), user_id).to_lowercase().starts_with(&prefix),
            };
            let found = guild.members.values().filter(|member| fits(member.user_id)).take(limit);
            Some(found.map(|member| wire::member(world, member)).collect())
        });
        let Some(members) = members else { return };
        let mut payload =
            json!({"guild_id": guild_id, "members": members, "chunk_index": 0, "chunk_count": 1, "not_found": []});
        if !data["nonce"].is_null() {
            payload["nonce"] = data["nonce"].clone();
        }
        let chunk =
            ToBot::Dispatch { sequence: self.last_sequence, name: "GUILD_MEMBERS_CHUNK", payload: Arc::new(payload) };
        // The receiving end is this very connection.
        let _ = self.to_self.send(chunk);
    }

    async fn answer(&mut self, frame: Value) -> Result<(), End> {
        self.send(frame).await.map_err(|_| End::ByBot(None))
    }

    async fn send(&mut self, frame: Value) -> Result<(), axum::Error> {
        self.feed(frame).await?;
        self.socket.flush().await
    }

    async fn feed(&mut self, frame: Value) -> Result<(), axum::Error> {
        let message = self.frame(frame.to_string());
        self.hub.journal.add(Record::Frame { direction: Direction::ToBot, connection: self.number, frame });
        self.socket.feed(message).await
    }

    fn frame(&mut self, text: String) -> Message {
        if let Some(stream) = &mut self.stream {
            return Message::binary(deflated(stream, text.as_bytes()));
        }
        if !self.compress || text.len() <= COMPRESS_ABOVE {
            return Message::text(text);
        }
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        let compressed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
        Message::binary(compressed.expect("writing to memory does not fail"))
    }

    async fn finish(mut self, end: End) {
        let mut for_good = false;
        match end {
            End::Close((code, reason)) => {
                for_good = matches!(code, 4004 | 4009..=4014);
                let frame = CloseFrame { code, reason: reason.into() };
                let _ = self.socket.send(Message::Close(Some(frame))).await;
                // The bot answers with a close frame of its own; whoever does not is not waited for.
                let goodbye = async { while let Some(Ok(_)) = self.socket.recv().await {} };
                let _ = tokio::time::timeout(Duration::from_secs(1), goodbye).await;
            }
            End::ByBot(code) => {
                // 1000 and 1001 end the session; anything else leaves it to be resumed.
                for_good = matches!(code, Some(1000 | 1001));
                let _ = self.socket.flush().await;
            }
            End::Cut => {}
        }
        if let Some(session) = &self.session {
            self.hub.sessions.lost(session, self.number, for_good);
            self.hub.tell(vec![Event::BotDisconnected]);
        }
    }
}
