//! What installs a release: the shell script against a server on this machine, into an empty home folder; the Homebrew
//! formula by Ruby, with what it uses of Homebrew's language; and the PowerShell script through a parser. With
//! `LMSYNC_TEST_RELEASE`, the folder of a real release (`cargo xtask dist --all`) is installed, else one with the program
//! under test alone.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use ring::digest::{SHA256, digest};
use tempfile::TempDir;

use crate::support::docker::root;
use crate::support::lmsync::binary;
use crate::support::running::{Finished, Running};
use crate::support::{PATIENCE, given, tool};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The system and the processor as `uname` names them, with the target of its archive.
const SYSTEMS: [(&str, &str, &str); 4] = [
    ("Linux", "x86_64", "x86_64-unknown-linux-gnu"),
    ("Linux", "aarch64", "aarch64-unknown-linux-gnu"),
    ("Darwin", "arm64", "aarch64-apple-darwin"),
    ("Darwin", "x86_64", "x86_64-apple-darwin"),
];

/// A release on a server of this machine, and an empty home.
struct Stage {
    folder: TempDir,
    address: SocketAddr,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["release", "home", "bin"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let release = folder.path().join("release");
        match given("LMSYNC_TEST_RELEASE") {
            Some(given) => copy_files(&given, &release),
            None => make_release(&release),
        }
        let address = serve(release);
        Self { folder, address }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a shell script that comes first in the installer's `PATH`.
    fn program(&self, name: &str, script: &str) {
        let path = self.path("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the installer, with a `uname` that says this.
    async fn install(&self, system: &str, processor: &str) -> Finished {
        self.install_with(system, processor, &[]).await
    }

    /// Does so with more variables, where `@` stands for the stage's folder.
    async fn install_with(&self, system: &str, processor: &str, variables: &[(&str, &str)]) -> Finished {
        self.program("uname", &format!("[ \"$1\" = -s ] && echo {system} || echo {processor}"));
        let folder = self.folder.path().to_str().unwrap();
        let mut command = Command::new("sh");
        command
            .arg(self.path("release/install.sh"))
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", format!("{folder}/bin:/usr/local/bin:/usr/bin:/bin"))
            .env("LMSYNC_DOWNLOAD_URL", format!("http://{}", self.address))
            .envs(variables.iter().map(|(name, value)| (name, value.replace('@', folder))));
        Running::start(&mut command).finish(PATIENCE).await
    }

    fn installed(&self) -> PathBuf {
        self.path("home/.local/bin/lmsync")
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// A release of the program under test, for this system alone.
fn make_release(folder: &Path) {
    let (_, _, target) = SYSTEMS[0];
    let stem = format!("lmsync-{VERSION}-{target}");
    let inside = folder.join(&stem);
    fs::create_dir(&inside).unwrap();
    fs::copy(binary(), inside.join("lmsync")).unwrap();
    fs::write(inside.join("lmsync.1"), ".TH lmsync 1\n").unwrap();
    fs::create_dir(inside.join("completions")).unwrap();
    for name in ["lmsync.bash", "_lmsync", "lmsync.fish"] {
        fs::write(inside.join("completions").join(name), "").unwrap();
    }
    let archive = folder.join(format!("{stem}.tar.gz"));
    let packed = Command::new("tar").arg("-C").arg(folder).arg("-czf").args([&archive]).arg(&stem).status();
    assert!(packed.unwrap().success());
    let sum = digest(&SHA256, &fs::read(&archive).unwrap());
    let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    for name in ["install.sh", "install.ps1", "lmsync.rb"] {
        let text = fs::read_to_string(root().join("deploy/install").join(name)).unwrap();
        let text = text.replace("@VERSION@", VERSION).replace(&format!("@SUM_{target}@"), &sum);
        fs::write(folder.join(name), text).unwrap();
    }
}

/// Answers each request with the file of that name, until the process ends.
fn serve(folder: PathBuf) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let first = lines.next().unwrap_or_default();
            let _ = lines.find(String::is_empty);
            let name = first.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
            let (status, body) = match fs::read(folder.join(name)) {
                Ok(body) => ("200 OK", body),
                Err(_) => ("404 Not Found", Vec::new()),
            };
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            // A client that went away sees nothing more.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    address
}

#[tokio::test]
async fn the_program_is_installed_into_an_empty_home_and_over_an_older_one() {
    let stage = Stage::new();
    for _ in 0..2 {
        let said = stage.install("Linux", "x86_64").await.success().stdout;
        assert!(said.contains(&format!("lmsync {VERSION} is installed as")), "{said}");
        assert!(said.contains("is not in your PATH"), "{said}");
    }
    let version = Command::new(stage.installed()).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&version.stdout).trim(), format!("lmsync {VERSION}"));
    assert!(stage.path("home/.local/share/man/man1/lmsync.1").exists());
    let left = fs::read_dir(stage.path("home/.local/bin")).unwrap().count();
    assert_eq!(left, 1, "nothing lies beside the program");
}

#[tokio::test]
async fn an_archive_with_another_sum_is_refused_and_the_old_program_stays() {
    let stage = Stage::new();
    let archive = stage.path(&format!("release/lmsync-{VERSION}-x86_64-unknown-linux-gnu.tar.gz"));
    let mut bytes = fs::read(&archive).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&archive, bytes).unwrap();
    fs::create_dir_all(stage.installed().parent().unwrap()).unwrap();
    fs::write(stage.installed(), "old").unwrap();
    let refused = stage.install("Linux", "x86_64").await;
    assert_eq!(refused.status.code(), Some(1));
    assert!(refused.stderr.contains("has the SHA-256") && refused.stderr.contains("nothing was changed"));
    assert_eq!(fs::read_to_string(stage.installed()).unwrap(), "old");
}

#[tokio::test]
async fn each_system_gets_its_own_archive_and_an_unknown_one_none() {
    let stage = Stage::new();
    let is_real = given("LMSYNC_TEST_RELEASE").is_some();
    for (system, processor, target) in &SYSTEMS[1..] {
        let refused = stage.install(system, processor).await;
        assert_eq!(refused.status.code(), Some(1), "{target}: {}", refused.stdout);
        // A real archive is whole, and holds what this machine cannot run.
        let expected = if is_real { format!("the program for {target} does not run here") } else { target.to_string() };
        assert!(refused.stderr.contains(&expected), "{target}: {}", refused.stderr);
        assert!(!stage.installed().exists());
    }
    let unknown = stage.install("FreeBSD", "amd64").await;
    assert!(unknown.stderr.contains("no archive for FreeBSD on amd64"), "{}", unknown.stderr);
}

#[tokio::test]
async fn it_goes_where_it_is_told_and_says_what_a_person_has_to_know() {
    let stage = Stage::new();
    let into = |folder: &'static str| [("LMSYNC_INSTALL_DIR", folder)];
    let said = stage.install_with("Linux", "x86_64", &into("@/a b/bin/")).await.success().stdout;
    assert!(said.contains("a b/bin is not in your PATH; in your shell's profile, this adds it: export"), "{said}");
    assert!(said.contains("Next: ") && said.contains("/a b/bin/lmsync sync --dry-run"), "{said}");
    assert!(!said.contains("goes on as the old version"), "{said}");
    assert!(stage.path("a b/share/man/man1/lmsync.1").exists(), "beside the folder, where man looks");
    assert!(!stage.path("home/.local").exists());

    // One that is in the PATH, with another program of that name before it.
    stage.program("lmsync", "");
    let path = [("LMSYNC_INSTALL_DIR", "@/a b/bin"), ("PATH", "@/bin:@/a b/bin/:/usr/bin:/bin")];
    let said = stage.install_with("Linux", "x86_64", &path).await.success().stdout;
    assert!(said.contains("goes on as the old version"), "{said}");
    assert!(said.contains("Another lmsync comes before it in your PATH: ") && !said.contains("is not in"), "{said}");
    fs::remove_file(stage.path("bin/lmsync")).unwrap();
    let said = stage.install_with("Linux", "x86_64", &path).await.success().stdout;
    assert!(!said.contains("PATH") && said.contains("Next: lmsync sync --dry-run"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_and_changes_nothing() {
    let stage = Stage::new();
    let refuse = async |variables: &[(&str, &str)]| {
        let refused = stage.install_with("Linux", "x86_64", variables).await;
        assert_eq!(refused.status.code(), Some(1), "{}", refused.stdout);
        refused.stderr
    };
    // A file where a folder has to be stops root as well.
    fs::write(stage.path("home/file"), "").unwrap();
    fs::create_dir_all(stage.path("home/src/lmsync")).unwrap();
    let said = refuse(&[("LMSYNC_INSTALL_DIR", "@/home/file/bin")]).await;
    assert!(said.contains("home/file/bin cannot be written to; no program was changed"), "{said}");
    let said = refuse(&[("LMSYNC_INSTALL_DIR", "@/home/src")]).await;
    assert!(said.contains("home/src/lmsync is a folder: set LMSYNC_INSTALL_DIR"), "{said}");
    assert!(refuse(&[("HOME", "")]).await.contains("HOME is not set"));
    stage.program("id", "echo 0");
    assert!(refuse(&[("SUDO_USER", "me")]).await.contains("run it without sudo"));
    let windows = stage.install("MINGW64_NT-10.0", "x86_64").await.stderr;
    assert!(windows.contains("PowerShell installs it: irm http://"), "{windows}");
    let left: Vec<_> = fs::read_dir(stage.path("home")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(fs::read_dir(stage.path("home/src")).unwrap().count(), 1);

    // A home that takes the program, and no manual page.
    fs::create_dir(stage.path("home/.local")).unwrap();
    fs::write(stage.path("home/.local/share"), "").unwrap();
    let installed = stage.install("Linux", "x86_64").await.success();
    assert!(installed.stderr.contains("so the manual page is not installed") && stage.installed().exists());
}

#[tokio::test]
async fn where_there_is_no_curl_wget_downloads_it() {
    let stage = Stage::new();
    // A PATH with nothing but what the installer needs; GNU's wget and Busybox's know these options.
    let tools = ["sh", "id", "mktemp", "tar", "gzip", "mkdir", "cp", "chmod", "mv", "rm", "sha256sum"];
    for name in tools {
        let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(name));
        let found = found.iter().find(|path| path.exists()).unwrap();
        std::os::unix::fs::symlink(found, stage.path("bin").join(name)).unwrap();
    }
    let path = [("PATH", "@/bin")];
    let said = stage.install_with("Linux", "x86_64", &path).await.stderr;
    assert!(said.contains("neither curl nor wget is installed"), "{said}");
    stage.program("wget", "[ \"$1 $2 $3\" = '-q -O -' ] && exec /usr/bin/curl -fsS \"$4\"");
    stage.install_with("Linux", "x86_64", &path).await.success();
    assert!(stage.installed().exists());
}

#[tokio::test]
async fn the_formula_installs_each_systems_archive_and_refuses_another_one() {
    let stage = Stage::new();
    let formula = stage.path("release/lmsync.rb");
    let brew = async |system: &str, processor: &str| {
        let mut command = Command::new(tool("LMSYNC_TEST_RUBY"));
        command.arg(root().join("tests/support/formula.rb")).arg(&formula).args([system, processor]);
        command.arg(format!("http://{}", stage.address)).arg(stage.path("prefix"));
        Running::start(&mut command).finish(PATIENCE).await
    };
    let installed = brew("linux", "intel").await.success();
    assert!(installed.stdout.ends_with("/prefix/bin/lmsync run\n"), "{}", installed.stdout);
    for name in ["bin/lmsync", "share/man/man1/lmsync.1", "share/zsh/site-functions/_lmsync"] {
        assert!(stage.path("prefix").join(name).exists(), "{name}");
    }
    for (system, processor) in [("linux", "arm"), ("macos", "arm"), ("macos", "intel")] {
        let tried = brew(system, processor).await;
        // Only a real release has those archives.
        assert_eq!(tried.status.success(), given("LMSYNC_TEST_RELEASE").is_some(), "{}", tried.stderr);
        assert!(tried.status.success() || tried.stderr.contains(".tar.gz: 404"), "{}", tried.stderr);
    }
    let text = fs::read_to_string(&formula).unwrap();
    fs::write(&formula, text.replace(&format!("version \"{VERSION}\""), "version \"9.9.9\"")).unwrap();
    assert!(brew("linux", "intel").await.stderr.contains("9.9.9 is not in"), "its test asks the program");
    fs::write(&formula, text.replace("sha256 \"", "sha256 \"0")).unwrap();
    assert!(brew("linux", "intel").await.stderr.contains("SHA-256 mismatch"));
}

#[tokio::test]
async fn the_powershell_script_is_one() {
    let stage = Stage::new();
    let script = stage.path("release/install.ps1");
    let parse = || {
        let mut command = Command::new(tool("LMSYNC_TEST_NODE"));
        command.arg(root().join("tests/support/powershell.mjs"));
        command.args([tool("LMSYNC_TEST_TREE_SITTER"), tool("LMSYNC_TEST_POWERSHELL_GRAMMAR")]).arg(&script);
        Running::start(&mut command).finish(PATIENCE)
    };
    parse().await.success();
    let text = fs::read_to_string(&script).unwrap();
    fs::write(&script, text.replacen("try {", "try", 1)).unwrap();
    let broken = parse().await;
    assert!(!broken.status.success() && broken.stdout.contains("install.ps1:"), "{}", broken.stdout);
}
