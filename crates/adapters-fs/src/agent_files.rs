//! The agents' files: which models.json there are, for whoever keeps the models of several agents.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use domain::ports::{ModelStores, NamedStore};
use tracing::warn;

use crate::ModelsFile;
use crate::originals::Originals;
use crate::work::Work;

/// OpenClaw's first agent. Its file is kept even where OpenClaw has not made its folder yet.
const MAIN: &str = "main";

/// The models files that are kept. Cloning is cheap, and clones share what they know.
#[derive(Debug, Clone)]
pub struct AgentFiles {
    which: Arc<Which>,
    originals: Option<Originals>,
    work: Work,
    seen: Arc<Mutex<Seen>>,
}

/// What the last looks have shown.
#[derive(Debug, Default)]
struct Seen {
    /// The stores, by file and provider: each knows what its file held.
    stores: BTreeMap<(PathBuf, String), ModelsFile>,
    /// Every agent's file, where all are meant.
    paths: Vec<PathBuf>,
    /// Whether the last look failed, so that it is told once.
    failed: bool,
}

#[derive(Debug)]
enum Which {
    /// These files.
    Files(Vec<PathBuf>),
    /// That of every agent below this folder.
    All(PathBuf),
}

impl AgentFiles {
    /// One file, whosever it is.
    #[must_use]
    pub fn one(path: PathBuf) -> Self {
        Self::of(Which::Files(vec![path]))
    }

    /// `<state>/agents/<name>/agent/models.json` of these agents, in that order, whether there or not. A name is
    /// one folder's name.
    #[must_use]
    pub fn named(state_dir: &Path, agents: &[String]) -> Self {
        let agents_dir = state_dir.join("agents");
        Self::of(Which::Files(agents.iter().map(|agent| models_json(&agents_dir.join(agent))).collect()))
    }

    /// That of every agent that there is at each look: of `main`, then of every other folder below
    /// `<state>/agents` that has a folder `agent`, by name.
    #[must_use]
    pub fn all(state_dir: &Path) -> Self {
        Self::of(Which::All(state_dir.join("agents")))
    }

    /// The same files; what somebody else had made there is remembered in lmsync's own folder before it is first written
    /// over.
    #[must_use]
    pub fn remembering(self, own_folder: &Path) -> Self {
        Self { originals: Some(Originals::in_folder(own_folder)), ..self }
    }

    /// The same files, where what may wait for a disk is done there.
    #[must_use]
    pub fn working(self, work: Work) -> Self {
        Self { work, ..self }
    }

    fn of(which: Which) -> Self {
        Self { which: Arc::new(which), originals: None, work: Work::default(), seen: Arc::default() }
    }
}

impl ModelStores for AgentFiles {
    type Store = ModelsFile;

