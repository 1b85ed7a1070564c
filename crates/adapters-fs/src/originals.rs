//! What a models.json had of our provider before lmsync first wrote there: a file in lmsync's own folder.
//!
//! Only an entry that somebody else made is remembered. One that lmsync made needs no memory to be taken out again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use domain::Version;
use domain::ports::StoreError;
use serde_json::value::RawValue;

use crate::{read, write};

/// The file's name in lmsync's own folder.
const NAME: &str = "models-before.json";

/// The memory, readable by its owner alone: an entry holds a key. Without the file nothing is remembered.
#[derive(Debug, Clone)]
pub(crate) struct Originals(PathBuf);

/// The entries, by file and provider.
type Shape = BTreeMap<PathBuf, BTreeMap<String, Box<RawValue>>>;

impl Originals {
    /// The memory in that folder. Nothing is touched yet.
    pub(crate) fn in_folder(own_folder: &Path) -> Self {
        Self(own_folder.join(NAME))
    }

    /// The entry as it was.
    ///
    /// # Errors
    /// [`StoreError`], where the memory cannot be read.
    pub(crate) fn of(&self, file: &Path, provider: &str) -> Result<Option<Box<RawValue>>, StoreError> {
        let (mut shape, _) = self.read()?;
        Ok(shape.remove(file).and_then(|mut entries| entries.remove(provider)))
    }

    /// Remembers an entry, JSON text, unless one is remembered already.
    ///
    /// # Errors
    /// [`StoreError`]; it is not remembered.
    pub(crate) fn keep(&self, file: &Path, provider: &str, entry: &str) -> Result<(), StoreError> {
        let (mut shape, over) = self.read()?;
        let entries = shape.entry(file.to_owned()).or_default();
        if entries.contains_key(provider) {
            return Ok(());
        }
        let entry = RawValue::from_string(entry.to_owned()).map_err(|error| self.malformed(error))?;
        entries.insert(provider.to_owned(), entry);
        self.write(&shape, &over)
    }

    /// Forgets an entry that has been put back.
    ///
    /// # Errors
    /// [`StoreError`]; it is still remembered.
    pub(crate) fn forget(&self, file: &Path, provider: &str) -> Result<(), StoreError> {
        let (mut shape, over) = self.read()?;
        if let Some(entries) = shape.get_mut(file) {
            entries.remove(provider);
        }
        shape.retain(|_, entries| !entries.is_empty());
        if !shape.is_empty() {
            return self.write(&shape, &over);
        }
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(StoreError::Unwritable {
                path: self.0.clone(),
                operation: "remove",
                cause: Box::new(error),
            }),
            _ => Ok(()),
        }
    }

    fn read(&self) -> Result<(Shape, Version), StoreError> {
        let Some(snapshot) = read::snapshot(&self.0)? else { return Ok((Shape::new(), Version(None))) };
        let shape = serde_json::from_slice(&snapshot.content).map_err(|error| self.malformed(error))?;
        Ok((shape, Version(Some(snapshot.content))))
    }

    fn write(&self, shape: &Shape, over: &Version) -> Result<(), StoreError> {
        let text = serde_json::to_string_pretty(shape).map_err(|error| self.malformed(error))?;
        write::replace(&self.0, format!("{text}\n").as_bytes(), over.0.as_deref())
    }

    fn malformed(&self, error: serde_json::Error) -> StoreError {
        StoreError::Malformed { path: self.0.clone(), cause: Box::new(error) }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_first_entry_is_kept_to_the_letter_until_it_is_put_back() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("lmsync");
        let (originals, file) = (Originals::in_folder(&own), Path::new("/s/models.json"));
        let entry = r#"{"apiKey":"theirs","x": 1.0,"x":2}"#;
        originals.keep(file, "lmstudio", entry).unwrap();
        originals.keep(file, "lmstudio", r#"{"apiKey":"later"}"#).unwrap();
        originals.keep(file, "other", "{}").unwrap();
        let kept = |provider: &str| originals.of(file, provider).unwrap().map(|entry| entry.get().to_owned());
        assert_eq!(kept("lmstudio").as_deref(), Some(entry));
        assert_eq!(kept("third"), None);
        let mode = fs::metadata(own.join(NAME)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        originals.forget(file, "lmstudio").unwrap();
        assert_eq!((kept("lmstudio"), kept("other").as_deref()), (None, Some("{}")));
        originals.forget(file, "other").unwrap();
        assert_eq!(fs::read_dir(&own).unwrap().count(), 0);
    }
}
