//! `cxbot check`: every file in `config/`, every problem at once.

use std::path::Path;
use std::process::ExitCode;

use crate::config::{Content, Overrides, Problem, Settings, check_file};
use crate::error::{Error, Result};
use crate::features;

/// Checks settings and content, prints what is wrong, and says so in the exit code (0 fine, 1 something to mend).
///
/// # Errors
/// When a folder cannot be read at all.
pub fn run(overrides: &Overrides) -> Result<ExitCode> {
    let mut problems: Vec<String> = Vec::new();
    if let Some(file) = &overrides.file {
        problems.extend(check_file(file));
    }
    let content = match Settings::load(overrides) {
        Ok(settings) if settings.content.dir.is_empty() => Content::built_in(),
        Ok(settings) => {
            let folder = Path::new(&settings.content.dir);
            if !folder.is_dir() {
                problems.push(format!("content.dir names {}, which is not a folder", folder.display()));
            }
            Content::in_folder(folder)
        }
        Err(Error::Refused(sentence)) => {
            // A problem in the file has been named above, with its line.
            if problems.is_empty() {
                problems.push(sentence);
            }
            Content::built_in()
        }
        Err(fault) => return Err(fault),
    };
    problems.extend(features::check(&content).iter().map(Problem::to_string));
    if problems.is_empty() {
        println!("Settings and content are fine.");
        return Ok(ExitCode::SUCCESS);
    }
    for problem in &problems {
        eprintln!("{problem}");
    }
    let count = problems.len();
    eprintln!("{count} {} to mend.", if count == 1 { "problem" } else { "problems" });
    Ok(ExitCode::from(1))
}
