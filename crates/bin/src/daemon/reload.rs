//! What is checked before each pass: `lmsync.toml`, `openclaw.json`, the gateway that runs, and where LM Studio is.

use std::sync::Arc;

use adapters_fs::{AgentFiles, Work};
use adapters_http::{Gateway, LmStudio};
use app::Server;
use config::Settings;
use domain::ports::Running;
use tracing::{info, warn};

use super::first_server::FirstServer;
use super::openclaw_watch::OpenClawWatch;
use crate::config_source::ConfigSource;
use crate::gateway::Target;
use crate::wiring::{Factory, agent_files};

/// Applies a changed `lmsync.toml`, and notices another gateway or a changed `openclaw.json`.
pub(crate) struct Reload<'a, A> {
    source: &'a mut ConfigSource,
    settings: Settings,
    factory: Factory,
    openclaw: OpenClawWatch,
    gateway: Arc<Gateway>,
    target: &'a Target<'a, A>,
    first: &'a FirstServer,
}

impl<'a, A> Reload<'a, A> {
    /// Begins with the files as they are.
    pub(crate) fn new(
        source: &'a mut ConfigSource,
        settings: Settings,
        factory: Factory,
        openclaw: OpenClawWatch,
        gateway: Arc<Gateway>,
        target: &'a Target<'a, A>,
        first: &'a FirstServer,
    ) -> Self {
        Self { source, settings, factory, openclaw, gateway, target, first }
    }

    /// Brings the servers and the stores up to date. Returns whether the notifier has to look at all models again:
    /// because OpenClaw or its configuration changed, or because openclaw.json is used in another way.
    pub(crate) async fn apply(&mut self, servers: &mut Vec<Server<LmStudio>>, stores: &mut AgentFiles) -> bool {
        let wants_other = self.reread(servers, stores).await;
        self.follow_default(servers).await;
        let seen = self.gateway.seen();
        let running = seen.clone().map(|seen| Running { version: seen.version, era: seen.era });
        servers.iter_mut().for_each(|server| server.set_gateway(running.clone()));
        // As the pass before found them. The picker of a new agent is refreshed once openclaw.json has rested.
        self.gateway.set_agents(stores.agent_ids());
        self.openclaw.has_changed(seen).await || wants_other
    }

    /// Whether there was an `openclaw.json` at the last look.
    pub(crate) fn has_openclaw_json(&self) -> bool {
        self.openclaw.has_file()
    }

    /// Applies `lmsync.toml` where it has changed. Returns whether `openclaw_config` is another one now.
    async fn reread(&mut self, servers: &mut Vec<Server<LmStudio>>, stores: &mut AgentFiles) -> bool {
        let Some(settings) = self.source.renewed().await else { return false };
        if let Ok(settings) = &settings {
            self.factory.find_default(settings, 0).await;
        }
        let applied = settings.and_then(|settings| {
            self.factory.renew(&settings, servers).map_err(|exit| exit.to_string())?;
            self.first.follow(self.factory.first_activity_source().map_err(|exit| exit.to_string())?);
            *stores = agent_files(&settings, Work::Aside);
            let wants_other = self.target.setting.get() != settings.config_target;
            self.target.setting.set(settings.config_target);
            self.settings = settings;
            Ok(wants_other)
        });
        match applied {
            Ok(wants_other) => {
                info!(
                    name: "config_reloaded",
                    "rules, agents, servers and openclaw_config are read again from lmsync.toml"
                );
                wants_other
            }
            Err(error) => {
                warn!(name: "config_refused", error, "lmsync.toml cannot be used; what it said before stays in force");
                false
            }
        }
    }

    /// Looks for the first server where nobody has set one and it did not answer for some passes.
    async fn follow_default(&mut self, servers: &mut Vec<Server<LmStudio>>) {
        if !self.factory.find_default(&self.settings, self.first.misses()).await {
            return;
        }
        let renewed = self.factory.renew(&self.settings, servers);
        match renewed.and_then(|()| self.factory.first_activity_source()) {
            Ok(activity_source) => self.first.follow(activity_source),
            Err(exit) => {
                let error = exit.to_string();
                warn!(name: "server_unusable", error, "the server that answers now cannot be used");
            }
        }
    }
}
