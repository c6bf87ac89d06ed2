//! `config/cxbot.toml` and the layers above it.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use config::{Config, Environment, File, FileFormat};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::error::{Error, Result};

/// The built-in settings, with their comments.
pub const DEFAULTS: &str = include_str!("../../config/cxbot.toml");

/// Every setting in force.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where cxbot keeps what it writes.
    pub data: DataSettings,
    /// Which database.
    pub database: DatabaseSettings,
    /// Which Discord.
    pub discord: DiscordSettings,
    /// Time zone and lateness.
    pub time: TimeSettings,
    /// Where lessons, pulses and the like come from.
    pub content: ContentSettings,
    /// What is logged, and how.
    pub log: LogSettings,
    /// The playground's page.
    pub playground: PlaygroundSettings,
}

/// `[data]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSettings {
    /// The data folder.
    pub dir: PathBuf,
    /// One sentence on backups, shown in the promise before a pulse.
    pub backup_policy: String,
}

/// `[database]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseSettings {
    /// Empty, `sqlite:PATH` or `postgres://…`; may hold a password, so it never prints.
    url: SecretString,
}

/// `[discord]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscordSettings {
    /// Empty for Discord, or the address of a server on this machine that speaks Discord's API.
    pub api_base: String,
}

/// `[time]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeSettings {
    /// For servers that have not chosen a zone.
    pub zone: Tz,
    /// How late a scheduled post may still be sent, in minutes.
    pub catch_up_minutes: u32,
}

/// `[content]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentSettings {
    /// Empty for the built-in content, or a folder.
    pub dir: String,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSettings {
    /// A level or a filter of `tracing`.
    pub filter: String,
    /// For people or for machines.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// One readable line an event.
    Text,
    /// One JSON object an event.
    Json,
}

/// `[playground]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaygroundSettings {
    /// Port of the page; 0 picks a free one.
    pub port: u16,
}

/// What the command line says, above every other layer.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// `--config FILE`
    pub file: Option<PathBuf>,
    /// `--data DIR`
    pub data_dir: Option<PathBuf>,
    /// `--port N`
    pub port: Option<u16>,
}

impl Settings {
    /// Layers defaults, file, environment and flags, and checks the result.
    ///
    /// # Errors
    /// A sentence that names the file or variable, the key and what was expected.
    pub fn load(overrides: &Overrides) -> Result<Self> {
        let mut layers = Config::builder().add_source(File::from_str(DEFAULTS, FileFormat::Toml));
        if let Some(path) = &overrides.file {
            let text = std::fs::read_to_string(path).map_err(|fault| {
                Error::refused(format!("The settings file {} cannot be read: {fault}.", path.display()))
            })?;
            if let Some(problem) = check_text(&path.display().to_string(), &text) {
                return Err(Error::refused(problem));
            }
            layers = layers.add_source(File::from_str(&text, FileFormat::Toml));
        }
        layers = layers
            .add_source(Environment::with_prefix("CXBOT").prefix_separator("_").separator("__").try_parsing(true));
        if let Some(dir) = &overrides.data_dir {
            layers = layers.set_override("data.dir", dir.display().to_string()).map_err(wrong)?;
        }
        if let Some(port) = overrides.port {
            layers = layers.set_override("playground.port", port).map_err(wrong)?;
        }
        let settings: Self = layers.build().and_then(Config::try_deserialize).map_err(wrong)?;
        settings.validate()?;
        Ok(settings)
    }

    /// The address of the database in force: the one set, or SQLite in the data folder.
    #[must_use]
    pub fn database_url(&self) -> String {
        match self.database.url.expose_secret() {
            "" => format!("sqlite:{}", self.data.dir.join("cxbot.db").display()),
            url => url.to_owned(),
        }
    }

    /// Uses the database at this address, whatever was set. Empty means SQLite in the data folder.
    pub fn use_database(&mut self, url: &str) {
        self.database.url = SecretString::from(url.to_owned());
    }

    fn validate(&self) -> Result<()> {
        if self.data.backup_policy.chars().count() > 200 {
            return Err(Error::refused("data.backup_policy is longer than 200 characters; one sentence is enough."));
        }
        Ok(())
    }
}

