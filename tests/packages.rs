//! The packages, installed, upgraded and removed by dpkg and rpm in clean roots.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, tool};

/// What both packages install, beside documents and zsh's completions, which have places of their own.
const FILES: [&str; 5] = [
    "usr/bin/lmsync",
    "usr/lib/systemd/system/lmsync@.service",
    "usr/lib/systemd/user/lmsync.service",
    "usr/share/bash-completion/completions/lmsync",
    "usr/share/fish/vendor_completions.d/lmsync.fish",
];

/// The packages with that ending, the older one first.
fn packages(ending: &str) -> [PathBuf; 2] {
    let folder = tool("LMSYNC_TEST_PACKAGES");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = files.filter(|path| path.extension().is_some_and(|found| found == ending)).collect();
    found.sort();
    found.try_into().unwrap()
}

async fn run(command: &mut Command) -> String {
    Running::start(command).finish(PATIENCE).await.success().stdout
}

/// The files below `usr` and `etc`, by their paths there.
fn files(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![root.join("usr"), root.join("etc")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

/// What a root has, once a package is installed there.
async fn check(root: &Path, more: &[&str]) {
    let files = files(root);
    for name in FILES.iter().chain(more) {
        assert!(files.contains(*name), "no {name}: {files:#?}");
    }
    let program = root.join("usr/bin/lmsync");
    assert_eq!(fs::metadata(&program).unwrap().permissions().mode() & 0o7777, 0o755);
    let version = run(Command::new(program).arg("--version")).await;
    assert_eq!(version, format!("lmsync {}\n", env!("CARGO_PKG_VERSION")));
    let unit = fs::read_to_string(root.join("usr/lib/systemd/system/lmsync@.service")).unwrap();
    assert!(unit.contains("ExecStart=/usr/bin/lmsync run\n"), "{unit}");
}

#[tokio::test]
async fn dpkg_installs_upgrades_and_removes_it() {
    let world = World::new();
    let root = world.home();
    for folder in ["updates", "info"] {
        fs::create_dir_all(root.join("var/lib/dpkg").join(folder)).unwrap();
    }
    for file in ["status", "available"] {
        fs::write(root.join("var/lib/dpkg").join(file), "").unwrap();
    }
    let dpkg = |arguments: &[&str]| {
        let mut command = Command::new("dpkg");
        command.arg("--root").arg(root).arg("--force-unsafe-io").args(arguments);
        command
    };
    let [first, second] = packages("deb");
    for (package, version) in [(&first, "-1"), (&second, "-2")] {
        run(&mut dpkg(&["--install", package.to_str().unwrap()])).await;
        check(root, &["usr/share/man/man1/lmsync.1.gz", "usr/share/zsh/vendor-completions/_lmsync"]).await;
        let query = ["--admindir", root.join("var/lib/dpkg").to_str().unwrap(), "--show", "lmsync"].map(str::to_owned);
        let shown = run(Command::new("dpkg-query").args(query)).await;
        assert_eq!(shown.trim(), format!("lmsync\t{}{version}", env!("CARGO_PKG_VERSION")));
    }
    run(&mut dpkg(&["--purge", "lmsync"])).await;
    assert_eq!(files(root), BTreeSet::new());
}

#[tokio::test]
async fn rpm_installs_upgrades_and_removes_it() {
    let world = World::new();
    let root = world.home();
    let rpm = |arguments: &[&str]| {
        let mut command = Command::new(tool("LMSYNC_TEST_RPM"));
        command.arg("--root").arg(root).args(["--dbpath", "/var/lib/rpm"]).args(arguments);
        command
    };
    run(&mut rpm(&["--initdb"])).await;
    let [first, second] = packages("rpm");
    for (package, release) in [(&first, "-1."), (&second, "-2.")] {
        run(&mut rpm(&["--upgrade", "--noplugins", package.to_str().unwrap()])).await;
        check(root, &["usr/share/man/man1/lmsync.1.gz", "usr/share/zsh/site-functions/_lmsync"]).await;
        run(&mut rpm(&["--verify", "lmsync"])).await;
        let shown = run(&mut rpm(&["--query", "lmsync"])).await;
        assert!(shown.starts_with(&format!("lmsync-{}{release}", env!("CARGO_PKG_VERSION"))), "{shown}");
    }
    run(&mut rpm(&["--erase", "lmsync"])).await;
    assert_eq!(files(root), BTreeSet::new());
}
