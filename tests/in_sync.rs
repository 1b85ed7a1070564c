//! "In sync" is true: the whole program beside a gateway, in each state in which something is missing, and what the
//! status, the metrics and the doctor say of it.

#[allow(dead_code, reason = "it belongs to the adapter's tests, which use all of it")]
use std::fs;
use std::time::Duration;

use crate::support::PATIENCE;
use crate::support::daemon::{ANYWHERE, Daemon};
use crate::support::doctor::{doctor, run};
use crate::support::fake::{FakeGateway, Scenario, TOKEN};
use crate::support::http::get;
use crate::support::schema;
use crate::support::studio::Studio;
use crate::support::world::World;
use serde_json::{Value, json};
use simulator::{Scenario as Serves, SimModel};
use tokio::time::{Instant, sleep};

/// A daemon between a server and a gateway.
struct Scene {
    world: World,
    studio: Studio,
    gateway: Option<FakeGateway>,
    daemon: Daemon,
    page: String,
    port: String,
}

impl Scene {
    /// A server with these models, and a gateway whose picker shows others.
    async fn start(serves: &[&str], scenario: Option<Scenario>, shows: &[&str], more: &[(&str, &str)]) -> Self {
        Self::with(Studio::start(serves).await, scenario, shows, more, "").await
    }

    async fn with(
        studio: Studio,
        scenario: Option<Scenario>,
        shows: &[&str],
        more: &[(&str, &str)],
        toml: &str,
    ) -> Self {
        let world = World::new();
        fs::create_dir_all(world.state()).unwrap();
        fs::write(world.home().join("lmsync.toml"), toml).unwrap();
        let config = world.home().join("lmsync.toml");
        let gateway = match scenario {
            Some(scenario) => Some(FakeGateway::start(scenario).await),
            None => None,
        };
        if let Some(gateway) = &gateway {
            fs::write(world.state().join("openclaw.json"), "{}").unwrap();
            gateway.world().models = shows.iter().map(|&id| id.to_owned()).collect();
        }
        let port = gateway.as_ref().map_or(9, |gateway| gateway.url().port_u16().unwrap());
        let mut environment = vec![
            ANYWHERE,
            ("LMSYNC_INTERVAL", "200ms"),
            ("OPENCLAW_GATEWAY_TOKEN", TOKEN),
            ("LMSYNC_CONFIG", config.to_str().unwrap()),
        ];
        environment.extend(more);
        let mut daemon = Daemon::start(&world, &studio, Some(port), &environment);
        let page = daemon.page().await;
        Self { world, studio, gateway, daemon, page, port: port.to_string() }
    }

    fn gateway(&self) -> &FakeGateway {
        self.gateway.as_ref().unwrap()
    }

    async fn status(&self) -> Value {
        let status = serde_json::from_str(&get(&self.page, "api/status").await.body).unwrap();
        schema::assert_is(&status, "status");
        status
    }

    /// Waits for a state, which the metrics then name too, and no other; gives the status.
    async fn until(&self, state: &str) -> Value {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            let status = self.status().await;
            if status["state"] == state {
                break status;
            }
            assert!(Instant::now() < deadline, "not {state}: {status:#}\n{}", self.daemon.transcript());
            sleep(Duration::from_millis(50)).await;
        };
        let metrics = get(&self.page, "metrics").await.body;
        let green = format!("lmsync_in_sync {}", u8::from(state == "in-sync"));
        assert!(metrics.lines().any(|line| line == green), "{state}: {metrics}");
        assert!(metrics.contains(&format!("lmsync_state{{state=\"{state}\"}} 1")), "{state}: {metrics}");
        assert_eq!(status["attention"] == "good", state == "in-sync", "{status:#}");
        status
    }

    /// The doctor's words of the same.
    async fn doctor(&self) -> crate::support::doctor::Told {
        let environment = [("OPENCLAW_GATEWAY_PORT", &*self.port), ("OPENCLAW_GATEWAY_TOKEN", TOKEN)];
        doctor(&self.world, &self.studio.base(), &environment).await
    }

    /// What `lmsync status` prints.
    async fn text(&self) -> String {
        run(&self.world, &self.studio.base(), &["status"], &[]).await.success().stdout
    }
}

#[tokio::test]
async fn what_is_served_written_and_shown_is_in_sync_until_the_gateway_ends() {
    let mut scene = Scene::start(&["a", "b"], Some(Scenario::Late), &["a", "b"], &[]).await;
    let status = scene.until("in-sync").await;
    assert_eq!(status["title"], "In sync");
    assert_eq!(status["summary"], "OpenClaw shows all 2 models that are served.");
    assert_eq!((&status["advice"], &status["removesAt"]), (&Value::Null, &Value::Null));
    assert_eq!(scene.doctor().await.works().json["state"], "in-sync");
    assert!(scene.text().await.starts_with("✓ In sync\n"));
    scene.gateway = None;
    let status = scene.until("waiting-for-openclaw").await;
    assert_eq!(status["attention"], "idle");
    assert!(scene.text().await.starts_with("· Waiting for OpenClaw\n2 models are written."));
    assert_eq!(scene.doctor().await.works().json["state"], "waiting-for-openclaw");
    scene.daemon.stop().await;
}

