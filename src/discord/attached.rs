//! A file that somebody attached to a command, and the guarded way to its bytes.
//!
//! The address comes from outside, so it is held against the two places that files can come from: Discord's own file servers or, when
//! cxbot talks to a server on this machine, that very server. The token never travels along. The bytes pass through in pieces and are
//! kept nowhere.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, Url};
use serenity::model::application::CommandData;
use serenity::model::id::AttachmentId;
use tokio::sync::mpsc;

use super::http::{USER_AGENT, loopback};
use super::report::describe_request;
use crate::error::{Error, Result};
use crate::services::Services;

/// Where Discord keeps what people attach.
const FILE_SERVERS: [&str; 2] = ["cdn.discordapp.com", "media.discordapp.net"];
/// Longest silence in the middle of a file.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// A file that takes longer is given up; an interaction can be answered for 15 minutes.
const LONGEST_DOWNLOAD: Duration = Duration::from_mins(5);
/// Pieces that wait for whoever reads; a piece is at most some 16 KB.
const PIECES_AHEAD: usize = 16;

/// A file attached to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attached {
    /// Its name, as the person's own device gave it.
    pub name: String,
    /// In bytes, as Discord states it.
    pub size: u64,
    url: String,
}

/// The bytes of an attached file, as they arrive. Reading blocks, so it belongs on a thread of its own.
#[derive(Debug)]
pub struct Download {
    pieces: mpsc::Receiver<Result<Bytes, String>>,
    piece: Bytes,
}

impl Attached {
    /// The file that an option of this command names.
    #[must_use]
    pub fn of(data: &CommandData, id: AttachmentId) -> Option<Self> {
        let found = data.resolved.attachments.get(&id)?;
        Some(Self { name: found.filename.clone(), size: u64::from(found.size), url: found.url.clone() })
    }

    /// Begins to fetch it.
    ///
    /// # Errors
    /// A sentence: the file is larger than `most_bytes`, lies on a foreign server, or cannot be fetched.
    pub async fn open(&self, services: &Services, most_bytes: u64) -> Result<Download> {
        if self.size > most_bytes {
            return Err(Error::refused(format!(
                "{} has {}; at most {} can be taken from Discord. Whoever runs cxbot can take larger files in with `cxbot import`.",
                self.name,
                in_words(self.size),
                in_words(most_bytes)
            )));
        }
        let response = self.ask(&services.settings.discord.api_base).await?;
        let (send, pieces) = mpsc::channel(PIECES_AHEAD);
        tokio::spawn(pass_on(response, most_bytes, send));
        Ok(Download { pieces, piece: Bytes::new() })
    }

    /// All of it as text, for small files.
    ///
    /// # Errors
    /// As [`Attached::open`]; also when it is not UTF-8.
    pub async fn text(&self, services: &Services, most_bytes: u64) -> Result<String> {
        let mut download = self.open(services, most_bytes).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = download.pieces.recv().await {
            let piece = piece.map_err(|why| Error::refused(format!("{}: {why}. Try again.", self.name)))?;
            bytes.extend_from_slice(&piece);
        }
        String::from_utf8(bytes)
            .map_err(|_| Error::refused(format!("{} is not UTF-8 text. Save it as UTF-8 and try again.", self.name)))
    }

    async fn ask(&self, api_base: &str) -> Result<Response> {
        let (url, addresses) = place(&self.url, api_base).await.map_err(|()| {
            tracing::warn!("An attached file lies on a foreign server; it was not fetched");
            Error::refused(format!("{} does not lie on Discord's file server, so it was not fetched.", self.name))
        })?;
        let mut builder = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(Duration::from_secs(5))
            .read_timeout(LONGEST_PAUSE)
            .timeout(LONGEST_DOWNLOAD)
            // A redirect could lead to a server that was not checked.
            .redirect(Policy::none())
            .use_rustls_tls();
        if let (Some(addresses), Some(host)) = (addresses, url.host_str()) {
            builder = builder.no_proxy().tls_built_in_root_certs(false).resolve_to_addrs(host, &addresses);
        }
        let client = builder.build().map_err(anyhow::Error::from)?;
        let again = |why: &str| Error::refused(format!("{} could not be fetched ({why}). Attach it again.", self.name));
        let response = client.get(url).send().await.map_err(|fault| again(&describe_request(&fault)))?;
        if !response.status().is_success() {
            return Err(again(&format!("the file server answered {}", response.status().as_u16())));
        }
        Ok(response)
    }
}

impl Read for Download {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.pieces.blocking_recv() {
                Some(Ok(piece)) => self.piece = piece,
                Some(Err(why)) => return Err(io::Error::other(why)),
                None => return Ok(0),
            }
        }
        let count = buffer.len().min(self.piece.len());
        self.piece.copy_to_slice(&mut buffer[..count]);
        Ok(count)
    }
}

