//! The machines that people have, each made of namespaces: a daemon without any setting finds LM Studio there, and
//! finds it again after it has moved.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::support::lmsync::{at_home, binary};
use crate::support::running::Running;
use crate::support::world::World;
use crate::support::{PATIENCE, figure, tool};
use serde_json::Value;

/// What each machine can do: start a simulated LM Studio (`serve ADDRESS`, ended by `leave`), and wait until
/// models.json names an address (`written ADDRESS`), which is printed with the time that it took.
const TOOLS: &str = r#"
    serve() {
        "$@" simulator --listen "$address" >/dev/null & studio=$!
        until (exec 3<>"/dev/tcp/${address%:*}/1234") 2>/dev/null; do kill -0 $studio; sleep 0.05; done
    }
    leave() { kill $studio; wait $studio || true; }
    written() {
        began=$EPOCHREALTIME
        until grep -qs "\"baseUrl\": \"http://$1:1234/v1\"" "$STATE/agents/main/agent/models.json"; do
            kill -0 $daemon; sleep 0.05
        done
        echo "written $1 $(( (${EPOCHREALTIME/./} - ${began/./}) / 1000 ))"
    }
    begin() { "$LMSYNC" run --interval 300ms --timeout 1s --busy-sources none & daemon=$!; }
    end() { "$LMSYNC" config --json; kill $daemon; wait $daemon; }
    ip link set lo up
    unset OPENAI_API_BASE
"#;

