//! The wiring: which adapters the settings become.

use std::fs;
use std::path::Path;
use std::time::Duration;

use adapters_fs::{AgentChoice, AgentFiles, ModelsFile, Work};
use adapters_http::{LmStudio, LmStudioActivity, ServerKey, Tls};
use app::{Base, Profile, Server};
use config::{Agents, KeySource, ServerSettings, ServerUrl, Settings};
use domain::ports::{ModelStores, NamedStore};
use domain::{Chain, KeyHeader, Secret};
use tracing::{info, warn};

use crate::address::address;
use crate::default_server::DefaultServer;
use crate::exit::Exit;
use crate::gateway;

/// How long the end of the program waits for a write that has begun.
pub(crate) const LAST_WRITE: Duration = Duration::from_secs(10);

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
    let tls = tls(settings.extra_roots.as_deref())?;
    let mut factory = Factory {
        default: None,
        tls: tls.clone(),
        timeout: settings.timeout,
        empty_after: settings.empty_after,
        made: Vec::new(),
    };
    factory.find_default(settings, 0).await;
    let mut servers = Vec::new();
    factory.renew(settings, &mut servers)?;
    let server = factory.first(settings).0;
    Ok(Adapters { servers, stores: agent_files(settings, work), server, factory, tls })
}

/// The files that are kept.
pub(crate) fn agent_files(settings: &Settings, work: Work) -> AgentFiles {
    let files = match &settings.explicit_models_json {
        Some(file) => AgentFiles::one(file.clone()),
        None => {
            let wanted = match &settings.agents {
                Agents::Configured => AgentChoice::Configured,
                Agents::All => AgentChoice::All,
                Agents::Named(names) => AgentChoice::Named(names.clone()),
            };
            let openclaw_json = gateway::openclaw_file(settings.gateway.config.clone());
            AgentFiles::of_agents(&settings.state_dir, openclaw_json, wanted)
        }
    };
    files.remembering(&settings.own_folder).working(work)
}

/// Makes servers as configured, and keeps those that stay the same, with all that is remembered of them.
pub(crate) struct Factory {
    /// The first server, as long as nobody has set one.
    default: Option<DefaultServer>,
    tls: Tls,
    timeout: Duration,
    empty_after: Duration,
    /// What the servers were made of, in the same order.
    made: Vec<ServerSettings>,
}

impl Factory {
    /// Looks for the first server where nobody has set one, and again where it did not answer for some passes. Says
    /// whether that is another one now, so that the servers have to be made again.
    pub(crate) async fn find_default(&mut self, settings: &Settings, misses: u32) -> bool {
        if !settings.server_is_default {
            return self.default.take().is_some();
        }
        match &mut self.default {
            Some(default) => default.follow(misses).await,
            None => {
                self.default = Some(DefaultServer::find(settings, self.tls.clone()).await);
                true
            }
        }
    }

    /// The first server, and the key that goes there: a person's only where a server was found.
    fn first(&self, settings: &Settings) -> (ServerUrl, KeySource) {
        let key = settings.key.clone().map_or(KeySource::None, KeySource::Secret);
        match &self.default {
            Some(default) if default.is_found() => (default.url().clone(), key),
            Some(default) => (default.url().clone(), KeySource::None),
            None => (settings.server.clone(), key),
        }
    }

    /// The activity source at the first server, where that can be LM Studio.
    ///
    /// # Errors
    /// A key file that cannot be read.
    pub(crate) fn first_activity_source(&self) -> Result<Option<LmStudioActivity>, Exit> {
        let Some(made) = self.made.first() else { return Ok(None) };
        let Some(root) = &made.server.root else { return Ok(None) };
        // Its WebSocket takes a token of its own, and no password for a proxy before it.
        let token = key(made)?.and_then(|key| key.token().cloned());
        Ok(Some(LmStudioActivity::new(root, token, self.tls.clone())))
    }

    /// Makes the servers what the settings say.
    ///
    /// # Errors
    /// A key file that cannot be read; then the servers stay as they are.
    pub(crate) fn renew(&mut self, settings: &Settings, servers: &mut Vec<Server<LmStudio>>) -> Result<(), Exit> {
        let wanted = self.wanted(settings);
        let keys = wanted.iter().map(key).collect::<Result<Vec<_>, Exit>>()?;
        let mut had: Vec<_> = self.made.drain(..).zip(servers.drain(..)).collect();
        for (wanted, key) in wanted.iter().zip(keys) {
            let same = had
                .iter()
                .position(|(made, _)| ServerSettings { rules: wanted.rules.clone(), ..made.clone() } == *wanted);
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
        let (server, key) = self.first(settings);
        let first = ServerSettings {
            server,
            provider: settings.provider.clone(),
            provider_base_url: settings.provider_base_url.clone(),
            key,
            key_header: settings.key_header.clone(),
            rules: settings.rules.clone(),
        };
        std::iter::once(first).chain(settings.servers.iter().cloned()).collect()
    }

    fn server(&self, settings: &ServerSettings, key: Option<ServerKey>) -> Server<LmStudio> {
        let ServerSettings { server, provider, provider_base_url, rules, .. } = settings;
        if server.is_overheard() && key.as_ref().is_some_and(|key| key.secret().looks_like_openais()) {
            warn!(
                name: "key_goes_elsewhere", provider, server = %server.api,
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

/// Removes what a crash has left behind. That it cannot is no reason not to start.
pub(crate) async fn sweep(adapters: &Adapters) {
    for NamedStore { name: file, store } in adapters.files().await {
        match store.sweep().await {
            Ok(0) => {}
            Ok(leftovers) => {
                info!(name: "leftovers_removed", leftovers, file, "removed temporary files that a crash had left")
            }
            Err(error) => {
                let error = Chain(&error).to_string();
                warn!(
                    name: "leftovers_unknown", error, file,
                    "cannot look for temporary files that a crash may have left"
                );
            }
        }
    }
}

pub(crate) fn tls(extra_roots: Option<&Path>) -> Result<Tls, Exit> {
    Tls::new(extra_roots).map_err(|error| Exit::config(format!("SSL_CERT_FILE cannot be used: {}", Chain(&error))))
}
