//! Pulses: short questions to the group, answered in seconds, a result that everybody sees, and what came of it.
//!
//! **Promise.** A lead opens a pulse, or the calendar does. One question stands on the post itself and one press answers it; several
//! are asked one at a time in a private message. Until the close answers can be looked at, changed and withdrawn. Meanwhile nobody sees anything: no tally, not even how many answered. At the close, by
//! itself or by a lead, the answers are counted, then destroyed together with the key that sealed them ([`sealed`](crate::sealed)),
//! and only then the result is posted: nothing from fewer than five answers. What people read before they answer is frozen with the
//! pulse: its questions, the thresholds, the promise.
//!
//! If the key is lost while a pulse is open, the pulse is stopped and says so. If destroying the answers fails, the result waits.

mod answering;
mod budget;
mod builder;
mod calendar;
mod catalogue;
mod chat;
mod closing;
mod definition;
mod job;
mod message;
mod model;
mod opening;
mod outcomes;
mod session;
mod store;

pub use chat::Pulses;
pub use closing::PulseClosing;
pub use definition::{Audience, Definition, check, list_definitions, parse};
pub use model::{Asked, Counted, Pulse, PulseId, State};
pub use store::find_pulse;

use crate::people::Table;

/// What pulses hold on a person, for `/me`: what carries a name. Sealed answers do not, so nobody can find them.
pub const PERSONAL: crate::people::Tables = crate::people::Tables {
    title: "Pulses",
    remains: "Answers to anonymous pulses cannot be found, on purpose: no row says whose it is. While a pulse is open you can change or take \
              back your answer with the buttons under it; after it has closed only counts and loose comments are left, and they stay. So do \
              the counts of pulses with names. That you are asked, and in which division, stays until the pulse closes, and what you built, opened, told or prepared as a \
              lead stays with its pulse, as the group's record.",
    tables: &[
        Table {
            words: "Your answers to pulses with names",
            person: "pulse_named_answers.user_id",
            columns: &["pulse", "opened_at", "answers"],
            rows: "select '\u{1f}' || p.name || '\u{1f}' || cast(p.opened_at as text) || '\u{1f}' || a.answers
                 from pulse_named_answers a join pulses p on p.pulse_id = a.pulse_id where p.guild_id = $1 and a.user_id = $2",
            erase: Some(
                "delete from pulse_named_answers
                 where pulse_id in (select pulse_id from pulses where guild_id = $1) and user_id = $2",
            ),
        },
        Table {
            words: "Open pulses that ask your division",
            person: "pulse_asked.user_id",
            columns: &["pulse", "closes_at"],
            rows: "select '\u{1f}' || p.name || '\u{1f}' || cast(p.closes_at as text)
                 from pulse_asked a join pulses p on p.pulse_id = a.pulse_id where p.guild_id = $1 and a.user_id = $2",
            erase: None,
        },
        Table {
            words: "Pulses that you opened",
            person: "pulses.opened_by",
            columns: &["pulse", "opened_at", "why_without_outcome"],
            rows: "select '\u{1f}' || name || '\u{1f}' || cast(opened_at as text) || '\u{1f}' || coalesce(override_reason, '')
                 from pulses where guild_id = $1 and opened_by = $2",
            erase: None,
        },
        Table {
            words: "Outcomes that you told",
            person: "pulse_outcomes.told_by",
            columns: &["pulse", "told_at", "you_said", "we_will", "we_will_not"],
            rows: "select '\u{1f}' || p.name || '\u{1f}' || cast(o.told_at as text) || '\u{1f}' || o.you_said || '\u{1f}' || o.we_will
                     || '\u{1f}' || o.we_will_not
                 from pulse_outcomes o join pulses p on p.pulse_id = o.pulse_id where p.guild_id = $1 and o.told_by = $2",
            erase: None,
        },
        Table {
            words: "Comments that you prepared for publication",
            person: "pulse_comments.proposed_by",
            columns: &["pulse", "your_version"],
            rows: "select '\u{1f}' || p.name || '\u{1f}' || coalesce(c.proposal, '')
                 from pulse_comments c join pulses p on p.pulse_id = c.pulse_id where p.guild_id = $1 and c.proposed_by = $2",
            erase: None,
        },
        Table {
            words: "Your division in open pulses that tell divisions apart",
            person: "pulse_division_of.user_id",
            columns: &["pulse", "place"],
            rows: "select '\u{1f}' || p.name || '\u{1f}' || cast(d.place as text)
                 from pulse_division_of d join pulses p on p.pulse_id = d.pulse_id where p.guild_id = $1 and d.user_id = $2",
            erase: None,
        },
        crate::personal_table!("The pulse you are building", "pulse_drafts", "user_id", ["changed_at", "draft"]),
        Table {
            words: "Pulses that you built",
            person: "pulse_definitions.made_by",
            columns: &["pulse", "made_at"],
            rows: "select '\u{1f}' || name || '\u{1f}' || cast(made_at as text)
                 from pulse_definitions where guild_id = $1 and made_by = $2",
            erase: None,
        },
    ],
};
