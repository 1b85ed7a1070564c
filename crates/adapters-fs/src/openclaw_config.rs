//! OpenClaw's own configuration, `openclaw.json`: only read, and only for what lmsync has to know.

mod models;
mod text;

use std::path::{Path, PathBuf};

use domain::Secret;
use serde_json::Value;
use thiserror::Error;
use tokio::task::JoinError;

use crate::work::Work;

pub use self::text::OpenClawText;
pub use models::{DefaultModel, EntryKey, ModelSettings, ProviderEntry};

/// The largest file that is taken for a configuration.
const MOST_BYTES: u64 = 16 * 1024 * 1024;

/// What `openclaw.json` says. Not `Debug`: it holds secrets.
#[derive(Clone, Default)]
pub struct OpenClawConfig(Value);

/// How the gateway can be reached, as far as its configuration says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GatewayHints {
    /// Another machine's gateway (`gateway.remote.url`, where `gateway.mode` is `remote`).
    pub remote_url: Option<String>,
    /// `gateway.port`
    pub port: Option<u16>,
    /// Whether it speaks TLS (`gateway.tls.enabled`).
    pub tls: bool,
    /// `gateway.auth.token`, or `gateway.remote.token` for another machine's.
    pub token: Option<Secret>,
    /// `gateway.auth.password`, or `gateway.remote.password`.
    pub password: Option<Secret>,
}

/// Why the file could not be used. Never repeats its text, which holds secrets.
#[derive(Debug, Error)]
pub enum OpenClawConfigError {
    /// It cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// It is no JSON5, which is what OpenClaw reads there.
    #[error("{} is not JSON5{}", path.display(), place(*position))]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line and column, from 1, where known.
        position: Option<(usize, usize)>,
    },
}

fn place(position: Option<(usize, usize)>) -> String {
    position.map(|(line, column)| format!(", line {line} column {column}")).unwrap_or_default()
}

impl OpenClawConfig {
    /// Reads the file; a missing one says nothing.
    ///
    /// # Errors
    /// [`OpenClawConfigError`]
    pub async fn read(path: &Path, work: Work) -> Result<Self, OpenClawConfigError> {
        let file = path.to_owned();
        let unfinished =
            |error: JoinError| OpenClawConfigError::Unreadable { path: path.to_owned(), error: error.into() };
        work.run(move || Self::read_here(&file)).await.map_err(unfinished)?
    }

    fn read_here(path: &Path) -> Result<Self, OpenClawConfigError> {
        let unreadable = |error| OpenClawConfigError::Unreadable { path: path.to_owned(), error };
        let text = match std::fs::metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unreadable(error)),
            Ok(metadata) if !metadata.is_file() || metadata.len() > MOST_BYTES => {
                return Err(OpenClawConfigError::Malformed { path: path.to_owned(), position: None });
            }
            Ok(_) => std::fs::read_to_string(path).map_err(unreadable)?,
        };
        Self::parse(&text)
            .map_err(|position| OpenClawConfigError::Malformed { path: path.to_owned(), position })
    }

    fn parse(text: &str) -> Result<Self, Option<(usize, usize)>> {
        let value = json5::from_str(text.trim_start_matches('\u{feff}'));
        value.map(Self).map_err(|error: json5::Error| error.position().map(|at| (at.line + 1, at.column + 1)))
    }

    /// How to reach the gateway. `environment` resolves `${NAME}` in a token, as OpenClaw does.
    #[must_use]
    pub fn gateway(&self, environment: impl Fn(&str) -> Option<String>) -> GatewayHints {
        let gateway = &self.0["gateway"];
        let remote = gateway["mode"] == "remote";
        let auth = if remote { &gateway["remote"] } else { &gateway["auth"] };
        let secret = |value: &Value| Secret::new(resolve(value.as_str()?, &environment)?);
        GatewayHints {
            remote_url: gateway["remote"]["url"].as_str().filter(|_| remote).map(str::to_owned),
            port: gateway["port"].as_u64().and_then(|port| u16::try_from(port).ok()),
            tls: gateway["tls"]["enabled"] == true,
            token: secret(&auth["token"]),
            password: secret(&auth["password"]),
        }
    }
}

/// Replaces each `${NAME}`; `None` where a name has no value.
fn resolve(text: &str, environment: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut resolved = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}')?;
        resolved.push_str(before);
        resolved.push_str(&environment(name)?);
        rest = after;
    }
    resolved.push_str(rest);
    Some(resolved)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(text: &str) -> GatewayHints {
        let environment = |name: &str| (name == "TOKEN").then(|| "from-environment".to_owned());
        OpenClawConfig::parse(text).ok().unwrap().gateway(environment)
    }

    #[test]
    fn a_local_gateway_is_found_in_json5() {
        let text = "{ // mine\n gateway: { port: 19000, auth: { mode: 'token', token: 't0k', }, }, }";
        let expected =
            GatewayHints { port: Some(19000), token: Secret::new("t0k"), ..GatewayHints::default() };
        assert_eq!(hints(text), expected);
    }

    #[test]
    fn a_token_may_stand_in_the_environment() {
        let token = |text: &str| hints(&format!("{{gateway: {{auth: {{token: {text}}}}}}}")).token;
        assert_eq!(token("'${TOKEN}'"), Secret::new("from-environment"));
        assert_eq!(token("'${UNKNOWN}'"), None);
        assert_eq!(token("{source: 'file', id: 'x'}"), None);
    }

    #[test]
    fn a_remote_gateway_brings_its_own_address_and_token() {
        let text =
            "{gateway: {mode: 'remote', auth: {token: 'local'}, remote: {url: 'wss://far', token: 'far'}}}";
        let hints = hints(text);
        assert_eq!(hints.remote_url.as_deref(), Some("wss://far"));
        assert_eq!(hints.token, Secret::new("far"));
    }

    #[test]
    fn nothing_useful_is_no_error() {
        for text in ["{}", "[]", "null", "{gateway: 7}", "{gateway: {port: 'x'}}"] {
            assert_eq!(hints(text), GatewayHints::default(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_broken_file_is_named_without_its_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openclaw.json");
        std::fs::write(&path, "{\n  token: \"hunter2\" oops }").unwrap();
        let error = OpenClawConfig::read(&path, Work::Here).await.err().unwrap();
        let text = error.to_string();
        assert!(text.contains("line 2") && !text.contains("hunter2"), "{text}");
        let missing = OpenClawConfig::read(&folder.path().join("none"), Work::Aside).await.unwrap();
        assert_eq!(missing.gateway(|_| None), GatewayHints::default());
    }
}
