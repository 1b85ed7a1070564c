//! The header that carries a server's key.

use std::fmt;

use thiserror::Error;

/// How a key is sent. Exactly one header carries it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum KeyHeader {
    /// `Authorization: Bearer <key>` (RFC 6750), as OpenAI's API has it.
    #[default]
    Bearer,
    /// `Authorization: Basic <base64 of the key>` (RFC 7617); the key is `user:password`.
    Basic,
    /// A header of its own, whose value is the key: `api-key`, `x-api-key`. In small letters.
    Named(String),
}

/// Why a text names no way to send a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("expected bearer, basic, or the name of a header such as api-key or x-api-key")]
pub struct KeyHeaderError;

/// Headers that HTTP itself needs, or that every request has with another value.
const TAKEN: [&str; 16] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
];

impl KeyHeader {
    /// Reads `bearer`, `basic` or a header's name, in any case. `authorization` means `bearer`.
    ///
    /// # Errors
    /// [`KeyHeaderError`], also for a header that HTTP itself needs.
    pub fn parse(text: &str) -> Result<Self, KeyHeaderError> {
        // The characters of a header's name: RFC 9110, 5.6.2.
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        let name = text.trim().to_ascii_lowercase();
        match name.as_str() {
            "bearer" | "authorization" | "authorization: bearer" => Ok(Self::Bearer),
            "basic" | "authorization: basic" => Ok(Self::Basic),
            name if name.is_empty() || !name.chars().all(is_token) || TAKEN.contains(&name) => Err(KeyHeaderError),
            name => Ok(Self::Named(name.to_owned())),
        }
    }
}

impl fmt::Display for KeyHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bearer => f.write_str("bearer"),
            Self::Basic => f.write_str("basic"),
            Self::Named(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_names_a_header() {
        for (text, expected) in [
            ("Bearer", KeyHeader::Bearer),
            ("Authorization", KeyHeader::Bearer),
            ("Authorization: Bearer", KeyHeader::Bearer),
            (" basic ", KeyHeader::Basic),
            ("api-key", KeyHeader::Named("api-key".into())),
            ("X-API-Key", KeyHeader::Named("x-api-key".into())),
        ] {
            assert_eq!(KeyHeader::parse(text), Ok(expected.clone()), "{text}");
            assert_eq!(KeyHeader::parse(&expected.to_string()), Ok(expected));
        }
    }

    #[test]
    fn a_header_that_http_needs_is_not_taken_for_a_key() {
        for text in ["", " ", "api key", "Host", "content-length", "x:y", "api-key\r\nx: y", "ключ"] {
            assert_eq!(KeyHeader::parse(text), Err(KeyHeaderError), "{text:?}");
        }
    }
}
