//! What kind of answer it is that is not a list of models.

use domain::ports::AnswerKind;
use http::StatusCode;
use http::header::{HeaderMap, WWW_AUTHENTICATE};

use super::not_a_list::NotAList;
use super::words::Words;
use crate::http_client::{Answer, is_login};

/// How much of a page is searched for a field for a password, in bytes.
const PAGE: usize = 256 * 1024;

/// What decides the kind of an answer.
pub(super) struct Instead<'a> {
    pub(super) answer: &'a Answer,
    /// What the body is instead of a list.
    pub(super) found: &'a NotAList,
    /// The server's own words, also those that must not be shown.
    pub(super) words: Option<&'a Words>,
    /// Whether a redirect led there.
    pub(super) moved: bool,
}

impl Instead<'_> {
    /// Whether the server refuses the key, or wants one.
    pub(super) fn is_about_the_key(&self) -> bool {
        match self.answer.status {
            StatusCode::UNAUTHORIZED => true,
            StatusCode::FORBIDDEN => {
                matches!(self.found, NotAList::KeyRefused) || self.says(&KEY_WORDS) && !self.says(&HOST_WORDS)
            }
            // Seen by some with status 200 (lm-studio bug tracker 2085).
            _ => matches!(self.found, NotAList::KeyRefused),
        }
    }

    /// The kind of any other answer.
    pub(super) fn kind(&self) -> AnswerKind {
        let page = matches!(self.found, NotAList::Html);
        match self.answer.status.as_u16() {
            // Single sign-on pages come with 200, oauth2-proxy's with 403.
            200..=299 | 403 if page && self.is_login_page() => AnswerKind::Login,
            // Starlette's TrustedHostMiddleware answers with 400, others with 403 or 421.
            400 | 403 | 421 if self.says(&HOST_WORDS) => AnswerKind::HostName,
            404 | 405 | 410 => AnswerKind::NotFound,
            // Cloudflare has codes of its own for a server that it does not reach.
            502 | 504 | 520..=527 | 530 => AnswerKind::Proxy,
            503 if self.says(&LOADING_WORDS) => AnswerKind::Loading,
            503 if page || self.says(&PROXY_WORDS) => AnswerKind::Proxy,
            429 | 503 => AnswerKind::Busy,
            400..=499 => AnswerKind::Refused,
            500.. => AnswerKind::Failed,
            _ if page => AnswerKind::WebPage,
            // LM Studio's answer to a path that it does not know has status 200.
            _ if self.says(&["unexpected endpoint"]) => AnswerKind::NotFound,
            _ if matches!(self.found, NotAList::Refusal) && self.says(&LOADING_WORDS) => AnswerKind::Loading,
            _ => AnswerKind::Other,
        }
    }

    fn is_login_page(&self) -> bool {
        let title = self.words.is_some_and(|words| is_login(words.as_str()));
        let field = || {
            let body = &self.answer.body;
            let page = String::from_utf8_lossy(&body[..body.len().min(PAGE)]).to_ascii_lowercase();
            page.contains(r#"type="password""#) || page.contains("type='password'")
        };
        title || self.moved && is_login(self.answer.url.path()) || field()
    }

    fn says(&self, any: &[&str]) -> bool {
        let Some(words) = self.words else { return false };
        let words = words.as_str().to_lowercase();
        any.iter().any(|word| words.contains(word))
    }
}

/// Whether a server asks for a user name and a password (RFC 7617), and not also for a token.
pub(super) fn wants_password(headers: &HeaderMap) -> bool {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let (mut basic, mut bearer) = (false, false);
    for challenge in challenges.flat_map(|value| value.split(',')) {
        let scheme = challenge.split_whitespace().next().unwrap_or_default();
        basic |= scheme.eq_ignore_ascii_case("basic");
        bearer |= scheme.eq_ignore_ascii_case("bearer");
    }
    basic && !bearer
}

/// What servers say that do not accept the name in the `Host` header.
const HOST_WORDS: [&str; 7] = [
    "host header",
    "invalid host",
    "disallowed host",
    "host is not allowed",
    "host not allowed",
    "trusted host",
    "allowed hosts",
];

/// What servers say that refuse a key with status 403.
const KEY_WORDS: [&str; 8] =
    ["api key", "api-key", "api_key", "apikey", "token", "not authenticated", "unauthorized", "authorization header"];

/// What servers say that have not loaded their model yet.
const LOADING_WORDS: [&str; 6] = ["loading", "starting", "not ready", "initializing", "warming up", "being loaded"];

/// What proxies say that reach no server: HAProxy, Traefik, Envoy.
const PROXY_WORDS: [&str; 4] = ["no server is available", "no available server", "upstream", "backend fetch failed"];

