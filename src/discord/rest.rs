//! Requests to Discord's REST interface.
//!
//! Answers to interactions go out at once; everything else waits its turn under [`Limits`]. A [`Fault`] is safe to log: it holds
//! neither an address nor a token.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::multipart::{Form, Part};
use reqwest::{Client, StatusCode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::OnceCell;
use twilight_http_ratelimiting::Method;

use super::body::{self, Callback};
use super::limits::{Limits, TooMany, too_many};
use super::report::describe_request;
use crate::ids::{ChannelId, InteractionId, MessageId, UserId};
use crate::post::{File, Post};

/// A wait that is worth keeping a message in hand for; a longer one is left to the caller.
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// An interaction is lost after three seconds, so waiting for a limit pays only when it is short.
const LONGEST_WAIT_FOR_ANSWER: Duration = Duration::from_millis(800);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(3);

/// The ways a request comes to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Discord understood and declined.
    Declined {
        /// HTTP status.
        status: u16,
        /// Discord's own number for the reason; 0 when it gave none.
        code: i64,
        /// Discord's words, for the log.
        message: String,
    },
    /// Discord asks to wait this long; nothing was done.
    Limited(Duration),
    /// Discord does not accept the token.
    Unauthorized,
    /// Discord was not reached; nothing was done.
    NotSent(String),
    /// No clear answer: it may or may not have been done.
    Unclear(String),
}

/// A message that stands in a channel, as far as it takes to recognise it.
#[derive(Clone, Debug, Deserialize)]
pub struct Posted {
    /// Its id.
    #[serde(deserialize_with = "id")]
    pub id: MessageId,
    /// Who wrote it.
    pub author: Author,
    /// Its text.
    pub content: String,
    /// When it was posted.
    pub timestamp: DateTime<Utc>,
    /// Its framed parts, as Discord keeps them.
    #[serde(default)]
    pub embeds: Vec<Value>,
    /// Its files, as Discord keeps them.
    #[serde(default)]
    pub attachments: Vec<Value>,
    /// The mark it was sent with, if Discord still tells.
    #[serde(default)]
    pub nonce: Option<Value>,
}

/// Who wrote a message.
#[derive(Clone, Debug, Deserialize)]
pub struct Author {
    /// Their id.
    #[serde(deserialize_with = "user_id")]
    pub id: UserId,
}

/// Discord's REST interface for one bot; cloning it is cheap.
#[derive(Clone)]
pub struct Rest(Arc<Shared>);

struct Shared {
    client: Client,
    /// Up to and including `/api/v10`.
    base: String,
    authorization: HeaderValue,
    limits: Limits,
    own_id: OnceCell<UserId>,
}

#[derive(Deserialize)]
struct OnlyId {
    id: String,
}

impl Rest {
    /// `base` ends in `/api/v10`. Must be called inside a Tokio runtime.
    pub(super) fn new(client: Client, base: String, mut authorization: HeaderValue) -> Self {
        authorization.set_sensitive(true);
        Self(Arc::new(Shared { client, base, authorization, limits: Limits::new(), own_id: OnceCell::new() }))
    }

    /// Posts a message. A second send with the same `nonce` within some minutes posts nothing and returns the first message.
    pub async fn post(&self, channel: ChannelId, post: &Post, nonce: &str) -> Result<MessageId, Fault> {
        let body = json(&body::message(post).once(nonce))?;
        let path = format!("channels/{channel}/messages");
        let posted: OnlyId = self.limited(Method::Post, &path, "", Some((&body, &post.files))).await?;
        snowflake(&posted.id).map(MessageId)
    }

    /// Replaces a message.
    pub async fn edit(&self, channel: ChannelId, message: MessageId, post: &Post) -> Result<(), Fault> {
        let body = json(&body::message(post))?;
        let path = format!("channels/{channel}/messages/{message}");
        let _: Value = self.limited(Method::Patch, &path, "", Some((&body, &post.files))).await?;
        Ok(())
    }

    /// Takes a message away.
    pub async fn delete(&self, channel: ChannelId, message: MessageId) -> Result<(), Fault> {
        let path = format!("channels/{channel}/messages/{message}");
        let _: Value = self.limited(Method::Delete, &path, "", None).await?;
        Ok(())
    }