/// Checks a settings file by itself; `Some(problem)` names file, line, key and what was expected.
#[must_use]
pub fn check_file(path: &Path) -> Option<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => check_text(&path.display().to_string(), &text),
        Err(fault) => Some(format!("{}: cannot be read: {fault}", path.display())),
    }
}

fn check_text(name: &str, text: &str) -> Option<String> {
    // A file may set any part of the settings, so it is checked as an overlay of the defaults: parse both, merge, and read the
    // result; a fault found only in the merged text is reported by key.
    let own: toml::Table = match toml::from_str(text) {
        Ok(table) => table,
        Err(fault) => return Some(located(name, text, &fault)),
    };
    let defaults: toml::Table = toml::from_str(DEFAULTS).expect("the built-in settings parse; a test holds that");
    for (section, value) in &own {
        let Some(known) = defaults.get(section) else {
            return Some(format!("{name}:{}: [{section}] is not a section of the settings", line_of(text, section)));
        };
        let (Some(known), Some(own)) = (known.as_table(), value.as_table()) else {
            return Some(format!("{name}:{}: {section} must be a section, [{section}]", line_of(text, section)));
        };
        for (key, value) in own {
            let line = line_of(text, key);
            let Some(known_value) = known.get(key) else {
                let keys = known.keys().cloned().collect::<Vec<_>>().join(", ");
                return Some(format!("{name}:{line}: {section}.{key} is not a setting; [{section}] has {keys}"));
            };
            if value.type_str() != known_value.type_str() {
                return Some(format!(
                    "{name}:{line}: {section}.{key} must be a {}, found a {}",
                    known_value.type_str(),
                    value.type_str()
                ));
            }
            let mut merged = defaults.clone();
            merged[section][key.as_str()] = value.clone();
            if let Err(fault) = merged.try_into::<Settings>() {
                return Some(format!("{name}:{line}: {section}.{key}: {}", fault.message()));
            }
        }
    }
    None
}

fn located(name: &str, text: &str, fault: &toml::de::Error) -> String {
    let line = fault.span().map_or(1, |span| text[..span.start.min(text.len())].lines().count().max(1));
    format!("{name}:{line}: {}", fault.message())
}

fn line_of(text: &str, key: &str) -> usize {
    text.lines()
        .position(|line| {
            let line = line.trim_start().trim_start_matches('[');
            line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', ']', '.']))
        })
        .map_or(1, |index| index + 1)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn wrong(fault: config::ConfigError) -> Error {
    Error::refused(format!("A setting is not right: {fault}. Run `cxbot check` to see every problem at once."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_settings_are_complete_and_valid() {
        let settings: Settings = toml::from_str(DEFAULTS).unwrap();
        settings.validate().unwrap();
        assert_eq!(check_text("cxbot.toml", DEFAULTS), None);
        assert_eq!(settings.database_url(), "sqlite:cxbot-data/cxbot.db");
    }

    #[test]
    fn a_wrong_file_is_named_with_line_key_and_expectation() {
        let cases = [
            ("[time]\nzone = \"Mars/Base\"", "cxbot.toml:2: time.zone: "),
            ("[playground]\n\nport = \"x\"", "cxbot.toml:3: playground.port must be a integer, found a string"),
            ("[playground]\nport = 70000", "cxbot.toml:2: playground.port: "),
            ("[log]\nlevel = \"info\"", "cxbot.toml:2: log.level is not a setting; [log] has filter, format"),
            ("[discrod]\n", "cxbot.toml:1: [discrod] is not a section of the settings"),
            ("[log\n", "cxbot.toml:1: "),
        ];
        for (text, expected) in cases {
            let problem = check_text("cxbot.toml", text).expect(text);
            assert!(problem.starts_with(expected), "{problem:?} should start with {expected:?}");
        }
    }

    #[test]
    fn the_database_address_never_prints() {
        let text = DEFAULTS.replace("url = \"\"", "url = \"postgres://cx:hunter2@db/cx\"");
        let settings: Settings = toml::from_str(&text).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
        assert!(settings.database_url().contains("hunter2"));
    }
}
