//! The state folder and the model lists in it, as the operating system sees them.

use std::path::{Path, PathBuf};

use adapters_fs::{Kind, Survey};
use domain::era::{Era, Release};

use super::finding::{Finding, Remedy};

/// A file or folder as it is on the disk.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    /// What is there; or why that cannot be told.
    pub(crate) survey: Result<Option<Survey>, String>,
}

/// Who looks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) container: Option<&'static str>,
}

/// Judges the state folder.
pub(crate) fn diagnose_folder(folder: &Place, user: User) -> Vec<Finding> {
    const CHECK: &str = "state.folder";
    let shown = folder.path.display();
    let survey = match &folder.survey {
        Err(why) => {
            return vec![
                Finding::failure(CHECK, format!("lmsync cannot read {shown}: {why}"))
                    .line(run_as(None, user).0, run_as(None, user).1),
            ];
        }
        Ok(None) => {
            return vec![
                Finding::warning(
                    CHECK,
                    format!("{shown} is not there: OpenClaw has not run with it yet, or has another one"),
                )
                .line(
                    "it is made with the first model; where OpenClaw keeps another one, set",
                    "OPENCLAW_STATE_DIR=/path/to/.openclaw",
                ),
            ];
        }
        Ok(Some(survey)) => survey,
    };
    if survey.kind != Kind::Folder && survey.target().is_none() {
        return vec![
            Finding::failure(CHECK, format!("{shown} is no folder"))
                .line("set OpenClaw's state folder", "OPENCLAW_STATE_DIR=/path/to/.openclaw"),
        ];
    }
    if let Some(finding) = access(CHECK, &folder.path, survey, user) {
        return vec![finding];
    }
    let mut found = vec![Finding::good(CHECK, format!("{shown} is there, and may be written"))];
    if survey.kind == Kind::Folder && survey.mode & 0o022 != 0 {
        found.push(tighter(
            "state.mode",
            &folder.path,
            survey.mode,
            0o700,
            "others than its owner may write in it",
        ));
    }
    found
}

/// Judges one model list, for a version as far as that is known; and the folder that it lies in.
pub(crate) fn diagnose_file(file: &Place, folder: &Place, user: User, era: Option<&Era>) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Ok(Some(survey)) = &folder.survey {
        found.extend(access("state.folder", &folder.path, survey, user));
    }
    match &file.survey {
        Err(why) => found.push(
            Finding::failure("state.file", format!("lmsync cannot read it: {why}"))
                .line(run_as(None, user).0, run_as(None, user).1),
        ),
        Ok(None) => {}
        Ok(Some(survey)) => {
            found.extend(kind(&file.path, survey, era));
            if survey.kind == Kind::File {
                found.extend(access("state.file", &file.path, survey, user));
                let owner = folder.survey.as_ref().ok().and_then(Option::as_ref);
                found.extend(owner.and_then(|folder| belongs(&file.path, survey, folder)));
                found.extend(mode(&file.path, survey));
            }
        }
    }
    let about = file.path.display().to_string();
    found.into_iter().map(|finding| finding.about(about.clone())).collect()
}

/// openclaw.json holds the gateway's token, and models.json may hold other providers' keys.
pub(crate) fn mode(path: &Path, survey: &Survey) -> Option<Finding> {
    (survey.mode & 0o077 != 0).then(|| {
        tighter(
            "state.mode",
            path,
            survey.mode,
            0o600,
            "others on this machine may read the keys in it, or write it",
        )
    })
}

fn tighter(check: &'static str, path: &Path, has: u32, wants: u32, why: &str) -> Finding {
    Finding::warning(check, format!("{} has mode {has:03o}: {why}", path.display()))
        .line("let its owner alone", format!("chmod {wants:o} {}", quoted(path)))
        .by(Remedy::Mode { path: path.to_owned(), mode: wants })
}

