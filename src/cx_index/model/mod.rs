//! The arithmetic of the index: pure functions from counts to scores, with their uncertainty.
//!
//! Nothing here reads a clock, a file or a database, so every number can be recomputed by hand. The path of a figure:
//! [`points`] puts answers and operational values on a ruler from 0 to 100, [`interval`] says how far chance could have moved
//! them, [`measure`] joins channels, [`program`] and [`index`] average with the weights of a [`definition`], [`like`] and
//! [`change`] compare two quarters, and [`words`] says the result.

pub mod change;
pub mod definition;
pub mod effects;
pub mod index;
pub mod like;
pub mod measure;
pub mod program;
pub mod words;

pub use crate::statistics::{interval, points};

#[cfg(test)]
mod properties;
#[cfg(test)]
mod vectors;
