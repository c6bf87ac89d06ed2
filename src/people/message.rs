//! Every word of the hello, of `/setup` and of `/roster`.

use super::model::{Purpose, Step, US_ZONES, zone_name};
use super::{GuildSettings, Missing};
use crate::discord::ControlId;
use crate::ids::{ChannelId, InteractionId, UserId};
use crate::post::{Button, Form, Input, Post, Select, SelectKind, SelectOption};
use crate::text::{escape, plural, shorten};

/// The first word of this feature's control ids.
pub(super) const FEATURE: &str = "setup";

/// The value of "Another zone" in the select of zones.
pub(super) const ANOTHER_ZONE: &str = "another";

/// What a control of `/setup` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The button under the hello; opens the walk-through for whoever pressed.
    Begin,
    Show(Step),
    PickChannel(Purpose),
    PickRole,
    PickZone,
    WriteZone,
    /// Post a test line in each channel.
    Try,
    /// Look what became of the test lines left by this press.
    Tried(InteractionId),
    Done,
}

impl Action {
    pub(super) fn to_id(self) -> String {
        let (action, rest) = match self {
            Self::Begin => ("begin", String::new()),
            Self::Show(step) => ("show", step.word().to_owned()),
            Self::PickChannel(purpose) => ("channel", purpose.word().to_owned()),
            Self::PickRole => ("role", String::new()),
            Self::PickZone => ("zone", String::new()),
            Self::WriteZone => ("write-zone", String::new()),
            Self::Try => ("try", String::new()),
            Self::Tried(press) => ("tried", press.to_string()),
            Self::Done => ("done", String::new()),
        };
        ControlId { feature: FEATURE, action, rest: &rest }.to_string()
    }

    pub(super) fn parse(id: &str) -> Option<Self> {
        let id = ControlId::parse(id).filter(|id| id.feature == FEATURE)?;
        match id.action {
            "begin" => Some(Self::Begin),
            "show" => Step::parse(id.rest).map(Self::Show),
            "channel" => Purpose::parse(id.rest).map(Self::PickChannel),
            "role" => Some(Self::PickRole),
            "zone" => Some(Self::PickZone),
            "write-zone" => Some(Self::WriteZone),
            "try" => Some(Self::Try),
            "tried" => id.rest.parse().ok().map(Self::Tried),
            "done" => Some(Self::Done),
            _ => None,
        }
    }
}

/// What became of a test line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TestLine {
    OnItsWay,
    Arrived,
    Failed(String),
}

/// Said once in a server that cxbot has joined.
pub(super) fn hello() -> Post {
    Post::text(
        "Hello! I am **cxbot**. I help a customer-experience group with four jobs: short lessons, quick pulse surveys, \
         recognition of good work, and two index scores.\n\n\
         Somebody who may manage this server can set me up in about two minutes: press the button, or run `/setup`. \
         Until then I post nothing. Everybody else: `/help` shows what you can do here.",
    )
    .with_buttons([Button::primary(Action::Begin.to_id(), "Set up cxbot")])
}

/// For somebody who pressed the hello's button and may not manage the server.
pub(super) const NOT_AN_ADMIN: &str = "Thank you for wanting to set me up. That takes somebody who may manage this server \
     (on Discord: the permission Manage Server), so please show them this button. `/help` shows what you can do meanwhile.";

/// One screen of the walk-through; `note` stands above it.
pub(super) fn step(step: Step, settings: &GuildSettings, note: Option<&str>) -> Post {
    let post = match step {
        Step::Welcome => welcome(settings),
        Step::Channels => channels(settings),
        Step::LeadRole => lead_role(settings),
        Step::Zone => zone(settings),
        Step::Review => return review(settings, None, note),
    };
    noted(post.with_buttons(ways(step)), note)
}

fn noted(mut post: Post, note: Option<&str>) -> Post {
    if let Some(note) = note {
        post.text = format!("{note}\n\n{}", post.text);
    }
    post
}

