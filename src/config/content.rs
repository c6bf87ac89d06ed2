//! The files of `config/`: built into the program, or read from a folder that an operator edits.

use std::path::{Path, PathBuf};

use rust_embed::RustEmbed;

use crate::error::{Error, Result};

#[derive(RustEmbed)]
#[folder = "config/"]
struct BuiltIn;

/// Where lessons, pulses, programs and the like come from.
#[derive(Clone, Debug)]
pub struct Content {
    folder: Option<PathBuf>,
}

/// One content file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentFile {
    /// Path below `config/`, with `/`, for example `lessons/cx-foundations/01-what-cx-is.md`.
    pub path: String,
    /// The whole text.
    pub text: String,
}

impl Content {
    /// The content built into the program.
    #[must_use]
    pub fn built_in() -> Self {
        Self { folder: None }
    }

    /// The content of a folder laid out like `config/`; a part (`lessons`, `programs.toml` …) that the folder does not have is
    /// taken from the built-in content.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: Some(folder.to_owned()) }
    }

    /// Every file below `part` (a folder such as `lessons`), in order of path.
    ///
    /// # Errors
    /// A sentence that names the file that cannot be read.
    pub fn list(&self, part: &str) -> Result<Vec<ContentFile>> {
        if let Some(root) = &self.folder
            && root.join(part).is_dir()
        {
            let mut files = Vec::new();
            walk(root, &root.join(part), &mut files)?;
            files.sort_by(|a, b| a.path.cmp(&b.path));
            return Ok(files);
        }
        let prefix = format!("{part}/");
        let mut paths: Vec<_> = BuiltIn::iter().filter(|path| path.starts_with(&prefix)).collect();
        paths.sort();
        paths.into_iter().map(|path| built_in(&path)).collect()
    }

    /// One file, for example `programs.toml`.
    ///
    /// # Errors
    /// A sentence that names the file, when it is in neither place or cannot be read.
    pub fn read(&self, path: &str) -> Result<ContentFile> {
        match &self.folder {
            Some(root) if root.join(path).is_file() => read(root, &root.join(path)),
            _ => built_in(path),
        }
    }
}

fn built_in(path: &str) -> Result<ContentFile> {
    let file = BuiltIn::get(path).ok_or_else(|| Error::refused(format!("config/{path} does not exist.")))?;
    let text = String::from_utf8(file.data.into_owned())
        .map_err(|_| Error::refused(format!("config/{path} is not UTF-8 text.")))?;
    Ok(ContentFile { path: path.to_owned(), text })
}

fn walk(root: &Path, folder: &Path, files: &mut Vec<ContentFile>) -> Result<()> {
    let unreadable =
        |fault| Error::refused(format!("The content folder {} cannot be read: {fault}.", folder.display()));
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            walk(root, &path, files)?;
        } else {
            files.push(read(root, &path)?);
        }
    }
    Ok(())
}

fn read(root: &Path, path: &Path) -> Result<ContentFile> {
    let text = std::fs::read_to_string(path)
        .map_err(|fault| Error::refused(format!("{} cannot be read as UTF-8 text: {fault}.", path.display())))?;
    let below = path.strip_prefix(root).unwrap_or(path);
    let path = below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
    Ok(ContentFile { path, text })
}
