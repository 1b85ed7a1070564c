//! The gateway, wired: where it is, what it wants to hear, and who asks it.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use adapters_fs::{
    AgentFiles, GatewayHints, ManagedRowsFile, OpenClawFile, OpenClawFiles, Work, device_seed, installed_openclaw,
};
use adapters_http::{DeviceKey, Gateway, GatewayAccess, RelayAccess, Tls};
use app::{ConfigTarget, Server};
use config::GatewaySettings;
use domain::era::{Abilities, Era};
use domain::ports::{ManagedRows, Running};
use domain::{Chain, ConfigSetting, Secret};
use tracing::warn;

use crate::exit::Exit;

/// The port of OpenClaw's gateway where nothing else is configured.
const DEFAULT_PORT: u16 = 18789;

/// How long one question to the gateway may take.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Where the gateway is, and what it wants to hear: as configured, else as OpenClaw's own configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GatewayLogin {
    url: String,
    token: Option<Secret>,
    password: Option<Secret>,
}

impl GatewayLogin {
    fn new(settings: &GatewaySettings, hints: GatewayHints) -> Self {
        let url = match &settings.url {
            Some(url) => url.to_string(),
            None => address(settings.port, &hints),
        };
        Self {
            url,
            token: settings.token.clone().or(hints.token),
            password: settings.password.clone().or(hints.password),
        }
    }

    /// Reads it from OpenClaw's own configuration as that is now; `None` where that cannot be read.
    pub(crate) async fn read(settings: &GatewaySettings, work: Work) -> Option<Self> {
        let config = openclaw_file(settings.config.clone()).read(work).await.ok()?;
        Some(Self::new(settings, config.gateway()))
    }
}

/// Makes the adapter of the gateway.
///
/// # Errors
/// An address that names no host: exit 78.
pub(crate) async fn gateway(
    settings: GatewaySettings,
    own_folder: &Path,
    tls: Tls,
    work: Work,
) -> Result<Gateway, Exit> {
    let hints = hints(&openclaw_file(settings.config.clone()), work).await;
    let GatewayLogin { url, token, password } = GatewayLogin::new(&settings, hints);
    let config = settings.config.display();
    let unusable = || Exit::config(format!("the gateway's address in {config} cannot be used"));
    let identity = own_folder.join("device.key");
    let access = GatewayAccess {
        url: url.parse().map_err(|_| unusable())?,
        token,
        password,
        device: Box::new(move || DeviceKey::from_seed(&device_seed(&identity, DeviceKey::new_seed)?)),
        timeout: TIMEOUT,
        tls,
        relay: settings.relay.map(RelayAccess::new),
    };
    Gateway::new(access).map_err(|_| unusable())
}

/// The OpenClaw that would run: the package that is installed, else the one that wrote openclaw.json last.
pub(crate) async fn installed(openclaw_json: &Path, work: Work) -> Option<Running> {
    let package = search_path().and_then(|path| installed_openclaw(&path));
    let version = match package {
        Some(version) => version,
        None => openclaw_file(openclaw_json.to_owned()).read(work).await.ok()?.version()?,
    };
    Some(Running { era: Era::for_gateway(&version, Abilities::default()), version })
}

/// The folders in which this machine has its programs.
#[expect(clippy::disallowed_methods, reason = "PATH is no setting of lmsync")]
fn search_path() -> Option<OsString> {
    env::var_os("PATH")
}

/// The config target: OpenClaw's own configuration, by its gateway.
pub(crate) fn config_target<'a, A>(
    setting: ConfigSetting,
    gateway: &'a Gateway,
    openclaw_json: &Path,
    own_folder: &Path,
    agents: AgentFiles,
    activity_source: A,
    work: Work,
) -> Target<'a, A> {
    ConfigTarget {
        setting: setting.into(),
        gateway,
        file: OpenClawFiles::new(openclaw_file(openclaw_json.to_owned()), agents),
        managed_rows: ManagedRowsFile::in_folder(own_folder, work),
        activity_source,
    }
}

/// The config target with its adapters.
pub(crate) type Target<'a, A> = ConfigTarget<&'a Gateway, OpenClawFiles, ManagedRowsFile, A>;

/// Lets the servers know what was added there before, so that it goes only when that is confirmed.
pub(crate) async fn remember<A, S>(target: &Target<'_, A>, servers: &mut [Server<S>]) {
    for server in servers {
        match target.managed_rows.recall(&server.profile().provider).await {
            Ok(added) => server.remember(added.rows),
            Err(error) => {
                let error = Chain(&error).to_string();
                warn!(name: "added_rows_unknown", error, "what was added to OpenClaw's configuration is not known");
            }
        }
    }
}

fn address(port: Option<u16>, hints: &GatewayHints) -> String {
    if let (None, Some(remote)) = (port, &hints.remote_url) {
        return remote.clone();
    }
    let scheme = if hints.tls { "wss" } else { "ws" };
    format!("{scheme}://127.0.0.1:{}/", port.or(hints.port).unwrap_or(DEFAULT_PORT))
}

/// What OpenClaw's own configuration says; nothing, with a warning, where it cannot be read.
async fn hints(file: &OpenClawFile, work: Work) -> GatewayHints {
    match file.read(work).await {
        Ok(config) => config.gateway(),
        Err(error) => {
            let error = Chain(&error).to_string();
            warn!(name: "openclaw_config_unread", error, "OpenClaw's configuration is not used to find the gateway");
            GatewayHints::default()
        }
    }
}

/// OpenClaw's own configuration at that place. OpenClaw replaces `${NAME}` in it from the environment of its own
/// process, which this one usually shares.
pub(crate) fn openclaw_file(openclaw_json: PathBuf) -> OpenClawFile {
    OpenClawFile::new(openclaw_json, variable)
}

/// A variable that the user's openclaw.json names.
#[expect(clippy::disallowed_methods, reason = "the names are the user's, and no settings of lmsync")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_the_nearest_one_that_is_named() {
        let hints = |remote: Option<&str>, port, tls| GatewayHints {
            remote_url: remote.map(str::to_owned),
            port,
            tls,
            ..GatewayHints::default()
        };
        assert_eq!(address(None, &hints(None, None, false)), "ws://127.0.0.1:18789/");
        assert_eq!(address(None, &hints(None, Some(19000), true)), "wss://127.0.0.1:19000/");
        assert_eq!(address(Some(20000), &hints(Some("wss://far"), Some(19000), false)), "ws://127.0.0.1:20000/");
        assert_eq!(address(None, &hints(Some("wss://far"), Some(19000), false)), "wss://far");
    }
}
