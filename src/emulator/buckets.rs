//! Rate limits: the headers always, the refusals when asked for. In real time, since the bot waits in it.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::emulator::id::Id;

/// Which of Discord's rate limits are enforced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Requests of the bot a second, over all routes but interaction answers.
    pub global_per_second: Option<u32>,
    /// New messages in one channel: how many, in which time.
    pub messages_per_channel: Option<(u32, Duration)>,
}

impl Limits {
    /// Nothing is refused; the headers say that plenty is left.
    pub const fn off() -> Self {
        Self { global_per_second: None, messages_per_channel: None }
    }

    /// 50 requests a second overall, 5 messages in 5 seconds a channel.
    pub const fn discord() -> Self {
        Self { global_per_second: Some(50), messages_per_channel: Some((5, Duration::from_secs(5))) }
    }
}

/// What the rate-limit headers of one answer say.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    pub limit: u32,
    pub remaining: u32,
    pub reset_after: Duration,
    pub bucket: String,
    pub refused: Option<Refusal>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    pub retry_after: Duration,
    pub global: bool,
}

struct Window {
    ends: Instant,
    used: u32,
}

#[derive(Default)]
struct State {
    global: Option<Window>,
    channels: HashMap<Id, Window>,
}

pub(crate) struct Buckets {
    limits: Mutex<Limits>,
    state: Mutex<State>,
}

impl Window {
    /// Counts one use; how long to wait when the window is used up.
    fn take(&mut self, limit: u32, length: Duration, now: Instant) -> Result<(), Duration> {
        if now >= self.ends {
            *self = Self { ends: now + length, used: 0 };
        }
        if self.used >= limit {
            return Err(self.ends - now);
        }
        self.used += 1;
        Ok(())
    }
}

impl Buckets {
    pub(crate) fn new() -> Self {
        Self { limits: Mutex::new(Limits::off()), state: Mutex::default() }
    }

    pub(crate) fn set(&self, limits: Limits) {
        *self.limits.lock().expect("nothing panics while limits are held") = limits;
    }

    /// Counts a request. `answers_interaction` requests are outside the global limit.
    pub(crate) fn count(&self, route: &Route<'_>, now: Instant) -> Ruling {
        let limits = *self.limits.lock().expect("nothing panics while limits are held");
        let plenty = Ruling {
            limit: 50,
            remaining: 49,
            reset_after: Duration::from_secs(1),
            bucket: route.bucket(),
            refused: None,
        };
        if limits == Limits::off() {
            return plenty;
        }
        let mut state = self.state.lock().expect("nothing panics while buckets are held");
        if let Some(limit) = limits.global_per_second.filter(|_| !route.answers_interaction) {
            let window = state.global.get_or_insert(Window { ends: now, used: 0 });
            if let Err(retry_after) = window.take(limit, Duration::from_secs(1), now) {
                return Ruling { refused: Some(Refusal { retry_after, global: true }), ..plenty };
            }
        }
        let (Some((limit, length)), Some(channel_id)) = (limits.messages_per_channel, route.new_message_in) else {
            return plenty;
        };
        if state.channels.len() > 10_000 {
            state.channels.retain(|_, window| window.ends > now);
        }
        let window = state.channels.entry(channel_id).or_insert(Window { ends: now, used: 0 });
        let refused = window.take(limit, length, now).err().map(|retry_after| Refusal { retry_after, global: false });
        Ruling { limit, remaining: limit - window.used, reset_after: window.ends - now, bucket: plenty.bucket, refused }
    }
}

/// What of a request decides its bucket.
pub(crate) struct Route<'a> {
    method: &'a str,
    segments: &'a [String],
    new_message_in: Option<Id>,
    answers_interaction: bool,
}

impl<'a> Route<'a> {
    pub(crate) fn new(method: &'a str, segments: &'a [String]) -> Self {
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let new_message_in = match (method, parts.as_slice()) {
            ("POST", ["channels", channel, "messages"]) => channel.parse().ok(),
            _ => None,
        };
        let answers_interaction = matches!(parts.first(), Some(&"interactions" | &"webhooks"));
        Self { method, segments, new_message_in, answers_interaction }
    }

    /// The opaque name of the bucket: the same for all requests of one kind.
    fn bucket(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.method.hash(&mut hasher);
        for segment in self.segments {
            if segment.starts_with(|first: char| first.is_ascii_digit()) || segment.len() > 30 {
                "{}".hash(&mut hasher);
            } else {
                segment.hash(&mut hasher);
            }
        }
        format!("{:016x}", hasher.finish())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_message_in_five_seconds_waits_for_the_window_and_interactions_are_exempt() {
        let buckets = Buckets::new();
        buckets.set(Limits::discord());
        let start = Instant::now();
        let path = ["channels", "7", "messages"].map(str::to_owned);
        let route = Route::new("POST", &path);
        for left in (0..5).rev() {
            let ruling = buckets.count(&route, start);
            assert!(ruling.refused.is_none());
            assert_eq!(ruling.remaining, left);
        }
        let refused = buckets.count(&route, start + Duration::from_secs(2)).refused.unwrap();
        assert!(!refused.global);
        assert_eq!(refused.retry_after, Duration::from_secs(3));
        assert!(buckets.count(&route, start + Duration::from_secs(5)).refused.is_none());

        let callback = ["interactions", "8", "token", "callback"].map(str::to_owned);
        let other = ["users", "@me"].map(str::to_owned);
        let later = start + Duration::from_mins(1);
        for _ in 0..50 {
            assert!(buckets.count(&Route::new("GET", &other), later).refused.is_none());
        }
        assert!(buckets.count(&Route::new("GET", &other), later).refused.unwrap().global);
        assert!(buckets.count(&Route::new("POST", &callback), later).refused.is_none());
    }
}
