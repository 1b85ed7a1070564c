//! Files: what is known of them, and how they are opened.

use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::windows::fs::{FileExt, FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::time::SystemTime;

use winapi_util::file::{Information, information};

use super::patience::retry;
use crate::platform::kind::Kind;

/// Flags of `CreateFileW` (`winbase.h`): folders can be opened, too; a symlink is opened itself.
pub(super) const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
pub(super) const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;

/// The right to change a file's times alone (`winnt.h`), which no reader withholds.
const FILE_WRITE_ATTRIBUTES: u32 = 0x0100;

/// The volume and the number of a file there, which no other file has.
type Identity = (u64, u64);

/// What the system says of something in a folder.
pub(crate) struct Stat {
    kind: Kind,
    read_only: bool,
    identity: Identity,
}

impl Stat {
    /// Of an open file.
    pub(crate) fn of_file(file: &File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let kind = metadata.file_type();
        let kind = if kind.is_symlink() {
            Kind::Symlink
        } else if kind.is_dir() {
            Kind::Folder
        } else if kind.is_file() {
            Kind::File
        } else {
            Kind::Other(special_kind(kind))
        };
        let read_only = metadata.permissions().readonly();
        Ok(Self { kind, read_only, identity: identity(&information(file)?) })
    }

    /// Of what is at a path, a symlink itself.
    pub(super) fn of_path(path: &Path) -> io::Result<Self> {
        let flags = FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS;
        Self::of_file(&OpenOptions::new().access_mode(0).custom_flags(flags).open(path)?)
    }

    /// Of what kind it is.
    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether both are one file, under whichever name.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        self.identity == other.identity
    }

    /// Whether it bears the mark by which Windows refuses to change it.
    pub(super) fn is_read_only(&self) -> bool {
        self.read_only
    }
}

fn identity(of: &Information) -> Identity {
    (of.volume_serial_number(), of.file_index())
}

/// A cheap file fingerprint: identity, length and times, read without the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fingerprint {
    identity: Identity,
    size: u64,
    created: Option<u64>,
    modified: Option<u64>,
}

impl Fingerprint {
    /// Of an open file, whose metadata are these.
    pub(crate) fn of_file(file: &File, _: &Metadata) -> io::Result<Self> {
        let of = information(file)?;
        let (created, modified) = (of.creation_time(), of.last_write_time());
        Ok(Self { identity: identity(&of), size: of.file_size(), created, modified })
    }

    /// Of the file at a path, whose metadata are these.
    pub(crate) fn of_path(path: &Path, metadata: &Metadata) -> io::Result<Self> {
        Self::of_file(&open_to_know(path)?, metadata)
    }
}

/// Opens what is at a path to ask for what is known of it, not for its content: no other program withholds that.
fn open_to_know(path: &Path) -> io::Result<File> {
    retry(|| OpenOptions::new().access_mode(0).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path))
}

/// Opens what is at a path, which may turn out to be no file. Waits for a while where another program holds it open and
/// shares it with nobody.
pub(crate) fn open_to_read(path: &Path) -> io::Result<File> {
    retry(|| OpenOptions::new().read(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path))
}

/// Reads from a place in the file, whatever was read before.
pub(crate) fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    file.seek_read(buffer, at)
}

/// Writes all of it at the start of the file, where nothing was read or written yet.
pub(crate) fn write_at_start(mut file: &File, content: &[u8]) -> io::Result<()> {
    file.write_all(content)
}

/// Brings what was written to a file to the disk. Returns when it outlasts a power cut.
pub(crate) fn sync_file(file: &File) -> io::Result<()> {
    file.sync_all()
}

/// What something is that is neither a file nor a folder nor a symlink.
pub(crate) fn special_kind(kind: FileType) -> &'static str {
    if kind.is_symlink_dir() || kind.is_symlink_file() { "a link" } else { "a device" }
}

/// The user and the group that own something, and its permission bits; `None`: Windows has other ones.
pub(crate) fn owner_and_mode(_: &Metadata) -> Option<(u32, u32, u32)> {
    None
}

/// How many names a file has.
pub(crate) fn link_count(path: &Path, _: &Metadata) -> io::Result<u64> {
    Ok(information(open_to_know(path)?)?.number_of_links())
}

/// Sets a file's time of change to now, and opens nothing of its content.
pub(crate) fn touch(path: &Path) -> io::Result<()> {
    let file = retry(|| OpenOptions::new().access_mode(FILE_WRITE_ATTRIBUTES).open(path))?;
    file.set_modified(SystemTime::now())
}
