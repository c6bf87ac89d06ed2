//! Messages, forms and outcomes as text that reads like what a person sees; for tests, snapshots and screen logs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use super::view::{FieldView, MessageView, ModalView, Outcome, select};

/// A whole channel.
pub(crate) fn of_all(messages: &[MessageView]) -> String {
    messages.iter().map(of_message).collect::<Vec<_>>().join("\n")
}

fn named(text: &str, names: &BTreeMap<String, String>) -> String {
    names.iter().fold(text.replace("<@!", "<@"), |text, (mention, name)| {
        let sign = if mention.starts_with("<#") { '#' } else { '@' };
        text.replace(mention, &format!("{sign}{name}"))
    })
}

struct Page {
    text: String,
}

impl Page {
    /// Adds text, each of its lines behind `margin`.
    fn add(&mut self, margin: &str, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.text, "{}", format!("{margin}{line}").trim_end());
        }
    }
}

/// One message: author and circumstances, then everything in it, indented.
pub(crate) fn of_message(message: &MessageView) -> String {
    let mut page = Page { text: String::new() };
    page.add("", &heading(message));
    page.add("  ", &named(&message.content, &message.names));
    if message.loading {
        page.add("  ", &format!("{} is thinking…", message.author.name));
    }
    for embed in &message.embeds {
        add_embed(&mut page, embed, &message.names);
    }
    for component in &message.components {
        add_component(&mut page, "  ", component, &message.names);
    }
    for file in &message.files {
        let alt = file.alt_text.as_deref().map_or_else(|| "no alt text".to_owned(), |alt| format!("alt: {alt}"));
        page.add("  ", &format!("file {} ({}; {alt})", file.name, file.content_type));
    }
    if let Some(thread) = &message.thread {
        page.add("  ", &format!("thread: {} ({} messages)", thread.name, thread.message_count));
    }
    page.text
}

fn heading(message: &MessageView) -> String {
    let mut heading = message.author.name.clone();
    match message.kind {
        6 => heading.push_str(" pinned a message"),
        18 => heading.push_str(" started a thread"),
        21 => heading.push_str(" (start of the thread)"),
        _ => {}
    }
    if let Some(used) = &message.used
        && let Some(command) = &used.command
    {
        let slash = if message.kind == 23 { "" } else { "/" };
        let _ = write!(heading, " ({} used {slash}{command})", used.user_name);
    }
    if let Some(only) = &message.only_for {
        let _ = write!(heading, " (only {} can see this)", only.name);
    }
    if message.edited_at.is_some() {
        heading.push_str(" (edited)");
    }
    if message.pinned {
        heading.push_str(" (pinned)");
    }
    heading.push(':');
    heading
}

fn add_embed(page: &mut Page, embed: &Value, names: &BTreeMap<String, String>) {
    let margin = "  | ";
    let mut add = |text: Option<&str>| {
        if let Some(text) = text {
            page.add(margin, &named(text, names));
        }
    };
    add(embed["author"]["name"].as_str());
    add(embed["title"].as_str());
    add(embed["url"].as_str());
    add(embed["description"].as_str());
    for field in embed["fields"].as_array().into_iter().flatten() {
        let (name, value) = (field["name"].as_str().unwrap_or_default(), field["value"].as_str().unwrap_or_default());
        add(Some(&format!("{name}: {value}")));
    }
    for part in ["image", "thumbnail"] {
        if let Some(url) = embed[part]["url"].as_str() {
            let name = url.rsplit('/').next().unwrap_or(url);
            add(Some(&format!("{part} {name}")));
        }
    }
    add(embed["footer"]["text"].as_str());
}

fn button(component: &Value) -> String {
    let label = component["label"].as_str().unwrap_or_default();
    let emoji = component["emoji"]["name"].as_str().unwrap_or_default();
    let face = format!("{emoji} {label}");
    let mut text = format!("[ {} ]", face.trim());
    if let Some(url) = component["url"].as_str() {
        let _ = write!(text, "({url})");
    }
    if component["disabled"].as_bool() == Some(true) {
        text.push_str(" (disabled)");
    }
    text
}

