//! The lines that a person types, in the form that each system's shell takes.
//!
//! On Windows they are for PowerShell; those that call a program with plain arguments work in the older prompt too.

use std::path::{Path, PathBuf};

use crate::host_kind::HostKind;

/// The volume of a service in compose that holds OpenClaw's state folder.
pub(super) const VOLUMES: &str = "volumes: [\"${OPENCLAW_CONFIG_DIR}:/home/node/.openclaw\"]";

/// A word as the system's shell reads it.
pub(crate) fn word(here: HostKind, word: &str) -> String {
    let is_plain = |also: char| word.chars().all(|c| c.is_ascii_alphanumeric() || "/._:-".contains(c) || c == also);
    match here {
        HostKind::Windows if is_plain('\\') => word.to_owned(),
        HostKind::Windows => format!("\"{word}\""),
        _ if is_plain('@') => word.to_owned(),
        _ => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// A path as the system's shell reads it.
pub(crate) fn path(here: HostKind, path: &Path) -> String {
    word(here, &path.to_string_lossy())
}

/// Puts a copy of a file in its own place: the file itself where a link was, a name of its own for a hard link.
pub(super) fn replace_by_copy(here: HostKind, file: &Path) -> String {
    let (file, new) = (path(here, file), path(here, &suffixed(file, ".new")));
    match here {
        HostKind::Windows => format!("Copy-Item {file} {new}; Move-Item -Force {new} {file}"),
        _ => format!("cp -pL {file} {new} && mv {new} {file}"),
    }
}

/// Gives a file or folder another name.
pub(crate) fn move_away(here: HostKind, at: &Path) -> String {
    let command = if here == HostKind::Windows { "move" } else { "mv" };
    format!("{command} {} {}", path(here, at), path(here, &suffixed(at, ".old")))
}

/// Removes a link, and not what it leads to.
pub(super) fn remove_link(here: HostKind, link: &Path) -> String {
    let link = path(here, link);
    if here == HostKind::Windows { format!("(Get-Item {link}).Delete()") } else { format!("rm {link}") }
}

/// Shows who may do what with a file or folder.
pub(super) fn show_rights(here: HostKind, at: &Path) -> String {
    let command = if here == HostKind::Windows { "icacls" } else { "ls -ld" };
    format!("{command} {}", path(here, at))
}

/// Lists the program that listens on a port of this machine.
pub(super) fn show_listener(here: HostKind, port: u16) -> String {
    match here {
        HostKind::Linux | HostKind::Container(_) | HostKind::Wsl(_) => format!("ss -ltnp 'sport = :{port}'"),
        HostKind::Mac => format!("lsof -nP -iTCP:{port} -sTCP:LISTEN"),
        HostKind::Windows => format!("netstat -ano | findstr LISTENING | findstr :{port}"),
    }
}

/// Shows how much room there is where a folder lies.
pub(super) fn show_room(here: HostKind, folder: &Path) -> String {
    let folder = path(here, folder);
    match here {
        HostKind::Windows => "Get-PSDrive -PSProvider FileSystem".to_owned(),
        _ => format!("df -h {folder}; df -i {folder}"),
    }
}

/// What helps where the file system of a folder is read-only; and a line that does it, or shows which one it is.
pub(super) fn make_writable(here: HostKind, folder: &Path) -> (&'static str, String) {
    let folder = path(here, folder);
    match here {
        HostKind::Linux | HostKind::Container(_) | HostKind::Wsl(_) => {
            ("mount it writable", format!("sudo mount -o remount,rw \"$(findmnt -no TARGET -T {folder})\""))
        }
        HostKind::Mac => (
            "keep OpenClaw's folder on a disk that may be written (macOS writes no NTFS); to see where it is, run",
            format!("df {folder}"),
        ),
        HostKind::Windows => (
            "take the write protection away (Disk Management), or keep OpenClaw's folder on another drive; the \
             drives are",
            "Get-Volume".to_owned(),
        ),
    }
}

/// The line that names another state folder, in the form of the system's paths.
pub(super) fn another_folder(here: HostKind) -> &'static str {
    match here {
        HostKind::Windows => r"OPENCLAW_STATE_DIR=C:\path\to\.openclaw",
        _ => "OPENCLAW_STATE_DIR=/path/to/.openclaw",
    }
}

/// The same path with an end to its name.
fn suffixed(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_quoted_as_its_shell_wants_it() {
        for (here, given, expected) in [
            (HostKind::Linux, "/home/me/.openclaw", "/home/me/.openclaw"),
            (HostKind::Mac, "/Users/me/My Files", "'/Users/me/My Files'"),
            (HostKind::Wsl(None), "it's", r"'it'\''s'"),
            (HostKind::Windows, r"C:\Users\me\.openclaw", r"C:\Users\me\.openclaw"),
            (HostKind::Windows, r"C:\Users\Jo Do", r#""C:\Users\Jo Do""#),
            (HostKind::Windows, "a@b", "\"a@b\""),
        ] {
            assert_eq!(word(here, given), expected, "{here:?}");
        }
    }

    #[test]
    fn a_name_with_a_space_keeps_its_quotes_around_the_whole() {
        let old = |here| move_away(here, Path::new("a b"));
        assert_eq!(old(HostKind::Linux), "mv 'a b' 'a b.old'");
        assert_eq!(old(HostKind::Windows), "move \"a b\" \"a b.old\"");
    }
}
