//! Settings and content: what an operator can change without a new program.
//!
//! [`Settings::load`] layers the built-in defaults, a file, the environment and flags; [`Content`] hands out the files of `config/`
//! (lessons, pulses, programs …), built in or from a folder. This is the only room that looks at the environment.

mod content;
mod problem;
mod settings;
mod token;

pub use content::{Content, ContentFile};
pub use problem::Problem;
pub use settings::{
    DataSettings, DatabaseSettings, DiscordSettings, LogFormat, LogSettings, Overrides, Settings, check_file,
};
pub use token::{Token, read_token};
