//! `/stories`: what has been published with consent, by principle, program and quarter.

use std::fmt;

use super::action::Action;
use super::catalogue::Catalogue;
use super::message;
use super::nomination::{Nomination, NominationId, Round, State};
use super::refusal::NominationRefusal;
use super::store;
use crate::calendar::Quarter;
use crate::discord::{Control, Incoming, Reply};
use crate::error::Result;
use crate::post::{Post, Select, SelectKind, SelectOption};
use crate::services::Services;
use crate::text::{plural, shorten};

/// By what the list can be narrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Tag,
    Program,
    Quarter,
}

impl Filter {
    #[cfg(test)]
    pub(super) const ALL: [Self; 3] = [Self::Tag, Self::Program, Self::Quarter];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Program => "program",
            Self::Quarter => "quarter",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        match word {
            "tag" => Some(Self::Tag),
            "program" => Some(Self::Program),
            "quarter" => Some(Self::Quarter),
            _ => None,
        }
    }
}

/// How the list is narrowed now. Principle and program by their place in the catalogue: a control holds at most 100 characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Filters {
    pub tag: Option<u8>,
    pub program: Option<u8>,
    pub quarter: Option<Quarter>,
}

impl fmt::Display for Filters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = |place: Option<u8>| place.map_or_else(|| "-".to_owned(), |place| place.to_string());
        let quarter = self.quarter.map_or_else(|| "-".to_owned(), |quarter| quarter.to_string());
        write!(f, "{}.{}.{quarter}", place(self.tag), place(self.program))
    }
}

impl Filters {
    pub(super) fn parse(text: &str) -> Option<Self> {
        #[expect(clippy::option_option, reason = "outer: whether the text is ours; inner: whether the filter is set")]
        fn part<T: std::str::FromStr>(text: &str) -> Option<Option<T>> {
            if text == "-" { Some(None) } else { text.parse().ok().map(Some) }
        }
        let mut parts = text.splitn(3, '.');
        let filters = Self { tag: part(parts.next()?)?, program: part(parts.next()?)?, quarter: part(parts.next()?)? };
        Some(filters)
    }

    fn with(mut self, filter: Filter, value: &str) -> Self {
        match filter {
            Filter::Tag => self.tag = value.parse().ok(),
            Filter::Program => self.program = value.parse().ok(),
            Filter::Quarter => self.quarter = value.parse().ok(),
        }
        self
    }
}

/// A published story and the quarter of its round.
pub(super) type Told = (Nomination, Option<Quarter>);

/// `/stories`, and the same list narrowed.
pub(super) async fn list(services: &Services, incoming: &Incoming, filters: Filters) -> Result<Post> {
    let guild = incoming.on_server()?;
    let catalogue = Catalogue::load(&services.content)?;
    let (stories, rounds) = services
        .store
        .read(|tx| {
            Box::pin(async move { Ok((store::list_published(tx, guild).await?, store::list_rounds(tx, guild).await?)) })
        })
        .await?;
    let quarter =
        |story: &Nomination| rounds.iter().find(|round| Some(round.id) == story.round).map(|round| round.quarter);
    let told: Vec<Told> =
        stories.into_iter().map(|story| (quarter(&story), story)).map(|(quarter, story)| (story, quarter)).collect();
    Ok(screen(&told, &rounds, &catalogue, filters))
}

/// A filter was picked.
pub(super) async fn narrow(
    services: &Services,
    incoming: &Incoming,
    (filter, filters): (Filter, Filters),
    control: &Control,
) -> Result<Reply> {
    let picked = control.picked.first().map_or("", String::as_str);
    Ok(Reply::Update(list(services, incoming, filters.with(filter, picked)).await?))
}

/// A story was picked.
pub(super) async fn read(services: &Services, incoming: &Incoming, control: &Control) -> Result<Reply> {
    let guild = incoming.on_server()?;
    let picked = control.picked.first().and_then(|value| value.parse().ok()).map(NominationId);
    let id = picked.ok_or(NominationRefusal::Gone)?;
    let found = services.store.read(|tx| Box::pin(store::find(tx, id))).await?;
    // It may have been withdrawn since the list was shown.
    let story = found.filter(|story| story.guild == guild && story.state == State::Published);
    Ok(Reply::Say(message::story(&story.ok_or(NominationRefusal::StoryGone)?)))
}

fn fits(story: &Told, catalogue: &Catalogue, filters: Filters) -> bool {
    let at = |place: u8| usize::from(place);
    filters
        .tag
        .is_none_or(|place| catalogue.tags.get(at(place)).is_some_and(|tag| story.0.tag.as_ref() == Some(&tag.id)))
        && filters.program.is_none_or(|place| {
            catalogue.programs.get(at(place)).is_some_and(|(key, _)| story.0.program.as_ref() == Some(key))
        })
        && filters.quarter.is_none_or(|quarter| story.1 == Some(quarter))
}

pub(super) fn screen(stories: &[Told], rounds: &[Round], catalogue: &Catalogue, filters: Filters) -> Post {
    let fitting: Vec<&Told> = stories.iter().filter(|story| fits(story, catalogue, filters)).collect();
    let text = match (stories.len(), fitting.len()) {
        (0, _) => "No story has been published yet. Saw good work? `/nominate` a person for it.".to_owned(),
        (_, 0) => "No story fits. Choose something wider.".to_owned(),
        (all, some) => format!(
            "**Stories of good customer experience**\n{} of {all}, newest first. Every one is here with the consent of the people it is about.",
            plural(some as u64, "story", "stories")
        ),
    };
    let mut post = Post::text(text);
    if stories.is_empty() {
        return post;
    }
    let numbered = |names: Vec<String>, picked: Option<u8>| {
        let option = |(place, name): (usize, String)| {
            let mut option = SelectOption::new(place.to_string(), shorten(&name, 100));
            option.picked = picked.is_some_and(|picked| usize::from(picked) == place);
            option
        };
        names.into_iter().enumerate().take(25).map(option).collect::<Vec<_>>()
    };
    let quarters = rounds.iter().take(25).map(|round| {
        let mut option = SelectOption::new(round.quarter.to_string(), round.quarter.words());
        option.picked = filters.quarter == Some(round.quarter);
        option
    });
    let tags = numbered(catalogue.tags.iter().map(super::Tag::title).collect(), filters.tag);
    let programs = numbered(catalogue.programs.iter().map(|(_, name)| name.clone()).collect(), filters.program);
    for (filter, placeholder, options) in [
        (Filter::Tag, "Any principle or value", tags),
        (Filter::Program, "Any program", programs),
        (Filter::Quarter, "Any quarter", quarters.collect()),
    ] {
        if !options.is_empty() {
            let id = Action::Stories(filter, filters).to_id();
            post = post.with_select(Select {
                id,
                kind: SelectKind::Options(options),
                placeholder: placeholder.into(),
                min: 0,
                max: 1,
            });
        }
    }
    if !fitting.is_empty() {
        let option = |(story, quarter): &&Told| {
            let when = quarter.map(|quarter| format!("{quarter}: ")).unwrap_or_default();
            let title = story.tag_title.as_deref().unwrap_or("Good customer experience");
            SelectOption::new(story.id.to_string(), shorten(&format!("{when}{title}"), 100))
                .described(shorten(&crate::text::clean(&story.words.happened).replace('\n', " "), 100))
        };
        let options = fitting.iter().take(25).map(option);
        post = post.with_select(Select::one(Action::Read(filters).to_id(), "Read a story", options));
    }
    post
}
