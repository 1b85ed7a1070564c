//! Looking at a server: asked as the daemon asks it, and, where it does not answer, looked for elsewhere.

use std::time::{Duration, Instant};

use adapters_fs::AgentFiles;
use adapters_http::{Identity, LmStudio, ServerKey};
use app::{Mode, Report, Server};
use config::{ServerSettings, ServerUrl};
use domain::ports::{AnswerKind, Failure, ModelSource, SourceError};
use domain::{Facts, Fate, LeftOut, ModelId, ModelKind, Reason, Secret};

use crate::commands::sync::passes::passes;
use crate::doctor::facts::ServerArea;
use crate::doctor::listed::Listed;
use crate::doctor::models::{Offered, Pricing};
use crate::doctor::server::{Answered, Elsewhere, LM_STUDIO_PORT, ServerFacts};
use crate::exit::Exit;
use crate::host_kind::HostKind;
use crate::wiring::Factory;

/// What is sent where nobody has set a key; servers that ask for one refuse it.
pub(super) const NOBODYS_KEY: &str = "lm-studio";

/// How long another address may take: it is near, or nothing.
const NEARBY: Duration = Duration::from_secs(1);

/// Where servers have OpenAI's API: most; Docker Model Runner; Google; Open WebUI; OpenRouter and Lemonade. Open WebUI
/// has another list at the last one.
const USUAL_PATHS: [&str; 5] = ["/v1", "/engines/v1", "/v1beta/openai", "/api", "/api/v1"];

/// What was found of one server, and what a pass would do.
pub(in crate::doctor) struct Served {
    pub(in crate::doctor) facts: ServerArea,
    pub(in crate::doctor) base_url: String,
    pub(in crate::doctor) report: Option<Report>,
}

impl Served {
    /// A server of which no pass could be made.
    fn without_report(facts: ServerFacts, server: &Server<LmStudio>) -> Self {
        let facts = ServerArea { facts, listed: None, offered: Vec::new() };
        Self { facts, base_url: server.profile().base_url.clone(), report: None }
    }

