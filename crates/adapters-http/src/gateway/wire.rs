//! The gateway's frames: the shapes on the wire, and nothing that acts on them.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use domain::Secret;
use domain::era::{Abilities, Era};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::http_client::excerpt;

/// A call to the gateway.
#[derive(Serialize)]
pub(super) struct Request<'a, P> {
    #[serde(rename = "type")]
    kind: &'static str,
    id: &'a str,
    method: &'a str,
    params: P,
}

impl<'a, P: Serialize> Request<'a, P> {
    /// The frame of a call, as text.
    pub(super) fn text(id: &'a str, method: &'a str, params: P) -> Result<String, serde_json::Error> {
        serde_json::to_string(&Self { kind: "req", id, method, params })
    }
}

/// What `connect` says about us.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Connect<'a> {
    pub(super) min_protocol: u8,
    pub(super) max_protocol: u8,
    pub(super) client: Client,
    pub(super) role: &'static str,
    pub(super) scopes: &'static [&'static str],
    pub(super) auth: Auth<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device: Option<Device>,
}

/// A device as `connect` names it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Device {
    pub(super) id: String,
    pub(super) public_key: String,
    pub(super) signature: String,
    pub(super) signed_at: u64,
    pub(super) nonce: String,
}

/// Which program we are. Both names come from lists that the gateway keeps.
#[derive(Serialize)]
pub(super) struct Client {
    pub(super) id: &'static str,
    pub(super) version: &'static str,
    pub(super) platform: &'static str,
    pub(super) mode: &'static str,
}

/// How we prove that we may ask.
#[derive(Serialize)]
pub(super) struct Auth<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) password: Option<&'a str>,
}

/// Any frame that the gateway sends; payloads stay unread until they are needed.
#[derive(Deserialize)]
pub(super) struct Frame<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(super) id: Cow<'a, str>,
    #[serde(default, borrow)]
    pub(super) event: Cow<'a, str>,
    #[serde(default)]
    pub(super) ok: bool,
    #[serde(borrow)]
    pub(super) payload: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) error: Option<Rejection>,
}

/// Why the gateway did not do what it was asked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Rejection {
    code: String,
    message: String,
    /// Of a shape that each method chooses; sometimes with a `code` more exact than the one above.
    details: Value,
    retryable: Option<bool>,
    retry_after_ms: Option<f64>,
}

impl Rejection {
    /// Whether the gateway wants another token, another password, or any.
    pub(super) fn is_about_the_token(&self) -> bool {
        self.message.starts_with("unauthorized")
            || self.details["code"].as_str().is_some_and(|code| code.starts_with("AUTH_"))
            || self.message == "device identity required"
    }

    /// Whether a person has to approve our device first.
    pub(super) fn is_about_pairing(&self) -> bool {
        self.code == "NOT_PAIRED" && !self.is_about_the_token()
    }

    /// Whether this connection may not even read. An unknown method is answered with another scope's name.
    pub(super) fn is_about_reading(&self) -> bool {
        self.message.contains("missing scope: operator.read")
    }

    /// How long to wait before the same call may succeed, where the gateway is only not ready yet.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let not_ready = self.message.contains("not ready")
            || self.message.contains("unavailable during gateway startup")
            || (self.code == "UNAVAILABLE" && self.retryable == Some(true));
        not_ready.then(|| Duration::from_millis(self.retry_after_ms.unwrap_or(500.0).clamp(50.0, 2_000.0) as u64))
    }

    /// Whether another program has changed the configuration since it was read.
    pub(super) fn is_about_another_change(&self) -> bool {
        self.message.contains("changed since last load")
    }

    /// Whether this connection may not change the configuration.
    pub(super) fn is_about_administering(&self) -> bool {
        self.message.contains("missing scope: operator.admin")
    }

    /// Whether the gateway does not know the parameter of that name.
    pub(super) fn does_not_know(&self, parameter: &str) -> bool {
        self.message.contains(&format!("unexpected property '{parameter}'"))
    }

    /// Whether the gateway has no such agent.
    pub(super) fn is_about_an_unknown_agent(&self) -> bool {
        self.message.to_lowercase().contains("unknown agent id")
    }

    /// Takes our secrets out of what the gateway said.
    pub(super) fn redact(&mut self, secrets: &[Secret]) {
        for secret in secrets.iter().map(Secret::expose) {
            self.message = self.message.replace(secret, "[redacted]");
            self.code = self.code.replace(secret, "[redacted]");
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", excerpt(&self.code), excerpt(&self.message))
    }
}

impl std::error::Error for Rejection {}

/// The payload of `connect.challenge`.
#[derive(Deserialize)]
pub(super) struct Challenge {
    #[serde(default)]
    pub(super) nonce: String,
}

/// The payload of `hello-ok`, as much of it as matters.
#[derive(Deserialize)]
pub(super) struct Hello {
    #[serde(default)]
    pub(super) protocol: u8,
    #[serde(default)]
    pub(super) server: Server,
    #[serde(default)]
    pub(super) features: Features,
    #[serde(default)]
    pub(super) snapshot: Snapshot,
    pub(super) auth: Option<Granted>,
}

