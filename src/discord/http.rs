//! The guarded way to Discord, or to a server on this machine that speaks like it.
//!
//! With an address of its own, nothing is sent anywhere but to this machine: the address and the gateway that it names must both be
//! loopback, and both are checked before the token leaves. serenity alone would send the token to Discord in two such cases.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use reqwest::header::HeaderValue;
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use serenity::http::HttpBuilder;

use super::report::describe_request;
use super::rest::Rest;
use crate::config::Token;
use crate::error::{Error, Result};

const DISCORD: &str = "https://discord.com";
pub(super) const USER_AGENT: &str = concat!("DiscordBot (cxbot, ", env!("CARGO_PKG_VERSION"), ")");

/// A checked way to Discord; cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Connection {
    rest: Rest,
    client: Client,
    token: Token,
    local: Option<Local>,
}

/// Both addresses of a server on this machine.
#[derive(Clone, Debug)]
struct Local {
    base: String,
    gateway: String,
}

impl Connection {
    /// Makes ready to talk to Discord, or with `api_base` (for example `http://127.0.0.1:8650`) to a server on this machine.
    /// Nothing is sent to Discord yet.
    ///
    /// # Errors
    /// In words: when `api_base` or the gateway it names is not on this machine, or nothing answers there.
    pub async fn open(token: &Token, api_base: &str) -> Result<Self> {
        let authorization = HeaderValue::from_str(&format!("Bot {}", token.expose()))
            .map_err(|_| Error::refused("The Discord token holds characters that no token has. Copy it again."))?;
        let builder = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(Duration::from_secs(5))
            .timeout(Duration::from_secs(20))
            // Discord's interface never redirects, and a redirect must never carry the token elsewhere.
            .redirect(Policy::none())
            .use_rustls_tls();
        if api_base.is_empty() {
            let client = builder.build().map_err(anyhow::Error::from)?;
            let rest = Rest::new(client.clone(), format!("{DISCORD}/api/v10"), authorization);
            return Ok(Self { rest, client, token: token.clone(), local: None });
        }
        let (base, addresses) = loopback(api_base, "http").await.map_err(|why| {
            Error::refused(format!(
                "discord.api_base (CXBOT_DISCORD__API_BASE) is for a server on this machine only, and {api_base:?} {why}. \
                 Write it as http://127.0.0.1:PORT, or leave it empty for Discord. The token was not sent."
            ))
        })?;
        let mut builder = builder.no_proxy().tls_built_in_root_certs(false);
        if let Some(host) = base.host_str() {
            // What was checked is what is used: the name is not looked up again.
            builder = builder.resolve_to_addrs(host, &addresses);
        }
        let client = builder.build().map_err(anyhow::Error::from)?;
        let base = base.as_str().trim_end_matches('/').to_owned();
        let rest = Rest::new(client.clone(), format!("{base}/api/v10"), authorization);
        let gateway = rest.in_turn("gateway", gateway_of(&client, &base)).await?;
        Ok(Self { rest, client, token: token.clone(), local: Some(Local { base, gateway }) })
    }

    /// Requests over this connection.
    #[must_use]
    pub fn rest(&self) -> &Rest {
        &self.rest
    }

    /// serenity's own client, for the gateway only.
    pub(super) fn gateway_http(&self) -> serenity::http::Http {
        // Without its limiter: serenity ignores the proxy when the limiter is on, and the limiter never forgets an interaction.
        let http = HttpBuilder::new(self.token.expose()).client(self.client.clone()).ratelimiter_disabled(true);
        match &self.local {
            Some(local) => http.proxy(&local.base).build(),
            None => http.build(),
        }
    }

    /// The gateway that was checked, when it is on this machine. serenity falls back to Discord's when it cannot ask.
    pub(super) fn local_gateway(&self) -> Option<&str> {
        self.local.as_ref().map(|local| local.gateway.as_str())
    }
}

