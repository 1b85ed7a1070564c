//! The workflows, held against GitHub's schema by check-jsonschema, and against known weaknesses by zizmor; and those of
//! their steps that a shell can run here, run as they are written.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::lmsync::binary;
use crate::support::running::{Finished, Running};
use crate::support::world::World;
use crate::support::{PATIENCE, tool};

/// Prints what the step of a workflow with that name runs.
const PRINT_STEP: &str = "
import sys
from ruamel.yaml import YAML
jobs = YAML(typ='safe').load(open(sys.argv[1]))['jobs'].values()
[script] = [step['run'] for job in jobs for step in job.get('steps', []) if step.get('name') == sys.argv[2]]
print(script, end='')
";

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
    let scripts: Vec<&str> = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '.')).collect();
    assert!(scripts.contains(&".ci/run") && scripts.contains(&".ci/dist"), "{scripts:?}");
    for script in scripts {
        assert!(root.join(script).is_file(), "{script}");
    }
}

/// A folder in which a step runs, beside one of programs that come first in its `PATH`.
struct Runner {
    world: World,
}

impl Runner {
    fn new() -> Self {
        let world = World::new();
        for name in ["work", "programs"] {
            fs::create_dir(world.home().join(name)).unwrap();
        }
        Self { world }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.world.home().join("work").join(name)
    }

    /// Writes a file, with its folders.
    fn file(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    /// Writes a shell script that a step finds as that program.
    fn program(&self, path: &Path, script: &str) {
        let path = self.world.home().join("programs").join(path);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Packs a folder of the working folder as `NAME.tar.gz`, as npm and the archives are packed.
    fn pack(&self, name: &str, folder: &str) {
        let parent = self.path(name);
        let mut tar = Command::new("tar");
        tar.arg("-czf").arg(&parent).arg("-C").arg(self.path("")).arg(folder);
        assert!(tar.status().unwrap().success());
        fs::remove_dir_all(self.path(folder)).unwrap();
    }

    /// Runs the step with that name as GitHub's runner does, with more variables.
    async fn run(&self, workflow: &str, step: &str, variables: &[(&str, &str)]) -> Finished {
        let file = workflows().into_iter().find(|path| path.ends_with(workflow)).unwrap();
        let mut print = Command::new(tool("LMSYNC_TEST_ZIZMOR"));
        print.args(["-c", PRINT_STEP]).arg(file).arg(step);
        let script = Running::start(&mut print).finish(PATIENCE).await.success().stdout;
        let mut bash = Command::new("bash");
        // The stricter one of the two ways in which the runner starts bash.
        bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", &script]).current_dir(self.path(""));
        let programs = self.world.home().join("programs");
        bash.env_clear().env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display()));
        bash.env("HOME", self.world.home()).env("GITHUB_REF_NAME", "v1.2.3").envs(variables.iter().copied());
        Running::start(&mut bash).finish(PATIENCE).await
    }
}

#[tokio::test]
async fn each_systems_archive_is_unpacked_and_its_program_run() {
    let runner = Runner::new();
    for name in ["lmsync-1.2.3-x86_64-apple-darwin.tar.gz", "lmsync-1.2.3-x86_64-unknown-linux-gnu.cdx.json"] {
        runner.file(name, "");
    }
    let name = "lmsync-1.2.3-x86_64-unknown-linux-gnu";
    fs::create_dir(runner.path(name)).unwrap();
    runner.program(&runner.path(name).join("lmsync"), "echo lmsync \"$@\"");
    runner.pack(&format!("{name}.tar.gz"), name);
    let step = "Unpack it, and see the program at work";
    let ran = runner.run("release.yml", step, &[("TRIPLE", "x86_64-unknown-linux-gnu")]).await.success();
    assert_eq!(ran.stdout, "lmsync --version\nlmsync demo --for 12s\n");
    let missing = runner.run("release.yml", step, &[("TRIPLE", "aarch64-unknown-linux-gnu")]).await;
    assert!(!missing.status.success());
}

