//! What `lmsync doctor` finds of the machine: mounts, owners, full disks, containers; each made in earnest, in
//! namespaces that end with their test.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;
use std::process::Command;

use crate::hosts::ROOT;
use crate::support::doctor::{Told, run};
use crate::support::lmsync::{at_home, binary};
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, tool};
use simulator::{SimModel, Simulator};

/// A user who is not root.
const SOMEBODY: u32 = 1000;

async fn simulator() -> Simulator {
    let simulator = Simulator::local().await.unwrap();
    simulator.world().add(SimModel::chat("a").loaded(65_536));
    simulator
}

async fn synced(simulator: &Simulator) -> World {
    let world = World::new();
    fs::create_dir_all(world.state()).unwrap();
    fs::write(world.state().join("openclaw.json"), "{}").unwrap();
    fs::set_permissions(world.state().join("openclaw.json"), fs::Permissions::from_mode(0o600)).unwrap();
    run(&world, &simulator.base_url(), &["sync"], &[]).await.success();
    world
}

/// Runs a script in namespaces of its own; `$LMSYNC` is the program, `$STATE` the state folder.
async fn inside(namespaces: &[&str], world: &World, base: &str, script: &str) -> Told {
    let mut command = at_home(Command::new(tool("LMSYNC_TEST_UNSHARE")), world, base);
    command.args(namespaces).args(["bash", "-euc", script]);
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("LMSYNC", binary()).env("STATE", world.state()).env("OPENCLAW_GATEWAY_PORT", "9");
    Told::of(Running::start(&mut command).finish(PATIENCE).await)
}

async fn mounted(world: &World, base: &str, script: &str) -> Told {
    inside(&["--mount"], world, base, script).await
}

#[tokio::test]
async fn a_single_file_that_is_mounted() {
    let simulator = simulator().await;
    let world = synced(&simulator).await;
    let script = "f=$STATE/agents/main/agent/models.json; mount --bind $f $f; exec $LMSYNC doctor --json";
    let told = mounted(&world, &simulator.base_url(), script).await;
    told.finds("failure", "state.kind", "single file is mounted", "volumes: [");
}

#[tokio::test]
async fn a_state_folder_that_is_mounted_read_only() {
    let simulator = simulator().await;
    let world = synced(&simulator).await;
    let script = "mount --bind $STATE $STATE; mount -o remount,ro,bind $STATE; exec $LMSYNC doctor --json";
    let told = mounted(&world, &simulator.base_url(), script).await;
    told.finds("failure", "state.folder", "is mounted read-only", "mount it writable").finds(
        "failure",
        "host.disk",
        "is read-only",
        "writable",
    );
}

#[tokio::test]
async fn a_disk_that_is_full_or_nearly_so_or_has_no_inodes_left() {
    let simulator = simulator().await;
    let world = synced(&simulator).await;
    let on = |options: &str| format!("mount -t tmpfs -o {options} none $STATE; exec $LMSYNC doctor --json");
    let told = mounted(&world, &simulator.base_url(), &on("size=512k,mode=700")).await;
    told.finds("failure", "host.disk", "the disk is full", "free some");
    let told = mounted(&world, &simulator.base_url(), &on("size=32m,mode=700")).await;
    told.finds("warning", "host.disk", "only 32 MiB are free", "free some");
    let told = mounted(&world, &simulator.base_url(), &on("nr_inodes=4,mode=700")).await;
    told.finds("failure", "host.disk", "inodes are used up", "free some");
}

#[tokio::test]
async fn a_server_on_another_port_than_the_one_that_is_set() {
    let script = "ip link set lo up
        $LMSYNC simulator --listen 127.0.0.1:1234 >/dev/null & studio=$!
        until (exec 3<>/dev/tcp/127.0.0.1/1234) 2>/dev/null; do kill -0 $studio; done
        code=0; $LMSYNC doctor --json || code=$?
        kill $studio; wait $studio || true; exit $code";
    let told = inside(&["--net"], &World::new(), "http://127.0.0.1:8080/v1", script).await;
    told.finds("failure", "server.reachable", "not port 8080", "OPENAI_API_BASE=http://127.0.0.1:1234/v1");
}

