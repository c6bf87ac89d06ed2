//! The demonstration agency: who is there on the first start, and what has been set up.

use chrono::{DateTime, Utc};

use crate::cx_index;
use crate::emulator::{ChannelSeed, Emulator, Id, World, permissions};
use crate::error::{Error, Result};
use crate::ids::{ChannelId, GuildId, RoleId};
use crate::outbox::{self, Queue, To};
use crate::people::{self, GuildSettings};
use crate::post::Post;
use crate::services::Services;

const SERVER: &str = "Office of Public Benefits";
pub(super) const LEAD_ROLE: &str = "CX lead";

/// Name and division of each member. Invented; any likeness is chance.
const MEMBERS: [(&str, &str); 11] = [
    ("Sam Okafor", "Contact Center"),
    ("Maria Delgado", "Contact Center"),
    ("Grace Lindqvist", "Claims"),
    ("Henry Abbott", "Claims"),
    ("Yusuf Demir", "Claims"),
    ("Noor Haddad", "Web and Digital"),
    ("Leo Marchetti", "Web and Digital"),
    ("Ruth Castellanos", "Field Offices"),
    ("Dwayne Foster", "Field Offices"),
    ("Mei Tanaka", "Policy"),
    ("Owen Gallagher", "Policy"),
];

/// What stands in the first channel. It takes the place of the bot's own hello, since everything is set up already.
const WELCOME: &str = "Welcome to the rehearsal of **cxbot**. Everything here happens on this machine alone, and everybody is made \
    up.\n\nYou can be anybody: choose a person on the left, or press a name. Type `/` below to see what that person may do, and move the \
    clock at the top to see what happens by itself. **Tour** leads you through the four jobs in five minutes.";

const DIVISIONS: [&str; 5] = ["Contact Center", "Claims", "Web and Digital", "Field Offices", "Policy"];

const CHANNELS: [(&str, &str); 4] = [
    ("cx-general", "The working group's room. Questions are welcome."),
    ("cx-lessons", "A short lesson every week, with a quiz that explains."),
    ("cx-pulse", "Short questions to the group. Answers are sealed; results come back here."),
    ("cx-recognition", "Stories of good customer experience, told with consent."),
];

/// A server with an administrator, two leads, members of five divisions, and the bot.
pub(super) fn world(now: DateTime<Utc>) -> World {
    let mut world = World::new("cxbot", now);
    // The first person is who a newcomer is: a lead, who may do nearly everything.
    let priya = world.add_user("Priya Raman");
    let dana = world.add_user("Dana Whitfield");
    let guild = world.add_guild(SERVER, dana);
    let administrator = world.add_role(guild, "Administrator", permissions::ADMINISTRATOR, 0x00b3_261e);
    let lead = world.add_role(guild, LEAD_ROLE, 0, 0x001f_4fbf);
    let divisions: Vec<(&str, Id)> =
        DIVISIONS.iter().map(|name| (*name, world.add_role(guild, name, 0, 0x0056_606b))).collect();
    let division = |name: &str| divisions.iter().find(|(known, _)| *known == name).map(|(_, id)| *id);

    world.set_member_roles(guild, dana, &[administrator]);
    world.add_member(guild, priya, None, &[lead]);
    let tomas = world.add_user("Tomás Rivera");
    world.add_member(guild, tomas, None, &[lead]);
    for (name, works_in) in MEMBERS {
        let user = world.add_user(name);
        let roles: Vec<Id> = division(works_in).into_iter().collect();
        world.add_member(guild, user, None, &roles);
    }
    let category = world.add_channel(guild, ChannelSeed::category("CX working group"));
    for (name, topic) in CHANNELS {
        world.add_channel(guild, ChannelSeed::text(name).topic(topic).under(category));
    }
    let leads_only = ChannelSeed::text("cx-leads")
        .topic("For the leads.")
        .under(category)
        .deny(guild, permissions::VIEW_CHANNEL)
        .allow(lead, permissions::VIEW_CHANNEL);
    world.add_channel(guild, leads_only);
    world.add_bot(guild, permissions::BOT);
    world
}

/// The server of the playground.
pub(super) fn guild(emulator: &Emulator) -> Result<Id> {
    emulator
        .world(|world| world.guild_by_name(SERVER))
        .ok_or_else(|| Error::refused("The kept playground has no server. Start over with `cxbot playground --fresh`."))
}

/// What an administrator would have chosen in `/setup`, and the roster.
pub(super) async fn database(services: &Services, emulator: &Emulator) -> Result<()> {
    let server = guild(emulator)?;
    let (channels, lead, members) = emulator.world(|world| {
        let channel = |name: &str| world.channel_by_name(server, name).map(|id| ChannelId(id.get()));
        let lead = world.role_by_name(server, LEAD_ROLE).map(|id| RoleId(id.get()));
        let members: Vec<_> =
            MEMBERS.iter().filter_map(|(name, division)| Some((world.user_by_name(name)?, *division))).collect();
        ([channel("cx-general"), channel("cx-lessons"), channel("cx-pulse"), channel("cx-recognition")], lead, members)
    });
    let [Some(general), Some(lessons), Some(pulse), Some(recognition)] = channels else {
        return Err(Error::internal("the demonstration server lost its channels"));
    };
    let lead = lead.ok_or_else(|| Error::internal("the demonstration server lost its lead role"))?;
    let (guild, now, zone) = (GuildId(server.get()), services.clock.now(), services.settings.time.zone);
    let settings = GuildSettings {
        guild,
        name: SERVER.into(),
        zone,
        lead_role: Some(lead),
        learning_channel: Some(lessons),
        pulse_channel: Some(pulse),
        recognition_channel: Some(recognition),
        set_up_at: Some(now),
    };
    services
        .store
        .write(move |tx| {
            Box::pin(async move {
                people::save_guild(tx, &settings).await?;
                people::greet_once(tx, guild, now).await?;
                let key = format!("hello:{guild}");
                let (to, post) = (To::Channel(general), Post::text(WELCOME));
                outbox::queue(tx, Queue { guild, key: &key, to, post: &post, due_at: now }).await?;
                let today = now.with_timezone(&zone).date_naive();
                for (user, division) in members {
                    let user = crate::ids::UserId(user.get());
                    people::join(tx, guild, user, today).await?;
                    people::set_division(tx, guild, user, Some(division), today).await?;
                }
                Ok(())
            })
        })
        .await?;
    let figures = services.content.read("examples/figures-tidy.csv")?;
    let reader = std::io::Cursor::new(figures.text.into_bytes());
    cx_index::import(services, reader, "figures-tidy.csv", "demonstration", false).await?;
    Ok(())
}
