//! What leads do for the index: programs and measures, figures typed in, quarters reviewed and published.

mod chat;
mod draft;
mod file;
mod job;
mod message;

pub use chat::Figures;
pub use job::PostIndex;
