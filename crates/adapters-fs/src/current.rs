//! The file that is to be replaced: of what kind it is, and whether it still has the content that was read.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use domain::ports::StoreError;
use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::folder::{Folder, unwritable};
use crate::read::refused;

/// Accepts a regular file or nothing.
///
/// # Errors
/// [`StoreError::Refused`] for anything else, symlinks included.
pub(crate) fn plain(path: &Path, found: Option<Stat>) -> Result<Option<Stat>, StoreError> {
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

/// The file in place, held open, so that it can be read again under another name.
pub(crate) struct Current(Option<(File, Stat)>);

impl Current {
    /// Opens the file of that name.
    ///
    /// # Errors
    /// As [`plain`]; [`StoreError::Changed`] where it has become a symlink.
    pub(crate) fn open(folder: &Folder, name: &OsStr, path: &Path) -> Result<Self, StoreError> {
        let fault = |errno| unwritable(path, "look at", errno);
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = match rustix::io::retry_on_intr(|| rustix::fs::openat(folder, name, flags, Mode::empty()))
        {
            Ok(file) => file,
            Err(Errno::NOENT) => return Ok(Self(None)),
            // It became a symlink since it was read.
            Err(Errno::LOOP) => return Err(StoreError::Changed { path: path.to_owned() }),
            Err(errno) => return Err(fault(errno)),
        };
        let stat = rustix::fs::fstat(&file).map_err(fault)?;
        Ok(Self(plain(path, Some(stat))?.map(|stat| (file.into(), stat))))
    }

    /// This file.
    pub(crate) fn from_file(file: File) -> io::Result<Self> {
        let stat = rustix::fs::fstat(&file)?;
        Ok(Self(Some((file, stat))))
    }

    /// What it holds now.
    pub(crate) fn content(&self) -> io::Result<Option<Vec<u8>>> {
        let Some((file, _)) = &self.0 else { return Ok(None) };
        let (mut content, mut file) = (Vec::new(), file);
        file.seek(SeekFrom::Start(0))?;
        file.read_to_end(&mut content)?;
        Ok(Some(content))
    }

    pub(crate) fn exists(&self) -> bool {
        self.0.is_some()
    }

    /// Whether it has this content now.
    pub(crate) fn is(&self, content: Option<&[u8]>) -> io::Result<bool> {
        match (&self.0, content) {
            (None, None) => Ok(true),
            (Some((file, _)), Some(content)) => has(file, content),
            _ => Ok(false),
        }
    }

    /// Whether the file that is now at the temporary name is this one, still with this content.
    pub(crate) fn came_out(&self, folder: &Folder, temp: &OsStr, content: Option<&[u8]>) -> io::Result<bool> {
        let Some((_, stat)) = &self.0 else { return Ok(false) };
        let out = folder.find(temp)?;
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