#[cfg(test)]
mod tests {
    use http::Uri;

    use super::super::listing;
    use super::*;

    fn answer(status: u16, headers: &[(&'static str, &'static str)], body: &str, path: &'static str) -> Answer {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        let url = Uri::from_static("http://host:1234").into_parts();
        let url = http::uri::Builder::new()
            .scheme(url.scheme.unwrap())
            .authority(url.authority.unwrap())
            .path_and_query(path)
            .build()
            .unwrap();
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: map,
            body: body.into(),
            length: body.len(),
            url,
        }
    }

    /// The kind, or `None` where it is about the key.
    fn kind_at(status: u16, body: &str, path: &'static str) -> Option<AnswerKind> {
        let answer = answer(status, &[], body, path);
        let found = listing::parse(&answer.body).unwrap_err();
        let words = Words::read(&answer.body);
        let moved = path != "/v1/models";
        let instead = Instead { answer: &answer, found: &found, words: words.as_ref(), moved };
        (!instead.is_about_the_key()).then(|| instead.kind())
    }

    fn kind(status: u16, body: &str) -> Option<AnswerKind> {
        kind_at(status, body, "/v1/models")
    }

    #[test]
    fn each_kind_is_known_by_what_such_servers_say() {
        for (status, body, expected) in [
            (
                503,
                r#"{"error":{"message":"Loading model","type":"unavailable_error","code":503}}"#,
                AnswerKind::Loading,
            ),
            (503, r#"{"detail":"Model is not ready"}"#, AnswerKind::Loading),
            (503, r#"{"error":"server busy, please try again"}"#, AnswerKind::Busy),
            (503, "", AnswerKind::Busy),
            (429, "Too Many Requests", AnswerKind::Busy),
            (502, "<html><head><title>502 Bad Gateway</title></head></html>", AnswerKind::Proxy),
            (504, "", AnswerKind::Proxy),
            (503, "<title>503 Service Temporarily Unavailable</title>", AnswerKind::Proxy),
            (503, "no available server", AnswerKind::Proxy),
            (503, "upstream connect error or disconnect/reset before headers", AnswerKind::Proxy),
            (403, "Invalid host header", AnswerKind::HostName),
            (400, "Invalid host header", AnswerKind::HostName),
            (403, "Blocked request. This host is not allowed.", AnswerKind::HostName),
            (403, "", AnswerKind::Refused),
            (403, r#"{"detail":"Insufficient permissions"}"#, AnswerKind::Refused),
            (404, "404 page not found", AnswerKind::NotFound),
            (404, "<title>404 Not Found</title>", AnswerKind::NotFound),
            (404, r#"{"detail":"Not Found"}"#, AnswerKind::NotFound),
            (200, r#"{"error":"Unexpected endpoint or method. (GET /x/models)"}"#, AnswerKind::NotFound),
            (200, "<!doctype html><title>Open WebUI</title>", AnswerKind::WebPage),
            (502, "<title>Sign-in is away</title>", AnswerKind::Proxy),
            (200, r#"<title>Sign in</title>"#, AnswerKind::Login),
            (403, r#"<form><input type="password"></form>"#, AnswerKind::Login),
            (500, r#"{"error":"out of memory"}"#, AnswerKind::Failed),
            (200, "hello", AnswerKind::Other),
            (200, r#"{"success":false,"message":"no"}"#, AnswerKind::Other),
        ] {
            assert_eq!(kind(status, body), Some(expected), "{status} {body}");
        }
        assert_eq!(kind_at(200, "<html>", "/login?next=/v1/models"), Some(AnswerKind::Login));
    }

    #[test]
    fn a_refused_key_is_told_from_other_refusals() {
        for (status, body) in [
            (401, ""),
            (401, "<title>401 Authorization Required</title>"),
            (403, r#"{"error":{"message":"Invalid API key"}}"#),
            (403, r#"{"detail":"Not authenticated"}"#),
            (200, r#"{"error":{"message":"no","code":"invalid_api_key"}}"#),
        ] {
            assert_eq!(kind(status, body), None, "{status} {body}");
        }
    }

    #[test]
    fn a_password_is_wanted_where_nothing_else_would_do() {
        let wants = |headers: &[(&'static str, &'static str)]| wants_password(&answer(401, headers, "", "/").headers);
        assert!(wants(&[("www-authenticate", "Basic realm=\"Restricted, please\"")]));
        assert!(!wants(&[("www-authenticate", "Bearer")]));
        assert!(!wants(&[("www-authenticate", "Basic realm=\"x\", Bearer")]));
        assert!(!wants(&[("www-authenticate", "Basic"), ("www-authenticate", "Bearer")]));
        assert!(!wants(&[]));
    }
}