/// Hands the pieces on as they come; ends when nobody reads any more.
async fn pass_on(mut response: Response, most_bytes: u64, send: mpsc::Sender<Result<Bytes, String>>) {
    let mut taken = 0;
    loop {
        let piece = match response.chunk().await {
            Ok(Some(piece)) => {
                taken += piece.len() as u64;
                if taken > most_bytes {
                    Err(format!("the file is larger than {}", in_words(most_bytes)))
                } else {
                    Ok(piece)
                }
            }
            Ok(None) => return,
            Err(fault) => Err(format!("the download broke off ({})", describe_request(&fault))),
        };
        let last = piece.is_err();
        if send.send(piece).await.is_err() || last {
            return;
        }
    }
}

/// A size as people say it, rounded up.
fn in_words(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} bytes"),
        1_024..1_048_576 => format!("{} KB", bytes.div_ceil(1 << 10)),
        _ => format!("{} MB", bytes.div_ceil(1 << 20)),
    }
}

/// Where a file lies, and, on this machine, at which addresses; an error when it lies anywhere else.
async fn place(url: &str, api_base: &str) -> Result<(Url, Option<Vec<SocketAddr>>), ()> {
    let url = Url::parse(url).map_err(|_| ())?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(());
    }
    if api_base.is_empty() {
        let known = url.host_str().is_some_and(|host| FILE_SERVERS.contains(&host));
        return if known && url.scheme() == "https" && url.port().is_none() { Ok((url, None)) } else { Err(()) };
    }
    let (base, addresses) = loopback(api_base, "http").await.map_err(|_| ())?;
    if url.origin() == base.origin() { Ok((url, Some(addresses))) } else { Err(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn files_come_from_discord_or_from_the_server_on_this_machine_and_nowhere_else() {
        const LOCAL: &str = "http://127.0.0.1:8650";
        for (url, base) in [
            ("https://cdn.discordapp.com/ephemeral-attachments/1/2/figures.csv?ex=1&is=2&hm=3", ""),
            ("https://media.discordapp.net/attachments/1/2/figures.csv", ""),
            ("http://127.0.0.1:8650/attachments/1/2/figures.csv", LOCAL),
        ] {
            assert!(place(url, base).await.is_ok(), "{url}");
        }
        for (url, base) in [
            ("http://cdn.discordapp.com/figures.csv", ""),
            ("https://cdn.discordapp.com:8443/figures.csv", ""),
            ("https://cdn.discordapp.com.evil.example/figures.csv", ""),
            ("https://evil.example/cdn.discordapp.com/figures.csv", ""),
            ("https://cdn.discordapp.com@evil.example/figures.csv", ""),
            ("https://user:word@cdn.discordapp.com/figures.csv", ""),
            ("http://127.0.0.1:8650/attachments/1/2/figures.csv", ""),
            ("http://169.254.169.254/latest/meta-data", ""),
            ("file:///etc/passwd", ""),
            ("figures.csv", ""),
            ("https://cdn.discordapp.com/figures.csv", LOCAL),
            ("http://127.0.0.1:8651/attachments/1/2/figures.csv", LOCAL),
            ("http://localhost:8650/attachments/1/2/figures.csv", LOCAL),
            ("https://127.0.0.1:8650/attachments/1/2/figures.csv", LOCAL),
            ("http://10.0.0.1:8650/figures.csv", "http://10.0.0.1:8650"),
        ] {
            assert!(place(url, base).await.is_err(), "{url} with {base:?}");
        }
    }

    /// Answers one request with these bytes and hangs up.
    async fn serve_once(answer: &'static [u8]) -> Attached {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(stream.read_u8().await.unwrap());
            }
            let asked = String::from_utf8(asked).unwrap().to_lowercase();
            assert!(!asked.contains("authorization"), "{asked}");
            stream.write_all(answer).await.unwrap();
        });
        Attached { name: "map.toml".into(), size: 4, url: format!("{base}/map.toml") }
    }

    async fn fetched(file: Attached, most_bytes: u64) -> Result<String, String> {
        let base = file.url.trim_end_matches("/map.toml").to_owned();
        let response = file.ask(&base).await.map_err(|error| error.to_string())?;
        let (send, pieces) = mpsc::channel(PIECES_AHEAD);
        tokio::spawn(pass_on(response, most_bytes, send));
        let mut download = Download { pieces, piece: Bytes::new() };
        tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            download.read_to_string(&mut text).map_err(|fault| fault.to_string())?;
            Ok(text)
        })
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn what_goes_wrong_on_the_way_is_said_in_words() {
        let whole = serve_once(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\na=1\n").await;
        assert_eq!(fetched(whole, 100).await.unwrap(), "a=1\n");
        let larger = serve_once(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nlonger than it said").await;
        assert_eq!(fetched(larger, 4).await.unwrap_err(), "the file is larger than 4 bytes");
        let broken = serve_once(b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\nconnection: close\r\n\r\na=1").await;
        let said = fetched(broken, 1_000).await.unwrap_err();
        assert!(said.starts_with("the download broke off"), "{said}");
        let gone = serve_once(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        let said = fetched(gone, 100).await.unwrap_err();
        assert_eq!(said, "map.toml could not be fetched (the file server answered 404). Attach it again.");
        let away =
            serve_once(b"HTTP/1.1 302 Found\r\nlocation: http://evil.example/\r\ncontent-length: 0\r\n\r\n").await;
        assert!(fetched(away, 100).await.unwrap_err().contains("answered 302"));
    }
}
