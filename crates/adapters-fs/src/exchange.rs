//! Replaces a file by exchanging two names, and then checks the file that came out.
//!
//! If another program writes at that moment, its latest change stays in place.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::Path;

use domain::ports::StoreError;

use crate::current::Current;
use crate::fault::Fault;
use crate::folder::{Folder, unwritable};
use crate::temp::Temp;

/// How often files change places until the latest change is the one in place.
const MOST_SWAPS: usize = 8;

/// Gives the new file its name, in exchange for the current one, and makes that durable. Takes it back where
/// the current one turns out to have changed, whether in place or by another one under its name.
pub(crate) fn put_in_place(
    path: &Path,
    name: &OsStr,
    folder: &Folder,
    temp: Temp<'_>,
    current: Current,
    over: Option<&[u8]>,
    new: &[u8],
) -> Result<(), StoreError> {
    let changed = || StoreError::Changed { path: path.to_owned() };
    let not_durable = |error| StoreError::NotDurable { path: path.to_owned(), cause: Box::new(Fault::new(error)) };
    let exchanged = exchange(folder, &temp, name, current);
    match exchanged.map_err(|error| unwritable(path, "replace", error))? {
        Exchange::Occupied => Err(changed()),
        Exchange::Renamed => {
            // The old file was checked just before; a later change cannot be detected.
            temp.leave();
            folder.directory.sync().map_err(not_durable)
        }
        Exchange::Swapped(current) => {
            // What came out is now at the temporary name. It is checked twice: a writer that had opened the
            // old file just before the swap may come to write into it only while the folder is synced.
            let mut synced = Ok(());
            let mut unchanged = current.came_out(folder, &temp.name, over);
            if let Ok(true) = unchanged {
                synced = folder.directory.sync();
                unchanged = current.came_out(folder, &temp.name, over);
            }
            if let Ok(true) = unchanged {
                // The old file goes with `temp`; should that not reach the disk, it is swept later.
                return synced.map_err(not_durable);
            }
            put_back(path, name, folder, temp, new)?;
            Err(unchanged.map_or_else(|error| unwritable(path, "read", error), |_| changed()))
        }
    }
}

/// Puts what came out back in its place. What comes out then should be ours, as it was written; where another program
/// has changed that too, or put a file of its own over it, its change is the later one and goes back, and so on.
fn put_back(path: &Path, name: &OsStr, folder: &Folder, temp: Temp<'_>, new: &[u8]) -> Result<(), StoreError> {
    let fault = |error| unwritable(path, "put back the other program's", error);
    let mut expected = temp.current(new.to_vec()).map_err(fault)?;
    for _ in 0..MOST_SWAPS {
        let swapped = Current::open(folder, &temp.name, path).and_then(|placed| {
            let content = placed.content().map_err(fault)?;
            folder.directory.exchange(&temp.name, name).map_err(fault)?;
            Ok((placed, content))
        });
        let placed = match swapped {
            Ok(placed) => placed,
            Err(error) => {
                temp.leave();
                return Err(error);
            }
        };
        let (current, content) = &expected;
        let mut unchanged = current.came_out(folder, &temp.name, content.as_deref());
        if let Ok(true) = unchanged {
            // The other program asked for no more than to be in place; its change is as durable as it made it.
            let _ = folder.directory.sync();
            unchanged = current.came_out(folder, &temp.name, content.as_deref());
        }
        if let Ok(true) = unchanged {
            return Ok(());
        }
        expected = placed;
    }
    // Another program writes faster than this loop. The file in place is one of its latest changes, and whole.
    Ok(())
}

enum Exchange {
    /// Old and new have changed places: this is the old one.
    Swapped(Current),
    /// The new file has taken the name.
    Renamed,
    /// Another program has taken the name first, or taken the old file away.
    Occupied,
}

/// Gives the new file its name. A file system that can neither swap nor refuse to overwrite renames plainly.
fn exchange(folder: &Folder, temp: &Temp<'_>, name: &OsStr, current: Current) -> io::Result<Exchange> {
    let directory = &folder.directory;
    let result = if current.exists() {
        match directory.exchange(&temp.name, name) {
            Ok(()) => return Ok(Exchange::Swapped(current)),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Exchange::Occupied),
            result => result,
        }
    } else {
        match directory.rename_new(&temp.name, name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(Exchange::Occupied),
            result => result,
        }
    };
    match result {
        Err(error) if error.kind() == ErrorKind::Unsupported => {
            // Windows may not replace a file that is open.
            drop(current);
            directory.rename(&temp.name, name)
        }
        result => result,
    }
    .map(|()| Exchange::Renamed)
}

// Where names cannot be exchanged, a change at the last moment cannot be seen.
#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Another program writes between lmsync's check of the file and the exchange.
    fn put_after(meanwhile: impl FnOnce(&Path)) -> (Result<(), StoreError>, Vec<(String, String)>) {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("models.json");
        fs::write(&path, "old").unwrap();
        let name = OsStr::new("models.json");
        let folder = Folder::open(root.path()).unwrap();
        let temp = Temp::create(&folder, name).unwrap();
        temp.write(b"new").unwrap();
        let current = Current::open(&folder, name, &path).unwrap();
        assert!(current.is(Some(b"old")).unwrap());
        meanwhile(&path);
        let result = put_in_place(&path, name, &folder, temp, current, Some(b"old"), b"new");
        (result, files(root.path()))
    }

    fn files(folder: &Path) -> Vec<(String, String)> {
        let files = fs::read_dir(folder).unwrap().map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap())
        });
        files.collect()
    }

    fn holding(content: &str) -> Vec<(String, String)> {
        vec![("models.json".into(), content.into())]
    }

    /// Another program has changed what was in place while it was ours, after it had changed the old file.
    fn put_back_after(meanwhile: impl FnOnce(&Path)) -> Vec<(String, String)> {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("models.json");
        fs::write(&path, "earlier").unwrap();
        let name = OsStr::new("models.json");
        let folder = Folder::open(root.path()).unwrap();
        let temp = Temp::create(&folder, name).unwrap();
        temp.write(b"new").unwrap();
        folder.directory.exchange(&temp.name, name).unwrap();
        meanwhile(&path);
        put_back(&path, name, &folder, temp, b"new").unwrap();
        files(root.path())
    }

    #[test]
    fn the_latest_of_two_changes_in_a_moment_is_the_one_that_stays() {
        assert_eq!(put_back_after(|_| {}), holding("earlier"));
        assert_eq!(put_back_after(|path| fs::write(path, "later").unwrap()), holding("later"));
        let renamed = put_back_after(|path| {
            let beside = path.with_extension("theirs");
            fs::write(&beside, "later").unwrap();
            fs::rename(beside, path).unwrap();
        });
        assert_eq!(renamed, holding("later"));
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
