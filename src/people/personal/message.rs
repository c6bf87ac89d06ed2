//! The words of `/me`.

use super::Held;
use crate::post::{Button, Card, Post};
use crate::text::shorten;

pub(super) const SAVE: &str = "v1:me:save";
pub(super) const ASK: &str = "v1:me:ask";
pub(super) const ERASE: &str = "v1:me:erase";
pub(super) const KEEP: &str = "v1:me:keep";

/// A part's title, what it holds, and what it cannot find or keeps.
pub(super) type Part = (&'static str, Held, &'static str);

pub(super) fn shown(parts: &[Part]) -> Post {
    let something: Vec<_> = parts.iter().filter(|(_, held, _)| !held.lines.is_empty()).collect();
    let lines: Vec<_> = something
        .iter()
        .map(|(title, held, _)| {
            format!("**{title}**\n{}", held.lines.iter().map(|line| format!("- {line}")).collect::<Vec<_>>().join("\n"))
        })
        .collect();
    let text = if lines.is_empty() {
        "I hold nothing about you on this server that I could find.".to_owned()
    } else {
        format!("**What I hold about you on this server**\n\n{}", lines.join("\n\n"))
    };
    let post = Post::text(shorten(&text, 2000)).with_card(remains(parts));
    if something.is_empty() {
        return post;
    }
    post.with_buttons([Button::secondary(SAVE, "Get it as a file"), Button::danger(ASK, "Erase it")])
}

fn remains(parts: &[Part]) -> Card {
    let said: Vec<_> = parts
        .iter()
        .filter(|(.., remains)| !remains.is_empty())
        .map(|(title, _, remains)| format!("**{title}:** {remains}"))
        .collect();
    Card::new("What this cannot show or erase", shorten(&said.join("\n"), 4000))
        .with_footer("Discord keeps its own records of messages and presses under its own policy.")
}

pub(super) fn file(bytes: Vec<u8>) -> Post {
    Post::text(
        "Everything that I hold about you on this server and could find, as a JSON file. Only you see this message.",
    )
    .with_file(
        "what-cxbot-holds-about-me.json",
        "A JSON file with what cxbot holds about you, part by part.",
        bytes,
    )
}

pub(super) fn sure() -> Post {
    Post::text(
        "Erase it? Your progress, your nominations that wait, the stories about you and your settings go, and I cannot bring them back. \
         Stories about you are taken down. What you wrote about others and what was accepted stays, without your name. You stay a \
         member of this server, and if you use cxbot again it begins anew.",
    )
    .with_buttons([Button::danger(ERASE, "Erase everything"), Button::secondary(KEEP, "Keep it")])
}

pub(super) fn erased() -> Post {
    Post::text(
        "Done. What I held about you on this server and could find is erased, and messages with it are being taken down. `/me` shows what is left.",
    )
}

pub(super) fn kept() -> Post {
    Post::text("Nothing was erased.")
}
