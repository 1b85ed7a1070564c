//! Replaces a file: wholly and durably, or not at all, and never over a content that nobody looked at.
//!
//! The order of the system calls is the promise. Before the exchange everything happens under a temporary
//! name; the exchange shows the new content to readers at one moment; what comes out of it is compared with
//! what the plan was made for, so that a change of another program up to that very moment is seen, and put
//! back.

use std::ffi::OsStr;
use std::path::Path;

use domain::ports::StoreError;
use rustix::fs::{Mode, RenameFlags};
use rustix::io::Errno;

use crate::current::{Current, plain};
use crate::fault::Fault;
use crate::folder::{Folder, permissions, unwritable};
use crate::temp::{self, Temp};

/// Puts `new` in the file's place if it still has the content `over` (`None`: if there is no file).
///
/// # Errors
/// [`StoreError::Refused`] for a symlink or anything but a regular file, [`StoreError::Changed`] where the
/// content is another one, [`StoreError::Unwritable`], each with the old file in place; and
/// [`StoreError::NotDurable`].
pub(crate) fn replace(path: &Path, new: &[u8], over: Option<&[u8]>) -> Result<(), StoreError> {
    let fault = |operation| move |errno| unwritable(path, operation, errno);
    let name = path.file_name().ok_or(Errno::ISDIR).map_err(fault("write"))?;

    let folder = Folder::open_or_create(path.parent().unwrap_or(Path::new("")))?;
    lock(&folder)?;
    let old = plain(path, folder.find(name).map_err(fault("look at"))?)?;

    let mut temp =
        Temp::create(&folder, name).map_err(|errno| unwritable(&folder.path, "write into", errno))?;
    match &old {
        Some(old) => temp.belong(old, permissions(old)),
        None => folder.stat().and_then(|folder| temp.belong(&folder, Mode::RUSR | Mode::WUSR)),
    }
    .map_err(fault("keep the owner of"))?;
    temp.write(new).map_err(|error| unwritable(path, "write", error))?;
    temp.sync().map_err(fault("write"))?;

    let current = Current::open(&folder, name, path)?;
    if !current.is(over).map_err(|error| unwritable(path, "read", error))? {
        return Err(StoreError::Changed { path: path.to_owned() });
    }
    put_in_place(path, name, &folder, temp, &current, over)
}

/// Gives the new file its name, in exchange for the current one, and makes that durable. Takes it back where
/// the current one turns out to have changed, whether in place or by another one under its name.
fn put_in_place(
    path: &Path,
    name: &OsStr,
    folder: &Folder,
    temp: Temp<'_>,
    current: &Current,
    over: Option<&[u8]>,
) -> Result<(), StoreError> {
    let changed = || StoreError::Changed { path: path.to_owned() };
    let not_durable =
        |errno| StoreError::NotDurable { path: path.to_owned(), cause: Box::new(Fault::new(errno)) };
    let exchanged = exchange(folder, &temp, name, current.exists());
    match exchanged.map_err(|errno| unwritable(path, "replace", errno))? {
        Exchange::Occupied => Err(changed()),
        Exchange::Renamed => {
            // The old file was looked at just before; a change since then cannot be seen.
            temp.leave();
            folder.sync().map_err(not_durable)
        }
        Exchange::Swapped => {
            // What came out is now at the temporary name. It is looked at twice: a writer that had found the
            // old file just before the swap may come to write into it only while the folder is synced.
            let mut synced = Ok(());
            let mut unchanged = current.came_out(folder, &temp, over);
            if let Ok(true) = unchanged {
                synced = folder.sync();
                unchanged = current.came_out(folder, &temp, over);
            }
            if let Ok(true) = unchanged {
                // The old file goes with `temp`; should that not reach the disk, the next start sweeps it.
                return synced.map_err(not_durable);
            }
            if let Err(errno) = swap(folder, &temp, name) {
                temp.leave();
                return Err(unwritable(path, "put back the other program's", errno));
            }
            drop(temp);
            // The other program asked for no more than to be in place; its change is as durable as it made it.
            let _ = folder.sync();
            Err(unchanged.map_or_else(|error| unwritable(path, "read", error), |_| changed()))
        }
    }
}

