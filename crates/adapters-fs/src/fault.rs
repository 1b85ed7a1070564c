//! What the operating system refused, and what a person can do about it.

use std::fmt;
use std::io;

use rustix::io::Errno;

/// A refusal of the operating system, together with its remedy.
#[derive(Debug)]
pub(crate) struct Fault {
    error: io::Error,
}

impl Fault {
    pub(crate) fn new(error: impl Into<io::Error>) -> Self {
        Self { error: error.into() }
    }

    /// What to do about it, where that is known.
    fn remedy(&self) -> Option<String> {
        let remedy = match Errno::from_io_error(&self.error)? {
            Errno::NOSPC => "the disk is full: free some space",
            Errno::DQUOT => "the disk quota is used up: free some space, or have it raised",
            Errno::ROFS => "the file system is read-only: mount the folder writable",
            Errno::ACCESS | Errno::PERM => return Some(run_as_owner()),
            Errno::BUSY => {
                "a single file mounted into a container cannot be replaced: mount its folder instead"
            }
            Errno::XDEV => "the file lies on another file system than its folder: mount the whole folder",
            Errno::IO => "the disk reports an error: look at the kernel log",
            Errno::MFILE | Errno::NFILE => "too many files are open: raise the limit (ulimit -n)",
            Errno::NOTDIR => "a part of the path is a file where a folder should be: check the path",
            Errno::ISDIR => "a folder is in the file's place: check the path",
            Errno::NAMETOOLONG => "the path is too long: use a shorter one",
            Errno::LOOP => "symlinks lead in a circle, or to where none may be: check the path",
            Errno::STALE => "the network file system has lost the folder: mount it again",
            Errno::NOENT => "the folder has gone meanwhile: the next pass creates it again",
            _ => return None,
        };
        Some(remedy.to_owned())
    }
}

fn run_as_owner() -> String {
    let uid = rustix::process::geteuid().as_raw();
    format!(
        "lmsync runs as uid {uid}: run it as the owner of the OpenClaw folder \
         (in a container: `user: \"1000:1000\"`, or whichever uid the gateway has)"
    )
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.remedy() {
            Some(remedy) => write!(f, "{}; {remedy}", self.error),
            None => self.error.fmt(f),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_and_a_missing_right_come_with_a_remedy() {
        assert!(Fault::new(Errno::NOSPC).to_string().ends_with("free some space"));
        let uid = rustix::process::geteuid().as_raw();
        assert!(Fault::new(Errno::ACCESS).to_string().contains(&format!("runs as uid {uid}")));
        assert_eq!(Fault::new(Errno::NOTTY).to_string(), io::Error::from(Errno::NOTTY).to_string());
    }
}
