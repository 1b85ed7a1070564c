//! The packages for Debian and for Fedora, and what is derived from them: a `.deb` by dpkg-deb, an `.rpm` by the crate
//! `rpm`. The program is linked statically, so they depend on no other package, and installing one runs nothing.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::process;
use crate::workspace::Workspace;

/// What dpkg-deb takes at most: it compresses some megabytes.
const LIMIT: Duration = Duration::from_secs(120);

/// The time of every file, so that the same files give the same package: 2026-01-01.
const TIME: u32 = 1_767_225_600;

const MAINTAINER: &str = "The lmsync developers <lmsync@users.noreply.github.com>";
const SUMMARY: &str = "Keeps OpenClaw's model list true to what LM Studio serves";
const DESCRIPTION: &str = "OpenClaw is an agent gateway, and LM Studio serves local models. lmsync runs\n\
                           beside the gateway, and keeps the gateway's list of models the same as the\n\
                           list of the server.";

/// What is packed.
#[derive(Debug)]
pub(crate) struct Packages<'a> {
    pub(crate) workspace: &'a Workspace,
    /// The program.
    pub(crate) program: &'a Path,
    /// The architecture that it runs on, as Rust names it.
    pub(crate) arch: &'a str,
    /// A program that runs here, which says what the manual page and the completions are.
    pub(crate) own: &'a Path,
    /// Counts the packages of one version, from 1.
    pub(crate) revision: &'a str,
}

/// A file of a package.
struct File {
    /// Where it is installed.
    path: String,
    mode: u16,
    content: Vec<u8>,
}

impl Packages<'_> {
    /// Writes both into a folder, and returns their names.
    pub(crate) fn write(&self, folder: &Path) -> Result<[String; 2], String> {
        fs::create_dir_all(folder).map_err(|error| fault(folder, &error))?;
        Ok([self.deb(folder)?, self.rpm(folder)?])
    }

    fn deb(&self, folder: &Path) -> Result<String, String> {
        let arch = if self.arch == "aarch64" { "arm64" } else { "amd64" };
        let version = format!("{}-{}", self.workspace.version(), self.revision);
        let name = format!("lmsync_{version}_{arch}.deb");
        let root = self.workspace.target().join("packages").join(&name);
        let _ = fs::remove_dir_all(&root);
        let mut files = self.files("usr/share/zsh/vendor-completions/_lmsync")?;
        files.push(self.document("copyright", &self.copyright()?)?);
        files.push(self.document("changelog.Debian.gz", &changelog(&version))?);
        let bytes: usize = files.iter().map(|file| file.content.len()).sum();
        let control = format!(
            "Package: lmsync\nVersion: {version}\nArchitecture: {arch}\nMaintainer: {MAINTAINER}\nInstalled-Size: {}\n\
             Section: net\nPriority: optional\nHomepage: {}\nDescription: {SUMMARY}\n {}\n",
            bytes.div_ceil(1024),
            self.workspace.repository(),
            DESCRIPTION.replace('\n', "\n ")
        );
        files.push(File { path: "DEBIAN/control".into(), mode: 0o644, content: control.into() });
        for File { path, mode, content } in files {
            let path = root.join(path);
            let parent = path.parent().unwrap_or(&root);
            fs::create_dir_all(parent).map_err(|error| fault(parent, &error))?;
            fs::write(&path, content).map_err(|error| fault(&path, &error))?;
            let mode = fs::Permissions::from_mode(mode.into());
            fs::set_permissions(&path, mode).map_err(|error| fault(&path, &error))?;
        }
        let sums = "find usr -type f -print0 | sort -z | xargs -0 md5sum >DEBIAN/md5sums && chmod -R go-w .";
        run(Command::new("sh").current_dir(&root).args(["-c", sums]))?;
        let mut build = Command::new("dpkg-deb");
        // Every dpkg reads gzip.
        build.args(["-Zgzip", "--root-owner-group", "--build"]).arg(&root).arg(folder.join(&name));
        run(build.env("SOURCE_DATE_EPOCH", TIME.to_string()))?;
        Ok(name)
    }

    fn rpm(&self, folder: &Path) -> Result<String, String> {
        let (version, revision, arch) = (self.workspace.version(), self.revision, self.arch);
        let name = format!("lmsync-{version}-{revision}.{arch}.rpm");
        let fault = |error: rpm::Error| format!("{name}: {error}");
        let mut package = rpm::PackageBuilder::new("lmsync", &version, "MIT OR Apache-2.0", arch, SUMMARY);
        // Every rpm reads gzip.
        let config = rpm::BuildConfig::v4().source_date(TIME).compression(rpm::CompressionType::Gzip);
        package.using_config(config).release(revision).description(DESCRIPTION).build_host("lmsync");
        package.packager(MAINTAINER).url(self.workspace.repository());
        let mut files = self.files("usr/share/zsh/site-functions/_lmsync")?;
        for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
            files.push(self.document(name, &self.read(name)?)?);
        }
        for File { path, mode, content } in files {
            let options = rpm::FileOptions::new(format!("/{path}")).mode(rpm::FileMode::regular(mode));
            let is_document = path.starts_with("usr/share/doc/") || path.starts_with("usr/share/man/");
            let options = if is_document { options.doc() } else { options };
            package.with_file_contents(content, options).map_err(fault)?;
        }
        package.build().and_then(|package| package.write_file(folder.join(&name))).map_err(fault)?;
        Ok(name)
    }

    /// What both install; zsh looks for its completions in places that differ.
    fn files(&self, zsh: &str) -> Result<Vec<File>, String> {
        let text = |path: &str, content: Vec<u8>| File { path: path.to_owned(), mode: 0o644, content };
        let program = fs::read(self.program).map_err(|error| fault(self.program, &error))?;
        let units = "usr/lib/systemd";
        Ok(vec![
            File { path: "usr/bin/lmsync".into(), mode: 0o755, content: program },
            text("usr/share/man/man1/lmsync.1.gz", compress(&self.ask(&["man"])?)?),
            text("usr/share/bash-completion/completions/lmsync", self.ask(&["completions", "bash"])?),
            text("usr/share/fish/vendor_completions.d/lmsync.fish", self.ask(&["completions", "fish"])?),
            text(zsh, self.ask(&["completions", "zsh"])?),
            text(
                &format!("{units}/system/lmsync@.service"),
                packaged_unit(&self.read("deploy/systemd/lmsync@.service")?)?.into(),
            ),
            text(&format!("{units}/user/lmsync.service"), self.read("deploy/systemd/user/lmsync.service")?.into()),
        ])
    }

    /// A text in the folder of documents.
    fn document(&self, name: &str, text: &str) -> Result<File, String> {
        let content = if name.ends_with(".gz") { compress(text.as_bytes())? } else { text.into() };
        Ok(File { path: format!("usr/share/doc/lmsync/{name}"), mode: 0o644, content })
    }

    /// The licenses; the longer one is on every Debian.
    fn copyright(&self) -> Result<String, String> {
        Ok(format!(
            "{}\n{}\nOn Debian, the Apache License is in /usr/share/common-licenses/Apache-2.0.\n",
            self.read("LICENSE")?,
            self.read("LICENSE-MIT")?
        ))
    }

    fn read(&self, name: &str) -> Result<String, String> {
        let path: PathBuf = self.workspace.root().join(name);
        fs::read_to_string(&path).map_err(|error| fault(&path, &error))
    }

    /// What the program prints.
    fn ask(&self, arguments: &[&str]) -> Result<Vec<u8>, String> {
        let output = Command::new(self.own).args(arguments).output().map_err(|error| fault(self.own, &error))?;
        if output.status.success() { Ok(output.stdout) } else { Err(format!("lmsync {arguments:?} failed")) }
    }
}

