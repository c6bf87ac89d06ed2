//! The command line.

mod figures;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing_subscriber::EnvFilter;

use crate::app::{self, App};
use crate::check;
use crate::clock::Clock;
use crate::config::{LogFormat, Overrides, Settings, read_token};
use crate::error::{Error, Result};
use crate::playground::{self, Playground};
use crate::store::Store;

const LIBRARIES: [&str; 11] = [
    "axum",
    "h2",
    "hyper",
    "hyper_util",
    "reqwest",
    "rustls",
    "serenity",
    "sqlx",
    "tokio_tungstenite",
    "tower",
    "tungstenite",
];

const EXIT_CODES: &str = "Exit codes:
  0  done
  1  not done, for a reason that you can mend (a setting, a file, a token); the message says what to do next
  2  the command line was not understood
  3  not done because of a fault in cxbot or its surroundings; the log holds the details";

/// A Discord bot for an agency's customer-experience working group: lessons, pulse surveys, recognition, two CX index scores.
#[derive(Debug, Parser)]
#[command(version, after_help = EXIT_CODES, arg_required_else_help = true)]
struct Cli {
    /// A settings file laid over the built-in settings (see config/cxbot.toml)
    #[arg(long, global = true, value_name = "FILE", env = "CXBOT_CONFIG_FILE")]
    config: Option<PathBuf>,

    /// The data folder (default: cxbot-data in the current folder)
    #[arg(long, global = true, value_name = "DIR")]
    data: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Try cxbot here, without Discord: a rehearsal server, the bot, and a page in your browser
    #[command(after_help = "Examples:
  cxbot playground                     open the page; what you do is kept in cxbot-data/playground
  cxbot playground --fresh             start over with the demonstration agency
  cxbot playground --port 9000 --no-browser")]
    Playground {
        /// Port of the page (default 8650; 0 picks a free one)
        #[arg(long, value_name = "N")]
        port: Option<u16>,
        /// Print the address instead of opening a browser
        #[arg(long)]
        no_browser: bool,
        /// Forget what was done before and start over
        #[arg(long)]
        fresh: bool,
    },

    /// See what cxbot does, here in the terminal: six steps with a made-up agency, without Discord, browser or token
    #[command(after_help = "It exits 0 only if each step did what it says.

Examples:
  cxbot tour
  cxbot tour > conversation.txt")]
    Tour,

    /// Play a transcript that was saved in the playground again, and say where the conversation differs
    #[command(
        after_help = "It exits 0 only if the conversation is the same. Save a transcript in the playground: Backstage, Save as JSON.

Examples:
  cxbot replay cxbot-transcript.json"
    )]
    Replay {
        /// The transcript, as JSON
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },

    /// Run the bot on Discord
    #[command(after_help = "Examples:
  DISCORD_TOKEN=… cxbot run
  DISCORD_TOKEN_FILE=/run/secrets/token CXBOT_DATABASE__URL=postgres://cx@db/cx cxbot run --config /etc/cxbot.toml")]
    Run,

    /// Check settings and content: every file in config/, with file, line, key and what was expected
    #[command(after_help = "Examples:
  cxbot check
  CXBOT_CONTENT__DIR=our-content cxbot check --config our.toml")]
    Check,

    /// Bring the database up to date (cxbot run does this by itself)
    #[command(after_help = "Examples:
  cxbot migrate
  CXBOT_DATABASE__URL=postgres://cx@db/cx cxbot migrate")]
    Migrate,

    /// Take in figures for the CX index from a file, or take an import back
    #[command(after_help = "Examples:
  cxbot import figures.csv --dry-run   show every problem and which scores would change; store nothing
  cxbot import figures.csv
  cxbot import published.csv --format a11-published
  cxbot import responses.csv --format touchpoints-v2 --program benefits-phone --period FY2026Q4 --survey-type likert_scale
  cxbot import --undo 12")]
    Import(figures::Import),

    /// Print the CX index, in words or as JSON
    #[command(after_help = "Examples:
  cxbot index
  cxbot index --period FY2026Q4 --audience public --json")]
    Index {
        #[command(flatten)]
        which: figures::Which,
        /// As JSON, one object a score
        #[arg(long)]
        json: bool,
    },

    /// Take scores or figures out, or everything about one quarter
    #[command(after_help = "Examples:
  cxbot export --format csv > scores.csv
  cxbot export --figures --period FY2026Q4 > figures.csv
  cxbot export --period FY2026Q4 --pack fy2026q4")]
    Export(figures::Export),
}