/// Asks, without the token, which gateway the server on this machine names, and checks it.
async fn gateway_of(client: &Client, base: &str) -> Result<String> {
    #[derive(serde::Deserialize)]
    struct Gateway {
        url: String,
    }
    let address = format!("{base}/api/v10/gateway");
    let answer = client.get(&address).send().await.map_err(|fault| {
        Error::refused(format!(
            "Nothing answers at {address} ({}). Start the server that discord.api_base names, or leave it empty for Discord.",
            describe_request(&fault)
        ))
    })?;
    let status = answer.status();
    if !status.is_success() {
        return Err(Error::refused(format!(
            "{address} answered {status}, so it does not speak Discord's interface. Check discord.api_base. The token was not sent."
        )));
    }
    let gateway: Gateway = answer.json().await.map_err(|_| {
        Error::refused(format!(
            "{address} did not name a gateway, so it does not speak Discord's interface. Check discord.api_base. The token was not sent."
        ))
    })?;
    let (url, _) = loopback(&gateway.url, "ws").await.map_err(|why| {
        Error::refused(format!(
            "The server at {base} names the gateway {:?}, which {why}. Both must be on this machine. The token was not sent.",
            gateway.url
        ))
    })?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// Parses an address and checks that it leads to this machine and nowhere else; otherwise says why not.
pub(super) async fn loopback(text: &str, scheme: &str) -> Result<(Url, Vec<SocketAddr>), String> {
    let url = Url::parse(text).map_err(|_| "is not an address".to_owned())?;
    if url.scheme() != scheme {
        return Err(format!("does not start with {scheme}://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("has a user name before the host".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("has something after the path".to_owned());
    }
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    // Judged by the parser that the client uses too, so that both read the same host.
    if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        return if address.is_loopback() {
            Ok((url, vec![SocketAddr::new(address, port)]))
        } else {
            Err("is not an address of this machine".to_owned())
        };
    }
    if host != "localhost" {
        return Err("is not an address of this machine".to_owned());
    }
    let addresses: Vec<SocketAddr> = match tokio::net::lookup_host((host, port)).await {
        Ok(addresses) => addresses.collect(),
        Err(_) => return Err("cannot be looked up".to_owned()),
    };
    if addresses.is_empty() || addresses.iter().any(|address| !address.ip().is_loopback()) {
        return Err("does not lead to this machine alone".to_owned());
    }
    Ok((url, addresses))
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn only_this_machine_is_accepted() {
        for good in
            ["http://127.0.0.1:8650", "http://127.9.9.9:1/", "http://[::1]:8650", "http://localhost:8650/some/where"]
        {
            assert!(loopback(good, "http").await.is_ok(), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1:8650",
            "https://127.0.0.1:8650",
            "ws://127.0.0.1:8650",
            "http://discord.com",
            "http://10.0.0.1",
            "http://0.0.0.0:8650",
            "http://[::ffff:8.8.8.8]",
            "http://127.0.0.1@evil.example/",
            "http://127.0.0.1:80@evil.example/",
            "http://evil.example#127.0.0.1",
            "http://evil.example?127.0.0.1",
            "http://evil.example\\@127.0.0.1/",
            "http://127.0.0.1.evil.example/",
            "http://localhost.evil.example/",
            "http://user@127.0.0.1/",
            "http://127.0.0.1/?x=1",
        ] {
            assert!(loopback(bad, "http").await.is_err(), "{bad}");
        }
    }

    /// Answers one request with `body` and returns what was asked.
    async fn serve_once(body: &'static str, head: &'static str) -> (String, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                asked.push(stream.read_u8().await.unwrap());
            }
            let answer = format!("{head}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8(asked).unwrap()
        });
        (base, served)
    }

    #[tokio::test]
    async fn the_gateway_is_asked_for_without_the_token_and_must_be_here_too() {
        let token = Token::new("secret");
        let (base, served) = serve_once(r#"{"url":"ws://127.0.0.1:9"}"#, "HTTP/1.1 200 OK").await;
        let connection = Connection::open(&token, &base).await.unwrap();
        assert_eq!(connection.local_gateway(), Some("ws://127.0.0.1:9"));
        let asked = served.await.unwrap().to_lowercase();
        assert!(asked.starts_with("get /api/v10/gateway "), "{asked}");
        assert!(!asked.contains("authorization") && !asked.contains("secret"), "{asked}");

        for (head, body) in [
            ("HTTP/1.1 200 OK", r#"{"url":"wss://gateway.discord.gg"}"#),
            ("HTTP/1.1 200 OK", r#"{"url":"ws://gateway.evil.example"}"#),
            ("HTTP/1.1 200 OK", "hello"),
            ("HTTP/1.1 302 Found\r\nlocation: http://evil.example/api/v10/gateway", ""),
        ] {
            let (base, served) = serve_once(body, head).await;
            let refusal = Connection::open(&token, &base).await.unwrap_err();
            assert!(matches!(refusal, Error::Refused(_)), "{refusal:?}");
            assert!(refusal.to_string().contains("The token was not sent."), "{refusal}");
            assert!(!served.await.unwrap().contains("secret"));
        }
    }

    #[tokio::test]
    async fn a_silent_address_is_refused_in_words() {
        let refusal = Connection::open(&Token::new("secret"), "http://127.0.0.1:9").await.unwrap_err().to_string();
        assert!(refusal.starts_with("Nothing answers at http://127.0.0.1:9/api/v10/gateway"), "{refusal}");
        assert!(!format!("{refusal:?}").contains("secret"));
    }
}
