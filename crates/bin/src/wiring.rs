//! The wiring: which adapters the settings become.

use std::fs;
use std::path::Path;
use std::time::Duration;

use adapters_fs::{AgentFiles, ModelsFile, Wanted, Work};
use adapters_http::{LmStudio, ServerAddress, ServerKey, Tls};
use app::{Base, Chain, Profile, Server};
use config::{Agents, KeySource, ServerSettings, ServerUrl, Settings};
use domain::ports::{ModelStores, NamedStore};
use domain::{KeyHeader, Secret};
use tokio::net::lookup_host;
use tokio::time::timeout;
use tracing::{info, warn};

use crate::exit::Exit;
use crate::gateway;

/// How long the end of the program waits for a write that has begun.
pub(crate) const LAST_WRITE: Duration = Duration::from_secs(10);

/// How long to wait for the default server's name to be found.
const LOOKUP: Duration = Duration::from_secs(2);

/// Where LM Studio is when this is not a container, or one without `extra_hosts`.
const ON_THIS_HOST: &str = "http://localhost:1234/v1";

/// The adapters that every pass needs.
pub(crate) struct Adapters {
    /// Who is asked: the first one is the environment's.
    pub(crate) servers: Vec<Server<LmStudio>>,
    /// What is kept.
    pub(crate) stores: AgentFiles,
    /// The address of the first server.
    pub(crate) server: ServerUrl,
    /// How servers become adapters.
    pub(crate) factory: Factory,
    /// Whom to trust, for all that is asked over TLS.
    pub(crate) tls: Tls,
}

impl Adapters {
    /// The files that there are for the first server's provider.
    pub(crate) async fn files(&self) -> Vec<NamedStore<ModelsFile>> {
        let provider = self.servers.first().map_or("", |server| &server.profile().provider);
        self.stores.stores(provider).await
    }
}

/// Makes the adapters.
///
/// # Errors
/// Certificates or a key file that cannot be read: exit 78.
pub(crate) async fn adapters(settings: &Settings, work: Work) -> Result<Adapters, Exit> {
    let first = first_server(settings).await;
    let tls = tls(settings.extra_roots.as_deref())?;
    let mut factory = Factory {
        first,
        tls: tls.clone(),
        timeout: settings.timeout,
        empty_after: settings.empty_after,
        made: Vec::new(),
    };
    let mut servers = Vec::new();
    factory.renew(settings, &mut servers)?;
    Ok(Adapters { servers, stores: agent_files(settings, work), server: factory.first.clone(), factory, tls })
}

/// The files that are kept.
pub(crate) fn agent_files(settings: &Settings, work: Work) -> AgentFiles {
    let files = match &settings.explicit_models_json {
        Some(file) => AgentFiles::one(file.clone()),
        None => {
            let wanted = match &settings.agents {
                Agents::Configured => Wanted::Configured,
                Agents::All => Wanted::All,
                Agents::Named(names) => Wanted::Named(names.clone()),
            };
            let openclaw_json = gateway::openclaw_file(settings.gateway.config.clone());
            AgentFiles::of_agents(&settings.state_dir, openclaw_json, wanted)
        }
    };
    files.remembering(&settings.own_folder).working(work)
}

/// Makes servers as configured, and keeps those that stay the same, with all that is remembered of them.
pub(crate) struct Factory {
    /// The first server's address, found once.
    first: ServerUrl,
    tls: Tls,
    timeout: Duration,
    empty_after: Duration,
    /// What the servers were made of, in the same order.
    made: Vec<ServerSettings>,
}

impl Factory {
    /// Makes the servers what the settings say.
    ///
    /// # Errors
    /// A key file that cannot be read; then the servers stay as they are.
    pub(crate) fn renew(
        &mut self,
        settings: &Settings,
        servers: &mut Vec<Server<LmStudio>>,
    ) -> Result<(), Exit> {
        let wanted = self.wanted(settings);
        let keys = wanted.iter().map(key).collect::<Result<Vec<_>, Exit>>()?;
        let mut had: Vec<_> = self.made.drain(..).zip(servers.drain(..)).collect();
        for (wanted, key) in wanted.iter().zip(keys) {
            let same = had.iter().position(|(made, _)| {
                ServerSettings { rules: wanted.rules.clone(), ..made.clone() } == *wanted
            });
            servers.push(match same {
                Some(index) => {
                    let (_, mut server) = had.swap_remove(index);
                    server.set_rules(wanted.rules.clone());
                    server
                }
                None => self.server(wanted, key),
            });
        }
        self.made = wanted;
        Ok(())
    }

