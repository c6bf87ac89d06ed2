//! Components: what may stand where in a message or a modal, and what each one holds.

use serde_json::Value;
use std::collections::HashSet;

use super::controls::{self, Setting};
use super::form::{
    Checker, Fields,
    Need::{Optional, Required},
    given,
};
use super::message::Uploads;

const ACTION_ROW: i64 = 1;
const BUTTON: i64 = 2;
const TEXT_INPUT: i64 = 4;
const SECTION: i64 = 9;
const TEXT_DISPLAY: i64 = 10;
const THUMBNAIL: i64 = 11;
const MEDIA_GALLERY: i64 = 12;
const FILE: i64 = 13;
const SEPARATOR: i64 = 14;
const CONTAINER: i64 = 17;
const LABEL: i64 = 18;

const IN_ROW: &[i64] = &[2, 3, 5, 6, 7, 8];
const IN_V2_MESSAGE: &[i64] = &[1, 9, 10, 12, 13, 14, 17];
const IN_CONTAINER: &[i64] = &[1, 9, 10, 12, 13, 14];
const IN_MODAL: &[i64] = &[ACTION_ROW, TEXT_DISPLAY, LABEL];
const IN_LABEL: &[i64] = &[3, 4, 5, 6, 7, 8, 19, 21, 22, 23];

const LEGACY_ROWS: usize = 5;
const V2_COMPONENTS: usize = 40;
const V2_TEXT_CHARACTERS: usize = 4000;
const ROW_BUTTONS: usize = 5;

/// What has to be unique, or counted, over all components of one message or modal.
#[derive(Default)]
struct Whole {
    custom_ids: HashSet<String>,
    ids: HashSet<i64>,
    components: usize,
    text_characters: usize,
    shown_files: HashSet<String>,
}

