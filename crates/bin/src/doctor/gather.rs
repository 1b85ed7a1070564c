//! Gathers the facts of each area from the real things, in turn. It changes nothing.

mod files;
mod gateway;
mod server;

use std::path::Path;
use std::time::SystemTime;

use adapters_fs::{OpenClawConfig, OpenClawConfigError, Work, volume};
use adapters_http::Tls;
use config::Settings;
use domain::Chain;

use self::files::Files;
use super::candidates::CandidateFacts;
use super::daemon::DaemonFacts;
use super::facts::Facts;
use super::host::HostFacts;
use super::openclaw::{OpenClawFacts, ProviderFacts};
use super::path_fault::User;
use super::server::{Answered, ServerFacts};
use super::state::OnDisk;
use crate::default_server::{Until, ask_candidates, has_own_key};
use crate::exit::Exit;
use crate::host_kind::HostKind;
use crate::place::Place;
use crate::seen::Seen;
use crate::wiring::{self, Adapters};
use crate::{config_source, service};

/// Gathers all facts; `tell` hears what the doctor checks now.
///
/// # Errors
/// What makes the settings unusable only now: a key file, a certificate, the gateway's address.
pub(super) async fn facts(settings: &Settings, tell: impl Fn(&str)) -> Result<Facts, Exit> {
    let here = HostKind::find();
    let Adapters { mut servers, stores, factory, tls, .. } = wiring::adapters(settings, Work::Aside).await?;
    let mut candidates = None;
    if settings.server_is_default {
        tell("looking where LM Studio answers");
        let asked = ask_candidates(here, settings.timeout, &tls, Until::All).await;
        let used = servers.first().map(|server| server.profile().address.clone()).unwrap_or_default();
        candidates = Some(CandidateFacts { here, timeout: settings.timeout, candidates: asked, used });
    }
    let mut served = Vec::new();
    for (index, (asked, server)) in factory.clients()?.iter().zip(&mut servers).enumerate() {
        tell(&format!("asking {}", asked.0.server.api));
        served.push(server::gather(&factory, asked, server, &stores, index > 0, here).await?);
    }
    tell("reading OpenClaw's files");
    let files = files::gather(&stores, &served).await;
    let place = Place::read(settings, &stores).await;
    let path = &settings.gateway.config;
    let openclaw = crate::gateway::openclaw_file(path.clone()).read(Work::Aside).await;
    let openclaw_facts = openclaw_facts(path, &openclaw, &served, &files.others);
    tell("asking the gateway");
    let gateway = crate::gateway::gateway(settings.gateway.clone(), &settings.own_folder, tls.clone(), Work::Aside);
    let gateway = gateway.await?;
    gateway.set_agents(stores.agent_ids());
    let own_key = has_own_key(settings);
    let openclaw = openclaw.unwrap_or_default();
    let gateway = gateway::gather(&gateway, &openclaw, path, &files, &served, (own_key, here)).await;
    let config_file = OnDisk::read(path);
    Ok(Facts {
        candidates,
        servers: served,
        user: User::current(here),
        folder: OnDisk::read(&settings.state_dir),
        place,
        openclaw: openclaw_facts,
        gateway,
        daemon: daemon_facts(settings, &tls).await?,
        host: host_facts(&settings.state_dir, &files, &config_file, here),
        files: files.facts,
        config_file,
    })
}

fn openclaw_facts(
    path: &Path,
    config: &Result<OpenClawConfig, OpenClawConfigError>,
    servers: &[ServerFacts],
    others: &[(String, String)],
) -> OpenClawFacts {
    let unusable = config.as_ref().err().map(|error| Chain(error).to_string());
    let nothing = OpenClawConfig::default();
    let config = config.as_ref().unwrap_or(&nothing);
    let is_kept = |name: &String| servers.iter().any(|server| server.provider == *name);
    let provider = |server: &ServerFacts| ProviderFacts {
        provider: server.provider.clone(),
        settings: config.models(&server.provider),
        base_url: server.base_url.clone(),
        offered: server.answer.as_ref().ok().map(Answered::offered_ids),
        beside: others.iter().filter(|(name, _)| !is_kept(name)).cloned().collect(),
    };
    OpenClawFacts {
        path: path.to_owned(),
        there: path.exists(),
        unusable,
        included: config.included().len(),
        problems: config.problems(),
        providers: servers.iter().map(provider).collect(),
    }
}

fn host_facts(folder: &Path, files: &Files, config_file: &OnDisk, here: HostKind) -> HostFacts {
    let all = files.facts.iter().map(|facts| &facts.file).chain([config_file]);
    let changed = |file: &OnDisk| Some((file.path.clone(), file.found()?.modified));
    HostFacts {
        here,
        now: SystemTime::now(),
        changed: all.filter_map(changed).collect(),
        volume: volume(folder).ok(),
        folder: folder.to_owned(),
        file_bytes: files.largest_bytes,
    }
}

async fn daemon_facts(settings: &Settings, tls: &Tls) -> Result<DaemonFacts, Exit> {
    Ok(DaemonFacts {
        seen: Seen::read(settings, tls).await,
        plugin_is_enabled: settings.plugin_is_enabled,
        service: config_source::home()?.and_then(|home| service::defined_at(&home)),
        now: SystemTime::now(),
    })
}
