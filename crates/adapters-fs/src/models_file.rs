//! `models.json` as the store of one provider's models.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::ports::{ModelStore, StoreError};
use domain::{API_KEY_MARKER, Plan, Stored, StoredProvider, Version};
use tracing::warn;

use crate::document::{self, DocumentError, Rest};
use crate::folder::unwritable;
use crate::made_folders;
use crate::originals::Originals;
use crate::platform::Fingerprint;
use crate::read;
use crate::work::{Lane, Work};
use crate::write;

/// OpenClaw's models file, of which one provider is ours. Cloning is cheap, and clones share what they know.
#[derive(Debug, Clone)]
pub struct ModelsFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    provider: String,
    /// Keeps an entry that lmsync did not make, to be put back by `lmsync remove`.
    originals: Option<Originals>,
    lane: Lane,
    /// What the file held when it was last read, unless that moment was too close to its last change.
    seen: Mutex<Option<(Fingerprint, Stored)>>,
    /// The last write, where it is in place and may not survive a power cut.
    doubtful: Mutex<Option<Doubtful>>,
}

#[derive(Debug)]
struct Doubtful {
    written: Vec<u8>,
    /// What it was written over.
    over: Version,
}

impl ModelsFile {
    /// The file at that path, whose `providers.<provider>` is ours. Nothing is touched yet.
    #[must_use]
    pub fn new(path: PathBuf, provider: String) -> Self {
        Self::with(path, provider, None, Work::Aside)
    }

    /// The same; an entry that lmsync did not make is kept before it is first overwritten.
    pub(crate) fn with(path: PathBuf, provider: String, originals: Option<Originals>, work: Work) -> Self {
        let (lane, seen, doubtful) = (Lane::new(work), Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { path, provider, originals, lane, seen, doubtful }))
    }

    /// Where the file is, or will be.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// Whether both are clones of one, and share what they know.
    #[cfg(test)]
    pub(crate) fn shares_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Removes what a crash left beside the file, and says how many files that were. Touches only names that
    /// lmsync itself gives, and removes nothing while another lmsync is writing there: a writer and a sweep both lock
    /// the folder (`flock`), and the lock of a killed process ends with it.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`]; the leftovers do no harm but take room.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let path = self.0.path.clone();
        self.0.lane.on(self.path(), move || write::sweep(&path)).await
    }

    /// Makes our provider in the file what it was before lmsync came: the entry that was remembered, else none, and no
    /// file where nothing else is in it. An entry that was not kept and whose `apiKey` is not lmsync's
    /// marker belongs to the user, and stays. Returns whether there was anything to do; a dry run changes nothing.
    ///
    /// # Errors
    /// As [`ModelStore::save`].
    pub async fn withdraw(&self, dry_run: bool) -> Result<bool, StoreError> {
        let inner = Arc::clone(&self.0);
        self.0.lane.on(self.path(), move || inner.withdraw(dry_run)).await
    }
}

impl ModelStore for ModelsFile {
    /// Costs one `stat` where the file has not changed since it was last read.
    ///
    /// # Errors
    /// As the port says; [`StoreError::Changed`] too, where another program kept writing during the read.
    async fn load(&self) -> Result<Stored, StoreError> {
        let inner = Arc::clone(&self.0);
        self.0.lane.on(self.path(), move || inner.load()).await
    }

    async fn save(&self, plan: &Plan, over: &Version) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.0);
        // The edit is pure and short; only what waits for a disk goes to another thread.
        let content = inner.edited(plan, over)?;
        let over = over.clone();
        self.0
            .lane
            .on(self.path(), move || {
                let forgotten = inner.remember(&over);
                inner.replace(&content, &over)?;
                // Where nothing was written, there is nothing to undo.
                inner.warn_of(&forgotten);
                Ok(())
            })
            .await
    }
}

/// What could not be remembered for `lmsync remove`, and why.
#[derive(Debug, Default)]
struct Forgotten {
    folders: Option<StoreError>,
    entry: Option<StoreError>,
}

impl Inner {
    /// What the file held when it was last read, where it is surely the same still.
    fn unchanged(&self) -> Result<Option<Stored>, StoreError> {
        let found = read::fingerprint(&self.path)?;
        let seen = self.seen();
        let same = seen.as_ref().filter(|(fingerprint, _)| Some(*fingerprint) == found);
        Ok(same.map(|(_, stored)| stored.clone()))
    }

