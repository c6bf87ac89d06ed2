//! Which of Discord's routes the emulator serves: `docs/emulator-coverage.md` is written from the document and from what the emulator
//! answers, and this test holds it to both.

use std::fmt::Write as _;

use reqwest::StatusCode;
use serde_json::json;

use crate::openapi::Document;
use crate::town::Town;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/emulator-coverage.md");
const FRESH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/emulator-coverage.md");

#[tokio::test]
#[ignore = "needs the OpenAPI document in DISCORD_OPENAPI"]
async fn the_table_of_routes_says_what_is() {
    let document = Document::load();
    let operations = document.operations();
    let (mut served, mut refused) = (Vec::new(), Vec::new());
    for (method, template) in &operations {
        // A fresh server each, since some routes take away what the next would need.
        let mut town = Town::start().await;
        let path = town.path(template).await;
        // Nothing that takes a body takes a list where an object belongs, or an object where a list belongs.
        let wrong = match document.request_schema(method, template).map(|schema| document.resolve(schema)) {
            Some(schema) if schema["type"] == "array" => Some(json!({"name": 1})),
            Some(_) => Some(json!([1])),
            None => None,
        };
        let (status, _) = town.call(method, &path, wrong.as_ref()).await;
        if status == StatusCode::NOT_IMPLEMENTED {
            refused.push((method, template));
            continue;
        }
        let body = match (&wrong, status) {
            (None, _) => "",
            (Some(_), StatusCode::BAD_REQUEST) => "validated",
            (Some(_), other) => panic!("{method} {template} took a body of the wrong kind: {other}"),
        };
        served.push((method, template, body));
    }

    let mut page = format!(
        "# What the emulator serves of Discord\n\n\
         Written by a test from Discord's OpenAPI document (version 10 of the interface) and from what the emulator answers.\n\
         {} of {} operations are served; a body is *validated* by Discord's rules, with the nested error paths of code 50035. \
         Everything else answers 501 and names itself, so that a bot under test is never told a lie.\n\n\
         | Served | Route | Body |\n|---|---|---|\n",
        served.len(),
        operations.len()
    );
    for (method, template, body) in &served {
        let _ = writeln!(page, "| {method} | `{template}` | {body} |");
    }
    page.push_str("\n## Refused with 501\n\n");
    let mut area = "";
    for (method, template) in &refused {
        let this = template.split('/').nth(1).unwrap_or_default();
        if this != area {
            area = this;
            let _ = writeln!(page, "\n**{area}**\n");
        }
        let _ = writeln!(page, "- {method} `{template}`");
    }
    let page = page.replace("\n\n\n", "\n\n");
    std::fs::create_dir_all(concat!(env!("CARGO_MANIFEST_DIR"), "/target")).unwrap();
    std::fs::write(FRESH, &page).unwrap();
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(
        kept == page,
        "docs/emulator-coverage.md is not what is; the true one stands in target/emulator-coverage.md"
    );
}
