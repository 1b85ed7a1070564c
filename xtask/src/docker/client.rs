//! The docker client: whether it and its engine are there, and what its complaints mean.

use std::io::{self, BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::Value;

/// A client whose engine answers.
#[derive(Debug)]
pub(super) struct Client {
    has_buildx: bool,
}

/// An image, as the engine holds it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Image {
    pub(super) bytes: u64,
    /// That of the registry's manifest where it was pushed, else the image's own.
    pub(super) digest: String,
}

impl Client {
    /// Asks the engine for its version.
    pub(super) fn find() -> Result<Self, String> {
        output(&["version", "--format", "{{.Server.Version}}"])?;
        Ok(Self { has_buildx: output(&["buildx", "version"]).is_ok() })
    }

    pub(super) fn has_buildx(&self) -> bool {
        self.has_buildx
    }

    /// Runs a command, showing what it says.
    pub(super) fn run(&self, arguments: &[String]) -> Result<(), String> {
        println!("docker {}", arguments.join(" "));
        let mut child = docker(self.has_buildx)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_run(&error))?;
        let mut said = String::new();
        if let Some(stderr) = child.stderr.take() {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                let line = String::from_utf8_lossy(&line);
                eprintln!("{line}");
                said += &format!("{line}\n");
            }
        }
        let status = child.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(meaning(&said)) }
    }

    /// Size and digest of an image.
    pub(super) fn inspect(&self, tag: &str) -> Result<Image, String> {
        image(&self.details(tag)?).ok_or_else(|| no_image(tag))
    }

    /// All that the engine knows of an image.
    pub(super) fn details(&self, tag: &str) -> Result<Value, String> {
        let text = output(&["image", "inspect", tag])?;
        let mut value: Value = serde_json::from_str(&text).map_err(|_| no_image(tag))?;
        Ok(value[0].take())
    }
}

fn no_image(tag: &str) -> String {
    format!("docker answers something else than an image for {tag}")
}

fn image(value: &Value) -> Option<Image> {
    let pushed = value["RepoDigests"][0].as_str().and_then(|name| Some(name.split_once('@')?.1));
    Some(Image { bytes: value["Size"].as_u64()?, digest: pushed.or(value["Id"].as_str())?.to_owned() })
}

fn docker(has_buildx: bool) -> Command {
    let mut command = Command::new("docker");
    if !has_buildx {
        // Newer clients would insist on buildx otherwise.
        command.env("DOCKER_BUILDKIT", "0");
    }
    command
}

fn output(arguments: &[&str]) -> Result<String, String> {
    let output = docker(true).args(arguments).stdin(Stdio::null()).output().map_err(|error| not_run(&error))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(meaning(&String::from_utf8_lossy(&output.stderr)))
}

fn not_run(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::NotFound {
        return "there is no docker client: install Docker (https://docs.docker.com/get-docker/; Debian: \
                apt install docker.io)"
            .into();
    }
    format!("cannot run docker: {error}")
}

/// What a complaint of docker's means to the person who reads it.
fn meaning(complaint: &str) -> String {
    let lower = complaint.to_lowercase();
    let says = |text: &str| lower.contains(text);
    let last = complaint.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("docker failed").trim();
    // A refused socket is also one that cannot be connected to, so it is checked first.
    let advice = if says("permission denied") && (says("socket") || says("docker api") || says("docker daemon")) {
        "you may not use the docker engine: join the group docker (sudo usermod -aG docker $USER, then log in \
         again), or run this with sudo"
    } else if says("cannot connect to the docker daemon")
        || says("docker daemon running")
        || says("failed to connect to the docker api")
    {
        "no docker engine answers: start it (sudo systemctl start docker, or Docker Desktop), or set DOCKER_HOST"
    } else if says("no space left on device") {
        "docker has no space left: docker system prune frees what is unused"
    } else if says("pull access denied") || says("failed to resolve source metadata") || says("i/o timeout") {
        "an image cannot be had from the registry: is the network there? On Linux x86-64 a build without \
         --in-docker needs none"
    } else if says("denied") || says("unauthorized") {
        "the registry refuses: docker login, and a tag that begins with its name"
    } else {
        return format!("docker failed: {last}");
    };
    format!("{advice}\n  ({last})")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn complaints_are_told_apart() {
        for (complaint, word) in [
            (
                "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
                "no docker engine",
            ),
            (
                "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock",
                "group docker",
            ),
            (
                "Got permission denied while trying to connect to the Docker daemon socket at unix:///x: dial unix",
                "group docker",
            ),
            ("Error processing tar file(exit status 1): write /lmsync: no space left on device", "no space"),
            ("denied: requested access to the resource is denied", "docker login"),
            ("ERROR: failed to solve: rust:1.88: failed to resolve source metadata", "network"),
        ] {
            let text = meaning(complaint);
            assert!(text.contains(word), "{complaint} became {text}");
        }
    }

    #[test]
    fn an_unknown_complaint_is_passed_on() {
        assert_eq!(meaning("Step 1\n\nthe moon is full\n\n"), "docker failed: the moon is full");
    }

    #[test]
    fn a_missing_client_is_said() {
        assert!(not_run(&io::ErrorKind::NotFound.into()).contains("install Docker"));
    }

    #[test]
    fn a_pushed_image_has_the_registrys_digest() {
        let local = json!({"Id": "sha256:a", "Size": 5, "RepoDigests": []});
        assert_eq!(image(&local), Some(Image { bytes: 5, digest: "sha256:a".into() }));
        let pushed = json!({"Id": "sha256:a", "Size": 5, "RepoDigests": ["r/lmsync@sha256:b"]});
        assert_eq!(image(&pushed).unwrap().digest, "sha256:b");
    }
}
