//! OpenClaw's credentials of an agent, `auth-profiles.json`: which early versions read and late ones refuse.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::ports::StoreError;
use serde_json::{Map, Value, json};

use crate::folder::unwritable;
use crate::{read, write};

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
pub fn auth_profile(file: &Path, provider: &str) -> AuthProfile {
    match read_profiles(file) {
        Ok(None) => AuthProfile::NoFile,
        Err(()) => AuthProfile::Unreadable,
        Ok(Some((root, _))) => {
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

/// Puts a profile for this provider and key beside those that the file has, durably; what was there before stays in a
/// file beside it, whose path is returned.
///
/// # Errors
/// [`StoreError::Malformed`] for a file that is no such thing, and whatever keeps it from being written.
pub fn add_auth_profile(file: &Path, provider: &str, key: &str) -> Result<Option<PathBuf>, StoreError> {
    let malformed = || StoreError::Malformed { path: file.to_owned(), cause: "it holds no profiles".into() };
    let (mut root, old) = match read_profiles(file).map_err(|()| malformed())? {
        Some((root, text)) => (root, Some(text)),
        None => (Map::new(), None),
    };
    root.entry("version").or_insert(json!(1));
    let profiles = root.entry("profiles").or_insert_with(|| json!({})).as_object_mut().ok_or_else(malformed)?;
    profiles.insert(format!("{provider}:default"), json!({ "type": "api_key", "provider": provider, "key": key }));
    let text = format!("{:#}\n", Value::Object(root));
    let backup = old.as_ref().map(|_| backup(file)).transpose()?;
    write::replace(file, text.as_bytes(), old.as_deref())?;
    Ok(backup)
}

/// Copies a file, mode and all, to a new name beside it: `<name>.before-lmsync`, with a number where that is taken.
///
/// # Errors
/// [`StoreError::Unwritable`].
pub fn backup(file: &Path) -> Result<PathBuf, StoreError> {
    let named = |number: u32| {
        let mut name = file.file_name().unwrap_or_default().to_owned();
        name.push(".before-lmsync");
        if number > 1 {
            name.push(format!(".{number}"));
        }
        file.with_file_name(name)
    };
    let free = (1..).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(1));
    match fs::copy(file, &free) {
        Ok(_) => Ok(free),
        Err(error) => Err(unwritable(&free, "write", error)),
    }
}

/// The file's content, and its text.
type Profiles = (Map<String, Value>, Arc<[u8]>);

fn read_profiles(file: &Path) -> Result<Option<Profiles>, ()> {
    let Some(snapshot) = read::snapshot(file).map_err(drop)? else { return Ok(None) };
    let root = serde_json::from_slice(&snapshot.content).map_err(drop)?;
    Ok(Some((root, snapshot.content)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::is_for_owner_alone;

    #[test]
    fn a_profile_is_added_beside_the_others_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth-profiles.json");
        assert_eq!(auth_profile(&file, "lmstudio"), AuthProfile::NoFile);
        let others = r#"{"version":1,"profiles":{"x:default":{"type":"api_key","provider":"x","key":"k"}},"y":2}"#;
        fs::write(&file, others).unwrap();
        assert_eq!(auth_profile(&file, "lmstudio"), AuthProfile::NoProfile);
        let before = add_auth_profile(&file, "lmstudio", "lm-studio").unwrap().unwrap();
        assert_eq!(fs::read_to_string(before).unwrap(), others);
        assert_eq!(auth_profile(&file, "lmstudio"), AuthProfile::Present);
        assert_eq!(auth_profile(&file, "x"), AuthProfile::Present);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("\"y\": 2"), "{text}");
    }

    #[test]
    fn a_new_file_is_its_owner_s_alone_and_has_nothing_to_back_up() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agent/auth-profiles.json");
        assert_eq!(add_auth_profile(&file, "lmstudio", "lm-studio").unwrap(), None);
        assert_eq!(auth_profile(&file, "lmstudio"), AuthProfile::Present);
        assert!(is_for_owner_alone(&file));
    }

    #[test]
    fn a_file_that_is_none_is_not_touched() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("auth-profiles.json");
        fs::write(&file, "{").unwrap();
        assert_eq!(auth_profile(&file, "lmstudio"), AuthProfile::Unreadable);
        let refused = add_auth_profile(&file, "lmstudio", "k");
        assert!(matches!(refused, Err(StoreError::Malformed { .. })));
        assert_eq!(auth_profile(folder.path(), "lmstudio"), AuthProfile::Unreadable);
    }
}
