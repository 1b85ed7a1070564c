//! Looking: the facts of each area, fetched from the real things, in turn. Nothing is changed by it.

mod files;
mod gateway;
mod server;

use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use adapters_fs::{DaemonNote, Sign, Work, survey, volume};
use adapters_http::{StatusClient, Tls};
use config::{Config, Settings};
use domain::Chain;
use serde_json::Value;

use self::files::Files;
use self::server::NOBODYS_KEY;
use super::candidates::CandidateFacts;
use super::configuration::ConfigurationFacts;
use super::daemon::DaemonFacts;
use super::facts::Facts;
use super::host::HostFacts;
use super::openclaw::{OpenClawFacts, ProviderFacts};
use super::path_fault::User;
use super::state::Place;
use crate::default_server::{Until, ask_candidates};
use crate::exit::Exit;
use crate::host_kind::HostKind;
use crate::wiring::{self, Adapters};
use crate::{config_source, service};

/// How long the daemon may take to answer: it is near.
const NEARBY: Duration = Duration::from_secs(2);

/// Looks at everything; `tell` hears what the doctor checks now.
///
/// # Errors
/// What makes the settings unusable only now: a key file, a certificate, the gateway's address.
pub(super) async fn gather(config: &Config, settings: Settings, tell: impl Fn(&str)) -> Result<Facts, Exit> {
    let here = HostKind::find();
    let tls = wiring::tls(settings.extra_roots.as_deref())?;
    let Adapters { mut servers, stores, factory, .. } = wiring::adapters(&settings, Work::Aside).await?;
    let own_key = settings.key.as_ref().is_some_and(|key| key.expose() != NOBODYS_KEY);
    let candidates = if settings.server_is_default {
        tell("looking where LM Studio answers");
        let candidates = ask_candidates(here, settings.timeout, &tls, Until::All).await;
        let used = servers.first().map(|server| server.profile().address.clone()).unwrap_or_default();
        Some(CandidateFacts { place: here, candidates, used })
    } else {
        None
    };
    let mut served = Vec::new();
    for (index, (asked, server)) in factory.clients()?.iter().zip(&mut servers).enumerate() {
        tell(&format!("asking {}", asked.0.server.api));
        served.push(server::gather(&factory, asked, server, &stores, index > 0, here).await?);
    }
    tell("looking at OpenClaw's files");
    let providers: Vec<String> = servers.iter().map(|server| server.profile().provider.clone()).collect();
    let files = files::gather(&stores, &providers, &served).await;
    let openclaws = crate::place::Place::read(&settings, &stores).await;
    let config_file = settings.gateway.config.clone();
    let plugin_is_enabled = settings.plugin_is_enabled;
    let openclaw = crate::gateway::openclaw_file(config_file.clone()).read(Work::Aside).await;
    let unusable = openclaw.as_ref().err().map(|error| Chain(error).to_string());
    let openclaw = openclaw.unwrap_or_default();
    let of_provider = |(server, provider): (&server::Served, &String)| ProviderFacts {
        provider: provider.clone(),
        settings: openclaw.models(provider),
        base_url: server.base_url.clone(),
        offered: server.offered_ids(),
        beside: files.others.iter().filter(|(name, _)| !providers.contains(name)).cloned().collect(),
    };
    let openclaw_facts = OpenClawFacts {
        there: config_file.exists(),
        unusable,
        included: openclaw.included().len(),
        problems: openclaw.problems(),
        providers: served.iter().zip(&providers).map(of_provider).collect(),
        path: config_file.clone(),
    };
    let base_urls: Vec<String> = served.iter().map(|server| server.base_url.clone()).collect();
    tell("asking the gateway");
    let gateway =
        crate::gateway::gateway(settings.gateway, &settings.own_folder, tls.clone(), Work::Aside).await?;
    gateway.set_agents(stores.agent_ids());
    let gateway = gateway::gather(
        &gateway,
        &openclaw,
        (&providers, &base_urls),
        config_file.clone(),
        &files,
        (own_key, here),
    )
    .await;
    let sign = Sign::read(&settings.own_folder, SystemTime::now()).map_err(|error| Chain(&error).to_string());
    let status = match &sign {
        Ok(Sign::Alive(DaemonNote { listens: Some(listens), .. }, _)) => {
            Some(daemon_status(*listens, tls).await)
        }
        _ => None,
    };
    let place = |path: std::path::PathBuf| Place { survey: survey(&path), path };
    let Files { places, contents, file_bytes } = files.facts;
    let config_place = place(config_file);
    let surveyed = places.iter().map(|(file, _)| file).chain([&config_place]);
    let changed =
        surveyed.filter_map(|file| Some((file.path.clone(), file.survey.as_ref().ok()?.as_ref()?.modified)));
    let host = HostFacts {
        here,
        now: SystemTime::now(),
        changed: changed.collect(),
        volume: volume(&settings.state_dir).ok(),
        folder: settings.state_dir.clone(),
        file_bytes,
    };
    Ok(Facts {
        configuration: ConfigurationFacts::read(config),
        candidates,
        servers: served.into_iter().map(|server| server.facts).collect(),
        user: User::current(here),
        folder: place(settings.state_dir),
        openclaws,
        places,
        contents,
        openclaw: openclaw_facts,
        config_file: config_place,
        gateway,
        daemon: DaemonFacts {
            sign,
            status,
            plugin_is_enabled,
            service: config_source::home()?.and_then(|home| service::defined_at(&home)),
            now: SystemTime::now(),
        },
        host,
    })
}

/// What the daemon that listens there says of itself.
async fn daemon_status(listens: SocketAddr, tls: Tls) -> Result<Value, String> {
    let answer =
        StatusClient::new(listens, tls, NEARBY).status().await.map_err(|error| Chain(&error).to_string())?;
    serde_json::from_slice(&answer)
        .map_err(|_| format!("{listens} answers with something else than a status"))
}
