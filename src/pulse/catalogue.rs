//! Every pulse that can be opened on a server: those of `config/pulses/`, and those that its leads built in chat.

use super::builder;
use super::definition::{Definition, list_definitions};
use crate::config::Content;
use crate::error::Result;
use crate::ids::GuildId;
use crate::store::Tx;

/// All of them, files first; of a pulse built in chat the newest version.
pub(super) async fn list(tx: &mut Tx, content: &Content, guild: GuildId) -> Result<Vec<Definition>> {
    let mut all = list_definitions(content)?;
    let built = builder::list_saved(tx, guild).await?;
    // A file that came later under a name that was taken is the one that counts.
    let fresh: Vec<_> =
        built.into_iter().filter(|saved| all.iter().all(|definition| definition.name != saved.name)).collect();
    all.extend(fresh);
    Ok(all)
}

/// The one with this name or title, in whatever case.
pub(super) async fn find(tx: &mut Tx, content: &Content, guild: GuildId, name: &str) -> Result<Option<Definition>> {
    let wanted = name.trim().to_lowercase();
    let all = list(tx, content, guild).await?;
    Ok(all.into_iter().find(|definition| definition.name == wanted || definition.title.to_lowercase() == wanted))
}
