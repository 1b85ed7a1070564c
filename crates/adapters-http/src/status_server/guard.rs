//! Who may be answered: those who know the server by an address or its own name, and no other site's page.
//!
//! A page of another site can make a browser resolve that site's name to 127.0.0.1 and then read answers as its own
//! (DNS rebinding). Its requests name that site as the host, so a name that is not ours is not answered. An address
//! cannot be rebound.

use std::net::IpAddr;

use http::header::{HOST, ORIGIN};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, Uri};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The names by which the server may be asked, beside `localhost` and any address.
#[derive(Debug, Clone)]
pub(super) struct Names(Option<String>);

/// Why a request is not answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It does not say, or says in a strange way, for whom it is.
    NoHost,
    /// It names another host.
    OtherHost,
    /// Another site's page has sent it.
    OtherSite,
}

impl Names {
    /// The configured host, where that is a name.
    pub(super) fn beside_addresses(host: &str) -> Self {
        Self(Some(bare(host)).filter(|name| name.parse::<IpAddr>().is_err()))
    }

    /// Admits a request by its head, or refuses it.
    pub(super) fn admit(&self, target: &Uri, headers: &HeaderMap) -> Result<(), Refused> {
        let mut hosts = headers.get_all(HOST).iter();
        let (Some(host), None) = (hosts.next(), hosts.next()) else { return Err(Refused::NoHost) };
        let host = host.to_str().ok().and_then(|host| host.parse::<Authority>().ok());
        let host = host.filter(|host| !host.as_str().contains('@')).ok_or(Refused::NoHost)?;
        // `GET http://host/path` is how proxies are asked.
        if target.authority().is_some() || !self.knows(host.host()) {
            return Err(Refused::OtherHost);
        }
        let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let is_ours =
            |origin: &str| origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host.as_str()));
        if text(&ORIGIN).is_some_and(|origin| !is_ours(origin)) {
            return Err(Refused::OtherSite);
        }
        // A link to the page is welcome; what a page fetches from elsewhere is not.
        let elsewhere = matches!(text(&SEC_FETCH_SITE), Some("cross-site" | "same-site"));
        if elsewhere && text(&SEC_FETCH_MODE) != Some("navigate") {
            return Err(Refused::OtherSite);
        }
        Ok(())
    }

    fn knows(&self, host: &str) -> bool {
        let name = bare(host);
        name.parse::<IpAddr>().is_ok()
            || name == "localhost"
            || name.ends_with(".localhost")
            || self.0.as_deref() == Some(&*name)
    }
}

/// A host as it is compared: without brackets and a dot at the end, in small letters.
fn bare(host: &str) -> String {
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn admitted(listens: &str, headers: &[(&'static str, &'static str)]) -> Result<(), Refused> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        Names::beside_addresses(listens).admit(&Uri::from_static("/"), &map)
    }

    #[test]
    fn addresses_and_the_local_name_are_known() {
        for host in ["127.0.0.1:12340", "127.0.0.1", "[::1]:12340", "localhost:80", "LOCALHOST.", "192.168.1.5:12340"] {
            assert_eq!(admitted("127.0.0.1", &[("host", host)]), Ok(()), "{host}");
        }
    }

    #[test]
    fn a_name_is_known_where_the_server_listens_on_it() {
        assert_eq!(admitted("lmsync", &[("host", "lmsync:12340")]), Ok(()));
        assert_eq!(admitted("127.0.0.1", &[("host", "lmsync:12340")]), Err(Refused::OtherHost));
        assert_eq!(admitted("0.0.0.0", &[("host", "evil.example:12340")]), Err(Refused::OtherHost));
        assert_eq!(admitted("127.0.0.1", &[("host", "localhost.evil.example")]), Err(Refused::OtherHost));
        assert_eq!(admitted("127.0.0.1", &[("host", "127.0.0.1.evil.example")]), Err(Refused::OtherHost));
    }

    #[test]
    fn a_request_says_once_for_whom_it_is() {
        assert_eq!(admitted("127.0.0.1", &[]), Err(Refused::NoHost));
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(admitted("127.0.0.1", &twice), Err(Refused::NoHost));
        assert_eq!(admitted("127.0.0.1", &[("host", "a@localhost")]), Err(Refused::NoHost));
        let target = Uri::from_static("http://localhost/");
        let mut map = HeaderMap::new();
        map.insert("host", HeaderValue::from_static("localhost"));
        assert_eq!(Names::beside_addresses("::1").admit(&target, &map), Err(Refused::OtherHost));
    }

    #[test]
    fn another_sites_page_may_link_here_and_fetch_nothing() {
        let host = ("host", "localhost:12340");
        assert_eq!(admitted("::1", &[host, ("origin", "http://localhost:12340")]), Ok(()));
        assert_eq!(admitted("::1", &[host, ("origin", "http://localhost:3000")]), Err(Refused::OtherSite));
        assert_eq!(admitted("::1", &[host, ("origin", "null")]), Err(Refused::OtherSite));
        assert_eq!(admitted("::1", &[host, ("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(admitted("::1", &[host, ("sec-fetch-site", "none")]), Ok(()));
        let cross = ("sec-fetch-site", "cross-site");
        assert_eq!(admitted("::1", &[host, cross, ("sec-fetch-mode", "navigate")]), Ok(()));
        assert_eq!(admitted("::1", &[host, cross, ("sec-fetch-mode", "no-cors")]), Err(Refused::OtherSite));
    }
}
