//! What lmsync remembers of what it added to OpenClaw's configuration: a file in its own folder.

use std::collections::BTreeMap;
use std::path::Path;

use domain::ports::{ManagedRows, StoreError};
use domain::{Added, Made, ModelId};
use serde::{Deserialize, Serialize};

use crate::memory::Memory;
use crate::work::{Lane, Work};

/// The file's name in lmsync's own folder.
const NAME: &str = "openclaw-config.json";

/// The memory. Without the file nothing was added.
#[derive(Debug, Clone)]
pub struct ManagedRowsFile {
    memory: Memory,
    lane: Lane,
}

/// The file, by provider.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Shape(BTreeMap<String, Entry>);

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    /// How much of the way to the rows was made: `list`, `entry`, `providers` or `models`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    made: Option<Depth>,
    rows: Vec<String>,
}

/// A depth, by its name in the file.
#[derive(Debug, Serialize, Deserialize)]
struct Depth(#[serde(with = "DepthNames")] Made);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Made", rename_all = "lowercase")]
enum DepthNames {
    List,
    Entry,
    Providers,
    Models,
}

impl ManagedRowsFile {
    /// The memory in that folder. Nothing is touched yet.
    #[must_use]
    pub fn in_folder(own_folder: &Path, work: Work) -> Self {
        Self { memory: Memory::in_folder(own_folder, NAME), lane: Lane::new(work) }
    }

    fn write(&self, provider: &str, added: &Added) -> Result<(), StoreError> {
        let (mut shape, over) = self.memory.read::<Shape>()?;
        if added == &Added::default() {
            shape.0.remove(provider);
        } else {
            shape.0.insert(provider.to_owned(), Entry::from(added));
        }
        if shape.0.is_empty() { self.memory.clear() } else { self.memory.write(&shape, &over) }
    }
}

impl ManagedRows for ManagedRowsFile {
    async fn recall(&self, provider: &str) -> Result<Added, StoreError> {
        let (file, provider) = (self.clone(), provider.to_owned());
        let recall = move || {
            let (mut shape, _) = file.memory.read::<Shape>()?;
            Ok(shape.0.remove(&provider).map(Added::from).unwrap_or_default())
        };
        self.lane.on(self.memory.path(), recall).await
    }

    async fn remember(&self, provider: &str, added: &Added) -> Result<(), StoreError> {
        let (file, provider, added) = (self.clone(), provider.to_owned(), added.clone());
        self.lane.on(self.memory.path(), move || file.write(&provider, &added)).await
    }
}

impl From<&Added> for Entry {
    fn from(added: &Added) -> Self {
        Self { made: added.made.map(Depth), rows: added.rows.iter().map(ToString::to_string).collect() }
    }
}

impl From<Entry> for Added {
    fn from(entry: Entry) -> Self {
        let rows = entry.rows.iter().filter_map(|id| ModelId::new(id).ok()).collect();
        Self { made: entry.made.map(|Depth(made)| made), rows }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(ids: &[&str]) -> Added {
        Added { made: Some(Made::Providers), rows: ids.iter().map(|id| ModelId::new(id).unwrap()).collect() }
    }

    #[tokio::test]
    async fn what_was_added_is_known_after_a_restart_and_forgotten_without_a_trace() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("lmsync");
        let file = ManagedRowsFile::in_folder(&own, Work::Aside);
        assert_eq!(file.recall("lmstudio").await.unwrap(), Added::default());
        file.remember("lmstudio", &added(&["a/b", "c"])).await.unwrap();
        file.remember("other", &added(&["d"])).await.unwrap();
        let again = ManagedRowsFile::in_folder(&own, Work::Aside);
        assert_eq!(again.recall("lmstudio").await.unwrap(), added(&["a/b", "c"]));
        again.remember("lmstudio", &Added::default()).await.unwrap();
        assert_eq!(again.recall("lmstudio").await.unwrap(), Added::default());
        assert_eq!(again.recall("other").await.unwrap(), added(&["d"]));
        again.remember("other", &Added::default()).await.unwrap();
        assert_eq!(std::fs::read_dir(&own).unwrap().count(), 0);
    }

    #[tokio::test]
    async fn a_memory_that_cannot_be_read_is_no_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(NAME), "{").unwrap();
        let file = ManagedRowsFile::in_folder(folder.path(), Work::Here);
        assert!(matches!(file.recall("lmstudio").await, Err(StoreError::Malformed { .. })));
        assert!(file.remember("lmstudio", &added(&["a"])).await.is_err());
    }
}
