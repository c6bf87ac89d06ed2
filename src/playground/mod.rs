//! The playground: an emulated Discord with a demonstration agency, the real bot, and a page to be anybody.
//!
//! It is a newcomer's first five minutes, a lead's rehearsal room, and the ground that end-to-end tests stand on. The bot speaks to
//! the emulator over loopback through the same client as to Discord, so what works here works there. Everything is kept in
//! `<data>/playground/` and survives a restart.
//!
//! The page is plain JavaScript modules on one file of Preact and htm: no build step, no network, no `eval`, and a policy that allows
//! nothing else. Messages are drawn by some two hundred and fifty lines of our own rather than by a library of Discord-like elements such as
//! `@skyra/discord-components-core`. That one draws an older Discord, fetches pictures for people without one, and brings 80 kB
//! compressed, more than twice this whole page. It also hides text and controls in shadow trees, where labels cannot refer across, and
//! it only draws: menus, forms, the command line and all that keyboards and screen readers need would still be ours.

mod acts;
mod backstage;
mod coming;
mod doing;
mod kept;
mod replay;
mod seed;
mod tour;
mod web;

use std::future::Future;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::clock::Clock;
use crate::config::{Settings, Token};
use crate::emulator::{Emulator, Id, MemberView};
use crate::error::{Error, Result};
use crate::features::Features;
use crate::services::Services;
use crate::{outbox, schedule};

pub use replay::replay;
pub use tour::tour;

/// How to start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start {
    /// Forget what was done before.
    pub fresh: bool,
    /// Let the clock stand at this instant and only move when it is told to; for a replay. `None`: it runs.
    pub stand_at: Option<DateTime<Utc>>,
}

/// A running playground.
#[derive(Debug)]
pub struct Playground {
    desk: Arc<Desk>,
    stopping: CancellationToken,
    bot: JoinHandle<Result<()>>,
    page: JoinHandle<()>,
    keeper: JoinHandle<()>,
}

/// What the page works with.
#[derive(Debug)]
struct Desk {
    emulator: Emulator,
    clock: Clock,
    services: Services,
    features: Features,
    acts: acts::Acts,
    guild: Id,
    key: String,
    port: u16,
}

impl Playground {
    /// Starts the emulator, the bot and the page.
    ///
    /// # Errors
    /// A sentence that says what to mend: a port in use, a folder that cannot be written.
    pub async fn start(mut settings: Settings, start: Start) -> Result<Self> {
        let folder = settings.data.dir.join("playground");
        settings.data.dir.clone_from(&folder);
        // The playground never touches a group's own database.
        settings.use_database("");
        if start.fresh {
            kept::forget(&folder)?;
        }
        crate::app::make_data_folder(&settings)?;
        // The page's port first: if it is taken, nothing else has been started.
        let page_listener = listen(settings.playground.port).await?;
        let port = page_listener.local_addr().map_err(anyhow::Error::from)?.port();

        let kept = kept::load(&folder)?;
        let ahead = kept.as_ref().map_or(TimeDelta::zero(), kept::Kept::ahead);
        let clock = start.stand_at.map_or_else(|| Clock::shifted(ahead), Clock::manual);
        let is_new = kept.is_none();
        let (world, history) = match kept {
            Some(kept) => (kept.world, kept.history),
            None => (seed::world(clock.now()), acts::History { began_at: Some(clock.now()), acts: Vec::new() }),
        };
        let emulator = Emulator::start(listen(0).await?, clock.clone(), world).map_err(anyhow::Error::from)?;
        settings.discord.api_base = emulator.api_base();
        let token = Token::new(emulator.token());
        let app = App::build(settings, clock.clone(), token).await?;
        let (services, features) = (app.services().clone(), app.features().clone());
        let guild = seed::guild(&emulator)?;
        if is_new {
            seed::database(&services, &emulator).await?;
        }

        let stopping = CancellationToken::new();
        let bot = tokio::spawn(app.run_until(stopping.clone().cancelled_owned(), |_| {}));
        let acts = acts::Acts::new(history);
        let desk = Arc::new(Desk { emulator, clock, services, features, acts, guild, key: random_key()?, port });
        let page = tokio::spawn({
            let router = web::router(desk.clone());
            let stopping = stopping.clone();
            async move {
                // Open pages hold an event stream for ever, so the page simply ends with the playground.
                tokio::select! {
                    served = axum::serve(page_listener, router) => {
                        if let Err(fault) = served {
                            tracing::error!(error = %fault, "The playground's page stopped");
                        }
                    }
                    () = stopping.cancelled() => {}
                }
            }
        });
        let keeper = tokio::spawn(kept::keep(folder, desk.clone(), stopping.clone()));
        let playground = Self { desk, stopping, bot, page, keeper };
        playground.wait_for_bot().await?;
        Ok(playground)
    }

