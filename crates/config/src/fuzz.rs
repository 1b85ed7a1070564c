//! Laws for what people write into configuration: tried by the fuzzers, by a short test, and in no other build.

use super::dotenv;
use crate::server_url::ServerUrl;

/// A `.env` text: what is read from it can be written down and read again, and an error quotes nothing of it.
pub fn dotenv(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let entries = match dotenv::parse(text) {
        Ok(entries) => entries,
        Err(error) => {
            assert!((1..=text.lines().count()).contains(&error.line), "{error}");
            return;
        }
    };
    let lines = entries.iter().map(|entry| {
        let value = entry.value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        format!("export {}=\"{value}\" # comment\r\n", entry.name)
    });
    let again = dotenv::parse(&lines.collect::<String>()).expect("a quoted value is read");
    let pairs = |entries: Vec<dotenv::Entry>| -> Vec<_> {
        entries.into_iter().map(|entry| (entry.name, entry.value)).collect()
    };
    assert_eq!(pairs(again), pairs(entries));
}

/// An address: understanding it twice is understanding it once, it leads to one host over http or https, nothing
/// of a user, query or fragment is left, and LM Studio's own endpoints are on the same host.
pub fn server_url(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let url = match ServerUrl::parse(text) {
        Ok(url) => url,
        Err(error) => return drop(error.to_string()),
    };
    let shown = url.api.to_string();
    assert_eq!(ServerUrl::parse(&shown).as_ref(), Ok(&url), "{shown:?} again");
    assert!(matches!(url.api.scheme_str(), Some("http" | "https")), "{shown:?}");
    assert!(url.api.host().is_some_and(|host| !host.is_empty()), "{shown:?}");
    assert!(!shown.contains(['?', '#']) && !shown.contains(char::is_control), "{shown:?}");
    assert!(url.api.authority().is_some_and(|authority| !authority.as_str().contains('@')), "{shown:?}");
    if let Some(root) = &url.root {
        assert_eq!((root.scheme(), root.authority()), (url.api.scheme(), url.api.authority()), "{shown:?}");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn env_files_keep_the_laws(text in "([A-C_]{0,2}[= '\"\\\\#$\t\r\n]{0,4}[a-z\\\\\"'é]{0,3}){0,12}") {
            super::dotenv(text.as_bytes());
        }

        #[test]
        fn addresses_keep_the_laws(text in "(https?|ftp|)(://|:|)[a-z0-9@:\\[\\]%.-]{0,12}[/?#v1models@ é]{0,14}") {
            super::server_url(text.as_bytes());
        }

        #[test]
        fn any_bytes_keep_the_laws(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            super::dotenv(&bytes);
            super::server_url(&bytes);
        }
    }
}
