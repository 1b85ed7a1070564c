//! Where a redirect leads, and whether we go there.

use http::Uri;
use http::header::HeaderValue;

use crate::http_client::error::ExchangeError;
use crate::http_client::origin::Origin;
use crate::http_client::text::excerpt;

/// The URL that `location` names, seen from `from`, if it has the same origin. The request carries the key, so
/// no other server gets it, nor the same one without TLS.
pub(super) fn target(from: &Uri, location: &HeaderValue) -> Result<Uri, ExchangeError> {
    let location = location.to_str().map_err(|_not_text| ExchangeError::BadRedirect)?;
    let location = location.split('#').next().unwrap_or_default();
    let origin = Origin::from_uri(from).ok_or(ExchangeError::BadAddress)?;
    let absolute = if has_scheme(location) {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{}:{location}", if origin.https { "https" } else { "http" })
    } else if location.starts_with('/') {
        format!("{origin}{location}")
    } else if location.starts_with('?') {
        format!("{origin}{}{location}", from.path())
    } else {
        let folder = from.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{origin}{folder}/{location}")
    };
    let login = is_login(location.split('?').next().unwrap_or_default());
    let foreign = |to: String| {
        if login { ExchangeError::LoginRedirect { to } } else { ExchangeError::ForeignRedirect { to } }
    };
    let Ok(url) = absolute.parse::<Uri>() else {
        return Err(if has_scheme(location) { foreign(excerpt(location)) } else { ExchangeError::BadRedirect });
    };
    match Origin::from_uri(&url) {
        Some(to) if to == origin => Ok(url),
        Some(to) => Err(foreign(excerpt(&to.to_string()))),
        None => Err(foreign(excerpt(location))),
    }
}

/// Whether an address, or the title of a page, is that of a login: it holds a word such as `login`, `signin` or
/// `oauth2`.
pub(crate) fn is_login(text: &str) -> bool {
    const WORDS: [&str; 13] = [
        "login",
        "logon",
        "signin",
        "sso",
        "oauth",
        "oauth2",
        "saml",
        "saml2",
        "openid",
        "authorize",
        "auth",
        "authelia",
        "authentik",
    ];
    const PAIRS: [[&str; 2]; 3] = [["sign", "in"], ["log", "in"], ["log", "on"]];
    let text = text.to_ascii_lowercase();
    let words: Vec<&str> = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.iter().any(|word| WORDS.contains(word)) || words.windows(2).any(|two| PAIRS.iter().any(|pair| two == pair))
}

/// Whether a reference begins with a scheme (RFC 3986, 3.1).
fn has_scheme(reference: &str) -> bool {
    let scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    reference.starts_with(|c: char| c.is_ascii_alphabetic()) && reference.trim_start_matches(scheme).starts_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn go(location: &str) -> Result<String, String> {
        let from = "http://host:1234/base/v1/models".parse().unwrap();
        let location = HeaderValue::from_str(location).unwrap();
        target(&from, &location).map(|url| url.to_string()).map_err(|error| error.to_string())
    }

    #[test]
    fn within_the_origin_every_form_is_understood() {
        for (location, url) in [
            ("http://HOST:1234/other", "http://HOST:1234/other"),
            ("//host:1234/other", "http://host:1234/other"),
            ("/other?x=1#part", "http://host:1234/other?x=1"),
            ("list", "http://host:1234/base/v1/list"),
            ("?page=2", "http://host:1234/base/v1/models?page=2"),
        ] {
            assert_eq!(go(location).as_deref(), Ok(url), "{location}");
        }
    }

    #[test]
    fn another_origin_is_named_and_not_gone_to() {
        for (location, named) in [
            ("http://elsewhere:1234/x?key=1", "http://elsewhere:1234"),
            ("https://host:1234/", "https://host:1234"),
            ("http://host/", "http://host"),
            ("//169.254.169.254/latest/meta-data", "http://169.254.169.254"),
            ("http://host:1234@elsewhere/", "http://elsewhere"),
            ("file:///etc/passwd", "file:///etc/passwd"),
            ("javascript:alert(1)", "javascript:alert(1)"),
        ] {
            let error = go(location).unwrap_err();
            assert!(error.contains(named) && error.contains("OPENAI_API_BASE"), "{location}: {error}");
        }
    }

    #[test]
    fn a_login_is_known_by_its_address() {
        for location in [
            "https://sso.example/realms/x/protocol/openid-connect/auth?redirect_uri=y",
            "https://login.example.com/",
            "https://team.example/cdn-cgi/access/login/host?kid=1",
            "http://elsewhere/oauth2/start?rd=/v1/models",
            "http://elsewhere/users/sign_in",
        ] {
            let error = go(location).unwrap_err();
            assert!(error.starts_with("it redirects to http") && !error.contains("OPENAI_API_BASE"), "{error}");
        }
        for other in ["http://elsewhere/v1/models?next=/login", "http://author.example/", "http://elsewhere/catalog/in"]
        {
            assert!(!is_login(other.split('?').next().unwrap()), "{other}");
        }
        assert!(is_login("/login") && is_login("Sign in – Example") && !is_login("502 Bad Gateway"));
    }

    proptest! {
        #[test]
        fn no_location_leads_elsewhere(location in "[ -~]{0,40}") {
            if let Ok(url) = go(&location) {
                prop_assert!(url.to_ascii_lowercase().starts_with("http://host:1234/"), "{}", url);
            }
        }
    }
}
