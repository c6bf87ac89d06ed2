//! Figures in, scores out.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::app;
use crate::calendar::Quarter;
use crate::clock::Clock;
use crate::config::Settings;
use crate::cx_index::{self, About, Format, ImportOptions, SurveyType, Wanted};
use crate::error::{Error, Result};
use crate::programs::Audience;
use crate::services::Services;

const WHO: &str = "command line";

/// What `cxbot import` takes.
#[derive(Args, Debug)]
pub(super) struct Import {
    /// The file
    #[arg(required_unless_present = "undo")]
    file: Option<PathBuf>,
    /// How it is laid out: tidy, a11-published, a11-summary or touchpoints-v2
    #[arg(long, value_name = "FORMAT", default_value = "tidy")]
    format: Format,
    /// The program that a file of one survey is about (its key)
    #[arg(long, value_name = "KEY")]
    program: Option<String>,
    /// The fiscal quarter that a file of one survey is from, for example FY2026Q1
    #[arg(long, value_name = "QUARTER")]
    period: Option<Quarter>,
    /// How the first question of a response file was answered: thumbs_up_down or likert_scale
    #[arg(long, value_name = "TYPE")]
    survey_type: Option<SurveyType>,
    /// The channel of a file of one survey
    #[arg(long, value_name = "NAME")]
    channel: Option<String>,
    /// How many people could have answered
    #[arg(long, value_name = "N")]
    population: Option<u64>,
    /// Which survey is which program and question which measure (TOML; see config/examples/a11-published-map.toml)
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Show what would happen and store nothing
    #[arg(long)]
    dry_run: bool,
    /// Take an import back, by the number that its report names
    #[arg(long, value_name = "N", conflicts_with_all = ["file", "dry_run"])]
    undo: Option<i64>,
}

/// What narrows scores down.
#[derive(Args, Clone, Debug)]
pub(super) struct Which {
    /// Only one audience: public or agency
    #[arg(long, value_name = "AUDIENCE", value_parser = audience)]
    audience: Option<Audience>,
    /// Only one program (its key)
    #[arg(long, value_name = "KEY")]
    program: Option<String>,
    /// Only one fiscal quarter, for example FY2026Q1
    #[arg(long, value_name = "QUARTER")]
    period: Option<Quarter>,
}

/// What `cxbot export` takes.
#[derive(Args, Debug)]
pub(super) struct Export {
    #[command(flatten)]
    which: Which,
    /// csv or json
    #[arg(long, value_name = "FORMAT", default_value = "csv", value_parser = ["csv", "json"])]
    format: String,
    /// Figures in the import format instead of scores (CSV)
    #[arg(long, conflicts_with = "pack")]
    figures: bool,
    /// Write everything about one quarter (scores, figures, brief, hashes) into this folder
    #[arg(long, value_name = "DIR", requires = "period")]
    pack: Option<PathBuf>,
}

fn audience(text: &str) -> Result<Audience, String> {
    Audience::parse(text).ok_or_else(|| "must be public or agency".into())
}

impl Which {
    fn wanted(self) -> Wanted {
        Wanted { audience: self.audience, program: self.program, period: self.period }
    }
}

pub(super) async fn import(settings: Settings, asked: Import) -> Result<()> {
    let services = app::open(settings, Clock::system()).await?;
    let report = take(&services, asked).await;
    services.store.close().await;
    println!("{:#}", report?);
    Ok(())
}

async fn take(services: &Services, asked: Import) -> Result<cx_index::ImportReport> {
    if let Some(import) = asked.undo {
        return cx_index::undo(services, cx_index::store::ImportId(import), WHO).await;
    }
    let path = asked.file.ok_or_else(|| Error::refused("Name the file to import."))?;
    let file = std::fs::File::open(&path)
        .map_err(|fault| Error::refused(format!("{} cannot be read: {fault}.", path.display())))?;
    let map = asked.map.map(|path| Ok::<_, Error>((name_of(&path), read(&path)?))).transpose()?;
    let options = ImportOptions {
        format: asked.format,
        about: About {
            program: asked.program,
            period: asked.period,
            survey_type: asked.survey_type,
            channel: asked.channel,
            source: None,
            population: asked.population,
        },
        map,
        dry_run: asked.dry_run,
        progress: Some(Arc::new(|rows| eprintln!("{rows} rows read"))),
    };
    let reader = std::io::BufReader::with_capacity(1 << 16, file);
    cx_index::import_as(services, reader, &name_of(&path), WHO, options).await
}

pub(super) async fn index(settings: Settings, which: Which, json: bool) -> Result<()> {
    let services = app::open(settings, Clock::system()).await?;
    let wanted = which.wanted();
    let text = if json {
        cx_index::scores_json(&services, &wanted).await
    } else {
        cx_index::indexes_in_words(&services, &wanted).await
    };
    services.store.close().await;
    write(text?.trim_end().as_bytes())?;
    write(b"\n")
}

pub(super) async fn export(settings: Settings, asked: Export) -> Result<()> {
    let services = app::open(settings, Clock::system()).await?;
    let done = export_from(&services, asked).await;
    services.store.close().await;
    done
}

async fn export_from(services: &Services, asked: Export) -> Result<()> {
    let wanted = asked.which.wanted();
    if let (Some(folder), Some(quarter)) = (&asked.pack, wanted.period) {
        let files = cx_index::quarter_pack(services, None, quarter).await?;
        std::fs::create_dir_all(folder)
            .map_err(|fault| Error::refused(format!("{} cannot be made: {fault}.", folder.display())))?;
        for file in files {
            let path = folder.join(&file.name);
            std::fs::write(&path, &file.bytes)
                .map_err(|fault| Error::refused(format!("{} cannot be written: {fault}.", path.display())))?;
            println!("{}", path.display());
        }
        return Ok(());
    }
    if asked.figures {
        return write(&cx_index::figures_csv(services, &wanted).await?);
    }
    match asked.format.as_str() {
        "json" => write(cx_index::scores_json(services, &wanted).await?.as_bytes()),
        _ => write(&cx_index::scores_csv(services, &wanted).await?),
    }
}

fn write(bytes: &[u8]) -> Result<()> {
    std::io::stdout()
        .write_all(bytes)
        .map_err(|fault| Error::refused(format!("The output cannot be written: {fault}.")))
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path)
        .map_err(|fault| Error::refused(format!("{} cannot be read: {fault}.", path.display())))
}

fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}
