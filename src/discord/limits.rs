//! Discord's rate limits, kept on our side so that they are never met on theirs.
//!
//! Three of them: a bucket for each route and channel (read from Discord's headers), 50 requests a second for the whole bot, and
//! 10,000 invalid requests in ten minutes, beyond which Discord shuts a bot out. Answers to interactions are outside the first two.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use twilight_http_ratelimiting::{Endpoint, Method, Permit, RateLimitHeaders, RateLimiter};

/// Discord's limit for the whole bot.
const REQUESTS_A_SECOND: usize = 50;
const INVALID_WINDOW: Duration = Duration::from_mins(10);
/// Discord allows 10,000; half of it leaves room for whatever else shares our address.
const MOST_INVALID: u32 = 5_000;

/// The limits of one bot.
#[derive(Debug)]
pub(super) struct Limits {
    buckets: RateLimiter,
    turns: Arc<Semaphore>,
    paused_until: Mutex<Option<Instant>>,
    invalid: Mutex<(Instant, u32)>,
}

/// The right to send one request now.
#[derive(Debug)]
pub(super) struct Turn {
    permit: Permit,
    turn: OwnedSemaphorePermit,
}

/// Discord said: too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany {
    /// How long to wait.
    pub(super) retry_after: Duration,
    /// Whether it concerns every request of the bot.
    pub(super) global: bool,
    /// Whether it was caused by others too; those do not count as invalid.
    pub(super) shared: bool,
}

impl Limits {
    pub(super) fn new() -> Self {
        Self {
            // The crate's own limit for the whole bot counts from the moment it hands out a permit, so that a slow request can
            // arrive in the next window together with the next fifty. Ours (`turns`) counts from the answer; theirs is off.
            buckets: RateLimiter::new(u16::MAX),
            turns: Arc::new(Semaphore::new(REQUESTS_A_SECOND)),
            paused_until: Mutex::default(),
            invalid: Mutex::new((Instant::now(), 0)),
        }
    }

    /// Waits until a request to this endpoint may be sent. `path` has no leading slash and no query.
    pub(super) async fn turn(&self, method: Method, path: &str) -> Turn {
        let permit = self.buckets.acquire(Endpoint { method, path: path.to_owned() }).await;
        let turn = self.turns.clone().acquire_owned().await.expect("the semaphore is never closed");
        loop {
            let pause = *self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
            match pause.and_then(|until| until.checked_duration_since(Instant::now())) {
                Some(left) if !left.is_zero() => tokio::time::sleep(left).await,
                _ => return Turn { permit, turn },
            }
        }
    }

    /// Holds back every request for `pause`.
    pub(super) fn pause(&self, pause: Duration) {
        let until = Instant::now() + pause;
        let mut paused_until = self.paused_until.lock().unwrap_or_else(PoisonError::into_inner);
        if paused_until.is_none_or(|earlier| earlier < until) {
            *paused_until = Some(until);
        }
    }

    /// Notes a request that Discord counts as invalid (401, 403, 429).
    pub(super) fn note_invalid(&self) {
        let mut invalid = self.invalid.lock().unwrap_or_else(PoisonError::into_inner);
        if invalid.0.elapsed() >= INVALID_WINDOW {
            *invalid = (Instant::now(), 0);
        }
        invalid.1 += 1;
        if invalid.1 == MOST_INVALID {
            let left = INVALID_WINDOW.saturating_sub(invalid.0.elapsed());
            tracing::error!(
                seconds = left.as_secs(),
                "Discord declined {MOST_INVALID} requests within ten minutes; nothing is sent until that time is over, because \
                 Discord shuts out bots that go on. Check cxbot's permissions in the channels named above"
            );
            drop(invalid);
            self.pause(left);
        }
    }
}

impl Turn {
    /// Discord answered with these headers.
    pub(super) fn answered(self, headers: &HeaderMap, too_many: Option<TooMany>) {
        self.permit.complete(bucket(headers, too_many));
        give_back(self.turn);
    }