/// Gives the script (`$0`) the root of an ordinary machine: this one's folders, and no file that marks a container.
pub(crate) const ROOT: &str = r#"
    root=$(mktemp -d); mount -t tmpfs none "$root"
    for folder in /*; do
        if [ -L "$folder" ]; then cp -P "$folder" "$root/"; continue; fi
        if [ -d "$folder" ]; then mkdir "$root$folder"; mount --rbind "$folder" "$root$folder"; fi
    done
    mount -t tmpfs none "$root/run"
    exec chroot "$root" bash -euc "$0"
"#;

/// What a machine came to.
struct Machine {
    /// The addresses that were written, each with the milliseconds after it was served.
    written: Vec<(String, u64)>,
    /// What `lmsync config --json` says in the end.
    config: Value,
}

impl Machine {
    /// Runs a script in network and mount namespaces of its own.
    async fn run(name: &str, script: &str) -> Self {
        let world = World::new();
        fs::create_dir_all(world.state().join("agents/main/agent")).unwrap();
        fs::write(world.state().join("openclaw.json"), "{}").unwrap();
        let mut command = at_home(Command::new(tool("LMSYNC_TEST_UNSHARE")), &world, "http://nobody.invalid/v1");
        command.args(["--net", "--mount", "bash", "-euc", ROOT, &format!("{TOOLS}{script}")]);
        command.env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("LMSYNC", binary()).env("STATE", world.state()).env("OPENCLAW_GATEWAY_PORT", "9");
        let finished = Running::start(&mut command).finish(PATIENCE).await.success();
        let (lines, json) = finished.stdout.split_once('{').unwrap();
        let written = lines.lines().map(|line| {
            let mut words = line.split(' ').skip(1);
            (words.next().unwrap().to_owned(), words.next().unwrap().parse().unwrap())
        });
        let written: Vec<(String, u64)> = written.collect();
        for (address, after) in &written {
            let seconds = Duration::from_millis(*after).as_secs_f64();
            figure(&format!("{name}: {address} is found after"), format!("{seconds:.2} s"), "2 s");
        }
        Self { written, config: serde_json::from_str(&format!("{{{json}")).unwrap() }
    }

    fn addresses(&self) -> Vec<&str> {
        self.written.iter().map(|(address, _)| address.as_str()).collect()
    }

    /// The candidates, in their order, each with whether it lists models.
    fn candidates(&self) -> Vec<(&str, bool)> {
        let candidates = self.config["candidates"].as_array().unwrap();
        candidates
            .iter()
            .map(|candidate| {
                let address = candidate["address"].as_str().unwrap();
                let host = address.trim_start_matches("http://").trim_end_matches(":1234/v1");
                (host, candidate["lists"].as_bool().unwrap())
            })
            .collect()
    }
}

/// Gives this machine's names to the namespace, and one more.
fn named(host: &str, address: &str) -> String {
    format!(
        "h=$(mktemp); {{ echo 127.0.0.1 localhost; echo {address} {host}; }} > $h; mount --bind $h /etc/hosts; rm $h\n"
    )
}

#[tokio::test]
async fn plain_linux() {
    let script = named("host.docker.internal", "127.0.0.2")
        + "address=127.0.0.1:1234; serve $LMSYNC; begin; written localhost
           leave; address=127.0.0.2:1234; serve $LMSYNC; written host.docker.internal
           leave; address=127.0.0.1:1234; serve $LMSYNC; written localhost
           end; leave";
    let machine = Machine::run("plain Linux", &script).await;
    assert_eq!(machine.addresses(), ["localhost", "host.docker.internal", "localhost"]);
    assert_eq!(machine.candidates(), [("localhost", true), ("host.docker.internal", false)]);
    assert_eq!(machine.config["server"], "http://localhost:1234/v1");
}

#[tokio::test]
async fn a_small_root_whose_hosts_file_names_nothing() {
    let script = "h=$(mktemp); mount --bind $h /etc/hosts; rm $h
           address=127.0.0.1:1234; serve $LMSYNC; begin; written localhost
           end; leave";
    let machine = Machine::run("no hosts file", script).await;
    assert_eq!(machine.addresses(), ["localhost"]);
    assert_eq!(machine.candidates(), [("localhost", true), ("host.docker.internal", false)]);
}

#[tokio::test]
async fn docker_desktop_whose_name_leads_to_where_nobody_listens() {
    let script = named("host.docker.internal", "127.0.0.9")
        + "touch /run/.containerenv
           begin; address=127.0.0.1:1234; serve $LMSYNC; written localhost
           leave; address=127.0.0.9:1234; serve $LMSYNC; written host.docker.internal
           end; leave";
    let machine = Machine::run("Docker Desktop", &script).await;
    assert_eq!(machine.addresses(), ["localhost", "host.docker.internal"]);
    assert_eq!(machine.config["server"], "http://host.docker.internal:1234/v1");
    let why = |index: usize| machine.config["candidates"][index]["why"].as_str().unwrap_or_default();
    assert_eq!(why(0), "the name is not known here");
    assert_eq!(why(2), "nothing listens there");
}

#[tokio::test]
async fn wsl_whose_windows_is_the_default_gateway() {
    let script = named("nobody", "127.0.0.9")
        + "mkdir /run/WSL /run/netns
           ip netns add windows
           ip link add wsl type veth peer name eth0 netns windows
           ip addr add 172.20.0.2/20 dev wsl; ip link set wsl up
           ip -n windows addr add 172.20.0.1/20 dev eth0; ip -n windows link set eth0 up
           ip route add default via 172.20.0.1
           begin
           address=172.20.0.1:1234; serve nsenter --net=/run/netns/windows $LMSYNC; written 172.20.0.1
           leave; address=127.0.0.1:1234; serve $LMSYNC; written localhost
           leave; address=172.20.0.1:1234; serve nsenter --net=/run/netns/windows $LMSYNC; written 172.20.0.1
           end; leave";
    let machine = Machine::run("WSL", &script).await;
    assert_eq!(machine.addresses(), ["172.20.0.1", "localhost", "172.20.0.1"]);
    let expected = [("localhost", false), ("172.20.0.1", true), ("host.docker.internal", false)];
    assert_eq!(machine.candidates(), expected);
}

#[tokio::test]
async fn another_program_at_a_candidate_is_not_used_and_learns_no_key() {
    // It answers anything with a page, and keeps what it was sent.
    let script = named("host.docker.internal", "127.0.0.2")
        + r#"other=$(mktemp)
           python3 - "$other" <<'PROGRAM' &
import http.server, sys
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        open(sys.argv[1], "a").write(str(self.headers))
        self.send_response(200); self.end_headers(); self.wfile.write(b"<html>hello</html>")
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", 1234), Page).serve_forever()
PROGRAM
           program=$!
           until (exec 3<>/dev/tcp/127.0.0.1/1234) 2>/dev/null; do kill -0 $program; sleep 0.05; done
           export OPENAI_API_KEY=sk-lm-of-a-person
           begin
           until grep -qs lm-studio $other; do kill -0 $daemon; sleep 0.05; done
           address=127.0.0.2:1234; serve $LMSYNC; written host.docker.internal
           ! grep -q of-a-person $other
           end; leave; kill $program"#;
    let machine = Machine::run("another program at localhost", &script).await;
    assert_eq!(machine.addresses(), ["host.docker.internal"]);
    assert_eq!(machine.candidates(), [("localhost", false), ("host.docker.internal", true)]);
}
