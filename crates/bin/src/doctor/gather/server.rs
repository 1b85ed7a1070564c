//! Gathers the facts of a server: asks it as the daemon does, and, where it does not answer, looks for it elsewhere.

use std::time::Duration;

use adapters_fs::AgentFiles;
use adapters_http::{Identity, LmStudio, ServerKey};
use app::{Mode, Report, Server};
use config::{ServerSettings, ServerUrl};
use domain::ports::{AnswerKind, Failure, ModelSource, SourceError};
use domain::{Explanation, Facts, Fate, ModelId, ModelKind, Reason, Secret};

use crate::commands::sync::passes::passes;
use crate::default_server::PLACEHOLDER;
use crate::doctor::models::Offered;
use crate::doctor::server::{Answered, Asked, Elsewhere, LM_STUDIO_PORT, Place, ServerFacts};
use crate::exit::Exit;
use crate::host_kind::HostKind;
use crate::wiring::Factory;

/// How long another address may take: it is near, or nothing.
const NEARBY: Duration = Duration::from_secs(1);

/// Where servers have OpenAI's API: most; Docker Model Runner; Google; Open WebUI; OpenRouter and Lemonade. Open WebUI
/// has another list at the last one.
const USUAL_PATHS: [&str; 5] = ["/v1", "/engines/v1", "/v1beta/openai", "/api", "/api/v1"];

pub(super) async fn gather(
    factory: &Factory,
    (made, key, client): &(ServerSettings, Option<ServerKey>, LmStudio),
    server: &mut Server<LmStudio>,
    stores: &AgentFiles,
    in_file: bool,
    here: HostKind,
) -> Result<ServerFacts, Exit> {
    let secret = key.as_ref().map(ServerKey::secret);
    let default_key = secret.is_some_and(|key| key.expose() == PLACEHOLDER);
    let asked = Asked { in_file, default_key, ..Asked::new(&made.server, factory.timeout(), here) };
    let openai_key = secret.is_some_and(Secret::is_openais) && !is_openais(&asked.host);
    let mut facts = ServerFacts {
        provider: server.profile().provider.clone(),
        base_url: String::new(),
        openai_key,
        lm_studio: false,
        answer: Err(SourceError::TimedOut { address: asked.address.clone(), limit: asked.timeout }),
        elsewhere: None,
        asked,
    };
    if let Err(error) = client.models().await {
        if matches!(error, SourceError::Unauthorized { .. } | SourceError::Malformed { .. }) {
            facts.lm_studio = client.is_lm_studio().await;
        }
        facts.elsewhere = find_elsewhere(factory, &facts.asked, &made.server, &error).await;
        facts.answer = Err(error);
    } else {
        let identity = client.identity().await;
        facts.lm_studio = identity.lm_studio;
        facts.asked.address = client.base().unwrap_or(facts.asked.address);
        if let Some(last) = passes(server, stores, Mode::DryRun, |_| Ok(())).await?.pop() {
            facts.answer = last.map(|report| answered(identity, server, report));
        }
    }
    facts.base_url = server.profile().base_url.clone();
    Ok(facts)
}

fn answered(identity: Identity, server: &Server<LmStudio>, report: Report) -> Answered {
    let Identity { product, version, facts: said, api, .. } = identity;
    let view = server.view();
    let models = report.offered().filter_map(|id| offered(view.explain(id, None))).collect();
    let unlisted = said.map(|said| unlisted(&said, view.listing.ids())).unwrap_or_default();
    Answered { product, version, api, report, unlisted, models }
}

/// A model as the doctor knows it, where OpenClaw is offered it.
fn offered(explained: Explanation) -> Option<Offered> {
    let Explanation { id, facts, fate: Fate::Offered(model), .. } = explained else { return None };
    let facts = facts.unwrap_or_default();
    Some(Offered {
        id: id.as_str().to_owned(),
        window: model.context_window.value,
        tokens: model.context_tokens.value.unwrap_or(model.context_window.value),
        is_known: model.context_window.why != Reason::Default || model.context_tokens.value.is_some(),
        max: facts.max_context,
        failed: facts.failed == Some(true),
        prices: facts.prices,
        kind: facts.kind,
    })
}

/// Chat models that the server knows of and does not list.
fn unlisted(said: &Facts, listed: &[ModelId]) -> Vec<String> {
    let Facts::Known(sheet) = said else { return Vec::new() };
    let chats = sheet.iter().filter(|(_, facts)| facts.kind != Some(ModelKind::Embedding));
    // A loaded copy is listed by its own name, and its model with it.
    let missing = chats.filter(|(id, facts)| facts.loaded_context.is_none() && !listed.contains(id));
    let mut ids: Vec<String> = missing.map(|(id, _)| id.as_str().to_owned()).collect();
    ids.sort_unstable();
    ids
}

