//! What installs a release: the shell script against a server on this machine, into an empty home folder, and the
//! PowerShell script through a parser. With `LMSYNC_TEST_RELEASE`, the folder of a real release (`cargo xtask dist --all`)
//! is installed, else one with the program under test alone.

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

    /// Runs the installer, with a `uname` that says this.
    async fn install(&self, system: &str, processor: &str) -> Finished {
        let uname = format!("#!/bin/sh\n[ \"$1\" = -s ] && echo {system} || echo {processor}\n");
        fs::write(self.path("bin/uname"), uname).unwrap();
        fs::set_permissions(self.path("bin/uname"), fs::Permissions::from_mode(0o755)).unwrap();
        let mut command = Command::new("sh");
        command
            .arg(self.path("release/install.sh"))
            .env_clear()
            .env("HOME", self.path("home"))
            .env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", self.path("bin").display()))
            .env("LMSYNC_DOWNLOAD_URL", format!("http://{}", self.address));
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
    let archive = folder.join(format!("{stem}.tar.gz"));
    let packed = Command::new("tar").arg("-C").arg(folder).arg("-czf").args([&archive]).arg(&stem).status();
    assert!(packed.unwrap().success());
    let sum = digest(&SHA256, &fs::read(&archive).unwrap());
    let sum: String = sum.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    for name in ["install.sh", "install.ps1"] {
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
            let head =
                format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
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
        let expected =
            if is_real { format!("the program for {target} does not run here") } else { target.to_string() };
        assert!(refused.stderr.contains(&expected), "{target}: {}", refused.stderr);
        assert!(!stage.installed().exists());
    }
    let unknown = stage.install("FreeBSD", "amd64").await;
    assert!(unknown.stderr.contains("no archive for FreeBSD on amd64"), "{}", unknown.stderr);
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
