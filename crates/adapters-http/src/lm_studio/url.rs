//! A URL to ask.

use std::fmt::{self, Write as _};

use http::Uri;

use crate::http_client::Origin;

/// A URL to ask; shown without a user name.
pub(super) struct Url(pub(super) Uri);

impl Url {
    /// That path below a base.
    pub(super) fn below(base: &Uri, path: &str) -> Self {
        let path = format!("{}{path}", base.path().trim_end_matches('/'));
        let mut parts = base.clone().into_parts();
        parts.path_and_query = path.parse().ok();
        // A base without a host stays what it is, and is refused when it is asked.
        Self(Uri::from_parts(parts).unwrap_or_else(|_invalid| base.clone()))
    }

    /// The same, from that id on, as OpenAI's lists are read page by page.
    pub(super) fn after(&self, id: &str) -> Self {
        let mut parts = self.0.clone().into_parts();
        parts.path_and_query = format!("{}?after={}", self.0.path(), percent_encoded(id)).parse().ok();
        Self(Uri::from_parts(parts).unwrap_or_else(|_invalid| self.0.clone()))
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Origin::from_uri(&self.0) {
            Some(origin) => write!(f, "{origin}{}", self.0.path()),
            None => f.write_str(self.0.path()),
        }
    }
}

/// A text as the value of a query: all but letters, digits and `-._~` is escaped (RFC 3986, 2.3).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(byte.into()),
            // Writing to a String cannot fail.
            _ => drop(write!(encoded, "%{byte:02X}")),
        }
    }
    encoded
}