    /// No answer came, or none that says anything about limits; whether Discord counted the request is unknown.
    pub(super) fn unanswered(self) {
        self.permit.complete(None);
        give_back(self.turn);
    }
}

/// A turn comes back one second after the answer. Discord counted the request before it answered, so no second holds more than 50.
fn give_back(turn: OwnedSemaphorePermit) {
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(turn);
    });
}

/// Reads what a 429 says; the body's figure is the finer one.
pub(super) fn too_many(headers: &HeaderMap, body: &serde_json::Value) -> TooMany {
    let seconds = body
        .get("retry_after")
        .and_then(serde_json::Value::as_f64)
        .or_else(|| number(headers, "retry-after"))
        .unwrap_or(1.0)
        .clamp(0.05, 86_400.0);
    TooMany {
        retry_after: Duration::from_secs_f64(seconds),
        global: text(headers, "x-ratelimit-global").is_some()
            || body.get("global").and_then(serde_json::Value::as_bool).unwrap_or(false),
        shared: text(headers, RateLimitHeaders::SCOPE) == Some("shared"),
    }
}

fn bucket(headers: &HeaderMap, too_many: Option<TooMany>) -> Option<RateLimitHeaders> {
    let bucket = text(headers, RateLimitHeaders::BUCKET)?.as_bytes().to_vec();
    if let Some(too_many) = too_many.filter(|too_many| !too_many.global) {
        return Some(RateLimitHeaders {
            bucket,
            limit: 0,
            remaining: 0,
            reset_at: Instant::now() + too_many.retry_after,
        });
    }
    let count = |name| text(headers, name)?.parse().ok();
    Some(RateLimitHeaders {
        bucket,
        limit: count(RateLimitHeaders::LIMIT)?,
        remaining: count(RateLimitHeaders::REMAINING)?,
        reset_at: Instant::now()
            + Duration::from_secs_f64(number(headers, RateLimitHeaders::RESET_AFTER)?.clamp(0.0, 86_400.0)),
    })
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn number(headers: &HeaderMap, name: &str) -> Option<f64> {
    text(headers, name)?.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_429_is_read_from_body_and_headers() {
        let told =
            too_many(&headers(&[("retry-after", "2")]), &serde_json::json!({"retry_after": 1.5, "global": true}));
        assert_eq!(told, TooMany { retry_after: Duration::from_millis(1500), global: true, shared: false });
        let told =
            too_many(&headers(&[("retry-after", "2"), ("x-ratelimit-scope", "shared")]), &serde_json::Value::Null);
        assert_eq!(told, TooMany { retry_after: Duration::from_secs(2), global: false, shared: true });
    }

    #[test]
    fn half_a_set_of_headers_is_no_bucket() {
        assert!(bucket(&headers(&[("x-ratelimit-bucket", "ab"), ("x-ratelimit-limit", "5")]), None).is_none());
        let whole = headers(&[
            ("x-ratelimit-bucket", "ab"),
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "4"),
            ("x-ratelimit-reset-after", "4.5"),
        ]);
        assert_eq!(bucket(&whole, None).map(|bucket| (bucket.limit, bucket.remaining)), Some((5, 4)));
    }

    #[tokio::test]
    async fn no_second_holds_more_than_fifty_requests() {
        let limits = Limits::new();
        let mut sent_at: Vec<Instant> = Vec::new();
        for number in 0..120 {
            let turn = limits.turn(Method::Post, &format!("channels/{number}/messages")).await;
            sent_at.push(Instant::now());
            turn.unanswered();
        }
        for window in sent_at.windows(REQUESTS_A_SECOND + 1) {
            assert!(window[REQUESTS_A_SECOND] - window[0] >= Duration::from_secs(1));
        }
        assert!(sent_at[119] - sent_at[0] < Duration::from_secs(3), "and none is held back longer than needed");
    }
}
