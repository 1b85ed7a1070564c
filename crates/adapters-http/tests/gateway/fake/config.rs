//! The fake gateway's configuration: read, patched and set as OpenClaw's own, with its guards.

use serde_json::{Value, json};

/// A configuration, and the mark that a change has to name.
pub(crate) struct FakeConfig {
    pub(crate) value: Value,
    pub(crate) revision: u32,
    /// Whether patches know `replacePaths`, and lists are replaced by them.
    pub(crate) replaces: bool,
}

impl Default for FakeConfig {
    fn default() -> Self {
        let value = json!({"gateway": {"auth": {"mode": "token", "token": "__OPENCLAW_REDACTED__"}}});
        Self { value, revision: 1, replaces: true }
    }
}

impl FakeConfig {
    pub(crate) fn call(&mut self, method: &str, params: &Value) -> Result<Value, Value> {
        if method == "config.get" {
            return Ok(json!({"hash": self.revision.to_string(), "parsed": self.value, "raw": null}));
        }
        if params["baseHash"].as_str().and_then(|hash| hash.parse().ok()) != Some(self.revision) {
            return refused("config changed since last load; re-run config.get and retry");
        }
        let raw: Value = serde_json::from_str(params["raw"].as_str().unwrap()).unwrap();
        let next = match method {
            "config.set" => raw,
            _ if !self.replaces => {
                return refused("invalid config.patch params: unexpected property 'replacePaths'");
            }
            _ if params["replacePaths"] != json!(["models.providers.lmstudio.models"]) => {
                return refused("config.patch would remove entries from array path(s)");
            }
            _ => {
                let mut next = self.value.clone();
                merge(&mut next, &raw);
                next
            }
        };
        let size = |value: &Value| serde_json::to_string_pretty(value).unwrap().len();
        if size(&self.value) >= 512 && size(&next) * 2 < size(&self.value) {
            return refused("Error: Config write rejected: openclaw.json (size-drop)");
        }
        self.value = next;
        self.revision += 1;
        Ok(json!({"ok": true}))
    }
}

fn refused(message: &str) -> Result<Value, Value> {
    Err(json!({"code": "INVALID_REQUEST", "message": message}))
}

/// RFC 7396.
fn merge(target: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let target = target.as_object_mut().unwrap();
    for (key, value) in patch {
        if value.is_null() {
            target.remove(key);
        } else {
            merge(target.entry(key.clone()).or_insert(Value::Null), value);
        }
    }
}
