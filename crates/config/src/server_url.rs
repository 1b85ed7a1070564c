//! A server's address, understood from what people write.

use std::net::IpAddr;

use http::Uri;
use thiserror::Error;

/// The address of an OpenAI-compatible server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    /// Where the OpenAI-compatible API lives, without a slash at the end: `http://localhost:1234/v1`.
    pub api: Uri,
    /// Where it lives instead, in the order of trying, if `api` turns out to have no OpenAI-compatible list. LM Studio
    /// prints `/api/v1` and `/api/v0`, where its own API lies, and has OpenAI's at `/v1`; OpenRouter and Lemonade have
    /// it at `/api/v1`, Open WebUI at `/api`. So `/api/v1` may mean `/v1`, and `/api` either of them. Empty for every
    /// other path.
    pub others: Vec<Uri>,
    /// Where LM Studio's own endpoints would live, without a slash at the end: the API's address without
    /// `/v1`, or what is before `/api`. `None` where the API's path ends otherwise, as no LM Studio's does.
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
    #[error(
        "it contains a user name or password; put the key, or user:password with LMSYNC_KEY_HEADER=basic, into \
         OPENAI_API_KEY instead"
    )]
    Credentials,
    /// A port that is no number from 1 to 65535.
    #[error("the port is not a number from 1 to 65535")]
    Port,
    /// Quotes around it, which shells and `.env` files take away and `docker --env-file` does not.
    #[error("the quotes around it are part of the value (`docker --env-file` keeps them): leave them out")]
    Quoted,
    /// A query or a fragment.
    #[error("it contains `?` or `#`, which a base address cannot have")]
    Query,
}

impl ServerUrl {
    /// Understands `host:port`, with or without a scheme, a path prefix, `/v1`, an endpoint such as `/models` or
    /// `/chat/completions`, and slashes at the end. A path without a version segment (`v1`, `v1beta`, …) gets `/v1`,
    /// unless it ends in `/api`.
    ///
    /// # Errors
    /// [`ServerUrlError`]
    pub fn parse(text: &str) -> Result<Self, ServerUrlError> {
        let text = text.trim();
        if is_quoted(text) {
            return Err(ServerUrlError::Quoted);
        }
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
        while let Some(base) = before_endpoint(&segments) {
            segments.truncate(base);
        }
        let address = |segments: &[&str]| {
            let path: String = segments.iter().flat_map(|segment| ["/", segment]).collect();
            let path = if path.is_empty() { "/" } else { path.as_str() };
            format!("{scheme}://{authority}{path}").parse::<Uri>().map_err(|_| ServerUrlError::Malformed)
        };
        let below = |prefix: &[&str], rest: &[&str]| address(&[prefix, rest].concat());
        let (api, others, root) = match segments.as_slice() {
            [prefix @ .., "api"] => {
                let others = vec![below(prefix, &["api", "v1"])?, below(prefix, &["v1"])?];
                (address(&segments)?, others, Some(address(prefix)?))
            }
            [prefix @ .., "api", "v0" | "v1"] => {
                (address(&segments)?, vec![below(prefix, &["v1"])?], Some(address(prefix)?))
            }
            [prefix @ .., "v1"] => (address(&segments)?, Vec::new(), Some(address(prefix)?)),
            prefix if !prefix.iter().any(|segment| is_version(segment)) => {
                (below(prefix, &["v1"])?, Vec::new(), Some(address(prefix)?))
            }
            _ => (address(&segments)?, Vec::new(), None),
        };
        Ok(Self { api, others, root })
    }

    /// Every address that may be meant, in the order of trying.
    pub fn bases(&self) -> impl Iterator<Item = &Uri> {
        std::iter::once(&self.api).chain(&self.others)
    }

    /// Each address that may be meant, with what is written as the provider's address if that turns out to be it: the
    /// same, or of `written` the address that ends in the same way.
    #[must_use]
    pub fn bases_as_written(&self, written: Option<&Self>) -> Vec<(String, String)> {
        let as_found = |base: &Uri| {
            let Some(written) = written else { return base.to_string() };
            let same = written.bases().find(|written| ending(written) == ending(base));
            same.unwrap_or(&written.api).to_string()
        };
        self.bases().map(|base| (base.to_string(), as_found(base))).collect()
    }

    /// Whether what is sent there can be read on its way: over plain http, and to another machine, as far as the
    /// name says.
    #[must_use]
    pub fn is_overheard(&self) -> bool {
        let host = self.api.host().unwrap_or_default().trim_matches(['[', ']']).to_ascii_lowercase();
        let here = host == "localhost"
            || host.ends_with(".localhost")
            || host.parse().is_ok_and(|address: IpAddr| address.to_canonical().is_loopback());
        self.api.scheme_str() != Some("https") && !here
    }
}