#[tokio::test]
async fn a_loopback_address_inside_a_container_is_the_container_itself() {
    const CONTAINER: &str = "ip link set lo up; mount -t tmpfs none /run; touch /run/.containerenv; ";
    let both = ["--net", "--mount"];
    let script = format!("{CONTAINER} exec $LMSYNC doctor --json");
    let told = inside(&both, &World::new(), "http://127.0.0.1:1234/v1", &script).await;
    told.finds(
        "failure",
        "server.reachable",
        "inside Podman, 127.0.0.1 is the container itself",
        "OPENAI_API_BASE=http://host.containers.internal:1234/v1",
    );

    let told = inside(&both, &World::new(), "http://host.docker.internal:1234/v1", &script).await;
    told.finds("failure", "server.name", "is not known here", "extra_hosts: [\"host.docker.internal:host-gateway\"]");

    let hosts = "h=$(mktemp); echo 127.0.0.2 host.docker.internal > $h; mount --bind $h /etc/hosts; ";
    let script = format!("{CONTAINER} {hosts} exec $LMSYNC doctor --json");
    let told = inside(&both, &World::new(), "http://host.docker.internal:1234/v1", &script).await;
    told.finds("failure", "server.reachable", "for this container", "lms server start --bind 0.0.0.0 --port 1234");

    let serve = "$LMSYNC simulator --listen 127.0.0.2:1234 >/dev/null & studio=$!
        until (exec 3<>/dev/tcp/127.0.0.2/1234) 2>/dev/null; do kill -0 $studio; done
        code=0; $LMSYNC doctor --json || code=$?
        kill $studio; wait $studio || true; exit $code";
    let script = format!("{CONTAINER} {hosts} {serve}");
    let told = inside(&both, &World::new(), "http://127.0.0.1:1234/v1", &script).await;
    told.finds(
        "failure",
        "server.reachable",
        "the server is on its host",
        "OPENAI_API_BASE=http://host.docker.internal:1234/v1",
    );
}

/// The example of the document, on a machine that is marked as a container of Docker.
#[tokio::test]
async fn the_document_shows_what_the_doctor_says_inside_docker() {
    let world = synced(&simulator().await).await;
    let script = "touch /.dockerenv; ip link set lo up
        h=$(mktemp); echo 127.0.0.2 host.docker.internal > $h; mount --bind $h /etc/hosts
        $LMSYNC simulator --listen 127.0.0.2:1234 >/dev/null & studio=$!
        until (exec 3<>/dev/tcp/127.0.0.2/1234) 2>/dev/null; do kill -0 $studio; done
        code=0; $LMSYNC doctor || code=$?
        kill $studio; wait $studio || true; exit $((code - 1))";
    let mut command = at_home(Command::new(tool("LMSYNC_TEST_UNSHARE")), &world, "http://127.0.0.1:1234/v1");
    command.args(["--net", "--mount", "bash", "-euc", ROOT, script]);
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    command.env("LMSYNC", binary()).env("OPENCLAW_GATEWAY_PORT", "9");
    let said = Running::start(&mut command).finish(PATIENCE).await.success().stdout;
    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/DOCTOR.md");
    let document = fs::read_to_string(document).unwrap();
    let (_, block) = document.split_once("```text\n$ lmsync doctor\n").unwrap();
    let (block, _) = block.split_once("\n```").unwrap();
    for shown in block.split("\n…\n") {
        assert!(said.contains(shown), "the document shows\n{shown}\nand the doctor says\n{said}");
    }
}

#[tokio::test]
async fn a_file_of_another_owner_is_found_and_given_back() {
    let simulator = simulator().await;
    let (world, base) = (synced(&simulator).await, simulator.base_url());
    let file = world.models_json();
    for path in [world.state(), file.parent().unwrap().to_owned()] {
        chown(path, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    }
    let told = crate::support::doctor::doctor(&world, &base, &[]).await;
    let line = format!("sudo chown 1000:1000 {}", file.display());
    told.finds("failure", "state.owner", "a gateway that runs as 1000 cannot read it", &line);
    let told = Told::of(run(&world, &base, &["doctor", "--fix", "--yes", "--json"], &[]).await);
    assert_eq!(fs::metadata(&file).unwrap().uid(), SOMEBODY);
    told.works();
}

#[tokio::test]
async fn a_folder_that_is_not_ours_to_write() {
    let simulator = simulator().await;
    let world = synced(&simulator).await;
    // Where root's own folders end: somebody else can run nothing that lies in them.
    let program = world.home().join("lmsync");
    fs::copy(binary(), &program).unwrap();
    fs::set_permissions(world.state(), fs::Permissions::from_mode(0o755)).unwrap();
    for path in [world.home(), &program] {
        chown(path, Some(SOMEBODY), Some(SOMEBODY)).unwrap();
    }
    let told = as_somebody(&world, &program, &simulator.base_url()).await;
    told.finds("failure", "state.folder", "may not be written by uid 1000", "");
    let fix = &told.of_check("state.folder")[0]["fix"]["line"];
    assert!(fix.as_str().unwrap().starts_with("sudo chown -R 1000:1000 "), "nobody is to run as root: {fix}");

    // One that may not even be entered hides lmsync.toml too.
    fs::set_permissions(world.state(), fs::Permissions::from_mode(0o700)).unwrap();
    let told = as_somebody(&world, &program, &simulator.base_url()).await;
    told.finds("failure", "configuration.settings", "Permission denied", "");
}

async fn as_somebody(world: &World, program: &Path, base: &str) -> Told {
    let mut command = at_home(Command::new("setpriv"), world, base);
    let id = SOMEBODY.to_string();
    command.args(["--reuid", &id, "--regid", &id, "--clear-groups"]).arg(program).args(["doctor", "--json"]);
    Told::of(Running::start(command.env("OPENCLAW_GATEWAY_PORT", "9")).finish(PATIENCE).await)
}
