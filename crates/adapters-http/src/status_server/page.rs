//! The page: one file, which needs nothing else, and the policy that lets it do nothing else.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use ring::digest::{SHA256, digest};

/// The page as it is served.
const TEXT: &str = include_str!("page.html");

/// The page, and what a browser may do for it.
#[derive(Debug, Clone)]
pub(super) struct Page {
    pub(super) text: &'static str,
    /// The value of `Content-Security-Policy`.
    pub(super) policy: String,
}

/// The page, whose own style and script are the only ones that run, and which may ask its own server alone. Text
/// becomes elements nowhere: that is forbidden too.
pub(super) fn page() -> Page {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src data:; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
        hash(between(TEXT, "<script>", "</script>")),
        hash(between(TEXT, "<style>", "</style>")),
    );
    Page { text: TEXT, policy }
}

fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let rest = text.split_once(begin).map_or("", |(_, rest)| rest);
    rest.split_once(end).map_or("", |(inner, _)| inner)
}

fn hash(text: &str) -> String {
    format!("sha256-{}", BASE64_STANDARD.encode(digest(&SHA256, text.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_one_file_that_names_no_other() {
        for tag in ["<script", "<style"] {
            assert_eq!(TEXT.matches(tag).count(), 1, "one {tag}, which the policy knows");
        }
        for foreign in ["http://", "https://", "src=", "@import", "url(", "innerHTML", "insertAdjacentHTML"] {
            let found = TEXT.match_indices(foreign).find(|(at, _)| {
                // SVG's namespace has the form of an address, and a pattern is the page's own.
                !["http://www.w3.org/2000/svg", "url(#"].iter().any(|own| TEXT[*at..].starts_with(own))
            });
            assert_eq!(found, None, "{foreign}");
        }
    }

    #[test]
    fn the_policy_knows_the_script_and_the_style() {
        let Page { policy, .. } = page();
        assert!(!policy.contains(&hash("")), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        // As an independent program computes it: `printf '' | openssl dgst -sha256 -binary | base64`.
        assert_eq!(hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
