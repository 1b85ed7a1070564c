//! Gathers the facts of the model lists: where they lie, and what they hold.

use adapters_fs::{AgentFiles, Reader, refusals};
use domain::ModelId;
use domain::ports::{ModelStore, ModelStores, NamedStore};
use serde_json::Value;

use crate::doctor::content::ContentFacts;
use crate::doctor::facts::FileFacts;
use crate::doctor::server::ServerFacts;
use crate::doctor::state::OnDisk;

/// What was found of all of them.
#[derive(Default)]
pub(super) struct Files {
    pub(super) facts: Vec<FileFacts>,
    pub(super) largest_bytes: u64,
    /// For each server's provider: the ids that the first agent's file has of it.
    pub(super) held: Vec<Vec<ModelId>>,
    /// The providers in all of the files, and their addresses.
    pub(super) others: Vec<(String, String)>,
}

pub(super) async fn gather(stores: &AgentFiles, servers: &[ServerFacts]) -> Files {
    let mut files = Files::default();
    for (index, server) in servers.iter().enumerate() {
        let mut held = None;
        for NamedStore { name, store } in stores.stores(&server.provider).await {
            let stored = store.load().await;
            let provider = stored.as_ref().ok().and_then(|stored| stored.provider.as_deref());
            let rows = provider.into_iter().flat_map(|provider| &provider.models);
            held.get_or_insert_with(|| rows.filter_map(|row| row.id.clone()).collect());
            // The file is the same for each provider.
            if index > 0 {
                break;
            }
            let path = store.path();
            let content = stored.as_ref().ok().and_then(|stored| stored.version.0.as_deref());
            let refused = |reader| content.and_then(|content| refusals(content, reader).ok()).unwrap_or_default();
            files.largest_bytes = files.largest_bytes.max(content.map_or(0, |content| content.len() as u64));
            files.others.extend(content.map(addresses).unwrap_or_default());
            files.facts.push(FileFacts {
                file: OnDisk::read(path),
                folder: OnDisk::read(path.parent().unwrap_or(path)),
                content: ContentFacts {
                    path: path.to_owned(),
                    there: content.is_some(),
                    early: refused(Reader::Early),
                    late: refused(Reader::Late),
                    passes: servers.iter().filter_map(|server| outcome(&name, server)).collect(),
                    unreadable: stored.err(),
                },
            });
        }
        files.held.push(held.unwrap_or_default());
    }
    files
}

/// The providers in a file that have an address.
fn addresses(content: &[u8]) -> Vec<(String, String)> {
    let root: Value = serde_json::from_slice(content).unwrap_or_default();
    let address = |(name, entry): (&String, &Value)| Some((name.clone(), entry["baseUrl"].as_str()?.to_owned()));
    root["providers"].as_object().into_iter().flatten().filter_map(address).collect()
}

/// What a server's pass would do to a file.
fn outcome(file: &str, server: &ServerFacts) -> Option<(String, app::Outcome)> {
    let store = server.answer.as_ref().ok()?.report.stores.iter().find(|store| store.name == file)?;
    Some((server.provider.clone(), store.outcome.as_ref().ok()?.clone()))
}
