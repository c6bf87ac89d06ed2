//! Who takes part: the server's choices (`/setup`), the tiers, the roster.

mod guild;
mod store;

pub use guild::GuildSettings;
pub use store::find_guild;
