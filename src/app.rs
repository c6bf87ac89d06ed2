//! The only all-knowing place: puts the parts together, runs them, and stops them cleanly.

use std::future::Future;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::config::{Content, Settings, Token};
use crate::discord::{Bot, Connection, Dispatcher, invite_link};
use crate::error::{Error, Result};
use crate::features::Features;
use crate::outbox::Sender;
use crate::schedule::Runner;
use crate::services::Services;
use crate::store::Store;

/// How long work in hand may take to finish after a stop signal.
const LONGEST_GOODBYE: Duration = Duration::from_secs(10);

/// A cxbot that is ready to run.
#[derive(Debug)]
pub struct App {
    services: Services,
    features: Features,
    connection: Connection,
}

impl App {
    /// Opens the database, brings it up to date, and checks the way to Discord. The token is sent nowhere yet unless the way is safe.
    ///
    /// # Errors
    /// A sentence that says what to mend: settings, content, database, address or token.
    pub async fn build(settings: Settings, clock: Clock, token: Token) -> Result<Self> {
        let services = open(settings, clock).await?;
        let features = Features::new(&services.settings);
        features.start(&services).await?;
        let connection = Connection::open(&token, &services.settings.discord.api_base).await?;
        Ok(Self { services, features, connection })
    }

    /// The parts that handlers and jobs receive.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }

    /// The features, to wait for what they do beside their handlers and jobs.
    #[must_use]
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// Runs until `stop` is done, then finishes what is in hand (at most ten seconds) and closes. Once connected, `ready` is told the
    /// link that invites the bot to a server.
    ///
    /// # Errors
    /// When the bot cannot go on, for example because Discord refuses the token.
    pub async fn run_until(
        self,
        stop: impl Future<Output = ()>,
        ready: impl FnOnce(&str) + Send + 'static,
    ) -> Result<()> {
        let Self { services, features, connection } = self;
        let dispatcher = Dispatcher::new(services.clone(), features.all(), features.gate())?;
        let bot = Bot::connect(&connection, Arc::new(dispatcher));
        let stopping = CancellationToken::new();

        let mut runner = tokio::spawn({
            let runner = Runner::new(services.clone(), features.jobs());
            let stopping = stopping.clone();
            async move { runner.run(stopping).await }
        });
        let mut sender = tokio::spawn({
            let sender = Sender::new(services.clone(), &connection);
            let stopping = stopping.clone();
            async move { sender.run(stopping.cancelled()).await }
        });
        let mut talking = tokio::spawn({
            let (bot, stopping) = (bot.clone(), stopping.clone());
            async move { bot.run(stopping.cancelled_owned()).await }
        });

        let telling = tokio::spawn(async move { ready(&invite_link(bot.ready().await)) });
        let ended = tokio::select! {
            () = stop => {
                tracing::info!("Stopping: finishing what is in hand");
                None
            }
            outcome = &mut talking => Some(joined(outcome).and_then(|outcome| outcome)),
            outcome = &mut runner => Some(joined(outcome)),
            outcome = &mut sender => Some(joined(outcome).and_then(|outcome| outcome)),
        };
        stopping.cancel();
        telling.abort();
        let goodbye = async {
            if !talking.is_finished() {
                let _ = talking.await;
            }
            if !runner.is_finished() {
                let _ = runner.await;
            }
            if !sender.is_finished() {
                let _ = sender.await;
            }
            features.settle().await;
        };
        if tokio::time::timeout(LONGEST_GOODBYE, goodbye).await.is_err() {
            tracing::warn!("Some work did not finish within ten seconds; it will be taken up at the next start");
        }
        services.store.close().await;
        ended.unwrap_or(Ok(()))
    }
}

/// Opens the database of these settings and brings it up to date.
///
/// # Errors
/// A sentence that says what to mend.
pub async fn open(settings: Settings, clock: Clock) -> Result<Services> {
    make_data_folder(&settings)?;
    let content = match settings.content.dir.as_str() {
        "" => Content::built_in(),
        folder => Content::in_folder(Path::new(folder)),
    };
    let store = Store::connect(&settings.database_url()).await?;
    store.migrate().await?;
    Ok(Services { store, clock, settings: Arc::new(settings), content })
}

/// Makes the data folder, readable by its owner alone.
///
/// # Errors
/// A sentence that names the folder.
pub fn make_data_folder(settings: &Settings) -> Result<()> {
    let folder = &settings.data.dir;
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|fault| {
        Error::refused(format!(
            "The data folder {} cannot be made: {fault}. Choose another with --data DIR or data.dir.",
            folder.display()
        ))
    })
}

/// Done when the process is asked to stop (Ctrl+C, or the service manager's signal).
pub async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

fn joined<T>(outcome: Result<T, tokio::task::JoinError>) -> Result<T> {
    outcome.map_err(|fault| Error::internal(format!("A part of cxbot ended by itself: {fault}")))
}