/// Removes what a crash left beside the file, and counts it; nothing while another lmsync is writing there.
///
/// # Errors
/// [`StoreError::Unwritable`].
pub(crate) fn sweep(path: &Path) -> Result<usize, StoreError> {
    let Some(name) = path.file_name() else { return Ok(0) };
    let folder = match Folder::open(path.parent().unwrap_or(Path::new(""))) {
        Ok(folder) => folder,
        Err(Errno::NOENT) => return Ok(0),
        Err(errno) => return Err(unwritable(path, "look for leftovers of", errno)),
    };
    let swept = match folder.lock() {
        Ok(true) => temp::sweep(&folder, name),
        Ok(false) => Ok(0),
        Err(errno) => Err(errno),
    };
    swept.map_err(|errno| unwritable(&folder.path, "sweep", errno))
}

fn lock(folder: &Folder) -> Result<(), StoreError> {
    let fault = |cause| StoreError::Unwritable { path: folder.path.clone(), operation: "lock", cause };
    match folder.lock() {
        Ok(true) => Ok(()),
        Ok(false) => Err(fault("another lmsync is writing there; one is enough for a file".into())),
        Err(errno) => Err(fault(Box::new(Fault::new(errno)))),
    }
}

enum Exchange {
    /// Old and new have changed places.
    Swapped,
    /// The new file has taken the name.
    Renamed,
    /// Another program has taken the name first, or taken the old file away.
    Occupied,
}

/// Gives the new file its name. A file system that can neither swap nor refuse to overwrite renames plainly.
fn exchange(folder: &Folder, temp: &Temp<'_>, name: &OsStr, replaces: bool) -> Result<Exchange, Errno> {
    let result = if replaces {
        swap(folder, temp, name).map(|()| Exchange::Swapped)
    } else {
        rustix::fs::renameat_with(folder, &temp.name, folder, name, RenameFlags::NOREPLACE)
            .map(|()| Exchange::Renamed)
    };
    match result {
        Err(Errno::EXIST) if !replaces => Ok(Exchange::Occupied),
        Err(Errno::NOENT) if replaces => Ok(Exchange::Occupied),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {
            rustix::fs::renameat(folder, &temp.name, folder, name).map(|()| Exchange::Renamed)
        }
        result => result,
    }
}

fn swap(folder: &Folder, temp: &Temp<'_>, name: &OsStr) -> Result<(), Errno> {
    rustix::fs::renameat_with(folder, &temp.name, folder, name, RenameFlags::EXCHANGE)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Another program does its work between our look at the file and the exchange.
    fn put_after(meanwhile: impl FnOnce(&Path)) -> (Result<(), StoreError>, Vec<(String, String)>) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("models.json");
        fs::write(&path, "old").unwrap();
        let name = OsStr::new("models.json");
        let folder = Folder::open(root.path()).unwrap();
        let mut temp = Temp::create(&folder, name).unwrap();
        temp.write(b"new").unwrap();
        let current = Current::open(&folder, name, &path).unwrap();
        assert!(current.is(Some(b"old")).unwrap());
        meanwhile(&path);
        let result = put_in_place(&path, name, &folder, temp, &current, Some(b"old"));
        let files = fs::read_dir(root.path()).unwrap().map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
        });
        (result, files.collect())
    }

    fn holding(content: &str) -> Vec<(String, String)> {
        vec![("models.json".into(), content.into())]
    }

    #[test]
    fn an_undisturbed_exchange_leaves_the_new_file_alone() {
        let (result, files) = put_after(|_| {});
        result.unwrap();
        assert_eq!(files, holding("new"));
    }

    #[test]
    fn a_change_in_place_at_the_last_moment_is_put_back() {
        let (result, files) = put_after(|path| fs::write(path, "theirs").unwrap());
        assert!(matches!(result, Err(StoreError::Changed { .. })));
        assert_eq!(files, holding("theirs"));
    }

    #[test]
    fn a_file_renamed_into_place_at_the_last_moment_is_put_back() {
        let (result, files) = put_after(|path| {
            // Even one with the same content: its writer may not be done with it.
            let beside = path.with_extension("theirs");
            fs::write(&beside, "old").unwrap();
            fs::rename(beside, path).unwrap();
        });
        assert!(matches!(result, Err(StoreError::Changed { .. })));
        assert_eq!(files, holding("old"));
    }

    #[test]
    fn a_file_removed_at_the_last_moment_stays_removed() {
        let (result, files) = put_after(|path| fs::remove_file(path).unwrap());
        assert!(matches!(result, Err(StoreError::Changed { .. })));
        assert_eq!(files, []);
    }
}