#[derive(Default, Deserialize)]
pub(super) struct Server {
    #[serde(default)]
    pub(super) version: String,
}

#[derive(Default, Deserialize)]
pub(super) struct Features {
    #[serde(default)]
    pub(super) methods: Methods,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Snapshot {
    pub(super) uptime_ms: Option<f64>,
}

impl Hello {
    /// Whether the gateway says that it grants a scope; versions before 2026.5 do not say.
    pub(super) fn grants(&self, scope: &str) -> Option<bool> {
        let scopes = self.auth.as_ref()?.scopes.as_ref()?;
        Some(scopes.iter().any(|granted| granted == scope))
    }
}

#[derive(Deserialize)]
pub(super) struct Granted {
    scopes: Option<Vec<String>>,
}

/// Which of the methods that lmsync could use a gateway has. The list itself has up to 466 names, and is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(from = "Vec<Cow<'_, str>>")]
pub struct Methods {
    /// `gateway.restart.preflight`, from 2026.5.4 on: it counts what runs.
    pub preflight: bool,
    /// `gateway.suspend.prepare`, from 2026.8 on: the mark of the late versions.
    pub suspend: bool,
    /// `models.authStatus`: it says for which providers there is a credential.
    pub auth_status: bool,
    /// `config.patch`.
    pub config_patch: bool,
}

impl Methods {
    /// The era of a gateway that has these, and that calls its version so.
    #[must_use]
    pub fn era(self, version: &str) -> &'static Era {
        let Self { auth_status, preflight, suspend, .. } = self;
        Era::for_gateway(version, Abilities { auth_status, preflight, suspend })
    }
}

impl From<Vec<Cow<'_, str>>> for Methods {
    fn from(names: Vec<Cow<'_, str>>) -> Self {
        let has = |name: &str| names.iter().any(|known| known == name);
        Self {
            preflight: has("gateway.restart.preflight"),
            suspend: has("gateway.suspend.prepare"),
            auth_status: has("models.authStatus"),
            config_patch: has("config.patch"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rejection(json: &str) -> Rejection {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_missing_reading_scope_is_told_from_an_unknown_method() {
        let old = rejection(r#"{"code":"INVALID_REQUEST","message":"missing scope: operator.read"}"#);
        assert!(old.is_about_reading());
        let unknown = rejection(r#"{"code":"INVALID_REQUEST","message":"missing scope: operator.admin"}"#);
        assert!(!unknown.is_about_reading());
    }

    #[test]
    fn a_gateway_that_starts_says_when_to_ask_again() {
        let starting = rejection(
            r#"{"code":"UNAVAILABLE","message":"models.list unavailable during gateway startup",
                "retryable":true,"retryAfterMs":700}"#,
        );
        assert_eq!(starting.retry_after(), Some(Duration::from_millis(700)));
        let refused = rejection(r#"{"code":"UNAVAILABLE","message":"requires legacy credential migration"}"#);
        assert_eq!(refused.retry_after(), None);
    }

    #[test]
    fn a_refused_token_is_told_from_an_unapproved_device() {
        for message in ["unauthorized: gateway token mismatch", "device identity required"] {
            let refused = rejection(&format!(r#"{{"code":"NOT_PAIRED","message":"{message}"}}"#));
            assert!(refused.is_about_the_token() && !refused.is_about_pairing(), "{message}");
        }
        assert!(rejection(r#"{"code":"NOT_PAIRED","message":"pairing required"}"#).is_about_pairing());
    }

    #[test]
    fn what_the_gateway_said_is_shown_short_tame_and_without_our_secrets() {
        let mut said = rejection(r#"{"code":"X","message":"no \u001b[31m tok-1234"}"#);
        said.redact(&[Secret::new("tok-1234").unwrap()]);
        assert_eq!(said.to_string(), "X: no \\u{1b}[31m [redacted]");
        said.message = "x".repeat(5_000);
        assert!(said.to_string().chars().count() < 300);
    }

    #[test]
    fn nulls_and_fractions_spoil_nothing() {
        let hello: Hello = serde_json::from_str(r#"{"snapshot":{"uptimeMs":1.5},"auth":null}"#).unwrap();
        assert_eq!((hello.snapshot.uptime_ms, hello.grants("operator.read")), (Some(1.5), None));
        let frame: Frame<'_> = serde_json::from_str(
            r#"{"type":"res","id":"1","ok":false,"error":{"code":"X","message":"m","details":null,"retryable":null}}"#,
        )
        .unwrap();
        assert_eq!(frame.error.unwrap().to_string(), "X: m");
    }

    #[test]
    fn of_the_methods_only_the_useful_ones_are_kept() {
        let has: Methods = serde_json::from_str(r#"["health","gateway.restart.preflight","config.patch"]"#).unwrap();
        assert_eq!(has, Methods { preflight: true, config_patch: true, ..Methods::default() });
    }
}
