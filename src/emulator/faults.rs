//! Bad days on demand: what Discord or the network could do to a bot, once or until told otherwise.

use std::sync::Mutex;
use std::time::Duration;

/// What happens to a request that matches.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Effect {
    /// 429 with `Retry-After`, without being done.
    RateLimited {
        /// When to come back.
        retry_after: Duration,
        /// For the whole bot rather than for this route.
        global: bool,
    },
    /// Answered with this status (500, 502…), without being done.
    Status(u16),
    /// Done, but only after this long.
    Latency(Duration),
    /// Never answered, never done.
    Hang,
    /// Done, but the connection breaks before the answer.
    LostAnswer,
    /// Done, but answered with this status.
    DoneThen(u16),
}

#[derive(Debug)]
struct Rule {
    method: Option<String>,
    path_contains: String,
    effect: Effect,
    left: Option<usize>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    duplicate_interactions: usize,
    replay_on_resume: usize,
}

/// The faults that are set. Shared by every handle on the emulator.
#[derive(Debug, Default)]
pub struct Faults {
    state: Mutex<State>,
}

impl Faults {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while faults are held")
    }

    /// Does `effect` to the next `times` requests (all, when `None`) of this method (any, when `None`) whose path contains the
    /// given text. The earliest rule that matches counts.
    pub fn on(&self, method: Option<&str>, path_contains: &str, effect: Effect, times: Option<usize>) {
        self.state().rules.push(Rule {
            method: method.map(str::to_uppercase),
            path_contains: path_contains.to_owned(),
            effect,
            left: times,
        });
    }

    /// Delivers the next interaction twice, as Discord may around a resume.
    pub fn duplicate_next_interaction(&self) {
        self.state().duplicate_interactions += 1;
    }

    /// Replays the last `events` events at the next resume, although the bot has seen them.
    pub fn replay_on_resume(&self, events: usize) {
        self.state().replay_on_resume = events;
    }

    /// Takes back everything that is set.
    pub fn clear(&self) {
        *self.state() = State::default();
    }

    pub(crate) fn take_for(&self, method: &str, path: &str) -> Option<Effect> {
        let mut state = self.state();
        let found = state.rules.iter().position(|rule| {
            rule.left != Some(0)
                && rule.method.as_deref().is_none_or(|wanted| wanted == method)
                && path.contains(&rule.path_contains)
        })?;
        let rule = &mut state.rules[found];
        let effect = rule.effect.clone();
        if let Some(left) = rule.left.as_mut() {
            *left -= 1;
            if *left == 0 {
                state.rules.remove(found);
            }
        }
        Some(effect)
    }

    pub(crate) fn take_duplicate(&self) -> bool {
        let mut state = self.state();
        let due = state.duplicate_interactions > 0;
        state.duplicate_interactions -= usize::from(due);
        due
    }

    pub(crate) fn take_replay(&self) -> u64 {
        std::mem::take(&mut self.state().replay_on_resume) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_counts_down_and_only_meets_what_it_names() {
        let faults = Faults::default();
        faults.on(Some("post"), "/messages", Effect::Status(500), Some(1));
        assert_eq!(faults.take_for("GET", "/channels/1/messages"), None);
        assert_eq!(faults.take_for("POST", "/channels/1"), None);
        assert_eq!(faults.take_for("POST", "/channels/1/messages"), Some(Effect::Status(500)));
        assert_eq!(faults.take_for("POST", "/channels/1/messages"), None);
    }
}
