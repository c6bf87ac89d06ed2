//! The lessons as the rest of learning uses them: good ones only, and always as the files are now.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use super::content::read_all;
use super::lint;
use super::model::Lesson;
use crate::config::{Content, ContentFile, Problem};
use crate::error::{Error, Result};

/// The part of the content that holds lessons.
pub(super) const PART: &str = "lessons";

/// Every lesson that can be used.
#[derive(Clone, Debug, Default)]
pub struct Library {
    /// The series, in order of their names.
    pub series: Vec<Series>,
    /// What kept a file from being used.
    pub problems: Vec<Problem>,
}

/// Lessons that build on each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// The name of its folder.
    pub name: String,
    /// Its title.
    pub title: String,
    /// What it is about, in a sentence; may be empty.
    pub about: String,
    /// Its lessons, in order of file name.
    pub lessons: Vec<Lesson>,
}

impl Library {
    /// Reads every lesson. A file that cannot be used is left out and named in [`Library::problems`].
    ///
    /// # Errors
    /// When the content cannot be read at all.
    pub fn load(content: &Content) -> Result<Self> {
        Ok(Self::of(&content.list(PART)?))
    }

    /// The library that these files make.
    pub(super) fn of(files: &[ContentFile]) -> Self {
        let (drafts, mut problems) = read_all(files);
        let mut series: Vec<Series> = Vec::new();
        for draft in drafts {
            let unfit = lint::unfit(&draft);
            if !unfit.is_empty() {
                problems.extend(unfit);
                continue;
            }
            let lesson = draft.lesson;
            match series.last_mut() {
                Some(last) if last.name == lesson.series => last.lessons.push(lesson),
                _ => series.push(Series {
                    name: lesson.series.clone(),
                    title: lesson.series_title.clone(),
                    about: draft.series_about,
                    lessons: vec![lesson],
                }),
            }
        }
        for one in &mut series {
            let of = one.lessons.len();
            for (place, lesson) in one.lessons.iter_mut().enumerate() {
                (lesson.number, lesson.of) = (place + 1, of);
            }
        }
        Self { series, problems }
    }

    /// The series with this name.
    #[must_use]
    pub fn find_series(&self, name: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.name == name)
    }

    /// The lesson with this id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Lesson> {
        self.lessons().find(|lesson| lesson.id == id)
    }

    /// All lessons, series after series.
    pub fn lessons(&self) -> impl Iterator<Item = &Lesson> + Clone {
        self.series.iter().flat_map(|series| &series.lessons)
    }
}

/// Hands out the library, and reads it anew when a file has changed.
#[derive(Debug, Default)]
pub struct Shelf {
    held: Mutex<Option<(u64, Arc<Library>)>>,
}

impl Shelf {
    /// The library as the files are now. While they cannot be read, the last one that could.
    ///
    /// # Errors
    /// When they cannot be read and never could.
    pub fn library(&self, content: &Content) -> Result<Arc<Library>> {
        let files = content.list(PART);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let files = match (files, &*held) {
            (Ok(files), _) => files,
            (Err(fault), Some((_, library))) => {
                tracing::warn!(error = %fault, "The lessons cannot be read; the last ones read stay in use");
                return Ok(Arc::clone(library));
            }
            // To a person in a quiz this is our fault, not something they can mend.
            (Err(fault), None) => return Err(Error::internal(fault)),
        };
        let print = fingerprint(&files);
        if let Some((known, library)) = &*held
            && *known == print
        {
            return Ok(Arc::clone(library));
        }
        let library = Arc::new(Library::of(&files));
        for problem in &library.problems {
            tracing::warn!(lesson.problem = %problem, "A lesson file cannot be used: {problem}");
        }
        *held = Some((print, Arc::clone(&library)));
        Ok(library)
    }
}

fn fingerprint(files: &[ContentFile]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for file in files {
        (&file.path, &file.text).hash(&mut hasher);
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::content::tests::{GOOD, file};
    use super::*;

    #[test]
    fn a_good_lesson_is_read_whole() {
        let files = [file("lessons/basics/01-good.md", GOOD)];
        let library = Library::of(&files);
        assert_eq!(library.problems, []);
        let lesson = library.find("good").unwrap();
        assert_eq!((&*lesson.series_title, lesson.number, lesson.of), ("Basics", 1, 1));
        assert_eq!(lesson.body, "Ask, listen, act.");
        assert!(lesson.questions[0].options[1].correct);
    }

    #[test]
    fn windows_line_ends_make_no_difference() {
        let unix = Library::of(&[file("lessons/basics/01-good.md", GOOD)]);
        let windows = Library::of(&[file("lessons/basics/01-good.md", &GOOD.replace('\n', "\r\n"))]);
        assert_eq!(unix.series, windows.series);
    }

    #[test]
    fn the_second_lesson_with_an_id_and_files_out_of_place_are_left_out() {
        let files = [
            file("lessons/basics/01-good.md", GOOD),
            file("lessons/basics/02-again.md", GOOD),
            file("lessons/basics/notes.txt", ""),
            file("lessons/loose.md", GOOD),
        ];
        let library = Library::of(&files);
        assert_eq!(library.lessons().count(), 1);
        let problems: Vec<_> =
            library.problems.iter().map(|problem| (&*problem.file, problem.line, &*problem.key)).collect();
        assert_eq!(
            problems,
            [
                ("lessons/basics/02-again.md", 2, "id"),
                ("lessons/basics/notes.txt", 1, "file name"),
                ("lessons/loose.md", 1, "file name"),
            ]
        );
    }

    #[test]
    fn a_series_may_name_itself() {
        let files = [
            file("lessons/basics/01-good.md", GOOD),
            file("lessons/basics/series.toml", "title = \"The basics\"\nabout = \"First steps.\"\n"),
        ];
        let library = Library::of(&files);
        assert_eq!((&*library.series[0].title, &*library.series[0].about), ("The basics", "First steps."));
        let wrong = [file("lessons/basics/series.toml", "title = \"The basics\"\nmoto = \"x\"\n")];
        let problems = read_all(&wrong).1;
        assert_eq!((problems[0].line, &*problems[0].key), (2, "series"));
    }

    #[test]
    fn a_changed_file_is_read_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lessons/basics/01-good.md");
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, GOOD).unwrap();
        let (shelf, content) = (Shelf::default(), Content::in_folder(folder.path()));
        let before = shelf.library(&content).unwrap();
        assert!(Arc::ptr_eq(&before, &shelf.library(&content).unwrap()), "unchanged files are not parsed again");
        std::fs::write(&path, GOOD.replace("Ask,", "Look,")).unwrap();
        let after = shelf.library(&content).unwrap();
        assert_ne!(before.find("good").unwrap().version, after.find("good").unwrap().version);
        std::fs::write(&path, [0xff, 0xfe]).unwrap();
        assert!(shelf.library(&content).unwrap().find("good").is_some(), "unreadable: the last one stays");
    }
}