/// The unit for the program where a package puts it, without the first lines, which say how to install it by hand.
fn packaged_unit(unit: &str) -> Result<String, String> {
    let (_, rest) = unit.split_once("\n\n[Unit]\n").ok_or("lmsync@.service does not begin with a comment")?;
    let start = "/usr/local/bin/lmsync run";
    if rest.matches(start).count() != 1 {
        return Err(format!("lmsync@.service must have {start} once"));
    }
    let first = "# lmsync for the user whose name follows the @: systemctl enable --now lmsync@USER\n\
                 # Settings go into /etc/lmsync/USER.env, one VARIABLE=value a line.";
    Ok(format!("{first}\n\n[Unit]\n{}", rest.replace(start, "/usr/bin/lmsync run")))
}

/// The changelog as Debian wants it, which leads to ours.
fn changelog(version: &str) -> String {
    format!(
        "lmsync ({version}) unstable; urgency=medium\n\n  * What is new: \
         https://github.com/lmsync/lmsync/blob/main/CHANGELOG.md\n\n -- {MAINTAINER}  Thu, 01 Jan 2026 00:00:00 +0000\n"
    )
}

/// The bytes as a file that gzip reads, the same for the same bytes.
fn compress(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    fs::write(file.path(), bytes).map_err(|error| fault(file.path(), &error))?;
    let output = Command::new("gzip").args(["--no-name", "--best", "--stdout"]).arg(file.path()).output();
    match output {
        Ok(output) if output.status.success() => Ok(output.stdout),
        Ok(output) => Err(format!("gzip failed ({})", output.status)),
        Err(error) => Err(format!("cannot run gzip: {error}")),
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = process::run(command, LIMIT, |_| ())?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed ({status})")) }
}

fn fault(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packaged_unit_starts_the_packaged_program() {
        let unit = include_str!("../../deploy/systemd/lmsync@.service");
        let packaged = packaged_unit(unit).unwrap();
        assert!(packaged.contains("\nExecStart=/usr/bin/lmsync run\n"));
        assert!(!packaged.contains("/usr/local") && !packaged.contains("sudo"));
        assert_eq!(packaged.lines().last(), unit.lines().last());
    }
}