/// Whether a value is in quotes of one kind.
pub(crate) fn is_quoted(text: &str) -> bool {
    text.len() > 1 && ['"', '\''].iter().any(|quote| text.starts_with(*quote) && text.ends_with(*quote))
}

/// How many segments are left without the endpoint that a path ends in; `None` where it ends in none.
fn before_endpoint(segments: &[&str]) -> Option<usize> {
    match segments {
        [base @ .., "chat", "completions"] => Some(base.len()),
        [base @ .., "models" | "completions" | "responses" | "embeddings"] => Some(base.len()),
        _ => None,
    }
}

/// How the path of a base ends: in `/api`, in `/api/v0`, in `/api/v1`, or otherwise.
fn ending(base: &Uri) -> Option<&'static str> {
    ["/api", "/api/v0", "/api/v1"].into_iter().find(|end| base.path().ends_with(end))
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
            "http://localhost:1234/models",
            "http://localhost:1234/v1/chat/completions",
            "http://localhost:1234/v1/completions/",
            "http://localhost:1234/v1/responses",
            "http://localhost:1234/v1/embeddings",
            "http://localhost:1234/chat/completions",
            "  localhost:1234/v1 ",
        ] {
            let url = ServerUrl::parse(text).unwrap();
            assert_eq!(url.api, "http://localhost:1234/v1", "{text}");
            assert_eq!(url.root.unwrap(), "http://localhost:1234/", "{text}");
        }
        assert_eq!(api("https://ai.example/lm"), "https://ai.example/lm/v1");
        assert_eq!(api("https://ai.example/lm/v1/"), "https://ai.example/lm/v1");
        assert_eq!(ServerUrl::parse("https://ai.example/lm/").unwrap().root.unwrap(), "https://ai.example/lm");
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
    fn a_path_that_means_something_else_at_lm_studio_may_be_either() {
        for (text, bases) in [
            ("localhost:1234/api/v1", &["/api/v1", "/v1"][..]),
            ("localhost:1234/api/v1/models", &["/api/v1", "/v1"]),
            ("localhost:1234/api/v0/", &["/api/v0", "/v1"]),
            ("localhost:1234/api/v0/chat/completions", &["/api/v0", "/v1"]),
            ("localhost:1234/api", &["/api", "/api/v1", "/v1"]),
            ("localhost:1234/lm/api/v1", &["/lm/api/v1", "/lm/v1"]),
            ("localhost:1234/engines/v1", &["/engines/v1"]),
            ("localhost:1234/v1beta/openai/chat/completions", &["/v1beta/openai"]),
        ] {
            let url = ServerUrl::parse(text).unwrap();
            assert_eq!(url.bases().map(Uri::path).collect::<Vec<_>>(), bases, "{text}");
            if !url.others.is_empty() {
                let root = url.root.as_ref().unwrap().path();
                assert_eq!(root.trim_end_matches('/'), bases.last().unwrap().trim_end_matches("/v1"), "{text}");
            }
        }
    }

    #[test]
    fn what_is_written_ends_as_the_server_was_found() {
        let pairs = |server: &str, written: &str| {
            let written = ServerUrl::parse(written).unwrap();
            let pairs = ServerUrl::parse(server).unwrap().bases_as_written(Some(&written));
            pairs.into_iter().map(|(_, written)| written).collect::<Vec<_>>()
        };
        let both = ["http://other:1234/api/v1", "http://other:1234/v1"];
        assert_eq!(pairs("host:1234/api/v1", "other:1234/api/v1"), both);
        assert_eq!(pairs("host:1234/v1", "other:1234/api/v1"), both[1..]);
        assert_eq!(pairs("host:1234/api/v1", "other:1234/v1"), [both[1], both[1]]);
        let alone = ServerUrl::parse("host:1234/api/v0").unwrap().bases_as_written(None);
        assert_eq!(alone[1], ("http://host:1234/v1".to_owned(), "http://host:1234/v1".to_owned()));
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
            ("\"http://host/v1\"", ServerUrlError::Quoted),
            ("'host:1234'", ServerUrlError::Quoted),
        ] {
            let result = ServerUrl::parse(text).unwrap_err();
            assert_eq!(result, error, "{text}");
            assert!(!result.to_string().contains("hunter2"));
        }
    }

    proptest! {
        #[test]
        fn understanding_twice_is_understanding_once(
            text in "(https?://)?[a-z]{1,9}(:[1-9][0-9]{0,3})?(/[a-z0-9]{0,4}){0,4}"
        ) {
            let once = api(&text);
            prop_assert_eq!(api(&once), once);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}") {
            let _ = ServerUrl::parse(&text);
        }
    }
}
