//! What OpenClaw keeps in files beside the models: its configuration, and the keys that it takes from files.

use domain::era::{AuthProfiles, Credential, Era};
use domain::ports::ConfigFile;
use domain::{Allowlist, ConfigText};

use crate::agent_files::AgentFiles;
use crate::auth_profiles::{AuthProfile, auth_profile};
use crate::openclaw_config::{EntryKey, OpenClawFile};
use crate::work::{Lane, Work};

/// The name of an agent's credentials, beside its models.json.
pub const AUTH_PROFILES: &str = "auth-profiles.json";

/// OpenClaw's configuration and its agents' credentials. Only read.
#[derive(Debug, Clone)]
pub struct OpenClawFiles {
    config: OpenClawFile,
    agents: AgentFiles,
}

impl OpenClawFiles {
    /// Knows the files. Nothing is read yet.
    #[must_use]
    pub fn new(config: OpenClawFile, agents: AgentFiles) -> Self {
        Self { config, agents }
    }
}

impl ConfigFile for OpenClawFiles {
    async fn text(&self) -> ConfigText {
        self.config.text().await
    }

    async fn allowlists(&self) -> Vec<Allowlist> {
        self.config.read(Work::Aside).await.map(|config| config.allowlists()).unwrap_or_default()
    }

    async fn has_key(&self, provider: &str, era: &Era) -> Option<bool> {
        let entry = self.config.read(Work::Aside).await.ok()?.models(provider).entry;
        let file = self.agents.agents().await.first()?.folder.join(AUTH_PROFILES);
        let provider = provider.to_owned();
        let profile = Lane::default().run(move || auth_profile(&file, &provider)).await.ok()?;
        let rows = entry.as_ref().is_some_and(|entry| !entry.models.is_empty());
        has_stored_key(entry.map_or(EntryKey::None, |entry| entry.key), rows, profile, era)
    }
}

/// Whether these hold a key that the era takes: the provider's entry in openclaw.json, which has a key and perhaps
/// rows, and the agent's credentials. `None` where the key may be in the gateway's own environment.
#[must_use]
pub fn has_stored_key(key: EntryKey, rows: bool, profile: AuthProfile, era: &Era) -> Option<bool> {
    let by_entry = match key {
        EntryKey::Key => true,
        EntryKey::Marker => rows && era.credentials.contains(&Credential::MarkerWithRows),
        EntryKey::None => false,
    };
    let by_profile = profile == AuthProfile::Present && era.auth_profiles == AuthProfiles::Read;
    if by_entry || by_profile {
        return Some(true);
    }
    (!era.credentials.contains(&Credential::Environment)).then_some(false)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use domain::era::Abilities;

    use super::*;
    use crate::AgentChoice;

    #[tokio::test]
    async fn an_early_openclaw_has_the_key_that_its_files_hold() {
        let state = tempfile::tempdir().unwrap();
        let folder = state.path().join("agents/main/agent");
        fs::create_dir_all(&folder).unwrap();
        let config = OpenClawFile::new(state.path().join("openclaw.json"), |_| None);
        let agents = AgentFiles::of_agents(state.path(), config.clone(), AgentChoice::Named(vec!["main".to_owned()]));
        let files = OpenClawFiles::new(config, agents);
        let (early, late) =
            (Era::for_gateway("2026.2.12", Abilities::default()), Era::for_gateway("2026.9.6", Abilities::default()));
        assert_eq!(files.has_key("lmstudio", early).await, Some(false));
        assert_eq!(files.has_key("lmstudio", late).await, None, "it may be in the gateway's environment");

        let profiles = r#"{"profiles":{"lmstudio:default":{"provider":"lmstudio","key":"k"}}}"#;
        fs::write(folder.join(AUTH_PROFILES), profiles).unwrap();
        assert_eq!(files.has_key("lmstudio", early).await, Some(true));
        assert_eq!(files.has_key("other", early).await, Some(false));
        assert_eq!(files.has_key("lmstudio", late).await, None, "late versions do not read the file");

        let entry = r#"{models: {providers: {other: {apiKey: 'sk-1'}}}}"#;
        fs::write(state.path().join("openclaw.json"), entry).unwrap();
        assert_eq!(files.has_key("other", early).await, Some(true));
    }
}
