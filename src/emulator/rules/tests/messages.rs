use super::*;

fn said(key: &str, field: Value) -> Value {
    with(json!({ "content": "hello" }), key, field)
}

fn embed(key: &str, field: Value) -> Value {
    json!({ "embeds": [with(json!({ "title": "t" }), key, field)] })
}

/// Rules that hold wherever a message goes.
fn shared() -> Vec<Case> {
    let mentions = |value: Value| said("allowed_mentions", value);
    let poll = |key: &str, value: Value| {
        let poll = json!({ "question": { "text": "Q" }, "answers": [{ "poll_media": { "text": "A" } }] });
        json!({ "poll": with(poll, key, value) })
    };
    let answers = |count, text: String| many(count, |_| json!({ "poll_media": { "text": text } }));
    vec![
        case(
            "content length",
            json!({ "content": long(2000) }),
            json!({ "content": long(2001) }),
            "content",
            "BASE_TYPE_MAX_LENGTH",
        ),
        case("content is text", json!({ "content": "7" }), json!({ "content": 7 }), "content", "STRING_TYPE_CONVERT"),
        case("tts is a boolean", said("tts", json!(false)), said("tts", json!("no")), "tts", "BOOLEAN_TYPE_CONVERT"),
        case(
            "flags are a number",
            said("flags", json!(64)),
            said("flags", json!("many")),
            "flags",
            "NUMBER_TYPE_COERCE",
        ),
        case(
            "number of embeds",
            json!({ "embeds": many(10, |_| json!({ "title": "t" })) }),
            json!({ "embeds": many(11, |_| json!({ "title": "t" })) }),
            "embeds",
            "BASE_TYPE_MAX_LENGTH",
        ),
        case(
            "embeds are a list",
            json!({ "embeds": [{ "title": "t" }] }),
            json!({ "embeds": { "title": "t" } }),
            "embeds",
            "LIST_TYPE_CONVERT",
        ),
        case(
            "an embed is an object",
            json!({ "embeds": [{ "title": "t" }] }),
            json!({ "embeds": ["t"] }),
            "embeds.0",
            "MODEL_TYPE_CONVERT",
        ),
        case(
            "an embed shows something",
            json!({ "embeds": [{ "description": "d" }] }),
            json!({ "embeds": [{ "color": 1 }] }),
            "embeds.0.description",
            "BASE_TYPE_REQUIRED",
        ),
        case(
            "embed title",
            embed("title", json!(long(256))),
            embed("title", json!(long(257))),
            "embeds.0.title",
            "BASE_TYPE_MAX_LENGTH",
        ),
        case(
            "embed description",
            embed("description", json!(long(4096))),
            embed("description", json!(long(4097))),
            "embeds.0.description",
            "BASE_TYPE_MAX_LENGTH",
        ),
        case(
            "embed colour",
            embed("color", json!(0x00FF_FFFF)),
            embed("color", json!(0x0100_0000)),
            "embeds.0.color",
            "NUMBER_TYPE_MAX",
        ),
        case(
            "embed time",
            embed("timestamp", json!("2026-11-23T15:00:00Z")),
            embed("timestamp", json!("yesterday")),
            "embeds.0.timestamp",
            "DATE_TIME_TYPE_PARSE",
        ),
        case(
            "embed address",
            embed("url", json!("https://example.gov/")),
            embed("url", json!("example")),
            "embeds.0.url",
            "URL_TYPE_INVALID_URL",
        ),
        case(
            "embed address scheme",
            embed("url", json!("https://example.gov/")),
            embed("url", json!("ftp://example.gov/")),
            "embeds.0.url",
            "URL_TYPE_INVALID_SCHEME",
        ),
        case(
            "embed fields",
            embed("fields", many(25, |_| json!({ "name": "n", "value": "v" }))),
            embed("fields", many(26, |_| json!({ "name": "n", "value": "v" }))),
            "embeds.0.fields",
            "BASE_TYPE_MAX_LENGTH",
        ),
        case(
            "field name",
            embed("fields", json!([{ "name": long(256), "value": "v" }])),
            embed("fields", json!([{ "name": long(257), "value": "v" }])),
            "embeds.0.fields.0.name",
            "BASE_TYPE_BAD_LENGTH",
        ),
        case(
            "field value",
            embed("fields", json!([{ "name": "n", "value": long(1024) }])),
            embed("fields", json!([{ "name": "n", "value": long(1025) }])),
            "embeds.0.fields.0.value",
            "BASE_TYPE_BAD_LENGTH",
        ),
        case(
            "field value is not empty",
            embed("fields", json!([{ "name": "n", "value": "-" }])),
            embed("fields", json!([{ "name": "n", "value": " " }])),
            "embeds.0.fields.0.value",
            "BASE_TYPE_REQUIRED",
        ),
        case(
            "footer",
            embed("footer", json!({ "text": long(2048) })),
            embed("footer", json!({ "text": long(2049) })),
            "embeds.0.footer.text",
            "BASE_TYPE_BAD_LENGTH",
        ),
        case(
            "author",
            embed("author", json!({ "name": long(256) })),
            embed("author", json!({ "name": long(257) })),
            "embeds.0.author.name",
            "BASE_TYPE_BAD_LENGTH",
        ),
        case(
            "all embeds together",
            json!({ "embeds": [{ "description": long(3000) }, { "description": long(3000) }] }),
            json!({ "embeds": [{ "description": long(3000) }, { "title": "t", "description": long(3000) }] }),
            "embeds",
            "MAX_EMBED_SIZE_EXCEEDED",
        ),
        case(
            "fields, footer and author count as well",
            json!({ "embeds": [{ "description": long(4096), "footer": { "text": long(1800) }, "author": { "name": long(100) }, "fields": [{ "name": "nn", "value": "vv" }] }] }),
            json!({ "embeds": [{ "description": long(4096), "footer": { "text": long(1800) }, "author": { "name": long(101) }, "fields": [{ "name": "nn", "value": "vv" }] }] }),
            "embeds",
            "MAX_EMBED_SIZE_EXCEEDED",
        ),
        case(
            "picture address",
            embed("image", json!({ "url": "https://example.gov/a.png" })),
            embed("image", json!({})),
            "embeds.0.image.url",
            "BASE_TYPE_REQUIRED",
        ),
        case(
            "what is parsed",
            mentions(json!({ "parse": ["users"] })),
            mentions(json!({ "parse": ["here"] })),
            "allowed_mentions.parse.0",
            "BASE_TYPE_CHOICES",
        ),
        case(
            "mentions are an object",
            mentions(json!({ "parse": [] })),
            mentions(json!("none")),
            "allowed_mentions",
            "MODEL_TYPE_CONVERT",
        ),
        case(
            "number of users",
            mentions(json!({ "users": many(100, |n| json!(n.to_string())) })),
            mentions(json!({ "users": many(101, |n| json!(n.to_string())) })),
            "allowed_mentions.users",
            "BASE_TYPE_MAX_LENGTH",
        ),
        case(
            "users once each",
            mentions(json!({ "users": ["1", "2"] })),
            mentions(json!({ "users": ["1", "1"] })),
            "allowed_mentions.users.1",
            "SET_TYPE_ALREADY_CONTAINS_VALUE",
        ),
        case(
            "parse excludes users",
            mentions(json!({ "parse": ["users"], "users": [] })),
            mentions(json!({ "parse": ["users"], "users": ["1"] })),
            "allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        case(
            "parse excludes roles",
            mentions(json!({ "parse": ["users"], "roles": ["1"] })),
            mentions(json!({ "parse": ["roles"], "roles": ["1"] })),
            "allowed_mentions",
            "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
        ),
        case(
            "number of stickers",
            said("sticker_ids", json!(["1", "2", "3"])),
            said("sticker_ids", json!(["1", "2", "3", "4"])),
            "sticker_ids",
            "BASE_TYPE_MAX_LENGTH",
        ),
        case(
            "poll question",
            poll("question", json!({ "text": long(300) })),
            poll("question", json!({ "text": long(301) })),
            "poll.question.text",
            "BASE_TYPE_BAD_LENGTH",
        ),
        case(
            "poll answers",
            poll("answers", answers(10, "A".into())),
            poll("answers", answers(11, "A".into())),
            "poll.answers",
            "BASE_TYPE_BAD_LENGTH",
        ),
        case(
            "poll answer text",
            poll("answers", answers(1, long(55))),
            poll("answers", answers(1, long(56))),
            "poll.answers.0.poll_media.text",
            "BASE_TYPE_BAD_LENGTH",
        ),
        case(
            "poll hours",
            poll("duration", json!(768)),
            poll("duration", json!(769)),
            "poll.duration",
            "NUMBER_TYPE_MAX",
        ),
        case(
            "poll layout",
            poll("layout_type", json!(1)),
            poll("layout_type", json!(2)),
            "poll.layout_type",
            "BASE_TYPE_CHOICES",
        ),
    ]
}