    /// Opens a thread on a message and returns the thread.
    pub async fn open_thread(&self, channel: ChannelId, message: MessageId, name: &str) -> Result<ChannelId, Fault> {
        let name: String = name.chars().take(100).collect();
        let body = json(&serde_json::json!({ "name": name }))?;
        let path = format!("channels/{channel}/messages/{message}/threads");
        let thread: OnlyId = self.limited(Method::Post, &path, "", Some((&body, &[]))).await?;
        snowflake(&thread.id).map(ChannelId)
    }

    /// The private channel with a person, opened if need be.
    pub async fn open_direct(&self, user: UserId) -> Result<ChannelId, Fault> {
        let body = json(&serde_json::json!({ "recipient_id": user.to_string() }))?;
        let channel: OnlyId = self.limited(Method::Post, "users/@me/channels", "", Some((&body, &[]))).await?;
        snowflake(&channel.id).map(ChannelId)
    }

    /// The newest 50 messages of a channel.
    pub async fn newest(&self, channel: ChannelId) -> Result<Vec<Posted>, Fault> {
        self.limited(Method::Get, &format!("channels/{channel}/messages"), "?limit=50", None).await
    }

    /// Our own user id; asked once.
    pub async fn own_id(&self) -> Result<UserId, Fault> {
        let ask = async {
            let me: OnlyId = self.limited(Method::Get, "users/@me", "", None).await?;
            snowflake(&me.id).map(UserId)
        };
        self.0.own_id.get_or_try_init(|| ask).await.copied()
    }

    /// The global commands that Discord has.
    pub(super) async fn commands(&self, application: u64) -> Result<Vec<Value>, Fault> {
        self.limited(Method::Get, &format!("applications/{application}/commands"), "", None).await
    }

    /// Replaces all global commands.
    pub(super) async fn put_commands(&self, application: u64, commands: &[Value]) -> Result<(), Fault> {
        let body = json(&commands)?;
        let path = format!("applications/{application}/commands");
        let _: Value = self.limited(Method::Put, &path, "", Some((&body, &[]))).await?;
        Ok(())
    }

    /// Answers an interaction. Outside the limits; a short wait on Discord's request is taken once.
    pub(super) async fn answer<D: Serialize>(
        &self,
        (id, token): (InteractionId, &str),
        callback: &Callback<D>,
        files: &[File],
    ) -> Result<(), Fault> {
        let path = format!("interactions/{id}/{token}/callback");
        self.unlimited(reqwest::Method::POST, &path, json(callback)?, files).await
    }

    /// Replaces the first answer to an interaction: the deferred one, or the message that the control stands on.
    pub(super) async fn edit_answer(&self, application: u64, token: &str, post: &Post) -> Result<(), Fault> {
        let path = format!("webhooks/{application}/{token}/messages/@original");
        self.unlimited(reqwest::Method::PATCH, &path, json(&body::message(post))?, &post.files).await
    }

    /// Adds another answer to an interaction.
    pub(super) async fn answer_more(
        &self,
        application: u64,
        token: &str,
        post: &Post,
        only_for_them: bool,
    ) -> Result<(), Fault> {
        let path = format!("webhooks/{application}/{token}");
        let body = json(&body::message(post).only_for_them(only_for_them))?;
        self.unlimited(reqwest::Method::POST, &path, body, &post.files).await
    }

    /// Waits for a turn for a GET request that somebody else sends, and counts it as ours.
    pub(super) async fn in_turn<T>(&self, path: &str, asked: impl Future<Output = T>) -> T {
        let turn = self.0.limits.turn(Method::Get, path).await;
        let answer = asked.await;
        turn.unanswered();
        answer
    }

