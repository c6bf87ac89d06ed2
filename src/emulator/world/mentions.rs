//! Which of the mentions in a text really notify somebody.

use serde_json::Value;

use super::World;
use crate::emulator::id::{Id, id_in};
use crate::emulator::permissions::MENTION_EVERYONE;

/// Who is notified by a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Mentions {
    pub users: Vec<Id>,
    pub roles: Vec<Id>,
    pub everyone: bool,
}

/// A mention as written: `<@1>`, `<@&2>`, `<#3>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    User(Id),
    Role(Id),
    Channel(Id),
}

/// Every mention written in `text`, in order.
pub(crate) fn written_in(text: &str) -> Vec<Written> {
    let mut found = Vec::new();
    for piece in text.split('<').skip(1) {
        let Some((inside, _)) = piece.split_once('>') else { continue };
        let parsed = if let Some(role) = inside.strip_prefix("@&") {
            role.parse().ok().map(Written::Role)
        } else if let Some(user) = inside.strip_prefix('@') {
            user.trim_start_matches('!').parse().ok().map(Written::User)
        } else {
            inside.strip_prefix('#').and_then(|channel| channel.parse().ok()).map(Written::Channel)
        };
        found.extend(parsed);
    }
    found
}

/// `allowed_mentions` as a rule: which kinds count, and beyond that which ids.
struct Allowed {
    users: bool,
    roles: bool,
    everyone: bool,
    listed_users: Vec<Id>,
    listed_roles: Vec<Id>,
}

impl Allowed {
    fn read(allowed: Option<&Value>, users_only_by_default: bool) -> Self {
        let Some(allowed) = allowed.filter(|value| value.is_object()) else {
            let more = !users_only_by_default;
            return Self { users: true, roles: more, everyone: more, listed_users: vec![], listed_roles: vec![] };
        };
        let parses = |kind: &str| {
            allowed["parse"].as_array().is_some_and(|kinds| kinds.iter().any(|each| each.as_str() == Some(kind)))
        };
        let list = |kind: &str| -> Vec<Id> {
            allowed[kind].as_array().map(|ids| ids.iter().filter_map(id_in).collect()).unwrap_or_default()
        };
        Self {
            users: parses("users"),
            roles: parses("roles"),
            everyone: parses("everyone"),
            listed_users: list("users"),
            listed_roles: list("roles"),
        }
    }
}

impl World {
    /// Whom a text by `author_id` notifies in a channel.
    pub(crate) fn mentions_of(
        &self,
        content: &str,
        channel_id: Id,
        author_id: Id,
        allowed: Option<&Value>,
        users_only_by_default: bool,
    ) -> Mentions {
        let mut mentions = Mentions::default();
        if !content.contains('@') {
            return mentions;
        }
        let allowed = Allowed::read(allowed, users_only_by_default);
        let may_mention_all = self.permissions_in(channel_id, author_id) & MENTION_EVERYONE != 0;
        let guild =
            self.channels.get(&channel_id).and_then(|channel| channel.guild_id).and_then(|id| self.guilds.get(&id));
        for written in written_in(content) {
            match written {
                Written::User(id) => {
                    let counts = allowed.users || allowed.listed_users.contains(&id);
                    if counts && self.users.contains_key(&id) && !mentions.users.contains(&id) {
                        mentions.users.push(id);
                    }
                }
                Written::Role(id) => {
                    let counts = allowed.roles || allowed.listed_roles.contains(&id);
                    let role = guild.and_then(|guild| guild.roles.get(&id));
                    let reachable = role.is_some_and(|role| role.mentionable || may_mention_all);
                    if counts && reachable && !mentions.roles.contains(&id) {
                        mentions.roles.push(id);
                    }
                }
                Written::Channel(_) => {}
            }
        }
        let calls_all = content.contains("@everyone") || content.contains("@here");
        mentions.everyone = calls_all && allowed.everyone && may_mention_all && guild.is_some();
        mentions
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mentions_are_found_in_order_and_half_written_ones_are_not() {
        let found = written_in("hi <@12>, <@!13> and <@&14> in <#15>; not <@x>, <@16 or <:smile:17>");
        let expected = [
            Written::User(Id::from(12)),
            Written::User(Id::from(13)),
            Written::Role(Id::from(14)),
            Written::Channel(Id::from(15)),
        ];
        assert_eq!(found, expected);
    }
}
