//! The wiring: where configuration is read from, and which adapters it becomes.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use adapters_fs::ModelsFile;
use adapters_http::{LmStudio, ServerAddress, Tls};
use app::config::{Inputs, ServerUrl, Setting, Settings};
use app::{Chain, Profile, Server};
use domain::Rules;
use domain::ports::{ModelStores, NamedStore};
use tokio::net::lookup_host;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::exit::Exit;

/// How long the end of the program waits for a write that has begun.
pub(crate) const LAST_WRITE: Duration = Duration::from_secs(10);

/// How long to wait for the default server's name to be found.
const LOOKUP: Duration = Duration::from_secs(2);

/// Where LM Studio is when this is not a container, or one without `extra_hosts`.
const ON_THIS_HOST: &str = "http://localhost:1234/v1";

/// Everything that configuration is read from, for this process.
///
/// # Errors
/// A `.env` file that is there and cannot be read.
pub(crate) fn inputs(flags: Vec<(&'static Setting, String)>) -> Result<Inputs, Exit> {
    let path = PathBuf::from(".env");
    let dotenv = match std::fs::read_to_string(&path) {
        Ok(text) => Some((path, text)),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::IsADirectory) => None,
        Err(error) => {
            return Err(Exit::config(format!("cannot read .env in the working directory: {error}")));
        }
    };
    Ok(Inputs { dotenv, environment: std::env::vars_os().collect(), flags, config_file: None })
}

/// The adapters that every pass needs.
pub(crate) struct Adapters {
    /// Who is asked: the first one is the environment's.
    pub(crate) servers: Vec<Server<LmStudio>>,
    /// What is kept.
    pub(crate) stores: Stores,
    /// The address of the first server.
    pub(crate) server: ServerUrl,
}

/// The one file that is kept.
pub(crate) struct Stores(ModelsFile);

impl ModelStores for Stores {
    type Store = ModelsFile;

    async fn stores(&self, _provider: &str) -> Vec<NamedStore<ModelsFile>> {
        vec![NamedStore { name: self.0.path().display().to_string(), store: self.0.clone() }]
    }
}

impl Adapters {
    /// The files that there are for the first server's provider.
    pub(crate) async fn stores(&self) -> Vec<NamedStore<ModelsFile>> {
        let provider = self.servers.first().map_or("", |server| &server.profile().provider);
        self.stores.stores(provider).await
    }
}

/// Makes the adapters.
///
/// # Errors
/// Certificates that cannot be read: exit 78.
pub(crate) async fn adapters(settings: Settings) -> Result<Adapters, Exit> {
    let Settings {
        server,
        server_is_default,
        key,
        state_dir: _,
        models_json,
        provider,
        provider_base_url,
        timeout,
        extra_roots,
        ..
    } = settings;
    let server = if server_is_default { default_server(server).await } else { server };
    let tls = tls(extra_roots.as_deref())?;
    let address = ServerAddress { api: server.api.clone(), root: server.root.clone() };
    let base_url = provider_base_url.as_ref().unwrap_or(&server).api.to_string();
    let profile = Profile { provider: provider.clone(), base_url, rules: Rules::default() };
    Ok(Adapters {
        servers: vec![Server::new(LmStudio::new(address, key, timeout, tls), profile, None)],
        stores: Stores(ModelsFile::new(models_json, provider)),
        server,
    })
}

/// The server when nobody has named one: as a container reaches the host, else this host.
pub(crate) async fn default_server(in_container: ServerUrl) -> ServerUrl {
    let host = in_container.api.host().unwrap_or_default().to_owned();
    let port = in_container.api.port_u16().unwrap_or_default();
    let found = timeout(LOOKUP, lookup_host((host, port))).await;
    let resolves = found.is_ok_and(|looked| looked.is_ok_and(|mut addresses| addresses.next().is_some()));
    if resolves { in_container } else { ServerUrl::parse(ON_THIS_HOST).unwrap_or(in_container) }
}

/// Removes what a crash has left behind. That it cannot is no reason not to start.
pub(crate) async fn sweep(adapters: &Adapters) {
    for NamedStore { name: file, store } in adapters.stores().await {
        match store.sweep().await {
            Ok(0) => {}
            Ok(leftovers) => info!(leftovers, file, "removed temporary files that a crash had left"),
            Err(error) => {
                let error = Chain(&error).to_string();
                warn!(error, file, "cannot look for temporary files that a crash may have left");
            }
        }
    }
}

pub(crate) fn tls(extra_roots: Option<&Path>) -> Result<Tls, Exit> {
    Tls::new(extra_roots)
        .map_err(|error| Exit::config(format!("SSL_CERT_FILE cannot be used: {}", Chain(&error))))
}
