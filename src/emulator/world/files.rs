//! The files on messages: how they come in, how they are kept, and that the oldest go when there are too many.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::World;
use crate::emulator::id::{Id, id_in};

/// How many bytes of files are kept in all.
const KEPT_FILE_BYTES: u64 = 256 * 1024 * 1024;

/// A file on a message; its bytes are in [`World::files`].
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub id: Id,
    pub filename: String,
    pub content_type: String,
    pub size_bytes: u64,
    pub description: Option<String>,
    pub width_height: Option<(u32, u32)>,
}

/// A file as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    /// The n of `files[n]`.
    pub index: u64,
    pub filename: String,
    pub content_type: String,
    pub bytes: Bytes,
    pub description: Option<String>,
}

/// A file as it is kept.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredFile {
    pub channel_id: Id,
    pub filename: String,
    pub content_type: String,
    #[serde(with = "base64_bytes")]
    pub bytes: Bytes,
}

/// Gives each upload the name and alt text that the body's `attachments` hold for it.
pub(super) fn described(body: &Value, mut uploads: Vec<Upload>) -> Vec<Upload> {
    for described in body["attachments"].as_array().into_iter().flatten() {
        let Some(index) = id_in(&described["id"]) else { continue };
        let Some(upload) = uploads.iter_mut().find(|upload| upload.index == index.get()) else { continue };
        if let Some(name) = described["filename"].as_str() {
            name.clone_into(&mut upload.filename);
        }
        upload.description = described["description"].as_str().map(str::to_owned);
    }
    uploads
}

impl World {
    pub(crate) fn store_file(&mut self, channel_id: Id, upload: Upload) -> Attachment {
        let id = self.take_id();
        let size_bytes = upload.bytes.len() as u64;
        let attachment = Attachment {
            id,
            filename: upload.filename.clone(),
            content_type: upload.content_type.clone(),
            size_bytes,
            description: upload.description,
            width_height: png_size(&upload.bytes),
        };
        let file = StoredFile {
            channel_id,
            filename: upload.filename,
            content_type: upload.content_type,
            bytes: upload.bytes,
        };
        self.files.insert(id, file);
        trim_files(&mut self.files);
        attachment
    }
}

fn trim_files(files: &mut BTreeMap<Id, StoredFile>) {
    let mut total: u64 = files.values().map(|file| file.bytes.len() as u64).sum();
    while total > KEPT_FILE_BYTES {
        let Some((_, oldest)) = files.pop_first() else { return };
        total -= oldest.bytes.len() as u64;
    }
}

/// The width and height of a PNG image, which its first chunk holds.
fn png_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let header = bytes.strip_prefix(b"\x89PNG\r\n\x1a\n")?.get(4..16)?.strip_prefix(b"IHDR")?;
    let (width, height) = header.split_at(4);
    Some((u32::from_be_bytes(width.try_into().ok()?), u32::from_be_bytes(height.try_into().ok()?)))
}

mod base64_bytes {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Bytes::from).map_err(serde::de::Error::custom)
    }
}
