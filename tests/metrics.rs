//! The metrics, as Prometheus reads them: its own tool, and a real one with the rules and the dashboard that are shipped.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::support::daemon::{ANYWHERE, Daemon, PICKER_SHOWS, REFRESHED};
use crate::support::fake::{FakeGateway, Scenario, TOKEN};
use crate::support::http::{get, get_whole};
use crate::support::running::Running;
use crate::support::studio::Studio;
use crate::support::world::World;
use crate::support::{PATIENCE, tool};

/// What is shipped for Prometheus and Grafana.
fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/monitoring").join(name)
}

/// What `promtool check metrics` says of a text, and whether it is content.
fn check(text: &str) -> (bool, String) {
    let mut promtool = Command::new(tool("LMSYNC_TEST_PROMTOOL"))
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    promtool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = promtool.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[tokio::test]
async fn promtool_finds_nothing_to_complain_about() {
    let (world, studio) = (World::new(), Studio::start(&["a", "b"]).await);
    let mut daemon = Daemon::start(&world, &studio, None, &[ANYWHERE]);
    let page = daemon.page().await;
    daemon.wait_for(REFRESHED).await;
    let metrics = get(&page, "metrics").await;
    let text = &metrics.body;
    assert_eq!(check(text), (true, String::new()), "{text}");
    assert!(text.contains(r#"lmsync_models{provider="lmstudio",state="offered"} 2"#), "{text}");
    assert!(text.contains(r#"lmsync_passes_total{outcome="changed"} 1"#), "{text}");
    assert!(text.contains(r#"lmsync_server_answer_seconds{provider="lmstudio"} 0"#), "{text}");
    assert!(text.contains("lmsync_interval_seconds 10\n"), "{text}");
    assert!(!text.contains("\"a\""), "no model is a label: {text}");
    let (content, said) = check(&text.replace("lmsync_writes_total", "lmsync_writes"));
    assert!(!content, "promtool would complain: {said}");
    daemon.stop().await;
}

#[test]
fn the_alerts_fire_when_they_should_and_at_no_other_time() {
    for arguments in [
        ["check", "rules", "lmsync.rules.yml"],
        ["test", "rules", "lmsync.rules.test.yml"],
        ["check", "config", "prometheus.yml"],
    ] {
        let mut promtool = Command::new(tool("LMSYNC_TEST_PROMTOOL"));
        let output = promtool.args(arguments).current_dir(shipped("")).output().unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(output.status.success() && said.contains("SUCCESS"), "{arguments:?}: {said}");
    }
}

/// Asks Prometheus, until its answer is so.
async fn until(prometheus: &str, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let answer = get_whole(prometheus, path).await;
        let answer: Value = serde_json::from_str(&answer.body).unwrap_or_default();
        if is_so(&answer["data"]) {
            return answer["data"].clone();
        }
        assert!(begun.elapsed() < PATIENCE, "{path}: {answer:#}");
        sleep(std::time::Duration::from_millis(200)).await;
    }
}

fn query(expression: &str) -> String {
    expression.bytes().fold("api/v1/query?query=".to_owned(), |mut path, byte| {
        let _ = write!(path, "%{byte:02X}");
        path
    })
}

#[tokio::test]
async fn a_real_prometheus_scrapes_it_loads_the_rules_and_answers_each_query_of_the_dashboard() {
    let (world, studio) = (World::new(), Studio::start(&["a", "b"]).await);
    let gateway = FakeGateway::start(Scenario::Late).await;
    gateway.world().models = vec!["a".into(), "b".into()];
    fs::create_dir_all(world.state()).unwrap();
    fs::write(world.state().join("openclaw.json"), "{}").unwrap();
    let environment = [ANYWHERE, ("LMSYNC_INTERVAL", "200ms"), ("OPENCLAW_GATEWAY_TOKEN", TOKEN)];
    let mut daemon = Daemon::start(&world, &studio, gateway.url().port_u16(), &environment);
    let page = daemon.page().await;
    daemon.wait_for(PICKER_SHOWS).await;

    // What is shipped, but for the daemon's port and the pace.
    let config = fs::read_to_string(shipped("prometheus.yml")).unwrap();
    let document = fs::read_to_string(shipped("../../docs/MONITORING.md")).unwrap();
    let (_, ours) = config.split_once("rule_files").unwrap();
    assert!(document.contains(ours), "the document shows what is shipped");
    let documented = get(&page, "metrics").await.body;
    for line in documented.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let (name, _) = line.split_once(' ').unwrap();
        assert!(document.contains(&format!("`{name}")), "{name} is in the document");
    }
    for alert in fs::read_to_string(shipped("lmsync.rules.yml")).unwrap().split("- alert: ").skip(1) {
        let (name, _) = alert.split_once('\n').unwrap();
        assert!(document.contains(&format!("| `{name}` |")), "{name} is in the document");
    }
    let port = page.trim_start_matches("http://").trim_end_matches('/');
    let config = config.replace("127.0.0.1:12340", port).replace("15s", "1s");
    let config = format!("global: {{evaluation_interval: 1s}}\n{config}");
    fs::write(world.home().join("prometheus.yml"), config).unwrap();
    fs::copy(shipped("lmsync.rules.yml"), world.home().join("lmsync.rules.yml")).unwrap();
    let mut command = Command::new(tool("LMSYNC_TEST_PROMETHEUS"));
    command.args(["--config.file=prometheus.yml", "--web.listen-address=127.0.0.1:0"]);
    command.arg("--storage.tsdb.path=data").current_dir(world.home());
    let mut prometheus = Running::start(&mut command);
    let line = prometheus.wait_for_line("Listening on", PATIENCE).await;
    let (_, address) = line.rsplit_once("address=").unwrap();
    let base = format!("http://{address}/");

    let loaded = |data: &Value| {
        let rules = data["groups"][0]["rules"].as_array().cloned().unwrap_or_default();
        rules.len() == 5 && rules.iter().all(|rule| rule["health"] == "ok")
    };
    until(&base, "api/v1/rules", loaded).await;
    // Two scrapes with something between them: what a rate needs.
    studio.world().remove("b");
    let scraped = query("count_over_time(lmsync_build_info[5m])");
    let twice = |data: &Value| {
        let count = data["result"][0]["value"][1].as_str().and_then(|count| count.parse::<u32>().ok());
        count >= Some(2)
    };
    until(&base, &scraped, twice).await;

    let board: Value = serde_json::from_slice(&fs::read(shipped("grafana-dashboard.json")).unwrap()).unwrap();
    let mut asked = 0;
    for panel in board["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let expression = target["expr"].as_str().unwrap().replace("$job", "lmsync");
            let has_data = |data: &Value| data["result"].as_array().is_some_and(|rows| !rows.is_empty());
            until(&base, &query(&expression), has_data).await;
            asked += 1;
        }
    }
    assert!(asked > 12, "{asked}");
    let state = until(&base, &query("lmsync_models_visible"), |data| data["result"] != json!([])).await;
    assert_eq!(state["result"][0]["metric"]["provider"], "lmstudio", "{state:#}");
    drop(prometheus);
    daemon.stop().await;
}
