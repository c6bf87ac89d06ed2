//! Channels and threads: names, times and permission overwrites.

use serde_json::Value;

use super::Violation;
use super::form::{
    Checker, Fields,
    Need::{Optional, Required},
    given,
};
use super::message::{Place, message, not_empty};

const AUTO_ARCHIVE_MINUTES: &[i64] = &[60, 1440, 4320, 10080];
const SLOW_MODE_SECONDS: i64 = 21_600;

pub(super) fn patch(checker: &mut Checker, body: &Value) {
    let Some(channel) = checker.model(body) else { return };
    checker.text(channel, "name", Optional, 1..=100);
    checker.text(channel, "topic", Optional, 0..=1024);
    checker.choice(channel, "type", Optional, &[0, 2, 4, 5, 13, 14, 15]);
    checker.integer(channel, "position", Optional, 0..=i64::from(i32::MAX));
    checker.integer(channel, "bitrate", Optional, 8000..=i64::from(i32::MAX));
    checker.integer(channel, "user_limit", Optional, 0..=99);
    checker.integer(channel, "flags", Optional, 0..=i64::from(i32::MAX));
    checker.snowflake(channel, "parent_id", Optional);
    for key in ["nsfw", "archived", "locked", "invitable"] {
        checker.boolean(channel, key);
    }
    for key in ["rate_limit_per_user", "default_thread_rate_limit_per_user"] {
        checker.integer(channel, key, Optional, 0..=SLOW_MODE_SECONDS);
    }
    for key in ["auto_archive_duration", "default_auto_archive_duration"] {
        checker.choice(channel, key, Optional, AUTO_ARCHIVE_MINUTES);
    }
    checker.list(channel, "applied_tags", Optional, 0..=5, |checker, _, id| {
        checker.as_snowflake(id);
    });
    checker.list(channel, "permission_overwrites", Optional, 0..=100, |checker, _, value| {
        if let Some(fields) = checker.model(value) {
            overwrite(checker, fields);
        }
    });
}

fn overwrite(checker: &mut Checker, overwrite: &Fields) {
    checker.snowflake(overwrite, "id", Required);
    checker.choice(overwrite, "type", Optional, &[0, 1]);
    for key in ["allow", "deny"] {
        checker.integer(overwrite, key, Optional, 0..=i64::MAX);
    }
}

pub(super) fn thread_create(body: &Value) -> Result<(), Violation> {
    let mut checker = Checker::default();
    let Some(thread) = checker.model(body) else { return checker.finish() };
    checker.text(thread, "name", Required, 1..=100);
    checker.choice(thread, "auto_archive_duration", Optional, AUTO_ARCHIVE_MINUTES);
    checker.choice(thread, "type", Optional, &[10, 11, 12]);
    checker.integer(thread, "rate_limit_per_user", Optional, 0..=SLOW_MODE_SECONDS);
    checker.boolean(thread, "invitable");
    let first = given(thread, "message");
    if let Some(first) = first {
        checker.within("message", |checker| message(checker, first, &[], Place::Webhook))?;
    }
    checker.finish()?;
    first.and_then(Value::as_object).map_or(Ok(()), |fields| not_empty(fields, &[], Place::Webhook))
}
