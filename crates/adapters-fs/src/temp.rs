//! The file beside a file, in which its next content is made; and those that a crash left behind.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::os::fd::AsFd;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileExt;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::Errno;

use crate::current::Current;
use crate::folder::{Folder, give_to_owner};
use crate::platform;

const MARK: &[u8] = b".lmsync-";
const END: &[u8] = b".tmp";
/// The length of the random part, in hexadecimal digits.
const DIGITS: usize = 16;

/// A file under a temporary name. Dropping it removes the file at that name, unless [`Temp::leave`] was called.
pub(crate) struct Temp<'a> {
    folder: &'a Folder,
    file: File,
    pub(crate) name: OsString,
    remains: bool,
}

impl<'a> Temp<'a> {
    /// Creates an empty one beside the file of that name; only this user may read it.
    pub(crate) fn create(folder: &'a Folder, beside: &OsStr) -> Result<Self, Errno> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        loop {
            let name = random_name(beside);
            match rustix::fs::openat(folder, &name, flags, Mode::RUSR | Mode::WUSR) {
                Ok(file) => return Ok(Self { folder, file: file.into(), name, remains: true }),
                Err(Errno::EXIST | Errno::INTR) => {}
                Err(errno) => return Err(errno),
            }
        }
    }

    /// Gives it the owner of another file, and exactly this mode, whatever the umask.
    pub(crate) fn belong(&self, owner: &Stat, mode: Mode) -> Result<(), Errno> {
        give_to_owner(self.file.as_fd(), owner)?;
        rustix::fs::fchmod(&self.file, mode)
    }

    pub(crate) fn write(&self, content: &[u8]) -> io::Result<()> {
        self.file.write_all_at(content, 0)
    }

    /// Brings the content to the disk. After a failure the kernel may have dropped what was not written, and
    /// would call a second try a success: the file is given up instead.
    pub(crate) fn sync(&self) -> Result<(), Errno> {
        platform::sync(&self.file)
    }

    /// The file itself with that content, to be known again under whichever name.
    pub(crate) fn current(&self, content: Vec<u8>) -> io::Result<(Current, Option<Vec<u8>>)> {
        Ok((Current::from_file(self.file.try_clone()?)?, Some(content)))
    }

    /// Leaves whatever is at the temporary name now, if anything.
    pub(crate) fn leave(mut self) {
        self.remains = false;
    }
}

impl Drop for Temp<'_> {
    fn drop(&mut self) {
        if self.remains {
            // Nothing to be done about a failure: the next write, or the next start, sweeps it.
            let _ = rustix::fs::unlinkat(self.folder, &self.name, AtFlags::empty());
        }
    }
}

/// Removes what earlier runs left beside the file of that name, and counts it. The caller holds the
/// folder's lock, so none of it is in use.
pub(crate) fn sweep(folder: &Folder, beside: &OsStr) -> Result<usize, Errno> {
    let mut swept = 0;
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if !is_temp(name, beside) {
            continue;
        }
        let Some(stat) = folder.find(name)? else { continue };
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            rustix::fs::unlinkat(folder, name, AtFlags::empty())?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// `.models.json.lmsync-0123456789abcdef.tmp`
fn random_name(beside: &OsStr) -> OsString {
    // The seed that every hash map gets.
    let digits = format!("{:016x}", RandomState::new().build_hasher().finish());
    OsString::from_vec([b".", beside.as_bytes(), MARK, digits.as_bytes(), END].concat())
}

fn is_temp(name: &OsStr, beside: &OsStr) -> bool {
    let random = || {
        let rest = name.as_bytes().strip_prefix(b".")?.strip_prefix(beside.as_bytes())?;
        rest.strip_prefix(MARK)?.strip_suffix(END)
    };
    random().is_some_and(|random| {
        random.len() == DIGITS && random.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_names_are_known_and_no_others() {
        let beside = OsStr::new("models.json");
        let name = random_name(beside);
        assert!(is_temp(&name, beside));
        assert!(!is_temp(&name, OsStr::new("other.json")));
        for other in [
            "models.json",
            ".models.json.lmsync-.tmp",
            ".models.json.lmsync-0123456789abcde.tmp",
            ".models.json.lmsync-0123456789abcdeg.tmp",
            ".models.json.lmsync-0123456789abcdef.tmp~",
            ".models.json.0123456789abcdef.tmp",
        ] {
            assert!(!is_temp(OsStr::new(other), beside), "{other}");
        }
    }
}
