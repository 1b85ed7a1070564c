//! OpenClaw's credentials of an agent, `auth-profiles.json`: which early versions read and late ones refuse.

use std::path::Path;

use serde_json::{Map, Value, json};
use tokio::fs;

/// A person's credentials are some kilobytes.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// What there is of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthProfile {
    /// No file.
    NoFile,
    /// A file without a key for the provider.
    NoProfile,
    /// A key for the provider.
    Present,
    /// A file that is no such thing.
    Unreadable,
}

/// Looks whether there is a key for this provider.
pub async fn auth_profile(file: &Path, provider: &str) -> AuthProfile {
    match read(file).await {
        Ok(None) => AuthProfile::NoFile,
        Err(()) => AuthProfile::Unreadable,
        Ok(Some(root)) => {
            let profiles = root.get("profiles").and_then(Value::as_object);
            let ours = |profile: &Value| profile["provider"] == provider && profile["key"].is_string();
            if profiles.into_iter().flatten().any(|(_, profile)| ours(profile)) {
                AuthProfile::Present
            } else {
                AuthProfile::NoProfile
            }
        }
    }
}

/// The file's text with a profile for this provider and key beside those that it has; `None` for a file that is no
/// such thing.
pub async fn with_auth_profile(file: &Path, provider: &str, key: &str) -> Option<String> {
    let mut root = read(file).await.ok()?.unwrap_or_default();
    root.entry("version").or_insert(json!(1));
    let profiles = root.entry("profiles").or_insert_with(|| json!({})).as_object_mut()?;
    let profile = json!({ "type": "api_key", "provider": provider, "key": key });
    profiles.insert(format!("{provider}:default"), profile);
    Some(format!("{:#}\n", Value::Object(root)))
}

async fn read(file: &Path) -> Result<Option<Map<String, Value>>, ()> {
    match fs::metadata(file).await {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Ok(metadata) if metadata.is_file() && metadata.len() <= MOST_BYTES => {}
        _ => return Err(()),
    }
    let text = fs::read(file).await.map_err(drop)?;
    serde_json::from_slice(&text).map(Some).map_err(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_profile_is_added_beside_the_others_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth-profiles.json");
        assert_eq!(auth_profile(&file, "lmstudio").await, AuthProfile::NoFile);
        let others =
            r#"{"version":1,"profiles":{"x:default":{"type":"api_key","provider":"x","key":"k"}},"y":2}"#;
        fs::write(&file, others).await.unwrap();
        assert_eq!(auth_profile(&file, "lmstudio").await, AuthProfile::NoProfile);
        let text = with_auth_profile(&file, "lmstudio", "lm-studio").await.unwrap();
        fs::write(&file, &text).await.unwrap();
        assert_eq!(auth_profile(&file, "lmstudio").await, AuthProfile::Present);
        assert_eq!(auth_profile(&file, "x").await, AuthProfile::Present);
        assert!(text.contains("\"y\": 2"), "{text}");
    }

    #[tokio::test]
    async fn a_file_that_is_none_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth-profiles.json");
        fs::write(&file, "{").await.unwrap();
        assert_eq!(auth_profile(&file, "lmstudio").await, AuthProfile::Unreadable);
        assert_eq!(with_auth_profile(&file, "lmstudio", "k").await, None);
        assert_eq!(auth_profile(folder.path(), "lmstudio").await, AuthProfile::Unreadable);
    }
}