    /// The addresses of the servers, in the same order.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = String> {
        self.made.iter().map(|made| made.server.api.to_string())
    }

    /// How long one request may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Each server as it is set, its key, and a client of its own that is let in as the server's other one is.
    ///
    /// # Errors
    /// A key file that cannot be read.
    pub(crate) fn clients(&self) -> Result<Vec<(ServerSettings, Option<ServerKey>, LmStudio)>, Exit> {
        let client = |made: &ServerSettings| {
            let key = key(made)?;
            let client = LmStudio::new(address(&made.server), key.clone(), self.timeout, self.tls.clone());
            Ok((made.clone(), key, client))
        };
        self.made.iter().map(client).collect()
    }

    /// A client of a server at another address, which learns no key.
    pub(crate) fn stranger(&self, at: &ServerUrl, timeout: Duration) -> LmStudio {
        LmStudio::new(address(at), None, timeout, self.tls.clone())
    }

    /// All servers, the environment's first.
    fn wanted(&self, settings: &Settings) -> Vec<ServerSettings> {
        let first = ServerSettings {
            server: if settings.server_is_default { self.first.clone() } else { settings.server.clone() },
            provider: settings.provider.clone(),
            provider_base_url: settings.provider_base_url.clone(),
            key: settings.key.clone().map_or(KeySource::None, KeySource::Secret),
            key_header: settings.key_header.clone(),
            rules: settings.rules.clone(),
        };
        std::iter::once(first).chain(settings.servers.iter().cloned()).collect()
    }

    fn server(&self, settings: &ServerSettings, key: Option<ServerKey>) -> Server<LmStudio> {
        let ServerSettings { server, provider, provider_base_url, rules, .. } = settings;
        if server.is_overheard() && key.as_ref().is_some_and(|key| key.secret().looks_like_openais()) {
            warn!(
                provider, server = %server.api,
                "the key for lmstudio looks like one of OpenAI's, and goes to another machine over plain http: is that \
                 meant? Set OPENAI_API_KEY to that server's own key (empty: none is sent), or use https"
            );
        }
        let bases = server.bases_as_written(provider_base_url.as_ref());
        let bases = bases.into_iter().map(|(address, base_url)| Base { address, base_url }).collect();
        let profile = Profile::new(provider.clone(), bases, rules.clone());
        let source = LmStudio::new(address(server), key, self.timeout, self.tls.clone());
        Server::new(source, profile, Some(self.empty_after))
    }
}

fn address(server: &ServerUrl) -> ServerAddress {
    let ServerUrl { api, others, root } = server.clone();
    ServerAddress { api, others, root }
}

/// A server's key, as it is sent.
fn key(settings: &ServerSettings) -> Result<Option<ServerKey>, Exit> {
    let ServerSettings { provider, key, key_header, .. } = settings;
    let secret = match key {
        KeySource::None => None,
        KeySource::Secret(key) => Some(key.clone()),
        KeySource::File(path) => match fs::read_to_string(path) {
            Ok(text) => Secret::new(text.trim()),
            Err(error) => {
                return Err(Exit::config(format!("cannot read the key file {}: {error}", path.display())));
            }
        },
    };
    let Some(secret) = secret else { return Ok(None) };
    if *key_header == KeyHeader::Basic && !secret.expose().contains(':') {
        let expected = "has to be user:password, since it is sent by HTTP's Basic authentication";
        return Err(Exit::config(format!("the key for {provider} {expected}")));
    }
    Ok(Some(ServerKey::new(secret, key_header.clone())))
}

/// The server that is asked first: the one that is named, else the one that can be found.
pub(crate) async fn first_server(settings: &Settings) -> ServerUrl {
    if settings.server_is_default {
        default_server(settings.server.clone()).await
    } else {
        settings.server.clone()
    }
}

/// The server when nobody has named one: as a container reaches the host, else this host.
async fn default_server(in_container: ServerUrl) -> ServerUrl {
    let host = in_container.api.host().unwrap_or_default().to_owned();
    let port = in_container.api.port_u16().unwrap_or_default();
    let found = timeout(LOOKUP, lookup_host((host, port))).await;
    let resolves = found.is_ok_and(|looked| looked.is_ok_and(|mut addresses| addresses.next().is_some()));
    if resolves { in_container } else { ServerUrl::parse(ON_THIS_HOST).unwrap_or(in_container) }
}

/// Removes what a crash has left behind. That it cannot is no reason not to start.
pub(crate) async fn sweep(adapters: &Adapters) {
    for NamedStore { name: file, store } in adapters.files().await {
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
