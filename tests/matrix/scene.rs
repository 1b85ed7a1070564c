//! One OpenClaw with its gateway, its files as they were before lmsync came, and what is read of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::matrix::expected::{self, By, Expected};
use crate::support::daemon::Daemon;
use crate::support::gateway::{Gateway, authorise_early};
use crate::support::lmsync::lmsync;
use crate::support::openclaw::OpenClaw;
use crate::support::running::{Finished, Running};
use crate::support::scenarios::{SESSION, Stage, seconds};
use crate::support::studio::Studio;
use crate::support::world::World;
use crate::support::{PATIENCE, figure, given};

/// In LM Studio from the beginning, and never removed.
pub(crate) const KNOWN: &str = "qwen/qwen3-8b";

/// How often lmsync asks.
pub(crate) const INTERVAL: Duration = Duration::from_secs(2);

/// What a client may that chats. One that may do all would change the configuration whenever it chooses a model.
const SCOPES: [&str; 2] = ["operator.read", "operator.write"];

/// Between two looks at what nobody tells the end of.
const LOOK: Duration = Duration::from_millis(200);

/// Both files, as values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Files {
    pub(crate) openclaw_json: Value,
    pub(crate) models_json: Value,
}

/// A gateway of the version under test with a client, a studio, and files that other programs wrote.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) expected: &'static Expected,
    pub(crate) openclaw: OpenClaw,
    pub(crate) stage: Stage,
    /// What the gateway is started with.
    environment: &'static [(&'static str, &'static str)],
    /// The files before lmsync came.
    pub(crate) before: Files,
}

impl Scene {
    /// Starts everything, in a state folder that has never heard of our provider.
    pub(crate) async fn set(environment: &'static [(&'static str, &'static str)]) -> Self {
        let openclaw = OpenClaw::installed("LMSYNC_TEST_OPENCLAW_MATRIX");
        let expected = expected::of(&openclaw.version());
        let (world, studio) = (World::new(), Studio::start(&[KNOWN]).await);
        write(&world.models_json(), &json!({ "providers": { "other": other("theirs") } }));
        if expected.by == By::Restart {
            authorise_early(&world);
        }
        let config = json!({
            "models": { "providers": { "elsewhere": other("elsewhere") } },
            "agents": { "defaults": { "model": { "primary": "elsewhere/elsewhere" } } },
        });
        let gateway = Gateway::start(&openclaw, &world, config, environment).await;
        let client = gateway.client(&SCOPES).await;
        let stage = Stage { version: expected.version, world, studio, gateway, client };
        let before = files(&stage.world).await;
        Self { expected, openclaw, stage, environment, before }
    }

    /// Ends the gateway and starts it again on its port, with the files as they are.
    pub(crate) async fn restart(self) -> Self {
        let Stage { version, world, studio, gateway, client } = self.stage;
        drop(client);
        let port = gateway.port();
        gateway.stop().await;
        let gateway = Gateway::start_at(port, &self.openclaw, &world, json!({}), self.environment).await;
        let client = gateway.client(&SCOPES).await;
        Self { stage: Stage { version, world, studio, gateway, client }, ..self }
    }

    /// lmsync with an interval and more environment.
    pub(crate) fn daemon(&self, interval: &str, environment: &[(&str, &str)]) -> Daemon {
        let mut all = vec![("LMSYNC_INTERVAL", interval)];
        all.extend(environment);
        Daemon::start(&self.stage.world, &self.stage.studio, Some(self.stage.gateway.port()), &all)
    }

    /// Runs an lmsync that ends by itself.
    pub(crate) async fn lmsync(&self, arguments: &[&str]) -> Finished {
        let mut command = lmsync(&self.stage.world, &self.stage.studio.base());
        command
            .args(arguments)
            .env("OPENCLAW_GATEWAY_PORT", self.stage.gateway.port().to_string())
            .env("OPENCLAW_GATEWAY_TOKEN", crate::support::gateway::TOKEN);
        Running::start(&mut command).finish(PATIENCE).await
    }

