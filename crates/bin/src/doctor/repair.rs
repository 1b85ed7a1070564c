//! What `--fix` does: only what is safe, and only what it has said before.

use std::path::{Path, PathBuf};
use std::time::Duration;

use adapters_fs::{Work, add_auth_profile, backup};
use adapters_http::ProviderKey;
use config::Settings;
use domain::Chain;
use domain::ports::{Expected, Gateway as _};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::finding::{Finding, Remedy};
use super::lines;
use crate::host_kind::HostKind;
use crate::{platform, wiring};

/// Any text does where a server asks for no key; OpenClaw takes this one for a key.
const KEY: &str = "lm-studio";

/// How long a gateway may take until it goes by a changed configuration.
const RELOADS: Duration = Duration::from_secs(20);

/// Something that was done, or could not be.
pub(crate) struct Repair {
    check: &'static str,
    what: String,
    /// The copy of what was there before, where there is one; or why it could not be done.
    result: Result<Option<PathBuf>, String>,
}

/// What can be done about the findings, each thing once.
pub(crate) fn remedies(found: &[Finding]) -> Vec<(&'static str, Remedy)> {
    let mut all: Vec<(&'static str, Remedy)> = Vec::new();
    for finding in found {
        if let Some(remedy) = finding.fix.as_ref().and_then(|fix| fix.remedy.as_ref())
            && !all.iter().any(|(_, known)| known == remedy)
        {
            all.push((finding.check, remedy.clone()));
        }
    }
    all
}

/// What a remedy does, as a person reads it before.
pub(crate) fn described(remedy: &Remedy) -> String {
    // Only Unix has modes and numbers of owners.
    let unix = |path: &Path| lines::path(HostKind::Linux, path);
    match remedy {
        Remedy::Mode { path, mode } => format!("chmod {mode:o} {}", unix(path)),
        Remedy::Owner { path, uid, gid } => format!("chown {uid}:{gid} {}", unix(path)),
        Remedy::ProviderKey { file, provider, new_at } => format!(
            "let the gateway put {} into {} (config.patch; what is there now is kept beside it, comments are lost)",
            match new_at {
                Some(at) => format!("models.providers.{provider} = {{ baseUrl: {at:?}, apiKey: {KEY:?}, models: [] }}"),
                None => format!("models.providers.{provider}.apiKey = {KEY:?}"),
            },
            file.display()
        ),
        Remedy::AuthProfile { file, provider } => {
            format!("put the profile {provider}:default with the key {KEY:?} into {}{}", file.display(), kept(file))
        }
    }
}

fn kept(file: &Path) -> &'static str {
    if file.exists() { " (what is there now is kept beside it)" } else { "" }
}

/// Does it.
pub(crate) async fn repair(check: &'static str, remedy: &Remedy, settings: &Settings) -> Repair {
    let result = match remedy {
        Remedy::Mode { path, mode } => {
            platform::set_mode(path, *mode).map(|()| None).map_err(|error| error.to_string())
        }
        Remedy::Owner { path, uid, gid } => {
            platform::set_owner(path, *uid, *gid).map(|()| None).map_err(|error| error.to_string())
        }
        Remedy::ProviderKey { file, provider, new_at } => {
            let to = ProviderKey { provider: provider.clone(), key: KEY.to_owned(), new_at: new_at.clone() };
            give_key(file, &to, settings).await
        }
        Remedy::AuthProfile { file, provider } => {
            add_auth_profile(file, provider, KEY).map_err(|error| Chain(&error).to_string())
        }
    };
    Repair { check, what: described(remedy), result }
}

/// Lets the gateway change its configuration, and waits until it goes by that.
async fn give_key(file: &Path, to: &ProviderKey, settings: &Settings) -> Result<Option<PathBuf>, String> {
    let tls = wiring::tls(settings.extra_roots.as_deref()).map_err(|exit| exit.to_string())?;
    let gateway = crate::gateway::gateway(settings.gateway.clone(), &settings.own_folder, tls, Work::Here);
    let gateway = gateway.await.map_err(|exit| exit.to_string())?;
    // Another machine's gateway has its file there, and keeps a copy itself.
    let before = if file.exists() { Some(backup(file).map_err(|error| Chain(&error).to_string())?) } else { None };
    gateway.give_key(to).await.map_err(|trouble| trouble.to_string())?;
    let expected = Expected { provider: to.provider.clone(), ..Expected::default() };
    let deadline = Instant::now() + RELOADS;
    while Instant::now() < deadline {
        if gateway.refresh_picker(&expected).await.is_ok_and(|shown| !shown.unavailable) {
            break;
        }
        sleep(Duration::from_millis(300)).await;
    }
    Ok(before)
}

impl Repair {
    /// For a person.
    pub(crate) fn as_text(&self) -> String {
        match &self.result {
            Err(error) => format!("  ✗ {}: {error}\n", self.what),
            Ok(Some(backup)) => format!("  ✓ {}\n    before: {}\n", self.what, backup.display()),
            Ok(None) => format!("  ✓ {}\n", self.what),
        }
    }

    /// For a program.
    pub(crate) fn as_json(&self) -> Value {
        let backup = self.result.as_ref().ok().and_then(Option::as_ref).map(|path| path.display().to_string());
        json!({ "check": self.check, "what": self.what, "backup": backup, "error": self.result.as_ref().err() })
    }
}
