//! Reading a request: path, query, JSON or multipart body, files.

use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::header;
use serde_json::{Map, Value};

use super::ApiError;
use crate::emulator::id::Id;
use crate::emulator::rules::FileInfo;
use crate::emulator::world::Upload;

/// Discord's limit for one file, in bytes.
const LARGEST_FILE: usize = 10 * 1024 * 1024;
const PREFIX: &str = "/api/v10/";

/// A request, read whole.
#[derive(Debug, Default)]
pub(crate) struct Call {
    pub method: String,
    pub path: String,
    /// The path below `/api/v10`, decoded; empty for any other path.
    pub segments: Vec<String>,
    pub query_text: String,
    query: Vec<(String, String)>,
    authorization: String,
    /// The JSON body, or null.
    pub body: Value,
    pub files: Vec<Upload>,
    pub file_infos: Vec<FileInfo>,
}

impl Call {
    /// A parameter of the query.
    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn query_flag(&self, name: &str) -> bool {
        self.query(name).is_some_and(|value| matches!(value.to_lowercase().as_str(), "true" | "1"))
    }

    pub(crate) fn query_id(&self, name: &str) -> Option<Id> {
        self.query(name).and_then(|value| value.parse().ok())
    }

    /// A whole number of the query within bounds; the default when it is missing.
    pub(crate) fn query_number(&self, name: &str, default: usize, bounds: (usize, usize)) -> Result<usize, ApiError> {
        let Some(text) = self.query(name) else { return Ok(default) };
        let (low, high) = bounds;
        match text.parse() {
            Ok(number) if (low..=high).contains(&number) => Ok(number),
            Ok(number) if number < low => {
                let message = format!("int value should be greater than or equal to {low}.");
                Err(ApiError::form(&[name], "NUMBER_TYPE_MIN", &message))
            }
            Ok(_) => {
                let message = format!("int value should be less than or equal to {high}.");
                Err(ApiError::form(&[name], "NUMBER_TYPE_MAX", &message))
            }
            Err(_) => Err(ApiError::form(&[name], "NUMBER_TYPE_COERCE", &format!("Value \"{text}\" is not int."))),
        }
    }

    /// Whether the path itself holds the key (interaction tokens), or none is needed.
    pub(crate) fn opens_without_token(&self) -> bool {
        let parts: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        matches!(parts.as_slice(), ["gateway"] | ["interactions", ..] | ["webhooks", _, _, ..])
    }

    pub(crate) fn carries_token(&self, token: &str) -> bool {
        self.authorization.strip_prefix("Bot ") == Some(token)
    }

    /// The uploads, taken out.
    pub(crate) fn take_files(&mut self) -> Vec<Upload> {
        std::mem::take(&mut self.files)
    }
}

/// An id in the path.
pub(crate) fn path_id(text: &str, name: &str) -> Result<Id, ApiError> {
    text.parse()
        .map_err(|_| ApiError::form(&[name], "NUMBER_TYPE_COERCE", &format!("Value \"{text}\" is not snowflake.")))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let hex = || std::str::from_utf8(after.get(..2)?).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match (first, hex()) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Reads a request; on failure also what was read of it, for the journal.
pub(crate) async fn read(request: Request) -> Result<Call, (Call, ApiError)> {
    let mut call = Call { method: request.method().as_str().to_owned(), ..Call::default() };
    request.uri().path().clone_into(&mut call.path);
    if let Some(below) = call.path.strip_prefix(PREFIX) {
        // Tokens and names hold no plus sign that means a space; a path is decoded as it is.
        call.segments = below.trim_end_matches('/').split('/').map(|part| decoded(&part.replace('+', "%2B"))).collect();
    }
    request.uri().query().unwrap_or_default().clone_into(&mut call.query_text);
    call.query = call
        .query_text
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(key, value)| (decoded(key), decoded(value)))
        .collect();
    let headers = request.headers();
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    call.authorization = text(header::AUTHORIZATION);
    let content_type = text(header::CONTENT_TYPE);
    let read = if content_type.starts_with("multipart/form-data") {
        read_multipart(&mut call, request).await
    } else {
        read_json(&mut call, request).await
    };
    match read {
        Ok(()) => Ok(call),
        Err(error) => Err((call, error)),
    }
}

fn too_large() -> ApiError {
    ApiError::new(413, 40005, "Request entity too large")
}

fn invalid_json() -> ApiError {
    ApiError::new(400, 50109, "The request body contains invalid JSON.")
}

async fn read_json(call: &mut Call, request: Request) -> Result<(), ApiError> {
    let bytes = Bytes::from_request(request, &()).await.map_err(|_| too_large())?;
    if !bytes.is_empty() {
        call.body = serde_json::from_slice(&bytes).map_err(|_| invalid_json())?;
    }
    Ok(())
}

async fn read_multipart(call: &mut Call, request: Request) -> Result<(), ApiError> {
    let broken = || ApiError::new(400, 50035, "Invalid Form Body");
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| broken())?;
    let mut plain = Map::new();
    loop {
        let part = match parts.next_field().await {
            Ok(Some(part)) => part,
            Ok(None) => break,
            Err(error) if error.status().as_u16() == 413 => return Err(too_large()),
            Err(_) => return Err(broken()),
        };
        let name = part.name().unwrap_or_default().to_owned();
        let filename = part.file_name().map(str::to_owned);
        let content_type = part.content_type().map(str::to_owned);
        let bytes = match part.bytes().await {
            Ok(bytes) => bytes,
            Err(error) if error.status().as_u16() == 413 => return Err(too_large()),
            Err(_) => return Err(broken()),
        };
        if name == "payload_json" {
            call.body = serde_json::from_slice(&bytes).map_err(|_| invalid_json())?;
        } else if let Some(filename) = filename {
            let index = name
                .strip_prefix("files[")
                .and_then(|rest| rest.strip_suffix(']'))
                .and_then(|number| number.parse().ok())
                .unwrap_or(call.files.len() as u64);
            if bytes.len() > LARGEST_FILE {
                return Err(too_large());
            }
            let guessed = || mime_guess::from_path(&filename).first_or_octet_stream().to_string();
            let content_type = content_type.filter(|kind| kind != "application/octet-stream").unwrap_or_else(guessed);
            call.file_infos.push(FileInfo { index, name: filename.clone(), size_bytes: bytes.len() as u64 });
            call.files.push(Upload { index, filename, content_type, bytes, description: None });
        } else {
            plain.insert(name, Value::String(String::from_utf8_lossy(&bytes).into_owned()));
        }
    }
    if call.body.is_null() {
        call.body = Value::Object(plain);
    }
    call.files.sort_by_key(|file| file.index);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_and_plus_are_decoded_and_broken_ones_left_alone() {
        assert_eq!(decoded("a%20b+c"), "a b c");
        assert_eq!(decoded("100%"), "100%");
        assert_eq!(decoded("%C3%A9"), "é");
    }

    #[tokio::test]
    async fn a_query_that_starts_with_an_ampersand_is_understood() {
        let request =
            Request::builder().uri("/api/v10/channels/1/messages?&limit=5&with%20x=1").body(axum::body::Body::empty());
        let call = read(request.unwrap()).await.unwrap();
        assert_eq!(call.segments, ["channels", "1", "messages"]);
        assert_eq!(call.query_number("limit", 50, (1, 100)).unwrap(), 5);
        assert!(call.query_flag("with x"));
        assert_eq!(call.query_number("limit", 50, (1, 3)).unwrap_err().body["code"], 50035);
    }
}
