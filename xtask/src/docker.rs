//! `cargo xtask docker`: the image, with the program linked here or compiled in a Rust image.

mod build;
mod client;
mod options;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::process;
use crate::workspace::{Workspace, cargo};

use build::{Build, Context};
use client::Client;
pub(crate) use options::Options;

/// The one platform for which the host's toolchain links the image's program.
pub(crate) const HOST_TARGET: &str = "x86_64-unknown-linux-gnu";

/// Compiling, on a small and busy machine, emulated at worst.
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// Builds the image, and prints its tags, size and digest.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    let workspace = Workspace::load()?;
    let client = Client::find()?;
    let context = if options.compiles_here(cfg!(all(target_os = "linux", target_arch = "x86_64"))) {
        Context::Prebuilt(stage(&workspace)?)
    } else {
        Context::Source(workspace.root().to_owned())
    };
    let build = Build {
        tags: options.tags(&workspace.version()),
        labels: labels(&workspace),
        context,
        platforms: options.platforms,
        push: options.push,
        archive: workspace.target().join("docker/lmsync.oci.tar"),
    };
    for arguments in build.steps(client.has_buildx())? {
        client.run(&arguments)?;
    }
    report(&build, &client)
}

/// Links the program statically, and puts it alone into a folder with the Dockerfile.
fn stage(workspace: &Workspace) -> Result<PathBuf, String> {
    let mut command = cargo();
    command
        .args(["build", "--release", "--locked", "--package", "lmsync", "--target", HOST_TARGET])
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    let status = process::run(&mut command, LIMIT, |line| println!("{line}"))?;
    if !status.success() {
        return Err("the program did not build".into());
    }
    let folder = workspace.target().join("docker/context");
    let copy = |from: &Path, name: &str| {
        fs::copy(from, folder.join(name)).map_err(|error| format!("cannot copy {}: {error}", from.display()))
    };
    fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    copy(&workspace.target().join(HOST_TARGET).join("release/lmsync"), "lmsync")?;
    copy(&workspace.root().join("Dockerfile"), "Dockerfile")?;
    Ok(folder)
}

/// What an image says of the sources that it was made of: created when they were committed, not when they were built.
fn labels(workspace: &Workspace) -> Vec<(&'static str, String)> {
    let git = |arguments: &[&str]| {
        let output =
            std::process::Command::new("git").current_dir(workspace.root()).args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    };
    let mut labels = vec![("version", workspace.version())];
    labels.extend(
        git(&["describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"])
            .map(|text| ("revision", text)),
    );
    labels.extend(git(&["log", "-1", "--format=%cI"]).map(|text| ("created", text)));
    labels
}

fn report(build: &Build, client: &Client) -> Result<(), String> {
    for tag in &build.tags {
        println!("tag     {tag}");
    }
    if !build.is_local() {
        let place = if build.push { "the registry".to_owned() } else { build.archive.display().to_string() };
        println!("in      {place}");
        return Ok(());
    }
    let Some(tag) = build.tags.first() else { return Ok(()) };
    let image = client.inspect(tag)?;
    println!("size    {:.1} MB ({} bytes)", image.bytes as f64 / 1e6, image.bytes);
    println!("digest  {}", image.digest);
    Ok(())
}
