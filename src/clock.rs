//! The only source of the current time.
//!
//! Everything that asks "what time is it?" asks a [`Clock`], so a test, a rehearsal or the playground can move time without
//! waiting. A clock hands out whole seconds: PostgreSQL keeps microseconds and SQLite what it was given, so anything finer would
//! compare differently on the two databases.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use tokio::sync::watch;

/// A shared clock; cloning it is cheap and every clone shows the same time.
#[derive(Clone, Debug)]
pub struct Clock {
    hands: Arc<watch::Sender<Hands>>,
}

/// How a clock arrives at the present.
#[derive(Clone, Copy, Debug)]
enum Hands {
    /// The machine's time plus an offset (zero for the ordinary clock).
    Running(TimeDelta),
    /// Stands still until somebody moves it.
    Frozen(DateTime<Utc>),
}

impl Clock {
    /// The machine's own time.
    #[must_use]
    pub fn system() -> Self {
        Self::with(Hands::Running(TimeDelta::zero()))
    }

    /// A clock that stands still at `at` until it is moved.
    #[must_use]
    pub fn manual(at: DateTime<Utc>) -> Self {
        Self::with(Hands::Frozen(whole_seconds(at)))
    }

    /// A clock that runs at the machine's pace, `ahead` of it (behind, when negative). The playground uses it.
    #[must_use]
    pub fn shifted(ahead: TimeDelta) -> Self {
        Self::with(Hands::Running(ahead))
    }

    fn with(hands: Hands) -> Self {
        Self { hands: Arc::new(watch::Sender::new(hands)) }
    }

    /// The current instant, in whole seconds.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let hands = *self.hands.borrow();
        whole_seconds(read(hands))
    }

    /// Moves the clock by `step` (back, when negative) and wakes everything that waits in [`Clock::sleep_until`].
    pub fn advance(&self, step: TimeDelta) {
        self.hands.send_modify(|hands| match hands {
            Hands::Running(ahead) => *ahead += step,
            Hands::Frozen(at) => *at += step,
        });
    }

    /// Moves the clock to `at` and wakes everything that waits in [`Clock::sleep_until`].
    pub fn set(&self, at: DateTime<Utc>) {
        self.hands.send_modify(|hands| match hands {
            Hands::Running(ahead) => *ahead = at - machine_now(),
            Hands::Frozen(frozen_at) => *frozen_at = whole_seconds(at),
        });
    }

    /// How far this clock is ahead of the machine's. Zero for [`Clock::system`].
    #[must_use]
    pub fn ahead(&self) -> TimeDelta {
        match *self.hands.borrow() {
            Hands::Running(ahead) => ahead,
            Hands::Frozen(at) => at - machine_now(),
        }
    }

    /// Waits until this clock shows `at` or later, however it gets there: by waiting, or by being moved.
    pub async fn sleep_until(&self, at: DateTime<Utc>) {
        let mut moved = self.hands.subscribe();
        loop {
            let hands = *moved.borrow_and_update();
            let left = at - read(hands);
            if left <= TimeDelta::zero() {
                return;
            }
            match hands {
                // Waking at least once an hour keeps a suspended laptop or a stepped machine clock from oversleeping.
                Hands::Running(_) => {
                    let nap = left.to_std().unwrap_or_default().min(Duration::from_hours(1));
                    tokio::select! {
                        () = tokio::time::sleep(nap) => {}
                        _ = moved.changed() => {}
                    }
                }
                Hands::Frozen(_) => {
                    // The sender lives as long as this clock does, so this only returns when the clock is moved.
                    let _ = moved.changed().await;
                }
            }
        }
    }
}

fn read(hands: Hands) -> DateTime<Utc> {
    match hands {
        Hands::Running(ahead) => machine_now() + ahead,
        Hands::Frozen(at) => at,
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
fn machine_now() -> DateTime<Utc> {
    Utc::now()
}

fn whole_seconds(at: DateTime<Utc>) -> DateTime<Utc> {
    at.with_nanosecond(0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_manual_clock_stands_still_until_moved_and_shows_whole_seconds() {
        let clock = Clock::manual(instant("2026-11-23T09:00:00.7Z"));
        assert_eq!(clock.now(), instant("2026-11-23T09:00:00Z"));
        clock.clone().advance(TimeDelta::days(7));
        assert_eq!(clock.now(), instant("2026-11-30T09:00:00Z"));
    }

    #[tokio::test]
    async fn a_sleeper_wakes_when_the_clock_is_moved_past_its_time() {
        let clock = Clock::manual(instant("2026-11-23T09:00:00Z"));
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move { clock.sleep_until(instant("2026-11-23T10:00:00Z")).await }
        });
        clock.advance(TimeDelta::minutes(59));
        tokio::task::yield_now().await;
        assert!(!sleeper.is_finished());
        clock.advance(TimeDelta::minutes(1));
        tokio::time::timeout(Duration::from_secs(5), sleeper).await.unwrap().unwrap();
    }
}
