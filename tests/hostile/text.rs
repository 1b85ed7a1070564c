//! What strangers say, told by every command in every form: nothing of it acts on a terminal, a log or a path.

use std::fs;

use domain::acts_on_its_surroundings;
use serde_json::{Value, json};

use crate::hostile::server::{Act, Hostile, answer, list};
use crate::support::PATIENCE;
use crate::support::lmsync::lmsync;
use crate::support::running::{Finished, Running};
use crate::support::world::World;

/// Colours, a cleared screen, another title, a line of its own, a reversed one, a page's script, a way out of a folder.
const EVIL: &str = "x\u{1b}[31m\u{9b}2J\u{1b}]0;t\u{7}\r\n2026-01-01 ERROR forged\u{202e}\u{2028}\u{7f}<script>../../y";

/// The same, in what a model may be called: it is shown as it is, and written as an id, and as nothing else.
const STRANGE: &str = "../../<script>alert(1)</script>$(id)`id`&amp;%2e%2e";

/// What a server may say of itself.
fn plays() -> Vec<fn(&str) -> Vec<Act>> {
    vec![
        |head| {
            if head.contains("/api/v1/models") {
                let model = json!({ "key": STRANGE, "loaded_instances": [], "display_name": EVIL, "type": "llm" });
                return answer("200 OK", json!({ "models": [model] }).to_string());
            }
            list(&[STRANGE, EVIL, "good"])
        },
        |_| answer("200 OK", json!({ "error": { "message": EVIL, "code": EVIL } }).to_string()),
        |_| answer("418 \u{1b}[31mteapot", json!({ "error": EVIL }).to_string()),
        |_| answer("302 Found\r\nlocation: x:\u{9b}2J\t<script>", ""),
        |_| answer("302 Found\r\nlocation: file:///../..\u{202e}", ""),
    ]
}

/// A file that another program has filled, and the folder of an agent with a name to match.
fn home() -> World {
    let world = World::new();
    let row = |id: &str| json!({ "id": id, "name": EVIL, "contextWindow": 5, EVIL: EVIL });
    let ours = json!({ "baseUrl": EVIL, "api": EVIL, "models": [row(STRANGE), row(EVIL)], EVIL: EVIL });
    let file = json!({ "providers": { "lmstudio": ours, EVIL: { "baseUrl": EVIL, "models": [] } }, EVIL: EVIL });
    for agent in ["main", "x\u{1b}[31m\u{202e}\n2026-01-01 ERROR forged"] {
        let folder = world.state().join("agents").join(agent).join("agent");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("models.json"), file.to_string()).unwrap();
    }
    fs::write(world.state().join("lmsync.toml"), "agents = \"*\"\n").unwrap();
    world
}

async fn run(world: &World, base: &str, format: &str, words: &[&str]) -> Finished {
    let mut command = lmsync(world, base);
    command.args(words).args(["--timeout", "1s", "--log-format", format, "--log", "debug"]);
    Running::start(command.env("LMSYNC_LISTEN", "off")).finish(PATIENCE).await
}

#[tokio::test]
async fn no_text_of_a_stranger_acts_on_who_reads_of_it() {
    for (number, play) in plays().into_iter().enumerate() {
        let world = home();
        let server = Hostile::start(play).await;
        for words in [
            &["models"][..],
            &["models", "--json"],
            &["explain", STRANGE],
            &["explain", "--json", STRANGE],
            &["config"],
            &["config", "--json"],
            &["doctor"],
            &["sync", "--dry-run"],
            &["sync", "--dry-run", "--diff"],
            &["sync", "--dry-run", "--json"],
            &["sync"],
        ] {
            let format = if words.contains(&"--json") { "json" } else { "text" };
            let told = run(&world, &server.base(), format, words).await;
            for line in told.stdout.lines().chain(told.stderr.lines()) {
                let acts = line.chars().find(|c| *c != '\t' && acts_on_its_surroundings(*c));
                assert_eq!(acts, None, "{words:?}, way {number}: {line:?}");
                assert!(!line.starts_with("2026-01-01 ERROR"), "{words:?}: a line of a stranger's");
            }
            if format == "json" {
                for line in told.stderr.lines().filter(|line| line.starts_with('{')) {
                    serde_json::from_str::<Value>(line).unwrap();
                }
                if !told.stdout.is_empty() {
                    serde_json::from_str::<Value>(&told.stdout).unwrap();
                }
            }
        }
        // Nothing has left the folder, and an id is an id.
        assert!(!world.home().join("y").exists() && !world.state().join("y").exists());
        let ids = world.ids();
        if number == 0 {
            assert_eq!(ids, [STRANGE, "good"]);
            let models = run(&world, &server.base(), "json", &["models", "--json"]).await.success();
            let models: Value = serde_json::from_str(&models.stdout).unwrap();
            let name = models["models"][0]["name"].as_str().unwrap();
            assert!(name.starts_with("x[31m2J]0;t") && !name.chars().any(acts_on_its_surroundings), "{name:?}");
        } else {
            assert_eq!(ids, [STRANGE, EVIL], "a failure changes nothing");
        }
    }
}
