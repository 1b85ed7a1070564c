//! Looking at a server: asked as the daemon asks it, and, where it does not answer, looked for elsewhere.

use std::time::{Duration, Instant};

use adapters_fs::AgentFiles;
use adapters_http::{Identity, LmStudio};
use app::{Mode, Report, Server};
use config::{ServerSettings, ServerUrl};
use domain::ports::{Failure, ModelSource, SourceError};
use domain::{Facts, Fate, ModelId, ModelKind};

use crate::commands::sync::passes;
use crate::doctor::ServerArea;
use crate::doctor::listed::Listed;
use crate::doctor::models::Offered;
use crate::doctor::server::{Answered, Elsewhere, ServerFacts};
use crate::exit::Exit;
use crate::wiring::Factory;

/// How long another address may take: it is near, or nothing.
const NEARBY: Duration = Duration::from_secs(1);

/// LM Studio's own port.
const DEFAULT_PORT: u16 = 1234;

/// What was found of one server, and what a pass would do.
pub(in crate::doctor) struct Served {
    pub(in crate::doctor) facts: ServerArea,
    pub(in crate::doctor) base_url: String,
    pub(in crate::doctor) report: Option<Report>,
}

impl Served {
    /// The ids that OpenClaw is offered, where the server said.
    pub(in crate::doctor) fn offered_ids(&self) -> Option<Vec<String>> {
        let report = self.report.as_ref()?;
        Some(report.offered.iter().map(|id| id.as_str().to_owned()).collect())
    }
}

pub(super) async fn look(
    factory: &Factory,
    made: &ServerSettings,
    client: &LmStudio,
    server: &mut Server<LmStudio>,
    stores: &AgentFiles,
    own_key: bool,
    container: Option<&'static str>,
) -> Result<Served, Exit> {
    let base_url = server.profile().base_url.clone();
    let provider = server.profile().provider.clone();
    let uri = &made.server.api;
    let https = uri.scheme_str() == Some("https");
    let mut facts = ServerFacts {
        provider: provider.clone(),
        address: uri.to_string(),
        host: uri.host().unwrap_or_default().to_owned(),
        port: uri.port_u16().unwrap_or(if https { 443 } else { 80 }),
        https,
        default_key: !own_key,
        timeout: factory.timeout(),
        container,
        answer: Err(SourceError::TimedOut { address: uri.to_string(), limit: factory.timeout() }),
        elsewhere: Vec::new(),
    };
    let began = Instant::now();
    if let Err(error) = client.models().await {
        facts.elsewhere = elsewhere(factory, &facts, &error).await;
        facts.answer = Err(error);
        return Ok(Served {
            facts: ServerArea { facts, listed: None, offered: Vec::new() },
            base_url,
            report: None,
        });
    }
    let took = began.elapsed();
    let Identity { lm_studio, version, facts: said, api } = client.identity().await;
    let last = passes(server, stores, Mode::DryRun, |_| Ok(())).await?.pop();
    let report = match last {
        Some(Ok(report)) => report,
        Some(Err(error)) => {
            facts.answer = Err(error);
            let facts = ServerArea { facts, listed: None, offered: Vec::new() };
            return Ok(Served { facts, base_url, report: None });
        }
        None => {
            return Ok(Served {
                facts: ServerArea { facts, listed: None, offered: Vec::new() },
                base_url,
                report: None,
            });
        }
    };
    facts.answer = Ok(Answered { took, lm_studio, version, api });
    let view = server.view();
    let ids = view.listing.ids();
    let embeds = |id: &ModelId| {
        view.explain(id, None).facts.and_then(|facts| facts.kind) == Some(ModelKind::Embedding)
    };
    let listed = Listed {
        provider,
        lm_studio,
        listed: report.listed,
        offered: report.offered.len(),
        embeddings: ids.iter().filter(|id| embeds(id)).count(),
        incomplete: report.incomplete.as_ref().map(ToString::to_string),
        unlisted: said.map(|said| unlisted(&said, ids)).unwrap_or_default(),
    };
    let offered = report.offered.iter().filter_map(|id| match view.explain(id, None).fate {
        Fate::Offered(model) => Some((id, view.explain(id, None).facts, model.model())),
        _ => None,
    });
    let offered = offered.map(|(id, facts, model)| Offered {
        id: id.as_str().to_owned(),
        window: model.context_window,
        tokens: model.context_tokens.unwrap_or(model.context_window),
        max: facts.and_then(|facts| facts.max_context),
    });
    let facts = ServerArea { facts, listed: Some(listed), offered: offered.collect() };
    Ok(Served { facts, base_url, report: Some(report) })
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

/// As what a server at another address counts.
type As = fn(String) -> Elsewhere;

/// Looks for the server where it may be instead.
async fn elsewhere(factory: &Factory, facts: &ServerFacts, error: &SourceError) -> Vec<Elsewhere> {
    let ServerFacts { host, port, https, container, .. } = facts;
    let loopback = host == "localhost" || host.starts_with("127.") || host == "[::1]";
    let unreached = matches!(
        error,
        SourceError::Unreachable { failure: Failure::Refused | Failure::Other, .. }
            | SourceError::TimedOut { .. }
    );
    let (other, scheme) = if *https { ("http", "https") } else { ("https", "http") };
    let mut candidates: Vec<(String, As)> = Vec::new();
    if matches!(
        error,
        SourceError::Unreachable { failure: Failure::Tls | Failure::HungUp, .. }
            | SourceError::Malformed { .. }
    ) {
        candidates.push((format!("{other}://{host}:{port}"), Elsewhere::OtherScheme));
    }
    if unreached && loopback && container.is_some() {
        candidates.push((format!("{scheme}://host.docker.internal:{port}"), Elsewhere::ContainerHost));
    }
    if unreached && (!loopback || host != "127.0.0.1" && host != "localhost") {
        candidates.push((format!("{scheme}://127.0.0.1:{port}"), Elsewhere::Loopback));
    }
    if (unreached || matches!(error, SourceError::Malformed { .. })) && *port != DEFAULT_PORT {
        candidates.push((format!("{scheme}://{host}:{DEFAULT_PORT}"), Elsewhere::DefaultPort));
    }
    let mut found = Vec::new();
    for (address, elsewhere) in candidates {
        let Ok(url) = ServerUrl::parse(&address) else { continue };
        let answer = factory.stranger(&url, NEARBY).models().await;
        if matches!(answer, Ok(_) | Err(SourceError::Unauthorized { .. })) {
            found.push(elsewhere(url.api.to_string()));
        }
    }
    found
}
