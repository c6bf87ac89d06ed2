//! Scores with their uncertainty: pure arithmetic from counts to points, ranges and changes. Knows neither surveys nor programs.
//!
//! [`points`] puts answers and operational values on a ruler from 0 to 100, [`interval`] says how far chance could have moved them,
//! [`change`] says whether two scores really differ.

pub mod change;
pub mod interval;
pub mod points;