fn kind(path: &Path, survey: &Survey, era: Option<&Era>) -> Option<Finding> {
    const CHECK: &str = "state.kind";
    let shown = quoted(path);
    if let Some(target) = survey.target() {
        return Some(
            Finding::failure(CHECK, format!("it is a symlink to {target}, which lmsync does not replace and late versions of OpenClaw ignore"))
                .line("put the file itself there (or its path into LMSYNC_MODELS_JSON)", format!("cp --remove-destination \"$(readlink -f {shown})\" {shown}")),
        );
    }
    if survey.kind != Kind::File {
        return Some(
            Finding::failure(CHECK, "it is no plain file, which OpenClaw would read")
                .line("move it away", format!("mv {shown} {shown}.old")),
        );
    }
    if survey.mounted {
        return Some(
            Finding::failure(
                CHECK,
                "this single file is mounted into the container, so that nobody can replace it whole",
            )
            .line(
                "mount its folder instead, in compose",
                "volumes: [\"${OPENCLAW_CONFIG_DIR}:/home/node/.openclaw\"]",
            ),
        );
    }
    if survey.links > 1 {
        let ignored = era.is_none_or(|era| era.since >= Release::new(2026, 5, 28));
        let sentence = format!(
            "it is one of {} hard links to a file{}",
            survey.links,
            if ignored {
                ", which late versions of OpenClaw ignore"
            } else {
                "; the next change makes it a file of its own"
            }
        );
        let finding =
            if ignored { Finding::failure(CHECK, sentence) } else { Finding::warning(CHECK, sentence) };
        return Some(finding.line(
            "make it a file of its own",
            format!("cp -p {shown} {shown}.new && mv {shown}.new {shown}"),
        ));
    }
    None
}

fn belongs(path: &Path, file: &Survey, folder: &Survey) -> Option<Finding> {
    if file.uid == folder.uid || file.mode & 0o004 != 0 {
        return None;
    }
    let (uid, gid) = (folder.uid, folder.gid);
    Some(
        Finding::failure("state.owner", format!("it belongs to uid {}, and its folder to uid {uid}: a gateway that runs as {uid} cannot read it", file.uid))
            .line("give it to the folder's owner", format!("sudo chown {uid}:{gid} {}", quoted(path)))
            .by(Remedy::Owner { path: path.to_owned(), uid, gid }),
    )
}

/// Whether this process may read and write there, and what helps where it may not.
fn access(check: &'static str, path: &Path, survey: &Survey, user: User) -> Option<Finding> {
    let shown = path.display();
    let refused = survey.readable.err().or(survey.writable.err())?;
    let what = if survey.readable.is_err() { "read" } else { "written" };
    if refused == std::io::ErrorKind::ReadOnlyFilesystem {
        return Some(Finding::failure(check, format!("{shown} is mounted read-only")).line(
            "mount it writable, in compose (without :ro)",
            "volumes: [\"${OPENCLAW_CONFIG_DIR}:/home/node/.openclaw\"]",
        ));
    }
    let (say, line) = run_as(Some(survey), user);
    Some(
        Finding::failure(
            check,
            format!("{shown} may not be {what} by uid {}: {}", user.uid, std::io::Error::from(refused)),
        )
        .line(say, line),
    )
}

fn run_as(of: Option<&Survey>, user: User) -> (String, String) {
    let (uid, gid) = of.map_or((1000, 1000), |survey| (survey.uid, survey.gid));
    if of.is_some() && uid == user.uid {
        return ("it is yours, and its mode forbids it".into(), "chmod -R u+rwX ~/.openclaw".into());
    }
    if uid == 0 {
        // lmsync needs no root: what root made by mistake is given to the user that OpenClaw runs as.
        let owner = if user.uid == 0 { 1000 } else { user.uid };
        let folder = if user.container.is_some() { "\"$OPENCLAW_CONFIG_DIR\"" } else { "~/.openclaw" };
        return (
            "root owns it; give it to the user that OpenClaw and lmsync run as, on the host".into(),
            format!("sudo chown -R {owner}:{owner} {folder}"),
        );
    }
    if user.container.is_some() {
        ("run lmsync as the owner of the folder, in compose".into(), format!("user: \"{uid}:{gid}\""))
    } else {
        ("run lmsync as the owner of the folder".into(), format!("sudo -u '#{uid}' lmsync"))
    }
}

/// A path as a shell reads it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    if plain { text.into_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::doctor::finding::Severity;

    fn file() -> Survey {
        Survey {
            kind: Kind::File,
            uid: 1000,
            gid: 1000,
            mode: 0o600,
            links: 1,
            mounted: false,
            readable: Ok(()),
            writable: Ok(()),
            modified: SystemTime::UNIX_EPOCH,
        }
    }

    fn diagnosed(file: Survey, era: Option<&Era>) -> Vec<(&'static str, Severity)> {
        let place = |name: &str, survey| Place { path: name.into(), survey: Ok(Some(survey)) };
        let folder = Survey { kind: Kind::Folder, mode: 0o700, ..self::file() };
        let user = User { uid: 1000, container: None };
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
        assert_eq!(diagnosed(Survey { uid: 0, ..file() }, None), [("state.owner", Severity::Failure)]);
        let readable = Survey { uid: 0, mode: 0o644, ..file() };
        assert_eq!(diagnosed(readable, None), [("state.mode", Severity::Warning)]);
    }
}
