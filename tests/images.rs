//! The image for both architectures: pushed under one name to a registry on this machine, pulled from it, and run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::docker::{Engine, RESTRICTED, root};
use crate::support::running::Running;
use crate::support::{PATIENCE, figure, tool};

/// Two programs with all optimisation, on a small and busy machine.
const BUILD: Duration = Duration::from_secs(60 * 60);

/// Starts a registry that keeps what it gets in `folder`, and returns it with its address.
async fn start_registry(folder: &Path) -> (Running, String) {
    let storage = folder.join("images");
    let config = format!(
        "version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:0\n",
        storage.display()
    );
    let path = folder.join("registry.yml");
    fs::write(&path, config).unwrap();
    let mut registry = Running::start(Command::new(tool("LMSYNC_TEST_REGISTRY")).arg("serve").arg(path));
    let line = registry.wait_for_line("listening on 127.0.0.1:", PATIENCE).await;
    let (_, rest) = line.split_once("listening on ").unwrap();
    let address = rest.split([' ', '"', ',']).next().unwrap().to_owned();
    (registry, address)
}

#[tokio::test]
async fn one_name_has_the_image_for_both_architectures() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::start().await;
    let (_registry, address) = start_registry(folder.path()).await;
    let tag = format!("{address}/lmsync:test");

    let mut build = Command::new(env!("CARGO"));
    build.current_dir(root()).args(["xtask", "docker", "--platform", "linux/amd64,linux/arm64"]);
    build.args(["--tag", &tag, "--push"]);
    engine.direct(&mut build);
    let printed = Running::start(&mut build).finish(BUILD).await.success().stdout;
    assert!(printed.contains(&format!("tag     {tag}")) && printed.contains("in      the registry"), "{printed}");

    let emulator = format!("{}:/qemu:ro", tool("LMSYNC_TEST_QEMU").display());
    for architecture in ["amd64", "arm64"] {
        // What the build left here is no part of what is pulled.
        engine.ask(&["image", "rm", "--force", &format!("{tag}-{architecture}")]).await;
        let platform = format!("linux/{architecture}");
        engine.ask(&["pull", "--platform", &platform, &tag]).await;
        let image = engine.inspect(&tag).await;
        assert_eq!(image["Architecture"], architecture);
        assert_eq!(image["Config"]["User"], "1000:1000");
        assert_eq!(image["Config"]["Healthcheck"]["Test"][1], "/lmsync");
        let bytes = image["Size"].as_u64().unwrap();
        figure(&format!("docker: the image, {architecture}"), format!("{:.2} MB", bytes as f64 / 1e6), "8 MB");

        let mut run = vec!["run", "--rm", "--platform", &platform, "--tmpfs", "/tmp"];
        run.extend(RESTRICTED);
        if architecture == "amd64" {
            run.push(&tag);
        } else {
            run.extend(["--volume", &emulator, "--entrypoint", "/qemu", &tag, "/lmsync"]);
        }
        let version = engine.ask(&[run.as_slice(), &["--version"]].concat()).await;
        assert_eq!(version, format!("lmsync {}", env!("CARGO_PKG_VERSION")));
        let demo = engine.ask(&[run.as_slice(), &["demo", "--for", "12s"]].concat()).await;
        assert!(demo.contains("models.json"), "{demo}");
    }
}
