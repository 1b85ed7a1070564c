//! What both ends of the supported range of OpenClaw versions go through in the same way.

use std::fs;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};
use simulator::Pace;

use super::daemon::{ANSWERS, Daemon, PAUSED, REFRESHED, RESUMED};
use super::figure;
use super::gateway::{Client, Gateway};
use super::studio::Studio;
use super::world::World;

/// The session that suites chat in.
pub(crate) const SESSION: &str = "agent:main:e2e";

/// A gateway with a client that may chat, in a world with a studio.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) version: &'static str,
    pub(crate) world: World,
    pub(crate) studio: Studio,
    pub(crate) gateway: Gateway,
    /// Stays connected from the first scenario to the last, which shows that the gateway never restarted.
    pub(crate) client: Client,
}

impl Stage {
    /// lmsync, pointed at the gateway.
    pub(crate) fn daemon(&self, interval: &str) -> Daemon {
        Daemon::start(&self.world, &self.studio, Some(self.gateway.port()), &[("LMSYNC_INTERVAL", interval)])
    }

    /// Chooses a model in chat, has a turn with it, and looks at what reached LM Studio.
    pub(crate) async fn a_turn_reaches_lm_studio(&mut self, id: &str) {
        let chosen = self.client.chat(SESSION, &format!("/model lmstudio/{id}")).await;
        assert_eq!(chosen.state, "final", "{chosen:?}");
        let before = self.studio.chats().len();
        let turn = self.client.chat(SESSION, "Say something.").await;
        assert_eq!(turn.state, "final", "{turn:?}\n{}", self.gateway.transcript());
        assert!(turn.text.contains("tok4"), "the whole answer came back: {turn:?}");
        let chat = self.studio.chat(before).await;
        assert_eq!(chat.model.as_deref(), Some(id));
        assert_eq!((chat.max_tokens, chat.max_completion_tokens), (Some(8_192), None));
        assert!(chat.roles.iter().any(|role| role == "system"), "{:?}", chat.roles);
        assert!(!chat.roles.iter().any(|role| role == "developer"), "{:?}", chat.roles);
    }

    /// During a turn of eleven seconds nobody lists models; afterwards a model that came meanwhile is there.
    pub(crate) async fn a_slow_turn_is_left_alone(&mut self) {
        let daemon = self.daemon("1s");
        self.a_slow_turn_is_left_alone_by(daemon, "downloaded/meanwhile-7b").await.stop().await;
    }

    /// The same, by a daemon that the caller has started, with a model of its own that comes meanwhile.
    pub(crate) async fn a_slow_turn_is_left_alone_by(&mut self, mut daemon: Daemon, meanwhile: &str) -> Daemon {
        daemon.wait_for(ANSWERS).await;
        let before = self.studio.chats().len();
        self.studio.world().pace(Pace { tokens: 12, per_token: Duration::from_secs(1), ..Pace::default() });
        let run = self.client.say(SESSION, "Count slowly.").await;
        let asked = self.studio.chat(before).await.at;
        let pause = daemon.wait_for(PAUSED).await;
        self.studio.add(meanwhile);

        // The end as LM Studio sees it, and as the person who chats does.
        let (generated, (turn, ended)) =
            tokio::join!(self.studio.idle(), async { (self.client.turn(&run).await, SystemTime::now()) });
        let told = Instant::now();
        assert_eq!(turn.state, "final", "{turn:?}");
        assert!(turn.text.contains("tok11"), "nothing cut it short: {turn:?}");
        let took = generated.duration_since(asked).unwrap();
        assert!(took >= Duration::from_secs(10), "{took:?}");

        let listed = self.studio.listing(asked).await;
        assert!(
            listed >= generated,
            "a listing during the turn, {:?} before its end",
            generated.duration_since(listed)
        );
        let written = daemon.wait_for_change("added", meanwhile).await.saturating_duration_since(told);
        assert!(self.world.ids().iter().any(|id| id == meanwhile));
        let waited = listed.duration_since(ended).unwrap_or_default();
        assert!(waited < Duration::from_secs(10) && written < Duration::from_secs(10), "{waited:?}, {written:?}");

        let source = pause["source"].as_str().unwrap();
        figure(&format!("{}: turn without a listing (paused by {source})", self.version), seconds(took), "10 s");
        figure(&format!("{}: end of the turn to the overdue pass", self.version), seconds(waited), "1.5 s");
        figure(&format!("{}: end of the turn to its model in models.json", self.version), seconds(written), "1.5 s");
        let log = daemon.transcript();
        assert!(log.contains(RESUMED), "{log}");
        self.studio.world().pace(Pace::default());
        daemon
    }