fn ways(step: Step) -> Vec<Button> {
    let back = step.back().map(|back| Button::secondary(Action::Show(back).to_id(), "Back"));
    let label = if step == Step::Welcome { "Start" } else { "Next" };
    let next = step.next().map(|next| Button::primary(Action::Show(next).to_id(), label));
    back.into_iter().chain(next).collect()
}

fn welcome(settings: &GuildSettings) -> Post {
    let state = if settings.set_up_at.is_some() {
        "You have been here before: your choices are kept, and you can change any of them."
    } else {
        "Each choice is saved the moment you make it, so you can stop at any time and run `/setup` again."
    };
    Post::text(format!(
        "**Setting up cxbot**\nThree short steps: where I post, who the leads are, and your time zone. {state}\n\n{}",
        missing(settings)
    ))
}

fn channels(settings: &GuildSettings) -> Post {
    let mut post = Post::text(
        "**Step 1 of 3: where I post**\nPick one channel for each; it may be the same channel three times. \
         I need to be allowed to see it, send messages and embed links there, and to open threads for lessons.",
    );
    for purpose in Purpose::ALL {
        post = post.with_select(Select {
            id: Action::PickChannel(purpose).to_id(),
            kind: SelectKind::Channels(channel(settings, purpose).into_iter().collect()),
            placeholder: format!("Channel for {}", subject(purpose)),
            min: 1,
            max: 1,
        });
    }
    post
}

fn lead_role(settings: &GuildSettings) -> Post {
    let now = settings.lead_role.map_or_else(
        || "No role yet: until there is one, only people who may manage the server can do a lead's work.".to_owned(),
        |role| format!("Now: {}.", role.mention()),
    );
    Post::text(format!(
        "**Step 2 of 3: who the leads are**\nLeads post lessons, open pulses and review nominations. \
         Pick the role that they have on this server. {now}"
    ))
    .with_select(Select {
        id: Action::PickRole.to_id(),
        kind: SelectKind::Roles(settings.lead_role.into_iter().collect()),
        placeholder: "Role of the leads".into(),
        min: 1,
        max: 1,
    })
}

fn zone(settings: &GuildSettings) -> Post {
    let options = US_ZONES.iter().map(|(zone, name, cities)| {
        let mut option = SelectOption::new(zone.name(), *name).described(*cities);
        option.picked = *zone == settings.zone;
        option
    });
    let another =
        SelectOption::new(ANOTHER_ZONE, "Another zone …").described("Write its name, for example Europe/Berlin");
    Post::text(format!(
        "**Step 3 of 3: your time zone**\n\"Monday 9:00\" will mean 9:00 there, also when the clocks change. Now: **{}**.",
        zone_name(settings.zone)
    ))
    .with_select(Select::one(Action::PickZone.to_id(), "Time zone of the group", options.chain([another])))
}

/// Asks for a zone by name.
pub(super) fn zone_form() -> Form {
    Form::new(
        Action::WriteZone.to_id(),
        "Another time zone",
        [Input::short("zone", "Name of the zone, or its city", 50).hint("Europe/Berlin")],
    )
}

/// A zone that does not exist.
pub(super) fn unknown_zone(written: &str, alike: &[&str]) -> String {
    let written = escape(&shorten(written, 50));
    if alike.is_empty() {
        return format!(
            "I know no time zone called \"{written}\". Its name is an area and a city, for example Europe/Berlin."
        );
    }
    format!("I know no time zone called \"{written}\". Did you mean {}?", alike.join(", "))
}

