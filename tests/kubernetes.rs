//! The Kubernetes manifests against the published schemas, and against what the restricted Pod Security asks for.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::running::{Finished, Running};
use crate::support::world::World;
use crate::support::{PATIENCE, tool};

fn manifest() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes/openclaw.yaml")
}

/// Checks a file with the schemas that forbid unknown fields, of the given Kubernetes version.
async fn validate(file: &Path, version: &str) -> Finished {
    let mut command = Command::new(tool("LMSYNC_TEST_KUBERNETES_VALIDATE"));
    command.args(["-m", "kubernetes_validate", "--strict", "--kubernetes-version", version]).arg(file);
    Running::start(&mut command).finish(PATIENCE).await
}

#[tokio::test]
async fn the_manifests_fit_the_first_version_with_sidecars_and_the_newest() {
    for version in ["1.29", "1.37"] {
        let said = validate(&manifest(), version).await.success();
        let passed = said.stdout + &said.stderr;
        assert!(passed.contains("deployment/openclaw against"), "{passed}");
    }
}

#[tokio::test]
async fn a_misspelled_field_would_be_found() {
    let world = World::new();
    let file = world.home().join("broken.yaml");
    let broken = fs::read_to_string(manifest()).unwrap().replace("failureThreshold: 3\n", "failureTreshold: 3\n");
    fs::write(&file, broken).unwrap();
    let said = validate(&file, "1.37").await;
    assert!(!said.status.success());
    assert!((said.stdout + &said.stderr).contains("failureTreshold"));
}

#[tokio::test]
async fn every_container_is_as_restricted_as_the_namespace_asks_for() {
    // What https://kubernetes.io/docs/concepts/security/pod-security-standards/ lists as restricted.
    let check = r#"
import sys, yaml
pod = next(d for d in yaml.safe_load_all(open(sys.argv[1])) if d["kind"] == "Deployment")["spec"]["template"]["spec"]
whole = pod["securityContext"]
assert whole["runAsNonRoot"] and whole["runAsUser"] == 1000 and whole["fsGroup"] == 1000
assert whole["seccompProfile"]["type"] == "RuntimeDefault"
containers = pod["initContainers"] + pod["containers"]
assert [c["name"] for c in containers] == ["lmsync", "openclaw-gateway"]
for container in containers:
    own = container["securityContext"]
    assert own["allowPrivilegeEscalation"] is False and own["capabilities"] == {"drop": ["ALL"]}, container["name"]
    assert [m["name"] for m in container["volumeMounts"]] == ["state"]
sidecar = containers[0]
assert sidecar["restartPolicy"] == "Always" and sidecar["securityContext"]["readOnlyRootFilesystem"]
for probe in ("startupProbe", "livenessProbe"):
    assert sidecar[probe]["exec"]["command"] == ["/lmsync", "healthcheck"]
"#;
    let mut command = Command::new(tool("LMSYNC_TEST_KUBERNETES_VALIDATE"));
    command.args(["-c", check]).arg(manifest());
    Running::start(&mut command).finish(PATIENCE).await.success();
}
