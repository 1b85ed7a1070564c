//! Where the status server listens: an address, or a port of this host alone, or nowhere.

use std::fmt;

/// A place to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listen {
    /// An address, or a name that is looked up.
    pub host: String,
    /// The port; 0 is any free one.
    pub port: u16,
}

/// What stands for this host where nobody names one: more has to be asked for.
const THIS_HOST: &str = "127.0.0.1";

impl Listen {
    /// Understands `127.0.0.1:12340`, `[::1]:12340`, `name:12340`, `:12340` and `12340`; `Ok(None)` for `off`.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, &'static str> {
        const EXPECTED: &str = "expected an address such as 127.0.0.1:12340, a port of this host, or off";
        let text = text.trim();
        if matches!(text, "off" | "none" | "no" | "false") {
            return Ok(None);
        }
        let (host, port) = text.rsplit_once(':').unwrap_or(("", text));
        let host = match host {
            "" => THIS_HOST,
            _ => host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host),
        };
        let is_v6 = host.parse::<std::net::Ipv6Addr>().is_ok();
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        let port = port.parse().map_err(|_| EXPECTED)?;
        if is_v6 || host.chars().all(is_name) { Ok(Some(Self { host: host.to_owned(), port })) } else { Err(EXPECTED) }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_this_hosts_and_the_world_has_to_be_named() {
        for (text, shown) in [
            ("12340", "127.0.0.1:12340"),
            (":0", "127.0.0.1:0"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::]:12340", "[::]:12340"),
            (" lmsync.lan:1 ", "lmsync.lan:1"),
        ] {
            assert_eq!(Listen::parse(text).unwrap().unwrap().to_string(), shown);
        }
        assert_eq!(Listen::parse("off"), Ok(None));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in ["", "localhost", "on", "127.0.0.1:70000", "http://localhost:1", "a b:1", "host:1/x", "::1"] {
            // `::1` would be port 1 of the host `:`.
            assert!(Listen::parse(text).is_err(), "{text}");
        }
    }
}
