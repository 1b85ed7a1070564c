//! Looking at a server: asked as the daemon asks it, and, where it does not answer, looked for elsewhere.

use std::time::{Duration, Instant};

use adapters_fs::AgentFiles;
use adapters_http::{Identity, LmStudio, ServerKey};
use app::{Mode, Report, Server};
use config::{ServerSettings, ServerUrl};
use domain::ports::{AnswerKind, Failure, ModelSource, SourceError};
use domain::{Explanation, Facts, Fate, LeftOut, ModelId, ModelKind, Reason, Secret};

use crate::commands::sync::passes::passes;
use crate::default_server::PLACEHOLDER;
use crate::doctor::models::Offered;
use crate::doctor::server::{Answered, Asked, Elsewhere, LM_STUDIO_PORT, Listed, ServerFacts};
use crate::exit::Exit;
use crate::host_kind::HostKind;
use crate::wiring::Factory;

/// How long another address may take: it is near, or nothing.
const NEARBY: Duration = Duration::from_secs(1);

/// Where servers have OpenAI's API: most; Docker Model Runner; Google; Open WebUI; OpenRouter and Lemonade. Open WebUI
/// has another list at the last one.
const USUAL_PATHS: [&str; 5] = ["/v1", "/engines/v1", "/v1beta/openai", "/api", "/api/v1"];

/// What was found of one server, and what a pass would do.
pub(super) struct Served {
    pub(super) facts: ServerFacts,
    /// What is written as its address.
    pub(super) base_url: String,
    pub(super) report: Option<Report>,
}

impl Served {
    /// The ids that OpenClaw is offered, where the server said.
    pub(super) fn offered_ids(&self) -> Option<Vec<String>> {
        Some(self.report.as_ref()?.offered().map(|id| id.as_str().to_owned()).collect())
    }
}

pub(super) async fn gather(
    factory: &Factory,
    (made, key, client): &(ServerSettings, Option<ServerKey>, LmStudio),
    server: &mut Server<LmStudio>,
    stores: &AgentFiles,
    in_file: bool,
    here: HostKind,
) -> Result<Served, Exit> {
    let secret = key.as_ref().map(ServerKey::secret);
    let default_key = secret.is_some_and(|key| key.expose() == PLACEHOLDER);
    let asked = Asked { in_file, default_key, ..Asked::new(&made.server, factory.timeout(), here) };
    let openai_key = secret.is_some_and(Secret::is_openais) && !is_openais(&asked.host);
    let provider = server.profile().provider.clone();
    let answer = Err(SourceError::TimedOut { address: asked.address.clone(), limit: asked.timeout });
    let mut facts =
        ServerFacts { provider, asked, openai_key, lm_studio: false, answer, elsewhere: Vec::new() };
    let began = Instant::now();
    let listing = client.models().await;
    let took = began.elapsed();
    let mut report = None;
    if let Err(error) = listing {
        if matches!(error, SourceError::Unauthorized { .. } | SourceError::Malformed { .. }) {
            facts.lm_studio = client.is_lm_studio().await;
        }
        facts.elsewhere = elsewhere(factory, &facts.asked, &made.server, &error).await;
        facts.answer = Err(error);
    } else {
        let identity = client.identity().await;
        facts.lm_studio = identity.lm_studio;
        facts.asked.address = client.base().unwrap_or(facts.asked.address);
        match passes(server, stores, Mode::DryRun, |_| Ok(())).await?.pop() {
            Some(Ok(last)) => {
                facts.answer = Ok(answered(identity, took, server, &last));
                report = Some(last);
            }
            Some(Err(error)) => facts.answer = Err(error),
            None => {}
        }
    }
    Ok(Served { facts, base_url: server.profile().base_url.clone(), report })
}

fn answered(identity: Identity, took: Duration, server: &Server<LmStudio>, report: &Report) -> Answered {
    let Identity { product, version, facts: said, api, .. } = identity;
    let view = server.view();
    let is_for_else = |why: &LeftOut| matches!(why, LeftOut::NotForChat(_));
    let listed = Listed {
        listed: report.listed,
        offered: report.offered().len(),
        not_for_chat: view.left_out().filter(|(_, why)| is_for_else(why)).count(),
        incomplete: report.incomplete.as_ref().map(ToString::to_string),
        unlisted: said.map(|said| unlisted(&said, view.listing.ids())).unwrap_or_default(),
    };
    let models = report.offered().filter_map(|id| offered(view.explain(id, None))).collect();
    Answered { took, product, version, api, listed, models }
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

/// Looks for the server where it may be instead.
async fn elsewhere(
    factory: &Factory,
    asked: &Asked,
    server: &ServerUrl,
    error: &SourceError,
) -> Vec<Elsewhere> {
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
    let mut found = Vec::new();
    if other_scheme && let Some(to) = lists(factory, &format!("{other}://{host}:{port}")).await {
        found.push(Elsewhere::OtherScheme(to));
    }
    if other_path {
        found.extend(other_paths(factory, server).await);
    }
    if unreached && asked.is_loopback() && here.container().is_some() {
        let to = lists(factory, &format!("{scheme}://host.docker.internal:{port}")).await;
        found.extend(to.map(Elsewhere::ContainerHost));
    }
    if unreached && host != "127.0.0.1" && host != "localhost" {
        let address = format!("{scheme}://127.0.0.1:{port}");
        if let Some(to) = lists(factory, &address).await {
            let lm_studio = match ServerUrl::parse(&address) {
                Ok(url) => factory.stranger(&url, NEARBY).is_lm_studio().await,
                Err(_) => false,
            };
            found.push(Elsewhere::Loopback(to, lm_studio));
        }
    }
    if (unreached || other_path || kind == Some(NotHttp)) && *port != LM_STUDIO_PORT {
        let to = lists(factory, &format!("{scheme}://{host}:{LM_STUDIO_PORT}")).await;
        found.extend(to.map(Elsewhere::DefaultPort));
    }
    found
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
            Ok(listing) if !listing.ids().is_empty() => return Some(Elsewhere::Path(to)),
            Ok(_) => empty = empty.or(Some(Elsewhere::Path(to))),
            Err(SourceError::Unauthorized { .. }) => locked.push(to),
            Err(_) => {}
        }
    }
    empty.or((!locked.is_empty()).then_some(Elsewhere::LockedPaths(locked)))
}
