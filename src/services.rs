//! What every handler and job receives.

use std::sync::Arc;

use crate::clock::Clock;
use crate::config::{Content, Settings};
use crate::store::Store;

/// The shared parts of a running cxbot; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Services {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// The settings in force.
    pub settings: Arc<Settings>,
    /// Lessons, pulses, programs and the like.
    pub content: Content,
}