#[tokio::test]
async fn without_any_openclaw_nothing_is_in_sync() {
    let scene = Scene::start(&["a"], None, &[], &[]).await;
    let status = scene.until("no-openclaw").await;
    assert_eq!(status["advice"]["line"], "openclaw onboard");
    assert_eq!(scene.doctor().await.json["state"], "no-openclaw");
    let text = run(&scene.world, &scene.studio.base(), &["doctor"], &[]).await.stdout;
    assert!(text.contains("\n\nNo OpenClaw here. 1 model is written. No OpenClaw is here that"), "{text}");
    scene.daemon.stop().await;
}

#[tokio::test]
async fn a_gateway_that_refuses_the_token_cannot_be_checked() {
    let scene = Scene::start(&["a"], Some(Scenario::RefusesToken), &["a"], &[]).await;
    let status = scene.until("cannot-check").await;
    assert_eq!(status["attention"], "warning");
    assert!(status["summary"].as_str().unwrap().contains("it refuses the token"), "{status:#}");
    assert!(status["advice"]["say"].as_str().unwrap().contains("OPENCLAW_GATEWAY_TOKEN"), "{status:#}");
    scene.doctor().await.finds("failure", "gateway.token", "", "");
    scene.daemon.stop().await;
}

#[tokio::test]
async fn a_picker_that_lacks_older_models_is_not_in_sync_after_a_later_change() {
    let scene = Scene::start(&["a", "b"], Some(Scenario::Late), &["a", "b"], &[]).await;
    scene.until("in-sync").await;
    scene.gateway().world().models = vec!["c".into()];
    scene.studio.add("c");
    scene.until("updating").await;
    let status = scene.until("picker-lacks-models").await;
    assert!(status["summary"].as_str().unwrap().contains("lacks 2 models of lmstudio: a, b"), "{status:#}");
    assert_eq!((&status["title"], &status["attention"]), (&"OpenClaw lacks 2 models".into(), &"failure".into()));
    let told = scene.doctor().await;
    told.finds("failure", "gateway.picker", "", "");
    assert_eq!(told.json["state"], "picker-lacks-models");
    scene.daemon.stop().await;
}

#[tokio::test]
async fn models_without_a_key_are_not_in_sync() {
    let environment = [("LMSYNC_OPENCLAW_CONFIG", "off")];
    let scene = Scene::start(&["a"], Some(Scenario::Late), &[], &environment).await;
    scene.gateway().world().without_credential = true;
    scene.gateway().world().models = vec!["a".into()];
    let status = scene.until("no-key").await;
    assert_eq!(status["advice"]["line"], "LM_API_TOKEN=lm-studio");
    let told = scene.doctor().await;
    told.finds("failure", "gateway.credential", "", "");
    assert_eq!(told.json["state"], "no-key");
    scene.daemon.stop().await;
}

#[tokio::test]
async fn an_empty_list_counts_down_and_is_then_named() {
    let environment = [("LMSYNC_EMPTY_AFTER", "6s")];
    let scene = Scene::start(&["a", "b", "c"], Some(Scenario::Late), &["a", "b", "c"], &environment).await;
    scene.until("in-sync").await;
    scene.studio.world().scenario(Serves::EmptyList);
    let status = scene.until("removing").await;
    assert_eq!(status["title"], "Removing 3 models");
    assert!(status["removesAt"].as_str() > status["now"].as_str(), "{status:#}");
    assert!(scene.text().await.starts_with("! Removing 3 models in "));
    scene.doctor().await.finds("failure", "server.models", "", "");
    scene.gateway().world().models.clear();
    let status = scene.until("no-models").await;
    assert_eq!((&status["attention"], &status["removesAt"]), (&Value::from("warning"), &Value::Null));
    let told = scene.doctor().await;
    told.finds("failure", "server.models", "", "");
    assert_eq!(told.json["state"], "no-models");
    scene.daemon.stop().await;
}

#[tokio::test]
async fn an_embedding_model_alone_is_no_model_served() {
    let studio = Studio::start(&[]).await;
    studio.world().set_models([SimModel::embedding("nomic")]);
    let scene = Scene::with(studio, Some(Scenario::Late), &[], &[], "").await;
    let status = scene.until("no-models").await;
    assert_eq!(status["summary"], "lmstudio lists 1 model and none to chat with.");
    scene.doctor().await.finds("failure", "server.models", "", "");
    scene.daemon.stop().await;
}

