//! `lmsync service` under a real systemd of a user, made of namespaces; the other systems' definitions, read by parsers
//! that know them.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::docker::root;
use crate::support::lmsync::{at_home, binary, lmsync};
use crate::support::running::{Finished, Running};
use crate::support::world::World;
use crate::support::{PATIENCE, tool};

/// Runs the script (`$0`) as the first process of its namespaces, in a control group of its own.
const GROUP: &str = r#"
    mount=$(findmnt --noheadings --output TARGET --types cgroup2 | head -n 1)
    group=$mount/lmsync-test-$$
    mkdir "$group"
    (
        echo $BASHPID >"$group/cgroup.procs"
        exec unshare --net --mount --pid --cgroup --fork --mount-proc --kill-child bash -euc "$0"
    ) && code=0 || code=$?
    find "$group" -depth -type d -exec rmdir {} \;
    exit $code
"#;

/// A machine with a journal, on which user 4321 has a home and no session yet.
const MACHINE: &str = r#"
    id=4321
    ip link set lo up
    mount -t tmpfs tmpfs /run
    mount -t tmpfs tmpfs /var/log
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mkdir -p /run/systemd/system /run/systemd/journal /run/user/$id /var/log/journal
    touch /run/systemd/journal/flushed
    echo 0123456789abcdef0123456789abcdef >/run/machine-id
    mount --bind /run/machine-id /etc/machine-id
    chown $id:$id /run/user/$id
    chmod 700 /run/user/$id
    chown -R $id:$id "$HOME"
    chmod 755 "$HOME"
    group=/sys/fs/cgroup/user.slice/user-$id.slice/user@$id.service
    mkdir -p $group
    chown -R $id:$id $group
    SYSTEMD_LOG_TARGET=null /usr/lib/systemd/systemd-journald &
    until [ -S /run/systemd/journal/stdout ]; do sleep 0.05; done
    me() { setpriv --reuid $id --regid $id --clear-groups "$@"; }
    service() { me "$program" service "$@"; }
    export XDG_RUNTIME_DIR=/run/user/$id
    log_in() {
        (echo $BASHPID >$group/cgroup.procs; exec setpriv --reuid $id --regid $id --clear-groups \
            "$SYSTEMD" --user >/dev/null 2>&1) & session=$!
        until me systemctl --user show-environment >/dev/null 2>&1; do kill -0 $session; sleep 0.05; done
    }
    process() { me systemctl --user show --value --property=MainPID lmsync.service; }
    # Waits until the service has another process than the given one.
    other_process() { until [ "$(process)" != 0 ] && [ "$(process)" != "$1" ]; do sleep 0.1; done; }
    listed() { until grep -qs "$1" "$STATE/agents/main/agent/models.json"; do sleep 0.1; done; }
    left() { find "$HOME" -path "$STATE" -prune -o -path "$HOME/bin*" -prune -o -print | sort; }
    mkdir "$HOME/bin"
    cp "$LMSYNC" "$HOME/bin/lmsync"
    program=$HOME/bin/lmsync
"#;

/// Runs the script on that machine.
async fn on_a_machine(world: &World, script: &str) -> Finished {
    fs::create_dir_all(world.state().join("agents/main/agent")).unwrap();
    fs::write(world.state().join("openclaw.json"), "{}").unwrap();
    let mut command = at_home(Command::new("bash"), world, "http://nobody.invalid/v1");
    command.env_remove("OPENAI_API_BASE").env_remove("OPENCLAW_STATE_DIR").env_remove("LMSYNC_LISTEN");
    command.args(["-euc", GROUP, &format!("{MACHINE}{script}")]);
    command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").env("USER", "me");
    command
        .env("LMSYNC", binary())
        .env("STATE", world.state())
        .env("SYSTEMD", tool("LMSYNC_TEST_SYSTEMD_USER"))
        .env("UNIT", root().join("deploy/systemd/user/lmsync.service"));
    Running::start(&mut command).finish(PATIENCE).await.success()
}

