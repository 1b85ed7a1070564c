//! The state folder and the model lists in it, as the operating here sees them.

use std::path::{Path, PathBuf};

use adapters_fs::{Kind, PathFault, Rights, Survey, survey};
use domain::era::{Era, Release};

use super::finding::{Check, Finding, Remedy, Severity};
use super::lines;
use super::path_fault::{self, User};
use crate::host_kind::HostKind;

const FOLDER: Check = Check("state.folder");

/// A file or folder as it is on the disk.
pub(crate) struct OnDisk {
    pub(crate) path: PathBuf,
    /// What is there; or why the system does not say.
    pub(crate) survey: Result<Option<Survey>, PathFault>,
}

impl OnDisk {
    pub(crate) fn read(path: &Path) -> Self {
        Self { path: path.to_owned(), survey: survey(path) }
    }

    /// What is there, where something is and the system says it.
    pub(crate) fn found(&self) -> Option<&Survey> {
        self.survey.as_ref().ok()?.as_ref()
    }
}

/// Diagnoses the state folder.
pub(crate) fn diagnose_folder(folder: &OnDisk, user: User) -> Vec<Finding> {
    let OnDisk { path, survey } = folder;
    let shown = path.display();
    let another = lines::another_folder(user.here);
    let survey = match survey {
        Err(fault) => return vec![path_fault::diagnose(FOLDER, path, fault, None, user)],
        Ok(None) => {
            let sentence = format!("{shown} is not there: OpenClaw has not run with it yet, or has another one");
            let say = "it is made with the first model; where OpenClaw keeps another one, set";
            return vec![FOLDER.warning(sentence).line(say, another)];
        }
        Ok(Some(survey)) => survey,
    };
    if let Some(finding) = access(FOLDER, path, survey, user) {
        return vec![finding];
    }
    if !survey.is_folder {
        let sentence = format!("{shown} is no folder");
        return vec![FOLDER.failure(sentence).line("set OpenClaw's state folder", another)];
    }
    let mut found = vec![FOLDER.good(format!("{shown} is there, and may be written"))];
    if let (Kind::Folder, Some(Rights { mode, .. })) = (&survey.kind, survey.rights)
        && mode & 0o022 != 0
    {
        found.push(tighter(path, (mode, 0o700), "others than its owner may write in it", user));
    }
    found
}

/// Diagnoses one model list, for a version as far as that is known; and the folder that it lies in.
pub(crate) fn diagnose_file(file: &OnDisk, folder: &OnDisk, user: User, era: Option<&Era>) -> Vec<Finding> {
    const FILE: Check = Check("state.file");
    let path = &file.path;
    let mut found = Vec::new();
    found.extend(folder.found().and_then(|survey| access(FOLDER, &folder.path, survey, user)));
    match &file.survey {
        Err(fault) => found.push(path_fault::diagnose(FILE, path, fault, None, user)),
        Ok(None) => {}
        Ok(Some(survey)) => {
            found.extend(kind(path, survey, era, user.here));
            if survey.kind == Kind::File {
                found.extend(access(FILE, path, survey, user));
                found.extend(folder.found().and_then(|folder| owner(path, survey, folder, user)));
                found.extend(mode(file, user));
            }
        }
    }
    found.into_iter().map(|finding| finding.about(path.display().to_string())).collect()
}

/// openclaw.json holds the gateway's token, and models.json may hold other providers' keys.
pub(crate) fn mode(file: &OnDisk, user: User) -> Option<Finding> {
    let Rights { mode, .. } = file.found()?.rights?;
    let why = "others on this machine may read the keys in it, or write it";
    (mode & 0o077 != 0).then(|| tighter(&file.path, (mode, 0o600), why, user))
}

fn tighter(path: &Path, (has, wants): (u32, u32), why: &str, user: User) -> Finding {
    let finding = Check("state.mode").warning(format!("{} has mode {has:03o}: {why}", path.display()));
    if matches!(user.here, HostKind::Wsl(_)) && lies_on_windows(path) {
        return finding.line(
            "Windows' drives have no modes of their own in WSL: keep the folder in WSL's own files (~), or add to \
             /etc/wsl.conf, then `wsl --shutdown` on Windows",
            "[automount]\noptions = \"metadata\"",
        );
    }
    finding
        .line("let its owner alone", format!("chmod {wants:o} {}", lines::path(user.here, path)))
        .by(Remedy::Mode { path: path.to_owned(), mode: wants })
}

/// Whether a path of WSL leads to a drive of Windows, such as `/mnt/c`.
fn lies_on_windows(path: &Path) -> bool {
    let mut parts = path.iter().skip(1);
    parts.next().is_some_and(|mnt| mnt == "mnt") && parts.next().is_some_and(|drive| drive.len() == 1)
}

