//! The file that is to be replaced: of what kind it is, and whether it still has the content that was read.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use domain::ports::StoreError;

use crate::folder::{Folder, unwritable};
use crate::platform::{Kind, Stat, is_link_circle, read_at};
use crate::read::refused;

/// Accepts a regular file or nothing.
///
/// # Errors
/// [`StoreError::Refused`] for anything else, symlinks included.
pub(crate) fn plain(path: &Path, found: Option<Stat>) -> Result<Option<Stat>, StoreError> {
    let Some(stat) = found else { return Ok(None) };
    match stat.kind() {
        Kind::File => Ok(Some(stat)),
        Kind::Symlink => Err(StoreError::Refused { path: path.to_owned(), kind: symlink(path) }),
        Kind::Folder => Err(refused(path, "a folder")),
        Kind::Other(what) => Err(refused(path, what)),
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
        let fault = |error| unwritable(path, "look at", error);
        let file = match folder.directory.open_file(name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self(None)),
            // It became a symlink since it was read.
            Err(error) if is_link_circle(&error) => {
                return Err(StoreError::Changed { path: path.to_owned() });
            }
            Err(error) => return Err(fault(error)),
        };
        let stat = Stat::of_file(&file).map_err(fault)?;
        Ok(Self(plain(path, Some(stat))?.map(|stat| (file, stat))))
    }

    /// This file.
    pub(crate) fn from_file(file: File) -> io::Result<Self> {
        let stat = Stat::of_file(&file)?;
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
        let out = folder.directory.find(temp)?;
        let same = out.is_some_and(|out| out.is_same_file(stat));
        Ok(same && self.is(content)?)
    }
}

fn has(file: &File, content: &[u8]) -> io::Result<bool> {
    let mut buffer = [0; 16 << 10];
    let mut at = 0;
    loop {
        match read_at(file, &mut buffer, at as u64) {
            Ok(0) => return Ok(at == content.len()),
            Ok(read) if content.get(at..at + read) == Some(&buffer[..read]) => at += read,
            Ok(_) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