#[tokio::test]
async fn one_of_three_servers_that_is_down_leaves_the_others_green() {
    let (second, third) = (Studio::start(&["b"]).await, Studio::start(&["c"]).await);
    let server =
        |name: &str, studio: &Studio| format!("[[server]]\nprovider = \"{name}\"\nbase_url = \"{}\"\n", studio.base());
    let toml = server("second", &second) + &server("third", &third);
    let scene = Scene::with(Studio::start(&["a"]).await, None, &[], &[], &toml).await;
    scene.until("no-openclaw").await;
    third.world().scenario(Serves::ServerError);
    let status = scene.until("some-servers-down").await;
    assert_eq!((&status["title"], &status["attention"]), (&"1 of 3 servers is down".into(), &"warning".into()));
    let own: Vec<&Value> = status["servers"].as_array().unwrap().iter().map(|server| &server["sync"]).collect();
    assert_eq!(own, ["no-openclaw", "no-openclaw", "server-down"]);
    scene.daemon.stop().await;
}

#[tokio::test]
async fn a_model_that_lingers_in_one_view_and_a_pause_have_their_names() {
    let scene = Scene::start(&["a", "b"], Some(Scenario::Late), &["a", "b"], &[]).await;
    scene.until("in-sync").await;
    {
        let mut gateway = scene.gateway().world();
        gateway.odd_view = Some(("configured", vec!["a".into(), "b".into()]));
        gateway.models = vec!["a".into()];
    }
    scene.studio.world().remove("b");
    let status = scene.until("lingering").await;
    assert_eq!(status["title"], "OpenClaw still lists 1 removed model");
    scene.gateway().world().odd_view = None;
    scene.until("in-sync").await;
    scene.gateway().world().running = 1;
    let status = scene.until("paused").await;
    assert_eq!(status["attention"], "calm");
    assert!(status["summary"].as_str().unwrap().contains("Nothing is lost"), "{status:#}");
    scene.gateway().world().running = 0;
    scene.until("in-sync").await;
    scene.daemon.stop().await;
}

#[tokio::test]
async fn a_version_that_reads_at_its_start_needs_a_key_then_a_restart_and_a_broken_file_is_worse() {
    let scene = Scene::start(&["a"], Some(Scenario::Early), &["a"], &[]).await;
    let status = scene.until("no-key").await;
    assert_eq!(status["advice"]["line"], "lmsync doctor --fix");
    let profiles = r#"{"profiles":{"lmstudio:default":{"provider":"lmstudio","key":"any"}}}"#;
    fs::write(scene.world.models_json().with_file_name("auth-profiles.json"), profiles).unwrap();
    // A new key is noticed within a minute, and at once with the next change of openclaw.json.
    fs::write(scene.world.state().join("openclaw.json"), "{\n}").unwrap();
    scene.until("in-sync").await;
    scene.studio.add("b");
    let status = scene.until("needs-restart").await;
    assert_eq!(status["advice"]["line"], "openclaw gateway restart");
    fs::write(scene.world.models_json(), "{").unwrap();
    let status = scene.until("cannot-write").await;
    assert_eq!(status["attention"], "failure");
    scene.daemon.stop().await;
}

#[tokio::test]
async fn where_openclaw_json_has_the_models_none_is_said_to_be_missing() {
    let scene = Scene::start(&["a"], Some(Scenario::Between), &["a"], &[]).await;
    scene.until("in-sync").await;
    let entry = json!({ "baseUrl": scene.studio.base(), "apiKey": "custom-local", "api": "openai-completions",
        "models": [{ "id": "a", "name": "a" }] });
    let config = json!({ "models": { "providers": { "lmstudio": entry } } });
    fs::write(scene.world.state().join("openclaw.json"), config.to_string()).unwrap();
    let deadline = Instant::now() + PATIENCE;
    while scene.status().await["servers"][0]["files"][0]["lacks"] != json!(["a"]) {
        assert!(Instant::now() < deadline, "{}", scene.daemon.transcript());
        // As this version of OpenClaw leaves it.
        fs::write(scene.world.models_json(), r#"{"providers":{}}"#).unwrap();
        sleep(Duration::from_millis(300)).await;
    }
    let status = scene.until("in-sync").await;
    assert_eq!(status["servers"][0]["models"][0]["inOpenClaw"], true, "{status:#}");
    let text = scene.text().await;
    assert!(!text.contains("not written"), "{text}");
    let found = scene.doctor().await;
    found.finds("good", "gateway.picker", "the picker shows 1 model, as openclaw.json does", "");
    scene.daemon.stop().await;
}

#[tokio::test]
async fn a_picker_that_is_not_asked_is_not_in_sync() {
    let scene = Scene::start(&["a"], Some(Scenario::Late), &["a"], &[("LMSYNC_REFRESH", "off")]).await;
    assert_eq!(scene.until("not-checked").await["attention"], "idle");
    scene.studio.world().scenario(Serves::ServerError);
    let status = scene.until("server-down").await;
    assert_eq!(status["title"], "Server is down");
    scene.daemon.stop().await;
}
