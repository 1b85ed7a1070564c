//! The file beside a file, in which its next content is made; and those that a crash left behind.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;

use crate::current::Current;
use crate::folder::Folder;
use crate::platform::{Kind, Stat, sync_file, write_at_start};

const MARK: &str = ".lmsync-";
const END: &str = ".tmp";
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
    pub(crate) fn create(folder: &'a Folder, beside: &OsStr) -> io::Result<Self> {
        loop {
            let name = random_name(beside);
            match folder.directory.create_file(&name) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                file => return Ok(Self { folder, file: file?, name, remains: true }),
            }
        }
    }

    /// Gives it the owner and the rights of the file that it is to replace; of a file of the folder's owner alone,
    /// where there is none.
    pub(crate) fn hand_over(&self, replaced: Option<&Stat>) -> io::Result<()> {
        self.folder.directory.hand_over(&self.file, replaced)
    }

    pub(crate) fn write(&self, content: &[u8]) -> io::Result<()> {
        write_at_start(&self.file, content)
    }

    /// Brings the content to the disk. After a failure the kernel may have dropped what was not written, and
    /// would call a second try a success: the file is given up instead.
    pub(crate) fn sync(&self) -> io::Result<()> {
        sync_file(&self.file)
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
            let _ = self.folder.directory.remove(&self.name);
        }
    }
}

/// Removes what earlier runs left beside the file of that name, and counts it. The caller holds the
/// folder's lock, so none of it is in use.
pub(crate) fn sweep(folder: &Folder, beside: &OsStr) -> io::Result<usize> {
    let mut swept = 0;
    for name in folder.directory.names()? {
        if !is_temp(&name, beside) {
            continue;
        }
        let Some(stat) = folder.directory.find(&name)? else { continue };
        if stat.kind() == Kind::File {
            folder.directory.remove(&name)?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// `.models.json.lmsync-0123456789abcdef.tmp`
fn random_name(beside: &OsStr) -> OsString {
    // The seed that every hash map gets.
    let digits = format!("{:016x}", RandomState::new().build_hasher().finish());
    [OsStr::new("."), beside, OsStr::new(MARK), OsStr::new(&digits), OsStr::new(END)].into_iter().collect()
}

fn is_temp(name: &OsStr, beside: &OsStr) -> bool {
    let random = || {
        let rest = name.as_encoded_bytes().strip_prefix(b".")?.strip_prefix(beside.as_encoded_bytes())?;
        rest.strip_prefix(MARK.as_bytes())?.strip_suffix(END.as_bytes())
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