fn kind(path: &Path, survey: &Survey, era: Option<&Era>, here: HostKind) -> Option<Finding> {
    const CHECK: Check = Check("state.kind");
    if let Some(target) = survey.target() {
        let sentence =
            format!("it is a symlink to {target}, which lmsync does not replace and late versions of OpenClaw ignore");
        let say = "put the file itself there (or its path into LMSYNC_MODELS_JSON)";
        return Some(CHECK.failure(sentence).line(say, lines::replace_by_copy(here, path)));
    }
    if survey.kind != Kind::File {
        let finding = CHECK.failure("it is no plain file, which OpenClaw would read");
        return Some(finding.line("move it away", lines::move_away(here, path)));
    }
    if survey.mounted {
        let finding = CHECK.failure("this single file is mounted, so that nobody can replace it whole");
        return Some(finding.line("mount its folder instead, in compose", lines::VOLUMES));
    }
    if survey.links < 2 {
        return None;
    }
    let (severity, what) = if era.is_none_or(|era| era.since >= Release::new(2026, 5, 28)) {
        (Severity::Failure, ", which late versions of OpenClaw ignore")
    } else {
        (Severity::Warning, "; the next change makes it a file of its own")
    };
    let sentence = format!("it is one of {} hard links to a file{what}", survey.links);
    let finding = CHECK.finding(severity, sentence);
    Some(finding.line("make it a file of its own", lines::replace_by_copy(here, path)))
}

/// A file that its folder's owner, as whom the gateway runs, cannot read.
fn owner(path: &Path, file: &Survey, folder: &Survey, user: User) -> Option<Finding> {
    let (file, Rights { uid, gid, .. }) = (file.rights?, folder.rights?);
    if file.uid == uid || file.mode & 0o004 != 0 {
        return None;
    }
    let sentence = format!(
        "it belongs to uid {}, and its folder to uid {uid}: a gateway that runs as {uid} cannot read it",
        file.uid
    );
    let say = format!("give it to the folder's owner{}", user.on_the_host());
    let line = format!("sudo chown {uid}:{gid} {}", lines::path(user.here, path));
    let remedy = Remedy::Owner { path: path.to_owned(), uid, gid };
    Some(Check("state.owner").failure(sentence).line(say, line).by(remedy))
}

/// Whether this process may read and write there, and what helps where it may not.
fn access(check: Check, path: &Path, survey: &Survey, user: User) -> Option<Finding> {
    let fault = survey.readable.as_ref().err().or(survey.writable.as_ref().err())?;
    Some(path_fault::diagnose(check, path, fault, Some(survey), user))
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::host_kind::HostKind;

    fn rights(uid: u32, mode: u32) -> Option<Rights> {
        Some(Rights { uid, gid: uid, mode })
    }

    fn file() -> Survey {
        Survey {
            kind: Kind::File,
            is_folder: false,
            rights: rights(1000, 0o600),
            links: 1,
            mounted: false,
            readable: Ok(()),
            writable: Ok(()),
            modified: SystemTime::UNIX_EPOCH,
        }
    }

    fn diagnosed(file: Survey, era: Option<&Era>) -> Vec<(&'static str, Severity)> {
        let place = |name: &str, survey| OnDisk { path: name.into(), survey: Ok(Some(survey)) };
        let folder = Survey { kind: Kind::Folder, is_folder: true, rights: rights(1000, 0o700), ..self::file() };
        let user = User { uid: Some(1000), here: HostKind::Linux };
        let found = diagnose_file(&place("/s/models.json", file), &place("/s", folder), user, era);
        found.into_iter().map(|finding| (finding.check, finding.severity)).collect()
    }

    #[test]
    fn a_plain_file_of_its_owner_alone_is_fine() {
        assert_eq!(diagnosed(file(), None), []);
    }

    #[test]
    fn a_hard_link_is_ignored_by_late_versions_alone() {
        let linked = || Survey { links: 2, ..file() };
        assert_eq!(diagnosed(linked(), None), [("state.kind", Severity::Failure)]);
        let early = Era::for_release(Release::new(2026, 2, 12));
        assert_eq!(diagnosed(linked(), Some(early)), [("state.kind", Severity::Warning)]);
    }

    #[test]
    fn a_file_of_another_owner_is_a_failure_only_where_the_gateway_cannot_read_it() {
        assert_eq!(
            diagnosed(Survey { rights: rights(0, 0o600), ..file() }, None),
            [("state.owner", Severity::Failure)]
        );
        let readable = Survey { rights: rights(0, 0o644), ..file() };
        assert_eq!(diagnosed(readable, None), [("state.mode", Severity::Warning)]);
    }
}