    async fn unlimited(&self, method: reqwest::Method, path: &str, body: Vec<u8>, files: &[File]) -> Result<(), Fault> {
        for last in [false, true] {
            let sent = self.send(method.clone(), path, "", Some((&body, files)), Some(ANSWER_TIMEOUT)).await;
            match sent {
                Ok((status, _, _)) if status.is_success() => return Ok(()),
                Ok((status, headers, body)) => match self.judge(status, &headers, &body) {
                    (Fault::Limited(wait), _) if !last && wait <= LONGEST_WAIT_FOR_ANSWER => {
                        tokio::time::sleep(wait).await;
                    }
                    (fault, _) => return Err(fault),
                },
                // Discord declines a second answer (40060), so asking again after silence cannot answer twice.
                Err(Fault::NotSent(_)) if !last => {}
                Err(fault) => return Err(fault),
            }
        }
        unreachable!("the second round always returns")
    }

    async fn limited<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        query: &str,
        body: Option<(&[u8], &[File])>,
    ) -> Result<T, Fault> {
        let http_method = match method {
            Method::Delete => reqwest::Method::DELETE,
            Method::Patch => reqwest::Method::PATCH,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            _ => reqwest::Method::GET,
        };
        for round in 0.. {
            let turn = self.0.limits.turn(method, path).await;
            let (status, headers, answer) = match self.send(http_method.clone(), path, query, body, None).await {
                Ok(answer) => answer,
                Err(fault) => {
                    turn.unanswered();
                    return Err(fault);
                }
            };
            if status.is_success() {
                turn.answered(&headers, None);
                let answer: &[u8] = if answer.is_empty() { b"null" } else { &answer };
                return serde_json::from_slice(answer)
                    .map_err(|fault| Fault::Unclear(format!("Discord's answer was not understood: {fault}")));
            }
            let (fault, too_many) = self.judge(status, &headers, &answer);
            turn.answered(&headers, too_many);
            match fault {
                Fault::Limited(wait) if wait <= LONGEST_WAIT && round < 3 => {
                    tracing::warn!(milliseconds = wait.as_millis(), "Discord asked us to wait");
                    tokio::time::sleep(wait).await;
                }
                fault => return Err(fault),
            }
        }
        unreachable!("every round returns or goes on to the next")
    }

    async fn send(
        &self,
        method: reqwest::Method,
        path: &str,
        query: &str,
        body: Option<(&[u8], &[File])>,
        timeout: Option<Duration>,
    ) -> Result<(StatusCode, HeaderMap, bytes::Bytes), Fault> {
        let Shared { client, base, authorization, .. } = &*self.0;
        let mut request =
            client.request(method, format!("{base}/{path}{query}")).header(AUTHORIZATION, authorization.clone());
        if let Some(timeout) = timeout {
            request = request.timeout(timeout);
        }
        request = match body {
            None => request,
            Some((body, [])) => request.header(reqwest::header::CONTENT_TYPE, "application/json").body(body.to_vec()),
            Some((body, files)) => request.multipart(multipart(body, files)?),
        };
        let answer = request.send().await.map_err(|fault| fault_of(&fault))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await.map_err(|fault| Fault::Unclear(describe_request(&fault)))?;
        Ok((status, headers, body))
    }

    /// Reads an answer that is no success.
    fn judge(&self, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> (Fault, Option<TooMany>) {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match status.as_u16() {
            429 => {
                let too_many = too_many(headers, &body);
                if !too_many.shared {
                    self.0.limits.note_invalid();
                }
                if too_many.global {
                    self.0.limits.pause(too_many.retry_after);
                }
                (Fault::Limited(too_many.retry_after), Some(too_many))
            }
            // 50027 is a 401 about one interaction's token, not about ours.
            401 if body["code"] != 50027 => {
                self.0.limits.note_invalid();
                (Fault::Unauthorized, None)
            }
            status @ 500.. => (Fault::Unclear(format!("Discord answered {status}")), None),
            status => {
                if status == 403 {
                    self.0.limits.note_invalid();
                }
                let mut message = body["message"].as_str().unwrap_or("no reason given").to_owned();
                tell_paths(&body["errors"], &mut String::new(), &mut message);
                (Fault::Declined { status, code: body["code"].as_i64().unwrap_or(0), message }, None)
            }
        }
    }
}