#[test]
fn a_message_keeps_its_rules_in_a_channel() {
    hold(shared(), |body| message_create(body, &[]));
    hold(
        vec![
            case(
                "nonce text",
                said("nonce", json!("n".repeat(25))),
                said("nonce", json!("n".repeat(26))),
                "nonce",
                "BASE_TYPE_MAX_LENGTH",
            ),
            case("nonce number", said("nonce", json!(7)), said("nonce", json!(true)), "nonce", "NUMBER_TYPE_COERCE"),
            case(
                "enforced nonce",
                said("enforce_nonce", json!(true)),
                said("enforce_nonce", json!(1)),
                "enforce_nonce",
                "BOOLEAN_TYPE_CONVERT",
            ),
            case(
                "reply",
                said("message_reference", json!({ "message_id": "9" })),
                said("message_reference", json!({ "channel_id": "9" })),
                "message_reference.message_id",
                "BASE_TYPE_REQUIRED",
            ),
        ],
        |body| message_create(body, &[]),
    );
}

#[test]
fn a_message_keeps_its_rules_as_follow_up_and_as_edit() {
    hold(shared(), |body| followup(body, &[]));
    hold(shared(), |body| message_edit(body, &[]));
}

#[test]
fn a_message_keeps_its_rules_as_an_answer() {
    let component = InteractionKind::Component;
    for kind in [4, 7] {
        for Case { rule, good, bad, path, code } in shared() {
            let judge = |data: Value| callback(component, &json!({ "type": kind, "data": data }), &[]);
            assert_eq!(judge(good), Ok(()), "{rule}");
            assert_eq!(codes_at(judge(bad), &format!("data.{path}")), [code], "{rule}");
        }
    }
}

