//! A server's address, understood from what people write.

use std::net::IpAddr;

use http::Uri;
use thiserror::Error;

/// The address of an OpenAI-compatible server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    /// Where the OpenAI-compatible API lives, without a slash at the end: `http://localhost:1234/v1`.
    pub api: Uri,
    /// Where LM Studio's own endpoints would live, without a slash at the end: the API's address without
    /// `/v1`. `None` where the API's path does not end so, as no LM Studio's does.
    pub root: Option<Uri>,
}

/// Why a text is no server's address. Never repeats the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ServerUrlError {
    /// Not of the form of an address.
    #[error("it is not an address; expected for example http://localhost:1234/v1")]
    Malformed,
    /// Another scheme than http and https.
    #[error("only http:// and https:// are understood")]
    Scheme,
    /// A user or password before the host.
    #[error("it contains a user name or password; put the key into OPENAI_API_KEY instead")]
    Credentials,
    /// A port that is no number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// A query or a fragment.
    #[error("it contains `?` or `#`, which a base address cannot have")]
    Query,
}

impl ServerUrl {
    /// Understands `host:port`, with or without a scheme, a path prefix, `/v1`, `/models`, and slashes at the
    /// end. A path without a version segment (`v1`, `v1beta`, …) gets `/v1`.
    ///
    /// # Errors
    /// [`ServerUrlError`]
    pub fn parse(text: &str) -> Result<Self, ServerUrlError> {
        let text = text.trim();
        // `Uri` lets any UTF-8 pass as a path, control characters above ASCII too.
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ServerUrlError::Malformed);
        }
        if text.contains(['?', '#']) {
            return Err(ServerUrlError::Query);
        }
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("http".to_owned(), text),
        };
        if scheme != "http" && scheme != "https" {
            return Err(ServerUrlError::Scheme);
        }
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        if authority.contains('@') {
            return Err(ServerUrlError::Credentials);
        }
        let uri: Uri = format!("{scheme}://{authority}/").parse().map_err(|_| ServerUrlError::Malformed)?;
        let host = uri.host().unwrap_or_default();
        if host.is_empty() {
            return Err(ServerUrlError::Malformed);
        }
        if authority.len() > host.len() && !matches!(uri.port_u16(), Some(1..)) {
            return Err(ServerUrlError::Port);
        }
        let mut segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        while segments.len() > 1 && segments.last() == Some(&"models") {
            segments.pop();
        }
        if !segments.iter().any(|segment| is_version(segment)) {
            segments.push("v1");
        }
        let address = |segments: &[&str]| {
            let path: String = segments.iter().flat_map(|segment| ["/", segment]).collect();
            let path = if path.is_empty() { "/" } else { path.as_str() };
            format!("{scheme}://{authority}{path}").parse::<Uri>().map_err(|_| ServerUrlError::Malformed)
        };
        let root = match segments.split_last() {
            Some((&"v1", prefix)) => Some(address(prefix)?),
            _ => None,
        };
        Ok(Self { api: address(&segments)?, root })
    }

    /// Whether what is sent there can be read on its way: over plain http, and to another machine, as far as the
    /// name tells.
    #[must_use]
    pub fn is_overheard(&self) -> bool {
        let host = self.api.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let here = host == "localhost"
            || host.ends_with(".localhost")
            || host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback());
        self.api.scheme_str() != Some("https") && !here
    }
}

/// `v1`, `v4`, `v1beta`: how the paths of OpenAI-compatible APIs name their version.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn api(text: &str) -> String {
        ServerUrl::parse(text).unwrap().api.to_string()
    }

    #[test]
    fn what_people_write_is_understood() {
        for text in [
            "localhost:1234",
            "http://localhost:1234",
            "http://localhost:1234/",
            "HTTP://localhost:1234/v1",
            "http://localhost:1234/v1/",
            "http://localhost:1234//v1//",
            "http://localhost:1234/v1/models",
            "http://localhost:1234/v1/models/models/",
            "  localhost:1234/v1 ",
        ] {
            let url = ServerUrl::parse(text).unwrap();
            assert_eq!(url.api, "http://localhost:1234/v1", "{text}");
            assert_eq!(url.root.unwrap(), "http://localhost:1234/", "{text}");
        }
        assert_eq!(api("https://ai.example/lm"), "https://ai.example/lm/v1");
        assert_eq!(api("https://ai.example/lm/v1/"), "https://ai.example/lm/v1");
        assert_eq!(
            ServerUrl::parse("https://ai.example/lm/").unwrap().root.unwrap(),
            "https://ai.example/lm"
        );
        assert_eq!(api("[::1]:1234"), "http://[::1]:1234/v1");
    }

    #[test]
    fn plain_http_to_another_machine_is_overheard() {
        for (text, overheard) in [
            ("localhost:1234", false),
            ("http://LM.localhost", false),
            ("127.1.2.3:1234", false),
            ("[::1]:1234", false),
            ("http://[::ffff:127.0.0.1]/v1", false),
            ("https://ai.example/v1", false),
            ("host.docker.internal:1234", true),
            ("192.168.0.7:1234", true),
            ("localhost.example", true),
        ] {
            assert_eq!(ServerUrl::parse(text).unwrap().is_overheard(), overheard, "{text}");
        }
    }

    #[test]
    fn another_version_in_the_path_is_left_alone() {
        let url = ServerUrl::parse("https://ai.example/v1beta/openai/").unwrap();
        assert_eq!(url.api, "https://ai.example/v1beta/openai");
        assert_eq!(url.root, None);
    }

    #[test]
    fn what_cannot_be_used_is_refused_without_repeating_it() {
        for (text, error) in [
            ("", ServerUrlError::Malformed),
            ("http://", ServerUrlError::Malformed),
            ("ht tp://x", ServerUrlError::Malformed),
            ("http://host/v1\u{80}", ServerUrlError::Malformed),
            ("http://host/\u{202e}/v1", ServerUrlError::Malformed),
            ("http://a b", ServerUrlError::Malformed),
            ("ftp://host/v1", ServerUrlError::Scheme),
            ("file:///etc/passwd", ServerUrlError::Scheme),
            ("http://user:hunter2@host/v1", ServerUrlError::Credentials),
            ("http://host:99999/v1", ServerUrlError::Port),
            ("host:0", ServerUrlError::Port),
            ("http://host/v1?key=hunter2", ServerUrlError::Query),
        ] {
            let result = ServerUrl::parse(text).unwrap_err();
            assert_eq!(result, error, "{text}");
            assert!(!result.to_string().contains("hunter2"));
        }
    }

    proptest! {
        #[test]
        fn understanding_twice_is_understanding_once(text in "(https?://)?[a-z]{1,9}(:[1-9][0-9]{0,3})?(/[a-z0-9]{0,4}){0,4}") {
            let once = api(&text);
            prop_assert_eq!(api(&once), once);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = ServerUrl::parse(&text);
        }
    }
}