/// Every choice on one screen, with what is still missing.
pub(super) fn review(
    settings: &GuildSettings,
    test: Option<(InteractionId, &[(ChannelId, TestLine)])>,
    note: Option<&str>,
) -> Post {
    let line = |purpose| {
        let place = channel(settings, purpose).map_or_else(|| "not chosen yet".to_owned(), ChannelId::mention);
        format!("- {}: {place}", title(purpose))
    };
    let role = settings.lead_role.map_or_else(|| "not chosen yet".to_owned(), crate::ids::RoleId::mention);
    let mut text = format!(
        "**Your choices**\n{}\n- Leads: {role}\n- Time zone: {}\n\n{}",
        Purpose::ALL.map(line).join("\n"),
        zone_name(settings.zone),
        missing(settings)
    );
    let mut buttons = ways(Step::Review);
    match test {
        Some((press, lines)) => {
            text.push_str("\n\n**Test lines**\n");
            text.push_str(&lines.iter().map(tested).collect::<Vec<_>>().join("\n"));
            if lines.iter().any(|(_, line)| *line == TestLine::OnItsWay) {
                buttons.push(Button::secondary(Action::Tried(press).to_id(), "Look again"));
            } else {
                buttons.push(Button::secondary(Action::Try.to_id(), "Test again"));
            }
        }
        None if chosen_channels(settings).is_empty() => {}
        None => {
            text.push_str(
                "\n\nI cannot see from here whether I may write in these channels. A test line in each shows it: \
                 everybody who reads the channel sees the line.",
            );
            buttons.push(Button::secondary(Action::Try.to_id(), "Post a test line"));
        }
    }
    buttons.push(Button::success(Action::Done.to_id(), "Finish"));
    noted(Post::text(text).with_buttons(buttons), note)
}

fn tested((channel, line): &(ChannelId, TestLine)) -> String {
    let place = channel.mention();
    match line {
        TestLine::OnItsWay => format!("- {place}: on its way. Look again in a moment."),
        TestLine::Arrived => format!("- {place}: arrived. I may write there."),
        TestLine::Failed(why) => format!(
            "- {place}: I could not write there ({why}). Allow me to see the channel, send messages and embed links, then test again."
        ),
    }
}

/// What stands in a channel as a test.
pub(super) fn test_line(purposes: &[Purpose]) -> Post {
    let subjects = purposes.iter().map(|purpose| subject(*purpose)).collect::<Vec<_>>();
    Post::text(format!("A test line: cxbot may write here. This channel is for {}.", listed(&subjects)))
}

/// The last screen.
pub(super) fn done(settings: &GuildSettings) -> Post {
    let text = if settings.missing().is_empty() {
        "**cxbot is set up.** `/help` shows what you and your leads can do next. Run `/setup` again to change anything."
            .to_owned()
    } else {
        format!(
            "**Saved for now.** {}\n\nWhat is chosen already works. Run `/setup` again for the rest.",
            missing(settings)
        )
    };
    Post::text(text).with_buttons([Button::secondary(Action::Show(Step::Review).to_id(), "Back")])
}

fn missing(settings: &GuildSettings) -> String {
    let missing: Vec<_> = settings.missing().iter().map(Missing::to_string).collect();
    if missing.is_empty() { "Nothing is missing.".into() } else { format!("Still missing: {}.", listed(&missing)) }
}

fn listed(parts: &[impl AsRef<str>]) -> String {
    match parts {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [start @ .., last] => {
            let start = start.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
            format!("{start} and {}", last.as_ref())
        }
    }
}

fn subject(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Learning => "lessons",
        Purpose::Pulse => "pulses",
        Purpose::Recognition => "recognition",
    }
}

fn title(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Learning => "Lessons",
        Purpose::Pulse => "Pulses",
        Purpose::Recognition => "Recognition",
    }
}

fn channel(settings: &GuildSettings, purpose: Purpose) -> Option<ChannelId> {
    match purpose {
        Purpose::Learning => settings.learning_channel,
        Purpose::Pulse => settings.pulse_channel,
        Purpose::Recognition => settings.recognition_channel,
    }
}

/// The chosen channels, each once, with what it is for.
pub(super) fn chosen_channels(settings: &GuildSettings) -> Vec<(ChannelId, Vec<Purpose>)> {
    let mut chosen: Vec<(ChannelId, Vec<Purpose>)> = Vec::new();
    for purpose in Purpose::ALL {
        let Some(place) = channel(settings, purpose) else { continue };
        match chosen.iter_mut().find(|(known, _)| *known == place) {
            Some((_, purposes)) => purposes.push(purpose),
            None => chosen.push((place, vec![purpose])),
        }
    }
    chosen
}