/// What stands between two marks that a script printed.
fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("== {from}\n")).unwrap_or_else(|| panic!("no {from}: {text}"));
    rest.split_once(&format!("== {to}\n")).unwrap_or_else(|| panic!("no {to}: {text}")).0
}

#[tokio::test]
async fn the_service_runs_survives_a_crash_logs_and_leaves_nothing() {
    let world = World::new();
    let said = on_a_machine(
        &world,
        r#"
        me "$program" simulator --listen 127.0.0.1:1234 >/dev/null & studio=$!
        echo "== no session"
        service install 2>&1 && exit 9 || echo "exit $?"
        echo "== nothing yet"
        log_in
        left >/tmp/before-$id
        service status 2>&1 && exit 9 || echo "exit $?"
        echo "== dry run"
        service install --dry-run
        left | diff /tmp/before-$id - && echo unchanged
        echo "== install"
        LMSYNC_INTERVAL=400ms service install
        listed qwen
        first=$(process)
        service status
        stat --format %a "$HOME/.config/lmsync/lmsync.env"
        systemd-analyze --user verify "$HOME/.config/systemd/user/lmsync.service" && echo verified
        echo "== crash"
        kill -9 $first
        other_process $first
        service status
        echo "== again"
        echo LMSYNC_INTERVAL=300ms >>"$HOME/.config/lmsync/lmsync.env"
        second=$(process)
        service install
        other_process $second
        me "$program" config | grep LMSYNC_INTERVAL
        echo "== logs"
        service logs
        echo "== uninstall"
        service uninstall
        kill -0 $second 2>/dev/null && exit 9
        me systemctl --user list-units --all --plain --no-legend 'lmsync*'
        rm "$HOME/.config/lmsync/lmsync.env"
        service install >/dev/null
        service uninstall >/dev/null
        left | diff /tmp/before-$id - && echo nothing is left
        rm /tmp/before-$id
        echo "== end"
        kill $studio $session
        "#,
    )
    .await
    .stdout;

    let refused = between(&said, "no session", "nothing yet");
    assert!(refused.contains("no systemd of this user answers"), "{refused}");
    assert!(refused.contains("sudo loginctl enable-linger me") && refused.ends_with("exit 1\n"), "{refused}");
    assert!(between(&said, "nothing yet", "dry run").contains("no systemd user service is installed"));
    let dry_run = between(&said, "dry run", "install");
    assert!(dry_run.contains("would run: systemctl --user restart lmsync.service"), "{dry_run}");
    assert!(dry_run.contains("    ExecStart=\"") && dry_run.ends_with("unchanged\n"), "{dry_run}");
    let installed = between(&said, "install", "crash");
    assert!(installed.contains("does not have what is set here for LMSYNC_INTERVAL:"), "{installed}");
    assert!(installed.contains("bin/lmsync may vanish"), "it is in a temporary folder: {installed}");
    assert!(installed.contains("lmsync runs (process ") && installed.ends_with("\n600\nverified\n"), "{installed}");
    assert!(between(&said, "crash", "again").contains("lmsync runs (process "));
    let again = between(&said, "again", "logs");
    assert!(again.contains("300ms") && again.contains(".config/lmsync/lmsync.env"), "{again}");
    let logs = between(&said, "logs", "uninstall");
    assert_eq!(logs.matches("INFO lmsync::commands::run: lmsync started").count(), 3, "{logs}");
    let uninstalled = between(&said, "uninstall", "end");
    assert!(uninstalled.contains("kept your settings: "), "{uninstalled}");
    assert!(uninstalled.ends_with("takes that out\nnothing is left\n"), "{uninstalled}");
}

