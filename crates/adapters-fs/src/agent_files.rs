//! The agents' files: which models.json there are, for a program that keeps the models of several agents.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ports::{ModelStores, NamedStore};
use tracing::warn;

use crate::agents::{AgentChoice, AgentPlace, Agents, Found};
use crate::models_file::ModelsFile;
use crate::openclaw_config::OpenClawFile;
use crate::originals::Originals;
use crate::work::{Lane, Work};

/// The file's name in an agent's folder.
const MODELS_JSON: &str = "models.json";

/// The models files that are kept. Cloning is cheap, and clones share what they know.
#[derive(Debug, Clone)]
pub struct AgentFiles {
    which: Arc<Which>,
    originals: Option<Originals>,
    work: Work,
    /// The lane of looking which agents there are.
    lane: Lane,
    seen: Arc<Mutex<Seen>>,
}

/// What the last looks have shown.
#[derive(Debug, Default)]
struct Seen {
    /// The stores, by file and provider: each knows what its file held.
    stores: BTreeMap<(PathBuf, String), ModelsFile>,
    /// The agents, as they were last found.
    agents: Found,
    /// What the last look could not do, so that it is logged once.
    trouble: Option<String>,
}

#[derive(Debug)]
enum Which {
    /// This file, whosever it is.
    File(PathBuf),
    /// Those of these agents.
    Of(Arc<Agents>),
}

impl AgentFiles {
    /// One file, whosever it is.
    #[must_use]
    pub fn one(path: PathBuf) -> Self {
        Self::new(Which::File(path))
    }

    /// The files of these agents of OpenClaw's, which has this state folder and this configuration.
    #[must_use]
    pub fn of_agents(state_dir: &Path, openclaw_json: OpenClawFile, wanted: AgentChoice) -> Self {
        Self::new(Which::Of(Arc::new(Agents::new(state_dir, openclaw_json, wanted))))
    }

    /// The same files; what somebody else had made there is remembered in lmsync's own folder before it is first
    /// written over.
    #[must_use]
    pub fn remembering(self, own_folder: &Path) -> Self {
        Self { originals: Some(Originals::in_folder(own_folder)), ..self }
    }

    /// The same files, where what may wait for a disk is done there.
    #[must_use]
    pub fn working(self, work: Work) -> Self {
        Self { work, lane: Lane::new(work), ..self }
    }

    fn new(which: Which) -> Self {
        let (lane, seen) = (Lane::default(), Arc::default());
        Self { which: Arc::new(which), originals: None, work: Work::default(), lane, seen }
    }

    /// The agents whose files are kept, as they are now; none where one file is kept, whosever it is.
    pub async fn agents(&self) -> Vec<AgentPlace> {
        let Which::Of(_) = &*self.which else { return Vec::new() };
        self.refresh_agents().await;
        self.seen().agents.places.clone()
    }

    /// The ids of the agents whose files are kept, as the last look has found them.
    #[must_use]
    pub fn agent_ids(&self) -> Vec<String> {
        self.seen().agents.places.iter().map(|agent| agent.id.clone()).collect()
    }

    /// Finds the agents that there are now. The ones known before stay where it fails, since no agent is gone by that.
    async fn refresh_agents(&self) {
        let Which::Of(agents) = &*self.which else { return };
        let (agents, before) = (Arc::clone(agents), self.seen().agents.clone());
        // A disk that does not answer has nothing new to say.
        let Ok((found, trouble)) = self.lane.run(move || agents.find(before)).await else { return };
        let mut seen = self.seen();
        if let Some(trouble) = &trouble
            && seen.trouble.as_ref() != Some(trouble)
        {
            warn!(name: "agents_unknown", "{trouble}");
        }
        seen.trouble = trouble;
        seen.agents = found;
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ModelStores for AgentFiles {
    type Store = ModelsFile;

    /// Costs a `stat` of each file of OpenClaw's configuration, which is read where one was written; where every agent
    /// is meant, also the listing of a folder and a `stat` an agent.
    async fn stores(&self, provider: &str) -> Vec<NamedStore<ModelsFile>> {
        self.refresh_agents().await;
        let mut seen = self.seen();
        let paths: Vec<PathBuf> = match &*self.which {
            Which::File(path) => vec![path.clone()],
            Which::Of(_) => seen.agents.places.iter().map(|agent| agent.folder.join(MODELS_JSON)).collect(),
        };
        // A file that is no more kept is forgotten; other providers' stores are not this look's business.
        seen.stores.retain(|(path, whose), _| whose != provider || paths.contains(path));
        let store = |path: PathBuf| {
            let name = path.display().to_string();
            let key = (path.clone(), provider.to_owned());
            let make = || ModelsFile::with(path, provider.to_owned(), self.originals.clone(), self.work);
            let store = seen.stores.entry(key).or_insert_with(make);
            NamedStore { name, store: store.clone() }
        };
        paths.into_iter().map(store).collect()
    }
}

#[cfg(test)]
mod tests;
