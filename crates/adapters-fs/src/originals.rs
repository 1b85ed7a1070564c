//! What a models.json had of our provider before lmsync first wrote there: a file in lmsync's own folder.
//!
//! Only an entry that lmsync did not make is kept. Its own entries can be removed without it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::ports::StoreError;
use serde_json::value::RawValue;

use crate::memory::Memory;

/// The file's name in lmsync's own folder.
const NAME: &str = "models-before.json";

/// The memory. Without the file nothing is remembered.
#[derive(Debug, Clone)]
pub(crate) struct Originals(Memory);

/// The entries, by file and provider.
type Entries = BTreeMap<PathBuf, BTreeMap<String, Box<RawValue>>>;

impl Originals {
    /// The memory in that folder. Nothing is touched yet.
    pub(crate) fn in_folder(own_folder: &Path) -> Self {
        Self(Memory::in_folder(own_folder, NAME))
    }

    /// lmsync's own folder.
    pub(crate) fn own_folder(&self) -> &Path {
        self.0.path().parent().unwrap_or(Path::new("."))
    }

    /// The key of a file: its path from the state folder on, which OpenClaw may move as a whole, or another container
    /// may have elsewhere. A key that is there already counts where it leads to the same file.
    fn key(&self, all: &Entries, file: &Path) -> PathBuf {
        let base = self.own_folder().parent().unwrap_or(Path::new("."));
        let same = |key: &&PathBuf| {
            let kept = base.join(key);
            kept == file
                || std::fs::canonicalize(kept)
                    .is_ok_and(|kept| std::fs::canonicalize(file).is_ok_and(|file| kept == file))
        };
        let found = all.keys().find(same).cloned();
        found.unwrap_or_else(|| file.strip_prefix(base).unwrap_or(file).to_owned())
    }

    /// The entry as it was.
    ///
    /// # Errors
    /// [`StoreError`], where the memory cannot be read.
    pub(crate) fn find(&self, file: &Path, provider: &str) -> Result<Option<Box<RawValue>>, StoreError> {
        let (mut all, _) = self.0.read::<Entries>()?;
        let key = self.key(&all, file);
        Ok(all.remove(&key).and_then(|mut entries| entries.remove(provider)))
    }

    /// Remembers an entry, JSON text, unless one is remembered already.
    ///
    /// # Errors
    /// [`StoreError`]; it is not remembered.
    pub(crate) fn keep(&self, file: &Path, provider: &str, entry: &str) -> Result<(), StoreError> {
        let (mut all, over) = self.0.read::<Entries>()?;
        let entries = all.entry(self.key(&all, file)).or_default();
        if entries.contains_key(provider) {
            return Ok(());
        }
        let entry = RawValue::from_string(entry.to_owned())
            .map_err(|error| StoreError::Malformed { path: file.to_owned(), cause: Box::new(error) })?;
        entries.insert(provider.to_owned(), entry);
        self.0.write(&all, &over)
    }

    /// Forgets an entry that has been put back.
    ///
    /// # Errors
    /// [`StoreError`]; it is still remembered.
    pub(crate) fn forget(&self, file: &Path, provider: &str) -> Result<(), StoreError> {
        let (mut all, over) = self.0.read::<Entries>()?;
        let key = self.key(&all, file);
        if let Some(entries) = all.get_mut(&key) {
            entries.remove(provider);
        }
        all.retain(|_, entries| !entries.is_empty());
        if all.is_empty() { self.0.clear() } else { self.0.write(&all, &over) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::platform::is_for_owner_alone;

    #[test]
    fn the_first_entry_is_kept_to_the_letter_until_it_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("lmsync");
        let (originals, file) = (Originals::in_folder(&own), Path::new("/s/models.json"));
        let entry = r#"{"apiKey":"theirs","x": 1.0,"x":2}"#;
        originals.keep(file, "lmstudio", entry).unwrap();
        originals.keep(file, "lmstudio", r#"{"apiKey":"later"}"#).unwrap();
        originals.keep(file, "other", "{}").unwrap();
        let kept = |provider: &str| originals.find(file, provider).unwrap().map(|entry| entry.get().to_owned());
        assert_eq!(kept("lmstudio").as_deref(), Some(entry));
        assert_eq!(kept("third"), None);
        assert!(is_for_owner_alone(&own.join(NAME)));

        originals.forget(file, "lmstudio").unwrap();
        assert_eq!((kept("lmstudio"), kept("other").as_deref()), (None, Some("{}")));
        originals.forget(file, "other").unwrap();
        assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn an_entry_is_found_again_where_the_state_folder_was_moved() {
        let home = tempfile::tempdir().unwrap();
        let (earlier, usual) = (home.path().join(".clawdbot"), home.path().join(".openclaw"));
        let file = |state: &Path| state.join("agents/main/agent/models.json");
        let originals = |state: &Path| Originals::in_folder(&state.join("lmsync"));
        originals(&earlier).keep(&file(&earlier), "lmstudio", "{}").unwrap();
        fs::rename(&earlier, &usual).unwrap();
        assert!(originals(&usual).find(&file(&usual), "lmstudio").unwrap().is_some());

        // As versions before wrote it, found through the link that OpenClaw leaves.
        std::os::unix::fs::symlink(&usual, &earlier).unwrap();
        fs::create_dir_all(usual.join("agents/main/agent")).unwrap();
        fs::write(file(&usual), "{}").unwrap();
        let text = format!("{{{:?}: {{\"lmstudio\": {{}}}}}}", file(&earlier));
        fs::write(usual.join("lmsync").join(NAME), text).unwrap();
        assert!(originals(&usual).find(&file(&usual), "lmstudio").unwrap().is_some());
        originals(&usual).forget(&file(&usual), "lmstudio").unwrap();
        assert!(!usual.join("lmsync").join(NAME).exists());
    }
}
