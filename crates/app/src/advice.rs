//! Kinds of trouble, and what a person can do about a server that does not list its models.

use domain::ports::{AnswerKind, Failure, SourceError, StoreError, Wants};

/// The end of an address at LM Studio's own port. Where nothing answers, nothing else shows which server is meant.
const LM_STUDIO: &str = ":1234";

/// What kind of failure it is, in a word: a change of it is worth telling.
pub(crate) fn kind(error: &SourceError) -> &'static str {
    match error {
        SourceError::Unreachable { failure: Failure::Refused, .. } => "refused",
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => "unresolved",
        SourceError::Unreachable { failure: Failure::Tls, .. } => "tls",
        SourceError::Unreachable { failure: Failure::HungUp, .. } => "hung-up",
        SourceError::Unreachable { failure: Failure::Other, .. } => "unreachable",
        SourceError::TimedOut { .. } => "timed-out",
        SourceError::Unauthorized { .. } => "unauthorized",
        SourceError::Malformed { kind, .. } => kind.as_str(),
    }
}

/// What kind of failure of a store it is, in a word or two.
pub(crate) fn store_kind(error: &StoreError) -> &'static str {
    match error {
        StoreError::Unreadable { .. } => "unreadable",
        StoreError::Malformed { .. } => "malformed",
        StoreError::Refused { .. } => "refused",
        StoreError::Changed { .. } => "changed",
        StoreError::Unwritable { .. } => "unwritable",
        StoreError::NotDurable { .. } => "not-durable",
    }
}

/// What to do about it.
#[must_use]
pub fn advice(error: &SourceError) -> &'static str {
    match error {
        SourceError::Unreachable { failure: Failure::Refused, address, .. } if is_lm_studios(address) => {
            "is LM Studio's server started (Developer > Start server, or `lms server start`)? For containers and other \
             machines it must listen on 0.0.0.0. `lmsync doctor` says what helps here"
        }
        SourceError::Unreachable { failure: Failure::Refused, .. } => {
            "is the server started, and the port in its address right? For containers and other machines it must \
             listen on 0.0.0.0. `lmsync doctor` says what helps here"
        }
        SourceError::Unreachable { failure: Failure::Unresolved, .. } => {
            "the host's name is not known here: set OPENAI_API_BASE (for a `[[server]]` of lmsync.toml: base_url); \
             `lmsync doctor` says what helps here"
        }
        SourceError::Unreachable { failure: Failure::Tls, .. } => {
            "the certificate is not trusted: set SSL_CERT_FILE to the authority's certificate, or use http://"
        }
        SourceError::Unreachable { failure: Failure::HungUp, .. } => {
            "is it starting, or does another program listen at that address?"
        }
        SourceError::Unreachable { failure: Failure::Other, .. } => "is the address right, and the server running?",
        SourceError::TimedOut { .. } => {
            "is the address right, the server not overloaded, and no firewall between? LMSYNC_TIMEOUT allows it \
             more time; `lmsync doctor` says what helps here"
        }
        SourceError::Unauthorized { wants: Wants::Password | Wants::AnotherPassword, .. } => {
            "set the key to user:password and LMSYNC_KEY_HEADER to basic (for a `[[server]]` of lmsync.toml: \
            key_env or key_file, and key_header)"
        }
        SourceError::Unauthorized { wants: Wants::Key | Wants::AnotherKey, .. } => {
            "set OPENAI_API_KEY to a key of this server (for a `[[server]]` of lmsync.toml: key_env or key_file); \
             LMSYNC_KEY_HEADER says how it is sent"
        }
        SourceError::Malformed { kind, .. } => about_answer(*kind),
    }
}

fn about_answer(kind: AnswerKind) -> &'static str {
    match kind {
        AnswerKind::Loading | AnswerKind::Busy => "`lmsync run` asks again by itself",
        AnswerKind::Proxy => {
            "does the server behind the proxy run? The address may also be the server's own, without the proxy"
        }
        AnswerKind::Login => {
            "lmsync cannot log in: set OPENAI_API_BASE (for a `[[server]]` of lmsync.toml: base_url) to an address of \
             the server that takes a key, without the login"
        }
        AnswerKind::Redirect => {
            "set OPENAI_API_BASE (for a `[[server]]` of lmsync.toml: base_url) to where it redirects, if that is the \
             server"
        }
        AnswerKind::HostName => {
            "add this host name to those that the server accepts (its trusted or allowed hosts), or set \
            OPENAI_API_BASE (for a `[[server]]` of lmsync.toml: base_url) to a name or address that it accepts"
        }
        AnswerKind::Refused => {
            "does the server let this machine, with this key and by the host name in this address, list its models?"
        }
        AnswerKind::NotFound | AnswerKind::WebPage => {
            "is the path in the address right? `lmsync doctor` tries the usual ones"
        }
        AnswerKind::Failed => "the server's own log says more",
        AnswerKind::NotHttp => "is the port in the address the server's?",
        AnswerKind::Other => {
            "does the address name a server with an OpenAI-compatible /v1/models? `lmsync doctor` tries the \
             usual paths"
        }
    }
}

/// Whether an address such as `http://host:1234/v1/models` has LM Studio's own port.
fn is_lm_studios(address: &str) -> bool {
    let authority = address.split("://").nth(1).and_then(|rest| rest.split('/').next());
    authority.is_some_and(|authority| authority.ends_with(LM_STUDIO))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lm_studio_s_own_commands_are_for_its_own_port() {
        let refused = |address: &str| {
            let (address, cause) = (address.to_owned(), "refused".into());
            advice(&SourceError::Unreachable { address, failure: Failure::Refused, cause })
        };
        assert!(refused("http://localhost:1234/v1/models").contains("lms server start"));
        assert!(!refused("http://localhost:11434/v1/models").contains("`lms "));
        assert!(!refused("http://localhost:8080/:1234/models").contains("`lms "));
    }
}
