//! Every command, with a canary in every place where a secret may stand, against servers that say the secrets back:
//! no canary comes out, in whatever is printed, logged, written or seen among the processes.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustix::process::Signal;
use simulator::{SimModel, Simulator};

use crate::hostile::server::{Act, Hostile, answer, list};
use crate::support::PATIENCE;
use crate::support::lmsync::{at_home, binary};
use crate::support::running::Running;
use crate::support::world::World;

/// In every secret, and nowhere else.
const CANARY: &str = "CANARY";

/// A token as LM Studio makes them, so that it is taken apart where it is sent.
const KEY: &str = "sk-lm-CANARY01:CANARY0123456789CANA";

/// A home with a secret wherever one is looked for.
fn home() -> World {
    let world = World::new();
    let write = |path: PathBuf, text: &str| {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    };
    let models = r#"{"providers":{
        "openai":{"baseUrl":"https://me:CANARY@h/v1","apiKey":"sk-CANARY","headers":{"X":"Bearer CANARY"},"models":[]},
        "lmstudio":{"baseUrl":"http://old?key=CANARY","apiKey":"sk-CANARY-of-ours","headers":{"X":"CANARY"},"models":[]}}}"#;
    write(world.models_json(), models);
    let openclaw = r#"{"gateway":{"port":9,"auth":{"mode":"token","token":"CANARY-token","password":"CANARY-word"},
        "remote":{"url":"ws://me:CANARY@127.0.0.1:9/?token=CANARY","token":"CANARY-remote"}},
        "models":{"providers":{"openai":{"apiKey":"CANARY","baseUrl":"http://h","models":[]}}}}"#;
    write(world.state().join("openclaw.json"), openclaw);
    write(world.home().join("work.key"), "CANARY-of-a-file-0123456789\n");
    write(world.home().join(".env"), "WORK_KEY='CANARY-of-the-env-file'\n");
    world
}

/// Two further servers, each with a key of another kind.
fn further_servers(world: &World, base: &str) {
    let file = world.home().join("work.key");
    let text = format!(
        "[[server]]\nbase_url = \"{base}\"\nprovider = \"work\"\nkey_env = \"WORK_KEY\"\n\
         [[server]]\nbase_url = \"{base}\"\nprovider = \"more\"\nkey_file = \"{}\"\n",
        file.display()
    );
    fs::write(world.state().join("lmsync.toml"), text).unwrap();
}

/// A command that ends by itself, or is asked to after some seconds.
fn bounded(world: &World, base: &str, format: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("timeout");
    command.args(["--signal=TERM", "--kill-after=30", "2"]).arg(binary()).args(arguments);
    let mut command = at_home(command, world, base);
    command
        .env("OPENAI_API_KEY", KEY)
        .env("OPENCLAW_GATEWAY_TOKEN", "CANARY-gateway-token")
        .env("OPENCLAW_GATEWAY_PASSWORD", "CANARY-gateway-password")
        .env("LMSYNC_LISTEN", "off")
        .env("LMSYNC_INTERVAL", "200ms")
        .env("LMSYNC_ON_CHANGE", "tee hook.txt")
        .env("LMSYNC_LOG", "trace")
        .env("LMSYNC_LOG_FORMAT", format);
    command
}

/// The commands that `lmsync help` lists, each as it can be tried.
async fn commands(world: &World) -> Vec<Vec<String>> {
    let mut help = bounded(world, "http://127.0.0.1:9/v1", "text", &["help"]);
    let help = Running::start(&mut help).finish(PATIENCE).await.success().stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<&str> =
        listed.take_while(|line| !line.is_empty()).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 8 && names.contains(&"run"), "{help}");
    let mut commands = Vec::new();
    for name in names {
        let forms: &[&[&str]] = match name {
            "run" | "healthcheck" => &[&[]],
            "sync" => &[&["--dry-run"], &["--dry-run", "--diff"], &["--dry-run", "--json"], &["--json"], &[]],
            "explain" => &[&["good"], &["good", "--json"]],
            "demo" => &[&["--for", "1s"]],
            // For good, it would take our provider away with the canary in it that is looked for in the end.
            "remove" => &[&["--dry-run"], &["--dry-run", "--json"]],
            "simulator" => &[&["--listen", "127.0.0.1:0"]],
            "completions" => &[&["bash"]],
            // Whatever comes to be: wrong usage does no harm.
            _ => &[&[], &["--json"]],
        };
        commands.extend(
            forms
                .iter()
                .map(|form| std::iter::once(name).chain(form.iter().copied()).map(str::to_owned).collect::<Vec<_>>()),
        );
    }
    commands
}

/// How often each file below a folder holds a canary.
fn canaries(folder: &Path) -> BTreeMap<PathBuf, usize> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(canaries(&path));
        } else if let Ok(bytes) = fs::read(&path) {
            let count = bytes.windows(CANARY.len()).filter(|part| *part == CANARY.as_bytes()).count();
            found.insert(path, count);
        }
    }
    found.retain(|_, count| *count > 0);
    found
}

/// The key as it was sent, in whichever header.
fn key_of(head: &str) -> String {
    let headers = ["authorization: Bearer ", "authorization: Basic ", "api-key: "];
    let line = head.lines().find_map(|line| headers.iter().find_map(|header| line.strip_prefix(header)));
    line.unwrap_or("no key").to_owned()
}

