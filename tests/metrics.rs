//! The metrics, as Prometheus' own tool reads them.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::support::daemon::{ANYWHERE, Daemon, REFRESHED};
use crate::support::http::get;
use crate::support::studio::Studio;
use crate::support::tool;
use crate::support::world::World;

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
    assert!(!text.contains("\"a\""), "no model is a label: {text}");
    let (content, said) = check(&text.replace("lmsync_writes_total", "lmsync_writes"));
    assert!(!content, "promtool would complain: {said}");
    daemon.stop().await;
}
