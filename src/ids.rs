//! Discord's ids, one type each, so that a channel is never taken for a person.
//!
//! Discord's ids are unsigned 64-bit numbers; both databases store signed ones. The conversion happens here and nowhere else.

/// Declares an id type over Discord's 64-bit numbers.
macro_rules! discord_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl $name {
            /// The value as both databases store it.
            #[must_use]
            pub fn db(self) -> i64 {
                self.0.cast_signed()
            }

            /// The id read back from a database column.
            #[must_use]
            pub fn from_db(value: i64) -> Self {
                Self(value.cast_unsigned())
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

/// Declares an id type for rows of our own tables (database-assigned, positive).
#[macro_export]
macro_rules! row_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    )+};
}

discord_id! {
    /// A Discord server ("guild" in Discord's API).
    GuildId,
    /// A channel, a thread or a direct-message channel.
    ChannelId,
    /// A person or a bot.
    UserId,
    /// A role on one server.
    RoleId,
    /// A message.
    MessageId,
    /// One interaction: a command run, a press, a select or a form sent.
    InteractionId,
}

impl UserId {
    /// How Discord writes this person inside a message.
    #[must_use]
    pub fn mention(self) -> String {
        format!("<@{self}>")
    }
}

impl ChannelId {
    /// How Discord writes this channel inside a message.
    #[must_use]
    pub fn mention(self) -> String {
        format!("<#{self}>")
    }
}

impl RoleId {
    /// How Discord writes this role inside a message.
    #[must_use]
    pub fn mention(self) -> String {
        format!("<@&{self}>")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_survive_the_database_even_above_the_signed_range() {
        for value in [1, u64::MAX, 1 << 63] {
            assert_eq!(UserId::from_db(UserId(value).db()), UserId(value));
        }
    }
}
