//! The systemd unit, as systemd itself reads it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::running::{Finished, Running};
use crate::support::world::World;
use crate::support::{PATIENCE, lmsync, tool};

/// The unit with the program where this machine has it, and one edit.
fn unit(world: &World, from: &str, to: &str) -> PathBuf {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/systemd/lmsync@.service");
    let text = fs::read_to_string(unit).unwrap();
    assert!(text.contains(from), "{from}");
    let text =
        text.replace(from, to).replace("/usr/local/bin/lmsync run", &format!("{} run", lmsync::binary().display()));
    let file = world.home().join("lmsync@.service");
    fs::write(&file, text).unwrap();
    file
}

async fn analyze(arguments: &[&str], file: &Path) -> Finished {
    let mut command = Command::new(tool("LMSYNC_TEST_SYSTEMD_ANALYZE"));
    Running::start(command.args(arguments).arg(file)).finish(PATIENCE).await
}

#[tokio::test]
async fn systemd_understands_the_unit_without_a_complaint() {
    let world = World::new();
    let said = analyze(&["verify"], &unit(&world, "[Unit]", "[Unit]")).await.success();
    assert_eq!(said.stdout + &said.stderr, "");
}

#[tokio::test]
async fn a_misspelled_setting_would_be_found() {
    let world = World::new();
    let said = analyze(&["verify"], &unit(&world, "ProtectSystem=", "ProtectSytem=")).await;
    assert!(said.stderr.contains("ProtectSytem"), "{}", said.stderr);
}

#[tokio::test]
async fn the_unit_is_exposed_little() {
    let world = World::new();
    // In tenths: 2.0 of 10, where an unprotected service has 9.6.
    let arguments = ["security", "--offline=true", "--no-pager", "--threshold=20"];
    let said = analyze(&arguments, &unit(&world, "[Unit]", "[Unit]")).await.success();
    println!("figure: {}", said.stdout.lines().rev().find(|line| line.contains("exposure")).unwrap());
    let bare = unit(&world, "NoNewPrivileges=yes\n", "");
    let said = analyze(&["security", "--offline=true", "--no-pager", "--threshold=10"], &bare).await;
    assert!(!said.status.success(), "the threshold counts");
}