/// Whether a host is OpenAI's own.
fn is_openais(host: &str) -> bool {
    host == "openai.com" || host.ends_with(".openai.com")
}

/// Looks for the server where it may be instead: the first address that has a list of models or asks for a key.
async fn find_elsewhere(
    factory: &Factory,
    asked: &Asked,
    server: &ServerUrl,
    error: &SourceError,
) -> Option<Elsewhere> {
    use AnswerKind::{NotFound, NotHttp, Other, Redirect, Refused, WebPage};
    let Asked { host, port, https, here, .. } = asked;
    let (kind, failure) = match error {
        SourceError::Malformed { kind, .. } => (Some(*kind), None),
        SourceError::Unreachable { failure, .. } => (None, Some(*failure)),
        SourceError::TimedOut { .. } => (None, Some(Failure::Other)),
        SourceError::Unauthorized { .. } => (None, None),
    };
    let unreached = matches!(failure, Some(Failure::Refused | Failure::Other));
    let other_path = matches!(kind, Some(NotFound | WebPage | Other));
    let other_scheme = matches!(kind, Some(NotHttp | Redirect | Refused | Other))
        || matches!(failure, Some(Failure::Tls | Failure::HungUp));
    let (other, scheme) = if *https { ("http", "https") } else { ("https", "http") };
    if other_scheme && let Some(to) = lists(factory, &format!("{other}://{host}:{port}")).await {
        return Some(Elsewhere { to, place: Place::OtherScheme });
    }
    if other_path && let Some(found) = other_paths(factory, server).await {
        return Some(found);
    }
    if unreached
        && asked.is_loopback()
        && here.container().is_some()
        && let Some(to) = lists(factory, &format!("{scheme}://host.docker.internal:{port}")).await
    {
        return Some(Elsewhere { to, place: Place::ContainerHost });
    }
    let loopback = format!("{scheme}://127.0.0.1:{port}");
    if unreached
        && host != "127.0.0.1"
        && host != "localhost"
        && let Some(to) = lists(factory, &loopback).await
    {
        let url = ServerUrl::parse(&loopback).ok()?;
        let lm_studio = factory.stranger(&url, NEARBY).is_lm_studio().await;
        return Some(Elsewhere { to, place: Place::Loopback { lm_studio } });
    }
    if !(unreached || other_path || kind == Some(NotHttp)) || *port == LM_STUDIO_PORT {
        return None;
    }
    let to = lists(factory, &format!("{scheme}://{host}:{LM_STUDIO_PORT}")).await?;
    Some(Elsewhere { to, place: Place::DefaultPort })
}

/// The address, where it has a list of models or asks for a key.
async fn lists(factory: &Factory, address: &str) -> Option<String> {
    let url = ServerUrl::parse(address).ok()?;
    let answer = factory.stranger(&url, NEARBY).models().await;
    matches!(answer, Ok(_) | Err(SourceError::Unauthorized { .. })).then(|| url.api.to_string())
}

/// Tries the usual paths of the same server, below its own prefix first: the first one that lists models, else those
/// that ask for a key. No key is sent.
async fn other_paths(factory: &Factory, server: &ServerUrl) -> Option<Elsewhere> {
    let (scheme, authority) = (server.api.scheme_str()?, server.api.authority()?);
    let prefix = server.root.as_ref().map_or("", |root| root.path().trim_end_matches('/'));
    let prefixes = if prefix.is_empty() { &[""][..] } else { &[prefix, ""] };
    let (mut empty, mut locked) = (None, Vec::new());
    for path in prefixes.iter().flat_map(|prefix| USUAL_PATHS.map(|path| format!("{prefix}{path}"))) {
        let Ok(url) = ServerUrl::parse(&format!("{scheme}://{authority}{path}")) else { continue };
        if server.bases().any(|base| *base == url.api) {
            continue;
        }
        let here = ServerUrl { api: url.api, others: Vec::new(), root: None };
        let to = here.api.to_string();
        match factory.stranger(&here, NEARBY).models().await {
            Ok(listing) if !listing.ids().is_empty() => return Some(Elsewhere { to, place: Place::Path }),
            Ok(_) => empty = empty.or(Some(Elsewhere { to, place: Place::Path })),
            Err(SourceError::Unauthorized { .. }) => locked.push(to),
            Err(_) => {}
        }
    }
    let first_locked = locked.first().cloned();
    empty.or_else(|| Some(Elsewhere { to: first_locked?, place: Place::LockedPaths(locked) }))
}
