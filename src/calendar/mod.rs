//! Days and hours as people mean them: local times across clock changes, US federal fiscal quarters, federal holidays, working days.
//!
//! Everything here is pure. Nothing asks what time it is, and nothing reads a file.

mod holidays;
mod local_time;
mod quarter;

pub use holidays::{DayOff, Holiday, WorkCalendar, federal_holiday, federal_holidays};
pub use local_time::{date_words, instant};
pub use quarter::{Quarter, QuarterRefusal};
