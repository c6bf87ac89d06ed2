//! Remembers which interactions were taken up, because Discord may deliver one twice around a reconnect.

use std::collections::{HashSet, VecDeque};
use std::sync::Mutex;

use crate::ids::InteractionId;

/// Enough for every interaction between a dropped connection and its replay, at a few hundred kilobytes.
const MOST: usize = 16_384;

/// The interactions taken up lately.
#[derive(Debug, Default)]
pub(super) struct TakenUp(Mutex<Ids>);

#[derive(Debug, Default)]
struct Ids {
    known: HashSet<u64>,
    oldest_first: VecDeque<u64>,
}

impl TakenUp {
    /// Takes up an interaction; `false` when it was taken up before.
    pub(super) fn take_up(&self, id: InteractionId) -> bool {
        // Nothing below can panic half way, so a poisoned lock still holds a sound set.
        let mut ids = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !ids.known.insert(id.0) {
            return false;
        }
        ids.oldest_first.push_back(id.0);
        if ids.oldest_first.len() > MOST
            && let Some(oldest) = ids.oldest_first.pop_front()
        {
            ids.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_interaction_is_known_and_the_memory_stays_bounded() {
        let taken_up = TakenUp::default();
        assert!(taken_up.take_up(InteractionId(1)));
        assert!(!taken_up.take_up(InteractionId(1)));
        for id in 2..=(MOST as u64 + 1) {
            assert!(taken_up.take_up(InteractionId(id)));
        }
        assert!(!taken_up.take_up(InteractionId(2)), "still within memory");
        assert!(taken_up.take_up(InteractionId(1)), "the oldest was forgotten");
        assert_eq!(taken_up.0.lock().unwrap().known.len(), MOST);
    }
}
