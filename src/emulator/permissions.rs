//! Discord's permission bits.

macro_rules! bits {
    ($($name:ident = $shift:literal, $meaning:literal;)*) => {
        $(#[doc = $meaning] pub const $name: u64 = 1 << $shift;)*

        /// The names of the permissions in `set`, for messages to people who read logs.
        pub fn names(set: u64) -> Vec<&'static str> {
            let mut names = Vec::new();
            $(if set & $name != 0 { names.push(stringify!($name)); })*
            names
        }
    };
}

bits! {
    CREATE_INSTANT_INVITE = 0, "May invite people.";
    KICK_MEMBERS = 1, "May remove members.";
    BAN_MEMBERS = 2, "May ban members.";
    ADMINISTRATOR = 3, "May do everything.";
    MANAGE_CHANNELS = 4, "May make, change and delete channels.";
    MANAGE_GUILD = 5, "May change the server's settings and add bots.";
    ADD_REACTIONS = 6, "May add reactions.";
    VIEW_AUDIT_LOG = 7, "May read the audit log.";
    VIEW_CHANNEL = 10, "Sees the channel and reads it.";
    SEND_MESSAGES = 11, "May post messages.";
    MANAGE_MESSAGES = 13, "May delete other people's messages.";
    EMBED_LINKS = 14, "Links and embeds are shown.";
    ATTACH_FILES = 15, "May attach files.";
    READ_MESSAGE_HISTORY = 16, "May read what was posted earlier.";
    MENTION_EVERYONE = 17, "May mention everyone and every role.";
    USE_EXTERNAL_EMOJIS = 18, "May use emoji of other servers.";
    CONNECT = 20, "May join voice channels.";
    SPEAK = 21, "May speak in voice channels.";
    CHANGE_NICKNAME = 26, "May change their own nickname.";
    MANAGE_NICKNAMES = 27, "May change nicknames.";
    MANAGE_ROLES = 28, "May make and give roles.";
    MANAGE_WEBHOOKS = 29, "May manage webhooks.";
    USE_APPLICATION_COMMANDS = 31, "May use commands.";
    MANAGE_EVENTS = 33, "May manage scheduled events.";
    MANAGE_THREADS = 34, "May rename, archive and delete threads.";
    CREATE_PUBLIC_THREADS = 35, "May open public threads.";
    CREATE_PRIVATE_THREADS = 36, "May open private threads.";
    SEND_MESSAGES_IN_THREADS = 38, "May post in threads.";
    MODERATE_MEMBERS = 40, "May give members a time-out.";
    SEND_POLLS = 49, "May post polls.";
    PIN_MESSAGES = 51, "May pin and unpin messages.";
}

/// Nothing at all.
pub const NONE: u64 = 0;

/// What everybody may do in an ordinary server.
pub const MEMBER: u64 = CREATE_INSTANT_INVITE
    | ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | USE_EXTERNAL_EMOJIS
    | CONNECT
    | SPEAK
    | CHANGE_NICKNAME
    | USE_APPLICATION_COMMANDS
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS;

/// What an invited bot that posts, opens threads and pins is usually given.
pub const BOT: u64 = VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS
    | PIN_MESSAGES
    | USE_APPLICATION_COMMANDS;

/// What both sides may do in a direct-message channel.
pub(crate) const DIRECT: u64 = VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | MENTION_EVERYONE
    | ADD_REACTIONS
    | USE_EXTERNAL_EMOJIS
    | USE_APPLICATION_COMMANDS
    | PIN_MESSAGES;

/// Every permission that there is, up to bit 52.
pub(crate) const ALL: u64 = (1 << 53) - 1;