/// Reads the command line, does what it says, and turns the outcome into an exit code.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli) {
        Ok(code) => code,
        Err(Error::Refused(sentence)) => {
            eprintln!("{sentence}");
            ExitCode::from(1)
        }
        Err(Error::Internal(cause)) => {
            eprintln!("cxbot stopped because of a fault: {cause:#}.");
            ExitCode::from(3)
        }
    }
}

fn run(cli: Cli) -> Result<ExitCode> {
    let port = if let Command::Playground { port, .. } = &cli.command { *port } else { None };
    let overrides = Overrides { file: cli.config, data_dir: cli.data, port };
    if matches!(cli.command, Command::Check) {
        // Checked before anything is loaded, so that every problem is named and not only the first.
        return check::run(&overrides);
    }
    let mut settings = Settings::load(&overrides)?;
    if matches!(cli.command, Command::Tour | Command::Replay { .. }) {
        // The conversation is what a reader came for; only what goes wrong may stand between it.
        settings.log.filter = "warn".into();
    }
    start_log(&settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from)?;
    let outcome = runtime.block_on(act(cli.command, settings));
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn act(command: Command, settings: Settings) -> Result<()> {
    match command {
        Command::Playground { no_browser, fresh, .. } => {
            let playground = Playground::start(settings, playground::Start { fresh, stand_at: None }).await?;
            println!("The playground is ready: {}", playground.address());
            println!("Press Ctrl+C to stop. What you did is kept until you start with --fresh.");
            if !no_browser {
                playground::open_browser(&playground.address());
            }
            playground.run_until(app::stop_signal()).await
        }
        Command::Tour => {
            use std::io::Write as _;
            let mut out = std::io::stdout();
            // A reader who has seen enough and goes (`cxbot tour | head`) does not make the tour fail.
            playground::tour(settings, |text| {
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            })
            .await
        }
        Command::Replay { file } => {
            use std::io::Write as _;
            let mut out = std::io::stdout();
            playground::replay(settings, &file, |text| {
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            })
            .await
        }
        Command::Run => {
            let token = read_token()?;
            let app = App::build(settings, Clock::system(), token).await?;
            let ready = |invite: &str| println!("Connected. To add cxbot to a server, open {invite}");
            app.run_until(app::stop_signal(), ready).await
        }
        Command::Migrate => {
            let store = connect(&settings).await?;
            store.migrate().await?;
            store.close().await;
            println!("The database is up to date.");
            Ok(())
        }
        Command::Import(asked) => figures::import(settings, asked).await,
        Command::Index { which, json } => figures::index(settings, which, json).await,
        Command::Export(asked) => figures::export(settings, asked).await,
        Command::Check => unreachable!("handled before the settings are loaded"),
    }
}

async fn connect(settings: &Settings) -> Result<Store> {
    app::make_data_folder(settings)?;
    Store::connect(&settings.database_url()).await
}

fn start_log(settings: &Settings) -> Result<()> {
    let filter = EnvFilter::try_new(&settings.log.filter).map_err(|fault| {
        Error::refused(format!(
            "log.filter is not understood: {fault}. Write a level such as info, or info,cxbot::outbox=debug."
        ))
    })?;
    // What libraries say below a warning can hold what people answered or the token, so no setting turns it on.
    let filter = LIBRARIES.iter().fold(filter, |filter, library| {
        filter.add_directive(format!("{library}=warn").parse().expect("a module name and a level are a directive"))
    });
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match settings.log.format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_is_explained() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{} has no help", command.get_name());
        }
    }
}