    fn load(&self) -> Result<Stored, StoreError> {
        if let Some(stored) = self.unchanged()? {
            return Ok(stored);
        }
        let Some(snapshot) = read::snapshot(&self.path)? else {
            *self.seen() = None;
            return Ok(Stored::default());
        };
        let provider = document::view(&snapshot.content, &self.provider).map_err(|error| self.malformed(error))?;
        if let Some(doubtful) = &*self.doubtful()
            && doubtful.written == *snapshot.content
        {
            // What may not last is not written yet: it counts as before, so that it is planned and written once more.
            // Another sync would prove nothing: the kernel may report lost pages as clean.
            let before = doubtful.over.0.as_deref().unwrap_or(b"{}");
            let provider = document::view(before, &self.provider).map_err(|error| self.malformed(error))?;
            let version = Version(Some(snapshot.content));
            return Ok(Stored { version, provider: provider.map(Arc::new) });
        }
        let stored = Stored { version: Version(Some(snapshot.content)), provider: provider.map(Arc::new) };
        *self.seen() = snapshot.settled.then(|| (snapshot.fingerprint, stored.clone()));
        Ok(stored)
    }

    /// Remembers the folders that are to be made, and an entry that is not lmsync's own. That it cannot is no reason
    /// not to keep the list true.
    fn remember(&self, over: &Version) -> Forgotten {
        let mut forgotten = Forgotten::default();
        let Some(originals) = &self.originals else { return forgotten };
        if let Some(folder) = self.path.parent() {
            forgotten.folders = made_folders::remember_missing(originals.own_folder(), folder).err();
        }
        let Some(content) = over.0.as_deref() else { return forgotten };
        // What is no document was refused before.
        let Ok(Some(entry)) = document::foreign_entry(content, &self.provider) else { return forgotten };
        forgotten.entry = originals.keep(&self.path, &self.provider, entry).err();
        forgotten
    }

    fn warn_of(&self, forgotten: &Forgotten) {
        if let (Some(error), Some(folder)) = (&forgotten.folders, self.path.parent()) {
            let cause = cause_of(error);
            warn!(
                name: "undo_note_fails", folder = %folder.display(), %error, cause,
                "`lmsync remove` will not take the new folder away"
            );
        }
        if let Some(error) = &forgotten.entry {
            let cause = cause_of(error);
            warn!(
                name: "undo_copy_fails", file = %self.path.display(), %error, cause,
                "`lmsync remove` will not put back what was there before"
            );
        }
    }

    fn withdraw(&self, dry_run: bool) -> Result<bool, StoreError> {
        let Stored { version, provider } = self.load()?;
        let original = self.originals.as_ref().map(|originals| originals.find(&self.path, &self.provider));
        let original = original.transpose()?.flatten();
        let Some(content) = version.0.as_deref() else { return Ok(false) };
        // Where OpenClaw has taken ours out, an empty file may be left of it.
        if original.is_none() && !provider.as_deref().is_none_or(is_ours) {
            return Ok(false);
        }
        let entry = original.as_ref().map(|entry| entry.get());
        match document::taken_back(content, &self.provider, entry).map_err(|error| self.malformed(error))? {
            Rest::Same => return Ok(false),
            _ if dry_run => return Ok(true),
            Rest::Content(rest) => self.replace(&rest, &version)?,
            Rest::Nothing => {
                // Another program's last-moment change is kept: then the file is not what was read any more.
                self.replace(b"{}\n", &version)?;
                std::fs::remove_file(&self.path).map_err(|error| unwritable(&self.path, "remove", error))?;
            }
        }
        if let (Some(originals), Some(_)) = (&self.originals, original) {
            originals.forget(&self.path, &self.provider)?;
        }
        Ok(true)
    }

    fn edited(&self, plan: &Plan, over: &Version) -> Result<Vec<u8>, StoreError> {
        let content = over.0.as_deref().unwrap_or(b"{}");
        document::edit(content, &self.provider, plan).map_err(|error| match error {
            DocumentError::TooLarge | DocumentError::Unsound => StoreError::Unwritable {
                path: self.path.clone(),
                operation: "make the new content of",
                cause: Box::new(error),
            },
            error => self.malformed(error),
        })
    }

    fn replace(&self, content: &[u8], over: &Version) -> Result<(), StoreError> {
        // Not remembered as seen: in the moment of its change a file's fingerprint cannot be trusted, so the
        // next load reads it in any case.
        *self.seen() = None;
        let replaced = write::replace(&self.path, content, over.0.as_deref());
        let doubtful = matches!(replaced, Err(StoreError::NotDurable { .. }));
        let before = self.doubtful().take();
        if doubtful {
            // Where that one was doubtful too, all is still as it was before both.
            let over = match before {
                Some(Doubtful { written, over: before }) if over.0.as_deref() == Some(&written) => before,
                _ => over.clone(),
            };
            *self.doubtful() = Some(Doubtful { written: content.to_owned(), over });
        }
        replaced
    }

    fn doubtful(&self) -> MutexGuard<'_, Option<Doubtful>> {
        self.doubtful.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn malformed(&self, error: DocumentError) -> StoreError {
        StoreError::Malformed { path: self.path.clone(), cause: Box::new(error) }
    }

    fn seen(&self) -> MutexGuard<'_, Option<(Fingerprint, Stored)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether an entry is one that lmsync made.
fn is_ours(provider: &StoredProvider) -> bool {
    provider.api_key.as_deref() == Some(API_KEY_MARKER)
}

fn cause_of(error: &StoreError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}