    /// The ids that OpenClaw is offered, where the server said.
    pub(in crate::doctor) fn offered_ids(&self) -> Option<Vec<String>> {
        let report = self.report.as_ref()?;
        Some(report.offered().map(|id| id.as_str().to_owned()).collect())
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
    let provider = server.profile().provider.clone();
    let uri = &made.server.api;
    let https = uri.scheme_str() == Some("https");
    let secret = key.as_ref().map(ServerKey::secret);
    let mut facts = ServerFacts {
        provider: provider.clone(),
        address: uri.to_string(),
        host: uri.host().unwrap_or_default().to_owned(),
        port: uri.port_u16().unwrap_or(if https { 443 } else { 80 }),
        https,
        in_file,
        default_key: secret.is_some_and(|key| key.expose() == NOBODYS_KEY),
        openai_key: secret.is_some_and(Secret::is_openais) && !is_openais(uri.host().unwrap_or_default()),
        timeout: factory.timeout(),
        here,
        lm_studio: false,
        answer: Err(SourceError::TimedOut { address: uri.to_string(), limit: factory.timeout() }),
        elsewhere: Vec::new(),
    };
    let began = Instant::now();
    if let Err(error) = client.models().await {
        if matches!(error, SourceError::Unauthorized { .. } | SourceError::Malformed { .. }) {
            facts.lm_studio = client.is_lm_studio().await;
        }
        facts.elsewhere = elsewhere(factory, &facts, &made.server, &error).await;
        facts.answer = Err(error);
        return Ok(Served::without_report(facts, server));
    }
    let took = began.elapsed();
    let Identity { lm_studio, product, version, facts: said, api } = client.identity().await;
    facts.lm_studio = lm_studio;
    facts.address = client.base().unwrap_or(facts.address);
    let last = passes(server, stores, Mode::DryRun, |_| Ok(())).await?.pop();
    let report = match last {
        Some(Ok(report)) => report,
        Some(Err(error)) => {
            facts.answer = Err(error);
            return Ok(Served::without_report(facts, server));
        }
        None => return Ok(Served::without_report(facts, server)),
    };
    facts.answer = Ok(Answered { took, product, version, api });
    let view = server.view();
    let ids = view.listing.ids();
    let is_for_else = |why: &LeftOut| matches!(why, LeftOut::NotForChat(_));
    let listed = Listed {
        provider,
        lm_studio,
        listed: report.listed,
        offered: report.offered().len(),
        not_for_chat: view.left_out().filter(|(_, why)| is_for_else(why)).count(),
        incomplete: report.incomplete.as_ref().map(ToString::to_string),
        unlisted: said.map(|said| unlisted(&said, ids)).unwrap_or_default(),
    };
    let offered = report.offered().filter_map(|id| match view.explain(id, None).fate {
        Fate::Offered(model) => Some((id, view.explain(id, None).facts, model)),
        _ => None,
    });
    let offered = offered.map(|(id, facts, model)| Offered {
        id: id.as_str().to_owned(),
        window: model.context_window.value,
        tokens: model.context_tokens.value.unwrap_or(model.context_window.value),
        is_known: model.context_window.why != Reason::Default || model.context_tokens.value.is_some(),
        max: facts.as_ref().and_then(|facts| facts.max_context),
        failed: facts.as_ref().is_some_and(|facts| facts.failed == Some(true)),
        price: facts.as_ref().map_or(Pricing::Free, |facts| Pricing::of(facts.prices)),
        kind: facts.as_ref().and_then(|facts| facts.kind),
    });
    let facts = ServerArea { facts, listed: Some(listed), offered: offered.collect() };
    Ok(Served { facts, base_url: server.profile().base_url.clone(), report: Some(report) })
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
    facts: &ServerFacts,
    server: &ServerUrl,
    error: &SourceError,
) -> Vec<Elsewhere> {
    let ServerFacts { host, port, https, here, .. } = facts;
    let loopback = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    let unreached = matches!(
        error,
        SourceError::Unreachable { failure: Failure::Refused | Failure::Other, .. }
            | SourceError::TimedOut { .. }
    );
    let kind = match error {
        SourceError::Malformed { kind, .. } => Some(*kind),
        _ => None,
    };
    let other_path = matches!(kind, Some(AnswerKind::NotFound | AnswerKind::WebPage | AnswerKind::Other));
    let other_scheme =
        matches!(
            kind,
            Some(AnswerKind::NotHttp | AnswerKind::Redirect | AnswerKind::Refused | AnswerKind::Other)
        ) || matches!(error, SourceError::Unreachable { failure: Failure::Tls | Failure::HungUp, .. });
    let other_port = unreached || other_path || kind == Some(AnswerKind::NotHttp);
    let (other, scheme) = if *https { ("http", "https") } else { ("https", "http") };
    let mut found = Vec::new();
    if other_scheme && let Some(to) = lists(factory, &format!("{other}://{host}:{port}")).await {
        found.push(Elsewhere::OtherScheme(to));
    }
    if other_path {
        found.extend(other_paths(factory, server).await);
    }
    if unreached && loopback && here.container().is_some() {
        let to = lists(factory, &format!("{scheme}://host.docker.internal:{port}")).await;
        found.extend(to.map(Elsewhere::ContainerHost));
    }
    if unreached && (!loopback || host != "127.0.0.1" && host != "localhost") {
        let address = format!("{scheme}://127.0.0.1:{port}");
        if let Some(to) = lists(factory, &address).await {
            let lm_studio = match ServerUrl::parse(&address) {
                Ok(url) => factory.stranger(&url, NEARBY).is_lm_studio().await,
                Err(_) => false,
            };
            found.push(Elsewhere::Loopback(to, lm_studio));
        }
    }
    if other_port && *port != LM_STUDIO_PORT {
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
