//! Looking at the model lists: where they lie, and what they hold.

use adapters_fs::{AgentFiles, Reader, refusals, survey};
use domain::ModelId;
use domain::ports::{ModelStore, ModelStores, NamedStore};

use serde_json::Value;

use super::server::Served;
use crate::doctor::content::ContentFacts;
use crate::doctor::state::Place;

/// What was found of all of them.
pub(in crate::doctor) struct Files {
    /// Each file, and its folder.
    pub(in crate::doctor) places: Vec<(Place, Place)>,
    pub(in crate::doctor) contents: Vec<ContentFacts>,
    /// The bytes of the largest.
    pub(in crate::doctor) file_bytes: u64,
}

/// The files, and the ids that the first agent's has of each provider.
pub(in crate::doctor) struct Looked {
    pub(in crate::doctor) facts: Files,
    pub(in crate::doctor) held: Vec<(String, Vec<ModelId>)>,
    /// The providers in all of them, and their addresses.
    pub(in crate::doctor) others: Vec<(String, String)>,
}

pub(super) async fn gather(stores: &AgentFiles, providers: &[String], served: &[Served]) -> Looked {
    let mut facts = Files { places: Vec::new(), contents: Vec::new(), file_bytes: 0 };
    let mut held = Vec::new();
    let mut others = Vec::new();
    for (index, provider) in providers.iter().enumerate() {
        for (at, NamedStore { name, store }) in stores.stores(provider).await.into_iter().enumerate() {
            let stored = store.load().await;
            if at == 0 {
                let rows = stored.as_ref().ok().and_then(|stored| stored.provider.as_deref());
                let ids =
                    rows.into_iter().flat_map(|provider| &provider.models).filter_map(|row| row.id.clone());
                held.push((provider.clone(), ids.collect()));
            }
            if index > 0 {
                continue;
            }
            let path = store.path();
            let place = |path: &std::path::Path| Place { path: path.to_owned(), survey: survey(path) };
            facts.places.push((place(path), place(path.parent().unwrap_or(path))));
            let content = stored.as_ref().ok().and_then(|stored| stored.version.0.clone());
            others.extend(content.as_deref().map(addresses).unwrap_or_default());
            let refused = |reader| {
                content.as_deref().and_then(|content| refusals(content, reader).ok()).unwrap_or_default()
            };
            facts.file_bytes =
                facts.file_bytes.max(content.as_ref().map_or(0, |content| content.len() as u64));
            facts.contents.push(ContentFacts {
                path: path.to_owned(),
                there: content.is_some(),
                early: refused(Reader::Early),
                late: refused(Reader::Late),
                passes: outcomes(&name, providers, served),
                unreadable: stored.err(),
            });
        }
    }
    Looked { facts, held, others }
}

/// The providers in a file that have an address.
fn addresses(content: &[u8]) -> Vec<(String, String)> {
    let root: Value = serde_json::from_slice(content).unwrap_or_default();
    let address =
        |(name, entry): (&String, &Value)| Some((name.clone(), entry["baseUrl"].as_str()?.to_owned()));
    root["providers"].as_object().into_iter().flatten().filter_map(address).collect()
}

/// What each server's pass would do to that file.
fn outcomes(file: &str, providers: &[String], served: &[Served]) -> Vec<(String, app::Outcome)> {
    let of = |(provider, served): (&String, &Served)| {
        let report = served.report.as_ref()?;
        let store = report.stores.iter().find(|store| store.name == file)?;
        Some((provider.clone(), store.outcome.as_ref().ok()?.clone()))
    };
    providers.iter().zip(served).filter_map(of).collect()
}
