//! Who takes part: the server's choices (`/setup`), the tiers, the roster.
//!
//! Nobody hands a bot the list of a server's members unless it asks for a privileged permission, and cxbot asks for none. So the
//! roster is who has used cxbot, or been given a division by a lead: small, and honest about it.

mod chat;
mod gate;
mod guild;
mod message;
mod model;
mod personal;
mod store;

pub use chat::{Roster, Setup};
pub use gate::PeopleGate;
pub use guild::{GuildSettings, Missing};
pub use model::{Member, Purpose};
pub use personal::{DELIVERIES, Held, Me, PersonalData, ROSTER, Table, Tables};
pub use store::{
    choose_channel, choose_lead_role, choose_zone, find_guild, find_member, finish_setup, greet_once, join, list_leads,
    record_guild, roster_size, save_guild, see_as_lead, set_direct_messages, set_division, set_no_reminders,
};
