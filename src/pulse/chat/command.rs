//! What people type: `/pulse` and its options.

use serenity_commands::{Command, Commands, SubCommand, SubCommandGroup};

#[derive(Debug, Commands)]
pub(super) enum PulseCommands {
    /// Short questions to the group: open, close, results
    Pulse(PulseCommand),
}

#[derive(Debug, Command)]
pub(super) enum PulseCommand {
    /// Post a pulse: one press answers one question, several are asked one by one in private
    Open(OpenCommand),
    /// Build a short pulse of your own here: questions, a look at it, save
    New {
        /// One that was built here before, to make its next version
        #[command(builder(set_autocomplete(true)))]
        pulse: Option<String>,
    },
    /// Close a pulse now and post its result
    Close {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Show what came out of a pulse
    Results {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Say what comes of a result: you said, we will, we won't
    Act {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Look through comments before any is published; two leads decide
    Comments {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// See who answered what, in a pulse that was not anonymous
    Answers {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Show what is open and what was
    List,
    /// Pulses by the calendar
    Schedule(ScheduleCommand),
}

/// What `/pulse open` was given.
#[derive(Debug, SubCommand)]
pub(super) struct OpenCommand {
    /// Which pulse
    #[command(builder(set_autocomplete(true)))]
    pub(super) pulse: String,
    /// How many days it is open (1 to 30)
    #[command(builder(min_int_value(1), max_int_value(30)))]
    pub(super) days: Option<i64>,
    /// Where to post it, if not in the pulse channel
    #[command(builder(channel_types(vec![serenity::model::channel::ChannelType::Text])))]
    pub(super) channel: Option<serenity::model::id::ChannelId>,
    /// Ask only people with this role
    pub(super) role: Option<serenity::model::id::RoleId>,
    /// Ask only people of this division, as the roster knows them
    pub(super) division: Option<String>,
    /// How many people can answer, if you know it better than Discord's count
    #[command(builder(min_int_value(1), max_int_value(1_000_000)))]
    pub(super) people: Option<i64>,
    /// Not anonymous: leads see who answered what, and everybody is told so first
    pub(super) named: Option<bool>,
    /// Also show a score for each division, where enough of it answered; everybody is told so first
    pub(super) by_division: Option<bool>,
    /// Ask the customers of this program: whoever has the role that you name with it
    #[command(builder(set_autocomplete(true)))]
    pub(super) customers_of: Option<String>,
    /// For administrators: why it opens although the last outcome was not told
    pub(super) without_outcome: Option<String>,
    /// For administrators: why it opens although the same people were asked only recently
    pub(super) over_budget: Option<String>,
}

#[derive(Debug, SubCommandGroup)]
pub(super) enum ScheduleCommand {
    /// Open a pulse every month
    Monthly {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
        /// On which day of the month, 1 to 28
        #[command(builder(min_int_value(1), max_int_value(28)))]
        day: i64,
        /// At which hour, 0 to 23, in your group's time zone
        #[command(builder(min_int_value(0), max_int_value(23)))]
        hour: i64,
        /// Where; the pulse channel unless you choose another
        #[command(builder(channel_types(vec![serenity::model::channel::ChannelType::Text])))]
        channel: Option<serenity::model::id::ChannelId>,
    },
    /// Open a pulse every week
    Weekly {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
        /// On which day, 1 for Monday to 5 for Friday
        #[command(builder(min_int_value(1), max_int_value(5)))]
        day: i64,
        /// At which hour, 0 to 23, in your group's time zone
        #[command(builder(min_int_value(0), max_int_value(23)))]
        hour: i64,
        /// Where; the pulse channel unless you choose another
        #[command(builder(channel_types(vec![serenity::model::channel::ChannelType::Text])))]
        channel: Option<serenity::model::id::ChannelId>,
    },
    /// Show every pulse on the calendar
    List,
    /// Show the next ten dates of a pulse
    Preview {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Stop a pulse on the calendar for a while
    Pause {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Let a paused pulse go on
    Resume {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Leave out the next date of a pulse
    Skip {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
    /// Open a pulse now, as the calendar would
    PostNow {
        /// Which pulse
        #[command(builder(set_autocomplete(true)))]
        pulse: String,
    },
}
