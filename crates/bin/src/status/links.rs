//! The addresses that the page links to, as far as a browser can follow them.

use std::net::IpAddr;

use domain::SyncState;
use serde_json::{Value, json};

/// Where the program comes from.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The documents about a state and about this version.
pub(super) fn documents(state: SyncState) -> Value {
    json!({
        "state": format!("{REPOSITORY}/blob/main/docs/STATES.md#{}", state.as_str()),
        "documentation": format!("{REPOSITORY}/tree/main/docs"),
        "changelog": format!("{REPOSITORY}/blob/main/CHANGELOG.md"),
    })
}

/// The list of a server that is asked at that address.
pub(super) fn list_page(address: &str, is_contained: bool) -> Option<String> {
    is_reachable(address, is_contained).then(|| format!("{}/models", address.trim_end_matches('/')))
}

/// The page that a gateway serves where its WebSocket is.
pub(super) fn control_page(gateway: &str, is_contained: bool) -> Option<String> {
    let rest = gateway.strip_prefix("ws").filter(|rest| rest.starts_with("://") || rest.starts_with("s://"))?;
    is_reachable(gateway, is_contained).then(|| format!("http{rest}"))
}

/// Whether a browser may find it at the same address. From within a container, loopback is the container's own, and a
/// name of one part, or one that ends in `.internal`, is one that only its engine knows.
fn is_reachable(address: &str, is_contained: bool) -> bool {
    let Some(host) = address.parse::<http::Uri>().ok().and_then(|uri| Some(uri.host()?.to_owned())) else {
        return false;
    };
    if !is_contained {
        return true;
    }
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(ip) => !ip.is_loopback(),
        Err(_) => host.contains('.') && !host.ends_with(".internal"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_has_its_section_in_the_documentation() {
        let text = include_str!("../../../../docs/STATES.md");
        for state in SyncState::ALL {
            assert!(text.contains(&format!("\n## {}\n", state.as_str())), "{}", state.as_str());
        }
        let sections = text.lines().filter(|line| line.starts_with("## ")).count();
        assert_eq!(sections, SyncState::ALL.len(), "no other section has that form");
    }

    #[test]
    fn a_link_is_given_where_a_browser_can_follow_it() {
        let list = |address, is_contained| list_page(address, is_contained);
        assert_eq!(list("http://127.0.0.1:1234/v1", false).unwrap(), "http://127.0.0.1:1234/v1/models");
        assert_eq!(list("http://lan.example:1234/v1/", true).unwrap(), "http://lan.example:1234/v1/models");
        for own in
            ["http://127.0.0.1:1234/v1", "http://[::1]:1/v1", "http://host.docker.internal:1/v1", "http://ollama:1/v1"]
        {
            assert_eq!(list(own, true), None, "{own}");
        }
        assert_eq!(control_page("wss://box:18789/", false).unwrap(), "https://box:18789/");
        assert_eq!(control_page("ws://127.0.0.1:18789", true), None);
    }
}