#[tokio::test]
async fn what_is_there_already_stays_and_any_path_is_started() {
    let world = World::new();
    let said = on_a_machine(
        &world,
        r#"
        strange="$HOME/bin/a 100% très \$HOME %h & co; #"
        mkdir "$strange"
        cp "$program" "$strange/lmsync"
        chown -R $id:$id "$HOME/bin"
        program=$strange/lmsync
        log_in
        # A daemon in a terminal: it goes on, and the service waits for its end.
        me "$program" run >/dev/null 2>&1 & shell=$!
        until healthy=$(me "$program" healthcheck 2>/dev/null); do kill -0 $shell; sleep 0.05; done
        other=$(echo "$healthy" | grep --only-matching --max-count=1 '[0-9]*' | head -n 1)
        echo "== other daemon"
        service install
        echo "this one is $other"
        me "$program" healthcheck
        kill $other
        wait $shell || true
        echo "== under sudo"
        for command in install uninstall; do
            SUDO_USER=me "$program" service $command 2>&1 && exit 9 || echo "exit $?"
        done
        echo "== program"
        readlink /proc/$(process)/exe
        service uninstall >/dev/null
        echo "== foreign"
        unit=$HOME/.config/systemd/user/lmsync.service
        me mkdir -p "${unit%/*}"
        printf '[Service]\nExecStart=sleep 1000\n' >"$unit"
        me systemctl --user daemon-reload
        me systemctl --user start lmsync
        for command in install uninstall; do service $command 2>&1 && exit 9 || echo "exit $?"; done
        me systemctl --user is-active lmsync
        ls "$HOME/.config"
        cat "$unit"
        echo "== end"
        kill $session
        "#,
    )
    .await
    .stdout;

    let other = between(&said, "other daemon", "under sudo");
    let process = other.split("this one is ").nth(1).unwrap().lines().next().unwrap();
    let note = format!("a daemon runs already (process {process}); the service stands by");
    assert!(other.contains(&note) && other.contains(&format!("healthy: process {process} ")), "{other}");
    let under_sudo = between(&said, "under sudo", "program");
    assert_eq!(under_sudo.matches("run this without sudo").count(), 2, "{under_sudo}");
    assert_eq!(under_sudo.matches("exit 64\n").count(), 2, "{under_sudo}");
    let program = between(&said, "program", "foreign");
    assert!(program.ends_with("/bin/a 100% très $HOME %h & co; #/lmsync\n"), "{program}");
    let foreign = between(&said, "foreign", "end");
    assert_eq!(foreign.matches("did not write it").count(), 2, "{foreign}");
    assert!(foreign.ends_with("exit 1\nactive\nsystemd\n[Service]\nExecStart=sleep 1000\n"), "{foreign}");
}

#[tokio::test]
async fn what_does_not_run_or_is_a_packages_is_said_so() {
    let world = World::new();
    let said = on_a_machine(
        &world,
        r#"
        # A home and a folder of settings whose names mean something to a shell and to systemd.
        export HOME="$HOME/a home 100% %h \$x"
        mkdir -p "$HOME/work" "$HOME/my config"
        export XDG_CONFIG_HOME="$HOME/my config"
        cp -r /usr/lib/systemd/user /run/units
        unit=/usr/lib/systemd/user/lmsync.service
        sed "s|/usr/bin/lmsync|$program|" "$UNIT" >/run/units/lmsync.service
        mount --bind /run/units /usr/lib/systemd/user
        chown -R $id:$id "$HOME"
        log_in
        echo "== package"
        me systemctl --user enable --quiet --now lmsync.service
        service status
        service uninstall
        me systemctl --user is-active lmsync.service || true
        rm /run/units/lmsync.service
        me systemctl --user daemon-reload
        echo "== broken"
        mkdir -p "$HOME/.config/lmsync"
        echo LMSYNC_INTERVAL=never >"$HOME/.config/lmsync/lmsync.env"
        chown -R $id:$id "$HOME/.config"
        # Here, other settings count for a command.
        cd "$HOME/work"
        echo LMSYNC_INTERVAL=1s >.env
        service install 2>&1 && exit 9 || echo "exit $?"
        echo "== mended"
        printf 'LMSYNC_INTERVAL="700ms"\n' >"$HOME/.config/lmsync/lmsync.env"
        service install
        cd /
        me "$program" config | grep LMSYNC_INTERVAL
        ls "$HOME/my config/systemd/user"
        echo "== no manager"
        XDG_RUNTIME_DIR= service uninstall 2>&1
        echo "== again"
        service uninstall
        service status 2>&1 && exit 9 || echo "exit $?"
        echo "== end"
        kill $session
        "#,
    )
    .await
    .stdout;

    let package = between(&said, "package", "broken");
    assert!(package.contains("defined in: /usr/lib/systemd/user/lmsync.service\n"), "{package}");
    assert!(package.contains("/usr/lib/systemd/user/lmsync.service starts at no login any more"), "{package}");
    assert!(!package.contains("still runs") && package.ends_with("inactive\n"), "{package}");
    let broken = between(&said, "broken", "mended");
    assert!(broken.contains("lmsync does not run: failed (failed)"), "{broken}");
    assert!(broken.contains("lmsync service logs") && broken.ends_with("exit 1\n"), "{broken}");
    let mended = between(&said, "mended", "no manager");
    assert!(mended.contains("700ms") && mended.contains("lmsync.service\n"), "{mended}");
    let unasked = between(&said, "no manager", "again");
    assert!(unasked.contains("removed the systemd user service"), "{unasked}");
    assert!(unasked.contains("warning: whether its daemon still runs is not known: "), "{unasked}");
    let again = between(&said, "again", "end");
    assert!(again.contains("no systemd user service was installed\n"), "{again}");
    assert!(!again.contains("still runs") && again.ends_with("exit 1\n"), "{again}");
}

