//! Reads the whole of a regular file, as it was at one moment.

use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use domain::ports::StoreError;

use crate::document::{DocumentError, MAX_BYTES};
use crate::fault::Fault;
use crate::platform::{Fingerprint, open_to_read, special_kind};

/// How often a file that changes while it is read is read again.
const TRIES: usize = 5;

/// How old a file's last change must be for its fingerprint to be believed.
///
/// File systems count time in ticks (up to 10 ms; 2 s on FAT). A file written twice within a tick has the same
/// times after both, so a fingerprint taken in the tick of the last change may hide a later one. Once the
/// change was older than a tick when the file was read, any later write shows. git calls such an entry
/// "racily clean" (`Documentation/technical/racy-git.txt`).
const SETTLED: Duration = Duration::from_secs(2);

/// A file's content at one moment.
pub(crate) struct Snapshot {
    pub(crate) content: Arc<[u8]>,
    pub(crate) fingerprint: Fingerprint,
    /// Whether the same fingerprint later means the same content.
    pub(crate) settled: bool,
}

/// The file's fingerprint; `None` where there is no file.
///
/// # Errors
/// [`StoreError::Unreadable`], and [`StoreError::Refused`] for what is not a regular file.
pub(crate) fn fingerprint(path: &Path) -> Result<Option<Fingerprint>, StoreError> {
    match std::fs::metadata(path) {
        Ok(metadata) => {
            regular(path, &metadata)?;
            let fingerprint = Fingerprint::of_path(path, &metadata);
            fingerprint.map(Some).map_err(|error| unreadable(path, error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, error)),
    }
}

/// The file's content; `None` where there is no file. Follows symlinks.
///
/// # Errors
/// As [`fingerprint`]; [`StoreError::Malformed`] for a file that is too large, and [`StoreError::Changed`] where
/// another program kept writing while it was read.
pub(crate) fn snapshot(path: &Path) -> Result<Option<Snapshot>, StoreError> {
    for _ in 0..TRIES {
        let now = SystemTime::now();
        let file = match open_to_read(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(path, error)),
        };
        let known = || {
            let metadata = file.metadata()?;
            Ok((Fingerprint::of_file(&file, &metadata)?, metadata))
        };
        let (fingerprint, before) = known().map_err(|error: io::Error| unreadable(path, error))?;
        regular(path, &before)?;
        let size = usize::try_from(before.len()).unwrap_or(usize::MAX);
        if size > MAX_BYTES {
            let cause = Box::new(DocumentError::TooLarge);
            return Err(StoreError::Malformed { path: path.to_owned(), cause });
        }
        let content = read(&file, size).map_err(|error| unreadable(path, error))?;
        let (after, _) = known().map_err(|error| unreadable(path, error))?;
        if let Some(content) = content
            && fingerprint == after
        {
            // A change in the future, by a clock that went back or another machine's, is not settled either.
            let age = before.modified().ok().and_then(|modified| now.duration_since(modified).ok());
            let settled = age.is_some_and(|age| age > SETTLED);
            return Ok(Some(Snapshot { content, fingerprint, settled }));
        }
    }
    Err(StoreError::Changed { path: path.to_owned() })
}

/// Reads so many bytes; `None` where the file has become shorter or longer.
fn read(mut file: &File, size: usize) -> io::Result<Option<Arc<[u8]>>> {
    // Read where it stays: a `Vec` would be copied into the `Arc`.
    let mut content: Arc<[u8]> = std::iter::repeat_n(0, size).collect();
    let buffer = Arc::get_mut(&mut content).unwrap_or_default();
    match file.read_exact(buffer) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error),
    }
    Ok((file.read(&mut [0])? == 0).then_some(content))
}

fn regular(path: &Path, metadata: &Metadata) -> Result<(), StoreError> {
    let kind = metadata.file_type();
    let what = if kind.is_file() {
        return Ok(());
    } else if kind.is_dir() {
        "a folder"
    } else {
        special_kind(kind)
    };
    Err(refused(path, what))
}

/// The refusal of something other than a plain file.
pub(crate) fn refused(path: &Path, what: &str) -> StoreError {
    let kind = format!("{what}, and OpenClaw reads only a plain file (move it away, or set another path)");
    StoreError::Refused { path: path.to_owned(), kind }
}

fn unreadable(path: &Path, error: io::Error) -> StoreError {
    StoreError::Unreadable { path: path.to_owned(), cause: Box::new(Fault::new(error)) }
}
