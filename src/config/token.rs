//! The Discord token: only from the environment, never printed.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use crate::error::{Error, Result};

/// A bot token that does not print.
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// Takes a token from somewhere that may hold one (the playground makes its own).
    pub fn new(token: impl Into<String>) -> Self {
        Self(SecretString::from(token.into()))
    }

    /// The token itself. Hand it to the Discord client only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// Reads the token from `DISCORD_TOKEN`, or from the file named by `DISCORD_TOKEN_FILE`.
///
/// # Errors
/// A sentence that says which variable to set.
#[expect(clippy::disallowed_methods, reason = "config/ is the room that looks at the environment")]
pub fn read_token() -> Result<Token> {
    let text = match (std::env::var("DISCORD_TOKEN").ok(), std::env::var("DISCORD_TOKEN_FILE").ok()) {
        (Some(token), _) => token,
        (None, Some(path)) => std::fs::read_to_string(&path).map_err(|fault| {
            Error::refused(format!("DISCORD_TOKEN_FILE names {path}, which cannot be read: {fault}."))
        })?,
        (None, None) => {
            return Err(Error::refused(
                "No Discord token. Set DISCORD_TOKEN to your bot's token (Discord Developer Portal, your application, Bot, Reset \
                 Token), or DISCORD_TOKEN_FILE to a file that holds it. To try cxbot without one, run `cxbot playground`.",
            ));
        }
    };
    let token = text.trim().trim_start_matches("Bot ").to_owned();
    if token.is_empty() || token.chars().any(char::is_whitespace) {
        return Err(Error::refused(
            "The Discord token is empty or holds spaces. Copy it again from the Discord Developer Portal (your application, Bot).",
        ));
    }
    Ok(Token::new(token))
}
