//! What `openclaw.json` says.

use std::path::PathBuf;

use domain::Secret;
use serde_json::Value;

use super::error::ConfigProblem;
use super::variables::Reference;

/// What `openclaw.json` says. Not `Debug`: it holds secrets.
#[derive(Clone, Default)]
pub struct OpenClawConfig {
    pub(super) root: Value,
    /// The included files.
    pub(super) files: Vec<PathBuf>,
    /// What refers to variables.
    pub(super) references: Vec<Reference>,
    /// What later versions refuse.
    pub(super) refused: Vec<ConfigProblem>,
    /// The folder that `~` means.
    pub(super) home: Option<PathBuf>,
}

/// A text in the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What OpenClaw reads there; nothing where it refers to a variable that is not set here, which OpenClaw's own
    /// process may have.
    pub value: Option<String>,
    /// The variable that it refers to, where it does: that without a value, else the first.
    pub variable: Option<String>,
}

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

impl OpenClawConfig {
    /// The files that it includes, each once. With `openclaw.json` they are all that a change of it can be made in.
    #[must_use]
    pub fn included(&self) -> &[PathBuf] {
        &self.files
    }

    /// What in it does not do what it seems to.
    #[must_use]
    pub fn problems(&self) -> Vec<ConfigProblem> {
        self.refused.iter().cloned().chain(self.references.iter().filter_map(Reference::problem)).collect()
    }

    /// The text at that place, where there is one that is not blank.
    pub(super) fn text(&self, value: &Value, place: &str) -> Option<Text> {
        let text = value.as_str().map(str::trim).filter(|text| !text.is_empty())?;
        let reference = self.references.iter().find(|reference| reference.place == place && !reference.is_bare);
        let is_known = reference.is_none_or(|reference| reference.is_set);
        Some(Text {
            value: is_known.then(|| text.to_owned()),
            variable: reference.map(|reference| reference.variable.clone()),
        })
    }

    /// How to reach the gateway.
    #[must_use]
    pub fn gateway(&self) -> GatewayHints {
        let gateway = &self.root["gateway"];
        let remote = gateway["mode"] == "remote";
        let side = if remote { "remote" } else { "auth" };
        let known = |key: &str| self.text(&gateway[side][key], &format!("gateway.{side}.{key}"))?.value;
        GatewayHints {
            remote_url: known("url").filter(|_| remote),
            port: port(&gateway["port"]),
            tls: gateway["tls"]["enabled"] == true,
            token: known("token").and_then(Secret::new),
            password: known("password").and_then(Secret::new),
        }
    }
}

/// A port, which may be written as `18789.0`.
fn port(value: &Value) -> Option<u16> {
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0)?;
    // An integral number of at most five digits is written as an integer.
    number.to_string().parse().ok()
}