#[test]
fn an_attachment_needs_its_file() {
    let listed = |id: u64| said("attachments", json!([{ "id": id, "filename": "a.png" }]));
    let files = [file(0, "a.png")];
    hold(
        vec![
            case("the file is there", listed(0), listed(1), "attachments.0", "ATTACHMENT_NOT_FOUND"),
            case(
                "its id is given",
                listed(0),
                said("attachments", json!([{ "filename": "a.png" }])),
                "attachments.0.id",
                "BASE_TYPE_REQUIRED",
            ),
            case(
                "alternative text",
                said("attachments", json!([{ "id": "0", "description": long(1024) }])),
                said("attachments", json!([{ "id": "0", "description": long(1025) }])),
                "attachments.0.description",
                "BASE_TYPE_MAX_LENGTH",
            ),
            case(
                "each file once",
                listed(0),
                said("attachments", json!([{ "id": 0 }, { "id": 0 }])),
                "attachments.1.id",
                "ATTACHMENT_ID_DUPLICATED",
            ),
        ],
        |body| message_create(body, &files),
    );
    assert_eq!(codes_at(message_create(&listed(0), &[]), "attachments.0"), ["ATTACHMENT_NOT_FOUND"]);
}

#[test]
fn an_edit_may_keep_attachments_but_not_invent_uploads() {
    assert_eq!(message_edit(&json!({ "attachments": [{ "id": "1001" }] }), &[]), Ok(()));
    assert_eq!(
        codes_at(message_edit(&json!({ "attachments": [{ "id": 0 }] }), &[]), "attachments.0"),
        ["ATTACHMENT_NOT_FOUND"]
    );
    let shown = json!({ "embeds": [{ "image": { "url": "attachment://old.png" } }] });
    assert_eq!(message_edit(&shown, &[]), Ok(()));
    let replaced = with(shown, "attachments", json!([]));
    assert_eq!(
        codes_at(message_edit(&replaced, &[]), "embeds.0.image.url"),
        ["UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"]
    );
}

