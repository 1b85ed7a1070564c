//! The folder that a file lies in: found or created, held open, locked while its file is replaced.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use domain::ports::StoreError;

use crate::fault::Fault;
use crate::platform::Directory;

/// How long a replacement waits for another process's, which takes milliseconds unless a disk hangs.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait before the next try.
const BREATH: Duration = Duration::from_millis(10);

/// A folder that is held open, so that all of one replacement happens in the same one.
pub(crate) struct Folder {
    pub(crate) directory: Directory,
    pub(crate) path: PathBuf,
}

impl Folder {
    /// Opens a folder, and creates what is missing of the path: mode 0700, and where root does it, owned by
    /// the owner of the folder above, as if that user had created it.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub(crate) fn open_or_create(path: &Path) -> Result<Self, StoreError> {
        match Self::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(path, "open", error)),
            Ok(folder) => return Ok(folder),
        }
        let mut missing: Vec<&OsStr> = Vec::new();
        let mut above = path;
        let mut folder = loop {
            match (above.components().next_back(), above.parent()) {
                (Some(Component::Normal(name)), Some(parent)) => {
                    missing.push(name);
                    above = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
                }
                _ => return Err(unwritable(path, "open", ErrorKind::NotFound)),
            }
            match Self::open(above) {
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => return Err(unwritable(above, "open", error)),
                Ok(folder) => break folder,
            }
        };
        for name in missing.into_iter().rev() {
            folder = folder.create(name)?;
        }
        Ok(folder)
    }

    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        Ok(Self { directory: Directory::open(path)?, path: path.to_owned() })
    }

    fn create(&self, name: &OsStr) -> Result<Self, StoreError> {
        let path = self.path.join(name);
        let directory = self.directory.create(name).map_err(|error| unwritable(&path, "create", error))?;
        Ok(Self { directory, path })
    }

    /// Holds the folder until it is closed: one replacement at a time, and none while leftovers are swept. Waits for a
    /// while where another process holds it: a replacement takes milliseconds.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`].
    pub(crate) fn lock_patiently(&self) -> Result<(), StoreError> {
        let since = Instant::now();
        while !self.directory.try_lock().map_err(|error| unwritable(&self.path, "lock", error))? {
            if since.elapsed() > PATIENCE {
                let hangs = "another lmsync has been writing there for seconds; does the disk hang?";
                return Err(unwritable(&self.path, "lock", io::Error::other(hangs)));
            }
            #[expect(clippy::disallowed_methods, reason = "this thread waits for the disk alone")]
            thread::sleep(BREATH);
        }
        Ok(())
    }
}

pub(crate) fn unwritable(path: &Path, operation: &'static str, error: impl Into<io::Error>) -> StoreError {
    StoreError::Unwritable { path: path.to_owned(), operation, cause: Box::new(Fault::new(error)) }
}