impl Whole {
    /// Notes a component's identities, each of which may occur once, and yields its type if it may stand here.
    fn enter(&mut self, checker: &mut Checker, component: &Fields, allowed: &[i64]) -> Option<i64> {
        self.components += 1;
        if let Some(id) = checker.integer(component, "id", Optional, 0..=i64::from(i32::MAX))
            && id != 0
            && !self.ids.insert(id)
        {
            checker.fail_at("id", "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated");
        }
        if let Some(custom_id) = component.get("custom_id").and_then(Value::as_str)
            && !self.custom_ids.insert(custom_id.to_owned())
        {
            checker.fail_at("custom_id", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated");
        }
        checker.union_type(component, allowed)
    }

    fn show_file(&mut self, url: &str) {
        if let Some(name) = url.strip_prefix("attachment://") {
            self.shown_files.insert(name.to_owned());
        }
    }

    fn row(&mut self, checker: &mut Checker, row: &Fields) {
        let mut has_button = false;
        let mut has_select = false;
        checker.list(row, "components", Required, 1..=ROW_BUTTONS, |checker, _, value| {
            let Some(child) = checker.model(value) else { return };
            let Some(kind) = self.enter(checker, child, IN_ROW) else { return };
            // A select is as wide as the row.
            if has_select || (kind != BUTTON && has_button) {
                checker.fail("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The specified component exceeds the maximum width");
            }
            has_button |= kind == BUTTON;
            has_select |= kind != BUTTON;
            controls::control(checker, child, kind, Setting::Message);
        });
    }

    fn v2_component(&mut self, checker: &mut Checker, value: &Value, allowed: &[i64], uploads: &Uploads) {
        let Some(fields) = checker.model(value) else { return };
        let Some(kind) = self.enter(checker, fields, allowed) else { return };
        match kind {
            ACTION_ROW => self.row(checker, fields),
            SECTION => {
                checker.list(fields, "components", Required, 1..=3, |checker, _, child| {
                    self.v2_component(checker, child, &[TEXT_DISPLAY], uploads);
                });
                checker.object(fields, "accessory", Required, |_, _| {});
                if let Some(accessory) = given(fields, "accessory").filter(|value| value.is_object()) {
                    checker.within("accessory", |checker| {
                        self.v2_component(checker, accessory, &[BUTTON, THUMBNAIL], uploads);
                    });
                }
            }
            TEXT_DISPLAY => {
                let content = checker.text(fields, "content", Required, 1..=V2_TEXT_CHARACTERS);
                self.text_characters += content.map_or(0, |text| text.chars().count());
            }
            BUTTON => controls::control(checker, fields, BUTTON, Setting::Message),
            THUMBNAIL => self.media(checker, fields, "media", uploads),
            MEDIA_GALLERY => {
                checker.list(fields, "items", Required, 1..=10, |checker, _, item| {
                    if let Some(item) = checker.model(item) {
                        self.media(checker, item, "media", uploads);
                    }
                });
            }
            FILE => {
                self.media(checker, fields, "file", uploads);
                let url = given(fields, "file").and_then(|file| file.get("url")?.as_str());
                if url.is_some_and(|url| !url.starts_with("attachment://")) {
                    checker.within("file", |checker| {
                        checker.fail_at(
                            "url",
                            "URL_TYPE_INVALID_SCHEME",
                            "Scheme must be one of ('attachment',): a file component shows an uploaded file.",
                        );
                    });
                }
            }
            SEPARATOR => {
                checker.boolean(fields, "divider");
                checker.choice(fields, "spacing", Optional, &[1, 2]);
            }
            CONTAINER => {
                checker.integer(fields, "accent_color", Optional, 0..=0x00FF_FFFF);
                checker.boolean(fields, "spoiler");
                checker.list(fields, "components", Required, 1..=V2_COMPONENTS, |checker, _, child| {
                    self.v2_component(checker, child, IN_CONTAINER, uploads);
                });
            }
            _ => {}
        }
    }

    fn media(&mut self, checker: &mut Checker, owner: &Fields, key: &str, uploads: &Uploads) {
        checker.text(owner, "description", Optional, 1..=1024);
        checker.boolean(owner, "spoiler");
        checker.object(owner, key, Required, |checker, media| {
            if let Some(url) = checker.url(media, "url", Required, 2048, &["http", "https", "attachment"]) {
                checker.within("url", |checker| uploads.check_reference(checker, url));
                self.show_file(url);
            }
        });
    }
}

/// Checks `components` of a message without the flag IS_COMPONENTS_V2: up to five rows.
pub(super) fn legacy(checker: &mut Checker, message: &Fields) {
    let mut whole = Whole::default();
    checker.list(message, "components", Optional, 0..=LEGACY_ROWS, |checker, _, value| {
        if let Some(row) = checker.model(value)
            && whole.enter(checker, row, &[ACTION_ROW]).is_some()
        {
            whole.row(checker, row);
        }
    });
}

/// Checks `components` of a message with the flag IS_COMPONENTS_V2, and yields the names of the files they show.
pub(super) fn v2(checker: &mut Checker, message: &Fields, uploads: &Uploads) -> HashSet<String> {
    let mut whole = Whole::default();
    checker.list(message, "components", Optional, 0..=V2_COMPONENTS, |checker, _, value| {
        whole.v2_component(checker, value, IN_V2_MESSAGE, uploads);
    });
    if whole.components > V2_COMPONENTS {
        checker.fail_at(
            "components",
            "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
            format!("The total number of components in a message must be {V2_COMPONENTS} or fewer"),
        );
    }
    if whole.text_characters > V2_TEXT_CHARACTERS {
        checker.fail_at(
            "components",
            "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
            format!("The total displayable text size exceeds the maximum size of {V2_TEXT_CHARACTERS}"),
        );
    }
    whole.shown_files
}

/// Checks what opens a modal: its title, its custom id and its one to five components.
pub(super) fn modal(checker: &mut Checker, data: &Fields) {
    checker.text(data, "custom_id", Required, 1..=100);
    checker.text(data, "title", Required, 1..=45);
    let mut whole = Whole::default();
    checker.list(data, "components", Required, 1..=5, |checker, _, value| {
        let Some(fields) = checker.model(value) else { return };
        match whole.enter(checker, fields, IN_MODAL) {
            Some(ACTION_ROW) => {
                checker.list(fields, "components", Required, 1..=1, |checker, _, child| {
                    if let Some(input) = checker.model(child)
                        && whole.enter(checker, input, &[TEXT_INPUT]).is_some()
                    {
                        checker.text(input, "label", Required, 1..=45);
                        controls::control(checker, input, TEXT_INPUT, Setting::Modal);
                    }
                });
            }
            Some(TEXT_DISPLAY) => {
                checker.text(fields, "content", Required, 1..=V2_TEXT_CHARACTERS);
            }
            Some(LABEL) => {
                checker.text(fields, "label", Required, 1..=45);
                checker.text(fields, "description", Optional, 1..=100);
                checker.object(fields, "component", Required, |checker, child| {
                    let Some(kind) = whole.enter(checker, child, IN_LABEL) else { return };
                    if given(child, "label").is_some() {
                        checker.fail_at(
                            "label",
                            "COMPONENT_LABEL_NOT_ALLOWED",
                            "A component in a label takes its label from there",
                        );
                    }
                    controls::control(checker, child, kind, Setting::Modal);
                });
            }
            _ => {}
        }
    });
}