    /// The page's address, with the key that lets it in.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/?key={}", self.desk.port, self.desk.key)
    }

    /// Runs until `stop` is done, then keeps everything and closes.
    ///
    /// # Errors
    /// When the bot ended by itself.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> Result<()> {
        let ended = tokio::select! {
            () = stop => None,
            outcome = &mut self.bot => Some(outcome),
        };
        self.stopping.cancel();
        let outcome = match ended {
            Some(outcome) => outcome,
            None => (&mut self.bot).await,
        };
        let _ = self.page.await;
        let _ = self.keeper.await;
        self.desk.emulator.stop();
        outcome.map_err(|fault| Error::internal(format!("The bot ended by itself: {fault}")))?
    }

    async fn wait_for_bot(&self) -> Result<()> {
        self.desk
            .emulator
            .ready(Duration::from_secs(10))
            .await
            .map_err(|_| Error::internal("The bot did not reach the emulator within ten seconds"))
    }
}

impl Desk {
    /// The bot registers its commands a moment after it has connected.
    async fn knows_commands(&self, within: Duration) -> Result<()> {
        let viewer = self.first_person();
        let channel = self.first_channel(viewer);
        let registered = || (!self.emulator.commands(channel, viewer).is_empty()).then_some(());
        let waited = self.emulator.when(within, registered).await;
        waited.map_err(|_| Error::internal("the bot did not register its commands in time"))
    }

    fn server_name(&self) -> String {
        self.emulator.guilds(self.first_person()).into_iter().next().map(|guild| guild.name).unwrap_or_default()
    }

    fn zone(&self) -> String {
        self.services.settings.time.zone.name().to_owned()
    }

    /// Everybody but the bots, leads first: the first one is who a newcomer starts as, and a lead can do nearly everything.
    fn people(&self) -> Vec<MemberView> {
        leads_first(self.emulator.members(self.guild).into_iter().filter(|member| !member.bot).collect())
    }

    fn first_person(&self) -> Id {
        self.people().first().map_or(self.guild, |person| person.user_id)
    }

    fn first_channel(&self, viewer: Id) -> Id {
        let channels = self.emulator.channels(self.guild, viewer);
        channels.iter().find(|channel| channel.can_send).map_or(self.guild, |channel| channel.id)
    }

    async fn advance(&self, step: TimeDelta) -> Result<()> {
        self.move_to(self.clock.now() + step).await
    }

    async fn advance_to_next(&self) -> Result<()> {
        match self.next_due().await? {
            Some(at) => self.move_to(at).await,
            None => {
                Err(Error::refused("Nothing is scheduled. Plan something first, for example with /lesson schedule."))
            }
        }
    }

    /// Walks through everything that falls due on the way, in order, as if the time had really passed.
    async fn move_to(&self, until: DateTime<Utc>) -> Result<()> {
        const MOST_STOPS: usize = 500;
        for _ in 0..MOST_STOPS {
            match self.next_due().await? {
                Some(at) if at > self.clock.now() && at < until => {
                    self.clock.set(at);
                    self.settle().await;
                }
                _ => break,
            }
        }
        self.clock.set(until);
        self.settle().await;
        Ok(())
    }

    async fn next_due(&self) -> Result<Option<DateTime<Utc>>> {
        self.services.store.read(|tx| Box::pin(schedule::next_due(tx))).await
    }

    async fn is_busy(&self) -> bool {
        let now = self.clock.now();
        let looked = self.services.store.read(move |tx| {
            Box::pin(async move {
                let due = schedule::next_due(tx).await?.is_some_and(|at| at <= now);
                Ok(due || outbox::waiting(tx, now).await? > 0)
            })
        });
        looked.await.unwrap_or(false)
    }

    /// Waits until what is due now has been done and sent, but not for ever: a fault switched on may hold it up.
    async fn settle(&self) {
        let quiet = async {
            loop {
                if !self.is_busy().await {
                    // What a job began may go on beside it, and leave messages when it ends.
                    self.features.settle().await;
                    if !self.is_busy().await {
                        return;
                    }
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(5), quiet).await;
    }
}

/// Opens the page in the person's browser; if that does not work, the printed address does.
pub fn open_browser(address: &str) {
    let (program, arguments): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(target_os = "windows") {
        ("cmd", &["/C", "start", ""])
    } else {
        ("xdg-open", &[])
    };
    let quiet = std::process::Stdio::null;
    let _ = std::process::Command::new(program).args(arguments).arg(address).stdout(quiet()).stderr(quiet()).spawn();
}

fn leads_first(mut people: Vec<MemberView>) -> Vec<MemberView> {
    people.sort_by_key(|member| !member.roles.iter().any(|role| role.name == seed::LEAD_ROLE));
    people
}

async fn listen(port: u16) -> Result<TcpListener> {
    TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await.map_err(|fault| {
        Error::refused(format!(
            "Port {port} on this machine cannot be used: {fault}. Choose another with --port N, or --port 0 for any."
        ))
    })
}

fn random_key() -> Result<String> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|fault| Error::internal(format!("The operating system gave no random numbers: {fault}")))?;
    Ok(format!("{:032x}", u128::from_be_bytes(bytes)))
}