    /// A hundred models come and go at an interval of 0.2 s: nothing of another's is lost, and nothing is kept.
    pub(crate) async fn a_hundred_models_come_and_go(&mut self) {
        const CYCLES: usize = 100;
        /// After so many, what is allocated once is allocated.
        const WARM: usize = 20;
        let key = |cycle: usize| format!("cycle/model-{cycle:03}");
        let lasting = self.world.ids();
        let foreign = self.put_foreign_provider();
        let mut daemon = self.daemon("200ms");
        daemon.wait_for(ANSWERS).await;
        let (began, mut warm) = (Instant::now(), daemon.footprint());
        for cycle in 0..CYCLES {
            self.studio.add(&key(cycle));
            if let Some(before) = cycle.checked_sub(1) {
                self.studio.world().remove(&key(before));
            }
            daemon.wait_for_change("added", &key(cycle)).await;
            if cycle == WARM {
                warm = daemon.footprint();
            }
        }
        self.studio.world().remove(&key(CYCLES - 1));
        // Removals are told in lines of their own where they wait to be confirmed.
        while self.world.ids() != lasting {
            daemon.wait_for(REFRESHED).await;
        }
        let took = began.elapsed();
        let end = daemon.footprint();
        assert_eq!(self.foreign_provider(), foreign, "another's provider and an unknown key");
        let warnings = daemon.unexpected_warnings();
        // The early version cannot refresh its picker, which the log says once.
        assert_eq!(warnings.len(), usize::from(self.client.is_early()), "{warnings:#?}");
        let version = self.version;
        figure(&format!("{version}: {CYCLES} models added and removed in"), seconds(took), "no loss");
        figure(
            &format!("{version}: sockets after {WARM} and all"),
            format!("{} -> {}", warm.sockets, end.sockets),
            "0",
        );
        figure(&format!("{version}: open files"), format!("{} -> {}", warm.files, end.files), "0");
        figure(&format!("{version}: resident KiB"), format!("{} -> {}", warm.kib, end.kib), "no growth");
        assert!(end.sockets <= warm.sockets + 1, "{warm:?} {end:?}");
        assert!(end.files <= warm.files + 2, "{warm:?} {end:?}");
        assert!(end.kib <= warm.kib + 1024, "{warm:?} {end:?}");
        daemon.stop().await;
    }

    /// Another program's provider, and a key that nobody knows, beside ours.
    fn put_foreign_provider(&self) -> Value {
        let mut file = self.models_json();
        file["note"] = json!("written by hand");
        file["providers"]["other"] = json!({
            "baseUrl": "http://127.0.0.1:9/v1", "apiKey": "k", "api": "openai-completions",
            "models": [{ "id": "theirs", "name": "Theirs", "contextWindow": 4_096, "maxTokens": 1_024 }],
        });
        fs::write(self.world.models_json(), file.to_string()).unwrap();
        self.foreign_provider()
    }

    fn foreign_provider(&self) -> Value {
        let file = self.models_json();
        json!([file["note"], file["providers"]["other"]])
    }

    fn models_json(&self) -> Value {
        serde_json::from_slice(&fs::read(self.world.models_json()).unwrap()).unwrap()
    }
}

pub(crate) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