#[test]
fn an_attachment_address_names_a_file_of_the_message() {
    let image = |name: &str| embed("image", json!({ "url": format!("attachment://{name}") }));
    let missing = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND";
    let files = [file(0, "chart.png")];
    hold(vec![case("its name", image("chart.png"), image("other.png"), "embeds.0.image.url", missing)], |body| {
        message_create(body, &files)
    });
    let renamed = with(image("new.png"), "attachments", json!([{ "id": 0, "filename": "new.png" }]));
    assert_eq!(message_create(&renamed, &files), Ok(()));
}

#[test]
fn files_are_few_and_small() {
    let body = json!({});
    let ten: Vec<_> = (0..10).map(|index| file(index, "a.txt")).collect();
    assert_eq!(message_create(&body, &ten), Ok(()));
    let eleven: Vec<_> = (0..11).map(|index| file(index, "a.txt")).collect();
    refused(message_create(&body, &eleven), 400, 30015);
    let sized = |size_bytes| FileInfo { size_bytes, ..file(0, "a.txt") };
    assert_eq!(message_create(&body, &[sized(10 << 20)]), Ok(()));
    refused(message_create(&body, &[sized((10 << 20) + 1)]), 413, 40005);
    refused(message_create(&body, &[sized(9 << 20), sized(9 << 20), sized(9 << 20)]), 413, 40005);
}

#[test]
fn an_empty_message_is_refused_with_its_own_code() {
    for body in [
        json!({}),
        json!({ "content": "" }),
        json!({ "content": " \n" }),
        json!({ "embeds": [], "components": [] }),
        json!({ "components": [row(&[button("a")])] }),
    ] {
        refused(message_create(&body, &[]), 400, 50006);
        refused(followup(&body, &[]), 400, 50006);
        refused(callback(InteractionKind::Command, &json!({ "type": 4, "data": body }), &[]), 400, 50006);
    }
    refused(callback(InteractionKind::Command, &json!({ "type": 4 }), &[]), 400, 50006);
    assert_eq!(message_create(&json!({}), &[file(0, "a.txt")]), Ok(()));
    assert_eq!(message_create(&json!({ "message_reference": { "type": 1, "message_id": "9" } }), &[]), Ok(()));
}

#[test]
fn an_edit_empties_a_message_only_by_naming_everything() {
    assert_eq!(message_edit(&json!({ "content": "" }), &[]), Ok(()));
    assert_eq!(message_edit(&json!({ "components": [] }), &[]), Ok(()));
    refused(message_edit(&json!({ "content": "", "embeds": [], "attachments": [] }), &[]), 400, 50006);
    assert_eq!(message_edit(&json!({ "content": "", "embeds": [], "attachments": [{ "id": "1001" }] }), &[]), Ok(()));
}

#[test]
fn a_body_is_an_object() {
    assert_eq!(codes_at(message_create(&json!("hello"), &[]), ""), ["MODEL_TYPE_CONVERT"]);
    assert_eq!(
        codes_at(callback(InteractionKind::Command, &json!({ "type": 4, "data": "hello" }), &[]), "data"),
        ["MODEL_TYPE_CONVERT"]
    );
}