impl Fault {
    /// Whether Discord declined for the reason with this number.
    #[must_use]
    pub fn is_code(&self, wanted: i64) -> bool {
        matches!(self, Self::Declined { code, .. } if *code == wanted)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined { status, code, message } => {
                write!(f, "Discord declined ({status}, code {code}): {message}")
            }
            Self::Limited(wait) => write!(f, "Discord asked us to wait {:.1} s", wait.as_secs_f64()),
            Self::Unauthorized => f.write_str("Discord does not accept the token"),
            Self::NotSent(why) | Self::Unclear(why) => f.write_str(why),
        }
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").field("base", &self.0.base).finish_non_exhaustive()
    }
}

fn fault_of(fault: &reqwest::Error) -> Fault {
    if fault.is_connect() { Fault::NotSent(describe_request(fault)) } else { Fault::Unclear(describe_request(fault)) }
}

fn json(body: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(body).map_err(|fault| Fault::NotSent(format!("a message could not be written as JSON: {fault}")))
}

fn multipart(body: &[u8], files: &[File]) -> Result<Form, Fault> {
    let wrong = |fault: reqwest::Error| Fault::NotSent(describe_request(&fault));
    let json = Part::bytes(body.to_vec()).mime_str("application/json").map_err(wrong)?;
    let mut form = Form::new().part("payload_json", json);
    for (number, file) in files.iter().enumerate() {
        let kind = mime_guess::from_path(&file.name).first_or_octet_stream();
        let part =
            Part::bytes(file.bytes.clone()).file_name(file.name.clone()).mime_str(kind.essence_str()).map_err(wrong)?;
        form = form.part(format!("files[{number}]"), part);
    }
    Ok(form)
}

/// Adds where in the body Discord found something wrong: `embeds.0.title: Must be 256 or fewer in length.`
fn tell_paths(errors: &Value, path: &mut String, message: &mut String) {
    let Some(errors) = errors.as_object() else { return };
    for (key, value) in errors {
        if key == "_errors" {
            for one in value.as_array().into_iter().flatten() {
                message.extend(["; ", path.as_str(), ": ", one["message"].as_str().unwrap_or("?")]);
            }
        } else {
            let length = path.len();
            if length > 0 {
                path.push('.');
            }
            path.push_str(key);
            tell_paths(value, path, message);
            path.truncate(length);
        }
    }
}

fn snowflake(text: &str) -> Result<u64, Fault> {
    text.parse().map_err(|_| Fault::Unclear("Discord's answer holds an id that is no number".to_owned()))
}

fn id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<MessageId, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

fn user_id<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<UserId, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_answer_is_judged_by_status_code_and_path() {
        let rest = Rest::new(Client::new(), "http://127.0.0.1:9/api/v10".into(), HeaderValue::from_static("Bot x"));
        let judge = |status: u16, body: Value| {
            rest.judge(StatusCode::from_u16(status).unwrap(), &HeaderMap::new(), body.to_string().as_bytes()).0
        };
        assert_eq!(judge(401, serde_json::json!({"code": 0, "message": "401: Unauthorized"})), Fault::Unauthorized);
        assert!(judge(401, serde_json::json!({"code": 50027, "message": "Invalid Webhook Token"})).is_code(50027));
        assert_eq!(judge(429, serde_json::json!({"retry_after": 2.0})), Fault::Limited(Duration::from_secs(2)));
        assert_eq!(judge(502, Value::Null), Fault::Unclear("Discord answered 502".into()));
        let form = serde_json::json!({
            "code": 50035, "message": "Invalid Form Body",
            "errors": {"embeds": {"0": {"title": {"_errors": [{"code": "X", "message": "Too long."}]}}}}
        });
        assert_eq!(
            judge(400, form).to_string(),
            "Discord declined (400, code 50035): Invalid Form Body; embeds.0.title: Too long."
        );
    }

    #[tokio::test]
    async fn an_unreachable_discord_is_told_from_an_unclear_one() {
        let client = Client::builder().no_proxy().build().unwrap();
        let rest = Rest::new(client, "http://127.0.0.1:9/api/v10".into(), HeaderValue::from_static("Bot x"));
        let fault = rest.own_id().await.unwrap_err();
        assert!(matches!(fault, Fault::NotSent(_)), "{fault:?}");
    }
}
