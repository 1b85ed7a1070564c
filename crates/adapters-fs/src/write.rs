//! Replaces a file: wholly and durably, or not at all, and never over content that the plan was not made for.
//!
//! The order of the system calls is the promise. Before the exchange everything happens under a temporary
//! name; the exchange shows the new content to readers at one moment; what comes out of it is compared with
//! what the plan was made for, so that a change of another program up to that very moment is seen, and put
//! back.

use std::io::ErrorKind;
use std::path::Path;

use domain::ports::StoreError;

use crate::current::{Current, plain};
use crate::exchange::put_in_place;
use crate::folder::{Folder, unwritable};
use crate::temp::{self, Temp};

/// Puts `new` in the file's place if it still has the content `over` (`None`: if there is no file).
///
/// # Errors
/// [`StoreError::Refused`] for a symlink or anything but a regular file, [`StoreError::Changed`] where the
/// content is another one, [`StoreError::Unwritable`], each with the old file in place; and
/// [`StoreError::NotDurable`].
pub(crate) fn replace(path: &Path, new: &[u8], over: Option<&[u8]>) -> Result<(), StoreError> {
    let fault = |operation| move |error| unwritable(path, operation, error);
    let name = path.file_name().ok_or(ErrorKind::IsADirectory.into()).map_err(fault("write"))?;

    let folder = Folder::open_or_create(path.parent().unwrap_or(Path::new("")))?;
    folder.lock_patiently()?;
    // What an earlier write could not take away. That it still cannot is no reason not to write.
    let _ = temp::sweep(&folder, name);
    let old = plain(path, folder.directory.find(name).map_err(fault("look at"))?)?;

    let temp = Temp::create(&folder, name).map_err(|error| unwritable(&folder.path, "write into", error))?;
    temp.hand_over(old.as_ref()).map_err(fault("keep the owner of"))?;
    temp.write(new).map_err(|error| unwritable(path, "write", error))?;
    temp.sync().map_err(fault("write"))?;

    let current = Current::open(&folder, name, path)?;
    if !current.is(over).map_err(|error| unwritable(path, "read", error))? {
        return Err(StoreError::Changed { path: path.to_owned() });
    }
    put_in_place(path, name, &folder, temp, current, over, new)
}

/// Removes what a crash left beside the file, and counts it; nothing while another lmsync is writing there.
///
/// # Errors
/// [`StoreError::Unwritable`].
pub(crate) fn sweep(path: &Path) -> Result<usize, StoreError> {
    let Some(name) = path.file_name() else { return Ok(0) };
    let folder = match Folder::open(path.parent().unwrap_or(Path::new(""))) {
        Ok(folder) => folder,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(0),
        Err(error) => return Err(unwritable(path, "look for leftovers of", error)),
    };
    let swept = match folder.directory.try_lock() {
        Ok(true) => temp::sweep(&folder, name),
        Ok(false) => Ok(0),
        Err(error) => Err(error),
    };
    swept.map_err(|error| unwritable(&folder.path, "sweep", error))
}