/// How the key is sent while a server does something with it.
const HEADERS: [&str; 3] = ["bearer", "basic", "api-key"];

/// What a server may do with a key that it was sent: first a good list, then it says the key back in one way after
/// another.
fn plays() -> Vec<fn(&str) -> Vec<Act>> {
    vec![
        |_| list(&["good"]),
        |head| list(&["good", &key_of(head)]),
        |head| answer("200 OK", format!(r#"{{"error":{{"message":"what is {}?"}}}}"#, key_of(head))),
        |head| answer("401 Unauthorized", key_of(head)),
        |head| answer("500 Oh", format!(r#"{{"error":"{}"}}"#, key_of(head))),
        |head| answer(&format!("302 Found\r\nlocation: http://{}/", key_of(head)), ""),
        |head| answer(&format!("302 Found\r\nlocation: x:{}", key_of(head)), ""),
    ]
}

#[tokio::test]
async fn no_command_lets_a_secret_out() {
    let world = home();
    let server = Hostile::start(|_| Vec::new()).await;
    further_servers(&world, &server.base());
    let mut had = canaries(world.home());
    let encoded = STANDARD_NO_PAD.encode(KEY);
    for number in 0..plays().len() {
        // At first each in turn, which is what a daemon sees; then one at a time.
        let turn = AtomicUsize::new(number);
        let step = usize::from(number == 0);
        server.set(move |head| plays()[turn.fetch_add(step, Ordering::Relaxed) % plays().len()](head));
        for command in commands(&world).await {
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            // All of them once, and those that ask a server again for each of its ways.
            if number > 0 && !["sync", "explain good --json", "doctor"].contains(&words.join(" ").as_str()) {
                continue;
            }
            let format = if number % 2 == 0 { "json" } else { "text" };
            let mut command = bounded(&world, &server.base(), format, &words);
            command.env("LMSYNC_KEY_HEADER", HEADERS[number % HEADERS.len()]);
            let told = Running::start(&mut command).finish(PATIENCE).await;
            for output in [&told.stdout, &told.stderr] {
                let leak = output.lines().find(|line| line.contains(CANARY) || line.contains(&encoded));
                assert_eq!(leak, None, "{words:?}, way {number}");
            }
        }
    }
    server.set(|_| list(&["good"]));
    let mut sync = bounded(&world, &server.base(), "json", &["sync"]);
    Running::start(&mut sync).finish(PATIENCE).await.success();
    // Other providers' secrets stay where they were, ours has become a marker, and nothing else has any.
    let file = world.models_json();
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("\"good\"") && !text.contains("of-ours"), "{text}");
    let now = canaries(world.home());
    *had.get_mut(&file).unwrap() -= 2;
    // The entry as a person had written it, for `lmsync remove` to put back: for its owner's eyes, as the file is.
    let before = world.state().join("lmsync/models-before.json");
    assert_eq!(fs::metadata(&before).unwrap().permissions().mode() & 0o077, 0);
    had.insert(before, 3);
    assert_eq!(now, had);
    assert!(world.home().join("hook.txt").exists());
}

#[tokio::test]
async fn what_is_sent_over_a_websocket_is_in_no_log_and_no_argument() {
    let world = home();
    let simulator = Simulator::local().await.unwrap();
    simulator.world().require_token(Some(KEY.to_owned()));
    simulator.world().set_models([SimModel::chat("good").loaded(4096)]);
    let mut daemon = Running::start(&mut bounded(&world, &simulator.base_url(), "json", &["run"]));
    daemon.wait_for_line("lmstudio models refreshed", PATIENCE).await;
    let calls = |requests: &[simulator::LoggedRequest]| crate::support::studio::calls(requests, "listLoaded");
    simulator.world().wait_for(|requests| calls(requests) > 0).await;
    for process in fs::read_dir("/proc").unwrap().filter_map(|entry| Some(entry.ok()?.path())) {
        let line = fs::read(process.join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        assert!(!(line.contains("lmsync") && line.contains(CANARY)), "{line}");
    }
    daemon.signal(Signal::TERM);
    let told = daemon.finish(PATIENCE).await;
    assert!(told.stderr.contains("lmsync started"), "{}", told.stderr);
    let leak = told.stderr.lines().chain(told.stdout.lines()).find(|line| line.contains(CANARY));
    assert_eq!(leak, None);
}

#[tokio::test]
async fn a_key_of_openais_for_another_machine_over_plain_http_is_warned_about() {
    let world = World::new();
    for (key, base, warned) in [
        ("sk-proj-CANARY", "http://192.0.2.1:1/v1", true),
        ("sk-proj-CANARY", "http://127.0.0.1:1/v1", false),
        ("sk-proj-CANARY", "https://192.0.2.1:1/v1", false),
        (KEY, "http://192.0.2.1:1/v1", false),
    ] {
        let mut command = bounded(&world, base, "text", &["sync", "--dry-run", "--timeout", "100ms"]);
        let told = Running::start(command.env("OPENAI_API_KEY", key)).finish(PATIENCE).await.stderr;
        assert_eq!(told.contains("looks like one of OpenAI's"), warned, "{base}: {told}");
        assert!(!told.contains(CANARY), "{told}");
    }
}
