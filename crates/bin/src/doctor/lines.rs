//! The lines that a person types, in the form that each system's shell takes.
//!
//! On Windows they are for PowerShell; those that call a program with plain arguments work in the older prompt too.

use std::path::{Path, PathBuf};

use crate::host_kind::System;

/// The volume of a service in compose that holds OpenClaw's state folder.
pub(super) const VOLUMES: &str = "volumes: [\"${OPENCLAW_CONFIG_DIR}:/home/node/.openclaw\"]";

/// A word as the system's shell reads it.
pub(crate) fn word(system: System, word: &str) -> String {
    let is_plain =
        |also: char| word.chars().all(|c| c.is_ascii_alphanumeric() || "/._:-".contains(c) || c == also);
    match system {
        System::Windows if is_plain('\\') => word.to_owned(),
        System::Windows => format!("\"{word}\""),
        _ if is_plain('@') => word.to_owned(),
        _ => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// A path as the system's shell reads it.
pub(crate) fn path(system: System, path: &Path) -> String {
    word(system, &path.to_string_lossy())
}

/// Puts a copy of a file in its own place: the file itself where a link was, a name of its own for a hard link.
pub(super) fn replace_by_copy(system: System, file: &Path) -> String {
    let (file, new) = (path(system, file), path(system, &suffixed(file, ".new")));
    match system {
        System::Windows => format!("Copy-Item {file} {new}; Move-Item -Force {new} {file}"),
        _ => format!("cp -pL {file} {new} && mv {new} {file}"),
    }
}

/// Gives a file or folder another name.
pub(crate) fn move_away(system: System, at: &Path) -> String {
    let command = if system == System::Windows { "move" } else { "mv" };
    format!("{command} {} {}", path(system, at), path(system, &suffixed(at, ".old")))
}

/// Removes a link, and not what it leads to.
pub(super) fn remove_link(system: System, link: &Path) -> String {
    let link = path(system, link);
    if system == System::Windows { format!("(Get-Item {link}).Delete()") } else { format!("rm {link}") }
}

/// Shows who may do what with a file or folder.
pub(super) fn show_rights(system: System, at: &Path) -> String {
    let command = if system == System::Windows { "icacls" } else { "ls -ld" };
    format!("{command} {}", path(system, at))
}

/// Lists the program that listens on a port of this machine.
pub(super) fn show_listener(system: System, port: u16) -> String {
    match system {
        System::Linux | System::Wsl2 => format!("ss -ltnp 'sport = :{port}'"),
        System::MacOs => format!("lsof -nP -iTCP:{port} -sTCP:LISTEN"),
        System::Windows => format!("netstat -ano | findstr LISTENING | findstr :{port}"),
    }
}

/// Shows how much room there is where a folder lies.
pub(super) fn show_room(system: System, folder: &Path) -> String {
    let folder = path(system, folder);
    match system {
        System::Windows => "Get-PSDrive -PSProvider FileSystem".to_owned(),
        _ => format!("df -h {folder}; df -i {folder}"),
    }
}

/// What helps where the file system of a folder is read-only; and a line that does it, or shows which one it is.
pub(super) fn make_writable(system: System, folder: &Path) -> (&'static str, String) {
    let folder = path(system, folder);
    match system {
        System::Linux | System::Wsl2 => {
            ("mount it writable", format!("sudo mount -o remount,rw \"$(findmnt -no TARGET -T {folder})\""))
        }
        System::MacOs => (
            "keep OpenClaw's folder on a disk that may be written (macOS writes no NTFS); which one it is on, says",
            format!("df {folder}"),
        ),
        System::Windows => (
            "take the write protection away (Disk Management), or keep OpenClaw's folder on another drive; the \
             drives are",
            "Get-Volume".to_owned(),
        ),
    }
}

/// The line that names another state folder, in the form of the system's paths.
pub(super) fn another_folder(system: System) -> &'static str {
    match system {
        System::Windows => r"OPENCLAW_STATE_DIR=C:\path\to\.openclaw",
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
        for (system, given, expected) in [
            (System::Linux, "/home/me/.openclaw", "/home/me/.openclaw"),
            (System::MacOs, "/Users/me/My Files", "'/Users/me/My Files'"),
            (System::Wsl2, "it's", r"'it'\''s'"),
            (System::Windows, r"C:\Users\me\.openclaw", r"C:\Users\me\.openclaw"),
            (System::Windows, r"C:\Users\Jo Do", r#""C:\Users\Jo Do""#),
            (System::Windows, "a@b", "\"a@b\""),
        ] {
            assert_eq!(word(system, given), expected, "{system:?}");
        }
    }

    #[test]
    fn a_name_with_a_space_keeps_its_quotes_around_the_whole() {
        let old = |system| move_away(system, Path::new("a b"));
        assert_eq!(old(System::Linux), "mv 'a b' 'a b.old'");
        assert_eq!(old(System::Windows), "move \"a b\" \"a b.old\"");
    }
}