/// The definition that a dry run for that system shows, of a program at a path with everything that XML knows.
async fn definition(world: &World, system: &str) -> String {
    let folder = world.home().join("a & <b> 'c' ü");
    fs::create_dir(&folder).unwrap();
    let program = folder.join("lmsync");
    fs::copy(binary(), &program).unwrap();
    let mut command = at_home(Command::new(&program), world, "http://nobody.invalid/v1");
    command.args(["service", "install", "--dry-run", "--system", system]).env("USER", "m&me");
    let said = Running::start(&mut command).finish(PATIENCE).await.success().stdout;
    let of_xml = said.lines().skip_while(|line| !line.starts_with("    <?xml"));
    of_xml.map_while(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect()
}

async fn python(script: &str, file: &Path) -> Value {
    let mut command = Command::new("python3");
    let said = Running::start(command.args(["-c", script]).arg(file)).finish(PATIENCE).await.success();
    serde_json::from_str(&said.stdout).unwrap()
}

#[tokio::test]
async fn launchds_property_list_is_one_to_two_parsers() {
    let world = World::new();
    let file = world.home().join("agent.plist");
    fs::write(&file, definition(&world, "launchd").await).unwrap();
    let mut plistutil = Command::new(tool("LMSYNC_TEST_PLISTUTIL"));
    Running::start(plistutil.arg("--infile").arg(&file)).finish(PATIENCE).await.success();
    let read = "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    let agent = python(read, &file).await;
    let program = world.home().join("a & <b> 'c' ü/lmsync");
    assert_eq!(agent["ProgramArguments"], serde_json::json!([program, "run"]));
    assert_eq!(agent["KeepAlive"]["SuccessfulExit"], false);
    assert_eq!(agent["RunAtLoad"], true);
    assert_eq!(agent["StandardErrorPath"], serde_json::json!(world.home().join("Library/Logs/lmsync.log")));
}

/// What the elements of a task may hold, in their order: the types of Microsoft's reference of the Task Scheduler's schema,
/// as far as they are used. The parts of all but the triggers may stand in any order.
const TASK_TYPES: [(&str, &str); 11] = [
    ("Task", "RegistrationInfo Triggers Principals Settings Data Actions"),
    ("RegistrationInfo", "URI SecurityDescriptor Source Date Author Version Description Documentation"),
    ("Triggers", "LogonTrigger TimeTrigger"),
    ("LogonTrigger", "Enabled StartBoundary EndBoundary Repetition ExecutionTimeLimit UserId Delay"),
    ("TimeTrigger", "Enabled StartBoundary EndBoundary Repetition ExecutionTimeLimit RandomDelay"),
    ("Repetition", "Interval Duration StopAtDurationEnd"),
    ("Principals", "Principal"),
    ("Principal", "UserId LogonType GroupId DisplayName RunLevel"),
    (
        "Settings",
        "MultipleInstancesPolicy DisallowStartIfOnBatteries StopIfGoingOnBatteries AllowHardTerminate \
         StartWhenAvailable RunOnlyIfNetworkAvailable IdleSettings AllowStartOnDemand Enabled Hidden RunOnlyIfIdle \
         WakeToRun ExecutionTimeLimit Priority RestartOnFailure DeleteExpiredTaskAfter NetworkSettings",
    ),
    ("IdleSettings", "Duration WaitTimeout StopOnIdleEnd RestartOnIdle"),
    ("Exec", "Command Arguments WorkingDirectory"),
];

/// Fails where an element holds another one, one twice or in another order, or a value that its type does not know.
fn check_task(name: &str, value: &Value) {
    let Some(parts) = value.as_array() else {
        let text = value.as_str().unwrap_or_else(|| panic!("{name} is empty"));
        let fits = match name {
            "MultipleInstancesPolicy" => ["Parallel", "Queue", "IgnoreNew", "StopExisting"].contains(&text),
            "LogonType" => ["S4U", "Password", "InteractiveToken"].contains(&text),
            "RunLevel" => ["LeastPrivilege", "HighestAvailable"].contains(&text),
            "Priority" => text.parse::<u8>().is_ok_and(|priority| priority <= 10),
            "Interval" | "ExecutionTimeLimit" => ["PT1M", "PT0S"].contains(&text),
            "StartBoundary" => text.len() == "2026-01-01T00:00:00".len(),
            "UserId" | "Description" | "Command" | "Arguments" | "WorkingDirectory" => true,
            _ => ["true", "false"].contains(&text),
        };
        assert!(fits, "{name}: {text}");
        return;
    };
    let (_, allowed) = TASK_TYPES.iter().find(|(known, _)| *known == name).unwrap_or(&("Actions", "Exec"));
    let mut rest = allowed.split_whitespace();
    for part in parts {
        let part_name = part[0].as_str().unwrap();
        assert!(rest.any(|allowed| allowed == part_name), "{part_name} in {name}");
        check_task(part_name, &part[1]);
    }
}

#[tokio::test]
async fn the_tasks_xml_fits_the_task_schedulers_schema() {
    let world = World::new();
    let file = world.home().join("task.xml");
    // The file is in UTF-16, as its first line says; what is shown is not.
    let shown = definition(&world, "task-scheduler").await;
    fs::write(&file, shown.replace("UTF-16", "UTF-8")).unwrap();
    let read = r#"
import json, sys, xml.etree.ElementTree as tree
def value(of):
    return [[part.tag.split('}')[1], value(part)] for part in of] or of.text
root = tree.parse(sys.argv[1]).getroot()
print(json.dumps({'tag': root.tag, 'version': root.get('version'), 'task': value(root), 'parts': dict(value(root))}))
"#;
    let task = python(read, &file).await;
    assert_eq!(task["tag"], "{http://schemas.microsoft.com/windows/2004/02/mit/task}Task");
    // What 1.3 and later add is not used.
    assert_eq!(task["version"], "1.2");
    check_task("Task", &task["task"]);
    let parts = &task["parts"];
    let user = &parts["Principals"][0][1][0];
    assert_eq!(*user, serde_json::json!(["UserId", "m&me"]));
    let program = world.home().join("a & <b> 'c' ü/lmsync");
    let arguments = parts["Actions"][0][1][1][1].as_str().unwrap();
    assert!(arguments.contains(&format!("\"\"{}\" run >>\"", program.display())), "{arguments}");
    assert!(parts["Triggers"].to_string().contains(r#"["Interval","PT1M"]"#));
}

#[tokio::test]
async fn another_systems_service_is_only_shown() {
    let world = World::new();
    let mut command = lmsync(&world, "http://nobody.invalid/v1");
    command.args(["service", "install", "--system", "launchd"]);
    let said = Running::start(&mut command).finish(PATIENCE).await;
    assert_eq!(said.status.code(), Some(64), "{}", said.stderr);
}
