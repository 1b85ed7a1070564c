//! `cargo xtask docker`: the image, with the program linked here or compiled in a Rust image.

mod build;
mod client;
mod derive;
mod options;

use std::fs;
use std::path::PathBuf;

use crate::targets::{LINUX_ARM64, LINUX_X64};
use crate::workspace::{BUILDS_SHIPPED, Workspace};

use build::{Build, Context, OWN_PLATFORM, Step, architecture};
use client::Client;
pub(crate) use options::Options;

/// Builds the image, and prints its tags, size and digest.
pub(crate) fn run(arguments: &[&str]) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    let workspace = Workspace::load()?;
    let client = Client::find()?;
    let context = if options.compiles_here(BUILDS_SHIPPED) {
        Context::Prebuilt(stage(&workspace, &options.platforms)?)
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
    for step in build.steps(client.has_buildx())? {
        match step {
            Step::Docker(arguments) => client.run(&arguments)?,
            Step::Derive { from, tags, folder, architecture } => {
                let like = client.details(&from)?;
                let archive = derive::write(&like, &tags, &architecture, &folder)?;
                client.run(&["load".to_owned(), "--input".to_owned(), archive.display().to_string()])?;
            }
        }
    }
    report(&build, &client)
}

/// Links the program for each platform, as it is released, and puts it into a folder for its architecture, alone with
/// the Dockerfile.
fn stage(workspace: &Workspace, platforms: &[String]) -> Result<PathBuf, String> {
    let folder = workspace.target().join("docker/context");
    let own = [OWN_PLATFORM.to_owned()];
    for platform in if platforms.is_empty() { &own } else { platforms } {
        let architecture = architecture(platform);
        let target = if architecture == "arm64" { LINUX_ARM64 } else { LINUX_X64 };
        let program = target.release(workspace, workspace.root(), &workspace.released())?;
        let folder = folder.join(architecture);
        fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        for (from, name) in [(&program, "lmsync"), (&workspace.root().join("Dockerfile"), "Dockerfile")] {
            fs::copy(from, folder.join(name)).map_err(|error| format!("cannot copy {}: {error}", from.display()))?;
        }
    }
    Ok(folder)
}

/// What an image says of the sources that it was made of: created when they were committed, not when they were built.
fn labels(workspace: &Workspace) -> Vec<(&'static str, String)> {
    let git = |arguments: &[&str]| {
        let output = std::process::Command::new("git").current_dir(workspace.root()).args(arguments).output().ok()?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        (output.status.success() && !text.is_empty()).then_some(text)
    };
    let mut labels = vec![("version", workspace.version())];
    labels
        .extend(git(&["describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"]).map(|text| ("revision", text)));
    labels.extend(git(&["log", "-1", "--format=%cI"]).map(|text| ("created", text)));
    labels
}

fn report(build: &Build, client: &Client) -> Result<(), String> {
    let several = build.platforms.len() > 1;
    for tag in &build.tags {
        println!("tag     {tag}");
    }
    if several && build.push {
        println!("in      the registry");
    }
    if !build.is_local() {
        if !build.push {
            println!("in      {}", build.archive.display());
        }
        return Ok(());
    }
    for tag in build.local_tags() {
        let image = client.inspect(&tag)?;
        if several {
            println!("image   {tag}");
        }
        println!("size    {:.1} MB ({} bytes)", image.bytes as f64 / 1e6, image.bytes);
        println!("digest  {}", image.digest);
    }
    Ok(())
}
