//! `models.json` as the store of one provider's models.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use domain::ports::{ModelStore, StoreError};
use domain::{Plan, Stored, Version};

use crate::document::{self, DocumentError};
use crate::read::{self, Fingerprint};
use crate::write;

/// OpenClaw's models file, of which one provider is ours. Cloning is cheap, and clones share what they know.
#[derive(Debug, Clone)]
pub struct ModelsFile(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    path: PathBuf,
    provider: String,
    /// What the file held when it was last read, unless that moment was too close to its last change.
    seen: Mutex<Option<(Fingerprint, Stored)>>,
}

impl ModelsFile {
    /// The file at that path, whose `providers.<provider>` is ours. Nothing is touched yet.
    #[must_use]
    pub fn new(path: PathBuf, provider: String) -> Self {
        Self(Arc::new(Inner { path, provider, seen: Mutex::new(None) }))
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

    /// Removes what a crash left beside the file, and says how many files that were. Looks only at names that
    /// lmsync itself gives, and removes nothing while another lmsync is writing there: the folder is locked
    /// (`flock`) by whoever writes or sweeps, and the lock of a killed process goes with it.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`]; the leftovers do no harm but take room.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        let path = self.0.path.clone();
        blocking(self.path(), move || write::sweep(&path)).await
    }
}

impl ModelStore for ModelsFile {
    /// Costs one `stat` where the file has not changed since it was last read.
    ///
    /// # Errors
    /// As the port says; [`StoreError::Changed`] too, where another program kept writing during the read.
    async fn load(&self) -> Result<Stored, StoreError> {
        let inner = Arc::clone(&self.0);
        blocking(self.path(), move || inner.load()).await
    }

    async fn save(&self, plan: &Plan, over: &Version) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.0);
        // The edit is pure and short; only what waits for a disk goes to another thread.
        let content = inner.edited(plan, over)?;
        let over = over.clone();
        blocking(self.path(), move || inner.replace(&content, &over)).await
    }
}

impl Inner {
    fn load(&self) -> Result<Stored, StoreError> {
        let found = read::look(&self.path)?;
        if let (Some((fingerprint, stored)), Some(found)) = (&*self.seen(), found)
            && *fingerprint == found
        {
            return Ok(stored.clone());
        }
        let Some(snapshot) = read::snapshot(&self.path)? else {
            *self.seen() = None;
            return Ok(Stored::default());
        };
        let provider =
            document::view(&snapshot.content, &self.provider).map_err(|error| self.malformed(error))?;
        let stored = Stored { version: Version(Some(snapshot.content)), provider: provider.map(Arc::new) };
        *self.seen() = snapshot.settled.then(|| (snapshot.fingerprint, stored.clone()));
        Ok(stored)
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
        write::replace(&self.path, content, over.0.as_deref())
    }

    fn malformed(&self, error: DocumentError) -> StoreError {
        StoreError::Malformed { path: self.path.clone(), cause: Box::new(error) }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Option<(Fingerprint, Stored)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs what may wait for a disk where it holds up nothing else.
async fn blocking<T: Send + 'static>(
    path: &Path,
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let unfinished = |error| StoreError::Unwritable {
        path: path.to_owned(),
        operation: "finish with",
        cause: Box::new(error),
    };
    tokio::task::spawn_blocking(work).await.map_err(unfinished)?
}
