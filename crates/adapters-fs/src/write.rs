//! Replaces a file: wholly and durably, or not at all, and never over a content that nobody looked at.
//!
//! The order of the system calls is the promise. Before the exchange everything happens under a temporary
//! name; the exchange shows the new content to readers at one moment; what comes out of it is compared with
//! what the plan was made for, so that a change of another program up to that very moment is seen, and put
//! back.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use domain::ports::StoreError;
use rustix::fs::{FileType, Mode, OFlags, RenameFlags, Stat};
use rustix::io::Errno;

use crate::fault::Fault;
use crate::folder::{Folder, permissions, unwritable};
use crate::read::refused;
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
    temp.write(new).map_err(|error| failed(path, "write", error))?;
    temp.sync().map_err(fault("write"))?;

    let current = Current::open(&folder, name, path)?;
    if !current.is(over).map_err(|error| failed(path, "read", error))? {
        return Err(StoreError::Changed { path: path.to_owned() });
    }
    put_in_place(path, name, &folder, temp, &current, over)?;
    folder
        .sync()
        .map_err(|errno| StoreError::NotDurable { path: path.to_owned(), cause: Box::new(Fault::new(errno)) })
}

/// Gives the new file its name, in exchange for the current one; takes it back where that one turns out to
/// have changed, whether in place or by another one under its name.
fn put_in_place(
    path: &Path,
    name: &OsStr,
    folder: &Folder,
    temp: Temp<'_>,
    current: &Current,
    over: Option<&[u8]>,
) -> Result<(), StoreError> {
    let changed = || StoreError::Changed { path: path.to_owned() };
    let exchanged = exchange(folder, &temp, name, current.0.is_some());
    match exchanged.map_err(|errno| unwritable(path, "replace", errno))? {
        // The old file was looked at just before; a change since then cannot be seen.
        Exchange::Renamed => temp.leave(),
        Exchange::Occupied => return Err(changed()),
        // What came out is now at the temporary name.
        Exchange::Swapped => match current.came_out(folder, &temp, over) {
            Ok(true) => drop(temp.remove()),
            outcome => {
                if let Err(errno) = swap(folder, &temp, name) {
                    temp.leave();
                    return Err(unwritable(path, "put back the other program's", errno));
                }
                return Err(outcome.map_or_else(|error| failed(path, "read", error), |_| changed()));
            }
        },
    }
    Ok(())
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

/// Accepts a regular file or nothing.
fn plain(path: &Path, found: Option<Stat>) -> Result<Option<Stat>, StoreError> {
    let Some(stat) = found else { return Ok(None) };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(Some(stat)),
        FileType::Symlink => Err(StoreError::Refused { path: path.to_owned(), kind: symlink(path) }),
        FileType::Directory => Err(refused(path, "a folder")),
        FileType::Fifo => Err(refused(path, "a named pipe")),
        FileType::Socket => Err(refused(path, "a socket")),
        _ => Err(refused(path, "a device")),
    }
}

fn symlink(path: &Path) -> String {
    let target = std::fs::read_link(path).unwrap_or_default();
    format!(
        "a symlink to {}, which OpenClaw ignores (put the file itself there, or give lmsync the path of the \
         file)",
        target.to_string_lossy().escape_debug()
    )
}

/// The file in place, held open, so that it can be looked at again under another name.
struct Current(Option<(File, Stat)>);

impl Current {
    fn open(folder: &Folder, name: &OsStr, path: &Path) -> Result<Self, StoreError> {
        let fault = |errno| unwritable(path, "look at", errno);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match rustix::io::retry_on_intr(|| rustix::fs::openat(folder, name, flags, Mode::empty()))
        {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(Self(None)),
            // It became a symlink since it was looked at.
            Err(Errno::LOOP) => return Err(StoreError::Changed { path: path.to_owned() }),
            Err(errno) => return Err(fault(errno)),
        };
        let stat = rustix::fs::fstat(&file).map_err(fault)?;
        Ok(Self(plain(path, Some(stat))?.map(|stat| (file.into(), stat))))
    }

    /// Whether it has this content now.
    fn is(&self, content: Option<&[u8]>) -> io::Result<bool> {
        match (&self.0, content) {
            (None, None) => Ok(true),
            (Some((file, _)), Some(content)) => has(file, content),
            _ => Ok(false),
        }
    }

    /// Whether the file that is now at the temporary name is this one, still with this content.
    fn came_out(&self, folder: &Folder, temp: &Temp<'_>, content: Option<&[u8]>) -> io::Result<bool> {
        let Some((_, stat)) = &self.0 else { return Ok(false) };
        let out = folder.find(&temp.name)?;
        let same = out.is_some_and(|out| (out.st_dev, out.st_ino) == (stat.st_dev, stat.st_ino));
        Ok(same && self.is(content)?)
    }
}

fn has(file: &File, content: &[u8]) -> io::Result<bool> {
    let mut buffer = [0; 16 << 10];
    let mut at = 0;
    loop {
        match file.read_at(&mut buffer, at as u64) {
            Ok(0) => return Ok(at == content.len()),
            Ok(read) if content.get(at..at + read) == Some(&buffer[..read]) => at += read,
            Ok(_) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
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

fn failed(path: &Path, operation: &'static str, error: io::Error) -> StoreError {
    StoreError::Unwritable { path: path.to_owned(), operation, cause: Box::new(Fault::new(error)) }
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