fn add_options(page: &mut Page, margin: &str, options: &[Value]) {
    for option in options {
        let chosen = if option["default"].as_bool() == Some(true) { "*" } else { "-" };
        let label = option["label"].as_str().unwrap_or_default();
        let detail = option["description"].as_str().map(|text| format!(": {text}")).unwrap_or_default();
        page.add(margin, &format!("  {chosen} {label}{detail}"));
    }
}

fn add_select(page: &mut Page, margin: &str, component: &Value) {
    let select = select(component);
    let kind = match select.kind {
        5 => "a person",
        6 => "a role",
        7 => "a person or role",
        8 => "a channel",
        _ => "an option",
    };
    let prompt = select.placeholder.unwrap_or_else(|| format!("Choose {kind}"));
    let disabled = if select.disabled { " (disabled)" } else { "" };
    page.add(margin, &format!("( {prompt} v ){disabled}"));
    add_options(page, margin, &select.options);
}

fn add_component(page: &mut Page, margin: &str, component: &Value, names: &BTreeMap<String, String>) {
    let children = || component["components"].as_array().into_iter().flatten();
    match component["type"].as_u64() {
        Some(1) => {
            let buttons: Vec<String> = children().filter(|each| each["type"].as_u64() == Some(2)).map(button).collect();
            if !buttons.is_empty() {
                page.add(margin, &buttons.join(" "));
            }
            for child in children().filter(|each| each["type"].as_u64() != Some(2)) {
                add_component(page, margin, child, names);
            }
        }
        Some(2) => page.add(margin, &button(component)),
        Some(3 | 5..=8) => add_select(page, margin, component),
        Some(10) => page.add(margin, &named(component["content"].as_str().unwrap_or_default(), names)),
        Some(11) => {
            page.add(margin, &format!("image ({})", component["description"].as_str().unwrap_or("no alt text")));
        }
        Some(12) => {
            for item in component["items"].as_array().into_iter().flatten() {
                page.add(margin, &format!("image ({})", item["description"].as_str().unwrap_or("no alt text")));
            }
        }
        Some(13) => page.add(margin, &format!("file {}", component["name"].as_str().unwrap_or_default())),
        Some(14) => page.add(margin, "---"),
        _ => {
            let deeper = format!("{margin}| ");
            for child in children() {
                add_component(page, &deeper, child, names);
            }
            if component["accessory"].is_object() {
                add_component(page, &deeper, &component["accessory"], names);
            }
        }
    }
}

/// A form: heading, then each field with its limits.
pub(crate) fn of_modal(modal: &ModalView) -> String {
    let mut page = Page { text: String::new() };
    page.add("", &format!("Form: {}", modal.title));
    let nobody = BTreeMap::new();
    for part in modal.components.iter().filter(|part| part["type"].as_u64() == Some(10)) {
        add_component(&mut page, "  ", part, &nobody);
    }
    for field in modal.fields() {
        add_field(&mut page, &field);
    }
    page.text
}

fn add_field(page: &mut Page, field: &FieldView) {
    let need = if field.required { "required" } else { "optional" };
    let limits = match (field.kind, field.min, field.max) {
        (4, 0, most) => format!("{need}, up to {most} characters"),
        (4, least, most) => format!("{need}, {least} to {most} characters"),
        _ => need.to_owned(),
    };
    page.add("  ", &format!("{} ({limits})", field.label));
    for more in [&field.description, &field.placeholder].into_iter().flatten() {
        page.add("    ", more);
    }
    if let Some(value) = &field.value {
        page.add("    > ", value);
    }
    add_options(page, "  ", &field.options);
}

/// What became of an interaction.
pub(crate) fn of_outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Message(message) | Outcome::Updated(message) => of_message(message),
        Outcome::Modal(modal) => of_modal(modal),
        Outcome::Choices(choices) => choices.iter().fold(String::new(), |mut text, choice| {
            let _ = writeln!(text, "- {}", choice.name);
            text
        }),
        Outcome::Acknowledged => "(nothing to see yet)\n".to_owned(),
        Outcome::Failed(words) => format!("{words}\n"),
    }
}