/// Names a test line in the outbox: one for each press and channel.
pub(super) fn test_key(press: InteractionId, channel: ChannelId) -> String {
    format!("setup:{press}:{channel}:test")
}

/// After `/roster size`.
pub(super) fn roster_size(size: u64) -> String {
    format!(
        "{} on the roster: everybody who has used cxbot here, and everybody whose division a lead has noted. \
         Discord gives me no list of the server's members, so this is not the size of your group.",
        plural(size, "person is", "people are")
    )
}

/// After `/roster division`.
pub(super) fn division(user: UserId, division: Option<&str>) -> String {
    match division {
        Some(division) => format!("Noted: {} belongs to {}.", user.mention(), escape(division)),
        None => format!("Cleared: {} belongs to no division now.", user.mention()),
    }
}

/// A server for tests of the words.
#[cfg(test)]
pub(super) fn sample(complete: bool) -> GuildSettings {
    use crate::ids::{GuildId, RoleId};
    let at: chrono::DateTime<chrono::Utc> = "2026-11-23T12:00:00Z".parse().unwrap();
    GuildSettings {
        guild: GuildId(1),
        name: "CX group".into(),
        zone: chrono_tz::America::New_York,
        lead_role: complete.then_some(RoleId(9)),
        learning_channel: complete.then_some(ChannelId(11)),
        pulse_channel: Some(ChannelId(12)),
        recognition_channel: complete.then_some(ChannelId(12)),
        set_up_at: complete.then_some(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_control_reads_back() {
        let mut actions =
            vec![Action::Begin, Action::PickRole, Action::PickZone, Action::WriteZone, Action::Try, Action::Done];
        actions.push(Action::Tried(InteractionId(u64::MAX)));
        actions.extend(Step::ALL.map(Action::Show));
        actions.extend(Purpose::ALL.map(Action::PickChannel));
        for action in actions {
            let id = action.to_id();
            assert_eq!(Action::parse(&id), Some(action), "{id}");
            assert!(id.len() <= ControlId::MOST_CHARS);
        }
        for id in ["v1:setup:show:nowhere", "v1:setup:", "v1:pulse:begin", "v1:setup:tried:x"] {
            assert_eq!(Action::parse(id), None, "{id}");
        }
    }

    #[test]
    fn the_words_of_setup() {
        let (fresh, complete) = (sample(false), sample(true));
        let mut screens = vec![("hello", hello().as_text()), ("not an admin", NOT_AN_ADMIN.to_owned())];
        for at in Step::ALL {
            screens.push((at.word(), step(at, &fresh, None).as_text()));
        }
        screens.push(("again", step(Step::Welcome, &complete, None).as_text()));
        screens.push(("role again", step(Step::LeadRole, &complete, None).as_text()));
        screens.push(("zone form", zone_form().as_text()));
        let unknown = unknown_zone("Chicgao", &["America/Chicago"]);
        screens.push(("unknown zone", step(Step::Zone, &fresh, Some(&unknown)).as_text()));
        screens.push(("nothing alike", unknown_zone("Mars", &[])));
        let lines =
            [(ChannelId(11), TestLine::Failed("Discord does not let me".into())), (ChannelId(12), TestLine::OnItsWay)];
        screens.push(("testing", review(&complete, Some((InteractionId(5), &lines)), None).as_text()));
        screens.push((
            "tested",
            review(&complete, Some((InteractionId(5), &[(ChannelId(12), TestLine::Arrived)])), None).as_text(),
        ));
        for (_, purposes) in chosen_channels(&complete) {
            screens.push(("test line", test_line(&purposes).as_text()));
        }
        screens.push(("roster", [roster_size(1), roster_size(12)].join("\n")));
        screens.push(("division", [division(UserId(2), Some("Claims *East*")), division(UserId(2), None)].join("\n")));
        screens.push(("done", done(&complete).as_text()));
        screens.push(("done for now", done(&fresh).as_text()));
        let all = screens.iter().map(|(name, words)| format!("── {name}\n{words}")).collect::<Vec<_>>().join("\n\n");
        insta::assert_snapshot!(all);
    }
}