    /// A new connection, which nothing has been missed on.
    pub(crate) async fn connect(&mut self) {
        self.stage.client = self.stage.gateway.client(&SCOPES).await;
    }

    /// Waits until the picker shows exactly these models of ours, in each of its views; tells how long that was after
    /// `since`.
    pub(crate) async fn until_shown(&mut self, wanted: &[&str], since: Instant) -> Duration {
        // In this order: 2026.7.1 keeps in the others what it had collected for the first when they were asked for.
        self.until_listed(wanted).await;
        for view in [Some("configured"), None] {
            until(wanted, async || self.stage.client.models_in(view).await).await;
        }
        since.elapsed()
    }

    /// Waits until the picker has exactly these models of ours where it lists all, also those that it could not use.
    pub(crate) async fn until_listed(&mut self, wanted: &[&str]) {
        until(wanted, async || self.stage.client.models().await).await;
    }

    /// Waits until the file that the picker follows has exactly these models of ours.
    pub(crate) async fn until_written(&self, wanted: &[&str]) {
        until(wanted, async || self.written().await).await;
    }

    /// Waits until models.json has exactly these models of ours.
    pub(crate) async fn until_in_models_json(&self, wanted: &[&str]) {
        until(wanted, async || ids(&files(&self.stage.world).await.models_json["providers"])).await;
    }

    /// The ids of ours in the file that the picker follows.
    async fn written(&self) -> Vec<String> {
        let files = files(&self.stage.world).await;
        ids(match self.expected.by {
            By::Restart => &files.models_json["providers"],
            By::Config => &files.openclaw_json["models"]["providers"],
        })
    }

    /// Waits until lmsync has asked LM Studio so often from now on.
    pub(crate) async fn listings(&self, count: usize) {
        let since = SystemTime::now();
        let studio = &self.stage.studio;
        let deadline = Instant::now() + PATIENCE;
        while studio.listings(since).len() < count {
            assert!(Instant::now() < deadline, "lmsync no longer asks: {:?}", studio.listings(since));
            sleep(LOOK).await;
        }
    }

    /// Waits until `lmsync status` says that the picker does not do what it should, with each of these words.
    pub(crate) async fn until_said(&self, words: &[&str]) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let answer = self.lmsync(&["status", "--json"]).await.stdout;
            let answer: Value = serde_json::from_str(&answer).unwrap_or(Value::Null);
            let status = &answer["status"];
            let advice = &status["advice"];
            let texts = [&status["title"], &status["summary"], &advice["say"], &advice["line"]];
            let said = texts.into_iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ");
            let is_shown = ["good", "idle", "calm"].iter().any(|calm| status["attention"] == *calm);
            if !is_shown && words.iter().all(|word| said.contains(word)) {
                return said;
            }
            assert!(Instant::now() < deadline, "{words:?}: {answer:#}");
            sleep(LOOK).await;
        }
    }

    /// Waits until the gateway has done with all turns: a message that comes before is only put into its queue, long
    /// after the last answer where it has been busy.
    async fn until_idle(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        // 2026.2.12 does not say, and answers an unknown method with an error.
        while let Ok(report) = self.stage.client.call("gateway.restart.preflight", json!({})).await
            && report["safe"] == false
        {
            assert!(Instant::now() < deadline, "{report}");
            sleep(LOOK).await;
        }
    }

    /// A turn with the model that was chosen last; nothing cuts it short.
    pub(crate) async fn turn(&mut self, text: &str) {
        self.until_idle().await;
        let before = self.stage.studio.chats().len();
        let turn = self.stage.client.chat(SESSION, text).await;
        let whole = turn.state == "final" && turn.text.contains("tok4");
        let chats = || self.stage.studio.chats().split_off(before);
        assert!(whole, "{turn:?}, {:?}\n{}", chats(), self.stage.gateway.transcript());
    }

    /// Prints a measured time beside what is aimed at.
    pub(crate) fn figure(&self, what: &str, took: Duration) {
        let aim = format!("interval of {} s + {} s", INTERVAL.as_secs(), self.expected.aim.as_secs());
        figure(&format!("{}: {what}", self.expected.version), seconds(took), &aim);
    }

    /// Prints something else that was found.
    pub(crate) fn note(&self, what: &str, found: impl std::fmt::Display, aim: &str) {
        figure(&format!("{}: {what}", self.expected.version), found, aim);
    }

    /// Writes openclaw.json as a person does, and waits until the gateway has read it again.
    pub(crate) async fn write(&self, openclaw_json: &str) {
        let before = self.reloads();
        fs::write(self.openclaw_json(), openclaw_json).unwrap();
        let deadline = Instant::now() + PATIENCE;
        while self.reloads() == before {
            assert!(Instant::now() < deadline, "{}", self.stage.gateway.transcript());
            sleep(LOOK).await;
        }
        self.until_quiet().await;
    }

    /// Waits until the gateway has done with the last change of its configuration.
    pub(crate) async fn until_quiet(&self) {
        let transcript = || self.stage.gateway.transcript();
        let count = |what: &str| transcript().matches(what).count();
        let deadline = Instant::now() + PATIENCE;
        while count("[reload] config hot reload applied") < self.reloads() {
            assert!(Instant::now() < deadline, "{}", transcript());
            sleep(LOOK).await;
        }
    }

    /// How often the gateway has written its configuration or read it again.
    pub(crate) fn reloads(&self) -> usize {
        self.stage.gateway.transcript().matches("[reload] config change detected").count()
    }

    pub(crate) fn openclaw_json(&self) -> PathBuf {
        self.stage.world.state().join("openclaw.json")
    }
}

