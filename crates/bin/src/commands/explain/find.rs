//! What servers, files and the daemon know of an id.

use std::path::Path;

use adapters_fs::Work;
use app::{Mode, TokioClock, load};
use config::Settings;
use domain::ports::{ModelStores, NamedStore, SourceError, StoreError};
use domain::{Chain, Explanation, Fate, ModelId};
use serde_json::Value;

use crate::commands::status::daemon_status;
use crate::commands::sync::passes::passes;
use crate::exit::Exit;
use crate::output;
use crate::wiring::adapters;

/// What is known of the id at one server, for one file.
pub(super) struct Finding {
    pub(super) provider: String,
    pub(super) file: String,
    /// The agent whose file it is, where that is known.
    pub(super) agent: Option<String>,
    pub(super) said: Said,
}

pub(super) enum Said {
    /// The server lists its models, and the file can be read.
    Explained { explanation: Box<Explanation>, in_file: bool },
    /// The server does not list its models: what the file has, and what the daemon knows of it.
    Unasked { error: String, in_file: bool, daemon: Option<Value> },
    /// The file cannot be read.
    Unread(String),
}

/// All that is known of one id.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) all: Vec<Finding>,
    /// Every id that a server or a file has.
    pub(super) ids: Vec<String>,
    /// The first server that does not list its models, and the first file that cannot be read.
    pub(super) unasked: Option<SourceError>,
    pub(super) unread: Option<StoreError>,
}

/// Asks every server, reads every file, and asks the daemon about a server that does not answer.
pub(super) async fn find(settings: &Settings, id: &ModelId, json: bool) -> Result<Findings, Exit> {
    let mut adapters = adapters(settings, Work::Here).await?;
    let clock = TokioClock::start();
    let agents = adapters.stores.agents().await;
    let mut findings = Findings::default();
    for server in &mut adapters.servers {
        let provider = server.profile().provider.clone();
        let waits = |line: &str| if json { Ok(()) } else { output::print_wrapped(line) };
        let listed = match passes(server, &adapters.stores, Mode::DryRun, waits).await?.pop() {
            Some(Err(error)) => {
                let daemon = daemon_status(settings).await.and_then(|status| of_daemon(&status, &provider, id));
                let unasked = (Chain(&error).to_string(), daemon);
                findings.unasked.get_or_insert(error);
                Err(unasked)
            }
            Some(Ok(report)) => {
                findings.ids.extend(report.offered().map(ToString::to_string));
                Ok(())
            }
            None => Ok(()),
        };
        for NamedStore { name: file, store } in adapters.stores.stores(&provider).await {
            let said = match load(&store, &clock).await {
                // One agent's broken file does not hide what becomes of the model elsewhere.
                Err(error) => {
                    let said = Said::Unread(Chain(&error).to_string());
                    findings.unread.get_or_insert(error);
                    said
                }
                Ok(stored) => {
                    let stored = stored.provider;
                    let rows = stored.iter().flat_map(|stored| &stored.models);
                    let in_file: Vec<&ModelId> = rows.filter_map(|row| row.id.as_ref()).collect();
                    findings.ids.extend(in_file.iter().map(ToString::to_string));
                    let in_file = in_file.contains(&id);
                    match &listed {
                        Ok(()) => {
                            let explanation = server.view().explain(id, stored.as_deref());
                            Said::Explained { explanation: Box::new(explanation), in_file }
                        }
                        Err((error, daemon)) => Said::Unasked { error: error.clone(), in_file, daemon: daemon.clone() },
                    }
                }
            };
            let agent = agents.iter().find(|agent| Path::new(&file).starts_with(&agent.folder));
            let agent = agent.map(|agent| agent.id.clone());
            findings.all.push(Finding { provider: provider.clone(), file, agent, said });
        }
    }
    Ok(findings)
}

/// What a daemon's status says of the id.
fn of_daemon(status: &Value, provider: &str, id: &ModelId) -> Option<Value> {
    let servers = status["servers"].as_array()?;
    let server = servers.iter().find(|server| server["provider"] == provider)?;
    server["models"].as_array()?.iter().find(|model| model["id"] == id.as_str()).cloned()
}

impl Said {
    /// Whether a server says what becomes of the id.
    pub(super) fn is_answer(&self) -> bool {
        matches!(self, Self::Explained { explanation, .. } if !matches!(explanation.fate, Fate::Unlisted))
    }

    /// Whether there is such a model for anybody.
    pub(super) fn knows_it(&self) -> bool {
        match self {
            Self::Explained { in_file, .. } => *in_file || self.is_answer(),
            Self::Unasked { in_file, daemon, .. } => *in_file || daemon.is_some(),
            Self::Unread(_) => false,
        }
    }
}
