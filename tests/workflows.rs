//! The workflows, held against GitHub's schema by check-jsonschema, and against known weaknesses by zizmor.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::running::{Finished, Running};
use crate::support::world::World;
use crate::support::{PATIENCE, tool};

fn workflows() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.github/workflows");
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

async fn check(mut program: Command, arguments: &[&str], files: &[PathBuf]) -> Finished {
    Running::start(program.args(arguments).args(files)).finish(PATIENCE).await
}

/// As a module of that Python: a script beside it names the folder in which it was installed first.
async fn schema(files: &[PathBuf]) -> Finished {
    let arguments = ["-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"];
    check(Command::new(tool("LMSYNC_TEST_ZIZMOR")), &arguments, files).await
}

/// zizmor is a program beside that Python.
async fn weaknesses(files: &[PathBuf]) -> Finished {
    let zizmor = Command::new(tool("LMSYNC_TEST_ZIZMOR").with_file_name("zizmor"));
    check(zizmor, &["--offline", "--persona=pedantic"], files).await
}

/// A copy of the release workflow with one edit.
fn edited(world: &World, from: &str, to: &str) -> [PathBuf; 1] {
    let release = workflows().into_iter().find(|path| path.ends_with("release.yml")).unwrap();
    let text = fs::read_to_string(release).unwrap();
    assert!(text.contains(from), "{from}");
    let folder = world.home().join(".github/workflows");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("release.yml");
    fs::write(&file, text.replacen(from, to, 1)).unwrap();
    [file]
}

#[tokio::test]
async fn they_fit_the_schema() {
    assert_eq!(workflows().len(), 2);
    schema(&workflows()).await.success();
    let world = World::new();
    let said = schema(&edited(&world, "timeout-minutes:", "timeout-minuets:")).await;
    assert!(!said.status.success(), "a misspelled key is found");
}

#[tokio::test]
async fn no_weakness_is_known_in_them() {
    weaknesses(&workflows()).await.success();
    let world = World::new();
    let unpinned = edited(&world, "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1", "@v7");
    assert!(!weaknesses(&unpinned).await.status.success(), "an action that is not pinned is found");
    let open = edited(&world, "permissions:\n  contents: read\n", "permissions: write-all\n");
    assert!(!weaknesses(&open).await.status.success(), "a right that is not needed is found");
}

#[test]
fn each_script_that_they_run_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let texts: String = workflows().iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let words = texts.split_whitespace().filter(|word| word.starts_with(".ci/"));
    let scripts: Vec<&str> =
        words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '.')).collect();
    assert!(scripts.contains(&".ci/run") && scripts.contains(&".ci/dist"), "{scripts:?}");
    for script in scripts {
        assert!(root.join(script).is_file(), "{script}");
    }
}