    /// Looks at the disk only where every agent is meant: one listing of a folder, and a `stat` an agent.
    async fn stores(&self, provider: &str) -> Vec<NamedStore<ModelsFile>> {
        let paths = match &*self.which {
            Which::Files(paths) => paths.clone(),
            Which::All(agents_dir) => {
                let folder = agents_dir.clone();
                let looked = self.work.run(move || every_agent(&folder)).await;
                self.after_look(agents_dir, looked.unwrap_or_else(|unfinished| Err(unfinished.into())))
            }
        };
        let mut seen = self.seen();
        // Whoever is gone is forgotten; other providers' stores are not this look's business.
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

impl AgentFiles {
    /// The files after a look; those of the look before where it failed, since no agent is gone by that.
    fn after_look(&self, agents_dir: &Path, looked: io::Result<Vec<PathBuf>>) -> Vec<PathBuf> {
        let mut seen = self.seen();
        let failed = looked.is_err();
        match looked {
            Ok(paths) => seen.paths = paths,
            Err(error) if !seen.failed => {
                warn!(folder = %agents_dir.display(), %error, "cannot look for agents; those known so far are kept");
            }
            Err(_) => {}
        }
        seen.failed = failed;
        if seen.paths.is_empty() {
            seen.paths.push(models_json(&agents_dir.join(MAIN)));
        }
        seen.paths.clone()
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn models_json(agent_dir: &Path) -> PathBuf {
    agent_dir.join("agent").join("models.json")
}

/// The files of `main` and of every other agent that there is.
fn every_agent(agents_dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    match fs::read_dir(agents_dir) {
        Ok(entries) => {
            for entry in entries {
                let entry = entry?;
                if is_other_agent(&entry) {
                    found.push(entry.path());
                }
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    found.sort_unstable();
    found.insert(0, agents_dir.join(MAIN));
    Ok(found.iter().map(|agent_dir| models_json(agent_dir)).collect())
}

/// Whether OpenClaw would have made that folder for an agent, and it is not `main`'s.
fn is_other_agent(entry: &fs::DirEntry) -> bool {
    let name = entry.file_name();
    // A hidden folder is nobody's agent; a text that nobody can write is no agent's name.
    let plain =
        name.to_str().is_some_and(|name| !name.starts_with('.') && !name.chars().any(char::is_control));
    plain && name != MAIN && entry.path().join("agent").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(state_dir: &Path, name: &str) {
        fs::create_dir_all(state_dir.join("agents").join(name).join("agent")).unwrap();
    }

    /// The files, from the state folder on.
    async fn files(files: &AgentFiles, state_dir: &Path) -> Vec<String> {
        let stores = files.stores("p").await;
        let shown = |store: NamedStore<ModelsFile>| {
            assert_eq!(store.name, store.store.path().display().to_string());
            store.store.path().strip_prefix(state_dir).unwrap().display().to_string()
        };
        stores.into_iter().map(shown).collect()
    }

    #[tokio::test]
    async fn named_agents_count_whether_there_or_not() {
        let named = AgentFiles::named(Path::new("/state"), &["work".into(), "main".into()]);
        let expected = ["agents/work/agent/models.json", "agents/main/agent/models.json"];
        assert_eq!(files(&named, Path::new("/state")).await, expected);
    }

    #[tokio::test]
    async fn one_file_may_be_anywhere() {
        let one = AgentFiles::one("/data/m.json".into());
        assert_eq!(files(&one, Path::new("/data")).await, ["m.json"]);
    }

    #[tokio::test]
    async fn all_agents_are_those_that_there_are_now_and_main() {
        let state = tempfile::tempdir().unwrap();
        let all = AgentFiles::all(state.path());
        let main = "agents/main/agent/models.json";
        assert_eq!(files(&all, state.path()).await, [main]);

        for name in ["work", "main", "art"] {
            agent(state.path(), name);
        }
        let three = [main, "agents/art/agent/models.json", "agents/work/agent/models.json"];
        assert_eq!(files(&all, state.path()).await, three);

        fs::remove_dir_all(state.path().join("agents/art")).unwrap();
        assert_eq!(files(&all, state.path()).await, [three[0], three[2]]);
    }

    #[tokio::test]
    async fn what_is_no_agent_s_folder_does_not_count() {
        let state = tempfile::tempdir().unwrap();
        agent(state.path(), ".trash");
        agent(state.path(), "two\nlines");
        fs::create_dir_all(state.path().join("agents/only-sessions/sessions")).unwrap();
        fs::write(state.path().join("agents/a-file"), "").unwrap();
        fs::create_dir_all(state.path().join("agents/half")).unwrap();
        fs::write(state.path().join("agents/half/agent"), "").unwrap();
        let all = AgentFiles::all(state.path());
        assert_eq!(files(&all, state.path()).await, ["agents/main/agent/models.json"]);
    }

    #[tokio::test]
    async fn a_look_that_fails_makes_no_agent_go() {
        let state = tempfile::tempdir().unwrap();
        let all = AgentFiles::all(state.path());
        agent(state.path(), "art");
        let both = files(&all, state.path()).await;
        fs::rename(state.path().join("agents"), state.path().join("elsewhere")).unwrap();
        fs::write(state.path().join("agents"), "no folder").unwrap();
        assert_eq!(files(&all, state.path()).await, both);
        let fresh = AgentFiles::all(state.path());
        assert_eq!(files(&fresh, state.path()).await, ["agents/main/agent/models.json"]);
    }

    #[tokio::test]
    async fn a_store_that_stays_is_the_same_one() {
        let state = tempfile::tempdir().unwrap();
        let all = AgentFiles::all(state.path());
        let first = all.stores("p").await.remove(0).store;
        let other = all.stores("q").await.remove(0).store;
        agent(state.path(), "art");
        assert!(all.clone().stores("p").await.remove(0).store.shares_with(&first));
        assert!(!first.shares_with(&other));
        assert!(all.stores("q").await.remove(0).store.shares_with(&other));
    }
}