#[tokio::test]
async fn a_release_has_each_file_but_what_an_archive_brings() {
    let runner = Runner::new();
    let files = ["SHA256SUMS", "install.sh", "lmsync.1", "lmsync-1.2.3-1.x86_64.rpm", "npm/lmsync-1.2.3.tgz"];
    for name in files.into_iter().chain(["lmsync", "completions/_lmsync"]) {
        runner.file(&format!("target/dist/{name}"), "");
    }
    runner.program(Path::new("cargo"), "echo \"notes by cargo $*\"");
    runner.program(Path::new("gh"), "printf '%s\\n' \"$@\"");
    let made = runner.run("release.yml", "Make the release", &[]).await.success().stdout;
    let (files_given, options): (Vec<&str>, Vec<&str>) =
        made.lines().partition(|word| word.starts_with("target/dist/"));
    assert_eq!(options.join(" "), "release create v1.2.3 --verify-tag --title v1.2.3 --notes-file notes.md");
    let given: BTreeSet<String> = files_given.into_iter().map(str::to_owned).collect();
    assert_eq!(given, files.map(|name| format!("target/dist/{name}")).into());
    let notes = fs::read_to_string(runner.path("notes.md")).unwrap();
    assert_eq!(notes, "notes by cargo xtask release --notes v1.2.3\n");
}

#[tokio::test]
async fn npm_publishes_the_file_that_was_built() {
    let runner = Runner::new();
    runner.file("package/package.json", r#"{"name": "lmsync", "version": "1.2.3"}"#);
    fs::create_dir(runner.path("npm")).unwrap();
    runner.pack("npm/lmsync-1.2.3.tgz", "package");
    // Nobody listens there: a dry run asks a registry whether the version is free, and goes on without an answer.
    let variables = [
        ("npm_config_dry_run", "true"),
        ("npm_config_registry", "http://127.0.0.1:9/"),
        ("npm_config_fetch_retries", "0"),
    ];
    let published = runner.run("release.yml", "npm publish", &variables).await.success();
    assert_eq!(published.stdout.trim(), "+ lmsync@1.2.3", "{}", published.stderr);
}

#[tokio::test]
async fn the_formula_is_pushed_once() {
    let runner = Runner::new();
    let tap = runner.world.home().join("tap.git");
    let variables = [
        ("OWNER", "them"),
        ("HOMEBREW_TAP_TOKEN", "secret"),
        ("GIT_CONFIG_COUNT", "2"),
        ("GIT_CONFIG_KEY_0", &format!("url.{}.insteadOf", tap.display())),
        ("GIT_CONFIG_VALUE_0", "https://x-access-token:secret@github.com/them/homebrew-tap"),
        ("GIT_CONFIG_KEY_1", "init.defaultBranch"),
        ("GIT_CONFIG_VALUE_1", "main"),
    ];
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.arg("-C").arg(&tap).args(arguments).env("HOME", runner.world.home());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    fs::create_dir(&tap).unwrap();
    git(&["init", "--quiet", "--bare", "--initial-branch=main"]);
    runner.file("lmsync.rb", "class Lmsync");
    for _ in 0..2 {
        let pushed = runner.run("release.yml", "Put it into the tap", &variables).await.success();
        assert!(!(pushed.stdout + &pushed.stderr).contains("secret"), "the token is not shown");
        fs::remove_dir_all(runner.path("tap")).unwrap();
    }
    assert_eq!(git(&["log", "--format=%s", "main"]), "lmsync 1.2.3\n");
    assert_eq!(git(&["show", "main:Formula/lmsync.rb"]), "class Lmsync");
}

#[tokio::test]
async fn the_agent_is_cut_out_of_a_dry_run() {
    let runner = Runner::new();
    fs::create_dir_all(runner.path("target/debug")).unwrap();
    let on_a_mac = format!("exec '{}' \"$@\" --system launchd", binary().display());
    runner.program(&runner.path("target/debug/lmsync"), &on_a_mac);
    let read = "import plistlib, sys; print(plistlib.load(open(sys.argv[1], \"rb\"))[\"Label\"])";
    runner.program(Path::new("plutil"), &format!("test \"$1\" = -lint && exec python3 -c '{read}' \"$2\""));
    let ran = runner.run("ci.yml", "Have launchd's own tool read the agent", &[("USER", "me")]).await.success();
    assert_eq!(ran.stdout, "io.github.lmsync\n");
}
