//! Whom we connect to: the host and port of a gateway, and nothing else of its URL.

use http::Uri;
use http::uri::Scheme;

use crate::http_client::Origin;

/// Where a gateway listens. A path, query or user in the URL is dropped, since it may hold a secret and the gateway
/// reads none of them.
#[derive(Debug, Clone)]
pub(super) struct Target {
    pub(super) origin: Origin,
    /// `ws://host:port/`, for the handshake and for a person.
    pub(super) url: String,
}

impl Target {
    /// Takes the target out of a URL; `http` and `https` are read as `ws` and `wss`.
    pub(super) fn from_uri(url: &Uri) -> Option<Self> {
        let (scheme, shown) = match url.scheme_str()? {
            "ws" | "http" => (Scheme::HTTP, "ws"),
            "wss" | "https" => (Scheme::HTTPS, "wss"),
            _ => return None,
        };
        let mut parts = url.clone().into_parts();
        parts.scheme = Some(scheme);
        let origin = Origin::from_uri(&Uri::from_parts(parts).ok()?)?;
        let url = format!("{shown}://{}/", origin.authority());
        Some(Self { origin, url })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Option<String> {
        Target::from_uri(&text.parse().unwrap()).map(|target| target.url)
    }

    #[test]
    fn a_target_shows_neither_user_nor_query() {
        assert_eq!(url("ws://me:secret@127.0.0.1:18789/x?token=secret").unwrap(), "ws://127.0.0.1:18789/");
        assert_eq!(url("https://gateway.lan/").unwrap(), "wss://gateway.lan/");
        assert_eq!(url("ws://[::1]:1/").unwrap(), "ws://[::1]:1/");
        assert_eq!(url("ftp://gateway.lan/"), None);
    }
}
