//! An origin: the scheme, host and port that decide who learns the key.

use std::fmt;

use http::Uri;

/// Whom a URL talks to. Two URLs with equal origins talk to the same server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) https: bool,
    /// Lower-cased, an IPv6 address without its brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl Origin {
    /// The origin of an absolute http or https URL; a user name in it is no part of that.
    pub(crate) fn from_uri(url: &Uri) -> Option<Self> {
        let https = match url.scheme_str()? {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let host = url.host()?.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        let port = match url.port() {
            Some(port) => port.as_u16(),
            None => Self::default_port(https),
        };
        (!host.is_empty()).then_some(Self { https, host, port })
    }

    fn default_port(https: bool) -> u16 {
        if https { 443 } else { 80 }
    }

    /// The value of the `Host` header: no port where it is the scheme's own.
    pub(crate) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == Self::default_port(self.https) { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.https { "https" } else { "http" }, self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(url: &str) -> String {
        Origin::from_uri(&url.parse().unwrap()).unwrap().to_string()
    }

    #[test]
    fn case_default_ports_and_user_names_make_no_other_origin() {
        assert_eq!(shown("http://HOST:80/v1"), "http://host");
        assert_eq!(shown("https://user:word@host:443/"), "https://host");
        assert_eq!(shown("http://[::1]:1234/v1"), "http://[::1]:1234");
        assert_ne!(shown("http://host/"), shown("https://host/"));
        assert_ne!(shown("http://host:80/"), shown("http://host:443/"));
    }

    #[test]
    fn what_is_not_http_has_no_origin() {
        for url in ["file:///etc/passwd", "/v1/models", "host:1234", "ftp://host/"] {
            assert_eq!(url.parse().ok().as_ref().and_then(Origin::from_uri), None, "{url}");
        }
    }
}