/// Whether all that is tried is to be tried at full count.
pub(crate) fn full() -> bool {
    given("LMSYNC_TEST_FULL").is_some()
}

/// Both files as they are, without what the gateway writes into them on its own account.
pub(crate) async fn files(world: &World) -> Files {
    let mut openclaw_json = read(world.state().join("openclaw.json")).await;
    if let Some(file) = openclaw_json.as_object_mut() {
        file.remove("meta");
    }
    let mut models_json = read(world.models_json()).await;
    // OpenClaw copies the providers of its configuration, and some of its plugins', into this file.
    if let Some(providers) = models_json["providers"].as_object_mut() {
        providers.retain(|name, _| matches!(name.as_str(), "lmstudio" | "other"));
    }
    Files { openclaw_json, models_json }
}

/// Early versions write in place, so that half a file may be read.
async fn read(path: PathBuf) -> Value {
    let parse = || serde_json::from_slice(&fs::read(&path).ok()?).ok();
    for _ in 0..50 {
        if let Some(file) = parse() {
            return file;
        }
        sleep(LOOK).await;
    }
    panic!("{} is no JSON: {}", path.display(), String::from_utf8_lossy(&fs::read(&path).unwrap()));
}

/// Looks until these ids are there, and no others.
async fn until(wanted: &[&str], mut look: impl AsyncFnMut() -> Vec<String>) {
    let deadline = Instant::now() + PATIENCE;
    let sorted = |mut ids: Vec<String>| {
        ids.sort_unstable();
        ids
    };
    let wanted = sorted(wanted.iter().map(|id| (*id).to_owned()).collect());
    loop {
        let there = sorted(look().await);
        if there == wanted {
            return;
        }
        assert!(Instant::now() < deadline, "there: {there:?}, wanted: {wanted:?}");
        sleep(LOOK).await;
    }
}

fn ids(providers: &Value) -> Vec<String> {
    let rows = providers["lmstudio"]["models"].as_array().map_or(&[][..], Vec::as_slice);
    rows.iter().filter_map(|row| row["id"].as_str()).map(str::to_owned).collect()
}

fn write(path: &Path, file: &Value) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("{file:#}\n")).unwrap();
}

/// A provider that somebody else wrote, whose server does not answer.
fn other(id: &str) -> Value {
    json!({
        "baseUrl": "http://127.0.0.1:9/v1", "apiKey": "not-ours", "api": "openai-completions",
        "models": [{
            "id": id, "name": "Theirs", "reasoning": false, "input": ["text"],
            "cost": { "input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0 },
            "contextWindow": 4_096, "maxTokens": 1_024,
        }],
    })
}
